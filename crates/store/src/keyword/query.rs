//! People's text, parsed once into what the keyword engine can look for.

use std::collections::BTreeSet;

use domain::RecordId;
use tantivy::tokenizer::Token;

use super::analysis::{is_stop_word, tokens};
use super::codes::{codes_of, different, other_version, tells_as_number};
use super::forms::{Forms, Tongues};
use super::highlight::highlights;

use crate::conditions::emails;

/// Longer questions are read up to here: a megabyte of text is no better a question.
const LONGEST_TEXT: usize = 16 * 1024;
const MOST_TERMS: usize = 256;
const MOST_PHRASES: usize = 8;
const LONGEST_PHRASE: usize = 32;
const MOST_PAIRS: usize = 10;
const MOST_KEYS: usize = 32;
/// A shorter number is as likely a quantity; with leading zeros, alone, or as "case 1026" it counts
/// all the same.
const SHORTEST_NUMBER: usize = 5;
/// Behind one of these a number is a record's: "case 1026".
const NUMBERED: [&str; 6] = ["article", "case", "contract", "fall", "number", "vertrag"];

/// Something that names documents exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExactKey {
    /// The id of a document or of any of its records; a `KnowledgeArticleId` names all versions of
    /// the article, one for each language.
    Id(RecordId),
    /// A case, article or contract number, with or without its leading zeros.
    Number(String),
    /// An address that stands in a short field of the document.
    Email(String),
    /// The whole name of an account, a contact or a product. No text is read as one.
    Name(String),
}

/// What both texts of a query have counts once.
fn add_new<T: PartialEq>(known: &mut Vec<T>, others: Vec<T>) {
    for other in others {
        if !known.contains(&other) {
            known.push(other);
        }
    }
}

/// What people typed, as words, codes and phrases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeywordQuery {
    pub(crate) terms: Vec<QueryTerm>,
    /// Quoted texts of at least two words, each word with its place.
    pub(crate) phrases: Vec<Vec<(usize, String)>>,
    /// Words that stand side by side in the text: a passage that has them so says the same thing.
    pub(crate) pairs: Vec<[String; 2]>,
    /// Each code of the text, as its words with their places: `ERR-1042`, `ERR1042` and `err 1042`
    /// are the same two.
    pub(super) codes: Vec<Vec<(usize, String)>>,
    /// The words in the other languages of the index.
    pub(super) forms: Forms,
    pub(super) keys: Vec<ExactKey>,
}

/// A word as the analyser spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueryTerm {
    pub text: String,
    pub kind: TermKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TermKind {
    Word,
    /// `err-1042`, `0x80070005`: exact, and worth more than a word.
    Code,
    /// `1042` of `ERR-1042`: worth less, because the whole is looked for too.
    PartOfCode,
}

impl KeywordQuery {
    /// Never fails: any text is a query, perhaps an empty one. Words beyond the first 16 kB, or
    /// beyond the first few hundred different ones, are not read.
    pub fn parse(text: &str) -> Self {
        Self::parse_for(text, &Tongues::default())
    }

    /// The same for an index with texts in these languages beside English.
    pub(crate) fn parse_for(text: &str, tongues: &Tongues) -> Self {
        let text = beginning(text);
        let mut terms = Terms::default();
        let mut phrases = Vec::new();
        let mut pairs = Vec::new();
        let mut codes = Vec::new();
        for (piece, quoted) in quotations(text) {
            let tokens = tokens(piece);
            terms.add(&tokens);
            codes.extend(codes_of(&tokens));
            pairs.extend(neighbours(&tokens));
            if quoted && phrases.len() < MOST_PHRASES {
                phrases.extend(phrase(&tokens));
            }
        }
        Self {
            terms: terms.finish(),
            phrases,
            pairs: pairs.into_iter().take(MOST_PAIRS).collect(),
            codes: different(codes),
            forms: Forms::of(text, tongues),
            keys: exact_keys(text),
        }
    }

