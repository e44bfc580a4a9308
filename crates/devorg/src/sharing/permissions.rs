//! Permission sets: which objects and fields their holders may read and write, and who holds them.

use std::collections::{HashMap, HashSet};

use super::{
    people::{flag, key, listed},
    reachable,
};
use crate::org::{
    Org, Row,
    id::IdKey,
    table::{id_of, text},
};

/// What a user may do with the records of one object, as far as sharing lets them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectRights {
    pub create: bool,
    pub read: bool,
    pub edit: bool,
    pub delete: bool,
    /// Reads every record, whoever owns it.
    pub view_all: bool,
    /// Writes every record, whoever owns it.
    pub modify_all: bool,
    pub view_all_fields: bool,
}

impl ObjectRights {
    /// Every right that needs sharing to open the record.
    pub(super) const WRITE: Self = Self {
        create: true,
        read: true,
        edit: true,
        delete: true,
        view_all: false,
        modify_all: false,
        view_all_fields: false,
    };

    pub(super) const READ: Self = Self {
        create: false,
        edit: false,
        delete: false,
        ..Self::WRITE
    };

    fn of(row: &Row) -> Self {
        let modify_all = flag(row, "PermissionsModifyAllRecords");
        let view_all = modify_all || flag(row, "PermissionsViewAllRecords");
        let edit = modify_all || flag(row, "PermissionsEdit");
        Self {
            create: flag(row, "PermissionsCreate"),
            read: view_all || edit || flag(row, "PermissionsRead"),
            edit,
            delete: modify_all || flag(row, "PermissionsDelete"),
            view_all,
            modify_all,
            view_all_fields: flag(row, "PermissionsViewAllFields"),
        }
    }

    /// The rights of both: permissions only ever add up.
    pub(super) fn and_also(self, other: Self) -> Self {
        Self {
            create: self.create || other.create,
            read: self.read || other.read,
            edit: self.edit || other.edit,
            delete: self.delete || other.delete,
            view_all: self.view_all || other.view_all,
            modify_all: self.modify_all || other.modify_all,
            view_all_fields: self.view_all_fields || other.view_all_fields,
        }
    }

    /// What these rights on a parent mean for a child that has none of its own. To see or change every
    /// record of the parent opens a child through its parent, not by itself.
    pub(super) fn for_child(self) -> Self {
        Self {
            create: self.edit,
            delete: self.edit,
            view_all: false,
            modify_all: false,
            view_all_fields: false,
            ..self
        }
    }
}

/// What the holders of one or several permission sets may do. Names are in lower case.
#[derive(Default)]
pub(super) struct Granted {
    pub view_all_data: bool,
    pub modify_all_data: bool,
    pub view_drafts: bool,
    pub view_archived: bool,
    objects: HashMap<String, ObjectRights>,
    /// `object.field` → may it be written as well as read?
    fields: HashMap<String, bool>,
}

impl Granted {
    pub fn object(&self, lower_name: &str) -> ObjectRights {
        self.objects.get(lower_name).copied().unwrap_or_default()
    }

    pub fn reads_field(&self, lower_path: &str) -> bool {
        self.fields.contains_key(lower_path)
    }

    pub fn edits_field(&self, lower_path: &str) -> bool {
        self.fields.get(lower_path) == Some(&true)
    }

    fn add(&mut self, other: &Self) {
        self.view_all_data |= other.view_all_data;
        self.modify_all_data |= other.modify_all_data;
        self.view_drafts |= other.view_drafts;
        self.view_archived |= other.view_archived;
        for (object, &rights) in &other.objects {
            self.add_object(object, rights);
        }
        for (field, &editable) in &other.fields {
            self.add_field(field, editable);
        }
    }

    fn add_object(&mut self, lower_name: &str, rights: ObjectRights) {
        let all = self.objects.entry(lower_name.to_owned()).or_default();
        *all = all.and_also(rights);
    }

    fn add_field(&mut self, lower_path: &str, editable: bool) {
        *self.fields.entry(lower_path.to_owned()).or_default() |= editable;
    }

    fn add_flags(&mut self, row: &Row) {
        self.modify_all_data |= flag(row, "PermissionsModifyAllData");
        self.view_all_data |= self.modify_all_data || flag(row, "PermissionsViewAllData");
        self.view_drafts |= flag(row, "PermissionsViewDraftArticles");
        self.view_archived |= flag(row, "PermissionsViewArchivedArticles");
    }
}

