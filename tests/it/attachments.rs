//! Files that hang on records are found by what stands in them, with their name and page.

use serde_json::{Value, json};

use crate::edits::Editor;
use crate::support::Org;

const USER: &str = "integration@tarnwick.example";

/// The demo org, synced without vectors.
fn synced() -> Org {
    let org = Org::demo().with_keys(&[USER]);
    org.configure_without_vectors();
    org.json(&["sync"]);
    org
}

/// The passages of files that a search finds, as `(document, file)`.
async fn files(org: &Org, query: &str) -> Vec<(String, Value)> {
    let server = org.serve_without_sync();
    let found = server.search(USER, json!({"query": query})).await;
    let hits = found["hits"].as_array().expect("hits").clone();
    let mut files = Vec::new();
    for hit in hits {
        let id = hit["document"]["id"].as_str().expect("an id").to_owned();
        for passage in hit["passages"].as_array().expect("passages") {
            if !passage["file"].is_null() {
                assert_eq!(passage["object"], "ContentVersion");
                files.push((id.clone(), passage["file"].clone()));
            }
        }
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_manual_is_found_under_its_article() {
    let org = synced();
    let version = org
        .soql("SELECT Id, Title, ContentSize FROM ContentVersion WHERE IsLatest = true AND FileExtension = 'pdf'")
        .await;
    assert!(version.len() >= 3, "{version:?}");
    let lines = org.exported();
    let manuals: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .filter(|line: &Value| line["object"] == "Knowledge__kav")
        .filter(|line| line["records"].to_string().contains("\"ContentVersion\""))
        .collect();
    assert!(!manuals.is_empty(), "no article has a file");
    // Eight words from the end of a file's text lead to one of its later pages.
    let record = manuals[0]["records"].as_array().expect("records");
    let file = record
        .iter()
        .find(|record| record["object"] == "ContentVersion")
        .expect("a file");
    let text = file["fields"]["VersionData"].as_str().expect("its text");
    let words: Vec<&str> = text.split_whitespace().collect();
    let query = words[words.len() - 10..words.len() - 2].join(" ");
    let found = files(&org, &query).await;
    let document = manuals[0]["id"].as_str().expect("an id");
    let place = found.iter().find(|(id, _)| id == document);
    let (_, file) = place.unwrap_or_else(|| panic!("{query:?} finds {found:?}"));
    assert!(file["page"].as_u64().expect("a page") >= 1, "{file}");
    assert!(
        file["name"].as_str().expect("a name").contains('.'),
        "{file}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_replaces_the_old_one_and_a_bad_file_harms_nothing() {
    let org = synced();
    let editor = Editor::of(&org).await;
    let case = editor.cases[0].clone();
    let text = |text: &str| base64(text.as_bytes());
    let first = json!({
        "Title": "log", "PathOnClient": "log.txt", "VersionData": text("the zibbet valve is open"),
        "FirstPublishLocationId": case,
    });
    let first = editor.insert("ContentVersion", first).await;
    let broken = json!({
        "Title": "broken", "PathOnClient": "broken.pdf", "VersionData": text("%PDF-1.7 no"),
        "FirstPublishLocationId": case,
    });
    let broken = editor.insert("ContentVersion", broken).await;
    org.json(&["sync"]);
    let found = files(&org, "zibbet").await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, case);
    assert_eq!(found[0].1, json!({"name": "log.txt", "page": 1}));
    let status = org.json(&["status"]);
    let told = status.to_string();
    assert!(
        told.contains(&broken) && told.contains("VersionData: it is damaged"),
        "{told}"
    );
    assert_eq!(status["complete"], true, "{status}");

    let soql = format!("SELECT ContentDocumentId FROM ContentVersion WHERE Id = '{first}'");
    let document = org.soql(&soql).await[0]["ContentDocumentId"].clone();
    let second = json!({
        "Title": "log", "PathOnClient": "log.txt", "VersionData": text("the quandle valve is shut"),
        "ContentDocumentId": document,
    });
    editor.insert("ContentVersion", second).await;
    org.json(&["sync"]);
    assert!(files(&org, "zibbet").await.is_empty());
    assert_eq!(files(&org, "quandle").await.len(), 1);

    let document = document.as_str().expect("an id");
    editor.delete("ContentDocument", document).await;
    org.json(&["sync"]);
    assert!(files(&org, "quandle").await.is_empty());
    assert_eq!(org.exported(), org.first_sync());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_found_where_it_is_linked_to_and_nowhere_else() {
    let org = synced();
    let editor = Editor::of(&org).await;
    let (first, second) = (editor.cases[1].clone(), editor.cases[2].clone());
    let file = json!({
        "Title": "note", "PathOnClient": "note.txt", "VersionData": base64(b"the wimbrel valve sings"),
        "FirstPublishLocationId": first,
    });
    let version = editor.insert("ContentVersion", file).await;
    org.json(&["sync"]);
    let soql = format!("SELECT ContentDocumentId FROM ContentVersion WHERE Id = '{version}'");
    let document = org.soql(&soql).await[0]["ContentDocumentId"].clone();
    let link = json!({"ContentDocumentId": document, "LinkedEntityId": second, "ShareType": "V"});
    let link = editor.insert("ContentDocumentLink", link).await;
    org.json(&["sync"]);
    let found = files(&org, "wimbrel").await;
    let mut places: Vec<&String> = found.iter().map(|(id, _)| id).collect();
    places.sort();
    assert_eq!(places, [&first, &second]);
    // A run with nothing to do reads no file again.
    let before = org.json(&["status"])["api"]["calls"].clone();
    org.json(&["sync"]);
    let after = org.json(&["status"])["api"]["calls"].clone();
    let spent = after.as_u64().expect("calls") - before.as_u64().expect("calls");
    assert!(spent <= 37, "{spent} calls");
    editor.delete("ContentDocumentLink", &link).await;
    org.json(&["sync", "--reconcile"]);
    let found = files(&org, "wimbrel").await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, first);
    assert_eq!(org.exported(), org.first_sync());
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
