//! The audit trail: who asked what, on a chain that shows what was done to it; read by the operator
//! alone; sent to Azure without a loss.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use devorg::azure::{self, AzureBox, AzureOptions, Failure, Service};
use serde_json::{Value, json};

use crate::support::{Org, Server, client, key_of};

/// Two users of the demo org, without vectors and without a sync: permissions alone are asked.
struct Asked {
    org: Org,
    user: String,
}

impl Asked {
    fn new(settings: &str) -> Self {
        let org = Org::demo();
        let user = org.run_as().to_owned();
        let org = org.with_keys(&[&user]);
        org.configure(settings);
        org.configure_without_vectors();
        org.json(&["sync"]);
        Self { org, user }
    }

    fn folder(&self) -> PathBuf {
        self.org.folder.path().join("data/audit")
    }

    /// Every line that is there.
    fn text(&self) -> String {
        let mut files: Vec<_> = std::fs::read_dir(self.folder())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|kind| kind == "jsonl"))
            .collect();
        files.sort();
        let texts = files
            .iter()
            .map(|path| std::fs::read_to_string(path).expect("lines"));
        texts.collect()
    }

    fn lines(&self) -> Vec<Value> {
        let text = self.text();
        let lines = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        lines.collect()
    }

    fn verify(&self) -> (Option<i32>, Value) {
        let output = self.org.run(&["audit", "verify", "--json"]);
        let report = serde_json::from_slice(&output.stdout).expect("a report");
        (output.status.code(), report)
    }
}

fn of<'a>(lines: &'a [Value], operation: &str) -> Vec<&'a Value> {
    lines
        .iter()
        .filter(|line| line["operation"] == operation)
        .collect()
}

#[tokio::test]
async fn questions_answers_and_refusals_are_on_the_trail_which_the_operator_reads() {
    let asked = Asked::new("");
    let server = asked.org.serve_without_sync();
    let user = asked.user.as_str();
    let body = json!({"query": "pump", "filters": {"object": "Case"}, "limit": 5});
    let found = server.search(user, body).await;
    server.answer(user, "Which cases are escalated?").await;
    let invalid = server
        .post("/v1/search", Some(user), "{\"limit\": \"secret words\"}")
        .await;
    assert_eq!(invalid.status, 400);
    let invalid = server
        .post("/v1/search", Some(user), "{\"query\": \"x\", \"limit\": 0}")
        .await;
    assert_eq!(invalid.status, 400);
    let stranger = server
        .post("/v1/search", Some("nobody"), "{\"query\": \"x\"}")
        .await;
    assert_eq!(stranger.status, 401);

    let lines = asked.lines();
    assert_eq!(lines[0]["event"], "begun");
    let searches = of(&lines, "search");
    let shown: Vec<&Value> = found["hits"].as_array().expect("hits").iter().collect();
    let shown: Vec<Value> = shown
        .iter()
        .map(|hit| hit["document"]["id"].clone())
        .collect();
    assert!(!shown.is_empty());
    let first = searches[0];
    assert_eq!(first["shown"], json!(shown));
    assert_eq!(
        (&first["question"], &first["filters"]),
        (&json!("pump"), &json!({"object": ["Case"]}))
    );
    assert_eq!(
        (&first["username"], &first["outcome"]),
        (&json!(user), &json!("shown"))
    );
    assert_eq!(first["identity"], json!({"by": "api_key", "name": "test"}));
    let outcomes: Vec<_> = searches
        .iter()
        .map(|line| line["outcome"].as_str())
        .collect();
    assert_eq!(
        outcomes,
        [
            Some("shown"),
            Some("refused"),
            Some("refused"),
            Some("refused")
        ]
    );
    assert_eq!(searches[1]["username"], user);
    assert!(
        !asked.text().contains("secret words"),
        "an unread body is on the trail"
    );
    let stranger = searches[3];
    assert!(
        stranger["identity"].is_null() && stranger["peer"] == "127.0.0.1",
        "{stranger}"
    );
    assert!(
        stranger["reason"]
            .as_str()
            .is_some_and(|why| why.starts_with("401"))
    );
    let answer = of(&lines, "answer")[0];
    assert!(
        answer["model"].is_string() && answer["took_ms"].is_number(),
        "{answer}"
    );

    only_the_operator_reads(&asked, &server, lines.len()).await;
    let (code, report) = asked.verify();
    assert_eq!(
        (code, &report["intact"]),
        (Some(0), &json!(true)),
        "{report}"
    );
}

