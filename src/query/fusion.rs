//! Two lists of passages become one: what each leg found, made comparable and added up.
//!
//! A leg's scores are brought to one scale by their spread: how far a candidate lies above the
//! leg's worst one, in standard deviations over all candidate documents. This is
//! distribution-based score fusion as Qdrant has it (DBSF), except that what a leg did not find
//! counts as its worst candidate instead of as nothing, so that the edge of a list is no cliff. It
//! keeps how far ahead a candidate is, which ranks alone lose, and does not hang on the one best
//! score, as min-max does.

use std::collections::HashMap;

use clap::ValueEnum;
use domain::{PassageId, RecordId};
use serde::{Deserialize, Serialize};
use store::Scored;
use utoipa::ToSchema;

/// The vector leg's share of a fused score; the keyword leg has the rest.
const VECTOR_SHARE: f32 = 0.6;
/// So many standard deviations above the worst candidate are a score of 1: about where the best
/// candidate of a hundred lies.
const FULL_SPREAD: f32 = 5.0;
/// What reciprocal rank fusion adds to each rank; the value of its authors.
const RRF_K: f32 = 60.0;

/// How the legs become one ranking. `hybrid` is what people get; the others are for comparison.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum, ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
#[schema(as = RankingVariant)]
pub enum Variant {
    /// Both legs, by the spread of their scores
    #[default]
    Hybrid,
    /// Words alone
    Keyword,
    /// Meaning alone
    Vector,
    /// Both legs, each from its worst to its best score
    MinMax,
    /// Both legs by ranks alone (reciprocal rank fusion)
    Rrf,
}

impl Variant {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the words are searched for.
    pub fn has_keyword(self) -> bool {
        self != Self::Vector
    }

    /// Whether the meaning is searched for.
    pub fn has_vector(self) -> bool {
        self != Self::Keyword
    }
}

impl std::fmt::Display for Variant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value = self.to_possible_value();
        f.write_str(value.as_ref().map_or("hidden", |value| value.get_name()))
    }
}

/// What one leg found, best first.
#[derive(Debug, Clone, Copy)]
pub struct Leg<'a> {
    pub found: &'a [Scored],
    /// Whether that is all there is.
    pub exhausted: bool,
}

/// What each leg gives a passage, on one scale, each already weighted by the leg's share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fused {
    pub passage: PassageId,
    pub document: RecordId,
    pub keyword: f32,
    pub vector: f32,
    /// For what both legs cannot tell.
    pub extra: f32,
}

impl Fused {
    pub fn of(scored: &Scored) -> Self {
        Self {
            passage: scored.passage,
            document: scored.document,
            keyword: 0.0,
            vector: 0.0,
            extra: 0.0,
        }
    }

    pub fn score(&self) -> f32 {
        self.keyword + self.vector + self.extra
    }
}

/// Fuses the legs; in no order. A leg that found nothing leaves the ranking to the other.
pub fn fuse(variant: Variant, keyword: Leg<'_>, vector: Leg<'_>) -> Vec<Fused> {
    let (keyword_share, vector_share) = shares(keyword.found, vector.found);
    let documents = candidates(keyword.found, vector.found);
    let mut fused: HashMap<PassageId, Fused> = HashMap::new();
    let keyword_scores = scaled(variant, keyword, documents);
    for (scored, score) in keyword.found.iter().zip(keyword_scores) {
        let entry = fused.entry(scored.passage);
        entry.or_insert_with(|| Fused::of(scored)).keyword = keyword_share * score;
    }
    let vector_scores = scaled(variant, vector, documents);
    for (scored, score) in vector.found.iter().zip(vector_scores) {
        let entry = fused.entry(scored.passage);
        entry.or_insert_with(|| Fused::of(scored)).vector = vector_share * score;
    }
    fused.into_values().collect()
}

/// What the keyword and the vector leg count for.
pub fn shares(keyword: &[Scored], vector: &[Scored]) -> (f32, f32) {
    let vector_share = match (keyword.is_empty(), vector.is_empty()) {
        (true, _) => 1.0,
        (false, true) => 0.0,
        (false, false) => VECTOR_SHARE,
    };
    (1.0 - vector_share, vector_share)
}

/// How many documents both legs found together.
pub fn candidates(keyword: &[Scored], vector: &[Scored]) -> usize {
    let both = keyword.iter().chain(vector);
    let documents: std::collections::HashSet<RecordId> =
        both.map(|scored| scored.document).collect();
    documents.len()
}

