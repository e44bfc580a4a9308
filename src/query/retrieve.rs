//! Retrieval on behalf of a viewer: both legs, fused, confirmed by Salesforce, as deep as needed.

use std::collections::{BTreeSet, HashMap};

use chrono::Utc;
use domain::{Document, Passage, PassageId, RecordId, Viewer};
use serde::{Deserialize, Serialize};
use store::{Filters, KeywordQuery, Scored};

use super::rank::{self, Ranked};
use super::translations::{Translation, Translations};
use super::{Engine, Error, prior, votes};

/// How deep the legs go, one after the other, until the page is full.
pub const DEPTHS: [usize; 3] = [100, 500, 2_500];
/// Codes of one question that are looked up by themselves.
const MOST_CODES: usize = 6;
/// A code that stands in at most so many passages tells exactly what is meant.
const RARE: usize = 25;
/// Candidates, from the best one, whose links and dates count.
const LOOKED_AT: usize = 20;
/// Passages of one document that are looked at, where it is not found by its text.
const MOST_PASSAGES: usize = 10;
/// The score of a document that the query names by id, number or email.
const EXACT_SCORE: f32 = 2.0;

/// What each leg gave a passage: rank from 1, and its own score.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Explanation {
    pub keyword: Option<(usize, f32)>,
    pub vector: Option<(usize, f32)>,
    pub fused: f32,
}

/// What a search found, before it is shown. Only documents that the viewer may read.
#[derive(Default)]
pub struct Retrieved {
    pub documents: Vec<Ranked>,
    pub withheld: usize,
    /// What each leg gave each passage.
    pub legs: HashMap<PassageId, Explanation>,
    /// The other languages of articles that are listed, by the version that is.
    pub translations: HashMap<RecordId, Vec<Translation>>,
}

/// A text as both legs look for it.
#[derive(Clone)]
pub struct Question {
    pub query: KeywordQuery,
    /// None without an embedder, or while it is away.
    pub vector: Option<Vec<f32>>,
}

/// What is asked, by whom and of what.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub engine: &'a Engine,
    pub viewer: &'a Viewer,
    pub question: &'a Question,
    pub filters: &'a Filters,
}

impl Question {
    pub async fn read(engine: &Engine, text: &str) -> Self {
        let query = engine.reader.parse(text);
        // Ids, numbers and addresses have no meaning that a vector could be near to.
        let has_meaning = text.split_whitespace().count() > query.exact_keys().len();
        let vector = match has_meaning {
            true => embed(engine, text).await,
            false => None,
        };
        Self { query, vector }
    }
}

/// Retrieves at least `wanted` readable documents if there are so many, going deeper while access
/// takes candidates away.
pub async fn retrieve(
    engine: &Engine,
    viewer: &Viewer,
    question: &Question,
    filters: &Filters,
    wanted: usize,
) -> Result<Retrieved, Error> {
    let asked = Asked {
        engine,
        viewer,
        question,
        filters,
    };
    let Question { query, vector } = question;
    let named = named_documents(engine, viewer, query, filters).await?;
    let codes = rare_codes(engine, viewer, query, filters).await?;
    let mut retrieved = Retrieved::default();
    let mut translations = Translations::default();
    let mut seen = BTreeSet::new();
    for limit in DEPTHS {
        let (keyword, near) =
            legs(engine, viewer, query, vector.as_deref(), filters, limit).await?;
        let exhausted = keyword.len() < limit && near.len() < limit;
        let mut fused = rank::fuse(&keyword, &near);
        rank::prefer_rare_codes(&mut fused, &codes);
        let mut ranked = with_named(&named, rank::by_document(&fused));
        // Deeper candidates come strictly behind: a page must not change with the next one.
        ranked.retain(|ranked| seen.insert(ranked.document));
        let ids: Vec<_> = ranked.iter().map(|ranked| ranked.document).collect();
        let readable = engine.access.confirm(viewer, &ids).await?;
        retrieved.withheld += ids.len() - readable.len();
        ranked.retain(|ranked| readable.contains(&ranked.document));
        if limit == DEPTHS[0] {
            let is_named = |ranked: &&Ranked| named.contains(&ranked.document);
            let named = ranked.iter().take_while(is_named).count();
            let heads = best_heads(asked, &ranked[named..]).await?;
            votes::cast(asked, &mut ranked, &heads, named).await?;
            prior::prefer_recent(&mut ranked[named..], &heads, Utc::now());
            seen.extend(ranked.iter().map(|ranked| ranked.document));
        }
        let left = wanted.saturating_sub(retrieved.documents.len());
        let settled = translations.settle(asked, ranked, left).await?;
        retrieved.documents.extend(settled);
        for (passage, explanation) in explanations(&keyword, &near, &fused) {
            retrieved.legs.entry(passage).or_insert(explanation);
        }
        if retrieved.documents.len() >= wanted || exhausted {
            break;
        }
    }
    retrieved.translations = translations.of;
    Ok(retrieved)
}

/// What is known of the best candidates that are no articles.
async fn best_heads(
    asked: Asked<'_>,
    ranked: &[Ranked],
) -> Result<HashMap<RecordId, Document>, Error> {
    let best = ranked.iter().take(LOOKED_AT).map(|ranked| ranked.document);
    let ids: Vec<RecordId> = best.filter(|id| !rank::is_article(*id)).collect();
    let heads = asked.engine.reader.heads(asked.viewer, &ids).await?;
    Ok(heads.into_iter().map(|head| (head.id, head)).collect())
}