async fn only_the_operator_reads(asked: &Asked, server: &Server, before: usize) {
    let user = asked.user.as_str();
    for path in ["/v1/admin/audit", "/v1/admin/audit/export"] {
        let url = format!("{}{path}", server.process.url());
        let normal = client().get(&url).bearer_auth(key_of(user)).send().await;
        assert_eq!(normal.expect("a reply").status(), 403, "{path}");
        let nobody = client().get(&url).send().await;
        assert_eq!(nobody.expect("a reply").status(), 401, "{path}");
    }
    let token = asked.org.operator_token();
    let page = |query: &'static str| {
        let path = format!("/v1/admin/audit{query}");
        let token = token.clone();
        async move { server.admin(&token, &path, None).await }
    };
    let newest = page("?limit=2").await.body;
    let entries = newest["entries"].as_array().expect("entries");
    assert_eq!(entries.len(), 2);
    assert_eq!(
        entries[0]["seq"],
        json!(before + 4),
        "the four refusals before"
    );
    assert_eq!(entries[0]["outcome"], "refused");
    let cursor = newest["next_cursor"].as_u64().expect("a cursor");
    let path = format!("/v1/admin/audit?limit=1000&cursor={cursor}");
    let rest = server.admin(&token, &path, None).await.body;
    assert_eq!(rest["entries"][0]["seq"], json!(cursor - 1));
    assert!(rest["next_cursor"].is_null());
    let searches = page("?operation=search&outcome=shown").await.body;
    assert_eq!(searches["entries"].as_array().map(Vec::len), Some(1));
    assert_eq!(page("?until=2020-01-01").await.body["entries"], json!([]));
    for bad in ["?limit=0", "?since=soon", "?colour=red"] {
        assert_eq!(page(bad).await.status, 400, "{bad}");
    }
    let reads = asked.lines();
    let reads = of(&reads, "admin/audit");
    assert_eq!(
        reads[0]["identity"]["by"], "api_key",
        "the refused one is named"
    );
    assert!(
        reads
            .iter()
            .any(|line| line["identity"]["by"] == "operator" && line["outcome"] == "shown")
    );
}

