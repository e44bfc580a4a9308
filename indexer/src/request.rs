//! What to sync, and how deep.

use std::collections::BTreeSet;

use domain::ObjectName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a run is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    pub scope: Scope,
    pub depth: Depth,
    /// Whether to give up where the budget of API calls is used, instead of waiting.
    pub impatient: bool,
}

/// Which documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scope {
    #[default]
    All,
    /// Documents of these objects, with all their parts.
    Objects(BTreeSet<ObjectName>),
    /// Share tables and teams alone, and the documents whose readers they change.
    Sharing,
}

/// How much of an object is read that was read before.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schema(as = SyncDepth)]
pub enum Depth {
    /// What was changed or deleted since the last run: mostly one call an object.
    #[default]
    Changes,
    /// Also ids, stamps and short values of all rows, which finds what leaves no trace: deletions
    /// for good, lost access, values that Salesforce calculates.
    Reconcile,
    /// Every row with all its fields.
    Full,
}

impl Scope {
    pub(crate) fn has(&self, object: &ObjectName) -> bool {
        match self {
            Self::All | Self::Sharing => true,
            Self::Objects(objects) => objects.contains(object),
        }
    }
}
