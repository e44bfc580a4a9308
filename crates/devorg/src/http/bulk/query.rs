//! `/jobs/query`: create, poll, read in pages, abort, delete.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::format::{Format, require_csv};
use super::result::CsvResult;
use super::table::new_id;
use super::{JobState, invalid_state};
use crate::error::ApiError;
use crate::http::extract::{JsonBody, Params, Segments};
use crate::http::faults::JobEnding;
use crate::http::gate::Caller;
use crate::http::sobjects::datetime;
use crate::http::state::App;
use crate::http::version::ApiVersion;
use crate::http::world::World;
use crate::soql::{self, Found, QueryMode};

/// How long a job is seen to work, so that clients have to poll.
const WORK: Duration = Duration::from_millis(40);
/// How often Salesforce tries before a job fails.
const RETRIES: u32 = 15;
/// Records in a page when the client does not say.
const PAGE: usize = 50_000;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/jobs/query", get(list).post(create))
        .route("/jobs/query/{id}", get(info).patch(change).delete(delete))
        .route("/jobs/query/{id}/results", get(results))
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Operation {
    Query,
    QueryAll,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    operation: Operation,
    query: String,
    content_type: Option<String>,
    #[serde(flatten)]
    format: Format,
}

pub(crate) struct QueryJob {
    id: String,
    owner: Arc<str>,
    operation: Operation,
    object: String,
    version: ApiVersion,
    format: Format,
    created: DateTime<Utc>,
    started: Instant,
    outcome: Outcome,
}

/// How far a job is.
enum Outcome {
    Working,
    Done(Arc<CsvResult>),
    /// With the reason.
    Failed(String),
    /// With the reason, where it was not the user who aborted it.
    Aborted(Option<&'static str>),
}

impl Outcome {
    /// How a job begins, whose ending may be settled already.
    fn at_start(ending: Option<JobEnding>) -> Self {
        match ending {
            None => Self::Working,
            Some(JobEnding::Failed) => {
                Self::Failed("InternalServerError : Retried more than fifteen times".to_owned())
            }
            Some(JobEnding::Aborted) => {
                Self::Aborted(Some("Aborted : the job was aborted by an administrator"))
            }
        }
    }
}

impl QueryJob {
    fn state(&self) -> JobState {
        let is_young = self.started.elapsed() < WORK;
        match &self.outcome {
            Outcome::Aborted(None) => JobState::Aborted,
            Outcome::Working => JobState::InProgress,
            Outcome::Done(_) | Outcome::Failed(_) | Outcome::Aborted(Some(_)) if is_young => {
                JobState::InProgress
            }
            Outcome::Done(_) => JobState::JobComplete,
            Outcome::Failed(_) => JobState::Failed,
            Outcome::Aborted(Some(_)) => JobState::Aborted,
        }
    }

    pub fn object(&self) -> &str {
        &self.object
    }

    /// # Errors
    /// `INVALIDJOBSTATE` while there are no results, or when there will be none.
    fn result(&self) -> Result<Arc<CsvResult>, ApiError> {
        match (&self.outcome, self.state()) {
            (Outcome::Done(result), JobState::JobComplete) => Ok(Arc::clone(result)),
            (_, state) => Err(invalid_state(format!(
                "The job has no results in state {state:?}"
            ))),
        }
    }

