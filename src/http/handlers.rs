//! What people and agents call.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::{Body, OptionalBody};
use super::error::ApiError;
use super::format::{Format, FormatQuery, Wanted};
use super::limits::Place;
use super::openapi::{NamedQuestionRefusals, OpenRefusals, QuestionRefusals};
use super::streams;
use crate::app::App;
use crate::asking::Asking;
use crate::card::{self, Card};
use crate::identity::Caller;
use crate::query::{
    Answer, AnswerRequest, NewCase, SearchRequest, SearchResponse, Triage, TriageRequest,
};

/// Search the records that the caller may read
///
/// Words, phrases, codes, ids and filters as people write them, found by words and by meaning. Hits are
/// documents, best first, each with the passages that match.
#[utoipa::path(
    post,
    path = "/v1/search",
    operation_id = "Search",
    tag = "Ask",
    request_body(
        content = SearchRequest,
        example = json!({"query": "E-417 after restart", "filters": {"object": "Case"}, "limit": 5})
    ),
    responses(
        (status = 200, description = "A page of hits.", body = SearchResponse, example = json!({
            "hits": [], "facets": {}, "next_cursor": null, "as_of": "2026-11-23T10:42:00Z", "took_ms": 12
        })),
        NamedQuestionRefusals,
    )
)]
pub async fn search(
    State(app): State<Arc<App>>,
    caller: Caller,
    Extension(asking): Extension<Asking>,
    Body(request): Body<SearchRequest>,
) -> Result<Json<SearchResponse>, ApiError> {
    Ok(Json(asking.search(&app, &caller, request).await?))
}

/// Answer a question with citations
///
/// Every statement carries the numbers of its citations; what cannot be cited is not said. With
/// `Accept: text/event-stream` the reply is events: a `claim` as soon as each is verified (`ShownClaim`), and
/// at the end one `answer` with the whole reply, or one `problem`.
#[utoipa::path(
    post,
    path = "/v1/answer",
    operation_id = "Answer",
    tag = "Ask",
    params(FormatQuery),
    request_body(
        content = AnswerRequest,
        example = json!({"question": "How do I reset error E-417?"})
    ),
    responses(
        (
            status = 200,
            description = "The answer, or what is nearest to the question where there is none.",
            content(
                (Answer = "application/json", example = json!({
                    "answered": false, "answer": "", "claims": [], "citations": [],
                    "verification": {"shown": 0, "repaired": 0, "dropped": 0,
                                     "checked": {"claims": 0, "quotes": 0, "facts": 0}},
                    "nearest": [], "as_of": "2026-11-23T10:42:00Z", "model": "extractive",
                    "usage": {"prompt_tokens": 0, "completion_tokens": 0},
                    "request_id": "6f1c2a54-3f0e-4a56-9a39-0d3f2f2f8d11"
                })),
                (String = "text/event-stream"),
                (Card = "application/vnd.microsoft.card.adaptive"),
            )
        ),
        QuestionRefusals,
    )
)]
pub async fn answer(
    State(app): State<Arc<App>>,
    caller: Caller,
    Extension(asking): Extension<Asking>,
    Extension(place): Extension<Place>,
    Wanted(format): Wanted,
    headers: HeaderMap,
    Body(request): Body<AnswerRequest>,
) -> Result<Response, ApiError> {
    let is_stream = format == Format::Json && streams::wanted(&headers);
    if is_stream && request.check().is_ok() {
        return Ok(streams::answer(app, caller, asking, request, place));
    }
    let answer = asking.answer(&app, &caller, request).await?;
    Ok(format.written(&answer, card::answer))
}

/// Triage a case
///
/// What it is about, how cases like it were solved, what to try, what to ask and a drafted reply, each with
/// where it was read. Nothing is written to Salesforce.
#[utoipa::path(
    post,
    path = "/v1/cases/{case}/triage",
    operation_id = "TriageCase",
    tag = "Cases",
    params(
        ("case" = String, Path, description = "The id or the number of a case.", example = "00001026"),
        FormatQuery,
    ),
    request_body(content = Option<TriageRequest>, example = json!({"language": "en_US"})),
    responses(
        (status = 200, description = "The triage of the case.", content(
            (Triage = "application/json"),
            (Card = "application/vnd.microsoft.card.adaptive"),
        )),
        NamedQuestionRefusals,
    )
)]
pub async fn triage_case(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(case): Path<String>,
    Extension(asking): Extension<Asking>,
    Wanted(format): Wanted,
    OptionalBody(request): OptionalBody<TriageRequest>,
) -> Result<Response, ApiError> {
    let triage = asking.triage_case(&app, &caller, &case, &request).await?;
    Ok(format.written(&triage, card::triage))
}

/// Triage a case that does not exist yet
///
/// The same for the words of a customer who has just written or called. One of `subject` and `description`
/// must say something.
#[utoipa::path(
    post,
    path = "/v1/triage",
    operation_id = "TriageNewCase",
    tag = "Cases",
    params(FormatQuery),
    request_body(content = NewCase, example = json!({
        "subject": "Inverter shows E-417 and stops",
        "description": "Since this morning it shows E-417 and does not start again.",
        "origin": "Phone"
    })),
    responses(
        (status = 200, description = "The triage of these words.", content(
            (Triage = "application/json"),
            (Card = "application/vnd.microsoft.card.adaptive"),
        )),
        NamedQuestionRefusals,
    )
)]
pub async fn triage_new(
    State(app): State<Arc<App>>,
    caller: Caller,
    Extension(asking): Extension<Asking>,
    Wanted(format): Wanted,
    Body(request): Body<NewCase>,
) -> Result<Response, ApiError> {
    let triage = asking.triage_new(&app, &caller, request).await?;
    Ok(format.written(&triage, card::triage))
}

/// Reply of `GET /healthz`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`
    status: &'static str,
    version: &'static str,
}

/// Whether the process is alive
///
/// For liveness probes: it asks nothing of anybody.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "GetHealth",
    tag = "Operate",
    security(()),
    responses((status = 200, description = "It is alive.", body = Health), OpenRefusals)
)]
pub async fn healthz() -> Json<Health> {
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// Reply of `GET /readyz`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// `ready`
    status: &'static str,
    /// When the index was last brought up to date.
    as_of: DateTime<Utc>,
}

/// Whether questions can be answered
///
/// For readiness probes: 503 until the first sync has committed.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "GetReadiness",
    tag = "Operate",
    security(()),
    responses((status = 200, description = "It answers questions.", body = Readiness), OpenRefusals)
)]
pub async fn readyz(State(app): State<Arc<App>>) -> Result<Json<Readiness>, ApiError> {
    match app.engine.refreshed_as_of().await? {
        Some(as_of) => Ok(Json(Readiness {
            status: "ready",
            as_of,
        })),
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