/// The passages of these documents that are nearest to the question, best first.
pub(super) async fn passages_within(
    asked: Asked<'_>,
    documents: &BTreeSet<RecordId>,
) -> Result<HashMap<RecordId, Vec<(PassageId, f32)>>, Error> {
    if documents.is_empty() {
        return Ok(HashMap::new());
    }
    let filters = Filters {
        documents: Some(documents.iter().copied().collect()),
        ..asked.filters.clone()
    };
    let (engine, viewer) = (asked.engine, asked.viewer);
    let Question { query, vector } = asked.question;
    let limit = MOST_PASSAGES * documents.len();
    let (keyword, near) = legs(engine, viewer, query, vector.as_deref(), &filters, limit).await?;
    let ranked = rank::by_document(&rank::fuse(&keyword, &near));
    let passages = ranked.into_iter().map(|r| (r.document, r.passages));
    Ok(passages.collect())
}

/// For each code of the question that stands in few passages, those passages.
async fn rare_codes(
    engine: &Engine,
    viewer: &Viewer,
    query: &KeywordQuery,
    filters: &Filters,
) -> Result<Vec<Vec<Scored>>, Error> {
    let mut rare = Vec::new();
    for code in query.codes().into_iter().take(MOST_CODES) {
        let found = engine
            .reader
            .keyword(viewer, &code, filters, RARE + 1)
            .await?;
        if found.len() <= RARE {
            rare.push(found);
        }
    }
    Ok(rare)
}

async fn legs(
    engine: &Engine,
    viewer: &Viewer,
    query: &KeywordQuery,
    vector: Option<&[f32]>,
    filters: &Filters,
    limit: usize,
) -> Result<(Vec<Scored>, Vec<Scored>), Error> {
    let keyword = engine.reader.keyword(viewer, query, filters, limit);
    let near = async {
        match vector {
            Some(vector) => engine.reader.vector(viewer, vector, filters, limit).await,
            None => Ok(Vec::new()),
        }
    };
    Ok(tokio::try_join!(keyword, near)?)
}

/// The question's vector. An embedding endpoint that is away costs quality, not the answer.
async fn embed(engine: &Engine, text: &str) -> Option<Vec<f32>> {
    let embedder = engine.embedder.as_ref()?;
    match embedder.query(text).await {
        Ok(vector) => Some(vector),
        Err(error) => {
            tracing::warn!(error = %error, "query not embedded, keyword search only");
            None
        }
    }
}

/// Documents that the text names by record id, number or email address.
async fn named_documents(
    engine: &Engine,
    viewer: &Viewer,
    query: &KeywordQuery,
    filters: &Filters,
) -> Result<Vec<RecordId>, store::Error> {
    match query.exact_keys() {
        [] => Ok(Vec::new()),
        keys => engine.reader.exact(viewer, keys, filters).await,
    }
}

/// Named documents first, whatever else was found of them.
fn with_named(named: &[RecordId], mut ranked: Vec<Ranked>) -> Vec<Ranked> {
    for (position, id) in named.iter().enumerate().rev() {
        let found = ranked.iter().position(|ranked| ranked.document == *id);
        let mut first = match found {
            Some(at) => ranked.remove(at),
            None => Ranked::new(*id),
        };
        first.score = EXACT_SCORE - position as f32 / 1_000.0;
        ranked.insert(0, first);
    }
    ranked
}

fn explanations(
    keyword: &[Scored],
    near: &[Scored],
    fused: &[Scored],
) -> HashMap<PassageId, Explanation> {
    let places = |leg: &[Scored]| -> HashMap<PassageId, (usize, f32)> {
        let numbered = leg.iter().enumerate();
        numbered
            .map(|(place, scored)| (scored.passage, (place + 1, scored.score)))
            .collect()
    };
    let (keyword, near) = (places(keyword), places(near));
    fused
        .iter()
        .map(|scored| {
            let explanation = Explanation {
                keyword: keyword.get(&scored.passage).copied(),
                vector: near.get(&scored.passage).copied(),
                fused: scored.score,
            };
            (scored.passage, explanation)
        })
        .collect()
}

/// The documents of a page, by id.
pub async fn documents(
    engine: &Engine,
    viewer: &Viewer,
    page: &[Ranked],
) -> Result<HashMap<RecordId, Document>, Error> {
    let ids: Vec<_> = page.iter().map(|ranked| ranked.document).collect();
    let documents = engine.reader.documents(viewer, &ids).await?;
    Ok(documents.into_iter().map(|d| (d.id, d)).collect())
}

/// The passages of a page, by id.
pub async fn passages(
    engine: &Engine,
    viewer: &Viewer,
    page: &[Ranked],
) -> Result<HashMap<PassageId, Passage>, Error> {
    let ids: Vec<_> = page
        .iter()
        .flat_map(|ranked| ranked.passages.iter().map(|(id, _)| *id))
        .collect();
    let passages = engine.reader.passages(viewer, &ids).await?;
    Ok(passages.into_iter().map(|p| (p.id, p)).collect())
}
