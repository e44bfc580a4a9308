//! Where a remote model is and how to sign in: the part of a configuration that every call shares.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_openai::config::Config;
use futures::future::BoxFuture;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::Error;

/// One remote model.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The table of the configuration that this came from, such as `chat`. Errors name settings
    /// in it: `endpoint`, `deployment`, `model`, `api_key`, `auth` and `timeout_seconds` for every model,
    /// `dimension` and `shorten` for embedding, `max_tokens_field` and `temperature` for chat.
    pub section: String,
    pub route: Route,
    pub credential: Credential,
    /// How long one attempt may take, from connecting to the last byte.
    pub timeout: Duration,
    /// How often a request is repeated after a refusal for load (429), a failure of the service
    /// (5xx) or a connection that could not be made.
    pub retries: u32,
}

/// Which of the protocol's three addresses a model is behind.
#[derive(Debug, Clone)]
pub enum Route {
    /// `{resource}/openai/deployments/{deployment}/…?api-version=…`: every Azure OpenAI resource,
    /// and the only one that takes Entra tokens for embeddings.
    AzureDeployment {
        /// `https://NAME.openai.azure.com`
        resource: Url,
        deployment: String,
        /// For example `2024-10-21`.
        api_version: String,
    },
    /// `{resource}/openai/v1/…`, with the deployment as the model's name.
    AzureV1 { resource: Url, deployment: String },
    /// `{base}/…`: OpenAI or a server that speaks like it.
    Compatible {
        /// Up to and including the version, such as `https://api.example.com/v1`.
        base: Url,
        model: String,
    },
}

/// How a request proves who sends it.
#[derive(Debug, Clone)]
pub enum Credential {
    /// `api-key: …` to Azure, `Authorization: Bearer …` to others.
    ApiKey(SecretString),
    /// `Authorization: Bearer …`, such as an Entra access token.
    Bearer(SecretString),
    /// `Authorization: Bearer …` with a token that is asked for before each request: an identity's.
    Token(Arc<dyn TokenSource>),
    /// A server that asks for none.
    None,
}

/// Gives out tokens that end, such as those of a managed identity.
///
/// It is asked before each request, so it keeps a token for as long as that is good.
pub trait TokenSource: fmt::Debug + Send + Sync {
    /// # Errors
    /// [`Error::NoToken`], which ends the request.
    fn token(&self) -> BoxFuture<'_, Result<SecretString, Error>>;
}

impl Endpoint {
    /// The configuration's name of a setting of this endpoint.
    pub(crate) fn setting(&self, name: &str) -> String {
        if self.section.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.section)
        }
    }

    /// The name that goes into the `model` field of a request.
    pub(crate) fn model(&self) -> &str {
        match &self.route {
            Route::AzureDeployment { deployment, .. } | Route::AzureV1 { deployment, .. } => {
                deployment
            }
            Route::Compatible { model, .. } => model,
        }
    }

    /// The same service with another deployment or model.
    pub(crate) fn named(&self, name: &str) -> Self {
        let mut endpoint = self.clone();
        match &mut endpoint.route {
            Route::AzureDeployment { deployment, .. } | Route::AzureV1 { deployment, .. } => {
                name.clone_into(deployment);
            }
            Route::Compatible { model, .. } => name.clone_into(model),
        }
        endpoint
    }

    /// The setting to look at when the service does not let us in.
    pub(crate) fn credential_setting(&self) -> String {
        match &self.credential {
            Credential::Token(_) => self.setting("auth"),
            Credential::ApiKey(_) | Credential::Bearer(_) | Credential::None => {
                self.setting("api_key")
            }
        }
    }

    /// The setting that holds [`Endpoint::model`].
    pub(crate) fn model_setting(&self) -> String {
        match &self.route {
            Route::AzureDeployment { .. } | Route::AzureV1 { .. } => self.setting("deployment"),
            Route::Compatible { .. } => self.setting("model"),
        }
    }

    /// Host, port and path prefix without query or password: what tells one service from another.
    pub(crate) fn place(&self) -> String {
        let url = match &self.route {
            Route::AzureDeployment { resource, .. } | Route::AzureV1 { resource, .. } => resource,
            Route::Compatible { base, .. } => base,
        };
        let host = url.host_str().unwrap_or_default();
        let port = url.port().map(|port| format!(":{port}"));
        let path = url.path().trim_end_matches('/');
        format!("{host}{}{path}", port.unwrap_or_default())
    }

    /// Checks what can be checked without the network, once, so that no request can fail for it.
    pub(crate) fn address(&self) -> Result<Address, Error> {
        if self.model().trim().is_empty() {
            return Err(Error::Setting {
                setting: self.model_setting(),
                reason: "it is empty".to_owned(),
            });
        }
        Ok(Address {
            base: self.base()?,
            query: match &self.route {
                Route::AzureDeployment { api_version, .. } => Some(api_version.clone()),
                Route::AzureV1 { .. } | Route::Compatible { .. } => None,
            },
            headers: self.headers()?,
            unused_key: SecretString::default(),
        })
    }

    fn base(&self) -> Result<String, Error> {
        let (url, segments): (&Url, &[&str]) = match &self.route {
            Route::AzureDeployment {
                resource,
                deployment,
                ..
            } => (resource, &["openai", "deployments", deployment]),
            Route::AzureV1 { resource, .. } => (resource, &["openai", "v1"]),
            Route::Compatible { base, .. } => (base, &[]),
        };
        let mut url = url.clone();
        let not_http = || Error::Setting {
            setting: self.setting("endpoint"),
            reason: "it is not an http or https URL".to_owned(),
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(not_http());
        }
        url.set_query(None);
        url.path_segments_mut()
            .map_err(|()| not_http())?
            .pop_if_empty()
            .extend(segments);
        Ok(url.as_str().trim_end_matches('/').to_owned())
    }

    fn headers(&self) -> Result<HeaderMap, Error> {
        let azure = match &self.route {
            Route::AzureDeployment { .. } | Route::AzureV1 { .. } => true,
            Route::Compatible { .. } => false,
        };
        let (name, value) = match &self.credential {
            Credential::ApiKey(key) if azure => (
                HeaderName::from_static("api-key"),
                key.expose_secret().to_owned(),
            ),
            Credential::ApiKey(key) | Credential::Bearer(key) => {
                (AUTHORIZATION, format!("Bearer {}", key.expose_secret()))
            }
            Credential::Token(_) | Credential::None => return Ok(HeaderMap::new()),
        };
        let mut value = HeaderValue::from_str(&value).map_err(|_| Error::Setting {
            setting: self.setting("api_key"),
            reason: "it holds characters that cannot be sent, such as a line break".to_owned(),
        })?;
        value.set_sensitive(true);
        Ok(HeaderMap::from_iter([(name, value)]))
    }
}

