//! The same document as OpenAPI 2.0, for tools that read nothing newer.
//!
//! 2.0 has one type a schema: of several alternatives the most general one is kept (a list of values
//! rather than one), and what may be null may be left out.

mod schema;

use serde_json::{Map, Value, json};

use schema::Schemas;

/// Media types that every operation takes and gives, unless it says otherwise.
const JSON: &str = "application/json";

/// OpenAPI 2.0 made of a document of OpenAPI 3.1.
pub fn swagger(document: &Value) -> Value {
    let schemas = Schemas::of(document);
    json!({
        "swagger": "2.0",
        "info": info(&document["info"]),
        "host": "localhost",
        "basePath": "/",
        "schemes": ["https"],
        "consumes": [JSON],
        "produces": [JSON],
        "tags": document["tags"],
        "paths": paths(document, &schemas),
        "definitions": schemas.definitions(),
        "securityDefinitions": {
            "bearer": {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": document["components"]["securitySchemes"]["bearer"]["description"],
            },
        },
        "security": document["security"],
    })
}

/// Without the members that 3.1 added.
fn info(info: &Value) -> Value {
    let mut info = info.clone();
    if let Some(info) = info.as_object_mut() {
        info.remove("summary");
        if let Some(license) = info.get_mut("license").and_then(Value::as_object_mut) {
            license.remove("identifier");
        }
    }
    info
}

fn paths(document: &Value, schemas: &Schemas<'_>) -> Value {
    let mut paths = Map::new();
    for (path, item) in members(&document["paths"]) {
        let operations = members(item).filter(|(_, operation)| operation["responses"].is_object());
        let operations =
            operations.map(|(method, written)| (method.clone(), operation(written, schemas)));
        paths.insert(path.clone(), Value::Object(operations.collect()));
    }
    Value::Object(paths)
}

fn operation(written: &Value, schemas: &Schemas<'_>) -> Value {
    let mut operation = Map::new();
    for name in [
        "tags",
        "summary",
        "description",
        "operationId",
        "deprecated",
    ] {
        copy(written, &mut operation, name);
    }
    let body = &written["requestBody"];
    if body.is_object() {
        let kinds = members(&body["content"]).map(|(kind, _)| kind.as_str());
        operation.insert("consumes".to_owned(), kinds.collect());
    }
    let produced = produced(&written["responses"]);
    if !produced.is_empty() {
        operation.insert("produces".to_owned(), json!(produced));
    }
    let parameters = written["parameters"].as_array().into_iter().flatten();
    let mut parameters: Vec<Value> = parameters
        .map(|parameter| self::parameter(parameter, schemas))
        .collect();
    parameters.extend(body_parameter(body, schemas));
    if !parameters.is_empty() {
        operation.insert("parameters".to_owned(), Value::Array(parameters));
    }
    let responses = members(&written["responses"])
        .map(|(status, written)| (status.clone(), response(written, schemas)));
    operation.insert("responses".to_owned(), Value::Object(responses.collect()));
    if let Some(security) = written["security"].as_array() {
        let named = security.iter().filter(|one| members(one).next().is_some());
        operation.insert("security".to_owned(), named.cloned().collect());
    }
    Value::Object(operation)
}

/// Media types of all replies, JSON first.
fn produced(responses: &Value) -> Vec<&str> {
    let mut produced: Vec<&str> = Vec::new();
    for (_, response) in members(responses) {
        for (kind, _) in members(&response["content"]) {
            if !produced.contains(&kind.as_str()) {
                produced.push(kind);
            }
        }
    }
    produced.sort_by_key(|kind| *kind != JSON);
    produced
}

/// 2.0 writes the schema of a parameter into the parameter itself.
fn parameter(written: &Value, schemas: &Schemas<'_>) -> Value {
    let mut parameter = Map::new();
    for name in ["name", "in", "description", "required"] {
        copy(written, &mut parameter, name);
    }
    let schema = schemas.inlined(&written["schema"]);
    for (name, value) in members(&schema) {
        // 2.0 knows neither for a parameter outside of the body.
        if !["example", "title"].contains(&name.as_str()) {
            parameter
                .entry(name.clone())
                .or_insert_with(|| value.clone());
        }
    }
    Value::Object(parameter)
}

fn body_parameter(body: &Value, schemas: &Schemas<'_>) -> Option<Value> {
    let (_, content) = members(&body["content"]).next()?;
    let mut parameter = Map::new();
    parameter.insert("name".to_owned(), json!("body"));
    parameter.insert("in".to_owned(), json!("body"));
    copy(body, &mut parameter, "description");
    let required = body["required"].as_bool().unwrap_or(false);
    parameter.insert("required".to_owned(), json!(required));
    parameter.insert("schema".to_owned(), schemas.schema(&content["schema"]));
    Some(Value::Object(parameter))
}

fn response(written: &Value, schemas: &Schemas<'_>) -> Value {
    let mut response = Map::new();
    copy(written, &mut response, "description");
    let content = &written["content"];
    let first = content
        .get(JSON)
        .or_else(|| members(content).next().map(|(_, content)| content));
    if let Some(content) = first.filter(|content| content["schema"].is_object()) {
        response.insert("schema".to_owned(), schemas.schema(&content["schema"]));
    }
    let examples = members(content).filter_map(|(kind, content)| {
        let example = content.get("example")?;
        Some((kind.clone(), example.clone()))
    });
    let examples: Map<String, Value> = examples.collect();
    if !examples.is_empty() {
        response.insert("examples".to_owned(), Value::Object(examples));
    }
    let headers = members(&written["headers"]).map(|(name, header)| {
        let mut plain = schemas.inlined(&header["schema"]);
        if let Some(plain) = plain.as_object_mut() {
            copy(header, plain, "description");
        }
        (name.clone(), plain)
    });
    let headers: Map<String, Value> = headers.collect();
    if !headers.is_empty() {
        response.insert("headers".to_owned(), Value::Object(headers));
    }
    Value::Object(response)
}

fn copy(from: &Value, to: &mut Map<String, Value>, name: &str) {
    if let Some(value) = from.get(name) {
        to.insert(name.to_owned(), value.clone());
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
