//! The tools: their names, their schemas, and which call of the core each is.

use std::sync::Arc;

use rmcp::model::{JsonObject, Tool as Description, ToolAnnotations};
use serde_json::{Value, json};

use super::arguments::MOST;
use super::asked::Asked;
use super::asker::Asker;
use super::replies::{Refusal, Told, answer, brief, found, record, triage};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    SearchKnowledge,
    AnswerQuestion,
    AccountBrief,
    CaseTriage,
    GetRecord,
    FindSimilarCases,
}

/// An argument: its name, its schema, and whether a call needs it.
type Argument = (&'static str, Value, bool);

impl Tool {
    pub const ALL: [Self; 6] = [
        Self::SearchKnowledge,
        Self::AnswerQuestion,
        Self::AccountBrief,
        Self::CaseTriage,
        Self::GetRecord,
        Self::FindSimilarCases,
    ];

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::SearchKnowledge => "search_knowledge",
            Self::AnswerQuestion => "answer_question",
            Self::AccountBrief => "account_brief",
            Self::CaseTriage => "case_triage",
            Self::GetRecord => "get_record",
            Self::FindSimilarCases => "find_similar_cases",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::SearchKnowledge => "Search knowledge",
            Self::AnswerQuestion => "Answer a question",
            Self::AccountBrief => "Brief on an account",
            Self::CaseTriage => "Triage a case",
            Self::GetRecord => "Read a record",
            Self::FindSimilarCases => "Find similar cases",
        }
    }

    /// One line, by which an orchestrator chooses.
    fn description(self) -> &'static str {
        match self {
            Self::SearchKnowledge => {
                "Finds passages of knowledge articles, cases, emails, activities, accounts, opportunities and contracts, best first, each with a link; use it to look things up or to gather sources."
            }
            Self::AnswerQuestion => {
                "Answers one question in a few sentences, each cited to the record and field that it was read from, or says that the records do not answer it."
            }
            Self::AccountBrief => {
                "Prepares a meeting with one customer: open deals, open cases, last conversations, promises, risks and next steps of an account, each cited."
            }
            Self::CaseTriage => {
                "Triages one support case, existing or new: summary, proposed priority, similar solved cases, articles with their steps, missing information and a draft reply."
            }
            Self::GetRecord => {
                "Reads the full text of one record by its id or number, with its comments and emails; use it after another tool named the record."
            }
            Self::FindSimilarCases => {
                "Finds support cases that are like a given case or like a described problem, best first, each with a link."
            }
        }
    }

    /// As `tools/list` has it.
    pub fn described(self) -> Description {
        let about = ToolAnnotations::with_title(self.title())
            .read_only(true)
            .destructive(false)
            .idempotent(true)
            .open_world(false);
        let schema = Arc::new(object(self.arguments()));
        Description::new(self.name(), self.description(), schema)
            .with_title(self.title())
            .with_annotations(about)
    }

    fn arguments(self) -> Vec<Argument> {
        let object = || {
            text(
                "Only records of this object: Knowledge__kav, Case, Task, Event, Account, Contact, Opportunity or Contract.",
            )
        };
        let account = || text("Only what belongs to the account with this id or exact name.");
        let case = |more: &str| text(&format!("The id or number of the case{more}."));
        match self {
            Self::SearchKnowledge => vec![
                (
                    "query",
                    text("What to look for: a question, words, an error code, an id or a number."),
                    true,
                ),
                ("object", object(), false),
                ("account", account(), false),
                (
                    "status",
                    text("Only records with this status; open is every one that is not closed."),
                    false,
                ),
                (
                    "language",
                    text("Only texts in this language, such as en_US."),
                    false,
                ),
                (
                    "from",
                    text("Only what changed on or after this date, such as 2026-05-03."),
                    false,
                ),
                (
                    "to",
                    text("Only what changed on or before this date, such as 2026-05-31."),
                    false,
                ),
                ("limit", limit(), false),
            ],
            Self::AnswerQuestion => vec![
                (
                    "question",
                    text("The question, whole and in words that stand for themselves."),
                    true,
                ),
                ("object", object(), false),
                ("account", account(), false),
                (
                    "conversation_id",
                    text(
                        "The same for all questions of one conversation, so that a follow-up is understood.",
                    ),
                    false,
                ),
            ],
            Self::AccountBrief => vec![
                ("account", text("The id or the name of the account."), true),
                (
                    "audience",
                    one_of(
                        &["sales_call", "renewal", "executive"],
                        "Whom the brief is for; sales_call if it is left out.",
                    ),
                    false,
                ),
                (
                    "since",
                    text(
                        "What counts as recent: a date such as 2026-05-03, or how long ago, such as 30d.",
                    ),
                    false,
                ),
            ],
            Self::CaseTriage => vec![
                (
                    "case",
                    case("; leave it out for a case that does not exist yet"),
                    false,
                ),
                (
                    "subject",
                    text("The subject of a case that does not exist yet."),
                    false,
                ),
                (
                    "description",
                    text("What the customer wrote, for a case that does not exist yet."),
                    false,
                ),
            ],
            Self::GetRecord => vec![(
                "record",
                text("The id of the record, or its number: of a case, an article or a contract."),
                true,
            )],
            Self::FindSimilarCases => vec![
                ("case", case(" that others are to be like"), false),
                (
                    "text",
                    text("The problem in words, where there is no case."),
                    false,
                ),
                ("limit", limit(), false),
            ],
        }
    }

    /// # Errors
    /// One sentence that a model can act on.
    pub async fn call(self, asker: &Asker, arguments: JsonObject) -> Result<Told, Refusal> {
        let asked = match Asked::read(self, arguments) {
            Ok(asked) => asked,
            Err(refusal) => {
                asker.refused(self.name()).await?;
                return Err(refusal);
            }
        };
        let name = self.name();
        match asked {
            Asked::Search(request) => Ok(found(&asker.search(name, request).await?)),
            Asked::Answer(request) => Ok(answer(&asker.answer(name, request).await?)),
            Asked::Brief(account, request) => {
                Ok(brief(&asker.brief(name, &account, request).await?))
            }
            Asked::Triage(case) => Ok(triage(&asker.triage_case(name, &case).await?)),
            Asked::TriageNew(request) => Ok(triage(&asker.triage_new(name, request).await?)),
            Asked::Record(named) => Ok(record(&asker.record(name, &named).await?)),
        }
    }
}

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

