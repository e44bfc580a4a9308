//! Wrong settings, wrong credentials, wrong bodies: one clear sentence each, and nothing breaks.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Org, Process, Reply, run};

/// Far more than a search takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(2);

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
            "filters.colour: unknown field `colour`, expected one of `object`",
        ),
        (
            "/v1/search",
            key,
            json!({"query": "a", "filters": {"status": [1]}}).to_string(),
            400,
            "filters.status",
        ),
        (
            "/v1/search",
            key,
            json!({"query": "a", "filters": {"facets": {"colour": "red"}}}).to_string(),
            400,
            "there are: category",
        ),
        (
            "/v1/search",
            key,
            json!({"query": "a", "filters": {"owner": "Nobody Atall"}}).to_string(),
            400,
            "filters.owner",
        ),
        (
            "/v1/search",
            key,
            json!({"query": "a", "filters": {"not": {"from": "2026-01-01"}}}).to_string(),
            400,
            "filters.not.from",
        ),
        (
            "/v1/search",
            key,
            json!({"query": "object:Casse"}).to_string(),
            400,
            "there are: Account, Case",
        ),
        (
            "/v1/search",
            key,
            json!({"query": "from:soon"}).to_string(),
            400,
            "2026-05-03",
        ),
        (
            "/v1/search",
            key,
            json!({"query": "a", "facets": ["colour"]}).to_string(),
            400,
            "'colour'",
        ),
        (
            "/v1/search",
            key,
            json!({"query": "a", "sort": "up"}).to_string(),
            400,
            "date_asc",
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

#[tokio::test]
async fn hostile_searches_are_answered_at_once_and_clearly() {
    let org = Org::demo_synced();
    let user = org.run_as().to_owned();
    let org = org.with_keys(&[&user]);
    let server = org.serve_without_sync();
    let key = Some(user.as_str());
    let query = |text: &str| json!({"query": text}).to_string();
    let many = |value: &str, count: usize| json!(vec![value; count]);
    let deep = |depth: usize| {
        let filters = format!("{}{{}}{}", "{\"not\":".repeat(depth), "}".repeat(depth));
        format!("{{\"query\":\"a\",\"filters\":{filters}}}")
    };
    let cases: Vec<(&str, String, &[u16], &str)> = vec![
        (
            "a megabyte",
            query(&"x".repeat(1 << 20)),
            &[413],
            "too large",
        ),
        (
            "ten thousand terms",
            query(&"pump ".repeat(10_000)),
            &[400],
            "query",
        ),
        (
            "all terms that fit",
            query(&(0..900).map(|n| format!("a{n} ")).collect::<String>()),
            &[200],
            "",
        ),
        ("quotes", query(&"\"".repeat(4_000)), &[200], ""),
        (
            "phrases",
            query(&"\"a b\" ".repeat(600)),
            &[400],
            "quotation",
        ),
        (
            "exclusions",
            query(&"-pump ".repeat(600)),
            &[400],
            "exclusions",
        ),
        (
            "filters in words",
            query(&"status:a ".repeat(440)),
            &[400],
            "too many values",
        ),
        (
            "filters",
            json!({"query": "a", "filters": {"status": many("a", 10_000)}}).to_string(),
            &[400],
            "filters.status",
        ),
        ("nested filters", deep(100), &[400], "not"),
        ("nesting", deep(20_000), &[400], "recursion"),
        (
            "wildcards",
            query("**** ???? [a-z]* ~2 ^9 {1,999999} \\"),
            &[200],
            "",
        ),
        (
            "a regular expression",
            query(&"(a+)+$".repeat(600)),
            &[200],
            "",
        ),
        (
            "booleans",
            query(&"((((a AND NOT b) OR c) ".repeat(150)),
            &[200],
            "",
        ),
        (
            "control characters",
            query("\u{0}\u{1}\u{1b}[2J\u{7f}\u{85}pump"),
            &[200],
            "",
        ),
        (
            "directions",
            query("\u{202e}pmup\u{202c}\u{2066}\u{200f}\u{feff}"),
            &[200],
            "",
        ),
        ("one letter", query(&"日".repeat(4_000)), &[200], ""),
        ("one word", query(&"a".repeat(4_000)), &[200], ""),
        (
            "mistakes",
            query(&"zqxwvut plokmijn qazwsxed ".repeat(150)),
            &[200],
            "",
        ),
        (
            "a lone surrogate",
            "{\"query\":\"\\ud800 pump\"}".to_owned(),
            &[400],
            "surrogate",
        ),
        (
            "bytes that are no text",
            "{\"query\":\"\u{0}\"}".to_owned(),
            &[400],
            "control character",
        ),
        (
            "a huge limit",
            "{\"query\":\"a\",\"limit\":1e400}".to_owned(),
            &[400],
            "number",
        ),
        (
            "a larger limit",
            "{\"query\":\"a\",\"limit\":99999999999999999999}".to_owned(),
            &[400],
            "limit",
        ),
        (
            "a negative limit",
            "{\"query\":\"a\",\"limit\":-1}".to_owned(),
            &[400],
            "limit",
        ),
        (
            "a huge cursor",
            json!({"query": "a", "cursor": "A".repeat(100_000)}).to_string(),
            &[400],
            "cursor",
        ),
        (
            "a date beyond time",
            query("from:99999-01-01T00:00:00Z"),
            &[400],
            "from",
        ),
    ];
    // The first search asks Salesforce who the user is.
    server.post("/v1/search", key, query("pump")).await;
    for (what, body, statuses, word) in cases {
        let begun = Instant::now();
        let reply = server.post("/v1/search", key, body).await;
        let took = begun.elapsed();
        println!("{what}: {} in {took:?}", reply.status);
        assert!(statuses.contains(&reply.status), "{what}: {}", reply.body);
        assert!(took < PATIENCE, "{what} took {took:?}");
        if reply.status != 200 {
            assert_problem(&reply, reply.status, word, what);
        }
    }
}
