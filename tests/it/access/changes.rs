//! Random changes of who may read what, made in the org and in the oracle's rows alike.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::session::Session;
use super::truth::Truth;
use super::world::{flag, text};
use crate::support::reply;

impl Session {
    /// Makes one change; what the org refuses is left.
    pub async fn change(&mut self) {
        match self.random.usize(..12) {
            0..2 => self.change_owner().await,
            2 => self.share().await,
            3 => self.unshare().await,
            4 => self.join_group().await,
            5 => self.remove_any("GroupMember").await,
            6 => self.assign_set().await,
            7 => {
                let removed = [
                    "PermissionSetAssignment",
                    "FieldPermissions",
                    "CaseTeamMember",
                    "AccountTeamMember",
                    "OpportunityTeamMember",
                    "UserTerritory2Association",
                ];
                let removed = removed[self.random.usize(..removed.len())];
                self.remove_any(removed).await;
            }
            8 => self.toggle("ObjectPermissions", "PermissionsRead").await,
            9 => self.change_person().await,
            10 => self.change_article().await,
            _ => {
                let (object, field) = [
                    ("Event", "IsPrivate"),
                    ("Opportunity", "IsPrivate"),
                    ("FieldPermissions", "PermissionsRead"),
                    ("Group", "DoesIncludeBosses"),
                ][self.random.usize(..4)];
                self.toggle(object, field).await;
            }
        }
        self.synced = false;
        self.truth = Truth::of(&self.world);
    }

    fn any(&mut self, object: &str) -> Option<String> {
        let ids = self.world.ids(object);
        match ids.len() {
            0 => None,
            count => Some(ids[self.random.usize(..count)].clone()),
        }
    }

    /// Rows of the user who syncs stay as they are, and those of permission set groups: Salesforce
    /// sums them up anew by itself.
    fn is_kept(&self, object: &str, id: &str) -> bool {
        if object == "User" {
            return self
                .world
                .ids("User")
                .first()
                .is_some_and(|first| first == id);
        }
        let Some(row) = self.world.row(object, id) else {
            return true;
        };
        let parts = self.world.rows("PermissionSetGroupComponent");
        let mut kept: BTreeSet<&str> = parts
            .filter_map(|(_, row)| text(row, "PermissionSetId"))
            .collect();
        let sets = self.world.rows("PermissionSet");
        let others = sets.filter(|(_, set)| matches!(text(set, "Name"), Some("Sync" | "Both")));
        kept.extend(others.map(|(id, _)| id));
        let is_assigned = object == "PermissionSetAssignment";
        let sync = self.world.ids("User").first().cloned();
        match is_assigned {
            true => text(row, "AssigneeId") == sync.as_deref(),
            false => text(row, "ParentId").is_some_and(|set| kept.contains(set)),
        }
    }

    async fn send(
        &mut self,
        method: reqwest::Method,
        path: &str,
        body: Option<&Value>,
    ) -> Option<Value> {
        let url = format!(
            "{}/services/data/v66.0/sobjects/{path}",
            self.org.devorg.url()
        );
        let mut request = self
            .client
            .request(method.clone(), url)
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let reply = reply(request).await;
        let done = reply.status < 300;
        let told = body.map(Value::to_string).unwrap_or_default();
        let outcome = if done { "" } else { " refused" };
        self.history
            .push(format!("{method} {path} {told}{outcome}"));
        done.then_some(reply.body)
    }

    async fn set(&mut self, object: &str, id: &str, field: &str, value: Value) -> bool {
        let body = json!({field: value});
        let path = format!("{object}/{id}");
        let done = self
            .send(reqwest::Method::PATCH, &path, Some(&body))
            .await
            .is_some();
        if done {
            self.world.set(object, id, field, value);
        }
        done
    }

    async fn insert(&mut self, object: &str, fields: Value) {
        let done = self
            .send(reqwest::Method::POST, object, Some(&fields))
            .await;
        if let Some(id) = done.as_ref().and_then(|reply| reply["id"].as_str()) {
            self.world.insert(object, id.to_owned(), fields);
        }
    }

    async fn remove_any(&mut self, object: &str) {
        let Some(id) = self.any(object) else { return };
        if self.is_kept(object, &id) {
            return;
        }
        let path = format!("{object}/{id}");
        if self
            .send(reqwest::Method::DELETE, &path, None)
            .await
            .is_some()
        {
            self.world.remove(object, &id);
        }
    }

    async fn toggle(&mut self, object: &str, field: &str) {
        let Some(id) = self.any(object) else { return };
        let Some(row) = self.world.row(object, &id) else {
            return;
        };
        if !self.is_kept(object, &id) {
            let value = !flag(row, field);
            if object == "ObjectPermissions" {
                // Who views all records reads them.
                self.set(object, &id, "PermissionsViewAllRecords", false.into())
                    .await;
            }
            self.set(object, &id, field, value.into()).await;
        }
    }

