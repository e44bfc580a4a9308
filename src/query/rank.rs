//! Fusion of the keyword and the vector leg, and grouping by document.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use domain::{PassageId, RecordId};
use serde::{Deserialize, Serialize};
use store::Scored;

/// The vector leg's share of a fused score; the keyword leg has the rest.
///
/// Scores of each leg are brought to 0..1 by the best and the worst of its candidates
/// (min-max fusion), which keeps how far ahead a candidate is; ranks alone lose it.
const VECTOR_SHARE: f32 = 0.65;
/// What each further passage of a document adds to its best one.
const FURTHER_PASSAGE: f32 = 0.05;
/// What a rare code of the question adds to the passages that hold it.
const RARE_CODE: f32 = 0.8;
/// An article is written to answer, and was reviewed; the cases about the same thing ask. Between
/// otherwise equal documents the article comes first.
const ARTICLE_PRIOR: f32 = 1.15;
/// Key prefix of article versions in every org.
const ARTICLE_PREFIX: &str = "ka";
/// Passages of one document that count.
const PASSAGES_PER_DOCUMENT: usize = 3;

/// A document with its best passages, best first.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    pub document: RecordId,
    pub score: f32,
    pub passages: Vec<(PassageId, f32)>,
    /// What lifted it beside its text.
    pub boosts: Vec<Boost>,
}

/// Something beside the text that lifted a document, and by how much of its score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Boost {
    /// For people.
    pub reason: String,
    pub amount: f32,
}

impl Ranked {
    /// A document of which nothing was found yet.
    pub fn new(document: RecordId) -> Self {
        Self {
            document,
            score: 0.0,
            passages: Vec::new(),
            boosts: Vec::new(),
        }
    }

    /// Raises the document and its passages.
    pub fn lift(&mut self, boost: Boost) {
        self.score += boost.amount;
        for (_, score) in &mut self.passages {
            *score += boost.amount;
        }
        self.boosts.push(boost);
    }

    /// Takes passages over that were ranked among themselves: the best gets the document's score.
    pub fn take_passages(&mut self, passages: Vec<(PassageId, f32)>) {
        let best = passages.iter().map(|(_, score)| *score).fold(0.0, f32::max);
        let scale = if best > 0.0 { self.score / best } else { 0.0 };
        let scaled = passages.into_iter().map(|(id, score)| (id, score * scale));
        self.passages.extend(scaled);
    }
}

/// Whether a document is a version of an article.
pub fn is_article(document: RecordId) -> bool {
    document.key_prefix().starts_with(ARTICLE_PREFIX)
}

/// The order of hits; equal ones have an order, too.
pub fn best_first(a: &Ranked, b: &Ranked) -> Ordering {
    b.score
        .total_cmp(&a.score)
        .then_with(|| a.document.cmp(&b.document))
}

/// Fuses the legs. A leg that found nothing leaves the ranking to the other.
pub fn fuse(keyword: &[Scored], vector: &[Scored]) -> Vec<Scored> {
    let vector_share = match (keyword.is_empty(), vector.is_empty()) {
        (true, _) => 1.0,
        (false, true) => 0.0,
        (false, false) => VECTOR_SHARE,
    };
    let mut fused: HashMap<PassageId, Scored> = HashMap::new();
    for (leg, share) in [(keyword, 1.0 - vector_share), (vector, vector_share)] {
        for (scored, normal) in leg.iter().zip(normalised(leg)) {
            let entry = fused.entry(scored.passage).or_insert(Scored {
                score: 0.0,
                ..*scored
            });
            entry.score += share * normal;
        }
    }
    let mut fused: Vec<_> = fused.into_values().collect();
    fused.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| a.passage.cmp(&b.passage))
    });
    fused
}

