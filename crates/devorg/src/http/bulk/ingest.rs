//! `/jobs/ingest`: create, upload CSV, close, poll, read what came of each row.

mod apply;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::format::{Format, require_csv};
use super::table::new_id;
use super::{JobState, invalid_state};
use crate::error::ApiError;
use crate::http::describe::readable;
use crate::http::extract::{JsonBody, RawBody, Segments};
use crate::http::gate::Caller;
use crate::http::sobjects::datetime;
use crate::http::state::App;
use crate::http::version::ApiVersion;
use apply::Outcome;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/jobs/ingest", get(list).post(create))
        .route("/jobs/ingest/{id}", get(info).patch(change).delete(delete))
        .route("/jobs/ingest/{id}/batches", put(upload))
        .route("/jobs/ingest/{id}/successfulResults", get(successful))
        .route("/jobs/ingest/{id}/failedResults", get(failed))
        .route("/jobs/ingest/{id}/unprocessedrecords", get(unprocessed))
        .route("/jobs/ingest/{id}/unprocessedRecords", get(unprocessed))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Operation {
    Insert,
    Update,
    Upsert,
    Delete,
    HardDelete,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    operation: Operation,
    object: String,
    external_id_field_name: Option<String>,
    content_type: Option<String>,
    #[serde(flatten)]
    format: Format,
}

pub(crate) struct IngestJob {
    id: String,
    owner: Arc<str>,
    spec: Spec,
    version: ApiVersion,
    created: DateTime<Utc>,
    state: JobState,
    upload: Bytes,
    outcome: Outcome,
    error: Option<String>,
}

impl IngestJob {
    fn info(&self) -> Value {
        let id = &self.id;
        let mut info = json!({
            "id": id,
            "operation": self.spec.operation,
            "object": self.spec.object,
            "createdById": &*self.owner,
            "createdDate": datetime(self.created),
            "systemModstamp": datetime(self.created),
            "state": self.state,
            "externalIdFieldName": self.spec.external_id_field_name,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": self.version.number(),
            "contentUrl": format!("services/data/{}/jobs/ingest/{id}/batches", self.version),
            "jobType": "V2Ingest",
            "lineEnding": self.spec.format.line_ending,
            "columnDelimiter": self.spec.format.column_delimiter,
            "numberRecordsProcessed": self.outcome.processed(),
            "numberRecordsFailed": self.outcome.failed(),
            "retries": 0,
            "totalProcessingTime": 0,
        });
        if let Some(error) = &self.error {
            info["errorMessage"] = json!(error);
        }
        info
    }
}

/// `POST /jobs/ingest`.
async fn create(
    State(app): State<App>,
    caller: Caller,
    JsonBody(mut spec): JsonBody<Spec>,
) -> Result<Json<Value>, ApiError> {
    require_csv(spec.content_type.as_deref())?;
    if spec.operation == Operation::Upsert && spec.external_id_field_name.is_none() {
        let message = "externalIdFieldName is required for upsert";
        return Err(ApiError::bad_request("INVALIDJOB", message));
    }
    let (user, object) = (Arc::clone(&caller.user), spec.object.clone());
    spec.object = app
        .read(move |world| readable(world, &user, &object).map(|object| object.name.clone()))
        .await
        .map_err(|_| {
            let message = format!("InvalidEntity : Unable to find object: {}", spec.object);
            ApiError::bad_request("INVALIDENTITY", message)
        })?;
    let job = IngestJob {
        id: new_id(),
        owner: Arc::clone(&caller.user),
        spec,
        version: caller.version,
        created: app.clock.now(),
        state: JobState::Open,
        upload: Bytes::new(),
        outcome: Outcome::default(),
        error: None,
    };
    let info = job.info();
    app.jobs.ingests.insert(job.id.clone(), &caller.user, job);
    Ok(Json(info))
}

async fn list(State(app): State<App>, caller: Caller) -> Json<Value> {
    let records = app.jobs.ingests.list(&caller.user, IngestJob::info);
    std::future::ready(Json(
        json!({"done": true, "nextRecordsUrl": null, "records": records}),
    ))
    .await
}

