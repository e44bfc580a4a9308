//! `POST /v1/search`: a page of hits, with highlights and facets.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use chrono::{DateTime, Utc};
use domain::{Document, FieldName, FilePlace, ObjectName, Passage, RecordId, Viewer};
use serde::{Deserialize, Serialize};
use store::{Filters, KeywordQuery, Order, Place};
use utoipa::ToSchema;

use super::cursor::{self, Fingerprint, MOST_SHOWN, Position};
use super::explain::{self, Explanation, HitExplanation, Legs};
use super::facets::{self, FacetCount, Facets};
use super::rank::Ranked;
use super::request::{SearchRequest, Sort};
use super::retrieve::{Question, documents, passages, retrieve};
use super::strict::Strict;
use super::syntax::Parsed;
use super::translations::Translation;
use super::{Engine, Error, listing, similar, syntax};

/// The object of files, whose passages stand on pages.
const FILE: &str = "ContentVersion";

/// Reply of `POST /v1/search`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SearchResponse {
    pub hits: Vec<Hit>,
    /// Counts over the candidates of this search that the viewer may read.
    #[schema(value_type = BTreeMap<String, Vec<FacetCount>>)]
    pub facets: Facets,
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
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Hit {
    pub document: DocumentHead,
    /// 0 in a list by date of what the filters let through.
    pub score: f32,
    pub passages: Vec<HitPassage>,
    /// The other languages in which the viewer may read the article.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub translations: Vec<Translation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<HitExplanation>,
}

/// What a list shows of a document.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HitPassage {
    pub record_id: RecordId,
    pub object: ObjectName,
    pub field: FieldName,
    /// Characters of the field's clean text.
    pub start: usize,
    pub end: usize,
    pub text: String,
    /// Character ranges of `text`.
    #[schema(value_type = Vec<Vec<usize>>)]
    pub highlights: Vec<(usize, usize)>,
    /// Where it begins, if the field is a file's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FilePlace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

/// One page of what was found, before it is shown.
#[derive(Default)]
pub struct Found {
    pub page: Vec<Ranked>,
    /// Everything that was looked at and that the viewer may read: what facets are counted over.
    pub candidates: Vec<RecordId>,
    /// Where the next page begins; none after the last.
    pub next: Option<Position>,
    pub legs: Legs,
    pub translations: HashMap<RecordId, Vec<Translation>>,
    /// What was not asked because it is away.
    pub degraded: BTreeSet<String>,
    pub withheld: usize,
}

/// Which page.
pub struct Page {
    pub limit: usize,
    pub position: Option<Position>,
}

impl Page {
    /// In a list by date: behind which place it begins.
    pub fn after(&self) -> Option<Place> {
        match self.position {
            Some(Position::After(place)) => Some(place),
            Some(Position::Shown(_)) | None => None,
        }
    }

    /// In a ranking: what was shown before.
    fn shown(&self) -> Vec<u64> {
        match &self.position {
            Some(Position::Shown(marks)) => marks.clone(),
            Some(Position::After(_)) | None => Vec::new(),
        }
    }
}

