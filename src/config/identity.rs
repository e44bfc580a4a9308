//! Who may call: `[identity]` for Entra tokens, and API keys.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use config::Value;
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

use super::policies::{Policies, ServicePolicy};
use super::reading::{Reading, non_empty};
use crate::keys;
use crate::loopback::is_loopback;

/// Which Entra tokens count, and for whom. See `[identity]` in `config/default.toml`.
#[derive(Debug, Clone)]
pub struct IdentityConfig {
    /// Directory ids; never empty.
    pub tenants: BTreeSet<Uuid>,
    /// App ID URIs and client ids; never empty.
    pub audiences: Vec<String>,
    /// Client ids of the apps that may ask. Empty: every app of the tenants.
    pub clients: BTreeSet<Uuid>,
    /// A user's token has one of these in `scp`; never empty.
    pub scopes: Vec<String>,
    /// An app's own token has one of these in `roles`. Empty: being bound is enough.
    pub roles: Vec<String>,
    /// Without a slash at its end.
    pub authority: String,
    pub skew: Duration,
    /// The claims of which the first that is there is compared with Salesforce's users.
    pub claims: Vec<String>,
    /// How long the authority's keys count when they cannot be fetched again.
    pub keys_kept: Duration,
    /// Unknown keys are asked for at most this often.
    pub key_refresh: Duration,
    /// As whom apps ask that come without a user, by client id or by object id.
    pub apps: BTreeMap<Uuid, Bound>,
}

/// As whom the bearer of a key, or an app by itself, asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// A Salesforce username.
    User(String),
    Policy(Arc<ServicePolicy>),
}

impl Bound {
    /// None for a policy.
    pub fn username(&self) -> Option<&str> {
        match self {
            Self::User(username) => Some(username),
            Self::Policy(_) => None,
        }
    }
}

impl IdentityConfig {
    /// Where tokens come from, and the scopes to ask for: an issuer for each tenant (Entra ID, v2.0), and
    /// each scope of each audience.
    pub fn offered(&self) -> (Vec<String>, Vec<String>) {
        let authority = self.authority.trim_end_matches('/');
        let issuers = self.tenants.iter();
        let issuers = issuers.map(|tenant| format!("{authority}/{tenant}/v2.0"));
        let mut audiences = self.audiences.iter();
        // Entra ID names the scopes of an API by its App ID URI.
        let audience = audiences.find(|audience| audience.contains("://"));
        let scopes = audience.into_iter().flat_map(|audience| {
            let audience = audience.trim_end_matches('/');
            let scopes = self.scopes.iter();
            scopes.map(move |scope| format!("{audience}/{scope}"))
        });
        (issuers.collect(), scopes.collect())
    }
}