async fn info(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Json<Value>, ApiError> {
    let info = app
        .jobs
        .ingests
        .with(&id, &caller.user, |job| Ok(Json(job.info())));
    std::future::ready(info).await
}

/// `PUT /jobs/ingest/{id}/batches`: the whole content, once.
async fn upload(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    RawBody(content): RawBody,
) -> Result<StatusCode, ApiError> {
    let stored = app.jobs.ingests.with(&id, &caller.user, |job| {
        if job.state != JobState::Open || !job.upload.is_empty() {
            return Err(invalid_state(
                "Found multiple contents for job, or the job is closed",
            ));
        }
        job.upload = content;
        Ok(StatusCode::CREATED)
    });
    std::future::ready(stored).await
}

#[derive(Deserialize)]
struct Change {
    state: JobState,
}

/// `PATCH /jobs/ingest/{id}`: `UploadComplete` sets the job going, `Aborted` ends it.
async fn change(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    JsonBody(change): JsonBody<Change>,
) -> Result<Json<Value>, ApiError> {
    let info = app
        .jobs
        .ingests
        .with(&id, &caller.user, |job| match (job.state, change.state) {
            (JobState::Open, JobState::UploadComplete | JobState::Aborted)
            | (JobState::UploadComplete | JobState::InProgress, JobState::Aborted) => {
                job.state = change.state;
                Ok(job.info())
            }
            (from, to) => Err(invalid_state(format!(
                "The job cannot go from {from:?} to {to:?}"
            ))),
        })?;
    if change.state == JobState::UploadComplete {
        tokio::spawn(run(app, caller, id));
    }
    std::future::ready(Ok(Json(info))).await
}

/// Applies the upload and notes what came of it.
async fn run(app: App, caller: Caller, id: String) {
    let taken = app.jobs.ingests.with(&id, &caller.user, |job| {
        job.state = JobState::InProgress;
        Ok((job.spec.clone(), job.upload.clone()))
    });
    let Ok((spec, upload)) = taken else {
        // Deleted before it began.
        return;
    };
    let applied = apply::apply(&app, &caller.user, &spec, &upload).await;
    let _ = app.jobs.ingests.with(&id, &caller.user, |job| {
        match applied {
            Ok(outcome) => {
                job.outcome = outcome;
                job.state = JobState::JobComplete;
            }
            Err(message) => {
                job.error = Some(format!("InvalidBatch : {message}"));
                job.state = JobState::Failed;
            }
        }
        Ok(())
    });
}

async fn delete(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<StatusCode, ApiError> {
    app.jobs
        .ingests
        .with(&id, &caller.user, |job| match job.state {
            JobState::InProgress => Err(invalid_state(
                "A job in progress cannot be deleted, abort it first",
            )),
            JobState::Open
            | JobState::UploadComplete
            | JobState::JobComplete
            | JobState::Failed
            | JobState::Aborted => Ok(()),
        })?;
    app.jobs.ingests.remove(&id);
    std::future::ready(Ok(StatusCode::NO_CONTENT)).await
}

async fn successful(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Response, ApiError> {
    std::future::ready(table(&app, &caller, &id, Outcome::successful)).await
}

async fn failed(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Response, ApiError> {
    std::future::ready(table(&app, &caller, &id, Outcome::failures)).await
}

async fn unprocessed(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Response, ApiError> {
    std::future::ready(table(&app, &caller, &id, Outcome::unprocessed)).await
}

fn table(
    app: &App,
    caller: &Caller,
    id: &str,
    of: impl FnOnce(&Outcome, Format) -> Vec<u8>,
) -> Result<Response, ApiError> {
    app.jobs.ingests.with(id, &caller.user, |job| {
        let csv = of(&job.outcome, job.spec.format);
        Ok(([(CONTENT_TYPE, "text/csv")], csv).into_response())
    })
}
