//! What records look like.

use serde_json::{Value, json};

use super::*;

fn first(soql: &str) -> Value {
    run(&sample(), soql).records.swap_remove(0)
}

#[test]
fn records_carry_attributes_and_only_what_was_selected() {
    let record = first("select id, NAME, industry from account where name = 'ACME'");
    assert_eq!(
        record,
        json!({
            "attributes": {"type": "Account", "url": "/services/data/v66.0/sobjects/Account/001000000000001AAA"},
            "Id": "001000000000001AAA", "Name": "Acme", "Industry": "Energy",
        })
    );
}

#[test]
fn parents_nest_and_missing_ones_are_null() {
    let org = sample();
    let result = run(
        &org,
        "SELECT Name, Account.Name, Account.Owner.Name, Account.Parent.Name FROM Contact ORDER BY Id",
    );
    assert_eq!(
        result.columns,
        [
            "Name",
            "Account.Name",
            "Account.Owner.Name",
            "Account.Parent.Name"
        ]
    );
    assert_eq!(result.records[0]["Account"]["Name"], "Acme");
    assert_eq!(result.records[0]["Account"]["Owner"]["Name"], "Ada King");
    assert_eq!(result.records[0]["Account"]["Parent"], Value::Null);
    assert_eq!(
        result.records[0]["Account"]["attributes"]["type"],
        "Account"
    );
    assert_eq!(result.records[2]["Account"], Value::Null);
    assert_eq!(result.records[0]["Name"], "Bo Berg");
}

#[test]
fn children_nest_with_their_own_clauses() {
    let org = sample();
    let soql = "SELECT Id, (SELECT CommentBody, Parent.CaseNumber FROM CaseComments ORDER BY CreatedDate DESC LIMIT 1) FROM Case ORDER BY CaseNumber";
    let records = run(&org, soql).records;
    let comments = &records[0]["CaseComments"];
    assert_eq!(comments["totalSize"], 1);
    assert_eq!(comments["done"], true);
    assert_eq!(comments["records"][0]["CommentBody"], "second");
    assert_eq!(comments["records"][0]["Parent"]["CaseNumber"], "00000001");
    assert_eq!(records[1]["CaseComments"], Value::Null);
    let sites = run(
        &org,
        "SELECT (SELECT Name FROM Sites__r WHERE Open__c = true) FROM Account WHERE Name = 'Acme'",
    );
    assert_eq!(sites.records[0]["Sites__r"]["records"][0]["Name"], "North");
    let deep = run(
        &org,
        "SELECT (SELECT Id, (SELECT CommentBody FROM CaseComments) FROM Cases) FROM Account WHERE Name = 'Acme'",
    );
    assert_eq!(
        deep.records[0]["Cases"]["records"][0]["CaseComments"]["totalSize"],
        2
    );
}

#[test]
fn polymorphic_parents_have_type_and_name() {
    let org = sample();
    let result = run(
        &org,
        "SELECT What.Type, What.Name, Owner.Name, Who.Email FROM Task WHERE What.Type = 'Case'",
    );
    assert_eq!(result.records.len(), 1);
    assert_eq!(result.records[0]["What"]["Type"], "Case");
    assert_eq!(result.records[0]["What"]["Name"], "00000001");
    assert_eq!(result.records[0]["What"]["attributes"]["type"], "Case");
    assert_eq!(result.records[0]["Who"], Value::Null);
    let queue = run(
        &org,
        "SELECT Owner.Name, Owner.Type FROM Case WHERE Owner.Type = 'Group'",
    );
    assert_eq!(queue.records[0]["Owner"]["Name"], "Support");
}

#[test]
fn typeof_selects_by_the_parents_object() {
    let org = sample();
    let soql = "SELECT TYPEOF What WHEN Account THEN Phone, Name WHEN Case THEN CaseNumber ELSE Name END FROM Task ORDER BY Id";
    let records = run(&org, soql).records;
    assert_eq!(records[0]["What"]["Phone"], "1");
    assert_eq!(records[1]["What"]["CaseNumber"], "00000001");
    assert_eq!(records[1]["What"].get("Phone"), None);
}

#[test]
fn compounds_labels_and_fields_functions() {
    let address = first("SELECT BillingAddress, ShippingAddress FROM Account WHERE Name = 'Acme'");
    assert_eq!(address["BillingAddress"]["city"], "Bonn");
    assert_eq!(address["BillingAddress"]["street"], Value::Null);
    assert_eq!(address["ShippingAddress"], Value::Null);
    assert_eq!(
        first("SELECT toLabel(Tier__c) FROM Site__c WHERE Tier__c = 'g'")["Tier__c"],
        "Gold"
    );
    assert_eq!(
        first("SELECT toLabel(Tier__c) t FROM Site__c WHERE Tier__c = 'g'")["t"],
        "Gold"
    );
    let custom = first("SELECT Name, FIELDS(CUSTOM) FROM Site__c WHERE Name = 'South' LIMIT 5");
    assert_eq!(custom["Open__c"], false);
    assert_eq!(custom["Score__c"], 2.5);
    assert_eq!(custom.get("OwnerId"), None);
    assert!(
        first("SELECT FIELDS(STANDARD) FROM Site__c")
            .get("OwnerId")
            .is_some()
    );
}

