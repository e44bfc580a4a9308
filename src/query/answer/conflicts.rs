//! Sources that say the same thing with other numbers: named, and the newer one told.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::{Citation, RecordId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Sentences that share this much of their words, numbers apart, are about the same thing.
const ALIKE: f32 = 0.7;
/// With fewer words in common that says nothing.
const FEWEST_WORDS: usize = 4;

/// Two citations that cannot both be right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Conflict {
    /// The number of the citation whose record was changed last.
    pub newer: usize,
    pub older: usize,
    pub newer_updated_at: DateTime<Utc>,
    pub older_updated_at: DateTime<Utc>,
}

/// The conflicts among citations of different records. `updated` says when the records' documents were
/// changed last.
pub fn conflicts(
    citations: &[Citation],
    updated: &BTreeMap<RecordId, DateTime<Utc>>,
) -> Vec<Conflict> {
    let read: Vec<Read> = citations.iter().map(Read::of).collect();
    let mut conflicts = Vec::new();
    for (index, one) in citations.iter().enumerate() {
        for (other_index, other) in citations.iter().enumerate().skip(index + 1) {
            let apart = one.record_id != other.record_id && one.url != other.url;
            if !apart || !read[index].contradicts(&read[other_index]) {
                continue;
            }
            let times = [one, other].map(|citation| updated.get(&citation.record_id).copied());
            if let [Some(first), Some(second)] = times {
                conflicts.push(conflict((one.number, first), (other.number, second)));
            }
        }
    }
    conflicts
}

fn conflict(one: (usize, DateTime<Utc>), other: (usize, DateTime<Utc>)) -> Conflict {
    let (newer, older) = if one.1 >= other.1 {
        (one, other)
    } else {
        (other, one)
    };
    Conflict {
        newer: newer.0,
        older: older.0,
        newer_updated_at: newer.1,
        older_updated_at: older.1,
    }
}

impl Conflict {
    /// A sentence for people.
    pub fn sentence(&self) -> String {
        let day = |time: DateTime<Utc>| time.format("%Y-%m-%d").to_string();
        format!(
            "These sources disagree: [{}], last changed on {}, is newer than [{}], last changed on {}.",
            self.newer,
            day(self.newer_updated_at),
            self.older,
            day(self.older_updated_at)
        )
    }
}

/// The words of a quote, and its numbers apart.
struct Read {
    words: BTreeSet<String>,
    numbers: BTreeSet<String>,
}

impl Read {
    fn of(citation: &Citation) -> Self {
        let words = citation
            .quote
            .split(|c: char| !c.is_alphanumeric() && c != '.' && c != ',');
        let words = words.map(|word| word.trim_matches(['.', ',']).to_lowercase());
        let (numbers, words) = words
            .filter(|word| !word.is_empty())
            .partition(|word| word.chars().all(|c| c.is_ascii_digit() || ".,".contains(c)));
        Self { words, numbers }
    }

    /// The same words with other numbers, each having one that the other has not.
    fn contradicts(&self, other: &Self) -> bool {
        let shared = self.words.intersection(&other.words).count();
        let fewer = self.words.len().min(other.words.len());
        let is_alike = shared >= FEWEST_WORDS && shared as f32 >= ALIKE * fewer as f32;
        let differs = self.numbers.difference(&other.numbers).next().is_some()
            && other.numbers.difference(&self.numbers).next().is_some();
        is_alike && differs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{FieldName, ObjectName};

    fn citation(number: usize, quote: &str) -> Citation {
        Citation {
            number,
            record_id: RecordId::parse(&format!("ka00000000000{number:02}")).unwrap(),
            object: ObjectName::parse("Knowledge__kav").unwrap(),
            field: FieldName::parse("Answer__c").unwrap(),
            quote: quote.to_owned(),
            start: 0,
            end: quote.chars().count(),
            title: String::new(),
            url: format!("https://org/{number}"),
            file: None,
        }
    }

    #[test]
    fn the_newer_of_two_that_disagree_is_told() {
        let citations = [
            citation(1, "The warranty of a freezer is 24 months from delivery."),
            citation(2, "The warranty of a freezer is 36 months from delivery."),
            citation(3, "A gateway weighs 36 grams."),
        ];
        let time = |days| DateTime::<Utc>::UNIX_EPOCH + chrono::TimeDelta::days(days);
        let updated = citations
            .iter()
            .map(|c| (c.record_id, time(c.number as i64)))
            .collect();
        let found = conflicts(&citations, &updated);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].newer, found[0].older), (2, 1));
        assert!(found[0].sentence().contains("1970-01-03"));
        assert!(conflicts(&citations[1..], &updated).is_empty());
    }
}
