use serde_json::{Value, json};

use super::fixture::{Folder, id};
use crate::{
    org::Org,
    sharing::Sharing,
    soql::{QueryMode, query},
};

/// The values of one column, as one user finds them.
fn column(org: &Org, user: &str, field: &str, soql: &str) -> Vec<Value> {
    let sharing = Sharing::new(org);
    let viewer = sharing.viewer(org, &id("User", user));
    let found = query(org, &viewer, soql, QueryMode::Query)
        .unwrap_or_else(|error| panic!("{soql}: {error}"));
    let records = found.records.iter();
    records.map(|record| record[field].clone()).collect()
}

fn two_cases() -> Org {
    let case = json!({"Subject": "mine", "OwnerId": id("User", "bob"), "Status": "New"});
    Folder::new()
        .user("ada", json!({}))
        .user("bob", json!({}))
        .account("acme", "ada")
        .row("Case", "c1", case)
        .case("theirs", "ada")
        .load()
}

#[test]
fn a_query_finds_what_its_user_reads() {
    let org = two_cases();
    let subjects = "SELECT Subject FROM Case ORDER BY Subject";
    assert_eq!(column(&org, "bob", "Subject", subjects), ["mine"]);
    assert_eq!(column(&org, "ada", "Subject", subjects), ["theirs"]);
    assert!(column(&org, "bob", "Id", "SELECT Id FROM Account").is_empty());
}

#[test]
fn user_record_access_answers_about_anybody() {
    let org = two_cases();
    let (mine, theirs) = (id("Case", "c1"), id("Case", "theirs"));
    let soql = format!(
        "SELECT RecordId, HasReadAccess, MaxAccessLevel FROM UserRecordAccess \
         WHERE UserId = '{}' AND RecordId IN ('{mine}', '{theirs}')",
        id("User", "bob"),
    );
    for asker in ["bob", "ada"] {
        let records = column(&org, asker, "RecordId", &soql);
        let levels = column(&org, asker, "MaxAccessLevel", &soql);
        let mut found: Vec<(&Value, &Value)> = records.iter().zip(&levels).collect();
        found.sort_by_key(|(record, _)| record.to_string());
        let mut expected = [(&mine, "All"), (&theirs, "None")];
        expected.sort();
        let expected = expected.map(|(record, level)| (json!(record), json!(level)));
        let expected: Vec<(&Value, &Value)> = expected.iter().map(|(r, l)| (r, l)).collect();
        assert_eq!(found, expected, "{asker} asks");
    }
}
