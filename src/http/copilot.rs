//! `POST /v1/copilot/knowledge`: what a topic of Copilot Studio puts into `System.SearchResults`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

use super::body::Body;
use super::error::ApiError;
use super::openapi::QuestionRefusals;
use crate::app::App;
use crate::asking::Asking;
use crate::audit::Outcome;
use crate::identity::Caller;
use crate::query::{Knowledge, KnowledgeReason, KnowledgeRequest};

/// The topic of the package waits ten seconds.
const PATIENCE: Duration = Duration::from_secs(8);
/// Why `results` is empty.
const REASON: HeaderName = HeaderName::from_static("x-precis-reason");

/// Search for the text to answer from
///
/// The best passages of up to fifteen records that the caller may read, one row a record, for an
/// orchestrator that writes its own answer. Both rewritten queries are used. Where there is nothing to
/// read, and where something is away, `results` is empty and the header `x-precis-reason` says why.
#[utoipa::path(
    post,
    path = "/v1/copilot/knowledge",
    operation_id = "SearchKnowledge",
    tag = "Ask",
    request_body(
        content = KnowledgeRequest,
        example = json!({"query": "How do I reset error E-417 on a freezer?", "keyword_query": "E-417 reset"})
    ),
    responses(
        (
            status = 200,
            description = "Rows with title, snippet and address, best first.",
            body = Knowledge,
            headers(("x-precis-reason" = Option<String>, description = "Why there are no rows.")),
            example = json!({"results": [{
                "title": "Resetting error E-417",
                "snippet": "Knowledge 000001042 (Online): Hold the power key for ten seconds.",
                "url": "https://example.lightning.force.com/ka0000000000001AAA"
            }]})
        ),
        QuestionRefusals,
    )
)]
pub async fn knowledge(
    State(app): State<Arc<App>>,
    caller: Result<Caller, ApiError>,
    Extension(asking): Extension<Asking>,
    Body(request): Body<KnowledgeRequest>,
) -> Result<Response, ApiError> {
    match caller {
        Ok(caller) => Ok(shown(asking.knowledge(&app, &caller, &request).await?)),
        Err(error) => undecided(&app, &asking, error).await,
    }
}

/// Answers with no rows when it takes too long: an orchestrator that waits in vain tells its user of an
/// error. Who has not proved who they are is told what everybody is.
pub async fn in_time(
    State(app): State<Arc<App>>,
    Extension(asking): Extension<Asking>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if let Ok(reply) = tokio::time::timeout(PATIENCE, next.run(request)).await {
        return Ok(reply);
    }
    let is_proved = asking.known().identity.is_some();
    if !is_proved {
        let detail = "it took too long to find out who asks; try again";
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, detail));
    }
    if !asking.known().is_recorded {
        let line = asking.proved_line();
        let reason = format!("it took longer than {} s", PATIENCE.as_secs());
        asking
            .write(&app, line.ended(Outcome::Failed, Some(reason)))
            .await?;
    }
    Ok(shown(Knowledge::without(KnowledgeReason::TookTooLong)))
}

/// The caller has proved who they are, and Salesforce cannot be asked what they may read. Any other
/// failure stays what it is.
async fn undecided(app: &App, asking: &Asking, error: ApiError) -> Result<Response, ApiError> {
    let is_proved = asking.known().identity.is_some();
    if error.status != StatusCode::SERVICE_UNAVAILABLE || !is_proved {
        return Err(error);
    }
    let line = asking.proved_line();
    let line = line.ended(Outcome::Failed, Some(error.detail));
    asking.write(app, line).await?;
    Ok(shown(Knowledge::without(KnowledgeReason::AccessUndecided)))
}

fn shown(knowledge: Knowledge) -> Response {
    let reason = knowledge.reason.map(KnowledgeReason::name);
    let mut reply = Json(knowledge).into_response();
    if let Some(reason) = reason {
        let headers = reply.headers_mut();
        headers.insert(REASON, HeaderValue::from_static(reason));
    }
    reply
}