    async fn change_owner(&mut self) {
        let objects = [
            ("Account", "AccountShare", "AccountId"),
            ("Case", "CaseShare", "CaseId"),
            ("Lead", "LeadShare", "LeadId"),
            ("Contact", "ContactShare", "ContactId"),
            ("Opportunity", "OpportunityShare", "OpportunityId"),
            ("Gadget__c", "Gadget__Share", "ParentId"),
        ];
        let (object, shares, record) = objects[self.random.usize(..objects.len())];
        let (Some(id), Some(owner)) = (self.any(object), self.any("User")) else {
            return;
        };
        if !self.set(object, &id, "OwnerId", owner.into()).await {
            return;
        }
        // What was given by hand goes with the former owner.
        for share in self.world.ids(shares) {
            let is_manual = self.world.row(shares, &share).is_some_and(|row| {
                text(row, record) == Some(&id) && text(row, "RowCause") == Some("Manual")
            });
            if is_manual {
                self.world.remove(shares, &share);
            }
        }
    }

    async fn share(&mut self) {
        let tables = [
            ("Case", "CaseShare", "CaseId", "CaseAccessLevel"),
            ("Account", "AccountShare", "AccountId", "AccountAccessLevel"),
            (
                "Opportunity",
                "OpportunityShare",
                "OpportunityId",
                "OpportunityAccessLevel",
            ),
            ("Gadget__c", "Gadget__Share", "ParentId", "AccessLevel"),
        ];
        let (object, table, record, level) = tables[self.random.usize(..tables.len())];
        let to = if self.random.bool() {
            self.any("User")
        } else {
            self.any("Group")
        };
        if let (Some(id), Some(to)) = (self.any(object), to) {
            let share =
                json!({record: id, "UserOrGroupId": to, level: "Read", "RowCause": "Manual"});
            self.insert(table, share).await;
        }
    }

    async fn unshare(&mut self) {
        let tables = [
            "AccountShare",
            "CaseShare",
            "OpportunityShare",
            "LeadShare",
            "Gadget__Share",
        ];
        let table = tables[self.random.usize(..tables.len())];
        self.remove_any(table).await;
    }

    async fn join_group(&mut self) {
        let groups = self.world.rows("Group");
        let open = groups.filter(|(_, row)| matches!(text(row, "Type"), Some("Regular" | "Queue")));
        let open: Vec<String> = open.map(|(id, _)| id.to_owned()).collect();
        let member = if self.random.bool() {
            self.any("User")
        } else {
            self.any("Group")
        };
        if let (false, Some(member)) = (open.is_empty(), member) {
            let group = &open[self.random.usize(..open.len())];
            self.insert(
                "GroupMember",
                json!({"GroupId": group, "UserOrGroupId": member}),
            )
            .await;
        }
    }

    async fn assign_set(&mut self) {
        if let (Some(user), Some(set)) = (self.any("User"), self.any("PermissionSet"))
            && text(
                self.world.row("PermissionSet", &set).expect("a set"),
                "Name",
            ) != Some("Sync")
        {
            let assigned = json!({"AssigneeId": user, "PermissionSetId": set});
            self.insert("PermissionSetAssignment", assigned).await;
        }
    }

    async fn change_person(&mut self) {
        let users = self.world.ids("User");
        let user = users[self.random.usize(1..users.len())].clone();
        match self.random.usize(..3) {
            0 => self.toggle("User", "IsActive").await,
            1 => {
                let role = self.any("UserRole");
                self.set("User", &user, "UserRoleId", role.into()).await;
            }
            _ => {
                if let (Some(role), above) = (self.any("UserRole"), self.any("UserRole")) {
                    self.set("UserRole", &role, "ParentRoleId", above.into())
                        .await;
                }
            }
        }
    }

    /// Articles change their categories here; a version that is online is never edited.
    async fn change_article(&mut self) {
        let Some(version) = self.any("Knowledge__kav") else {
            return;
        };
        if self.random.bool() {
            self.remove_any("Knowledge__DataCategorySelection").await;
        } else {
            let (group, name) = [
                ("Wares", "Pumps"),
                ("Wares", "Ball"),
                ("Places", "North"),
                ("Places", "South"),
            ][self.random.usize(..4)];
            let selected = json!({"ParentId": version, "DataCategoryGroupName": group, "DataCategoryName": name});
            self.insert("Knowledge__DataCategorySelection", selected)
                .await;
        }
    }
}
