//! A weighted vote of similar cases.

use domain::Document;

use super::place;
use crate::query::grounding::Citations;
use crate::query::triage::Desk;
use crate::query::triage::report::Proposed;

/// Votes that count as if they had been cast for nobody: few cases say little.
const DOUBT: f64 = 0.6;
/// Below this nothing is proposed.
const FLOOR: f64 = 0.3;
/// Fewer cases propose nothing.
const FEWEST: usize = 2;
/// Cases that a reason names and cites.
const NAMED: usize = 3;

/// One case's word.
pub struct Vote<'a> {
    pub value: String,
    pub case: &'a Document,
    /// Where it stands in the case.
    pub field: String,
    pub weight: f64,
}

/// The votes on one thing.
#[derive(Default)]
pub struct Ballot<'a> {
    votes: Vec<Vote<'a>>,
    /// Votes of rules, by value.
    rules: Vec<(String, f64)>,
}

impl<'a> Ballot<'a> {
    pub fn cast(&mut self, vote: Vote<'a>) {
        self.votes.push(vote);
    }

    /// A reason beside the cases for a value that one of them has.
    pub fn add_rule(&mut self, value: &str, weight: f64) {
        self.rules.push((value.to_owned(), weight));
    }

    /// What all cases together weigh.
    pub fn weight(&self) -> f64 {
        self.votes.iter().map(|vote| vote.weight).sum()
    }

    /// The value with the most votes, why, and how sure that is.
    pub fn decide(&self, desk: Desk<'_>, citations: &mut Citations) -> Proposed {
        let Some((value, share)) = self.winner() else {
            return too_few("no similar case says it");
        };
        let confidence = (share * 100.0).round() / 100.0;
        if self.votes.len() < FEWEST || confidence < FLOOR {
            return too_few("too few similar cases");
        }
        let named: Vec<&Vote<'_>> = self
            .votes
            .iter()
            .filter(|vote| vote.value == value)
            .collect();
        let cited = named.iter().take(NAMED);
        let cited = cited
            .filter_map(|vote| Some(place(vote.case, &vote.field)?.cite(citations, desk.viewer)));
        Proposed {
            reason: self.reason(&named),
            citations: cited.collect(),
            value: Some(value),
            confidence,
            ..Proposed::default()
        }
    }

    /// The value with the most votes and its share of all, doubt among them.
    fn winner(&self) -> Option<(String, f64)> {
        let mut sums: Vec<(&str, f64)> = Vec::new();
        let votes = self
            .votes
            .iter()
            .map(|vote| (vote.value.as_str(), vote.weight));
        let rules = self
            .rules
            .iter()
            .map(|(value, weight)| (value.as_str(), *weight));
        for (value, weight) in votes.chain(rules) {
            match sums.iter_mut().find(|(known, _)| *known == value) {
                Some((_, sum)) => *sum += weight,
                None => sums.push((value, weight)),
            }
        }
        let all: f64 = sums.iter().map(|(_, sum)| sum).sum::<f64>() + DOUBT;
        // Of equal ones the first, which the likest case has.
        let best = sums.iter().rev().max_by(|(_, a), (_, b)| a.total_cmp(b));
        best.map(|(value, sum)| ((*value).to_owned(), sum / all))
    }

    fn reason(&self, named: &[&Vote<'_>]) -> String {
        let numbers = named
            .iter()
            .take(NAMED)
            .filter_map(|vote| vote.case.number.as_ref());
        let numbers: Vec<&str> = numbers.map(|number| number.text.as_str()).collect();
        let among = match numbers.is_empty() {
            true => String::new(),
            false => format!(", among them {}", numbers.join(", ")),
        };
        format!(
            "{} of {} similar cases have it{among}",
            named.len(),
            self.votes.len()
        )
    }
}

fn too_few(reason: &str) -> Proposed {
    Proposed {
        reason: reason.to_owned(),
        ..Proposed::default()
    }
}
