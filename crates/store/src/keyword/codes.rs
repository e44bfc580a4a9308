//! Which words of a text are codes: `ERR-1042`, `0x80070005`, `v2.4.1`, `px 200`.

use std::collections::BTreeSet;

use tantivy::tokenizer::Token;

use super::analysis::is_stop_word;
use super::query::single_words;

/// `v2.4.1` for `2.4.1` and the other way round: people write versions either way.
pub(super) fn other_version(code: &str) -> Option<String> {
    let number = code.strip_prefix('v').unwrap_or(code);
    let is_version = number.contains('.')
        && number.starts_with(|c: char| c.is_ascii_digit())
        && number
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_version.then(|| match code.strip_prefix('v') {
        Some(number) => number.to_owned(),
        None => format!("v{code}"),
    })
}

/// The codes among the tokens, however they are written: as one (`ERR-1042`, `PX200`, `40412`), or as
/// a few letters and a number side by side (`err 1042`). Codes within codes are none, and neither
/// are quantities, prices and years: they stand by chance in a few texts about something else.
pub(super) fn codes_of(tokens: &[Token]) -> Vec<Vec<(usize, String)>> {
    let words: Vec<&Token> = single_words(tokens).collect();
    let mut codes = Vec::new();
    let mut end = 0;
    for token in tokens {
        // A whole stands before its parts.
        if token.position_length > 1 && token.position >= end {
            end = token.position + token.position_length;
            if is_code(&token.text) {
                codes.push(parts(&words, token.position, end));
            }
        }
    }
    let within = |word: &Token| {
        let holds = |token: &&Token| {
            let end = token.position + token.position_length;
            token.position_length > 1 && (token.position..end).contains(&word.position)
        };
        tokens.iter().find(holds).is_some()
    };
    for (index, word) in words.iter().enumerate() {
        if within(word) || !word.text.contains(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let before = index.checked_sub(1).map(|before| words[before]);
        match before {
            Some(before) if !within(before) && make_a_code(before, word) => {
                codes.push(parts(&words, before.position, word.position + 1));
            }
            Some(_) | None if is_code(&word.text) => {
                codes.push(parts(&words, word.position, word.position + 1));
            }
            Some(_) | None => {}
        }
    }
    codes
}

/// The words at these positions. The `v` of a version is not always written.
fn parts(words: &[&Token], from: usize, to: usize) -> Vec<(usize, String)> {
    let parts = words
        .iter()
        .filter(|word| (from..to).contains(&word.position));
    let mut parts: Vec<_> = parts
        .map(|word| (word.position, word.text.clone()))
        .collect();
    let is_number = |(_, text): &(usize, String)| text.bytes().all(|byte| byte.is_ascii_digit());
    if let [first, numbers @ ..] = parts.as_slice()
        && first.1 == "v"
        && numbers.len() > 1
        && numbers.iter().all(is_number)
    {
        parts.remove(0);
    }
    parts
}

/// Whether a number is more than a quantity.
pub(super) fn tells_as_number(text: &str) -> bool {
    const FEWEST_CHARACTERS: usize = 3;
    text.len() >= FEWEST_CHARACTERS && text.contains(|c: char| c.is_ascii_digit())
}

/// `0x80070005`, `K7-2013`, `2.4.1`, `40412`; but no `12`, `17.00`, `24/7` or `2019`.
fn is_code(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let has_letter = text.contains(char::is_alphabetic);
    let joiners = text.chars().filter(|c| !c.is_alphanumeric()).count();
    let is_year = text.len() == 4 && (text.starts_with("19") || text.starts_with("20"));
    digits > 0 && (has_letter || joiners > 1 || (joiners == 0 && digits >= 4 && !is_year))
}

/// `px 200`, but not `of 12`.
fn make_a_code(letters: &Token, number: &Token) -> bool {
    const SHORTEST_NUMBER: usize = 3;
    letters.position + 1 == number.position
        && (2..=4).contains(&letters.text.len())
        && letters.text.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !is_stop_word(&letters.text)
        && number.text.len() >= SHORTEST_NUMBER
        && number.text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Each code once, wherever it stands.
pub(super) fn different(codes: Vec<Vec<(usize, String)>>) -> Vec<Vec<(usize, String)>> {
    let mut seen = BTreeSet::new();
    let mut kept = codes;
    kept.retain(|words| {
        let spelled: Vec<String> = words.iter().map(|(_, word)| word.clone()).collect();
        !words.is_empty() && seen.insert(spelled)
    });
    kept
}
