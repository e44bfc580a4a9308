//! What a sentence says that can be held against a text letter by letter: numbers, dates, amounts,
//! names, codes, addresses.

mod dates;
mod numbers;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::query::pattern::pattern;

pub use dates::month;
use dates::{Date, Minutes, dates, times};
use numbers::{Number, numbers};

/// One thing that a claim says and that somebody must have said before.
#[derive(Debug, Clone)]
pub struct Fact {
    kind: Kind,
    /// As the claim has it.
    pub shown: String,
}

#[derive(Debug, Clone)]
enum Kind {
    Date(Vec<Date>),
    Time(Minutes),
    Number(Number),
    /// An email or web address, or letters and digits together: `ERR-1042`.
    Code(String),
    Name(String),
}

/// All that a text says, to look facts up in.
#[derive(Debug, Default)]
pub struct Said {
    dates: Vec<Date>,
    times: BTreeSet<Minutes>,
    numbers: Vec<Number>,
    codes: BTreeSet<String>,
    words: BTreeSet<String>,
}

static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)\b(?:https?|ftp|mailto|javascript|data):[^\s<>()\[\]"']+|\bwww\.[^\s<>()\[\]"']+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"#,
    )
});
static CODE: LazyLock<Regex> = LazyLock::new(|| pattern(r"[\p{L}\p{N}]+(?:[-_./:][\p{L}\p{N}]+)*"));

/// What a claim says.
pub fn facts(claim: &str) -> Vec<Fact> {
    let read = Read::of(claim);
    let shown = |place: &Range<usize>| claim[place.clone()].to_owned();
    let mut facts = Vec::new();
    for (place, readings) in &read.dates {
        facts.push(Fact {
            kind: Kind::Date(readings.clone()),
            shown: shown(place),
        });
    }
    for (place, time) in &read.times {
        facts.push(Fact {
            kind: Kind::Time(*time),
            shown: shown(place),
        });
    }
    for (place, code) in &read.codes {
        facts.push(Fact {
            kind: Kind::Code(code.clone()),
            shown: shown(place),
        });
    }
    for number in read.numbers {
        facts.push(Fact {
            shown: number.shown.clone(),
            kind: Kind::Number(number),
        });
    }
    for name in names(claim, &read.taken) {
        facts.push(Fact {
            shown: name.to_owned(),
            kind: Kind::Name(normal(name)),
        });
    }
    facts
}

impl Said {
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut said = Self::default();
        for text in texts {
            said.add(text);
        }
        said
    }

    fn add(&mut self, text: &str) {
        let read = Read::of(text);
        self.dates
            .extend(read.dates.into_iter().flat_map(|(_, readings)| readings));
        self.times
            .extend(read.times.into_iter().map(|(_, time)| time));
        self.codes
            .extend(read.codes.into_iter().map(|(_, code)| code));
        self.numbers.extend(read.numbers);
        self.words
            .extend(words_at(text).into_iter().map(|(_, word)| normal(word)));
    }

    /// Whether a text with all of this says the fact.
    pub fn says(&self, fact: &Fact) -> bool {
        match &fact.kind {
            Kind::Date(readings) => {
                let is_said = |date: &Date| self.dates.iter().any(|known| date.is_said_by(*known));
                readings.iter().any(is_said)
            }
            Kind::Time(time) => self.times.contains(time),
            Kind::Number(number) => self.says_number(number),
            Kind::Code(code) => self.codes.contains(code) || self.has_digits_of(code),
            Kind::Name(name) => self.has_word(name),
        }
    }

    fn says_number(&self, number: &Number) -> bool {
        let is_year = |date: &Date| {
            let year = date.year.map(|year| year.to_string());
            year.is_some_and(|year| number.values.contains(&year))
        };
        if number.unit.is_none() && self.dates.iter().any(is_year) {
            return true;
        }
        if number.is_currency() && !self.numbers.iter().any(|known| known.unit == number.unit) {
            return false;
        }
        let same = self.numbers.iter().filter(|known| known.is_worth(number));
        let mut units = same.map(|known| known.unit);
        // Without a unit of its own a number in a source can be of any.
        units.any(|unit| number.unit.is_none() || unit.is_none() || unit == number.unit)
    }

    /// "case 1026" is 00001026.
    fn has_digits_of(&self, code: &str) -> bool {
        let digits = code.bytes().all(|byte| byte.is_ascii_digit());
        digits
            && self
                .words
                .iter()
                .any(|word| word.trim_start_matches('0') == code.trim_start_matches('0'))
    }

    fn has_word(&self, name: &str) -> bool {
        let singular = name.strip_suffix('s').filter(|rest| rest.len() > 2);
        let forms = [Some(name), singular];
        let has = |form: &str| self.words.contains(form);
        forms.into_iter().flatten().any(has) || has(&format!("{name}s"))
    }
}

