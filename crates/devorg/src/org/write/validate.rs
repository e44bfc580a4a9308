//! The checks before a write: each field known, writable, of the right type, within its limits, and
//! pointing at something.

use serde_json::Value;

use crate::{
    error::ApiError,
    org::{
        FieldDescribe, FieldType, ObjectDescribe, Org, Row, coerce,
        id::{self, IdKey},
        table::{Stored, id_of, text},
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Insert,
    Update,
}

/// The fields in the describe's spelling, their values as they will be stored. Nulls stay, as an update
/// needs them.
pub fn validate(
    org: &Org,
    object: &ObjectDescribe,
    fields: Row,
    change: Change,
) -> Result<Row, ApiError> {
    let mut valid = Row::new();
    for (name, value) in fields {
        if name == "attributes" {
            continue;
        }
        let field = object.field(&name).ok_or_else(|| {
            ApiError::bad_request(
                "INVALID_FIELD",
                format!("No such column '{name}' on sobject of type {}", object.name),
            )
        })?;
        allow_write(field, change)?;
        let value = typed(field, value)?;
        check_value(org, field, &value)?;
        if !value.is_null() || change == Change::Update {
            valid.insert(field.name.clone(), value);
        }
    }
    Ok(valid)
}

/// The fields in the describe's spelling with values of their types, read-only ones too; nulls stay.
pub fn values(object: &ObjectDescribe, fields: Row) -> Result<Row, ApiError> {
    let mut valid = Row::new();
    for (name, value) in fields {
        let settable = |field: &&FieldDescribe| {
            let is_stamp = matches!(
                field.name.as_str(),
                "SystemModstamp" | "LastModifiedDate" | "CreatedDate" | "IsDeleted"
            );
            field.field_type != FieldType::Id && !is_stamp
        };
        let field = object.field(&name).filter(settable).ok_or_else(|| {
            let message = format!("No such column '{name}' to set on {}", object.name);
            ApiError::bad_request("INVALID_FIELD", message)
        })?;
        valid.insert(field.name.clone(), typed(field, value)?);
    }
    Ok(valid)
}

fn allow_write(field: &FieldDescribe, change: Change) -> Result<(), ApiError> {
    let allowed = match change {
        Change::Insert => field.createable,
        Change::Update => field.updateable,
    };
    if allowed {
        return Ok(());
    }
    let error = match (field.field_type, change) {
        (FieldType::Id, Change::Insert) => ApiError::bad_request(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "cannot specify Id in an insert call",
        ),
        (FieldType::Id, Change::Update) => ApiError::bad_request(
            "INVALID_FIELD",
            "The Id field should not be specified in the sobject data.",
        ),
        _ => ApiError::bad_request(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            format!(
                "Unable to create/update fields: {}. Please check the security settings of this field and \
                 verify that it is read/write for your profile or permission set.",
                field.name
            ),
        ),
    };
    Err(error.with_fields([field.name.as_str()]))
}

/// The value as its type spells it.
fn typed(field: &FieldDescribe, value: Value) -> Result<Value, ApiError> {
    let token = match &value {
        Value::Null => return Ok(Value::Null),
        Value::String(_) => "VALUE_STRING",
        Value::Number(_) => "VALUE_NUMBER",
        Value::Bool(_) => "VALUE_BOOLEAN",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    };
    if field.field_type.is_id()
        && value
            .as_str()
            .is_some_and(|id| !id.is_empty() && !id::is_valid(id))
    {
        return Err(ApiError::bad_request(
            "MALFORMED_ID",
            format!(
                "{}: id value of incorrect type: {}",
                field.label,
                value.as_str().unwrap_or_default()
            ),
        )
        .with_fields([field.name.as_str()]));
    }
    let typed = coerce::coerce(field, value.clone()).map_err(|_| {
        ApiError::bad_request(
            "JSON_PARSER_ERROR",
            format!(
                "Cannot deserialize instance of {} from {token} value {} or request may be missing a \
                 required field",
                field.field_type.as_str(),
                value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            ),
        )
    })?;
    Ok(typed.unwrap_or_default())
}

fn check_value(org: &Org, field: &FieldDescribe, value: &Value) -> Result<(), ApiError> {
    let Some(text) = value.as_str() else {
        return Ok(());
    };
    if field.is_reference() {
        return check_reference(org, field, text);
    }
    let has_limit =
        field.field_type.is_text() && field.field_type != FieldType::Base64 && field.length > 0;
    if has_limit && text.chars().count() > field.length {
        let head: String = text.chars().take(255).collect();
        return Err(refused(
            field,
            "STRING_TOO_LONG",
            format!(
                "{}: data value too large: {head} (max length={})",
                field.label, field.length
            ),
        ));
    }
    if field.restricted_picklist && !is_listed(field, text) {
        return Err(refused(
            field,
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            format!(
                "{}: bad value for restricted picklist field: {text}",
                field.label
            ),
        ));
    }
    if field.field_type == FieldType::Email && !looks_like_email(text) {
        return Err(refused(
            field,
            "INVALID_EMAIL_ADDRESS",
            format!("{}: invalid email address: {text}", field.label),
        ));
    }
    Ok(())
}

fn check_reference(org: &Org, field: &FieldDescribe, id: &str) -> Result<(), ApiError> {
    let object = org.object_of_id(id);
    let fits =
        object.is_some_and(|object| field.reference_to.iter().any(|target| target == object));
    if object.is_some() && !fits {
        return Err(refused(
            field,
            "FIELD_INTEGRITY_EXCEPTION",
            format!("{}: id value of incorrect type: {id}", field.label),
        ));
    }
    match object.and_then(|object| org.stored(object, id)) {
        None => Err(refused(
            field,
            "INVALID_CROSS_REFERENCE_KEY",
            "invalid cross reference id".to_owned(),
        )),
        Some(Stored {
            deletion: Some(_), ..
        }) => Err(refused(
            field,
            "ENTITY_IS_DELETED",
            "entity is deleted".to_owned(),
        )),
        Some(Stored {
            row,
            deletion: None,
        }) if field.name == "OwnerId" && is_inactive(row) => Err(refused(
            field,
            "INACTIVE_OWNER_OR_USER",
            format!("operation performed with inactive user [{id}] as owner"),
        )),
        Some(Stored { deletion: None, .. }) => Ok(()),
    }
}

fn is_inactive(owner: &Row) -> bool {
    owner.get("IsActive").and_then(Value::as_bool) == Some(false)
}

fn is_listed(field: &FieldDescribe, text: &str) -> bool {
    let mut chosen = text.split(if field.field_type == FieldType::Multipicklist {
        ';'
    } else {
        '\0'
    });
    chosen.all(|chosen| {
        let mut values = field.picklist_values.iter();
        values.any(|value| value.active && value.value.eq_ignore_ascii_case(chosen))
    })
}

fn looks_like_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && host.contains('.')
            && !host.contains('@')
            && !text.contains(char::is_whitespace)
    })
}

