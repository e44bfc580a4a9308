//! Retrieval on behalf of a viewer: both legs, fused, confirmed by Salesforce, as deep as needed.

use std::collections::{BTreeSet, HashMap};

use chrono::Utc;
use domain::{Document, Passage, PassageId, RecordId, Viewer};
use store::{Filters, KeywordQuery, Reached, Scored};

use super::confirmed::Candidates;
use super::explain::{self, Legs};
use super::fusion::{Fused, Variant};
use super::legs::{Found, everywhere, legs, within_reach};
use super::rank::{self, BoostReason, Ranked};
use super::strict::Strict;
use super::translations::{Translation, Translations};
use super::{Engine, Error, current, prior, votes};

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
/// A query of no more words is no sentence.
const FEW_WORDS: usize = 4;
/// The score of a document that the query names by id, number or email.
const EXACT_SCORE: f32 = 2.0;
/// By how much it is at least above everything else.
const ABOVE: f32 = 0.2;

/// What a search found, before it is shown. Only documents that the viewer may read.
#[derive(Default)]
pub struct Retrieved {
    pub documents: Vec<Ranked>,
    pub withheld: usize,
    /// What was not asked because it is away, each once.
    pub degraded: BTreeSet<String>,
    /// Empty unless the question wants it explained.
    pub legs: Legs,
    /// The other languages of articles that are listed, by the version that is.
    pub translations: HashMap<RecordId, Vec<Translation>>,
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
    /// How the legs become one ranking.
    pub variant: Variant,
}

/// A text as the keyword leg looks for it.
pub(super) struct Words {
    pub query: KeywordQuery,
    /// The text with mistyped words put right.
    pub corrected: String,
}

impl Words {
    /// # Errors
    /// [`Error::Store`] when the index cannot be read.
    pub async fn read(engine: &Engine, viewer: &Viewer, text: &str) -> Result<Self, Error> {
        Ok(match engine.reader.respelled(viewer, text).await? {
            Some(respelled) => Self {
                query: respelled.query,
                corrected: respelled.text,
            },
            None => Self {
                query: engine.reader.parse(text),
                corrected: text.to_owned(),
            },
        })
    }
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
    pub fn new(query: KeywordQuery, vector: Option<Vec<f32>>) -> Self {
        Self {
            query,
            vector,
            strict: Strict::default(),
            itself: None,
            explained: false,
            variant: Variant::default(),
        }
    }

    /// # Errors
    /// [`Error::Store`] when the index cannot be read.
    pub async fn read(engine: &Engine, viewer: &Viewer, text: &str) -> Result<Self, Error> {
        let Words { query, corrected } = Words::read(engine, viewer, text).await?;
        // The model knows many words that no record has: it gets a question as it was typed. A word
        // or two that are mistyped mean nothing to it.
        let text = match text.split_whitespace().count() > FEW_WORDS {
            true => text,
            false => &corrected,
        };
        // Ids, numbers and addresses have no meaning that a vector could be near to.
        let has_meaning = text.split_whitespace().count() > query.exact_keys().len();
        let vector = match has_meaning {
            true => embed(engine, text).await,
            false => None,
        };
        Ok(Self::new(query, vector))
    }
}

/// Retrieves at least `wanted` readable documents if there are so many, going deeper while access
/// takes candidates away.
#[tracing::instrument(name = "retrieve", skip_all)]
pub async fn retrieve(
    engine: &Engine,
    viewer: &Viewer,
    question: &Question,
    filters: &Filters,
    wanted: usize,
) -> Result<Retrieved, Error> {
    let likely = Filters {
        reach: Reached::Likely,
        ..filters.clone()
    };
    let filters = &question.strict.narrowed(engine, viewer, &likely).await?;
    let asked = Asked {
        engine,
        viewer,
        question,
        filters,
    };
    let mut retrieved = Retrieved::default();
    let mut translations = Translations::default();
    let mut seen = BTreeSet::new();
    let mut denied = BTreeSet::new();
    let mut candidates = Candidates {
        found: Found::default(),
        named: named_documents(asked).await?,
        codes: rare_codes(asked).await?,
    };
    for limit in DEPTHS {
        candidates.found = found(asked, limit, wanted).await?;
        let exhausted = candidates.found.exhausted();
        retrieved.degraded.extend(candidates.found.degraded.clone());
        denied.extend(candidates.confirm(asked).await?);
        let fused = fused(asked, &candidates);
        // Deeper candidates come strictly behind: a page must not change with the next one.
        let mut ranked = with_named(&candidates.named, rank::by_document(&fused));
        ranked.retain(|ranked| Some(ranked.document) != question.itself);
        ranked.retain(|ranked| seen.insert(ranked.document));
        let ids: Vec<_> = ranked.iter().map(|ranked| ranked.document).collect();
        let excluded = question.strict.excluded(engine, viewer, &ids).await?;
        ranked.retain(|ranked| !excluded.contains(&ranked.document));
        if limit == DEPTHS[0] {
            lift(asked, &candidates.named, &mut ranked).await?;
            seen.extend(ranked.iter().map(|ranked| ranked.document));
        }
        let left = wanted.saturating_sub(retrieved.documents.len());
        let settled = translations.settle(asked, ranked, left).await?;
        retrieved.documents.extend(settled);
        if question.explained {
            let explained = explain::legs(question.variant, &candidates.found, &fused);
            for (passage, explanation) in explained {
                retrieved.legs.entry(passage).or_insert(explanation);
            }
        }
        if retrieved.documents.len() >= wanted || exhausted {
            break;
        }
    }
    retrieved.withheld = denied.len();
    retrieved.translations = translations.of;
    Ok(retrieved)
}

