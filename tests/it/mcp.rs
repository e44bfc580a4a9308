//! The Model Context Protocol as its clients speak it: over HTTP, and over standard input and output.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Org, Server, client, key_of};

const SAM: &str = "sam.delgado@tarnwick.example";
const TOOLS: [&str; 6] = [
    "account_brief",
    "answer_question",
    "case_triage",
    "find_similar_cases",
    "get_record",
    "search_knowledge",
];

struct Speaking {
    org: Org,
    server: Server,
}

impl Speaking {
    fn start() -> Self {
        let org = Org::demo_synced();
        let run_as = org.run_as().to_owned();
        let org = org.with_keys(&[&run_as, SAM]);
        let server = org.serve_without_sync();
        Self { org, server }
    }

    fn request(&self) -> reqwest::RequestBuilder {
        client()
            .post(format!("{}/mcp", self.server.process.url()))
            .header("accept", "application/json, text/event-stream")
    }

    /// The reply to one message of JSON-RPC.
    async fn say(&self, user: &str, method: &str, params: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let request = self.request().bearer_auth(key_of(user)).json(&body);
        let reply = request.send().await.expect("precis answers");
        assert_eq!(reply.status(), 200);
        reply.json().await.expect("JSON")
    }

    async fn call(&self, user: &str, tool: &str, arguments: Value) -> Value {
        let params = json!({"name": tool, "arguments": arguments});
        self.say(user, "tools/call", params).await["result"].clone()
    }

    /// An id and the number of a case, and the id of its account.
    async fn case(&self) -> (String, String, String) {
        let soql = "SELECT Id, CaseNumber, AccountId FROM Case WHERE AccountId != null LIMIT 1";
        let rows = self.org.soql(soql).await;
        let text = |name: &str| rows[0][name].as_str().expect("text").to_owned();
        (text("Id"), text("CaseNumber"), text("AccountId"))
    }
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_default()
}

fn initialize(version: &str) -> Value {
    json!({
        "protocolVersion": version, "capabilities": {},
        "clientInfo": {"name": "tests", "version": "1"},
    })
}

#[tokio::test]
async fn each_version_is_spoken_and_each_tool_called() {
    let speaking = Speaking::start();
    let run_as = speaking.org.run_as();
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let begun = speaking
            .say(run_as, "initialize", initialize(version))
            .await;
        assert_eq!(begun["result"]["protocolVersion"], version);
        assert_eq!(begun["result"]["serverInfo"]["name"], "precis");
    }
    let listed = speaking.say(run_as, "tools/list", json!({})).await;
    let tools = listed["result"]["tools"].as_array().expect("tools");
    let mut names: Vec<&str> = tools
        .iter()
        .filter_map(|tool| tool["name"].as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, TOOLS);

    let (case, number, account) = speaking.case().await;
    let calls = [
        (
            "search_knowledge",
            json!({"query": "temperature alarm at night", "object": ""}),
        ),
        (
            "answer_question",
            json!({"question": "What does error E17 mean?"}),
        ),
        ("account_brief", json!({"account": account})),
        ("case_triage", json!({"case": case})),
        ("case_triage", json!({"subject": "Alarm E17 in hall B"})),
        ("get_record", json!({"record": case})),
        ("find_similar_cases", json!({"case": case, "limit": 3})),
        ("find_similar_cases", json!({"text": "alarm at night"})),
    ];
    for (tool, arguments) in calls {
        let result = speaking.call(run_as, tool, arguments).await;
        assert_ne!(result["isError"], true, "{tool}: {result}");
        assert!(text(&result).len() > 40, "{tool}: {result}");
        assert!(result["structuredContent"].is_object(), "{tool}");
        let links = result["content"]
            .as_array()
            .expect("content")
            .iter()
            .skip(1);
        let links: Vec<&Value> = links.collect();
        assert!(
            !links.is_empty() && links.len() <= 15,
            "{tool}: {}",
            links.len()
        );
        for link in links {
            assert_eq!(link["type"], "resource_link");
            assert!(
                link["uri"].as_str().expect("a uri").starts_with("http"),
                "{link}"
            );
        }
    }
    let token = speaking.org.operator_token();
    let trail = speaking
        .server
        .admin(&token, "/v1/admin/audit?limit=100", None)
        .await;
    let entries = trail.body["entries"].as_array().expect("entries");
    for tool in TOOLS {
        let line = entries.iter().find(|line| line["operation"] == tool);
        assert_eq!(line.expect(tool)["surface"], "mcp");
    }
    assert!(!number.is_empty());
}

#[tokio::test]
async fn errors_say_what_to_pass_instead() {
    let speaking = Speaking::start();
    let run_as = speaking.org.run_as();
    for (tool, arguments, told) in [
        ("search_knowledge", json!({}), "query"),
        (
            "search_knowledge",
            json!({"query": "pump", "limit": 99}),
            "limit",
        ),
        (
            "search_knowledge",
            json!({"query": "pump", "from": "soon"}),
            "from",
        ),
        (
            "get_record",
            json!({"record": "500000000000000AAA"}),
            "no record",
        ),
        ("account_brief", json!({"account": "Brenning"}), "001"),
        (
            "account_brief",
            json!({"account": "Brenning", "audience": "all"}),
            "audience",
        ),
        ("case_triage", json!({}), "case"),
        (
            "find_similar_cases",
            json!({"case": "1", "text": "both"}),
            "one of",
        ),
    ] {
        let result = speaking.call(run_as, tool, arguments).await;
        assert_eq!(result["isError"], true, "{tool}: {result}");
        assert!(text(&result).contains(told), "{tool}: {result}");
    }
    let token = speaking.org.operator_token();
    let trail = speaking
        .server
        .admin(&token, "/v1/admin/audit?limit=100", None)
        .await;
    let entries = trail.body["entries"].as_array().expect("entries");
    let refused = entries.iter().filter(|line| line["surface"] == "mcp");
    let unread = refused.filter(|line| line["reason"] == "the arguments are invalid");
    assert_eq!(unread.count(), 5, "{entries:?}");
    let unknown = speaking
        .say(run_as, "tools/call", json!({"name": "drop_table"}))
        .await;
    assert!(
        unknown["error"]["message"]
            .as_str()
            .expect("a message")
            .contains("get_record")
    );
}

