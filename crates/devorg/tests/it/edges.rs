use reqwest::Method;
use serde_json::json;

use crate::session::Session;
use crate::support::Folder;

#[tokio::test]
async fn every_reply_says_how_much_is_used() {
    let session = Session::with(Folder::small(), |options| options.api_limit = Some(3)).await;
    assert_eq!(
        session.get("limits").await.header("sforce-limit-info"),
        "api-usage=1/3"
    );
    let refused = session.get("sobjects/Nothing/describe").await;
    assert_eq!(refused.header("sforce-limit-info"), "api-usage=2/3");
    let limits = session.get("limits/").await.json();
    assert_eq!(
        limits["DailyApiRequests"],
        serde_json::json!({"Max": 3, "Remaining": 0})
    );
    let over = session.query("SELECT Id FROM Account LIMIT 1").await;
    assert_eq!(
        (over.status, over.error_code().as_str()),
        (403, "REQUEST_LIMIT_EXCEEDED")
    );
    assert_eq!(over.header("sforce-limit-info"), "api-usage=3/3");
}

#[tokio::test]
async fn calls_are_counted_by_kind() {
    let session = Session::small().await;
    session.query("SELECT Id FROM Account LIMIT 1").await;
    session.get("sobjects/Account/describe").await;
    session.get("sobjects/Account/describe").await;
    let calls = session.get("/__devorg/calls").await.json();
    assert_eq!(calls["total"], 3);
    assert_eq!(
        calls["byKind"],
        serde_json::json!({"describe": 2, "query": 1})
    );
    assert_eq!(calls["signIns"], 1);
}

#[tokio::test]
async fn what_is_not_there_is_refused_as_salesforce_does() {
    let session = Session::small().await;
    for path in [
        "nothing",
        "/nothing",
        "sobjects/Account/a/b/c/d",
        "/services/data/v66.0/%ff",
        "/__devorg/x",
    ] {
        let refused = session.get(path).await;
        assert_eq!(
            (refused.status, refused.error_code().as_str()),
            (404, "NOT_FOUND"),
            "{path}"
        );
    }
    let refused = session.send(Method::PUT, "query", &[], None).await;
    assert_eq!(
        (refused.status, refused.error_code().as_str()),
        (405, "METHOD_NOT_ALLOWED")
    );
    let url = format!("{}/services/data/v66.0/limits", session.org.url());
    for header in ["Bearer wrong", "Basic abc", "x"] {
        let reply = session
            .client
            .get(&url)
            .header("authorization", header)
            .send()
            .await
            .unwrap();
        assert_eq!(reply.status(), 401, "{header}");
    }
    assert_eq!(session.client.get(&url).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn categories_come_as_trees() {
    let session = Session::small().await;
    let path =
        "support/dataCategoryGroups?sObjectName=KnowledgeArticleVersion&topCategoriesOnly=false";
    let groups = session.get(path).await.json();
    let top = &groups["categoryGroups"][0]["topCategories"][0];
    assert_eq!(
        (&groups["categoryGroups"][0]["name"], &top["name"]),
        (&"Products".into(), &"All".into())
    );
    assert_eq!(top["childCategories"][1]["name"], "Valves");
    let child = session.get("support/dataCategoryGroups/Products/dataCategories/Pumps?sObjectName=KnowledgeArticleVersion");
    assert_eq!(child.await.json()["name"], "Pumps");
    assert_eq!(session.get("support/dataCategoryGroups").await.status, 400);
}

#[tokio::test]
async fn calls_older_than_a_day_count_no_more() {
    let session = Session::with(Folder::small(), |options| options.api_limit = Some(2)).await;
    session
        .control("clock", json!({"now": "2026-03-01T12:00:00Z"}))
        .await;
    session.get("limits").await;
    session
        .control("clock", json!({"advanceSeconds": 3_600}))
        .await;
    session.get("limits").await;
    assert_eq!(
        session.get("limits").await.error_code(),
        "REQUEST_LIMIT_EXCEEDED"
    );
    session
        .control("clock", json!({"advanceSeconds": 82_799}))
        .await;
    assert_eq!(session.get("limits").await.status, 403);
    session.control("clock", json!({"advanceSeconds": 1})).await;
    let limits = session.get("limits").await;
    assert_eq!(
        limits.json()["DailyApiRequests"],
        json!({"Max": 2, "Remaining": 0})
    );
    assert_eq!(limits.header("sforce-limit-info"), "api-usage=2/2");
    assert_eq!(limits.header("date"), "Mon, 02 Mar 2026 12:00:00 GMT");
    let calls = session.get("/__devorg/calls").await;
    assert_eq!(
        (&calls.json()["total"], &calls.json()["used"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(calls.header("date"), "Mon, 02 Mar 2026 12:00:00 GMT");
}
