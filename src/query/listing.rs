//! Pages by date: of all that the filters let through, or of what a query finds.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use domain::{RecordId, Viewer};
use store::{Filters, Order, Place, Reached};

use super::cursor::Position;
use super::rank::Ranked;
use super::retrieve::{Question, retrieve};
use super::search::{Found, Page};
use super::strict::Strict;
use super::{Engine, Error};

/// Documents of a list whose access is asked for at once: the ids of one call to Salesforce.
const STEP: usize = 200;
/// Steps of one page. Who may read little goes on from a short page with its cursor.
const MOST_STEPS: usize = 10;
/// Documents of a query that are sorted by date.
const CANDIDATES: usize = 300;
/// Of these, those that score at least this share of the best: the rest is merely near.
const RELEVANT: f32 = 0.4;

/// A page of everything in the filters.
pub async fn listed(
    engine: &Engine,
    viewer: &Viewer,
    filters: &Filters,
    strict: &Strict,
    order: Order,
    page: &Page,
) -> Result<Found, Error> {
    let likely = Filters {
        reach: Reached::Likely,
        ..filters.clone()
    };
    let filters = strict.narrowed(engine, viewer, &likely).await?;
    let mut found = Found::default();
    let mut after = page.after();
    for _ in 0..MOST_STEPS {
        let reader = &engine.reader;
        let step = reader.listed(viewer, &filters, order, after, STEP).await?;
        let ids: Vec<_> = step.iter().map(|place| place.document).collect();
        let readable = engine.access.confirm(viewer, &ids).await?;
        let excluded = strict.excluded(engine, viewer, &ids).await?;
        found.withheld += ids.len() - readable.len();
        for place in &step {
            let wanted = readable.contains(&place.document) && !excluded.contains(&place.document);
            if !wanted {
                continue;
            }
            found.candidates.push(place.document);
            if found.page.len() < page.limit {
                found.page.push(Ranked::unscored(place.document));
                after = Some(*place);
            } else {
                found.next = after.map(Position::After);
            }
        }
        let is_last = step.len() < STEP;
        if is_last || found.next.is_some() {
            return Ok(found);
        }
        after = step.last().copied().or(after);
    }
    found.next = after.map(Position::After);
    Ok(found)
}

/// A page of what a query finds, by date.
pub async fn dated(
    engine: &Engine,
    viewer: &Viewer,
    filters: &Filters,
    question: &Question,
    order: Order,
    page: &Page,
) -> Result<Found, Error> {
    let retrieved = retrieve(engine, viewer, question, filters, CANDIDATES).await?;
    let best = retrieved.documents.iter().map(|ranked| ranked.score);
    let least = best.fold(0.0, f32::max) * RELEVANT;
    let mut ranked = retrieved.documents;
    ranked.retain(|ranked| ranked.score >= least);
    let times = times(engine, viewer, &ranked).await?;
    let mut found = Found {
        candidates: ranked.iter().map(|ranked| ranked.document).collect(),
        withheld: retrieved.withheld,
        legs: retrieved.legs,
        translations: retrieved.translations,
        degraded: retrieved.degraded,
        ..Found::default()
    };
    let mut places: BTreeMap<_, (Place, Ranked)> = BTreeMap::new();
    for ranked in ranked {
        if let Some(updated_at) = times.get(&ranked.document) {
            let place = Place {
                updated_at: *updated_at,
                document: ranked.document,
            };
            places.insert(key(order, place), (place, ranked));
        }
    }
    let after = page.after().map(|place| key(order, place));
    let behind = |key: &(i64, RecordId)| after.is_none_or(|after| *key > after);
    let mut rest = places.into_iter().filter(|(key, _)| behind(key));
    let mut last = None;
    for (_, (place, ranked)) in rest.by_ref().take(page.limit) {
        found.page.push(ranked);
        last = Some(place);
    }
    if rest.next().is_some() {
        found.next = last.map(Position::After);
    }
    Ok(found)
}

/// Sorts as the store lists: by date, documents of one time by their ids.
fn key(order: Order, place: Place) -> (i64, RecordId) {
    let milliseconds = place.updated_at.timestamp_millis();
    let time = match order {
        Order::Newest => milliseconds.saturating_neg(),
        Order::Oldest => milliseconds,
    };
    (time, place.document)
}

async fn times(
    engine: &Engine,
    viewer: &Viewer,
    ranked: &[Ranked],
) -> Result<HashMap<RecordId, DateTime<Utc>>, Error> {
    let ids: Vec<_> = ranked.iter().map(|ranked| ranked.document).collect();
    let heads = engine.reader.heads(viewer, &ids).await?;
    Ok(heads
        .iter()
        .map(|head| (head.id, head.updated_at))
        .collect())
}
