//! What a client is made from.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

/// What a [`crate::Client`] is made from. [`Options::new`] fills in the defaults.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to sign in: the org's My Domain address. `http` is for a server on the same machine.
    pub login_url: Url,
    pub auth: Auth,
    pub api_version: ApiVersion,
    /// How long one call may take, and how long a streamed reply may stay silent.
    pub timeout: Duration,
    /// Rows a query page, 200 to 2,000. Only a hint to Salesforce; none takes its default, 2,000.
    pub page_size: Option<u16>,
    pub retry: RetryPolicy,
    /// A describe older than this is confirmed with Salesforce before it is used again.
    pub describe_fresh_for: Duration,
    /// Where describes are kept from one process to the next; none keeps them in memory.
    pub describe_folder: Option<PathBuf>,
    /// The largest file that `get_blob` accepts, in bytes.
    pub max_blob_bytes: usize,
}

/// How to sign in. Both are settings of an External Client App.
#[derive(Debug, Clone)]
pub enum Auth {
    /// The app's own identity: every call runs as its "Run As" user.
    ClientCredentials {
        client_id: String,
        client_secret: SecretString,
    },
    /// A token signed with the app's private key, for a user whom an admin has approved.
    JwtBearer {
        client_id: String,
        username: String,
        /// An RSA key in PEM.
        private_key: SecretString,
        /// `https://login.salesforce.com`, or `https://test.salesforce.com` for a sandbox.
        audience: String,
    },
}

/// How often and how patiently one call is repeated.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// Tries in all; at least 1.
    pub attempts: u32,
    /// The wait after the first failure, before jitter; each further one doubles it.
    pub first_delay: Duration,
    /// No single wait is longer than this.
    pub longest_delay: Duration,
}

/// A version of the Salesforce API, written `v66.0`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ApiVersion(u16);

/// Why a text is not an API version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no API version: write it as v66.0")]
pub struct InvalidVersion(String);

impl Options {
    /// Options with the defaults: API v66.0, calls of up to 120 seconds, six tries.
    pub fn new(login_url: Url, auth: Auth) -> Self {
        Self {
            login_url,
            auth,
            api_version: ApiVersion::default(),
            timeout: Duration::from_secs(120),
            page_size: None,
            retry: RetryPolicy::default(),
            describe_fresh_for: Duration::from_secs(24 * 3600),
            describe_folder: None,
            max_blob_bytes: 32 * 1024 * 1024,
        }
    }
}

impl RetryPolicy {
    /// The wait after try number `attempt` (from 1) failed: exponential, with a jitter of half to
    /// one and a half, so that clients that failed together do not come back together.
    pub(crate) fn delay(&self, attempt: u32) -> Duration {
        let doubled = 2u32.saturating_pow(attempt.saturating_sub(1).min(16));
        let delay = self.first_delay.saturating_mul(doubled);
        delay.min(self.longest_delay).mul_f64(0.5 + fastrand::f64())
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 6,
            first_delay: Duration::from_millis(500),
            longest_delay: Duration::from_secs(30),
        }
    }
}

impl ApiVersion {
    /// Parses `v66.0` or `66.0`. Salesforce has no minor versions.
    pub fn parse(text: &str) -> Result<Self, InvalidVersion> {
        let number = text.strip_prefix('v').unwrap_or(text);
        number
            .strip_suffix(".0")
            .and_then(|major| major.parse().ok())
            .map(Self)
            .ok_or_else(|| InvalidVersion(text.chars().take(40).collect()))
    }

    /// The path that all resources of this version start with: `/services/data/v66.0`.
    pub(crate) fn path(&self) -> String {
        format!("/services/data/{self}")
    }
}

impl Default for ApiVersion {
    fn default() -> Self {
        Self(66)
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.0", self.0)
    }
}

impl FromStr for ApiVersion {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        Self::parse(text)
    }
}

impl TryFrom<String> for ApiVersion {
    type Error = InvalidVersion;

    fn try_from(text: String) -> Result<Self, InvalidVersion> {
        Self::parse(&text)
    }
}

impl From<ApiVersion> for String {
    fn from(version: ApiVersion) -> String {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_checked_at_the_edge() {
        assert_eq!(
            ApiVersion::parse("v66.0").map(|v| v.path()).as_deref(),
            Ok("/services/data/v66.0")
        );
        assert_eq!(ApiVersion::parse("59.0"), Ok(ApiVersion(59)));
        for bad in ["", "66", "v66.1", "v.0", "latest", "v66.0/../x"] {
            assert!(ApiVersion::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn waits_grow_and_stay_under_the_cap() {
        let policy = RetryPolicy::default();
        for attempt in 1..40 {
            let wait = policy.delay(attempt);
            assert!(wait >= Duration::from_millis(250), "{wait:?}");
            assert!(wait <= policy.longest_delay.mul_f64(1.5), "{wait:?}");
        }
    }
}