#[tokio::test]
async fn an_export_is_the_files_and_what_is_done_to_them_is_found() {
    let asked = Asked::new("");
    let server = asked.org.serve_without_sync();
    for word in ["pump", "filter", "invoice"] {
        server.search(&asked.user, json!({"query": word})).await;
    }
    let exported = asked.org.run(&["audit", "export"]);
    assert!(exported.status.success(), "{exported:?}");
    assert_eq!(String::from_utf8_lossy(&exported.stdout), asked.text());
    let shown = asked
        .org
        .json(&["audit", "show", "--user", &asked.user, "-n", "2"]);
    assert_eq!(shown["entries"].as_array().map(Vec::len), Some(2));
    // Another process may not write, and says so.
    server.process.kill();
    let listed = asked.org.run(&["audit", "show"]);
    assert!(
        String::from_utf8_lossy(&listed.stdout).contains("pump"),
        "{listed:?}"
    );
    let exported = asked.org.run(&["audit", "export"]);
    assert_eq!(String::from_utf8_lossy(&exported.stdout), asked.text());

    let (code, whole) = asked.verify();
    assert_eq!(code, Some(0), "{whole}");
    let end = &whole["end"];
    let noted = format!("{}:{}", end["seq"], end["hash"].as_str().expect("a hash"));
    let output = asked.org.run(&["audit", "verify", "--noted", &noted]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");

    let file = std::fs::read_dir(asked.folder()).expect("a folder");
    let mut files = file.map(|entry| entry.expect("an entry").path());
    let file = files.find(|path| path.extension().is_some_and(|kind| kind == "jsonl"));
    let file = file.expect("a file");
    let text = asked.text();
    std::fs::write(&file, text.replace("invoice", "nothing")).expect("written");
    let (code, report) = asked.verify();
    assert_eq!(
        (code, &report["findings"][0]["kind"]),
        (Some(1), &json!("altered")),
        "{report}"
    );
    assert!(report["findings"][0]["line"].as_u64() > Some(3), "{report}");
    let lines: Vec<&str> = text.lines().collect();
    std::fs::write(&file, lines[..lines.len() - 2].join("\n") + "\n").expect("written");
    let (code, report) = asked.verify();
    assert_eq!(
        (code, &report["findings"][0]["kind"]),
        (Some(1), &json!("truncated")),
        "{report}"
    );
}

#[tokio::test]
async fn words_are_kept_as_the_settings_say_and_old_days_go() {
    let asked = Asked::new("[audit]\nquestions = \"hash\"\nretention_days = 30\n");
    let server = asked.org.serve_without_sync();
    let body = json!({"query": "zanzibar", "filters": {"account": "Timbuktu"}});
    let _ = server
        .post("/v1/search", Some(&asked.user), body.to_string())
        .await;
    server
        .search(&asked.user, json!({"query": "zanzibar"}))
        .await;
    let text = asked.text();
    assert!(
        !text.contains("zanzibar") && !text.contains("Timbuktu"),
        "{text}"
    );
    let lines = asked.lines();
    let searches = of(&lines, "search");
    assert_eq!(searches[0]["question"], searches[1]["question"]);
    server.process.kill();

    let newest = std::fs::read_dir(asked.folder()).expect("a folder");
    let mut files = newest.map(|entry| entry.expect("an entry").path());
    let file = files.find(|path| path.extension().is_some_and(|kind| kind == "jsonl"));
    let old = asked.folder().join("audit-2020-01-01.jsonl");
    std::fs::rename(file.expect("a file"), &old).expect("renamed");
    assert_eq!(
        asked.verify().0,
        Some(0),
        "names of files are no part of the chain"
    );
    let pruned = asked.org.json(&["audit", "prune"]);
    assert_eq!(pruned["files"], json!(["audit-2020-01-01.jsonl"]));
    assert!(!old.exists());
    let (code, report) = asked.verify();
    assert_eq!(code, Some(0), "{report}");

    asked
        .org
        .change_config("questions = \"hash\"", "questions = \"none\"");
    asked.org.json(&["search", "zanzibar"]);
    let lines = asked.lines();
    let last = lines.last().expect("a line");
    assert_eq!(last["surface"], "command_line");
    assert!(
        last["question"].is_null() && last["shown"].is_array(),
        "{last}"
    );
    asked.org.change_config(
        "questions = \"none\"",
        "questions = \"some\"\nkey = \"plain\"",
    );
    let refused = asked.org.run(&["audit", "verify"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        said.contains("audit.questions") && said.contains("audit.key"),
        "{said}"
    );
}

/// Azure in a box, and the settings that lead there.
async fn azure() -> (AzureBox, String) {
    let azure = azure::start(AzureOptions::default()).await.expect("azure");
    let options = azure.options();
    let settings = format!(
        "[azure]\ncredential = \"client_secret\"\nauthority = {:?}\ntenant = {:?}\nclient_id = {:?}\n\
         client_secret = \"file:azure-secret\"\n\
         [audit.azure]\nendpoint = {:?}\ndcr = \"dcr-0123\"\nstream = \"Custom-Precis_CL\"\n",
        azure.url(),
        options.tenant,
        options.client_id,
        azure.url(),
    );
    (azure, settings)
}

#[tokio::test]
async fn azure_gets_every_line_through_outages_and_restarts() {
    let (azure, settings) = azure().await;
    let org = Org::demo();
    let user = org.run_as().to_owned();
    let secret = org.folder.path().join("azure-secret");
    std::fs::write(secret, &azure.options().client_secret).expect("written");
    let org = org.with_keys(&[&user]);
    org.configure(&settings);
    org.configure_without_vectors();
    org.json(&["sync"]);
    let asked = Asked { org, user };
    azure.fail(Failure::new(Service::Logs, 503, 2));
    let server = asked.org.serve_without_sync();
    for number in 0..40 {
        let body = json!({"query": format!("pump {number}")});
        server.search(&asked.user, body).await;
    }
    arrived(&asked, &azure, 41).await;

    // Away while precis is killed and started again.
    let mut refused = Failure::new(Service::Logs, 403, 3);
    refused.retry_after = Some(1);
    azure.fail(refused);
    for number in 0..10 {
        let body = json!({"query": format!("{} {number}", "filter ".repeat(500))});
        server.search(&asked.user, body).await;
    }
    let begun = Instant::now();
    loop {
        let status = asked.org.json(&["status"]);
        let told = &status["audit"]["azure"];
        if told["last_error"]
            .as_str()
            .is_some_and(|error| error.contains("403"))
        {
            assert!(
                status["audit"]["last_seq"].as_u64() > told["sent_seq"].as_u64(),
                "{status}"
            );
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{status}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    server.process.kill();
    let server = asked.org.serve_without_sync();
    server.search(&asked.user, json!({"query": "after"})).await;
    let last = asked.lines().len() as u64;
    arrived(&asked, &azure, last).await;
    let text = metrics(&server).await;
    assert!(
        text.contains("precis_audit_azure_waiting_lines 0"),
        "{text}"
    );

    let logs = azure.logs();
    let rows = logs["rows"].as_array().expect("rows");
    for (row, line) in rows.iter().zip(asked.lines()) {
        assert_eq!((&row["Seq"], &row["Hash"]), (&line["seq"], &line["hash"]));
    }
    let trails: BTreeSet<_> = rows.iter().map(|row| row["Trail"].as_str()).collect();
    assert_eq!(trails.len(), 1);
    assert_eq!(asked.verify().0, Some(0));
}

/// Waits until Azure has the lines up to this number, each of them.
async fn arrived(asked: &Asked, azure: &AzureBox, last: u64) {
    let begun = Instant::now();
    loop {
        let logs = azure.logs();
        let rows = logs["rows"].as_array().expect("rows");
        let seen: BTreeSet<_> = rows.iter().filter_map(|row| row["Seq"].as_u64()).collect();
        if seen.contains(&last) {
            assert_eq!(seen, (1..=*seen.last().expect("rows")).collect(), "{logs}");
            // No batch was taken twice: each was noted before the next.
            assert_eq!(seen.len(), rows.len());
            return;
        }
        let status = asked.org.json(&["status"]);
        assert!(begun.elapsed() < Duration::from_secs(120), "{status}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn metrics(server: &Server) -> String {
    let url = format!("{}/metrics", server.process.url());
    let begun = Instant::now();
    loop {
        let reply = client().get(&url).send().await.expect("a reply");
        let text = reply.text().await.expect("a text");
        let is_done = text.contains("precis_audit_azure_waiting_lines 0");
        if is_done || begun.elapsed() > Duration::from_secs(30) {
            return text;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}
