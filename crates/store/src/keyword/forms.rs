//! The forms of a question's words in the languages that occur in the index.
//!
//! Nobody knows for sure in which language a question is, and names and codes have none: so each
//! word is looked for in the form of each language, and the forms count as one word.

use std::collections::{BTreeMap, BTreeSet};

use tantivy::tokenizer::Token;

use super::analysis::{is_stop_word, spellings_in, tokens, tokens_in};
use super::tongue::{StopWords, Told, Tongue};

/// Fewer stop words of another language do not make a question one in it.
const FEWEST_STOP_WORDS: usize = 2;

/// The languages other than English in which texts of an index are analysed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tongues(Vec<&'static Tongue>);

/// A question's words beyond their English form. Empty where the index is English throughout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Forms {
    tongues: Tongues,
    /// From the English form to another, for each way in which another language spells them.
    others: Vec<BTreeMap<String, String>>,
    /// English forms of words that say nothing alone in the question's own language.
    silent: BTreeSet<String>,
}

impl Tongues {
    pub(crate) fn of_codes<'a>(codes: impl IntoIterator<Item = &'a String>) -> Self {
        Self(
            codes
                .into_iter()
                .filter_map(|c| Tongue::of_code(c))
                .collect(),
        )
    }

    /// The tokens of a text, by each analysis that it may have had for the index.
    pub(super) fn tokens(&self, text: &str) -> Vec<Token> {
        let mut found = tokens(text);
        if !self.0.is_empty() {
            let tongues = self.of_text(text).iter();
            found.extend(tongues.flat_map(|tongue| tokens_in(tongue, text)));
        }
        found
    }

    /// Those in which a text may be.
    fn of_text(&self, text: &str) -> &[&'static Tongue] {
        match Tongue::told_by(text) {
            Told::English => &[],
            Told::Other(found) => {
                let at = self.0.iter().position(|tongue| **tongue == *found);
                at.map_or(&[], |at| &self.0[at..=at])
            }
            Told::Nothing => &self.0,
        }
    }
}

impl Forms {
    pub(crate) fn of(text: &str, tongues: &Tongues) -> Self {
        if tongues.0.is_empty() {
            return Self::default();
        }
        let english = tokens(text);
        let mut others = Vec::new();
        for spelled in tongues
            .0
            .iter()
            .flat_map(|tongue| spellings_in(tongue, text))
        {
            let pairs = english.iter().zip(spelled);
            let pairs = pairs.filter(|(english, other)| english.text != other.text);
            let other: BTreeMap<String, String> = pairs
                .map(|(english, other)| (english.text.clone(), other.text))
                .collect();
            if !other.is_empty() && !others.contains(&other) {
                others.push(other);
            }
        }
        Self {
            tongues: tongues.clone(),
            others,
            silent: silent(text, tongues),
        }
    }

    /// The other forms of a word that is given in its English one.
    pub(crate) fn of_word<'a>(&'a self, word: &str) -> BTreeSet<&'a str> {
        let forms = self.others.iter().filter_map(|other| other.get(word));
        forms
            .map(String::as_str)
            .filter(|form| *form != word)
            .collect()
    }

    /// Words in their order, as each language spells all of them.
    pub(crate) fn of_words(&self, words: &[String]) -> BTreeSet<Vec<String>> {
        let spelled = |other: &BTreeMap<String, String>| -> Vec<String> {
            let words = words.iter();
            words.map(|w| other.get(w).unwrap_or(w).clone()).collect()
        };
        let own = words.to_vec();
        self.others.iter().map(spelled).chain([own]).collect()
    }

    /// Whether a word says nothing alone in the question's own language.
    pub(crate) fn is_silent(&self, word: &str) -> bool {
        self.silent.contains(word)
    }

    /// The tokens of a text, by each analysis that it may have had for the index.
    pub(super) fn tokens(&self, text: &str) -> Vec<Token> {
        self.tongues.tokens(text)
    }

    /// Adds the forms of another part of the question.
    pub(super) fn add(&mut self, other: Self) {
        if self.tongues.0.is_empty() {
            self.tongues = other.tongues;
        }
        self.others.extend(other.others);
        self.silent.extend(other.silent);
    }
}

/// The stop words of the language that the question is in, going by its stop words, in their
/// English form. None if that is English.
fn silent(text: &str, tongues: &Tongues) -> BTreeSet<String> {
    let words: Vec<(String, String)> = tokens(text)
        .into_iter()
        .map(|token| {
            let written = &text[token.offset_from..token.offset_to];
            (written.to_lowercase(), token.text)
        })
        .collect();
    let english = words.iter().filter(|(_, word)| is_stop_word(word)).count();
    let mut most = english.max(FEWEST_STOP_WORDS - 1);
    let mut silent = BTreeSet::new();
    for mut list in tongues.0.iter().filter_map(|tongue| StopWords::of(tongue)) {
        let own = words.iter().filter(|(written, _)| list.has(written));
        let own: Vec<&String> = own.map(|(_, word)| word).collect();
        if own.len() > most {
            most = own.len();
            silent = own.into_iter().cloned().collect();
        }
    }
    silent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tongues(codes: &[&str]) -> Tongues {
        Tongues::of_codes(&codes.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn words_have_the_forms_of_each_language() {
        let forms = Forms::of("Türen freezer E17", &tongues(&["de"]));
        let english = |word: &str| tokens(word)[0].text.clone();
        assert!(forms.of_word(&english("Türen")).contains("tur"));
        assert!(forms.of_word("e17").is_empty(), "codes have one form");
        let none = Forms::of("Türen freezer", &Tongues::default());
        assert_eq!(none, Forms::default());
    }

    #[test]
    fn a_question_is_in_the_language_of_its_stop_words() {
        let german = Forms::of("Wie lange muss der Schrank aus sein?", &tongues(&["de"]));
        for word in ["wie", "muss", "der", "aus"] {
            assert!(german.is_silent(&tokens(word)[0].text), "{word}");
        }
        assert!(!german.is_silent("schrank"));
        let english = Forms::of("Does the freezer die in a war?", &tongues(&["de"]));
        assert!(!english.is_silent("die") && !english.is_silent("war"));
    }
}
