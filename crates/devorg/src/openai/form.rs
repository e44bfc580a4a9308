//! What models make of the form that they were asked for.

use serde_json::Value;

use super::brain::answer::Answer;
use super::script::Behaviour;

/// The answer as text: JSON, unless the script has it otherwise.
pub(super) fn dress(answer: &Answer, written: Value, behaviour: &Behaviour) -> String {
    if *behaviour == Behaviour::Prose {
        return prose(answer);
    }
    if *behaviour == Behaviour::StringNumbers {
        return strings(written).to_string();
    }
    if *behaviour == Behaviour::Fenced {
        return format!(
            "Sure! Here is the JSON that you asked for:\n\n```json\n{written:#}\n```\n\nLet me know if \
             you need anything else."
        );
    }
    if *behaviour == Behaviour::Thinks {
        return format!(
            "<think>\nThe user wants {{\"answered\": …}}. I look at the passages.\n</think>\n\n{written}"
        );
    }
    written.to_string()
}

fn prose(answer: &Answer) -> String {
    if answer.claims.is_empty() {
        return "The passages do not say.".to_owned();
    }
    let sentences = answer.claims.iter().map(|claim| {
        let marks = claim
            .support
            .iter()
            .map(|support| format!("[{}]", support.passage));
        format!("{} {}", claim.text, marks.collect::<String>())
    });
    sentences.collect::<Vec<_>>().join(" ")
}

fn strings(value: Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
        Value::Array(values) => values.into_iter().map(strings).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, strings(value)))
            .collect(),
        Value::Null | Value::String(_) => value,
    }
}
