//! Secrets in Azure Key Vault: `keyvault:https://VAULT.vault.azure.net/secrets/NAME[/VERSION]`, or
//! `keyvault:VAULT/NAME[/VERSION]` for short.

use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::Credential;
use super::request::{self, Reply, first_line};
use crate::loopback::is_loopback;

/// How a reference begins.
pub const SCHEME: &str = "keyvault:";
const API_VERSION: &str = "7.4";
/// The hosts of vaults, by cloud. A token for vaults goes nowhere else.
const DOMAINS: [&str; 3] = [
    "vault.azure.net",
    "vault.azure.cn",
    "vault.usgovcloudapi.net",
];

/// One secret of one vault.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// Its address, without the version of the API.
    url: Url,
    /// Whom the token is for.
    resource: String,
}

/// Why a secret was not had. Each variant says what its reader can do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "is no secret of a key vault: write keyvault:VAULT/NAME, or \
         keyvault:https://VAULT.vault.azure.net/secrets/NAME"
    )]
    NoReference,
    #[error("is in a key vault, and precis has no token for it: {0}")]
    Token(#[from] super::Error),
    #[error("points to {0}, which the vault does not have ({1})")]
    NotFound(Url, String),
    #[error(
        "points to {0}, which precis may not read ({1}): give its identity the role Key Vault Secrets \
         User, and let its network through the vault's firewall"
    )]
    Forbidden(Url, String),
    #[error("points to {0}, and the vault does not answer now ({1}); start precis again later")]
    Unavailable(Url, String),
    #[error("points to {0}, and what the vault sent has no secret in it")]
    Unreadable(Url),
}

impl Reference {
    /// Reads what stands behind `keyvault:`.
    ///
    /// # Errors
    /// [`Error::NoReference`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = match text.contains("://") {
            true => text.to_owned(),
            false => {
                let (vault, secret) = text.split_once('/').ok_or(Error::NoReference)?;
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
                if vault.is_empty() || !vault.chars().all(is_name) {
                    return Err(Error::NoReference);
                }
                format!("https://{vault}.{}/secrets/{secret}", DOMAINS[0])
            }
        };
        let url = Url::parse(&text).map_err(|_| Error::NoReference)?;
        let resource = resource(&url).ok_or(Error::NoReference)?;
        match has_secret_path(&url) {
            true => Ok(Self { url, resource }),
            false => Err(Error::NoReference),
        }
    }
}

/// Whom a token for this address is for; none for an address that no vault has. A stand-in on this
/// machine may do without TLS.
fn resource(url: &Url) -> Option<String> {
    if is_loopback(url) {
        return Some(format!("https://{}", DOMAINS[0]));
    }
    let host = url.host_str()?;
    let domain = DOMAINS.iter().find(|domain| {
        let vault = host.strip_suffix(**domain);
        vault.is_some_and(|vault| vault.len() > 1 && vault.ends_with('.'))
    })?;
    (url.scheme() == "https").then(|| format!("https://{domain}"))
}

/// `/secrets/NAME` or `/secrets/NAME/VERSION`, and nothing else.
fn has_secret_path(url: &Url) -> bool {
    let names: Vec<&str> = url.path().trim_start_matches('/').split('/').collect();
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    is_plain
        && (2..=3).contains(&names.len())
        && names[0] == "secrets"
        && names[1..].iter().all(|name| is_name(name))
}

/// Secrets of all vaults, with one credential.
pub struct Vaults {
    http: reqwest::Client,
    credential: Credential,
}

impl Vaults {
    /// # Errors
    /// The HTTP client's own, when TLS cannot be set up.
    pub fn new(credential: Credential) -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: request::client(false)?,
            credential,
        })
    }

    /// The value of a secret: the named version, else the newest.
    ///
    /// # Errors
    /// [`Error`], whose text goes on after the name of a setting.
    pub async fn secret(&self, reference: &Reference) -> Result<SecretString, Error> {
        let token = self.credential.token(&reference.resource).await?;
        let request = self
            .http
            .get(reference.url.clone())
            .query(&[("api-version", API_VERSION)])
            .bearer_auth(token.expose_secret());
        let url = reference.url.clone();
        match request::send(request).await {
            Ok(reply) if reply.status == StatusCode::OK => read(&reply, url),
            Ok(reply) => Err(refused(&reply, url)),
            Err(detail) => Err(Error::Unavailable(url, detail)),
        }
    }
}

#[derive(Deserialize)]
struct Secret {
    value: SecretString,
}

fn read(reply: &Reply, url: Url) -> Result<SecretString, Error> {
    match serde_json::from_slice::<Secret>(&reply.body) {
        Ok(secret) => Ok(secret.value),
        Err(_) => Err(Error::Unreadable(url)),
    }
}

/// `{"error": {"code", "message", "innererror": {"code"}}}`
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    error: RefusalError,
}

#[derive(Default, Deserialize)]
struct RefusalError {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    innererror: Option<Box<RefusalError>>,
}

fn refused(reply: &Reply, url: Url) -> Error {
    let refusal: Refusal = serde_json::from_slice(&reply.body).unwrap_or_default();
    let RefusalError {
        code,
        message,
        innererror,
    } = refusal.error;
    let code = innererror.map_or(code, |inner| inner.code);
    let words: Vec<String> = [code, first_line(&message)]
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect();
    let detail = match words.is_empty() {
        true => format!("HTTP {}", reply.status.as_u16()),
        false => words.join(": "),
    };
    match reply.status {
        StatusCode::NOT_FOUND => Error::NotFound(url, detail),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Error::Forbidden(url, detail),
        _ => Error::Unavailable(url, detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_name_the_same_secret() {
        let short = Reference::parse("corp-kv/sf-secret").ok();
        let long = Reference::parse("https://corp-kv.vault.azure.net/secrets/sf-secret").ok();
        assert!(short.is_some());
        assert_eq!(short, long);
        let versioned =
            "https://corp-kv.vault.azure.net/secrets/sf-secret/4387e9f3d6e14c459867679a90fd0f79";
        assert!(Reference::parse(versioned).is_ok());
    }

    #[test]
    fn a_token_for_vaults_goes_to_vaults_alone() {
        for bad in [
            "corp-kv",
            "/name",
            "corp.kv/name",
            "corp-kv/na me",
            "corp-kv/name?x=1",
            "http://corp-kv.vault.azure.net/secrets/name",
            "https://corp-kv.vault.azure.net.example.com/secrets/name",
            "https://vault.azure.net/secrets/name",
            "https://example.com/secrets/name",
            "https://corp-kv.vault.azure.net/keys/name",
            "https://corp-kv.vault.azure.net/secrets/",
            "https://user@corp-kv.vault.azure.net/secrets/name",
        ] {
            assert!(Reference::parse(bad).is_err(), "{bad}");
        }
        assert!(Reference::parse("http://127.0.0.1:7/secrets/name").is_ok());
        let china = Reference::parse("https://kv.vault.azure.cn/secrets/name");
        assert_eq!(
            china.ok().map(|reference| reference.resource).as_deref(),
            Some("https://vault.azure.cn")
        );
    }
}
