use std::sync::Arc;
use std::time::Duration;

use precis_salesforce::{Client, Error, FieldType};

use crate::support::{Org, object};

#[tokio::test]
async fn a_describe_is_read_once_and_then_confirmed() {
    let org = Org::start().await;
    let client = org.client();
    let first = client.describe(&object("Case")).await.unwrap();
    let again = client.describe(&object("Case")).await.unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    assert_eq!(client.usage().calls, 1, "the second one is from the cache");

    let mut options = org.options();
    options.describe_fresh_for = Duration::ZERO;
    let client = Client::new(options).unwrap();
    let first = client.describe(&object("Case")).await.unwrap();
    let again = client.describe(&object("Case")).await.unwrap();
    assert_eq!(client.usage().calls, 2);
    assert!(Arc::ptr_eq(&first, &again), "a 304 keeps what is known");
}

#[tokio::test]
async fn fields_keep_what_the_org_says_of_them() {
    let org = Org::start().await;
    let case = org.client().describe(&object("Case")).await.unwrap();
    assert_eq!(case.key_prefix.as_deref(), Some("500"));
    assert!(case.queryable);
    let account = case.field("accountid").unwrap();
    assert_eq!(account.kind, FieldType::Reference);
    assert_eq!(account.reference_to, [object("Account")]);
    assert_eq!(
        account.relationship_name.as_ref().map(|name| name.as_str()),
        Some("Account")
    );
    assert_eq!(
        case.field("SystemModstamp").unwrap().kind,
        FieldType::DateTime
    );
    assert_eq!(
        case.name_field().map(|field| field.name.as_str()),
        Some("CaseNumber")
    );
    let comments = case
        .child_relationships
        .iter()
        .find(|child| child.child_object == "CaseComment");
    let name = comments.and_then(|child| child.relationship_name.as_ref());
    assert_eq!(name.map(|name| name.as_str()), Some("CaseComments"));
}

#[tokio::test]
async fn all_objects_are_listed_and_an_unknown_one_is_not_found() {
    let org = Org::start().await;
    let client = org.client();
    let objects = client.describe_global().await.unwrap();
    assert!(
        objects
            .iter()
            .any(|found| found.name == "Case" && found.queryable)
    );
    let error = client.describe(&object("Nope__c")).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
}
