//! Typing mistakes: words that nobody wrote, and the words of the index that they may stand for.

use tantivy::Term;
use tantivy::query::FuzzyTermQuery;

use super::analysis::is_stop_word;
use super::query::{quotations, tokens};
use super::snapshot::Snapshot;

/// Each costs a walk over the dictionary.
const MOST_MISTAKES: usize = 3;
/// A slip in a shorter word makes another word.
const SHORTEST: usize = 5;
/// From this length on two slips are forgiven.
const LONG: usize = 8;

impl Snapshot {
    /// The text with the words in place of which no passage has any, but has one that is spelled
    /// nearly so; none if there are none such. What stands between quotation marks, numbers, codes,
    /// ids and addresses are left as they are.
    ///
    /// It may have words of passages that a viewer may not read: it is to search with, not to show.
    pub(crate) fn respelled(&self, text: &str) -> tantivy::Result<Option<String>> {
        let mut mistakes = Vec::new();
        let pieces = quotations(text).into_iter();
        for (piece, _) in pieces.filter(|(_, quoted)| !quoted) {
            // Pieces are parts of the text itself.
            let offset = piece.as_ptr() as usize - text.as_ptr() as usize;
            let mut code_end = 0;
            for token in tokens(piece) {
                if token.position_length > 1 {
                    code_end = token.position + token.position_length;
                } else if token.position >= code_end
                    && mistakes.len() < MOST_MISTAKES
                    && self.may_be_mistyped(&token.text)?
                    && let Some(word) = self.alike(&token.text)?
                {
                    let (from, to) = (offset + token.offset_from, offset + token.offset_to);
                    mistakes.push((from, to, word));
                }
            }
        }
        if mistakes.is_empty() {
            return Ok(None);
        }
        let mut respelled = text.to_owned();
        for (from, to, word) in mistakes.into_iter().rev() {
            respelled.replace_range(from..to, &word);
        }
        Ok(Some(respelled))
    }

    fn may_be_mistyped(&self, word: &str) -> tantivy::Result<bool> {
        let is_word = word.chars().count() >= SHORTEST
            && word.chars().all(char::is_alphabetic)
            && !is_stop_word(word);
        Ok(is_word && self.frequency(word)? == 0)
    }

    /// The word that is meant most likely: one slip away; or the same up to an ending that the
    /// mistake has kept from being cut off (`calibraton`, `calibr`); or two slips away. The first
    /// letter is right: people seldom mistype it.
    fn alike(&self, word: &str) -> tantivy::Result<Option<String>> {
        if let Some(found) = self.within(word, 1)? {
            return Ok(Some(found));
        }
        if let Some(found) = self.longest_beginning(word)? {
            return Ok(Some(found));
        }
        match word.chars().count() >= LONG {
            true => self.within(word, 2),
            false => Ok(None),
        }
    }

    /// The most frequent word so many slips away.
    fn within(&self, word: &str, slips: u8) -> tantivy::Result<Option<String>> {
        let field = self.fields.text;
        let first = word.chars().next().map(String::from).unwrap_or_default();
        let first = first.as_bytes();
        let query = FuzzyTermQuery::new(Term::from_field_text(field, word), slips, true);
        let mut best: Option<(u64, String)> = None;
        for segment in self.searcher.segment_readers() {
            let inverted = segment.inverted_index(field)?;
            let near = inverted.terms().search(query.automaton()?);
            let mut terms = near.ge(first).into_stream()?;
            while terms.advance() && terms.key().starts_with(first) {
                let found = std::str::from_utf8(terms.key()).unwrap_or_default();
                if found.is_empty() || !found.chars().all(char::is_alphabetic) {
                    continue;
                }
                let candidate = (self.frequency(found)?, found.to_owned());
                if best.as_ref().is_none_or(|best| candidate > *best) {
                    best = Some(candidate);
                }
            }
        }
        Ok(best.map(|(_, word)| word))
    }

    fn longest_beginning(&self, word: &str) -> tantivy::Result<Option<String>> {
        let length = word.chars().count();
        let shortest = SHORTEST.max((length * 3).div_ceil(5));
        let ends: Vec<usize> = word.char_indices().map(|(at, _)| at).collect();
        for end in ends.iter().skip(shortest).rev() {
            let beginning = &word[..*end];
            if self.frequency(beginning)? > 0 {
                return Ok(Some(beginning.to_owned()));
            }
        }
        Ok(None)
    }

    /// Passages that have the word in their text or their title.
    fn frequency(&self, word: &str) -> tantivy::Result<u64> {
        let fields = [self.fields.text, self.fields.title];
        let mut frequency = 0;
        for field in fields {
            frequency += self
                .searcher
                .doc_freq(&Term::from_field_text(field, word))?;
        }
        Ok(frequency)
    }
}
