//! What of the sources goes to the model: the best first, nothing twice, every document with something,
//! within a budget.

use std::collections::BTreeSet;

use domain::{PassageId, RecordId};

use super::citation::Source;
use super::sentence::words;

/// Texts that share this much of their words say the same.
const SAME: f32 = 0.9;

/// The sources that fit, best first. `sources` are in order of their worth.
///
/// Of texts that are nearly alike the newest stays, in the place of the best. Three quarters of the places
/// go by worth, then each document that has none yet gets one, then the rest. Headings come last: a title
/// stands above every passage of its document anyway.
pub fn packed(sources: Vec<Source>, most: usize, budget_chars: usize) -> Vec<Source> {
    let (telling, headings): (Vec<Source>, Vec<Source>) = folded(sources)
        .into_iter()
        .partition(|source| !source.is_title());
    let by_worth = (most * 3).div_ceil(4).min(telling.len());
    let mut documents: BTreeSet<RecordId> = BTreeSet::new();
    let (first, others) = telling.split_at(by_worth);
    documents.extend(first.iter().map(|source| source.passage.document_id));
    let (new, rest): (Vec<&Source>, Vec<&Source>) = others
        .iter()
        .partition(|source| documents.insert(source.passage.document_id));
    let mut left = budget_chars;
    let mut taken: Vec<Source> = Vec::new();
    for source in first.iter().chain(new).chain(rest).chain(&headings) {
        let length = source.passage.end - source.passage.start;
        if taken.len() < most && length <= left {
            left -= length;
            taken.push(source.clone());
        }
    }
    taken.sort_by(|a, b| b.score.total_cmp(&a.score));
    taken
}

/// Without those that say what another one says.
fn folded(sources: Vec<Source>) -> Vec<Source> {
    let mut kept: Vec<(Source, BTreeSet<String>)> = Vec::new();
    let mut seen: BTreeSet<PassageId> = BTreeSet::new();
    for source in sources {
        if !seen.insert(source.passage.id) {
            continue;
        }
        let words = words(&source.passage.text);
        match kept.iter_mut().find(|(_, known)| are_alike(known, &words)) {
            Some((known, known_words)) => {
                if source.kind.updated_at > known.kind.updated_at {
                    let score = known.score;
                    *known = Source { score, ..source };
                    *known_words = words;
                }
            }
            None => kept.push((source, words)),
        }
    }
    kept.into_iter().map(|(source, _)| source).collect()
}

/// By their words in common; a number more or less makes a difference.
fn are_alike(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    let shared = one.intersection(other).count() as f32;
    let all = one.union(other).count().max(1) as f32;
    let has_digit = |word: &&String| word.chars().any(|c| c.is_numeric());
    shared >= SAME * all && !one.symmetric_difference(other).any(|word| has_digit(&word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::grounding::citation::tests::source;
    use chrono::{DateTime, Utc};

    fn of(document: u8, text: &str, score: f32) -> Source {
        let mut source = source(text);
        source.passage.document_id =
            RecordId::parse(&format!("5000000000000{document:02}")).unwrap();
        source.score = score;
        source
    }

    fn texts(sources: &[Source]) -> Vec<&str> {
        sources
            .iter()
            .map(|source| source.passage.text.as_str())
            .collect()
    }

    #[test]
    fn the_best_come_first_then_every_document_says_something() {
        let all = vec![
            of(1, "aaa aa", 0.9),
            of(1, "bbb bb", 0.8),
            of(1, "ccc cc", 0.7),
            of(1, "ddd dd", 0.6),
            of(2, "eee ee", 0.5),
        ];
        let packed_texts = |most, budget| {
            let packed = packed(all.clone(), most, budget);
            texts(&packed).join(" ")
        };
        assert_eq!(packed_texts(4, 100), "aaa aa bbb bb ccc cc eee ee");
        assert_eq!(packed_texts(9, 100), "aaa aa bbb bb ccc cc ddd dd eee ee");
        assert_eq!(packed_texts(9, 12), "aaa aa bbb bb");
    }

    #[test]
    fn a_heading_takes_no_place_from_a_text() {
        let heading = of(1, "Gateway offline", 0.9);
        let all = vec![heading, of(1, "It restarts.", 0.3)];
        assert_eq!(texts(&packed(all, 1, 100)), ["It restarts."]);
    }

    #[test]
    fn of_two_that_say_the_same_the_newer_stays() {
        let mut newer = of(2, "The fee is 3 dollars a month.", 0.5);
        newer.kind.updated_at = DateTime::<Utc>::UNIX_EPOCH + chrono::TimeDelta::days(1);
        let all = vec![of(1, "The fee is 3 dollars a month", 0.9), newer];
        let kept = packed(all, 9, 100);
        assert_eq!(texts(&kept), ["The fee is 3 dollars a month."]);
        assert_eq!(kept[0].score, 0.9);
        let differing = vec![
            of(1, "The fee is 3 dollars a month", 0.9),
            of(2, "The fee is 4 dollars a month", 0.8),
        ];
        assert_eq!(packed(differing, 9, 100).len(), 2);
    }
}
