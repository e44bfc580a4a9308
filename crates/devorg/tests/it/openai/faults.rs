//! What models and services do wrong, one fault a request.

use precis_devorg::openai::{Behaviour, Dialect, Feature, OpenAiOptions, Script};
use serde_json::{Value, json};

use super::{CHAT, EMBEDDINGS, PROMPT, chat, content, post, start, start_with, strict_schema};
use crate::session::{client, read};

/// The reply in one piece to a request that meets this.
async fn meets(behaviour: Behaviour) -> Value {
    let running = start().await;
    running.script(Script {
        chat: [behaviour].into(),
        ..Script::default()
    });
    let body = chat(json!({"response_format": strict_schema()}));
    content(&post(&running, CHAT, &body).await)
}

#[tokio::test]
async fn false_sentences_keep_their_true_quotes() {
    for (behaviour, said) in [
        (Behaviour::InventedAmount, "$1,234,567.89"),
        (Behaviour::InventedDate, "17 March 2031"),
        (Behaviour::InventedName, "Zebulon Quackenbush"),
        (Behaviour::InventedId, "00999999"),
        (Behaviour::UnknownCitation, "[99]"),
        (Behaviour::FlippedNegation, "not"),
    ] {
        let claim = meets(behaviour).await["claims"][0].clone();
        assert!(claim["text"].as_str().unwrap().contains(said), "{claim}");
        let quote = claim["support"][0]["quote"].as_str().unwrap();
        assert!(PROMPT.contains(quote) && !PROMPT.contains(said));
    }
}

#[tokio::test]
async fn false_support_leaves_sentences_true() {
    let truth = "Replace the filter every 300 hours.";
    for behaviour in [
        Behaviour::AlteredQuote,
        Behaviour::WrongPassage,
        Behaviour::NoSupport,
    ] {
        let claim = meets(behaviour.clone()).await["claims"][0].clone();
        assert_eq!(claim["text"], truth);
        let support = &claim["support"][0];
        let holds = support["passage"] == 1 && support["quote"] == truth;
        assert!(!holds, "{behaviour:?}: {claim}");
    }
}

#[tokio::test]
async fn forms_hold_the_same_answer() {
    let running = start().await;
    let body = chat(json!({"response_format": strict_schema()}));
    let said = async |behaviour: Behaviour| {
        running.script(Script {
            chat: [behaviour].into(),
            ..Script::default()
        });
        let reply = post(&running, CHAT, &body).await.json();
        reply["choices"][0]["message"]["content"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let prose = said(Behaviour::Prose).await;
    assert_eq!(prose, "Replace the filter every 300 hours. [1]");
    let fenced = said(Behaviour::Fenced).await;
    let inner = fenced.split("```json\n").nth(1).unwrap();
    let inner: Value = serde_json::from_str(inner.split("```").next().unwrap()).unwrap();
    assert_eq!(inner["answered"], true);
    let thought = said(Behaviour::Thinks).await;
    assert!(thought.starts_with("<think>") && thought.contains(r#"{"answered":true"#));
    let strings: Value = serde_json::from_str(&said(Behaviour::StringNumbers).await).unwrap();
    assert_eq!(strings["answered"], "true");
    assert_eq!(strings["claims"][0]["support"][0]["passage"], "1");
}

#[tokio::test]
async fn deployments_refuse_what_they_do_not_know_in_the_words_of_their_kind() {
    for (dialect, named) in [
        (Dialect::Azure, "/error/message"),
        (Dialect::Validator, "/message"),
        (Dialect::Plain, "/error/message"),
    ] {
        let running = start_with(OpenAiOptions {
            unknown: vec![Feature::JsonSchema, Feature::Temperature],
            dialect,
            ..OpenAiOptions::default()
        })
        .await;
        let body = chat(json!({"response_format": strict_schema()}));
        let reply = post(&running, CHAT, &body).await;
        assert_eq!(reply.status, 400);
        let message = reply.json();
        let message = message.pointer(named).and_then(Value::as_str).unwrap();
        assert!(message.contains("response_format"), "{message}");
        let body = chat(json!({"temperature": 0}));
        assert_eq!(post(&running, CHAT, &body).await.status, 400);
        let body = chat(json!({"response_format": {"type": "json_object"}}));
        assert_eq!(post(&running, CHAT, &body).await.status, 200);
    }
}

#[tokio::test]
async fn tokens_open_what_they_open_on_azure() {
    let running = start_with(OpenAiOptions {
        tokens: vec!["ey.j".to_owned()],
        ..OpenAiOptions::default()
    })
    .await;
    let send = async |path: &str, token: &str, body: Value| {
        let request = client().post(format!("{}{path}", running.url()));
        let request = request.bearer_auth(token).json(&body);
        read(request.send().await.expect("a reply")).await.status
    };
    assert_eq!(send(CHAT, "ey.j", chat(json!({}))).await, 200);
    assert_eq!(send(CHAT, "ey.k", chat(json!({}))).await, 401);
    let texts = json!({"model": "e", "input": "x"});
    assert_eq!(send(EMBEDDINGS, "ey.j", texts.clone()).await, 401);
    let dated = "/openai/deployments/e/embeddings?api-version=2024-10-21";
    assert_eq!(send(dated, "ey.j", texts).await, 200);
}