    /// A text that must occur as it stands: its words in their order, or its only word. None if it
    /// has no word at all.
    pub(crate) fn phrase_for(text: &str, tongues: &Tongues) -> Option<Self> {
        let text = beginning(text);
        let words = words_of(&tokens(text));
        (!words.is_empty()).then(|| Self {
            forms: Forms::of(text, tongues),
            ..Self::of_words(words)
        })
    }

    /// Both together: any word of either may match.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        for term in other.terms {
            if !self.terms.contains(&term) {
                self.terms.push(term);
            }
        }
        add_new(&mut self.phrases, other.phrases);
        add_new(&mut self.pairs, other.pairs);
        add_new(&mut self.keys, other.keys);
        self.codes.extend(other.codes);
        self.codes = different(self.codes);
        self.forms.add(other.forms);
        self
    }

    /// Looks for another word in place of one, both as the index spells them.
    pub(super) fn replace(&mut self, typed: &str, word: &str) {
        let terms = self.terms.iter_mut().map(|term| &mut term.text);
        let pairs = self.pairs.iter_mut().flatten();
        for text in terms.chain(pairs).filter(|text| *text == typed) {
            word.clone_into(text);
        }
    }

    /// One word as the index spells it.
    pub(super) fn word(text: &str) -> Self {
        Self {
            terms: vec![QueryTerm {
                text: text.to_owned(),
                kind: TermKind::Code,
            }],
            ..Self::default()
        }
    }

    fn of_words(words: Vec<(usize, String)>) -> Self {
        match <[_; 1]>::try_from(words) {
            Ok([(_, text)]) => Self::word(&text),
            Err(words) => Self {
                phrases: vec![words],
                ..Self::default()
            },
        }
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.phrases.is_empty()
    }

    /// The ids, numbers and addresses that the text names, in its order.
    pub fn exact_keys(&self) -> &[ExactKey] {
        &self.keys
    }

    /// Each code of the text ("ERR-1042") as a query of its own.
    pub fn codes(&self) -> Vec<Self> {
        let codes = self.codes.iter().cloned();
        codes
            .map(|code| Self {
                forms: self.forms.clone(),
                ..Self::of_words(code)
            })
            .collect()
    }

    /// The terms without those that say nothing alone in the question's own language; all, if that
    /// is what they all are.
    pub(crate) fn telling_terms(&self) -> impl Iterator<Item = &QueryTerm> {
        let says_nothing = |term: &QueryTerm| self.forms.is_silent(&term.text);
        let all = self.terms.iter().all(says_nothing);
        let terms = self.terms.iter();
        terms.filter(move |term| all || !says_nothing(term))
    }

    /// How many different words and codes are looked for.
    pub fn term_count(&self) -> usize {
        self.terms.len()
    }

    /// How many of them stand in `text`, as the index would read it.
    pub fn matched_terms(&self, text: &str) -> usize {
        let tokens = self.forms.tokens(text).into_iter();
        let found: BTreeSet<String> = tokens.map(|token| token.text).collect();
        let is_found = |term: &&QueryTerm| {
            let mut others = self.forms.of_word(&term.text).into_iter();
            found.contains(&term.text) || others.any(|other| found.contains(other))
        };
        self.terms.iter().filter(is_found).count()
    }

    /// Where the words that are looked for stand in `text`: ranges of characters, in order.
    pub fn highlights(&self, text: &str) -> Vec<(usize, usize)> {
        highlights(self, text)
    }
}

/// Different terms in the order of the text, stop words apart.
#[derive(Default)]
struct Terms {
    terms: Vec<QueryTerm>,
    stop_words: Vec<QueryTerm>,
    seen: BTreeSet<String>,
}