/// Some clients accept JSON alone, or say nothing; and what the protocol calls an error stays one.
#[tokio::test]
async fn the_head_is_read_leniently_and_errors_keep_their_form() {
    let speaking = Speaking::start();
    let url = format!("{}/mcp", speaking.server.process.url());
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    for accept in [None, Some("application/json"), Some("*/*")] {
        let mut request = client().post(&url).bearer_auth(key_of(SAM)).json(&body);
        if let Some(accept) = accept {
            request = request.header("accept", accept);
        }
        let reply = request.send().await.expect("a reply");
        assert_eq!(reply.status(), 200, "{accept:?}");
        let listed: Value = reply.json().await.expect("JSON");
        assert_eq!(listed["result"]["tools"].as_array().map(Vec::len), Some(6));
    }
    let pictures = client().post(&url).bearer_auth(key_of(SAM)).json(&body);
    let pictures = pictures.header("accept", "image/png").send().await;
    assert_eq!(pictures.expect("a reply").status(), 406);
    let broken = client().post(&url).bearer_auth(key_of(SAM));
    let broken = broken.header("content-type", "application/json");
    let broken = broken.body("{\"jsonrpc\"").send().await.expect("a reply");
    assert!(broken.status().is_client_error(), "{}", broken.status());
    let said = broken.headers()["content-type"].to_str().expect("ASCII");
    assert!(said.contains("json"), "{said}");
}

#[tokio::test]
async fn who_asks_is_proved_first_and_sees_what_they_may() {
    let speaking = Speaking::start();
    let nobody = speaking
        .request()
        .json(&json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}));
    let nobody = nobody.send().await.expect("a reply");
    assert_eq!(nobody.status(), 401);
    let challenge = nobody.headers()["www-authenticate"]
        .to_str()
        .expect("ASCII")
        .to_owned();
    let place = challenge
        .split("resource_metadata=\"")
        .nth(1)
        .expect("a place");
    let place = place.trim_end_matches('"');
    let metadata = client().get(place).send().await.expect("a reply");
    let metadata: Value = metadata.json().await.expect("JSON");
    let resource = metadata["resource"].as_str().expect("a resource");
    assert_eq!(resource, format!("{}/mcp", speaking.server.process.url()));

    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let page = speaking.request().bearer_auth(key_of(SAM)).json(&body);
    let page = page.header("origin", "https://evil.example").send().await;
    assert_eq!(page.expect("a reply").status(), 403);
    let get = client().get(format!("{}/mcp", speaking.server.process.url()));
    assert_eq!(get.send().await.expect("a reply").status(), 405);

    let run_as = speaking.org.run_as();
    let body = json!({"query": "", "filters": {"object": ["Opportunity"]}, "limit": 50});
    let all = speaking.server.search(run_as, body.clone()).await;
    let own = speaking.server.search(SAM, body).await;
    let ids = |found: &Value| -> Vec<String> {
        let hits = found["hits"].as_array().expect("hits").iter();
        hits.map(|hit| hit["document"]["id"].as_str().expect("an id").to_owned())
            .collect()
    };
    let own = ids(&own);
    let hidden = ids(&all).into_iter().find(|id| !own.contains(id));
    let hidden = hidden.expect("something that this user may not read");
    let refused = speaking
        .call(SAM, "get_record", json!({"record": hidden}))
        .await;
    assert_eq!(refused["isError"], true);
    let shown = speaking
        .call(run_as, "get_record", json!({"record": hidden}))
        .await;
    assert_ne!(shown["isError"], true);
}

#[test]
fn a_desktop_client_speaks_over_standard_input() {
    let org = Org::demo_synced();
    let config = org.config();
    let mut precis = crate::support::precis(&[
        "--config",
        config.to_str().expect("a path"),
        "mcp",
        "--stdio",
    ]);
    let mut precis = precis
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("precis starts");
    let mut to = precis.stdin.take().expect("an input");
    let mut from = BufReader::new(precis.stdout.take().expect("an output"));
    let mut say = |message: Value| writeln!(to, "{message}").expect("written");
    let mut hear = || -> Value {
        let mut line = String::new();
        from.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).expect("JSON")
    };
    say(
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize("2025-06-18")}),
    );
    assert_eq!(hear()["result"]["serverInfo"]["name"], "precis");
    say(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    let params = json!({"name": "search_knowledge", "arguments": {"query": "alarm"}});
    say(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params}));
    let found = hear();
    assert!(text(&found["result"]).contains("/lightning/"), "{found}");
    drop(to);
    assert!(precis.wait().expect("an end").success());
}
