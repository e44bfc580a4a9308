//! Streams that stop, pause and write as others do.

use std::time::{Duration, Instant};

use futures::StreamExt;
use precis_devorg::openai::{Behaviour, OpenAiBox, Script};
use serde_json::{Value, json};

use super::{CHAT, chat, start};
use crate::session::client;

/// What came of a stream, and whether its connection ended well.
async fn streamed(running: &OpenAiBox, behaviour: Behaviour) -> (String, bool) {
    running.script(Script {
        chat: [behaviour].into(),
        ..Script::default()
    });
    let response = open(running).await;
    let mut pieces = response.bytes_stream();
    let mut bytes = Vec::new();
    let mut whole = true;
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(piece) => bytes.extend_from_slice(&piece),
            Err(_) => whole = false,
        }
    }
    (String::from_utf8(bytes).expect("UTF-8"), whole)
}

async fn open(running: &OpenAiBox) -> reqwest::Response {
    let request = client()
        .post(format!("{}{CHAT}", running.url()))
        .header("api-key", running.api_key())
        .json(&chat(json!({"stream": true})));
    request.send().await.expect("a reply")
}

fn chunks(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok())
        .collect()
}

#[tokio::test]
async fn streams_end_before_their_end() {
    let running = start().await;
    for (behaviour, ends_well) in [
        (Behaviour::CutStream, false),
        (Behaviour::EndsEarly, true),
        (Behaviour::ErrorMidStream, true),
    ] {
        let (text, whole) = streamed(&running, behaviour.clone()).await;
        assert_eq!(whole, ends_well, "{behaviour:?}");
        assert!(text.contains("content") && !text.contains("[DONE]"));
        let chunks = chunks(&text);
        let finished = |chunk: &Value| chunk["choices"][0]["finish_reason"].is_string();
        assert!(!chunks.iter().any(finished));
        let has_error = chunks.iter().any(|chunk| chunk["error"].is_object());
        assert_eq!(has_error, behaviour == Behaviour::ErrorMidStream);
    }
    assert_eq!(running.dropped(), 0);
}

#[tokio::test]
async fn filters_stop_and_annotate() {
    let running = start().await;
    let (text, _) = streamed(&running, Behaviour::FilterMidStream).await;
    let reasons: Vec<Value> = chunks(&text)
        .iter()
        .map(|chunk| chunk["choices"][0]["finish_reason"].clone())
        .filter(Value::is_string)
        .collect();
    assert_eq!(reasons, ["content_filter"]);

    let (text, _) = streamed(&running, Behaviour::AsyncFilter).await;
    let chunks = chunks(&text);
    let annotations = chunks.iter().filter(|chunk| {
        let choice = &chunk["choices"][0];
        choice["content_filter_offsets"].is_object() && choice.get("delta").is_none()
    });
    assert!(annotations.count() > 2);
}

#[tokio::test]
async fn bare_streams_have_no_more_than_they_need() {
    let running = start().await;
    let (text, whole) = streamed(&running, Behaviour::Bare).await;
    assert!(whole && text.starts_with(": keep-alive\r\n\r\ndata:{"));
    assert!(text.ends_with("data:[DONE]\r\n\r\n"));
    assert!(!text.contains("usage") && !text.contains("model") && !text.contains("object\""));
}

#[tokio::test]
async fn slow_streams_take_their_time_and_notice_who_goes() {
    let running = start().await;
    let started = Instant::now();
    let behaviour = Behaviour::Stalled {
        after_chars: 10,
        milliseconds: 150,
    };
    streamed(&running, behaviour).await;
    assert!(started.elapsed() >= Duration::from_millis(150));
    assert_eq!(running.dropped(), 0);

    running.script(Script {
        chat: [Behaviour::SlowTokens {
            per_token_milliseconds: 1_000,
        }]
        .into(),
        ..Script::default()
    });
    drop(open(&running).await);
    let deadline = Instant::now() + Duration::from_secs(2);
    while running.dropped() == 0 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(running.dropped(), 1);
}