impl Terms {
    fn add(&mut self, tokens: &[Token]) {
        let (mut code_end, mut code_words) = (0, 0);
        for token in tokens {
            let is_whole = token.position_length > 1;
            let is_within = token.position < code_end && token.position_length < code_words;
            let kind = if is_within {
                TermKind::PartOfCode
            } else if is_whole || tells_as_number(&token.text) {
                TermKind::Code
            } else {
                TermKind::Word
            };
            if is_whole && !is_within {
                code_end = token.position + token.position_length;
                code_words = token.position_length;
            }
            self.push(&token.text, kind);
            if let Some(other) = other_version(&token.text).filter(|_| kind == TermKind::Code) {
                self.push(&other, kind);
            }
        }
    }

    fn push(&mut self, text: &str, kind: TermKind) {
        if self.seen.len() >= MOST_TERMS || !self.seen.insert(text.to_owned()) {
            return;
        }
        let term = QueryTerm {
            text: text.to_owned(),
            kind,
        };
        if kind == TermKind::Word && is_stop_word(text) {
            self.stop_words.push(term);
        } else {
            self.terms.push(term);
        }
    }

    /// "Who is it" has nothing but stop words; then they are all there is to look for.
    fn finish(self) -> Vec<QueryTerm> {
        if self.terms.is_empty() {
            self.stop_words
        } else {
            self.terms
        }
    }
}

fn phrase(tokens: &[Token]) -> Option<Vec<(usize, String)>> {
    let words = words_of(tokens);
    (words.len() > 1).then_some(words)
}

/// The tokens that are one word, and no code made of several.
pub(super) fn single_words(tokens: &[Token]) -> impl Iterator<Item = &Token> {
    tokens.iter().filter(|token| token.position_length == 1)
}

/// The words with their places, without the codes that they make up.
fn words_of(tokens: &[Token]) -> Vec<(usize, String)> {
    single_words(tokens)
        .take(LONGEST_PHRASE)
        .map(|token| (token.position, token.text.clone()))
        .collect()
}

/// Words side by side, stop words apart.
pub(crate) fn neighbours(tokens: &[Token]) -> Vec<[String; 2]> {
    let words: Vec<&Token> = single_words(tokens).collect();
    let is_pair = |pair: &&[&Token]| {
        pair[0].position + 1 == pair[1].position
            && pair.iter().all(|token| !is_stop_word(&token.text))
    };
    let pairs = words.windows(2).filter(is_pair);
    pairs
        .map(|pair| [pair[0].text.clone(), pair[1].text.clone()])
        .collect()
}

