//! What a folder leaves out and every org has: system fields, owners, numbers, and the rows that other
//! rows imply. All of it is the same each time that the folder is loaded.

mod articles;
mod files;

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Records, implied, numbered_id};
use crate::org::{
    ObjectDescribe, OrgSettings, Row, Schema,
    derive::{Keep, Outcomes, derive, flag, put, time},
    id::{self, IdKey},
    stamp,
    table::{id_of, text},
};

/// 1 January 2024: no record without dates is older, or younger than 15 months later.
const EARLIEST: i64 = 1_704_067_200;

pub fn complete(settings: &OrgSettings, schema: &Schema, records: &mut Records) {
    number_rows(schema, records);
    number_names(schema, records);
    imply_organization(settings, records);
    imply_user(settings, records);
    imply_definitions(settings, schema, records);
    articles::complete(schema, records);
    files::imply_documents(records);
    let user = default_user(records);
    let accounts = account_of_records(records);
    for (object, rows) in records {
        let Some(describe) = schema.object(object) else {
            continue;
        };
        let outcomes = outcomes(object, rows);
        for (_, row) in rows {
            if describe.is_setup || object.ends_with("Share") || object.ends_with("TeamMember") {
                defaults(describe, row);
            }
            own(describe, row, &user);
            derive(object, row, &outcomes, Keep::Given);
            activity_account(object, row, &accounts);
            stamps(row, &user);
        }
    }
}

/// Ids for the rows that come without one.
fn number_rows(schema: &Schema, records: &mut Records) {
    for (object, rows) in records {
        let describe = schema.object(object);
        let prefix = describe.and_then(|describe| describe.key_prefix.as_deref());
        for (number, (_, row)) in rows.iter_mut().enumerate() {
            if text(row, "Id").is_none() {
                let id = numbered_id(prefix.unwrap_or("aZZ"), number);
                row.insert("Id".to_owned(), id.into());
            }
        }
    }
}

fn imply_organization(settings: &OrgSettings, records: &mut Records) {
    let rows = records.entry("Organization".to_owned()).or_default();
    if !rows.is_empty() {
        return;
    }
    let id =
        IdKey::parse(&settings.org_id).map_or_else(|| settings.org_id.clone(), |key| key.widen());
    let access = |object: &str| {
        let access = settings.default_access.get(object);
        access.map_or_else(|| Value::from("Read"), |access| access.as_str().into())
    };
    rows.push(implied(
        id,
        &[
            ("Name", settings.name.as_str().into()),
            ("OrganizationType", "Enterprise Edition".into()),
            ("IsSandbox", false.into()),
            ("LanguageLocaleKey", "en_US".into()),
            ("TimeZoneSidKey", "GMT".into()),
            ("DefaultAccountAccess", access("Account")),
            ("DefaultContactAccess", access("Contact")),
            ("DefaultOpportunityAccess", access("Opportunity")),
            ("DefaultCaseAccess", access("Case")),
            ("DefaultLeadAccess", access("Lead")),
        ],
    ));
}

/// The default of an object as EntityDefinition spells it. Activities have one together.
fn sharing_model<'a>(settings: &'a OrgSettings, object: &ObjectDescribe) -> &'a str {
    let default = |name: &str| settings.default_access.get(name).map(String::as_str);
    let is_activity = matches!(object.name.as_str(), "Task" | "Event");
    let is_detail = object
        .fields
        .iter()
        .any(|field| field.relationship_order.is_some());
    let listed = match default(&object.name) {
        None if is_activity => default("Activity"),
        listed => listed,
    };
    match listed {
        None if is_activity || is_detail || object.name == "Contract" => "ControlledByParent",
        None => "Read",
        Some("None") => "Private",
        Some("Edit") => "ReadWrite",
        Some("ReadEditTransfer") => "ReadWriteTransfer",
        Some(other) => other,
    }
}

/// A row of EntityDefinition for every object.
fn imply_definitions(settings: &OrgSettings, schema: &Schema, records: &mut Records) {
    let rows = records.entry("EntityDefinition".to_owned()).or_default();
    if !rows.is_empty() {
        return;
    }
    for (number, object) in schema.objects().enumerate() {
        let model = sharing_model(settings, object);
        rows.push(implied(
            numbered_id("4ie", number),
            &[
                ("DurableId", object.name.as_str().into()),
                ("QualifiedApiName", object.name.as_str().into()),
                ("DeveloperName", object.name.trim_end_matches("__c").into()),
                ("Label", object.label.as_str().into()),
                ("PluralLabel", object.label_plural.as_str().into()),
                ("KeyPrefix", object.key_prefix.clone().into()),
                ("InternalSharingModel", model.into()),
                ("ExternalSharingModel", model.into()),
                ("IsQueryable", object.queryable.into()),
                ("IsCustomizable", (!object.is_setup).into()),
            ],
        ));
    }
}

/// An org without users could not be signed in to: it gets one.
fn imply_user(settings: &OrgSettings, records: &mut Records) {
    let rows = records.entry("User".to_owned()).or_default();
    if rows.is_empty() {
        let username = format!("integration@{}.example", settings.my_domain);
        rows.push(implied(
            id::generate("005", 1),
            &[
                ("Username", username.as_str().into()),
                ("Email", username.as_str().into()),
                ("LastName", "Integration".into()),
                ("Alias", "integr".into()),
            ],
        ));
    }
    for (_, row) in rows {
        put(row, "IsActive", true.into(), Keep::Given);
    }
}

