//! The body of a request.

use async_openai::types::chat::{
    ChatCompletionRequestSystemMessage, ChatCompletionRequestUserMessage,
    CreateChatCompletionRequest, ResponseFormat, ResponseFormatJsonSchema,
};
use serde_json::{Value, json};

use super::habits::Habits;
use super::{Chat, ChatOptions, JsonSchema, Structured, TokenLimit};
use crate::error::Error;
use crate::transport::unexpected;

/// What is sent for a chat to a model with these habits.
pub fn body(
    chat: &Chat,
    options: &ChatOptions,
    model: &str,
    habits: Habits,
    stream: bool,
) -> Result<Value, Error> {
    let messages = vec![
        ChatCompletionRequestSystemMessage::from(chat.system.as_str()).into(),
        ChatCompletionRequestUserMessage::from(chat.user.as_str()).into(),
    ];
    let schema = chat.schema.as_ref();
    let mut request = CreateChatCompletionRequest {
        model: model.to_owned(),
        messages,
        response_format: schema.and_then(|schema| format(schema, habits.structured)),
        temperature: chat.temperature.filter(|_| habits.temperature),
        stream: stream.then_some(true),
        ..CreateChatCompletionRequest::default()
    };
    set_limit(&mut request, habits.token_limit, chat.max_tokens);
    let mut body = serde_json::to_value(request).map_err(unexpected)?;
    if stream && habits.stream_options {
        body["stream_options"] = json!({"include_usage": true});
    }
    // `async-openai` knows a fixed list of efforts, services have more.
    if let Some(effort) = &options.reasoning_effort
        && habits.reasoning_effort
    {
        body["reasoning_effort"] = json!(effort);
    }
    Ok(body)
}

fn format(schema: &JsonSchema, structured: Structured) -> Option<ResponseFormat> {
    match structured {
        Structured::Auto | Structured::JsonSchema => Some(ResponseFormat::JsonSchema {
            json_schema: ResponseFormatJsonSchema {
                description: None,
                name: schema.name.clone(),
                schema: schema.schema.clone(),
                strict: Some(true),
            },
        }),
        Structured::JsonObject => Some(ResponseFormat::JsonObject),
        Structured::Off => None,
    }
}

#[expect(
    deprecated,
    reason = "`max_tokens` is what many compatible servers read"
)]
fn set_limit(request: &mut CreateChatCompletionRequest, field: TokenLimit, limit: u32) {
    match field {
        TokenLimit::Auto | TokenLimit::MaxCompletionTokens => {
            request.max_completion_tokens = Some(limit);
        }
        TokenLimit::MaxTokens => request.max_tokens = Some(limit),
    }
}
