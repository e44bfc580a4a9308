//! Signing in: a token for a client secret, or for an assertion signed with a private key.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use domain::{RecordId, UserId};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::header::CONTENT_TYPE;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::{Error, Retry, classify};
use crate::http;
use crate::options::{Auth, Options, RetryPolicy};
use crate::session::Session;
use crate::usage::{CallKind, Meter};

/// Who the client is signed in as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub user_id: UserId,
    pub org_id: RecordId,
    pub username: String,
    /// The address that all calls go to.
    pub instance_url: Url,
}

/// The org that the client is signed in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Org {
    pub org_id: RecordId,
    /// The address that all calls go to.
    pub instance_url: Url,
}

/// Salesforce takes an assertion that ends within three minutes; this leaves room for clocks that
/// disagree.
const ASSERTION_LIFE: Duration = Duration::from_secs(150);

/// Knows the credentials and nothing else; keeps no session.
pub(crate) struct Authenticator {
    wire: reqwest::Client,
    login_url: Url,
    credentials: Credentials,
    retry: RetryPolicy,
    timeout: Duration,
    meter: Arc<Meter>,
}

enum Credentials {
    ClientCredentials {
        client_id: String,
        client_secret: SecretString,
    },
    JwtBearer {
        client_id: String,
        username: String,
        audience: String,
        key: EncodingKey,
    },
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: i64,
}

#[derive(Serialize)]
#[serde(untagged)]
enum TokenRequest<'a> {
    ClientCredentials {
        grant_type: &'static str,
        client_id: &'a str,
        client_secret: &'a str,
    },
    JwtBearer {
        grant_type: &'static str,
        assertion: String,
    },
}

#[derive(Deserialize)]
struct TokenReply {
    access_token: SecretString,
    instance_url: Url,
    /// The identity URL, `https://…/id/{org id}/{user id}`.
    id: Option<String>,
}

impl Authenticator {
    pub(crate) fn new(
        options: &Options,
        wire: reqwest::Client,
        meter: Arc<Meter>,
    ) -> Result<Self, Error> {
        let login_url = &options.login_url;
        if login_url.host_str().is_none() || !matches!(login_url.scheme(), "https" | "http") {
            return Err(Error::Setting {
                setting: "salesforce.login_url",
                problem: "the address of Salesforce must start with https://".to_owned(),
            });
        }
        Ok(Self {
            wire,
            login_url: login_url.clone(),
            credentials: Credentials::read(&options.auth)?,
            retry: options.retry,
            timeout: options.timeout,
            meter,
        })
    }

    /// Fetches a new token, repeating what may pass by itself.
    pub(crate) async fn sign_in(&self) -> Result<Session, Error> {
        let mut attempt = 1;
        loop {
            let error = match self.request_token().await {
                Ok(session) => return Ok(session),
                Err(error) => error,
            };
            self.meter.fail();
            if attempt >= self.retry.attempts || !matches!(error.retry(), Retry::After(_)) {
                return Err(error);
            }
            tracing::warn!(attempt, %error, "sign-in is repeated");
            tokio::time::sleep(self.retry.delay(attempt)).await;
            attempt += 1;
        }
    }

    async fn request_token(&self) -> Result<Session, Error> {
        let host = http::host_of(&self.login_url);
        let mut url = self.login_url.clone();
        url.set_path("/services/oauth2/token");
        url.set_query(None);
        self.meter.count(CallKind::Login);
        let response = self
            .wire
            .post(url)
            .timeout(self.timeout)
            .form(&self.credentials.token_request()?)
            .send()
            .await
            .map_err(|error| Error::from_transport(&error, &host))?;
        let status = response.status();
        if status.is_redirection() {
            return Err(http::redirected(&response));
        }
        let is_json = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.contains("json"));
        let body = http::read_body(response, http::LONGEST_TOKEN_REPLY, &host).await?;
        if !status.is_success() && (is_json || status.is_server_error() || status == 429) {
            return Err(classify(status, &body));
        }
        match serde_json::from_slice::<TokenReply>(&body) {
            Ok(reply) => self.session(reply),
            Err(_) => Err(Error::Setting {
                setting: "salesforce.login_url",
                problem: format!("{host} does not answer a sign-in as Salesforce does ({status})"),
            }),
        }
    }

    fn session(&self, reply: TokenReply) -> Result<Session, Error> {
        let encrypted = reply.instance_url.scheme() == "https";
        if !encrypted && self.login_url.scheme() == "https" {
            return Err(Error::unreadable(
                "sign-in",
                "the token is for an address without encryption",
            ));
        }
        Ok(Session {
            token: reply.access_token,
            instance_url: reply.instance_url,
            ids: reply.id.as_deref().and_then(ids_of_identity_url),
        })
    }
}