fn beginning(text: &str) -> &str {
    let mut end = text.len().min(LONGEST_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The text in pieces, each with whether it stands between quotation marks. A lone mark is none.
pub(super) fn quotations(text: &str) -> Vec<(&str, bool)> {
    let is_mark = |c: char| matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '«' | '»');
    let pieces: Vec<&str> = text.split(is_mark).collect();
    let last = pieces.len() - 1;
    let quoted = |index: usize| index % 2 == 1 && index < last;
    pieces
        .into_iter()
        .enumerate()
        .map(|(index, piece)| (piece, quoted(index)))
        .collect()
}

fn exact_keys(text: &str) -> Vec<ExactKey> {
    let breaks = |c: char| c.is_whitespace() || c.is_control() || ",;()[]<>\"'/?&=#!".contains(c);
    let words: Vec<&str> = text
        .split(breaks)
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .collect();
    let mut keys = Vec::new();
    let mut is_named = words.len() == 1;
    for word in words {
        if let Some(key) = exact_key(word, is_named)
            && keys.len() < MOST_KEYS
            && !keys.contains(&key)
        {
            keys.push(key);
        }
        is_named = NUMBERED.iter().any(|name| name.eq_ignore_ascii_case(word));
    }
    keys
}

fn exact_key(word: &str, is_named: bool) -> Option<ExactKey> {
    if let Some(email) = emails(word).next() {
        return Some(ExactKey::Email(email));
    }
    if !word.contains(|c: char| c.is_ascii_digit()) || word.len() > 64 {
        return None;
    }
    if let Ok(id) = RecordId::parse(word) {
        return Some(ExactKey::Id(id));
    }
    let only_digits = word.bytes().all(|byte| byte.is_ascii_digit());
    let long_enough = word.len() >= SHORTEST_NUMBER || word.starts_with('0');
    (!only_digits || long_enough || is_named).then(|| ExactKey::Number(word.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(query: &str) -> Vec<String> {
        let query = KeywordQuery::parse(query);
        query.terms.into_iter().map(|term| term.text).collect()
    }

    #[test]
    fn stop_words_count_only_when_alone() {
        assert_eq!(texts("How do I reset the pump?"), ["reset", "pump"]);
        assert_eq!(texts("who is it"), ["who", "is", "it"]);
    }

    #[test]
    fn quotations_are_phrases_and_lone_marks_are_not() {
        let query = KeywordQuery::parse("error \"pump pressure low\" 5\" pipe");
        assert_eq!(query.phrases.len(), 1);
        assert_eq!(query.phrases[0].len(), 3);
        assert!(KeywordQuery::parse("\"").is_empty());
        assert!(KeywordQuery::parse("\"single\"").phrases.is_empty());
    }

    #[test]
    fn codes_are_told_from_their_parts() {
        let query = KeywordQuery::parse("ERR-1042 pump 404");
        let kind = |text: &str| {
            let found = query.terms.iter().find(|term| term.text == text);
            found.map(|term| term.kind)
        };
        assert_eq!(kind("err-1042"), Some(TermKind::Code));
        assert_eq!(kind("1042"), Some(TermKind::PartOfCode));
        assert_eq!(kind("404"), Some(TermKind::Code));
        assert_eq!(kind("pump"), Some(TermKind::Word));
    }

    #[test]
    fn keys_are_found_in_running_text() {
        let id = RecordId::parse("500Ez00000AAAAB").unwrap();
        let text =
            format!("see https://x.force.com/lightning/r/Case/{id}/view, 00001026 or Ann@Acme.com");
        let query = KeywordQuery::parse(&text);
        assert_eq!(
            query.exact_keys(),
            [
                ExactKey::Id(id),
                ExactKey::Number("00001026".to_owned()),
                ExactKey::Email("ann@acme.com".to_owned()),
            ]
        );
        assert!(
            KeywordQuery::parse("3 pumps of 12 bar")
                .exact_keys()
                .is_empty()
        );
        assert_eq!(KeywordQuery::parse("1026").exact_keys().len(), 1);
    }

    #[test]
    fn a_code_is_the_same_however_it_is_written() {
        let codes = |text: &str| -> Vec<Vec<String>> {
            let query = KeywordQuery::parse(text);
            let words = query.codes.into_iter();
            words
                .map(|code| code.into_iter().map(|(_, word)| word).collect())
                .collect()
        };
        for text in ["ERR-1042", "err1042?", "what is err 1042"] {
            assert_eq!(codes(text), [["err", "1042"]], "{text}");
        }
        assert_eq!(codes("0x80070005"), [["0x80070005"]]);
        assert_eq!(codes("v2.4.1"), codes("2.4.1"));
        assert_eq!(texts("v2.4.1")[..2], ["v2.4.1", "2.4.1"]);
        assert_eq!(codes("40412"), [["40412"]]);
        for quantities in ["the 12 of 2019", "$17.00 for 1 year", "24/7", "404"] {
            assert!(codes(quantities).is_empty(), "{quantities}");
        }
        assert!(codes("alarm in the hall").is_empty());
        assert_eq!(KeywordQuery::parse("case 1026").exact_keys().len(), 1);
    }

    #[test]
    fn a_megabyte_is_cut_at_a_letter() {
        let query = KeywordQuery::parse(&"ä".repeat(600_000));
        assert!(query.terms.len() <= MOST_TERMS);
        assert!(KeywordQuery::parse(&"\u{0}\u{7f}\"' ".repeat(200_000)).is_empty());
    }
}
