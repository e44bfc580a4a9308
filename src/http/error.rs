//! The only place that maps failures to HTTP: RFC 9457 problem documents.

use std::any::Any;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::RequestId;
use crate::app::NotHere;
use crate::audit::AuditError;
use crate::{access, query};

/// Body of every error, `application/problem+json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Problem {
    /// `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// One sentence for the caller.
    pub detail: String,
    pub request_id: String,
}

/// A failure on its way to the caller. The request id is added where the reply leaves.
#[derive(Debug, Clone)]
pub struct ApiError {
    pub status: StatusCode,
    pub detail: String,
}

impl ApiError {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut reply = self.status.into_response();
        reply.extensions_mut().insert(self);
        reply
    }
}

impl From<query::Error> for ApiError {
    fn from(error: query::Error) -> Self {
        let status = match error.kind() {
            query::ErrorKind::Invalid => StatusCode::BAD_REQUEST,
            query::ErrorKind::NotFound => StatusCode::NOT_FOUND,
            query::ErrorKind::Forbidden => StatusCode::FORBIDDEN,
            query::ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            query::ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status.is_server_error() {
            tracing::error!(error = %error.for_the_log(), "request failed");
        }
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            // What broke inside is for the log.
            return Self::new(status, "the index could not be read; the log says why");
        }
        Self::new(status, error.for_the_caller())
    }
}

impl From<NotHere> for ApiError {
    /// The path is there on other nodes.
    fn from(error: NotHere) -> Self {
        Self::new(StatusCode::CONFLICT, error.to_string())
    }
}

impl From<access::Error> for ApiError {
    fn from(error: access::Error) -> Self {
        query::Error::from(error).into()
    }
}

impl From<AuditError> for ApiError {
    fn from(error: AuditError) -> Self {
        tracing::error!(error = %error, "audit trail not written or read");
        let detail =
            "the audit trail cannot be written or read, so nothing is shown; the log says more";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }
}

/// Writes the problem document of an error, also of one that a layer made.
pub fn with_problem_body(mut reply: Response, id: RequestId) -> Response {
    let status = reply.status();
    if !status.is_client_error() && !status.is_server_error() {
        return reply;
    }
    let detail = match reply.extensions_mut().remove::<ApiError>() {
        Some(error) => error.detail,
        None => plain_detail(status).to_owned(),
    };
    let problem = Problem {
        kind: "about:blank".to_owned(),
        title: status.canonical_reason().unwrap_or("Error").to_owned(),
        status: status.as_u16(),
        detail,
        request_id: id.0.to_string(),
    };
    let mut written = (status, Json(problem)).into_response();
    let content_type = HeaderValue::from_static("application/problem+json");
    written
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    if status == StatusCode::UNAUTHORIZED {
        let bearer = HeaderValue::from_static("Bearer realm=\"precis\"");
        written
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, bearer);
    }
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = reply.headers().get(&name) {
            written.headers_mut().insert(name, value.clone());
        }
    }
    written
}

fn plain_detail(status: StatusCode) -> &'static str {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => "the request body is too large (http.max_body_kilobytes)",
        StatusCode::SERVICE_UNAVAILABLE => "the request took too long (http.timeout_seconds)",
        StatusCode::METHOD_NOT_ALLOWED => "this path does not take this method",
        _ => "the request could not be answered",
    }
}

/// A panic is a fault of ours; its text stays in the log.
pub fn panicked(_cause: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("request panicked");
    let detail = "a fault inside precis; the log says more";
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, detail).into_response()
}
