//! What is refused, and with which of Salesforce's errors.

use super::*;

#[test]
fn malformed_statements() {
    for soql in [
        "",
        " ",
        "SELECT",
        "SELECT FROM Account",
        "SELECT Id",
        "SELECT Id FROM",
        "SELECT Id FORM Account",
        "SELECT Id, FROM Account",
        "SELECT Id FROM Account WHERE",
        "SELECT Id FROM Account WHERE Name",
        "SELECT Id FROM Account WHERE Name =",
        "SELECT Id FROM Account WHERE Name = 'x",
        "SELECT Id FROM Account WHERE Name = \"x\"",
        r"SELECT Id FROM Account WHERE Name = '\q'",
        r"SELECT Id FROM Account WHERE Name = '\%'",
        "SELECT Id FROM Account WHERE Name = x",
        "SELECT Id FROM Account WHERE Name IN ()",
        "SELECT Id FROM Account WHERE Name IN 'x'",
        "SELECT Id FROM Account WHERE (Name = 'x'",
        "SELECT Id FROM Account WHERE Name = 'x' AND Name = 'y' OR Name = 'z'",
        "SELECT Id FROM Account WHERE Name = 'x' OR Name = 'y' AND Name = 'z'",
        "SELECT Id FROM Account LIMIT -1",
        "SELECT Id FROM Account LIMIT x",
        "SELECT Id FROM Account ORDER BY",
        "SELECT Id FROM Account; DELETE",
        "SELECT Id, Id FROM Account",
        "SELECT Id, Owner.Name, Owner.Name FROM Account",
        "SELECT Name n FROM Account",
        "SELECT * FROM Account",
        "SELECT Id FROM Account FOR UPDATE",
        "SELECT Id FROM Account ALL ROWS",
        "SELECT Id FROM Account WITH SECURITY_ENFORCED",
        "SELECT UPPER(Name) FROM Account",
        "SELECT FIELDS(ALL) FROM Account",
        "SELECT FIELDS(CUSTOM) FROM Account LIMIT 201",
        "SELECT Id, FIELDS(STANDARD) FROM Account",
        "SELECT Id FROM Account WHERE CreatedDate > 2021-13-01T00:00:00Z",
        "SELECT Id FROM Account WHERE CreatedDate > 2021-01-01T00:00:00",
        "SELECT Id FROM Account WHERE CreatedDate > LAST_N_DAYS",
        "SELECT Account.Parent.Parent.Parent.Parent.Parent.Name FROM Contact",
    ] {
        let error = refused(soql);
        assert_eq!(
            (error.status, error.code),
            (400, "MALFORMED_QUERY"),
            "{soql}: {error}"
        );
    }
}

#[test]
fn a_syntax_error_names_place_and_token() {
    let error = refused("SELECT Id FORM Account");
    assert_eq!(
        error.message,
        "\nSELECT Id FORM Account\n               ^\nERROR at Row:1:Column:16\nunexpected token: 'Account'"
    );
    assert!(
        refused("SELECT Id FROM Account WHERE Name = 'x' AND Id = 'y' OR Id = 'z'")
            .message
            .contains("unexpected token: 'OR'")
    );
}

#[test]
fn names_and_types() {
    for (soql, code, words) in [
        (
            "SELECT Id FROM Nope",
            "INVALID_TYPE",
            "sObject type 'Nope' is not supported.",
        ),
        (
            "SELECT Nope FROM Account",
            "INVALID_FIELD",
            "No such column 'Nope' on entity 'Account'",
        ),
        (
            "SELECT Nope.Name FROM Account",
            "INVALID_FIELD",
            "Didn't understand relationship 'Nope' in field path",
        ),
        (
            "SELECT (SELECT Id FROM Nope) FROM Account",
            "INVALID_TYPE",
            "Didn't understand relationship 'Nope' in FROM",
        ),
        (
            "SELECT Id FROM Account ORDER BY Nope",
            "INVALID_FIELD",
            "No such column 'Nope'",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 5",
            "INVALID_FIELD",
            "must be of type string and should be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE CreatedDate > '2021-01-01T00:00:00Z'",
            "INVALID_FIELD",
            "must be of type dateTime and should not be enclosed",
        ),
        (
            "SELECT Id FROM Account WHERE CreatedDate > 2021-01-01",
            "INVALID_FIELD",
            "must be of type dateTime",
        ),
        (
            "SELECT Id FROM Task WHERE ActivityDate = 2021-01-01T00:00:00Z",
            "INVALID_FIELD",
            "must be of type date ",
        ),
        (
            "SELECT Id FROM Account WHERE AnnualRevenue > '5'",
            "INVALID_FIELD",
            "must be of type double",
        ),
        (
            "SELECT Id FROM Account WHERE IsDeleted = 'true'",
            "INVALID_FIELD",
            "must be of type boolean",
        ),
        (
            "SELECT Id FROM Account WHERE Name = TODAY",
            "INVALID_FIELD",
            "must be of type string",
        ),
        (
            "SELECT Id FROM Case WHERE Description = 'x'",
            "INVALID_FIELD",
            "field 'Description' can not be filtered in a query call",
        ),
        (
            "SELECT Id FROM Site__c WHERE Notes__c LIKE '%x%'",
            "INVALID_FIELD",
            "can not be filtered",
        ),
        (
            "SELECT Id FROM Case ORDER BY Description",
            "INVALID_FIELD",
            "can not be sorted",
        ),
        (
            "SELECT Id FROM Account WHERE BillingAddress = 'x'",
            "INVALID_FIELD",
            "can not be filtered",
        ),
        (
            "SELECT Id FROM Account WHERE Id LIKE '001%'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator on id field",
        ),
        (
            "SELECT Id FROM Account WHERE Id = 'nope'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid ID field: nope",
        ),
        (
            "SELECT Id FROM Account WHERE Id = '001000000000001aaa'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid ID field",
        ),
        (
            "SELECT Id FROM Account WHERE Name INCLUDES ('x')",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator",
        ),
        (
            "SELECT Id FROM Site__c WHERE Open__c > true",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator on boolean field",
        ),
        (
            "SELECT Id FROM Account WHERE Name > null",
            "INVALID_QUERY_FILTER_OPERATOR",
            "null",
        ),
        (
            "SELECT Id FROM Account OFFSET 2001",
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Maximum SOQL offset",
        ),
        (
            "SELECT Id FROM Account USING SCOPE team",
            "INVALID_QUERY_SCOPE",
            "scope",
        ),
    ] {
        let error = refused(soql);
        assert_eq!(error.code, code, "{soql}: {error}");
        assert!(error.message.contains(words), "{soql}: {error}");
    }
}