/// Some clients take a list of values for any text, so the server checks it, too.
fn one_of(values: &[&str], description: &str) -> Value {
    json!({"type": "string", "enum": values, "description": description})
}

fn limit() -> Value {
    let description = format!("How many to return, from 1 to {MOST}; 8 if it is left out.");
    json!({"type": "integer", "minimum": 1, "maximum": MOST, "description": description})
}

fn object(arguments: Vec<Argument>) -> JsonObject {
    let required = arguments.iter().filter(|(_, _, is_required)| *is_required);
    let required: Vec<&str> = required.map(|(name, _, _)| *name).collect();
    let properties = arguments
        .into_iter()
        .map(|(name, schema, _)| (name.to_owned(), schema));
    let mut object = JsonObject::new();
    object.insert("type".to_owned(), json!("object"));
    object.insert("properties".to_owned(), Value::Object(properties.collect()));
    object.insert("required".to_owned(), json!(required));
    object.insert("additionalProperties".to_owned(), json!(false));
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What makes a client drop a tool, cut its schema off, or fail.
    const TRAPS: [&str; 9] = [
        "$ref",
        "$defs",
        "definitions",
        "anyOf",
        "oneOf",
        "allOf",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "nullable",
    ];

    fn walk(schema: &Value, is_name: bool) {
        if let Some(object) = schema.as_object() {
            for (key, value) in object {
                assert!(is_name || !TRAPS.contains(&key.as_str()), "{key}");
                if key == "type" && !is_name {
                    assert!(value.is_string(), "one type each: {schema}");
                }
                walk(value, key == "properties" && !is_name);
            }
        }
    }

    #[test]
    fn schemas_are_flat_and_descriptions_are_one_line() {
        for tool in Tool::ALL {
            let described = tool.described();
            let schema = Value::Object((*described.input_schema).clone());
            walk(&schema, false);
            assert_eq!(Tool::named(tool.name()), Some(tool));
            let description = described.description.expect("a description");
            assert!(
                !description.contains('\n') && description.len() < 300,
                "{description}"
            );
            assert!(description.ends_with('.'));
        }
    }
}
