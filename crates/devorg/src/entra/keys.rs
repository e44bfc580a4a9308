//! The keys that sign tokens. They are fixtures: whoever reads this source has them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::MintError;

/// Making an RSA key takes seconds, so each box has the same ones, and takes them in turn.
const KEYS: [&str; 3] = [
    include_str!("keys/test-only-1.pem"),
    include_str!("keys/test-only-2.pem"),
    include_str!("keys/test-only-3.pem"),
];
/// A key that no box has ever published.
const UNPUBLISHED: &str = include_str!("keys/test-only-unpublished.pem");

/// The two keys that are published at a time. The newer one signs.
pub struct Ring {
    /// Keys are numbered from 1; a number is never used again.
    newest: usize,
}

impl Default for Ring {
    fn default() -> Self {
        Self { newest: 2 }
    }
}

impl Ring {
    pub fn rotate(&mut self) {
        self.newest += 1;
    }

    /// The name of the key that signs.
    pub fn kid(&self) -> String {
        kid(self.newest)
    }

    /// The published key of this name, else the one that signs.
    pub fn signing(&self, name: Option<&str>) -> Result<EncodingKey, MintError> {
        let older = self.newest - 1;
        let number = match name {
            Some(name) if name == kid(older) => older,
            Some(_) | None => self.newest,
        };
        private(pem(number))
    }

    /// The public half of the key that signs, as it stands in the key set: modulus and exponent.
    pub fn public_text(&self) -> Result<String, MintError> {
        let (n, e) = public(pem(self.newest))?;
        Ok(STANDARD.encode(format!("{n}.{e}")))
    }

    /// The key set, with the issuer in each key where the version of the endpoint has it.
    pub fn published(&self, issuer: Option<&str>) -> Vec<Value> {
        let numbers = [self.newest - 1, self.newest];
        let entries = numbers.into_iter().filter_map(|number| {
            let (n, e) = public(pem(number)).ok()?;
            let kid = kid(number);
            let mut entry =
                json!({"kty": "RSA", "use": "sig", "kid": kid, "x5t": kid, "n": n, "e": e});
            if let Some(issuer) = issuer {
                entry["issuer"] = json!(issuer);
            }
            Some(entry)
        });
        entries.collect()
    }
}

/// A key that is in no key set.
pub fn unpublished() -> Result<EncodingKey, MintError> {
    private(UNPUBLISHED)
}

fn kid(number: usize) -> String {
    format!("test-only-{number}")
}

fn pem(number: usize) -> &'static str {
    KEYS[number % KEYS.len()]
}

fn private(pem: &str) -> Result<EncodingKey, MintError> {
    Ok(EncodingKey::from_rsa_pem(pem.as_bytes())?)
}

/// Modulus and exponent in base64url.
fn public(pem: &str) -> Result<(String, String), MintError> {
    let jwk = Jwk::from_encoding_key(&private(pem)?, Algorithm::RS256)?;
    let AlgorithmParameters::RSA(rsa) = jwk.algorithm else {
        return Err(MintError::NotRsa);
    };
    Ok((rsa.n, rsa.e))
}
