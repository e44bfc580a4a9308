//! Structured outputs: the rules that a strict schema must keep, and values that conform to one.

use serde_json::{Map, Value, json};

use super::refusal::Refusal;

const MAX_PROPERTIES: usize = 100;
const MAX_DEPTH: usize = 5;
/// Keywords that other JSON Schemas have and strict ones may not.
const UNSUPPORTED: [&str; 18] = [
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "multipleOf",
    "patternProperties",
    "unevaluatedProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "unevaluatedItems",
    "contains",
    "minContains",
    "maxContains",
    "minItems",
    "maxItems",
];

/// # Errors
/// HTTP 400 that names the place and the rule, as the service does.
pub(super) fn check(name: &str, schema: &Value) -> Result<(), Refusal> {
    let fits = !name.is_empty() && name.len() <= 64;
    if !fits
        || !name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    {
        let message =
            "Invalid 'response_format.json_schema.name': it must match ^[a-zA-Z0-9_-]{1,64}$";
        return Err(Refusal::invalid(
            Some("response_format.json_schema.name"),
            None,
            message,
        ));
    }
    let mut rules = Rules {
        name,
        properties: 0,
    };
    if schema["type"] != "object" {
        return Err(rules.broken(
            &[],
            "schema must have type 'object' and not be an 'anyOf' at its root",
        ));
    }
    rules.check(schema, &[], 0)?;
    for (definition, schema) in definitions(schema) {
        rules.check(schema, &["$defs", definition], 1)?;
    }
    Ok(())
}

fn definitions(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let definitions = schema.get("$defs").and_then(Value::as_object);
    definitions
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.as_str(), schema))
}

struct Rules<'a> {
    name: &'a str,
    properties: usize,
}

impl Rules<'_> {
    fn check(&mut self, schema: &Value, path: &[&str], depth: usize) -> Result<(), Refusal> {
        let Some(members) = schema.as_object() else {
            return Err(self.broken(path, "a schema must be an object"));
        };
        if let Some(keyword) = UNSUPPORTED
            .iter()
            .find(|keyword| members.contains_key(**keyword))
        {
            return Err(self.broken(path, &format!("'{keyword}' is not permitted.")));
        }
        if has_type(schema, "object") {
            self.check_object(members, path, depth + 1)?;
        }
        if let Some(items) = members.get("items") {
            self.check(items, &[path, &["items"]].concat(), depth)?;
        }
        for variant in members
            .get("anyOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            self.check(variant, &[path, &["anyOf"]].concat(), depth)?;
        }
        Ok(())
    }

    fn check_object(
        &mut self,
        members: &Map<String, Value>,
        path: &[&str],
        depth: usize,
    ) -> Result<(), Refusal> {
        if depth > MAX_DEPTH {
            let message = format!("schema exceeds the maximum of {MAX_DEPTH} levels of nesting.");
            return Err(self.broken(path, &message));
        }
        if members.get("additionalProperties") != Some(&Value::Bool(false)) {
            let message = "'additionalProperties' is required to be supplied and to be false.";
            return Err(self.broken(path, message));
        }
        let properties = members.get("properties").and_then(Value::as_object);
        let required = members.get("required").and_then(Value::as_array);
        for (name, schema) in properties.into_iter().flatten() {
            self.properties += 1;
            if !required.is_some_and(|required| required.iter().any(|entry| entry == name)) {
                let message = format!(
                    "'required' is required to be supplied and to be an array including every key in \
                     properties. Missing '{name}'."
                );
                return Err(self.broken(path, &message));
            }
            self.check(schema, &[path, &["properties", name]].concat(), depth)?;
        }
        if self.properties > MAX_PROPERTIES {
            let message = format!("schema has more than {MAX_PROPERTIES} properties.");
            return Err(self.broken(path, &message));
        }
        Ok(())
    }

    fn broken(&self, path: &[&str], rule: &str) -> Refusal {
        let context = path
            .iter()
            .map(|part| format!("'{part}'"))
            .collect::<Vec<_>>()
            .join(", ");
        let message = format!(
            "Invalid schema for response_format '{}': In context=({context}), {rule}",
            self.name
        );
        Refusal::invalid(Some("response_format"), None, message)
    }
}