#[test]
fn joins_keep_to_their_restrictions() {
    for soql in [
        "SELECT Id FROM Account WHERE Name IN (SELECT LastName FROM Contact)",
        "SELECT Id FROM Contact WHERE Account.Id IN (SELECT Id FROM Account)",
        "SELECT Id FROM Account WHERE Id IN (SELECT Id FROM Account)",
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact LIMIT 1)",
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId, Id FROM Contact)",
        "SELECT Id FROM Account WHERE Id IN (SELECT COUNT() FROM Contact)",
        "SELECT Id FROM Account WHERE NOT Id IN (SELECT AccountId FROM Contact)",
        "SELECT Id FROM Account WHERE Name = 'x' OR Id IN (SELECT AccountId FROM Contact)",
        "SELECT Id FROM Account WHERE Id IN (SELECT OwnerId FROM Contact)",
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE Id IN (SELECT ContactId FROM Case))",
        "SELECT (SELECT Id FROM Contacts WHERE Id IN (SELECT ContactId FROM Case)) FROM Account",
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) AND Id IN (SELECT AccountId FROM Case) AND Id IN (SELECT AccountId FROM Contract)",
    ] {
        assert_eq!(refused(soql).code, "MALFORMED_QUERY", "{soql}");
    }
}

#[test]
fn bulk_speaks_a_narrower_language() {
    for soql in [
        "SELECT COUNT() FROM Account",
        "SELECT Industry FROM Account GROUP BY Industry",
        "SELECT Id FROM Account OFFSET 1",
        "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
        "SELECT TYPEOF What WHEN Account THEN Name END FROM Task",
        "SELECT BillingAddress FROM Account",
        "SELECT FIELDS(STANDARD) FROM Account",
        "SELECT VersionData FROM ContentVersion",
    ] {
        assert_eq!(
            refused_in(soql, QueryMode::Bulk).code,
            "API_ERROR",
            "{soql}"
        );
    }
}

#[test]
fn limits_hold() {
    let subqueries = vec!["(SELECT Id FROM Contacts)"; 21].join(", ");
    assert_eq!(
        refused(&format!("SELECT {subqueries} FROM Account")).code,
        "MALFORMED_QUERY"
    );
    let long = format!(
        "SELECT Id FROM Account WHERE Name = '{}'",
        "x".repeat(100_000)
    );
    assert_eq!(refused(&long).code, "MALFORMED_QUERY");
    let deep = format!(
        "SELECT Id FROM Account WHERE {}Name = 'x'{}",
        "(".repeat(40_000),
        ")".repeat(40_000)
    );
    assert_eq!(refused(&deep).code, "MALFORMED_QUERY");
    let nots = format!(
        "SELECT Id FROM Account WHERE {} Name = 'x'",
        "NOT ".repeat(20_000)
    );
    assert_eq!(run(&sample(), &nots).total_size, 0);
    let ors = vec!["Name = 'x'"; 5_000].join(" OR ");
    assert_eq!(
        run(&sample(), &format!("SELECT Id FROM Account WHERE {ors}")).total_size,
        0
    );
    let five = "SELECT (SELECT (SELECT (SELECT (SELECT (SELECT Id FROM ChildAccounts) FROM ChildAccounts) FROM ChildAccounts) FROM ChildAccounts) FROM ChildAccounts) FROM Account";
    assert_eq!(refused(five).code, "MALFORMED_QUERY");
}
