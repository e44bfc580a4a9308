//! Object and field permissions of one user, over profile, permission sets and groups.

use std::collections::{BTreeMap, BTreeSet};

use domain::{FieldAccess, FieldName, ObjectName, RecordId};
use salesforce::{Client, Condition, Error, FieldPath, Literal, Record, Soql};

use super::open::{self, OpenObjects};
use super::{Kind, User};

/// Objects that follow their parent's permission when the org has no rows of their own for them.
const FOLLOWS: [(&str, &str); 6] = [
    ("CaseComment", "Case"),
    ("EmailMessage", "Case"),
    ("CaseArticle", "Case"),
    ("Knowledge__DataCategorySelection", "Knowledge__kav"),
    ("OpportunityLineItem", "Opportunity"),
    ("OpportunityContactRole", "Opportunity"),
];
/// Objects whose access Salesforce governs by user permissions, not by `ObjectPermissions`: where
/// the org has no row for them at all, record access alone decides.
const UNGOVERNED: [&str; 4] = ["Task", "Event", "ContentNote", FILE];
/// Those of both that have field-level security all the same: without a row nothing of them is granted.
const SECURED: [&str; 3] = ["Event", "OpportunityLineItem", "Task"];
/// A file's link to a record may be for the company's own people alone. Others read no files here,
/// because a passage does not say by which link it hangs on its document.
const FILE: &str = "ContentVersion";

/// What one user may read.
#[derive(Default)]
pub struct Readable {
    pub objects: BTreeMap<ObjectName, FieldAccess>,
    /// Those of which every record is readable.
    pub open: OpenObjects,
    /// Those of which every record is readable that is not private.
    pub shared: BTreeSet<ObjectName>,
    /// The permission sets that count for the user.
    pub sets: BTreeSet<RecordId>,
    /// *View All Data*.
    pub all_data: bool,
}

/// What `user` may read of `objects`.
pub async fn of(
    salesforce: &Client,
    user: &User,
    objects: &[ObjectName],
) -> Result<Readable, Error> {
    let objects: Vec<ObjectName> = objects
        .iter()
        .filter(|object| user.kind == Kind::Internal || *object != FILE)
        .cloned()
        .collect();
    let objects = objects.as_slice();
    let Sets { sets, all_data } = permission_sets(salesforce, user).await?;
    if sets.is_empty() && has_no_permission_model(salesforce).await? {
        let grants = ObjectGrants::read_all(objects);
        let all = objects.iter().map(|o| (o.clone(), FieldAccess::All));
        return Ok(Readable {
            objects: all.collect(),
            ..open::of(salesforce, user, &grants, objects).await
        });
    }
    if sets.is_empty() {
        return Ok(Readable::default());
    }
    let (mut grants, granted_fields, unsecured) = tokio::try_join!(
        object_grants(salesforce, &sets, objects),
        field_grants(salesforce, &sets, objects),
        unsecured(salesforce, objects),
    )?;
    grants.all_data = all_data;
    let mut readable = BTreeMap::new();
    for object in objects.iter().filter(|object| grants.reads(object)) {
        let fields = match unsecured.contains(object) {
            true => FieldAccess::All,
            false => fields_of(salesforce, object, granted_fields.get(object)).await?,
        };
        readable.insert(object.clone(), fields);
    }
    Ok(Readable {
        objects: readable,
        sets,
        ..open::of(salesforce, user, &grants, objects).await
    })
}

