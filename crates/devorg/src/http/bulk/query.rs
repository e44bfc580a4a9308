//! `/jobs/query`: create, poll, read in pages, abort, delete.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::format::{CsvResult, Format, require_csv};
use super::table::new_id;
use super::{JobState, invalid_state};
use crate::error::ApiError;
use crate::http::extract::{JsonBody, Params, Segments};
use crate::http::gate::Caller;
use crate::http::sobjects::datetime;
use crate::http::state::App;
use crate::http::version::ApiVersion;
use crate::soql::{self, QueryMode};

/// How long a job is seen to work, so that clients have to poll.
const WORK: Duration = Duration::from_millis(40);
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
    aborted: bool,
    result: Arc<CsvResult>,
}

impl QueryJob {
    fn state(&self) -> JobState {
        if self.aborted {
            JobState::Aborted
        } else if self.started.elapsed() < WORK {
            JobState::InProgress
        } else {
            JobState::JobComplete
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
        if state == JobState::JobComplete {
            info["numberRecordsProcessed"] = json!(self.result.len());
            info["retries"] = json!(0);
            info["totalProcessingTime"] = json!(WORK.as_millis());
        }
        info
    }
}

/// `POST /jobs/query`. A statement that cannot run is refused here, as Salesforce does.
async fn create(
    State(app): State<App>,
    caller: Caller,
    JsonBody(spec): JsonBody<Spec>,
) -> Result<Json<Value>, ApiError> {
    require_csv(spec.content_type.as_deref())?;
    let mode = match spec.operation {
        Operation::Query => QueryMode::Bulk,
        Operation::QueryAll => QueryMode::BulkAll,
    };
    let user = Arc::clone(&caller.user);
    let ran = app.read(move |world| {
        let sharing = world.sharing();
        let viewer = sharing.viewer(&world.org, &user);
        let found = soql::query(&world.org, &viewer, &spec.query, mode)?;
        let object = found.object.clone();
        Ok((
            object,
            CsvResult::new(found, spec.format, world.org.schema()),
        ))
    });
    let (object, result) = ran.await?;
    let job = QueryJob {
        id: new_id(),
        owner: Arc::clone(&caller.user),
        operation: spec.operation,
        object,
        version: caller.version,
        format: spec.format,
        created: Utc::now(),
        started: Instant::now(),
        aborted: false,
        result: Arc::new(result),
    };
    let info = job.info(JobState::UploadComplete);
    app.jobs.queries.insert(job.id.clone(), &caller.user, job);
    Ok(Json(info))
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
        if job.state() == JobState::JobComplete {
            return Err(invalid_state("Aborting already Completed Job not allowed"));
        }
        job.aborted = true;
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
        let state = job.state();
        if state != JobState::JobComplete {
            let message = format!("The job has no results in state {state:?}");
            return Err(invalid_state(message));
        }
        Ok(Arc::clone(&job.result))
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
    std::future::ready(Ok((headers, result.page(from, to)).into_response())).await
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
