//! Who has the last word on a record (`access.confirm`), services, and the explanation for an admin.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::permissions::{QUERIES, USERS, document_ids, readable};
use crate::support::{Org, Server, key_of, workspace};

/// The demo org, synced, with a key for each user and these access settings.
fn org_with(access: &str, more: &[&str]) -> Org {
    let org = Org::demo_synced_with(more);
    org.configure(&format!("[access]\n{access}\n"));
    let run_as = org.run_as().to_owned();
    let mut users = USERS.to_vec();
    users.push(&run_as);
    org.with_keys(&users)
}

/// What each user finds for each query is what the org lets them read, and something is hidden from
/// somebody.
async fn finds_what_is_readable(org: &Org, server: &Server) {
    let mut hidden = 0;
    for query in QUERIES {
        let body = json!({"query": query, "limit": 100});
        let all = document_ids(&server.search(org.run_as(), body.clone()).await);
        for user in &USERS[..USERS.len() - 1] {
            let found = document_ids(&server.search(user, body.clone()).await);
            let allowed = readable(org, user, &found).await;
            assert_eq!(found, allowed, "{user} was shown too much for '{query}'");
            let first: BTreeSet<_> = all.iter().take(20).cloned().collect();
            hidden += first.len() - readable(org, user, &first).await.len();
            let page = server.search(user, json!({"query": query})).await;
            assert_eq!(document_ids(&page).len(), 10, "{user} '{query}'");
        }
    }
    assert!(hidden > 0, "nothing is hidden from anybody");
}

#[tokio::test]
async fn sharing_of_the_last_sync_alone_shows_nothing_more() {
    let text = std::fs::read_to_string(workspace().join("demo/org/org.json")).expect("org.json");
    let settings: Value = serde_json::from_str(&text).expect("JSON");
    let rules = settings["categoryVisibility"].as_array().expect("a list");
    let rules: Vec<String> = rules.iter().map(inline_table).collect();
    let access = format!(
        "confirm = \"principals\"\ncategory_visibility = [{}]",
        rules.join(", ")
    );
    let org = org_with(&access, &[]);
    let server = org.serve_without_sync();
    finds_what_is_readable(&org, &server).await;
    let calls = calls(&org).await;
    let body = json!({"query": "a question that nobody has asked"});
    server.search(USERS[0], body).await;
    assert_eq!(calls_since(&org, calls).await, 0, "Salesforce was asked");
}

#[tokio::test]
async fn without_the_narrowing_salesforce_alone_shows_nothing_more() {
    let org = org_with("prefilter = false\nopen_objects = false", &[]);
    let server = org.serve_without_sync();
    finds_what_is_readable(&org, &server).await;
}

#[tokio::test]
async fn a_cold_search_asks_salesforce_once() {
    let org = org_with("", &[]);
    let server = org.serve_without_sync();
    let ask = |query: &str| json!({"query": query});
    for user in &USERS[..USERS.len() - 1] {
        server.search(user, ask("who is there")).await;
        let calls = calls(&org).await;
        server.search(user, ask("alarm in the hall")).await;
        let asked = calls_since(&org, calls).await;
        assert!(asked <= 1, "{user}: {asked} calls");
    }
}

#[tokio::test]
async fn the_viewers_own_session_decides() {
    let keys = workspace().join("crates/devorg/tests/keys");
    let public = keys.join("test-only-public.pem");
    let public = public.to_string_lossy();
    let org = org_with("confirm = \"as_viewer\"", &["--jwt-public-key", &*public]);
    let private = org.folder.path().join("private.pem");
    std::fs::copy(keys.join("test-only-private.pem"), private).expect("copied");
    let jwt = format!(
        "auth = \"jwt_bearer\"\nusername = {:?}\nprivate_key = \"file:private.pem\"",
        org.run_as()
    );
    org.set("client_secret = \"file:client-secret\"", &jwt);
    let server = org.serve_without_sync();
    finds_what_is_readable(&org, &server).await;
}

