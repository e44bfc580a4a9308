//! JSON bodies, with errors that say what is wrong with them.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use hyper::body::Body as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::ApiError;
use super::limits::BodyTime;

/// A JSON body of type `T`.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let time = request.extensions().get::<BodyTime>().copied();
        let body = Json::<Value>::from_request(request, state);
        let body = match time {
            Some(BodyTime(time)) => tokio::time::timeout(time, body).await,
            None => Ok(body.await),
        };
        match body {
            Ok(Ok(Json(value))) => read(value).map(Self),
            Ok(Err(rejection)) => Err(refused(&rejection)),
            Err(_) => {
                let detail = "the request body took too long to arrive (http.read_seconds)";
                Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, detail))
            }
        }
    }
}

/// A JSON body of type `T`, or nothing at all, which says the same as `{}`.
pub struct OptionalBody<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if request.body().is_end_stream() {
            return Ok(Self(T::default()));
        }
        let Body(body) = Body::from_request(request, state).await?;
        Ok(Self(body))
    }
}

/// serde would also fill a struct from a list, by position: only objects have names to check.
fn read<T: DeserializeOwned>(body: Value) -> Result<T, ApiError> {
    let wants_object = |value: &Value| value.is_object() || value.is_null();
    let filters = body.get("filters").unwrap_or(&Value::Null);
    if !body.is_object() || !wants_object(filters) {
        let detail = "the request body and its filters must be JSON objects";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, detail));
    }
    serde_path_to_error::deserialize(body).map_err(|error| {
        let path = error.path().to_string();
        let problem = error.into_inner();
        let detail = match path.as_str() {
            "." => format!("the request body: {problem}"),
            _ => format!("the request body: {path}: {problem}"),
        };
        ApiError::new(StatusCode::BAD_REQUEST, detail)
    })
}

fn refused(rejection: &JsonRejection) -> ApiError {
    let (status, detail) = match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "the request body is too large (http.max_body_kilobytes)".to_owned(),
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "send the request body as Content-Type: application/json".to_owned(),
        ),
        _ => (
            StatusCode::BAD_REQUEST,
            format!(
                "the request body is no JSON: {}",
                cause(&rejection.body_text())
            ),
        ),
    };
    ApiError::new(status, detail)
}

/// The first clause of axum's text is its own; what serde says names the place.
fn cause(text: &str) -> &str {
    text.split_once(": ").map_or(text, |(_, rest)| rest)
}
