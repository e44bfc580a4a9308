//! `POST /v1/search`: a page of hits, with highlights and facets.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use domain::{Document, FieldName, FilePlace, ObjectName, Passage, RecordId, Viewer};
use serde::{Deserialize, Serialize};
use store::KeywordQuery;

use super::rank::Ranked;
use super::request::{FilterBody, check_text};
use super::retrieve::{DEPTHS, Explanation, Question, Retrieved, documents, passages, retrieve};
use super::{Engine, Error};

/// The most hits of one page.
pub const MAX_LIMIT: usize = 100;

/// Body of `POST /v1/search`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchRequest {
    pub query: String,
    #[serde(default)]
    pub filters: FilterBody,
    /// Hits of one page: 1 to 100.
    #[serde(default = "default_limit")]
    pub limit: usize,
    /// `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Shows per passage what each leg gave it.
    #[serde(default)]
    pub explain: bool,
}

fn default_limit() -> usize {
    10
}

/// Reply of `POST /v1/search`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SearchResponse {
    pub hits: Vec<Hit>,
    /// Counts over the candidates of this search that the viewer may read.
    pub facets: BTreeMap<String, Vec<FacetCount>>,
    pub next_cursor: Option<String>,
    /// When the index was last brought up to date.
    pub as_of: Option<DateTime<Utc>>,
    pub took_ms: u64,
    /// What this search went without; empty when all is well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub degraded: Vec<String>,
    /// Candidates that were left out because the viewer may not read them. For the audit trail,
    /// never sent.
    #[serde(skip)]
    pub withheld: usize,
}

/// A document with its best passages.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hit {
    pub document: DocumentHead,
    pub score: f32,
    pub passages: Vec<HitPassage>,
}

/// What a list shows of a document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DocumentHead {
    pub id: RecordId,
    pub object: ObjectName,
    pub title: String,
    pub url: String,
    pub account_id: Option<RecordId>,
    /// For an article: the same for all its versions and languages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article_id: Option<RecordId>,
    pub updated_at: DateTime<Utc>,
}

/// A passage and where its words match the query.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HitPassage {
    pub record_id: RecordId,
    pub object: ObjectName,
    pub field: FieldName,
    /// Characters of the field's clean text.
    pub start: usize,
    pub end: usize,
    pub text: String,
    /// Character ranges of `text`.
    pub highlights: Vec<(usize, usize)>,
    /// Where it begins, if the field is a file's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FilePlace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

/// A facet's value and how many candidates have it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FacetCount {
    pub value: String,
    pub count: usize,
}

/// Finds what the viewer may read, best first.
pub async fn search(
    engine: &Engine,
    viewer: &Viewer,
    request: SearchRequest,
) -> Result<SearchResponse, Error> {
    let started = Instant::now();
    check_text("query", &request.query)?;
    if !(1..=MAX_LIMIT).contains(&request.limit) {
        return Err(Error::Invalid(format!(
            "limit must be from 1 to {MAX_LIMIT}"
        )));
    }
    let offset = decode_cursor(request.cursor.as_deref())?;
    let filters = request.filters.resolve(engine, viewer)?;
    let wanted = offset + request.limit;
    let question = Question::read(engine, &request.query).await;
    let retrieved = retrieve(engine, viewer, &question, &filters, wanted + 1).await?;
    let more = retrieved.documents.len() > wanted;
    let page: Vec<_> = retrieved
        .documents
        .iter()
        .skip(offset)
        .take(request.limit)
        .cloned()
        .collect();
    let documents = documents(engine, viewer, &retrieved.documents).await?;
    let found = Found {
        question: &question,
        retrieved: &retrieved,
        documents: &documents,
    };
    Ok(SearchResponse {
        hits: hits(engine, viewer, &found, page, request.explain).await?,
        facets: facets(&documents),
        next_cursor: more.then(|| encode_cursor(wanted)),
        as_of: engine.as_of(),
        took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        degraded: retrieved.degraded.into_iter().collect(),
        withheld: retrieved.withheld,
    })
}

