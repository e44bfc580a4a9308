//! The same org as a folder.

use serde_json::{Value, json};

use super::{Grant, Holder, Record, World, record_name, user_name};
use crate::sharing::tests::fixture::{Folder, id};

impl World {
    /// The same org as a folder.
    pub fn folder(&self) -> Folder {
        let mut folder = Folder::new();
        for (object, level) in &self.defaults {
            folder = folder.default_access(object, level);
        }
        folder = self.write_people(folder);
        folder = self.write_groups(folder);
        folder = self.write_sets(folder);
        for (number, record) in self.records.iter().enumerate() {
            folder = folder.row(record.object, &record_name(number), self.fields(record));
        }
        for grant in &self.grants {
            let (table, row) = self.grant_row(grant);
            folder = folder.also(&table, row);
        }
        folder
    }

    fn write_people(&self, mut folder: Folder) -> Folder {
        for (number, above) in self.roles.iter().enumerate() {
            let above = above.map(|above| id("UserRole", &format!("l{above}")));
            folder = folder.row(
                "UserRole",
                &format!("l{number}"),
                json!({"ParentRoleId": above}),
            );
        }
        for (number, user) in self.users.iter().enumerate() {
            let more = json!({
                "IsActive": user.active,
                "UserType": if user.internal { "Standard" } else { "PowerPartner" },
                "UserRoleId": user.role.map(|role| id("UserRole", &format!("l{role}"))),
                "ManagerId": user.manager.map(|manager| id("User", &user_name(manager))),
            });
            folder = folder.user(&user_name(number), more);
        }
        folder
    }

    fn write_groups(&self, mut folder: Folder) -> Folder {
        for (number, group) in self.groups.iter().enumerate() {
            let related = match group.kind {
                kind if kind.starts_with("Role") => {
                    Some(id("UserRole", &format!("l{}", group.related)))
                }
                kind if kind.starts_with("Manager") => Some(id("User", &user_name(group.related))),
                _ => None,
            };
            let fields = json!({
                "Type": group.kind, "RelatedId": related, "DoesIncludeBosses": group.bosses,
            });
            folder = folder.group(&format!("g{number}"), fields, &[]);
            for member in &group.members {
                folder = folder.also(
                    "GroupMember",
                    json!({"GroupId": id("Group", &format!("g{number}")),
                        "UserOrGroupId": holder_id(*member)}),
                );
            }
        }
        folder
    }

    fn write_sets(&self, mut folder: Folder) -> Folder {
        for (number, set) in self.sets.iter().enumerate() {
            let name = format!("s{number}");
            let holders: Vec<String> = (0..self.users.len())
                .filter(|&user| self.users[user].sets.contains(&number))
                .map(user_name)
                .collect();
            let holders: Vec<&str> = holders.iter().map(String::as_str).collect();
            let properties = json!({"PermissionsViewAllData": set.view_all_data});
            folder = folder.permission_set(&name, properties, &holders);
            for (object, right) in &set.objects {
                folder = folder.object_rights(&name, object, &right.to_string());
            }
        }
        folder
    }

    fn record_id(&self, number: usize) -> String {
        id(self.records[number].object, &record_name(number))
    }

    fn fields(&self, record: &Record) -> Value {
        let mut fields = json!({});
        if let Some(owner) = record.owner {
            fields["OwnerId"] = json!(holder_id(owner));
        }
        if let Some(account) = record.account {
            fields["AccountId"] = json!(self.record_id(account));
        }
        if record.private {
            fields["IsPrivate"] = json!(true);
        }
        for &parent in &record.parents {
            let to = self.records[parent].object;
            let field = match (record.object, to) {
                ("Task" | "Event", "Contact") => "WhoId",
                ("Task" | "Event", _) => "WhatId",
                ("EmailMessage", "Case") | ("CaseComment", _) => "ParentId",
                ("EmailMessage", _) => "RelatedToId",
                ("Contract", _) => "AccountId",
                ("CaseArticle", _) => "CaseId",
                ("OpportunityLineItem" | "OpportunityContactRole", _) => "OpportunityId",
                ("Line__c", "Account") => "Account__c",
                (_, parent) => parent,
            };
            fields[field] = json!(self.record_id(parent));
        }
        fields
    }

    fn grant_row(&self, grant: &Grant) -> (String, Value) {
        let object = self.records[grant.record].object;
        let (record, to) = (self.record_id(grant.record), holder_id(grant.to));
        let parent = format!("{object}Id");
        let access = format!("{object}AccessLevel");
        if grant.team {
            let row = match object {
                "Case" => json!({"ParentId": record, "MemberId": to}),
                _ => json!({parent: record, "UserId": to, access: "Read"}),
            };
            return (format!("{object}TeamMember"), row);
        }
        if let Some(custom) = object.strip_suffix("__c") {
            let row = json!({"ParentId": record, "UserOrGroupId": to, "AccessLevel": "Edit"});
            return (format!("{custom}__Share"), row);
        }
        let mut row = json!({parent: record, "UserOrGroupId": to, access: "Read"});
        if object == "Account" {
            for child in ["Case", "Contact", "Opportunity"] {
                let opened = grant.below == Some(child);
                let level = if opened { "Read" } else { "None" };
                row[format!("{child}AccessLevel")] = json!(level);
            }
        }
        (format!("{object}Share"), row)
    }
}

fn holder_id(holder: Holder) -> String {
    match holder {
        Holder::User(user) => id("User", &user_name(user)),
        Holder::Group(group) => id("Group", &format!("g{group}")),
    }
}
