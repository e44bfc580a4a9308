//! What an admin sees and sets of the syncs: status, schedules, budget, metrics, requests.

use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Org, Server, client};

/// An org that is synced in seconds: without vectors.
fn quick() -> Org {
    let org = Org::demo();
    org.configure_without_vectors();
    org
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_settings_of_syncs_are_checked_all_at_once() {
    let org = quick();
    org.set("schedule = \"\"", "schedule = \"* * * * 1\"");
    org.set(
        "jitter_seconds = 0",
        "jitter_seconds = 99999999\napi_share = 1.5\napi_look_seconds = 0",
    );
    org.set(
        "[embedding]",
        "[sync.schedules]\nCaseComment = \"0 1 * * *\"\nCase = \"soon\"\n[embedding]",
    );
    let output = org.run(&["check"]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    for words in [
        "sync.schedule has '1' as days of the week",
        "MON-FRI",
        "sync.api_share must be",
        "sync.jitter_seconds must be",
        "sync.api_look_seconds must be",
        "sync.schedules.CaseComment names no object",
        "sync.schedules.Case must have five fields",
    ] {
        assert!(said.contains(words), "'{words}' is not in: {said}");
    }
    org.set("Case = \"soon\"", "Case = 7");
    let said = stderr(&org.run(&["check"]));
    assert!(
        said.contains("sync.schedules.Case must be a text"),
        "{said}"
    );
}

#[test]
fn status_says_what_disagrees_and_check_exits_with_it() {
    let org = quick();
    let before = org.run(&["status", "--check"]);
    assert_eq!(before.status.code(), Some(1));
    assert!(
        stderr(&before).contains("Nothing is synced"),
        "{}",
        stderr(&before)
    );

    org.json(&["sync"]);
    let after = org.run(&["status", "--check"]);
    assert_eq!(after.status.code(), Some(0), "{}", stderr(&after));
    let text = stdout(&after);
    assert!(text.starts_with("Index and org agree"), "{text}");
    assert!(text.contains("  CaseComment"), "{text}");
    assert!(!text.contains('\u{1b}'), "colours in a pipe: {text}");
    let report = org.json(&["status"]);
    assert_eq!(report["complete"], true);
    assert_eq!(report["findings"], json!([]));
    assert!(report["running"].is_null() && report["next_sync"].is_null());
    assert!(report["api"]["calls"].as_u64() > Some(0));
    for object in report["objects"].as_array().expect("objects") {
        assert_eq!(object["documents"], object["indexed"], "{object}");
    }
}

#[test]
fn at_the_budget_a_sync_stops_or_waits_and_says_so() {
    let org = Org::demo_with_api_limit(1_000);
    org.configure_without_vectors();
    org.set("jitter_seconds = 0", "jitter_seconds = 0\napi_share = 0.01");
    let once = org.run(&["sync", "--once"]);
    assert_eq!(once.status.code(), Some(1), "{}", stderr(&once));
    assert!(
        stderr(&once).contains("stopped at the budget"),
        "{}",
        stderr(&once)
    );
    assert!(
        stderr(&once).contains("sync.api_share"),
        "{}",
        stderr(&once)
    );

    let server = org.serve_at_once();
    let report = wait_for(&org, |report| !report["paused"].is_null());
    assert_eq!(report["paused"]["limit"], 1_000);
    assert!(kinds(&report).contains(&"paused"), "{report}");
    let text = stdout(&org.run(&["status"]));
    assert!(
        text.contains("precis keeps to 1 %; looks again every 10 min"),
        "{text}"
    );
    drop(server);
}

fn kinds(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().expect("findings");
    findings
        .iter()
        .filter_map(|finding| finding["kind"].as_str())
        .collect()
}

/// Asks for the status until it is as wanted.
fn wait_for(org: &Org, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let report = org.json(&["status"]);
        if is_wanted(&report) {
            return report;
        }
        assert!(begun.elapsed() < Duration::from_secs(180), "{report}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn the_schedule_syncs_by_itself_and_is_told() {
    let org = quick();
    org.set("schedule = \"\"\n", "schedule = \"* * * * *\"\n");
    org.set("reconcile = \"\"", "reconcile = \"0 3 * * *\"");
    let server = org.serve();
    let first = wait_for(&org, |report| !report["last_run"].is_null());
    assert!(first["next_sync"].is_string(), "{first}");
    let reconciliation = first["next_reconciliation"].as_str().expect("a time");
    assert!(reconciliation.ends_with("T03:00:00Z"), "{reconciliation}");
    let first = first["last_run"]["id"].clone();
    let second = wait_for(&org, |report| report["last_run"]["id"] != first);
    assert_eq!(second["last_run"]["state"], "complete", "{second}");
    assert_eq!(second["last_run"]["depth"], "changes");
    assert_eq!(second["complete"], true, "{second}");
    drop(server);
}

#[tokio::test]
async fn requested_syncs_are_checked_queued_once_and_followed() {
    let org = quick();
    org.json(&["sync"]);
    let server = org.serve_without_sync();
    let token = org.operator_token();
    let ask = |body: Value| server.admin(&token, "/v1/admin/sync", Some(body));

    for (object, word) in [
        ("Casse", "Casse is not synced"),
        ("Nothing__c", "Nothing__c is not synced"),
        ("CaseComment", "sync Case instead"),
    ] {
        let refused = ask(json!({"objects": [object]})).await;
        assert_eq!(refused.status, 400, "{}", refused.body);
        let detail = refused.body["detail"].as_str().expect("a detail");
        assert!(detail.contains(word), "{detail}");
    }

    let first = ask(json!({"depth": "full"})).await;
    assert_eq!(first.status, 202, "{}", first.body);
    assert_eq!(
        (&first.body["started"], &first.body["queued"]),
        (&json!(true), &json!(false))
    );
    let begun = Instant::now();
    while state(&server, &token, &first.body["run"]).await != "running" {
        assert!(begun.elapsed() < Duration::from_secs(30), "it never ran");
    }
    let second = ask(json!({"depth": "reconcile"})).await;
    let third = ask(json!({"depth": "reconcile"})).await;
    assert_eq!(
        (&second.body["started"], &second.body["queued"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(
        second.body["run"], third.body["run"],
        "the same request waits twice"
    );

    while state(&server, &token, &second.body["run"]).await != "complete" {
        assert!(begun.elapsed() < Duration::from_secs(180), "it never ended");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let unknown = "/v1/admin/sync/00000000-0000-0000-0000-000000000000";
    assert_eq!(server.admin(&token, unknown, None).await.status, 404);
    let outsider = server.admin("somebody", "/v1/admin/status", None).await;
    assert_eq!(outsider.status, 403);

    // The command line follows its own request, and reports its error.
    org.json(&["sync", "--object", "Case"]);
    let refused = org.run(&["sync", "--object", "CaseComment"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        stderr(&refused).contains("sync Case instead"),
        "{}",
        stderr(&refused)
    );
    let Org { devorg, folder } = org;
    devorg.kill();
    let config = folder.path().join("precis.toml");
    let failed = crate::support::run(&["sync", "--config", &config.to_string_lossy()]);
    assert_eq!(failed.status.code(), Some(2), "{}", stdout(&failed));
    assert!(stderr(&failed).contains("alesforce"), "{}", stderr(&failed));
}

#[tokio::test]
async fn an_order_that_is_repeated_by_its_key_is_carried_out_once() {
    let org = quick();
    org.json(&["sync"]);
    let server = org.serve_without_sync();
    let token = org.operator_token();
    let order = async |key: &str| {
        let url = format!("{}/v1/admin/sync", server.process.url());
        let request = client().post(url).json(&json!({"depth": "reconcile"}));
        let request = request.header("idempotency-key", key).bearer_auth(&token);
        crate::support::reply(request).await
    };
    let first = order("nightly 7").await;
    assert_eq!(first.status, 202, "{}", first.body);
    let run = first.body["run"].clone();
    let begun = Instant::now();
    while state(&server, &token, &run).await != "complete" {
        assert!(begun.elapsed() < Duration::from_secs(180), "it never ended");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Also after its end it is the same run.
    assert_eq!(order("nightly 7").await.body["run"], run);
    assert_ne!(order("nightly 8").await.body["run"], run);
    assert_eq!(order(&"x".repeat(256)).await.status, 400);
}

async fn state(server: &Server, token: &str, run: &Value) -> String {
    let run = run.as_str().expect("an id");
    let reply = server
        .admin(token, &format!("/v1/admin/sync/{run}"), None)
        .await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["state"].as_str().expect("a state").to_owned()
}

#[tokio::test]
async fn metrics_are_counts_for_this_machine_alone() {
    let org = quick();
    org.json(&["sync"]);
    let server = org.serve_without_sync();
    let url = format!("{}/metrics", server.process.url());
    server.get("/healthz").await;
    server.get("/some/body/else").await;
    let reply = client().get(&url).send().await.expect("a reply");
    assert_eq!(reply.status(), 200);
    let content_type = reply.headers()["content-type"]
        .to_str()
        .expect("a text")
        .to_owned();
    assert!(
        content_type.starts_with("application/openmetrics-text"),
        "{content_type}"
    );
    let text = reply.text().await.expect("a text");
    for line in [
        "# TYPE precis_source_rows gauge",
        "# TYPE precis_salesforce_calls counter",
        "# TYPE precis_http_request_duration_seconds histogram",
        "precis_failed_records{object=\"CaseComment\"} 0",
        "precis_vectorless_documents{object=\"Case\"} 0",
        "precis_sync_running 0",
        "precis_sync_paused 0",
        "precis_complete 1",
        "precis_http_request_duration_seconds_count{route=\"/healthz\",status=\"2xx\"}",
        "precis_http_request_duration_seconds_count{route=\"other\",status=\"4xx\"} 1",
    ] {
        assert!(text.contains(line), "'{line}' is not in:\n{text}");
    }
    let value = |name: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.rsplit(' ').next());
        value
            .and_then(|value| value.parse().ok())
            .unwrap_or_else(|| panic!("{name} in:\n{text}"))
    };
    assert!(value("precis_source_rows{object=\"Case\"}") > 100.0);
    let indexed = value("precis_indexed_documents{object=\"Case\"}");
    assert_eq!(value("precis_documents{object=\"Case\"}"), indexed);
    assert!(value("precis_lag_seconds{object=\"Case\"}") < 600.0);
    assert!(value("precis_last_success_timestamp_seconds{object=\"Case\"}") > 1.7e9);
    assert!(value("precis_salesforce_calls_total") >= 0.0);
    // Each sample belongs to a family that is described.
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().expect("a name");
        let is_described = text.lines().any(|line| {
            let family = line
                .strip_prefix("# HELP ")
                .and_then(|rest| rest.split(' ').next());
            family.is_some_and(|family| name.starts_with(family))
        });
        assert!(is_described, "{name} has no # HELP");
    }

    // Who comes through a proxy is not of this machine.
    let forwarded = || client().get(&url).header("x-forwarded-for", "203.0.113.7");
    let refused = forwarded().send().await.expect("a reply");
    assert_eq!(refused.status(), 401);
    let operator = forwarded().bearer_auth(org.operator_token());
    assert_eq!(operator.send().await.expect("a reply").status(), 200);
}
