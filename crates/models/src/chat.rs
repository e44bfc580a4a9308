//! One prompt in, one completion out: whole, or as it is written.

mod habits;
mod reply;
mod request;
mod stream;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Response;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

pub use stream::{ChatEvent, ChatStream, End, Finish};

use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::transport::{Clock, Sender, from_transport, unexpected};
use habits::Habits;
use reply::Reply;

/// Where both routes and all compatible servers have it.
const PATH: &str = "/chat/completions";

/// Which chat model to use, and how.
#[derive(Debug, Clone)]
pub struct ChatOptions {
    pub endpoint: Endpoint,
    pub token_limit: TokenLimit,
    pub structured: Structured,
    /// How long a reasoning model thinks, in the service's words, such as `low`; none leaves it to the
    /// service. Left out for a model that refuses it.
    pub reasoning_effort: Option<String>,
}

impl ChatOptions {
    /// Finds out by itself what the model knows.
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            token_limit: TokenLimit::Auto,
            structured: Structured::Auto,
            reasoning_effort: None,
        }
    }
}

/// The field that carries [`Chat::max_tokens`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TokenLimit {
    /// `max_completion_tokens`, and `max_tokens` for a model that refuses it.
    #[default]
    Auto,
    /// `max_completion_tokens`: current models, and the only one that reasoning models take.
    MaxCompletionTokens,
    /// `max_tokens`: older models and many compatible servers.
    MaxTokens,
}

/// How a model is held to [`Chat::schema`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Structured {
    /// By a JSON schema; a model that refuses that gets `json_object`, and one that refuses this, too,
    /// gets nothing.
    #[default]
    Auto,
    /// `response_format` of type `json_schema`, in strict mode.
    JsonSchema,
    /// `response_format` of type `json_object`: JSON of whatever shape the prompt asks for.
    JsonObject,
    /// Not at all: the prompt has to do.
    Off,
}

/// What a model is asked.
#[derive(Debug, Clone, Default)]
pub struct Chat {
    pub system: String,
    pub user: String,
    /// The shape that the answer must have, enforced by a service that can; see [`Structured`].
    pub schema: Option<JsonSchema>,
    /// Most tokens of the answer, a reasoning model's thoughts included.
    pub max_tokens: u32,
    /// Between 0 and 2. Left out for a model that refuses it, as reasoning models do.
    pub temperature: Option<f32>,
    /// Another deployment or model of the same service than the configured one.
    pub model: Option<String>,
    /// When to give up, pauses and attempts included. Without it each attempt has the endpoint's
    /// timeout, which is the longest that one may take in any case.
    pub deadline: Option<Instant>,
}

/// A JSON schema for structured outputs in strict mode: every property is `required`, objects have
/// `additionalProperties: false`, and there are no limits such as `minItems` or `pattern`.
#[derive(Debug, Clone)]
pub struct JsonSchema {
    /// Letters, digits, `_` and `-`.
    pub name: String,
    pub schema: Value,
}

/// A finished answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The answer. JSON when a schema was given and the service enforced it; see [`Structured`].
    pub text: String,
    /// The model as the service names it, which tells versions apart behind one deployment.
    pub model: String,
    pub usage: Usage,
}

/// Tokens as the service counted them; zero where it did not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, from = "reply::UsageBody")]
pub struct Usage {
    pub prompt_tokens: u32,
    /// Those of `prompt_tokens` that the service had from an earlier request, often at a lower price.
    pub cached_prompt_tokens: u32,
    pub completion_tokens: u32,
    /// Those of `completion_tokens` that a reasoning model thought with.
    pub reasoning_tokens: u32,
}

/// A chat model behind a URL. Clones share its connections and what was learnt about it.
#[derive(Clone)]
pub struct ChatModel(Arc<Inner>);

struct Inner {
    sender: Sender,
    options: ChatOptions,
    /// What each model of the service turned out to take, by its name.
    learnt: Mutex<HashMap<String, Habits>>,
}

/// A reply that has begun, and what is needed to read it to its end.
struct Begun {
    response: Response,
    endpoint: Endpoint,
    clock: Clock,
    limit: u32,
}

impl ChatModel {
    /// Checks the options; sends nothing.
    pub fn new(options: ChatOptions) -> Result<Self, Error> {
        Ok(Self(Arc::new(Inner {
            sender: Sender::new(&options.endpoint)?,
            options,
            learnt: Mutex::default(),
        })))
    }

