//! `POST …/embeddings`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::brain::{tokens, vector};
use super::gate::{Route, parse};
use super::refusal::Refusal;
use super::{Log, OpenAi};

const MAX_INPUTS: usize = 2_048;
const MAX_INPUT_TOKENS: usize = 8_192;
const MAX_REQUEST_TOKENS: usize = 300_000;
/// The longest vector of any model.
const MAX_DIMENSIONS: usize = 3_072;

#[derive(Deserialize)]
struct Request {
    input: Input,
    model: Option<String>,
    dimensions: Option<usize>,
    #[serde(default)]
    encoding_format: Encoding,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    One(String),
    Many(Vec<String>),
    /// Texts that the client has cut into tokens already.
    Tokens(Vec<u32>),
    ManyTokens(Vec<Vec<u32>>),
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    #[default]
    Float,
    Base64,
}

impl Input {
    fn texts(self) -> Vec<String> {
        let words = |tokens: Vec<u32>| {
            tokens
                .iter()
                .map(|token| format!("token{token}"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
            Self::Tokens(tokens) => vec![words(tokens)],
            Self::ManyTokens(texts) => texts.into_iter().map(words).collect(),
        }
    }
}

pub(super) async fn create(
    State(app): State<OpenAi>,
    route: Route,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let (raw, request): (Value, Request) = parse(&body)?;
    Log::keep(&mut app.log().embeddings, &raw);
    let deployment = route.deployment(&app, request.model.as_deref())?;
    let behaviour = app.script().next_embeddings();
    behaviour.meet().await?;

    let dimensions = request.dimensions.unwrap_or(app.options.dimensions);
    if !(1..=MAX_DIMENSIONS).contains(&dimensions) {
        let message = format!("dimensions must be between 1 and {MAX_DIMENSIONS}");
        return Err(Refusal::invalid(Some("dimensions"), None, message));
    }
    let texts = request.input.texts();
    let used = check(&texts)?;
    let encoding = request.encoding_format;
    let data: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let embedding = encode(&vector::of(text, dimensions), encoding);
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect();
    Ok(Json(json!({
        "object": "list",
        "data": data,
        "model": deployment,
        "usage": {"prompt_tokens": used, "total_tokens": used},
    })))
}

/// The tokens of all inputs.
///
/// # Errors
/// HTTP 400 for too many inputs, too long ones, or an empty one.
fn check(texts: &[String]) -> Result<usize, Refusal> {
    if texts.is_empty() || texts.iter().any(String::is_empty) {
        return Err(Refusal::invalid(
            Some("input"),
            None,
            "'$.input' is invalid: it is empty.",
        ));
    }
    if texts.len() > MAX_INPUTS {
        let message = format!(
            "Invalid 'input': array too long. Expected an array with maximum length {MAX_INPUTS}, \
             but got an array with length {} instead.",
            texts.len()
        );
        return Err(Refusal::invalid(
            Some("input"),
            Some("array_above_max_length"),
            message,
        ));
    }
    let counts: Vec<usize> = texts.iter().map(|text| tokens(text)).collect();
    if let Some(longest) = counts.iter().find(|count| **count > MAX_INPUT_TOKENS) {
        let message = format!(
            "This model's maximum context length is {MAX_INPUT_TOKENS} tokens, however you requested \
             {longest} tokens. Please reduce your prompt."
        );
        return Err(Refusal::invalid(
            Some("input"),
            Some("context_length_exceeded"),
            message,
        ));
    }
    let total = counts.iter().sum();
    if total > MAX_REQUEST_TOKENS {
        let message =
            format!("Requested {total} tokens, max {MAX_REQUEST_TOKENS} tokens per request");
        return Err(Refusal::invalid(
            Some("input"),
            Some("max_tokens_per_request"),
            message,
        ));
    }
    Ok(total)
}

fn encode(vector: &[f32], encoding: Encoding) -> Value {
    match encoding {
        Encoding::Float => json!(vector),
        Encoding::Base64 => {
            let bytes: Vec<u8> = vector
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect();
            Value::String(STANDARD.encode(bytes))
        }
    }
}
