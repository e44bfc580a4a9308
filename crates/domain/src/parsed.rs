//! Deserialisation of what has a text form, without a copy of the text.

use std::fmt;

use serde::de::{Error, Visitor};

/// Takes a text and parses it.
pub(crate) struct Parsed<F> {
    expected: &'static str,
    parse: F,
}

impl<F> Parsed<F> {
    pub(crate) fn new(expected: &'static str, parse: F) -> Self {
        Self { expected, parse }
    }
}

impl<T, E: fmt::Display, F: FnOnce(&str) -> Result<T, E>> Visitor<'_> for Parsed<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<X: Error>(self, text: &str) -> Result<T, X> {
        (self.parse)(text).map_err(X::custom)
    }
}
