//! `org.json`: what an org is called, and the sharing settings that are not records.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The content of `org.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrgSettings {
    /// 18 characters, prefix `00D`.
    pub org_id: String,
    pub name: String,
    pub my_domain: String,
    /// Without the `v`: `66.0`.
    #[serde(default = "default_api_version")]
    pub api_version: String,
    /// Organisation-wide defaults: object name, or `Activity` for Task and Event, to `None`, `Read`,
    /// `Edit`, `ReadEditTransfer` or `ControlledByParent`.
    #[serde(default)]
    pub default_access: BTreeMap<String, String>,
    #[serde(default)]
    pub data_category_groups: Vec<DataCategoryGroup>,
    #[serde(default)]
    pub category_visibility: Vec<CategoryVisibility>,
}

fn default_api_version() -> String {
    "66.0".to_owned()
}

#[derive(Clone, Debug, Deserialize)]
pub struct DataCategoryGroup {
    pub name: String,
    pub label: Option<String>,
    #[serde(default)]
    pub categories: Vec<DataCategory>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct DataCategory {
    pub name: String,
    pub label: Option<String>,
    #[serde(default)]
    pub children: Vec<DataCategory>,
}

/// What the holders of one role, permission set or profile see of one category group.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CategoryVisibility {
    pub role: Option<String>,
    pub permission_set: Option<String>,
    pub profile: Option<String>,
    /// Name of the category group.
    pub group: String,
    pub visibility: GroupVisibility,
    /// The visible categories when `visibility` is `Custom`.
    #[serde(default)]
    pub categories: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum GroupVisibility {
    All,
    None,
    Custom,
}
