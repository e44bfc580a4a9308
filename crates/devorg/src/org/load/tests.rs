use std::{fs, path::Path};

use serde_json::json;
use tempfile::TempDir;

use crate::org::{FieldType, LoadError, Org};

fn folder(files: &[(&str, String)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let settings = json!({"orgId": "00D000000000001EAA", "name": "Test", "myDomain": "test", "apiVersion": "66.0"});
    write(folder.path(), "org.json", &settings.to_string());
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
    fs::write(file, text).expect("a file");
}

/// Loads the org folders below the one that `DEVORG_TEST_ORGS` names, if it is set.
#[test]
fn folders_given_by_the_environment_load() {
    let Some(root) = std::env::var_os("DEVORG_TEST_ORGS") else {
        return;
    };
    for entry in fs::read_dir(root).expect("the folder of orgs") {
        let folder = entry.expect("an entry").path().join("org");
        if folder.join("org.json").exists() {
            let start = std::time::Instant::now();
            let org = Org::load(&folder).unwrap_or_else(|error| panic!("{error}"));
            let rows: usize = org
                .schema()
                .objects()
                .map(|object| org.rows(&object.name).count())
                .sum();
            assert!(rows > 100, "{} has {rows} rows", folder.display());
            println!("{}: {rows} rows in {:?}", folder.display(), start.elapsed());
        }
    }
}

#[test]
fn unknown_fields_get_the_type_of_their_values() {
    let folder = folder(&[(
        "records/Gadget__c.jsonl",
        [
            json!({"Id": "a0X000000000001", "Name": "One", "Size__c": 3, "Weight__c": 1.5, "Built__c": "2024-02-29",
                "Seen__c": "2024-02-29T10:00:00Z", "Ready__c": true, "Account__c": "001000000000001AAA", "Notes__c": "<p>Hi</p>\n<p>x</p>"}),
            json!({"Id": "a0X000000000002", "Name": "Two", "Size__c": 4, "Weight__c": 2}),
        ]
        .map(|row| row.to_string())
        .join("\n"),
    )]);
    let org = Org::load(folder.path()).expect("a loadable folder");
    let gadget = org.schema().object("gadget__c").expect("the object");
    let kind = |field: &str| gadget.field(field).expect("the field").field_type;
    assert_eq!(kind("Size__c"), FieldType::Int);
    assert_eq!(kind("Weight__c"), FieldType::Double);
    assert_eq!(kind("Built__c"), FieldType::Date);
    assert_eq!(kind("Seen__c"), FieldType::Datetime);
    assert_eq!(kind("Ready__c"), FieldType::Boolean);
    assert_eq!(kind("Account__c"), FieldType::Reference);
    assert_eq!(kind("Notes__c"), FieldType::Textarea);
    assert!(gadget.field("Notes__c").expect("the field").html_formatted);
    let row = org
        .row("Gadget__c", "a0X000000000001")
        .expect("the row, by its short id");
    assert_eq!(row["Seen__c"], "2024-02-29T10:00:00.000+0000");
    assert_eq!(row["Id"].as_str().map(str::len), Some(18));
    let children = &org
        .schema()
        .object("Account")
        .expect("Account")
        .child_relationships;
    assert!(
        children
            .iter()
            .any(|child| child.relationship_name.as_deref() == Some("Gadgets__r"))
    );
}

#[test]
fn missing_system_fields_are_stable_and_in_order() {
    let folder = folder(&[(
        "records/Contact.jsonl",
        [
            json!({"Id": "003000000000001AAA", "FirstName": "Ada", "LastName": "Lovelace", "Phone": 4711}).to_string(),
            json!({"Id": "003000000000002AAA", "Name": "Grace Hopper", "CreatedDate": "2025-01-01T00:00:00Z"}).to_string(),
        ]
        .join("\n"),
    )]);
    let first = Org::load(folder.path()).expect("a loadable folder");
    let second = Org::load(folder.path()).expect("a loadable folder");
    for row in first.rows("Contact") {
        let again = second.row("Contact", row["Id"].as_str().expect("an id"));
        assert_eq!(Some(row), again);
        assert!(row["CreatedDate"].as_str() < row["LastModifiedDate"].as_str());
        assert!(row["LastModifiedDate"].as_str() <= row["SystemModstamp"].as_str());
    }
    let ada = first.row("Contact", "003000000000001AAA").expect("Ada");
    assert_eq!(
        (&ada["Name"], &ada["Phone"]),
        (&json!("Ada Lovelace"), &json!("4711"))
    );
    let grace = first.row("Contact", "003000000000002AAA").expect("Grace");
    assert_eq!(
        (&grace["LastName"], &grace["FirstName"]),
        (&json!("Hopper"), &json!("Grace"))
    );
}

#[test]
fn an_org_without_users_gets_one_and_articles_get_their_flags() {
    let version = |id: &str, language: &str, status: &str| {
        json!({"Id": id, "KnowledgeArticleId": "kA0000000000001AAA", "Language": language, "PublishStatus": status, "Title": "Reset it!"})
            .to_string()
    };
    let folder = folder(&[(
        "records/Knowledge__kav.jsonl",
        [
            version("ka0000000000001AAA", "en_US", "Online"),
            version("ka0000000000002AAA", "de", "Online"),
        ]
        .join("\n"),
    )]);
    let org = Org::load(folder.path()).expect("a loadable folder");
    assert_eq!(org.rows("User").count(), 1);
    assert_eq!(org.rows("KnowledgeArticle").count(), 1);
    let german = org
        .row("Knowledge__kav", "ka0000000000002AAA")
        .expect("the translation");
    assert_eq!(german["IsMasterLanguage"], false);
    assert_eq!(german["IsLatestVersion"], true);
    assert_eq!(german["UrlName"], "Reset-it");
    assert_eq!(org.rows("KnowledgeArticleVersion").count(), 2);
    assert_eq!(
        org.object_of_id("ka0000000000002AAA"),
        Some("Knowledge__kav")
    );
}

#[test]
fn errors_name_file_and_line() {
    for (text, line, reason) in [
        (
            "{\"Id\": \"001000000000001AAA\", \"Name\": \"A\"}\n{oops",
            2,
            "not a JSON object",
        ),
        (
            "\n\n{\"Id\": \"001000000000001AAA\", \"AnnualRevenue\": \"much\"}",
            3,
            "AnnualRevenue is of type currency",
        ),
        (
            "{\"Id\": \"001000000000001AAA\"}\n{\"Id\": \"001000000000001AAA\"}",
            2,
            "stands on line 1 already",
        ),
    ] {
        let folder = folder(&[("records/Account.jsonl", text.to_owned())]);
        let error = Org::load(folder.path()).expect_err("an error");
        let LoadError::Malformed {
            file,
            line: found,
            reason: said,
        } = error
        else {
            panic!("{error}");
        };
        assert!(file.ends_with("records/Account.jsonl"));
        assert_eq!(found, line);
        assert!(said.contains(reason), "{said}");
    }
}

#[test]
fn custom_objects_have_share_tables_and_definitions() {
    let folder = folder(&[
        (
            "describe/Deal__c.json",
            json!({"name": "Deal__c", "keyPrefix": "a07", "custom": true}).to_string(),
        ),
        (
            "describe/Part__c.json",
            json!({"name": "Part__c", "custom": true, "fields": [
                {"name": "Deal__c", "type": "reference", "referenceTo": ["Deal__c"], "relationshipOrder": 0}]})
            .to_string(),
        ),
        (
            "records/Deal__Share.jsonl",
            json!({"ParentId": "a07000000000001AAA", "UserOrGroupId": "005000000000001AAA"}).to_string(),
        ),
    ]);
    let org = Org::load(folder.path()).expect("a loadable folder");
    let share = org.rows("Deal__Share").next().expect("a share row");
    assert_eq!(
        (&share["RowCause"], &share["AccessLevel"]),
        (&json!("Manual"), &json!("Read"))
    );
    assert!(org.schema().object("Part__Share").is_none());
    let deal = org.schema().object("Deal__c").expect("the object");
    assert!(
        deal.child_relationship("Parts__r")
            .is_some_and(|child| child.cascade_delete)
    );
    let defined = org
        .rows("EntityDefinition")
        .any(|row| row["QualifiedApiName"] == "Part__c");
    assert!(defined);
}
