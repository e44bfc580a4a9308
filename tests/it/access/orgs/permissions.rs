//! Profiles, permission sets and their groups; data-category visibility.

use serde_json::{Value, json};

use super::super::world::{Row, flag, text};
use super::Maker;

/// Objects that permission sets speak of.
const OBJECTS: [&str; 9] = [
    "Account",
    "Case",
    "Contact",
    "Contract",
    "Gadget__c",
    "Knowledge__kav",
    "Lead",
    "Opportunity",
    "Part__c",
];
/// Objects of which only some orgs' permission sets speak: elsewhere everybody reads them, or as
/// their parent.
const PERHAPS: [&str; 3] = ["Event", "Task", "EmailMessage"];
/// The fields that field-level security can hide, of each object.
pub const HIDEABLE: [(&str, &[&str]); 14] = [
    (
        "Account",
        &[
            "Description",
            "Industry",
            "AnnualRevenue",
            "ParentId",
            "Type",
        ],
    ),
    (
        "Case",
        &[
            "AccountId",
            "ContactId",
            "ParentId",
            "Subject",
            "Description",
            "Type",
            "Origin",
            "Status",
            "Priority",
            "SuppliedName",
            "SuppliedEmail",
            "Notes__c",
            "Reason",
            "SuppliedCompany",
        ],
    ),
    ("CaseArticle", &["KnowledgeArticleId"]),
    (
        "Contact",
        &[
            "AccountId",
            "ReportsToId",
            "Title",
            "Department",
            "Email",
            "Description",
        ],
    ),
    (
        "Contract",
        &["SpecialTerms", "Description", "Status", "StartDate"],
    ),
    (
        "EmailMessage",
        &[
            "TextBody",
            "HtmlBody",
            "Subject",
            "FromName",
            "FromAddress",
            "MessageDate",
            "ParentId",
            "RelatedToId",
            "ActivityId",
        ],
    ),
    (
        "Event",
        &[
            "AccountId",
            "WhatId",
            "WhoId",
            "Subject",
            "Description",
            "Location",
            "Type",
            "IsPrivate",
            "StartDateTime",
        ],
    ),
    ("Gadget__c", &["Label__c", "Body__c"]),
    ("Knowledge__kav", &["Summary", "Answer__c"]),
    (
        "Lead",
        &[
            "Title",
            "Email",
            "Description",
            "Status",
            "Rating",
            "LeadSource",
        ],
    ),
    (
        "Opportunity",
        &[
            "AccountId",
            "Description",
            "NextStep",
            "Amount",
            "Type",
            "IsPrivate",
            "Probability",
            "LeadSource",
        ],
    ),
    (
        "OpportunityLineItem",
        &["Description", "Quantity", "Product2Id"],
    ),
    ("Part__c", &["Notes__c"]),
    (
        "Task",
        &[
            "AccountId",
            "WhatId",
            "WhoId",
            "Subject",
            "Description",
            "Type",
            "Status",
            "Priority",
        ],
    ),
];

impl Maker {
    pub(super) fn permissions(&mut self) {
        let spoken_of = self.spoken_of();
        self.integration(&spoken_of);
        let mut sets = Vec::new();
        for profile in self.world.ids("Profile") {
            let set = json!({"Name": format!("X{profile}"), "Label": "Of a profile", "Type": "Profile",
                "IsOwnedByProfile": true, "ProfileId": profile});
            let set = self.world.add("PermissionSet", "0PS", set);
            self.grant(&set, &spoken_of, 90);
            sets.push(set);
        }
        for number in 0..self.random.usize(2..6) {
            let all_data = self.one_in(8);
            let set = json!({"Name": format!("Set{number}"), "Label": format!("Set {number}"),
                "Type": "Regular", "IsOwnedByProfile": false, "PermissionsViewAllData": all_data});
            let set = self.world.add("PermissionSet", "0PS", set);
            self.grant(&set, &spoken_of, 45);
            for _ in 0..self.random.usize(..4) {
                let user = self.user();
                let assigned = json!({"AssigneeId": user, "PermissionSetId": set});
                self.world.add("PermissionSetAssignment", "0Pa", assigned);
            }
            sets.push(set);
        }
        self.set_group(&sets);
        self.category_visibility(&sets);
    }

