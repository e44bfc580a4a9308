//! What one model turned out to take and to refuse.

use serde_json::Value;

use super::{ChatOptions, Structured, TokenLimit};
use crate::error::Error;
use crate::transport::Refusal;

/// How requests to a model are made. It begins as the options say and changes with refusals, each time
/// to something that asks less of the service, so that it comes to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habits {
    pub structured: Structured,
    pub token_limit: TokenLimit,
    /// The options leave the above to us.
    free: Free,
    pub temperature: bool,
    pub reasoning_effort: bool,
    pub stream_options: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Free {
    structured: bool,
    token_limit: bool,
}

impl Habits {
    pub fn new(options: &ChatOptions) -> Self {
        Self {
            structured: options.structured,
            token_limit: options.token_limit,
            free: Free {
                structured: options.structured == Structured::Auto,
                token_limit: options.token_limit == TokenLimit::Auto,
            },
            temperature: true,
            reasoning_effort: true,
            stream_options: true,
        }
    }

    /// The habits to try when `body` was refused; none when the refusal is about nothing that could be
    /// done another way.
    pub fn after(self, refusal: &Refusal, body: &Value) -> Option<Self> {
        let sent = |field: &str| body.get(field).is_some();
        let param = refusal.param.as_deref().unwrap_or_default();
        let by_param = FIELDS
            .iter()
            .find(|field| !param.is_empty() && field.names.iter().any(|name| param.contains(name)));
        if let Some(field) = by_param
            && sent(field.name)
            && let Some(habits) = self.without(field.name)
        {
            return Some(habits);
        }
        let named = |field: &&Field| field.names.iter().any(|name| refusal.text.contains(name));
        FIELDS
            .iter()
            .filter(|field| sent(field.name))
            .filter(named)
            .find_map(|field| self.without(field.name))
    }

    /// The same habits but for one field; none if that has to stay.
    fn without(mut self, field: &str) -> Option<Self> {
        match field {
            "stream_options" if self.stream_options => self.stream_options = false,
            "temperature" if self.temperature => self.temperature = false,
            "reasoning_effort" if self.reasoning_effort => self.reasoning_effort = false,
            "response_format" if self.free.structured => {
                self.structured = match self.structured {
                    Structured::Auto | Structured::JsonSchema => Structured::JsonObject,
                    Structured::JsonObject => Structured::Off,
                    Structured::Off => return None,
                }
            }
            "max_completion_tokens" if self.free.token_limit => {
                self.token_limit = TokenLimit::MaxTokens;
            }
            _ => return None,
        }
        Some(self)
    }

    /// What has changed since, for the log.
    pub fn changes(self, before: Self) -> Vec<&'static str> {
        let mut changes = Vec::new();
        if self.structured != before.structured {
            changes.push(match self.structured {
                Structured::Off => "without response_format",
                Structured::Auto | Structured::JsonSchema | Structured::JsonObject => {
                    "with response_format json_object instead of json_schema"
                }
            });
        }
        if self.token_limit != before.token_limit {
            changes.push("with max_tokens instead of max_completion_tokens");
        }
        for (now, then, change) in [
            (self.temperature, before.temperature, "without temperature"),
            (
                self.reasoning_effort,
                before.reasoning_effort,
                "without reasoning_effort",
            ),
            (
                self.stream_options,
                before.stream_options,
                "without stream_options, so streams may not tell their tokens",
            ),
        ] {
            if now != then {
                changes.push(change);
            }
        }
        changes
    }
}

/// A field that can be left out or replaced, and what refusals call it.
struct Field {
    name: &'static str,
    names: &'static [&'static str],
}

/// In the order in which they are given up when a refusal names several.
const FIELDS: [Field; 5] = [
    Field {
        name: "stream_options",
        names: &["stream_options", "include_usage"],
    },
    Field {
        name: "response_format",
        names: &[
            "response_format",
            "json_schema",
            "json schema",
            "json_object",
            "structured output",
            "grammar",
        ],
    },
    Field {
        name: "reasoning_effort",
        names: &["reasoning_effort"],
    },
    Field {
        name: "temperature",
        names: &["temperature"],
    },
    Field {
        name: "max_completion_tokens",
        names: &["max_completion_tokens"],
    },
];

impl Refusal {
    /// Whether it is this schema that the service does not like, rather than any.
    pub fn is_about_the_schema(&self) -> bool {
        self.text.contains("invalid schema")
    }
}

impl Error {
    /// Whether a refusal may be about a field that the request could do without.
    pub(super) fn may_be_a_field(&self) -> bool {
        matches!(self, Self::Setting { .. } | Self::Rejected { .. })
    }
}
