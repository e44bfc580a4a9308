//! What a search is narrowed to.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{ObjectName, RecordId};

/// Conditions on the document of a passage. All must hold; within a list, any may; an empty list
/// asks for nothing. Values are compared letter for letter, except for case.
///
/// A condition on a field that the viewer may not read never holds: filtering by a hidden status
/// would tell it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// Objects of documents: a comment is found within its `Case`.
    pub objects: Vec<ObjectName>,
    /// Documents that hang on such an account (`AccountId`), and the account itself.
    pub accounts: Vec<RecordId>,
    /// Documents that hang on such a contact (`ContactId`), and the contact itself.
    pub contacts: Vec<RecordId>,
    /// `OwnerId` of the document: users and queues.
    pub owners: Vec<RecordId>,
    /// `open` stands for every status that Salesforce does not count as closed, too.
    pub status: Vec<String>,
    /// As Salesforce writes it: `en_US`.
    pub language: Vec<String>,
    /// Facet name → wanted values, or their labels.
    pub facets: BTreeMap<String, Vec<String>>,
    /// The document's `updated_at` is at or after this.
    pub from: Option<DateTime<Utc>>,
    /// The document's `updated_at` is before or at this.
    pub to: Option<DateTime<Utc>>,
    /// The same of its `created_at`; a document without one is outside.
    pub created_from: Option<DateTime<Utc>>,
    pub created_to: Option<DateTime<Utc>>,
    /// Only these documents. `Some` of an empty list finds nothing.
    pub documents: Option<Vec<RecordId>>,
    /// Whether only what the viewer is expected to be able to read counts.
    pub reach: Reached,
    /// None of these may hold.
    pub not: Exclusions,
    /// These must hold as well.
    pub also: Option<Box<Filters>>,
}

/// How far the org's sharing, as of the last sync, narrows a search. Whatever it says, Salesforce is
/// asked before anything is shown: this is what makes a search find what its viewer may read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reached {
    /// Not at all.
    #[default]
    Anything,
    /// To what is shared with the viewer, and to objects whose sharing is not known.
    Likely,
    /// To what is certainly shared with the viewer.
    Granted,
}

/// Values that a document must not have, by the names of [`Filters`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exclusions {
    pub objects: Vec<ObjectName>,
    pub accounts: Vec<RecordId>,
    pub contacts: Vec<RecordId>,
    pub owners: Vec<RecordId>,
    pub status: Vec<String>,
    pub language: Vec<String>,
    pub facets: BTreeMap<String, Vec<String>>,
}

impl Filters {
    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let also = match self.also.clone() {
            Some(also) => also.and(other),
            None => other,
        };
        Self {
            also: Some(Box::new(also)),
            ..self
        }
    }

    /// These filters and those that must hold as well.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |part| part.also.as_deref())
    }
}
