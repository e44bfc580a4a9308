use chrono::{TimeDelta, Utc};
use futures::TryStreamExt;
use precis_salesforce::{Condition, FieldPath, Page, Scope, Soql};
use serde_json::Value;

use crate::support::{Org, id, object, path};

/// The client cannot write, so the change is made past it.
async fn delete_case(org: &Org, number: usize) {
    let http = reqwest::Client::new();
    let credentials = org.server.credentials();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &credentials.client_id),
        ("client_secret", &credentials.client_secret),
    ];
    let url = format!("{}/services/oauth2/token", org.server.url());
    let reply: Value = http
        .post(url)
        .form(&form)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let url = format!(
        "{}/services/data/v66.0/sobjects/Case/{}",
        org.server.url(),
        id("500", number)
    );
    let token = reply["access_token"].as_str().unwrap();
    let reply = http.delete(url).bearer_auth(token).send().await.unwrap();
    assert_eq!(reply.status(), 204);
}

#[tokio::test]
async fn a_deletion_is_listed_and_its_row_is_seen_by_query_all() {
    let org = Org::start().await;
    let client = org.client();
    delete_case(&org, 5).await;
    let (start, end) = (
        Utc::now() - TimeDelta::hours(1),
        Utc::now() + TimeDelta::minutes(5),
    );
    let deleted = client.deleted(&object("Case"), start, end).await.unwrap();
    assert!(
        deleted.records.iter().any(|gone| gone.id == id("500", 5)),
        "{deleted:?}"
    );
    assert!(deleted.latest_date_covered > start);

    let soql = Soql::select([FieldPath::ID, path("IsDeleted")])
        .from(&object("Case"))
        .filter(Condition::eq(FieldPath::ID, id("500", 5)));
    assert_eq!(client.count(&soql).await.unwrap(), 0);
    let all: Vec<Page> = client.query(&soql, Scope::All).try_collect().await.unwrap();
    assert_eq!(all[0].records[0].bool("IsDeleted"), Some(true));
}

#[tokio::test]
async fn changes_are_listed() {
    let org = Org::start().await;
    let (start, end) = (
        Utc::now() - TimeDelta::days(29),
        Utc::now() + TimeDelta::minutes(5),
    );
    let updated = org
        .client()
        .updated(&object("Case"), start, end)
        .await
        .unwrap();
    assert!(updated.latest_date_covered > start);
}
