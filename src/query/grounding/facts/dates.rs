//! Dates and times of day, in the ways that people write them.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::query::pattern::pattern;

/// A date with as much of it as is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    pub year: Option<i32>,
    pub month: u32,
    pub day: Option<u32>,
}

/// Minutes since midnight.
pub type Minutes = u32;

/// What was found, where, and in which readings: `03/05/2026` is two dates.
pub struct Found<T> {
    pub readings: Vec<T>,
    pub place: Range<usize>,
}

impl Date {
    /// Whether a source with `other` says this date: nothing may be added to it.
    pub fn is_said_by(self, other: Self) -> bool {
        let same_year = self.year.is_none() || self.year == other.year;
        let same_day = self.day.is_none() || self.day == other.day;
        self.month == other.month && same_year && same_day
    }

    fn new(year: Option<i32>, month: u32, day: Option<u32>) -> Option<Self> {
        let is_real = (1..=12).contains(&month) && day.is_none_or(|day| (1..=31).contains(&day));
        is_real.then_some(Self { year, month, day })
    }
}

const MONTH: &str = "jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|märz?|apr(?:il)?|may|mai|june?|juni|\
                     july?|juli|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|okt(?:ober)?|nov(?:ember)?|\
                     dec(?:ember)?|dez(?:ember)?";

static ISO: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}[\d:.,]*(?:Z|[+-]\d{2}:?\d{2})?)?")
});
static DAY_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"(?i)\b(\d{{1,2}})(?:st|nd|rd|th)?\.?\s+(?:of\s+)?({MONTH})\b\.?(?:,?\s+(\d{{4}})\b)?"
    ))
});
static MONTH_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"(?i)\b({MONTH})\b\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(\d{{4}})\b)?"
    ))
});
static MONTH_ONLY: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"(?i)\b({MONTH})\b\.?,?\s+(\d{{4}})\b")));
static NUMERIC: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(\d{1,2})([./])(\d{1,2})[./](\d{4}|\d{2})\b"));
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b(\d{1,2})(?::(\d{2}))?(?::\d{2})?\s*([ap])\.?m\b|\b(\d{1,2}):(\d{2})\b")
});

/// The dates of a text, none of whose places overlap.
pub fn dates(text: &str) -> Vec<Found<Date>> {
    let mut found: Vec<Found<Date>> = Vec::new();
    let mut add = |pattern: &Regex, read: fn(&Captures<'_>) -> Vec<Option<Date>>| {
        for captures in pattern.captures_iter(text) {
            let readings: Vec<Date> = read(&captures).into_iter().flatten().collect();
            let Some(whole) = captures.get(0).filter(|_| !readings.is_empty()) else {
                continue;
            };
            let place = whole.range();
            if !found.iter().any(|known| overlap(&known.place, &place)) {
                found.push(Found { readings, place });
            }
        }
    };
    add(&ISO, |c| {
        vec![Date::new(number(c, 1), whole(c, 2), Some(whole(c, 3)))]
    });
    add(&DAY_FIRST, |c| {
        vec![Date::new(number(c, 3), month_at(c, 2), Some(whole(c, 1)))]
    });
    add(&MONTH_FIRST, |c| {
        vec![Date::new(number(c, 3), month_at(c, 1), Some(whole(c, 2)))]
    });
    add(&MONTH_ONLY, |c| {
        vec![Date::new(number(c, 2), month_at(c, 1), None)]
    });
    add(&NUMERIC, |c| {
        let year = number(c, 4).map(|year| if year < 100 { 2000 + year } else { year });
        let (first, second) = (whole(c, 1), whole(c, 3));
        let day_first = Date::new(year, second, Some(first));
        match c.get(2).map(|mark| mark.as_str()) {
            Some("/") => vec![day_first, Date::new(year, first, Some(second))],
            Some(_) | None => vec![day_first],
        }
    });
    found
}

/// The times of day of a text.
pub fn times(text: &str) -> Vec<Found<Minutes>> {
    let matches = TIME.captures_iter(text);
    matches
        .filter_map(|captures| {
            let is_afternoon = captures
                .get(3)
                .map(|half| half.as_str().eq_ignore_ascii_case("p"));
            let (hour, minute) = match is_afternoon {
                Some(_) => (whole(&captures, 1), number(&captures, 2).unwrap_or(0)),
                None => (whole(&captures, 4), number(&captures, 5).unwrap_or(0)),
            };
            let hour = match is_afternoon {
                Some(true) => hour % 12 + 12,
                Some(false) => hour % 12,
                None => hour,
            };
            let minute = u32::try_from(minute).ok()?;
            let is_real = hour < 24 && minute < 60;
            is_real.then(|| Found {
                readings: vec![hour * 60 + minute],
                place: captures.get(0).map_or(0..0, |whole| whole.range()),
            })
        })
        .collect()
}

fn number(captures: &Captures<'_>, group: usize) -> Option<i32> {
    captures.get(group)?.as_str().parse().ok()
}

fn whole(captures: &Captures<'_>, group: usize) -> u32 {
    let group = captures.get(group);
    group
        .and_then(|group| group.as_str().parse().ok())
        .unwrap_or(0)
}

/// The month that a name or its beginning means, in English or German.
pub fn month(name: &str) -> Option<u32> {
    let start: String = name.to_lowercase().chars().take(3).collect();
    Some(match start.as_str() {
        "jan" => 1,
        "feb" => 2,
        "mar" | "mär" => 3,
        "apr" => 4,
        "may" | "mai" => 5,
        "jun" => 6,
        "jul" => 7,
        "aug" => 8,
        "sep" => 9,
        "oct" | "okt" => 10,
        "nov" => 11,
        "dec" | "dez" => 12,
        _ => return None,
    })
}

fn month_at(captures: &Captures<'_>, group: usize) -> u32 {
    let name = captures.get(group).map_or("", |group| group.as_str());
    month(name).unwrap_or(0)
}

pub fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Vec<Date>> {
        dates(text)
            .into_iter()
            .map(|found| found.readings)
            .collect()
    }

    fn date(year: i32, month: u32, day: u32) -> Date {
        Date {
            year: Some(year),
            month,
            day: Some(day),
        }
    }

    #[test]
    fn a_date_is_the_same_however_it_is_written() {
        for text in [
            "2026-05-03",
            "2026-05-03T08:15:00.000+0000",
            "3 May 2026",
            "May 3rd, 2026",
            "3. Mai 2026",
            "the 3rd of May 2026",
            "03.05.2026",
            "3.5.26",
        ] {
            assert_eq!(read(text), [[date(2026, 5, 3)]], "{text}");
        }
        assert_eq!(read("03/05/2026"), [[date(2026, 5, 3), date(2026, 3, 5)]]);
        assert_eq!(read("version 4.4.7, 31 items"), Vec::<Vec<Date>>::new());
    }

    #[test]
    fn a_claim_may_say_less_than_its_source_and_not_more() {
        let whole = date(2026, 5, 3);
        let without_year = read("3 May")[0][0];
        assert!(without_year.is_said_by(whole) && !whole.is_said_by(without_year));
        assert!(read("May 2026")[0][0].is_said_by(whole));
        assert!(!date(2026, 5, 4).is_said_by(whole));
    }

    #[test]
    fn times_are_read_in_both_clocks() {
        let read = |text| {
            times(text)
                .into_iter()
                .flat_map(|found| found.readings)
                .collect::<Vec<_>>()
        };
        assert_eq!(read("14:30, 2:30 pm and 9 a.m"), [870, 870, 540]);
        assert!(read("ratio 10:75").is_empty());
    }
}
