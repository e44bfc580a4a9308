//! Access tokens of Microsoft Entra ID, version 1 and 2: whether one is good, and who it is of.
//!
//! The contract is Microsoft's "Access token claims reference" and "Secure applications and APIs by
//! validating claims"; refusals follow RFC 6750. Nothing that a token says of itself decides how it
//! is checked: the algorithm is RS256, and keys are only fetched from the authority of the
//! configuration, for its directories.

mod claims;
mod keyring;

use chrono::Utc;
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;
use uuid::Uuid;

use super::{Error, Identity};
use crate::config::{Bound, IdentityConfig};
use claims::Claims;
use keyring::{KeyError, Keyrings, Signer};

/// Longer tokens are not looked at. Entra ID leaves out groups before a token gets near it.
pub const MOST_BYTES: usize = 16 * 1024;

/// The two shapes of tokens, by their claim `ver`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    V1,
    V2,
}

/// Whom a token is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub tenant_id: Uuid,
    pub object_id: Uuid,
    pub app_id: Option<Uuid>,
    pub standing: Standing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// A person, and the value of the configured claim if the token has it.
    User { name: Option<String> },
    /// An app by itself, and as whom it asks.
    App(Bound),
}

impl Principal {
    pub fn identity(&self) -> Identity {
        Identity::Entra {
            tenant_id: self.tenant_id,
            object_id: self.object_id,
            app_id: self.app_id,
            app_only: matches!(self.standing, Standing::App(_)),
        }
    }
}

/// Whether a proof is meant as a token: three parts with dots between them.
pub fn looks_like_token(proof: &str) -> bool {
    proof.bytes().filter(|byte| *byte == b'.').count() == 2
}

/// Checks tokens.
pub struct Tokens {
    config: IdentityConfig,
    keyrings: Keyrings,
}

/// What has to be known of a token before its signature can be checked. It is believed only as far
/// as choosing among the key sets of the configured directories.
#[derive(Deserialize)]
struct Peek {
    tid: String,
    ver: String,
}

impl Tokens {
    pub fn new(config: IdentityConfig) -> anyhow::Result<Self> {
        Ok(Self {
            keyrings: Keyrings::new(&config)?,
            config,
        })
    }

    /// Whom a token is of, once everything about it has been checked.
    pub async fn check(&self, token: &str) -> Result<Principal, Error> {
        let kid = kid(token)?;
        let (tenant, version) = self.key_set(token)?;
        let signer = self.keyrings.signer(tenant, version, &kid).await;
        let signer = signer.map_err(|error| match error {
            KeyError::Unknown => invalid(
                "the token is signed with a key that its directory does not publish: sign in anew",
            ),
            KeyError::Away(cause) => Error::KeysAway(cause),
        })?;
        let claims = self.verified(token, &signer)?;
        claims.principal(&self.config, tenant, Utc::now())
    }

    fn key_set(&self, token: &str) -> Result<(Uuid, Version), Error> {
        let peek: Peek = insecure_decode_claims(token)
            .map_err(|_| invalid("the token has no tid and ver: send an Entra access token"))?;
        let version = match peek.ver.as_str() {
            "1.0" => Version::V1,
            "2.0" => Version::V2,
            _ => return Err(invalid("the token's ver is neither 1.0 nor 2.0")),
        };
        let tenant = Uuid::try_parse(&peek.tid).ok();
        let tenant = tenant.filter(|tenant| self.config.tenants.contains(tenant));
        let unknown = "the token is of a directory (tid) that identity.tenants does not list";
        Ok((tenant.ok_or_else(|| invalid(unknown))?, version))
    }

    /// The claims of a token whose signature, times, issuer and audience hold.
    fn verified(&self, token: &str, signer: &Signer) -> Result<Claims, Error> {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.leeway = self.config.skew.as_secs();
        validation.validate_nbf = true;
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.set_audience(&self.config.audiences);
        validation.set_issuer(&[&signer.issuer]);
        let decoded = decode::<Claims>(token, &signer.key, &validation);
        decoded
            .map(|decoded| decoded.claims)
            .map_err(|error| invalid(&why(error.kind())))
    }
}

fn invalid(detail: &str) -> Error {
    Error::Invalid(detail.to_owned())
}

/// The name of the key that a token says it is signed with.
fn kid(token: &str) -> Result<String, Error> {
    // An algorithm that is none, such as `none`, already fails to be read.
    let header = decode_header(token).ok();
    let header = header.filter(|header| header.alg == Algorithm::RS256);
    let header = header.ok_or_else(|| {
        invalid("the token's header cannot be read or names an algorithm other than RS256")
    })?;
    if header.crit.is_some() {
        return Err(invalid(
            "the token's header has a `crit`, which nobody here understands",
        ));
    }
    let none = || invalid("the token's header has no kid, the name of the key that signed it");
    header.kid.filter(|kid| !kid.is_empty()).ok_or_else(none)
}

/// For an admin: which claim or setting is wrong.
fn why(kind: &ErrorKind) -> String {
    let known = [
        (
            ErrorKind::ExpiredSignature,
            "the token has expired (exp): sign in anew",
        ),
        (
            ErrorKind::ImmatureSignature,
            "the token is not valid yet (nbf): a clock is wrong by more than identity.skew_seconds",
        ),
        (
            ErrorKind::InvalidAudience,
            "the token is for another app (aud): identity.audiences does not list its audience",
        ),
        (
            ErrorKind::InvalidIssuer,
            "the token's issuer (iss) is not that of its directory (tid)",
        ),
        (
            ErrorKind::InvalidSignature,
            "the token's signature is not of the key that it names (kid)",
        ),
    ];
    let text = known.iter().find(|(known, _)| known == kind);
    match (text, kind) {
        (Some((_, text)), _) => (*text).to_owned(),
        (None, ErrorKind::MissingRequiredClaim(claim)) => format!("the token has no {claim}"),
        (None, _) => "the token cannot be read: send an Entra access token as it was issued".into(),
    }
}
