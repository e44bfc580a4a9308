//! The parts of a reply that are used, with what Azure adds to it. `async-openai`'s own types know no
//! `content_filter_results`, demand a `delta` in every chunk and refuse the reply of a server that
//! leaves out `object`.

use serde::Deserialize;
use serde_json::Value;

use super::Usage;
use super::stream::{End, Finish};
use crate::error::Error;
use crate::transport::{fired_filters, unexpected};

/// A reply in one piece.
#[derive(Deserialize)]
pub struct Reply {
    model: Option<String>,
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    message: Message,
    finish_reason: Option<String>,
    #[serde(default)]
    content_filter_results: Value,
}

/// A chunk of a stream. Azure's first one has no choice, and the annotations of its asynchronous filter
/// have no `delta`.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct Chunk {
    pub model: Option<String>,
    pub choices: Option<Vec<ChunkChoice>>,
    pub usage: Option<Usage>,
    /// What went wrong on the way.
    pub error: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ChunkChoice {
    pub index: Option<u32>,
    pub delta: Option<Message>,
    pub finish_reason: Option<String>,
    pub content_filter_results: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Message {
    pub content: Option<String>,
    pub refusal: Option<String>,
}

/// How services write a [`Usage`]; any of it may be missing or null.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct UsageBody {
    prompt_tokens: Option<u32>,
    completion_tokens: Option<u32>,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PromptDetails {
    cached_tokens: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CompletionDetails {
    reasoning_tokens: Option<u32>,
}

impl From<UsageBody> for Usage {
    fn from(body: UsageBody) -> Self {
        let prompt = body.prompt_tokens_details.unwrap_or_default();
        let completion = body.completion_tokens_details.unwrap_or_default();
        Self {
            prompt_tokens: body.prompt_tokens.unwrap_or_default(),
            cached_prompt_tokens: prompt.cached_tokens.unwrap_or_default(),
            completion_tokens: body.completion_tokens.unwrap_or_default(),
            reasoning_tokens: completion.reasoning_tokens.unwrap_or_default(),
        }
    }
}

impl Reply {
    /// The text and how it ended, for a request of at most `limit` tokens to `model`.
    pub fn parts(self, model: &str, limit: u32) -> Result<(String, End), Error> {
        let choice = self.choices.into_iter().next();
        let choice = choice.ok_or_else(|| unexpected("a completion without a choice"))?;
        let finish = finish(
            choice.finish_reason.as_deref(),
            fired_filters(&choice.content_filter_results),
            choice.message.refusal.unwrap_or_default(),
            limit,
        );
        let end = End {
            model: named(self.model).unwrap_or_else(|| model.to_owned()),
            usage: self.usage.unwrap_or_default(),
            finish,
        };
        Ok((choice.message.content.unwrap_or_default(), end))
    }
}

/// Azure's first chunk has an empty name.
pub fn named(model: Option<String>) -> Option<String> {
    model.filter(|name| !name.is_empty())
}

pub fn finish(
    reason: Option<&str>,
    categories: Vec<String>,
    refusal: String,
    limit: u32,
) -> Finish {
    match reason {
        Some("content_filter") => Finish::Filtered { categories },
        Some("length") => Finish::CutOff { limit },
        _ if !refusal.is_empty() => Finish::Refused { reason: refusal },
        // Compatible servers have words of their own for the end of an answer, or none.
        Some(_) | None => Finish::Whole,
    }
}
