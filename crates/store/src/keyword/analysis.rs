//! How a text becomes the words that are searched: the same for passages, titles and queries.
//!
//! Words are runs of letters and digits of any script, in lower case, without accents, stemmed as
//! English or, if the text is in another language, as that one ([`tokens_in`]). A code (`ERR-1042`, `v2.4.1`, `ann@acme.com`) is kept whole and also in parts, at the
//! positions of its parts, so that both find it. Chinese, Japanese, Thai and others, which put no
//! blanks between words, are searched by single characters.

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, Stemmer, TextAnalyzer, Token, TokenStream, Tokenizer,
};

use super::tongue::Tongue;

/// The name under which an index knows the analyser.
pub(crate) const ANALYZER: &str = "precis";

/// Longer runs of letters are noise (base64, hashes) and are left out.
const LONGEST_WORD: usize = 64;
const LONGEST_CODE: usize = 96;

pub(crate) fn analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(Words::default())
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .filter(Stemmer::new(Language::English))
        .build()
}

/// The tokens of a text, in order, analysed as English.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    tokens_of(analyzer(), text)
}

/// The tokens of a text in another language: each word stemmed with its accents and, at the same
/// place, as somebody would find it who leaves them out, if that is another stem. `configuración`
/// and `configuracion` meet there.
pub(crate) fn tokens_in(tongue: &Tongue, text: &str) -> Vec<Token> {
    let [careful, careless] = spellings_in(tongue, text);
    let mut both = Vec::with_capacity(careful.len());
    for (careful, careless) in careful.into_iter().zip(careless) {
        let is_another = careless.text != careful.text;
        both.push(careful);
        both.extend(is_another.then_some(careless));
    }
    both
}

/// The tokens of a text in another language, stemmed with their accents and without, one for one
/// with [`tokens`].
pub(crate) fn spellings_in(tongue: &Tongue, text: &str) -> [Vec<Token>; 2] {
    let stemmer = || Stemmer::new(tongue.stemmer);
    let lower = || TextAnalyzer::builder(Words::default()).filter(LowerCaser);
    let careful = lower().filter(stemmer()).filter(AsciiFoldingFilter);
    let careless = lower().filter(AsciiFoldingFilter).filter(stemmer());
    [
        tokens_of(careful.build(), text),
        tokens_of(careless.build(), text),
    ]
}

fn tokens_of(mut analyzer: TextAnalyzer, text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    analyzer
        .token_stream(text)
        .process(&mut |token: &Token| found.push(token.clone()));
    found
}

/// Splits a text into words, codes and the parts of codes.
#[derive(Clone, Default)]
pub(crate) struct Words {
    spans: Vec<Span>,
    token: Token,
}

/// Where a token stands and how it is spelled.
#[derive(Clone, Copy)]
struct Span {
    from: usize,
    to: usize,
    position: usize,
    /// How many words a code covers; 1 for a word.
    words: usize,
    spelling: Spelling,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// As it stands.
    Plain,
    /// Without its hyphens: `PX-200` as `PX200`.
    Joined,
}

pub(crate) struct WordStream<'a> {
    text: &'a str,
    spans: std::slice::Iter<'a, Span>,
    token: &'a mut Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.spans.clear();
        split(text, &mut self.spans);
        self.token.reset();
        WordStream {
            text,
            spans: self.spans.iter(),
            token: &mut self.token,
        }
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        let Some(span) = self.spans.next() else {
            return false;
        };
        let written = &self.text[span.from..span.to];
        let dropped = |c: char| {
            is_apostrophe(c) || is_mark(c) || (span.spelling == Spelling::Joined && is_hyphen(c))
        };
        self.token.text.clear();
        self.token
            .text
            .extend(written.chars().filter(|c| !dropped(*c)));
        self.token.offset_from = span.from;
        self.token.offset_to = span.to;
        self.token.position = span.position;
        self.token.position_length = span.words;
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

