//! Writes, against an org that is written out here.

mod articles;
mod lifecycle;
mod stamps;
mod writes;

use serde_json::{Value, json};

use super::{Org, Row, stamp};
use crate::error::ApiError;

pub const ADA: &str = "005000000000001AAA";
pub const BEN: &str = "005000000000002AAA";

/// Two accounts with a contact, cases, an opportunity, activities and shares; the clock stands.
pub fn org() -> Org {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: String| {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    };
    let settings = json!({"orgId": "00D000000000001EAA", "name": "Test", "myDomain": "test", "defaultAccess": {"Account": "None", "Case": "None"}});
    write("org.json", settings.to_string());
    let describe = json!({"name": "Site__c", "keyPrefix": "a00", "custom": true, "fields": [
        {"name": "Account__c", "type": "reference", "referenceTo": ["Account"], "relationshipName": "Account__r", "relationshipOrder": 0, "nillable": false},
        {"name": "Code__c", "type": "string", "length": 10, "unique": true, "externalId": true},
        {"name": "Tier__c", "type": "picklist", "restrictedPicklist": true, "picklistValues": [{"value": "Gold", "label": "Gold"}]},
        {"name": "Number__c", "type": "int"},
    ]});
    write("describe/Site__c.json", describe.to_string());
    for (object, rows) in records() {
        let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
        write(&format!("records/{object}.jsonl"), lines.join("\n"));
    }
    let mut org = Org::load(folder.path()).expect("a loadable folder");
    org.set_clock(stamp::parse("2026-02-18T12:00:00Z"));
    org
}

fn records() -> Vec<(&'static str, Vec<Value>)> {
    vec![
        (
            "User",
            vec![
                json!({"Id": ADA, "Name": "Ada King", "IsActive": true}),
                json!({"Id": BEN, "Name": "Ben Ode", "IsActive": true}),
                json!({"Id": "005000000000003AAA", "Name": "Cy Gone", "IsActive": false}),
            ],
        ),
        (
            "Account",
            vec![
                json!({"Id": "001000000000001AAA", "Name": "Acme", "OwnerId": ADA}),
                json!({"Id": "001000000000002AAA", "Name": "Bolt", "OwnerId": ADA}),
            ],
        ),
        (
            "AccountShare",
            vec![
                json!({"Id": "00r000000000001AAA", "AccountId": "001000000000001AAA", "UserOrGroupId": ADA, "RowCause": "Owner", "AccountAccessLevel": "All"}),
                json!({"Id": "00r000000000002AAA", "AccountId": "001000000000001AAA", "UserOrGroupId": BEN, "RowCause": "Manual", "AccountAccessLevel": "Read"}),
            ],
        ),
        (
            "Contact",
            vec![
                json!({"Id": "003000000000001AAA", "LastName": "Berg", "AccountId": "001000000000001AAA", "OwnerId": ADA}),
                json!({"Id": "003000000000002AAA", "LastName": "Stein", "AccountId": "001000000000002AAA", "OwnerId": ADA}),
            ],
        ),
        (
            "Opportunity",
            vec![
                json!({"Id": "006000000000001AAA", "Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-05-01", "Amount": 200, "AccountId": "001000000000002AAA", "OwnerId": ADA}),
            ],
        ),
        (
            "Case",
            vec![
                json!({"Id": "500000000000001AAA", "CaseNumber": "00000041", "Subject": "Help", "Status": "New", "AccountId": "001000000000001AAA", "OwnerId": ADA}),
                json!({"Id": "500000000000002AAA", "CaseNumber": "00000042", "Status": "Done", "IsClosed": true, "OwnerId": ADA}),
            ],
        ),
        (
            "CaseComment",
            vec![
                json!({"Id": "00a000000000001AAA", "ParentId": "500000000000001AAA", "CommentBody": "one"}),
            ],
        ),
        (
            "EmailMessage",
            vec![
                json!({"Id": "02s000000000001AAA", "ParentId": "500000000000001AAA", "Subject": "mail"}),
            ],
        ),
        (
            "Task",
            vec![
                json!({"Id": "00T000000000001AAA", "Subject": "on case", "WhatId": "500000000000001AAA", "OwnerId": ADA}),
                json!({"Id": "00T000000000002AAA", "Subject": "on contact", "WhoId": "003000000000002AAA", "OwnerId": ADA}),
                json!({"Id": "00T000000000003AAA", "Subject": "on deal", "WhatId": "006000000000001AAA", "WhoId": "003000000000001AAA", "OwnerId": ADA}),
            ],
        ),
        (
            "Site__c",
            vec![
                json!({"Id": "a00000000000001AAA", "Name": "North", "Account__c": "001000000000002AAA", "Code__c": "N1"}),
            ],
        ),
        (
            "ContentNote",
            vec![json!({"Id": "069000000000001AAA", "Title": "Note", "OwnerId": ADA})],
        ),
        (
            "Knowledge__kav",
            vec![
                json!({"Id": "ka0000000000001AAA", "KnowledgeArticleId": "kA0000000000001AAA", "Title": "How", "UrlName": "how", "PublishStatus": "Online", "LastPublishedDate": "2026-01-01T00:00:00Z"}),
                json!({"Id": "ka0000000000002AAA", "KnowledgeArticleId": "kA0000000000002AAA", "Title": "New", "UrlName": "new", "PublishStatus": "Draft"}),
            ],
        ),
        (
            "Knowledge__DataCategorySelection",
            vec![
                json!({"Id": "02o000000000001AAA", "ParentId": "ka0000000000001AAA", "DataCategoryGroupName": "Products", "DataCategoryName": "Sensors"}),
            ],
        ),
    ]
}

pub fn fields(value: Value) -> Row {
    value.as_object().expect("an object").clone()
}

pub fn insert(org: &mut Org, object: &str, value: Value) -> Result<String, ApiError> {
    org.insert(BEN, object, fields(value))
}

pub fn update(org: &mut Org, object: &str, id: &str, value: Value) -> Result<(), ApiError> {
    org.update(BEN, object, id, fields(value))
}

/// One value of a row that may lie in the recycle bin; null when the row is gone.
pub fn value(org: &Org, object: &str, id: &str, field: &str) -> Value {
    let row = org.row_all(object, id);
    row.and_then(|row| row.get(field).cloned())
        .unwrap_or_default()
}
