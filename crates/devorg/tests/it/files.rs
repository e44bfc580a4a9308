use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::session::Session;
use crate::support::{ADA, Folder};

const CASE: &str = "500000000000001AAA";

async fn upload(session: &Session, name: &str, text: &str, more: Value) -> String {
    let mut fields = json!({"PathOnClient": name, "VersionData": STANDARD.encode(text)});
    for (field, value) in more.as_object().unwrap() {
        fields[field] = value.clone();
    }
    session.create("ContentVersion", fields).await
}

async fn rows(session: &Session, soql: &str) -> Vec<Value> {
    let reply = session.query(soql).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["records"].as_array().unwrap().clone()
}

async fn version(session: &Session, id: &str) -> Value {
    session
        .get(&format!("sobjects/ContentVersion/{id}"))
        .await
        .json()
}

#[tokio::test]
async fn an_upload_makes_a_document_and_its_link() {
    let session = Session::small().await;
    let more = json!({"FirstPublishLocationId": CASE});
    let id = upload(&session, "Pump manual.PDF", "%PDF-1.7 …", more).await;
    let record = version(&session, &id).await;
    for (field, value) in [
        ("Title", json!("Pump manual")),
        ("FileExtension", json!("pdf")),
        ("FileType", json!("PDF")),
        ("ContentSize", json!("%PDF-1.7 …".len())),
        ("IsLatest", json!(true)),
        ("VersionNumber", json!("1")),
        (
            "VersionData",
            json!(format!(
                "/services/data/v66.0/sobjects/ContentVersion/{id}/VersionData"
            )),
        ),
    ] {
        assert_eq!(record[field], value, "{field}");
    }
    let bytes = session.get(record["VersionData"].as_str().unwrap()).await;
    assert_eq!(bytes.text, "%PDF-1.7 …");
    assert_eq!(bytes.header("content-type"), "application/octet-stream");

    let document = record["ContentDocumentId"].as_str().unwrap();
    let shown = session
        .get(&format!("sobjects/ContentDocument/{document}"))
        .await
        .json();
    assert_eq!(shown["LatestPublishedVersionId"], json!(id));
    assert_eq!(
        (&shown["Title"], &shown["FileType"]),
        (&json!("Pump manual"), &json!("PDF"))
    );
    let links = rows(
        &session,
        "SELECT ContentDocumentId, LinkedEntityId, ContentDocument.Title FROM ContentDocumentLink \
         WHERE LinkedEntityId IN (SELECT Id FROM Case)",
    )
    .await;
    assert_eq!(links.len(), 1);
    assert_eq!(links[0]["LinkedEntityId"], CASE);
    assert_eq!(links[0]["ContentDocument"]["Title"], "Pump manual");
    let unconfined = session.query("SELECT Id FROM ContentDocumentLink").await;
    assert_eq!(unconfined.error_code(), "MALFORMED_QUERY");
}

#[tokio::test]
async fn a_new_version_takes_the_place_of_the_old() {
    let session = Session::small().await;
    let first = upload(&session, "a.txt", "one", json!({})).await;
    let before = version(&session, &first).await;
    let document = before["ContentDocumentId"].clone();
    let second = upload(
        &session,
        "b.docx",
        "two",
        json!({"ContentDocumentId": document}),
    )
    .await;
    let old = version(&session, &first).await;
    assert_eq!(old["IsLatest"], false);
    assert!(old["SystemModstamp"].as_str() > before["SystemModstamp"].as_str());
    let new = version(&session, &second).await;
    assert_eq!(
        (&new["IsLatest"], &new["VersionNumber"]),
        (&json!(true), &json!("2"))
    );
    assert_ne!(old["Checksum"], new["Checksum"]);
    let latest = "SELECT Id, ContentDocument.LatestPublishedVersionId, ContentDocument.FileType \
                  FROM ContentVersion WHERE IsLatest = true";
    let latest = rows(&session, latest).await;
    assert_eq!(latest.len(), 1);
    assert_eq!(latest[0]["Id"], json!(second));
    let shown = &latest[0]["ContentDocument"];
    assert_eq!(shown["LatestPublishedVersionId"], json!(second));
    assert_eq!(shown["FileType"], "WORD_X");

    let renamed = json!({"Title": "Renamed"});
    session
        .patch(&format!("sobjects/ContentVersion/{second}"), renamed)
        .await;
    let path = format!("sobjects/ContentDocument/{}", document.as_str().unwrap());
    assert_eq!(session.get(&path).await.json()["Title"], "Renamed");
}

