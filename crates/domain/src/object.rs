//! Names of Salesforce objects and fields.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::parsed::Parsed;

/// Why a text is not an API name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no API name: it must start with a letter and have only letters, digits and underscores"
)]
pub struct InvalidName(String);

macro_rules! api_name {
    ($(#[doc = $doc:literal])* $name:ident, $example:literal) => {
        $(#[doc = $doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses an API name, as it stands in `describe`. Case is kept and counts.
            pub fn parse(text: &str) -> Result<Self, InvalidName> {
                let well_formed = text.len() <= 255
                    && text.starts_with(|first: char| first.is_ascii_alphabetic())
                    && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                if well_formed {
                    Ok(Self(Arc::from(text)))
                } else {
                    Err(InvalidName(text.chars().take(80).collect()))
                }
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Whether an admin made it (`…__c`).
            pub fn is_custom(&self) -> bool {
                self.0.ends_with("__c")
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, InvalidName> {
                Self::parse(&text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Parsed::new("an API name", Self::parse))
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let schema = ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some(concat!($($doc),*).trim()))
                    .pattern(Some("^[a-zA-Z][a-zA-Z0-9_]*$"))
                    .max_length(Some(255))
                    .examples([$example]);
                schema.into()
            }
        }

        impl ToSchema for $name {}

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0.to_string()
            }
        }
    };
}

api_name! {
    /// The API name of an object: `Case`, `Knowledge__kav`, `Installation__c`.
    ObjectName, "Case"
}

api_name! {
    /// The API name of a field: `Subject`, `Firmware_Version__c`.
    FieldName, "Description"
}

impl ObjectName {
    /// Whether its records are versions of articles: `Knowledge__kav`, or whatever the org calls them.
    pub fn is_article(&self) -> bool {
        self.0.ends_with("__kav")
    }
}

/// `Object.Field`: the field that a text was read from, the unit of field-level security.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SourceKey(String);

impl SourceKey {
    pub fn new(object: &ObjectName, field: &FieldName) -> Self {
        Self(format!("{object}.{field}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_at_the_edge() {
        assert!(ObjectName::parse("Knowledge__kav").is_ok());
        assert!(ObjectName::parse("Sale__c").is_ok_and(|name| name.is_custom()));
        for bad in ["", "1Case", "Case; DROP", "Case'", "Fäll"] {
            assert!(FieldName::parse(bad).is_err(), "{bad}");
        }
    }
}
