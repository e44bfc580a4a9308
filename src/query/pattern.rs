//! Patterns that stand in the code.

use regex::Regex;

/// A pattern that a test of its room uses, so that it cannot fail where it counts.
pub fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is well formed")
}
