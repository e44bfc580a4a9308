//! A set of questions, and which documents answer each.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use domain::RecordId;
use serde::Deserialize;

/// Questions that have at least one relevant document, in the order of their file.
#[derive(Debug, Clone)]
pub struct QuestionSet {
    pub questions: Vec<Question>,
    /// Questions of the file for which no document is judged relevant: they are left out.
    pub unjudged: usize,
}

/// A question with its relevant documents.
#[derive(Debug, Clone)]
pub struct Question {
    pub id: String,
    pub text: String,
    /// Document id → grade, more than 0.
    pub relevant: BTreeMap<RecordId, f64>,
}

/// Why a set cannot be used. Lines count from 1.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}, line {line}: {detail}", path.display())]
    Line {
        path: PathBuf,
        line: usize,
        detail: String,
    },
    #[error(
        "no question of {} has a relevant document in {}: do the ids of both files belong together?",
        queries.display(), qrels.display()
    )]
    Apart { queries: PathBuf, qrels: PathBuf },
}

#[derive(Deserialize)]
pub(super) struct QueryLine {
    #[serde(alias = "id", alias = "query_id")]
    pub _id: String,
    #[serde(alias = "query", alias = "question")]
    pub text: String,
}

type Judgements = HashMap<String, BTreeMap<RecordId, f64>>;

impl QuestionSet {
    /// Reads `queries` (a line of JSON each: `_id`, `text`) and `qrels` (query id, document id and
    /// grade between tabs or blanks; TREC's four columns are fine; a first line without a number at
    /// its end is a heading). The layout is that of the BEIR collections.
    pub fn read(queries: &Path, qrels: &Path) -> Result<Self, Error> {
        let mut judged = judgements(qrels)?;
        let mut set = Self {
            questions: Vec::new(),
            unjudged: 0,
        };
        for (number, line) in lines(queries)? {
            let query: QueryLine =
                serde_json::from_str(&line).map_err(|error| at(queries, number, error))?;
            match judged.remove(&query._id) {
                Some(relevant) if !relevant.is_empty() => set.questions.push(Question {
                    id: query._id,
                    text: query.text,
                    relevant,
                }),
                Some(_) | None => set.unjudged += 1,
            }
        }
        if set.questions.is_empty() {
            return Err(Error::Apart {
                queries: queries.to_owned(),
                qrels: qrels.to_owned(),
            });
        }
        Ok(set)
    }
}

fn judgements(path: &Path) -> Result<Judgements, Error> {
    let mut judged = Judgements::new();
    for (number, line) in lines(path)? {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (query, document, grade) = match columns.as_slice() {
            [query, document, grade] | [query, _, document, grade] => (*query, *document, *grade),
            _ => {
                let detail = "expected query id, document id and grade";
                return Err(at(path, number, detail));
            }
        };
        let Ok(grade) = grade.parse::<f64>() else {
            if number == 1 {
                continue;
            }
            return Err(at(path, number, format!("'{grade}' is no grade")));
        };
        let relevant = judged.entry(query.to_owned()).or_default();
        if grade > 0.0 {
            let id = RecordId::parse(document).map_err(|error| at(path, number, error))?;
            relevant.insert(id, grade);
        }
    }
    Ok(judged)
}

/// The lines that are not blank, with their numbers.
pub(super) fn lines(path: &Path) -> Result<Vec<(usize, String)>, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let numbered = (1..).zip(text.lines().map(str::to_owned));
    Ok(numbered
        .filter(|(_, line)| !line.trim().is_empty())
        .collect())
}

pub(super) fn at(path: &Path, line: usize, detail: impl ToString) -> Error {
    Error::Line {
        path: path.to_owned(),
        line,
        detail: detail.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(queries: &str, qrels: &str) -> Result<QuestionSet, Error> {
        let folder = tempfile::tempdir().unwrap();
        let (q, r) = (folder.path().join("q.jsonl"), folder.path().join("r.tsv"));
        std::fs::write(&q, queries).unwrap();
        std::fs::write(&r, qrels).unwrap();
        QuestionSet::read(&q, &r)
    }

    #[test]
    fn questions_meet_their_judgements() {
        let queries =
            "{\"_id\": \"a\", \"text\": \"one\"}\n\n{\"_id\": \"b\", \"text\": \"two\"}\n";
        let set = read(
            queries,
            "query-id\tcorpus-id\tscore\na\tka0PrAAAAAAAAABI55\t2\na\tka0PrAAAAAAAAACI55\t0\n",
        );
        let set = set.unwrap();
        assert_eq!((set.questions.len(), set.unjudged), (1, 1));
        let grades: Vec<_> = set.questions[0].relevant.values().copied().collect();
        assert_eq!(grades, [2.0]);
        let trec = read(queries, "b 0 ka0PrAAAAAAAAABI55 1").unwrap();
        assert_eq!(trec.questions[0].text, "two");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let queries = "{\"_id\": \"a\", \"text\": \"one\"}";
        for (queries, qrels, told) in [
            ("nonsense", "a ka0PrAAAAAAAAABI55 1", "q.jsonl, line 1"),
            (
                queries,
                "a ka0PrAAAAAAAAABI55 1\na b c d e",
                "r.tsv, line 2",
            ),
            (queries, "a nobody 1", "r.tsv, line 1"),
            (queries, "z ka0PrAAAAAAAAABI55 1", "belong together"),
        ] {
            let error = read(queries, qrels).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
