//! COUNT(), aggregates, GROUP BY, HAVING.

use super::*;

#[test]
fn count_has_no_records() {
    let result = run(
        &sample(),
        "select count() from Case where Priority = 'High'",
    );
    assert_eq!((result.total_size, result.records.len()), (2, 0));
}

#[test]
fn aggregates_without_groups_are_one_record() {
    let result = run(
        &sample(),
        "SELECT COUNT(Id), COUNT(Score__c) filled, SUM(Score__c), AVG(Score__c), MIN(Name), MAX(Opened__c) FROM Site__c",
    );
    assert_eq!(
        result.records,
        [json!({
            "attributes": {"type": "AggregateResult"},
            "expr0": 3, "filled": 2, "expr1": 4.0, "expr2": 2.0, "expr3": "North", "expr4": "2026-02-18",
        })]
    );
    let none = run(
        &sample(),
        "SELECT SUM(Score__c), COUNT(Id) FROM Site__c WHERE Name = 'x'",
    );
    assert_eq!(none.records[0]["expr0"], Value::Null);
    assert_eq!(none.records[0]["expr1"], 0);
}

#[test]
fn groups_have_keys_conditions_and_order() {
    let org = sample();
    let soql = "SELECT Priority, COUNT(Id) n FROM Case GROUP BY Priority ORDER BY COUNT(Id) DESC";
    let result = run(&org, soql);
    assert_eq!(result.columns, ["Priority", "n"]);
    let pairs: Vec<_> = result
        .records
        .iter()
        .map(|record| (record["Priority"].clone(), record["n"].clone()))
        .collect();
    assert_eq!(pairs, [(json!("High"), json!(2)), (json!("Low"), json!(1))]);
    let having = run(
        &org,
        "SELECT Priority p FROM Case GROUP BY Priority HAVING COUNT(Id) < 2 AND Priority != 'x'",
    );
    assert_eq!(having.records[0]["p"], "Low");
    let by_parent = run(
        &org,
        "SELECT Account.Name, COUNT(Id) FROM Contact GROUP BY Account.Name ORDER BY Account.Name NULLS LAST",
    );
    assert_eq!(by_parent.records[0]["Name"], "Acme");
    assert_eq!(by_parent.records[1]["Name"], Value::Null);
    let by_year = run(
        &org,
        "SELECT CALENDAR_YEAR(Opened__c) y, COUNT(Id) FROM Site__c WHERE Opened__c != null GROUP BY CALENDAR_YEAR(Opened__c)",
    );
    assert_eq!(by_year.records[0]["y"], 2024);
    assert_eq!(
        run(&org, "SELECT COUNT_DISTINCT(Priority) n FROM Case").records[0]["n"],
        2
    );
}

#[test]
fn misuse_is_refused() {
    for soql in [
        "SELECT Name, COUNT(Id) FROM Account",
        "SELECT Name, COUNT(Id) FROM Account GROUP BY Industry",
        "SELECT SUM(Name) FROM Account",
        "SELECT COUNT() FROM Account ORDER BY Name",
        "SELECT COUNT(Description) FROM Case",
        "SELECT COUNT(Id), (SELECT Id FROM Contacts) FROM Account",
        "SELECT Id FROM Account WHERE COUNT(Id) > 1",
        "SELECT COUNT(Id) a, SUM(AnnualRevenue) a FROM Account",
    ] {
        assert_eq!(refused(soql).code, "MALFORMED_QUERY", "{soql}");
    }
    assert_eq!(
        refused("SELECT CreatedDate FROM Account GROUP BY CreatedDate").code,
        "INVALID_FIELD"
    );
    assert_eq!(
        refused("SELECT Nope, COUNT(Id) FROM Account GROUP BY Nope").code,
        "INVALID_FIELD"
    );
}
