//! An answer as it is written: server-sent events, read as loosely as services write them.

use std::pin::Pin;
use std::task::{Context, Poll};

use eventsource_stream::{Event, EventStream, EventStreamError};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, stream};
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use super::reply::{self, Chunk, Reply};
use super::{Begun, Usage, broken};
use crate::endpoint::Endpoint;
use crate::error::{Error, FilteredText};
use crate::transport::{self, Clock, unexpected};

/// What a stream ends with when it is well.
const DONE: &str = "[DONE]";

/// A part of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatEvent {
    /// What was written since the last one; never empty.
    Text(String),
    /// The answer has ended.
    End(End),
}

/// How an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The model as the service names it, which tells versions apart behind one deployment.
    pub model: String,
    pub usage: Usage,
    pub finish: Finish,
}

/// Why a model writes no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finish {
    /// The answer is whole.
    Whole,
    /// It did not fit into so many tokens.
    CutOff { limit: u32 },
    /// A content filter stopped it.
    Filtered {
        /// Names of the filters that fired; may be empty.
        categories: Vec<String>,
    },
    /// The model declined, in these words.
    Refused { reason: String },
}

impl Finish {
    /// The error that an answer which is not whole is to somebody who needs all of it.
    pub fn error(&self) -> Option<Error> {
        match self {
            Self::Whole => None,
            Self::CutOff { limit } => Some(Error::CutOff { limit: *limit }),
            Self::Filtered { categories } => Some(Error::ContentFiltered {
                text: FilteredText::Completion,
                categories: categories.clone(),
            }),
            Self::Refused { reason } => Some(Error::Refused {
                reason: reason.clone(),
            }),
        }
    }
}

/// The events of one answer; see [`ChatModel::stream`](super::ChatModel::stream).
pub struct ChatStream(BoxStream<'static, Result<ChatEvent, Error>>);

impl Stream for ChatStream {
    type Item = Result<ChatEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

/// Reads a reply as a stream, also that of a server that does not stream.
pub async fn open(begun: Begun) -> Result<ChatStream, Error> {
    let kind = begun.response.headers().get(CONTENT_TYPE);
    if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json")) {
        return in_one_piece(begun).await;
    }
    let reading = Reading {
        events: EventStream::new(begun.response.bytes_stream()).boxed(),
        answer: Answer {
            endpoint: begun.endpoint,
            limit: begun.limit,
            model: None,
            usage: Usage::default(),
            finish_reason: None,
            filters: Vec::new(),
            refusal: String::new(),
            has_text: false,
        },
        clock: begun.clock,
        over: false,
    };
    let events = stream::unfold(reading, |mut reading| async move {
        let event = reading.next().await?;
        Some((event, reading))
    });
    Ok(ChatStream(events.boxed()))
}

async fn in_one_piece(begun: Begun) -> Result<ChatStream, Error> {
    let body = begun.response.bytes().await;
    let body = body.map_err(|error| broken(&begun.endpoint, &error, begun.clock))?;
    let body: Value = serde_json::from_slice(&body).map_err(unexpected)?;
    if let Some(error) = body.get("error").filter(|error| !error.is_null()) {
        return Err(transport::midway(&begun.endpoint, error));
    }
    let reply: Reply = serde_json::from_value(body).map_err(unexpected)?;
    let (text, end) = reply.parts(begun.endpoint.model(), begun.limit)?;
    let text = (!text.is_empty()).then_some(ChatEvent::Text(text));
    let events = text.into_iter().chain([ChatEvent::End(end)]);
    Ok(ChatStream(stream::iter(events.map(Ok)).boxed()))
}

/// A stream on its way, and what it has told so far.
struct Reading {
    events: BoxStream<'static, Result<Event, EventStreamError<reqwest::Error>>>,
    answer: Answer,
    clock: Clock,
    over: bool,
}

impl Reading {
    async fn next(&mut self) -> Option<Result<ChatEvent, Error>> {
        while !self.over {
            let event = match self.events.next().await {
                Some(Ok(event)) if event.data.trim() == DONE => {
                    self.over = true;
                    self.answer.ended()
                }
                Some(Ok(event)) => match self.answer.take(&event.data) {
                    Ok(None) => continue,
                    Ok(Some(text)) => Ok(ChatEvent::Text(text)),
                    Err(error) => Err(error),
                },
                Some(Err(error)) => self.answer.broke_off(|answer| match error {
                    EventStreamError::Transport(error) => {
                        broken(&answer.endpoint, &error, self.clock)
                    }
                    EventStreamError::Utf8(_) | EventStreamError::Parser(_) => {
                        unexpected("a stream that is no text")
                    }
                }),
                None => self.answer.broke_off(|_| Error::BrokenOff {
                    reason: "the connection was closed".to_owned(),
                }),
            };
            self.over |= !matches!(event, Ok(ChatEvent::Text(_)));
            return Some(event);
        }
        None
    }
}

/// What the chunks of a stream have told.
struct Answer {
    endpoint: Endpoint,
    limit: u32,
    model: Option<String>,
    usage: Usage,
    finish_reason: Option<String>,
    filters: Vec<String>,
    refusal: String,
    has_text: bool,
}

impl Answer {
    /// Reads one chunk; its text, if it has any.
    fn take(&mut self, data: &str) -> Result<Option<String>, Error> {
        if data.trim().is_empty() {
            return Ok(None);
        }
        let chunk: Chunk = serde_json::from_str(data).map_err(unexpected)?;
        if let Some(error) = chunk.error {
            return Err(transport::midway(&self.endpoint, &error));
        }
        if let Some(model) = reply::named(chunk.model) {
            self.model = Some(model);
        }
        if let Some(usage) = chunk.usage {
            self.usage = usage;
        }
        let mut text = String::new();
        // One answer is asked for; a server that does not number it has no other.
        let choices = chunk.choices.into_iter().flatten();
        for choice in choices.filter(|choice| choice.index.unwrap_or(0) == 0) {
            let fired = transport::fired_filters(&choice.content_filter_results);
            for filter in fired {
                if !self.filters.contains(&filter) {
                    self.filters.push(filter);
                }
            }
            if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
                self.finish_reason = Some(reason);
            }
            let delta = choice.delta.unwrap_or_default();
            text.push_str(&delta.content.unwrap_or_default());
            self.refusal.push_str(&delta.refusal.unwrap_or_default());
        }
        self.has_text |= !text.is_empty();
        Ok((!text.is_empty()).then_some(text))
    }

    /// The service says that it is done.
    fn ended(&mut self) -> Result<ChatEvent, Error> {
        let finish = reply::finish(
            self.finish_reason.as_deref(),
            std::mem::take(&mut self.filters),
            std::mem::take(&mut self.refusal),
            self.limit,
        );
        if finish == Finish::Whole && !self.has_text {
            return Err(unexpected("a completion without text"));
        }
        Ok(ChatEvent::End(End {
            model: match self.model.take() {
                Some(model) => model,
                None => self.endpoint.model().to_owned(),
            },
            usage: self.usage,
            finish,
        }))
    }

    /// Nothing more comes. That is no loss once the answer had its end: only the usage may be missing.
    fn broke_off(&mut self, why: impl FnOnce(&Self) -> Error) -> Result<ChatEvent, Error> {
        match self.finish_reason {
            Some(_) => self.ended(),
            None => Err(why(self)),
        }
    }
}
