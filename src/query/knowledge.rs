//! Snippets for an orchestrator that writes its own answer: `POST /v1/copilot/knowledge`.
//!
//! Copilot Studio rewrites what a person says into two texts, one for its meaning and one for its words,
//! and reads at most fifteen rows with title, text and address. A knowledge source that fails breaks the
//! conversation, so whatever is away makes an empty list and a [`Reason`].

mod snippet;

use std::collections::HashMap;

use domain::{Document, Passage, PassageId, RecordId, Viewer};
use serde::{Deserialize, Deserializer, Serialize};
use store::Filters;
use utoipa::ToSchema;

use super::filters::FilterBody;
use super::rank::Ranked;
use super::request::MAX_QUESTION_CHARS;
use super::retrieve::{Question, Words, documents, passages, retrieve};
use super::{Engine, Error};
use crate::access;

/// An orchestrator reads no more rows for one answer.
pub const MOST_ROWS: usize = 15;
/// Passages of the best document that are read whether they match or not, and of one of which nothing
/// was found but its title.
const WHOLE: usize = 30;

/// Body of `POST /v1/copilot/knowledge`. `null` says the same as nothing at all, except for `query`, which
/// must be there: Power Fx writes blank values so.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KnowledgeRequest {
    /// `System.SearchQuery`: a whole sentence, searched for by meaning and by words. It is text alone:
    /// nothing in it is read as a filter.
    #[serde(deserialize_with = "given")]
    #[schema(required = true)]
    pub query: Option<String>,
    /// `System.KeywordSearchQuery`: searched for by words beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyword_query: Option<String>,
    /// Rows: 1 to 15, by default 15.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 15)]
    pub limit: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filters: Option<FilterBody>,
}

/// Reply of `POST /v1/copilot/knowledge`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct Knowledge {
    /// Best first, one for a document.
    pub results: Vec<Snippet>,
    /// Why there are none; a header tells it.
    #[serde(skip)]
    pub reason: Option<Reason>,
    /// For the audit trail, never sent.
    #[serde(skip)]
    pub shown: Vec<RecordId>,
    #[serde(skip)]
    pub withheld: usize,
}

/// A row of `System.SearchResults`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Snippet {
    pub title: String,
    /// What the document says that is nearest to the query, in whole sentences; at most 2,000 characters.
    pub snippet: String,
    /// Lightning address of the document's root record.
    pub url: String,
}

/// Why there is nothing to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Both queries are blank.
    NothingAsked,
    NothingFound,
    /// The first sync has not finished its first page yet.
    NotSynced,
    /// A filter names nothing that is there, or nothing that the viewer may filter by.
    UnusableFilters,
    /// Salesforce is away, so nobody can say what the viewer may read.
    AccessUndecided,
    IndexUnavailable,
    ModelUnavailable,
    /// It took longer than an orchestrator waits.
    TookTooLong,
}

impl Reason {
    /// As the header `x-precis-reason` tells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NothingAsked => "nothing-asked",
            Self::NothingFound => "nothing-found",
            Self::NotSynced => "not-synced",
            Self::UnusableFilters => "unusable-filters",
            Self::AccessUndecided => "access-undecided",
            Self::IndexUnavailable => "index-unavailable",
            Self::ModelUnavailable => "model-unavailable",
            Self::TookTooLong => "took-too-long",
        }
    }
}

/// Present, be it `null`.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

impl KnowledgeRequest {
    /// What is looked for by meaning, and what by words beside it: one of them when they are the same or
    /// one is blank, none when both are.
    pub fn texts(&self) -> Vec<String> {
        let beginning = |text: &String| -> String {
            let text: String = text.chars().take(MAX_QUESTION_CHARS).collect();
            text.trim().to_owned()
        };
        let both = [&self.query, &self.keyword_query].into_iter().flatten();
        let mut texts: Vec<String> = both.map(beginning).collect();
        texts.retain(|text| !text.is_empty());
        texts.dedup();
        texts
    }

    fn rows(&self) -> Result<usize, Error> {
        let rows = self.limit.unwrap_or(MOST_ROWS);
        match rows {
            1..=MOST_ROWS => Ok(rows),
            _ => Err(Error::Invalid(format!(
                "limit must be from 1 to {MOST_ROWS}"
            ))),
        }
    }
}

impl Knowledge {
    /// No rows, for a reason.
    pub fn without(reason: Reason) -> Self {
        Self {
            reason: Some(reason),
            ..Self::default()
        }
    }

    /// What to show instead of an error, if the caller has done nothing wrong.
    ///
    /// # Errors
    /// Gives back what the request itself is to blame for, and what says that the caller may not ask.
    pub fn instead_of(error: Error) -> Result<Self, Error> {
        let reason = match &error {
            Error::Access(access::Error::Undecided(_)) => Reason::AccessUndecided,
            Error::Access(access::Error::Ledger(_) | access::Error::Index(_)) | Error::Store(_) => {
                Reason::IndexUnavailable
            }
            Error::Model(_) | Error::Prompt(_) => Reason::ModelUnavailable,
            Error::Access(access::Error::Refused(_))
            | Error::Invalid(_)
            | Error::NotFound(_)
            | Error::Ambiguous { .. } => return Err(error),
        };
        tracing::error!(error = %error.for_the_log(), "no knowledge for Copilot Studio");
        Ok(Self::without(reason))
    }
}

