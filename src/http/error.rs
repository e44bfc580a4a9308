//! The only place that maps failures to HTTP: RFC 9457 problem documents.

use std::any::Any;
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::RequestId;
use crate::app::NotHere;
use crate::asking::AskError;
use crate::audit::AuditError;
use crate::identity::TooMany;
use crate::query::Choice;
use crate::{access, identity, query};

/// When keys that could not be had are asked for again.
const KEYS_RETRY: Duration = Duration::from_secs(5);

/// Body of every error, `application/problem+json`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub kind: String,
    #[schema(example = "Bad Request")]
    pub title: String,
    #[schema(minimum = 400, maximum = 599, example = 400)]
    pub status: u16,
    /// One sentence for the caller.
    #[schema(example = "limit must be from 1 to 100")]
    pub detail: String,
    /// By which the log and the audit trail know the request.
    #[schema(format = Uuid)]
    pub request_id: String,
    /// What the request can mean, where it names several things.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
}

/// A failure on its way to the caller. The request id is added where the reply leaves.
#[derive(Debug, Clone)]
pub struct ApiError {
    pub status: StatusCode,
    pub detail: String,
    /// What RFC 6750 calls the failure, for the header `WWW-Authenticate`.
    challenge: Option<Challenge>,
    /// When to come back, for the header `Retry-After`.
    retry_after: Option<Duration>,
    choices: Vec<Choice>,
    /// Where it is described how to sign in (RFC 9728, section 5.1).
    described_at: Option<String>,
}

/// How a bearer's proof failed (RFC 6750, section 3.1).
#[derive(Debug, Clone)]
enum Challenge {
    InvalidToken,
    /// With the scopes that would do, separated by blanks.
    InsufficientScope(String),
}

impl ApiError {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            challenge: None,
            retry_after: None,
            choices: Vec::new(),
            described_at: None,
        }
    }

    /// With the place of the metadata that a client reads to find out how to sign in.
    pub fn described_at(mut self, place: String) -> Self {
        self.described_at = Some(place);
        self
    }

    /// The sentence, and a line for each of what there is to choose from.
    pub fn with_choices(&self) -> String {
        Choice::listed(&self.detail, &self.choices)
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
            query::ErrorKind::Ambiguous => StatusCode::CONFLICT,
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
        let detail = error.for_the_caller();
        let choices = match error {
            query::Error::Ambiguous { choices, .. } => choices,
            query::Error::Invalid(_)
            | query::Error::NotFound(_)
            | query::Error::Access(_)
            | query::Error::Store(_)
            | query::Error::Model(_)
            | query::Error::Prompt(_) => Vec::new(),
        };
        Self {
            choices,
            ..Self::new(status, detail)
        }
    }
}

impl From<AskError> for ApiError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Query(error) => error.into(),
            AskError::Audit(error) => error.into(),
        }
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

impl From<identity::Error> for ApiError {
    fn from(error: identity::Error) -> Self {
        let detail = error.to_string();
        let (status, challenge) = match error {
            identity::Error::Invalid(_) => {
                (StatusCode::UNAUTHORIZED, Some(Challenge::InvalidToken))
            }
            identity::Error::Scope { wanted, .. } => (
                StatusCode::FORBIDDEN,
                Some(Challenge::InsufficientScope(wanted)),
            ),
            identity::Error::Refused(_) => (StatusCode::FORBIDDEN, None),
            identity::Error::KeysAway(_) => (StatusCode::SERVICE_UNAVAILABLE, None),
            identity::Error::Undecided(error) => return access::Error::from(error).into(),
        };
        Self {
            challenge,
            retry_after: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(KEYS_RETRY),
            ..Self::new(status, detail)
        }
    }
}

