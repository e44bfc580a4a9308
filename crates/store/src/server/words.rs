//! Words as sparse vectors, so that the server ranks them by BM25.
//!
//! A dimension is the hash of a word and of where it stands: in the text, in the title, or side by
//! side with another in the text. The document's part of BM25 is the value of the dimension; the
//! server multiplies it with the weight of the query and with how rare the dimension is (its IDF
//! modifier). So the score of a passage is what a keyword index would give it, with two
//! differences: the average lengths are fixed, because a value is written once, and words that are
//! spelled wrong find nothing, because a hash has no neighbours.

use std::collections::BTreeMap;

use tantivy::tokenizer::Token;

use crate::keyword::analysis::tokens;
use crate::keyword::query::{KeywordQuery, neighbours};
use crate::keyword::search::{PAIR, PHRASE, TITLE, weight};

/// As in Tantivy.
const K1: f32 = 1.2;
const B: f32 = 0.75;
/// Words of a passage of 700 characters and of short fields, on average, and of a title.
const TEXT_LENGTH: f32 = 64.0;
const TITLE_LENGTH: f32 = 8.0;

/// Where a word stands: the first byte of what is hashed.
const IN_TEXT: u8 = b't';
const IN_TITLE: u8 = b'h';
const SIDE_BY_SIDE: u8 = b'p';

/// Weights by dimension.
pub(super) type Weights = BTreeMap<u32, f32>;

/// The words of a passage, and of the title that it is found by.
pub(super) fn of_passage(text: &str, title: Option<&str>) -> Weights {
    let mut weights = Weights::new();
    let in_text = tokens(text);
    let pairs = neighbours(&in_text);
    let pairs = pairs.iter().map(|[left, right]| pair(left, right));
    add(
        &mut weights,
        in_text.len(),
        TEXT_LENGTH,
        dimensions(IN_TEXT, &in_text).chain(pairs),
    );
    if let Some(title) = title {
        let in_title = tokens(title);
        add(
            &mut weights,
            in_title.len(),
            TITLE_LENGTH,
            dimensions(IN_TITLE, &in_title),
        );
    }
    weights
}

/// What a query looks for, in titles too if they count.
pub(super) fn of_query(query: &KeywordQuery, titles: bool) -> Weights {
    let mut weights = Weights::new();
    let mut wanted = |dimension: u32, weight: f32| *weights.entry(dimension).or_default() += weight;
    for term in &query.terms {
        wanted(dimension(IN_TEXT, &term.text), weight(term.kind));
        if titles {
            wanted(dimension(IN_TITLE, &term.text), weight(term.kind) * TITLE);
        }
    }
    for [left, right] in &query.pairs {
        wanted(pair(left, right), PAIR);
    }
    for phrase in &query.phrases {
        // All of them, so that a text with the whole phrase is among the best.
        for (_, word) in phrase.iter().filter(|_| query.terms.is_empty()) {
            wanted(dimension(IN_TEXT, word), 1.0);
            if titles {
                wanted(dimension(IN_TITLE, word), TITLE);
            }
        }
        for words in phrase
            .windows(2)
            .filter(|words| words[0].0 + 1 == words[1].0)
        {
            wanted(pair(&words[0].1, &words[1].1), PHRASE);
        }
    }
    weights
}

/// Whether the words of a phrase stand in the text as they stand in the phrase.
pub(super) fn holds_phrase(text: &str, phrase: &[(usize, String)]) -> bool {
    let Some((first_place, first)) = phrase.first() else {
        return false;
    };
    let tokens = tokens(text);
    let stands_at = |position: usize, word: &str| {
        let mut tokens = tokens.iter();
        tokens.any(|token| token.position == position && token.text == word)
    };
    let mut starts = tokens.iter().filter(|token| &token.text == first);
    starts.any(|start| {
        let mut rest = phrase.iter();
        rest.all(|(place, word)| stands_at(start.position + place - first_place, word))
    })
}

fn add(weights: &mut Weights, words: usize, average: f32, found: impl Iterator<Item = u32>) {
    let mut frequencies: BTreeMap<u32, f32> = BTreeMap::new();
    for dimension in found {
        *frequencies.entry(dimension).or_default() += 1.0;
    }
    let norm = K1 * (1.0 - B + B * words as f32 / average);
    for (dimension, frequency) in frequencies {
        *weights.entry(dimension).or_default() += frequency * (K1 + 1.0) / (frequency + norm);
    }
}

fn dimensions(place: u8, tokens: &[Token]) -> impl Iterator<Item = u32> {
    tokens
        .iter()
        .map(move |token| dimension(place, &token.text))
}

fn dimension(place: u8, word: &str) -> u32 {
    hash([place].iter().chain(word.as_bytes()))
}

fn pair(left: &str, right: &str) -> u32 {
    let place = [SIDE_BY_SIDE];
    let words = left.as_bytes().iter().chain(b" ").chain(right.as_bytes());
    hash(place.iter().chain(words))
}

/// FNV-1a in 64 bits, mixed down to 32. It is part of the layout: what was written by another hash
/// is not found.
fn hash<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    let hashed = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (hashed ^ (hashed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (mixed >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(query: &str, text: &str, title: Option<&str>) -> f32 {
        let passage = of_passage(text, title);
        let query = of_query(&KeywordQuery::parse(query), true);
        let product = |(dimension, weight): (&u32, &f32)| {
            passage.get(dimension).map_or(0.0, |value| value * weight)
        };
        query.iter().map(product).sum()
    }

    #[test]
    fn more_of_a_word_counts_more_and_a_long_text_less() {
        let once = score("pump", "the pump stopped", None);
        assert!(once > 0.0);
        assert!(score("pump", "pump, pump and pump", None) > once);
        let long = format!("the pump stopped {}", "and nobody knew why ".repeat(40));
        assert!(score("pump", &long, None) < once);
        assert_eq!(score("valve", "the pump stopped", None), 0.0);
    }

    #[test]
    fn titles_codes_and_neighbours_count_as_in_the_local_index() {
        let plain = score("pump", "a pump", None);
        assert!(score("pump", "a pump", Some("Pump")) > plain);
        assert!(score("ERR-1042", "saw ERR-1042 here", None) > plain);
        let apart = score("pressure valve", "pressure of the old valve", None);
        let together = score("pressure valve", "of the old pressure valve", None);
        assert!(together > apart, "{together} {apart}");
    }

    #[test]
    fn phrases_are_found_word_by_word() {
        let query = KeywordQuery::parse("\"loss of pressure\"");
        let [phrase] = query.phrases.as_slice() else {
            panic!("{query:?}");
        };
        assert!(holds_phrase("a sudden loss of pressure, again", phrase));
        assert!(!holds_phrase("pressure and loss of heat", phrase));
    }

    #[test]
    fn the_hash_is_part_of_the_layout() {
        assert_eq!(dimension(IN_TEXT, "pump"), dimension(IN_TEXT, "pump"));
        assert_ne!(dimension(IN_TEXT, "pump"), dimension(IN_TITLE, "pump"));
        assert_ne!(dimension(IN_TEXT, "pump"), dimension(IN_TEXT, "pumpe"));
    }
}