/// An endpoint as `async-openai` asks for it.
///
/// Its own `AzureConfig` sends only API keys, panics on a key with a line break and falls back to
/// `OPENAI_*` environment variables; its `OpenAIConfig` always sends a bearer token.
#[derive(Clone)]
pub(crate) struct Address {
    base: String,
    query: Option<String>,
    headers: HeaderMap,
    unused_key: SecretString,
}

impl Config for Address {
    fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        self.query
            .iter()
            .map(|version| ("api-version", version.as_str()))
            .collect()
    }

    fn api_base(&self) -> &str {
        &self.base
    }

    fn api_key(&self) -> &SecretString {
        // Asked for by realtime sessions only, which precis does not open.
        &self.unused_key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(route: Route, credential: Credential) -> Endpoint {
        Endpoint {
            section: "chat".to_owned(),
            route,
            credential,
            timeout: Duration::from_secs(1),
            retries: 0,
        }
    }

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL of the test")
    }

    #[test]
    fn each_route_has_its_address_and_header() {
        let key = || Credential::ApiKey("secret".into());
        let deployment = endpoint(
            Route::AzureDeployment {
                resource: url("https://acme.openai.azure.com/"),
                deployment: "gpt one".to_owned(),
                api_version: "2024-10-21".to_owned(),
            },
            key(),
        )
        .address()
        .unwrap();
        assert_eq!(
            deployment.url("/embeddings"),
            "https://acme.openai.azure.com/openai/deployments/gpt%20one/embeddings"
        );
        assert_eq!(deployment.query(), [("api-version", "2024-10-21")]);
        assert_eq!(deployment.headers()["api-key"], "secret");

        let v1 = endpoint(
            Route::AzureV1 {
                resource: url("https://acme.openai.azure.com"),
                deployment: "gpt".to_owned(),
            },
            Credential::Bearer("token".into()),
        )
        .address()
        .unwrap();
        assert_eq!(v1.url("/x"), "https://acme.openai.azure.com/openai/v1/x");
        assert!(v1.query().is_empty());
        assert_eq!(v1.headers()[AUTHORIZATION], "Bearer token");

        let compatible = endpoint(
            Route::Compatible {
                base: url("http://127.0.0.1:9/v1/"),
                model: "m".to_owned(),
            },
            key(),
        )
        .address()
        .unwrap();
        assert_eq!(compatible.url("/x"), "http://127.0.0.1:9/v1/x");
        assert_eq!(compatible.headers()[AUTHORIZATION], "Bearer secret");
    }

    #[test]
    fn a_key_with_a_line_break_is_named_and_not_shown() {
        let route = Route::Compatible {
            base: url("http://127.0.0.1:9/v1"),
            model: "m".to_owned(),
        };
        let bad = endpoint(route, Credential::ApiKey("sec\nret".into()));
        let message = bad.address().err().unwrap().to_string();
        assert!(message.contains("`chat.api_key`"), "{message}");
        assert!(!message.contains("ret\n") && !message.contains("sec\n"));
    }
}
