use std::collections::BTreeSet;

use domain::{Grant, Grantee, ObjectName, RecordId};
use serde_json::{Value, json};

use crate::support::{Folder, id};

/// The objects that everybody may read unless a test says otherwise.
pub const OBJECTS: [&str; 10] = [
    "Account",
    "Case",
    "Contact",
    "Contract",
    "Deal__c",
    "Event",
    "Lead",
    "Line__c",
    "Opportunity",
    "Task",
];

/// The user who syncs, with View All Data.
pub const ADMIN: usize = 1;
/// Who reads every contact, and no account.
pub const CONTACTS: usize = 9;
pub const USERS: std::ops::RangeInclusive<usize> = 2..=9;

/// Roles 1 to 4 from the top, and 5 below 2.
const ROLES: [(usize, Option<usize>); 5] = [
    (1, None),
    (2, Some(1)),
    (3, Some(2)),
    (4, Some(3)),
    (5, Some(2)),
];

/// The role of each user.
fn role(user: usize) -> Option<usize> {
    match user {
        2..=6 => Some(user - 1),
        7 => Some(4),
        _ => None,
    }
}

fn above(role: usize) -> Vec<usize> {
    let mut all = Vec::new();
    let mut next = Some(role);
    while let Some(role) = next {
        next = ROLES[role - 1].1;
        all.extend(next);
    }
    all
}

/// Groups 1 (users 5 and 8), 2 (group 1 and user 6), 3 (a queue of users 3 and 7), 4 (role 3), 5 (role
/// 2 and below).
pub const GROUPS: std::ops::RangeInclusive<usize> = 1..=5;

/// An org with those people, in which nothing is public.
pub fn org() -> Folder {
    let user = |number: usize| {
        json!({
            "Id": id("005", number), "Username": format!("u{number}@example.com"),
            "LastName": format!("U{number}"), "Name": format!("U{number}"), "IsActive": true,
            "Email": format!("u{number}@example.com"), "UserType": "Standard",
            "UserRoleId": role(number).map(|role| id("00E", role)),
        })
    };
    let roles = ROLES.map(|(role, parent)| {
        json!({"Id": id("00E", role), "Name": format!("R{role}"),
               "ParentRoleId": parent.map(|parent| id("00E", parent))})
    });
    let member = |group: usize, member: RecordId| json!({"GroupId": id("00G", group), "UserOrGroupId": member});
    let mut folder = Folder::default()
        .with("User", [user(ADMIN)].into_iter().chain(USERS.map(user)))
        .with("UserRole", roles)
        .with(
            "Group",
            [
                json!({"Id": id("00G", 1), "Name": "one", "Type": "Regular"}),
                json!({"Id": id("00G", 2), "Name": "two", "Type": "Regular"}),
                json!({"Id": id("00G", 3), "Name": "queue", "Type": "Queue"}),
                json!({"Id": id("00G", 4), "Type": "Role", "RelatedId": id("00E", 3)}),
                json!({"Id": id("00G", 5), "Type": "RoleAndSubordinates", "RelatedId": id("00E", 2)}),
            ],
        )
        .with(
            "GroupMember",
            [
                member(1, id("005", 5)),
                member(1, id("005", 8)),
                member(2, id("00G", 1)),
                member(2, id("005", 6)),
                member(3, id("005", 3)),
                member(3, id("005", 7)),
            ],
        )
        .with("PermissionSet", permission_sets())
        .with("ObjectPermissions", object_permissions())
        .with("PermissionSetAssignment", assignments());
    for object in [
        "Account",
        "Case",
        "Contact",
        "Opportunity",
        "Lead",
        "Deal__c",
    ] {
        folder = folder.private(object);
    }
    let name = json!({"name": "Name", "type": "string", "nameField": true});
    let reference =
        |field: &str, to: &[&str]| json!({"name": field, "type": "reference", "referenceTo": to});
    let master = |field: &str, to: &str, order: u8| {
        let mut master = reference(field, &[to]);
        master["relationshipOrder"] = json!(order);
        master
    };
    folder
        .describe(
            "Deal__c",
            json!({"name": "Deal__c", "keyPrefix": "a01", "custom": true,
                   "fields": [name, reference("OwnerId", &["Group", "User"])]}),
        )
        .describe(
            "Line__c",
            json!({"name": "Line__c", "keyPrefix": "a02", "custom": true, "fields": [
                name, master("Deal__c", "Deal__c", 0), master("Account__c", "Account", 1),
            ]}),
        )
}

