//! Both documents are what is committed, and 2.0 is nothing but 2.0.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

/// `precis openapi > docs/openapi.json` and `precis openapi --version 2.0 > docs/openapi-2.0.json` write
/// these files anew.
fn committed(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_committed_documents_are_those_of_the_code() {
    let document = document_json();
    assert_eq!(document["openapi"], "3.1.0");
    for (name, made) in [
        ("openapi.json", &document),
        ("openapi-2.0.json", &swagger(&document)),
    ] {
        assert!(
            &committed(name) == made,
            "docs/{name} is not what the code says: write it anew with `precis openapi`"
        );
    }
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_does() {
    let document = document_json();
    let mut names = BTreeSet::new();
    for operation in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name.to_owned()), "{name} is there twice");
        assert!(name.starts_with(char::is_uppercase), "{name}");
        assert!(name.chars().all(char::is_alphanumeric), "{name}");
        for told in ["summary", "description"] {
            assert!(
                !operation[told].as_str().unwrap().is_empty(),
                "{name}: {told}"
            );
        }
        let refused = operation["responses"].as_object().unwrap();
        let refused = refused
            .iter()
            .filter(|(status, _)| status.as_str() >= "400");
        for (status, reply) in refused {
            let problem = &reply["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(problem, "#/components/schemas/Problem", "{name} {status}");
        }
    }
    assert!(names.len() >= 18);
}

/// Each `paths.*.*` that is an operation.
fn operations(document: &Value) -> impl Iterator<Item = &Value> {
    let paths = document["paths"].as_object().unwrap().values();
    paths.flat_map(|item| item.as_object().unwrap().values())
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document_json();
    for document in [swagger(&document), document] {
        walk(&document, &mut |schema| {
            if let Some(to) = schema.get("$ref").and_then(Value::as_str) {
                let pointer = to.strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{to}");
            }
        });
    }
}

#[test]
fn nothing_newer_stands_in_the_older_document() {
    let older = swagger(&document_json());
    assert_eq!(older["swagger"], "2.0");
    for part in ["paths", "definitions"] {
        walk(&older[part], &mut |schema| {
            let names = schema.keys().map(String::as_str);
            let newer = [
                "oneOf",
                "anyOf",
                "nullable",
                "prefixItems",
                "const",
                "examples",
            ];
            let mut newer = names.filter(|name| newer.contains(name));
            // Replies have examples by media type in 2.0.
            let is_reply = schema.contains_key("schema") && schema.contains_key("description");
            assert!(is_reply || newer.next().is_none(), "{schema:?}");
            assert!(
                !matches!(schema.get("type"), Some(Value::Array(_))),
                "{schema:?}"
            );
            assert!(
                !schema.contains_key("$ref") || schema.len() == 1,
                "{schema:?}"
            );
        });
    }
}

/// Every object within a value, examples aside.
fn walk(value: &Value, see: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            see(members);
            let inner = members
                .iter()
                .filter(|(name, _)| !name.starts_with("example"));
            inner.for_each(|(_, member)| walk(member, see));
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, see)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_body_and_every_good_reply_has_an_example() {
    let document = document_json();
    for operation in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        let body = &operation["requestBody"]["content"]["application/json"];
        assert!(body.is_null() || body["example"].is_object(), "{name}");
        let replies = operation["responses"].as_object().unwrap();
        for (status, reply) in replies.iter().filter(|(status, _)| status.starts_with('2')) {
            let reply = &reply["content"]["application/json"];
            assert!(
                reply.is_null() || reply["example"].is_object(),
                "{name} {status}"
            );
        }
    }
}
