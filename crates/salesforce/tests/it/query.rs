use std::collections::BTreeSet;

use domain::FieldName;
use futures::{StreamExt, TryStreamExt};
use precis_salesforce::{
    Children, Client, Condition, Error, FieldPath, Order, Pattern, Retry, Scope, Selected, Soql,
};
use serde_json::json;

use crate::support::{CASES, HOSTILE, Org, id, object, path};

fn cases() -> Soql {
    Soql::select([
        FieldPath::ID,
        path("Subject"),
        path("Description"),
        path("Account.Name"),
    ])
    .from(&object("Case"))
    .order_by(path("CaseNumber"))
}

fn paged_client(org: &Org) -> Client {
    let mut options = org.options();
    options.page_size = Some(200);
    Client::new(options).unwrap()
}

#[tokio::test]
async fn every_row_comes_once_in_pages() {
    let org = Org::start().await;
    let client = paged_client(&org);
    let pages: Vec<_> = client
        .query(&cases(), Scope::Live)
        .try_collect()
        .await
        .unwrap();
    let sizes: Vec<usize> = pages.iter().map(|page| page.records.len()).collect();
    assert_eq!(sizes, [200, 200, 50]);
    assert!(pages.iter().all(|page| page.total == CASES as u64));
    let ids: BTreeSet<_> = pages
        .iter()
        .flat_map(|page| &page.records)
        .map(|case| case.id())
        .collect();
    assert_eq!(ids.len(), CASES);
    let first = &pages[0].records[0];
    assert_eq!(first.text("Description"), Some(HOSTILE));
    assert_eq!(first.text("Account.Name"), Some("Acme"));
    assert_eq!(pages[0].records[1].text("Description"), None);
    assert_eq!(client.usage().by_kind.query, 3);
}

#[tokio::test]
async fn a_session_that_ends_between_pages_is_renewed() {
    let org = Org::start().await;
    let client = paged_client(&org);
    let mut pages = std::pin::pin!(client.query(&cases(), Scope::Live));
    let mut rows = 0;
    while let Some(page) = pages.next().await {
        rows += page.unwrap().records.len();
        org.control("expire-sessions", json!({})).await;
    }
    assert_eq!(rows, CASES);
    assert_eq!(org.calls().await["signIns"], 3);
}

#[tokio::test]
async fn children_come_with_their_parent() {
    let org = Org::start().await;
    let comments = Children::new(
        &FieldName::parse("CaseComments").unwrap(),
        [path("CommentBody")],
    )
    .order_by(Order::descending(FieldPath::ID));
    let soql = Soql::select([Selected::from(FieldPath::ID), comments.into()])
        .from(&object("Case"))
        .filter(Condition::is_in(
            FieldPath::ID,
            [id("500", 1), id("500", 400)],
        ))
        .order_by(path("CaseNumber"));
    let rows = org.client().query_all_rows(&soql).await.unwrap();
    let texts: Vec<_> = rows[0]
        .children("CaseComments")
        .iter()
        .map(|row| row.text("CommentBody"))
        .collect();
    assert_eq!(
        texts,
        [
            Some("Comment 4"),
            Some("Comment 3"),
            Some("Comment 2"),
            Some("Comment 1")
        ]
    );
    assert!(rows[1].children("CaseComments").is_empty());
}

#[tokio::test]
async fn rows_are_counted_without_being_read() {
    let org = Org::start().await;
    let client = org.client();
    assert_eq!(
        client.count(&Soql::count(&object("Case"))).await.unwrap(),
        CASES as u64
    );
    let few = cases().filter(Condition::like(
        path("Subject"),
        Pattern::starts_with("Case 45"),
    ));
    assert_eq!(client.count(&few).await.unwrap(), 2);
    let quoted = cases().filter(Condition::eq(path("Subject"), "it's \\ '; DROP"));
    assert_eq!(client.count(&quoted).await.unwrap(), 0);
}

#[tokio::test]
async fn the_builders_conditions_are_soql() {
    let org = Org::start().await;
    let client = org.client();
    let subject = |text: &str| Condition::eq(path("Subject"), text);
    let none: [&str; 0] = [];
    for (condition, expected) in [
        (subject("Case 1").or(subject("Case 2")), 2),
        (
            subject("Case 1").and(subject("Case 2").or(subject("Case 1"))),
            1,
        ),
        (
            subject("Case 1").or(subject("Case 2")).not(),
            CASES as u64 - 2,
        ),
        (
            subject("Case 1")
                .not()
                .and(Condition::eq(path("IsClosed"), false)),
            CASES as u64 - 1,
        ),
        (Condition::is_in(path("Subject"), none), 0),
        (Condition::not_in(path("Subject"), none), CASES as u64),
        (Condition::eq(path("AccountId"), id("001", 1)), CASES as u64),
        (
            Condition::gt(path("CreatedDate"), chrono::DateTime::UNIX_EPOCH),
            CASES as u64,
        ),
        (Condition::like(path("Subject"), Pattern::contains("%")), 0),
    ] {
        let soql = Soql::count(&object("Case")).filter(condition);
        assert_eq!(client.count(&soql).await.unwrap(), expected, "{soql}");
    }
}

#[tokio::test]
async fn long_lists_go_out_in_pieces_that_the_server_takes() {
    let org = Org::start().await;
    let client = org.client();
    let ids = (1..=3_000).map(|number| id("500", number));
    let mut found = 0;
    let queries = cases().chunks_in(FieldPath::ID, ids);
    assert!(queries.len() > 3);
    for query in queries {
        found += client.query_all_rows(&query).await.unwrap().len();
    }
    assert_eq!(found, CASES);

    let too_long = cases().filter(Condition::eq(path("Subject"), "x".repeat(20_000)));
    let error = client.query_all_rows(&too_long).await.unwrap_err();
    assert_eq!(error.retry(), Retry::Smaller, "{error}");
}

#[tokio::test]
async fn a_query_about_what_is_not_there_is_refused_by_name() {
    let org = Org::start().await;
    let client = org.client();
    let soql = Soql::select([path("Nope__c")]).from(&object("Case"));
    let error = client.query_all_rows(&soql).await.unwrap_err();
    assert!(matches!(error, Error::BadQuery { .. }), "{error}");
    assert!(error.to_string().contains("Nope__c"), "{error}");
    let soql = Soql::select([FieldPath::ID]).from(&object("Nope__c"));
    let error = client.query_all_rows(&soql).await.unwrap_err();
    assert_eq!(error.retry(), Retry::Never, "{error}");
}

#[tokio::test]
async fn a_spent_quota_waits_for_the_next_run() {
    let org = Org::start_with(|options| options.api_limit = Some(2)).await;
    let client = org.client();
    let counted = Soql::count(&object("Case"));
    let mut last = client.count(&counted).await;
    for _ in 0..3 {
        last = client.count(&counted).await;
    }
    assert_eq!(last.unwrap_err().retry(), Retry::NextRun);
    assert_eq!(client.usage().api_limit, Some(2));
}