/// Every real org has permission sets, one for each profile, and every active user is assigned to
/// one: an org that truly has none applies no permissions.
async fn has_no_permission_model(salesforce: &Client) -> Result<bool, Error> {
    for name in ["PermissionSet", "PermissionSetAssignment"] {
        let soql = Soql::count(&object(name));
        if salesforce.count(&soql).await? > 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The permission sets that count for a user.
struct Sets {
    sets: BTreeSet<RecordId>,
    /// Whether one of them has *View All Data*.
    all_data: bool,
}

async fn permission_sets(salesforce: &Client, user: &User) -> Result<Sets, Error> {
    let assigned = select(
        &["PermissionSetId", "PermissionSetGroupId"],
        "PermissionSetAssignment",
        Condition::eq(field("AssigneeId"), Literal::Id(user.id.record_id())),
    );
    let mut sets = BTreeSet::new();
    let mut groups = Vec::new();
    for assignment in salesforce.query_all_rows(&assigned).await? {
        // A group's assignment names the set that Salesforce aggregates for it, muting included.
        let group = assignment.record_id("PermissionSetGroupId");
        match assignment.record_id("PermissionSetId") {
            Some(set) => {
                sets.insert(set);
                if group.is_some() && grants_nothing(salesforce, set).await? {
                    groups.extend(group);
                }
            }
            None => groups.extend(group),
        }
    }
    if !groups.is_empty() {
        let members = select(
            &["PermissionSetId"],
            "PermissionSetGroupComponent",
            Condition::is_in(field("PermissionSetGroupId"), ids(groups)),
        );
        let members = salesforce.query_all_rows(&members).await?;
        sets.extend(
            members
                .iter()
                .filter_map(|m| m.record_id("PermissionSetId")),
        );
    }
    let mut counts = vec![Condition::is_in(field("Id"), ids(sets.iter().copied()))];
    if let Some(profile) = user.profile {
        counts.push(Condition::eq(field("ProfileId"), Literal::Id(profile)));
    }
    let columns = ["Id", "PermissionsViewAllData"];
    let found = select(&columns, "PermissionSet", Condition::any(counts));
    let mut all_data = false;
    for set in salesforce.query_all_rows(&found).await? {
        sets.extend(set.id());
        all_data |= set.bool("PermissionsViewAllData") == Some(true);
    }
    Ok(Sets { sets, all_data })
}

/// Whether a set has no row at all: then Salesforce has not aggregated its group into it.
async fn grants_nothing(salesforce: &Client, set: RecordId) -> Result<bool, Error> {
    let rows = Soql::count(&object("ObjectPermissions"))
        .filter(Condition::eq(field("ParentId"), Literal::Id(set)));
    Ok(salesforce.count(&rows).await? == 0)
}

/// Which objects the sets open.
#[derive(Default)]
pub(super) struct ObjectGrants {
    pub all_data: bool,
    read: BTreeSet<ObjectName>,
    /// Objects of which the sets show all records.
    all_records: BTreeSet<ObjectName>,
    /// Objects for which any permission set of the org has a row.
    governed: BTreeSet<ObjectName>,
}

impl ObjectGrants {
    /// Where nothing is governed.
    fn read_all(objects: &[ObjectName]) -> Self {
        Self {
            read: objects.iter().cloned().collect(),
            ..Self::default()
        }
    }

    /// Whether sharing does not count for this object.
    pub(super) fn views_all(&self, name: &ObjectName) -> bool {
        self.all_data || self.all_records.contains(name)
    }

    pub(super) fn reads(&self, name: &ObjectName) -> bool {
        if self.all_data || self.read.contains(name) {
            return true;
        }
        if self.governed.contains(name) {
            return false;
        }
        let parent = FOLLOWS.iter().find(|(child, _)| name == child);
        match parent {
            Some((_, parent)) => self.read.contains(*parent),
            None => UNGOVERNED.contains(&name.as_str()),
        }
    }
}

async fn object_grants(
    salesforce: &Client,
    sets: &BTreeSet<RecordId>,
    objects: &[ObjectName],
) -> Result<ObjectGrants, Error> {
    let mut grants = ObjectGrants::default();
    let rows = select(
        &[
            "ParentId",
            "SobjectType",
            "PermissionsRead",
            "PermissionsViewAllRecords",
        ],
        "ObjectPermissions",
        Condition::is_in(field("SobjectType"), names(objects)),
    );
    for row in salesforce.query_all_rows(&rows).await? {
        let Some(name) = row
            .text("SobjectType")
            .and_then(|n| ObjectName::parse(n).ok())
        else {
            continue;
        };
        grants.governed.insert(name.clone());
        let is_ours = row
            .record_id("ParentId")
            .is_some_and(|set| sets.contains(&set));
        if is_ours && row.text("PermissionsRead") == Some("true") {
            if row.text("PermissionsViewAllRecords") == Some("true") {
                grants.all_records.insert(name.clone());
            }
            grants.read.insert(name);
        }
    }
    Ok(grants)
}

async fn field_grants(
    salesforce: &Client,
    sets: &BTreeSet<RecordId>,
    objects: &[ObjectName],
) -> Result<BTreeMap<ObjectName, BTreeSet<FieldName>>, Error> {
    let rows = select(
        &["SobjectType", "Field"],
        "FieldPermissions",
        Condition::all([
            Condition::is_in(field("ParentId"), ids(sets.iter().copied())),
            Condition::is_in(field("SobjectType"), names(objects)),
            Condition::eq(field("PermissionsRead"), Literal::Bool(true)),
        ]),
    );
    let mut granted: BTreeMap<ObjectName, BTreeSet<FieldName>> = BTreeMap::new();
    for row in salesforce.query_all_rows(&rows).await? {
        let qualified = row.text("Field").and_then(|name| name.split_once('.'));
        let Some((object, field)) = qualified else {
            continue;
        };
        if let (Ok(object), Ok(field)) = (ObjectName::parse(object), FieldName::parse(field)) {
            granted.entry(object).or_default().insert(field);
        }
    }
    Ok(granted)
}

/// The objects that follow their parent, or that Salesforce governs otherwise, and that are without any
/// field-level security in this org: their fields are as readable as their records.
async fn unsecured(
    salesforce: &Client,
    objects: &[ObjectName],
) -> Result<BTreeSet<ObjectName>, Error> {
    let is_such = |name: &&ObjectName| {
        let follows = FOLLOWS.iter().any(|(child, _)| *name == child);
        let is_free = follows || UNGOVERNED.contains(&name.as_str());
        is_free && !SECURED.contains(&name.as_str())
    };
    let mut unsecured: BTreeSet<ObjectName> = objects.iter().filter(is_such).cloned().collect();
    let such: Vec<ObjectName> = unsecured.iter().cloned().collect();
    if such.is_empty() {
        return Ok(unsecured);
    }
    let secured = Condition::is_in(field("SobjectType"), names(&such));
    let rows = select(&["SobjectType"], "FieldPermissions", secured);
    for row in salesforce.query_all_rows(&rows).await? {
        unsecured.retain(|object| row.text("SobjectType") != Some(object.as_str()));
    }
    Ok(unsecured)
}

/// Fields that need no permission, and those that were granted.
async fn fields_of(
    salesforce: &Client,
    object: &ObjectName,
    granted: Option<&BTreeSet<FieldName>>,
) -> Result<FieldAccess, Error> {
    let describe = salesforce.describe(object).await?;
    let readable = describe
        .fields
        .iter()
        .filter(|field| {
            !field.permissionable || granted.is_some_and(|granted| granted.contains(&field.name))
        })
        .map(|field| field.name.clone())
        .collect();
    Ok(FieldAccess::Only(readable))
}

/// By which of a user's profile and permission sets an object and its fields are readable, by name.
#[derive(Default)]
pub(super) struct Sources {
    pub object: Vec<String>,
    pub fields: BTreeMap<FieldName, Vec<String>>,
    /// Fields that field-level security can hide.
    pub permissionable: BTreeSet<FieldName>,
}

/// Where what `user` may read of an object comes from.
pub(super) async fn sources(
    salesforce: &Client,
    user: &User,
    name: &ObjectName,
) -> Result<Sources, Error> {
    let describe = salesforce.describe(name).await?;
    let secured = describe.fields.iter().filter(|field| field.permissionable);
    let mut sources = Sources {
        permissionable: secured.map(|field| field.name.clone()).collect(),
        ..Sources::default()
    };
    let sets = permission_sets(salesforce, user).await?.sets;
    if sets.is_empty() {
        return Ok(sources);
    }
    let named = select(
        &["Id", "Label", "PermissionsViewAllData"],
        "PermissionSet",
        Condition::is_in(field("Id"), ids(sets.iter().copied())),
    );
    let mut labels = BTreeMap::new();
    for set in salesforce.query_all_rows(&named).await? {
        let label = set.text("Label").unwrap_or("a permission set").to_owned();
        if set.bool("PermissionsViewAllData") == Some(true) {
            sources.object.push(format!("{label} (View All Data)"));
        }
        labels.extend(set.id().map(|id| (id, label)));
    }
    let of_ours = |object_type: &ObjectName| {
        Condition::all([
            Condition::is_in(field("ParentId"), ids(sets.iter().copied())),
            Condition::eq(field("SobjectType"), Literal::Text(object_type.to_string())),
            Condition::eq(field("PermissionsRead"), Literal::Bool(true)),
        ])
    };
    let label = |row: &Record| {
        let label = row.record_id("ParentId").and_then(|set| labels.get(&set));
        label
            .cloned()
            .unwrap_or_else(|| "a permission set".to_owned())
    };
    let rows = select(&["ParentId"], "ObjectPermissions", of_ours(name));
    let rows = salesforce.query_all_rows(&rows).await?;
    sources.object.extend(rows.iter().map(label));
    let rows = select(&["ParentId", "Field"], "FieldPermissions", of_ours(name));
    for row in salesforce.query_all_rows(&rows).await? {
        let qualified = row.text("Field").and_then(|name| name.split_once('.'));
        if let Some(Ok(field)) = qualified.map(|(_, field)| FieldName::parse(field)) {
            sources.fields.entry(field).or_default().push(label(&row));
        }
    }
    Ok(sources)
}

pub(super) fn select(columns: &[&'static str], from: &'static str, condition: Condition) -> Soql {
    Soql::select(columns.iter().copied().map(field))
        .from(&object(from))
        .filter(condition)
}

fn ids(ids: impl IntoIterator<Item = RecordId>) -> Vec<Literal> {
    ids.into_iter().map(Literal::Id).collect()
}

pub(super) fn names(objects: &[ObjectName]) -> Vec<Literal> {
    objects
        .iter()
        .map(|object| Literal::Text(object.to_string()))
        .collect()
}

/// A name that stands in this file and is therefore well formed.
pub(super) fn object(name: &'static str) -> ObjectName {
    ObjectName::parse(name).expect("a literal API name")
}

/// A field path that stands in this crate.
pub(super) fn field(name: &'static str) -> FieldPath {
    FieldPath::fixed(name)
}
