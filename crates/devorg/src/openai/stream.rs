//! A completion as server-sent events, in Azure's order: filter results first, usage last.

use std::convert::Infallible;

use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde_json::{Value, json};

use super::chat::{CREATED, Completion, prompt_filter_results};

/// Characters in one delta.
const DELTA: usize = 24;

pub(super) fn response(completion: &Completion, include_usage: bool) -> Response {
    let mut chunks = vec![
        filter_chunk(),
        completion.chunk(json!({"role": "assistant", "content": ""})),
    ];
    let characters: Vec<char> = completion
        .content
        .iter()
        .flat_map(|text| text.chars())
        .collect();
    for delta in characters.chunks(DELTA) {
        chunks.push(completion.chunk(json!({"content": delta.iter().collect::<String>()})));
    }
    if let Some(refusal) = &completion.refusal {
        chunks.push(completion.chunk(json!({"refusal": refusal})));
    }
    chunks.push(completion.last_chunk());
    if include_usage {
        let mut chunk = completion.chunk(Value::Null);
        chunk["choices"] = json!([]);
        chunk["usage"] = completion.usage();
        chunks.push(chunk);
    }
    let mut events: Vec<String> = chunks.iter().map(Value::to_string).collect();
    events.push("[DONE]".to_owned());
    let events = events
        .into_iter()
        .map(|data| Ok::<Event, Infallible>(Event::default().data(data)));
    Sse::new(stream::iter(events)).into_response()
}

/// Azure's first chunk says what the filter made of the prompt and belongs to no completion.
fn filter_chunk() -> Value {
    json!({
        "id": "",
        "object": "",
        "created": 0,
        "model": "",
        "prompt_filter_results": prompt_filter_results(),
        "choices": [],
        "usage": null,
    })
}

impl Completion {
    fn chunk(&self, delta: Value) -> Value {
        json!({
            "id": "chatcmpl-devorg",
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": self.model,
            "choices": [{
                "index": 0,
                "delta": delta,
                "logprobs": null,
                "finish_reason": null,
                "content_filter_results": {},
            }],
            "usage": null,
        })
    }

    fn last_chunk(&self) -> Value {
        let mut chunk = self.chunk(json!({}));
        chunk["choices"][0]["finish_reason"] = json!(self.finish_reason);
        if self.finish_reason == "content_filter" {
            chunk["choices"][0]["content_filter_results"] = self.filter_results();
        }
        chunk
    }
}