    fn info(&self, state: JobState) -> Value {
        let mut info = json!({
            "id": self.id,
            "operation": self.operation,
            "object": self.object,
            "createdById": &*self.owner,
            "createdDate": datetime(self.created),
            "systemModstamp": datetime(self.created),
            "state": state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": self.version.number(),
            "jobType": "V2Query",
            "lineEnding": self.format.line_ending,
            "columnDelimiter": self.format.column_delimiter,
        });
        match (&self.outcome, state) {
            (Outcome::Done(result), JobState::JobComplete) => {
                info["numberRecordsProcessed"] = json!(result.len());
                info["retries"] = json!(0);
                info["totalProcessingTime"] = json!(WORK.as_millis());
            }
            (Outcome::Failed(message), JobState::Failed) => {
                info["errorMessage"] = json!(message);
                info["retries"] = json!(RETRIES);
            }
            (Outcome::Aborted(Some(message)), JobState::Aborted) => {
                info["errorMessage"] = json!(message);
            }
            _ => {}
        }
        info
    }
}

/// `POST /jobs/query`. A statement that cannot run is refused here, as Salesforce does.
async fn create(
    State(app): State<App>,
    caller: Caller,
    ending: Option<Extension<JobEnding>>,
    JsonBody(spec): JsonBody<Spec>,
) -> Result<Json<Value>, ApiError> {
    require_csv(spec.content_type.as_deref())?;
    let mode = match spec.operation {
        Operation::Query => QueryMode::Bulk,
        Operation::QueryAll => QueryMode::BulkAll,
    };
    let (statement, user) = (spec.query.clone(), Arc::clone(&caller.user));
    let object = app
        .read(move |world| {
            with_rows(world, &user, &statement, mode, |rows| {
                rows.object().name.clone()
            })
        })
        .await?;
    let outcome = Outcome::at_start(ending.map(|Extension(ending)| ending));
    let is_working = matches!(outcome, Outcome::Working);
    let job = QueryJob {
        id: new_id(),
        owner: Arc::clone(&caller.user),
        operation: spec.operation,
        object,
        version: caller.version,
        format: spec.format,
        created: app.clock.now(),
        started: Instant::now(),
        outcome,
    };
    let (id, info) = (job.id.clone(), job.info(JobState::UploadComplete));
    app.jobs.queries.insert(id.clone(), &caller.user, job);
    if is_working {
        tokio::spawn(run(app, caller, id, spec, mode));
    }
    Ok(Json(info))
}

/// Runs the statement as the org is now, and notes what came of it.
async fn run(app: App, caller: Caller, id: String, spec: Spec, mode: QueryMode) {
    let user = Arc::clone(&caller.user);
    let written = app.read(move |world| {
        let schema = world.org.schema();
        with_rows(world, &user, &spec.query, mode, |rows| {
            CsvResult::new(rows, spec.format, schema)
        })
    });
    let outcome = match written.await {
        Ok(Ok(result)) => Outcome::Done(Arc::new(result)),
        Ok(Err(error)) => Outcome::Failed(format!("InternalServerError : {error}")),
        Err(refusal) => Outcome::Failed(refusal.to_string()),
    };
    // A job that was deleted meanwhile has no use for it.
    let _ = app.jobs.queries.with(&id, &caller.user, |job| {
        if matches!(job.outcome, Outcome::Working) {
            job.outcome = outcome;
        }
        Ok(())
    });
}

/// Runs a statement and lets `work` see its rows.
fn with_rows<T>(
    world: &World,
    user: &str,
    statement: &str,
    mode: QueryMode,
    work: impl FnOnce(&soql::Rows<'_>) -> T,
) -> Result<T, ApiError> {
    let sharing = world.sharing();
    let viewer = sharing.viewer(&world.org, user);
    match soql::find(&world.org, &viewer, statement, mode)? {
        Found::Rows(rows) => Ok(work(&rows)),
        Found::Result(result) => {
            let message = format!(
                "Entity '{}' is not supported to use PKChunking",
                result.object
            );
            Err(ApiError::bad_request("INVALIDENTITY", message))
        }
    }
}

/// `GET /jobs/query`: the user's jobs.
async fn list(State(app): State<App>, caller: Caller) -> Json<Value> {
    let records = app
        .jobs
        .queries
        .list(&caller.user, |job| job.info(job.state()));
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
        .queries
        .with(&id, &caller.user, |job| Ok(Json(job.info(job.state()))));
    std::future::ready(info).await
}

#[derive(Deserialize)]
struct Change {
    state: JobState,
}

/// `PATCH /jobs/query/{id}` `{"state":"Aborted"}`.
async fn change(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    JsonBody(change): JsonBody<Change>,
) -> Result<Json<Value>, ApiError> {
    if change.state != JobState::Aborted {
        return Err(invalid_state("A query job can only be set to Aborted"));
    }
    let aborted = app.jobs.queries.with(&id, &caller.user, |job| {
        if job.state() != JobState::InProgress {
            return Err(invalid_state("Aborting already Completed Job not allowed"));
        }
        job.outcome = Outcome::Aborted(None);
        Ok(Json(job.info(JobState::Aborted)))
    });
    std::future::ready(aborted).await
}

async fn delete(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<StatusCode, ApiError> {
    app.jobs.queries.with(&id, &caller.user, |job| {
        if job.state() == JobState::InProgress {
            return Err(invalid_state(
                "A job in progress cannot be deleted, abort it first",
            ));
        }
        Ok(())
    })?;
    app.jobs.queries.remove(&id);
    std::future::ready(Ok(StatusCode::NO_CONTENT)).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    max_records: Option<usize>,
    locator: Option<String>,
}

/// `GET /jobs/query/{id}/results`: one page, with the next locator in `Sforce-Locator`.
async fn results(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    Params(page): Params<Page>,
) -> Result<Response, ApiError> {
    let result = app.jobs.queries.with(&id, &caller.user, |job| {
        if job.version != caller.version {
            let message = format!("The job was created in version {}", job.version);
            return Err(ApiError::new(409, "INVALIDVERSION", message));
        }
        job.result()
    })?;
    let from = match page.locator.as_deref() {
        None | Some("" | "null") => 0,
        Some(locator) => offset_of(locator)
            .filter(|offset| *offset <= result.len())
            .ok_or_else(|| {
                ApiError::bad_request("INVALID_QUERY_LOCATOR", "invalid query locator")
            })?,
    };
    let size = page.max_records.unwrap_or(PAGE).max(1);
    let to = from.saturating_add(size).min(result.len());
    let next = if to < result.len() {
        locator(to)
    } else {
        "null".to_owned()
    };
    let headers = [
        ("sforce-locator", next),
        ("sforce-numberofrecords", (to - from).to_string()),
        (CONTENT_TYPE.as_str(), "text/csv".to_owned()),
    ];
    let body = result
        .page(from, to)
        .map_err(|error| ApiError::new(500, "UNKNOWN_EXCEPTION", error.to_string()))?;
    std::future::ready(Ok((headers, body).into_response())).await
}

/// A locator is opaque to clients; here it is the base64 of an offset.
fn locator(offset: usize) -> String {
    STANDARD.encode(offset.to_string())
}

fn offset_of(locator: &str) -> Option<usize> {
    String::from_utf8(STANDARD.decode(locator).ok()?)
        .ok()?
        .parse()
        .ok()
}
