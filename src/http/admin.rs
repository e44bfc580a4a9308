//! What the operator of precis calls, mostly through the command line.

#![expect(
    unused_qualifications,
    reason = "the derived descriptions of the interface name types in full"
)]

use std::sync::Arc;

use axum::body::{Body as ReplyBody, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use domain::{InvalidName, ObjectName, RecordId};
use futures::TryStreamExt;
use indexer::{Depth, Request, Scope};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::Body;
use super::caller::Operator;
use super::error::ApiError;
use super::openapi::{LookupRefusals, OperatorRefusals, OrderRefusals};
use crate::access::AccessExplanation;
use crate::app::App;
use crate::asking::Asking;
use crate::audit::Outcome;
use crate::status::StatusReport;
use crate::syncs::{Requested, RunStatus};

/// The draft "The Idempotency-Key HTTP Header Field" of the IETF.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
const MOST_KEY_BYTES: usize = 255;

/// Reply of `POST /v1/admin/sync`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub struct SyncStarted {
    /// Follow it with `GET /v1/admin/sync/{run}`.
    pub run: Uuid,
    pub started: bool,
    /// Whether it waits for the end of a running sync.
    pub queued: bool,
}

impl From<Requested> for SyncStarted {
    fn from(requested: Requested) -> Self {
        Self {
            run: requested.id,
            started: !requested.queued,
            queued: requested.queued,
        }
    }
}

/// Tell what is in the index
///
/// Counts of every object in the org, the mirror and the index, how fresh they are, and what disagrees.
#[utoipa::path(
    get,
    path = "/v1/admin/status",
    operation_id = "GetStatus",
    tag = "Operate",
    responses((status = 200, description = "The status.", body = StatusReport), OperatorRefusals)
)]
pub async fn status(
    State(app): State<Arc<App>>,
    _operator: Operator,
) -> Result<Json<StatusReport>, ApiError> {
    match app.status().await {
        Ok(report) => Ok(Json(report)),
        Err(error) => Err(failed(&error)),
    }
}

/// Body of `POST /v1/admin/sync`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncRequest {
    /// Names of document objects; all when it is empty.
    #[serde(default)]
    pub objects: Vec<String>,
    /// Share rows and teams alone; not with objects.
    #[serde(default)]
    pub sharing: bool,
    #[serde(default)]
    pub depth: Depth,
    /// Give up, instead of waiting, when the budget of API calls is used.
    #[serde(default)]
    pub impatient: bool,
}

impl SyncRequest {
    /// What the indexer is asked for.
    ///
    /// # Errors
    /// A name that no object can have.
    pub fn parse(&self) -> Result<Request, InvalidName> {
        let names = self.objects.iter().map(|name| ObjectName::parse(name));
        Ok(Request {
            scope: match self.objects.as_slice() {
                [] if self.sharing => Scope::Sharing,
                [] => Scope::All,
                _ => Scope::Objects(names.collect::<Result<_, _>>()?),
            },
            depth: self.depth,
            impatient: self.impatient,
        })
    }
}

/// Begin a sync
///
/// What was asked for and waits already is not asked for twice: its run is named again. So is that of an
/// `Idempotency-Key` which this process has seen, as long as it remembers the run.
#[utoipa::path(
    post,
    path = "/v1/admin/sync",
    operation_id = "StartSync",
    tag = "Operate",
    params((
        "Idempotency-Key" = Option<String>, Header,
        description = "Any text that stands for this order, so that it can be repeated: 1 to 255 characters."
    )),
    request_body(content = SyncRequest, example = json!({"objects": ["Case"]})),
    responses((status = 202, description = "It runs or waits.", body = SyncStarted), OrderRefusals)
)]
pub async fn sync(
    State(app): State<Arc<App>>,
    _operator: Operator,
    headers: HeaderMap,
    Body(request): Body<SyncRequest>,
) -> Result<(StatusCode, Json<SyncStarted>), ApiError> {
    let syncs = app.syncs()?;
    let bad = |detail: String| ApiError::new(StatusCode::BAD_REQUEST, detail);
    if request.sharing && !request.objects.is_empty() {
        let detail = "\"sharing\" is for share rows of all objects: leave out \"objects\"";
        return Err(bad(detail.to_owned()));
    }
    let request = request.parse().map_err(|error| bad(error.to_string()))?;
    if let Scope::Objects(objects) = &request.scope {
        for object in objects {
            if let Some(problem) = app.unsyncable(object).await {
                return Err(bad(problem));
            }
        }
    }
    let requested = syncs.request(request, run_of(&headers)?);
    Ok((StatusCode::ACCEPTED, Json(requested.into())))
}

