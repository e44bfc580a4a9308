//! What Salesforce fills in by itself: system fields, numbers, owners, share rows, closing dates, the
//! records behind notes, files and articles.

use serde_json::{Value, json};

use crate::org::{
    Org, Row,
    derive::{Keep, derive, flag, put},
    load::auto_number_width,
    stamp,
    table::{id_of, text},
    write::touch,
};

impl Org {
    /// System fields, defaults and auto-numbers of a new row.
    pub(super) fn fill_new(&mut self, user_id: &str, object: &str, row: &mut Row) {
        let now = self.next_stamp();
        put(row, "CreatedDate", stamp::format(now).into(), Keep::Nothing);
        put(row, "CreatedById", user_id.into(), Keep::Nothing);
        touch(row, user_id, now);
        put(row, "IsDeleted", false.into(), Keep::Nothing);
        let Some(describe) = self.schema.object(object) else {
            return;
        };
        let mut numbered = Vec::new();
        for field in &describe.fields {
            if let Some(default) = &field.default_value {
                put(row, &field.name, default.clone(), Keep::Given);
            }
            if field.auto_number {
                numbered.push(field.name.clone());
            }
        }
        if describe.field("OwnerId").is_some() {
            put(row, "OwnerId", user_id.into(), Keep::Given);
        }
        if describe.custom && describe.field("Name").is_some() {
            // A record without a name is called by its id.
            let id = row.get("Id").cloned().unwrap_or_default();
            put(row, "Name", id, Keep::Given);
        }
        for field in numbered {
            let number = self.next_number(object, &field);
            row.insert(field, number.into());
        }
        self.fill_article(object, row);
        self.fill_case(object, row);
        if object == "EmailMessage" {
            put(row, "MessageDate", stamp::format(now).into(), Keep::Given);
        }
    }

    fn next_number(&mut self, object: &str, field: &str) -> String {
        let key = (object.to_owned(), field.to_owned());
        let last = self.last_numbers.get(&key).copied();
        let last = last.unwrap_or_else(|| self.highest_number(object, field));
        self.last_numbers.insert(key, last + 1);
        let width = auto_number_width(field);
        format!("{:0width$}", last + 1)
    }

    fn highest_number(&self, object: &str, field: &str) -> u64 {
        let rows = self.rows_all(object);
        let numbers = rows.filter_map(|row| text(row, field)?.parse().ok());
        numbers.max().unwrap_or(0)
    }

    /// A new article is a draft of an article of its own.
    fn fill_article(&mut self, object: &str, row: &mut Row) {
        if object != self.schema.article_object() {
            return;
        }
        let article = self.new_id("KnowledgeArticle", "kA0");
        put(row, "KnowledgeArticleId", article.into(), Keep::Given);
        put(row, "PublishStatus", "Draft".into(), Keep::Nothing);
        put(row, "VersionNumber", 1.into(), Keep::Nothing);
        put(row, "IsLatestVersion", true.into(), Keep::Nothing);
        put(row, "IsMasterLanguage", true.into(), Keep::Given);
        let language = row.get("Language").cloned().unwrap_or_default();
        put(row, "ArticleMasterLanguage", language, Keep::Given);
    }

    /// A case of a contact belongs to the contact's account; one that is born closed knows when.
    fn fill_case(&self, object: &str, row: &mut Row) {
        if object != "Case" {
            return;
        }
        let contact = text(row, "ContactId").and_then(|id| self.row("Contact", id));
        if let Some(account) = contact.and_then(|contact| text(contact, "AccountId")) {
            put(row, "AccountId", account.into(), Keep::Given);
        }
        derive(object, row, &self.outcomes, Keep::Nothing);
        if flag(row, "IsClosed") {
            let created = row.get("CreatedDate").cloned().unwrap_or_default();
            put(row, "ClosedDate", created, Keep::Given);
            put(row, "IsClosedOnCreate", true.into(), Keep::Given);
        }
    }

    /// What follows from the row's own fields, and an activity's account.
    pub(super) fn complete(&self, object: &str, row: &mut Row) {
        derive(object, row, &self.outcomes, Keep::Nothing);
        if matches!(object, "Task" | "Event") {
            match self.activity_account(row) {
                Some(account) => put(row, "AccountId", account.into(), Keep::Nothing),
                None => {
                    row.remove("AccountId");
                }
            }
        }
    }

    fn activity_account(&self, row: &Row) -> Option<String> {
        ["WhatId", "WhoId"].iter().find_map(|field| {
            let id = text(row, field)?;
            let object = self.object_of_id(id)?;
            let field = if object == "Account" {
                "Id"
            } else {
                "AccountId"
            };
            text(self.row(object, id)?, field).map(str::to_owned)
        })
    }

