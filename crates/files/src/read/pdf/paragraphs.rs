//! From lines to paragraphs. A PDF knows only lines, but a sentence goes on in the next one.

use std::collections::HashSet;

use super::lines::Line;

/// Base lines further apart than this, in the size of the letters, set paragraphs apart.
const LINE_SPACING: f64 = 1.75;
/// Letters that differ more in size set a heading apart from its text.
const SAME_SIZE: f64 = 0.15;
/// The space between two words, in the size of the letters.
const SPACE: f64 = 0.25;
const HYPHENS: [char; 2] = ['-', '\u{2010}'];

/// The words of a document, to tell a hyphen from a word that is divided between two lines.
#[derive(Default)]
pub(super) struct Vocabulary(HashSet<String>);

impl Vocabulary {
    /// Learns the words of a page, but not the parts of words that are divided there.
    pub fn learn(&mut self, lines: &[Line]) {
        let mut goes_on = false;
        for line in lines {
            let (goes_on_here, text) = match line.text.strip_suffix(HYPHENS) {
                Some(text) => (true, text),
                None => (false, line.text.as_str()),
            };
            let mut words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
            if goes_on_here {
                words.pop();
            }
            for word in words.iter().skip(usize::from(goes_on)) {
                if word.chars().nth(1).is_some() {
                    self.0.insert(word.to_lowercase());
                }
            }
            goes_on = goes_on_here;
        }
    }

    fn knows(&self, word: &str) -> bool {
        self.0.contains(&word.to_lowercase())
    }

    /// Whether a line that ends in a hyphen, here without it, ends in the middle of a word.
    fn is_divided(&self, line: &str, next: &str) -> bool {
        let first = line.rsplit(|c: char| !c.is_alphanumeric()).next();
        let second = next.split(|c: char| !c.is_alphanumeric()).next();
        let (Some(first), Some(second)) = (first, second) else {
            return false;
        };
        let is_lower = |word: &str, at_end: bool| {
            let character = if at_end {
                word.chars().next_back()
            } else {
                word.chars().next()
            };
            character.is_some_and(char::is_lowercase)
        };
        if !is_lower(first, true) || !is_lower(second, false) {
            return false;
        }
        let has_hyphens = line
            .split_whitespace()
            .next_back()
            .is_some_and(|word| word.contains('-'));
        self.knows(&format!("{first}{second}"))
            || !(has_hyphens || (self.knows(first) && self.knows(second)))
    }
}

/// The text of a page: a blank line between paragraphs, and line breaks where they are meant.
pub(super) fn of(lines: &[Line], vocabulary: &Vocabulary) -> String {
    let mut text = String::new();
    for block in lines.chunk_by(is_same_block) {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        write_block(block, vocabulary, &mut text);
    }
    text
}

fn is_same_block(one: &Line, next: &Line) -> bool {
    let size = one.size.max(next.size);
    let down = next.y - one.y;
    one.degrees == next.degrees
        && down > 0.0
        && down < LINE_SPACING * size
        && (one.size - next.size).abs() <= SAME_SIZE * size
        && next.left < one.right
        && one.left < next.right
}

fn write_block(block: &[Line], vocabulary: &Vocabulary, text: &mut String) {
    let right = block.iter().map(|line| line.right).fold(f64::MIN, f64::max);
    for (index, line) in block.iter().enumerate() {
        if let Some(before) = index.checked_sub(1).map(|before| &block[before]) {
            // The next word would have fitted: whoever broke the line meant it.
            let is_short = right - before.right > line.first_word + SPACE * line.size;
            if is_short || begins_item(&line.text) || has_leader(&before.text) {
                text.push('\n');
            } else if text.ends_with('\u{ad}') {
                text.pop();
            } else if let Some(stem) = text.strip_suffix(HYPHENS) {
                if vocabulary.is_divided(stem, &line.text) {
                    text.pop();
                }
            } else {
                text.push(' ');
            }
        }
        text.push_str(&line.text);
    }
}

/// The dots between a heading and its page number.
fn has_leader(line: &str) -> bool {
    line.contains(". . .") || line.contains("....")
}

/// Bullets, and numbers as of a list.
fn begins_item(line: &str) -> bool {
    let Some((mark, _)) = line.split_once(' ') else {
        return false;
    };
    let is_bullet = matches!(
        mark,
        "•" | "◦" | "▪" | "‣" | "–" | "-" | "*" | "o" | "\u{f0b7}"
    );
    let number = mark.strip_suffix(['.', ')']);
    let is_number = number.is_some_and(|number| {
        !number.is_empty() && number.len() < 3 && number.chars().all(|c| c.is_ascii_digit())
    });
    is_bullet || is_number
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters are half as wide as high, and ten high.
    fn line(text: &str, y: f64) -> Line {
        let width = |text: &str| text.chars().count() as f64 * 5.0;
        Line {
            text: text.to_owned(),
            left: 0.0,
            right: width(text),
            y,
            size: 10.0,
            degrees: 0,
            first_word: width(text.split(' ').next().unwrap_or_default()),
        }
    }

    fn text(lines: &[&str]) -> String {
        let lines: Vec<Line> = (0_i32..)
            .zip(lines)
            .map(|(index, text)| line(text, f64::from(index) * 12.0))
            .collect();
        let mut vocabulary = Vocabulary::default();
        vocabulary.learn(&lines);
        of(&lines, &vocabulary)
    }

    #[test]
    fn sentences_go_on_in_the_next_line() {
        assert_eq!(
            text(&[
                "The device restarts when the",
                "firmware has been written to",
                "flash."
            ]),
            "The device restarts when the firmware has been written to flash."
        );
    }

    #[test]
    fn short_lines_are_meant() {
        assert_eq!(
            text(&["Acme Corp.", "12 Long Street Somewhere Far", "Springfield"]),
            "Acme Corp.\n12 Long Street Somewhere Far Springfield"
        );
        assert_eq!(
            text(&["• one thing that is long", "• two"]),
            "• one thing that is long\n• two"
        );
    }

    #[test]
    fn divided_words() {
        assert_eq!(
            text(&["this is a docu-", "ment of words"]),
            "this is a document of words"
        );
        assert_eq!(
            text(&[
                "the state-of-the-",
                "art is known well",
                "to all as a well-",
                "known case"
            ]),
            "the state-of-the-art is known well to all as a well-known case"
        );
    }

    #[test]
    fn a_gap_is_a_paragraph() {
        let lines = [line("One.", 0.0), line("Two.", 30.0)];
        assert_eq!(of(&lines, &Vocabulary::default()), "One.\n\nTwo.");
    }
}
