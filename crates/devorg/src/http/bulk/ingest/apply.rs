//! Applies an upload row by row, a batch under each lock, and keeps what came of every row.

use std::sync::Arc;

use serde_json::Value;

use super::{Operation, Spec};
use crate::error::ApiError;
use crate::http::bulk::format::Format;
use crate::http::records::{self, UpsertRefusal, Upserted};
use crate::http::state::App;
use crate::http::world::World;
use crate::org::{FieldType, Row};

/// Rows under one lock, so that readers get in between.
const BATCH: usize = 200;
/// The cell that sets a field to null; an empty cell leaves it alone.
const NULL: &str = "#N/A";

/// What came of the rows of a job.
#[derive(Default)]
pub(crate) struct Outcome {
    columns: Vec<String>,
    rows: Vec<(Vec<String>, Result<Upserted, Failure>)>,
}

/// Why a row was refused, as `failedResults` says it.
#[derive(Debug)]
struct Failure {
    id: String,
    message: String,
}

impl Outcome {
    pub fn processed(&self) -> usize {
        self.rows.len()
    }

    pub fn failed(&self) -> usize {
        self.rows
            .iter()
            .filter(|(_, result)| result.is_err())
            .count()
    }

    pub fn successful(&self, format: Format) -> Vec<u8> {
        let rows = self.rows.iter().filter_map(|(cells, result)| {
            let done = result.as_ref().ok()?;
            Some(lead([done.id.clone(), done.created.to_string()], cells))
        });
        format.write(
            &lead(
                ["sf__Id".to_owned(), "sf__Created".to_owned()],
                &self.columns,
            ),
            rows,
        )
    }

    pub fn failures(&self, format: Format) -> Vec<u8> {
        let rows = self.rows.iter().filter_map(|(cells, result)| {
            let failure = result.as_ref().err()?;
            Some(lead([failure.id.clone(), failure.message.clone()], cells))
        });
        format.write(
            &lead(["sf__Id".to_owned(), "sf__Error".to_owned()], &self.columns),
            rows,
        )
    }

    /// Every row of a finished job was processed: only the header is left.
    pub fn unprocessed(&self, format: Format) -> Vec<u8> {
        format.write(&self.columns, [])
    }
}

fn lead(first: [String; 2], rest: &[String]) -> Vec<String> {
    first.into_iter().chain(rest.iter().cloned()).collect()
}

/// # Errors
/// A message, when the upload as a whole cannot be read; no row was touched then.
pub(crate) async fn apply(
    app: &App,
    user: &Arc<str>,
    spec: &Spec,
    upload: &[u8],
) -> Result<Outcome, String> {
    let upload = spec.format.parse(upload)?;
    check_columns(app, spec, &upload.columns).await?;
    let mut outcome = Outcome {
        columns: upload.columns.clone(),
        rows: Vec::new(),
    };
    for batch in upload.rows.chunks(BATCH) {
        let (user, spec) = (Arc::clone(user), spec.clone());
        let (columns, rows) = (upload.columns.clone(), batch.to_vec());
        let done = app.write(move |world| {
            let rows = rows.into_iter();
            let done = rows.map(|cells| {
                let result = apply_row(world, &user, &spec, &columns, &cells);
                (cells, result)
            });
            Ok(done.collect::<Vec<_>>())
        });
        outcome
            .rows
            .extend(done.await.map_err(|error| error.message)?);
    }
    Ok(outcome)
}

async fn check_columns(app: &App, spec: &Spec, columns: &[String]) -> Result<(), String> {
    let (object, columns) = (spec.object.clone(), columns.to_vec());
    let unknown = app.read(move |world| {
        let describe = world.org.schema().object(&object);
        let known = |name: &String| describe.is_some_and(|object| object.field(name).is_some());
        Ok(columns.into_iter().find(|name| !known(name)))
    });
    match unknown.await.map_err(|error| error.message)? {
        Some(name) => Err(format!("Field name not found : {name}")),
        None => Ok(()),
    }
}

