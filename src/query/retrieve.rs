//! Retrieval on behalf of a viewer: both legs, fused, confirmed by Salesforce, as deep as needed.

use std::collections::{BTreeSet, HashMap};

use domain::{Document, Passage, PassageId, RecordId, Viewer};
use store::{Filters, KeywordQuery, Scored};

use super::explain::{self, Legs};
use super::rank::{self, BoostReason, Ranked};
use super::strict::Strict;
use super::{Engine, Error};

/// How deep the legs go, one after the other, until the page is full.
pub const DEPTHS: [usize; 3] = [100, 500, 2_500];
/// Codes of one question that are looked up by themselves.
const MOST_CODES: usize = 6;
/// A code that stands in at most so many passages tells exactly what is meant.
const RARE: usize = 25;
/// The score of a document that the query names by id, number or email.
const EXACT_SCORE: f32 = 2.0;
/// By how much it is at least above everything else.
const ABOVE: f32 = 0.2;

/// What a search found, before it is shown. Only documents that the viewer may read.
#[derive(Default)]
pub struct Retrieved {
    pub documents: Vec<Ranked>,
    pub withheld: usize,
    /// Empty unless the question wants it explained.
    pub legs: Legs,
}

/// A text as both legs look for it.
#[derive(Clone)]
pub struct Question {
    pub query: KeywordQuery,
    /// None without an embedder, or while it is away.
    pub vector: Option<Vec<f32>>,
    /// What must and must not occur.
    pub strict: Strict,
    /// A document that is not found, because others like it are looked for.
    pub itself: Option<RecordId>,
    /// Whether to take down what each leg gives.
    pub explained: bool,
}

impl Question {
    pub fn new(query: KeywordQuery, vector: Option<Vec<f32>>) -> Self {
        Self {
            query,
            vector,
            strict: Strict::default(),
            itself: None,
            explained: false,
        }
    }

    /// # Errors
    /// [`Error::Store`] when the index cannot be read.
    pub async fn read(engine: &Engine, viewer: &Viewer, text: &str) -> Result<Self, Error> {
        let (query, text) = match engine.reader.respelled(viewer, text).await? {
            Some(respelled) => (respelled.query, respelled.text),
            None => (KeywordQuery::parse(text), text.to_owned()),
        };
        // Ids, numbers and addresses have no meaning that a vector could be near to.
        let has_meaning = text.split_whitespace().count() > query.exact_keys().len();
        let vector = match has_meaning {
            true => embed(engine, &text).await,
            false => None,
        };
        Ok(Self::new(query, vector))
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
    let Question { query, vector, .. } = question;
    let filters = &question.strict.narrowed(engine, viewer, filters).await?;
    let named = named_documents(engine, viewer, query, filters).await?;
    let codes = rare_codes(engine, viewer, query, filters).await?;
    let mut retrieved = Retrieved::default();
    let mut seen = BTreeSet::new();
    for limit in DEPTHS {
        let (keyword, near) =
            legs(engine, viewer, query, vector.as_deref(), filters, limit).await?;
        let exhausted = keyword.len() < limit && near.len() < limit;
        let mut fused = rank::fuse(&keyword, &near);
        rank::prefer_rare_codes(&mut fused, &codes);
        let mut ranked = rank::by_document(&fused);
        rank::name_rare_codes(&mut ranked, &codes);
        let mut ranked = with_named(&named, ranked);
        ranked.retain(|ranked| Some(ranked.document) != question.itself);
        // Deeper candidates come strictly behind: a page must not change with the next one.
        ranked.retain(|ranked| seen.insert(ranked.document));
        let ids: Vec<_> = ranked.iter().map(|ranked| ranked.document).collect();
        let readable = engine.access.confirm(viewer, &ids).await?;
        retrieved.withheld += ids.len() - readable.len();
        let excluded = question.strict.excluded(engine, viewer, &ids).await?;
        ranked.retain(|ranked| readable.contains(&ranked.document));
        ranked.retain(|ranked| !excluded.contains(&ranked.document));
        retrieved.documents.extend(ranked);
        if question.explained {
            for (passage, explanation) in explain::legs(&keyword, &near, &fused) {
                retrieved.legs.entry(passage).or_insert(explanation);
            }
        }
        if retrieved.documents.len() >= wanted || exhausted {
            break;
        }
    }
    Ok(retrieved)
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
    let best = ranked.first().map_or(0.0, |ranked| ranked.score);
    let exact = EXACT_SCORE.max(best + ABOVE);
    for (position, id) in named.iter().enumerate().rev() {
        let found = ranked.iter().position(|ranked| ranked.document == *id);
        let mut first = found.map_or_else(|| Ranked::unscored(*id), |at| ranked.remove(at));
        let behind = position as f32 / 1_000.0;
        first.lift_to(exact - behind, BoostReason::ExactKey);
        ranked.insert(0, first);
    }
    ranked
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
