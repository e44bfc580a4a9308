//! From fused passages to ranked documents, and what lifts them beside their text.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use domain::{PassageId, RecordId};
use serde::{Deserialize, Serialize};
use store::Scored;
use utoipa::ToSchema;

use super::fusion::Fused;

/// What each further passage of a document adds of its own score.
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
    /// What is in the score beside what the legs gave its passages.
    pub boosts: Vec<Boost>,
}

/// Something that was added to a document's score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Boost {
    pub reason: BoostReason,
    pub amount: f32,
    /// For people, where the reason says not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BoostReason {
    /// The query names the document by an id, a number or an address.
    ExactKey,
    /// A code of the query that few passages have.
    RareCode,
    ArticlePrior,
    FurtherPassages,
    /// Closed cases like the question have the article attached.
    Votes,
    /// The version in the viewer's language of one that was found.
    Translation,
    /// A case or an activity that was changed lately.
    Recent,
    /// It is closed as a duplicate, or calls itself superseded.
    Superseded,
    /// The newest of several articles whose titles differ by a year or a version only.
    Newer,
}

impl BoostReason {
    /// As in JSON, in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::ExactKey => "exact key",
            Self::RareCode => "rare code",
            Self::ArticlePrior => "article prior",
            Self::FurtherPassages => "further passages",
            Self::Votes => "votes",
            Self::Translation => "translation",
            Self::Recent => "recent",
            Self::Superseded => "superseded",
            Self::Newer => "newer version",
        }
    }
}

impl Boost {
    pub fn new(reason: BoostReason, amount: f32) -> Self {
        Self {
            reason,
            amount,
            detail: None,
        }
    }
}

impl Ranked {
    /// A document of which nothing was found yet, or of a list that nothing ranks.
    pub fn unscored(document: RecordId) -> Self {
        Self {
            document,
            score: 0.0,
            passages: Vec::new(),
            boosts: Vec::new(),
        }
    }

    /// Raises the document, not its passages.
    pub fn boost(&mut self, boost: Boost) {
        self.score += boost.amount;
        self.boosts.push(boost);
    }

    /// Raises the document and its passages.
    pub fn lift(&mut self, boost: Boost) {
        for (_, score) in &mut self.passages {
            *score += boost.amount;
        }
        self.boost(boost);
    }

    /// Lifts the document to a score, for a reason.
    pub fn lift_to(&mut self, score: f32, reason: BoostReason) {
        self.boost(Boost::new(reason, score - self.score));
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

/// Lifts the passages that hold a rare code of the question above those that are merely near to it:
/// `E17` may mean many things, `K7-2013-0625` one.
pub fn prefer_rare_codes(fused: &mut Vec<Fused>, codes: &[Vec<Scored>]) {
    if codes.is_empty() {
        return;
    }
    let mut places: HashMap<PassageId, usize> =
        (0..).zip(&*fused).map(|(at, f)| (f.passage, at)).collect();
    for scored in codes.iter().flatten() {
        let at = *places.entry(scored.passage).or_insert_with(|| {
            fused.push(Fused::of(scored));
            fused.len() - 1
        });
        fused[at].extra += RARE_CODE;
    }
}

/// Groups passages by document. The best that each leg found of it, be it in two passages, makes
/// the score; further passages add a little.
pub fn by_document(fused: &[Fused]) -> Vec<Ranked> {
    let mut documents: BTreeMap<RecordId, Vec<&Fused>> = BTreeMap::new();
    for passage in fused {
        documents.entry(passage.document).or_default().push(passage);
    }
    let mut ranked: Vec<Ranked> = documents.into_values().map(document).collect();
    ranked.sort_by(best_first);
    ranked
}

/// `passages` are of one document, at least one.
fn document(mut passages: Vec<&Fused>) -> Ranked {
    let best = |part: fn(&Fused) -> f32| passages.iter().map(|f| part(f)).fold(0.0, f32::max);
    let text = best(|fused| fused.keyword) + best(|fused| fused.vector);
    let extra = best(|fused| fused.extra);
    passages.sort_by(|a, b| {
        b.score()
            .total_cmp(&a.score())
            .then_with(|| a.passage.cmp(&b.passage))
    });
    passages.truncate(PASSAGES_PER_DOCUMENT);
    let mut ranked = Ranked {
        score: text,
        passages: passages.iter().map(|f| (f.passage, f.score())).collect(),
        ..Ranked::unscored(passages[0].document)
    };
    if extra > 0.0 {
        ranked.boost(Boost::new(BoostReason::RareCode, extra));
    }
    let further: f32 = passages[1..].iter().map(|fused| fused.score()).sum();
    if further > 0.0 {
        let amount = FURTHER_PASSAGE * further;
        ranked.boost(Boost::new(BoostReason::FurtherPassages, amount));
    }
    with_prior(ranked)
}

fn with_prior(mut ranked: Ranked) -> Ranked {
    if is_article(ranked.document) {
        let amount = ranked.score * (ARTICLE_PRIOR - 1.0);
        ranked.boost(Boost::new(BoostReason::ArticlePrior, amount));
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

    fn fused(document: u8, ordinal: usize, keyword: f32, vector: f32) -> Fused {
        let id = RecordId::parse(&format!("5000000000000{document:02}")).unwrap();
        let field = FieldName::parse("Description").unwrap();
        let scored = Scored {
            passage: PassageId::new(id, id, &field, ordinal),
            document: id,
            score: 0.0,
        };
        Fused {
            keyword,
            vector,
            ..Fused::of(&scored)
        }
    }

    #[test]
    fn two_passages_may_match_in_two_ways() {
        let both = [fused(1, 0, 0.4, 0.0), fused(1, 1, 0.0, 0.5)];
        let one = fused(2, 0, 0.2, 0.5);
        let ranked = by_document(&[both[0], both[1], one]);
        assert_eq!(ranked[0].document, both[0].document);
        assert_eq!(ranked[0].passages[0].0, both[1].passage);
    }

    #[test]
    fn further_passages_break_ties_and_are_capped() {
        let mut passages: Vec<_> = (0..5).map(|n| fused(2, n, 0.2, 0.3)).collect();
        passages.push(fused(1, 0, 0.2, 0.3));
        let ranked = by_document(&passages);
        assert_eq!(ranked[0].document, passages[0].document);
        assert_eq!(ranked[0].passages.len(), PASSAGES_PER_DOCUMENT);
    }

    #[test]
    fn a_rare_code_lifts_what_has_it() {
        let near = fused(1, 0, 0.3, 0.6);
        let coded = fused(2, 0, 0.1, 0.1);
        let code = vec![Scored {
            passage: coded.passage,
            document: coded.document,
            score: 9.0,
        }];
        let mut found = vec![near, coded];
        prefer_rare_codes(&mut found, &[code]);
        let ranked = by_document(&found);
        assert_eq!(ranked[0].document, coded.document);
        assert_eq!(ranked[0].boosts[0].reason, BoostReason::RareCode);
    }
}
