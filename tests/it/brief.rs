//! Briefs on accounts: figures against a computation of their own, quotes against the export.

mod figures;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use devorg::openai::{self, Behaviour, OpenAiOptions, Script};
use serde_json::{Value, json};

use crate::support::{Org, Reply, Server, client, key_of, reply};

const AURELIN: &str = "001Tw0000000001IAA";
const TOMASZ: &str = "tomasz.zielinski@tarnwick.example";
const JONAS: &str = "jonas.brandt@tarnwick.example";
const CLAIRE: &str = "claire.fontaine@tarnwick.example";

/// The demo org, synced without vectors: a brief needs none.
fn started(users: &[&str]) -> (Org, Server) {
    let org = Org::demo();
    org.configure_without_vectors();
    let run_as = org.run_as().to_owned();
    let mut keys = users.to_vec();
    keys.push(&run_as);
    let org = org.with_keys(&keys);
    let server = org.serve();
    (org, server)
}

async fn asked(server: &Server, user: &str, account: &str, body: Value) -> Reply {
    let path = format!("/v1/accounts/{account}/brief");
    server.post(&path, Some(user), body.to_string()).await
}

async fn brief(server: &Server, user: &str, account: &str, body: Value) -> Value {
    let reply = asked(server, user, account, body).await;
    assert_eq!(reply.status, 200, "{account} as {user}: {}", reply.body);
    reply.body
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// The texts of a section's claims.
fn said(brief: &Value, section: &str) -> Vec<String> {
    let sections = list(brief, "sections").iter();
    let claims = sections
        .filter(|found| found["name"] == section)
        .flat_map(|found| list(found, "claims"));
    claims
        .map(|claim| claim["text"].as_str().expect("a text").to_owned())
        .collect()
}

/// Every text of the export, by record and field.
fn exported(org: &Org) -> BTreeMap<(String, String), String> {
    let mut texts = BTreeMap::new();
    for line in org.exported() {
        let document: Value = serde_json::from_str(&line).expect("JSON");
        for record in list(&document, "records") {
            let id = record["record_id"].as_str().expect("an id");
            for (field, text) in record["fields"].as_object().expect("fields") {
                let text = text.as_str().expect("a text").to_owned();
                texts.insert((id.to_owned(), field.clone()), text);
            }
        }
    }
    texts
}

/// Every quote is letter for letter where it says, every claim and figure has a source, and every
/// citation is used.
fn check_quotes(brief: &Value, texts: &BTreeMap<(String, String), String>) {
    let citations = list(brief, "citations");
    for (at, citation) in citations.iter().enumerate() {
        assert_eq!(citation["number"], at + 1);
        let text = |name: &str| citation[name].as_str().expect("a text").to_owned();
        let number = |name: &str| usize::try_from(citation[name].as_u64().expect("a number"));
        let (start, end) = (number("start").expect("fits"), number("end").expect("fits"));
        let field = &texts[&(text("record_id"), text("field"))];
        let quote: String = field.chars().skip(start).take(end - start).collect();
        assert_eq!(quote, text("quote"), "{citation}");
        assert!(!quote.is_empty(), "{citation}");
    }
    let claims = list(brief, "sections")
        .iter()
        .flat_map(|section| list(section, "claims"));
    let mut used = BTreeSet::new();
    for claim in claims.chain(list(brief, "figures")) {
        let numbers = list(claim, "citations").iter().filter_map(Value::as_u64);
        let numbers: Vec<_> = numbers.collect();
        let is_zero = claim["value"] == 0 || claim["text"] == "0";
        assert!(is_zero || !numbers.is_empty(), "without a source: {claim}");
        used.extend(numbers);
    }
    assert!(used.iter().all(|n| *n >= 1 && *n <= citations.len() as u64));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brief_tells_what_matters_and_cites_it() {
    let (org, server) = started(&[JONAS, CLAIRE, TOMASZ]);
    let texts = exported(&org);
    let sales = brief(&server, JONAS, "Aurelin%20Biobank", json!({})).await;
    check_quotes(&sales, &texts);
    assert_eq!(sales["account"]["id"], AURELIN);
    assert_eq!(sales["account"]["owner"]["name"], "Jonas Brandt");
    assert_eq!(
        (&sales["audience"], &sales["model"]),
        (&json!("sales_call"), &json!("extractive"))
    );
    assert!(said(&sales, "overview")[0].contains("Zürich"));
    let deals = said(&sales, "opportunities").join("\n");
    assert!(deals.contains("383,119.36, Negotiation/Review"), "{deals}");
    assert!(
        deals.contains("liability clause to Regula Amstutz by 27 November"),
        "{deals}"
    );
    let contracts = said(&sales, "contracts").join("\n");
    assert!(
        contracts.contains("that is by 2 December 2026"),
        "{contracts}"
    );
    assert!(
        said(&sales, "risks")[0].starts_with("Escalated: case "),
        "{sales}"
    );
    assert!(!said(&sales, "promises").is_empty() && !said(&sales, "people").is_empty());

    let renewal = brief(&server, JONAS, AURELIN, json!({"audience": "renewal"})).await;
    check_quotes(&renewal, &texts);
    assert_eq!(renewal["sections"][0]["name"], "contracts");
    let executive = brief(
        &server,
        JONAS,
        &AURELIN[..15],
        json!({"audience": "executive"}),
    )
    .await;
    assert_eq!(executive["sections"][0]["name"], "risks");
    assert!(said(&executive, "opportunities").len() <= 3);

    // Since a day: what is older is no conversation of this brief, what is newer is marked.
    let since = json!({"since": "2026-11-10"});
    let recent = brief(&server, JONAS, AURELIN, since).await;
    check_quotes(&recent, &texts);
    assert_eq!(recent["since"], "2026-11-10T00:00:00Z");
    let talks = said(&recent, "conversations");
    let dated = |talk: &&String| talk.starts_with("New: 2026-11-") || talk.starts_with("To come");
    assert!(talks.iter().all(|talk| dated(&talk)), "{talks:?}");
    assert!(
        said(&sales, "conversations")
            .iter()
            .all(|talk| !talk.starts_with("New: "))
    );

    // Somebody who may not read amounts gets no sum and no word of one.
    let reply = asked(&server, TOMASZ, AURELIN, json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let names: Vec<_> = list(&reply.body, "figures")
        .iter()
        .map(|f| f["name"].clone())
        .collect();
    assert!(!names.contains(&json!("open_pipeline")), "{names:?}");
    assert!(
        reply.body.to_string().contains("open_pipeline left out"),
        "{}",
        reply.body["degraded"]
    );
    assert!(!reply.body.to_string().contains("383119.36"));

    // A hidden account and one that is not there are alike.
    let hidden = asked(&server, CLAIRE, AURELIN, json!({})).await;
    let absent = asked(&server, CLAIRE, "001Tw00000000zzIAA", json!({})).await;
    let unnamed = asked(&server, CLAIRE, "Aurelin", json!({})).await;
    assert_eq!(
        (hidden.status, absent.status, unnamed.status),
        (404, 404, 404)
    );
    assert_eq!(hidden.body["detail"], absent.body["detail"]);
    assert_eq!(hidden.body["detail"], unnamed.body["detail"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_accounts_are_a_choice_and_formats_are_safe() {
    let (org, server) = started(&[JONAS]);
    let run_as = org.run_as().to_owned();
    let several = asked(&server, &run_as, "Brenning", json!({})).await;
    assert_eq!(several.status, 409, "{}", several.body);
    assert_eq!(several.content_type, "application/problem+json");
    let choices = list(&several.body, "choices");
    assert!(choices.len() >= 2, "{}", several.body);
    for choice in choices {
        assert!(
            choice["id"].is_string() && choice["city"].is_string(),
            "{choice}"
        );
    }
    let output = org.run(&["brief", "Brenning"]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        told.contains(choices[0]["id"].as_str().expect("an id")),
        "{told}"
    );

    // Formats, by query and by Accept.
    let url = format!("{}/v1/accounts/{AURELIN}/brief", server.process.url());
    let get = |query: &str| {
        client()
            .get(format!("{url}{query}"))
            .bearer_auth(key_of(JONAS))
    };
    let page = get("?format=html&audience=executive")
        .send()
        .await
        .expect("a page");
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .expect("text");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let page = page.text().await.expect("text");
    assert!(page.contains("<h1>") && !page.contains("<script"), "{page}");
    let accepted = get("")
        .header("accept", "text/markdown")
        .send()
        .await
        .expect("text");
    let markdown = accepted.text().await.expect("text");
    assert!(markdown.starts_with("# Aurelin Biobank\n"), "{markdown}");
    assert!(markdown.contains("## Sources"), "{markdown}");
    for (query, word) in [
        ("?since=soon", "since must be a time"),
        ("?since=2099-01-01", "future"),
        ("?audience=board", "sales_call"),
        ("?colour=red", "colour"),
        ("?format=pdf", "markdown"),
    ] {
        let refused = reply(get(query)).await;
        assert_eq!(refused.status, 400, "{query}: {}", refused.body);
        let detail = refused.body["detail"].as_str().expect("a detail");
        assert!(detail.contains(word), "{query}: {detail}");
    }
    let body = asked(&server, JONAS, AURELIN, json!({"audience": "board"})).await;
    assert_eq!(body.status, 400);

    // The command line says the same, and the trail knows who was shown what.
    let told = org.json(&["brief", "aurelin biobank", "--as", JONAS, "--since", "30d"]);
    assert_eq!(told["account"]["id"], AURELIN);
    let text = org.run(&["brief", AURELIN, "--as", JONAS]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(
        text.contains("Open pipeline") && text.contains("Talking points"),
        "{text}"
    );
    let trail = org.run(&["audit", "show", "--json"]);
    let trail = String::from_utf8_lossy(&trail.stdout).into_owned();
    let line = trail
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .flat_map(|page| match page["entries"].as_array() {
            Some(entries) => entries.clone(),
            None => vec![page],
        })
        .find(|line| line["operation"] == "accounts/{account}/brief" && line["outcome"] == "shown");
    let line = line.unwrap_or_else(|| panic!("no line of a brief in {trail}"));
    assert!(list(&line, "shown").contains(&json!(AURELIN)), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_adds_to_a_brief_and_its_failure_takes_nothing_away() {
    let options = OpenAiOptions {
        deployments: vec!["briefs".to_owned()],
        ..OpenAiOptions::default()
    };
    let openai = openai::start(options).await.expect("the box starts");
    let org = Org::demo();
    std::fs::write(org.folder.path().join("openai-key"), openai.api_key()).expect("written");
    org.configure(&format!(
        "[chat]\nprovider = \"azure\"\nendpoint = {:?}\ndeployment = \"briefs\"\n\
         api_version = \"2024-10-21\"\napi_key = \"file:openai-key\"\n",
        openai.url()
    ));
    org.configure_without_vectors();
    let org = org.with_keys(&[JONAS]);
    let server = org.serve();
    let texts = exported(&org);

    let told = brief(&server, JONAS, AURELIN, json!({})).await;
    check_quotes(&told, &texts);
    assert!(
        told["usage"]["prompt_tokens"].as_u64() > Some(0),
        "{}",
        told["usage"]
    );
    assert_ne!(told["model"], "extractive");

    openai.script(Script {
        chat: VecDeque::from([Behaviour::ContentFilter]),
        ..Script::default()
    });
    let without = brief(&server, JONAS, AURELIN, json!({})).await;
    check_quotes(&without, &texts);
    assert!(
        without["degraded"]
            .to_string()
            .contains("without the language model"),
        "{without}"
    );
    assert!(!said(&without, "opportunities").is_empty());
}