/// What one search found, and the documents of it, read once.
struct Found<'a> {
    question: &'a Question,
    retrieved: &'a Retrieved,
    documents: &'a HashMap<RecordId, Document>,
}

async fn hits(
    engine: &Engine,
    viewer: &Viewer,
    found: &Found<'_>,
    page: Vec<Ranked>,
    explain: bool,
) -> Result<Vec<Hit>, Error> {
    let passages = passages(engine, viewer, &page).await?;
    let mut hits = Vec::with_capacity(page.len());
    for ranked in page {
        let Some(document) = found.documents.get(&ranked.document) else {
            continue;
        };
        let mut shown: Vec<Passage> = ranked
            .passages
            .iter()
            .filter_map(|(id, _)| passages.get(id).cloned())
            .collect();
        if shown.is_empty() {
            let first = engine.reader.document_passages(viewer, ranked.document, 1);
            shown = first.await?;
        }
        let shown = shown.into_iter().map(|passage| {
            let explanation = explain
                .then(|| found.retrieved.legs.get(&passage.id).cloned())
                .flatten();
            hit_passage(&found.question.query, document, passage, explanation)
        });
        hits.push(Hit {
            passages: shown.collect(),
            document: DocumentHead::of(document, viewer),
            score: ranked.score,
        });
    }
    Ok(hits)
}

fn hit_passage(
    query: &KeywordQuery,
    document: &Document,
    passage: Passage,
    explanation: Option<Explanation>,
) -> HitPassage {
    HitPassage {
        highlights: query.highlights(&passage.text),
        file: document.file_place(passage.record_id, &passage.field, passage.start),
        record_id: passage.record_id,
        object: passage.object,
        field: passage.field,
        start: passage.start,
        end: passage.end,
        text: passage.text,
        explanation,
    }
}

impl DocumentHead {
    /// As `viewer` may see it.
    pub fn of(document: &Document, viewer: &Viewer) -> Self {
        let account = if document.object == "Account" {
            Some(document.id)
        } else {
            let field = FieldName::parse("AccountId");
            let is_readable = field.is_ok_and(|f| viewer.reads_field(&document.object, &f));
            document.parents.account.filter(|_| is_readable)
        };
        Self {
            id: document.id,
            object: document.object.clone(),
            title: viewer.title_of(document),
            url: document.url.clone(),
            account_id: account,
            article_id: document.parents.article,
            updated_at: document.updated_at,
        }
    }
}

/// Counts by object, status and language over the readable candidates.
fn facets(documents: &HashMap<RecordId, Document>) -> BTreeMap<String, Vec<FacetCount>> {
    let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for document in documents.values() {
        let status = document.status.as_ref();
        let values = [
            ("object", Some(document.object.as_str())),
            ("status", status.map(|status| status.value.as_str())),
            ("language", document.language.as_deref()),
        ];
        for (facet, value) in values {
            if let Some(value) = value {
                *counts.entry(facet).or_default().entry(value).or_default() += 1;
            }
        }
    }
    let sorted = counts.into_iter().map(|(facet, values)| {
        let mut values: Vec<_> = values
            .into_iter()
            .map(|(value, count)| FacetCount {
                value: value.to_owned(),
                count,
            })
            .collect();
        values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        (facet.to_owned(), values)
    });
    sorted.collect()
}

fn encode_cursor(offset: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("o{offset}"))
}

fn decode_cursor(cursor: Option<&str>) -> Result<usize, Error> {
    let Some(cursor) = cursor else { return Ok(0) };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let offset = text.and_then(|text| text.strip_prefix('o')?.parse().ok());
    offset
        .filter(|offset| *offset <= DEPTHS[2])
        .ok_or_else(|| Error::Invalid("cursor is none that a search has returned".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_round_trip_and_foreign_ones_are_refused() {
        assert_eq!(decode_cursor(Some(&encode_cursor(20))).unwrap(), 20);
        assert_eq!(decode_cursor(None).unwrap(), 0);
        for bad in ["", "!!", "b20", "bzk5OTk5OTk5OTk"] {
            assert!(decode_cursor(Some(bad)).is_err(), "{bad}");
        }
    }
}
