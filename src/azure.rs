//! Who precis is in Azure: bearer tokens for Azure resources, by managed identity or by a client secret.
//!
//! A [`Credential`] is made once from `[azure]` of the config and handed to whoever calls an Azure
//! resource. It keeps one token for each resource until shortly before its end. It knows how tokens
//! are had and nothing of what they open, except for secrets in [`key_vault`].

pub mod key_vault;
mod model_tokens;
mod request;
#[cfg(test)]
mod tests;
mod token;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;
use secrecy::SecretString;
use tokio::sync::Mutex;
use url::Url;

pub use model_tokens::ModelTokens;
use token::Token;

/// How precis signs in to Azure: `[azure]` of the config.
#[derive(Debug, Clone, Default)]
pub enum CredentialOptions {
    /// Nothing in the config may need Azure.
    #[default]
    None,
    /// The identity that Azure gives to the machine or app that precis runs in.
    ManagedIdentity {
        endpoint: IdentityEndpoint,
        /// Of a user-assigned identity; none takes the system-assigned one.
        client_id: Option<String>,
    },
    /// An app registration in Entra ID with a client secret.
    ClientSecret {
        /// `https://login.microsoftonline.com`, or that of a national cloud.
        authority: Url,
        /// The tenant's id or domain.
        tenant: String,
        client_id: String,
        client_secret: SecretString,
    },
}

/// Where a managed identity's tokens are given out.
#[derive(Debug, Clone)]
pub enum IdentityEndpoint {
    /// Container Apps, App Service and Functions: `$IDENTITY_ENDPOINT`, and `$IDENTITY_HEADER`, which
    /// proves to it that the caller runs in the app.
    AppService { url: Url, header: SecretString },
    /// A virtual machine: the host of its instance metadata, `http://169.254.169.254`.
    VirtualMachine { host: Url },
}

/// Why there is no token. Each variant says what its reader can do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    #[error(
        "azure.credential is \"none\", and {resource} takes nobody without one: set \"managed_identity\" \
         or \"client_secret\""
    )]
    NoCredential { resource: String },
    /// Another try would be refused too.
    #[error("{setting} was refused by {place}: {detail}")]
    Refused {
        setting: &'static str,
        place: String,
        detail: String,
    },
    /// It may work later.
    #[error("{place} gives no token now ({detail}); see {setting}")]
    Unavailable {
        setting: &'static str,
        place: String,
        detail: String,
    },
    #[error("{place} sent something that is no token: {detail}; see {setting}")]
    Unreadable {
        setting: &'static str,
        place: String,
        detail: String,
    },
}

/// Gives out bearer tokens. Cheap to clone; all clones share their tokens.
#[derive(Clone)]
pub struct Credential(Arc<Shared>);

struct Shared {
    options: CredentialOptions,
    http: reqwest::Client,
    tokens: Mutex<HashMap<String, Kept>>,
}

/// What is known of one resource.
#[derive(Default)]
struct Kept {
    token: Option<Token>,
    failure: Option<(Instant, Error)>,
}

impl Credential {
    /// Does no I/O: the first token is asked for when somebody needs it.
    ///
    /// # Errors
    /// The HTTP client's own, when TLS cannot be set up.
    pub fn new(options: CredentialOptions) -> Result<Self, reqwest::Error> {
        let is_local = matches!(options, CredentialOptions::ManagedIdentity { .. });
        Ok(Self(Arc::new(Shared {
            http: request::client(is_local)?,
            options,
            tokens: Mutex::default(),
        })))
    }

    /// A token for `resource`, such as `https://monitor.azure.com`, that is good for minutes still.
    ///
    /// Calls that come while a token is fetched wait for it and share it, or its failure. When no new
    /// one can be had, the present one is given out until it ends.
    ///
    /// # Errors
    /// [`Error`], which names the setting to change.
    pub async fn token(&self, resource: &str) -> Result<SecretString, Error> {
        let asked_at = Instant::now();
        let resource = resource.trim_end_matches('/');
        let mut tokens = self.0.tokens.lock().await;
        let kept = tokens.entry(resource.to_owned()).or_default();
        let now = Utc::now();
        if let Some(token) = &kept.token
            && now < token.renew_at
        {
            return Ok(token.secret.clone());
        }
        if let Some((failed_at, error)) = &kept.failure
            && *failed_at >= asked_at
        {
            return Err(error.clone());
        }
        match token::fetch(&self.0.http, &self.0.options, resource).await {
            Ok(token) => {
                tracing::debug!(resource, expires_at = %token.expires_at, "azure token fetched");
                let secret = token.secret.clone();
                *kept = Kept {
                    token: Some(token),
                    failure: None,
                };
                Ok(secret)
            }
            Err(error) => kept.outlasts(error),
        }
    }
}

impl Kept {
    /// The present token if it has not ended; else the error, for those who wait for it as well.
    fn outlasts(&mut self, error: Error) -> Result<SecretString, Error> {
        if let Some(token) = &self.token
            && Utc::now() < token.expires_at
        {
            tracing::warn!(error = %error, expires_at = %token.expires_at, "azure token not renewed");
            return Ok(token.secret.clone());
        }
        self.token = None;
        self.failure = Some((Instant::now(), error.clone()));
        Err(error)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Credential").field(&self.0.options).finish()
    }
}
