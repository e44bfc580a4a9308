//! What every request passes: the key, the deployment, the API version.

use axum::body::Bytes;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::refusal::Refusal;
use super::{OpenAi, OpenAiOptions};

/// Which of the two routes a request took.
#[derive(Clone, Debug)]
pub(super) enum Route {
    /// `/openai/deployments/{deployment}/…?api-version=`.
    Deployment { name: String, api_version: String },
    /// `/openai/v1/…`, where `model` in the body names the deployment.
    V1,
}

impl<S: Sync> FromRequestParts<S> for Route {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        std::future::ready(
            parts
                .extensions
                .get::<Self>()
                .cloned()
                .ok_or_else(Refusal::not_found),
        )
        .await
    }
}

impl Route {
    /// The deployment that the request means.
    ///
    /// # Errors
    /// When a v1 request names no model, or there is no such deployment.
    pub fn deployment(&self, app: &OpenAi, model: Option<&str>) -> Result<String, Refusal> {
        let name = match (self, model) {
            (Self::Deployment { name, .. }, _) => name,
            (Self::V1, Some(model)) => model,
            (Self::V1, None) => {
                let message = "you must provide a model parameter";
                return Err(Refusal::invalid(Some("model"), None, message));
            }
        };
        let known = &app.options.deployments;
        if known.is_empty() || known.iter().any(|known| known == name) {
            Ok(name.to_owned())
        } else {
            Err(Refusal::no_deployment())
        }
    }
}

pub(super) async fn gate(State(app): State<OpenAi>, mut request: Request, next: Next) -> Response {
    match route(&app, &request) {
        Ok(route) => {
            request.extensions_mut().insert(route);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

fn route(app: &OpenAi, request: &Request) -> Result<Route, Refusal> {
    let path = request.uri().path();
    let headers = request.headers();
    let key = &app.options.api_key;
    if path.starts_with("/openai/v1/") {
        // OpenAI's own clients send the key as a bearer token, and v1 takes both.
        let by_key = header(headers, "api-key") == Some(key) || bearer(headers) == Some(key);
        // Embeddings on this route take no token of Entra's.
        let by_token = is_signed_in(&app.options, headers) && !path.ends_with("/embeddings");
        return if by_key || by_token {
            Ok(Route::V1)
        } else {
            Err(Refusal::unauthorized())
        };
    }
    if header(headers, "api-key") != Some(key) && !is_signed_in(&app.options, headers) {
        return Err(Refusal::unauthorized());
    }
    let name = path
        .strip_prefix("/openai/deployments/")
        .and_then(|rest| rest.split('/').next());
    let query = request.uri().query().unwrap_or_default();
    let mut parameters = url::form_urlencoded::parse(query.as_bytes());
    let api_version = parameters
        .find(|(name, _)| name == "api-version")
        .map(|(_, value)| value);
    match (name, api_version) {
        (Some(name), Some(api_version)) => Ok(Route::Deployment {
            name: name.to_owned(),
            api_version: api_version.into_owned(),
        }),
        (Some(_) | None, _) => Err(Refusal::not_found()),
    }
}

/// By a token that the box was told of.
fn is_signed_in(options: &OpenAiOptions, headers: &HeaderMap) -> bool {
    let token = bearer(headers);
    token.is_some_and(|token| options.tokens.iter().any(|known| known == token))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    header(headers, AUTHORIZATION.as_str())?.strip_prefix("Bearer ")
}

/// A JSON body as it came and as what it should be.
///
/// # Errors
/// HTTP 400 that says where the text stops being that.
pub(super) fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<(Value, T), Refusal> {
    let invalid = |error: serde_json::Error| {
        let message = format!("We could not parse the JSON body of your request. ({error})");
        Refusal::invalid(None, None, message)
    };
    let raw: Value = serde_json::from_slice(body).map_err(invalid)?;
    let typed = serde_json::from_slice(body).map_err(invalid)?;
    Ok((raw, typed))
}
