//! One document as one row: its best passages, whole sentences, each told what it is.

use domain::{Document, Passage, Viewer};

use super::Snippet;
use crate::query::grounding::{Span, cut, sentences, without_orders};

/// The longest snippet, in characters.
pub const MOST_CHARS: usize = 2_000;
/// Below this a further passage says too little to begin it.
const LEAST_CHARS: usize = 60;

/// The row of a document; none if it has no text that can be shown. `passages` are in order of their worth.
pub fn of(document: &Document, viewer: &Viewer, passages: &[Passage]) -> Option<Snippet> {
    let title = viewer.title_of(document);
    let head = head(document, viewer);
    let mut snippet = String::new();
    let mut before = String::new();
    for passage in passages.iter().filter(|passage| passage.text != title) {
        let heading = match kind(document, passage) {
            Some(kind) => format!("{head} · {kind}"),
            None => head.clone(),
        };
        let lead = lead(&heading, &before, snippet.is_empty());
        let left = MOST_CHARS
            .saturating_sub(snippet.chars().count())
            .saturating_sub(lead.chars().count());
        let text = without_orders(&passage.text);
        let is_first = snippet.is_empty();
        if let Some(text) = fitting(text.trim(), left, is_first) {
            snippet.push_str(&lead);
            snippet.push_str(&text);
            before = heading;
        }
    }
    if snippet.is_empty() {
        snippet = head;
    }
    Some(Snippet {
        title: without_orders(&title),
        snippet,
        url: document.url.clone(),
    })
    .filter(|snippet| !snippet.title.is_empty())
}

/// What stands before a passage: what it is, unless the one before was the same.
fn lead(heading: &str, before: &str, is_first: bool) -> String {
    match (is_first, heading == before) {
        (true, _) => format!("{heading}: "),
        (false, true) => "\n…\n".to_owned(),
        (false, false) => format!("\n\n{heading}: "),
    }
}

/// What the document is: "Case 00001026 (Closed)".
fn head(document: &Document, viewer: &Viewer) -> String {
    let mut head = document.label.clone();
    if let Some(number) = &document.number {
        head = format!("{head} {}", number.text);
    }
    let status = document.status.as_ref();
    let status = status.filter(|status| viewer.reads_source(&status.source(&document.object)));
    match status {
        Some(status) => format!("{head} ({})", status.value),
        None => head,
    }
}

/// Which of its parts a passage is of; none for its own fields.
fn kind(document: &Document, passage: &Passage) -> Option<String> {
    let file = document.file_place(passage.record_id, &passage.field, passage.start);
    if let Some(file) = file {
        return Some(match file.sheet {
            Some(sheet) => format!("{}, sheet {sheet}", file.name),
            None => format!("{}, page {}", file.name, file.page),
        });
    }
    if passage.object == document.object {
        return None;
    }
    Some(match passage.object.as_str() {
        "CaseComment" => "comment".to_owned(),
        "EmailMessage" => "email".to_owned(),
        other => other.trim_end_matches("__c").replace('_', " "),
    })
}

/// As many whole sentences as there is room for. What comes first is cut within a sentence rather than
/// left out.
fn fitting(text: &str, left: usize, is_first: bool) -> Option<String> {
    let length = text.chars().count();
    if length == 0 {
        return None;
    }
    if length <= left {
        return Some(text.to_owned());
    }
    let whole = sentences(text).into_iter().map(|sentence| sentence.end);
    let end = whole.take_while(|end| *end <= left).last();
    match end.filter(|end| is_first || *end >= LEAST_CHARS) {
        Some(end) => Some(cut(text, Span { start: 0, end })),
        None if is_first => Some(cut(
            text,
            Span {
                start: 0,
                end: left,
            },
        )),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snippets_end_with_a_sentence() {
        let text = "The pump is loud. Its bearing is worn. Order TW-1703.";
        assert_eq!(fitting(text, 100, true).unwrap(), text);
        assert_eq!(
            fitting(text, 45, true).unwrap(),
            "The pump is loud. Its bearing is worn."
        );
        assert_eq!(fitting(text, 45, false), None);
        assert_eq!(fitting(text, 5, true).unwrap(), "The p");
        assert_eq!(fitting("", 5, true), None);
    }

    #[test]
    fn a_heading_stands_once() {
        assert_eq!(lead("Case 1", "", true), "Case 1: ");
        assert_eq!(lead("Case 1", "Case 1", false), "\n…\n");
        assert_eq!(
            lead("Case 1 · email", "Case 1", false),
            "\n\nCase 1 · email: "
        );
    }
}
