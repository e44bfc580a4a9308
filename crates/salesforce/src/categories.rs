//! Data categories: the trees by which an org sorts its articles.

use serde::{Deserialize, Deserializer};

/// A group of data categories, as `/support/dataCategoryGroups` has it: what its user may see of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DataCategoryGroup {
    pub name: String,
    /// The top categories.
    #[serde(default, alias = "topCategories")]
    pub categories: Vec<DataCategory>,
}

/// A category with those below it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DataCategory {
    pub name: String,
    /// Salesforce writes `null` where it has not been asked for them.
    #[serde(default, alias = "childCategories", deserialize_with = "none_is_empty")]
    pub children: Vec<DataCategory>,
}

impl DataCategory {
    /// The names of this category and of all below it.
    pub fn names(&self) -> Vec<&str> {
        let below = self.children.iter().flat_map(Self::names);
        [self.name.as_str()].into_iter().chain(below).collect()
    }
}

fn none_is_empty<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<DataCategory>, D::Error> {
    Ok(Option::deserialize(value)?.unwrap_or_default())
}
