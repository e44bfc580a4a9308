//! The languages whose texts are analysed in a way of their own. All others are read as English.

use std::fmt;

use domain::{Document, Passage};
use tantivy::tokenizer::{Language, RawTokenizer, StopWordFilter, TextAnalyzer, TokenStream};
use whatlang::{Detector, Lang};

use super::analysis::is_stop_word;

/// A language other than English that has a stemmer.
#[derive(PartialEq, Eq)]
pub(crate) struct Tongue {
    /// The first letters of Salesforce's code: `de` of `de_CH`.
    code: &'static str,
    pub(super) stemmer: Language,
    detected: Lang,
}

/// What a text says about its own language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    English,
    Other(&'static Tongue),
    /// It is too short, or no language at all.
    Nothing,
}

/// Fewer letters tell nothing for sure.
const FEWEST_LETTERS: usize = 60;
/// What is read of a longer text, in bytes.
const READ: usize = 1_000;
/// In people's sentences at least one of so many words is a stop word of their language.
const STOP_WORD_IN: usize = 8;

/// Passages of a document that are read to learn its language.
const MOST_READ: usize = 8;

static TONGUES: [Tongue; 17] = [
    tongue("ar", Language::Arabic, Lang::Ara),
    tongue("da", Language::Danish, Lang::Dan),
    tongue("de", Language::German, Lang::Deu),
    tongue("el", Language::Greek, Lang::Ell),
    tongue("es", Language::Spanish, Lang::Spa),
    tongue("fi", Language::Finnish, Lang::Fin),
    tongue("fr", Language::French, Lang::Fra),
    tongue("hu", Language::Hungarian, Lang::Hun),
    tongue("it", Language::Italian, Lang::Ita),
    tongue("nl", Language::Dutch, Lang::Nld),
    tongue("no", Language::Norwegian, Lang::Nob),
    tongue("pt", Language::Portuguese, Lang::Por),
    tongue("ro", Language::Romanian, Lang::Ron),
    tongue("ru", Language::Russian, Lang::Rus),
    tongue("sv", Language::Swedish, Lang::Swe),
    tongue("ta", Language::Tamil, Lang::Tam),
    tongue("tr", Language::Turkish, Lang::Tur),
];

const fn tongue(code: &'static str, stemmer: Language, detected: Lang) -> Tongue {
    Tongue {
        code,
        stemmer,
        detected,
    }
}

impl Tongue {
    /// By a code as Salesforce writes it: `de`, `de_CH`, `pt_BR`.
    pub(crate) fn of_code(code: &str) -> Option<&'static Self> {
        let language = code.split(['_', '-']).next().unwrap_or(code);
        TONGUES
            .iter()
            .find(|tongue| tongue.code.eq_ignore_ascii_case(language))
    }

    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// What a text that somebody wrote says about its language. Only a clear case of another
    /// language counts as one, because most of what is no prose is written by English programs.
    pub(crate) fn told_by(text: &str) -> Told {
        let text = beginning(text);
        let words: Vec<String> = words(text).collect();
        let letters: usize = words.iter().map(|word| word.chars().count()).sum();
        if letters < FEWEST_LETTERS {
            return Told::Nothing;
        }
        let english = words.iter().filter(|word| is_stop_word(word)).count();
        if english * STOP_WORD_IN > words.len() {
            return Told::English;
        }
        let allowed = TONGUES.iter().map(|tongue| tongue.detected);
        let detector = Detector::with_allowlist(allowed.chain([Lang::Eng]).collect());
        let Some(info) = detector.detect(text).filter(whatlang::Info::is_reliable) else {
            return Told::Nothing;
        };
        match TONGUES.iter().find(|t| t.detected == info.lang()) {
            None => Told::English,
            Some(tongue) if tongue.is_spoken_in(&words, english) => Told::Other(tongue),
            Some(_) => Told::Nothing,
        }
    }

    /// Whether the words have as many of its stop words as people use, and more than English ones.
    /// Where there is no list of them, they do.
    fn is_spoken_in(&self, words: &[String], english: usize) -> bool {
        let Some(mut list) = StopWords::of(self) else {
            return true;
        };
        let own = words.iter().filter(|word| list.has(word)).count();
        own > english && own * STOP_WORD_IN > words.len()
    }
}