#[tokio::test]
async fn the_viewers_own_session_needs_a_signature() {
    let org = org_with("confirm = \"as_viewer\"", &[]);
    let output = org.run(&["status"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("access.confirm") && said.contains("jwt_bearer"),
        "{said}"
    );
}

#[tokio::test]
async fn a_service_reads_what_its_policy_names() {
    let org = Org::demo_synced();
    let hash: String = Sha256::digest(key_of("kb"))
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    org.configure(&format!(
        "[policies.public-kb]\nobjects = [\"Knowledge__kav\"]\nchannels = [\"pkb\"]\n\
         [[api_keys]]\nname = \"kb\"\npolicy = \"public-kb\"\nsha256 = {hash:?}\n"
    ));
    let published: BTreeSet<String> = org
        .soql("SELECT Id FROM Knowledge__kav WHERE PublishStatus = 'Online' AND IsVisibleInPkb = true")
        .await
        .iter()
        .map(|row| row["Id"].as_str().expect("an id").to_owned())
        .collect();
    assert!(!published.is_empty(), "the demo publishes nothing");
    let server = org.serve_without_sync();
    let mut found = BTreeSet::new();
    for query in [
        "alarm",
        "calibration",
        "freezer temperature",
        "battery",
        "E17",
    ] {
        let body = json!({"query": query, "limit": 100});
        found.extend(document_ids(&server.search("kb", body).await));
    }
    assert!(!found.is_empty());
    let leaked: Vec<_> = found.difference(&published).collect();
    assert!(leaked.is_empty(), "{leaked:?}");
    let reply = server
        .post(
            "/v1/search",
            Some("kb"),
            json!({"query": "owner:me alarm"}).to_string(),
        )
        .await;
    assert_eq!(reply.status, 400, "{}", reply.body);
}

#[tokio::test]
async fn an_admin_is_told_why() {
    let org = org_with("", &[]);
    let server = org.serve_without_sync();
    let token = org.operator_token();
    let all = document_ids(
        &server
            .search(org.run_as(), json!({"query": "alarm", "limit": 100}))
            .await,
    );
    let (mut yes, mut no) = (0, 0);
    for user in &USERS[..4] {
        let allowed = readable(&org, user, &all).await;
        for record in all.iter().step_by(9) {
            let path = format!("/v1/admin/access?user={user}&record={record}");
            let told = server.admin(&token, &path, None).await;
            assert_eq!(told.status, 200, "{}", told.body);
            let expected = allowed.contains(record);
            let layers = told.body["layers"].as_array().expect("layers");
            assert!(layers.len() >= 4, "{}", told.body);
            let record_layer = layers.iter().find(|l| l["layer"] == "record");
            let outcome = &record_layer.expect("the last word")["outcome"];
            assert_eq!(outcome == "allowed", expected, "{}", told.body);
            let readable = told.body["readable"] == true;
            assert!(expected || !readable, "{}", told.body);
            yes += usize::from(readable);
            no += usize::from(!readable);
        }
    }
    assert!(yes > 0 && no > 0, "{yes} {no}");
    let inactive = USERS[USERS.len() - 1];
    let record = all.first().expect("a record");
    let output = org.run(&["access", "--as", inactive, record]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("not active"));
    let output = org.run(&["access", "--as", inactive, "nonsense"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let path = format!("/v1/admin/access?user={inactive}&record={record}");
    let refused = server.admin(&key_of(USERS[0]), &path, None).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
}

/// An object of JSON in one line of TOML.
fn inline_table(object: &Value) -> String {
    let members = object.as_object().expect("an object").iter();
    let members: Vec<String> = members
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    format!("{{ {} }}", members.join(", "))
}

/// All calls that the org has counted.
async fn calls(org: &Org) -> u64 {
    let url = format!("{}/__devorg/calls", org.devorg.url());
    let counted: Value = crate::support::reply(crate::support::client().get(url))
        .await
        .body;
    counted["total"].as_u64().expect("a total")
}

async fn calls_since(org: &Org, before: u64) -> u64 {
    calls(org).await - before
}
