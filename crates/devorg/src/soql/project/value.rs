//! Single values as REST sends them.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::{
    org::{FieldType, ObjectDescribe, Row, stamp, table::id_of},
    soql::{
        cell::Cell,
        column::{Leaf, shared_field},
        session::Session,
    },
};

/// The parts of an address, as fields and as keys of the compound value.
const ADDRESS_PARTS: [(&str, &str); 8] = [
    ("City", "city"),
    ("Country", "country"),
    ("GeocodeAccuracy", "geocodeAccuracy"),
    ("Latitude", "latitude"),
    ("Longitude", "longitude"),
    ("PostalCode", "postalCode"),
    ("State", "state"),
    ("Street", "street"),
];

pub fn of_leaf<'a>(
    session: &Session<'a>,
    object: &'a ObjectDescribe,
    row: &'a Row,
    leaf: &Leaf<'a>,
) -> Value {
    let field = match leaf {
        Leaf::Field(field) => Some(*field),
        Leaf::Shared(name, _) => shared_field(session, object, name),
        Leaf::ObjectName | Leaf::Access(_) => {
            return of_cell(&leaf.cell(session, object, row), FieldType::String);
        }
    };
    let Some(field) = field else {
        return Value::Null;
    };
    let value = row.get(&field.name);
    if field.field_type == FieldType::Address {
        return value
            .cloned()
            .unwrap_or_else(|| address(session, object, row, &field.name));
    }
    if field.field_type == FieldType::Base64 {
        return value.map_or(Value::Null, |_| blob_url(session, object, row, &field.name));
    }
    match value {
        Some(value) => value.clone(),
        None if field.field_type == FieldType::Boolean => Value::Bool(false),
        None => Value::Null,
    }
}

/// The compound of the readable parts; null when all are empty.
fn address(session: &Session<'_>, object: &ObjectDescribe, row: &Row, compound: &str) -> Value {
    let prefix = compound.strip_suffix("Address").unwrap_or_default();
    let mut address = Map::new();
    for (part, key) in ADDRESS_PARTS {
        let name = format!("{prefix}{part}");
        let value = row
            .get(&name)
            .filter(|_| session.visibility.field(&object.name, &name));
        address.insert(key.to_owned(), value.cloned().unwrap_or_default());
    }
    if address.values().all(Value::is_null) {
        return Value::Null;
    }
    Value::Object(address)
}

/// Where the bytes of a file are: queries do not carry them.
fn blob_url(session: &Session<'_>, object: &ObjectDescribe, row: &Row, field: &str) -> Value {
    let version = &session.org.settings().api_version;
    let id = id_of(row);
    format!(
        "/services/data/v{version}/sobjects/{}/{id}/{field}",
        object.name
    )
    .into()
}

/// The label of a picklist's value; the value itself where none is known.
pub fn label(leaf: &Leaf<'_>, value: Value) -> Value {
    let Leaf::Field(field) = leaf else {
        return value;
    };
    let known = field
        .picklist_values
        .iter()
        .find(|known| Some(known.value.as_str()) == value.as_str());
    known.map_or(value, |known| known.label.as_str().into())
}

/// A computed value, of a column of this type.
pub fn of_cell(cell: &Cell<'_>, kind: FieldType) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => (*text).into(),
        Cell::Id(id) => id.widen().into(),
        Cell::Number(number)
            if number.fract() == 0.0 && number.abs() < 9e15 && kind == FieldType::Int =>
        {
            (*number as i64).into()
        }
        Cell::Number(number) => (*number).into(),
        Cell::Boolean(flag) => (*flag).into(),
        Cell::Time(millis) => {
            let time = DateTime::<Utc>::from_timestamp_millis(*millis).unwrap_or_default();
            if kind == FieldType::Date {
                time.date_naive().to_string().into()
            } else {
                stamp::format(time).into()
            }
        }
        Cell::Opaque(value) => (*value).clone(),
    }
}
