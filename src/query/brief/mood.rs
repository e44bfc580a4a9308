//! The tone of what customers write, by a small list of words in English and German.

/// Words that people use when something is wrong for them.
const BAD: [&str; 46] = [
    "angry",
    "annoyed",
    "bad",
    "broken",
    "complain",
    "complaint",
    "damage",
    "delay",
    "delayed",
    "disappointed",
    "disappointing",
    "escalate",
    "fail",
    "failed",
    "failing",
    "fails",
    "frustrated",
    "frustrating",
    "lost",
    "poor",
    "terrible",
    "unacceptable",
    "unhappy",
    "unreliable",
    "unsafe",
    "urgent",
    "urgently",
    "useless",
    "worried",
    "worse",
    "worst",
    "wrong",
    "beschwerde",
    "defekt",
    "dringend",
    "enttäuscht",
    "fehler",
    "inakzeptabel",
    "kaputt",
    "mangelhaft",
    "schlecht",
    "unzufrieden",
    "unzumutbar",
    "verärgert",
    "verspätet",
    "verzögerung",
];
/// Words of people for whom it went well.
const GOOD: [&str; 26] = [
    "appreciate",
    "excellent",
    "fine",
    "fixed",
    "glad",
    "good",
    "great",
    "happy",
    "helped",
    "helpful",
    "impressed",
    "perfect",
    "pleased",
    "quick",
    "resolved",
    "satisfied",
    "smooth",
    "solved",
    "works",
    "wonderful",
    "freut",
    "gelöst",
    "hervorragend",
    "super",
    "zufrieden",
    "prima",
];

/// Good words less bad ones.
pub fn score(text: &str) -> i64 {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    words
        .map(|word| match (BAD.contains(&word), GOOD.contains(&word)) {
            (true, _) => -1,
            (_, true) => 1,
            (false, false) => 0,
        })
        .sum()
}

/// How the newer texts compare with the older ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trend {
    /// Texts on each side.
    pub newer: usize,
    pub older: usize,
    /// Of them, those with more bad words than good ones.
    pub newer_bad: usize,
    pub older_bad: usize,
}

/// Fewer texts on a side say nothing.
const FEWEST: usize = 3;

impl Trend {
    /// Of scores, newest first; none where there are too few to compare.
    pub fn of(scores: &[i64]) -> Option<Self> {
        let (newer, older) = scores.split_at(scores.len() / 2);
        if newer.len() < FEWEST {
            return None;
        }
        let bad = |scores: &[i64]| scores.iter().filter(|score| **score < 0).count();
        Some(Self {
            newer: newer.len(),
            older: older.len(),
            newer_bad: bad(newer),
            older_bad: bad(older),
        })
    }

    /// A fifth of the texts more than before, and at least two of them, are bad.
    pub fn is_worse(self) -> bool {
        let before = self.older_bad * self.newer;
        let now = self.newer_bad * self.older;
        self.newer_bad >= 2 && now > before && (now - before) * 5 >= self.newer * self.older
    }

    pub fn is_better(self) -> bool {
        let before = self.older_bad * self.newer;
        let now = self.newer_bad * self.older;
        self.older_bad >= 2 && before > now && (before - now) * 5 >= self.newer * self.older
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tone_is_told_by_words() {
        assert_eq!(score("This is unacceptable, it failed again."), -2);
        assert_eq!(score("Thanks, it works. Great!"), 2);
        assert_eq!(score("Das ist inakzeptabel."), -1);
        assert_eq!(score("Please call me."), 0);
    }

    #[test]
    fn a_trend_needs_enough_texts_and_a_difference() {
        assert_eq!(Trend::of(&[-1, -1, 0, 0]), None);
        assert!(Trend::of(&[-1, -2, -1, 0, 1, 0]).unwrap().is_worse());
        assert!(Trend::of(&[1, 0, 0, -1, -1, 0]).unwrap().is_better());
        let same = Trend::of(&[-1, 0, 0, 0, 0, -1]).unwrap();
        assert!(!same.is_worse() && !same.is_better());
    }
}
