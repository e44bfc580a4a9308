//! Reading and writing records as one user may: what the record resources, the collections and the
//! ingest jobs share.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::describe::readable;
use super::reply;
use super::world::World;
use crate::error::ApiError;
use crate::org::{ObjectDescribe, Row};
use crate::sharing::UserVisibility;
use crate::soql::{self, QueryMode, Visibility};

/// What an upsert came to.
#[derive(Debug)]
pub(crate) struct Upserted {
    pub id: String,
    pub created: bool,
}

/// Why an upsert was refused.
#[derive(Debug)]
pub(crate) enum UpsertRefusal {
    /// The external id names several records; their ids.
    Ambiguous(Vec<String>),
    Refused(ApiError),
}

impl UpsertRefusal {
    /// The refusal where only one error fits: in a collection or a job.
    pub fn into_error(self) -> ApiError {
        match self {
            Self::Refused(error) => error,
            Self::Ambiguous(ids) => {
                let message = format!("more than one record found for external id field: {ids:?}");
                ApiError::bad_request("DUPLICATE_EXTERNAL_ID", message)
            }
        }
    }
}

impl From<ApiError> for UpsertRefusal {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

/// One record with the named fields, or with all that the user may read.
///
/// # Errors
/// `NOT_FOUND`, `ENTITY_IS_DELETED`, `INVALID_FIELD`.
pub(crate) fn read(
    world: &World,
    user: &str,
    object: &str,
    id: &str,
    fields: Option<&[String]>,
) -> Result<Value, ApiError> {
    let object = readable(world, user, object)?;
    let id = locate(world, user, object, id)?;
    let sharing = world.sharing();
    let viewer = sharing.viewer(&world.org, user);
    let fields = match fields {
        Some(fields) => checked_names(fields)?,
        None => {
            let visible = object
                .fields
                .iter()
                .filter(|field| viewer.field(&object.name, &field.name));
            visible.map(|field| field.name.as_str()).collect()
        }
    };
    let soql = format!(
        "SELECT {} FROM {} WHERE Id = '{id}'",
        fields.join(", "),
        object.name
    );
    let found = soql::query(&world.org, &viewer, &soql, QueryMode::Query)?;
    found
        .records
        .into_iter()
        .next()
        .ok_or_else(reply::not_found)
}

/// The content of a base64 field, which a statement shows as an address only.
///
/// # Errors
/// `NOT_FOUND`, `ENTITY_IS_DELETED`; `UNKNOWN_EXCEPTION` when the folder holds something else there.
pub(crate) fn blob(
    world: &World,
    user: &str,
    object: &str,
    id: &str,
    field: &str,
) -> Result<Vec<u8>, ApiError> {
    let object = readable(world, user, object)?;
    let id = locate(world, user, object, id)?;
    if !world
        .sharing()
        .viewer(&world.org, user)
        .field(&object.name, field)
    {
        return Err(reply::not_found());
    }
    let row = world
        .org
        .row(&object.name, &id)
        .ok_or_else(reply::not_found)?;
    let content = row.get(field).and_then(Value::as_str).unwrap_or_default();
    STANDARD.decode(content).map_err(|_| {
        ApiError::new(
            500,
            "UNKNOWN_EXCEPTION",
            "the record's content is not base64",
        )
    })
}

/// # Errors
/// `NOT_FOUND` for the object, else the refusals of [`crate::org::Org::insert`].
pub(crate) fn create(
    world: &mut World,
    user: &str,
    object: &str,
    fields: Row,
) -> Result<String, ApiError> {
    let (name, fields) = writable(world, user, object, fields)?;
    require(world, user, |viewer| viewer.rights(&name).create)?;
    world.org.insert(user, &name, fields)
}

/// # Errors
/// `NOT_FOUND`, `ENTITY_IS_DELETED`, `INSUFFICIENT_ACCESS_OR_READONLY`, else the refusals of
/// [`crate::org::Org::update`].
pub(crate) fn update(
    world: &mut World,
    user: &str,
    object: &str,
    id: &str,
    fields: Row,
) -> Result<(), ApiError> {
    let (name, fields) = writable(world, user, object, fields)?;
    let id = locate(world, user, readable(world, user, object)?, id)?;
    require(world, user, |viewer| viewer.record_access(user, &id).edit)?;
    world.org.update(user, &name, &id, fields)
}

/// # Errors
/// As [`update`], and `DELETE_FAILED`.
pub(crate) fn delete(
    world: &mut World,
    user: &str,
    object: &str,
    id: &str,
) -> Result<(), ApiError> {
    let object = readable(world, user, object)?;
    let id = locate(world, user, object, id)?;
    require(world, user, |viewer| viewer.record_access(user, &id).delete)?;
    let name = object.name.clone();
    world.org.delete(user, &name, &id)
}

/// Updates the one record whose external id has this value, or creates it.
///
/// # Errors
/// [`UpsertRefusal`].
pub(crate) fn upsert(
    world: &mut World,
    user: &str,
    object: &str,
    field: &str,
    value: &str,
    mut fields: Row,
) -> Result<Upserted, UpsertRefusal> {
    let (name, key) = external_id(world, user, object, field)?;
    if key == "Id" {
        fields.retain(|name, _| !name.eq_ignore_ascii_case("Id"));
        update(world, user, &name, value, fields)?;
        return Ok(Upserted {
            id: value.to_owned(),
            created: false,
        });
    }
    let mut ids = ids_by(world, user, &name, &key, value);
    match ids.len() {
        0 => {
            fields.insert(key, Value::String(value.to_owned()));
            Ok(Upserted {
                id: create(world, user, &name, fields)?,
                created: true,
            })
        }
        1 => {
            let id = ids.remove(0);
            fields.retain(|name, _| !name.eq_ignore_ascii_case(&key));
            update(world, user, &name, &id, fields)?;
            Ok(Upserted { id, created: false })
        }
        _ => Err(UpsertRefusal::Ambiguous(ids)),
    }
}

/// The ids of the records with this external id that the user may read.
///
/// # Errors
/// `NOT_FOUND` when the field is no external id.
pub(crate) fn find_by_external_id(
    world: &World,
    user: &str,
    object: &str,
    field: &str,
    value: &str,
) -> Result<Vec<String>, ApiError> {
    let (name, key) = external_id(world, user, object, field)?;
    Ok(ids_by(world, user, &name, &key, value))
}

fn ids_by(world: &World, user: &str, object: &str, key: &str, value: &str) -> Vec<String> {
    let sharing = world.sharing();
    let viewer = sharing.viewer(&world.org, user);
    let rows = world
        .org
        .rows(object)
        .filter(|row| same_text(row.get(key), value));
    let visible = rows.filter(|row| viewer.record(object, row));
    visible
        .filter_map(|row| row.get("Id").and_then(Value::as_str))
        .map(str::to_owned)
        .collect()
}

fn same_text(stored: Option<&Value>, value: &str) -> bool {
    match stored {
        Some(Value::String(text)) => text.to_lowercase() == value.to_lowercase(),
        Some(Value::Number(number)) => number.to_string() == value,
        Some(Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_)) | None => false,
    }
}

