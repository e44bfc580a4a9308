//! Questions whose answers are known, and those that have none.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::path::Path;

use domain::RecordId;
use serde::{Deserialize, Serialize};

use crate::eval::set::{Error, QueryLine, at, lines};
use crate::query::{Speaker, Turn};

/// Questions in the order of their file.
#[derive(Debug, Clone)]
pub struct AnswerSet {
    pub questions: Vec<AnswerQuestion>,
}

/// A question, and what is known of its answer.
#[derive(Debug, Clone)]
pub struct AnswerQuestion {
    pub id: String,
    /// The last turn of its conversation.
    pub text: String,
    /// What was said before, the first first.
    pub history: Vec<Turn>,
    pub reference: Option<String>,
    /// The documents, or records of them, that answer it.
    pub gold: BTreeSet<RecordId>,
    pub answerability: Answerability,
    /// What an answer says word for word.
    pub contains: Vec<String>,
    /// Who asks; none: whoever the whole set is asked as.
    pub user: Option<String>,
}

/// What a question has of an answer among the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answerability {
    Answerable,
    /// Some of what it asks.
    Partial,
    /// It does not say enough to be answered.
    Underspecified,
    Unanswerable,
}

impl fmt::Display for Answerability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Answerable => "answerable",
            Self::Partial => "partial",
            Self::Underspecified => "underspecified",
            Self::Unanswerable => "unanswerable",
        })
    }
}

