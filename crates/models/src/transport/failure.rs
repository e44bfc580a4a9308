//! The one place that reads a refusal of a model service.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::endpoint::Endpoint;
use crate::error::{Error, FilteredText};

/// Longest part of a service's message that is passed on, in characters.
const LONGEST_MESSAGE: usize = 300;
/// Longest part of a refusal that is searched for the name of a field, in bytes.
const LONGEST_REFUSAL: usize = 4_096;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    error: Detail,
}

/// The union of what OpenAI and Azure send. Azure's codes are strings or numbers.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    message: Option<String>,
    code: Value,
    #[serde(rename = "type")]
    kind: Option<String>,
    /// The field of the request that is at fault.
    param: Option<String>,
    innererror: Option<InnerError>,
}

/// Azure's account of a content filter; the key is in the singular in some versions.
#[derive(Default, Deserialize)]
#[serde(default)]
struct InnerError {
    #[serde(alias = "content_filter_result")]
    content_filter_results: Value,
}

/// What a service said of a request that it did not like.
pub(crate) struct Refusal {
    /// The field that it names.
    pub param: Option<String>,
    /// All that it said, in lower case and shortened: servers that know no `param` name the field in
    /// words, or in structures of their own.
    pub text: String,
}

impl Refusal {
    /// None unless the status says that the request itself is at fault.
    pub fn read(status: u16, body: &[u8]) -> Option<Self> {
        if !matches!(status, 400 | 422) {
            return None;
        }
        let parsed: Option<Body> = serde_json::from_slice(body).ok();
        let text = String::from_utf8_lossy(&body[..body.len().min(LONGEST_REFUSAL)]);
        Some(Self {
            param: parsed.and_then(|parsed| parsed.error.param),
            text: text.to_ascii_lowercase(),
        })
    }
}

/// What an error object within a stream means: the reply began with a good status, so the object has
/// to say it all.
pub(crate) fn midway(endpoint: &Endpoint, error: &Value) -> Error {
    let body = serde_json::json!({ "error": error }).to_string();
    let told = |name: &str| {
        error[name]
            .as_u64()
            .or_else(|| error[name].as_str()?.parse().ok())
    };
    let status = told("status")
        .or_else(|| told("code"))
        .or_else(|| told("status_code"));
    let code = error["code"].as_str().or_else(|| error["type"].as_str());
    let status = match (status.and_then(|status| u16::try_from(status).ok()), code) {
        (Some(status), _) => status,
        (None, Some("content_filter" | "context_length_exceeded")) => 400,
        (None, Some("rate_limit_exceeded" | "rate_limit_error" | "RateLimitReached")) => 429,
        (None, Some(_) | None) => 500,
    };
    match classify(endpoint, status, body.as_bytes(), None) {
        Error::ContentFiltered { categories, .. } => Error::ContentFiltered {
            text: FilteredText::Completion,
            categories,
        },
        error => error,
    }
}

/// What a reply with an error status means for the caller.
pub(super) fn classify(
    endpoint: &Endpoint,
    status: u16,
    body: &[u8],
    retry_after: Option<Duration>,
) -> Error {
    let parsed: Option<Body> = serde_json::from_slice(body).ok();
    let detail = parsed.unwrap_or_default().error;
    let code = code(&detail);
    let message = message(&detail, status);
    match status {
        400 | 413 => bad_request(endpoint, status, &detail, code, message),
        401 | 403 => Error::Unauthorized {
            setting: endpoint.credential_setting(),
            status,
        },
        404 => Error::UnknownModel {
            setting: endpoint.model_setting(),
            name: endpoint.model().to_owned(),
            message,
        },
        408 => Error::Timeout {
            setting: Some(endpoint.setting("timeout_seconds")),
            waited: endpoint.timeout,
        },
        // OpenAI uses the same status for an unpaid bill.
        429 if code.as_deref() == Some("insufficient_quota") => Error::QuotaExhausted { message },
        429 => Error::RateLimited { retry_after },
        500..=599 => Error::Unavailable { status, message },
        _ => Error::Rejected {
            status,
            code,
            message,
        },
    }
}