/// The best snippets that the viewer may read. No language model is asked.
///
/// # Errors
/// [`Error::Invalid`] when the limit is none; otherwise what is away, as for a search.
pub async fn knowledge(
    engine: &Engine,
    viewer: &Viewer,
    request: &KnowledgeRequest,
) -> Result<Knowledge, Error> {
    let rows = request.rows()?;
    let texts = request.texts();
    let Some((meaning, words)) = texts.split_first() else {
        return Ok(Knowledge::without(Reason::NothingAsked));
    };
    let filters = request.filters.clone().unwrap_or_default();
    let filters = match filters.resolve(engine, viewer, "filters.").await {
        Ok(filters) => filters,
        Err(Error::Invalid(_) | Error::NotFound(_) | Error::Ambiguous { .. }) => {
            return Ok(Knowledge::without(Reason::UnusableFilters));
        }
        Err(error) => return Err(error),
    };
    let mut question = Question::read(engine, viewer, meaning).await?;
    if let Some(words) = words.first() {
        question.query = question
            .query
            .with(Words::read(engine, viewer, words).await?.query);
    }
    found(engine, viewer, &question, &filters, rows).await
}

async fn found(
    engine: &Engine,
    viewer: &Viewer,
    question: &Question,
    filters: &Filters,
    rows: usize,
) -> Result<Knowledge, Error> {
    let mut retrieved = retrieve(engine, viewer, question, filters, rows).await?;
    retrieved.documents.truncate(rows);
    let page = Page::read(engine, viewer, &retrieved.documents).await?;
    let mut knowledge = Knowledge {
        withheld: retrieved.withheld,
        ..Knowledge::default()
    };
    for (place, ranked) in retrieved.documents.iter().enumerate() {
        let Some(document) = page.documents.get(&ranked.document) else {
            continue;
        };
        let best = page.passages_of(engine, viewer, ranked, place == 0).await?;
        if let Some(snippet) = snippet::of(document, viewer, &best) {
            knowledge.results.push(snippet);
            knowledge.shown.push(document.id);
        }
    }
    if knowledge.results.is_empty() {
        let is_degraded = !retrieved.degraded.is_empty();
        knowledge.reason = Some(match engine.as_of() {
            _ if is_degraded => Reason::IndexUnavailable,
            None => Reason::NotSynced,
            Some(_) => Reason::NothingFound,
        });
    }
    Ok(knowledge)
}

/// What was found, with its text.
struct Page {
    documents: HashMap<RecordId, Document>,
    passages: HashMap<PassageId, Passage>,
}

impl Page {
    async fn read(engine: &Engine, viewer: &Viewer, ranked: &[Ranked]) -> Result<Self, Error> {
        Ok(Self {
            documents: documents(engine, viewer, ranked).await?,
            passages: passages(engine, viewer, ranked).await?,
        })
    }

    /// What was found of a document, best first. With `whole`, and where nothing but its title was
    /// found, what else it says comes behind: what solved a case is often said in other words than what
    /// was asked.
    async fn passages_of(
        &self,
        engine: &Engine,
        viewer: &Viewer,
        ranked: &Ranked,
        whole: bool,
    ) -> Result<Vec<Passage>, Error> {
        let ids = ranked.passages.iter();
        let found = ids.filter_map(|(id, _)| self.passages.get(id).cloned());
        let mut found: Vec<Passage> = found.collect();
        if let Some(document) = self.documents.get(&ranked.document) {
            let title = viewer.title_of(document);
            found.retain(|passage| passage.text != title);
        }
        if whole || found.is_empty() {
            let reader = &engine.reader;
            let all = reader.document_passages(viewer, ranked.document, WHOLE);
            for passage in all.await? {
                if found.iter().all(|known| known.id != passage.id) {
                    found.push(passage);
                }
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(body: Value) -> Result<KnowledgeRequest, serde_json::Error> {
        serde_json::from_value(body)
    }

    #[test]
    fn empty_and_equal_queries_collapse() {
        let texts = |query: Value, keywords: Value| {
            let request = read(json!({"query": query, "keyword_query": keywords}));
            request.unwrap().texts()
        };
        assert_eq!(texts(json!("a b"), json!("b")), ["a b", "b"]);
        assert_eq!(texts(json!(" a "), json!("a")), ["a"]);
        assert_eq!(texts(json!(" "), json!("a")), ["a"]);
        assert_eq!(texts(json!(null), json!("a")), ["a"]);
        assert_eq!(texts(json!("a"), json!(null)), ["a"]);
        assert!(texts(json!(""), json!("\n")).is_empty());
        let long = "x".repeat(MAX_QUESTION_CHARS + 1);
        assert_eq!(texts(json!(long), json!(null))[0].len(), MAX_QUESTION_CHARS);
    }

    #[test]
    fn a_body_names_its_query_and_a_limit_that_can_be() {
        assert!(read(json!({})).is_err());
        assert!(read(json!({"query": "a", "top": 3})).is_err());
        let rows = |limit: Value| read(json!({"query": "a", "limit": limit})).unwrap().rows();
        assert_eq!(rows(json!(null)).unwrap(), MOST_ROWS);
        assert_eq!(rows(json!(3)).unwrap(), 3);
        assert!(rows(json!(0)).is_err());
        assert!(rows(json!(16)).is_err());
    }

    #[test]
    fn what_is_away_is_no_error_and_what_is_refused_is() {
        let away = store::Error::InUse {
            folder: "index".into(),
        };
        let instead = Knowledge::instead_of(Error::Store(away)).unwrap();
        assert_eq!(instead.reason, Some(Reason::IndexUnavailable));
        let refused = access::Error::Refused("no".to_owned());
        assert!(Knowledge::instead_of(Error::Access(refused)).is_err());
        assert!(Knowledge::instead_of(Error::Invalid("limit".to_owned())).is_err());
    }
}
