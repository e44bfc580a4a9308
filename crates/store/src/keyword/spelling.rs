//! Typing mistakes: words that nobody wrote, and the words of the index that they may stand for.

use std::collections::BTreeSet;

use tantivy::Term;
use tantivy::query::FuzzyTermQuery;

use super::analysis::{is_stop_word, tokens};
use super::forms::Forms;
use super::query::{KeywordQuery, quotations};
use super::snapshot::Snapshot;
use crate::access::Scope;

/// Each costs a walk over the dictionary.
const MOST_MISTAKES: usize = 3;
/// Words that one may stand for, of which it is asked whether the viewer can read them.
const MOST_CANDIDATES: usize = 20;
/// A slip in a shorter word makes another word.
const SHORTEST: usize = 5;
/// From this length on two slips are forgiven.
const LONG: usize = 8;

/// A query with its typing mistakes put right, by words that its viewer can read: what others wrote
/// neither corrects a word nor keeps it from being corrected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Respelled {
    pub query: KeywordQuery,
    /// The text with the words in place of the mistakes, as the index spells them.
    pub text: String,
}

impl Snapshot {
    /// The text with other words in place of those that no passage has, but for a letter or two;
    /// none if there are none such. What stands between quotation marks, numbers, codes, ids and
    /// addresses are left as they are.
    pub(crate) fn respelled(
        &self,
        text: &str,
        scope: &Scope,
    ) -> tantivy::Result<Option<Respelled>> {
        let mut mistakes = Vec::new();
        let forms = Forms::of(text, &self.vocabulary.tongues);
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
                    && self.may_be_mistyped(&token.text, &forms, scope)?
                    && let Some(word) = self.alike(&token.text, scope)?
                {
                    let place = offset + token.offset_from..offset + token.offset_to;
                    mistakes.push((place, token.text, word));
                }
            }
        }
        if mistakes.is_empty() {
            return Ok(None);
        }
        let mut respelled = Respelled {
            query: KeywordQuery::parse_for(text, &self.vocabulary.tongues),
            text: text.to_owned(),
        };
        for (place, typed, word) in mistakes.into_iter().rev() {
            respelled.text.replace_range(place, &word);
            respelled.query.replace(&typed, &word);
        }
        Ok(Some(respelled))
    }

    /// Whether a word that the viewer can read is more likely meant: words of others are no words.
    fn may_be_mistyped(&self, word: &str, forms: &Forms, scope: &Scope) -> tantivy::Result<bool> {
        let is_word = word.chars().count() >= SHORTEST
            && word.chars().all(char::is_alphabetic)
            && !is_stop_word(word);
        if !is_word || forms.is_silent(word) {
            return Ok(false);
        }
        for form in forms.of_word(word).into_iter().chain([word]) {
            if self.frequency(form)? > 0 && self.is_readable(form, scope)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The word that is meant most likely: one slip away; or the same up to an ending that the
    /// mistake has kept from being cut off (`calibraton`, `calibr`); or two slips away. The first
    /// letter is right: people seldom mistype it.
    fn alike(&self, word: &str, scope: &Scope) -> tantivy::Result<Option<String>> {
        if let Some(found) = self.within(word, 1, scope)? {
            return Ok(Some(found));
        }
        if let Some(found) = self.longest_beginning(word, scope)? {
            return Ok(Some(found));
        }
        match word.chars().count() >= LONG {
            true => self.within(word, 2, scope),
            false => Ok(None),
        }
    }

    /// The most frequent word so many slips away that the viewer can read somewhere.
    fn within(&self, word: &str, slips: u8, scope: &Scope) -> tantivy::Result<Option<String>> {
        let field = self.fields.text;
        let first = word.chars().next().map(String::from).unwrap_or_default();
        let first = first.as_bytes();
        let query = FuzzyTermQuery::new(Term::from_field_text(field, word), slips, true);
        let mut near_words = BTreeSet::new();
        for segment in self.searcher.segment_readers() {
            let inverted = segment.inverted_index(field)?;
            let near = inverted.terms().search(query.automaton()?);
            let mut terms = near.ge(first).into_stream()?;
            while terms.advance() && terms.key().starts_with(first) {
                let found = std::str::from_utf8(terms.key()).unwrap_or_default();
                if found.is_empty() || !found.chars().all(char::is_alphabetic) {
                    continue;
                }
                near_words.insert((self.frequency(found)?, found.to_owned()));
            }
        }
        for (_, found) in near_words.into_iter().rev().take(MOST_CANDIDATES) {
            if self.is_readable(&found, scope)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn longest_beginning(&self, word: &str, scope: &Scope) -> tantivy::Result<Option<String>> {
        let length = word.chars().count();
        let shortest = SHORTEST.max((length * 3).div_ceil(5));
        let ends: Vec<usize> = word.char_indices().map(|(at, _)| at).collect();
        for end in ends.iter().skip(shortest).rev() {
            let beginning = &word[..*end];
            if self.frequency(beginning)? > 0 && self.is_readable(beginning, scope)? {
                return Ok(Some(beginning.to_owned()));
            }
        }
        Ok(None)
    }

    fn is_readable(&self, word: &str, scope: &Scope) -> tantivy::Result<bool> {
        if scope.is_everything() {
            return Ok(true);
        }
        let query = KeywordQuery::word(word);
        Ok(!self.keyword(&query, scope, 1)?.is_empty())
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
