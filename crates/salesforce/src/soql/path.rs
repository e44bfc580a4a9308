//! Paths of fields.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use domain::FieldName;

/// A field of the queried object (`Subject`) or of a parent of it (`Account.Owner.Name`, up to five
/// levels). Only well-formed API names get in.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath(Cow<'static, str>);

/// Why a text is not a path of fields.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no field path: write API names joined by dots, as Account.Owner.Name")]
pub struct InvalidPath(String);

/// The field itself and five parents.
const MOST_NAMES: usize = 6;

impl FieldPath {
    pub const ID: Self = Self::fixed("Id");
    pub const SYSTEM_MODSTAMP: Self = Self::fixed("SystemModstamp");

    /// Parses API names joined by dots.
    pub fn parse(text: &str) -> Result<Self, InvalidPath> {
        if is_path(text) {
            Ok(Self(Cow::Owned(text.to_owned())))
        } else {
            Err(InvalidPath(text.chars().take(80).collect()))
        }
    }

    /// A path that is written in source code. Use it in a `const`, and a mistake is found by the
    /// compiler.
    ///
    /// # Panics
    /// When the text is no path.
    pub const fn fixed(path: &'static str) -> Self {
        assert!(is_path(path), "not a path of API names");
        Self(Cow::Borrowed(path))
    }

    /// The field `field` of the parent that this path leads to (`Account` and `Name` make
    /// `Account.Name`).
    pub fn of_parent(relationship: &FieldName, field: &FieldName) -> Self {
        Self(Cow::Owned(format!("{relationship}.{field}")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn is_path(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() > 255 * MOST_NAMES {
        return false;
    }
    let mut names = 1;
    let mut at_start = true;
    let mut position = 0;
    while position < bytes.len() {
        let byte = bytes[position];
        if at_start {
            if !byte.is_ascii_alphabetic() {
                return false;
            }
            at_start = false;
        } else if byte == b'.' {
            names += 1;
            at_start = true;
        } else if !byte.is_ascii_alphanumeric() && byte != b'_' {
            return false;
        }
        position += 1;
    }
    !at_start && names <= MOST_NAMES
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for FieldPath {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Self, InvalidPath> {
        Self::parse(text)
    }
}

impl From<FieldName> for FieldPath {
    fn from(name: FieldName) -> Self {
        Self(Cow::Owned(name.into()))
    }
}

impl From<&FieldName> for FieldPath {
    fn from(name: &FieldName) -> Self {
        Self(Cow::Owned(name.as_str().to_owned()))
    }
}

impl From<&FieldPath> for FieldPath {
    fn from(path: &FieldPath) -> Self {
        path.clone()
    }
}
