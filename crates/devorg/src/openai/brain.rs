//! What stands in for the models: the same input always gives the same output.

pub(super) mod answer;
pub(super) mod prompt;
pub(super) mod vector;
pub(super) mod words;

/// About how many tokens a text has: a token per four bytes.
pub(super) fn tokens(text: &str) -> usize {
    text.len().div_ceil(4)
}
