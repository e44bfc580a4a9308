//! What people and agents call.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::asking::Asking;
use super::body::Body;
use super::error::ApiError;
use super::limits::Place;
use super::streams;
use crate::app::App;
use crate::identity::Caller;
use crate::query::{self, AnswerRequest, SearchRequest, SearchResponse};

/// `POST /v1/search`
pub async fn search(
    State(app): State<Arc<App>>,
    caller: Caller,
    Extension(asking): Extension<Asking>,
    Body(request): Body<SearchRequest>,
) -> Result<Json<SearchResponse>, ApiError> {
    let entry = asking.entry(&caller).asking(&request);
    let found = query::search(&app.engine, &caller.viewer, request).await;
    asking.write(&app, entry.of_search(&found)).await?;
    Ok(Json(found?))
}

/// `POST /v1/answer`; with `Accept: text/event-stream` as events.
pub async fn answer(
    State(app): State<Arc<App>>,
    caller: Caller,
    Extension(asking): Extension<Asking>,
    Extension(place): Extension<Place>,
    headers: HeaderMap,
    Body(request): Body<AnswerRequest>,
) -> Result<Response, ApiError> {
    if streams::wanted(&headers) && request.check().is_ok() {
        return Ok(streams::answer(app, caller, asking, request, place));
    }
    let entry = asking.entry(&caller).asking(&request);
    let answer = query::answer(&app.engine, &caller.viewer, request, asking.id(), None).await;
    asking.write(&app, entry.of_answer(&answer)).await?;
    Ok(Json(answer?).into_response())
}

/// `GET /healthz`: the process is alive.
pub async fn healthz() -> Json<Value> {
    Json(json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}))
}

/// `GET /readyz`: questions can be answered; 503 until the first sync has committed.
pub async fn readyz(State(app): State<Arc<App>>) -> Result<Json<Value>, ApiError> {
    match app.engine.refreshed_as_of().await? {
        Some(as_of) => Ok(Json(json!({"status": "ready", "as_of": as_of}))),
        None => Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the first sync has not finished its first page yet",
        )),
    }
}

pub async fn not_found(uri: Uri) -> ApiError {
    let path: String = uri.path().chars().take(80).collect();
    ApiError::new(StatusCode::NOT_FOUND, format!("there is no {path}"))
}

pub async fn method_not_allowed() -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
}
