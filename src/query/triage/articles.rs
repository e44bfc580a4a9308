//! Articles that apply: those that solved similar cases, and those whose text is near.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Document, ObjectName, RecordId};
use store::{ExactKey, Filters};

use super::Desk;
use super::alike::Alike;
use super::matter::Matter;
use super::steps::{Near, Nearness};
use super::words::Tongue;
use crate::query::Error;
use crate::query::grounding::Span;
use crate::query::retrieve::{Question, retrieve};

/// Articles that are shown.
const SHOWN: usize = 3;
/// Articles that are looked at.
const LOOKED_AT: usize = 8;
/// Votes that count as if they had been cast for nobody: one case alone says little.
const DOUBT: f32 = 0.5;
/// What votes count against nearness of text.
const VOTES: f32 = 1.2;
/// What an article counts that somebody has attached to this very case.
const OWN: f32 = 2.0;
/// Against the best; what is less is about something else.
const APPLIES: f32 = 0.5;
/// Passages of the shown articles whose nearness is asked for.
const PASSAGES: usize = 60;

/// The articles that apply, best first, and how near their passages are.
#[derive(Default)]
pub struct Applying {
    pub articles: Vec<Document>,
    pub near: Nearness,
    /// Versions of the articles that are attached to similar cases, by `KnowledgeArticleId`.
    pub attached: BTreeMap<RecordId, Document>,
}

/// Finds them among what the viewer may read.
pub async fn applying(
    desk: Desk<'_>,
    matter: &Matter,
    question: &Question,
    alike: &[Alike],
) -> Result<Applying, Error> {
    let objects = objects(desk);
    if objects.is_empty() {
        return Ok(Applying::default());
    }
    let votes = votes(matter, alike);
    let by_text = by_text(desk, question, objects).await?;
    let ids: BTreeSet<RecordId> = votes.keys().chain(by_text.keys()).copied().collect();
    let versions = versions(desk, &ids, matter.tongue).await?;
    let score = |article: &RecordId| {
        let voted = votes.get(article).copied().unwrap_or_default();
        let text = by_text.get(article).copied().unwrap_or_default();
        VOTES * voted + text
    };
    let mut ranked: Vec<(f32, RecordId)> = versions.keys().map(|id| (score(id), *id)).collect();
    ranked.sort_by(|(a, x), (b, y)| b.total_cmp(a).then(x.cmp(y)));
    let least = ranked.first().map_or(0.0, |(best, _)| best * APPLIES);
    ranked.retain(|(score, _)| *score >= least);
    ranked.truncate(SHOWN);
    let chosen: Vec<RecordId> = ranked
        .iter()
        .filter_map(|(_, article)| versions.get(article).map(|version| version.id))
        .collect();
    Ok(Applying {
        articles: desk.engine.reader.documents(desk.viewer, &chosen).await?,
        near: nearness(desk, question, chosen).await?,
        attached: versions,
    })
}

fn objects(desk: Desk<'_>) -> Vec<ObjectName> {
    let mut objects = desk.engine.access.document_objects();
    objects.retain(|object| object.is_article() && desk.viewer.reads_object(object));
    objects
}

/// The share of the votes of similar cases that each article has, by `KnowledgeArticleId`.
fn votes(matter: &Matter, alike: &[Alike]) -> BTreeMap<RecordId, f32> {
    let mut votes: BTreeMap<RecordId, f32> = BTreeMap::new();
    let mut all = DOUBT;
    for case in alike {
        let vote = case.likeness.powi(3);
        let attached: BTreeSet<RecordId> =
            case.document.articles.iter().map(|a| a.article).collect();
        for article in &attached {
            *votes.entry(*article).or_default() += vote / attached.len() as f32;
        }
        all += if attached.is_empty() { 0.0 } else { vote };
    }
    votes.values_mut().for_each(|share| *share /= all);
    let own = matter.document.iter().flat_map(|case| &case.articles);
    for attached in own {
        *votes.entry(attached.article).or_default() += OWN;
    }
    votes
}

