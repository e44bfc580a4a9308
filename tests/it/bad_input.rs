//! Wrong settings, wrong credentials, wrong bodies: one clear sentence each, and nothing breaks.

use serde_json::json;

use crate::support::{Org, Process, Reply, run};

/// Exit code 2 and one sentence that has all of these words.
fn assert_refused(output: &std::process::Output, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "'{word}' is not in: {stderr}");
    }
}

#[test]
fn settings_are_checked_all_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("precis.toml");
    let config =
        "data_dir = 7\n[salesforce]\nlogin_ur = \"x\"\n[http]\nlisten = true\n[frobnicate]\n";
    std::fs::write(&path, config).expect("written");
    let output = run(&["check", "--config", &path.to_string_lossy()]);
    assert_refused(
        &output,
        &[
            "data_dir",
            "login_ur",
            "login_url",
            "http.listen",
            "frobnicate",
        ],
    );

    let config = "[salesforce]\nlogin_url = \"ftp://x\"\nclient_secret = \"plain\"\napi_version = \"new\"\n\
                  [embedding]\nprovider = \"magic\"\n[http]\nlisten = \"here\"\n";
    std::fs::write(&path, config).expect("written");
    let output = run(&["serve", "--config", &path.to_string_lossy()]);
    let words = [
        "salesforce.login_url",
        "salesforce.client_id",
        "salesforce.client_secret",
        "salesforce.api_version",
        "embedding.provider",
        "http.listen",
    ];
    assert_refused(&output, &words);
    assert_refused(
        &run(&["check", "--config", "/nowhere/precis.toml"]),
        &["/nowhere"],
    );
}

#[test]
fn a_wrong_secret_and_an_org_that_is_away_name_their_settings() {
    let org = Org::demo();
    std::fs::write(org.folder.path().join("client-secret"), "wrong").expect("written");
    assert_refused(&org.run(&["sync"]), &["salesforce.client_secret"]);
    let checked = org.run(&["check"]);
    assert_eq!(checked.status.code(), Some(1));
    let text = String::from_utf8_lossy(&checked.stdout);
    assert!(text.contains("salesforce.client_secret"), "{text}");

    let text = std::fs::read_to_string(org.config()).expect("the config");
    let away = text.replace(org.devorg.url(), "http://127.0.0.1:9");
    std::fs::write(org.config(), away).expect("written");
    assert_refused(&org.run(&["sync"]), &["salesforce.login_url"]);
}

#[test]
fn a_missing_model_names_the_command_that_fetches_it() {
    let org = Org::demo();
    let text = std::fs::read_to_string(org.config()).expect("the config");
    let moved = text.replace("MiniLM", "Missing");
    std::fs::write(org.config(), moved).expect("written");
    assert_refused(&org.run(&["sync"]), &["make model"]);
}