impl Credentials {
    fn read(auth: &Auth) -> Result<Self, Error> {
        Ok(match auth {
            Auth::ClientCredentials {
                client_id,
                client_secret,
            } => Self::ClientCredentials {
                client_id: client_id.clone(),
                client_secret: client_secret.clone(),
            },
            Auth::JwtBearer {
                client_id,
                username,
                private_key,
                audience,
            } => Self::JwtBearer {
                client_id: client_id.clone(),
                username: username.clone(),
                audience: audience.clone(),
                key: EncodingKey::from_rsa_pem(private_key.expose_secret().as_bytes())
                    .map_err(|_| unusable_key())?,
            },
        })
    }

    fn token_request(&self) -> Result<TokenRequest<'_>, Error> {
        match self {
            Self::ClientCredentials {
                client_id,
                client_secret,
            } => Ok(TokenRequest::ClientCredentials {
                grant_type: "client_credentials",
                client_id,
                client_secret: client_secret.expose_secret(),
            }),
            Self::JwtBearer {
                client_id,
                username,
                audience,
                key,
            } => {
                let claims = Claims {
                    iss: client_id,
                    sub: username,
                    aud: audience,
                    exp: Utc::now().timestamp() + ASSERTION_LIFE.as_secs() as i64,
                };
                let assertion = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, key)
                    .map_err(|_| unusable_key())?;
                Ok(TokenRequest::JwtBearer {
                    grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
                    assertion,
                })
            }
        }
    }
}

/// The cause is left out: it could quote the key.
fn unusable_key() -> Error {
    Error::Setting {
        setting: "salesforce.private_key",
        problem: "the private key is not an unencrypted RSA key in PEM".to_owned(),
    }
}

fn ids_of_identity_url(url: &str) -> Option<(RecordId, UserId)> {
    let mut parts = url.trim_end_matches('/').rsplit('/');
    let user: RecordId = parts.next()?.parse().ok()?;
    let org = parts.next()?.parse().ok()?;
    Some((org, UserId::try_from(user).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identity_url_holds_both_ids() {
        let url = "https://login.salesforce.com/id/00DEz0000000001/005Ez0000000001";
        let ids = ids_of_identity_url(url);
        let ids = ids.map(|(org, user)| (org.to_string(), user.to_string()));
        let (org, user) = ids.unwrap_or_default();
        assert!(org.starts_with("00DEz0000000001") && org.len() == 18);
        assert!(user.starts_with("005Ez0000000001") && user.len() == 18);
        assert_eq!(
            ids_of_identity_url("https://login.salesforce.com/id/"),
            None
        );
    }

    #[test]
    fn a_key_that_is_none_names_its_setting() {
        let auth = Auth::JwtBearer {
            client_id: "id".to_owned(),
            username: "ada@example.com".to_owned(),
            private_key: "not a key, but secret".to_owned().into(),
            audience: "https://login.salesforce.com".to_owned(),
        };
        let error = Credentials::read(&auth)
            .err()
            .map(|error| error.to_string());
        let text = error.unwrap_or_default();
        assert!(text.ends_with("check salesforce.private_key"), "{text}");
        assert!(!text.contains("but secret"));
    }
}
