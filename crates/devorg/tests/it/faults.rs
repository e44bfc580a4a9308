use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use precis_devorg::server::{self, StartError};
use serde_json::{Value, json};

use crate::session::{Reply, Session};
use crate::support::{ACCOUNTS, Folder};

const ALL_ACCOUNTS: &str = "SELECT Id FROM Account";

async fn faulty(rules: Value) -> Session {
    let session = Session::small().await;
    plan(&session, rules).await;
    session
}

async fn plan(session: &Session, rules: Value) {
    let reply = session
        .control("faults", json!({"seed": 7, "fault": rules}))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

async fn injected(session: &Session) -> Value {
    session.get("/__devorg/faults").await.json()["byKind"].clone()
}

async fn used(session: &Session) -> u64 {
    let calls = session.get("/__devorg/calls").await.json();
    calls["total"].as_u64().unwrap()
}

fn refusal(reply: &Reply) -> (u16, String) {
    (reply.status, reply.error_code())
}

/// Why a call has no whole reply.
async fn broken(session: &Session, path: &str) -> String {
    let url = format!("{}/services/data/v66.0/{path}", session.org.url());
    let sent = session
        .client
        .get(url)
        .bearer_auth(&session.token)
        .send()
        .await;
    let error = match sent {
        Err(error) => error,
        Ok(reply) => {
            assert_eq!(reply.status(), 200);
            reply.bytes().await.expect_err("the reply is cut")
        }
    };
    format!("{error:?}")
}

async fn job(session: &Session, soql: &str) -> String {
    let spec = json!({"operation": "query", "query": soql});
    let job = session.post("jobs/query", spec).await.json();
    format!("jobs/query/{}", job["id"].as_str().unwrap())
}

async fn ended(session: &Session, path: &str) -> Value {
    for _ in 0..300 {
        let info = session.get(path).await.json();
        if !matches!(
            info["state"].as_str(),
            Some("UploadComplete" | "InProgress")
        ) {
            return info;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the job does not end");
}

#[tokio::test]
async fn servers_fail_in_turn_and_one_of_three_counts() {
    let session = faulty(json!([{"kind": "server_error", "times": 3}])).await;
    let org = session.query(ALL_ACCOUNTS).await;
    assert_eq!(refusal(&org), (500, "UNKNOWN_EXCEPTION".to_owned()));
    let edge = session.query(ALL_ACCOUNTS).await;
    assert_eq!(
        (edge.status, edge.header("content-type")),
        (502, "text/html")
    );
    let busy = session.get("limits").await;
    assert_eq!(refusal(&busy), (503, "SERVER_UNAVAILABLE".to_owned()));
    assert_eq!(used(&session).await, 1);
    assert_eq!(session.query(ALL_ACCOUNTS).await.status, 200);
    assert_eq!(injected(&session).await, json!({"server_error": 3}));
}

#[tokio::test]
async fn limits_say_which_limit() {
    let session = faulty(json!([
        {"kind": "concurrent_limit", "calls": ["query"]},
        {"kind": "quota_spent", "calls": ["describe"]},
        {"kind": "lock_row", "calls": ["record"]},
    ]))
    .await;
    let busy = session.query(ALL_ACCOUNTS).await;
    assert_eq!(refusal(&busy), (403, "REQUEST_LIMIT_EXCEEDED".to_owned()));
    assert!(busy.text.contains("ConcurrentRequests"));
    let spent = session.get("sobjects/Account/describe").await;
    assert_eq!(refusal(&spent), (403, "REQUEST_LIMIT_EXCEEDED".to_owned()));
    assert!(spent.text.contains("TotalRequests"));
    assert_eq!(spent.header("sforce-limit-info"), "api-usage=100000/100000");
    let locked = session.get("sobjects/Account/001000000000001AAA").await;
    assert_eq!(refusal(&locked), (400, "UNABLE_TO_LOCK_ROW".to_owned()));
    assert_eq!(used(&session).await, 1);
}

#[tokio::test]
async fn smaller_pages_do_not_time_out() {
    let session = faulty(json!([
        {"kind": "query_timeout", "above_rows": 100, "object": "Account"},
    ]))
    .await;
    let large = session.query(ALL_ACCOUNTS).await;
    assert_eq!(refusal(&large), (400, "QUERY_TIMEOUT".to_owned()));
    let small = session.query("SELECT Id FROM Account LIMIT 100").await;
    assert_eq!(small.json()["records"].as_array().unwrap().len(), 100);
    let other = session.query("SELECT Id FROM Case").await;
    assert_eq!(other.status, 200);
    assert_eq!(used(&session).await, 3);
}

#[tokio::test]
async fn a_session_ends_between_pages() {
    let mut session = faulty(json!([
        {"kind": "session_expired", "calls": ["query_page"], "times": 1},
    ]))
    .await;
    let first = session.query(ALL_ACCOUNTS).await.json();
    let next = first["nextRecordsUrl"].as_str().unwrap();
    let ended = session.get(next).await;
    assert_eq!(refusal(&ended), (401, "INVALID_SESSION_ID".to_owned()));
    assert_eq!(session.get("limits").await.status, 401, "it is really gone");
    session.sign_in().await;
    assert_eq!(session.get(next).await.json()["done"], true);
}

#[tokio::test]
async fn a_lost_locator_stays_lost() {
    let session = faulty(json!([{"kind": "query_locator", "times": 1}])).await;
    let first = session.query(ALL_ACCOUNTS).await.json();
    let next = first["nextRecordsUrl"].as_str().unwrap();
    for _ in 0..2 {
        let lost = session.get(next).await;
        assert_eq!(refusal(&lost), (400, "INVALID_QUERY_LOCATOR".to_owned()));
    }
    assert_eq!(injected(&session).await, json!({"query_locator": 1}));
}

#[tokio::test]
async fn a_page_repeats_rows_and_loses_none() {
    let session = faulty(json!([{"kind": "duplicate_page"}])).await;
    let mut page = session.query(ALL_ACCOUNTS).await.json();
    let mut ids = Vec::new();
    loop {
        let records = page["records"].as_array().unwrap();
        ids.extend(records.iter().map(|record| record["Id"].to_string()));
        let Some(next) = page["nextRecordsUrl"].as_str() else {
            break;
        };
        page = session.get(next).await.json();
    }
    assert!(ids.len() > ACCOUNTS, "{}", ids.len());
    let distinct: BTreeSet<String> = ids.into_iter().collect();
    assert_eq!(distinct.len(), ACCOUNTS);
}

#[tokio::test]
async fn jobs_end_badly() {
    let session = faulty(json!([
        {"kind": "bulk_failed", "object": "Account", "times": 1},
        {"kind": "bulk_aborted", "object": "Account", "times": 1},
        {"kind": "bulk_lost", "object": "Case", "calls": ["bulk_results"], "times": 1},
    ]))
    .await;
    for state in ["Failed", "Aborted"] {
        let path = job(&session, ALL_ACCOUNTS).await;
        let info = ended(&session, &path).await;
        assert_eq!(info["state"], state);
        assert!(info["errorMessage"].is_string(), "{info}");
        let results = session.get(&format!("{path}/results")).await;
        assert_eq!(results.error_code(), "INVALIDJOBSTATE");
    }
    let path = job(&session, "SELECT Id FROM Case").await;
    assert_eq!(ended(&session, &path).await["state"], "JobComplete");
    for part in ["/results", "/results", ""] {
        let lost = session.get(&format!("{path}{part}")).await;
        assert_eq!(refusal(&lost), (404, "NOT_FOUND".to_owned()));
    }
    let path = job(&session, ALL_ACCOUNTS).await;
    assert_eq!(ended(&session, &path).await["state"], "JobComplete");
}

#[tokio::test]
async fn replies_break_off() {
    let session = faulty(json!([
        {"kind": "cut_reply", "calls": ["query"]},
        {"kind": "bulk_cut", "times": 1},
        {"kind": "drop_connection", "calls": ["limits"]},
    ]))
    .await;
    broken(&session, "query?q=SELECT+Id,Name+FROM+Account").await;
    let path = job(&session, ALL_ACCOUNTS).await;
    ended(&session, &path).await;
    broken(&session, &format!("{path}/results")).await;
    let whole = session.get(&format!("{path}/results")).await;
    assert_eq!(whole.text.lines().count(), ACCOUNTS + 1);
    let dropped = broken(&session, "limits").await;
    assert!(dropped.contains("SendRequest"), "{dropped}");
    let expected = json!({"bulk_cut": 1, "cut_reply": 1, "drop_connection": 1});
    assert_eq!(injected(&session).await, expected);
}

#[tokio::test]
async fn a_cut_body_has_lost_its_end() {
    let session = faulty(json!([{"kind": "bulk_cut"}, {"kind": "cut_reply"}])).await;
    let url = format!("{}/services/data/v66.0/sobjects", session.org.url());
    let request = session.client.get(url).bearer_auth(&session.token);
    let mut reply = request.send().await.unwrap();
    let announced = reply.content_length().unwrap();
    let mut arrived = 0;
    while let Ok(Some(piece)) = reply.chunk().await {
        arrived += piece.len() as u64;
    }
    assert!(
        arrived > 0 && arrived < announced,
        "{arrived} of {announced}"
    );
}

#[tokio::test]
async fn what_is_not_json_calls_itself_json() {
    let session = faulty(json!([{"kind": "garbage", "times": 1}])).await;
    let reply = session.query(ALL_ACCOUNTS).await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("content-type").starts_with("application/json"));
    assert!(serde_json::from_str::<Value>(&reply.text).is_err());
    assert_eq!(session.query(ALL_ACCOUNTS).await.status, 200);
}

#[tokio::test]
async fn slow_calls_are_answered_in_the_end() {
    let session = faulty(json!([{"kind": "slow", "seconds": 0.2, "calls": ["limits"]}])).await;
    let before = Instant::now();
    assert_eq!(session.get("limits").await.status, 200);
    assert!(before.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn a_late_commit_shows_with_the_stamp_of_its_write() {
    let session = Session::small().await;
    session
        .control("clock", json!({"now": "2026-03-01T12:00:00Z"}))
        .await;
    let known = session.create("Account", json!({"Name": "Known"})).await;
    plan(
        &session,
        json!([{"kind": "late_commit", "seconds": 60, "times": 3}]),
    )
    .await;
    let created = session.create("Account", json!({"Name": "Late"})).await;
    let path = format!("sobjects/Account/{known}");
    let renamed = session.patch(&path, json!({"Name": "Renamed"})).await;
    assert_eq!(renamed.status, 204);

    let by_name = "SELECT Name FROM Account WHERE Name IN ('Known', 'Late', 'Renamed')";
    assert_eq!(session.query(by_name).await.json()["totalSize"], 1);
    assert_eq!(session.get(&path).await.json()["Name"], "Known");
    let hidden = session.get(&format!("sobjects/Account/{created}")).await;
    assert_eq!(hidden.status, 404);
    session
        .control("clock", json!({"advanceSeconds": 59}))
        .await;
    assert_eq!(session.get(&path).await.json()["Name"], "Known");

    session.control("clock", json!({"advanceSeconds": 1})).await;
    let record = session.get(&path).await.json();
    assert_eq!(record["Name"], "Renamed");
    let stamp = record["SystemModstamp"].as_str().unwrap();
    assert!(stamp.starts_with("2026-03-01T12:00:0"), "{stamp}");
    let late = session.get(&format!("sobjects/Account/{created}")).await;
    assert_eq!(late.json()["Name"], "Late");
}

#[tokio::test]
async fn a_write_that_waited_for_a_lock_shows_both() {
    let session = faulty(json!([{"kind": "late_commit", "seconds": 600, "times": 1}])).await;
    let late = session.create("Account", json!({"Name": "Late"})).await;
    let fields = json!({"LastName": "Child", "AccountId": late});
    session.create("Contact", fields).await;
    let found = session
        .query("SELECT Account.Name FROM Contact WHERE LastName = 'Child'")
        .await;
    assert_eq!(found.json()["records"][0]["Account"]["Name"], "Late");
}

#[tokio::test]
async fn a_late_delete_leaves_the_record_for_a_while() {
    let session = Session::small().await;
    session
        .control("clock", json!({"now": "2026-03-01T12:00:00Z"}))
        .await;
    plan(&session, json!([{"kind": "late_commit", "seconds": 5}])).await;
    let path = "sobjects/Case/500000000000001AAA";
    assert_eq!(session.delete(path).await.status, 204);
    assert_eq!(session.get(path).await.status, 200);
    session.control("clock", json!({"advanceSeconds": 5})).await;
    assert_eq!(session.get(path).await.error_code(), "ENTITY_IS_DELETED");
}

#[tokio::test]
async fn clocks_differ() {
    let session = Session::small().await;
    session
        .control("clock", json!({"now": "2026-03-01T12:00:00Z"}))
        .await;
    let before = session.create("Account", json!({"Name": "Before"})).await;
    plan(&session, json!([{"kind": "clock_skew", "seconds": -120}])).await;
    let after = session.create("Account", json!({"Name": "After"})).await;
    let stamp = async |id: &str| {
        let reply = session.get(&format!("sobjects/Account/{id}")).await;
        let stamp = reply.json()["SystemModstamp"].as_str().unwrap().to_owned();
        (stamp, reply.header("date").to_owned())
    };
    let (first, date) = stamp(&before).await;
    assert!(first.starts_with("2026-03-01T12:00:00"), "{first}");
    assert_eq!(date, "Sun, 01 Mar 2026 11:58:00 GMT");
    let (second, _) = stamp(&after).await;
    assert!(second.starts_with("2026-03-01T11:58:00"), "{second}");
    session.control("faults", json!({})).await;
    assert_eq!(stamp(&after).await.1, "Sun, 01 Mar 2026 12:00:00 GMT");
}

#[tokio::test]
async fn sign_ins_fail_only_where_a_rule_names_them() {
    let session = faulty(json!([{"kind": "server_error", "calls": ["token"], "times": 1}])).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "demo"),
        ("client_secret", "demo-secret"),
    ];
    assert_eq!(session.token_request(&form).await.status, 500);
    assert_eq!(session.token_request(&form).await.status, 200);
    plan(&session, json!([{"kind": "server_error"}])).await;
    assert_eq!(session.token_request(&form).await.status, 200);
}

#[tokio::test]
async fn plans_are_replaced_and_refused_as_a_whole() {
    let session = faulty(json!([{"kind": "lock_row"}])).await;
    let bad = json!({"fault": [{"kind": "lock_row"}, {"kind": "melt"}, {"rate": 7}]});
    let refused = session.control("faults", bad).await;
    assert_eq!(refusal(&refused), (400, "INVALID_FAULT_PLAN".to_owned()));
    assert!(refused.text.contains("fault 2: unknown kind") && refused.text.contains("fault 3:"));
    assert_eq!(
        session.query(ALL_ACCOUNTS).await.status,
        400,
        "the old plan stands"
    );
    session.control("faults", json!({})).await;
    assert_eq!(session.query(ALL_ACCOUNTS).await.status, 200);
    assert_eq!(session.get("/__devorg/faults").await.json()["total"], 0);
}

#[tokio::test]
async fn an_org_starts_with_a_plan() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/faults.toml");
    let session = Session::with(Folder::small(), |options| {
        options.faults = Some(example.into());
    })
    .await;
    let report = session.get("/__devorg/faults").await.json();
    let kinds: BTreeSet<&str> = report["fault"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds.len(), 18, "the example shows every kind: {kinds:?}");

    let folder = Folder::small();
    let bad = folder.path().join("bad.toml");
    std::fs::write(&bad, "[[fault]]\nkind = 'melt'\n[[fault]]\n").unwrap();
    let mut options = folder.options();
    options.faults = Some(bad);
    let Err(StartError::FaultPlan { problems, .. }) = server::start(options).await else {
        panic!("the plan is refused");
    };
    assert_eq!(problems.0.len(), 2, "{problems}");
}

/// One page, however often it takes.
async fn stubborn(session: &mut Session, soql: &str) -> Vec<Value> {
    for _ in 0..100 {
        let url = format!("{}/services/data/v66.0/query", session.org.url());
        let request = session.client.get(url).query(&[("q", soql)]);
        let Ok(reply) = request.bearer_auth(&session.token).send().await else {
            continue;
        };
        let (status, text) = (reply.status().as_u16(), reply.text().await);
        let page = text
            .ok()
            .and_then(|text| serde_json::from_str::<Value>(&text).ok());
        match (status, page) {
            (200, Some(page)) => return page["records"].as_array().unwrap().clone(),
            (401, _) => session.sign_in().await,
            _ => {}
        }
    }
    panic!("a hundred calls have failed");
}

#[tokio::test]
async fn who_tries_again_gets_everything_through_a_storm() {
    let kinds = [
        "server_error",
        "concurrent_limit",
        "quota_spent",
        "lock_row",
        "query_timeout",
        "session_expired",
        "cut_reply",
        "garbage",
        "drop_connection",
    ];
    let rules: Vec<Value> = kinds
        .iter()
        .map(|kind| json!({"kind": kind, "rate": 0.08}))
        .collect();
    let mut session = faulty(json!(rules)).await;
    let (mut condition, mut ids) = (String::new(), BTreeSet::new());
    loop {
        let soql = format!("SELECT Id FROM Account{condition} ORDER BY Id LIMIT 50");
        let records = stubborn(&mut session, &soql).await;
        let page = records.iter().map(|record| record["Id"].as_str().unwrap());
        ids.extend(page.map(str::to_owned));
        match records.last() {
            Some(last) => condition = format!(" WHERE Id > '{}'", last["Id"].as_str().unwrap()),
            None => break,
        }
    }
    assert_eq!(ids.len(), ACCOUNTS);
    let injected = injected(&session).await;
    for kind in kinds {
        assert!(injected[kind].as_u64() > Some(0), "{kind}: {injected}");
    }
}
