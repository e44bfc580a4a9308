//! Salesforce record ids.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::parsed::Parsed;

/// The id of one Salesforce record, always in its 18-character, case-safe form.
///
/// A 15-character id is widened when it is parsed; the checksum of an 18-character one is verified.
/// The checksum is Salesforce's own: each of the three suffix characters encodes which of five
/// characters are upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId([u8; 18]);

/// The id of a Salesforce `User` (key prefix `005`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "RecordId", into = "RecordId")]
pub struct UserId(RecordId);

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    #[error("a Salesforce id has 15 or 18 characters, this has {0}")]
    Length(usize),
    #[error("a Salesforce id has only letters and digits")]
    Character,
    #[error("the last three characters of the id do not fit its first fifteen")]
    Checksum,
    #[error("a user's id starts with 005")]
    NotAUser,
}

impl RecordId {
    /// Parses 15 or 18 characters.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let bytes = text.as_bytes();
        if bytes.len() != 15 && bytes.len() != 18 {
            return Err(InvalidId::Length(text.chars().count()));
        }
        if !bytes.iter().all(u8::is_ascii_alphanumeric) {
            return Err(InvalidId::Character);
        }
        let mut id = [0; 18];
        id[..15].copy_from_slice(&bytes[..15]);
        id[15..].copy_from_slice(&checksum(&bytes[..15]));
        if bytes.len() == 18 && bytes != id {
            return Err(InvalidId::Checksum);
        }
        Ok(Self(id))
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        // Only ASCII letters and digits ever get in, so the fallback is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The first three characters, which name the object within an org.
    pub fn key_prefix(&self) -> &str {
        &self.as_str()[..3]
    }
}

fn checksum(first_fifteen: &[u8]) -> [u8; 3] {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    let mut suffix = [0; 3];
    for (group, out) in first_fifteen.chunks(5).zip(&mut suffix) {
        let bits = group
            .iter()
            .enumerate()
            .filter(|(_, byte)| byte.is_ascii_uppercase())
            .fold(0usize, |bits, (position, _)| bits | 1 << position);
        *out = ALPHABET[bits];
    }
    suffix
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RecordId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::parse(text)
    }
}

impl TryFrom<String> for RecordId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::parse(&text)
    }
}

impl Serialize for RecordId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Without a copy of the text: a list of hits reads hundreds.
impl<'de> Deserialize<'de> for RecordId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parsed::new("a Salesforce id", Self::parse))
    }
}

impl PartialSchema for RecordId {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "The id of one Salesforce record, in its 18-character, case-safe form.",
            ))
            .pattern(Some("^[a-zA-Z0-9]{18}$"))
            .examples(["500EzAAAAAAAAABI55"]);
        schema.into()
    }
}

impl ToSchema for RecordId {}

impl From<RecordId> for String {
    fn from(id: RecordId) -> String {
        id.as_str().to_owned()
    }
}

impl UserId {
    /// The user's record id.
    pub fn record_id(&self) -> RecordId {
        self.0
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<RecordId> for UserId {
    type Error = InvalidId;

    fn try_from(id: RecordId) -> Result<Self, InvalidId> {
        if id.key_prefix() == "005" {
            Ok(Self(id))
        } else {
            Err(InvalidId::NotAUser)
        }
    }
}

impl From<UserId> for RecordId {
    fn from(id: UserId) -> RecordId {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fifteen_characters_are_widened() {
        let id = RecordId::parse("500EzAAAAAAAAAB").unwrap();
        assert_eq!(id.as_str(), "500EzAAAAAAAAABI55");
        assert_eq!(RecordId::parse("500EzAAAAAAAAABI55"), Ok(id));
        assert_eq!(id.key_prefix(), "500");
    }

    #[test]
    fn wrong_texts_are_refused() {
        assert_eq!(
            RecordId::parse("500EzAAAAAAAAABI5A"),
            Err(InvalidId::Checksum)
        );
        assert_eq!(RecordId::parse("500"), Err(InvalidId::Length(3)));
        assert_eq!(
            RecordId::parse("500EzAAAAAAAA-B"),
            Err(InvalidId::Character)
        );
        let case = RecordId::parse("500EzAAAAAAAAAB").unwrap();
        assert_eq!(UserId::try_from(case), Err(InvalidId::NotAUser));
    }

    proptest! {
        #[test]
        fn widening_is_stable_and_case_safe(text in "[a-zA-Z0-9]{15}") {
            let id = RecordId::parse(&text).unwrap();
            prop_assert_eq!(RecordId::parse(id.as_str()).unwrap(), id);
            prop_assert_eq!(&id.as_str()[..15], text.as_str());
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = RecordId::parse(&text);
        }
    }
}