/// Finds what the viewer may read: best first, or by date.
pub async fn search(
    engine: &Engine,
    viewer: &Viewer,
    request: SearchRequest,
) -> Result<SearchResponse, Error> {
    let started = Instant::now();
    request.check()?;
    let wanted = facets::wanted(engine, viewer, request.facets.as_deref())?;
    let fingerprint = fingerprint(viewer, &request);
    let cursor = request.cursor.as_deref();
    let page = Page {
        limit: request.limit,
        position: cursor
            .map(|cursor| cursor::decode(&engine.seal, cursor, fingerprint))
            .transpose()?,
    };
    let Asked { question, filters } = Asked::read(engine, viewer, &request).await?;
    let found = find(engine, viewer, &question, &filters, request.sort, &page).await?;
    let heads = engine.reader.heads(viewer, &found.candidates).await?;
    let heads = heads.into_iter().map(|head| (head.id, head)).collect();
    let facets = facets::count(engine, viewer, &wanted, &heads).await?;
    let next = found.next.as_ref();
    Ok(SearchResponse {
        facets,
        next_cursor: next.and_then(|position| cursor::encode(&engine.seal, fingerprint, position)),
        as_of: engine.as_of(),
        withheld: found.withheld,
        degraded: found.degraded.iter().cloned().collect(),
        hits: hits(engine, viewer, &question, found, &heads).await?,
        took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// Of what decides which documents come in which order.
fn fingerprint(viewer: &Viewer, request: &SearchRequest) -> Fingerprint {
    let SearchRequest {
        query,
        filters,
        more_like,
        sort,
        variant,
        ..
    } = request;
    Fingerprint::new(viewer, &(query, filters, more_like, sort, variant))
}

/// A request, read: what to look for, and among what.
struct Asked {
    question: Question,
    filters: Filters,
}

impl Asked {
    async fn read(
        engine: &Engine,
        viewer: &Viewer,
        request: &SearchRequest,
    ) -> Result<Self, Error> {
        let parsed = syntax::parse(&request.query, &engine.reader.facet_names(viewer))?;
        let filters = request.filters.resolve(engine, viewer, "filters.").await?;
        let typed = parsed.filters.resolve(engine, viewer, "query: ").await?;
        let mut question = question(engine, viewer, request, &parsed).await?;
        question.strict = Strict::of(&parsed);
        question.explained = request.explain;
        question.variant = request.variant;
        Ok(Self {
            question,
            filters: filters.and(typed),
        })
    }
}

async fn question(
    engine: &Engine,
    viewer: &Viewer,
    request: &SearchRequest,
    parsed: &Parsed,
) -> Result<Question, Error> {
    let asked = Question::read(engine, viewer, &parsed.text).await?;
    let Some(record) = &request.more_like else {
        return Ok(asked);
    };
    let (itself, like) = similar::like(engine, viewer, record).await?;
    Ok(Question {
        itself: Some(itself),
        ..similar::both(like, asked)
    })
}

async fn find(
    engine: &Engine,
    viewer: &Viewer,
    question: &Question,
    filters: &Filters,
    sort: Sort,
    page: &Page,
) -> Result<Found, Error> {
    let order = match sort {
        Sort::Relevance | Sort::Date => Order::Newest,
        Sort::DateAsc => Order::Oldest,
    };
    let has_text = !question.query.is_empty() || question.vector.is_some();
    match sort {
        _ if !has_text => {
            listing::listed(engine, viewer, filters, &question.strict, order, page).await
        }
        Sort::Relevance => ranked(engine, viewer, question, filters, page).await,
        Sort::Date | Sort::DateAsc => {
            listing::dated(engine, viewer, filters, question, order, page).await
        }
    }
}

/// The best of what no page before has shown.
async fn ranked(
    engine: &Engine,
    viewer: &Viewer,
    question: &Question,
    filters: &Filters,
    page: &Page,
) -> Result<Found, Error> {
    let mut shown = page.shown();
    let wanted = shown.len() + page.limit + 1;
    let retrieved = retrieve(engine, viewer, question, filters, wanted).await?;
    let candidates = retrieved.documents.iter().map(|ranked| ranked.document);
    let candidates = candidates.collect();
    let mut rest = retrieved.documents;
    rest.retain(|ranked| !shown.contains(&cursor::mark(ranked.document)));
    let more = rest.len() > page.limit;
    rest.truncate(page.limit);
    shown.extend(rest.iter().map(|ranked| cursor::mark(ranked.document)));
    let may_go_on = more && shown.len() < MOST_SHOWN;
    Ok(Found {
        page: rest,
        candidates,
        next: may_go_on.then_some(Position::Shown(shown)),
        legs: retrieved.legs,
        translations: retrieved.translations,
        degraded: retrieved.degraded,
        withheld: retrieved.withheld,
    })
}

async fn hits(
    engine: &Engine,
    viewer: &Viewer,
    question: &Question,
    found: Found,
    heads: &HashMap<RecordId, Document>,
) -> Result<Vec<Hit>, Error> {
    let passages = passages(engine, viewer, &found.page).await?;
    let mut hits = Vec::with_capacity(found.page.len());
    for ranked in found.page {
        let Some(head) = heads.get(&ranked.document) else {
            continue;
        };
        let ids = ranked.passages.iter();
        let mut shown: Vec<Passage> = ids
            .filter_map(|(id, _)| passages.get(id).cloned())
            .collect();
        if shown.is_empty() {
            let first = engine.reader.document_passages(viewer, ranked.document, 1);
            shown = first.await?;
        }
        let files = files(engine, viewer, &ranked, &shown).await?;
        let explained = |passage| explain::passage(&question.query, &found.legs, passage);
        let explained: Vec<Explanation> = match question.explained {
            true => shown.iter().map(explained).collect(),
            false => Vec::new(),
        };
        let document = DocumentHead::of(head, viewer);
        let explanation = question
            .explained
            .then(|| explain::hit(&question.query, &ranked, &document.title, &explained));
        let mut explained = explained.into_iter();
        let shown = shown.into_iter().map(|passage| {
            let whole = files.as_ref().unwrap_or(head);
            hit_passage(&question.query, whole, passage, explained.next())
        });
        hits.push(Hit {
            passages: shown.collect(),
            document,
            score: rounded(ranked.score),
            translations: found
                .translations
                .get(&ranked.document)
                .cloned()
                .unwrap_or_default(),
            explanation,
        });
    }
    Ok(hits)
}

/// To four digits: what is smaller tells the order of additions, and the second of the request.
fn rounded(score: f32) -> f32 {
    (score * 10_000.0).round() / 10_000.0
}

/// The whole document, if a passage is of a file: only it knows the pages.
async fn files(
    engine: &Engine,
    viewer: &Viewer,
    ranked: &Ranked,
    passages: &[Passage],
) -> Result<Option<Document>, Error> {
    if !passages.iter().any(|passage| passage.object == FILE) {
        return Ok(None);
    }
    let found = documents(engine, viewer, std::slice::from_ref(ranked)).await?;
    Ok(found.into_values().next())
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
        Self {
            id: document.id,
            object: document.object.clone(),
            title: viewer.title_of(document),
            url: document.url.clone(),
            account_id: facets::account_of(document, viewer).copied(),
            article_id: document.parents.article,
            updated_at: document.updated_at,
        }
    }
}
