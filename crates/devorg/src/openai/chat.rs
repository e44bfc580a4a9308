//! `POST …/chat/completions`.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use super::brain::answer::{Answer, answer, summary};
use super::brain::{prompt, tokens};
use super::completion::Completion;
use super::gate::{Route, parse};
use super::refusal::Refusal;
use super::script::Behaviour;
use super::{Log, OpenAi, OpenAiOptions, Waiting, contract, fault, features, form, schema, stream};

/// The first version of the legacy route that knows structured outputs.
const STRUCTURED_SINCE: &str = "2024-08-01";
/// Tokens that a reasoning model thinks before it answers.
const THOUGHTS: usize = 32;

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

pub(super) async fn completions(
    State(app): State<OpenAi>,
    route: Route,
    body: Bytes,
) -> Result<Response, Refusal> {
    let (raw, request): (Value, Request) = parse(&body)?;
    Log::keep(&mut app.log().chats, &raw);
    let model = route.deployment(&app, request.model.as_deref())?;
    let behaviour = app.script().next_chat();
    let waiting = Waiting::new(&app);
    if let Err(refusal) = behaviour.meet().await {
        waiting.answered();
        return Err(refusal);
    }

    request.check(&app.options, &route, &raw, &model)?;
    let completion = request.complete(&app, model, &behaviour);
    let used = completion.prompt_tokens;
    if used > app.options.context_tokens {
        return Err(Refusal::context_length(app.options.context_tokens, used));
    }
    if request.stream {
        let usage = request
            .stream_options
            .is_some_and(|options| options.include_usage);
        return Ok(stream::response(&completion, &behaviour, usage, waiting));
    }
    if let Some(wait) = stream::whole_wait(&completion, &behaviour) {
        tokio::time::sleep(wait).await;
    }
    waiting.answered();
    Ok(stream::in_one_piece(&completion, &behaviour))
}

impl Request {
    /// # Errors
    /// HTTP 400 for what the service would refuse.
    fn check(
        &self,
        options: &OpenAiOptions,
        route: &Route,
        raw: &Value,
        model: &str,
    ) -> Result<(), Refusal> {
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
        features::check(options, raw)?;
        features::check_reasoning(model, raw)?;
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

    fn complete(&self, app: &OpenAi, model: String, behaviour: &Behaviour) -> Completion {
        let content = self.content(behaviour);
        let prompt = self.prompt();
        let thoughts = if features::reasons(&model) {
            THOUGHTS
        } else {
            0
        };
        let prompt_tokens = tokens(&prompt);
        let mut completion = Completion {
            model,
            prompt_tokens,
            cached_tokens: app.log().cached(&prompt, prompt_tokens),
            completion_tokens: tokens(&content) + thoughts,
            reasoning_tokens: thoughts,
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
            let question = prompt::question(&self.asked());
            let mut answer = match schema.map(contract::sections) {
                Some(sections) if !sections.is_empty() => summary(&question, &passages),
                Some(_) | None => answer(&question, &passages),
            };
            fault::spoil(&mut answer, behaviour, &passages);
            let written = contract::write(&answer, schema, &passages);
            return form::dress(&answer, written, behaviour);
        }
        match schema {
            Some(schema) => form::dress(&Answer::none(), schema::fill(schema), behaviour),
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
