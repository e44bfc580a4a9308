//! `POST …/chat/completions`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::brain::answer::{Answer, Claim, Support, answer};
use super::brain::{prompt, tokens};
use super::gate::{Route, parse};
use super::refusal::{Refusal, safe};
use super::script::Behaviour;
use super::{Log, OpenAi, schema, stream};

/// The first version of the legacy route that knows structured outputs.
const STRUCTURED_SINCE: &str = "2024-08-01";
/// A fixed birthday: answers are the same at any time.
pub(super) const CREATED: u64 = 1_767_225_600;

#[derive(Deserialize)]
struct Request {
    messages: Vec<Message>,
    model: Option<String>,
    #[serde(default)]
    stream: bool,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<usize>,
    max_completion_tokens: Option<usize>,
    response_format: Option<ResponseFormat>,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    role: String,
    content: Option<Content>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ResponseFormat {
    Text,
    JsonObject,
    JsonSchema { json_schema: JsonSchema },
}

#[derive(Deserialize)]
struct JsonSchema {
    name: String,
    #[serde(default)]
    strict: bool,
    #[serde(default)]
    schema: Value,
}

impl Message {
    fn text(&self) -> String {
        match &self.content {
            Some(Content::Text(text)) => text.clone(),
            Some(Content::Parts(parts)) => parts
                .iter()
                .map(|part| part.text.as_str())
                .collect::<Vec<_>>()
                .join("\n"),
            None => String::new(),
        }
    }
}

/// What the model has to say.
pub(super) struct Completion {
    pub model: String,
    pub content: Option<String>,
    pub refusal: Option<String>,
    pub finish_reason: &'static str,
    pub prompt_tokens: usize,
    pub completion_tokens: usize,
}

pub(super) async fn completions(
    State(app): State<OpenAi>,
    route: Route,
    body: Bytes,
) -> Result<Response, Refusal> {
    let (raw, request): (Value, Request) = parse(&body)?;
    Log::keep(&mut app.log().chats, &raw);
    let model = route.deployment(&app, request.model.as_deref())?;
    let behaviour = app.script().next_chat();
    behaviour.meet().await?;

    request.check(&route, &model)?;
    let completion = request.complete(model, &behaviour);
    let used = completion.prompt_tokens;
    if used > app.options.context_tokens {
        return Err(Refusal::context_length(app.options.context_tokens, used));
    }
    if request.stream {
        let usage = request
            .stream_options
            .is_some_and(|options| options.include_usage);
        return Ok(stream::response(&completion, usage));
    }
    Ok(Json(completion.body()).into_response())
}

impl Request {
    /// # Errors
    /// HTTP 400 for what the service would refuse.
    fn check(&self, route: &Route, model: &str) -> Result<(), Refusal> {
        if self.messages.is_empty() {
            let message = "[] is too short - 'messages'";
            return Err(Refusal::invalid(Some("messages"), None, message));
        }
        if let Some(message) = self
            .messages
            .iter()
            .find(|message| !known_role(&message.role))
        {
            let text = format!("'{}' is not one of the roles of a message", message.role);
            return Err(Refusal::invalid(Some("messages"), None, text));
        }
        if self.max_tokens.is_some() && reasons(model) {
            let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use \
                           'max_completion_tokens' instead.";
            let code = Some("unsupported_parameter");
            return Err(Refusal::invalid(Some("max_tokens"), code, message));
        }
        match &self.response_format {
            Some(ResponseFormat::JsonSchema { json_schema }) => check_schema(route, json_schema),
            Some(ResponseFormat::JsonObject) if !self.prompt().to_lowercase().contains("json") => {
                let message = "'messages' must contain the word 'json' in some form, to use \
                               'response_format' of type 'json_object'.";
                Err(Refusal::invalid(Some("messages"), None, message))
            }
            Some(ResponseFormat::JsonObject | ResponseFormat::Text) | None => Ok(()),
        }
    }

