//! `[access]`: how it is decided who may see what.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::RecordId;
use salesforce::DataCategoryGroup;
use serde::Deserialize;

use super::reading::Reading;

/// How record access is decided, and for how long it is remembered.
#[derive(Debug, Clone)]
pub struct AccessConfig {
    pub permissions: Duration,
    pub records: Duration,
    /// How old the roles and groups may be by which searches are narrowed.
    pub sharing: Duration,
    pub confirm: Confirm,
    /// Whether searches are narrowed by sharing as of the last sync.
    pub prefilter: bool,
    /// Whether records of objects that are open to a viewer as a whole are shown without asking about
    /// each.
    pub open_objects: bool,
    pub articles: ArticleRules,
}

/// Who has the last word on a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirm {
    /// `UserRecordAccess`, asked as the user that precis signs in as.
    UserRecordAccess,
    /// A query in the viewer's own session.
    AsViewer,
    /// Sharing as of the last sync.
    Principals,
}

/// What decides about articles beside the permission for their object.
#[derive(Debug, Clone, Default)]
pub struct ArticleRules {
    /// Empty: any.
    pub validation_status: Vec<String>,
    pub category_visibility: Vec<CategoryVisibility>,
    /// Empty: as Salesforce shows them to precis.
    pub data_category_groups: Vec<DataCategoryGroup>,
}

impl ArticleRules {
    /// The validation statuses that are shown; none if all are.
    pub fn shown_statuses(&self) -> Option<BTreeSet<String>> {
        let statuses = &self.validation_status;
        (!statuses.is_empty()).then(|| statuses.iter().cloned().collect())
    }
}

/// What a role, a permission set, a profile, or everybody sees of a category group.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryVisibility {
    #[serde(default)]
    pub role: Option<RecordId>,
    #[serde(default)]
    pub profile: Option<RecordId>,
    #[serde(default, alias = "permissionSet")]
    pub permission_set: Option<RecordId>,
    pub group: String,
    pub visibility: Visibility,
    /// With `Custom`: these, and what is above and below them.
    #[serde(default)]
    pub categories: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Visibility {
    All,
    None,
    Custom,
}

#[derive(Deserialize)]
pub struct RawAccess {
    pub permission_seconds: u64,
    pub record_seconds: u64,
    pub sharing_seconds: u64,
    pub confirm: String,
    pub prefilter: bool,
    pub open_objects: bool,
    #[serde(default)]
    pub validation_status: Vec<String>,
    #[serde(default, alias = "categoryVisibility")]
    pub category_visibility: Vec<CategoryVisibility>,
    #[serde(default, alias = "dataCategoryGroups")]
    pub data_category_groups: Vec<DataCategoryGroup>,
}

impl Reading {
    pub(super) fn access(&mut self, raw: RawAccess, signs_in_as_users: bool) -> AccessConfig {
        let known = ["user_record_access", "as_viewer", "principals"];
        let confirm = match self.choice("access.confirm", &raw.confirm, &known) {
            Some("as_viewer") => Confirm::AsViewer,
            Some("principals") => Confirm::Principals,
            Some(_) | None => Confirm::UserRecordAccess,
        };
        if confirm == Confirm::AsViewer && !signs_in_as_users {
            let problem = "as_viewer needs salesforce.auth = \"jwt_bearer\"";
            self.problem::<()>("access.confirm", problem);
        }
        if confirm == Confirm::Principals && !raw.prefilter {
            let problem = "must be true where access.confirm is \"principals\"";
            self.problem::<()>("access.prefilter", problem);
        }
        for rule in &raw.category_visibility {
            let holders = [rule.role, rule.profile, rule.permission_set];
            if holders.iter().flatten().count() > 1 {
                let problem = "an entry names one of role, profile and permission_set, or none";
                self.problem::<()>("access.category_visibility", problem);
            }
        }
        AccessConfig {
            permissions: Duration::from_secs(raw.permission_seconds),
            records: Duration::from_secs(raw.record_seconds),
            sharing: Duration::from_secs(raw.sharing_seconds),
            confirm,
            prefilter: raw.prefilter,
            open_objects: raw.open_objects,
            articles: ArticleRules {
                validation_status: raw.validation_status,
                category_visibility: raw.category_visibility,
                data_category_groups: raw.data_category_groups,
            },
        }
    }
}
