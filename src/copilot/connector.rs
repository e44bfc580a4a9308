//! The definitions of both connectors: the operations of the server that a maker has a use for, and MCP.
//!
//! The rules are those for custom connectors: OpenAPI 2.0, one way to prove who asks, PascalCase operation
//! ids, titles and summaries that are short and plain, descriptions that are sentences.

mod words;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::properties::{endpoint, scope};
use super::target::{Auth, Target};
use words::{name_of, sentence, title_case};

/// How a picked operation is shown to makers; what it takes and gives is the server's.
struct Picked {
    /// The server's own id.
    id: &'static str,
    summary: &'static str,
    description: &'static str,
    visibility: &'static str,
}

const PICKED: [Picked; 7] = [
    Picked {
        id: "SearchKnowledge",
        summary: "Search for text to answer from",
        description: "Finds up to fifteen passages of articles, cases, emails and other records that the \
                      user may read, best first, for an agent that writes its own answer.",
        visibility: "important",
    },
    Picked {
        id: "Search",
        summary: "Search records",
        description: "Finds records that the user may read, by words and by meaning, with filters, facets \
                      and the passages that match.",
        visibility: "important",
    },
    Picked {
        id: "Answer",
        summary: "Answer a question with citations",
        description: "Answers a question from records that the user may read; every statement carries the \
                      record and the field it was read from.",
        visibility: "important",
    },
    Picked {
        id: "BriefAccount",
        summary: "Brief on an account",
        description: "Tells what to know of an account before a call or a renewal: figures, people, deals, \
                      cases, promises and risks, each with its sources.",
        visibility: "important",
    },
    Picked {
        id: "TriageCase",
        summary: "Triage a case",
        description: "Tells what a case is about, how similar cases were solved, what to try next, what to \
                      ask, and drafts a reply, each with its sources.",
        visibility: "important",
    },
    Picked {
        id: "SendFeedback",
        summary: "Say whether a reply helped",
        description: "Keeps what the user thinks of an answer, a brief, a triage or a search that they were \
                      shown, by the id of its request.",
        visibility: "advanced",
    },
    Picked {
        id: "GetRecord",
        summary: "Get the text of a record",
        description: "Returns the text of one record, by its id or number, with its comments and emails, as \
                      far as the user may read it.",
        visibility: "advanced",
    },
];

/// Members of schemas and parameters that connectors understand.
const KEPT: [&str; 17] = [
    "$ref",
    "additionalProperties",
    "default",
    "description",
    "enum",
    "format",
    "in",
    "items",
    "maximum",
    "maxLength",
    "minimum",
    "minLength",
    "name",
    "pattern",
    "properties",
    "required",
    "type",
];
/// A reply that says no more than that.
const NO_CONTENT: &str = "204";
const DEFINITIONS: &str = "#/definitions/";

/// The connector's `apiDefinition.swagger.json`, made of the server's description in OpenAPI 2.0.
pub fn definition(swagger: &Value, target: &Target) -> Value {
    let mut paths = Map::new();
    for (path, item) in members(&swagger["paths"]) {
        let operations: Map<String, Value> = members(item)
            .filter_map(|(method, operation)| {
                let id = operation["operationId"].as_str()?;
                let picked = PICKED.iter().find(|picked| picked.id == id)?;
                Some((method.clone(), written(picked, operation)))
            })
            .collect();
        if !operations.is_empty() {
            paths.insert(path.clone(), Value::Object(operations));
        }
    }
    let paths = Value::Object(paths);
    let definitions = reached(&paths, &swagger["definitions"]);
    let description = "Finds and cites what your organisation's records say: answers, account briefs and \
                       case triage, each statement with its source, as far as the user may read it.";
    let mut document = head(target, description);
    document["consumes"] = json!(["application/json"]);
    document["produces"] = json!(["application/json"]);
    document["paths"] = paths;
    document["definitions"] = definitions;
    finish(document, target)
}

/// The `apiDefinition.swagger.json` of the connector to the server's MCP endpoint.
pub fn mcp(target: &Target) -> Value {
    let description = "Gives an agent tools that find and cite what your organisation's records say, as far \
                       as the user may read it.";
    let mut document = head(target, description);
    let operation = json!({
        "summary": "Use the tools of precis",
        "description": "Lists and calls the tools of the server by the Model Context Protocol.",
        "x-ms-agentic-protocol": "mcp-streamable-1.0",
        "operationId": "InvokeServer",
        "responses": {"200": {"description": "Immediate Response"}},
    });
    document["paths"] = json!({"/mcp": {"post": operation}});
    document["definitions"] = json!({});
    finish(document, target)
}

fn head(target: &Target, description: &str) -> Value {
    json!({
        "swagger": "2.0",
        "info": {
            "title": target.name,
            "description": description,
            "version": env!("CARGO_PKG_VERSION"),
            "contact": {"name": "The operator of precis", "url": target.base()},
        },
        "host": target.host(),
        "basePath": target.base_path(),
        "schemes": [target.url.scheme()],
    })
}

