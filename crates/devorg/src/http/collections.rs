//! `/composite/sobjects`: up to 200 records in one call, each with its own result.

mod undo;

use axum::extract::State;
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::extract::{JsonBody, Params, Segments};
use super::gate::Caller;
use super::records::{self, UpsertRefusal, Upserted};
use super::render;
use super::state::App;
use super::world::World;
use crate::error::ApiError;
use crate::org::Row;
use undo::Undo;

const MAX_RECORDS: usize = 200;
/// Records of one read, which may be many more than of one write.
const MAX_READ: usize = 2_000;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route(
            "/composite/sobjects",
            post(create).patch(update).delete(delete),
        )
        .route(
            "/composite/sobjects/{object}",
            get(read_by_query).post(read_by_body),
        )
        .route("/composite/sobjects/{object}/{field}", patch(upsert))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Collection {
    #[serde(default)]
    all_or_none: bool,
    records: Vec<Row>,
}

/// What came of one record.
type Outcome = Result<Upserted, ApiError>;

async fn create(
    State(app): State<App>,
    caller: Caller,
    JsonBody(collection): JsonBody<Collection>,
) -> Result<Json<Value>, ApiError> {
    run(app, collection, move |world, record, undo| {
        let object = object_of(&record)?;
        let id = records::create(world, &caller.user, &object, record)?;
        undo.inserted(&id);
        Ok(Upserted { id, created: true })
    })
    .await
}

async fn update(
    State(app): State<App>,
    caller: Caller,
    JsonBody(collection): JsonBody<Collection>,
) -> Result<Json<Value>, ApiError> {
    run(app, collection, move |world, mut record, undo| {
        let object = object_of(&record)?;
        let id = take_id(&mut record)?;
        undo.updating(world, &caller.user, &object, &id, &record);
        records::update(world, &caller.user, &object, &id, record)?;
        Ok(Upserted { id, created: false })
    })
    .await
}

/// `PATCH /composite/sobjects/{object}/{external id field}`.
async fn upsert(
    State(app): State<App>,
    caller: Caller,
    Segments((object, field)): Segments<(String, String)>,
    JsonBody(collection): JsonBody<Collection>,
) -> Result<Json<Value>, ApiError> {
    run(app, collection, move |world, mut record, undo| {
        let key = record
            .keys()
            .find(|name| name.eq_ignore_ascii_case(&field))
            .cloned();
        let value = match key.and_then(|key| record.shift_remove(&key)) {
            Some(Value::String(text)) => text,
            Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
            Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => {
                let message = format!("{field} not specified");
                return Err(ApiError::bad_request("MISSING_ARGUMENT", message));
            }
        };
        if let Some(id) =
            records::find_by_external_id(world, &caller.user, &object, &field, &value)?.first()
        {
            undo.updating(world, &caller.user, &object, id, &record);
        }
        let done = records::upsert(world, &caller.user, &object, &field, &value, record);
        let done = done.map_err(UpsertRefusal::into_error)?;
        if done.created {
            undo.inserted(&done.id);
        }
        Ok(done)
    })
    .await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeleteParams {
    #[serde(default)]
    ids: String,
    #[serde(default)]
    all_or_none: bool,
}

/// `DELETE /composite/sobjects?ids=…,…&allOrNone=`.
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<DeleteParams>,
) -> Result<Json<Value>, ApiError> {
    let ids = params
        .ids
        .split(',')
        .map(str::trim)
        .filter(|id| !id.is_empty());
    let records = ids
        .map(|id| Row::from_iter([("Id".to_owned(), json!(id))]))
        .collect();
    let collection = Collection {
        all_or_none: params.all_or_none,
        records,
    };
    run(app, collection, move |world, mut record, undo| {
        let id = take_id(&mut record)?;
        let object = world
            .org
            .object_of_id(&id)
            .map(str::to_owned)
            .ok_or_else(|| malformed(&id))?;
        records::delete(world, &caller.user, &object, &id)?;
        undo.deleted(&id);
        Ok(Upserted { id, created: false })
    })
    .await
}

