//! Schemas of JSON Schema 2020-12 as what 2.0 calls schemas.

use serde_json::{Map, Value, json};

use super::members;

const COMPONENTS: &str = "#/components/schemas/";
/// Members that mean the same in both.
const KEPT: [&str; 17] = [
    "title",
    "description",
    "format",
    "default",
    "enum",
    "example",
    "minimum",
    "maximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "required",
    "readOnly",
];

/// The named schemas of a document.
pub struct Schemas<'a> {
    document: &'a Value,
}

impl<'a> Schemas<'a> {
    pub fn of(document: &'a Value) -> Self {
        Self { document }
    }

    /// Those that stay named: the others are written where they are used.
    pub fn definitions(&self) -> Value {
        let all = members(&self.document["components"]["schemas"]);
        let named = all.filter(|(_, schema)| has_members(schema));
        let written = named.map(|(name, schema)| (name.clone(), self.schema(schema)));
        Value::Object(written.collect())
    }

    /// A schema with references to objects.
    pub fn schema(&self, schema: &Value) -> Value {
        let schema = self.chosen(schema);
        if let Some(name) = name_of(&schema) {
            let Some(named) = self.named(name) else {
                return json!({});
            };
            if has_members(named) {
                return json!({"$ref": format!("#/definitions/{name}")});
            }
            // What is said of the value at this place counts more than what is said of its type.
            let mut written = self.schema(named);
            if let (Some(written), Some(said)) = (written.as_object_mut(), schema.as_object()) {
                let said = said.iter().filter(|(name, _)| *name != "$ref");
                written.extend(said.map(|(name, value)| (name.clone(), value.clone())));
            }
            return written;
        }
        Value::Object(self.plain(&schema))
    }

    /// A schema without references, for what stands in no body.
    pub fn inlined(&self, schema: &Value) -> Value {
        match name_of(&self.chosen(schema)).and_then(|name| self.named(name)) {
            Some(named) => Value::Object(self.plain(named)),
            None => self.schema(schema),
        }
    }

    fn plain(&self, schema: &Value) -> Map<String, Value> {
        let mut plain = Map::new();
        if let Some(kind) = single_type(&schema["type"]) {
            plain.insert("type".to_owned(), json!(kind));
        }
        for name in KEPT {
            if let Some(value) = schema.get(name).filter(|value| !value.is_null()) {
                plain.insert(name.to_owned(), value.clone());
            }
        }
        if let Some(example) = schema["examples"].as_array().and_then(|all| all.first()) {
            plain.insert("example".to_owned(), example.clone());
        }
        let properties = members(&schema["properties"]);
        let properties = properties.map(|(name, schema)| (name.clone(), self.schema(schema)));
        let properties: Map<String, Value> = properties.collect();
        if !properties.is_empty() {
            plain.insert("properties".to_owned(), Value::Object(properties));
        }
        match &schema["additionalProperties"] {
            Value::Object(_) => {
                let values = self.schema(&schema["additionalProperties"]);
                plain.insert("additionalProperties".to_owned(), values);
            }
            Value::Bool(allowed) => {
                plain.insert("additionalProperties".to_owned(), json!(allowed));
            }
            Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => {}
        }
        if schema["items"].is_object() {
            plain.insert("items".to_owned(), self.schema(&schema["items"]));
        } else if plain.get("type") == Some(&json!("array")) {
            plain.insert("items".to_owned(), json!({}));
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let parts = parts.iter().map(|part| self.schema(part));
            plain.insert("allOf".to_owned(), parts.collect());
        }
        plain
    }

    /// Of alternatives the most general: an object, or a list before a single value, and never null.
    fn chosen(&self, schema: &Value) -> Value {
        let alternatives = ["oneOf", "anyOf"].map(|name| schema[name].as_array());
        let Some(alternatives) = alternatives.into_iter().flatten().next() else {
            return schema.clone();
        };
        let is_list = |schema: &&Value| single_type(&schema["type"]) == Some("array");
        let mut filled = alternatives.iter().filter(|one| one["type"] != "null");
        let list = filled.clone().find(is_list);
        let Some(chosen) = list.or_else(|| filled.next()) else {
            return json!({});
        };
        let mut chosen = self.chosen(chosen);
        if let (Some(chosen), Some(outer)) = (chosen.as_object_mut(), schema.as_object()) {
            let said = outer
                .iter()
                .filter(|(name, _)| KEPT.contains(&name.as_str()));
            chosen.extend(said.map(|(name, value)| (name.clone(), value.clone())));
        }
        chosen
    }

    fn named(&self, name: &str) -> Option<&Value> {
        self.document["components"]["schemas"].get(name)
    }
}

/// Whether it is an object with members of its own, which a reference to it is worth.
fn has_members(schema: &Value) -> bool {
    schema["properties"].is_object() || schema["allOf"].is_array()
}

fn name_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix(COMPONENTS)
}

/// The one type that is not null.
fn single_type(kind: &Value) -> Option<&str> {
    match kind {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str);
            kinds.find(|kind| *kind != "null")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}