impl From<TooMany> for ApiError {
    fn from(error: TooMany) -> Self {
        Self {
            retry_after: Some(error.wait()),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, error.to_string())
        }
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

/// Seconds after which what is away may be back, where nobody knows better.
const AWAY_RETRY: HeaderValue = HeaderValue::from_static("5");

/// The problem document of an error.
pub fn problem(error: &ApiError, id: RequestId) -> Problem {
    Problem {
        kind: "about:blank".to_owned(),
        title: error
            .status
            .canonical_reason()
            .unwrap_or("Error")
            .to_owned(),
        status: error.status.as_u16(),
        detail: error.detail.clone(),
        request_id: id.0.to_string(),
        choices: error.choices.clone(),
    }
}

/// Marks an error whose body is in the words of a protocol of its own, and leaves as it is.
#[derive(Debug, Clone, Copy)]
pub struct OwnWords;

/// Writes the problem document of an error, also of one that a layer made.
pub fn with_problem_body(mut reply: Response, id: RequestId) -> Response {
    let status = reply.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || reply.extensions().get::<OwnWords>().is_some() {
        return reply;
    }
    let error = reply.extensions_mut().remove::<ApiError>();
    let error = error.unwrap_or_else(|| ApiError::new(status, plain_detail(status)));
    let mut written = (status, Json(problem(&error, id))).into_response();
    let content_type = HeaderValue::from_static("application/problem+json");
    written
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    let headers = written.headers_mut();
    if let Some(bearer) = error.bearer() {
        headers.insert(header::WWW_AUTHENTICATE, bearer);
    }
    if let Some(wait) = error.retry_after {
        // Whole seconds; one that has begun counts.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = reply.headers().get(&name) {
            written.headers_mut().insert(name, value.clone());
        }
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let retry = written.headers_mut().entry(header::RETRY_AFTER);
        retry.or_insert(AWAY_RETRY);
    }
    written
}

impl ApiError {
    /// The challenge of RFC 6750; a request without any proof is told no error.
    fn bearer(&self) -> Option<HeaderValue> {
        let mut value = "Bearer realm=\"precis\"".to_owned();
        match &self.challenge {
            Some(Challenge::InvalidToken) => value.push_str(", error=\"invalid_token\""),
            Some(Challenge::InsufficientScope(wanted)) => {
                let wanted = quotable(wanted);
                value.push_str(&format!(
                    ", error=\"insufficient_scope\", scope=\"{wanted}\""
                ));
            }
            None if self.status == StatusCode::UNAUTHORIZED => {}
            None => return None,
        }
        if self.challenge.is_some() {
            let description = quotable(&self.detail);
            value.push_str(&format!(", error_description=\"{description}\""));
        }
        if let Some(place) = &self.described_at {
            value.push_str(&format!(", resource_metadata=\"{}\"", quotable(place)));
        }
        HeaderValue::from_str(&value).ok()
    }
}

/// What may stand between the quotes of a challenge: printable ASCII without quotes and backslashes.
fn quotable(text: &str) -> String {
    let plain = |c: char| match c {
        '"' => '\'',
        ' '..='~' if c != '\\' => c,
        _ => '?',
    };
    text.chars().map(plain).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn retry_after(reply: Response) -> Option<String> {
        let written = with_problem_body(reply, RequestId(uuid::Uuid::nil()));
        let value = written.headers().get(header::RETRY_AFTER)?;
        value.to_str().ok().map(str::to_owned)
    }

    #[test]
    fn whatever_is_away_says_when_to_try_again() {
        let away = StatusCode::SERVICE_UNAVAILABLE;
        assert_eq!(retry_after(away.into_response()).as_deref(), Some("5"));
        let known = ApiError {
            retry_after: Some(Duration::from_millis(61_500)),
            ..ApiError::new(away, "away")
        };
        assert_eq!(retry_after(known.into_response()).as_deref(), Some("62"));
        let invalid = ApiError::new(StatusCode::BAD_REQUEST, "no");
        assert_eq!(retry_after(invalid.into_response()), None);
    }
}