#[tokio::test]
async fn a_document_takes_versions_and_links_along() {
    let session = Session::small().await;
    let more = json!({"FirstPublishLocationId": CASE});
    let id = upload(&session, "a.txt", "one", more).await;
    let document = version(&session, &id).await["ContentDocumentId"].clone();
    let path = format!("sobjects/ContentDocument/{}", document.as_str().unwrap());
    assert_eq!(session.delete(&path).await.status, 204);
    let gone = session
        .get(&format!("sobjects/ContentVersion/{id}/VersionData"))
        .await;
    assert_eq!(gone.error_code(), "ENTITY_IS_DELETED");
    let links = format!("SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = '{CASE}'");
    assert!(rows(&session, &links).await.is_empty());
    session.control("undelete", json!({"id": document})).await;
    assert_eq!(rows(&session, &links).await.len(), 1);

    // A case takes the links along and leaves the file.
    session.delete(&format!("sobjects/Case/{CASE}")).await;
    assert!(rows(&session, &links).await.is_empty());
    assert_eq!(version(&session, &id).await["IsLatest"], true);
}

#[tokio::test]
async fn jobs_list_files_without_their_content() {
    let session = Session::small().await;
    upload(&session, "a.csv", "x,y", json!({})).await;
    let soql = "SELECT Id, ContentDocumentId, Title, FileExtension, ContentSize FROM ContentVersion \
                WHERE IsLatest = true";
    let job = session
        .post("jobs/query", json!({"operation": "query", "query": soql}))
        .await;
    let path = format!("jobs/query/{}/results", job.json()["id"].as_str().unwrap());
    let mut results = session.get(&path).await;
    while results.status != 200 {
        assert_eq!(results.error_code(), "INVALIDJOBSTATE");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        results = session.get(&path).await;
    }
    assert!(
        results.text.contains("\"a\",\"csv\",\"3\""),
        "{}",
        results.text
    );
    let soql = "SELECT Id, VersionData FROM ContentVersion";
    let spec = json!({"operation": "query", "query": soql});
    let refused = session.post("jobs/query", spec).await;
    assert_eq!(
        (refused.status, refused.error_code().as_str()),
        (400, "API_ERROR")
    );
}

#[tokio::test]
async fn uploads_that_are_no_files_are_refused() {
    let session = Session::small().await;
    let nameless = session
        .post(
            "sobjects/ContentVersion",
            json!({"Title": "x", "VersionData": "QQ=="}),
        )
        .await;
    assert_eq!(nameless.error_code(), "REQUIRED_FIELD_MISSING");
    let garbled = json!({"PathOnClient": "x.txt", "VersionData": "not base64!"});
    let garbled = session.post("sobjects/ContentVersion", garbled).await;
    assert_eq!(garbled.error_code(), "JSON_PARSER_ERROR");
}

#[tokio::test]
async fn readers_of_the_record_read_the_file() {
    let folder = Folder::small();
    folder.records(
        "ContentVersion",
        vec![
            json!({"Id": "068000000000001AAA", "ContentDocumentId": "069000000000007AAA",
                "PathOnClient": "old.txt", "VersionData": "b2xk", "OwnerId": ADA}),
            json!({"Id": "068000000000002AAA", "ContentDocumentId": "069000000000007AAA",
                "PathOnClient": "new.txt", "VersionData": "bmV3", "OwnerId": ADA,
                "FirstPublishLocationId": CASE}),
            json!({"Id": "068000000000003AAA", "PathOnClient": "mine.txt", "VersionData": "bWU=",
                "OwnerId": ADA}),
        ],
    );
    let bob = Session::with(folder, |options| {
        options.run_as = Some("bob@small.example".to_owned());
    })
    .await;
    let visible = rows(
        &bob,
        "SELECT Id, Title, ContentSize FROM ContentVersion WHERE IsLatest = true",
    )
    .await;
    assert_eq!(visible.len(), 1, "{visible:?}");
    assert_eq!(
        (&visible[0]["Title"], &visible[0]["ContentSize"]),
        (&json!("new"), &json!(3))
    );
    let path = |id: &str| format!("sobjects/ContentVersion/{id}/VersionData");
    assert_eq!(bob.get(&path("068000000000002AAA")).await.text, "new");
    assert_eq!(bob.get(&path("068000000000001AAA")).await.text, "old");
    assert_eq!(bob.get(&path("068000000000003AAA")).await.status, 404);
    let document = bob
        .get("sobjects/ContentDocument/069000000000007AAA")
        .await
        .json();
    assert_eq!(document["LatestPublishedVersionId"], "068000000000002AAA");
}
