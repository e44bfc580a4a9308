use reqwest::Method;
use serde_json::json;

use crate::session::{JSON, Session};
use crate::support::{ADA, account_id};

#[tokio::test]
async fn a_record_is_created_read_changed_and_deleted() {
    let session = Session::small().await;
    let id = session
        .create("Account/", json!({"Name": "New", "Industry": "Energy"}))
        .await;
    let path = format!("sobjects/Account/{id}");
    let record = session
        .get(&format!("{path}?fields=Name,OwnerId"))
        .await
        .json();
    assert_eq!(
        (&record["Name"], &record["OwnerId"]),
        (&json!("New"), &json!(ADA))
    );
    assert!(record.get("Industry").is_none());
    assert_eq!(record["attributes"]["type"], "Account");

    let changed = session.patch(&path, json!({"Name": "Newer"})).await;
    assert_eq!((changed.status, changed.text.as_str()), (204, ""));
    assert_eq!(session.get(&path).await.json()["Name"], "Newer");
    let tunnelled = session
        .post(
            &format!("{path}?_HttpMethod=PATCH"),
            json!({"Name": "Newest"}),
        )
        .await;
    assert_eq!(tunnelled.status, 204);

    assert_eq!(session.delete(&path).await.status, 204);
    let gone = session.get(&path).await;
    assert_eq!(
        (gone.status, gone.error_code().as_str()),
        (404, "ENTITY_IS_DELETED")
    );
    session.control("undelete", json!({"id": id})).await;
    assert_eq!(session.get(&path).await.json()["Name"], "Newest");
}

#[tokio::test]
async fn what_is_hidden_answers_like_what_is_missing() {
    let session = Session::as_user("bob@small.example").await;
    let hidden = session
        .get(&format!("sobjects/Account/{}", account_id(500)))
        .await;
    let missing = session
        .get(&format!("sobjects/Account/{}", account_id(99_999)))
        .await;
    assert_eq!((hidden.status, &hidden.text), (404, &missing.text));
    let change = json!({"Name": "Mine"});
    let hidden = session
        .patch(
            &format!("sobjects/Account/{}", account_id(500)),
            change.clone(),
        )
        .await;
    let missing = session
        .patch(&format!("sobjects/Account/{}", account_id(99_999)), change)
        .await;
    assert_eq!((hidden.status, &hidden.text), (404, &missing.text));
    assert_eq!(
        session.get("sobjects/Account/nonsense").await.error_code(),
        "NOT_FOUND"
    );
}

#[tokio::test]
async fn refused_writes_say_why() {
    let session = Session::small().await;
    let cases = [
        (json!({}), "REQUIRED_FIELD_MISSING"),
        (json!({"Name": "x", "Nothing": 1}), "INVALID_FIELD"),
        (json!({"Name": "x".repeat(300)}), "STRING_TOO_LONG"),
    ];
    for (fields, code) in cases {
        let refused = session.post("sobjects/Account", fields.clone()).await;
        assert_eq!(
            (refused.status, refused.error_code().as_str()),
            (400, code),
            "{fields}"
        );
    }
    let headers = [("content-type", JSON)];
    let send = |body: &str| {
        session.send(
            Method::POST,
            "sobjects/Account",
            &headers,
            Some(body.to_owned()),
        )
    };
    for body in ["{", "[]", "", "{\"Name\": }"] {
        assert_eq!(send(body).await.error_code(), "JSON_PARSER_ERROR", "{body}");
    }
    let xml = [("content-type", "application/xml")];
    let refused = session
        .send(
            Method::POST,
            "sobjects/Account",
            &xml,
            Some("<a/>".to_owned()),
        )
        .await;
    assert_eq!(refused.status, 415);
    let path = format!(
        "sobjects/Account/{}?fields=Name,Id%20FROM%20User",
        account_id(1)
    );
    let fields = session.get(&path);
    assert_eq!(fields.await.error_code(), "INVALID_FIELD");
}

#[tokio::test]
async fn changes_are_listed_by_time() {
    let session = Session::small().await;
    session
        .control("clock", json!({"now": "2026-05-01T10:00:00Z"}))
        .await;
    let kept = session.create("Account", json!({"Name": "Kept"})).await;
    let deleted = session.create("Account", json!({"Name": "Deleted"})).await;
    assert_eq!(
        session
            .delete(&format!("sobjects/Account/{deleted}"))
            .await
            .status,
        204
    );
    session
        .control("clock", json!({"now": "2026-05-01T11:00:00Z"}))
        .await;

    let span = "start=2026-05-01T09:59:00%2B00:00&end=2026-05-01T10:30:00Z";
    let updated = session
        .get(&format!("sobjects/Account/updated/?{span}"))
        .await
        .json();
    assert_eq!(updated["ids"], json!([kept]));
    assert!(
        updated["latestDateCovered"]
            .as_str()
            .unwrap()
            .ends_with("+0000")
    );
    let found = session
        .get(&format!("sobjects/Account/deleted/?{span}"))
        .await
        .json();
    assert_eq!(found["deletedRecords"][0]["id"], json!(deleted));
    let old =
        session.get("sobjects/Account/deleted?start=2020-01-01T00:00:00Z&end=2020-01-02T00:00:00Z");
    assert_eq!(old.await.error_code(), "INVALID_REPLICATION_DATE");
    let bad = session
        .get("sobjects/Account/updated?start=then&end=now")
        .await;
    assert_eq!(bad.error_code(), "INVALID_REPLICATION_DATE");
}