    fn spoken_of(&mut self) -> Vec<&'static str> {
        let mut spoken_of = OBJECTS.to_vec();
        for object in PERHAPS {
            if self.one_in(3) {
                spoken_of.push(object);
            }
        }
        spoken_of
    }

    /// The user who syncs reads everything.
    fn integration(&mut self, spoken_of: &[&str]) {
        let set = json!({"Name": "Sync", "Label": "Sync", "Type": "Regular", "IsOwnedByProfile": false,
            "PermissionsViewAllData": true, "PermissionsModifyAllData": true});
        let set = self.world.add("PermissionSet", "0PS", set);
        for object in spoken_of {
            self.new_object_row(&set, object, false);
        }
        let secured = |object: &str| {
            spoken_of.contains(&object)
                || ["Task", "Event", "OpportunityLineItem"].contains(&object)
        };
        for (object, fields) in HIDEABLE.iter().filter(|(object, _)| secured(object)) {
            for field in *fields {
                self.new_field_row(&set, object, field);
            }
        }
        let assigned = json!({"AssigneeId": self.users[0], "PermissionSetId": set});
        self.world.add("PermissionSetAssignment", "0Pa", assigned);
    }

    /// Lets a set read some objects, and of each most fields or few.
    fn grant(&mut self, set: &str, spoken_of: &[&str], percent: usize) {
        let likely = |maker: &mut Self| maker.random.usize(..100) < percent;
        for object in spoken_of {
            if likely(self) {
                let all = *object != "Knowledge__kav" && self.one_in(12);
                self.new_object_row(set, object, all);
            }
        }
        for (object, fields) in HIDEABLE {
            let secured = spoken_of.contains(&object)
                || ["Task", "Event", "OpportunityLineItem"].contains(&object);
            for field in fields.iter().filter(|_| secured) {
                if likely(self) {
                    self.new_field_row(set, object, field);
                }
            }
        }
    }

    fn new_object_row(&mut self, set: &str, object: &str, all: bool) {
        let row = json!({"ParentId": set, "SobjectType": object, "PermissionsRead": true,
            "PermissionsViewAllRecords": all, "PermissionsCreate": false, "PermissionsEdit": false});
        self.world.add("ObjectPermissions", "110", row);
    }

    fn new_field_row(&mut self, set: &str, object: &str, field: &str) {
        let row = json!({"ParentId": set, "SobjectType": object, "Field": format!("{object}.{field}"),
            "PermissionsRead": true, "PermissionsEdit": false});
        self.world.add("FieldPermissions", "01k", row);
    }

    fn set_group(&mut self, sets: &[String]) {
        let group = json!({"MasterLabel": "Both", "DeveloperName": "Both", "Status": "Updated"});
        let group = self.world.add("PermissionSetGroup", "0PG", group);
        let sum = json!({"Name": "Both", "Label": "Both", "Type": "Group", "IsOwnedByProfile": false,
            "PermissionSetGroupId": group});
        let sum = self.world.add("PermissionSet", "0PS", sum);
        for _ in 0..2 {
            let set = sets[self.random.usize(5..sets.len())].clone();
            let part = json!({"PermissionSetGroupId": group, "PermissionSetId": set});
            self.world.add("PermissionSetGroupComponent", "0PH", part);
            self.sum_up(&set, &sum);
        }
        for _ in 0..2 {
            let user = self.user();
            let mut assigned = json!({"AssigneeId": user, "PermissionSetGroupId": group});
            if self.random.bool() {
                assigned["PermissionSetId"] = sum.clone().into();
            }
            self.world.add("PermissionSetAssignment", "0Pa", assigned);
        }
    }

    /// Salesforce keeps what a group's sets grant on a set of its own.
    fn sum_up(&mut self, set: &str, sum: &str) {
        let all_data = self
            .world
            .row("PermissionSet", set)
            .map(|row| flag(row, "PermissionsViewAllData"));
        if all_data == Some(true) {
            self.world
                .set("PermissionSet", sum, "PermissionsViewAllData", true.into());
        }
        for (table, prefix) in [("ObjectPermissions", "110"), ("FieldPermissions", "01k")] {
            let rows = self.world.rows(table).map(|(_, row)| row.clone());
            let rows: Vec<Row> = rows
                .filter(|row| text(row, "ParentId") == Some(set))
                .collect();
            for mut row in rows {
                row.insert("ParentId".to_owned(), sum.into());
                self.world.add(table, prefix, row.into());
            }
        }
    }

    fn category_visibility(&mut self, sets: &[String]) {
        let mut visibility: Vec<Value> = Vec::new();
        let profiles = self.world.ids("Profile");
        for (group, names) in [
            (
                "Wares",
                &["AllWares", "Pumps", "Valves", "Rotary", "Piston", "Ball"][..],
            ),
            ("Places", &["AllPlaces", "North", "South"][..]),
        ] {
            if self.one_in(3) {
                continue;
            }
            for _ in 0..self.random.usize(1..7) {
                let (kind, holders) = match self.random.usize(..3) {
                    0 => ("role", self.roles.clone()),
                    1 => ("permissionSet", sets.to_vec()),
                    _ => ("profile", profiles.clone()),
                };
                let holder = self.pick(&holders).cloned();
                let chosen = names[self.random.usize(..names.len())];
                visibility.push(match self.random.usize(..5) {
                    0 => json!({kind: holder, "group": group, "visibility": "All"}),
                    1 => json!({kind: holder, "group": group, "visibility": "None"}),
                    _ => json!({kind: holder, "group": group, "visibility": "Custom",
                                "categories": [chosen]}),
                });
            }
        }
        self.world.settings["categoryVisibility"] = visibility.into();
    }
}
