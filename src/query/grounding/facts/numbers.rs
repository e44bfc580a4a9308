//! Numbers and amounts: what they are worth, and in which unit.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::query::pattern::pattern;

/// A number as it is written, with every value that it may have: `1.250` is 1250 or 1.25.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// Decimal digits without leading zeros and trailing zeros of the part behind the point.
    pub values: BTreeSet<String>,
    pub unit: Option<&'static str>,
    pub shown: String,
    pub place: Range<usize>,
}

const CURRENCIES: [&str; 4] = ["USD", "EUR", "GBP", "CHF"];

/// Units by what they are called. Numbers without one of these are just numbers.
const UNITS: [(&str, &[&str]); 28] = [
    (
        "s",
        &[
            "s", "sec", "secs", "second", "seconds", "sekunde", "sekunden",
        ],
    ),
    ("min", &["min", "mins", "minute", "minutes", "minuten"]),
    (
        "h",
        &["h", "hr", "hrs", "hour", "hours", "stunde", "stunden"],
    ),
    ("day", &["day", "days", "tag", "tage", "tagen"]),
    ("week", &["week", "weeks", "woche", "wochen"]),
    ("month", &["month", "months", "monat", "monate", "monaten"]),
    ("year", &["year", "years", "jahr", "jahre", "jahren"]),
    ("%", &["%", "percent", "prozent", "pct"]),
    ("USD", &["$", "usd", "dollar", "dollars", "us$"]),
    ("EUR", &["€", "eur", "euro", "euros"]),
    ("GBP", &["£", "gbp", "pound", "pounds"]),
    ("CHF", &["chf", "franken", "francs"]),
    ("°C", &["°c", "celsius"]),
    ("°F", &["°f", "fahrenheit"]),
    ("mm", &["mm"]),
    ("cm", &["cm"]),
    ("km", &["km"]),
    ("kg", &["kg", "kilogram", "kilograms"]),
    ("g", &["g", "gram", "grams", "gramm"]),
    ("KB", &["kb", "kilobyte", "kilobytes"]),
    ("MB", &["mb", "megabyte", "megabytes"]),
    ("GB", &["gb", "gigabyte", "gigabytes"]),
    ("TB", &["tb", "terabyte", "terabytes"]),
    ("V", &["v", "volt", "volts"]),
    ("W", &["w", "watt", "watts"]),
    ("kW", &["kw", "kilowatt"]),
    ("Hz", &["hz", "hertz"]),
    ("bar", &["bar"]),
];

/// What a word behind a number multiplies it by, as a power of ten.
const SCALES: [(&str, usize); 14] = [
    ("thousand", 3),
    ("tausend", 3),
    ("k", 3),
    ("tsd", 3),
    ("million", 6),
    ("millions", 6),
    ("millionen", 6),
    ("mio", 6),
    ("mn", 6),
    ("billion", 9),
    ("billions", 9),
    ("milliarden", 9),
    ("mrd", 9),
    ("bn", 9),
];

const WORDS: [(&str, &str); 27] = [
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
    ("eleven", "11"),
    ("twelve", "12"),
    ("fifteen", "15"),
    ("twenty", "20"),
    ("thirty", "30"),
    ("zwei", "2"),
    ("drei", "3"),
    ("vier", "4"),
    ("fünf", "5"),
    ("sechs", "6"),
    ("sieben", "7"),
    ("acht", "8"),
    ("neun", "9"),
    ("zehn", "10"),
    ("elf", "11"),
    ("zwölf", "12"),
    ("zwanzig", "20"),
    ("dreißig", "30"),
];

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:(?P<before>[$€£]|\b(?:usd|eur|gbp|chf))\s?)?(?P<digits>\d{1,3}(?:[ \u{a0}\u{202f}'’]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)*)(?:\s?(?P<scale>thousand|tausend|k|tsd|millions?|millionen|mio|mn|billions?|milliarden|mrd|bn)\b\.?)?(?:[\s\u{a0}-]?(?P<after>[%$€£]|°\s?[cf]\b|\p{L}+))?",
    )
});

impl Number {
    pub fn is_currency(&self) -> bool {
        self.unit.is_some_and(|unit| CURRENCIES.contains(&unit))
    }

    pub fn is_worth(&self, other: &Self) -> bool {
        !self.values.is_disjoint(&other.values)
    }
}

/// The numbers of a text outside of `taken`, in digits and, where they cannot be anything else, in
/// words.
pub fn numbers(text: &str, taken: &[Range<usize>]) -> Vec<Number> {
    let mut numbers = Vec::new();
    for captures in NUMBER.captures_iter(text) {
        let Some(digits) = captures.name("digits") else {
            continue;
        };
        if taken
            .iter()
            .any(|place| super::dates::overlap(place, &digits.range()))
        {
            continue;
        }
        let scale = captures
            .name("scale")
            .map(|scale| scale.as_str().to_lowercase());
        let around = [captures.name("before"), captures.name("after")];
        let unit = around
            .into_iter()
            .flatten()
            .find_map(|unit| unit_of(unit.as_str()));
        numbers.push(Number {
            values: scaled(values(digits.as_str()), scale.as_deref()),
            unit,
            shown: digits.as_str().to_owned(),
            place: digits.range(),
        });
    }
    numbers.extend(spelled(text));
    numbers
}

