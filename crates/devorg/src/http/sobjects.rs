//! `/sobjects/{object}/…`: single records, their blobs, upsert, and what changed when.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::describe::readable;
use super::extract::{JsonBody, Params, Segments};
use super::gate::Caller;
use super::records::{self, UpsertRefusal};
use super::render;
use super::reply;
use super::state::App;
use crate::error::ApiError;
use crate::org::{FieldDescribe, FieldType, Row};
use crate::soql::Visibility;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/sobjects/{object}/updated", get(updated))
        .route("/sobjects/{object}/deleted", get(deleted))
        .route(
            "/sobjects/{object}/{id}",
            get(retrieve).patch(update).delete(delete),
        )
        .route(
            "/sobjects/{object}/{field}/{value}",
            get(retrieve_by).patch(upsert).delete(delete_by),
        )
}

#[derive(Deserialize)]
struct Fields {
    /// Comma-separated.
    fields: Option<String>,
}

impl Fields {
    fn names(&self) -> Option<Vec<String>> {
        let fields = self
            .fields
            .as_ref()
            .filter(|fields| !fields.trim().is_empty())?;
        Some(
            fields
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect(),
        )
    }
}

/// `POST /sobjects/{object}`.
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Segments(object): Segments<String>,
    JsonBody(fields): JsonBody<Row>,
) -> Result<Response, ApiError> {
    let id = app
        .write(move |world| records::create(world, &caller.user, &object, fields))
        .await?;
    let body = json!({"id": id, "success": true, "errors": []});
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// `GET /sobjects/{object}/{id}?fields=`.
async fn retrieve(
    State(app): State<App>,
    caller: Caller,
    Segments((object, id)): Segments<(String, String)>,
    Params(fields): Params<Fields>,
) -> Result<Json<Value>, ApiError> {
    let record = app.read(move |world| {
        let names = fields.names();
        let mut record = records::read(world, &caller.user, &object, &id, names.as_deref())?;
        render::in_version(&mut record, caller.version, world.org.schema());
        Ok(record)
    });
    record.await.map(Json)
}

async fn update(
    State(app): State<App>,
    caller: Caller,
    Segments((object, id)): Segments<(String, String)>,
    JsonBody(fields): JsonBody<Row>,
) -> Result<StatusCode, ApiError> {
    app.write(move |world| records::update(world, &caller.user, &object, &id, fields))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete(
    State(app): State<App>,
    caller: Caller,
    Segments((object, id)): Segments<(String, String)>,
) -> Result<StatusCode, ApiError> {
    app.write(move |world| records::delete(world, &caller.user, &object, &id))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /sobjects/{object}/{id}/{blob field}`, or `GET /sobjects/{object}/{external id field}/{value}`.
async fn retrieve_by(
    State(app): State<App>,
    caller: Caller,
    Segments((object, first, second)): Segments<(String, String, String)>,
    Params(fields): Params<Fields>,
) -> Result<Response, ApiError> {
    app.read(move |world| {
        let describe = readable(world, &caller.user, &object)?;
        let is_blob = |field: &FieldDescribe| field.field_type == FieldType::Base64;
        if let Some(field) = describe.field(&second).filter(|field| is_blob(field)) {
            let bytes = records::blob(world, &caller.user, &describe.name, &first, &field.name)?;
            return Ok(([(CONTENT_TYPE, "application/octet-stream")], bytes).into_response());
        }
        let ids = records::find_by_external_id(world, &caller.user, &object, &first, &second)?;
        let id = match ids.as_slice() {
            [] => return Err(reply::not_found()),
            [id] => id,
            several => return Ok(multiple_choices(&caller, &object, several)),
        };
        let names = fields.names();
        let mut record = records::read(world, &caller.user, &object, id, names.as_deref())?;
        render::in_version(&mut record, caller.version, world.org.schema());
        Ok(Json(record).into_response())
    })
    .await
}

/// `PATCH /sobjects/{object}/{external id field}/{value}`.
async fn upsert(
    State(app): State<App>,
    caller: Caller,
    Segments((object, field, value)): Segments<(String, String, String)>,
    JsonBody(fields): JsonBody<Row>,
) -> Result<Response, ApiError> {
    let by = caller.clone();
    let target = object.clone();
    let outcome = app.write(move |world| {
        match records::upsert(world, &by.user, &target, &field, &value, fields) {
            Ok(upserted) => Ok(Ok(upserted)),
            Err(UpsertRefusal::Ambiguous(ids)) => Ok(Err(ids)),
            Err(UpsertRefusal::Refused(error)) => Err(error),
        }
    });
    Ok(match outcome.await? {
        Ok(done) => {
            let status = if done.created {
                StatusCode::CREATED
            } else {
                StatusCode::OK
            };
            let body =
                json!({"id": done.id, "success": true, "errors": [], "created": done.created});
            (status, Json(body)).into_response()
        }
        Err(ids) => multiple_choices(&caller, &object, &ids),
    })
}

async fn delete_by(
    State(app): State<App>,
    caller: Caller,
    Segments((object, field, value)): Segments<(String, String, String)>,
) -> Result<Response, ApiError> {
    let by = caller.clone();
    let target = object.clone();
    let several = app.write(move |world| {
        let ids = records::find_by_external_id(world, &by.user, &target, &field, &value)?;
        match ids.as_slice() {
            [] => Err(reply::not_found()),
            [id] => records::delete(world, &by.user, &target, id).map(|()| None),
            _ => Ok(Some(ids)),
        }
    });
    Ok(match several.await? {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(ids) => multiple_choices(&caller, &object, &ids),
    })
}

/// HTTP 300 with the addresses of the records that an external id names.
fn multiple_choices(caller: &Caller, object: &str, ids: &[String]) -> Response {
    let root = caller.version.root();
    let choices: Vec<String> = ids
        .iter()
        .map(|id| format!("{root}/sobjects/{object}/{id}"))
        .collect();
    (StatusCode::MULTIPLE_CHOICES, Json(choices)).into_response()
}

#[derive(Deserialize)]
struct Span {
    start: Option<String>,
    end: Option<String>,
}

impl Span {
    /// # Errors
    /// `INVALID_REPLICATION_DATE` when one is missing or no date.
    fn dates(&self) -> Result<(DateTime<Utc>, DateTime<Utc>), ApiError> {
        Ok((
            replication_date(self.start.as_deref())?,
            replication_date(self.end.as_deref())?,
        ))
    }
}

/// An ISO 8601 time. A `+` that nobody encoded has become a blank on the way.
fn replication_date(text: Option<&str>) -> Result<DateTime<Utc>, ApiError> {
    let text = text.unwrap_or_default().trim().replace(' ', "+");
    let parsed = DateTime::parse_from_rfc3339(&text)
        .or_else(|_| DateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    parsed.map(|date| date.to_utc()).map_err(|_| {
        let message =
            format!("start and end must be dates such as 2026-01-31T12:00:00Z, not '{text}'");
        ApiError::bad_request("INVALID_REPLICATION_DATE", message)
    })
}

/// `GET /sobjects/{object}/updated?start=&end=`, for the records that the user may read.
async fn updated(
    State(app): State<App>,
    caller: Caller,
    Segments(object): Segments<String>,
    Params(span): Params<Span>,
) -> Result<Json<Value>, ApiError> {
    let (start, end) = span.dates()?;
    let answer = app.read(move |world| {
        let object = &readable(world, &caller.user, &object)?.name;
        let found = world.org.updated(object, start, end)?;
        let sharing = world.sharing();
        let viewer = sharing.viewer(&world.org, &caller.user);
        let visible = |id: &&String| {
            world
                .org
                .row(object, id)
                .is_some_and(|row| viewer.record(object, row))
        };
        let ids: Vec<&String> = found.ids.iter().filter(visible).collect();
        Ok(json!({"ids": ids, "latestDateCovered": datetime(found.latest_date_covered)}))
    });
    answer.await.map(Json)
}

/// `GET /sobjects/{object}/deleted?start=&end=`.
async fn deleted(
    State(app): State<App>,
    caller: Caller,
    Segments(object): Segments<String>,
    Params(span): Params<Span>,
) -> Result<Json<Value>, ApiError> {
    let (start, end) = span.dates()?;
    let answer = app.read(move |world| {
        let object = &readable(world, &caller.user, &object)?.name;
        let found = world.org.deleted(object, start, end)?;
        let sharing = world.sharing();
        let viewer = sharing.viewer(&world.org, &caller.user);
        // What was deleted for good has no row left to judge by; its bare id says nothing.
        let visible = |id: &str| {
            world
                .org
                .row_all(object, id)
                .is_none_or(|row| viewer.record(object, row))
        };
        let records: Vec<Value> = found
            .records
            .iter()
            .filter(|record| visible(&record.id))
            .map(|record| json!({"id": record.id, "deletedDate": datetime(record.deleted_date)}))
            .collect();
        Ok(json!({
            "deletedRecords": records,
            "earliestDateAvailable": datetime(found.earliest_date_available),
            "latestDateCovered": datetime(found.latest_date_covered),
        }))
    });
    answer.await.map(Json)
}

/// `2026-02-09T23:17:59.000+0000`, as Salesforce writes times.
pub(crate) fn datetime(date: DateTime<Utc>) -> String {
    date.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}
