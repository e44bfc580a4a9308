//! What tools are called with. Orchestrators fill what they do not know with empty texts: these say nothing.

use rmcp::model::JsonObject;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::replies::Refusal;
use crate::query::{Audience, FilterBody, Values};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchKnowledge {
    pub query: String,
    #[serde(default)]
    pub object: Option<String>,
    #[serde(default)]
    pub account: Option<String>,
    #[serde(default)]
    pub status: Option<String>,
    #[serde(default)]
    pub language: Option<String>,
    #[serde(default)]
    pub from: Option<String>,
    #[serde(default)]
    pub to: Option<String>,
    #[serde(default = "few")]
    pub limit: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerQuestion {
    pub question: String,
    #[serde(default)]
    pub object: Option<String>,
    #[serde(default)]
    pub account: Option<String>,
    #[serde(default)]
    pub conversation_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountBrief {
    pub account: String,
    #[serde(default)]
    pub audience: Audience,
    #[serde(default)]
    pub since: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseTriage {
    #[serde(default)]
    pub case: Option<String>,
    #[serde(default)]
    pub subject: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetRecord {
    pub record: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindSimilarCases {
    #[serde(default)]
    pub case: Option<String>,
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default = "few")]
    pub limit: usize,
}

/// The most results of one call: what an orchestrator reads of an answer.
pub const MOST: usize = 15;

fn few() -> usize {
    8
}

/// # Errors
/// A sentence that names the argument.
pub fn read<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, Refusal> {
    let told = arguments
        .into_iter()
        .filter(|(_, value)| !says_nothing(value));
    let told = Value::Object(told.collect());
    serde_path_to_error::deserialize(told).map_err(|error| {
        let path = error.path().to_string();
        let problem = error.into_inner();
        match path.as_str() {
            "." => Refusal(format!("the arguments: {problem}")),
            _ => Refusal(format!("the argument {path}: {problem}")),
        }
    })
}

/// # Errors
/// [`MOST`] and the argument's name.
pub fn check_limit(limit: usize) -> Result<usize, Refusal> {
    match limit {
        1..=MOST => Ok(limit),
        _ => Err(Refusal(format!(
            "the argument limit must be from 1 to {MOST}"
        ))),
    }
}

fn says_nothing(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn values(named: Option<String>) -> Values {
    named.into_iter().collect()
}

impl SearchKnowledge {
    pub fn filters(&mut self) -> FilterBody {
        FilterBody {
            object: values(self.object.take()),
            account: values(self.account.take()),
            status: values(self.status.take()),
            language: values(self.language.take()),
            from: self.from.take(),
            to: self.to.take(),
            ..FilterBody::default()
        }
    }
}

impl AnswerQuestion {
    pub fn filters(&mut self) -> FilterBody {
        FilterBody {
            object: values(self.object.take()),
            account: values(self.account.take()),
            ..FilterBody::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> JsonObject {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn empty_arguments_say_nothing_and_bad_ones_are_named() {
        let empty = object(json!({"query": "pump", "object": "", "account": null}));
        let asked: SearchKnowledge = read(empty).expect("arguments");
        assert_eq!((asked.object, asked.account, asked.limit), (None, None, 8));
        for (bad, named) in [
            (json!({}), "query"),
            (json!({"query": "pump", "limit": "many"}), "limit"),
            (json!({"query": "pump", "owner": "me"}), "owner"),
        ] {
            let Refusal(sentence) = read::<SearchKnowledge>(object(bad)).expect_err("bad");
            assert!(sentence.contains(named), "{sentence}");
        }
        assert!(check_limit(0).is_err() && check_limit(16).is_err());
    }
}
