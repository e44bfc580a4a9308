//! The text of files, as the mirror keeps it and as documents show it.

use domain::PageStart;
use files::{Page, Parser, Text};

use crate::clean;

/// How files are read. They are read in processes of their own.
#[derive(Debug, Clone)]
pub struct FileOptions {
    pub parser: Parser,
    /// Larger files are not read.
    pub max_bytes: u64,
}

/// What the mirror keeps of a file: its pages, as JSON.
pub(crate) fn stored(text: Text) -> String {
    let pages = match text {
        Text::Pages(pages) => pages,
        Text::Html(html) => vec![Page {
            number: 1,
            label: None,
            text: clean::html(&html),
        }],
    };
    // Numbers and texts only: there is nothing in it that JSON cannot hold.
    serde_json::to_string(&pages).unwrap_or_default()
}

/// The clean text of what the mirror keeps, and where its pages begin.
pub(crate) fn text(stored: &str) -> (String, Vec<PageStart>) {
    let pages: Vec<Page> = serde_json::from_str(stored).unwrap_or_default();
    let (mut text, mut starts, mut length) = (String::new(), Vec::new(), 0);
    for page in pages {
        let clean = clean::plain(&page.text);
        if clean.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push_str("\n\n");
            length += 2;
        }
        starts.push(PageStart {
            start: length,
            number: page.number,
            label: page.label,
        });
        length += clean.chars().count();
        text.push_str(&clean);
    }
    (text, starts)
}

/// "manual.pdf", whether or not the title has the extension already.
pub(crate) fn name(title: &str, extension: &str) -> String {
    let title = clean::plain(title);
    let has_it = title
        .rsplit_once('.')
        .is_some_and(|(_, end)| end.eq_ignore_ascii_case(extension));
    if extension.is_empty() || has_it {
        title
    } else {
        format!("{title}.{extension}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_begin_where_their_text_does() {
        let page = |number, text: &str| Page {
            number,
            label: None,
            text: text.to_owned(),
        };
        let pages = vec![
            page(1, "Zürich  first"),
            page(2, " \u{ad} "),
            page(3, "third"),
        ];
        let (text, starts) = text(&stored(Text::Pages(pages)));
        assert_eq!(text, "Zürich first\n\nthird");
        let starts: Vec<_> = starts
            .iter()
            .map(|page| (page.start, page.number))
            .collect();
        assert_eq!(starts, [(0, 1), (14, 3)]);
        assert_eq!(text.chars().skip(14).collect::<String>(), "third");
    }

    #[test]
    fn a_name_has_its_extension_once() {
        assert_eq!(name("Manual", "pdf"), "Manual.pdf");
        assert_eq!(name("manual.PDF", "pdf"), "manual.PDF");
        assert_eq!(name("notes", ""), "notes");
    }
}
