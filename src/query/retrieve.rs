//! Retrieval on behalf of a viewer: both legs, fused, confirmed by Salesforce, as deep as needed.

use std::collections::{BTreeSet, HashMap};

use domain::{Document, Passage, PassageId, RecordId, Viewer};
use serde::{Deserialize, Serialize};
use store::{Filters, KeywordQuery, Scored};

use super::rank::{self, Ranked};
use super::{Engine, Error};

/// How deep the legs go, one after the other, until the page is full.
pub const DEPTHS: [usize; 3] = [100, 500, 2_500];
/// Codes of one question that are looked up by themselves.
const MOST_CODES: usize = 6;
/// A code that stands in at most so many passages tells exactly what is meant.
const RARE: usize = 25;
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
    /// What was not asked because it is away, each once.
    pub degraded: BTreeSet<String>,
}

/// A text as both legs look for it.
#[derive(Clone)]
pub struct Question {
    pub query: KeywordQuery,
    /// None without an embedder, or while it is away.
    pub vector: Option<Vec<f32>>,
}

impl Question {
    pub async fn read(engine: &Engine, text: &str) -> Self {
        let query = KeywordQuery::parse(text);
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
    let Question { query, vector } = question;
    let named = named_documents(engine, viewer, query, filters).await?;
    let codes = rare_codes(engine, viewer, query, filters).await?;
    let mut retrieved = Retrieved::default();
    let mut seen = BTreeSet::new();
    for limit in DEPTHS {
        let (keyword, near, degraded) =
            legs(engine, viewer, query, vector.as_deref(), filters, limit).await?;
        retrieved.degraded.extend(degraded);
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
        retrieved.documents.extend(ranked);
        for (passage, explanation) in explanations(&keyword, &near, &fused) {
            retrieved.legs.entry(passage).or_insert(explanation);
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

/// What both legs found, and why the second could not be asked, if so: words are enough then.
async fn legs(
    engine: &Engine,
    viewer: &Viewer,
    query: &KeywordQuery,
    vector: Option<&[f32]>,
    filters: &Filters,
    limit: usize,
) -> Result<(Vec<Scored>, Vec<Scored>, Option<String>), Error> {
    let keyword = engine.reader.keyword(viewer, query, filters, limit);
    let near = async {
        let Some(vector) = vector else {
            return Ok((Vec::new(), None));
        };
        match engine.reader.vector(viewer, vector, filters, limit).await {
            Ok(near) => Ok((near, None)),
            Err(error) => match error.vectors_away() {
                Some(reason) => Ok((Vec::new(), Some(format!("vector search is away: {reason}")))),
                None => Err(error),
            },
        }
    };
    let (keyword, (near, degraded)) = tokio::try_join!(keyword, near)?;
    Ok((keyword, near, degraded))
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
        let passages = found.map_or_else(Vec::new, |at| ranked.remove(at).passages);
        let behind = position as f32 / 1_000.0;
        ranked.insert(
            0,
            Ranked {
                document: *id,
                score: EXACT_SCORE - behind,
                passages,
            },
        );
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