/// Lifts the passages that hold a rare code of the question above those that are merely near to it:
/// `E17` may mean many things, `K7-2013-0625` one.
pub fn prefer_rare_codes(fused: &mut Vec<Scored>, codes: &[Vec<Scored>]) {
    for scored in codes.iter().flatten() {
        match fused
            .iter_mut()
            .find(|known| known.passage == scored.passage)
        {
            Some(known) => known.score += RARE_CODE,
            None => fused.push(Scored {
                score: RARE_CODE,
                ..*scored
            }),
        }
    }
    fused.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| a.passage.cmp(&b.passage))
    });
}

/// Scores brought to 0..1; candidates that are all alike get 1.
fn normalised(leg: &[Scored]) -> Vec<f32> {
    let scores = leg.iter().map(|scored| scored.score);
    let best = scores.clone().fold(f32::MIN, f32::max);
    let worst = scores.clone().fold(f32::MAX, f32::min);
    let spread = best - worst;
    scores
        .map(|score| {
            if spread > f32::EPSILON {
                (score - worst) / spread
            } else {
                1.0
            }
        })
        .collect()
}

/// Groups passages by document: the best passage carries the score, further ones add a little.
pub fn by_document(passages: &[Scored]) -> Vec<Ranked> {
    let mut documents: BTreeMap<RecordId, Ranked> = BTreeMap::new();
    for scored in passages {
        let ranked = documents
            .entry(scored.document)
            .or_insert_with(|| Ranked::new(scored.document));
        if ranked.passages.len() < PASSAGES_PER_DOCUMENT {
            let weight = if ranked.passages.is_empty() {
                1.0
            } else {
                FURTHER_PASSAGE
            };
            ranked.score += weight * scored.score;
            ranked.passages.push((scored.passage, scored.score));
        }
    }
    let mut ranked: Vec<_> = documents.into_values().map(with_prior).collect();
    ranked.sort_by(best_first);
    ranked
}

fn with_prior(mut ranked: Ranked) -> Ranked {
    if is_article(ranked.document) {
        ranked.score *= ARTICLE_PRIOR;
        for (_, score) in &mut ranked.passages {
            *score *= ARTICLE_PRIOR;
        }
    }
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::FieldName;

    fn scored(document: u8, ordinal: usize, score: f32) -> Scored {
        let id = RecordId::parse(&format!("5000000000000{document:02}")).unwrap();
        let field = FieldName::parse("Description").unwrap();
        Scored {
            passage: PassageId::new(id, id, &field, ordinal),
            document: id,
            score,
        }
    }

    #[test]
    fn a_candidate_of_both_legs_beats_one_of_either() {
        let keyword = [scored(1, 0, 9.0), scored(2, 0, 8.0), scored(4, 0, 1.0)];
        let vector = [scored(3, 0, 0.9), scored(2, 0, 0.88), scored(4, 0, 0.1)];
        let ranked = by_document(&fuse(&keyword, &vector));
        assert_eq!(ranked[0].document, keyword[1].document);
        assert_eq!(ranked.len(), 4);
    }

    #[test]
    fn one_leg_alone_keeps_its_order() {
        let keyword = [scored(1, 0, 9.0), scored(2, 0, 8.0)];
        let order: Vec<_> = fuse(&keyword, &[]).iter().map(|s| s.document).collect();
        assert_eq!(order, [keyword[0].document, keyword[1].document]);
        let order: Vec<_> = fuse(&[], &keyword).iter().map(|s| s.document).collect();
        assert_eq!(order, [keyword[0].document, keyword[1].document]);
        assert!(fuse(&[], &[]).is_empty());
    }

    #[test]
    fn further_passages_break_ties_and_are_capped() {
        let passages: Vec<_> = (0..5)
            .map(|n| scored(1, n, 0.5))
            .chain([scored(2, 0, 0.5)])
            .collect();
        let ranked = by_document(&passages);
        assert_eq!(ranked[0].document, passages[0].document);
        assert_eq!(ranked[0].passages.len(), PASSAGES_PER_DOCUMENT);
    }
}
