/// What models and services do wrong.
mod faults;
/// Streams that stop, pause and write as others do.
mod streams;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use precis_devorg::openai::{self, Behaviour, OpenAiBox, OpenAiOptions, Script};
use serde_json::{Value, json};

use crate::session::{Reply, client, read};

const CHAT: &str = "/openai/deployments/chat/chat/completions?api-version=2024-10-21";
const EMBEDDINGS: &str = "/openai/v1/embeddings";
const PROMPT: &str = "Answer in JSON from the passages.\n\
    <passage id=\"1\" object=\"Case\">The pump P-7 has a filter. Replace the filter every 300 hours.</passage>\n\
    <passage id=\"2\">Invoices are sent on the first day.</passage>\n\
    <question>How often is the filter replaced?</question>";

async fn start() -> OpenAiBox {
    start_with(OpenAiOptions::default()).await
}

async fn start_with(options: OpenAiOptions) -> OpenAiBox {
    match openai::start(options).await {
        Ok(running) => running,
        Err(error) => panic!("the box does not start: {error}"),
    }
}

async fn post(running: &OpenAiBox, path: &str, body: &Value) -> Reply {
    let url = format!("{}{path}", running.url());
    let request = client()
        .post(url)
        .header("api-key", running.api_key())
        .json(body);
    read(request.send().await.expect("a reply")).await
}

fn chat(extra: Value) -> Value {
    let mut body = json!({"messages": [{"role": "system", "content": "Be exact."},
                                       {"role": "user", "content": PROMPT}]});
    body.as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    body
}

fn content(reply: &Reply) -> Value {
    let body = reply.json();
    let text = body["choices"][0]["message"]["content"]
        .as_str()
        .expect("content")
        .to_owned();
    serde_json::from_str(&text).expect("JSON content")
}

fn strict_schema() -> Value {
    let object = |properties: Value, required: Value| {
        json!({"type": "object", "properties": properties, "required": required,
               "additionalProperties": false})
    };
    let support = object(
        json!({"passage": {"type": "integer"}, "quote": {"type": "string"}}),
        json!(["passage", "quote"]),
    );
    let claim = object(
        json!({"text": {"type": "string"}, "support": {"type": "array", "items": support}}),
        json!(["text", "support"]),
    );
    let answer = object(
        json!({"answered": {"type": "boolean"}, "claims": {"type": "array", "items": claim}}),
        json!(["answered", "claims"]),
    );
    json!({"type": "json_schema", "json_schema": {"name": "answer", "strict": true, "schema": answer}})
}

#[tokio::test]
async fn answers_with_quotes_from_the_passages() {
    let running = start().await;
    let reply = post(
        &running,
        CHAT,
        &chat(json!({"response_format": strict_schema()})),
    )
    .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let body = reply.json();
    assert_eq!(body["model"], "chat");
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    assert!(body["usage"]["total_tokens"].as_u64() > Some(10));
    let answer = content(&reply);
    assert_eq!(answer["answered"], json!(true));
    assert_eq!(
        answer["claims"][0]["support"][0],
        json!({
            "passage": 1, "quote": "Replace the filter every 300 hours.",
        })
    );
    assert_eq!(running.chats().len(), 1);
}

#[tokio::test]
async fn keys_deployments_and_versions_are_checked() {
    let running = start().await;
    let body = chat(json!({"model": "chat"}));
    let send = |path: &str, header: &str, value: &str| {
        let request = client()
            .post(format!("{}{path}", running.url()))
            .header(header, value)
            .json(&body);
        async move { read(request.send().await.expect("a reply")).await }
    };
    let wrong = send(CHAT, "api-key", "wrong").await;
    assert_eq!(
        (wrong.status, &wrong.json()["error"]["code"]),
        (401, &json!("401"))
    );
    assert_eq!(
        send(
            "/openai/v1/chat/completions",
            "authorization",
            "Bearer demo-key"
        )
        .await
        .status,
        200
    );
    // The legacy route takes keys in their own header only.
    assert_eq!(
        send(CHAT, "authorization", "Bearer demo-key").await.status,
        401
    );
    let unversioned = "/openai/deployments/chat/chat/completions";
    assert_eq!(send(unversioned, "api-key", "demo-key").await.status, 404);
    let nameless = post(&running, "/openai/v1/chat/completions", &chat(json!({}))).await;
    assert_eq!(nameless.status, 400);

    let options = OpenAiOptions {
        deployments: vec!["only".to_owned()],
        ..OpenAiOptions::default()
    };
    let Ok(strict) = openai::start(options).await else {
        panic!("the box does not start");
    };
    let missing = post(&strict, CHAT, &chat(json!({}))).await;
    assert_eq!(missing.json()["error"]["code"], "DeploymentNotFound");
}