/// Who owns and made what names nobody: the first active user.
fn default_user(records: &Records) -> String {
    let users = records.get("User").map_or(&[][..], Vec::as_slice);
    let active = users.iter().find(|(_, row)| flag(row, "IsActive"));
    let user = active.or(users.first());
    user.map(|(_, row)| id_of(row).to_owned())
        .unwrap_or_default()
}

fn outcomes(object: &str, rows: &[(usize, Row)]) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for (_, row) in rows {
        outcomes.learn(object, row);
    }
    outcomes
}

/// Auto-numbers for the rows that come without, after the highest that is given.
fn number_names(schema: &Schema, records: &mut Records) {
    for (object, rows) in records {
        let fields = schema
            .object(object)
            .map_or(&[][..], |object| &object.fields);
        for field in fields.iter().filter(|field| field.auto_number) {
            number_field(&field.name, rows);
        }
    }
}

fn number_field(field: &str, rows: &mut [(usize, Row)]) {
    let given = rows
        .iter()
        .filter_map(|(_, row)| text(row, field)?.parse::<u64>().ok());
    let mut number = given.max().unwrap_or(0);
    for (_, row) in rows {
        if text(row, field).is_none() {
            number += 1;
            let width = auto_number_width(field);
            row.insert(field.to_owned(), format!("{number:0width$}").into());
        }
    }
}

/// Digits of an auto-number: article numbers have nine, the others eight.
pub fn auto_number_width(field: &str) -> usize {
    if field == "ArticleNumber" { 9 } else { 8 }
}

fn defaults(describe: &ObjectDescribe, row: &mut Row) {
    for field in &describe.fields {
        if let Some(default) = &field.default_value
            && !default.is_boolean()
        {
            put(row, &field.name, default.clone(), Keep::Given);
        }
    }
}

fn own(describe: &ObjectDescribe, row: &mut Row, user: &str) {
    if describe.field("OwnerId").is_some() {
        put(row, "OwnerId", user.into(), Keep::Given);
    }
}

/// The account of every record that an activity can be about.
fn account_of_records(records: &Records) -> HashMap<IdKey, String> {
    let mut accounts = HashMap::new();
    for object in [
        "Account",
        "Contact",
        "Opportunity",
        "Case",
        "Contract",
        "Asset",
    ] {
        let field = if object == "Account" {
            "Id"
        } else {
            "AccountId"
        };
        for (_, row) in records.get(object).map_or(&[][..], Vec::as_slice) {
            if let Some((key, account)) = IdKey::parse(id_of(row)).zip(text(row, field)) {
                accounts.insert(key, account.to_owned());
            }
        }
    }
    accounts
}

fn activity_account(object: &str, row: &mut Row, accounts: &HashMap<IdKey, String>) {
    if !matches!(object, "Task" | "Event") {
        return;
    }
    let account = ["WhatId", "WhoId"]
        .iter()
        .find_map(|field| accounts.get(&IdKey::parse(text(row, field)?)?));
    if let Some(account) = account {
        put(row, "AccountId", account.as_str().into(), Keep::Given);
    }
}

/// Creation before change, change not after the stamp, all before now and the same at each load.
fn stamps(row: &mut Row, user: &str) {
    let modified = time(row, "LastModifiedDate").or_else(|| time(row, "SystemModstamp"));
    let spread = spread(id_of(row));
    let created = time(row, "CreatedDate").unwrap_or_else(|| match modified {
        Some(modified) => modified - Duration::hours(1 + spread % 240),
        None => earliest() + Duration::seconds(spread % (300 * 86_400)),
    });
    let modified = modified.unwrap_or_else(|| change_after(row, created, spread));
    for (field, time) in [
        ("CreatedDate", created),
        ("LastModifiedDate", modified),
        ("SystemModstamp", modified),
    ] {
        if !row.contains_key(field) {
            row.insert(field.to_owned(), stamp::format(time).into());
        }
    }
    put(row, "IsDeleted", false.into(), Keep::Given);
    put(row, "CreatedById", user.into(), Keep::Given);
    let creator = row.get("CreatedById").cloned().unwrap_or_default();
    put(row, "LastModifiedById", creator, Keep::Given);
    if row.contains_key("FromAddress") {
        put(
            row,
            "MessageDate",
            stamp::format(created).into(),
            Keep::Given,
        );
    }
}

/// A last change after the creation and after whatever happened to the record.
fn change_after(row: &Row, created: DateTime<Utc>, spread: i64) -> DateTime<Utc> {
    let events = [
        "ClosedDate",
        "CompletedDateTime",
        "LastPublishedDate",
        "ActivatedDate",
        "MessageDate",
    ];
    let last = events.iter().filter_map(|field| time(row, field)).max();
    let last = last.map_or(created, |last| last.max(created));
    let later = last + Duration::seconds(60 + spread % 86_400);
    if later < Utc::now() {
        later
    } else {
        last + Duration::seconds(1)
    }
}

fn earliest() -> DateTime<Utc> {
    DateTime::from_timestamp(EARLIEST, 0).unwrap_or_default()
}

/// A number that looks random and depends on nothing but the id.
fn spread(id: &str) -> i64 {
    let digest = Sha256::digest(id.as_bytes());
    digest[..4]
        .iter()
        .fold(0, |number, byte| number << 8 | i64::from(*byte))
}