fn finish(mut document: Value, target: &Target) -> Value {
    let (name, scheme, scopes) = match target.auth {
        Auth::Key => ("api_key", key(), json!([])),
        Auth::Entra => ("entra", oauth(target), json!([scope(target)])),
    };
    document["securityDefinitions"] = json!({name: scheme});
    document["security"] = json!([{name: scopes}]);
    document["tags"] = json!([]);
    document["x-ms-connector-metadata"] = json!([
        {"propertyName": "Website", "propertyValue": target.base()},
        {"propertyName": "Privacy policy", "propertyValue": target.base()},
        {"propertyName": "Categories", "propertyValue": "AI;Productivity"},
    ]);
    document
}

fn key() -> Value {
    json!({
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "The word Bearer, a blank, and a key of precis.",
    })
}

fn oauth(target: &Target) -> Value {
    json!({
        "type": "oauth2",
        "flow": "accessCode",
        "authorizationUrl": endpoint(target, "authorize"),
        "tokenUrl": endpoint(target, "token"),
        "scopes": {scope(target): "Ask precis as the user who is signed in."},
    })
}

/// An operation in a maker's words.
fn written(picked: &Picked, operation: &Value) -> Value {
    let parameters =
        elements(&operation["parameters"]).filter(|parameter| is_for_makers(parameter));
    let responses = members(&operation["responses"])
        .filter(|(status, response)| response["schema"].is_object() || *status == NO_CONTENT)
        .map(|(status, response)| (status.clone(), self::response(response)));
    json!({
        "operationId": picked.id,
        "summary": picked.summary,
        "description": picked.description,
        "x-ms-visibility": picked.visibility,
        "parameters": parameters.map(parameter).collect::<Vec<_>>(),
        "responses": responses.collect::<Map<_, _>>(),
    })
}

/// Headers are the connector's own business, and so is the format of a reply.
fn is_for_makers(parameter: &Value) -> bool {
    match parameter["in"].as_str() {
        Some("header") => false,
        Some("query") => parameter["name"] != *"format",
        Some(_) | None => true,
    }
}

fn parameter(written: &Value) -> Value {
    let mut parameter = schema(written);
    let name = written["name"].as_str().unwrap_or_default();
    if let Some(members) = parameter.as_object_mut() {
        if written["in"] == *"body" {
            members.insert("schema".to_owned(), schema(&written["schema"]));
        }
        members.insert("x-ms-summary".to_owned(), json!(title_case(name)));
        members.insert("x-ms-visibility".to_owned(), json!("important"));
        let description = written["description"].as_str().unwrap_or_default();
        let description = match description {
            "" => format!("What to ask: the {} of the request.", name_of(name)),
            said => sentence(said),
        };
        members.insert("description".to_owned(), json!(description));
    }
    parameter
}

fn response(written: &Value) -> Value {
    let description = written["description"].as_str().unwrap_or("The reply");
    let mut response = json!({"description": sentence(description)});
    if written["schema"].is_object() {
        response["schema"] = schema(&written["schema"]);
    }
    response
}

/// A schema, or a parameter, with what connectors understand of it; members have titles.
fn schema(written: &Value) -> Value {
    let mut schema = Map::new();
    for (name, value) in members(written).filter(|(name, _)| KEPT.contains(&name.as_str())) {
        let value = match name.as_str() {
            "description" => json!(sentence(value.as_str().unwrap_or_default())),
            "items" => self::schema(value),
            "additionalProperties" if value.is_object() => self::schema(value),
            "properties" => members(value)
                .map(|(name, property)| (name.clone(), titled(name, property)))
                .collect(),
            _ => value.clone(),
        };
        schema.insert(name.clone(), value);
    }
    Value::Object(schema)
}

/// A member of an object. What stands beside a reference is not read, so it stays plain.
fn titled(name: &str, property: &Value) -> Value {
    let mut property = schema(property);
    if let Some(members) = property.as_object_mut()
        && !members.contains_key("$ref")
    {
        members.insert("x-ms-summary".to_owned(), json!(title_case(name)));
    }
    property
}

/// The definitions that `paths` refer to, and those that these do.
fn reached(paths: &Value, definitions: &Value) -> Value {
    let mut reached = Map::new();
    let mut open: Vec<String> = references(paths).into_iter().collect();
    while let Some(name) = open.pop() {
        if reached.contains_key(&name) || !definitions[&name].is_object() {
            continue;
        }
        let definition = without_itself(&name, schema(&definitions[&name]));
        open.extend(references(&definition));
        reached.insert(name, definition);
    }
    reached.sort_keys();
    Value::Object(reached)
}

/// Without members of its own type, which makers' tools unfold without end.
fn without_itself(name: &str, mut definition: Value) -> Value {
    if let Some(properties) = definition["properties"].as_object_mut() {
        properties.retain(|_, property| !references(property).contains(name));
    }
    definition
}

/// The names of all definitions that occur in a value.
pub fn references(value: &Value) -> BTreeSet<String> {
    let own = value["$ref"].as_str();
    let own = own.and_then(|reference| reference.strip_prefix(DEFINITIONS));
    let mut names: BTreeSet<String> = own.map(ToOwned::to_owned).into_iter().collect();
    let inner = members(value).map(|(_, inner)| inner);
    for inner in inner.chain(elements(value)) {
        names.extend(references(inner));
    }
    names
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
