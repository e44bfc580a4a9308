//! `@{reference.path}` in a call: replaced by what an earlier call answered.

use serde_json::{Map, Value};

use crate::error::ApiError;

/// # Errors
/// `PROCESSING_HALTED` for a reference to a call that failed or is not there.
pub(super) fn in_text(text: &str, answers: &Map<String, Value>) -> Result<String, ApiError> {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("@{") {
        let Some(length) = rest[start..].find('}') else {
            break;
        };
        resolved.push_str(&rest[..start]);
        let path = &rest[start + 2..start + length];
        let value = lookup(path, answers)?;
        match value.as_str() {
            Some(text) => resolved.push_str(text),
            None => resolved.push_str(&value.to_string()),
        }
        rest = &rest[start + length + 1..];
    }
    resolved.push_str(rest);
    Ok(resolved)
}

/// # Errors
/// As [`in_text`].
pub(super) fn in_value(value: Value, answers: &Map<String, Value>) -> Result<Value, ApiError> {
    Ok(match value {
        Value::String(text) => Value::String(in_text(&text, answers)?),
        Value::Array(items) => Value::Array(
            items
                .into_iter()
                .map(|item| in_value(item, answers))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(members) => {
            let members = members
                .into_iter()
                .map(|(name, value)| Ok((name, in_value(value, answers)?)));
            Value::Object(members.collect::<Result<_, ApiError>>()?)
        }
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => plain,
    })
}

/// `account.id` or `query.records[0].Id`.
fn lookup<'a>(path: &str, answers: &'a Map<String, Value>) -> Result<&'a Value, ApiError> {
    let mut parts = path
        .split(['.', '['])
        .map(|part| part.trim_end_matches(']'));
    let mut value = parts.next().and_then(|reference| answers.get(reference));
    for part in parts {
        value = value.and_then(|value| match part.parse::<usize>() {
            Ok(position) => value.get(position),
            Err(_) => value.get(part),
        });
    }
    value.ok_or_else(|| {
        let message = format!("Invalid reference specified. No value for {path} found");
        ApiError::bad_request("PROCESSING_HALTED", message)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::in_text;

    #[test]
    fn replaces_references_into_objects_and_lists() {
        let answers = json!({"new": {"id": "001"}, "found": {"records": [{"Id": "003"}]}});
        let answers = answers.as_object().expect("an object");
        let text = "/sobjects/Account/@{new.id}/x/@{found.records[0].Id}";
        assert_eq!(
            in_text(text, answers).as_deref(),
            Ok("/sobjects/Account/001/x/003")
        );
        assert!(in_text("@{gone.id}", answers).is_err());
        assert_eq!(in_text("@{open", answers).as_deref(), Ok("@{open"));
    }
}
