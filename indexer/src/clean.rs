//! Clean text: what a person would read in a field, and what character offsets count in.
//!
//! HTML becomes text with its block structure kept as line breaks, entities decoded, scripts,
//! styles, comments and heads gone. All text is NFC, with runs of blanks folded, at most one blank
//! line in a row, and trimmed. Cleaning clean text changes nothing.

use std::iter::Peekable;
use std::str::Chars;

use unicode_normalization::UnicodeNormalization;

mod html;

/// The clean text of a field that holds HTML.
///
/// Paragraphs, headings, lists and tables are set apart by a blank line; other blocks, rows and
/// items stand on lines of their own. Items start with `- ` or their number, cells are separated
/// by ` | `. Without any tag the line breaks of the source count, as an editor shows them.
pub fn html(source: &str) -> String {
    plain(&html::to_text(source))
}

/// The clean text of a field without markup.
pub fn plain(source: &str) -> String {
    let visible = Visible(source.chars().peekable());
    fold(visible.nfc())
}

/// The characters that count: one kind of line break, and nothing that no one can see.
struct Visible<'a>(Peekable<Chars<'a>>);

impl Iterator for Visible<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        loop {
            match self.0.next()? {
                '\r' if self.0.peek() == Some(&'\n') => {}
                '\r' | '\n' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                    return Some('\n');
                }
                '\t' => return Some(' '),
                // Zero-width space, word joiner, byte order mark and soft hyphen only say where a
                // line may break. The zero-width joiners stay: they spell words and emoji.
                '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{ad}' => {}
                hidden if hidden.is_control() => {}
                visible => return Some(visible),
            }
        }
    }
}

/// Folds runs of blanks and of line breaks, and trims.
fn fold(text: impl Iterator<Item = char>) -> String {
    let mut folded = String::with_capacity(text.size_hint().0);
    let mut line_breaks = 0;
    let mut blank = false;
    for character in text {
        if character == '\n' {
            line_breaks += 1;
            continue;
        }
        if character.is_whitespace() {
            blank = true;
            continue;
        }
        if !folded.is_empty() {
            match line_breaks {
                0 if blank => folded.push(' '),
                0 => {}
                1 => folded.push('\n'),
                _ => folded.push_str("\n\n"),
            }
        }
        folded.push(character);
        line_breaks = 0;
        blank = false;
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blocks_become_lines() {
        let source = "<html><head><title>no</title><style>p{}</style></head><body>\
            <h1>Reset  the\nrouter</h1><p>First&nbsp;&nbsp;line<br>second &amp; last</p>\
            <!-- no --><script>no()</script>\
            <ul><li>one</li><li><p>two</p></li></ul><ol><li>a<li>b</ol>\
            <table><tr><th>Code</th><th>Meaning</th></tr><tr><td><p>E1</p></td><td>Heat</td></tr></table>\
            <div>x</div><div>y</div></body></html>";
        assert_eq!(
            html(source),
            "Reset the router\n\nFirst line\nsecond & last\n\n- one\n\n- two\n\n1. a\n2. b\n\n\
             Code | Meaning\n\nE1 | Heat\n\nx\ny"
        );
    }

    #[test]
    fn rich_text_without_tags_keeps_its_lines() {
        assert_eq!(html("a < b\r\nc &gt; d\n\n\n\ne"), "a < b\nc > d\n\ne");
    }

    #[test]
    fn preformatted_text_keeps_its_lines() {
        assert_eq!(html("<p>do</p><pre>a\n  b\n\nc</pre>"), "do\n\na\nb\n\nc");
    }

    #[test]
    fn plain_text_is_not_parsed() {
        assert_eq!(
            plain(" a <b> \u{200b}&amp;\u{a0}\tc\r\n\r\n\r\n d\0 "),
            "a <b> &amp; c\n\nd"
        );
        assert_eq!(plain("e\u{301}"), "\u{e9}");
        assert_eq!(plain("👩\u{200d}👧"), "👩\u{200d}👧");
    }

    #[test]
    fn hostile_nesting_neither_overflows_nor_hangs() {
        let deep = "<div>".repeat(100_000) + "core";
        assert_eq!(html(&deep), "core");
        let lists = "<ul><li>".repeat(20_000) + "core";
        assert!(html(&lists).ends_with("core"));
        let formatting = "<b><i>".repeat(20_000) + "core";
        assert_eq!(html(&formatting), "core");
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(source in "\\PC*|[\\s\\S]{0,200}") {
            let once = plain(&source);
            prop_assert_eq!(plain(&once), once);
        }

        #[test]
        fn cleaned_html_is_clean(
            source in "(<(p|br|li|ul|td|tr|table|pre|script|b|/p|/td|/pre)>|[a-e &;\\n\u{a0}\u{301}]|&nbsp;){0,60}"
        ) {
            let once = html(&source);
            prop_assert_eq!(plain(&once), once);
        }
    }
}
