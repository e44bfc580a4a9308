//! One user's view of the org.

use std::sync::Arc;

use super::{
    ObjectRights, Sharing,
    access::Walker,
    rules::{ObjectRule, PermissionRule, RecordRule},
    standing::Standing,
};
use crate::{
    org::{DataCategoryGroup, FieldType, ObjectDescribe, Org, Row, id::IdKey},
    soql::{AccessLevel, RecordAccess, Visibility},
};

/// Fields that no permission set can hide, besides the system fields: `object.field`.
const NEVER_HIDDEN: [&str; 13] = [
    "Account.Name",
    "Case.CaseNumber",
    "Contact.LastName",
    "Knowledge__kav.ArticleNumber",
    "Knowledge__kav.Title",
    "Knowledge__kav.UrlName",
    "KnowledgeArticle.ArticleNumber",
    "Lead.Company",
    "Lead.LastName",
    "Opportunity.CloseDate",
    "Opportunity.Name",
    "Opportunity.StageName",
    "Contract.ContractNumber",
];

const SYSTEM_FIELDS: [&str; 7] = [
    "Id",
    "IsDeleted",
    "CreatedDate",
    "CreatedById",
    "LastModifiedDate",
    "LastModifiedById",
    "SystemModstamp",
];

/// What one user may see and do, for as long as a request borrows the org.
///
/// Answers about records that served as parents are kept for its lifetime.
pub struct UserVisibility<'a> {
    sharing: &'a Sharing,
    org: &'a Org,
    standing: Arc<Standing>,
    walker: Walker<'a>,
}

impl<'a> UserVisibility<'a> {
    pub(super) fn new(sharing: &'a Sharing, org: &'a Org, standing: Arc<Standing>) -> Self {
        Self {
            walker: Walker::new(sharing, org, Arc::clone(&standing)),
            sharing,
            org,
            standing,
        }
    }

    /// Is the user known and active? Others see nothing at all.
    pub fn is_active(&self) -> bool {
        self.standing.active()
    }

    /// Does the user read every record of every object?
    pub fn has_view_all_data(&self) -> bool {
        self.standing.granted.view_all_data
    }

    /// What permission sets let the user do with an object. Sharing narrows it for each record.
    pub fn rights(&self, object: &str) -> ObjectRights {
        self.rule(object)
            .map_or_else(ObjectRights::default, |rule| {
                self.standing.rights(self.sharing, rule)
            })
    }

    /// May the user write this field, as far as field-level security says? Asked with the names as the
    /// describe spells them.
    pub fn field_editable(&self, object: &str, field: &str) -> bool {
        self.field_allowed(object, field, |path| {
            self.standing.granted.edits_field(path)
        })
    }

    /// The data categories, without those that the user may not see.
    pub fn category_groups(&self) -> Vec<DataCategoryGroup> {
        let groups = &self.org.settings().data_category_groups;
        if !self.is_active() {
            return Vec::new();
        }
        if self.has_view_all_data() {
            return groups.clone();
        }
        self.standing.categories.prune(groups)
    }

    /// What this user may do with one record.
    pub fn access(&self, object: &str, row: &Row) -> RecordAccess {
        self.rule(object)
            .map_or(AccessLevel::None, |rule| self.walker.level(rule, row))
            .into()
    }

    fn rule(&self, object: &str) -> Option<&'a ObjectRule> {
        self.sharing.rule(self.org, object)
    }

    fn own_access(&self, record_id: &str) -> RecordAccess {
        let Some(object) = self.org.object_of_id(record_id) else {
            return RecordAccess::default();
        };
        let row = self.org.row(object, record_id);
        row.map_or_else(RecordAccess::default, |row| self.access(object, row))
    }

    fn field_allowed(&self, object: &str, field: &str, granted: impl Fn(&str) -> bool) -> bool {
        let Some(rule) = self.rule(object) else {
            return false;
        };
        let rights = self.standing.rights(self.sharing, rule);
        if !rights.read {
            return false;
        }
        let Some(describe) = self.org.schema().object(&rule.name) else {
            return false;
        };
        let secured = rule.has_field_security() || self.permission_sets_mention(rule);
        let open = rights.view_all_fields || !self.standing.enforced || !secured;
        if open || never_hidden(rule, describe, field) {
            return true;
        }
        field_granted(describe, field, &|field| {
            security_names(rule)
                .any(|object| granted(&format!("{object}.{}", field.to_ascii_lowercase())))
        })
    }

    fn permission_sets_mention(&self, rule: &ObjectRule) -> bool {
        security_names(rule).any(|name| self.sharing.permissions.mentions_fields_of(name))
    }
}

impl Visibility for UserVisibility<'_> {
    fn object(&self, object: &str) -> bool {
        self.rights(object).read
    }

    fn field(&self, object: &str, field: &str) -> bool {
        self.field_allowed(object, field, |path| {
            self.standing.granted.reads_field(path)
        })
    }

    fn record(&self, object: &str, row: &Row) -> bool {
        self.rule(object)
            .is_some_and(|rule| self.walker.reads(rule, row))
    }

    fn record_access(&self, user_id: &str, record_id: &str) -> RecordAccess {
        let own = IdKey::parse(user_id).is_some_and(|user| self.standing.is(user));
        if own {
            return self.own_access(record_id);
        }
        self.sharing.viewer(self.org, user_id).own_access(record_id)
    }
}

/// The names under which permission sets may speak of an object's fields, in lower case.
fn security_names(rule: &ObjectRule) -> impl Iterator<Item = &str> {
    let names = match &rule.permission {
        PermissionRule::Knowledge(names) => names.as_slice(),
        PermissionRule::Everybody
        | PermissionRule::Internal
        | PermissionRule::Own
        | PermissionRule::OwnOrParent(_)
        | PermissionRule::OwnOrEverybody => std::slice::from_ref(&rule.lower_name),
    };
    names.iter().map(String::as_str)
}

fn never_hidden(rule: &ObjectRule, object: &ObjectDescribe, field: &str) -> bool {
    let is_article = matches!(rule.record, RecordRule::Article);
    let object_name = if is_article {
        "Knowledge__kav"
    } else {
        &object.name
    };
    let path = format!("{object_name}.{field}");
    let listed = |names: &[&str], name: &str| names.iter().any(|it| it.eq_ignore_ascii_case(name));
    listed(&SYSTEM_FIELDS, field)
        || listed(&NEVER_HIDDEN, &path)
        || object
            .field(field)
            .is_some_and(|field| !field.permissionable)
}

/// Is the field granted by itself, through the compound that it belongs to (`BillingAddress` for
/// `BillingCity`), or, for a compound, through all of its parts?
fn field_granted(object: &ObjectDescribe, field: &str, granted: &dyn Fn(&str) -> bool) -> bool {
    if granted(field) {
        return true;
    }
    let Some(describe) = object.field(field) else {
        return false;
    };
    if let Some(compound) = &describe.compound_field_name {
        return granted(compound);
    }
    if !matches!(
        describe.field_type,
        FieldType::Address | FieldType::Location
    ) {
        return false;
    }
    let mut parts = object
        .fields
        .iter()
        .filter(|part| part.compound_field_name.as_deref() == Some(&describe.name))
        .peekable();
    parts.peek().is_some() && parts.all(|part| granted(&part.name))
}
