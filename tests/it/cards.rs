//! Adaptive Cards of answers, briefs and triages.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};

use crate::installing::{node, run};
use crate::support::{Org, Server, client, key_of};

const CARD: &str = "application/vnd.microsoft.card.adaptive";
/// Teams takes about 28 kB with what is around a card.
const MOST_BYTES: usize = 24_000;

struct Asking {
    org: Org,
    server: Server,
}

struct Reply {
    status: u16,
    content_type: String,
    text: String,
}

impl Asking {
    fn start() -> Self {
        let org = Org::demo_synced();
        let run_as = org.run_as().to_owned();
        let org = org.with_keys(&[&run_as]);
        let server = org.serve_without_sync();
        Self { org, server }
    }

    async fn post(&self, path: &str, accept: &str, body: Value) -> Reply {
        let url = format!("{}{path}", self.server.process.url());
        let request = client().post(url).json(&body).header("accept", accept);
        let reply = request.bearer_auth(key_of(self.org.run_as())).send().await;
        let reply = reply.expect("precis answers");
        let content_type = reply.headers()["content-type"].to_str().expect("ASCII");
        Reply {
            status: reply.status().as_u16(),
            content_type: content_type.to_owned(),
            text: reply.text().await.expect("a body"),
        }
    }

    /// The card of a reply, after what holds for every card.
    async fn card(&self, path: &str, body: Value) -> Value {
        let plain = self.post(path, "application/json", body.clone()).await;
        let plain: Value = serde_json::from_str(&plain.text).expect("JSON");
        let reply = self.post(path, CARD, body).await;
        assert_eq!(
            (reply.status, reply.content_type.as_str()),
            (200, CARD),
            "{path}"
        );
        assert!(
            reply.text.len() <= MOST_BYTES,
            "{path}: {} bytes",
            reply.text.len()
        );
        let card: Value = serde_json::from_str(&reply.text).expect("JSON");
        assert_eq!(
            (&card["type"], &card["version"]),
            (&json!("AdaptiveCard"), &json!("1.5"))
        );
        assert!(!card["fallbackText"].as_str().expect("a text").is_empty());
        assert!(
            card["actions"].as_array().expect("actions").len() <= 6,
            "{path}"
        );
        let known = urls(&plain);
        for url in urls(&card) {
            assert!(known.contains(&url), "{path}: {url} is not in the reply");
        }
        card
    }
}

/// Every `url` of a value.
fn urls(value: &Value) -> BTreeSet<String> {
    let own = value["url"].as_str().map(str::to_owned);
    let inner: BTreeSet<String> = match value {
        Value::Object(members) => members.values().flat_map(urls).collect(),
        Value::Array(items) => items.iter().flat_map(urls).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => BTreeSet::new(),
    };
    own.into_iter().chain(inner).collect()
}

#[tokio::test]
async fn replies_are_cards_that_the_clients_reader_takes() {
    let asking = Asking::start();
    let mut cards = Vec::new();
    let question = json!({"question": "How do I reset the admin PIN of a Kelda freezer?"});
    let answer = asking.card("/v1/answer", question).await;
    assert!(!urls(&answer).is_empty(), "{answer}");
    cards.push(answer);
    let unknown = json!({"question": "Who won the chess championship of Iceland in 1931?"});
    cards.push(asking.card("/v1/answer", unknown).await);
    for account in ["Aurelin Biobank", "Corvane Therapeutics"] {
        for audience in ["sales_call", "renewal", "executive"] {
            let path = format!("/v1/accounts/{account}/brief");
            let brief = asking.card(&path, json!({"audience": audience})).await;
            assert!(urls(&brief).len() > 3, "{brief}");
            cards.push(brief);
        }
    }
    for case in ["00001835", "00001896", "00001026"] {
        let path = format!("/v1/cases/{case}/triage");
        cards.push(asking.card(&path, json!({})).await);
    }
    let new = json!({"subject": "E17 on a Kelda 700", "description": "It stays at -38 °C."});
    cards.push(asking.card("/v1/triage", new).await);
    tokio::task::spawn_blocking(move || read(&cards))
        .await
        .expect("the reader ends");
}

/// Has Microsoft's own reader read the cards.
fn read(cards: &[Value]) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut reader = Command::new("node");
    reader.arg("card_test.mjs").current_dir(node("cards"));
    for (number, card) in cards.iter().enumerate() {
        let file = folder.path().join(format!("{number}.json"));
        std::fs::write(&file, card.to_string()).expect("written");
        reader.arg(file);
    }
    run(reader);
}

#[tokio::test]
async fn the_query_says_more_than_the_header() {
    let asking = Asking::start();
    let question = json!({"question": "How do I reset the admin PIN of a Kelda freezer?"});
    let events = "text/event-stream";
    for (path, accept, kind) in [
        ("/v1/answer?format=card", "application/json", CARD),
        ("/v1/answer?format=card", events, CARD),
        ("/v1/answer?format=json", CARD, "application/json"),
        ("/v1/answer", events, events),
        ("/v1/answer", "*/*", "application/json"),
        (
            "/v1/answer",
            "text/html;q=0.5, application/vnd.microsoft.card.adaptive;q=1",
            CARD,
        ),
    ] {
        let reply = asking.post(path, accept, question.clone()).await;
        assert_eq!(
            (reply.status, reply.content_type.as_str()),
            (200, kind),
            "{path} {accept}"
        );
    }
    let reply = asking.post("/v1/answer?format=toast", CARD, question).await;
    assert_eq!(reply.status, 400);
    assert!(reply.text.contains("card"), "{}", reply.text);
}
