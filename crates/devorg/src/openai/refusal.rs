//! Refusals in the words of Azure OpenAI.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// `{"error": {"message", "type", "param", "code"}}` under its status.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    error: Value,
    /// `error` is the whole body, as servers write it that know no `error` object.
    bare: bool,
    retry_after_ms: Option<u64>,
}

impl Refusal {
    /// A request that no retry will make right.
    pub fn invalid(param: Option<&str>, code: Option<&str>, message: impl Into<String>) -> Self {
        let message: String = message.into();
        let error = json!({
            "message": message,
            "type": "invalid_request_error",
            "param": param,
            "code": code,
        });
        Self {
            status: StatusCode::BAD_REQUEST,
            error,
            bare: false,
            retry_after_ms: None,
        }
    }

    /// HTTP 400 with a body that has no `error` object.
    pub fn of_a_validator(body: Value) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error: body,
            bare: true,
            retry_after_ms: None,
        }
    }

    pub fn unauthorized() -> Self {
        let message = "Access denied due to invalid subscription key or wrong API endpoint. Make sure \
                       to provide a valid key for an active subscription and use a correct regional \
                       API endpoint for your resource.";
        let error = json!({"code": "401", "message": message});
        Self {
            status: StatusCode::UNAUTHORIZED,
            error,
            bare: false,
            retry_after_ms: None,
        }
    }

    pub fn not_found() -> Self {
        let error = json!({"code": "404", "message": "Resource not found"});
        Self {
            status: StatusCode::NOT_FOUND,
            error,
            bare: false,
            retry_after_ms: None,
        }
    }

    pub fn no_deployment() -> Self {
        let message = "The API deployment for this resource does not exist. If you created the \
                       deployment within the last 5 minutes, please wait a moment and try again.";
        let error = json!({"code": "DeploymentNotFound", "message": message});
        Self {
            status: StatusCode::NOT_FOUND,
            error,
            bare: false,
            retry_after_ms: None,
        }
    }

    /// Over the tokens or requests per minute.
    pub fn rate_limited(retry_after_ms: u64) -> Self {
        let seconds = retry_after_ms.div_ceil(1_000);
        let message = format!(
            "Requests to the deployment have exceeded the token rate limit of your current pricing \
             tier. Please retry after {seconds} seconds."
        );
        let error = json!({"code": "429", "message": message});
        let retry_after_ms = Some(retry_after_ms);
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            error,
            bare: false,
            retry_after_ms,
        }
    }

    pub fn server_error(status: u16) -> Self {
        let message = "The server had an error while processing your request. Sorry about that!";
        let error = json!({
            "message": message,
            "type": "server_error",
            "param": null,
            "code": null,
        });
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self {
            status,
            error,
            bare: false,
            retry_after_ms: None,
        }
    }

    /// The prompt was blocked by the content filter.
    pub fn content_filter() -> Self {
        let mut results = safe();
        results["violence"] = json!({"filtered": true, "severity": "high"});
        results["jailbreak"] = json!({"filtered": false, "detected": false});
        let message = "The response was filtered due to the prompt triggering Azure OpenAI's content \
                       management policy. Please modify your prompt and retry.";
        let error = json!({
            "message": message,
            "type": null,
            "param": "prompt",
            "code": "content_filter",
            "status": 400,
            "innererror": {
                "code": "ResponsibleAIPolicyViolation",
                "content_filter_result": results,
            },
        });
        Self {
            status: StatusCode::BAD_REQUEST,
            error,
            bare: false,
            retry_after_ms: None,
        }
    }

    pub fn context_length(limit: usize, used: usize) -> Self {
        let message = format!(
            "This model's maximum context length is {limit} tokens. However, your messages resulted \
             in {used} tokens. Please reduce the length of the messages."
        );
        Self::invalid(Some("messages"), Some("context_length_exceeded"), message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = match self.bare {
            true => self.error,
            false => json!({"error": self.error}),
        };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(milliseconds) = self.retry_after_ms {
            let headers = response.headers_mut();
            headers.insert("retry-after-ms", milliseconds.into());
            headers.insert("retry-after", milliseconds.div_ceil(1_000).into());
        }
        response
    }
}

pub(super) async fn no_such_resource() -> Refusal {
    std::future::ready(Refusal::not_found()).await
}

/// The annotations of text that no filter objects to.
pub(super) fn safe() -> Value {
    let fine = json!({"filtered": false, "severity": "safe"});
    json!({"hate": fine, "self_harm": fine, "sexual": fine, "violence": fine})
}
