//! A weak prior: of two cases or activities that match alike, the one that was changed lately is a
//! little more likely to be meant. Articles, accounts and products do not age so.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{Document, RecordId};

use super::rank::{self, Boost, BoostReason, Ranked};

/// What one that was changed today gets, as a share of the best candidate's score.
const TODAY: f32 = 0.03;
/// After so many days it is half as much.
const HALF_LIFE: f32 = 180.0;
/// Less is not worth a word.
const LEAST: f32 = 0.001;
/// The key prefixes of cases, tasks and events, which are the same in every org.
const PASSING: [&str; 3] = ["500", "00T", "00U"];

/// Lets recent candidates go before older ones that match as well; `ranked` is in order, best
/// first, and those without a head stay as they are.
pub(super) fn prefer_recent(
    ranked: &mut [Ranked],
    heads: &HashMap<RecordId, Document>,
    now: DateTime<Utc>,
) {
    let best = ranked.first().map_or(0.0, |best| best.score);
    for candidate in ranked.iter_mut() {
        let head = heads.get(&candidate.document);
        if let Some(boost) = head.and_then(|head| recency(head, best, now)) {
            candidate.lift(boost);
        }
    }
    ranked.sort_by(rank::best_first);
}

fn recency(document: &Document, best: f32, now: DateTime<Utc>) -> Option<Boost> {
    let is_known = document.updated_at != DateTime::UNIX_EPOCH;
    if !is_known || !PASSING.contains(&document.id.key_prefix()) {
        return None;
    }
    let days = (now - document.updated_at).num_days().max(0);
    let share = TODAY * 0.5_f32.powf(days as f32 / HALF_LIFE);
    (share >= LEAST).then(|| Boost::new(BoostReason::Recent, best * share))
}
