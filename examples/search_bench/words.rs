//! A made-up language: words with the frequencies of a natural one, some of them of a subject.

use std::collections::HashMap;

use fastrand::Rng;

/// Frequent words that say nothing, which stand for two fifths of a text.
const FUNCTION: [&str; 60] = [
    "the", "of", "and", "a", "to", "in", "is", "it", "that", "was", "for", "on", "are", "as",
    "with", "his", "they", "at", "be", "this", "have", "from", "or", "had", "by", "but", "not",
    "what", "all", "were", "we", "when", "your", "can", "there", "an", "each", "which", "she",
    "do", "how", "their", "if", "will", "up", "other", "about", "out", "many", "then", "them",
    "these", "so", "some", "her", "would", "him", "into", "has", "more",
];
pub const VOCABULARY: usize = 30_000;
pub const SUBJECTS: usize = 200;
/// More frequent words belong to no subject.
const FIRST_OF_A_SUBJECT: usize = 260;
/// How many of a text's words are of its subject.
const OF_THE_SUBJECT: f64 = 0.3;

/// The words of the language by their rank, the most frequent first.
pub struct Language {
    words: Vec<String>,
}

impl Language {
    pub fn new() -> Self {
        let function = FUNCTION.iter().map(ToString::to_string);
        let content = (FUNCTION.len()..VOCABULARY).map(content_word);
        Self {
            words: function.chain(content).collect(),
        }
    }

    pub fn word(&self, rank: usize) -> &str {
        &self.words[rank]
    }

    /// Every word that says something, with its rank.
    pub fn ranks(&self) -> HashMap<&str, usize> {
        let ranked = self.words.iter().enumerate().skip(FUNCTION.len());
        ranked.map(|(rank, word)| (word.as_str(), rank)).collect()
    }

    /// The rank of a random word of a text about `subject`: Zipf's law over all words, and among
    /// those of the subject.
    pub fn pick(&self, subject: usize, random: &mut Rng) -> usize {
        if random.f64() < OF_THE_SUBJECT {
            let own = (VOCABULARY - FIRST_OF_A_SUBJECT) / SUBJECTS;
            let place = (own as f64).powf(random.f64()) as usize - 1;
            return FIRST_OF_A_SUBJECT + place * SUBJECTS + subject;
        }
        (VOCABULARY as f64).powf(random.f64()) as usize - 1
    }
}

/// The subject that a word belongs to.
pub fn subject_of(rank: usize) -> Option<usize> {
    Some(rank.checked_sub(FIRST_OF_A_SUBJECT)? % SUBJECTS)
}

pub fn says_something(rank: usize) -> bool {
    rank >= FUNCTION.len()
}

/// Two or three syllables: no two ranks give the same word, and no ending is one that a stemmer
/// takes away.
fn content_word(rank: usize) -> String {
    const FIRST: [&str; 20] = [
        "b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z", "br",
        "kr", "pl",
    ];
    const VOWELS: [&str; 5] = ["a", "e", "i", "o", "u"];
    let mut rest = rank;
    let mut word = String::new();
    for _ in 0..3 {
        word.push_str(FIRST[rest % 20]);
        rest /= 20;
        word.push_str(VOWELS[rest % 5]);
        rest /= 5;
        if rest == 0 {
            break;
        }
    }
    word.push('k');
    word
}
