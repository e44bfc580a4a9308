use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Org, Process, Server, run, workspace};

fn questions() -> Vec<String> {
    let path = workspace().join("demo/questions.jsonl");
    let text = std::fs::read_to_string(path).expect("questions");
    let questions = text.lines().map(|line| {
        let question: Value = serde_json::from_str(line).expect("a question");
        question["question"].as_str().expect("a text").to_owned()
    });
    questions.take(40).collect()
}

fn titles(found: &Value) -> Vec<String> {
    let hits = found["hits"].as_array().expect("hits").iter();
    hits.map(|hit| hit["document"]["id"].as_str().expect("an id").to_owned())
        .collect()
}

#[tokio::test]
async fn a_vector_server_that_is_away_leaves_words_at_once() {
    let org = Org::demo_synced();
    let run_as = org.run_as().to_owned();
    let org = org.with_keys(&[&run_as]);
    org.configure("[vector]\nbackend = \"server\"\nurl = \"http://127.0.0.1:9\"\n");
    let server = org.serve_without_sync();
    let question = "How long does a Wharf G4 store readings when the connection is lost?";
    server.search(&run_as, json!({"query": question})).await;
    let begun = Instant::now();
    let found = server.search(&run_as, json!({"query": question})).await;
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    assert!(!titles(&found).is_empty());
    let degraded = found["degraded"][0].as_str().expect("a reason");
    assert_eq!(
        degraded,
        "vector search is away: the Qdrant server does not answer"
    );
    let answer = server.answer(&run_as, question).await;
    assert_eq!(answer["degraded"][0], degraded);
    let sync = org.run(&["status"]);
    assert!(sync.status.success(), "{sync:?}");
}

#[tokio::test]
async fn an_index_that_is_away_whole_is_a_503_that_does_not_say_where() {
    let org = Org::demo();
    let run_as = org.run_as().to_owned();
    let org = org.with_keys(&[&run_as]);
    org.configure(
        "[vector]\nbackend = \"server\"\nurl = \"http://127.0.0.1:9\"\n\
         [keyword]\nbackend = \"qdrant\"\n",
    );
    org.set(
        "data_dir = \"data\"",
        "data_dir = \"data\"\nrole = \"reader\"",
    );
    let server = org.serve_without_sync();
    let body = json!({"query": "pump"}).to_string();
    let reply = server.post("/v1/search", Some(&run_as), body).await;
    assert_eq!(reply.status, 503, "{}", reply.body);
    let detail = reply.body["detail"].as_str().expect("a detail");
    assert!(
        detail.contains("Qdrant") && !detail.contains("127.0.0.1"),
        "{detail}"
    );
    assert_eq!(server.get("/readyz").await.status, 503);
    assert_eq!(server.get("/healthz").await.status, 200);
    let token = org.operator_token();
    let sync = server
        .admin(&token, "/v1/admin/sync", Some(json!({})))
        .await;
    assert_eq!(sync.status, 409, "{}", sync.body);
    assert!(
        sync.body["detail"]
            .as_str()
            .expect("a detail")
            .contains("reader")
    );
    let status = server.admin(&token, "/v1/admin/status", None).await;
    assert_eq!(status.body["role"], "reader", "{}", status.body);
}

#[test]
fn roles_and_backends_that_do_not_go_together_name_their_settings() {
    let org = Org::demo();
    org.configure("[keyword]\nbackend = \"qdrant\"\n");
    org.set(
        "data_dir = \"data\"",
        "data_dir = \"data\"\nrole = \"reader\"",
    );
    let output = org.run(&["status"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    for word in ["keyword.backend", "vector.backend", "role"] {
        assert!(stderr.contains(word), "'{word}' is not in: {stderr}");
    }
}

/// The org's index on a server, made by an indexer, and a reader of it.
struct Divided {
    org: Org,
    reader: Server,
    _folder: TempDir,
}

impl Divided {
    fn of(org: Org, url: &str) -> Self {
        let collection = format!("it-{}", std::process::id());
        org.configure(&format!(
            "[vector]\nbackend = \"server\"\nurl = {url:?}\ncollection = {collection:?}\n\
             [keyword]\nbackend = \"qdrant\"\n",
        ));
        let data = "data_dir = \"data\"";
        org.set(data, &format!("{data}\nrole = \"indexer\""));
        org.json(&["sync"]);
        let folder = TempDir::new().expect("a folder");
        let config = std::fs::read_to_string(org.config()).expect("the config");
        let own = format!("data_dir = {:?}", folder.path().join("data"));
        let config = config
            .replace(data, &own)
            .replace("\"indexer\"", "\"reader\"");
        let path = org.folder.path().join("reader.toml");
        std::fs::write(&path, config).expect("written");
        let reader = Server {
            process: Process::start(&["serve", "--config", &path.to_string_lossy()]),
        };
        Self {
            org,
            reader,
            _folder: folder,
        }
    }
}

#[tokio::test]
async fn a_reader_finds_on_a_server_what_one_machine_finds() {
    let Ok(url) = std::env::var("PRECIS_TEST_QDRANT_URL") else {
        return;
    };
    let org = Org::demo_synced();
    let run_as = org.run_as().to_owned();
    let org = org.with_keys(&[&run_as]);
    let alone = org.serve_without_sync();
    let mut expected = Vec::new();
    for question in questions() {
        expected.push(titles(
            &alone.search(&run_as, json!({"query": question})).await,
        ));
    }
    drop(alone);
    let divided = Divided::of(org, &url);
    let (reader, org) = (&divided.reader, &divided.org);
    assert_eq!(reader.get("/readyz").await.status, 200);
    let (mut same_first, mut shared, mut all) = (0, 0, 0);
    for (question, expected) in questions().into_iter().zip(&expected) {
        let found = reader.search(&run_as, json!({"query": question})).await;
        assert_eq!(found["degraded"], Value::Null, "{found}");
        let found = titles(&found);
        same_first += usize::from(found.first() == expected.first());
        let found: BTreeSet<_> = found.into_iter().collect();
        shared += expected.iter().filter(|id| found.contains(*id)).count();
        all += expected.len();
    }
    println!(
        "first hits: {same_first} of {}, hits: {shared} of {all}",
        expected.len()
    );
    // The average lengths that BM25 goes by are fixed there, so that neighbours change places.
    assert!(same_first * 4 >= expected.len() * 3, "{same_first}");
    assert!(shared * 10 >= all * 8, "{shared} of {all}");

    let path = org.config();
    let indexer = Server {
        process: Process::start(&["serve", "--no-sync", "--config", &path.to_string_lossy()]),
    };
    let body = json!({"query": "pump"}).to_string();
    let refused = indexer.post("/v1/search", Some(&run_as), body).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let exported = run(&["export", "--config", &path.to_string_lossy()]);
    assert!(exported.status.success() && !exported.stdout.is_empty());
}
