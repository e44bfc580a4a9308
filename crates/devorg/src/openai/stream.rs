//! A completion as server-sent events, in Azure's order: filter results first, usage last.

use std::io;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use serde_json::{Value, json};

use super::Waiting;
use super::completion::{CREATED, Completion, prompt_filter_results};
use super::script::Behaviour;

/// Characters in one delta.
const DELTA: usize = 24;
/// Characters of a token.
const TOKEN: usize = 4;
/// Bytes that are sent together where pieces cut characters.
const PIECE: usize = 5;

/// What goes over the wire in one piece, after a pause.
struct Piece {
    wait: Duration,
    bytes: Result<Vec<u8>, io::Error>,
    /// With the last piece the reply is answered.
    last: Option<Waiting>,
}

impl Piece {
    fn now(text: &str) -> Self {
        Self {
            wait: Duration::ZERO,
            bytes: Ok(text.as_bytes().to_vec()),
            last: None,
        }
    }

    fn event(data: &str) -> Self {
        Self::now(&format!("data: {data}\n\n"))
    }

    /// The connection breaks, when what came before is on its way.
    fn broken() -> Self {
        Self {
            wait: Duration::from_millis(20),
            bytes: Err(io::Error::from(io::ErrorKind::ConnectionReset)),
            last: None,
        }
    }
}

/// The completion as a stream, and who waits for it.
pub(super) fn response(
    completion: &Completion,
    behaviour: &Behaviour,
    include_usage: bool,
    waiting: Waiting,
) -> Response {
    let pieces = if *behaviour == Behaviour::Bare {
        bare(completion)
    } else {
        pieces(completion, behaviour, include_usage)
    };
    sent(pieces, waiting)
}

fn sent(mut pieces: Vec<Piece>, waiting: Waiting) -> Response {
    // A client that goes away drops the pieces that are left, and with them the last.
    if let Some(piece) = pieces.last_mut() {
        piece.last = Some(waiting);
    }
    body_of(pieces, "text/event-stream")
}

fn body_of(pieces: Vec<Piece>, kind: &'static str) -> Response {
    let body = stream::iter(pieces).then(|piece| async move {
        if !piece.wait.is_zero() {
            tokio::time::sleep(piece.wait).await;
        }
        if let Some(waiting) = piece.last {
            waiting.answered();
        }
        piece.bytes
    });
    ([(CONTENT_TYPE, kind)], Body::from_stream(body)).into_response()
}

/// How long a reply in one piece keeps its reader waiting.
pub(super) fn whole_wait(completion: &Completion, behaviour: &Behaviour) -> Option<Duration> {
    if let Behaviour::Stalled { milliseconds, .. } = behaviour {
        return Some(Duration::from_millis(*milliseconds));
    }
    if let Behaviour::SlowTokens {
        per_token_milliseconds,
    } = behaviour
    {
        let tokens = u64::try_from(completion.completion_tokens).unwrap_or(u64::MAX);
        return Some(Duration::from_millis(
            per_token_milliseconds.saturating_mul(tokens),
        ));
    }
    None
}

/// The completion as one JSON object.
pub(super) fn in_one_piece(completion: &Completion, behaviour: &Behaviour) -> Response {
    let mut body = completion.body();
    if *behaviour == Behaviour::CutStream {
        let text = body.to_string();
        let half = text.floor_char_boundary(text.len() / 2);
        let pieces = [Piece::now(&text[..half]), Piece::broken()];
        return body_of(Vec::from(pieces), "application/json");
    }
    if *behaviour == Behaviour::EndsEarly {
        body["choices"][0]["message"]["content"] = json!(first_half(completion));
        body["choices"][0]["finish_reason"] = Value::Null;
    }
    if *behaviour == Behaviour::Bare {
        let message = json!({"role": "assistant", "content": completion.content});
        body = json!({"choices": [{"message": message}]});
    }
    Json(body).into_response()
}

