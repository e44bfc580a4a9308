//! API keys: made once, known here only by their hash.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
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

/// When a key ends: RFC 3339, or a date, which stands for its first moment in UTC.
///
/// # Errors
/// What is wrong with the text, to be put behind the name of the setting.
pub fn expiry(text: &str) -> Result<DateTime<Utc>, String> {
    let text = text.trim();
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Ok(date.and_time(NaiveTime::MIN).and_utc());
    }
    let time = DateTime::parse_from_rfc3339(text);
    time.map(DateTime::<Utc>::from)
        .map_err(|_| format!("is '{text}' and must be like 2027-01-31 or 2027-01-31T18:00:00Z"))
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

    /// What is known of a key, also of one that has expired. Hashes are compared, so the time that
    /// this takes says nothing about the key.
    pub fn find(&self, key: &str) -> Option<&ApiKey> {
        self.by_hash.get(&hash(key))
    }

    pub fn is_operator(&self, token: &str) -> bool {
        hash(token) == self.operator
    }
}

impl ApiKey {
    pub fn is_expired(&self, now: DateTime<Utc>) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Bound;

    fn stored(key: &str, expires: Option<&str>) -> ApiKey {
        ApiKey {
            name: "copilot".into(),
            bound: Bound::User("ada@example.com".into()),
            sha256: hash(key).to_uppercase(),
            expires: expires.map(|text| expiry(text).unwrap()),
        }
    }

    #[test]
    fn a_key_is_known_by_its_hash_alone() {
        let key = generate("precis_");
        let keys = Keys::new(&[stored(&key, None)], &SecretString::from("operator"));
        let bound = keys.find(&key).map(|k| k.bound.clone());
        assert_eq!(bound, Some(Bound::User("ada@example.com".into())));
        assert!(keys.find("precis_other").is_none());
        assert!(keys.find(&hash(&key)).is_none());
        assert!(keys.is_operator("operator") && !keys.is_operator(&key));
        assert_ne!(generate("p"), generate("p"));
    }

    #[test]
    fn a_key_ends_at_the_moment_that_it_names() {
        let at = |text: &str| expiry(text).unwrap();
        let key = stored("key", Some("2027-01-31"));
        assert!(!key.is_expired(at("2027-01-30T23:59:59Z")));
        assert!(key.is_expired(at("2027-01-31T00:00:00Z")));
        assert!(!stored("key", None).is_expired(at("2999-01-01")));
        assert_eq!(at("2027-01-31T02:00:00+02:00"), at("2027-01-31"));
        for bad in ["", "tomorrow", "2027-13-01", "2027-01-31 18:00"] {
            assert!(expiry(bad).unwrap_err().contains("must be like"), "{bad}");
        }
    }
}
