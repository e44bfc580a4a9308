//! How much of what people ask stands on the trail (`audit.questions`).

use serde_json::Value;

use super::chain::Seal;
use super::entry::Asked;
use super::feedback::Feedback;

/// What the trail keeps of a question and of the values of filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Questions {
    Full,
    /// Their hashes: the same question is recognised, and its words are not read.
    Hash,
    None,
}

/// Takes words away before a line is made.
#[derive(Clone)]
pub struct Redaction {
    pub questions: Questions,
    /// With a key nobody can find a short question by trying.
    pub seal: Seal,
}

impl Redaction {
    pub(super) fn apply(&self, asked: &mut Asked, feedback: Option<&mut Feedback>) {
        if self.questions == Questions::Full {
            return;
        }
        asked.question = asked.question.take().and_then(|text| self.text(&text));
        if let Some(filters) = &mut asked.filters {
            self.values(filters);
        }
        if let Some(feedback) = feedback {
            let comment = feedback.comment.take();
            feedback.comment = comment.and_then(|text| self.text(&text));
        }
    }

    fn text(&self, text: &str) -> Option<String> {
        match self.questions {
            Questions::Full => Some(text.to_owned()),
            Questions::Hash => {
                let hash = self.seal.hash(&[text.as_bytes()]);
                Some(format!("{}:{hash}", self.seal.name()))
            }
            Questions::None => None,
        }
    }

    /// Names of filters stay; the names of facets are those of the configuration.
    fn values(&self, value: &mut Value) {
        match value {
            Value::String(text) => *value = self.text(text).map_or(Value::Null, Value::String),
            Value::Array(items) => items.iter_mut().for_each(|item| self.values(item)),
            Value::Object(members) => members.values_mut().for_each(|item| self.values(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::audit::feedback::Verdict;

    fn redacted(questions: Questions) -> Value {
        let mut asked = Asked {
            question: Some("who owes us".to_owned()),
            filters: Some(
                json!({"account": ["Acme"], "is_closed": true, "not": {"status": "New"}}),
            ),
            conversation_id: None,
        };
        let seal = Seal::Plain;
        let mut feedback = Feedback {
            request_id: Uuid::nil(),
            verdict: Verdict::Down,
            comment: Some("Acme owes us more".to_owned()),
        };
        Redaction { questions, seal }.apply(&mut asked, Some(&mut feedback));
        let mut line = json!(asked);
        line["comment"] = json!(feedback.comment);
        line
    }

    #[test]
    fn words_go_and_the_shape_stays() {
        assert_eq!(redacted(Questions::Full)["question"], "who owes us");
        assert_eq!(redacted(Questions::Full)["comment"], "Acme owes us more");
        let none = redacted(Questions::None);
        let filters = json!({"account": [null], "is_closed": true, "not": {"status": null}});
        assert_eq!(none, json!({"filters": filters, "comment": null}));
        let hash = redacted(Questions::Hash);
        assert_eq!(
            hash,
            redacted(Questions::Hash),
            "the same question, the same hash"
        );
        let text = hash.to_string();
        assert!(text.contains("sha256:") && !text.contains("Acme") && !text.contains("owes"));
    }
}
