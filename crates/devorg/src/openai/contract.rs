//! Writes an answer as its schema wants it: claims may have a `section` and further properties.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::brain::answer::{Answer, Claim};
use super::brain::prompt::Passage;
use super::brain::words::{content_words, stem};
use super::schema;

/// The values that the section of a claim may have; none where the schema knows no sections.
pub(super) fn sections(schema: &Value) -> Vec<&str> {
    let values = schema.pointer("/properties/claims/items/properties/section/enum");
    let values = values.and_then(Value::as_array).into_iter().flatten();
    values.filter_map(Value::as_str).collect()
}

/// The answer with each property that the schema asks for, in the schema's order. What the brain knows
/// nothing of is left empty.
pub(super) fn write(answer: &Answer, schema: Option<&Value>, passages: &[Passage<'_>]) -> Value {
    let Some(schema) = schema else {
        return json!(answer);
    };
    let item = &schema["properties"]["claims"]["items"];
    let sections = sections(schema);
    let claims: Vec<Value> = answer
        .claims
        .iter()
        .map(|claim| {
            properties(item, schema, |name| match name {
                "text" => Some(json!(claim.text)),
                "support" => Some(json!(claim.support)),
                "section" => section(claim, &sections, passages).map(Value::from),
                _ => None,
            })
        })
        .collect();
    properties(schema, schema, |name| match name {
        "answered" => Some(json!(answer.answered)),
        "claims" => Some(json!(claims)),
        _ => None,
    })
}

fn properties(object: &Value, root: &Value, known: impl Fn(&str) -> Option<Value>) -> Value {
    let properties = object["properties"].as_object().into_iter().flatten();
    let written = properties.map(|(name, inner)| {
        let value = known(name).unwrap_or_else(|| schema::fill_within(inner, root));
        (name.clone(), value)
    });
    Value::Object(written.collect::<Map<_, _>>())
}

/// The section whose name shares most words with the claim and with what its passages are; else the
/// first.
fn section<'a>(claim: &Claim, sections: &[&'a str], passages: &[Passage<'_>]) -> Option<&'a str> {
    let mut words = stems(&claim.text);
    for support in &claim.support {
        let passage = passages
            .iter()
            .find(|passage| passage.id == support.passage);
        words.extend(passage.into_iter().flat_map(|passage| stems(passage.tag)));
    }
    let shared = |section: &str| stems(section).intersection(&words).count();
    // The last of equals is the greatest, hence from the end.
    sections
        .iter()
        .rev()
        .max_by_key(|section| shared(section))
        .copied()
}

fn stems(text: &str) -> HashSet<String> {
    content_words(text)
        .map(|word| stem(&word).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::write;
    use crate::openai::brain::answer::summary;
    use crate::openai::brain::prompt::Passage;

    #[test]
    fn claims_have_every_property_and_the_section_that_fits() {
        let passages = [
            Passage {
                id: 1,
                tag: "object=\"Opportunity\"",
                text: "The renewal is worth 40,000.",
            },
            Passage {
                id: 2,
                tag: "object=\"Case\"",
                text: "The gateway is offline again.",
            },
        ];
        let claim = json!({"type": "object", "properties": {
            "section": {"type": "string", "enum": ["people", "open_opportunities", "cases"]},
            "text": {"type": "string"},
            "due": {"type": ["string", "null"]},
            "support": {"type": "array"},
        }});
        let schema = json!({"type": "object", "properties": {
            "answered": {"type": "boolean"},
            "claims": {"type": "array", "items": claim},
            "title": {"type": "string"},
        }});
        let written = write(&summary("Write it.", &passages), Some(&schema), &passages);
        assert_eq!(written["answered"], true);
        assert_eq!(written["title"], "");
        let sections: Vec<_> = written["claims"]
            .as_array()
            .unwrap()
            .iter()
            .map(|claim| {
                assert_eq!(claim["due"], json!(null));
                claim["section"].clone()
            })
            .collect();
        assert_eq!(sections, ["open_opportunities", "cases"]);
    }
}