fn split(text: &str, spans: &mut Vec<Span>) {
    let mut position = 0;
    let mut rest = 0;
    while let Some(start) = text[rest..].find(is_word) {
        let from = rest + start;
        let length = text[from..].find(|c| !is_word(c) && !is_joiner(c));
        let run_end = length.map_or(text.len(), |length| from + length);
        let trimmed = text[from..run_end].trim_end_matches(is_joiner);
        split_run(text, from, from + trimmed.len(), &mut position, spans);
        rest = run_end;
    }
}

/// One run of letters, digits and what joins them, neither beginning nor ending with a joiner.
fn split_run(text: &str, from: usize, to: usize, position: &mut usize, spans: &mut Vec<Span>) {
    let run = &text[from..to];
    let first = *position;
    let mut parts = Vec::new();
    split_parts(run, from, position, &mut parts);
    let words = *position - first;
    let looks_like_code = run.contains(|c: char| c.is_ascii_digit() || c == '@' || c == '_');
    if words > 1 && looks_like_code && run.contains(is_joiner) && run.len() <= LONGEST_CODE {
        let whole = Span {
            from,
            to,
            position: first,
            words,
            spelling: Spelling::Plain,
        };
        spans.push(whole);
        let only_hyphens = run.chars().all(|c| is_word(c) || is_hyphen(c));
        if only_hyphens {
            spans.push(Span {
                spelling: Spelling::Joined,
                ..whole
            });
        }
    }
    spans.extend(parts);
}

fn split_parts(run: &str, offset: usize, position: &mut usize, parts: &mut Vec<Span>) {
    let separates = |c: char| is_joiner(c) && !is_apostrophe(c);
    let mut start = 0;
    for piece in run.split(separates) {
        let at = offset + start;
        start += piece.len();
        start += run[start..].chars().next().map_or(0, char::len_utf8);
        if piece.chars().any(stands_alone) {
            split_characters(piece, at, position, parts);
        } else {
            push_word(without_possessive(piece), at, position, parts);
        }
    }
}

fn push_word(word: &str, at: usize, position: &mut usize, parts: &mut Vec<Span>) {
    let leading = word.len() - word.trim_start_matches(is_apostrophe).len();
    let word = word.trim_matches(is_apostrophe);
    if word.len() > LONGEST_WORD || !word.contains(char::is_alphanumeric) {
        return;
    }
    let from = at + leading;
    let plain = |from, to, position, words| Span {
        from,
        to,
        position,
        words,
        spelling: Spelling::Plain,
    };
    let to = from + word.len();
    match letters_then_digits(word) {
        Some(letters) => {
            parts.push(plain(from, to, *position, 2));
            parts.push(plain(from, from + letters, *position, 1));
            parts.push(plain(from + letters, to, *position + 1, 1));
            *position += 2;
        }
        None => {
            parts.push(plain(from, to, *position, 1));
            *position += 1;
        }
    }
}

/// A piece with characters that are words by themselves: each of them, and what is between them.
fn split_characters(piece: &str, at: usize, position: &mut usize, parts: &mut Vec<Span>) {
    let mut word_start = 0;
    for (index, c) in piece.char_indices().filter(|(_, c)| stands_alone(*c)) {
        push_word(&piece[word_start..index], at + word_start, position, parts);
        word_start = index + c.len_utf8();
        push_word(&piece[index..word_start], at + index, position, parts);
    }
    push_word(&piece[word_start..], at + word_start, position, parts);
}

/// For `PX200` the length of `PX`; none unless it is ASCII letters, then digits.
fn letters_then_digits(word: &str) -> Option<usize> {
    let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
    let digits = &word.as_bytes()[letters..];
    (letters > 0 && !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)).then_some(letters)
}

fn without_possessive(word: &str) -> &str {
    for ending in ["'s", "\u{2019}s", "'S", "\u{2019}S"] {
        if let Some(stem) = word.strip_suffix(ending) {
            return stem;
        }
    }
    word
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c)
}

