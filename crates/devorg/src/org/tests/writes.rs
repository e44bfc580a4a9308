//! Insert and update.

use super::*;

#[test]
fn an_insert_fills_in_what_salesforce_does() {
    let mut org = org();
    let version = org.version();
    let id = insert(&mut org, "case", json!({"subject": "New one", "ContactId": "003000000000001", "attributes": {"type": "Case"}})).expect("an id");
    assert_eq!((id.len(), &id[..3]), (18, "500"));
    assert!(org.version() > version);
    let row = org.row("Case", &id[..15]).expect("the row").clone();
    assert_eq!(row["Subject"], "New one");
    assert_eq!(row["CaseNumber"], "00000043");
    assert_eq!(row["Status"], "New");
    assert_eq!(row["Priority"], "Medium");
    assert_eq!(row["IsClosed"], false);
    assert_eq!(row["OwnerId"], BEN);
    assert_eq!(row["CreatedById"], BEN);
    assert_eq!(row["CreatedDate"], "2026-02-18T12:00:00.000+0000");
    assert_eq!(row["ContactId"], "003000000000001AAA");
    assert_eq!(row["AccountId"], "001000000000001AAA");
    assert_eq!(org.object_of_id(&id), Some("Case"));
    assert_eq!(
        org.children("Case", "ContactId", "003000000000001AAA")
            .len(),
        1
    );
    let shares = org.children("CaseShare", "CaseId", &id);
    assert_eq!(
        (&shares[0]["UserOrGroupId"], &shares[0]["RowCause"]),
        (&json!(BEN), &json!("Owner"))
    );
}

#[test]
fn refused_values_name_their_field() {
    let mut org = org();
    for (object, value, code, field) in [
        ("Account", json!({}), "REQUIRED_FIELD_MISSING", "Name"),
        (
            "Account",
            json!({"Name": ""}),
            "REQUIRED_FIELD_MISSING",
            "Name",
        ),
        (
            "Account",
            json!({"Name": "x", "CreatedDate": "2026-01-01T00:00:00Z"}),
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "CreatedDate",
        ),
        (
            "Account",
            json!({"Name": "x", "Id": "001000000000009AAA"}),
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "Id",
        ),
        (
            "Account",
            json!({"Name": "x", "ParentId": "nope"}),
            "MALFORMED_ID",
            "ParentId",
        ),
        (
            "Account",
            json!({"Name": "x", "ParentId": "001000000000001aaa"}),
            "MALFORMED_ID",
            "ParentId",
        ),
        (
            "Account",
            json!({"Name": "x", "ParentId": "001000000000009AAA"}),
            "INVALID_CROSS_REFERENCE_KEY",
            "ParentId",
        ),
        (
            "Account",
            json!({"Name": "x", "ParentId": "003000000000001AAA"}),
            "FIELD_INTEGRITY_EXCEPTION",
            "ParentId",
        ),
        (
            "Account",
            json!({"Name": "x", "OwnerId": "005000000000003AAA"}),
            "INACTIVE_OWNER_OR_USER",
            "OwnerId",
        ),
        (
            "Account",
            json!({"Name": "x".repeat(256)}),
            "STRING_TOO_LONG",
            "Name",
        ),
        (
            "Contact",
            json!({"LastName": "x", "Email": "not an email"}),
            "INVALID_EMAIL_ADDRESS",
            "Email",
        ),
        (
            "Site__c",
            json!({"Name": "x"}),
            "REQUIRED_FIELD_MISSING",
            "Account__c",
        ),
        (
            "Site__c",
            json!({"Name": "x", "Account__c": "001000000000001AAA", "Tier__c": "Tin"}),
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Tier__c",
        ),
        (
            "Site__c",
            json!({"Name": "x", "Account__c": "001000000000001AAA", "Code__c": "n1"}),
            "DUPLICATE_VALUE",
            "Code__c",
        ),
    ] {
        let error = insert(&mut org, object, value.clone()).expect_err("a refusal");
        assert_eq!((error.status, error.code), (400, code), "{value}: {error}");
        assert_eq!(error.fields, [field], "{value}");
    }
    for (object, value, code) in [
        ("Account", json!({"Name": "x", "Nope": 1}), "INVALID_FIELD"),
        (
            "Account",
            json!({"Name": "x", "AnnualRevenue": "much"}),
            "JSON_PARSER_ERROR",
        ),
        ("Account", json!({"Name": ["x"]}), "JSON_PARSER_ERROR"),
        (
            "Opportunity",
            json!({"Name": "x", "StageName": "New", "CloseDate": "soon"}),
            "JSON_PARSER_ERROR",
        ),
        ("Site__c", json!({"Number__c": 1.5}), "JSON_PARSER_ERROR"),
        ("Organization", json!({}), "INVALID_TYPE_FOR_OPERATION"),
    ] {
        assert_eq!(
            insert(&mut org, object, value.clone())
                .expect_err("a refusal")
                .code,
            code,
            "{value}"
        );
    }
    assert_eq!(
        insert(&mut org, "Nope", json!({}))
            .expect_err("a refusal")
            .status,
        404
    );
}