    /// Cases and tasks remember when they were closed.
    pub(super) fn note_closing(&mut self, object: &str, before: &Row, row: &mut Row) {
        let field = match object {
            "Case" => "ClosedDate",
            "Task" => "CompletedDateTime",
            _ => return,
        };
        derive(object, row, &self.outcomes, Keep::Nothing);
        match (flag(before, "IsClosed"), flag(row, "IsClosed")) {
            (false, true) => {
                let now = stamp::format(self.now());
                put(row, field, now.into(), Keep::Nothing);
            }
            (true, false) => {
                row.remove(field);
            }
            (true, true) | (false, false) => {}
        }
    }

    /// The records that come with a new one.
    pub(super) fn after_insert(&mut self, user_id: &str, object: &str, row: &Row) {
        let part = |field: &str| row.get(field).cloned().unwrap_or_default();
        if object == self.schema.article_object() {
            let article = part("KnowledgeArticleId");
            let fields = json!({"Id": article, "ArticleNumber": part("ArticleNumber"), "MasterLanguage": part("Language")});
            self.insert_implied(user_id, "KnowledgeArticle", fields);
        }
        if object == "ContentNote" {
            let fields = json!({"Id": part("Id"), "Title": part("Title"), "OwnerId": part("OwnerId"),
                "FileType": "SNOTE", "FileExtension": "snote"});
            self.insert_implied(user_id, "ContentDocument", fields);
        }
        if object == "ContentVersion" {
            self.after_file(user_id, row);
        }
        self.add_owner_share(user_id, object, row);
    }

    pub(in crate::org) fn insert_implied(&mut self, user_id: &str, object: &str, fields: Value) {
        let Value::Object(mut row) = fields else {
            return;
        };
        row.retain(|_, value| !value.is_null());
        if self.row_all(object, id_of(&row)).is_none() {
            let now = self.next_stamp();
            put(
                &mut row,
                "CreatedDate",
                stamp::format(now).into(),
                Keep::Nothing,
            );
            put(&mut row, "CreatedById", user_id.into(), Keep::Nothing);
            touch(&mut row, user_id, now);
            put(&mut row, "IsDeleted", false.into(), Keep::Nothing);
            self.store(object, row);
        }
    }

    /// The new owner takes over the Owner share row; manual shares go.
    pub(super) fn after_owner_change(&mut self, user_id: &str, object: &str, row: &Row) {
        let Some(share) = Share::of(self, object) else {
            return;
        };
        let shares: Vec<Row> = self
            .children(&share.object, &share.parent, id_of(row))
            .into_iter()
            .cloned()
            .collect();
        let mut has_owner_row = false;
        for mut stored in shares {
            match text(&stored, "RowCause") {
                Some("Owner") => {
                    has_owner_row = true;
                    let owner = row.get("OwnerId").cloned().unwrap_or_default();
                    stored.insert("UserOrGroupId".to_owned(), owner);
                    let now = self.next_stamp();
                    touch(&mut stored, user_id, now);
                    self.replace(&share.object, stored);
                }
                Some("Manual") => self.forget(&share.object, id_of(&stored)),
                Some(_) | None => {}
            }
        }
        if !has_owner_row {
            self.add_owner_share(user_id, object, row);
        }
    }

    /// Where sharing is private or read-only, the owner has a share row.
    fn add_owner_share(&mut self, user_id: &str, object: &str, row: &Row) {
        let Some(share) = Share::of(self, object) else {
            return;
        };
        let default = self
            .settings
            .default_access
            .get(object)
            .map_or("Read", String::as_str);
        let Some(owner) = text(row, "OwnerId").filter(|_| matches!(default, "None" | "Read"))
        else {
            return;
        };
        let prefix = self
            .schema
            .object(&share.object)
            .and_then(|describe| describe.key_prefix.clone());
        let id = self.new_id(&share.object, prefix.as_deref().unwrap_or("aZZ"));
        let mut fields = json!({"Id": id, "UserOrGroupId": owner, "RowCause": "Owner"});
        fields[share.parent] = id_of(row).into();
        fields[share.level] = "All".into();
        self.insert_implied(user_id, &share.object, fields);
    }
}

/// Names of an object's share table and its fields.
struct Share {
    object: String,
    parent: String,
    level: String,
}

impl Share {
    fn of(org: &Org, object: &str) -> Option<Self> {
        let custom = object
            .strip_suffix("__c")
            .map(|stem| format!("{stem}__Share"));
        let is_custom = custom.is_some();
        let share = custom.unwrap_or_else(|| format!("{object}Share"));
        let describe = org.schema.object(&share)?;
        let (parent, level) = if is_custom {
            ("ParentId".to_owned(), "AccessLevel".to_owned())
        } else {
            (format!("{object}Id"), format!("{object}AccessLevel"))
        };
        describe.field(&parent)?;
        Some(Self {
            object: describe.name.clone(),
            parent,
            level,
        })
    }
}