/// What is found at one depth, before Salesforce is asked about it.
async fn found(asked: Asked<'_>, limit: usize, wanted: usize) -> Result<Found, Error> {
    let access = &asked.engine.access;
    let is_first = limit == DEPTHS[0];
    let looks_beyond = is_first && access.has_reach(asked.viewer) && access.asks_beyond_reach();
    match looks_beyond {
        true => everywhere(asked, limit, wanted).await,
        false => within_reach(asked, limit).await,
    }
}

/// The legs on one scale, with the codes of the question in front.
fn fused(asked: Asked<'_>, candidates: &Candidates) -> Vec<Fused> {
    let mut fused = candidates.found.fused(asked.question.variant);
    rank::prefer_rare_codes(&mut fused, &candidates.codes);
    fused
}

/// What lifts the best candidates beside their text. Those that the query names stay in front.
async fn lift(asked: Asked<'_>, named: &[RecordId], ranked: &mut Vec<Ranked>) -> Result<(), Error> {
    let is_named = |ranked: &&Ranked| named.contains(&ranked.document);
    let named = ranked.iter().take_while(is_named).count();
    let heads = best_heads(asked, &ranked[named..]).await?;
    votes::cast(asked, ranked, &heads, named).await?;
    prior::prefer_recent(&mut ranked[named..], &heads, Utc::now());
    let heads = all_heads(asked, &ranked[named..], heads).await?;
    current::prefer_current(&mut ranked[named..], &heads, &asked.question.query);
    Ok(())
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

/// The same with the articles among the best.
async fn all_heads(
    asked: Asked<'_>,
    ranked: &[Ranked],
    mut heads: HashMap<RecordId, Document>,
) -> Result<HashMap<RecordId, Document>, Error> {
    let best = ranked.iter().take(LOOKED_AT).map(|ranked| ranked.document);
    let unknown: Vec<RecordId> = best.filter(|id| !heads.contains_key(id)).collect();
    let articles = asked.engine.reader.heads(asked.viewer, &unknown).await?;
    heads.extend(articles.into_iter().map(|head| (head.id, head)));
    Ok(heads)
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
    let limit = MOST_PASSAGES * documents.len();
    let found = legs(asked, &filters, limit).await?;
    let ranked = rank::by_document(&found.fused(asked.question.variant));
    let passages = ranked.into_iter().map(|r| (r.document, r.passages));
    Ok(passages.collect())
}

/// For each code of the question that stands in few passages within reach, those passages.
async fn rare_codes(asked: Asked<'_>) -> Result<Vec<Vec<Scored>>, Error> {
    let reader = &asked.engine.reader;
    let mut rare = Vec::new();
    for code in asked.question.query.codes().into_iter().take(MOST_CODES) {
        let found = reader
            .keyword(asked.viewer, &code, asked.filters, RARE + 1)
            .await?;
        if found.len() <= RARE {
            rare.push(found);
        }
    }
    Ok(rare)
}

/// The question's vector. An embedding endpoint that is away costs quality, not the answer.
#[tracing::instrument(name = "embed question", skip_all)]
async fn embed(engine: &Engine, text: &str) -> Option<Vec<f32>> {
    let embedder = engine.embedder.as_ref()?;
    if let Some(vector) = engine.questions.get(text) {
        return Some(vector);
    }
    match embedder.query(text).await {
        Ok(vector) => {
            engine.questions.keep(text, vector.clone());
            Some(vector)
        }
        Err(error) => {
            tracing::warn!(error = %error.without_its_words(), "query not embedded, keyword search only");
            None
        }
    }
}

/// Documents that the text names by record id, number or email address. What is named exactly is
/// asked about even where nobody knows that it is shared with the viewer.
async fn named_documents(asked: Asked<'_>) -> Result<Vec<RecordId>, store::Error> {
    let keys = asked.question.query.exact_keys();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let (reader, viewer) = (&asked.engine.reader, asked.viewer);
    let mut named = reader.exact(viewer, keys, asked.filters).await?;
    if asked.engine.access.has_reach(viewer) {
        let anything = Filters {
            reach: Reached::Anything,
            ..asked.filters.clone()
        };
        let others = reader.exact(viewer, keys, &anything).await?;
        let new: Vec<_> = others
            .into_iter()
            .filter(|id| !named.contains(id))
            .collect();
        named.extend(new);
    }
    Ok(named)
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
