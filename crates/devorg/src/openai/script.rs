//! What goes wrong, and when: behaviours that requests meet in turn.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Deserialize;

use super::refusal::Refusal;

/// The behaviours for the next requests of each kind. When a list has run out, requests are answered
/// as they should be.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    #[serde(default)]
    pub chat: VecDeque<Behaviour>,
    #[serde(default)]
    pub embeddings: VecDeque<Behaviour>,
    /// Starts again at the end of a list.
    #[serde(default)]
    pub repeat: bool,
}

/// What one request meets. In JSON `{"kind": "rate_limited", "retry_after_ms": 20}`. Embedding
/// requests know the first five; the others answer them as if nothing were scripted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Behaviour {
    /// As it should be.
    Normal,
    /// HTTP 429 with `retry-after-ms`.
    RateLimited { retry_after_ms: u64 },
    /// The right answer, late.
    Slow { milliseconds: u64 },
    /// HTTP 500, 503, ….
    ServerError { status: u16 },
    /// HTTP 400: the filter blocked the prompt.
    ContentFilter,
    /// The answer is cut in the middle, `finish_reason` is `length`.
    Length,
    /// The filter blocked the completion: no content, `finish_reason` is `content_filter`.
    CompletionFiltered,
    /// Content that is no JSON.
    MalformedJson,
    /// A claim says a number that is in no passage.
    InventedNumber,
    /// A quote is in no passage.
    InventedQuote,
    /// A claim names a passage that the prompt does not have.
    UnknownPassage,
    /// `message.refusal` instead of content.
    Refusal,
    /// This content, word for word.
    Reply { content: String },
}

impl Script {
    pub(super) fn next_chat(&mut self) -> Behaviour {
        next(&mut self.chat, self.repeat)
    }

    pub(super) fn next_embeddings(&mut self) -> Behaviour {
        next(&mut self.embeddings, self.repeat)
    }
}

fn next(list: &mut VecDeque<Behaviour>, repeat: bool) -> Behaviour {
    let Some(behaviour) = list.pop_front() else {
        return Behaviour::Normal;
    };
    if repeat {
        list.push_back(behaviour.clone());
    }
    behaviour
}

impl Behaviour {
    /// The part that chat and embeddings share: to wait, or to refuse.
    ///
    /// # Errors
    /// The refusal that this behaviour is.
    pub(super) async fn meet(&self) -> Result<(), Refusal> {
        match self {
            Self::RateLimited { retry_after_ms } => Err(Refusal::rate_limited(*retry_after_ms)),
            Self::ServerError { status } => Err(Refusal::server_error(*status)),
            Self::ContentFilter => Err(Refusal::content_filter()),
            Self::Slow { milliseconds } => {
                tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
                Ok(())
            }
            Self::Normal
            | Self::Length
            | Self::CompletionFiltered
            | Self::MalformedJson
            | Self::InventedNumber
            | Self::InventedQuote
            | Self::UnknownPassage
            | Self::Refusal
            | Self::Reply { .. } => Ok(()),
        }
    }
}