/// Combining accents, which decomposed text carries beside its letters.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}')
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}' | '\u{2011}')
}

fn is_joiner(c: char) -> bool {
    is_apostrophe(c) || is_hyphen(c) || matches!(c, '.' | '_' | '/' | ':' | '@' | '#' | '+')
}

/// Han and kana; Thai and Lao, Burmese, Khmer.
fn stands_alone(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2fa1f}')
}

/// Words that say nothing alone: they are indexed for phrases, but not searched for.
pub(crate) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

/// Stemmed, as tokens are; sorted for the search.
const STOP_WORDS: &[&str] = &[
    "a", "about", "am", "an", "and", "ani", "are", "as", "at", "be", "been", "but", "by", "can",
    "could", "did", "do", "doe", "for", "from", "had", "has", "have", "how", "i", "if", "in",
    "into", "is", "it", "its", "me", "my", "no", "not", "of", "on", "or", "our", "should", "so",
    "such", "that", "the", "their", "them", "then", "there", "these", "they", "this", "to", "us",
    "was", "we", "were", "what", "when", "where", "whi", "which", "who", "will", "with", "would",
    "you", "your",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.text).collect()
    }

    fn words_in(code: &str, text: &str) -> Vec<String> {
        let tokens = tokens_in(Tongue::of_code(code).unwrap(), text);
        tokens.into_iter().map(|token| token.text).collect()
    }

    fn share_a_word(code: &str, one: &str, other: &str) -> bool {
        let other = words_in(code, other);
        words_in(code, one).iter().any(|word| other.contains(word))
    }

    #[test]
    fn other_languages_have_their_own_stems() {
        assert!(share_a_word("de", "Türen", "Tür"));
        assert!(share_a_word("de", "Schlüssels", "Schluessel"));
        assert!(share_a_word("de", "GRÖSSE", "Größe"));
        assert!(share_a_word("es", "configuraciones", "configuracion"));
        assert!(share_a_word("fr", "réinitialisé", "reinitialise"));
        assert!(share_a_word("ru", "насосы", "насоса"));
        assert_eq!(words_in("de", "PX-200 ERR-1042"), words("PX-200 ERR-1042"));
    }

    #[test]
    fn words_are_folded_and_stemmed() {
        assert_eq!(
            words("Pumps, RÉSETTING the café’s"),
            ["pump", "reset", "the", "cafe"]
        );
        assert_eq!(words("cafe\u{301} don't"), ["cafe", "dont"]);
    }

    #[test]
    fn codes_are_whole_and_in_parts() {
        assert_eq!(words("ERR-1042."), ["err-1042", "err1042", "err", "1042"]);
        assert_eq!(words("0x80070005"), ["0x80070005"]);
        assert_eq!(words("PX200"), ["px200", "px", "200"]);
        assert_eq!(words("(00001026)"), ["00001026"]);
        assert!(words("mail ann.lee@acme.com!").contains(&"ann.lee@acme.com".to_owned()));
        assert!(words("v2.4.1").contains(&"v2.4.1".to_owned()));
    }

    #[test]
    fn parts_of_codes_keep_their_positions() {
        let found = tokens("see ERR-1042 now");
        let last = found
            .last()
            .map(|token| (token.text.as_str(), token.position));
        assert_eq!(last, Some(("now", 3)));
    }

    #[test]
    fn plain_hyphens_make_no_code() {
        assert_eq!(words("and/or re-start"), ["and", "or", "re", "start"]);
    }

    #[test]
    fn other_scripts_are_words_too() {
        assert_eq!(words("東京 насос"), ["東", "京", "насос"]);
        assert_eq!(words("ปั๊ม").len(), 3, "a Thai word, by its letters");
        assert_eq!(words("''' --- @@ \u{0} \u{301}"), Vec::<String>::new());
    }

    #[test]
    fn stop_words_are_sorted() {
        assert!(STOP_WORDS.is_sorted());
    }
}
