//! Words of records, cut to what a card has room for.

use crate::plain::{cut, printable};

pub use crate::plain::shortened as line;

/// With its line breaks, at most `most` characters.
pub fn lines(text: &str, most: usize) -> String {
    let text = printable(text);
    let lines = text.lines().map(str::trim_end);
    cut(lines.collect::<Vec<_>>().join("\n").trim(), most)
}