    /// All messages, one below the other.
    fn prompt(&self) -> String {
        self.messages
            .iter()
            .map(Message::text)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// What the user said.
    fn asked(&self) -> String {
        let users = self
            .messages
            .iter()
            .filter(|message| message.role == "user");
        users.map(Message::text).collect::<Vec<_>>().join("\n")
    }

    fn complete(&self, model: String, behaviour: &Behaviour) -> Completion {
        let content = self.content(behaviour);
        let mut completion = Completion {
            model,
            prompt_tokens: tokens(&self.prompt()),
            completion_tokens: tokens(&content),
            content: Some(content),
            refusal: None,
            finish_reason: "stop",
        };
        completion.shape(behaviour, self.max_completion_tokens.or(self.max_tokens));
        completion
    }

    /// The words of the answer, with the scripted fault in them.
    fn content(&self, behaviour: &Behaviour) -> String {
        if let Behaviour::Reply { content } = behaviour {
            return content.clone();
        }
        let prompt = self.prompt();
        let passages = prompt::passages(&prompt);
        let schema = match &self.response_format {
            Some(ResponseFormat::JsonSchema { json_schema }) => Some(&json_schema.schema),
            Some(ResponseFormat::Text | ResponseFormat::JsonObject) | None => None,
        };
        let contract = match schema {
            Some(schema) => schema::has_properties(schema, &["answered", "claims"]),
            None => !passages.is_empty(),
        };
        if contract {
            let mut answer = answer(&prompt::question(&self.asked()), &passages);
            spoil(&mut answer, behaviour);
            return json!(answer).to_string();
        }
        match schema {
            Some(schema) => schema::fill(schema).to_string(),
            None => "There are no passages to answer from.".to_owned(),
        }
    }
}

fn check_schema(route: &Route, json_schema: &JsonSchema) -> Result<(), Refusal> {
    if let Route::Deployment { api_version, .. } = route
        && api_version.as_str() < STRUCTURED_SINCE
    {
        let message = "response_format value as json_schema is enabled only for api versions \
                       2024-08-01-preview and later";
        return Err(Refusal::invalid(Some("response_format"), None, message));
    }
    if json_schema.strict {
        schema::check(&json_schema.name, &json_schema.schema)
    } else {
        Ok(())
    }
}

fn known_role(role: &str) -> bool {
    matches!(
        role,
        "system" | "developer" | "user" | "assistant" | "tool" | "function"
    )
}

/// Reasoning models have another limit on their output.
fn reasons(model: &str) -> bool {
    let mut name = model.chars();
    model.starts_with("gpt-5")
        || (name.next() == Some('o') && name.next().is_some_and(|c| c.is_ascii_digit()))
}

/// Puts the scripted fault into an answer.
fn spoil(answer: &mut Answer, behaviour: &Behaviour) {
    let spoils = matches!(
        behaviour,
        Behaviour::InventedNumber | Behaviour::InventedQuote | Behaviour::UnknownPassage
    );
    if !spoils {
        return;
    }
    answer.answered = true;
    if answer.claims.is_empty() {
        let support = vec![Support {
            passage: 1,
            quote: String::new(),
        }];
        answer.claims.push(Claim {
            text: "It is known.".to_owned(),
            support,
        });
    }
    let claim = &mut answer.claims[0];
    if *behaviour == Behaviour::InventedNumber {
        claim.text.push_str(" This concerns 987,654 customers.");
    } else if *behaviour == Behaviour::UnknownPassage {
        claim.support[0].passage = 9_999;
    } else {
        claim.support[0].quote = "No passage has these words in this order.".to_owned();
    }
}

impl Completion {
    /// Ends the completion as scripted, or where its tokens run out.
    fn shape(&mut self, behaviour: &Behaviour, max_tokens: Option<usize>) {
        match behaviour {
            Behaviour::Length => self.keep(self.completion_tokens / 2),
            Behaviour::CompletionFiltered => {
                self.content = None;
                self.completion_tokens = 0;
                self.finish_reason = "content_filter";
            }
            Behaviour::Refusal => {
                self.content = None;
                self.refusal = Some("I'm sorry, but I can't assist with that request.".to_owned());
            }
            Behaviour::MalformedJson => {
                self.content = Some(r#"{"answered": true, "claims": [{"text": "It is"#.to_owned());
            }
            Behaviour::Normal
            | Behaviour::RateLimited { .. }
            | Behaviour::Slow { .. }
            | Behaviour::ServerError { .. }
            | Behaviour::ContentFilter
            | Behaviour::InventedNumber
            | Behaviour::InventedQuote
            | Behaviour::UnknownPassage
            | Behaviour::Reply { .. } => {}
        }
        if let Some(limit) = max_tokens.filter(|limit| *limit < self.completion_tokens) {
            self.keep(limit);
        }
    }

    /// Cuts the content to so many tokens.
    fn keep(&mut self, limit: usize) {
        if let Some(content) = &mut self.content {
            content.truncate(content.floor_char_boundary(limit * 4));
        }
        self.completion_tokens = limit;
        self.finish_reason = "length";
    }

    pub fn usage(&self) -> Value {
        json!({
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        })
    }

    fn body(&self) -> Value {
        json!({
            "id": "chatcmpl-devorg",
            "object": "chat.completion",
            "created": CREATED,
            "model": self.model,
            "choices": [{
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": self.content,
                    "refusal": self.refusal,
                },
                "logprobs": null,
                "finish_reason": self.finish_reason,
                "content_filter_results": self.filter_results(),
            }],
            "prompt_filter_results": prompt_filter_results(),
            "usage": self.usage(),
        })
    }

    pub fn filter_results(&self) -> Value {
        let mut results = safe();
        if self.finish_reason == "content_filter" {
            results["violence"] = json!({"filtered": true, "severity": "medium"});
        }
        results
    }
}

pub(super) fn prompt_filter_results() -> Value {
    json!([{"prompt_index": 0, "content_filter_results": safe()}])
}
