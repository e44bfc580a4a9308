//! Cursors: where the next page begins, in the hands of the caller.
//!
//! A cursor carries all that is needed to go on, so any node can. It says what was shown and not how
//! much, so nothing is repeated or skipped when documents come, change or go between two pages.
//!
//! It is sealed: where a page ended may be a record that the caller may not know of.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use domain::{RecordId, Viewer};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::Place;

use super::Error;

/// Documents of one ranking that can be paged through.
pub const MOST_SHOWN: usize = 1_000;

const VERSION: u8 = 2;
const SHOWN: u8 = b's';
const AFTER: u8 = b'a';
/// The version, the kind and the fingerprint.
const HEAD: usize = 10;

/// What the pages before have shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// In a ranking: the marks of all documents so far.
    Shown(Vec<u64>),
    /// In a list by date: all up to this place.
    After(Place),
}

/// What a cursor belongs to: the search whose next page it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 8]);

impl Fingerprint {
    /// Of everything that decides what is found and in which order.
    pub fn new(viewer: &Viewer, search: &impl Serialize) -> Self {
        let search = serde_json::to_string(search).unwrap_or_default();
        Self(hashed(&format!("{:?} {search}", viewer.subject())))
    }
}

/// Seals cursors, so that they tell nothing to those who carry them. Clones share the key.
#[derive(Clone)]
pub struct Seal {
    key: Arc<LessSafeKey>,
}

impl Seal {
    /// From a secret that all nodes of one installation have, so that any of them can go on.
    ///
    /// # Errors
    /// Only if the key were of the wrong length.
    pub fn new(secret: &SecretString) -> Result<Self, ring::error::Unspecified> {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        let derived = hmac::sign(&secret, b"precis cursors");
        let key = UnboundKey::new(&AES_256_GCM, derived.as_ref())?;
        Ok(Self {
            key: Arc::new(LessSafeKey::new(key)),
        })
    }

    /// The bytes behind a nonce of their own. None if the system has no randomness to give.
    fn seal(&self, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).ok()?;
        let own = Nonce::assume_unique_for_key(nonce);
        self.key
            .seal_in_place_append_tag(own, Aad::empty(), &mut bytes)
            .ok()?;
        Some(nonce.into_iter().chain(bytes).collect())
    }

    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, bytes) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let mut bytes = bytes.to_vec();
        let opened = self
            .key
            .open_in_place(nonce, Aad::empty(), &mut bytes)
            .ok()?;
        Some(opened.to_vec())
    }
}

/// By what a document is known to have been shown.
pub fn mark(document: RecordId) -> u64 {
    u64::from_be_bytes(hashed(document.as_str()))
}

/// The same on every node and in every version.
fn hashed(text: &str) -> [u8; 8] {
    let mut first = [0; 8];
    first.copy_from_slice(&Sha256::digest(text)[..8]);
    first
}

/// None if the cursor cannot be sealed: then the list ends.
pub fn encode(seal: &Seal, fingerprint: Fingerprint, position: &Position) -> Option<String> {
    let mut bytes = vec![VERSION];
    match position {
        Position::Shown(marks) => {
            bytes.push(SHOWN);
            bytes.extend(fingerprint.0);
            bytes.extend(marks.iter().flat_map(|mark| mark.to_be_bytes()));
        }
        Position::After(place) => {
            bytes.push(AFTER);
            bytes.extend(fingerprint.0);
            bytes.extend(place.updated_at.timestamp_millis().to_be_bytes());
            bytes.extend(place.document.as_str().bytes());
        }
    }
    Some(URL_SAFE_NO_PAD.encode(seal.seal(bytes)?))
}

/// # Errors
/// [`Error::Invalid`] for what is no cursor, and for one of another search.
pub fn decode(seal: &Seal, cursor: &str, fingerprint: Fingerprint) -> Result<Position, Error> {
    let unknown = || Error::Invalid("cursor is none that a search has returned".to_owned());
    let sealed = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| unknown())?;
    let bytes = seal.open(&sealed).ok_or_else(unknown)?;
    let (head, rest) = bytes.split_at_checked(HEAD).ok_or_else(unknown)?;
    let [VERSION, kind, owner @ ..] = head else {
        return Err(unknown());
    };
    let position = match *kind {
        SHOWN => shown(rest),
        AFTER => after(rest),
        _ => None,
    };
    let position = position.ok_or_else(unknown)?;
    if owner != fingerprint.0 {
        return Err(Error::Invalid(
            "cursor belongs to another search: send it with the query, the filters and the sort of \
             the page before, as the same user"
                .to_owned(),
        ));
    }
    Ok(position)
}

fn shown(bytes: &[u8]) -> Option<Position> {
    let (marks, rest) = bytes.as_chunks::<8>();
    let fits = rest.is_empty() && marks.len() <= MOST_SHOWN;
    fits.then(|| Position::Shown(marks.iter().map(|mark| u64::from_be_bytes(*mark)).collect()))
}

fn after(bytes: &[u8]) -> Option<Position> {
    let (time, document) = bytes.split_first_chunk::<8>()?;
    let document = std::str::from_utf8(document).ok()?;
    Some(Position::After(Place {
        updated_at: DateTime::from_timestamp_millis(i64::from_be_bytes(*time))?,
        document: RecordId::parse(document).ok()?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Subject;
    use std::collections::BTreeMap;

    fn viewer(number: u8) -> Viewer {
        let id = RecordId::parse(&format!("00500000000000{number}")).unwrap();
        let user = domain::UserId::try_from(id).unwrap();
        Viewer::new(
            Subject::User(user),
            "ada@example.com".to_owned(),
            BTreeMap::new(),
        )
    }

    #[test]
    fn cursors_round_trip_and_others_are_refused() {
        let document = RecordId::parse("500000000000001").unwrap();
        let place = Place {
            updated_at: DateTime::from_timestamp_millis(1_700_000_000_123).unwrap(),
            document,
        };
        let seal = Seal::new(&"a secret".into()).unwrap();
        let own = Fingerprint::new(&viewer(1), &"pump");
        for position in [
            Position::Shown(vec![]),
            Position::Shown(vec![mark(document), 7]),
            Position::After(place),
        ] {
            let cursor = encode(&seal, own, &position).unwrap();
            assert_eq!(decode(&seal, &cursor, own).unwrap(), position);
            let others = Seal::new(&"another".into()).unwrap();
            assert!(decode(&others, &cursor, own).is_err());
            let carried = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
            let told = String::from_utf8_lossy(&carried).contains(document.as_str());
            assert!(!told, "a cursor tells a record");
            for other in [
                Fingerprint::new(&viewer(1), &"valve"),
                Fingerprint::new(&viewer(2), &"pump"),
            ] {
                let refused = decode(&seal, &cursor, other).unwrap_err().to_string();
                assert!(refused.contains("another search"), "{refused}");
            }
        }
        let endless = Position::Shown(vec![1; MOST_SHOWN + 1]);
        for bad in [
            "",
            "!!",
            "b20",
            "bzk5OTk5OTk5OTk",
            &encode(&seal, own, &endless).unwrap(),
            &"A".repeat(500),
        ] {
            assert!(decode(&seal, bad, own).is_err(), "{bad}");
        }
    }
}