/// What patterns find in a text, none of it twice.
struct Read {
    dates: Vec<(Range<usize>, Vec<Date>)>,
    times: Vec<(Range<usize>, Minutes)>,
    codes: Vec<(Range<usize>, String)>,
    numbers: Vec<Number>,
    taken: Vec<Range<usize>>,
}

impl Read {
    fn of(text: &str) -> Self {
        let mut taken: Vec<Range<usize>> = Vec::new();
        let mut codes = Vec::new();
        for address in ADDRESS.find_iter(text) {
            let address_text = address
                .as_str()
                .trim_end_matches(['.', ',', ';', ':', '!', '?']);
            let place = address.start()..address.start() + address_text.len();
            codes.push((place.clone(), address_text.to_lowercase()));
            taken.push(place);
        }
        let free = |taken: &[Range<usize>], place: &Range<usize>| {
            !taken.iter().any(|known| dates::overlap(known, place))
        };
        let mut read_dates = Vec::new();
        for found in dates(text) {
            if free(&taken, &found.place) {
                taken.push(found.place.clone());
                read_dates.push((found.place, found.readings));
            }
        }
        let mut read_times = Vec::new();
        for found in times(text) {
            if free(&taken, &found.place) {
                taken.push(found.place.clone());
                read_times.extend(found.readings.first().map(|time| (found.place, *time)));
            }
        }
        for word in CODE.find_iter(text) {
            if free(&taken, &word.range()) && is_code(word.as_str()) {
                codes.push((word.range(), word.as_str().to_lowercase()));
                taken.push(word.range());
            }
        }
        Self {
            dates: read_dates,
            times: read_times,
            codes,
            numbers: numbers(text, &taken),
            taken,
        }
    }
}

/// Letters and digits in one word, or several dots between digits (a version); not a number with its
/// unit ("10min") and not an ordinal.
fn is_code(word: &str) -> bool {
    let has_digit = word.chars().any(|c| c.is_ascii_digit());
    let letters: String = word.chars().filter(|c| c.is_alphabetic()).collect();
    if !has_digit {
        return false;
    }
    if letters.is_empty() {
        let separators: Vec<char> = word.chars().filter(|c| !c.is_ascii_digit()).collect();
        let is_amount = separators.iter().all(|c| *c == '.') && groups_of_three(word);
        return separators.len() > 1 && !is_amount
            || separators.iter().any(|c| "-_/:".contains(*c));
    }
    let starts_with_digits = word.starts_with(|c: char| c.is_ascii_digit());
    let tail_only = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == ',');
    let is_measure =
        starts_with_digits && tail_only.len() == letters.len() && letters.chars().count() <= 3;
    // "24-hour" and "10-minute" are numbers with a unit.
    let hyphened = starts_with_digits
        && word
            .split('-')
            .skip(1)
            .all(|part| part.chars().all(char::is_alphabetic));
    !(is_measure || hyphened && word.contains('-'))
}

fn groups_of_three(word: &str) -> bool {
    word.split('.').skip(1).all(|group| group.len() == 3)
}

/// Words in upper case elsewhere than at the start of a sentence. In German that is every noun, so
/// there only such count that follow one another or a title.
fn names<'a>(claim: &'a str, taken: &[Range<usize>]) -> Vec<&'a str> {
    let german = is_german(claim);
    let words = words_at(claim);
    let is_upper = |word: &str| {
        word.chars().next().is_some_and(char::is_uppercase) && word.chars().count() > 1
    };
    let mut names = Vec::new();
    for (index, (place, word)) in words.iter().enumerate() {
        let is_taken = taken.iter().any(|known| dates::overlap(known, place));
        if is_taken || !is_upper(word) || starts_sentence(claim, place.start) {
            continue;
        }
        let before = index.checked_sub(1).map(|before| words[before].1);
        let is_name = !german || before.is_some_and(|before| is_title(before) || is_upper(before));
        if is_name {
            names.push(*word);
        }
    }
    names
}

