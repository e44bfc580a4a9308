//! An org folder that is written down in a test.

use std::{collections::BTreeMap, fs};

use serde_json::{Value, json};

use crate::{
    org::{Org, id::IdKey},
    sharing::Sharing,
    soql::{AccessLevel, Visibility},
};

/// The prefixes of the objects that tests name records of.
const PREFIXES: [(&str, &str); 48] = [
    ("Account", "001"),
    ("AccountShare", "00r"),
    ("AccountTeamMember", "01M"),
    ("Case", "500"),
    ("CaseArticle", "0AR"),
    ("CaseComment", "00a"),
    ("CaseShare", "01n"),
    ("CaseTeamMember", "0B6"),
    ("CaseTeamRole", "0B7"),
    ("Contact", "003"),
    ("ContactShare", "03s"),
    ("ContentDocument", "069"),
    ("ContentDocumentLink", "06A"),
    ("ContentNote", "069"),
    ("ContentVersion", "068"),
    ("Contract", "800"),
    ("Deal__Share", "a1S"),
    ("Deal__c", "a01"),
    ("EmailMessage", "02s"),
    ("Event", "00U"),
    ("FeedItem", "0D5"),
    ("FieldPermissions", "01k"),
    ("Group", "00G"),
    ("GroupMember", "011"),
    ("Knowledge__DataCategorySelection", "02o"),
    ("Knowledge__kav", "ka0"),
    ("KnowledgeArticle", "kA0"),
    ("Lead", "00Q"),
    ("LeadShare", "01o"),
    ("Line__c", "a02"),
    ("ObjectPermissions", "110"),
    ("Opportunity", "006"),
    ("OpportunityContactRole", "00K"),
    ("OpportunityLineItem", "00k"),
    ("OpportunityShare", "00t"),
    ("OpportunityTeamMember", "00q"),
    ("PermissionSet", "0PS"),
    ("PermissionSetAssignment", "0Pa"),
    ("PermissionSetGroup", "0PG"),
    ("PermissionSetGroupComponent", "0PH"),
    ("Product2", "01t"),
    ("Profile", "00e"),
    ("SubLine__c", "a03"),
    ("Task", "00T"),
    ("Territory2", "0MI"),
    ("User", "005"),
    ("UserRole", "00E"),
    ("UserTerritory2Association", "0MU"),
];

/// The id of the record that tests call by this name of at most 12 letters and digits.
pub fn id(object: &str, name: &str) -> String {
    let (_, prefix) = PREFIXES
        .iter()
        .find(|(listed, _)| *listed == object)
        .unwrap_or_else(|| panic!("no prefix for {object}"));
    let key = IdKey::parse(&format!("{prefix}{name:0>12}"));
    key.unwrap_or_else(|| panic!("{name} makes no id")).widen()
}

/// An org folder under construction. Business objects are private until a test says otherwise.
pub struct Folder {
    settings: Value,
    records: BTreeMap<String, Vec<Value>>,
    rows: usize,
}

impl Folder {
    pub fn new() -> Self {
        let private = json!({
            "Account": "None", "Contact": "None", "Opportunity": "None", "Case": "None",
            "Lead": "None", "Deal__c": "None",
        });
        Self {
            settings: json!({
                "orgId": "00D000000000001EAA", "name": "Test", "myDomain": "test",
                "apiVersion": "66.0", "defaultAccess": private,
            }),
            records: BTreeMap::new(),
            rows: 0,
        }
    }

    pub fn setting(mut self, key: &str, value: Value) -> Self {
        self.settings[key] = value;
        self
    }

    pub fn default_access(mut self, object: &str, level: &str) -> Self {
        self.settings["defaultAccess"][object] = json!(level);
        self
    }

    /// A record with a name that tests call it by.
    pub fn row(mut self, object: &str, name: &str, mut fields: Value) -> Self {
        fields["Id"] = json!(id(object, name));
        self.rows += 1;
        self.records
            .entry(object.to_owned())
            .or_default()
            .push(fields);
        self
    }

    /// A record that nobody calls by name.
    pub fn also(self, object: &str, fields: Value) -> Self {
        let name = format!("x{}", self.rows);
        self.row(object, &name, fields)
    }

    /// An active internal user.
    pub fn user(self, name: &str, more: Value) -> Self {
        let mut fields = json!({
            "Username": format!("{name}@test.example"), "LastName": name, "IsActive": true,
            "UserType": "Standard",
        });
        for (field, value) in more.as_object().into_iter().flatten() {
            fields[field] = value.clone();
        }
        self.row("User", name, fields)
    }

    pub fn user_in_role(self, name: &str, role: &str) -> Self {
        self.user(name, json!({"UserRoleId": id("UserRole", role)}))
    }

    /// Roles from the top: each below the one before.
    pub fn roles(mut self, chain: &[&str]) -> Self {
        let mut above: Option<&str> = None;
        for role in chain {
            let parent = above.map(|above| id("UserRole", above));
            self = self.row(
                "UserRole",
                role,
                json!({"Name": role, "ParentRoleId": parent}),
            );
            above = Some(role);
        }
        self
    }

    pub fn account(self, name: &str, owner: &str) -> Self {
        let fields = json!({"Name": name, "OwnerId": id("User", owner)});
        self.row("Account", name, fields)
    }

    pub fn case(self, name: &str, owner: &str) -> Self {
        let fields = json!({"Subject": name, "OwnerId": id("User", owner), "Status": "New"});
        self.row("Case", name, fields)
    }