/// The object and field as the schema spells them.
fn external_id(
    world: &World,
    user: &str,
    object: &str,
    field: &str,
) -> Result<(String, String), ApiError> {
    let object = readable(world, user, object)?;
    let sharing = world.sharing();
    let viewer = sharing.viewer(&world.org, user);
    let key = object.field(field).filter(|field| {
        let is_key = field.external_id || field.unique || field.name == "Id";
        is_key && viewer.field(&object.name, &field.name)
    });
    let key = key.ok_or_else(|| no_external_id(field))?;
    Ok((object.name.clone(), key.name.clone()))
}

fn no_external_id(field: &str) -> ApiError {
    let message =
        format!("Provided external ID field does not exist or is not accessible: {field}");
    ApiError::new(404, "NOT_FOUND", message)
}

/// The record's id in 18 characters.
///
/// # Errors
/// `ENTITY_IS_DELETED` for what lies in the recycle bin, `NOT_FOUND` for what is not there or not
/// for this user, which must not be told apart.
fn locate(
    world: &World,
    user: &str,
    object: &ObjectDescribe,
    id: &str,
) -> Result<String, ApiError> {
    let row = world
        .org
        .row_all(&object.name, id)
        .ok_or_else(reply::not_found)?;
    if !world
        .sharing()
        .viewer(&world.org, user)
        .record(&object.name, row)
    {
        return Err(reply::not_found());
    }
    if row.get("IsDeleted").and_then(Value::as_bool) == Some(true) {
        return Err(ApiError::new(404, "ENTITY_IS_DELETED", "entity is deleted"));
    }
    row.get("Id")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(reply::not_found)
}

/// # Errors
/// `INSUFFICIENT_ACCESS_OR_READONLY` unless the user may.
fn require(
    world: &World,
    user: &str,
    granted: impl FnOnce(&UserVisibility<'_>) -> bool,
) -> Result<(), ApiError> {
    let sharing = world.sharing();
    let viewer = sharing.viewer(&world.org, user);
    if writes_freely(world, &viewer) || granted(&viewer) {
        return Ok(());
    }
    let message = "insufficient access rights on object id";
    Err(ApiError::new(
        403,
        "INSUFFICIENT_ACCESS_OR_READONLY",
        message,
    ))
}

/// Where an org has no permission sets nobody was limited, and who views all data stands for the
/// integration user: both may write whatever they read. Salesforce would ask for Modify All Data.
fn writes_freely(world: &World, viewer: &UserVisibility<'_>) -> bool {
    world.org.rows("PermissionSet").next().is_none() || viewer.has_view_all_data()
}

/// The object as the schema spells it, and the fields without `attributes`.
///
/// # Errors
/// `INVALID_FIELD` for a field that the user may not write, in the words for one that does not exist.
fn writable(
    world: &World,
    user: &str,
    object: &str,
    mut fields: Row,
) -> Result<(String, Row), ApiError> {
    let object = readable(world, user, object)?;
    let sharing = world.sharing();
    let viewer = sharing.viewer(&world.org, user);
    fields.shift_remove("attributes");
    let free = writes_freely(world, &viewer);
    let editable = |field: &str| free || viewer.field_editable(&object.name, field);
    let hidden = fields.keys().find(|name| {
        object
            .field(name)
            .is_some_and(|field| !viewer.field(&object.name, &field.name) || !editable(&field.name))
    });
    if let Some(name) = hidden {
        let message = format!("No such column '{name}' on sobject of type {}", object.name);
        return Err(ApiError::bad_request("INVALID_FIELD", message).with_fields([name]));
    }
    Ok((object.name.clone(), fields))
}

/// Field names from outside go into a statement, so only names may pass.
fn checked_names(fields: &[String]) -> Result<Vec<&str>, ApiError> {
    let names: Vec<&str> = fields
        .iter()
        .map(|name| name.trim())
        .filter(|name| !name.is_empty())
        .collect();
    let is_name = |name: &&str| {
        name.chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
    };
    match names.iter().find(|name| !is_name(name)) {
        Some(name) => Err(ApiError::bad_request(
            "INVALID_FIELD",
            format!("No such column '{name}'"),
        )),
        None => Ok(names),
    }
}
