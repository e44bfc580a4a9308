//! The three ways to a token, and what a token reply says.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use url::Url;

use super::request::{self, Reply, first_line};
use super::{CredentialOptions, Error, IdentityEndpoint};

/// The contract of Container Apps, App Service and Functions.
const APP_SERVICE_VERSION: &str = "2019-08-01";
/// The contract of the instance metadata service.
const VIRTUAL_MACHINE_VERSION: &str = "2018-02-01";
/// A new token is fetched this long before the present one ends.
const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// A token and how long it is good for.
pub struct Token {
    pub secret: SecretString,
    pub renew_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Where a request for a token goes, and the settings that its failures name.
struct Asked {
    request: RequestBuilder,
    place: String,
    /// What decides where the request goes.
    setting: &'static str,
}

/// Asks for a token for `resource`, an address without a slash at its end.
///
/// # Errors
/// [`Error`], with the setting that was refused or that leads to nowhere.
pub async fn fetch(
    http: &reqwest::Client,
    options: &CredentialOptions,
    resource: &str,
) -> Result<Token, Error> {
    let asked = match options {
        CredentialOptions::None => {
            let resource = resource.to_owned();
            return Err(Error::NoCredential { resource });
        }
        CredentialOptions::ManagedIdentity {
            endpoint,
            client_id,
        } => by_identity(http, endpoint, client_id.as_deref(), resource),
        CredentialOptions::ClientSecret {
            authority,
            tenant,
            client_id,
            client_secret,
        } => {
            let url = below(authority, &format!("{tenant}/oauth2/v2.0/token"));
            let scope = format!("{resource}/.default");
            let form = [
                ("grant_type", "client_credentials"),
                ("client_id", client_id),
                ("client_secret", client_secret.expose_secret()),
                ("scope", &scope),
            ];
            Asked {
                place: host(&url),
                request: http.post(url).form(&form),
                setting: "azure.authority",
            }
        }
    };
    let Asked {
        request,
        place,
        setting,
    } = asked;
    match request::send(request).await {
        Ok(reply) if reply.status == StatusCode::OK => {
            read(&reply.body).map_err(|detail| Error::Unreadable {
                setting,
                place,
                detail,
            })
        }
        Ok(reply) => Err(refused(&reply, options, place, setting)),
        Err(detail) => Err(Error::Unavailable {
            setting,
            place,
            detail,
        }),
    }
}

fn by_identity(
    http: &reqwest::Client,
    endpoint: &IdentityEndpoint,
    client_id: Option<&str>,
    resource: &str,
) -> Asked {
    let (url, version, name, value) = match endpoint {
        IdentityEndpoint::AppService { url, header } => (
            url.clone(),
            APP_SERVICE_VERSION,
            "x-identity-header",
            header.expose_secret(),
        ),
        IdentityEndpoint::VirtualMachine { host } => (
            below(host, "metadata/identity/oauth2/token"),
            VIRTUAL_MACHINE_VERSION,
            "metadata",
            "true",
        ),
    };
    let mut query = vec![("api-version", version), ("resource", resource)];
    query.extend(client_id.map(|id| ("client_id", id)));
    Asked {
        place: format!("the managed identity endpoint {}", host(&url)),
        request: http.get(url).header(name, value).query(&query),
        setting: "azure.credential",
    }
}

/// `path` below the path of `base`, whether or not that ends in a slash.
fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let start = base.path().trim_end_matches('/');
    url.set_path(&format!("{start}/{path}"));
    url
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[derive(Deserialize)]
struct TokenReply {
    access_token: SecretString,
    /// Unix seconds, as a text; what a managed identity's reply has.
    #[serde(default, deserialize_with = "number")]
    expires_on: Option<i64>,
    /// Seconds from now; what Entra ID's reply has.
    #[serde(default, deserialize_with = "number")]
    expires_in: Option<i64>,
}

/// Both spellings are in use: a number, and a text that is one.
fn number<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Spelling {
        Number(i64),
        Text(String),
    }
    match Option::<Spelling>::deserialize(reader)? {
        None => Ok(None),
        Some(Spelling::Number(number)) => Ok(Some(number)),
        Some(Spelling::Text(text)) => Ok(text.parse().ok()),
    }
}

