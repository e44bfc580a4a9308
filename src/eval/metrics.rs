//! The measures of a ranking.

use std::collections::BTreeMap;

use domain::RecordId;
use serde::Serialize;

/// How deep the top of a ranking reaches.
const TOP: usize = 10;
/// How deep recall is measured beyond it.
const DEEP: usize = 100;

/// How well one question's documents were ranked; each from 0 to 1.
///
/// Definitions as in trec_eval: the gain of a document is its grade, discounted by log2(rank + 1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Quality {
    /// Discounted gain of the first ten, over that of the best possible order.
    pub ndcg_at_10: f64,
    /// Relevant documents among the first ten, over all relevant ones.
    pub recall_at_10: f64,
    pub recall_at_100: f64,
    /// One over the rank of the first relevant document, if it is among the first ten.
    pub mrr_at_10: f64,
    /// Whether the first document is relevant.
    pub success_at_1: f64,
}

/// The mean over the questions of a set, and what it took.
#[derive(Debug, Clone, Serialize)]
pub struct Metrics {
    pub questions: usize,
    /// Questions that could not be searched: they count as 0.
    pub failed: usize,
    #[serde(flatten)]
    pub quality: Quality,
    /// Milliseconds, as the caller saw them.
    pub p50_ms: f64,
    pub p99_ms: f64,
}

impl Quality {
    /// Of a ranking, best first. `relevant` has at least one document, with grades above 0.
    pub fn of(ranking: &[RecordId], relevant: &BTreeMap<RecordId, f64>) -> Self {
        let grade = |id: &RecordId| relevant.get(id).copied().unwrap_or(0.0);
        let mut ideal: Vec<f64> = relevant.values().copied().collect();
        ideal.sort_by(|a, b| b.total_cmp(a));
        let recall = |depth: usize| {
            let found = ranking.iter().take(depth).filter(|id| grade(id) > 0.0);
            found.count() as f64 / relevant.len() as f64
        };
        let top = ranking.iter().take(TOP);
        let first = top.clone().position(|id| grade(id) > 0.0);
        Self {
            ndcg_at_10: discounted(top.map(grade)) / discounted(ideal.into_iter().take(TOP)),
            recall_at_10: recall(TOP),
            recall_at_100: recall(DEEP),
            mrr_at_10: first.map_or(0.0, |place| 1.0 / (place as f64 + 1.0)),
            success_at_1: f64::from(u8::from(first == Some(0))),
        }
    }

    /// The mean of all; 0 for none.
    pub fn mean(all: &[Self]) -> Self {
        let of = |value: fn(&Self) -> f64| {
            all.iter().map(value).sum::<f64>() / (all.len().max(1) as f64)
        };
        Self {
            ndcg_at_10: of(|q| q.ndcg_at_10),
            recall_at_10: of(|q| q.recall_at_10),
            recall_at_100: of(|q| q.recall_at_100),
            mrr_at_10: of(|q| q.mrr_at_10),
            success_at_1: of(|q| q.success_at_1),
        }
    }
}

/// Of times in order.
pub fn percentile(times: &[f64], percent: usize) -> f64 {
    let last = times.len().saturating_sub(1);
    times.get(last * percent / 100).copied().unwrap_or(0.0)
}

fn discounted(gains: impl Iterator<Item = f64>) -> f64 {
    gains
        .zip(2_u32..)
        .map(|(gain, place)| gain / f64::from(place).log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> RecordId {
        RecordId::parse(&format!("5000000000000{n:02}")).unwrap()
    }

    #[test]
    fn measures_are_those_of_the_textbook() {
        let relevant = BTreeMap::from([(id(1), 2.0), (id(2), 1.0)]);
        let perfect = Quality::of(&[id(1), id(2), id(3)], &relevant);
        assert_eq!(perfect.ndcg_at_10, 1.0);
        assert_eq!((perfect.recall_at_10, perfect.success_at_1), (1.0, 1.0));

        let late = Quality::of(&[id(9), id(2)], &relevant);
        // Gain 1 at rank 2, of 2 at rank 1 and 1 at rank 2.
        let third = 3.0_f64.log2();
        let expected = (1.0 / third) / (2.0 + 1.0 / third);
        assert!((late.ndcg_at_10 - expected).abs() < 1e-12);
        assert_eq!((late.mrr_at_10, late.recall_at_10), (0.5, 0.5));
        assert_eq!(late.success_at_1, 0.0);

        assert_eq!(Quality::of(&[], &relevant), Quality::default());
        let mean = Quality::mean(&[perfect, late]);
        assert_eq!(mean.mrr_at_10, 0.75);
    }

    #[test]
    fn beyond_ten_only_deep_recall_counts() {
        let ranking: Vec<_> = (10..30).map(id).collect();
        let relevant = BTreeMap::from([(id(25), 1.0)]);
        let quality = Quality::of(&ranking, &relevant);
        assert_eq!((quality.recall_at_10, quality.recall_at_100), (0.0, 1.0));
        assert_eq!((quality.mrr_at_10, quality.ndcg_at_10), (0.0, 0.0));
    }
}