fn permission_sets() -> [Value; 3] {
    [
        json!({"Id": id("0PS", 1), "Name": "admin", "PermissionsViewAllData": true,
               "PermissionsModifyAllData": true}),
        json!({"Id": id("0PS", 2), "Name": "everybody"}),
        json!({"Id": id("0PS", 3), "Name": "contacts"}),
    ]
}

fn assignments() -> Vec<Value> {
    let assigned = |set: usize, user: usize| json!({"PermissionSetId": id("0PS", set), "AssigneeId": id("005", user)});
    let everybody = (ADMIN..=8).map(|user| assigned(2, user));
    everybody
        .chain([assigned(1, ADMIN), assigned(3, CONTACTS)])
        .collect()
}

fn object_permissions() -> Vec<Value> {
    let permission = |set: usize, object: &str, all: bool| {
        json!({
            "ParentId": id("0PS", set), "SobjectType": object, "PermissionsRead": true,
            "PermissionsViewAllRecords": all, "PermissionsViewAllFields": true,
        })
    };
    let everybody = OBJECTS.map(|object| permission(2, object, false));
    let contacts = OBJECTS.iter().filter(|object| **object != "Account");
    let contacts = contacts.map(|object| permission(3, object, *object == "Contact"));
    everybody.into_iter().chain(contacts).collect()
}

/// Whom a grant reaches: what a search would take from the org for one user.
pub struct Reach {
    user: RecordId,
    reach: BTreeSet<RecordId>,
    reads: BTreeSet<&'static str>,
    open: BTreeSet<String>,
}

impl Reach {
    /// `public` are the objects that everybody reads by default.
    pub fn of(user: usize, public: &[&str]) -> Self {
        let mut reach = BTreeSet::from([id("005", user)]);
        let below = USERS.filter(|other| {
            let both = role(user).zip(role(*other));
            both.is_some_and(|(own, other)| above(other).contains(&own))
        });
        reach.extend(below.map(|other| id("005", other)));
        let mut groups: Vec<usize> = match user {
            5 | 8 => vec![1, 2],
            6 => vec![2],
            3 | 7 => vec![3],
            _ => Vec::new(),
        };
        groups.extend((role(user) == Some(3)).then_some(4));
        let within_two = role(user).is_some_and(|role| role == 2 || above(role).contains(&2));
        groups.extend(within_two.then_some(5));
        reach.extend(groups.into_iter().map(|group| id("00G", group)));
        let reads = OBJECTS.iter().copied();
        let reads: BTreeSet<_> = reads
            .filter(|object| user != CONTACTS || *object != "Account")
            .collect();
        let mut open: BTreeSet<String> = public.iter().map(|object| (*object).to_owned()).collect();
        if user == CONTACTS {
            open.insert("Contact".to_owned());
        }
        Self {
            user: id("005", user),
            reach,
            reads,
            open,
        }
    }

    /// Whether one of the grants of a document lets the user read it.
    pub fn passes(&self, object: &ObjectName, grants: &BTreeSet<Grant>) -> bool {
        let reads = |object: &ObjectName| self.reads.contains(object.as_str());
        reads(object)
            && grants.iter().any(|grant| {
                let given = match &grant.to {
                    Grantee::All(object) => self.open.contains(object.as_str()) && reads(object),
                    Grantee::Reach(to) => self.reach.contains(to),
                    Grantee::Only(to) => *to == self.user,
                };
                given && grant.path.iter().all(reads)
            })
    }
}