fn pieces(completion: &Completion, behaviour: &Behaviour, include_usage: bool) -> Vec<Piece> {
    let mut pieces = vec![
        Piece::event(&filter_chunk().to_string()),
        Piece::event(
            &completion
                .chunk(json!({"role": "assistant", "content": ""}))
                .to_string(),
        ),
    ];
    let breaks = matches!(
        behaviour,
        Behaviour::CutStream | Behaviour::EndsEarly | Behaviour::ErrorMidStream
    );
    let text = if breaks {
        first_half(completion)
    } else {
        completion.content.clone().unwrap_or_default()
    };
    let mut written = 0;
    for delta in deltas(&text, behaviour) {
        let mut piece = Piece::event(&completion.chunk(json!({"content": delta})).to_string());
        let length = delta.chars().count();
        piece.wait = wait(behaviour, written, length);
        written += length;
        pieces.push(piece);
        if *behaviour == Behaviour::AsyncFilter {
            pieces.push(Piece::event(&completion.annotation(written).to_string()));
        }
    }
    if *behaviour == Behaviour::CutStream {
        pieces.push(Piece::broken());
    } else if *behaviour == Behaviour::ErrorMidStream {
        let message = "The server had an error while processing your request. Sorry about that!";
        let error =
            json!({"message": message, "type": "server_error", "param": null, "code": null});
        pieces.push(Piece::event(&json!({"error": error}).to_string()));
    } else if !breaks {
        pieces.extend(ending(completion, include_usage));
    }
    pieces
}

fn ending(completion: &Completion, include_usage: bool) -> Vec<Piece> {
    let mut chunks = Vec::new();
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
    events.iter().map(|data| Piece::event(data)).collect()
}

/// The text as it is written, piece by piece.
fn deltas(text: &str, behaviour: &Behaviour) -> Vec<String> {
    let size = if matches!(behaviour, Behaviour::SlowTokens { .. }) {
        TOKEN
    } else if matches!(behaviour, Behaviour::Stalled { .. }) {
        1
    } else {
        DELTA
    };
    let characters: Vec<char> = text.chars().collect();
    characters
        .chunks(size)
        .map(|delta| delta.iter().collect())
        .collect()
}

/// The pause before a delta of this length that comes after so many characters.
fn wait(behaviour: &Behaviour, written: usize, length: usize) -> Duration {
    if let Behaviour::SlowTokens {
        per_token_milliseconds,
    } = behaviour
    {
        return Duration::from_millis(*per_token_milliseconds);
    }
    if let Behaviour::Stalled {
        after_chars,
        milliseconds,
    } = behaviour
        && (written..written + length).contains(after_chars)
    {
        return Duration::from_millis(*milliseconds);
    }
    Duration::ZERO
}

/// As a small compatible server streams.
fn bare(completion: &Completion) -> Vec<Piece> {
    let mut text = ": keep-alive\r\n\r\n".to_owned();
    let content = completion.content.clone().unwrap_or_default();
    for delta in deltas(&content, &Behaviour::Bare) {
        let chunk = json!({"choices": [{"delta": {"content": delta}, "finish_reason": null}]});
        text.push_str(&format!("data:{chunk}\r\n\r\n"));
    }
    let last = json!({"choices": [{"delta": {"content": null}, "finish_reason": null}]});
    text.push_str(&format!("data:{last}\r\n\r\n: bye\r\ndata:[DONE]\r\n\r\n"));
    text.as_bytes()
        .chunks(PIECE)
        .map(|bytes| Piece {
            wait: Duration::ZERO,
            bytes: Ok(bytes.to_vec()),
            last: None,
        })
        .collect()
}

fn first_half(completion: &Completion) -> String {
    let characters: Vec<char> = completion
        .content
        .iter()
        .flat_map(|text| text.chars())
        .collect();
    characters[..characters.len() / 2].iter().collect()
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

    /// What the asynchronous filter made of the text up to here: a choice without a `delta`.
    fn annotation(&self, characters: usize) -> Value {
        json!({
            "id": "",
            "object": "",
            "created": 0,
            "model": "",
            "choices": [{
                "index": 0,
                "finish_reason": null,
                "content_filter_results": super::refusal::safe(),
                "content_filter_offsets": {
                    "check_offset": characters,
                    "start_offset": 0,
                    "end_offset": characters,
                },
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
