//! What a search is narrowed to.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{ObjectName, RecordId};

/// Conditions on the document of a passage. All must hold; within a list, any may.
///
/// A condition on a field that the viewer may not read never holds: filtering by a hidden status
/// would tell it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// Objects of documents: a comment is found within its `Case`. Empty: all.
    pub objects: Vec<ObjectName>,
    /// Documents that hang on this account (`AccountId`), and the account itself.
    pub account: Option<RecordId>,
    /// `OwnerId` of the document: a user or a queue.
    pub owner: Option<RecordId>,
    /// Letter for letter, except for case. Empty: all.
    pub status: Vec<String>,
    /// As Salesforce writes it: `en_US`. Empty: all.
    pub language: Vec<String>,
    /// The document's `updated_at` is at or after this.
    pub from: Option<DateTime<Utc>>,
    /// The document's `updated_at` is before or at this.
    pub to: Option<DateTime<Utc>>,
    /// Facet name → wanted values. An empty list of values asks for nothing.
    pub facets: BTreeMap<String, Vec<String>>,
    /// Only these documents. `Some` of an empty list finds nothing.
    pub documents: Option<Vec<RecordId>>,
}
