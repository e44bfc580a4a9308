//! Collects pages within the limit of characters.

use crate::{Content, Page, Text};

/// What a page costs besides its text, in characters.
const PAGE_COST: usize = 8;
/// No name of a sheet is longer; a file may claim otherwise.
const LONGEST_LABEL: usize = 100;

/// Pages under construction.
pub(crate) struct Pages {
    done: Vec<Page>,
    current: Option<Page>,
    unread: Vec<u32>,
    left: usize,
    full: bool,
}

impl Pages {
    pub fn new(characters: usize) -> Self {
        Self {
            done: Vec::new(),
            current: None,
            unread: Vec::new(),
            left: characters,
            full: false,
        }
    }

    /// Ends the page before, if any, and begins one.
    pub fn begin(&mut self, number: u32, label: Option<&str>) {
        self.end();
        let label: Option<String> = label.map(|label| label.chars().take(LONGEST_LABEL).collect());
        let cost = PAGE_COST + label.as_ref().map_or(0, String::len);
        self.left = self.left.saturating_sub(cost);
        self.current = Some(Page {
            number,
            label,
            text: String::new(),
        });
    }

    /// Adds to the page that was begun last.
    pub fn write(&mut self, text: &str) {
        let Some(page) = &mut self.current else {
            return;
        };
        // Most texts are short: no need to find where they would have to be cut.
        let characters = text.chars().count();
        if characters <= self.left {
            page.text.push_str(text);
            self.left -= characters;
        } else {
            page.text.extend(text.chars().take(self.left));
            self.left = 0;
            self.full = true;
        }
    }

    /// Something on this page could not be read.
    pub fn unread(&mut self, number: u32) {
        if self.left >= PAGE_COST {
            self.left -= PAGE_COST;
            self.unread.push(number);
        } else {
            self.full = true;
        }
    }

    /// Text was cut off: whatever follows will be, too.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// How many characters may still be written.
    pub fn room(&self) -> usize {
        self.left
    }

    pub fn finish(mut self) -> Content {
        self.end();
        Content {
            text: Text::Pages(self.done),
            cut_short: self.full,
            unread: self.unread,
        }
    }

    fn end(&mut self) {
        if let Some(mut page) = self.current.take() {
            page.text = tidy(&page.text);
            if !page.text.is_empty() {
                self.done.push(page);
            }
        }
    }
}

/// Without control characters, blanks at the ends of lines, more than one blank line in a row, and
/// blank lines around the whole.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut blank_lines = 0;
    for line in text.lines() {
        let start = tidy.len();
        if start > 0 {
            tidy.push('\n');
        }
        let content = tidy.len();
        tidy.extend(line.chars().filter(|&c| c == '\t' || !c.is_control()));
        tidy.truncate(
            tidy.trim_end_matches([' ', '\t', '\u{a0}'])
                .len()
                .max(content),
        );
        let is_blank = tidy.len() == content;
        blank_lines = if is_blank { blank_lines + 1 } else { 0 };
        if blank_lines > 1 || (is_blank && start == 0) {
            tidy.truncate(start);
        }
    }
    tidy.truncate(tidy.trim_end_matches('\n').len());
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(content: Content) -> Vec<Page> {
        match content.text {
            Text::Pages(pages) => pages,
            Text::Html(_) => Vec::new(),
        }
    }

    #[test]
    fn text_is_tidied() {
        assert_eq!(tidy("\n \na\u{0}b  \n\n\n\nc\td \r\n\n"), "ab\n\nc\td");
        assert_eq!(tidy(" \n\t\n"), "");
    }

    #[test]
    fn pages_without_text_are_left_out_but_counted() {
        let mut collected = Pages::new(1000);
        collected.begin(1, None);
        collected.write("  \n");
        collected.begin(2, Some("Prices"));
        collected.write("one");
        let content = collected.finish();
        assert!(!content.cut_short);
        let pages = pages(content);
        assert_eq!(pages.len(), 1);
        assert_eq!(pages[0].number, 2);
        assert_eq!(pages[0].label.as_deref(), Some("Prices"));
    }

    #[test]
    fn the_limit_cuts_between_characters() {
        let mut collected = Pages::new(PAGE_COST + 3);
        collected.begin(1, None);
        collected.write("äöüß");
        assert!(collected.is_full());
        collected.write("more");
        let content = collected.finish();
        assert!(content.cut_short);
        assert_eq!(pages(content)[0].text, "äöü");
    }
}
