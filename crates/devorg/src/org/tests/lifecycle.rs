//! Delete, undelete, merge, and what replication tells of them.

use chrono::Duration;

use super::*;

const ON_CASE: [(&str, &str); 4] = [
    ("Case", "500000000000001AAA"),
    ("CaseComment", "00a000000000001AAA"),
    ("EmailMessage", "02s000000000001AAA"),
    ("Task", "00T000000000001AAA"),
];

#[test]
fn a_case_takes_its_thread_along_and_brings_it_back() {
    let mut org = org();
    let before = value(&org, "CaseComment", "00a000000000001AAA", "SystemModstamp");
    org.delete(BEN, "Case", "500000000000001AAA")
        .expect("a delete");
    for (object, id) in ON_CASE {
        assert!(org.row(object, id).is_none(), "{object}");
        assert_eq!(value(&org, object, id, "IsDeleted"), true, "{object}");
    }
    assert!(
        value(&org, "CaseComment", "00a000000000001AAA", "SystemModstamp").as_str()
            > before.as_str()
    );
    assert_eq!(
        org.delete(BEN, "Case", "500000000000001AAA")
            .expect_err("gone")
            .code,
        "ENTITY_IS_DELETED"
    );
    assert_eq!(
        update(
            &mut org,
            "Case",
            "500000000000001AAA",
            json!({"Subject": "x"})
        )
        .expect_err("gone")
        .status,
        404
    );
    org.undelete("500000000000001AAA").expect("an undelete");
    for (object, id) in ON_CASE {
        assert!(org.row(object, id).is_some(), "{object}");
    }
    assert_eq!(
        org.undelete("500000000000001AAA").expect_err("live").code,
        "UNDELETE_FAILED"
    );
}

#[test]
fn what_was_deleted_before_stays_deleted() {
    let mut org = org();
    org.delete(BEN, "CaseComment", "00a000000000001AAA")
        .expect("a delete");
    org.delete(BEN, "Case", "500000000000001AAA")
        .expect("a delete");
    org.undelete("500000000000001AAA").expect("an undelete");
    assert!(org.row("CaseComment", "00a000000000001AAA").is_none());
    assert!(org.row("EmailMessage", "02s000000000001AAA").is_some());
}

#[test]
fn an_account_takes_its_people_and_deals_but_not_with_cases() {
    let mut org = org();
    let refusal = org
        .delete(BEN, "Account", "001000000000001AAA")
        .expect_err("it has a case");
    assert_eq!(refusal.code, "DELETE_FAILED");
    assert!(
        refusal.message.contains("Acme") && refusal.message.contains("00000041"),
        "{refusal}"
    );
    org.delete(BEN, "Account", "001000000000002AAA")
        .expect("a delete");
    for (object, id) in [
        ("Contact", "003000000000002AAA"),
        ("Opportunity", "006000000000001AAA"),
        ("Task", "00T000000000002AAA"),
        ("Task", "00T000000000003AAA"),
        ("Site__c", "a00000000000001AAA"),
    ] {
        assert!(org.row(object, id).is_none(), "{object} {id}");
    }
    assert!(org.row("Contact", "003000000000001AAA").is_some());
    org.undelete("001000000000002AAA").expect("an undelete");
    assert!(org.row("Task", "00T000000000003AAA").is_some());
}

#[test]
fn notes_and_their_documents_are_one() {
    let mut org = org();
    assert!(org.row("ContentDocument", "069000000000001AAA").is_some());
    org.delete(BEN, "ContentNote", "069000000000001AAA")
        .expect("a delete");
    assert!(org.row("ContentDocument", "069000000000001AAA").is_none());
}

#[test]
fn a_hard_delete_leaves_no_trace() {
    let mut org = org();
    org.hard_delete("500000000000001AAA")
        .expect("a hard delete");
    for (object, id) in ON_CASE {
        assert!(org.row_all(object, id).is_none(), "{object}");
    }
    let deleted = org
        .deleted(
            "Case",
            org.now() - Duration::days(1),
            org.now() + Duration::hours(1),
        )
        .expect("an answer");
    assert!(deleted.records.is_empty());
}

#[test]
fn replication_tells_changes_and_deletions_apart() {
    let mut org = org();
    let (start, end) = (
        org.now() - Duration::hours(1),
        org.now() + Duration::hours(1),
    );
    update(
        &mut org,
        "Case",
        "500000000000002AAA",
        json!({"Subject": "changed"}),
    )
    .expect("an update");
    org.delete(BEN, "Case", "500000000000001AAA")
        .expect("a delete");
    let updated = org.updated("case", start, end).expect("an answer");
    assert_eq!(updated.ids, ["500000000000002AAA"]);
    assert_eq!(updated.latest_date_covered, org.now());
    let deleted = org.deleted("Case", start, end).expect("an answer");
    assert_eq!(deleted.records.len(), 1);
    assert_eq!(deleted.records[0].id, "500000000000001AAA");
    for (start, end) in [
        (end, start),
        (start, start),
        (start - Duration::days(16), end),
    ] {
        assert_eq!(
            org.deleted("Case", start, end).expect_err("a refusal").code,
            "INVALID_REPLICATION_DATE"
        );
    }
    assert!(org.updated("Case", start - Duration::days(16), end).is_ok());
    assert!(
        org.updated("Case", start - Duration::days(31), end)
            .is_err()
    );
    assert_eq!(
        org.updated("User", start, end)
            .expect_err("no recycle bin")
            .status,
        404
    );
}

#[test]
fn a_merge_moves_children_and_bins_the_merged() {
    let mut org = org();
    org.merge("Account", "001000000000001AAA", &["001000000000002AAA"])
        .expect("a merge");
    assert_eq!(
        value(&org, "Contact", "003000000000002AAA", "AccountId"),
        "001000000000001AAA"
    );
    assert_eq!(
        value(&org, "Opportunity", "006000000000001AAA", "AccountId"),
        "001000000000001AAA"
    );
    assert_eq!(
        value(&org, "Account", "001000000000002AAA", "MasterRecordId"),
        "001000000000001AAA"
    );
    assert!(org.row("Account", "001000000000002AAA").is_none());
    assert!(org.row("Contact", "003000000000002AAA").is_some());
    for (object, merged) in [
        ("Account", "001000000000001AAA"),
        ("Task", "00T000000000001AAA"),
    ] {
        assert!(
            org.merge(object, "001000000000001AAA", &[merged]).is_err(),
            "{object}"
        );
    }
}

#[test]
fn setup_records_have_no_recycle_bin() {
    let mut org = org();
    let group = insert(&mut org, "Group", json!({"Name": "G"})).expect("an id");
    let member = insert(
        &mut org,
        "GroupMember",
        json!({"GroupId": group, "UserOrGroupId": ADA}),
    )
    .expect("an id");
    org.delete(BEN, "GroupMember", &member).expect("a delete");
    assert!(org.row_all("GroupMember", &member).is_none());
}