#[tokio::test]
async fn streams_begin_with_the_filter_and_end_with_usage() {
    let running = start().await;
    let body = chat(json!({"stream": true, "stream_options": {"include_usage": true}}));
    let reply = post(&running, CHAT, &body).await;
    assert!(
        reply
            .header("content-type")
            .starts_with("text/event-stream")
    );
    let data: Vec<&str> = reply
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .collect();
    assert_eq!(data.last(), Some(&"[DONE]"));
    let chunks: Vec<Value> = data[..data.len() - 1]
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect();
    assert!(chunks[0]["prompt_filter_results"].is_array());
    assert_eq!(chunks[0]["choices"], json!([]));
    let text: String = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap()["answered"],
        json!(true)
    );
    let last = chunks.last().unwrap();
    assert_eq!(last["choices"], json!([]));
    assert!(last["usage"]["completion_tokens"].as_u64() > Some(0));
}

#[tokio::test]
async fn requests_that_the_service_refuses_are_refused() {
    let running = start().await;
    let mut loose = strict_schema();
    loose["json_schema"]["schema"]["additionalProperties"] = json!(true);
    let refused = [
        json!({"messages": []}),
        json!({"messages": [{"role": "nobody", "content": "x"}]}),
        chat(json!({"response_format": loose})),
        json!({"messages": [{"role": "user", "content": "hi"}], "response_format": {"type": "json_object"}}),
        json!("text"),
    ];
    for body in refused {
        let reply = post(&running, CHAT, &body).await;
        assert_eq!(
            (reply.status, reply.json()["error"]["message"].is_string()),
            (400, true),
            "{body}"
        );
    }
    let old = CHAT.replace("2024-10-21", "2024-02-01");
    assert_eq!(
        post(
            &running,
            &old,
            &chat(json!({"response_format": strict_schema()}))
        )
        .await
        .status,
        400
    );
    let reasoning = chat(json!({"model": "gpt-5.4-mini", "max_tokens": 100}));
    let reply = post(&running, "/openai/v1/chat/completions", &reasoning).await;
    assert_eq!(reply.json()["error"]["code"], "unsupported_parameter");
    let long = json!({"messages": [{"role": "user", "content": "word ".repeat(200_000)}]});
    assert_eq!(
        post(&running, CHAT, &long).await.json()["error"]["code"],
        "context_length_exceeded"
    );
}

#[tokio::test]
async fn embeddings_are_near_when_texts_are() {
    let running = start().await;
    let texts = [
        "How do I replace the filter?",
        "Replacing a filter",
        "Invoices are sent monthly",
    ];
    let body = json!({"model": "embed", "input": texts, "dimensions": 256});
    let reply = post(&running, EMBEDDINGS, &body).await.json();
    let vector = |index: usize| -> Vec<f64> {
        let values = reply["data"][index]["embedding"]
            .as_array()
            .expect("numbers");
        values.iter().map(|value| value.as_f64().unwrap()).collect()
    };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    assert_eq!(vector(0).len(), 256);
    assert!((dot(&vector(0), &vector(0)) - 1.0).abs() < 1e-3);
    assert!(dot(&vector(0), &vector(1)) > dot(&vector(0), &vector(2)) + 0.2);

    let body = json!({"model": "embed", "input": texts[0], "dimensions": 256, "encoding_format": "base64"});
    let reply = post(&running, EMBEDDINGS, &body).await.json();
    let bytes = STANDARD
        .decode(reply["data"][0]["embedding"].as_str().unwrap())
        .unwrap();
    let first = f32::from_le_bytes(bytes[..4].try_into().unwrap());
    assert!((f64::from(first) - vector(0)[0]).abs() < 1e-6);
}