/// A key that stands for one Salesforce user or one policy. Only its hash is known here.
#[derive(Debug, Clone)]
pub struct ApiKey {
    pub name: String,
    pub bound: Bound,
    /// SHA-256 of the key, as 64 hexadecimal digits.
    pub sha256: String,
    /// From then on the key is refused. None: it is good until it is taken away.
    pub expires: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
pub struct RawIdentity {
    tenants: Texts,
    audiences: Texts,
    clients: Texts,
    scopes: Texts,
    roles: Texts,
    authority: String,
    skew_seconds: u64,
    claim: String,
    keys_hours: u64,
    key_refresh_seconds: u64,
    /// Read one by one, so that each problem names its app.
    apps: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawApiKey {
    #[serde(default)]
    name: String,
    user: Option<String>,
    policy: Option<String>,
    sha256: String,
    expires: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBound {
    user: Option<String>,
    policy: Option<String>,
}

/// A list, or a text with commas, as the environment has it.
struct Texts(Vec<String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            List(Vec<String>),
        }
        let texts = match Written::deserialize(deserializer)? {
            Written::Text(text) => text.split(',').map(str::to_owned).collect(),
            Written::List(list) => list,
        };
        let texts = texts.iter().map(|text| text.trim().to_owned());
        Ok(Self(texts.filter(|text| !text.is_empty()).collect()))
    }
}

const MOST_SKEW_SECONDS: u64 = 300;
const MOST_KEY_HOURS: u64 = 24;
const MOST_REFRESH_SECONDS: u64 = 3_600;

impl Reading {
    /// `Some(None)` where no tenant is named: Entra tokens are then refused.
    pub(super) fn identity(
        &mut self,
        raw: &RawIdentity,
        policies: &Policies,
    ) -> Option<Option<IdentityConfig>> {
        let known = self.problems.len();
        let tenants = self.guids("identity.tenants", &raw.tenants);
        let clients = self.guids("identity.clients", &raw.clients);
        let authority = self.authority(&raw.authority);
        let claims = self.claims(&raw.claim);
        let apps = self.apps(&raw.apps, policies);
        self.identity_limits(raw);
        let names_apps = !apps.is_empty() || !clients.is_empty();
        self.identity_lists(raw, names_apps);
        if self.problems.len() > known {
            return None;
        }
        if tenants.is_empty() {
            return Some(None);
        }
        Some(Some(IdentityConfig {
            tenants,
            audiences: raw.audiences.0.clone(),
            clients,
            scopes: raw.scopes.0.clone(),
            roles: raw.roles.0.clone(),
            authority: authority?,
            skew: Duration::from_secs(raw.skew_seconds),
            claims,
            keys_kept: Duration::from_secs(raw.keys_hours * 3_600),
            key_refresh: Duration::from_secs(raw.key_refresh_seconds),
            apps,
        }))
    }

    /// What has to be there once anything of it is.
    fn identity_lists(&mut self, raw: &RawIdentity, names_apps: bool) {
        let wants_tokens = names_apps || !raw.audiences.0.is_empty();
        if raw.tenants.0.is_empty() && wants_tokens {
            let problem = "is empty: name the directory (tenant) ids whose tokens count";
            self.problem::<()>("identity.tenants", problem);
        }
        if !raw.tenants.0.is_empty() && raw.audiences.0.is_empty() {
            let problem = "is empty: name the App ID URI and the client id of precis's own app \
                           registration";
            self.problem::<()>("identity.audiences", problem);
        }
        if raw.scopes.0.is_empty() {
            let problem = "is empty: name the scope that the app registration exposes";
            self.problem::<()>("identity.scopes", problem);
        }
    }

    fn identity_limits(&mut self, raw: &RawIdentity) {
        if raw.skew_seconds > MOST_SKEW_SECONDS {
            let problem = format!("must be at most {MOST_SKEW_SECONDS}");
            self.problem::<()>("identity.skew_seconds", problem);
        }
        if !(1..=MOST_KEY_HOURS).contains(&raw.keys_hours) {
            let problem = format!("must be from 1 to {MOST_KEY_HOURS}");
            self.problem::<()>("identity.keys_hours", problem);
        }
        if !(1..=MOST_REFRESH_SECONDS).contains(&raw.key_refresh_seconds) {
            let problem = format!("must be from 1 to {MOST_REFRESH_SECONDS}");
            self.problem::<()>("identity.key_refresh_seconds", problem);
        }
    }

    fn guids(&mut self, key: &str, texts: &Texts) -> BTreeSet<Uuid> {
        let mut guids = BTreeSet::new();
        for text in &texts.0 {
            guids.extend(self.guid(key, text));
        }
        guids
    }

    fn guid(&mut self, key: &str, text: &str) -> Option<Uuid> {
        match Uuid::try_parse(text) {
            Ok(guid) => Some(guid),
            Err(_) => self.problem(
                key,
                format!("has '{text}', which is no GUID: the Azure portal shows it as an id"),
            ),
        }
    }

    /// Keys that came over plain HTTP could be anybody's, unless they never left the machine.
    fn authority(&mut self, text: &str) -> Option<String> {
        const KEY: &str = "identity.authority";
        let url = self.url(KEY, text)?;
        if url.scheme() != "https" && !is_loopback(&url) {
            return self.problem(KEY, "must start with https://");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return self.problem(KEY, "must end with the host or a path");
        }
        Some(url.as_str().trim_end_matches('/').to_owned())
    }

