//! Sentences of a passage, with their place.

use unicode_segmentation::UnicodeSegmentation;

/// The longest text that is quoted as one sentence, in characters.
const LONGEST: usize = 420;
/// Below this a text says too little to be quoted alone.
const SHORTEST: usize = 16;

/// A span of a text, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

/// The sentences of `text` that can stand alone, by Unicode's rules (UAX #29); a line break ends
/// one too. A lead-in ("To reset it:") goes on into the lines that it announces.
pub fn sentences(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut lead: Option<Span> = None;
    let mut at = 0;
    for piece in text.split_sentence_bounds() {
        let length = piece.chars().count();
        let span = trimmed(piece, at);
        at += length;
        if span.start == span.end {
            continue;
        }
        if let Some(open) = &mut lead {
            if span.end - open.start <= LONGEST {
                open.end = span.end;
                continue;
            }
            spans.push(*open);
            lead = None;
        }
        if piece.trim_end().ends_with(':') {
            lead = Some(span);
        } else {
            spans.push(span);
        }
    }
    spans.extend(lead);
    spans.retain(|span| (SHORTEST..=2 * LONGEST).contains(&(span.end - span.start)));
    spans
}

/// The characters of `text` within `span`.
pub fn cut(text: &str, span: Span) -> String {
    text.chars()
        .skip(span.start)
        .take(span.end - span.start)
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
    fn spans_count_characters_and_not_bytes() {
        let text = "Überprüfen Sie die Verbindung. Größe ändern Sie später 🎉 danach.";
        for span in sentences(text) {
            let cut = cut(text, span);
            assert!(text.contains(&cut), "{cut}");
        }
        assert_eq!(texts(text).len(), 2);
    }
}