    /// The name of the deployment or model, as configured.
    pub fn name(&self) -> &str {
        self.0.options.endpoint.model()
    }

    /// Asks the model once.
    ///
    /// # Errors
    /// An answer that is not whole is an error: [`Error::CutOff`], [`Error::ContentFiltered`],
    /// [`Error::Refused`], [`Error::BrokenOff`]. The others are about the way there.
    pub async fn complete(&self, chat: Chat) -> Result<Completion, Error> {
        let begun = self.send(&chat, false).await?;
        let body = begun.response.bytes().await;
        let body = body.map_err(|error| broken(&begun.endpoint, &error, begun.clock))?;
        let reply: Reply = serde_json::from_slice(&body).map_err(unexpected)?;
        let (text, end) = reply.parts(begun.endpoint.model(), begun.limit)?;
        match end.finish.error() {
            Some(error) => Err(error),
            None if text.is_empty() => Err(unexpected("a completion without text")),
            None => Ok(Completion {
                text,
                model: end.model,
                usage: end.usage,
            }),
        }
    }

    /// Asks the model once, and gives out its answer as it is written.
    ///
    /// The events are texts, which make the answer when they are put together, and one
    /// [`ChatEvent::End`]. An error is the last event; the texts before it stay with the caller.
    /// Dropping the stream ends the request, and the service writes no further.
    ///
    /// # Errors
    /// Those of a request that does not get so far that an answer begins.
    pub async fn stream(&self, chat: Chat) -> Result<ChatStream, Error> {
        let begun = self.send(&chat, true).await?;
        stream::open(begun).await
    }

    /// Asks for one word, to see that the model answers.
    pub async fn check(&self) -> Result<(), Error> {
        let chat = Chat {
            system: "You answer with one word.".to_owned(),
            user: "Say ready.".to_owned(),
            max_tokens: 64,
            ..Chat::default()
        };
        match self.complete(chat).await {
            // A reasoning model may think that long, which shows that it is there.
            Err(Error::CutOff { .. }) => Ok(()),
            answered => answered.map(drop),
        }
    }

    /// Sends the request as the model is known to take it, and learns when it does not.
    #[tracing::instrument(name = "language model", skip_all)]
    async fn send(&self, chat: &Chat, stream: bool) -> Result<Begun, Error> {
        let clock = Clock::start(chat.deadline);
        let other = chat.model.as_deref().filter(|name| !name.is_empty());
        let sender = match other {
            Some(name) => self.0.sender.named(name)?,
            None => self.0.sender.clone(),
        };
        let endpoint = sender.endpoint().clone();
        let known = self.habits(endpoint.model());
        let mut habits = known;
        let mut certain = true;
        loop {
            let body = request::body(chat, &self.0.options, endpoint.model(), habits, stream)?;
            let failed = match sender.post(PATH, &body, clock).await {
                Ok(response) => {
                    if certain && habits != known {
                        self.learn(endpoint.model(), known, habits);
                    }
                    let limit = chat.max_tokens;
                    return Ok(Begun {
                        response,
                        endpoint,
                        clock,
                        limit,
                    });
                }
                Err(failed) => failed,
            };
            let refusal = failed.refusal.filter(|_| failed.error.may_be_a_field());
            let Some(refusal) = refusal else {
                return Err(failed.error);
            };
            certain &= !refusal.is_about_the_schema();
            let Some(other) = habits.after(&refusal, &body) else {
                return Err(failed.error);
            };
            habits = other;
        }
    }

    fn habits(&self, model: &str) -> Habits {
        let learnt = self.0.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        let known = learnt.get(model).copied();
        known.unwrap_or_else(|| Habits::new(&self.0.options))
    }

    fn learn(&self, model: &str, known: Habits, habits: Habits) {
        let mut learnt = self.0.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        let before = learnt.insert(model.to_owned(), habits);
        // Others may have learnt the same at the same time.
        if before != Some(habits) {
            for change in habits.changes(known) {
                tracing::info!(model, change, "chat model takes requests another way");
            }
        }
    }
}

/// What it means that a reply which had begun did not come to its end.
fn broken(endpoint: &Endpoint, error: &reqwest::Error, clock: Clock) -> Error {
    let error = from_transport(endpoint, error, clock);
    if let Error::Unreachable { reason, .. } = error {
        return Error::BrokenOff { reason };
    }
    error
}