/// Articles whose text is near, by `KnowledgeArticleId`, against the nearest one.
async fn by_text(
    desk: Desk<'_>,
    question: &Question,
    objects: Vec<ObjectName>,
) -> Result<BTreeMap<RecordId, f32>, Error> {
    if question.query.is_empty() && question.vector.is_none() {
        return Ok(BTreeMap::new());
    }
    let filters = Filters {
        objects,
        ..Filters::default()
    };
    let mut found = retrieve(desk.engine, desk.viewer, question, &filters, LOOKED_AT).await?;
    found.documents.truncate(LOOKED_AT);
    let best = found.documents.first().map_or(1.0, |best| best.score);
    let ids: Vec<RecordId> = found.documents.iter().map(|r| r.document).collect();
    let heads = desk.engine.reader.heads(desk.viewer, &ids).await?;
    let heads: BTreeMap<RecordId, &Document> = heads.iter().map(|head| (head.id, head)).collect();
    let mut articles = BTreeMap::new();
    for ranked in &found.documents {
        let article = heads
            .get(&ranked.document)
            .and_then(|head| head.parents.article);
        if let Some(article) = article {
            let score = ranked.score / best.max(f32::EPSILON);
            articles.entry(article).or_insert(score);
        }
    }
    Ok(articles)
}

/// The version of each article that fits the language of the case best, of those that the viewer may
/// read, without its text.
async fn versions(
    desk: Desk<'_>,
    articles: &BTreeSet<RecordId>,
    tongue: Tongue,
) -> Result<BTreeMap<RecordId, Document>, Error> {
    let keys: Vec<ExactKey> = articles.iter().copied().map(ExactKey::Id).collect();
    let (reader, viewer) = (&desk.engine.reader, desk.viewer);
    let found = reader.exact(viewer, &keys, &Filters::default()).await?;
    let readable = desk.engine.access.confirm(viewer, &found).await?;
    let readable: Vec<RecordId> = readable.into_iter().collect();
    let mut versions: BTreeMap<RecordId, Document> = BTreeMap::new();
    for head in reader.heads(viewer, &readable).await? {
        let Some(article) = head.parents.article.filter(|id| articles.contains(id)) else {
            continue;
        };
        let fits = |known: &Document| fitness(&head, tongue) > fitness(known, tongue);
        if versions.get(&article).is_none_or(fits) {
            versions.insert(article, head);
        }
    }
    Ok(versions)
}

/// The language of the case before English, English before others.
fn fitness(version: &Document, tongue: Tongue) -> usize {
    let language = version
        .language
        .as_deref()
        .unwrap_or_default()
        .to_lowercase();
    match language {
        language if language.starts_with(tongue.code()) => 2,
        language if language.starts_with(Tongue::English.code()) => 1,
        _ => 0,
    }
}

/// How near the passages of the articles are to the problem.
async fn nearness(
    desk: Desk<'_>,
    question: &Question,
    articles: Vec<RecordId>,
) -> Result<Nearness, Error> {
    let Some(vector) = question.vector.as_ref().filter(|_| !articles.is_empty()) else {
        return Ok(Nearness::new());
    };
    let filters = Filters {
        documents: Some(articles),
        ..Filters::default()
    };
    let (reader, viewer) = (&desk.engine.reader, desk.viewer);
    let found = match reader.vector(viewer, vector, &filters, PASSAGES).await {
        Ok(found) => found,
        // Retrieval has told that the vectors are away.
        Err(error) if error.vectors_away().is_some() => return Ok(Nearness::new()),
        Err(error) => return Err(error.into()),
    };
    let scores: BTreeMap<_, f32> = found.iter().map(|s| (s.passage, s.score)).collect();
    let ids: Vec<_> = scores.keys().copied().collect();
    let passages = reader.passages(viewer, &ids).await?;
    let near = passages.into_iter().filter_map(|passage| {
        let near = Near {
            record: passage.record_id,
            field: passage.field,
            span: Span {
                start: passage.start,
                end: passage.end,
            },
            score: *scores.get(&passage.id)?,
        };
        Some((passage.id, near))
    });
    Ok(near.collect())
}
