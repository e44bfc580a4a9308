//! Sentences of a passage, with their place.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;

/// The longest text that is quoted as one sentence, in characters.
const LONGEST: usize = 420;

/// A span of a text, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    /// Whether both have a character in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// The sentences of `text`, by Unicode's rules (UAX #29); a line break ends one too. A lead-in ("To
/// reset it:") goes on into the lines that it announces, and a number with a stop ("am 11. Januar")
/// ends nothing.
pub fn sentences(text: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut goes_on = false;
    let mut at = 0;
    for piece in text.split_sentence_bounds() {
        let span = trimmed(piece, at);
        at += piece.chars().count();
        if span.start == span.end {
            continue;
        }
        match spans.last_mut() {
            Some(open) if goes_on && span.end - open.start <= LONGEST => open.end = span.end,
            Some(_) | None => spans.push(span),
        }
        // What a lead-in announces ends with the passage, or where it gets too long.
        let announces = piece.trim_end().ends_with(':');
        let is_list = goes_on && !announces && starts_item(text, at);
        goes_on = announces || is_list || ends_with_ordinal(piece);
    }
    spans
}

/// `start` and what follows it in the same paragraph, as long as it stays within `most` characters.
pub fn with_following(text: &str, sentences: &[Span], start: Span, most: usize) -> Span {
    let mut whole = start;
    let following = sentences.iter().filter(|span| span.start >= start.end);
    for span in following {
        let between = Span {
            start: whole.end,
            end: span.start,
        };
        if span.end - whole.start > most || cut(text, between).contains('\n') {
            break;
        }
        whole.end = span.end;
    }
    whole
}

/// Whether the line after `at` is another item of a list.
fn starts_item(text: &str, at: usize) -> bool {
    let mut rest = text.chars().skip(at);
    rest.next()
        .is_some_and(|c| c.is_ascii_digit() || "-*•–".contains(c))
}

/// "am 11." is the start of a date as often as the end of a sentence.
fn ends_with_ordinal(piece: &str) -> bool {
    let Some(body) = piece.trim_end_matches(' ').strip_suffix('.') else {
        return false;
    };
    let digits = body.chars().rev().take_while(char::is_ascii_digit).count();
    let before = body.chars().rev().nth(digits);
    (1..=2).contains(&digits) && before.is_none_or(|c| c == ' ')
}

/// The characters of `text` within `span`.
pub fn cut(text: &str, span: Span) -> String {
    text.chars()
        .skip(span.start)
        .take(span.end - span.start)
        .collect()
}

/// The different words of a text, in lower case.
pub fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Without the blanks around it.
fn trimmed(piece: &str, at: usize) -> Span {
    let leading = piece.chars().take_while(|c| c.is_whitespace()).count();
    let start = at + leading;
    Span {
        start,
        end: start + piece.trim().chars().count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        sentences(text)
            .into_iter()
            .map(|span| cut(text, span))
            .collect()
    }

    #[test]
    fn sentences_end_at_stops_and_line_breaks() {
        assert_eq!(
            texts(
                "Hold the button for 10 seconds. The LED turns amber.\nRelease it when it blinks"
            ),
            [
                "Hold the button for 10 seconds.",
                "The LED turns amber.",
                "Release it when it blinks"
            ]
        );
    }

    #[test]
    fn a_lead_in_keeps_its_list() {
        assert_eq!(
            texts("To reset the gateway:\n1. Hold the button.\n2. Wait for amber."),
            ["To reset the gateway:\n1. Hold the button.\n2. Wait for amber."]
        );
    }

    #[test]
    fn a_german_date_is_no_end() {
        assert_eq!(
            texts("Sie wird am 11. Januar 2027 veröffentlicht. Danach sind es 35 Tage."),
            [
                "Sie wird am 11. Januar 2027 veröffentlicht.",
                "Danach sind es 35 Tage."
            ]
        );
    }

    #[test]
    fn what_follows_in_the_paragraph_can_be_added() {
        let text = "Wait 45 minutes. Then start it.\nCall us.";
        let spans = sentences(text);
        let whole = with_following(text, &spans, spans[0], 100);
        assert_eq!(cut(text, whole), "Wait 45 minutes. Then start it.");
        assert_eq!(with_following(text, &spans, spans[0], 20), spans[0]);
    }

    #[test]
    fn spans_count_characters_and_not_bytes() {
        let text = "Überprüfen Sie die Verbindung. Größe ändern Sie später 🎉 danach.";
        for span in sentences(text) {
            let cut = cut(text, span);
            assert!(text.contains(&cut), "{cut}");
        }
        assert_eq!(texts(text).len(), 2);
    }
}
