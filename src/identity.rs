//! Who calls, and how they proved it: by an API key, by an Entra token, or as the operator.
//!
//! What comes out is a Salesforce user or a service policy. Nothing else in a request says who is
//! asking.

mod entra;
mod mapping;
mod rates;

use std::sync::Arc;

use chrono::Utc;
use domain::Viewer;
use serde::Serialize;
use uuid::Uuid;

use crate::config::{ApiKey, Bound, Config};
use crate::keys::Keys;
use entra::{Principal, Standing, Tokens};
use mapping::Mapping;

pub use rates::{Rates, TooMany};

/// The viewer of a request, and who asks as them. Nothing else in a request says who is asking.
#[derive(Debug, Clone)]
pub struct Caller {
    pub viewer: Arc<Viewer>,
    pub identity: Identity,
}

/// How a caller proved who they are; it stands on the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Identity {
    /// Whoever can read this machine's data folder, on behalf of the viewer.
    Operator,
    /// An API key, by its name in the configuration.
    ApiKey { name: String },
    /// A token of Microsoft Entra ID: `tid`, `oid`, and `azp` or `appid`.
    Entra {
        tenant_id: Uuid,
        /// The user, or the service principal of an app that asks by itself.
        object_id: Uuid,
        #[serde(skip_serializing_if = "Option::is_none")]
        app_id: Option<Uuid>,
        app_only: bool,
    },
}

/// Why a caller is not let in. No text repeats what was sent as a proof.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The proof is none: another key or token is needed.
    #[error("{0}")]
    Invalid(String),
    /// The token is good, and was not made for asking here.
    #[error("{detail}")]
    Scope { detail: String, wanted: String },
    /// It is known who asks, and they may not.
    #[error("{0}")]
    Refused(String),
    /// The keys that tokens are checked with cannot be had for now.
    #[error("Entra tokens cannot be checked for now: {0}")]
    KeysAway(String),
    /// Salesforce could not be asked which user this is.
    #[error("Salesforce cannot say which user this is: {0}")]
    Undecided(#[from] salesforce::Error),
}

/// Everybody who may call, apart from the operator.
pub struct Identities {
    /// None: no tenant is configured.
    tokens: Option<Tokens>,
    mapping: Mapping,
}

impl Identities {
    /// # Errors
    /// A sentence, when TLS cannot be set up on this machine.
    pub fn new(config: &Config, salesforce: salesforce::Client) -> anyhow::Result<Self> {
        let tokens = config.identity.clone().map(Tokens::new).transpose()?;
        Ok(Self {
            tokens,
            mapping: Mapping::new(salesforce, config.access.permissions),
        })
    }

    /// As whom the bearer of this key or token asks.
    ///
    /// # Errors
    /// See [`Error`]; what is neither a known key nor a token is [`Error::Invalid`].
    pub async fn identify(&self, keys: &Keys, proof: &str) -> Result<(Bound, Identity), Error> {
        if proof.len() > entra::MOST_BYTES {
            let most = entra::MOST_BYTES / 1024;
            let detail = format!("the token has more than {most} KB: Entra ID makes none so long");
            return Err(Error::Invalid(detail));
        }
        if let Some(key) = keys.find(proof) {
            return of_key(key);
        }
        if !entra::looks_like_token(proof) {
            let detail = "the API key is unknown: `precis key new` makes one, api_keys stores it";
            return Err(Error::Invalid(detail.to_owned()));
        }
        let Some(tokens) = &self.tokens else {
            let detail = "Entra tokens are not accepted here: identity.tenants names no directory";
            return Err(Error::Invalid(detail.to_owned()));
        };
        let principal = tokens.check(proof).await?;
        let identity = principal.identity();
        Ok((self.bound(principal).await?, identity))
    }

    /// Forgets which Salesforce user this is: it has turned out that it is nobody whom Salesforce
    /// lets in.
    pub fn forget(&self, identity: &Identity) {
        match identity {
            Identity::Entra {
                tenant_id,
                object_id,
                ..
            } => self.mapping.forget(*tenant_id, *object_id),
            Identity::Operator | Identity::ApiKey { .. } => {}
        }
    }

    async fn bound(&self, principal: Principal) -> Result<Bound, Error> {
        match principal.standing {
            Standing::App(bound) => Ok(bound),
            Standing::User { name } => {
                let (tenant, object) = (principal.tenant_id, principal.object_id);
                let username = self.mapping.username(tenant, object, name).await?;
                Ok(Bound::User(username))
            }
        }
    }
}

fn of_key(key: &ApiKey) -> Result<(Bound, Identity), Error> {
    if key.is_expired(Utc::now()) {
        let detail = format!(
            "the API key '{}' has expired: `precis key new` makes another",
            key.name
        );
        return Err(Error::Invalid(detail));
    }
    let name = key.name.clone();
    Ok((key.bound.clone(), Identity::ApiKey { name }))
}