    fn claims(&mut self, text: &str) -> Vec<String> {
        let Some(claim) = non_empty(text.trim().to_owned()) else {
            return vec!["preferred_username".to_owned(), "upn".to_owned()];
        };
        if !claim
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            let problem = "must be the name of one claim, such as upn, oid or employeeid";
            self.problem::<()>("identity.claim", problem);
        }
        vec![claim]
    }

    fn apps(
        &mut self,
        raw: &BTreeMap<String, Value>,
        policies: &Policies,
    ) -> BTreeMap<Uuid, Bound> {
        let mut apps = BTreeMap::new();
        for (name, value) in raw {
            let key = format!("identity.apps.{name}");
            let id = self.guid(&key, name);
            let bound = match value.clone().try_deserialize::<RawBound>() {
                Ok(raw) => self.bound(&key, "", raw.user, raw.policy, policies),
                Err(error) => self.problem(&key, error),
            };
            apps.extend(id.zip(bound));
        }
        apps
    }

    /// A user or a policy: exactly one. `what` is whose it is, with a blank behind it, where the key does
    /// not say so.
    fn bound(
        &mut self,
        key: &str,
        what: &str,
        user: Option<String>,
        policy: Option<String>,
        policies: &Policies,
    ) -> Option<Bound> {
        let user = user.and_then(non_empty);
        match (user, policy.and_then(non_empty)) {
            (Some(user), None) => Some(Bound::User(user.trim().to_owned())),
            (None, Some(name)) => match policies.get(&name) {
                Some(policy) => Some(Bound::Policy(Arc::clone(policy))),
                None => self.problem(
                    key,
                    format!(
                        "{what}names the policy '{name}', which [policies.{name}] does not define"
                    ),
                ),
            },
            (Some(_), Some(_)) | (None, None) => self.problem(
                key,
                format!("{what}needs exactly one of `user`, a Salesforce username, and `policy`"),
            ),
        }
    }

    pub(super) fn api_keys(
        &mut self,
        listed: Vec<RawApiKey>,
        file: &str,
        policies: &Policies,
    ) -> Vec<ApiKey> {
        let mut raw = listed;
        if !file.is_empty() {
            raw.extend(self.api_keys_of(&self.path(file)));
        }
        let keys = raw.into_iter();
        keys.filter_map(|key| self.api_key(key, policies)).collect()
    }

    fn api_key(&mut self, raw: RawApiKey, policies: &Policies) -> Option<ApiKey> {
        const KEY: &str = "api_keys";
        let what = format!("'{}' ", raw.name);
        let is_hash = raw.sha256.len() == 64 && raw.sha256.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_hash {
            let problem = format!(
                "the sha256 of {what}is not 64 hexadecimal digits: `precis key new` prints it"
            );
            self.problem::<()>(KEY, problem);
        }
        let expires = match raw.expires.map(|text| keys::expiry(&text)).transpose() {
            Ok(expires) => Some(expires),
            Err(error) => self.problem(KEY, format!("the `expires` of {what}{error}")),
        };
        let bound = self.bound(KEY, &what, raw.user, raw.policy, policies);
        Some(ApiKey {
            name: raw.name,
            bound: bound?,
            sha256: raw.sha256,
            expires: expires?,
        })
    }

    fn api_keys_of(&mut self, path: &Path) -> Vec<RawApiKey> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                self.problem::<()>("http.api_keys_file", format!("{}: {error}", path.display()));
                return Vec::new();
            }
        };
        let mut keys = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match serde_json::from_str(line) {
                Ok(key) => keys.push(key),
                Err(error) => {
                    let place = format!("{} line {}: {error}", path.display(), number + 1);
                    self.problem::<()>("http.api_keys_file", place);
                }
            }
        }
        keys
    }
}
