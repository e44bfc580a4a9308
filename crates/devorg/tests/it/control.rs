use serde_json::json;

use crate::session::Session;
use crate::support::account_id;

#[tokio::test]
async fn the_clock_stands_where_it_is_set() {
    let session = Session::small().await;
    let set = session
        .control("clock", json!({"now": "2026-03-01T12:00:00Z"}))
        .await;
    assert_eq!(set.json()["now"], "2026-03-01T12:00:00.000+0000");
    let later = session
        .control("clock", json!({"advanceSeconds": 90}))
        .await;
    assert_eq!(later.json()["now"], "2026-03-01T12:01:30.000+0000");
    let id = session.create("Account", json!({"Name": "Dated"})).await;
    let record = session
        .get(&format!("sobjects/Account/{id}?fields=CreatedDate"))
        .await
        .json();
    assert!(
        record["CreatedDate"]
            .as_str()
            .unwrap()
            .starts_with("2026-03-01T12:01:3")
    );
    let running = session.control("clock", json!({})).await;
    assert_ne!(running.json()["now"], "2026-03-01T12:01:30.000+0000");
}

#[tokio::test]
async fn merged_records_leave_their_children() {
    let session = Session::small().await;
    let (master, merged) = (account_id(1), account_id(2));
    let reply = session
        .control("merge", json!({"master": master, "merged": [merged]}))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let soql = format!("SELECT COUNT() FROM Contact WHERE AccountId = '{master}'");
    // Of twelve contacts over five accounts the first two have three each, the others two.
    assert_eq!(session.query(&soql).await.json()["totalSize"], 5);
    let gone = session.get(&format!("sobjects/Account/{merged}")).await;
    assert_eq!(gone.error_code(), "ENTITY_IS_DELETED");
}

#[tokio::test]
async fn control_routes_refuse_what_they_cannot_do() {
    let session = Session::small().await;
    assert_eq!(session.control("undelete", json!({})).await.status, 400);
    assert_eq!(
        session
            .control("publish", json!({"id": "ka0000000000001AAA"}))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn the_clock_runs_on_from_a_time() {
    let session = Session::small().await;
    let body = json!({"now": "2030-03-01T12:00:00Z", "running": true});
    session.control("clock", body).await;
    let id = session.create("Account", json!({"Name": "Later"})).await;
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    let path = format!("sobjects/Account/{id}");
    session.patch(&path, json!({"Name": "Later still"})).await;
    let reply = session.get(&path).await;
    let record = reply.json();
    let stamp = |field: &str| record[field].as_str().unwrap().to_owned();
    assert!(stamp("CreatedDate").starts_with("2030-03-01T12:00:"));
    assert!(stamp("CreatedDate") < stamp("SystemModstamp"));
    assert!(reply.header("date").starts_with("Fri, 01 Mar 2030 12:00:"));
}
