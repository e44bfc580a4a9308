//! Searching an index that is on the server whole, by words and by meaning.

use domain::Viewer;
use qdrant_client::qdrant::{
    Condition, Filter, QueryBatchPoints, QueryPoints, ScoredPoint, SparseVector, VectorInput,
    vector_input,
};

use super::collection::WORDS;
use super::payload::{self, DOCUMENT, OBJECT, PASSAGE, SOURCE, TITLE, TITLE_SOURCE};
use super::rows::committed;
use super::words::{self, Weights};
use super::{Server, filter};
use crate::access::{Allowed, Scope, reads};
use crate::keyword::PassageRow;
use crate::{Error, Filters, KeywordQuery, Scored};

/// Passages that are held against a quoted text, at least.
const FEWEST_TO_COMPARE: usize = 200;

impl Server {
    /// The best passages by words, best first.
    pub(crate) async fn keyword(
        &self,
        viewer: &Viewer,
        query: &KeywordQuery,
        filters: &Filters,
        limit: usize,
    ) -> Result<Vec<Scored>, Error> {
        let published = self.published().await?;
        let Some(state) = committed(&published) else {
            return Ok(Vec::new());
        };
        let Some(scope) = Scope::new(viewer, filters, &state.vocabulary) else {
            return Ok(Vec::new());
        };
        if query.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let queries = word_queries(&state.passages, query, &scope, limit);
        let titles: Vec<bool> = queries.iter().map(|(titles, _)| *titles).collect();
        let batch = QueryBatchPoints {
            collection_name: state.passages.clone(),
            query_points: queries.into_iter().map(|(_, query)| query).collect(),
            ..QueryBatchPoints::default()
        };
        let reads = self.link.reads();
        let found = self.link.read(reads.query_batch(batch)).await?.result;
        let mut points = Vec::new();
        for (with_titles, found) in titles.into_iter().zip(found) {
            points.extend(with_phrases(query, found.result, with_titles)?);
        }
        points.sort_by(|a, b| b.score.total_cmp(&a.score));
        points.truncate(limit);
        Ok(readable_hits(viewer, points))
    }

    /// The nearest passages by meaning, nearest first.
    pub(crate) async fn vector(
        &self,
        viewer: &Viewer,
        vector: &[f32],
        filters: &Filters,
        limit: usize,
    ) -> Result<Vec<Scored>, Error> {
        let published = self.published().await?;
        let Some(state) = committed(&published) else {
            return Ok(Vec::new());
        };
        let Some(scope) = Scope::new(viewer, filters, &state.vocabulary) else {
            return Ok(Vec::new());
        };
        if limit == 0 || !vector.iter().all(|number| number.is_finite()) {
            return Ok(Vec::new());
        }
        let fields = [DOCUMENT, OBJECT, SOURCE];
        let found = self.meaning(&state.passages, vector.to_vec(), &scope, limit, &fields);
        Ok(readable_hits(viewer, found.await?))
    }
}

/// Each with whether titles count in it: one query where all do or none; else one for the passages
/// whose title may be read, and one for the others.
fn word_queries(
    collection: &str,
    query: &KeywordQuery,
    scope: &Scope,
    limit: usize,
) -> Vec<(bool, QueryPoints)> {
    let base = filter::of_passages(scope);
    let mut fields = vec![DOCUMENT, OBJECT, SOURCE];
    let mut limit = limit;
    if !query.phrases.is_empty() {
        fields.extend([PASSAGE, TITLE]);
        limit = limit.max(FEWEST_TO_COMPARE);
    }
    let one = |titles: bool, filter: Option<Filter>| {
        let points = QueryPoints {
            collection_name: collection.to_owned(),
            query: Some(sparse(words::of_query(query, titles)).into()),
            using: Some(WORDS.to_owned()),
            filter,
            limit: Some(limit as u64),
            with_payload: Some(payload::only(&fields)),
            ..QueryPoints::default()
        };
        (titles, points)
    };
    match &scope.titles {
        Allowed::All => vec![one(true, base)],
        Allowed::Only(readable) if readable.is_empty() => vec![one(false, base)],
        Allowed::Only(readable) => {
            let titled = || Condition::matches(TITLE_SOURCE, readable.clone());
            let mut with = base.clone().unwrap_or_default();
            with.must.push(titled());
            let mut without = base.unwrap_or_default();
            without.must_not.push(titled());
            vec![one(true, Some(with)), one(false, Some(without))]
        }
    }
}

fn sparse(weights: Weights) -> VectorInput {
    let (indices, values) = weights.into_iter().unzip();
    VectorInput {
        variant: Some(vector_input::Variant::Sparse(SparseVector {
            values,
            indices,
        })),
    }
}

/// Quoted texts come first where they stand as they were quoted: neighbours alone do not tell. Where
/// nothing but quoted texts is looked for, nothing else is found.
fn with_phrases(
    query: &KeywordQuery,
    points: Vec<ScoredPoint>,
    titles: bool,
) -> Result<Vec<ScoredPoint>, Error> {
    if query.phrases.is_empty() {
        return Ok(points);
    }
    let best = points.iter().map(|point| point.score).fold(0.0, f32::max);
    let mut kept = Vec::with_capacity(points.len());
    for mut point in points {
        let row: PassageRow = payload::read(&point.payload, PASSAGE)?;
        let title = payload::text(&point.payload, TITLE).filter(|_| titles);
        let texts = [Some(row.passage.text.as_str()), title];
        let held = query.phrases.iter().filter(|phrase| {
            let mut texts = texts.iter().flatten();
            texts.any(|text| words::holds_phrase(text, phrase))
        });
        let held = held.count();
        point.score += best * held as f32;
        if held > 0 || !query.terms.is_empty() {
            kept.push(point);
        }
    }
    Ok(kept)
}

/// A field may have come since the viewer's scope was made: each hit shows where it is from.
fn readable_hits(viewer: &Viewer, points: Vec<ScoredPoint>) -> Vec<Scored> {
    let hits = points.into_iter().filter_map(|point| {
        let is_readable =
            |field| payload::text(&point.payload, field).is_some_and(|s| reads(viewer, s));
        (is_readable(OBJECT) && is_readable(SOURCE)).then_some(())?;
        Some(Scored {
            passage: payload::passage_of(point.id.as_ref())?,
            document: payload::record_id(&point.payload)?,
            score: point.score,
        })
    });
    hits.collect()
}