/// Writes each record in turn. With `allOrNone` the first failure takes everything back.
async fn run(
    app: App,
    collection: Collection,
    write: impl Fn(&mut World, Row, &mut Undo) -> Outcome + Send + 'static,
) -> Result<Json<Value>, ApiError> {
    if collection.records.len() > MAX_RECORDS {
        let message = format!(
            "record limit reached. cannot submit more than {MAX_RECORDS} records in a single call"
        );
        return Err(ApiError::bad_request("EXCEEDED_ID_LIMIT", message));
    }
    let outcomes = app.write(move |world| {
        let mut undo = Undo::default();
        let records = collection.records.into_iter();
        let outcomes: Vec<Outcome> = records
            .map(|record| write(world, record, &mut undo))
            .collect();
        if collection.all_or_none && outcomes.iter().any(Result::is_err) {
            undo.run(world)?;
            return Ok(outcomes.into_iter().map(rolled_back).collect());
        }
        Ok(outcomes)
    });
    let results: Vec<Value> = outcomes.await?.iter().map(result).collect();
    Ok(Json(Value::Array(results)))
}

fn rolled_back(outcome: Outcome) -> Outcome {
    outcome.and_then(|_| {
        let message = "Record rolled back because not all records were valid and the request was \
                       using AllOrNone header";
        Err(ApiError::bad_request(
            "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            message,
        ))
    })
}

/// One element of the answer. Here the code is called `statusCode`.
fn result(outcome: &Outcome) -> Value {
    match outcome {
        Ok(done) => json!({"id": done.id, "success": true, "errors": []}),
        Err(error) => json!({
            "success": false,
            "errors": [{"statusCode": error.code, "message": error.message, "fields": error.fields}],
        }),
    }
}

/// # Errors
/// `INVALID_TYPE` when the record does not say its type.
fn object_of(record: &Row) -> Result<String, ApiError> {
    let object = record
        .get("attributes")
        .and_then(|attributes| attributes["type"].as_str());
    object.map(str::to_owned).ok_or_else(|| {
        ApiError::bad_request(
            "INVALID_TYPE",
            "attributes.type is required on every record",
        )
    })
}

fn take_id(record: &mut Row) -> Result<String, ApiError> {
    let key = record
        .keys()
        .find(|name| name.eq_ignore_ascii_case("Id"))
        .cloned();
    match key.and_then(|key| record.shift_remove(&key)) {
        Some(Value::String(id)) if matches!(id.len(), 15 | 18) => Ok(id),
        Some(Value::String(id)) => Err(malformed(&id)),
        Some(_) | None => {
            let message = "Id not specified in an update call";
            Err(ApiError::bad_request("MISSING_ARGUMENT", message).with_fields(["Id"]))
        }
    }
}

fn malformed(id: &str) -> ApiError {
    ApiError::bad_request("MALFORMED_ID", format!("malformed id {id}"))
}

#[derive(Deserialize)]
struct ReadParams {
    #[serde(default)]
    ids: String,
    #[serde(default)]
    fields: String,
}

#[derive(Deserialize)]
struct ReadBody {
    ids: Vec<String>,
    fields: Vec<String>,
}

async fn read_by_query(
    state: State<App>,
    caller: Caller,
    object: Segments<String>,
    Params(params): Params<ReadParams>,
) -> Result<Json<Value>, ApiError> {
    let list = |text: &str| text.split(',').map(|part| part.trim().to_owned()).collect();
    let body = ReadBody {
        ids: list(&params.ids),
        fields: list(&params.fields),
    };
    read_by_body(state, caller, object, JsonBody(body)).await
}

/// `POST /composite/sobjects/{object}`: the named fields of the records, null for what the user
/// cannot read.
async fn read_by_body(
    State(app): State<App>,
    caller: Caller,
    Segments(object): Segments<String>,
    JsonBody(body): JsonBody<ReadBody>,
) -> Result<Json<Value>, ApiError> {
    if body.ids.len() > MAX_READ {
        let message = format!("cannot read more than {MAX_READ} records in a single call");
        return Err(ApiError::bad_request("EXCEEDED_ID_LIMIT", message));
    }
    let found = app.read(move |world| {
        let mut found = Vec::with_capacity(body.ids.len());
        for id in &body.ids {
            match records::read(world, &caller.user, &object, id, Some(&body.fields)) {
                Ok(mut record) => {
                    render::in_version(&mut record, caller.version, world.org.schema());
                    found.push(record);
                }
                Err(error) if error.status == 404 => found.push(Value::Null),
                Err(error) => return Err(error),
            }
        }
        Ok(Value::Array(found))
    });
    found.await.map(Json)
}
