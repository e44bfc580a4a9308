//! By what a document may be read, as far as the index knows: a filter that makes a search find what
//! its viewer can read. It never decides alone that somebody may read something, unless the
//! configuration says so: Salesforce confirms.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{ObjectName, RecordId};

/// One reason for which a document's root record can be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// Other objects whose records stand between the document and the reason, and which the viewer
    /// must therefore be allowed to read: a contact that follows its account has `[Account]`, a task
    /// about that contact `[Account, Contact]`, an account that is read because of one of its cases
    /// `[Case]`. Sorted, each once; the document's own object is not among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<ObjectName>,
    pub to: Grantee,
}

/// Whom a grant is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grantee {
    /// Whoever reads all records of this object, by its default or by *View All*.
    All(ObjectName),
    /// The user, the members of the group or queue, or the territory's people; and the roles above.
    Reach(RecordId),
    /// This user alone, without the roles above: the owner of a private event or opportunity.
    Only(RecordId),
}

/// What decides, beside its object, who may read an article version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArticleVisibility {
    pub channels: BTreeSet<Channel>,
    /// `DataCategoryGroupName` → `DataCategoryName`s that the version is in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub categories: BTreeMap<String, BTreeSet<String>>,
    /// `ValidationStatus`, where the org has it switched on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_status: Option<String>,
}

/// Where an article is shown, by its `IsVisibleIn…` fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// `IsVisibleInApp`: the company's own people.
    App,
    /// `IsVisibleInCsp`: customers.
    Csp,
    /// `IsVisibleInPrm`: partners.
    Prm,
    /// `IsVisibleInPkb`: everybody.
    Pkb,
}