fn read(body: &[u8]) -> Result<Token, String> {
    // What serde says of a bad reply would quote it.
    let reply: TokenReply = serde_json::from_slice(body)
        .map_err(|_| "it has no access_token in a JSON object".to_owned())?;
    let now = Utc::now();
    let expires_at = match (reply.expires_on, reply.expires_in) {
        (Some(at), _) => DateTime::from_timestamp(at, 0),
        (None, Some(seconds)) => {
            TimeDelta::try_seconds(seconds).and_then(|life| now.checked_add_signed(life))
        }
        (None, None) => None,
    };
    let expires_at = expires_at.ok_or("it does not say when the token ends")?;
    Ok(Token {
        secret: reply.access_token,
        renew_at: expires_at - MARGIN.min((expires_at - now) / 2),
        expires_at,
    })
}

/// The two shapes of a refusal: OAuth's, and App Service's `{"statusCode", "message"}`.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    error: String,
    #[serde(default, alias = "message")]
    error_description: String,
}

fn refused(
    reply: &Reply,
    options: &CredentialOptions,
    place: String,
    address: &'static str,
) -> Error {
    let refusal: Refusal = serde_json::from_slice(&reply.body).unwrap_or_default();
    let words = match refusal.error_description.trim() {
        "" => &refusal.error,
        words => words,
    };
    let detail = match first_line(words) {
        words if words.is_empty() => format!("HTTP {}", reply.status.as_u16()),
        words => format!("HTTP {}: {words}", reply.status.as_u16()),
    };
    let has_its_say =
        reply.status.is_client_error() && reply.status != StatusCode::TOO_MANY_REQUESTS;
    if !has_its_say {
        return Error::Unavailable {
            setting: address,
            place,
            detail,
        };
    }
    Error::Refused {
        setting: match options {
            CredentialOptions::ClientSecret { .. } => refused_setting(&refusal),
            CredentialOptions::ManagedIdentity {
                client_id: Some(_), ..
            } => "azure.client_id",
            CredentialOptions::ManagedIdentity {
                client_id: None, ..
            }
            | CredentialOptions::None => "azure.credential",
        },
        place,
        detail,
    }
}

/// Which setting Entra ID means: by the code in its text where that says more than the error.
fn refused_setting(refusal: &Refusal) -> &'static str {
    let code = |code: &str| refusal.error_description.contains(code);
    if code("AADSTS90002") || code("AADSTS900023") {
        return "azure.tenant";
    }
    if code("AADSTS700016") || refusal.error == "unauthorized_client" {
        return "azure.client_id";
    }
    "azure.client_secret"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_token_is_read_in_every_spelling() {
        let at = Utc::now().timestamp() + 3_600;
        for text in [
            format!(r#"{{"access_token": "t", "expires_on": "{at}"}}"#),
            format!(r#"{{"access_token": "t", "expires_on": {at}}}"#),
            r#"{"access_token": "t", "expires_in": 3600}"#.to_owned(),
            r#"{"access_token": "t", "expires_in": "3600"}"#.to_owned(),
        ] {
            let Ok(token) = read(text.as_bytes()) else {
                panic!("{text} is a token");
            };
            assert!((token.expires_at.timestamp() - at).abs() <= 2, "{text}");
            assert_eq!(token.expires_at - token.renew_at, MARGIN);
        }
    }

    #[test]
    fn a_short_token_is_renewed_half_way_and_a_bad_reply_is_not_quoted() {
        let Ok(token) = read(br#"{"access_token": "t", "expires_in": 10}"#) else {
            panic!("that is a token");
        };
        assert!(token.expires_at - token.renew_at <= TimeDelta::seconds(5));
        for bad in [
            "",
            "[]",
            r#"{"access_token": "hush"}"#,
            r#"{"token": "hush"}"#,
        ] {
            let Err(error) = read(bad.as_bytes()) else {
                panic!("{bad} is no token");
            };
            assert!(!error.contains("hush"), "{error}");
        }
    }
}