/// All permission sets and profiles of the org.
#[derive(Default)]
pub(super) struct Permissions {
    /// False in an org without permission sets, where everybody may do everything that sharing allows.
    pub enforced: bool,
    /// Permission set or profile → what it grants.
    by_set: HashMap<IdKey, Granted>,
    /// User → the sets and set groups assigned to them.
    assigned: HashMap<IdKey, Vec<IdKey>>,
    /// Permission set group → its sets; and the set that sums up a group → that group.
    components: HashMap<IdKey, Vec<IdKey>>,
    /// Profile → the permission set that carries its permissions.
    set_of_profile: HashMap<IdKey, IdKey>,
    objects_with_rows: HashSet<String>,
    objects_with_field_rows: HashSet<String>,
}

impl Permissions {
    pub fn new(org: &Org) -> Self {
        let mut permissions = Self::default();
        for row in org.rows("PermissionSet") {
            permissions.enforced = true;
            permissions.add_set(row);
        }
        for row in org.rows("Profile") {
            permissions.granted_by(id_of(row), |granted| granted.add_flags(row));
        }
        for row in org.rows("PermissionSetAssignment") {
            permissions.add_assignment(row);
        }
        for row in org.rows("PermissionSetGroupComponent") {
            if let Some((group, set)) =
                key(row, "PermissionSetGroupId").zip(key(row, "PermissionSetId"))
            {
                permissions.components.entry(group).or_default().push(set);
            }
        }
        for row in org.rows("ObjectPermissions") {
            permissions.add_object_row(row);
        }
        for row in org.rows("FieldPermissions") {
            permissions.add_field_row(row);
        }
        permissions
    }

    fn add_set(&mut self, row: &Row) {
        self.granted_by(id_of(row), |granted| granted.add_flags(row));
        let Some(set) = IdKey::parse(id_of(row)) else {
            return;
        };
        if let Some(profile) = key(row, "ProfileId") {
            self.set_of_profile.insert(profile, set);
        }
        if let Some(group) = key(row, "PermissionSetGroupId") {
            self.components.entry(set).or_default().push(group);
        }
    }

    fn add_assignment(&mut self, row: &Row) {
        let Some(user) = key(row, "AssigneeId") else {
            return;
        };
        let what = ["PermissionSetId", "PermissionSetGroupId"].map(|field| key(row, field));
        self.assigned
            .entry(user)
            .or_default()
            .extend(what.into_iter().flatten());
    }

    fn add_object_row(&mut self, row: &Row) {
        let (Some(set), Some(object)) = (text(row, "ParentId"), text(row, "SobjectType")) else {
            return;
        };
        let object = object.to_ascii_lowercase();
        self.granted_by(set, |granted| {
            granted.add_object(&object, ObjectRights::of(row))
        });
        self.objects_with_rows.insert(object);
    }

    fn add_field_row(&mut self, row: &Row) {
        let (Some(set), Some(field)) = (text(row, "ParentId"), text(row, "Field")) else {
            return;
        };
        let field = field.to_ascii_lowercase();
        let editable = flag(row, "PermissionsEdit");
        if editable || flag(row, "PermissionsRead") {
            self.granted_by(set, |granted| granted.add_field(&field, editable));
        }
        if let Some((object, _)) = field.split_once('.') {
            self.objects_with_field_rows.insert(object.to_owned());
        }
    }

    fn granted_by(&mut self, set: &str, change: impl FnOnce(&mut Granted)) {
        if let Some(set) = IdKey::parse(set) {
            change(self.by_set.entry(set).or_default());
        }
    }

    /// Does any permission set speak of this object?
    pub fn mentions_object(&self, lower_name: &str) -> bool {
        self.objects_with_rows.contains(lower_name)
    }

    /// Does any permission set speak of a field of this object?
    pub fn mentions_fields_of(&self, lower_name: &str) -> bool {
        self.objects_with_field_rows.contains(lower_name)
    }

    /// The permission sets that a user holds: assigned ones, those within assigned groups, and the one
    /// behind the profile.
    pub fn sets_of(&self, user: IdKey, profile: Option<IdKey>) -> HashSet<IdKey> {
        let assigned = self.assigned.get(&user).into_iter().flatten();
        let of_profile = profile.and_then(|profile| self.set_of_profile.get(&profile));
        reachable(assigned.chain(of_profile).copied(), |set| {
            listed(&self.components, set)
        })
    }

    /// What a profile and these sets grant together.
    pub fn granted(&self, profile: Option<IdKey>, sets: &HashSet<IdKey>) -> Granted {
        let mut granted = Granted::default();
        for source in sets.iter().chain(profile.iter()) {
            if let Some(more) = self.by_set.get(source) {
                granted.add(more);
            }
        }
        granted
    }
}
