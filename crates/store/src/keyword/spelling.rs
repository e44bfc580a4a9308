//! Words of the index that a mistyped one may stand for.

use std::collections::BTreeMap;

use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

/// A slip in a shorter word makes another word.
const SHORTEST: usize = 5;
/// From this length on two slips are forgiven, if one does not explain it.
const LONG: usize = 8;
const MOST_WORDS: usize = 2;
/// Against the most frequent word that is as near, rarer ones are slips themselves.
const RARER: u64 = 10;

/// The words that are spelled most nearly like `word`, which itself does not occur. The first
/// letter is right: people seldom mistype it. No code is an answer.
pub(super) fn alike(word: &str, searcher: &Searcher, field: Field) -> tantivy::Result<Vec<String>> {
    let length = word.chars().count();
    let Some(first) = word.chars().next().filter(|_| length >= SHORTEST) else {
        return Ok(Vec::new());
    };
    let mut found = within(word, first, 1, searcher, field)?;
    if found.is_empty() && length >= LONG {
        found = within(word, first, 2, searcher, field)?;
    }
    let mut words: Vec<(u64, String)> = found.into_iter().map(|(word, n)| (n, word)).collect();
    words.sort_by(|a, b| b.cmp(a));
    let most = words.first().map_or(0, |(frequency, _)| *frequency);
    words.retain(|(frequency, _)| frequency * RARER >= most);
    words.truncate(MOST_WORDS);
    Ok(words.into_iter().map(|(_, word)| word).collect())
}

/// The words at most `slips` away, with how many passages have them.
fn within(
    word: &str,
    first: char,
    slips: u8,
    searcher: &Searcher,
    field: Field,
) -> tantivy::Result<BTreeMap<String, u64>> {
    let mut first_bytes = [0; 4];
    let first = first.encode_utf8(&mut first_bytes).as_bytes();
    let query = FuzzyTermQuery::new(Term::from_field_text(field, word), slips, true);
    let mut words = BTreeMap::new();
    for segment in searcher.segment_readers() {
        let inverted = segment.inverted_index(field)?;
        let near = inverted.terms().search(query.automaton()?);
        let mut terms = near.ge(first).into_stream()?;
        while terms.advance() && terms.key().starts_with(first) {
            let frequency = u64::from(terms.value().doc_freq);
            let found = std::str::from_utf8(terms.key()).unwrap_or_default();
            if !found.is_empty() && !found.contains(|c: char| c.is_ascii_digit()) {
                *words.entry(found.to_owned()).or_default() += frequency;
            }
        }
    }
    Ok(words)
}
