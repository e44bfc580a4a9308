//! SOQL over a small org that is written out here.

mod aggregates;
mod filters;
mod oracle;
mod refusals;
mod scale;
mod shapes;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{AccessLevel, QueryMode, QueryResult, RecordAccess, Visibility, query};
use crate::{
    error::ApiError,
    org::{Org, Row, stamp},
};

/// Sees everything but what it is told to hide.
#[derive(Default)]
pub struct Permissive {
    pub hidden_objects: BTreeSet<&'static str>,
    /// `Account.Phone`.
    pub hidden_fields: BTreeSet<&'static str>,
    pub hidden_ids: BTreeSet<&'static str>,
}

impl Visibility for Permissive {
    fn object(&self, object: &str) -> bool {
        !self.hidden_objects.contains(object)
    }

    fn field(&self, object: &str, field: &str) -> bool {
        !self
            .hidden_fields
            .contains(format!("{object}.{field}").as_str())
    }

    fn record(&self, _object: &str, row: &Row) -> bool {
        !self.hidden_ids.iter().any(|id| row["Id"] == *id)
    }

    fn user_id(&self) -> Option<&str> {
        Some("005000000000001AAA")
    }

    fn record_access(&self, _user_id: &str, record_id: &str) -> RecordAccess {
        if record_id.starts_with("001") {
            AccessLevel::Edit.into()
        } else {
            AccessLevel::None.into()
        }
    }
}

/// An org with these records, its clock at noon of 18 February 2026.
pub fn org(records: &[(&str, Vec<Value>)]) -> Org {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: String| {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    };
    let settings = json!({"orgId": "00D000000000001EAA", "name": "Test", "myDomain": "test"});
    write("org.json", settings.to_string());
    let describe = json!({"name": "Site__c", "label": "Site", "labelPlural": "Sites", "keyPrefix": "a00", "custom": true, "fields": [
        {"name": "Account__c", "type": "reference", "referenceTo": ["Account"], "relationshipName": "Account__r"},
        {"name": "Tags__c", "type": "multipicklist"},
        {"name": "Tier__c", "type": "picklist", "picklistValues": [{"value": "g", "label": "Gold"}]},
        {"name": "Opened__c", "type": "date"},
        {"name": "Score__c", "type": "double"},
        {"name": "Open__c", "type": "boolean"},
        {"name": "Notes__c", "type": "textarea", "length": 32768, "htmlFormatted": true},
    ]});
    write("describe/Site__c.json", describe.to_string());
    for (object, rows) in records {
        let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
        write(&format!("records/{object}.jsonl"), lines.join("\n"));
    }
    let mut org = Org::load(folder.path()).expect("a loadable folder");
    org.set_clock(stamp::parse("2026-02-18T12:00:00Z"));
    org
}

