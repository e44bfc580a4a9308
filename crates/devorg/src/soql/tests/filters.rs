//! WHERE, ORDER BY, LIMIT and OFFSET.

use super::*;

#[test]
fn text_compares_without_case_and_null_only_equals_null() {
    let org = sample();
    assert_eq!(names(&org, "Account", "Name = 'ZÜRICH ag'"), ["Zürich AG"]);
    assert_eq!(
        names(&org, "Account", "Industry != 'energy'"),
        ["Zürich AG"]
    );
    assert_eq!(names(&org, "Account", "Industry = null"), ["Zürich AG"]);
    assert_eq!(names(&org, "Account", "Industry = ''"), ["Zürich AG"]);
    assert_eq!(
        names(&org, "Account", "Industry NOT IN ('Energy')"),
        ["Zürich AG"]
    );
    assert_eq!(names(&org, "Account", "Name > 'b'"), ["Zürich AG"]);
    assert_eq!(names(&org, "Account", "NOT Name LIKE 'a%'"), ["Zürich AG"]);
    assert_eq!(
        names(&org, "Account", "Industry IN ('ENERGY', null)"),
        ["Acme", "Zürich AG"]
    );
}

#[test]
fn literals_of_every_type() {
    let org = sample();
    for (condition, expected) in [
        ("Score__c > 1.5", vec!["South"]),
        ("Score__c >= 1.5 AND Score__c < 3", vec!["North", "South"]),
        ("Score__c != 1.5", vec!["South", "Nowhere"]),
        ("Open__c = TRUE", vec!["North"]),
        ("Open__c = false", vec!["South", "Nowhere"]),
        ("Opened__c = 2024-02-29", vec!["North"]),
        ("Opened__c = TODAY", vec!["South"]),
        ("Opened__c < LAST_N_DAYS:30", vec!["North"]),
        ("Opened__c = LAST_N_YEARS:2", vec!["North"]),
        ("Opened__c != TODAY", vec!["North", "Nowhere"]),
        (
            "Tags__c INCLUDES ('cold;wet', 'dry')",
            vec!["North", "South"],
        ),
        ("Tags__c INCLUDES ('cold;dry')", vec![]),
        ("Tags__c EXCLUDES ('WET')", vec!["South", "Nowhere"]),
        ("Account__c = '001000000000001'", vec!["North", "South"]),
        (
            "Account__r.Industry = 'Energy' AND Account__r.Owner.LastName = 'King'",
            vec!["North", "South"],
        ),
        ("Account__r.Name = null", vec!["Nowhere"]),
        ("CALENDAR_YEAR(Opened__c) = 2024", vec!["North"]),
        ("Id > 'a00000000000002AAA'", vec!["Nowhere"]),
        (
            "(Name = 'North' OR Name = 'South') AND NOT (Score__c = 2.5)",
            vec!["North"],
        ),
    ] {
        assert_eq!(names(&org, "Site__c", condition), expected, "{condition}");
    }
}

#[test]
fn datetimes_compare_by_moment_and_by_span() {
    let org = sample();
    for (condition, expected) in [
        ("CreatedDate = 2026-02-01T09:00:00+01:00", vec!["Acme"]),
        ("CreatedDate > 2026-02-01T08:00:00Z", vec!["Zürich AG"]),
        (
            "CreatedDate >= 2026-02-01T08:00:00.000Z",
            vec!["Acme", "Zürich AG"],
        ),
        ("CreatedDate = YESTERDAY", vec!["Zürich AG"]),
        ("CreatedDate >= YESTERDAY", vec!["Zürich AG"]),
        ("CreatedDate > YESTERDAY", vec![]),
        ("CreatedDate = THIS_MONTH", vec!["Acme", "Zürich AG"]),
    ] {
        assert_eq!(names(&org, "Account", condition), expected, "{condition}");
    }
}

#[test]
fn strings_know_their_escapes() {
    let org = sample();
    let count =
        |condition: &str| run(&org, &format!("SELECT Id FROM Case WHERE {condition}")).total_size;
    assert_eq!(count(r#"Subject = 'Sensor\'s "dead"'"#), 1);
    assert_eq!(count(r"Subject = 'Sensor\'s \u0022dead\u0022'"), 1);
    assert_eq!(count(r"Subject = 'gateway\nloops'"), 1);
    assert_eq!(count(r"Subject LIKE '%\'s%'"), 1);
    let all = query(
        &org,
        &Permissive::default(),
        r"SELECT Id FROM Account WHERE Name LIKE '%100\%'",
        QueryMode::QueryAll,
    );
    assert_eq!(all.expect("an answer").total_size, 1);
}

#[test]
fn semi_and_anti_joins() {
    let org = sample();
    assert_eq!(
        names(
            &org,
            "Account",
            "Id IN (SELECT AccountId FROM Case WHERE Status = 'Closed')"
        ),
        ["Zürich AG"]
    );
    assert_eq!(
        names(
            &org,
            "Account",
            "Id NOT IN (SELECT AccountId FROM Contact) AND Name != null"
        ),
        ["Zürich AG"]
    );
    assert_eq!(
        names(
            &org,
            "Contact",
            "AccountId IN (SELECT Id FROM Account WHERE Name = 'Acme')"
        ),
        ["Bo Berg", "Alm"]
    );
}

#[test]
fn order_limit_and_offset() {
    let org = sample();
    let ordered =
        |clauses: &str| column(&org, &format!("SELECT Name FROM Site__c {clauses}"), "Name");
    assert_eq!(ordered("ORDER BY Score__c"), ["Nowhere", "North", "South"]);
    assert_eq!(
        ordered("ORDER BY Score__c NULLS LAST"),
        ["North", "South", "Nowhere"]
    );
    assert_eq!(
        ordered("ORDER BY Score__c DESC NULLS LAST LIMIT 1"),
        ["South"]
    );
    assert_eq!(
        ordered("ORDER BY Open__c DESC, Name ASC LIMIT 2 OFFSET 1"),
        ["Nowhere", "South"]
    );
    assert_eq!(
        ordered("ORDER BY Account__r.Name DESC NULLS LAST, Id DESC LIMIT 1"),
        ["South"]
    );
    assert_eq!(ordered("LIMIT 0"), Vec::<Value>::new());
    assert_eq!(
        column(
            &org,
            "SELECT a.Name FROM Account a WHERE a.Industry = 'Energy' FOR VIEW",
            "Name"
        ),
        ["Acme"]
    );
    assert_eq!(
        column(
            &org,
            "SELECT Account.Name FROM Account USING SCOPE everything ORDER BY Account.Name DESC LIMIT 1",
            "Name"
        ),
        ["Zürich AG"]
    );
}

#[test]
fn content_document_links_need_a_filter() {
    let org = sample();
    assert_eq!(
        refused("SELECT Id FROM ContentDocumentLink").code,
        "MALFORMED_QUERY"
    );
    assert_eq!(refused("SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = '001000000000001AAA' OR Visibility = 'AllUsers'").code, "MALFORMED_QUERY");
    let result = run(
        &org,
        "SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId IN ('001000000000001AAA') AND Visibility = 'AllUsers'",
    );
    assert_eq!(result.total_size, 0);
}
