//! What the operator of precis calls, mostly through the command line.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body as ReplyBody, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{InvalidName, ObjectName};
use futures::TryStreamExt;
use indexer::{Depth, Request, Scope};
use serde::{Deserialize, Serialize};

use super::body::Body;
use super::caller::Operator;
use super::error::ApiError;
use crate::app::{App, StatusReport};

/// Reply of `POST /v1/admin/sync`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct SyncStarted {
    /// False when a sync was running already: it goes on.
    pub started: bool,
}

/// `GET /v1/admin/status`
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
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncRequest {
    /// Names of document objects; all when it is empty.
    #[serde(default)]
    pub objects: Vec<String>,
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
                [] => Scope::All,
                _ => Scope::Objects(names.collect::<Result<_, _>>()?),
            },
            depth: self.depth,
            impatient: self.impatient,
        })
    }
}

/// `POST /v1/admin/sync`
pub async fn sync(
    State(app): State<Arc<App>>,
    _operator: Operator,
    Body(request): Body<SyncRequest>,
) -> Result<(StatusCode, Json<SyncStarted>), ApiError> {
    let request = request
        .parse()
        .map_err(|error| ApiError::new(StatusCode::BAD_REQUEST, error.to_string()))?;
    let started = app.syncs.request(request);
    Ok((StatusCode::ACCEPTED, Json(SyncStarted { started })))
}

/// `GET /v1/admin/export`: one line of JSON a document.
pub async fn export(State(app): State<Arc<App>>, _operator: Operator) -> Response {
    let lines = app.syncs.export().map_ok(Bytes::from);
    let content_type = [(header::CONTENT_TYPE, "application/x-ndjson")];
    (content_type, ReplyBody::from_stream(lines)).into_response()
}

fn failed(error: &indexer::Error) -> ApiError {
    tracing::error!(error = %error, "status not read");
    let detail = "the status could not be read; the log says why";
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
}