/// A new record must give every required field.
pub fn require(object: &ObjectDescribe, row: &Row) -> Result<(), ApiError> {
    let missing = object.fields.iter().filter(|field| {
        field.is_required()
            && field.default_value.is_none()
            && row.get(&field.name).is_none_or(Value::is_null)
    });
    missing_fields(missing.map(|field| field.name.as_str()).collect())
}

/// An update must not empty a required field.
pub fn keep_required(object: &ObjectDescribe, changes: &Row) -> Result<(), ApiError> {
    let emptied = object.fields.iter().filter(|field| {
        !field.nillable
            && field.field_type != FieldType::Boolean
            && changes.get(&field.name).is_some_and(Value::is_null)
    });
    missing_fields(emptied.map(|field| field.name.as_str()).collect())
}

fn missing_fields(missing: Vec<&str>) -> Result<(), ApiError> {
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("Required fields are missing: [{}]", missing.join(", "));
    Err(ApiError::bad_request("REQUIRED_FIELD_MISSING", message).with_fields(missing))
}

/// Published articles are not edited: their drafts are.
pub fn allow_edit(object: &ObjectDescribe, row: &Row) -> Result<(), ApiError> {
    let is_article =
        object.field("PublishStatus").is_some() && object.field("KnowledgeArticleId").is_some();
    if is_article && text(row, "PublishStatus") != Some("Draft") {
        return Err(ApiError::bad_request(
            "INSUFFICIENT_ACCESS_OR_READONLY",
            "only draft versions of an article can be edited",
        ));
    }
    Ok(())
}

/// No other record may have the same value in a unique field.
pub fn unique(
    org: &Org,
    object: &ObjectDescribe,
    row: &Row,
    own_id: Option<&str>,
) -> Result<(), ApiError> {
    let own = own_id.and_then(IdKey::parse);
    for field in object.fields.iter().filter(|field| field.unique) {
        let Some(value) = row.get(&field.name).filter(|value| !value.is_null()) else {
            continue;
        };
        let twin = org.rows(&object.name).find(|other| {
            other
                .get(&field.name)
                .is_some_and(|other| same(other, value))
                && IdKey::parse(id_of(other)) != own
                && !same_article(other, row)
        });
        if let Some(twin) = twin {
            let message = format!(
                "duplicate value found: {} duplicates value on record with id: {}",
                field.name,
                id_of(twin)
            );
            return Err(refused(field, "DUPLICATE_VALUE", message));
        }
    }
    Ok(())
}

fn same(left: &Value, right: &Value) -> bool {
    match (left.as_str(), right.as_str()) {
        (Some(left), Some(right)) => left.to_lowercase() == right.to_lowercase(),
        _ => left == right,
    }
}

/// Versions and translations of one article share their URL name.
fn same_article(left: &Row, right: &Row) -> bool {
    let article = text(left, "KnowledgeArticleId");
    article.is_some() && article == text(right, "KnowledgeArticleId")
}

fn refused(field: &FieldDescribe, code: &'static str, message: String) -> ApiError {
    ApiError::bad_request(code, message).with_fields([field.name.as_str()])
}