#[test]
fn a_damaged_index_says_what_to_do() {
    let org = Org::demo_synced();
    let index = org.folder.path().join("data/index");
    let mut damaged = 0;
    for entry in walk(&index) {
        if entry.to_string_lossy().contains("meta") {
            std::fs::write(&entry, b"\0garbage").expect("written");
            damaged += 1;
        }
    }
    assert!(damaged > 0, "nothing to damage in {}", index.display());
    assert_refused(
        &org.run(&["search", "alarm"]),
        &["index", "move", "sync again"],
    );
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(walk(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[test]
fn a_port_or_a_folder_in_use_is_said() {
    let org = Org::demo_synced();
    let server = org.serve_without_sync();
    let taken = server
        .process
        .url()
        .trim_start_matches("http://")
        .to_owned();
    let text = std::fs::read_to_string(org.config()).expect("the config");
    std::fs::write(org.config(), text.replace("127.0.0.1:0", &taken)).expect("written");
    assert_refused(&org.run(&["serve"]), &["http.listen", &taken]);

    let port = org
        .devorg
        .url()
        .rsplit(':')
        .next()
        .expect("a port")
        .to_owned();
    let data = crate::support::workspace().join("demo/org");
    let output = run(&["devorg", "--data", &data.to_string_lossy(), "--port", &port]);
    assert_refused(&output, &["--port"]);
    assert_refused(&run(&["devorg", "--data", "/nowhere"]), &["/nowhere"]);

    // The folder is owned by the running process: another one asks it.
    std::fs::write(org.config(), text).expect("written");
    let found = org.json(&["search", "alarm E17"]);
    assert!(!found["hits"].as_array().expect("hits").is_empty());
}

#[tokio::test]
async fn requests_are_refused_with_a_problem_that_names_the_field() {
    let org = Org::demo_synced();
    let user = org.run_as().to_owned();
    let org = org.with_keys(&[&user]);
    let server = org.serve_without_sync();
    let key = Some(user.as_str());
    let megabyte = "x".repeat(1 << 20);
    let long = "word ".repeat(2_000);
    let cases: Vec<(&str, Option<&str>, String, u16, &str)> = vec![
        (
            "/v1/search",
            None,
            json!({"query": "a"}).to_string(),
            401,
            "API key",
        ),
        (
            "/v1/search",
            Some("nobody"),
            json!({"query": "a"}).to_string(),
            401,
            "API key",
        ),
        ("/v1/search", key, "{".into(), 400, "body"),
        ("/v1/search", key, "\"\\ud800\"".into(), 400, "body"),
        (
            "/v1/search",
            key,
            json!({"queri": "a"}).to_string(),
            400,
            "queri",
        ),
        (
            "/v1/search",
            key,
            json!({"query": " "}).to_string(),
            400,
            "query",
        ),
        (
            "/v1/search",
            key,
            json!({"query": long}).to_string(),
            400,
            "query",
        ),
        (
            "/v1/search",
            key,
            json!({"query": "a", "limit": 0}).to_string(),
            400,
            "limit",
        ),
        (
            "/v1/search",
            key,
            json!({"query": "a", "limit": 101}).to_string(),
            400,
            "limit",
        ),
        (
            "/v1/search",
            key,
            json!({"query": "a", "cursor": "?"}).to_string(),
            400,
            "cursor",
        ),
        (
            "/v1/search",
            key,
            json!({"query": "a", "filters": {"object": "Casse"}}).to_string(),
            400,
            "filters.object",
        ),
        (
            "/v1/search",
            key,
            json!({"query": "a", "filters": {"account": "1"}}).to_string(),
            400,
            "filters.account",
        ),
        (
            "/v1/search",
            key,
            json!({"query": "a", "filters": {"from": "soon"}}).to_string(),
            400,
            "filters.from",
        ),
        (
            "/v1/search",
            key,
            json!({"query": "a", "filters": {"colour": "red"}}).to_string(),
            400,
            "colour",
        ),
        (
            "/v1/answer",
            key,
            json!({"question": megabyte}).to_string(),
            413,
            "too large",
        ),
        (
            "/v1/answer",
            key,
            json!({"question": ""}).to_string(),
            400,
            "question",
        ),
        ("/v1/nothing", key, "{}".into(), 404, "/v1/nothing"),
    ];
    for (path, user, body, status, word) in cases {
        let shown: String = body.chars().take(60).collect();
        let reply = server.post(path, user, body).await;
        assert_problem(&reply, status, word, &format!("{path} {shown}"));
    }
    assert_problem(&server.get("/v1/search").await, 405, "method", "GET");
    assert_eq!(server.get("/healthz").await.status, 200);
    assert_eq!(server.get("/readyz").await.status, 200);

    // An org that went away decides nothing: no answer, and no open door.
    let Org { devorg, folder } = org;
    Process::kill(devorg);
    let fresh = server
        .post("/v1/search", key, json!({"query": "E17"}).to_string())
        .await;
    assert_problem(&fresh, 503, "Salesforce", "away");
    drop(folder);
}

fn assert_problem(reply: &Reply, status: u16, word: &str, what: &str) {
    assert_eq!(reply.status, status, "{what}: {}", reply.body);
    assert_eq!(reply.content_type, "application/problem+json", "{what}");
    assert_eq!(reply.body["status"], status, "{what}");
    assert_eq!(reply.body["type"], "about:blank", "{what}");
    assert!(reply.body["request_id"].is_string(), "{what}");
    let detail = reply.body["detail"].as_str().expect("a detail");
    assert!(detail.contains(word), "{what}: {detail}");
}