fn spelled(text: &str) -> Vec<Number> {
    let mut numbers = Vec::new();
    let mut words = super::words_at(text).into_iter().peekable();
    while let Some((place, word)) = words.next() {
        let lower = word.to_lowercase();
        let Some((_, value)) = WORDS.iter().find(|(name, _)| *name == lower) else {
            continue;
        };
        numbers.push(Number {
            values: BTreeSet::from([(*value).to_owned()]),
            unit: words.peek().and_then(|(_, next)| unit_of(next)),
            shown: word.to_owned(),
            place,
        });
    }
    numbers
}

fn unit_of(name: &str) -> Option<&'static str> {
    let name: String = name.to_lowercase().split_whitespace().collect();
    let known = UNITS
        .iter()
        .find(|(_, names)| names.contains(&name.as_str()));
    known.map(|(unit, _)| *unit)
}

/// Every value that the digits may stand for, by the customs of writing separators.
fn values(digits: &str) -> BTreeSet<String> {
    let plain: String = digits
        .chars()
        .filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’'))
        .collect();
    let marks: Vec<(usize, char)> = plain
        .char_indices()
        .filter(|(_, c)| !c.is_ascii_digit())
        .collect();
    let mut values = BTreeSet::new();
    match marks.as_slice() {
        [] => {
            values.insert(normal(&plain, ""));
        }
        [(at, _)] => {
            let (whole, part) = (&plain[..*at], &plain[at + 1..]);
            values.insert(normal(whole, part));
            if part.len() == 3 && (1..=3).contains(&whole.len()) && whole != "0" {
                values.insert(normal(&format!("{whole}{part}"), ""));
            }
        }
        [.., (last, mark)] => {
            let all_alike = marks.iter().all(|(_, other)| other == mark);
            let joined = |text: &str| text.replace(['.', ','], "");
            match all_alike {
                true => values.insert(normal(&joined(&plain), "")),
                false => values.insert(normal(&joined(&plain[..*last]), &plain[last + 1..])),
            };
        }
    }
    values
}

/// As it is written once it is multiplied. A "k" may be a unit as well.
fn scaled(values: BTreeSet<String>, scale: Option<&str>) -> BTreeSet<String> {
    let known = SCALES.iter().find(|(name, _)| Some(*name) == scale);
    let Some((name, power)) = known else {
        return values;
    };
    let mut all: BTreeSet<String> = values
        .iter()
        .map(|value| times_ten(value, *power))
        .collect();
    if name.len() == 1 {
        all.extend(values);
    }
    all
}

fn times_ten(value: &str, power: usize) -> String {
    let (whole, part) = value.split_once('.').unwrap_or((value, ""));
    let moved: String = part
        .chars()
        .chain(std::iter::repeat('0'))
        .take(power)
        .collect();
    normal(
        &format!("{whole}{moved}"),
        part.get(power..).unwrap_or_default(),
    )
}

fn normal(whole: &str, part: &str) -> String {
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let part = part.trim_end_matches('0');
    match part {
        "" => whole.to_owned(),
        part => format!("{whole}.{part}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Number {
        let mut found = numbers(text, &[]);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found.remove(0)
    }

    #[test]
    fn one_amount_is_written_in_many_ways() {
        let amount = one("$1,250.00");
        for text in [
            "1250",
            "1'250 dollars",
            "1.250,00",
            "1 250.0",
            "USD 1250.00",
            "1.25 thousand",
            "1,250",
        ] {
            assert!(one(text).is_worth(&amount), "{text}");
        }
        for text in ["1251", "12.50", "125", "1.25 million"] {
            assert!(!one(text).is_worth(&amount), "{text}");
        }
        assert!(one("1.2 million").is_worth(&one("1,200,000")));
        assert_eq!(one("$ 12").unit, Some("USD"));
    }

    #[test]
    fn units_tell_minutes_from_seconds() {
        assert_eq!(one("10 seconds").unit, Some("s"));
        assert_eq!(one("10-minute wait").unit, Some("min"));
        assert_eq!(one("45 %").unit, Some("%"));
        assert_eq!(one("-80 °C").unit, Some("°C"));
        assert_eq!(one("12 customers").unit, None);
    }

    #[test]
    fn words_are_numbers_too() {
        assert!(one("three times").is_worth(&one("3")));
        assert_eq!(one("fünf Minuten").unit, Some("min"));
    }
}
