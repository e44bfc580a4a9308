//! What is checked of a connector's definition before it is published, as rules of our own reading.

use std::collections::BTreeSet;

use serde_json::Value;

use super::connector::references;
use super::target::is_title;

const MOST_BYTES: usize = 1_000_000;

/// A rule that does not hold, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    pub place: String,
    pub rule: &'static str,
}

/// Every rule that does not hold.
pub fn lint(document: &Value) -> Vec<Finding> {
    let mut lint = Lint::default();
    lint.head(document);
    lint.operations(document);
    lint.schemas("#", document);
    lint.definitions(document);
    lint.findings
}

#[derive(Default)]
struct Lint {
    findings: Vec<Finding>,
    ids: BTreeSet<String>,
}

impl Lint {
    fn rule(&mut self, holds: bool, place: &str, rule: &'static str) {
        if !holds {
            self.findings.push(Finding {
                place: place.to_owned(),
                rule,
            });
        }
    }

    fn head(&mut self, document: &Value) {
        let info = &document["info"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.rule(document["swagger"] == "2.0", "swagger", "is 2.0");
        self.rule(is_title(&text(&info["title"])), "info.title", "is a title");
        self.description("info.description", &info["description"]);
        self.rule(
            info["contact"]["name"].is_string(),
            "info.contact",
            "is there",
        );
        let host = text(&document["host"]);
        self.rule(
            !host.is_empty() && !host.contains('/'),
            "host",
            "is a host alone",
        );
        self.rule(
            text(&document["basePath"]).starts_with('/'),
            "basePath",
            "begins with a slash",
        );
        let schemes = document["securityDefinitions"].as_object();
        self.rule(
            schemes.is_some_and(|s| s.len() == 1),
            "securityDefinitions",
            "is one",
        );
        let metadata = document["x-ms-connector-metadata"].as_array();
        let names: BTreeSet<&str> = metadata
            .into_iter()
            .flatten()
            .filter_map(|entry| entry["propertyName"].as_str())
            .collect();
        let wanted = BTreeSet::from(["Categories", "Privacy policy", "Website"]);
        self.rule(
            names == wanted,
            "x-ms-connector-metadata",
            "has its three members",
        );
        self.rule(
            document.to_string().len() < MOST_BYTES,
            "#",
            "is less than 1 MB",
        );
    }

    fn operations(&mut self, document: &Value) {
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                self.operation(&format!("{method} {path}"), operation);
            }
        }
    }

    fn operation(&mut self, place: &str, operation: &Value) {
        let id = operation["operationId"].as_str().unwrap_or_default();
        let is_pascal = id.starts_with(|c: char| c.is_ascii_uppercase())
            && id.chars().all(|c| c.is_ascii_alphanumeric());
        self.rule(is_pascal, place, "has a PascalCase operation id");
        let is_new = self.ids.insert(id.to_owned());
        self.rule(is_new, place, "has an operation id of its own");
        self.summary(place, &operation["summary"]);
        self.description(place, &operation["description"]);
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let place = format!("{place} {}", parameter["name"]);
            self.summary(&place, &parameter["x-ms-summary"]);
            let described = parameter["description"].as_str().unwrap_or_default();
            self.rule(described.ends_with('.'), &place, "is described");
            let visibility = parameter["x-ms-visibility"].as_str().unwrap_or_default();
            let known = ["important", "advanced", "internal"].contains(&visibility);
            self.rule(known, &place, "has a visibility");
        }
        let is_mcp = operation["x-ms-agentic-protocol"].is_string();
        let responses = operation["responses"].as_object();
        self.rule(
            responses.is_some_and(|r| r.contains_key("200") || r.contains_key("204")),
            place,
            "succeeds",
        );
        for (status, response) in responses.into_iter().flatten() {
            let place = format!("{place} {status}");
            self.rule(
                response["schema"].is_object() || status == "204" || is_mcp,
                &place,
                "has a schema",
            );
            self.rule(response["description"].is_string(), &place, "is described");
        }
    }

    fn summary(&mut self, place: &str, summary: &Value) {
        let summary = summary.as_str().unwrap_or_default();
        let is_short = summary.chars().count() <= 80 && !summary.contains('/');
        let ends_well = summary.ends_with(|c: char| c.is_alphanumeric());
        self.rule(is_short && ends_well, place, "has a short plain summary");
    }

    fn description(&mut self, place: &str, description: &Value) {
        let description = description.as_str().unwrap_or_default();
        let fits = (30..=500).contains(&description.chars().count());
        self.rule(
            fits && description.ends_with('.'),
            place,
            "is described in a sentence",
        );
    }

    /// What 2.0 does not have, anywhere.
    fn schemas(&mut self, place: &str, value: &Value) {
        for (name, inner) in value.as_object().into_iter().flatten() {
            let place = format!("{place}/{name}");
            let is_foreign = ["oneOf", "anyOf", "$defs", "nullable"].contains(&name.as_str());
            self.rule(!is_foreign, &place, "is no member of 2.0");
            if name == "type" && !place.ends_with("/properties/type") {
                self.rule(inner.is_string(), &place, "is one type");
            }
            if name == "x-ms-summary" {
                self.summary(&place, inner);
            }
            self.schemas(&place, inner);
        }
        for inner in value.as_array().into_iter().flatten() {
            self.schemas(place, inner);
        }
    }

    /// Every definition is there, is needed, and does not come back to itself.
    fn definitions(&mut self, document: &Value) {
        let definitions = document["definitions"].as_object();
        let names: BTreeSet<String> = definitions
            .into_iter()
            .flat_map(|d| d.keys().cloned())
            .collect();
        self.rule(
            references(document) == names,
            "definitions",
            "are those referred to",
        );
        for name in &names {
            let mut seen = BTreeSet::new();
            let mut open = references(&document["definitions"][name]);
            while let Some(next) = open.pop_first() {
                if seen.insert(next.clone()) {
                    open.extend(references(&document["definitions"][&next]));
                }
            }
            self.rule(!seen.contains(name), name, "does not contain itself");
        }
    }
}