fn is_title(word: &str) -> bool {
    ["Herr", "Herrn", "Frau", "Dr", "Firma"].contains(&word)
}

/// Whether what stands before is nothing, or the end of a sentence.
fn starts_sentence(text: &str, at: usize) -> bool {
    let before =
        text[..at].trim_end_matches(|c: char| c.is_whitespace() || "\"'“”„‘’([*_-–—•".contains(c));
    before.is_empty() || before.ends_with(['.', '!', '?', ':', '\n'])
}

/// By its commonest words.
fn is_german(text: &str) -> bool {
    const COMMON: [&str; 16] = [
        "der", "die", "das", "und", "ist", "nicht", "ein", "eine", "mit", "auf", "für", "wird",
        "den", "dem", "sich", "werden",
    ];
    let words = words_at(text);
    let common = words
        .iter()
        .filter(|(_, word)| COMMON.contains(&word.to_lowercase().as_str()));
    common.count() >= 2
}

/// The words of a text with their places in bytes: letters and digits, with apostrophes within.
pub fn words_at(text: &str) -> Vec<(Range<usize>, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’');
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (is_part(c), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                let word = text[from..at].trim_matches(['\'', '’']);
                if !word.is_empty() {
                    words.push((from..at, word));
                }
                start = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
    words
}

/// Lower case, without a possessive.
fn normal(word: &str) -> String {
    let word = word.to_lowercase();
    let word = word
        .strip_suffix("'s")
        .or_else(|| word.strip_suffix("’s"))
        .unwrap_or(&word);
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(claim: &str, source: &str) -> Vec<String> {
        let said = Said::of([source]);
        let facts = facts(claim).into_iter().filter(|fact| !said.says(fact));
        facts.map(|fact| fact.shown).collect()
    }

    #[test]
    fn what_a_source_says_may_be_said_in_other_ways() {
        let source = "The fee is $1,250.00 from 3 May 2026 14:30, said Maria Lopez (ERR-1042, firmware 4.4.7, \
                      case 00001026). Hold it for ten seconds at -80 °C; see https://help.example/a.";
        for claim in [
            "The fee is 1250 dollars.",
            "According to Maria Lopez the fee starts on 2026-05-03.",
            "It is error ERR-1042. Maria's fee is $1,250, from May 3rd at 2:30 pm.",
            "Firmware 4.4.7 wants 10 seconds.",
            "In case 1026 it was 80 °C in May 2026, see https://help.example/a.",
            "Hold it for 10 s in 2026.",
        ] {
            assert_eq!(missing(claim, source), Vec::<String>::new(), "{claim}");
        }
    }

    #[test]
    fn what_no_source_says_is_seen() {
        let source = "The fee is $1,250.00 from 3 May 2026, said Maria Lopez (ERR-1042, firmware 4.4.7). \
                      Wait 10 seconds and 24 months.";
        for (claim, invented) in [
            ("The fee is 1,350 dollars.", "1,350"),
            ("The fee is 1,250 euros.", "1,250"),
            ("The fee was set by John Smith.", "John"),
            ("It is error ERR-1043.", "ERR-1043"),
            ("It starts on 4 May 2026.", "4 May 2026"),
            ("Wait 10 minutes.", "10"),
            ("Wait 24 days.", "24"),
            ("Firmware 4.4.8 has it.", "4.4.8"),
            ("Write to maria@evil.example now.", "maria@evil.example"),
            (
                "See https://evil.example/?q=1 for it.",
                "https://evil.example/?q=1",
            ),
            ("It failed three times.", "three"),
        ] {
            let missing = missing(claim, source);
            assert!(
                missing.contains(&invented.to_owned()),
                "{claim}: {missing:?}"
            );
        }
    }

    #[test]
    fn german_nouns_are_no_names() {
        let source = "Der Gateway wird mit dem Knopf neu gestartet, sagt Frau Amstutz.";
        assert!(
            missing(
                "Frau Amstutz sagt, der Neustart ist mit dem Knopf möglich.",
                source
            )
            .is_empty()
        );
        assert_eq!(
            missing(
                "Herr Zollinger sagt, das ist nicht möglich und die Lösung.",
                source
            ),
            ["Zollinger"]
        );
    }
}
