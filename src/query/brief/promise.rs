//! Sentences that promise something, in English and German, and by when.
//!
//! Rather one too few: a sentence counts when it says that somebody promised, or when somebody will do
//! something by a day that it names.

use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate};
use regex::Regex;

use crate::query::grounding::month;
use crate::query::pattern::pattern;

const MONTHS: &str = "january|february|march|april|may|june|july|august|september|october|november|\
                      december|januar|februar|märz|mai|juni|juli|oktober|dezember";

static PROMISED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(i|we|they|he|she) (have )?promised\b|\bwe (commit|committed) to\b|\bi promise\b|\bwe promise\b|\b(zugesagt|versprochen)\b|\b(ich|wir) versprechen?\b",
    )
});
static WILL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(i|we|you|they|he|she)('ll|’ll| will| shall)\b|\b(i|we) (agreed|plan) to\b|\b(send|deliver|provide|return|confirm|call)\b|\b(ich|wir) (werde|werden|schicken?|senden?|liefern?|melden?|bringen?|klären?)\b|\b(schicken|senden|liefern|melden|nachreichen)\b",
    )
});
static BY: LazyLock<Regex> = LazyLock::new(|| {
    let by =
        r"(?i)\b(?:by|before|until|not later than|on|bis(?: zum| spätestens)?|am)\s+(?:the\s+)?";
    let iso = r"(\d{4})-(\d{2})-(\d{2})";
    let day_first = format!(r"(\d{{1,2}})\.?\s+({MONTHS})(?:\s+(\d{{4}}))?");
    let month_first = format!(r"({MONTHS})\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(\d{{4}}))?");
    pattern(&format!("{by}(?:{iso}|{day_first}|{month_first})"))
});
static NOT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(not|never|cannot|can't|won't|nicht|kein|keine|nie)\b"));

/// What a sentence promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// The day that it names. One without a year is the next one after it was written.
    pub due: Option<NaiveDate>,
}

/// Reads a sentence that was written on a day.
pub fn read(sentence: &str, written: NaiveDate) -> Option<Promise> {
    if sentence.trim_end().ends_with('?') || NOT.is_match(sentence) {
        return None;
    }
    let due = due(sentence, written);
    let holds = PROMISED.is_match(sentence) || (due.is_some() && WILL.is_match(sentence));
    holds.then_some(Promise { due })
}

fn due(sentence: &str, written: NaiveDate) -> Option<NaiveDate> {
    let found = BY.captures(sentence)?;
    let part = |at: usize| found.get(at).map(|part| part.as_str());
    let number = |at: usize| part(at).and_then(|text| text.parse::<u32>().ok());
    let year = |at: usize| part(at).and_then(|text| text.parse::<i32>().ok());
    if let Some(iso) = year(1) {
        return NaiveDate::from_ymd_opt(iso, number(2)?, number(3)?);
    }
    let (day, name, year) = match part(4) {
        Some(_) => (number(4)?, part(5)?, year(6)),
        None => (number(8)?, part(7)?, year(9)),
    };
    let month = month(name)?;
    if let Some(year) = year {
        return NaiveDate::from_ymd_opt(year, month, day);
    }
    let this_year = NaiveDate::from_ymd_opt(written.year(), month, day)?;
    match this_year >= written {
        true => Some(this_year),
        false => NaiveDate::from_ymd_opt(written.year() + 1, month, day),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<Option<NaiveDate>> {
        let written = NaiveDate::from_ymd_opt(2026, 11, 18).unwrap();
        read(text, written).map(|promise| promise.due)
    }

    fn on(year: i32, month: u32, day: u32) -> Option<Option<NaiveDate>> {
        Some(NaiveDate::from_ymd_opt(year, month, day))
    }

    #[test]
    fn promises_are_read_with_their_days() {
        for (text, due) in [
            (
                "I promised the validation package by 30 November.",
                on(2026, 11, 30),
            ),
            ("We will send the offer by January 5.", on(2027, 1, 5)),
            ("We'll ship the filter before 2026-12-01.", on(2026, 12, 1)),
            (
                "Wir schicken das Protokoll bis 4. Dezember 2026.",
                on(2026, 12, 4),
            ),
            (
                "Send the amended clause to her by 27 November",
                on(2026, 11, 27),
            ),
            ("We promised 9 weeks for the first lot.", Some(None)),
            ("Das haben wir zugesagt.", Some(None)),
        ] {
            assert_eq!(at(text), due, "{text}");
        }
    }

    #[test]
    fn what_promises_nothing_is_left_alone() {
        for text in [
            "Will you send it by 30 November?",
            "We will not deliver by 30 November.",
            "We will look into it.",
            "The board decides on 15 December 2026.",
            "Wir können das nicht bis 4. Dezember liefern.",
            "It may ship by air.",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
    }
}