#[test]
fn deleted_and_archived_rows_are_for_query_all() {
    let org = sample();
    let visibility = Permissive::default();
    let count = |soql: &str, mode| {
        query(&org, &visibility, soql, mode)
            .expect("an answer")
            .total_size
    };
    assert_eq!(count("SELECT Id FROM Account", QueryMode::Query), 2);
    assert_eq!(count("SELECT Id FROM Account", QueryMode::QueryAll), 3);
    assert_eq!(
        count(
            "SELECT COUNT() FROM Account WHERE IsDeleted = true",
            QueryMode::QueryAll
        ),
        1
    );
    assert_eq!(count("SELECT COUNT() FROM Task", QueryMode::Query), 2);
    assert_eq!(count("SELECT Id FROM Task", QueryMode::BulkAll), 3);
}

#[test]
fn hidden_things_do_not_exist() {
    let org = sample();
    let visibility = Permissive {
        hidden_objects: ["Contract"].into(),
        hidden_fields: ["Account.Phone"].into(),
        hidden_ids: ["001000000000001AAA"].into(),
    };
    let run = |soql: &str| query(&org, &visibility, soql, QueryMode::Query);
    assert_eq!(
        run("SELECT Phone FROM Account").expect_err("hidden").code,
        "INVALID_FIELD"
    );
    assert_eq!(
        run("SELECT Id FROM Account WHERE Phone = '1'")
            .expect_err("hidden")
            .code,
        "INVALID_FIELD"
    );
    assert_eq!(
        run("SELECT Account.Phone FROM Contact")
            .expect_err("hidden")
            .code,
        "INVALID_FIELD"
    );
    assert_eq!(
        run("SELECT Id FROM Contract").expect_err("hidden").code,
        "INVALID_TYPE"
    );
    assert_eq!(
        run("SELECT Id FROM Account").expect("an answer").total_size,
        1
    );
    assert_eq!(
        run("SELECT COUNT() FROM Account")
            .expect("an answer")
            .total_size,
        1
    );
    let contact = run("SELECT AccountId, Account.Name FROM Contact WHERE LastName = 'Berg'")
        .expect("an answer");
    assert_eq!(contact.records[0]["AccountId"], "001000000000001AAA");
    assert_eq!(contact.records[0]["Account"], Value::Null);
    assert_eq!(
        run("SELECT Id FROM Contact WHERE Account.Name = 'Acme'")
            .expect("an answer")
            .total_size,
        0
    );
    let semijoin = "SELECT Id FROM Contact WHERE AccountId IN (SELECT Id FROM Account)";
    assert_eq!(run(semijoin).expect("an answer").total_size, 0);
    let all = run("SELECT FIELDS(ALL) FROM Account LIMIT 1").expect("an answer");
    assert_eq!(all.records[0].get("Phone"), None);
}

#[test]
fn record_access_is_a_virtual_object_and_a_parent() {
    let org = sample();
    let soql = "SELECT RecordId, HasReadAccess, MaxAccessLevel FROM UserRecordAccess WHERE UserId = '005000000000001AAA' AND RecordId IN ('001000000000001AAA', '500000000000001')";
    let records = run(&org, soql).records;
    assert_eq!(records[0]["HasReadAccess"], true);
    assert_eq!(records[0]["MaxAccessLevel"], "Edit");
    assert_eq!(records[1]["RecordId"], "500000000000001AAA");
    assert_eq!(records[1]["HasReadAccess"], false);
    let only = run(&org, &format!("{soql} AND HasReadAccess = true"));
    assert_eq!(only.total_size, 1);
    let parent = run(
        &org,
        "SELECT Id, UserRecordAccess.HasEditAccess, UserRecordAccess.HasAllAccess FROM Account LIMIT 1",
    );
    assert_eq!(parent.records[0]["UserRecordAccess"]["HasEditAccess"], true);
    assert_eq!(parent.records[0]["UserRecordAccess"]["HasAllAccess"], false);
    assert_eq!(
        refused("SELECT RecordId FROM UserRecordAccess WHERE UserId = '005000000000001AAA'").code,
        "MALFORMED_QUERY"
    );
}
