//! No sentence without its source: what a claim says is held against what its passages say.

use std::collections::BTreeSet;

use super::citation::Source;
use super::sentence::Span;

/// Why a claim cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    #[error("it names no passage")]
    NoPassage,
    #[error("passage {0} does not exist")]
    UnknownPassage(usize),
    #[error("the quote is not in passage {0}")]
    QuoteNotFound(usize),
    #[error("'{0}' is in none of its passages")]
    Invented(String),
}

/// Where `quote` stands in the source's text, character for character; failing that, with blanks
/// and letter case set aside, so that the words of the text itself are quoted.
pub fn find_quote(text: &str, quote: &str) -> Option<Span> {
    let quote = quote.trim();
    if quote.is_empty() {
        return None;
    }
    if let Some(at) = text.find(quote) {
        let start = text[..at].chars().count();
        return Some(Span {
            start,
            end: start + quote.chars().count(),
        });
    }
    find_folded(text, quote)
}

fn find_folded(text: &str, quote: &str) -> Option<Span> {
    let text = folded(text);
    let quote = folded(quote);
    let wanted: Vec<&str> = quote.iter().map(|(c, _)| c.as_str()).collect();
    let have: Vec<&str> = text.iter().map(|(c, _)| c.as_str()).collect();
    if wanted.is_empty() || wanted.len() > have.len() {
        return None;
    }
    let at = have.windows(wanted.len()).position(|part| part == wanted)?;
    Some(Span {
        start: text[at].1,
        end: text[at + wanted.len() - 1].1 + 1,
    })
}

/// Lower-case letters and digits with their character index.
fn folded(text: &str) -> Vec<(String, usize)> {
    text.chars()
        .enumerate()
        .filter(|(_, c)| c.is_alphanumeric())
        .map(|(at, c)| (c.to_lowercase().collect(), at))
        .collect()
}

/// Whether every number, date, amount, code and name of `claim` stands in its sources or in the
/// question.
pub fn check_facts(claim: &str, question: &str, sources: &[&Source]) -> Result<(), Unsupported> {
    let mut known = BTreeSet::new();
    for source in sources {
        known.extend(words(&source.passage.text));
        known.extend(words(&source.title));
    }
    let asked: BTreeSet<_> = words(question).into_iter().collect();
    for (word, shown) in facts(claim) {
        let has_digit = word.chars().any(|c| c.is_ascii_digit());
        // A number must come from a source: the one in the question may be what is wrong.
        let is_known = known.contains(&word) || (!has_digit && asked.contains(&word));
        if !is_known {
            return Err(Unsupported::Invented(shown));
        }
    }
    Ok(())
}

/// The words of a claim that must be somebody's: those with a digit, and names, which start in
/// upper case elsewhere than at the start of a sentence.
fn facts(claim: &str) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut starts_sentence = true;
    for shown in claim.split_whitespace() {
        let ends_sentence = shown.ends_with(['.', '!', '?', ':']);
        for part in parts(shown) {
            let has_digit = part.chars().any(|c| c.is_numeric());
            let is_name = part.chars().next().is_some_and(char::is_uppercase)
                && part.chars().count() > 1
                && !starts_sentence;
            if has_digit || is_name {
                facts.push((normal(part), part.to_owned()));
            }
            starts_sentence = false;
        }
        starts_sentence = ends_sentence;
    }
    facts
}

/// All words of a text as [`facts`] would write them.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .flat_map(parts)
        .map(normal)
        .collect()
}

/// The parts of a blank-separated word, without the punctuation around and between them. What
/// joins digits (`1,250.00`, `2026-05-03`, `14:30`, `ERR-1042`) stays.
fn parts(word: &str) -> Vec<&str> {
    let is_edge = |c: char| !c.is_alphanumeric();
    let word = word.trim_matches(is_edge);
    if word.chars().any(|c| c.is_numeric()) {
        return vec![word].into_iter().filter(|w| !w.is_empty()).collect();
    }
    word.split(is_edge)
        .filter(|part| !part.is_empty())
        .collect()
}

/// Lower case, without thousands separators, possessives and a decimal part of zeros: `1,250.00`
/// and `1250` are one amount.
fn normal(word: &str) -> String {
    let word = word.to_lowercase();
    let digits_start = word.starts_with(|c: char| c.is_ascii_digit());
    if !digits_start {
        return word
            .trim_end_matches("'s")
            .trim_end_matches("’s")
            .to_owned();
    }
    let plain = without_thousands(&word);
    match plain.split_once('.') {
        Some((whole, part)) if !part.is_empty() && part.chars().all(|c| c == '0') => {
            whole.to_owned()
        }
        Some(_) | None => plain,
    }
}

fn without_thousands(word: &str) -> String {
    let groups: Vec<&str> = word.split(',').collect();
    let grouped = groups.len() > 1
        && groups[1..].iter().all(|group| {
            let whole = group.split('.').next().unwrap_or_default();
            whole.len() == 3 && whole.bytes().all(|b| b.is_ascii_digit())
        });
    if grouped {
        groups.concat()
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{FieldName, ObjectName, Passage, PassageId, RecordId};

    fn source(text: &str) -> Source {
        let id = RecordId::parse("500000000000001").unwrap();
        let field = FieldName::parse("Description").unwrap();
        Source {
            file: None,
            passage: Passage {
                id: PassageId::new(id, id, &field, 0),
                document_id: id,
                record_id: id,
                object: ObjectName::parse("Case").unwrap(),
                field,
                start: 0,
                end: text.chars().count(),
                text: text.to_owned(),
            },
            title: "Gateway offline".into(),
            url: String::new(),
            score: 1.0,
        }
    }

    #[test]
    fn quotes_are_found_letter_by_letter_or_folded() {
        let text = "Größe: hold  the\nRESET button, then wait.";
        assert_eq!(
            find_quote(text, "hold  the"),
            Some(Span { start: 7, end: 16 })
        );
        let span = find_quote(text, "hold the reset button").unwrap();
        let cut: String = text
            .chars()
            .skip(span.start)
            .take(span.end - span.start)
            .collect();
        assert_eq!(cut, "hold  the\nRESET button");
        assert_eq!(find_quote(text, "press the button"), None);
        assert_eq!(find_quote(text, "  "), None);
    }

    #[test]
    fn invented_numbers_and_names_are_seen() {
        let source = source("The fee is $1,250.00 from 3 May 2026, said Maria Lopez (ERR-1042).");
        let sources = [&source];
        for supported in [
            "The fee is 1250 dollars.",
            "According to Maria Lopez the fee starts on 3 May 2026.",
            "It is error ERR-1042. Maria's fee is $1,250.",
        ] {
            assert_eq!(check_facts(supported, "", &sources), Ok(()), "{supported}");
        }
        for (invented, word) in [
            ("The fee is 1,350 dollars.", "1,350"),
            ("The fee was set by John Smith.", "John"),
            ("It is error ERR-1043.", "ERR-1043"),
        ] {
            assert_eq!(
                check_facts(invented, "", &sources),
                Err(Unsupported::Invented(word.into()))
            );
        }
    }

    #[test]
    fn a_name_may_come_from_the_question_but_a_number_may_not() {
        let source = source("Yes, it is supported.");
        assert_eq!(
            check_facts("This works on Linux.", "Does Linux work?", &[&source]),
            Ok(())
        );
        assert!(
            check_facts(
                "It supports 12 ports.",
                "Does it have 12 ports?",
                &[&source]
            )
            .is_err()
        );
    }
}
