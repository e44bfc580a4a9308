//! `filters` of a request, as programs write them; `syntax` reads the same from people's text.

#![expect(
    unused_qualifications,
    reason = "the derived descriptions of the interface name types in full"
)]

mod resolve;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use domain::Viewer;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, OneOfBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::{Engine, Error};
use resolve::Resolver;

/// Conditions on documents. All must hold; of a list any may. Any other key is refused.
///
/// A condition on a field that the viewer may not read never holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default, expecting = "an object of filters")]
#[schema(as = Filters, no_recursion)]
pub struct FilterBody {
    /// Document objects, with or without `__c` and `__kav`: a comment is found within its `Case`.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub object: Values,
    /// Ids or exact names: the account's own document and what hangs on it.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub account: Values,
    /// Ids or exact names: the contact's own document and what hangs on it.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub contact: Values,
    /// `me`, ids, usernames, email addresses, names of users or queues.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub owner: Values,
    /// Ids, names or codes of products.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub product: Values,
    /// `Status`, `StageName`; `open` is also every one that Salesforce does not count as closed.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub status: Values,
    /// As Salesforce writes it: `en_US`.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub language: Values,
    /// Developer names or labels of record types.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub record_type: Values,
    /// Whether Salesforce counts the record as closed (`IsClosed`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_closed: Option<bool>,
    /// Changed at or after: RFC 3339, or a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Changed before or at: RFC 3339, or a date (then that day is included).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The same for the creation of the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_to: Option<String>,
    /// Facets of the object profiles: name → values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub facets: BTreeMap<String, Values>,
    /// What must not hold: values by the same names, without dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not: Option<Box<FilterBody>>,
}

/// `"Case"` or `["Case", "Task"]`; null is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Values(Vec<String>);

impl FilterBody {
    /// The names by which people filter in their text, beside those of facets.
    pub const NAMES: [&str; 13] = [
        "account",
        "contact",
        "created_from",
        "created_to",
        "from",
        "is_closed",
        "language",
        "object",
        "owner",
        "product",
        "record_type",
        "status",
        "to",
    ];

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The store's filters.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the field behind `prefix` (`filters.`) and what it accepts.
    pub async fn resolve(
        &self,
        engine: &Engine,
        viewer: &Viewer,
        prefix: &str,
    ) -> Result<store::Filters, Error> {
        let resolver = Resolver {
            engine,
            viewer,
            prefix,
        };
        resolver.filters(self).await
    }

    /// The values of a field that may have several; none for dates and the like.
    pub fn values_mut(&mut self, name: &str) -> Option<&mut Values> {
        match name {
            "account" => Some(&mut self.account),
            "contact" => Some(&mut self.contact),
            "language" => Some(&mut self.language),
            "object" => Some(&mut self.object),
            "owner" => Some(&mut self.owner),
            "product" => Some(&mut self.product),
            "record_type" => Some(&mut self.record_type),
            "status" => Some(&mut self.status),
            _ => None,
        }
    }

    /// A date by its name.
    pub fn date_mut(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "from" => Some(&mut self.from),
            "to" => Some(&mut self.to),
            "created_from" => Some(&mut self.created_from),
            "created_to" => Some(&mut self.created_to),
            _ => None,
        }
    }

    /// Every list of values with its name.
    fn lists(&self) -> impl Iterator<Item = (&str, &Values)> {
        let fixed = [
            ("object", &self.object),
            ("account", &self.account),
            ("contact", &self.contact),
            ("owner", &self.owner),
            ("product", &self.product),
            ("status", &self.status),
            ("language", &self.language),
            ("record_type", &self.record_type),
        ];
        let facets = self.facets.iter();
        fixed
            .into_iter()
            .chain(facets.map(|(name, values)| (name.as_str(), values)))
    }
}

impl PartialSchema for Values {
    fn schema() -> RefOr<Schema> {
        let value = || ObjectBuilder::new().schema_type(Type::String);
        let schema = OneOfBuilder::new()
            .description(Some(
                "One value or a list of values, of which any may hold.",
            ))
            .item(value())
            .item(ArrayBuilder::new().items(value()).max_items(Some(200)))
            .item(ObjectBuilder::new().schema_type(Type::Null));
        schema.into()
    }
}

impl ToSchema for Values {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("FilterValues")
    }
}

impl Values {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn push(&mut self, value: String) {
        self.0.push(value);
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    fn to_vec(&self) -> Vec<String> {
        self.0.clone()
    }
}

impl FromIterator<String> for Values {
    fn from_iter<I: IntoIterator<Item = String>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(OneOrMany)
    }
}

struct OneOrMany;

impl<'de> Visitor<'de> for OneOrMany {
    type Value = Values;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of texts")
    }

    fn visit_str<E>(self, value: &str) -> Result<Values, E> {
        Ok(Values(vec![value.to_owned()]))
    }

    fn visit_unit<E>(self) -> Result<Values, E> {
        Ok(Values::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Values, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Values(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<FilterBody, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn one_value_is_a_list_of_one_and_null_is_none() {
        let one = read(r#"{"object": "Case", "status": null}"#).unwrap();
        assert_eq!(one, read(r#"{"object": ["Case"]}"#).unwrap());
        assert!(read("{}").unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_named_with_what_there_is() {
        let unknown = read(r#"{"colour": "red"}"#).unwrap_err();
        assert!(unknown.contains("`colour`") && unknown.contains("`record_type`"));
        assert!(
            read(r#"{"status": 3}"#)
                .unwrap_err()
                .contains("a list of texts")
        );
        let nested = format!("{}{{}}{}", r#"{"not":"#.repeat(500), "}".repeat(500));
        assert!(read(&nested).unwrap_err().contains("recursion"));
    }
}