/// A leg's scores on a scale that both legs share, in the leg's order.
pub fn scaled(variant: Variant, leg: Leg<'_>, documents: usize) -> Vec<f32> {
    let scores = leg.found.iter().map(|scored| scored.score);
    if variant == Variant::Rrf {
        let ranks = (1..=leg.found.len()).map(|rank| RRF_K / (RRF_K + rank as f32));
        return ranks.collect();
    }
    // What a leg that has found all it can does not find has nothing of what it looks for.
    let worst = scores.clone().fold(f32::MAX, f32::min);
    let floor = if leg.exhausted { worst.min(0.0) } else { worst };
    let full = match variant {
        Variant::MinMax => scores.clone().fold(f32::MIN, f32::max) - floor,
        Variant::Hybrid | Variant::Keyword | Variant::Vector | Variant::Rrf => {
            FULL_SPREAD * spread(leg.found, floor, documents)
        }
    };
    scores
        .map(|score| {
            if full > f32::EPSILON {
                (score - floor) / full
            } else {
                1.0
            }
        })
        .collect()
}

/// The standard deviation of the documents' best scores; those that were not found have `floor`.
fn spread(found: &[Scored], floor: f32, documents: usize) -> f32 {
    let mut best: HashMap<RecordId, f32> = HashMap::new();
    for scored in found {
        let entry = best.entry(scored.document).or_insert(floor);
        *entry = entry.max(scored.score);
    }
    let count = documents.max(best.len()).max(1) as f32;
    let mean = best.values().map(|score| score - floor).sum::<f32>() / count;
    let squares = best.values().map(|score| (score - floor).powi(2));
    (squares.sum::<f32>() / count - mean * mean).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::FieldName;

    fn scored(document: u8, score: f32) -> Scored {
        let id = RecordId::parse(&format!("5000000000000{document:02}")).unwrap();
        let field = FieldName::parse("Description").unwrap();
        Scored {
            passage: PassageId::new(id, id, &field, 0),
            document: id,
            score,
        }
    }

    fn leg(found: &[Scored]) -> Leg<'_> {
        Leg {
            found,
            exhausted: false,
        }
    }

    fn order(variant: Variant, keyword: &[Scored], vector: &[Scored]) -> Vec<RecordId> {
        let mut fused = fuse(variant, leg(keyword), leg(vector));
        fused.sort_by(|a, b| b.score().total_cmp(&a.score()));
        fused.iter().map(|fused| fused.document).collect()
    }

    #[test]
    fn a_candidate_of_both_legs_beats_one_of_either() {
        let keyword = [scored(1, 9.0), scored(2, 8.0), scored(4, 1.0)];
        let vector = [scored(3, 0.9), scored(2, 0.88), scored(4, 0.1)];
        for variant in [Variant::Hybrid, Variant::MinMax, Variant::Rrf] {
            let order = order(variant, &keyword, &vector);
            assert_eq!(order[0], keyword[1].document, "{variant}");
            assert_eq!(order.len(), 4);
        }
    }

    #[test]
    fn one_leg_alone_keeps_its_order() {
        let found = [scored(1, 9.0), scored(2, 8.0), scored(3, 1.0)];
        let expected: Vec<_> = found.iter().map(|scored| scored.document).collect();
        assert_eq!(order(Variant::Hybrid, &found, &[]), expected);
        assert_eq!(order(Variant::Hybrid, &[], &found), expected);
        assert!(fuse(Variant::Hybrid, leg(&[]), leg(&[])).is_empty());
    }

    #[test]
    fn the_only_document_with_the_words_gets_all_of_the_leg() {
        let near: Vec<_> = (1..50)
            .map(|n| scored(n, 1.0 - f32::from(n) / 100.0))
            .collect();
        let keyword = Leg {
            found: &[scored(40, 7.0)],
            exhausted: true,
        };
        let fused = fuse(Variant::Hybrid, keyword, leg(&near));
        let by_words = fused.iter().find(|fused| fused.keyword > 0.0).unwrap();
        assert!(by_words.keyword > 1.0 - VECTOR_SHARE, "{by_words:?}");
    }

    #[test]
    fn scores_are_finite_whatever_the_legs_say() {
        for found in [&[scored(1, 0.0)][..], &[scored(1, 3.0), scored(2, 3.0)]] {
            for exhausted in [false, true] {
                let leg = Leg { found, exhausted };
                for variant in [Variant::Hybrid, Variant::MinMax, Variant::Rrf] {
                    let scores = scaled(variant, leg, found.len());
                    assert!(scores.iter().all(|score| score.is_finite()));
                }
            }
        }
    }
}
