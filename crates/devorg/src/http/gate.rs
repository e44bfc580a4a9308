//! What every REST call passes first: version and session.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::reply;
use super::state::App;
use super::version::ApiVersion;
use super::with_path;
use crate::error::ApiError;

/// Who calls, and in which version: proof that the call passed the gate.
#[derive(Clone)]
pub(crate) struct Caller {
    /// 18 characters.
    pub user: Arc<str>,
    pub version: ApiVersion,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        std::future::ready(
            parts
                .extensions
                .get::<Self>()
                .cloned()
                .ok_or_else(invalid_session),
        )
        .await
    }
}

/// Admits the call or refuses it; either way the reply says how much of the allocation is used.
pub(crate) async fn gate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let mut response = match admit(&app, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    tracing::debug!(%method, path, status = response.status().as_u16(), "call answered");
    if let Ok(usage) = HeaderValue::from_str(&app.meter.limit_info(app.clock.now())) {
        let headers = response.headers_mut();
        headers.entry("sforce-limit-info").or_insert(usage);
    }
    response
}

async fn admit(app: &App, request: &mut Request) -> Result<(), ApiError> {
    let path = request
        .uri()
        .path()
        .strip_prefix("/services/data/")
        .unwrap_or_default();
    let (version, resource) = match path.split_once('/') {
        Some((version, _)) => (version, &path[version.len()..]),
        None => (path, "/"),
    };
    let version = ApiVersion::accepted(version, &app.api_version).ok_or_else(reply::not_found)?;
    let user = session_user(app, request.headers()).await?;
    let inner = with_path(request.uri(), resource);
    if let Some(method) = tunnelled_method(request) {
        *request.method_mut() = method;
    }
    *request.uri_mut() = inner;
    request.extensions_mut().insert(Caller { user, version });
    Ok(())
}

/// Clients that cannot send PATCH send POST with `?_HttpMethod=PATCH`.
fn tunnelled_method(request: &Request) -> Option<Method> {
    let query = request.uri().query()?;
    let (_, method) =
        url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "_HttpMethod")?;
    (request.method() == Method::POST).then(|| Method::from_bytes(method.as_bytes()).ok())?
}

async fn session_user(app: &App, headers: &HeaderMap) -> Result<Arc<str>, ApiError> {
    let user = bearer(headers)
        .and_then(|token| app.sessions.user(token))
        .ok_or_else(invalid_session)?;
    let id = Arc::clone(&user);
    let active = app
        .read(move |world| Ok(world.active_user(&id).is_some()))
        .await?;
    if active {
        Ok(user)
    } else {
        Err(invalid_session())
    }
}

/// The access token of `Authorization: Bearer …` (or `OAuth …`, which older clients send).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth");
    known.then(|| token.trim())
}

pub(crate) fn invalid_session() -> ApiError {
    ApiError::new(401, "INVALID_SESSION_ID", "Session expired or invalid")
}
