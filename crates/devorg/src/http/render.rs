//! Records as one API version shows them.

use serde_json::Value;

use super::version::ApiVersion;
use crate::org::{FieldType, Schema};

/// Points a record's URLs, and those of the records nested in it, into `version`, and shows base64
/// fields as the address of their content, as REST does.
pub(crate) fn in_version(record: &mut Value, version: ApiVersion, schema: &Schema) {
    let Value::Object(fields) = record else {
        return;
    };
    if let Some(path) = own_path(fields.get("attributes"), version) {
        fields["attributes"]["url"] = Value::String(path.clone());
        let object = fields["attributes"]["type"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        link_blobs(fields, &object, &path, schema);
    }
    for (name, value) in fields.iter_mut() {
        if name == "attributes" {
            continue;
        }
        match value {
            Value::Array(children) => {
                children
                    .iter_mut()
                    .for_each(|child| in_version(child, version, schema));
            }
            Value::Object(_) => in_version(value, version, schema),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// `/services/data/v59.0/sobjects/Account/001…`; none for aggregates, which have no address.
fn own_path(attributes: Option<&Value>, version: ApiVersion) -> Option<String> {
    let url = attributes?.get("url")?.as_str()?;
    let (_, record) = url.split_once("/sobjects/")?;
    Some(format!("{}/sobjects/{record}", version.root()))
}

fn link_blobs(
    fields: &mut serde_json::Map<String, Value>,
    object: &str,
    path: &str,
    schema: &Schema,
) {
    let Some(describe) = schema.object(object) else {
        return;
    };
    for (name, value) in fields.iter_mut() {
        let is_blob = value.is_string()
            && describe
                .field(name)
                .is_some_and(|field| field.field_type == FieldType::Base64);
        if is_blob {
            *value = Value::String(format!("{path}/{name}"));
        }
    }
}
