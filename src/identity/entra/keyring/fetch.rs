//! Asks the authority: the OpenID metadata of a directory, then the key set that it names.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context;
use jsonwebtoken::DecodingKey;
use reqwest::redirect::Policy;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::super::Version;
use super::{Shared, Signer};

/// Why there are no keys; each text is for the admin who reads the reply or the log.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{url} cannot be reached ({cause}): see identity.authority")]
    Unreachable { url: String, cause: String },
    #[error("{url} answered {status}: see identity.authority and identity.tenants")]
    Refused { url: String, status: u16 },
    #[error("{url} sent what is no {what}: see identity.authority")]
    Unreadable { url: String, what: &'static str },
    #[error("the issuer that {url} names is not of the directory {tenant}: see identity.authority")]
    OtherIssuer { url: String, tenant: Uuid },
}

/// For each of the two replies.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Both are a few kilobytes.
const MOST_BYTES: usize = 1024 * 1024;
/// 2048 bits in base64url; shorter keys sign nothing that counts.
const SHORTEST_MODULUS: usize = 342;
/// What stands for the directory in issuers that are for all of them.
const ANY_TENANT: &str = "{tenantid}";

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: Url,
}

#[derive(Deserialize)]
struct KeySet {
    /// Read one by one: a kind of key that nobody here knows does no harm.
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct PublishedKey {
    kty: String,
    kid: String,
    n: String,
    e: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    /// Microsoft's: whose tokens the key signs.
    issuer: Option<String>,
}

/// A client that goes where it is told to and nowhere else.
pub fn client(authority: &str) -> anyhow::Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("precis/", env!("CARGO_PKG_VERSION")))
        .timeout(TIMEOUT)
        .redirect(Policy::none());
    builder = match authority.starts_with("https://") {
        true => builder.https_only(true),
        // Loopback: nothing to verify, and a machine without any root certificates must do.
        false => builder.tls_certs_only([]),
    };
    builder
        .build()
        .context("TLS cannot be set up with the certificate roots of this machine")
}

/// The keys of a directory by their names.
pub async fn signers(
    shared: &Shared,
    tenant: Uuid,
    version: Version,
) -> Result<HashMap<String, Signer>, FetchError> {
    let part = match version {
        Version::V1 => "",
        Version::V2 => "/v2.0",
    };
    let authority = &shared.authority;
    let url = format!("{authority}/{tenant}{part}/.well-known/openid-configuration");
    let metadata: Metadata = get(&shared.http, &url, "OpenID metadata").await?;
    let issuer = of_tenant(&metadata.issuer, tenant);
    if !issuer.to_ascii_lowercase().contains(&tenant.to_string()) {
        return Err(FetchError::OtherIssuer { url, tenant });
    }
    let keys_url = metadata.jwks_uri.as_str();
    let set: KeySet = get(&shared.http, keys_url, "key set").await?;
    let signers: HashMap<_, _> = set
        .keys
        .into_iter()
        .filter_map(|key| serde_json::from_value(key).ok())
        .filter_map(|key| signer(key, &issuer, tenant))
        .collect();
    if signers.is_empty() {
        return Err(FetchError::Unreadable {
            url: keys_url.to_owned(),
            what: "key set with an RSA key for signatures",
        });
    }
    Ok(signers)
}

fn signer(key: PublishedKey, issuer: &str, tenant: Uuid) -> Option<(String, Signer)> {
    let is_for = |wanted: &str, value: Option<&str>| value.is_none_or(|value| value == wanted);
    let counts = key.kty == "RSA"
        && is_for("sig", key.usage.as_deref())
        && is_for("RS256", key.alg.as_deref())
        && key.n.len() >= SHORTEST_MODULUS;
    let key_issuer = key.issuer.map(|issuer| of_tenant(&issuer, tenant));
    if !counts || !is_for(issuer, key_issuer.as_deref()) {
        return None;
    }
    let decoding = DecodingKey::from_rsa_components(&key.n, &key.e).ok()?;
    let signer = Signer {
        key: decoding,
        issuer: issuer.to_owned(),
    };
    Some((key.kid, signer))
}

fn of_tenant(issuer: &str, tenant: Uuid) -> String {
    issuer.replace(ANY_TENANT, &tenant.to_string())
}

async fn get<T: DeserializeOwned>(
    http: &reqwest::Client,
    url: &str,
    what: &'static str,
) -> Result<T, FetchError> {
    let unreachable = |error: reqwest::Error| FetchError::Unreachable {
        url: url.to_owned(),
        cause: root_cause(&error),
    };
    let mut reply = http.get(url).send().await.map_err(unreachable)?;
    if !reply.status().is_success() {
        return Err(FetchError::Refused {
            url: url.to_owned(),
            status: reply.status().as_u16(),
        });
    }
    let unreadable = || FetchError::Unreadable {
        url: url.to_owned(),
        what,
    };
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > MOST_BYTES {
            return Err(unreadable());
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|_| unreadable())
}

fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ISSUER: &str = "https://login.example/00000000-0000-0000-0000-000000000000/v2.0";

    fn counts(changes: Value) -> bool {
        let mut key =
            json!({"kty": "RSA", "use": "sig", "kid": "a", "n": "s".repeat(342), "e": "AQAB"});
        for (name, value) in changes.as_object().unwrap() {
            key[name] = value.clone();
        }
        let key = serde_json::from_value(key).unwrap();
        signer(key, ISSUER, Uuid::nil()).is_some()
    }

    #[test]
    fn only_keys_that_sign_tokens_of_the_directory_count() {
        assert!(counts(json!({})));
        assert!(counts(json!({"alg": "RS256", "issuer": ISSUER})));
        assert!(counts(
            json!({"issuer": "https://login.example/{tenantid}/v2.0"})
        ));
        assert!(!counts(
            json!({"issuer": "https://login.example/other/v2.0"})
        ));
        assert!(!counts(json!({"use": "enc"})));
        assert!(!counts(json!({"alg": "RS512"})));
        assert!(!counts(json!({"kty": "oct"})));
        assert!(!counts(json!({"n": "s".repeat(171)})));
    }
}
