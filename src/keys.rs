//! API keys: made once, known here only by their hash.

use std::collections::HashMap;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::config::ApiKey;

/// The keys that this process accepts.
pub struct Keys {
    by_hash: HashMap<String, ApiKey>,
    operator: String,
}

/// A secret that no other process can guess: 244 random bits.
pub fn generate(prefix: &str) -> String {
    let (first, second) = (Uuid::new_v4(), Uuid::new_v4());
    format!("{prefix}{}{}", first.simple(), second.simple())
}

/// SHA-256 as 64 hexadecimal digits. The secrets are random, so no salt is needed.
pub fn hash(secret: &str) -> String {
    let digest = Sha256::digest(secret.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Keys {
    /// The keys of the config, and the operator's token of this process.
    pub fn new(keys: &[ApiKey], operator_token: &SecretString) -> Self {
        let by_hash = |key: &ApiKey| (key.sha256.to_ascii_lowercase(), key.clone());
        Self {
            by_hash: keys.iter().map(by_hash).collect(),
            operator: hash(operator_token.expose_secret()),
        }
    }

    /// What is known of a key. Hashes are compared, so the time that this takes says nothing about
    /// the key.
    pub fn find(&self, key: &str) -> Option<&ApiKey> {
        self.by_hash.get(&hash(key))
    }

    pub fn is_operator(&self, token: &str) -> bool {
        hash(token) == self.operator
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_hash_alone() {
        let key = generate("precis_");
        let stored = ApiKey {
            name: "copilot".into(),
            user: "ada@example.com".into(),
            sha256: hash(&key).to_uppercase(),
        };
        let keys = Keys::new(&[stored], &SecretString::from("operator"));
        assert_eq!(
            keys.find(&key).map(|k| k.user.as_str()),
            Some("ada@example.com")
        );
        assert!(keys.find("precis_other").is_none());
        assert!(keys.find(&hash(&key)).is_none());
        assert!(keys.is_operator("operator") && !keys.is_operator(&key));
        assert_ne!(generate("p"), generate("p"));
    }
}