/// Two accounts with a hierarchy, contacts, cases with comments, tasks, and sites.
pub fn sample() -> Org {
    org(&[
        (
            "User",
            vec![
                json!({"Id": "005000000000001AAA", "FirstName": "Ada", "LastName": "King", "Username": "ada@test.example", "IsActive": true}),
            ],
        ),
        (
            "Group",
            vec![json!({"Id": "00G000000000001AAA", "Name": "Support", "Type": "Queue"})],
        ),
        (
            "Account",
            vec![
                json!({"Id": "001000000000001AAA", "Name": "Acme", "Industry": "Energy", "AnnualRevenue": 1000, "Phone": "1", "OwnerId": "005000000000001AAA",
                "BillingCity": "Bonn", "BillingCountry": "Germany", "CreatedDate": "2026-02-01T08:00:00Z", "SystemModstamp": "2026-02-10T08:00:00Z"}),
                json!({"Id": "001000000000002AAA", "Name": "Zürich AG", "AnnualRevenue": 50.5, "ParentId": "001000000000001AAA", "OwnerId": "005000000000001AAA",
                "CreatedDate": "2026-02-17T08:00:00Z", "SystemModstamp": "2026-02-17T08:00:00Z"}),
                json!({"Id": "001000000000003AAA", "Name": "acme 100%", "Industry": "banking", "IsDeleted": true, "OwnerId": "005000000000001AAA",
                "CreatedDate": "2025-02-01T08:00:00Z"}),
            ],
        ),
        (
            "Contact",
            vec![
                json!({"Id": "003000000000001AAA", "FirstName": "Bo", "LastName": "Berg", "Email": "bo@acme.example", "AccountId": "001000000000001AAA"}),
                json!({"Id": "003000000000002AAA", "LastName": "Alm", "AccountId": "001000000000001AAA"}),
                json!({"Id": "003000000000003AAA", "LastName": "Solo"}),
            ],
        ),
        (
            "Case",
            vec![
                json!({"Id": "500000000000001AAA", "CaseNumber": "00000001", "Subject": "Sensor's \"dead\"", "Status": "New", "Priority": "High", "AccountId": "001000000000001AAA",
                "ContactId": "003000000000001AAA", "OwnerId": "00G000000000001AAA", "Description": "long"}),
                json!({"Id": "500000000000002AAA", "CaseNumber": "00000002", "Subject": "Gateway\nloops", "Status": "Closed", "Priority": "Low", "AccountId": "001000000000002AAA",
                "OwnerId": "005000000000001AAA", "ClosedDate": "2026-02-12T10:00:00Z"}),
                json!({"Id": "500000000000003AAA", "CaseNumber": "00000003", "Status": "New", "Priority": "High", "OwnerId": "005000000000001AAA"}),
            ],
        ),
        (
            "CaseComment",
            vec![
                json!({"Id": "00a000000000001AAA", "ParentId": "500000000000001AAA", "CommentBody": "first", "CreatedDate": "2026-02-02T00:00:00Z"}),
                json!({"Id": "00a000000000002AAA", "ParentId": "500000000000001AAA", "CommentBody": "second", "IsPublished": true, "CreatedDate": "2026-02-03T00:00:00Z"}),
            ],
        ),
        (
            "Task",
            vec![
                json!({"Id": "00T000000000001AAA", "Subject": "Call", "WhatId": "001000000000001AAA", "WhoId": "003000000000001AAA", "ActivityDate": "2026-02-18", "Status": "Completed"}),
                json!({"Id": "00T000000000002AAA", "Subject": "Visit", "WhatId": "500000000000001AAA", "ActivityDate": "2026-02-19"}),
                json!({"Id": "00T000000000003AAA", "Subject": "Old", "IsArchived": true, "ActivityDate": "2020-01-01"}),
            ],
        ),
        (
            "Site__c",
            vec![
                json!({"Id": "a00000000000001AAA", "Name": "North", "Account__c": "001000000000001AAA", "Tags__c": "wet;cold", "Tier__c": "g", "Opened__c": "2024-02-29", "Score__c": 1.5, "Open__c": true, "Notes__c": "<p>n</p>"}),
                json!({"Id": "a00000000000002AAA", "Name": "South", "Account__c": "001000000000001AAA", "Tags__c": "dry", "Opened__c": "2026-02-18", "Score__c": 2.5}),
                json!({"Id": "a00000000000003AAA", "Name": "Nowhere"}),
            ],
        ),
    ])
}

pub fn run(org: &Org, soql: &str) -> QueryResult {
    query(org, &Permissive::default(), soql, QueryMode::Query)
        .unwrap_or_else(|error| panic!("{soql}: {error}"))
}

/// The error of a statement over [`sample`].
pub fn refused(soql: &str) -> ApiError {
    refused_in(soql, QueryMode::Query)
}

pub fn refused_in(soql: &str, mode: QueryMode) -> ApiError {
    match query(&sample(), &Permissive::default(), soql, mode) {
        Ok(result) => panic!("{soql} answered {result:?}"),
        Err(error) => error,
    }
}

/// The values of one column.
pub fn column(org: &Org, soql: &str, name: &str) -> Vec<Value> {
    run(org, soql)
        .records
        .iter()
        .map(|record| record[name].clone())
        .collect()
}

/// The names that a WHERE clause on an object leaves, in id order.
pub fn names(org: &Org, object: &str, condition: &str) -> Vec<String> {
    let soql = format!("SELECT Name FROM {object} WHERE {condition} ORDER BY Id");
    let names = column(org, &soql, "Name");
    names
        .iter()
        .map(|name| name.as_str().unwrap_or("null").to_owned())
        .collect()
}