    /// A permission set with these properties, assigned to these users.
    pub fn permission_set(mut self, name: &str, mut properties: Value, holders: &[&str]) -> Self {
        properties["Name"] = json!(name);
        self = self.row("PermissionSet", name, properties);
        for holder in holders {
            let assignment = json!({
                "PermissionSetId": id("PermissionSet", name), "AssigneeId": id("User", holder),
            });
            self = self.also("PermissionSetAssignment", assignment);
        }
        self
    }

    /// What a permission set says of an object: the rights as letters of `create`, `read`, `edit`,
    /// `delete`, `view all` and `modify all`: `"re"`, `"rv"`, ….
    pub fn object_rights(self, set: &str, object: &str, rights: &str) -> Self {
        let has = |letter: char| rights.contains(letter);
        self.also(
            "ObjectPermissions",
            json!({
                "ParentId": id("PermissionSet", set), "SobjectType": object,
                "PermissionsCreate": has('c'), "PermissionsRead": has('r'),
                "PermissionsEdit": has('e'), "PermissionsDelete": has('d'),
                "PermissionsViewAllRecords": has('v'), "PermissionsModifyAllRecords": has('m'),
            }),
        )
    }

    pub fn field_right(self, set: &str, object: &str, field: &str) -> Self {
        self.also(
            "FieldPermissions",
            json!({
                "ParentId": id("PermissionSet", set), "SobjectType": object,
                "Field": format!("{object}.{field}"),
                "PermissionsRead": true, "PermissionsEdit": false,
            }),
        )
    }

    /// A group and its members, given as (object, name).
    pub fn group(mut self, name: &str, mut fields: Value, members: &[(&str, &str)]) -> Self {
        fields["Name"] = json!(name);
        self = self.row("Group", name, fields);
        for (object, member) in members {
            let fields = json!({
                "GroupId": id("Group", name), "UserOrGroupId": id(object, member),
            });
            self = self.also("GroupMember", fields);
        }
        self
    }

    pub fn account_share(self, account: &str, to: (&str, &str), level: &str) -> Self {
        self.also(
            "AccountShare",
            json!({
                "AccountId": id("Account", account), "UserOrGroupId": id(to.0, to.1),
                "AccountAccessLevel": level, "CaseAccessLevel": "None",
                "OpportunityAccessLevel": "None", "ContactAccessLevel": "None",
                "RowCause": "Manual",
            }),
        )
    }

    /// Writes the folder and loads it.
    pub fn load(&self) -> Org {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |path: &str, text: String| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("it has a parent"))
                .expect("the folder is ours");
            fs::write(path, text).expect("the folder is ours");
        };
        write("org.json", self.settings.to_string());
        for (object, describe) in describes() {
            write(&format!("describe/{object}.json"), describe.to_string());
        }
        for (object, rows) in &self.records {
            let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
            write(&format!("records/{object}.jsonl"), lines.join("\n"));
        }
        Org::load(folder.path()).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// A custom object with an owner, its share table, a detail of it, and a detail of that.
fn describes() -> [(&'static str, Value); 4] {
    let name = json!({"name": "Name", "type": "string", "nameField": true});
    let reference =
        |field: &str, to: &str| json!({"name": field, "type": "reference", "referenceTo": [to]});
    let master = |field: &str, to: &str, order: u8| {
        let mut master = reference(field, to);
        master["relationshipOrder"] = json!(order);
        master
    };
    let owner = json!({"name": "OwnerId", "type": "reference", "referenceTo": ["Group", "User"]});
    [
        (
            "Deal__c",
            json!({"name": "Deal__c", "keyPrefix": "a01", "custom": true, "fields": [name, owner]}),
        ),
        (
            "Deal__Share",
            json!({"name": "Deal__Share", "keyPrefix": "a1S", "fields": [
                reference("ParentId", "Deal__c"),
                {"name": "UserOrGroupId", "type": "reference", "referenceTo": ["Group", "User"]},
                {"name": "AccessLevel", "type": "picklist"},
                {"name": "RowCause", "type": "picklist"},
            ]}),
        ),
        (
            "Line__c",
            json!({"name": "Line__c", "keyPrefix": "a02", "custom": true, "fields": [
                name, master("Deal__c", "Deal__c", 0), master("Account__c", "Account", 1),
            ]}),
        ),
        (
            "SubLine__c",
            json!({"name": "SubLine__c", "keyPrefix": "a03", "custom": true, "fields": [
                name, master("Line__c", "Line__c", 0),
            ]}),
        ),
    ]
}

/// What a user may do with a record. Reading alone and the full answer have to agree, as have the
/// user's own answer and the one that another user gets about them.
pub fn level(org: &Org, user: &str, object: &str, name: &str) -> AccessLevel {
    let sharing = Sharing::new(org);
    let record = id(object, name);
    let row = org
        .row(object, &record)
        .unwrap_or_else(|| panic!("no {object} {name}"));
    let viewer = sharing.viewer(org, &id("User", user));
    let access = viewer.access(object, row);
    assert_eq!(viewer.record(object, row), access.read, "{user}, {name}");
    let asked_by_stranger = sharing
        .viewer(org, "005000000000000AAA")
        .record_access(&id("User", user), &record);
    let by_id = viewer.record_access(&id("User", user), &record);
    assert_eq!(by_id, asked_by_stranger);
    // Objects that share a prefix cannot be told apart by an id alone.
    if !object.starts_with("Content") {
        assert_eq!(by_id, access);
    }
    access.max_level
}

/// Asserts who reads a record and who does not.
#[track_caller]
pub fn assert_readers(org: &Org, object: &str, name: &str, readers: &[&str], others: &[&str]) {
    for user in readers {
        let level = level(org, user, object, name);
        assert!(level >= AccessLevel::Read, "{user} should read {name}");
    }
    for user in others {
        let level = level(org, user, object, name);
        assert_eq!(level, AccessLevel::None, "{user} should not read {name}");
    }
}
