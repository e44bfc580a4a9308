//! Whatever changes a row moves its stamp: who reads by stamps misses nothing.

use std::collections::BTreeMap;

use super::*;

/// Every row of the org, also in the recycle bin, by object and id.
fn snapshot(org: &Org) -> BTreeMap<(String, String), Row> {
    let mut rows = BTreeMap::new();
    for object in org.tables.keys() {
        for row in org.rows_all(object) {
            let id = row["Id"].as_str().expect("an id").to_owned();
            rows.insert((object.clone(), id), row.clone());
        }
    }
    rows
}

/// Runs a step and returns the rows that it changed or made, all of which must have a later stamp than
/// any row had before.
fn changed(org: &mut Org, step: impl FnOnce(&mut Org)) -> Vec<(String, String)> {
    let before = snapshot(org);
    let latest = org.last_stamp;
    step(org);
    let mut changed = Vec::new();
    for (key, row) in snapshot(org) {
        if before.get(&key) == Some(&row) {
            continue;
        }
        let stamp = row["SystemModstamp"].as_str().and_then(stamp::parse);
        assert!(stamp > Some(latest), "{key:?} changed without a stamp");
        changed.push(key);
    }
    assert!(!changed.is_empty(), "the step does something");
    changed
}

fn has(changed: &[(String, String)], object: &str, id: &str) -> bool {
    changed.contains(&(object.to_owned(), id.to_owned()))
}

#[test]
fn delete_and_undelete_move_the_whole_cascade() {
    let mut org = org();
    for step in [
        (|org| {
            org.delete(BEN, "Case", "500000000000001AAA")
                .expect("a delete")
        }) as fn(&mut Org),
        |org| org.undelete("500000000000001AAA").expect("an undelete"),
    ] {
        let changed = changed(&mut org, step);
        for (object, id) in [
            ("Case", "500000000000001AAA"),
            ("CaseComment", "00a000000000001AAA"),
            ("EmailMessage", "02s000000000001AAA"),
            ("Task", "00T000000000001AAA"),
        ] {
            assert!(has(&changed, object, id), "{object}");
        }
    }
}

#[test]
fn a_merge_moves_losers_children_and_master() {
    let mut org = org();
    let (master, loser) = ("001000000000001AAA", "001000000000002AAA");
    let changed = changed(&mut org, |org| {
        org.merge("Account", master, &[loser]).expect("a merge");
    });
    for (object, id) in [
        ("Account", master),
        ("Account", loser),
        ("Contact", "003000000000002AAA"),
        ("Opportunity", "006000000000001AAA"),
        ("Site__c", "a00000000000001AAA"),
    ] {
        assert!(has(&changed, object, id), "{object} {id}");
    }
}

#[test]
fn the_life_of_an_article_moves_its_versions() {
    let mut org = org();
    let (online, draft) = ("ka0000000000001AAA", "ka0000000000002AAA");
    let kav = "Knowledge__kav";
    assert!(has(
        &changed(&mut org, |org| drop(org.publish(draft))),
        kav,
        draft
    ));
    assert!(has(
        &changed(&mut org, |org| drop(org.unpublish(draft))),
        kav,
        draft
    ));
    assert!(has(
        &changed(&mut org, |org| drop(org.archive(online))),
        kav,
        online
    ));
    // Published again it is a new version, and the old one is archived.
    let again = changed(&mut org, |org| drop(org.publish(draft)));
    assert!(has(&again, kav, draft));
    assert_eq!(again.iter().filter(|(object, _)| object == kav).count(), 2);
}

#[test]
fn a_new_owner_moves_the_record_and_its_share() {
    let mut org = org();
    let account = "001000000000001AAA";
    let changed = changed(&mut org, |org| {
        update(org, "Account", account, json!({"OwnerId": BEN})).expect("an update");
    });
    assert!(has(&changed, "Account", account));
    assert!(has(&changed, "AccountShare", "00r000000000001AAA"));
}

#[test]
fn a_new_version_moves_the_old_one_and_the_document() {
    let mut org = org();
    let version = |document: Option<&Value>| json!({"PathOnClient": "a.txt", "VersionData": "QQ==", "ContentDocumentId": document});
    let first = insert(&mut org, "ContentVersion", version(None)).expect("an id");
    let document = value(&org, "ContentVersion", &first, "ContentDocumentId");
    let changed = changed(&mut org, |org| {
        insert(org, "ContentVersion", version(Some(&document))).expect("an id");
    });
    assert!(has(&changed, "ContentVersion", &first));
    let document = document.as_str().expect("an id");
    assert!(has(&changed, "ContentDocument", document));
}

#[test]
fn what_is_set_without_a_stamp_has_none() {
    let mut org = org();
    let (object, id) = ("Opportunity", "006000000000001AAA");
    let before = org.row(object, id).expect("a row").clone();
    org.set_unstamped(
        "opportunity",
        id,
        fields(json!({"expectedrevenue": 77, "Amount": null})),
    )
    .expect("a change");
    let after = org.row(object, id).expect("a row");
    assert_eq!(after["ExpectedRevenue"], 77);
    assert!(!after.contains_key("Amount"));
    for field in ["SystemModstamp", "LastModifiedDate", "LastModifiedById"] {
        assert_eq!(before[field], after[field]);
    }
    for bad in [
        json!({"SystemModstamp": null}),
        json!({"Nope": 1}),
        json!({"Id": null}),
    ] {
        let refused = org
            .set_unstamped(object, id, fields(bad))
            .expect_err("a refusal");
        assert_eq!(refused.code, "INVALID_FIELD");
    }
    let wrong = org.set_unstamped(object, id, fields(json!({"CloseDate": "soon"})));
    assert_eq!(wrong.expect_err("a refusal").code, "JSON_PARSER_ERROR");
}
