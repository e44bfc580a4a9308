//! Fields that records have and no describe mentions: their types follow from their values.

use std::collections::BTreeMap;

use serde_json::Value;

use super::files::Numbered;
use crate::org::{
    FieldDescribe, FieldType, Schema,
    id::{self, IdKey},
    schema::relationship_name,
    stamp,
};

/// Adds a field to the object's describe for every key of its records that it lacks.
pub fn add_missing_fields(schema: &mut Schema, object: &str, rows: &[Numbered]) {
    let Some(describe) = schema.object(object) else {
        return;
    };
    let mut unknown: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for (_, row) in rows {
        for (key, value) in row {
            if key != "attributes" && describe.field(key).is_none() {
                unknown.entry(key).or_default().push(value);
            }
        }
    }
    let fields: Vec<FieldDescribe> = unknown
        .into_iter()
        .map(|(name, values)| infer(schema, name, &values))
        .collect();
    if let Some(describe) = schema.object_mut(object) {
        for field in fields {
            describe.add_field(field);
        }
    }
}

fn infer(schema: &Schema, name: &str, values: &[&Value]) -> FieldDescribe {
    let values: Vec<&Value> = values
        .iter()
        .copied()
        .filter(|value| !value.is_null())
        .collect();
    let targets = targets(schema, &values);
    if !targets.is_empty() {
        let mut field = FieldDescribe::new(name, FieldType::Reference);
        field.relationship_name = relationship_name(name);
        field.reference_to = targets;
        return field;
    }
    let mut field = FieldDescribe::new(name, value_type(&values));
    if field.field_type == FieldType::Textarea {
        field.set_length(131_072);
        field.html_formatted = values.iter().any(|value| looks_like_html(value));
    }
    field
}

fn value_type(values: &[&Value]) -> FieldType {
    let all =
        |test: fn(&Value) -> bool| !values.is_empty() && values.iter().all(|value| test(value));
    if all(Value::is_boolean) {
        FieldType::Boolean
    } else if all(|value| value.is_i64() || value.is_u64()) {
        FieldType::Int
    } else if all(Value::is_number) {
        FieldType::Double
    } else if all(|value| {
        value
            .as_str()
            .is_some_and(|text| stamp::parse_date(text).is_some())
    }) {
        FieldType::Date
    } else if all(|value| {
        value
            .as_str()
            .is_some_and(|text| stamp::parse(text).is_some())
    }) {
        FieldType::Datetime
    } else if values.iter().any(|value| is_long(value)) {
        FieldType::Textarea
    } else {
        FieldType::String
    }
}

/// The objects that all values point at; none when they are not all ids of known objects.
fn targets(schema: &Schema, values: &[&Value]) -> Vec<String> {
    let mut targets = Vec::new();
    for value in values {
        let id = value
            .as_str()
            .filter(|id| IdKey::parse(id).is_some() && id::is_valid(id));
        let object = id.and_then(|id| {
            schema.objects().find(|object| {
                object.storage.is_none() && object.key_prefix.as_deref() == id.get(..3)
            })
        });
        let Some(object) = object else {
            return Vec::new();
        };
        if !targets.contains(&object.name) {
            targets.push(object.name.clone());
        }
    }
    targets
}

fn is_long(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.chars().count() > 255 || text.contains('\n'))
}

fn looks_like_html(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.trim_start().starts_with('<') && text.contains("</"))
}