/// A request that was understood and not liked: for its content, its length or a parameter.
fn bad_request(
    endpoint: &Endpoint,
    status: u16,
    detail: &Detail,
    code: Option<String>,
    message: String,
) -> Error {
    match code.as_deref() {
        Some("content_filter") => {
            let inner = detail.innererror.as_ref();
            let fired = inner.map(|inner| fired_filters(&inner.content_filter_results));
            return Error::ContentFiltered {
                text: FilteredText::Prompt,
                categories: fired.unwrap_or_default(),
            };
        }
        Some("context_length_exceeded") => return Error::TooLong { message },
        Some("unsupported_parameter" | "unsupported_value") => {
            if let Some(setting) = setting_of(detail.param.as_deref()) {
                return Error::Setting {
                    setting: endpoint.setting(setting),
                    reason: message,
                };
            }
        }
        Some(_) | None => {}
    }
    if too_long(&message) {
        return Error::TooLong { message };
    }
    Error::Rejected {
        status,
        code,
        message,
    }
}

/// The setting behind a field that some models refuse: reasoning models take another token limit
/// and no temperature, older embedding models no dimension.
fn setting_of(param: Option<&str>) -> Option<&'static str> {
    match param? {
        "max_tokens" | "max_completion_tokens" => Some("max_tokens_field"),
        "temperature" => Some("temperature"),
        "dimensions" => Some("shorten"),
        _ => None,
    }
}

fn code(detail: &Detail) -> Option<String> {
    match &detail.code {
        Value::String(code) => Some(code.clone()),
        Value::Number(code) => Some(code.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => detail.kind.clone(),
    }
}

/// The message for people: its first line, shortened, since a service may quote the request in it.
fn message(detail: &Detail, status: u16) -> String {
    let message = detail.message.as_deref().unwrap_or_default();
    let line = message.lines().next().unwrap_or_default().trim();
    if line.is_empty() {
        return format!("no explanation came with status {status}");
    }
    line.chars().take(LONGEST_MESSAGE).collect()
}

/// Embedding endpoints and some compatible servers say it in words only.
fn too_long(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("maximum context length") || message.contains("maximum input length")
}

/// Names of the filters whose result is `"filtered": true`.
pub(crate) fn fired_filters(results: &Value) -> Vec<String> {
    let Some(results) = results.as_object() else {
        return Vec::new();
    };
    results
        .iter()
        .filter(|(_, result)| result["filtered"] == true)
        .map(|(name, _)| name.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::endpoint::{Credential, Route};

    fn classified(status: u16, body: &str) -> Error {
        let endpoint = Endpoint {
            section: "chat".to_owned(),
            route: Route::AzureV1 {
                resource: reqwest::Url::parse("http://127.0.0.1").expect("a URL"),
                deployment: "gpt".to_owned(),
            },
            credential: Credential::ApiKey(SecretString::from("k")),
            timeout: Duration::from_secs(1),
            retries: 0,
        };
        classify(&endpoint, status, body.as_bytes(), None)
    }

    #[test]
    fn a_blocked_prompt_names_the_filters_that_fired() {
        let body = r#"{"error":{"message":"The response was filtered","type":null,"param":"prompt",
            "code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation",
            "content_filter_result":{"hate":{"filtered":false,"severity":"safe"},
            "jailbreak":{"detected":true,"filtered":true}}}}}"#;
        let Error::ContentFiltered { text, categories } = classified(400, body) else {
            panic!("not seen as a content filter");
        };
        assert_eq!(text, FilteredText::Prompt);
        assert_eq!(categories, ["jailbreak"]);
    }

    #[test]
    fn every_status_has_a_meaning_even_with_a_body_that_is_not_json() {
        let body = r#"{"error":{"code":"DeploymentNotFound","message":"no such deployment"}}"#;
        let message = classified(404, body).to_string();
        assert!(message.contains("`chat.deployment`"), "{message}");
        let message = classified(401, r#"{"error":{"code":"401"}}"#).to_string();
        assert!(message.contains("`chat.api_key`"), "{message}");
        let overflow = r#"{"error":{"code":"context_length_exceeded","message":"too long"}}"#;
        assert!(matches!(classified(400, overflow), Error::TooLong { .. }));
        let limit = r#"{"error":{"code":"unsupported_parameter","param":"max_tokens","message":"use another"}}"#;
        let message = classified(400, limit).to_string();
        assert!(message.contains("`chat.max_tokens_field`"), "{message}");
        let quota = r#"{"error":{"code":"insufficient_quota","message":"pay"}}"#;
        let quota = classified(429, quota);
        assert!(matches!(quota, Error::QuotaExhausted { .. }) && !quota.is_transient());
        assert!(matches!(
            classified(429, "<html>"),
            Error::RateLimited { .. }
        ));
        assert!(classified(503, "<html>").is_transient());
        assert!(matches!(classified(422, "[]"), Error::Rejected { .. }));
    }
}