/// The id of the run that an `Idempotency-Key` stands for.
fn run_of(headers: &HeaderMap) -> Result<Option<Uuid>, ApiError> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    match key.as_bytes() {
        key if (1..=MOST_KEY_BYTES).contains(&key.len()) => {
            Ok(Some(Uuid::new_v5(&Uuid::NAMESPACE_OID, key)))
        }
        _ => {
            let detail = format!("Idempotency-Key must have from 1 to {MOST_KEY_BYTES} characters");
            Err(ApiError::new(StatusCode::BAD_REQUEST, detail))
        }
    }
}

/// Tell how a sync is doing, or how it ended
///
/// Runs are known for a while after their end, and until precis is started again.
#[utoipa::path(
    get,
    path = "/v1/admin/sync/{run}",
    operation_id = "GetSync",
    tag = "Operate",
    params(("run" = Uuid, Path, description = "The `run` of the reply that began it.")),
    responses((status = 200, description = "The run.", body = RunStatus), LookupRefusals)
)]
pub async fn run(
    State(app): State<Arc<App>>,
    _operator: Operator,
    Path(run): Path<String>,
) -> Result<Json<RunStatus>, ApiError> {
    let syncs = app.syncs()?;
    let id = Uuid::parse_str(&run).ok();
    match id.and_then(|id| syncs.status_of(id)) {
        Some(status) => Ok(Json(status)),
        None => {
            let detail = "this sync is not known: it ended long ago, or precis was restarted since";
            Err(ApiError::new(StatusCode::NOT_FOUND, detail))
        }
    }
}

/// The query of `GET /v1/admin/access`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccessQuery {
    /// A Salesforce username.
    #[param(example = "ada@example.com")]
    user: String,
    /// A record's id, of 15 or 18 characters.
    #[param(
        pattern = "^([a-zA-Z0-9]{15}|[a-zA-Z0-9]{18})$",
        example = "500EzAAAAAAAAAB"
    )]
    record: String,
}

/// Tell why a user can or cannot see a record
///
/// Layer by layer: the user, the index, the object, sharing, and each field.
#[utoipa::path(
    get,
    path = "/v1/admin/access",
    operation_id = "ExplainAccess",
    tag = "Operate",
    params(AccessQuery),
    responses((status = 200, description = "Layer by layer.", body = AccessExplanation), LookupRefusals)
)]
pub async fn access(
    State(app): State<Arc<App>>,
    _operator: Operator,
    Extension(asking): Extension<Asking>,
    query: Result<Query<AccessQuery>, QueryRejection>,
) -> Result<Json<AccessExplanation>, ApiError> {
    let bad = |detail: String| ApiError::new(StatusCode::BAD_REQUEST, detail);
    let Query(query) = query.map_err(|error| bad(error.body_text()))?;
    app.answers()?;
    let record = RecordId::parse(&query.record).map_err(|error| bad(error.to_string()))?;
    let told = app.explain_access(&query.user, record).await?;
    let entry = asking.operator_entry().of_access(&query.user, record);
    asking.write(&app, entry).await?;
    Ok(Json(told))
}

/// Export every indexed document
///
/// One line of JSON a document. The audit trail says that everything was shown.
#[utoipa::path(
    get,
    path = "/v1/admin/export",
    operation_id = "ExportDocuments",
    tag = "Operate",
    responses(
        (status = 200, description = "The documents.", body = String, content_type = "application/x-ndjson"),
        OperatorRefusals,
    )
)]
pub async fn export(
    State(app): State<Arc<App>>,
    _operator: Operator,
    Extension(asking): Extension<Asking>,
) -> Result<Response, ApiError> {
    let syncs = app.syncs()?;
    let entry = asking.operator_entry().ended(Outcome::Shown, None);
    asking.write(&app, entry).await?;
    let lines = syncs.export().map_ok(Bytes::from);
    let content_type = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((content_type, ReplyBody::from_stream(lines)).into_response())
}

pub(super) fn failed(error: &indexer::Error) -> ApiError {
    tracing::error!(error = %error, "status not read");
    let detail = "the status could not be read; the log says why";
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
}
