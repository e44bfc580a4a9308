//! Tokens for models: how the client of a model signs in with precis's identity.

use futures::FutureExt;
use futures::future::BoxFuture;
use models::TokenSource;
use secrecy::SecretString;

use super::{Credential, Error};

/// Tokens for one resource, such as `https://cognitiveservices.azure.com`.
#[derive(Debug)]
pub struct ModelTokens {
    pub credential: Credential,
    pub resource: String,
}

impl TokenSource for ModelTokens {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, models::Error>> {
        async {
            let token = self.credential.token(&self.resource).await;
            token.map_err(|error| models::Error::NoToken {
                transient: matches!(error, Error::Unavailable { .. }),
                reason: error.to_string(),
            })
        }
        .boxed()
    }
}
