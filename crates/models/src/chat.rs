//! One prompt in, one completion out.

use std::sync::Arc;

use async_openai::types::chat::{
    ChatCompletionRequestSystemMessage, ChatCompletionRequestUserMessage,
    CreateChatCompletionRequest, ResponseFormat, ResponseFormatJsonSchema,
};
use serde::Deserialize;
use serde_json::Value;

use crate::endpoint::Endpoint;
use crate::error::{Error, FilteredText};
use crate::transport::{self, ModelClient, unexpected};

/// Which chat model to use, and how.
#[derive(Debug, Clone)]
pub struct ChatOptions {
    pub endpoint: Endpoint,
    pub token_limit: TokenLimit,
}

/// The field that carries [`Chat::max_tokens`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenLimit {
    /// `max_completion_tokens`: current models, and the only one that reasoning models take.
    MaxCompletionTokens,
    /// `max_tokens`: older models and many compatible servers.
    MaxTokens,
}

/// What a model is asked.
#[derive(Debug, Clone)]
pub struct Chat {
    pub system: String,
    pub user: String,
    /// The shape that the answer must have, enforced by the service.
    pub schema: Option<JsonSchema>,
    /// Most tokens of the answer, a reasoning model's thoughts included.
    pub max_tokens: u32,
    /// Between 0 and 2; reasoning models refuse any.
    pub temperature: Option<f32>,
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
    /// The answer: JSON when a schema was given.
    pub text: String,
    /// The model as the service names it, which tells versions apart behind one deployment.
    pub model: String,
    pub usage: Usage,
}

/// Tokens as the service counted them; zero where it did not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Usage {
    pub prompt_tokens: u32,
    pub completion_tokens: u32,
}

/// A chat model behind a URL. Clones share its connections.
#[derive(Clone)]
pub struct ChatModel(Arc<Inner>);

struct Inner {
    client: ModelClient,
    options: ChatOptions,
}

/// The part of a reply that is used, with what Azure adds to it. `async-openai`'s own type knows
/// no `content_filter_results`, and refuses the reply of a server that leaves out `object`.
#[derive(Deserialize)]
struct Reply {
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

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
}

impl ChatModel {
    /// Checks the options; sends nothing.
    pub fn new(options: ChatOptions) -> Result<Self, Error> {
        let client = transport::client(&options.endpoint)?;
        Ok(Self(Arc::new(Inner { client, options })))
    }

    /// The name of the deployment or model, as configured.
    pub fn name(&self) -> &str {
        self.0.options.endpoint.model()
    }

    /// Asks the model once.
    ///
    /// # Errors
    /// An answer that is not whole is an error: [`Error::CutOff`], [`Error::ContentFiltered`],
    /// [`Error::Refused`]. The others are about the way there.
    pub async fn complete(&self, chat: Chat) -> Result<Completion, Error> {
        let limit = chat.max_tokens;
        let request = self.request(chat);
        // A JSON value first: when `async-openai` cannot read a reply into a type, it logs the
        // reply, and an answer may hold what only its reader may see.
        let reply: Result<Value, _> = self.0.client.chat().create_byot(request).await;
        let endpoint = &self.0.options.endpoint;
        let reply = reply.map_err(|error| transport::error_of(endpoint, error))?;
        let reply: Reply = serde_json::from_value(reply).map_err(unexpected)?;
        self.completion(reply, limit)
    }

    /// Asks for one word, to see that the model answers.
    pub async fn check(&self) -> Result<(), Error> {
        let chat = Chat {
            system: "You answer with one word.".to_owned(),
            user: "Say ready.".to_owned(),
            schema: None,
            max_tokens: 64,
            temperature: None,
        };
        match self.complete(chat).await {
            // A reasoning model may think that long, which shows that it is there.
            Err(Error::CutOff { .. }) => Ok(()),
            answered => answered.map(drop),
        }
    }

    fn request(&self, chat: Chat) -> CreateChatCompletionRequest {
        let messages = vec![
            ChatCompletionRequestSystemMessage::from(chat.system).into(),
            ChatCompletionRequestUserMessage::from(chat.user).into(),
        ];
        let response_format = chat.schema.map(|schema| ResponseFormat::JsonSchema {
            json_schema: ResponseFormatJsonSchema {
                description: None,
                name: schema.name,
                schema: schema.schema,
                strict: Some(true),
            },
        });
        let mut request = CreateChatCompletionRequest {
            model: self.name().to_owned(),
            messages,
            response_format,
            temperature: chat.temperature,
            ..CreateChatCompletionRequest::default()
        };
        set_limit(&mut request, self.0.options.token_limit, chat.max_tokens);
        request
    }

    fn completion(&self, reply: Reply, limit: u32) -> Result<Completion, Error> {
        let choice = reply.choices.into_iter().next();
        let choice = choice.ok_or_else(|| unexpected("a completion without a choice"))?;
        match choice.finish_reason.as_deref() {
            Some("content_filter") => {
                return Err(Error::ContentFiltered {
                    text: FilteredText::Completion,
                    categories: transport::fired_filters(&choice.content_filter_results),
                });
            }
            Some("length") => return Err(Error::CutOff { limit }),
            // Compatible servers have words of their own for the end of an answer, or none.
            Some(_) | None => {}
        }
        if let Some(reason) = choice.message.refusal.filter(|reason| !reason.is_empty()) {
            return Err(Error::Refused { reason });
        }
        let text = choice.message.content.unwrap_or_default();
        if text.is_empty() {
            return Err(unexpected("a completion without text"));
        }
        Ok(Completion {
            text,
            model: reply.model.unwrap_or_else(|| self.name().to_owned()),
            usage: reply.usage.unwrap_or_default(),
        })
    }
}

#[expect(
    deprecated,
    reason = "`max_tokens` is what many compatible servers read"
)]
fn set_limit(request: &mut CreateChatCompletionRequest, field: TokenLimit, limit: u32) {
    match field {
        TokenLimit::MaxCompletionTokens => request.max_completion_tokens = Some(limit),
        TokenLimit::MaxTokens => request.max_tokens = Some(limit),
    }
}