fn apply_row(
    world: &mut World,
    user: &str,
    spec: &Spec,
    columns: &[String],
    cells: &[String],
) -> Result<Upserted, Failure> {
    let mut fields = typed(world, &spec.object, columns, cells);
    let id = take_text(&mut fields, "Id");
    let same = |id: &str| Upserted {
        id: id.to_owned(),
        created: false,
    };
    let result = match spec.operation {
        Operation::Insert => records::create(world, user, &spec.object, fields)
            .map(|id| Upserted { id, created: true }),
        Operation::Update => {
            records::update(world, user, &spec.object, &id, fields).map(|()| same(&id))
        }
        Operation::Delete => records::delete(world, user, &spec.object, &id).map(|()| same(&id)),
        Operation::HardDelete => hard_delete(world, user, &spec.object, &id).map(|()| same(&id)),
        Operation::Upsert => upsert(world, user, spec, &id, fields),
    };
    result.map_err(|error| Failure {
        id,
        message: row_error(&error),
    })
}

fn hard_delete(world: &mut World, user: &str, object: &str, id: &str) -> Result<(), ApiError> {
    records::delete(world, user, object, id)?;
    world.org.hard_delete(id)
}

fn upsert(
    world: &mut World,
    user: &str,
    spec: &Spec,
    id: &str,
    mut fields: Row,
) -> Result<Upserted, ApiError> {
    let key = spec.external_id_field_name.as_deref().unwrap_or("Id");
    let value = if key.eq_ignore_ascii_case("Id") {
        id.to_owned()
    } else {
        take_text(&mut fields, key)
    };
    if value.is_empty() {
        let message = format!("{key} not specified");
        return Err(ApiError::bad_request("MISSING_ARGUMENT", message));
    }
    records::upsert(world, user, &spec.object, key, &value, fields)
        .map_err(UpsertRefusal::into_error)
}

/// Takes a field out, whatever its case, as text.
fn take_text(fields: &mut Row, name: &str) -> String {
    let key = fields
        .keys()
        .find(|key| key.eq_ignore_ascii_case(name))
        .cloned();
    match key.and_then(|key| fields.shift_remove(&key)) {
        Some(Value::String(text)) => text,
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// The row's cells as values of their fields' types. What does not parse stays text, which the org
/// then refuses with its reason.
fn typed(world: &World, object: &str, columns: &[String], cells: &[String]) -> Row {
    let describe = world.org.schema().object(object);
    let mut fields = Row::new();
    for (name, cell) in columns
        .iter()
        .zip(cells)
        .filter(|(_, cell)| !cell.is_empty())
    {
        let field = describe.and_then(|object| object.field(name));
        let value = if cell == NULL {
            Value::Null
        } else if field.is_some_and(|field| field.field_type == FieldType::Boolean) {
            boolean(cell)
        } else if field.is_some_and(|field| is_number(field.field_type)) {
            serde_json::from_str(cell).unwrap_or_else(|_| Value::String(cell.clone()))
        } else {
            Value::String(cell.clone())
        };
        fields.insert(name.clone(), value);
    }
    fields
}

fn is_number(field: FieldType) -> bool {
    matches!(
        field,
        FieldType::Int
            | FieldType::Long
            | FieldType::Double
            | FieldType::Currency
            | FieldType::Percent
    )
}

fn boolean(cell: &str) -> Value {
    match cell.to_ascii_lowercase().as_str() {
        "true" | "1" => Value::Bool(true),
        "false" | "0" => Value::Bool(false),
        _ => Value::String(cell.to_owned()),
    }
}

/// `CODE:message:Field1,Field2 --`, the form of `sf__Error`.
fn row_error(error: &ApiError) -> String {
    format!(
        "{}:{}:{} --",
        error.code,
        error.message,
        error.fields.join(",")
    )
}