#[test]
fn an_update_changes_only_what_it_names() {
    let mut org = org();
    let before = org
        .row("Account", "001000000000001AAA")
        .expect("Acme")
        .clone();
    update(
        &mut org,
        "Account",
        "001000000000001",
        json!({"phone": "123", "Industry": "Energy"}),
    )
    .expect("an update");
    update(
        &mut org,
        "Account",
        "001000000000001AAA",
        json!({"Phone": null}),
    )
    .expect("an update");
    let row = org.row("Account", "001000000000001AAA").expect("Acme");
    assert_eq!(
        (row.get("Phone"), &row["Industry"]),
        (None, &json!("Energy"))
    );
    assert_eq!(row["CreatedDate"], before["CreatedDate"]);
    assert_eq!(row["LastModifiedById"], BEN);
    for (id, value, status, code) in [
        (
            "001000000000001AAA",
            json!({"Name": null}),
            400,
            "REQUIRED_FIELD_MISSING",
        ),
        (
            "001000000000001AAA",
            json!({"Id": "001000000000001AAA"}),
            400,
            "INVALID_FIELD",
        ),
        (
            "001000000000001AAA",
            json!({"SystemModstamp": "2026-01-01T00:00:00Z"}),
            400,
            "INVALID_FIELD_FOR_INSERT_UPDATE",
        ),
        ("001000000000077AAA", json!({"Name": "x"}), 404, "NOT_FOUND"),
        ("nope", json!({"Name": "x"}), 400, "MALFORMED_ID"),
    ] {
        let error = update(&mut org, "Account", id, value).expect_err("a refusal");
        assert_eq!((error.status, error.code), (status, code));
    }
}

#[test]
fn stamps_grow_even_when_the_clock_stands() {
    let mut org = org();
    let mut last = String::new();
    for number in 0..5 {
        update(
            &mut org,
            "Account",
            "001000000000001AAA",
            json!({"Phone": number.to_string()}),
        )
        .expect("an update");
        let stamp = value(&org, "Account", "001000000000001AAA", "SystemModstamp");
        let stamp = stamp.as_str().expect("a stamp").to_owned();
        assert!(stamp > last, "{stamp} after {last}");
        last = stamp;
    }
    assert!(last.starts_with("2026-02-18T12:00:00.00"), "{last}");
}

#[test]
fn closing_and_reopening_follow_the_status() {
    let mut org = org();
    let id = "500000000000001AAA";
    update(&mut org, "Case", id, json!({"Status": "Done"})).expect("an update");
    assert_eq!(
        value(&org, "Case", id, "IsClosed"),
        true,
        "the folder shows that Done is closed"
    );
    assert_eq!(
        value(&org, "Case", id, "ClosedDate"),
        "2026-02-18T12:00:00.000+0000"
    );
    update(&mut org, "Case", id, json!({"Status": "New"})).expect("an update");
    assert_eq!(value(&org, "Case", id, "IsClosed"), false);
    assert_eq!(value(&org, "Case", id, "ClosedDate"), Value::Null);
    update(
        &mut org,
        "Opportunity",
        "006000000000001AAA",
        json!({"StageName": "Closed Won"}),
    )
    .expect("an update");
    assert_eq!(
        value(&org, "Opportunity", "006000000000001AAA", "IsWon"),
        true
    );
    assert_eq!(
        value(&org, "Opportunity", "006000000000001AAA", "IsClosed"),
        true
    );
    update(
        &mut org,
        "Contact",
        "003000000000001AAA",
        json!({"FirstName": "Bo"}),
    )
    .expect("an update");
    assert_eq!(
        value(&org, "Contact", "003000000000001AAA", "Name"),
        "Bo Berg"
    );
}

#[test]
fn a_new_owner_takes_over_the_owner_share_and_manual_shares_go() {
    let mut org = org();
    update(
        &mut org,
        "Account",
        "001000000000001AAA",
        json!({"OwnerId": BEN}),
    )
    .expect("an update");
    let shares = org.children("AccountShare", "AccountId", "001000000000001AAA");
    assert_eq!(shares.len(), 1);
    assert_eq!(
        (&shares[0]["RowCause"], &shares[0]["UserOrGroupId"]),
        (&json!("Owner"), &json!(BEN))
    );
}

#[test]
fn activities_know_their_account() {
    let mut org = org();
    assert_eq!(
        value(&org, "Task", "00T000000000001AAA", "AccountId"),
        "001000000000001AAA"
    );
    assert_eq!(
        value(&org, "Task", "00T000000000002AAA", "AccountId"),
        "001000000000002AAA"
    );
    let id = insert(
        &mut org,
        "Task",
        json!({"Subject": "x", "WhatId": "006000000000001AAA"}),
    )
    .expect("an id");
    assert_eq!(value(&org, "Task", &id, "AccountId"), "001000000000002AAA");
    update(&mut org, "Task", &id, json!({"WhatId": null})).expect("an update");
    assert_eq!(value(&org, "Task", &id, "AccountId"), Value::Null);
    update(&mut org, "Task", &id, json!({"Status": "Completed"})).expect("an update");
    assert_eq!(value(&org, "Task", &id, "IsClosed"), true);
    assert_ne!(value(&org, "Task", &id, "CompletedDateTime"), Value::Null);
}

#[test]
fn files_make_their_documents() {
    let mut org = org();
    let first = insert(
        &mut org,
        "ContentVersion",
        json!({"Title": "a.txt", "PathOnClient": "a.txt", "VersionData": "QQ=="}),
    )
    .expect("an id");
    let document = value(&org, "ContentVersion", &first, "ContentDocumentId");
    let document = document.as_str().expect("a document").to_owned();
    assert_eq!(value(&org, "ContentDocument", &document, "Title"), "a.txt");
    let second = insert(&mut org, "ContentVersion", json!({"Title": "a.txt", "ContentDocumentId": document, "PathOnClient": "a.txt", "VersionData": "Qg=="})).expect("an id");
    assert_eq!(value(&org, "ContentVersion", &first, "IsLatest"), false);
    assert_eq!(value(&org, "ContentVersion", &second, "IsLatest"), true);
}