/// In which languages the texts of a document are.
pub(crate) struct DocumentTongues {
    /// Whether Salesforce says so, of all of them.
    is_declared: bool,
    /// None is English.
    main: Option<&'static Tongue>,
}

impl DocumentTongues {
    /// An article has its language from Salesforce. Everything else is in the language of its first
    /// passage that tells one, and a passage that tells another is in that.
    pub(crate) fn of(document: &Document, passages: &[Passage]) -> Self {
        if let Some(language) = &document.language {
            return Self {
                is_declared: true,
                main: Tongue::of_code(language),
            };
        }
        let told = passages
            .iter()
            .map(|passage| Tongue::told_by(&passage.text));
        let main = told.take(MOST_READ).find_map(|told| match told {
            Told::English => Some(None),
            Told::Other(tongue) => Some(Some(tongue)),
            Told::Nothing => None,
        });
        Self {
            is_declared: false,
            main: main.flatten(),
        }
    }

    pub(crate) fn of_title(&self) -> Option<&'static Tongue> {
        self.main
    }

    pub(crate) fn of_passage(&self, text: &str) -> Option<&'static Tongue> {
        if self.is_declared {
            return self.main;
        }
        match Tongue::told_by(text) {
            Told::English => None,
            Told::Other(tongue) => Some(tongue),
            Told::Nothing => self.main,
        }
    }
}

/// The stop words of a language.
pub(super) struct StopWords(TextAnalyzer);

impl StopWords {
    /// None where there is no list of them.
    pub(super) fn of(tongue: &Tongue) -> Option<Self> {
        let filter = StopWordFilter::new(tongue.stemmer)?;
        let analyzer = TextAnalyzer::builder(RawTokenizer::default()).filter(filter);
        Some(Self(analyzer.build()))
    }

    /// Whether a word in small letters, as it is written, says nothing alone.
    pub(super) fn has(&mut self, word: &str) -> bool {
        !self.0.token_stream(word).advance()
    }
}

impl fmt::Debug for Tongue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(READ)]
}

/// The words of a text in small letters, codes and numbers apart.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && word.chars().all(char::is_alphabetic))
        .map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<&'static str> {
        match Tongue::told_by(text) {
            Told::English => Some("en"),
            Told::Other(tongue) => Some(tongue.code),
            Told::Nothing => None,
        }
    }

    #[test]
    fn codes_are_told_without_their_country() {
        assert_eq!(Tongue::of_code("de_CH").map(Tongue::code), Some("de"));
        assert_eq!(Tongue::of_code("PT-br").map(Tongue::code), Some("pt"));
        assert_eq!(Tongue::of_code("en_US"), None);
        assert_eq!(Tongue::of_code("ja"), None);
        assert_eq!(Tongue::of_code(""), None);
    }

    #[test]
    fn only_a_clear_text_tells_its_language() {
        let german = "Seit gestern zeigt der Schrank eine Meldung an, die wir nicht kennen. \
                      Bitte schicken Sie uns einen Techniker, der sich damit auskennt.";
        let french = "Depuis hier, l'armoire affiche un message que nous ne connaissons pas. \
                      Merci de nous envoyer un technicien dès que possible.";
        let english = "Since yesterday the cabinet shows a message that we do not know. Please \
                       send a technician who can help us with it.";
        let russian = "Со вчерашнего дня шкаф показывает сообщение, которого мы не знаем. \
                       Пожалуйста, пришлите нам техника.";
        assert_eq!(told(german), Some("de"));
        assert_eq!(told(french), Some("fr"));
        assert_eq!(told(english), Some("en"));
        assert_eq!(told(russian), Some("ru"));
        for unclear in [
            "",
            "Kelda 300 meldet E17",
            "TW-1703 TW-3315 K7-2013-0625 ERR-1042 0x80070005 PX-200 v2.4.1 E17 E21 E30 S-12",
        ] {
            assert_eq!(told(unclear), None, "{unclear}");
        }
    }
}