/// A line, in any of the forms that sets come in.
#[derive(Deserialize)]
struct Line {
    #[serde(alias = "_id", alias = "id")]
    query_id: Option<String>,
    #[serde(alias = "text", alias = "query")]
    question: Option<String>,
    /// `[role, text]`, the question last.
    #[serde(default)]
    conversation: Vec<(String, String)>,
    #[serde(alias = "reference")]
    answer: Option<String>,
    #[serde(default, alias = "record_ids")]
    gold: Vec<String>,
    #[serde(default)]
    answerability: Labels,
    #[serde(default)]
    answer_contains: Vec<String>,
    user: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Labels {
    One(String),
    Many(Vec<String>),
}

impl Default for Labels {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl AnswerSet {
    /// Reads `questions`, a line of JSON each. `queries` has the texts, by id, of questions that do not
    /// say their own.
    pub fn read(questions: &Path, queries: Option<&Path>) -> Result<Self, Error> {
        let texts = match queries {
            Some(queries) => texts(queries)?,
            None => HashMap::new(),
        };
        let mut set = Self {
            questions: Vec::new(),
        };
        for (number, line) in lines(questions)? {
            let line: Line =
                serde_json::from_str(&line).map_err(|error| at(questions, number, error))?;
            let question = line.question(number, &texts);
            let question = question.map_err(|detail| at(questions, number, detail))?;
            set.questions.push(question);
        }
        if set.questions.is_empty() {
            return Err(at(questions, 1, "there is no question"));
        }
        Ok(set)
    }
}

fn texts(queries: &Path) -> Result<HashMap<String, String>, Error> {
    let mut texts = HashMap::new();
    for (number, line) in lines(queries)? {
        let query: QueryLine =
            serde_json::from_str(&line).map_err(|error| at(queries, number, error))?;
        texts.insert(query._id, query.text);
    }
    Ok(texts)
}

impl Line {
    fn question(
        self,
        number: usize,
        texts: &HashMap<String, String>,
    ) -> Result<AnswerQuestion, String> {
        let gold: BTreeSet<_> = self
            .gold
            .iter()
            .map(|id| RecordId::parse(id).map_err(|error| error.to_string()))
            .collect::<Result<_, _>>()?;
        let answerability = match &self.answerability {
            Labels::One(label) => answerability(Some(label))?,
            Labels::Many(labels) => answerability(labels.first())?,
        };
        let has_answer = self.answer.is_some() || !gold.is_empty();
        let guess = match has_answer {
            true => Answerability::Answerable,
            false => Answerability::Unanswerable,
        };
        let id = self.query_id.unwrap_or_else(|| number.to_string());
        let mut history = turns(self.conversation)?;
        let last = history.pop_if(|turn| turn.role == Speaker::User);
        let text = self
            .question
            .or(last.map(|turn| turn.text))
            .or_else(|| texts.get(&id).cloned())
            .ok_or_else(|| {
                format!("{id} has no question: name the file with its text by --queries")
            })?;
        Ok(AnswerQuestion {
            id,
            text,
            history,
            reference: self.answer,
            gold,
            answerability: answerability.unwrap_or(guess),
            contains: self.answer_contains,
            user: self.user,
        })
    }
}

fn turns(conversation: Vec<(String, String)>) -> Result<Vec<Turn>, String> {
    let turn = |(role, text): (String, String)| {
        let role = match role.as_str() {
            "user" => Speaker::User,
            "agent" | "assistant" => Speaker::Assistant,
            other => return Err(format!("'{other}' is no role: user, agent, assistant")),
        };
        Ok(Turn { role, text })
    };
    conversation.into_iter().map(turn).collect()
}

fn answerability(label: Option<&String>) -> Result<Option<Answerability>, String> {
    let Some(label) = label else {
        return Ok(None);
    };
    let known = [
        Answerability::Answerable,
        Answerability::Partial,
        Answerability::Underspecified,
        Answerability::Unanswerable,
    ];
    let lower = label.to_lowercase();
    let found = known.into_iter().find(|known| known.to_string() == lower);
    let names = known.map(|known| known.to_string()).join(", ");
    match found {
        Some(found) => Ok(Some(found)),
        None => Err(format!("'{label}' is no answerability: {names}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(questions: &str, queries: Option<&str>) -> Result<AnswerSet, Error> {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let queries = queries.map(|text| write("queries.jsonl", text));
        AnswerSet::read(&write("answers.jsonl", questions), queries.as_deref())
    }

    #[test]
    fn all_three_forms_are_read() {
        let lines = r#"{"query_id": "w1", "answer": "Yes.", "gold": ["ka0PrAAAAAAAAABI55"]}
{"query_id": "m1", "answerability": ["UNANSWERABLE"], "conversation": [["user", "One?"], ["agent", "Two."], ["user", "Three?"]], "answer": "I do not know.", "gold": []}
{"question": "Who?", "record_ids": [], "answer_contains": [], "user": "ada@example.com"}
"#;
        let set = read(lines, Some(r#"{"_id": "w1", "text": "Can I?"}"#)).unwrap();
        let [wix, mtrag, demo] = set.questions.as_slice() else {
            panic!("{set:?}");
        };
        assert_eq!((wix.text.as_str(), wix.gold.len()), ("Can I?", 1));
        assert_eq!(wix.answerability, Answerability::Answerable);
        assert_eq!((mtrag.text.as_str(), mtrag.history.len()), ("Three?", 2));
        assert_eq!(mtrag.history[1].role, Speaker::Assistant);
        assert_eq!(mtrag.answerability, Answerability::Unanswerable);
        assert_eq!((demo.id.as_str(), demo.text.as_str()), ("3", "Who?"));
        assert_eq!(demo.answerability, Answerability::Unanswerable);
        assert_eq!(demo.user.as_deref(), Some("ada@example.com"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (line, told) in [
            (r#"{"query_id": "w1", "answer": "Yes."}"#, "--queries"),
            (r#"{"question": "a", "gold": ["nobody"]}"#, "line 1"),
            (
                r#"{"question": "a", "answerability": "MAYBE"}"#,
                "'MAYBE' is no answerability",
            ),
            (
                r#"{"conversation": [["robot", "a"]]}"#,
                "'robot' is no role",
            ),
            ("", "there is no question"),
        ] {
            let error = read(line, None).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