fn has_type(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::String(kind) => kind == name,
        Value::Array(kinds) => kinds.iter().any(|kind| kind == name),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

/// Does the schema ask for these properties at its root?
pub(super) fn has_properties(schema: &Value, names: &[&str]) -> bool {
    names
        .iter()
        .all(|name| schema["properties"].get(name).is_some())
}

/// The emptiest value that a checked schema allows.
pub(super) fn fill(schema: &Value) -> Value {
    fill_at(schema, schema, 0)
}

/// The same for a part of a schema.
pub(super) fn fill_within(schema: &Value, root: &Value) -> Value {
    fill_at(schema, root, 0)
}

fn fill_at(schema: &Value, root: &Value, depth: usize) -> Value {
    // A schema that refers to itself ends in null rather than never.
    if depth > 32 || has_type(schema, "null") {
        return Value::Null;
    }
    if let Some(target) = schema["$ref"].as_str() {
        let found = root.pointer(target.trim_start_matches('#'));
        return found.map_or(Value::Null, |found| fill_at(found, root, depth + 1));
    }
    if let Some(first) = schema["enum"].get(0).or(schema.get("const")) {
        return first.clone();
    }
    if let Some(first) = schema["anyOf"].get(0) {
        return fill_at(first, root, depth + 1);
    }
    if has_type(schema, "object") {
        let properties = schema["properties"].as_object().into_iter().flatten();
        let filled =
            properties.map(|(name, inner)| (name.clone(), fill_at(inner, root, depth + 1)));
        return Value::Object(filled.collect());
    }
    let scalars = [
        ("array", json!([])),
        ("string", json!("")),
        ("boolean", json!(false)),
        ("integer", json!(0)),
        ("number", json!(0)),
    ];
    scalars
        .into_iter()
        .find(|(kind, _)| has_type(schema, kind))
        .map_or(Value::Null, |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{check, fill};

    fn object(properties: Value, required: Value) -> Value {
        json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }

    #[test]
    fn accepts_strict_schemas() {
        let inner = object(
            json!({"text": {"type": ["string", "null"]}}),
            json!(["text"]),
        );
        let schema = object(
            json!({"claims": {"type": "array", "items": inner}}),
            json!(["claims"]),
        );
        assert!(check("answer", &schema).is_ok());
        assert_eq!(fill(&schema), json!({"claims": []}));
    }

    #[test]
    fn refuses_what_strict_mode_refuses() {
        let text = json!({"type": "string"});
        let deep = (0..5).fold(text.clone(), |inner, _| {
            object(json!({"a": inner}), json!(["a"]))
        });
        let refused = [
            json!({"anyOf": [object(json!({}), json!([]))]}),
            json!({"type": "object", "properties": {}, "required": []}),
            object(json!({"a": text}), json!([])),
            object(
                json!({"a": {"type": "string", "maxLength": 3}}),
                json!(["a"]),
            ),
            object(
                json!({"a": {"type": "array", "items": text, "minItems": 1}}),
                json!(["a"]),
            ),
            object(json!({"a": deep}), json!(["a"])),
        ];
        for schema in refused {
            assert!(check("answer", &schema).is_err(), "{schema}");
        }
        assert!(check("not a name", &object(json!({}), json!([]))).is_err());
    }

    #[test]
    fn fills_a_schema_that_refers_to_itself() {
        let mut schema = object(json!({"next": {"$ref": "#"}}), json!(["next"]));
        assert!(fill(&schema)["next"].is_object());
        schema["properties"]["next"] = json!({"$ref": "#/$defs/none"});
        assert_eq!(fill(&schema), json!({"next": null}));
    }
}
