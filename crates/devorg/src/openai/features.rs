//! What a deployment does not know, and how it says so.

use serde::Deserialize;
use serde_json::{Value, json};

use super::OpenAiOptions;
use super::refusal::Refusal;

/// A part of the protocol that not every model and server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// `response_format` of type `json_schema`.
    JsonSchema,
    /// `response_format` of type `json_object`.
    JsonObject,
    MaxCompletionTokens,
    MaxTokens,
    ReasoningEffort,
    StreamOptions,
    Temperature,
}

/// Whose words a refusal is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// `{"error": {"message", "type", "param", "code"}}`.
    #[default]
    Azure,
    /// A compatible server that validates bodies: no `error` object, the field within the message.
    Validator,
    /// A compatible server that names no field apart from its message.
    Plain,
}

impl Feature {
    fn field(self) -> &'static str {
        match self {
            Self::JsonSchema | Self::JsonObject => "response_format",
            Self::MaxCompletionTokens => "max_completion_tokens",
            Self::MaxTokens => "max_tokens",
            Self::ReasoningEffort => "reasoning_effort",
            Self::StreamOptions => "stream_options",
            Self::Temperature => "temperature",
        }
    }

    fn is_used(self, body: &Value) -> bool {
        let kind = &body["response_format"]["type"];
        match self {
            Self::JsonSchema => kind == "json_schema",
            Self::JsonObject => kind == "json_object",
            Self::MaxCompletionTokens
            | Self::MaxTokens
            | Self::ReasoningEffort
            | Self::StreamOptions
            | Self::Temperature => body.get(self.field()).is_some_and(|value| !value.is_null()),
        }
    }

    fn message(self) -> String {
        match self {
            Self::JsonSchema => {
                "Invalid parameter: 'response_format' of type 'json_schema' is not \
                                 supported with this model."
                    .to_owned()
            }
            Self::JsonObject => {
                "Invalid parameter: 'response_format' of type 'json_object' is not \
                                 supported with this model."
                    .to_owned()
            }
            Self::MaxCompletionTokens | Self::StreamOptions => {
                format!("Unrecognized request argument supplied: {}", self.field())
            }
            Self::MaxTokens => {
                "Unsupported parameter: 'max_tokens' is not supported with this model. \
                                Use 'max_completion_tokens' instead."
                    .to_owned()
            }
            Self::ReasoningEffort | Self::Temperature => format!(
                "Unsupported parameter: '{}' is not supported with this model.",
                self.field()
            ),
        }
    }
}

/// # Errors
/// HTTP 400 for the first feature that the request uses and the deployment does not know.
pub(super) fn check(options: &OpenAiOptions, body: &Value) -> Result<(), Refusal> {
    let unknown = options.unknown.iter().find(|feature| feature.is_used(body));
    match unknown {
        Some(feature) => Err(refusal(*feature, options.dialect)),
        None => Ok(()),
    }
}

/// Reasoning models have another limit on their output and one temperature.
///
/// # Errors
/// HTTP 400, as Azure has it.
pub(super) fn check_reasoning(model: &str, body: &Value) -> Result<(), Refusal> {
    if !reasons(model) {
        return Ok(());
    }
    if Feature::MaxTokens.is_used(body) {
        return Err(refusal(Feature::MaxTokens, Dialect::Azure));
    }
    let temperature = body["temperature"].as_f64();
    match temperature.filter(|temperature| *temperature != 1.0) {
        Some(temperature) => {
            let message = format!(
                "Unsupported value: 'temperature' does not support {temperature} with this model. Only \
                 the default (1) value is supported."
            );
            let code = Some("unsupported_value");
            Err(Refusal::invalid(Some("temperature"), code, message))
        }
        None => Ok(()),
    }
}

pub(super) fn reasons(model: &str) -> bool {
    let mut name = model.chars();
    model.starts_with("gpt-5")
        || (name.next() == Some('o') && name.next().is_some_and(|c| c.is_ascii_digit()))
}

fn refusal(feature: Feature, dialect: Dialect) -> Refusal {
    let field = feature.field();
    match dialect {
        Dialect::Azure => {
            let code = match feature {
                Feature::MaxCompletionTokens | Feature::StreamOptions => None,
                Feature::JsonSchema | Feature::JsonObject => None,
                Feature::MaxTokens | Feature::ReasoningEffort | Feature::Temperature => {
                    Some("unsupported_parameter")
                }
            };
            let param = (code.is_some() || field == "response_format").then_some(field);
            Refusal::invalid(param, code, feature.message())
        }
        Dialect::Validator => Refusal::of_a_validator(json!({
            "object": "error",
            "message": format!(
                "[{{'type': 'extra_forbidden', 'loc': ('body', '{field}'), 'msg': 'Extra inputs are not \
                 permitted'}}]"
            ),
            "type": "BadRequestError",
            "param": null,
            "code": 400,
        })),
        Dialect::Plain => {
            let message = format!("{field} is not supported by this server");
            Refusal::invalid(None, None, message)
        }
    }
}