#[tokio::test]
async fn embedding_inputs_have_their_limits() {
    let running = start().await;
    let refused = [
        json!({"model": "e", "input": vec!["x"; 2_049]}),
        json!({"model": "e", "input": []}),
        json!({"model": "e", "input": ["a", ""]}),
        json!({"model": "e", "input": "word ".repeat(10_000)}),
        json!({"model": "e", "input": "x", "dimensions": 0}),
        json!({"model": "e", "input": 5}),
    ];
    for body in refused {
        assert_eq!(post(&running, EMBEDDINGS, &body).await.status, 400);
    }
    let most = json!({"model": "e", "input": vec!["x"; 2_048], "dimensions": 8});
    assert_eq!(
        post(&running, EMBEDDINGS, &most).await.json()["data"]
            .as_array()
            .unwrap()
            .len(),
        2_048
    );
}

#[tokio::test]
async fn scripted_faults_come_in_their_order() {
    let running = start().await;
    let reply = |content: &str| Behaviour::Reply {
        content: content.to_owned(),
    };
    let chat_faults = [
        Behaviour::RateLimited {
            retry_after_ms: 1_500,
        },
        Behaviour::ServerError { status: 503 },
        Behaviour::ContentFilter,
        Behaviour::Length,
        Behaviour::CompletionFiltered,
        Behaviour::MalformedJson,
        Behaviour::InventedNumber,
        Behaviour::InventedQuote,
        Behaviour::UnknownPassage,
        Behaviour::Refusal,
        reply("just this"),
    ];
    running.script(Script {
        chat: chat_faults.into(),
        ..Script::default()
    });
    let body = chat(json!({}));
    let mut replies = Vec::new();
    for _ in 0..12 {
        replies.push(post(&running, CHAT, &body).await);
    }
    assert_eq!(
        (replies[0].status, replies[0].header("retry-after-ms")),
        (429, "1500")
    );
    assert_eq!(replies[0].header("retry-after"), "2");
    assert_eq!(replies[1].status, 503);
    assert_eq!(
        replies[2].json()["error"]["innererror"]["code"],
        "ResponsibleAIPolicyViolation"
    );
    let finish = |reply: &Reply| {
        reply.json()["choices"][0]["finish_reason"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        (finish(&replies[3]), finish(&replies[4])),
        ("length".into(), "content_filter".into())
    );
    let message = |reply: &Reply| reply.json()["choices"][0]["message"].clone();
    let malformed = message(&replies[5])["content"].as_str().unwrap().to_owned();
    assert!(serde_json::from_str::<Value>(&malformed).is_err());
    assert!(
        content(&replies[6])["claims"][0]["text"]
            .as_str()
            .unwrap()
            .contains("987,654")
    );
    let quote = content(&replies[7])["claims"][0]["support"][0]["quote"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(!PROMPT.contains(&quote));
    assert_eq!(
        content(&replies[8])["claims"][0]["support"][0]["passage"],
        9_999
    );
    assert!(message(&replies[9])["refusal"].is_string());
    assert_eq!(message(&replies[10])["content"], "just this");
    assert_eq!(content(&replies[11])["answered"], json!(true));
}

#[tokio::test]
async fn scripts_are_set_over_http_too() {
    let running = start().await;
    let url = format!("{}/__devorg/script", running.url());
    let script =
        json!({"embeddings": [{"kind": "rate_limited", "retry_after_ms": 5}], "repeat": true});
    assert_eq!(
        client()
            .post(url)
            .json(&script)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    let body = json!({"model": "e", "input": "x"});
    for _ in 0..2 {
        assert_eq!(post(&running, EMBEDDINGS, &body).await.status, 429);
    }
    assert_eq!(post(&running, CHAT, &chat(json!({}))).await.status, 200);
}
