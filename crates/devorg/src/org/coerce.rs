//! Values in the form that REST sends: ids of 18 characters, times in UTC, no empty strings, no nulls.

use chrono::DateTime;
use serde_json::{Number, Value};

use super::{FieldDescribe, FieldType, id::IdKey, stamp};

/// The value as its field's type spells it; `None` for null. The error is a sentence.
pub fn coerce(field: &FieldDescribe, value: Value) -> Result<Option<Value>, String> {
    if value.is_null() || value.as_str() == Some("") {
        return Ok(None);
    }
    let kind = field.field_type;
    let coerced = if kind.is_id() {
        id_value(&value)
    } else if kind.is_text() {
        text_value(&value)
    } else if matches!(kind, FieldType::Int | FieldType::Long) {
        whole_number(&value)
    } else if kind.is_numeric() {
        number(&value)
    } else {
        other_value(kind, &value)
    };
    match coerced {
        Some(coerced) => Ok(Some(coerced)),
        None => Err(format!(
            "{} is of type {}, not {value}",
            field.name,
            kind.as_str()
        )),
    }
}

fn other_value(kind: FieldType, value: &Value) -> Option<Value> {
    if kind == FieldType::Boolean {
        boolean(value)
    } else if kind == FieldType::Date {
        date(value)
    } else if kind == FieldType::Datetime {
        datetime(value)
    } else {
        Some(value.clone())
    }
}

fn id_value(value: &Value) -> Option<Value> {
    let id = value.as_str()?;
    let key = IdKey::parse(id)?;
    // An id of 18 characters stays as the folder spells it.
    Some(
        if id.len() == 15 {
            key.widen()
        } else {
            id.to_owned()
        }
        .into(),
    )
}

fn text_value(value: &Value) -> Option<Value> {
    match value {
        Value::String(_) => Some(value.clone()),
        Value::Bool(flag) => Some(flag.to_string().into()),
        Value::Number(number) => Some(number.to_string().into()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn boolean(value: &Value) -> Option<Value> {
    match value.as_str().map(str::to_ascii_lowercase).as_deref() {
        Some("true") => Some(true.into()),
        Some("false") => Some(false.into()),
        _ => value.as_bool().map(Value::Bool),
    }
}

fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) => Number::from_f64(text.trim().parse().ok()?).map(Value::Number),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn whole_number(value: &Value) -> Option<Value> {
    if value.is_i64() || value.is_u64() {
        return Some(value.clone());
    }
    let number = number(value)?.as_f64()?;
    (number.fract() == 0.0 && number.abs() < 9e15).then(|| (number as i64).into())
}

fn date(value: &Value) -> Option<Value> {
    let text = value.as_str()?;
    let date = stamp::parse_date(text).or_else(|| Some(stamp::parse(text)?.date_naive()))?;
    Some(date.to_string().into())
}

fn datetime(value: &Value) -> Option<Value> {
    let time = match value.as_i64() {
        Some(millis) => DateTime::from_timestamp_millis(millis)?,
        None => stamp::parse(value.as_str()?)?,
    };
    Some(stamp::format(time).into())
}
