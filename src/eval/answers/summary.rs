//! What a set of answers comes to.

use serde::Serialize;

use super::grade::{Graded, Outcome};
use super::judge::Verdict;
use super::set::Answerability;
use crate::eval::percentile;

/// All answers of a set. Shares are from 0 to 1, and none where there is nothing to share.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The answerable ones first.
    pub groups: Vec<Group>,
    pub questions: usize,
    pub failed: usize,
    /// Quotes that stand letter for letter in their fields.
    pub quotes: usize,
    pub quotes_valid: Option<f64>,
    /// Claims that say what their sources say.
    pub claims: usize,
    pub claims_supported: Option<f64>,
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// Of all answers; none without prices in the config.
    pub cost: Option<f64>,
    /// Answers about which the judge gave no verdict.
    pub not_judged: usize,
}

/// Questions that are alike in whether they can be answered. What is said of answers is said of those
/// that were given.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    pub answerability: Answerability,
    pub questions: usize,
    pub answered: usize,
    pub abstained: usize,
    pub failed: usize,
    pub answered_share: Option<f64>,
    pub citation_precision: Option<f64>,
    pub citation_recall: Option<f64>,
    pub token_f1: Option<f64>,
    /// Answers that have the words that they must have.
    pub told: Option<f64>,
    pub judged_correct: Option<f64>,
    pub judged_partly: Option<f64>,
    pub judged_faithful: Option<f64>,
}

impl Summary {
    pub fn of(graded: &[Graded<'_>]) -> Self {
        let mut kinds: Vec<_> = graded.iter().map(|graded| graded.answerability).collect();
        kinds.sort();
        kinds.dedup();
        let mut times: Vec<f64> = graded.iter().map(|graded| graded.milliseconds).collect();
        times.sort_by(f64::total_cmp);
        let citations: Vec<_> = graded.iter().flat_map(|graded| &graded.citations).collect();
        let claims: Vec<_> = graded.iter().flat_map(|graded| &graded.claims).collect();
        let was_looked = citations.iter().any(|citation| citation.valid.is_some());
        let supported = claims.iter().map(|claim| claim.unsupported.is_none());
        Self {
            groups: kinds
                .into_iter()
                .map(|kind| Group::of(graded, kind))
                .collect(),
            questions: graded.len(),
            failed: count(graded, Outcome::Failed),
            quotes: citations.len(),
            quotes_valid: share(citations.iter().filter_map(|citation| citation.valid)),
            claims: claims.len(),
            claims_supported: was_looked.then(|| share(supported)).flatten(),
            p50_ms: percentile(&times, 50),
            p95_ms: percentile(&times, 95),
            prompt_tokens: graded.iter().map(|graded| graded.prompt_tokens).sum(),
            completion_tokens: graded.iter().map(|graded| graded.completion_tokens).sum(),
            cost: graded
                .iter()
                .filter_map(|graded| graded.cost)
                .reduce(|a, b| a + b),
            not_judged: graded.iter().filter(|g| g.judge_error.is_some()).count(),
        }
    }
}

impl Group {
    fn of(graded: &[Graded<'_>], answerability: Answerability) -> Self {
        let own = || graded.iter().filter(|g| g.answerability == answerability);
        let with = |outcome: Outcome| own().filter(|g| g.outcome == outcome).count();
        let verdict = |wanted: Verdict| {
            share(own().filter_map(|g| g.judgement.map(|judgement| judgement.verdict == wanted)))
        };
        let (answered, abstained) = (with(Outcome::Answered), with(Outcome::Abstained));
        let decided = own()
            .filter(|g| g.outcome != Outcome::Failed)
            .map(|g| g.outcome == Outcome::Answered);
        Self {
            answerability,
            questions: own().count(),
            answered,
            abstained,
            failed: with(Outcome::Failed),
            answered_share: share(decided),
            citation_precision: mean(own().filter_map(|g| g.citation_precision)),
            citation_recall: mean(own().filter_map(|g| g.citation_recall)),
            token_f1: mean(own().filter_map(|g| g.token_f1)),
            told: share(own().filter_map(|g| g.told)),
            judged_correct: verdict(Verdict::Correct),
            judged_partly: verdict(Verdict::Partly),
            judged_faithful: share(own().filter_map(|g| g.judgement.map(|j| j.faithful))),
        }
    }
}

fn count(graded: &[Graded<'_>], outcome: Outcome) -> usize {
    let found = graded.iter().filter(|graded| graded.outcome == outcome);
    found.count()
}

fn share(all: impl Iterator<Item = bool>) -> Option<f64> {
    mean(all.map(|is_so| f64::from(u8::from(is_so))))
}

fn mean(all: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = all.fold((0_usize, 0.0), |(count, sum), value| {
        (count + 1, sum + value)
    });
    (count > 0).then(|| sum / count as f64)
}
