//! From a document to its passages, and to the texts that are embedded for them.

use domain::{FieldText, Passage, PassageId};

use crate::document::{Draft, Kind};
use crate::split::{Span, Splitter};

/// A passage, and the text whose vector it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Planned {
    pub passage: Passage,
    /// None for what is found by its words alone: facts, codes, a word or two.
    pub embedded: Option<String>,
}

/// The passages of a document in its order.
///
/// A vector is for meaning, so the title and a passage of a text field get one if they have a few
/// words; a shorter title gets one if nothing else does. The embedded text of a field starts with the
/// document's title, and with the field's label where the field is short.
pub(crate) fn passages(draft: &Draft, splitter: &Splitter) -> Vec<Planned> {
    let document = &draft.document;
    let title = document.title.as_ref().map(|title| title.text.as_str());
    let mut passages = Vec::new();
    let mut titles = Vec::new();
    for (record, kinds) in document.records.iter().zip(&draft.kinds) {
        let searched = record.fields.iter().zip(kinds);
        for (field, kind) in searched.filter(|(_, kind)| **kind != Kind::Kept) {
            for (ordinal, span) in spans(splitter, field).into_iter().enumerate() {
                if *kind == Kind::Title {
                    titles.push(passages.len());
                }
                passages.push(Planned {
                    embedded: embedded(title, kind, &span.text),
                    passage: Passage {
                        id: PassageId::new(document.id, record.record_id, &field.field, ordinal),
                        document_id: document.id,
                        record_id: record.record_id,
                        object: record.object.clone(),
                        field: field.field.clone(),
                        start: span.start,
                        end: span.end,
                        text: span.text,
                    },
                });
            }
        }
    }
    if passages.iter().all(|planned| planned.embedded.is_none()) {
        for position in titles {
            let planned = &mut passages[position];
            if has_a_word(&planned.passage.text) {
                planned.embedded = Some(planned.passage.text.clone());
            }
        }
    }
    passages
}

/// The pieces of a text. None reaches over the end of a page.
fn spans(splitter: &Splitter, field: &FieldText) -> Vec<Span> {
    if field.pages.is_empty() {
        return splitter.split(&field.text);
    }
    let ends = field.pages.iter().skip(1).map(|page| page.start);
    let mut spans = Vec::new();
    let mut rest = field.text.as_str();
    for (page, end) in field.pages.iter().zip(ends.chain([usize::MAX])) {
        let length = end - page.start;
        let cut = rest
            .char_indices()
            .nth(length)
            .map_or(rest.len(), |(at, _)| at);
        let (text, behind) = rest.split_at(cut);
        rest = behind;
        for span in splitter.split(text.trim_end()) {
            spans.push(Span {
                start: page.start + span.start,
                end: page.start + span.end,
                text: span.text,
            });
        }
    }
    spans
}

fn embedded(title: Option<&str>, kind: &Kind, text: &str) -> Option<String> {
    if words(text) < FEWEST_WORDS {
        return None;
    }
    let label = match kind {
        Kind::Fact | Kind::Kept => return None,
        Kind::Title => return Some(text.to_owned()),
        Kind::Prose => None,
        Kind::Line(label) => Some(label),
    };
    let mut embedded = String::with_capacity(text.len() + 100);
    if let Some(title) = title {
        embedded.push_str(title);
        embedded.push('\n');
    }
    if let Some(label) = label {
        embedded.push_str(label);
        embedded.push_str(": ");
    }
    embedded.push_str(text);
    Some(embedded)
}

/// Fewer words mean too little to have a meaning of their own.
const FEWEST_WORDS: usize = 4;

/// Words, roughly. Chinese, Japanese and Korean put no blanks between them: two characters count
/// as one word there.
fn words(text: &str) -> usize {
    let ideographs = text.chars().filter(|c| is_ideograph(*c)).count();
    text.split_whitespace().count() + ideographs / 2
}

fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

/// Whether a title is more than a code: `S-000001` has no meaning.
fn has_a_word(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        let digits = word.chars().any(|c| c.is_numeric());
        (letters >= 2 && !digits) || word.chars().any(is_ideograph)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_meaning_gets_a_vector() {
        let prose = |text| embedded(Some("Pump"), &Kind::Prose, text);
        assert_eq!(
            prose("it leaks at night").as_deref(),
            Some("Pump\nit leaks at night")
        );
        assert_eq!(prose("see below"), None);
        let title = |text| embedded(Some(text), &Kind::Title, text);
        let question = "How do I reset it?";
        assert_eq!(title(question).as_deref(), Some(question));
        assert_eq!(title("Pump"), None);
        assert_eq!(
            prose("水漏れが止まらない").as_deref(),
            Some("Pump\n水漏れが止まらない")
        );
        assert_eq!(embedded(None, &Kind::Fact, "one two three four five"), None);
        let line = embedded(
            None,
            &Kind::Line("Next Step".to_owned()),
            "call them on Monday",
        );
        assert_eq!(line.as_deref(), Some("Next Step: call them on Monday"));
    }

    #[test]
    fn a_code_is_no_title_with_a_meaning() {
        for (title, has) in [
            ("S-000001", false),
            ("PX-200", false),
            ("B0B82YGCF6", false),
            ("Brian Yang", true),
            ("契約", true),
            ("PX-200 manual", true),
        ] {
            assert_eq!(has_a_word(title), has, "{title}");
        }
    }
}
