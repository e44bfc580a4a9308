//! Generated answers, with an Azure OpenAI in a box: verified, repaired, dropped.

use std::collections::{BTreeSet, VecDeque};

use devorg::openai::{self, Behaviour, OpenAiBox, OpenAiOptions, Script};
use serde_json::Value;

use crate::support::{Org, Server};

const QUESTION: &str = "How many requests a minute may an API token send?";

struct Generating {
    org: Org,
    server: Server,
    openai: OpenAiBox,
}

impl Generating {
    async fn start() -> Self {
        let openai = openai::start(OpenAiOptions {
            deployments: vec!["answers".to_owned()],
            ..OpenAiOptions::default()
        })
        .await
        .expect("the box starts");
        let org = Org::demo_synced();
        let key = org.folder.path().join("openai-key");
        std::fs::write(key, openai.api_key()).expect("written");
        org.configure(&format!(
            "[chat]\nprovider = \"azure\"\nendpoint = {:?}\ndeployment = \"answers\"\n\
             api_version = \"2024-10-21\"\napi_key = \"file:openai-key\"\n",
            openai.url()
        ));
        let run_as = org.run_as().to_owned();
        let org = org.with_keys(&[&run_as]);
        let server = org.serve_without_sync();
        Self {
            org,
            server,
            openai,
        }
    }

    async fn answer(&self, behaviours: &[Behaviour]) -> Value {
        self.openai.script(Script {
            chat: VecDeque::from(behaviours.to_vec()),
            ..Script::default()
        });
        self.server.answer(self.org.run_as(), QUESTION).await
    }
}

#[tokio::test]
async fn claims_that_hold_are_shown_and_others_are_corrected_or_dropped() {
    let generating = Generating::start().await;

    let plain = generating.answer(&[]).await;
    assert_eq!(plain["answered"], true, "{plain}");
    assert_eq!(plain["verification"]["dropped"], 0);
    assert!(plain["usage"]["prompt_tokens"].as_u64() > Some(0));
    for citation in plain["citations"].as_array().expect("citations") {
        assert!(!citation["quote"].as_str().expect("a quote").is_empty());
    }

    for invented in [
        Behaviour::InventedNumber,
        Behaviour::InventedQuote,
        Behaviour::UnknownPassage,
    ] {
        let corrected = generating.answer(std::slice::from_ref(&invented)).await;
        assert_eq!(corrected["answered"], true, "{invented:?}: {corrected}");
        assert_eq!(corrected["verification"]["dropped"], 0, "{invented:?}");
        assert_eq!(corrected["claims"], plain["claims"], "{invented:?}");

        let stubborn = [invented.clone(), invented.clone()];
        let dropped = generating.answer(&stubborn).await;
        assert!(
            dropped["verification"]["dropped"].as_u64() > Some(0),
            "{dropped}"
        );
        let held = texts(&plain);
        assert!(texts(&dropped).is_subset(&held), "{dropped}");
    }
}

/// The sentences of an answer; their citations are numbered anew in each.
fn texts(answer: &Value) -> BTreeSet<String> {
    let claims = answer["claims"].as_array().expect("claims");
    claims
        .iter()
        .map(|claim| claim["text"].as_str().expect("a text").to_owned())
        .collect()
}

#[tokio::test]
async fn a_model_that_fails_is_a_clear_problem_and_not_an_answer() {
    let generating = Generating::start().await;
    for (behaviour, word) in [
        (Behaviour::ContentFilter, "content filter"),
        (Behaviour::CompletionFiltered, "content filter"),
        (Behaviour::MalformedJson, "does not understand"),
        (Behaviour::Length, "did not fit"),
        (Behaviour::Refusal, "declined"),
    ] {
        generating.openai.script(Script {
            chat: VecDeque::from([behaviour.clone()]),
            ..Script::default()
        });
        let user = generating.org.run_as();
        let body = serde_json::json!({"question": QUESTION}).to_string();
        let reply = generating.server.post("/v1/answer", Some(user), body).await;
        assert_eq!(reply.status, 503, "{behaviour:?}: {}", reply.body);
        assert_eq!(reply.content_type, "application/problem+json");
        let detail = reply.body["detail"].as_str().expect("a detail");
        assert!(detail.contains(word), "{behaviour:?}: {detail}");
    }
    let after_a_pause = generating
        .answer(&[Behaviour::RateLimited { retry_after_ms: 20 }])
        .await;
    assert_eq!(after_a_pause["answered"], true);
}
