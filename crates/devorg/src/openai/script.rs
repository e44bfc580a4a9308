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
    /// `message.refusal` instead of content.
    Refusal,
    /// This content, word for word.
    Reply { content: String },

    // False sentences.
    /// A claim says a number that is in no passage.
    InventedNumber,
    /// A claim says an amount of money that is in no passage.
    InventedAmount,
    /// A claim says a date that is in no passage.
    InventedDate,
    /// A claim names a person who is in no passage.
    InventedName,
    /// A claim names a case that is in no passage.
    InventedId,
    /// A claim says a number of a passage that it does not cite; nothing when no other has one.
    BorrowedNumber,
    /// A claim says the opposite of its passage.
    FlippedNegation,
    /// Sentences that begin with "Ignore", "SYSTEM:" or "Assistant:" in a passage are obeyed: the answer
    /// is what follows them, with a link and an image of a stranger's. Without one, as it should be.
    Obeys,

    // False support.
    /// A quote is in no passage.
    InventedQuote,
    /// One letter of a quote is another.
    AlteredQuote,
    /// A claim names a passage that the prompt does not have.
    UnknownPassage,
    /// A claim names another passage than the one that it quotes; nothing when there is no other.
    WrongPassage,
    /// The claims come without support.
    NoSupport,
    /// A claim cites the source `[99]` within its text.
    UnknownCitation,

    // False form.
    /// Content that is no JSON: it stops in the middle.
    MalformedJson,
    /// The same sentences as plain prose with `[1]` after each.
    Prose,
    /// The JSON in a fence of Markdown, with chatter around it.
    Fenced,
    /// The JSON after a `<think>` element.
    Thinks,
    /// Numbers and truth values as strings: `"passage": "1"`.
    StringNumbers,

    // False flow. Where nothing else is said, a reply in one piece is as it should be.
    /// The connection breaks in the middle of the reply.
    CutStream,
    /// The stream ends in the middle of the answer as if it were whole, without `finish_reason` and
    /// `[DONE]`. A reply in one piece has half of the answer.
    EndsEarly,
    /// The stream pauses after so many characters. A reply in one piece comes so much later.
    Stalled {
        after_chars: usize,
        milliseconds: u64,
    },
    /// Each token (four characters) takes so long. A reply in one piece comes when the last is there.
    SlowTokens { per_token_milliseconds: u64 },
    /// The filter stops the answer in its middle: `finish_reason` is `content_filter`.
    FilterMidStream,
    /// The filter works asynchronously: chunks without `delta` between the others.
    AsyncFilter,
    /// An error object in the middle of the stream.
    ErrorMidStream,
    /// As small compatible servers write: CRLF, `data:` without a blank, comments, pieces that cut
    /// characters, no `object`, `model`, `usage` and `finish_reason`.
    Bare,
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
        if let Self::RateLimited { retry_after_ms } = self {
            return Err(Refusal::rate_limited(*retry_after_ms));
        }
        if let Self::ServerError { status } = self {
            return Err(Refusal::server_error(*status));
        }
        if *self == Self::ContentFilter {
            return Err(Refusal::content_filter());
        }
        if let Self::Slow { milliseconds } = self {
            tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
        }
        Ok(())
    }
}
