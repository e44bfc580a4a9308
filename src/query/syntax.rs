//! The query syntax for people: `status:open owner:me "exact phrase" -word`.
//!
//! A word is a filter only if a filter's or a facet's name stands before its colon and a value right
//! behind it; everything else is text, so that `http://x`, `Error: 5` and `note:` need no quotes.

use std::collections::BTreeSet;

use super::Error;
use super::filters::FilterBody;

/// Phrases that must occur; each costs a search.
const MOST_PHRASES: usize = 8;
const MOST_EXCLUDED: usize = 32;

/// A text, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// What is searched for by words and by meaning, with its quotation marks.
    pub text: String,
    pub filters: FilterBody,
    /// Texts that must occur as they stand.
    pub phrases: Vec<String>,
    /// Words and texts that must not occur.
    pub excluded: Vec<String>,
}

/// Takes a text apart; `facets` are the names by which the viewer may filter beside the fixed ones.
///
/// # Errors
/// [`Error::Invalid`] when a filter has a value that it cannot have, or there is too much of it.
pub fn parse(text: &str, facets: &BTreeSet<String>) -> Result<Parsed, Error> {
    let mut parsed = Parsed::default();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let excludes = rest.starts_with('-');
        let plain = rest.strip_prefix('-').unwrap_or(rest);
        if let Some((phrase, behind)) = quoted(plain) {
            if excludes {
                parsed.excluded.push(phrase.to_owned());
            } else {
                parsed.phrases.push(phrase.to_owned());
                parsed.add_text(&format!("\"{phrase}\""));
            }
            rest = behind;
        } else if let Some((name, values, behind)) = filter(plain, facets) {
            parsed.add_filter(&name, values, excludes)?;
            rest = behind;
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            match word.strip_prefix('-').filter(|word| is_word(word)) {
                Some(word) => parsed.excluded.push(word.to_owned()),
                None => parsed.add_text(word),
            }
            rest = behind;
        }
        rest = rest.trim_start();
    }
    parsed.checked()
}

impl Parsed {
    fn add_text(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(text);
    }

    fn add_filter(&mut self, name: &str, values: Vec<String>, excludes: bool) -> Result<(), Error> {
        let is_date = self.filters.date_mut(name).is_some();
        if excludes && is_date {
            return Err(Error::Invalid(format!(
                "query: {name}: cannot be excluded; from: and to: bound a time from both sides"
            )));
        }
        let filters = match excludes {
            true => &mut **self.filters.not.get_or_insert_default(),
            false => &mut self.filters,
        };
        if let Some(list) = filters.values_mut(name) {
            values.into_iter().for_each(|value| list.push(value));
        } else if let Some(date) = filters.date_mut(name) {
            *date = Some(only(name, values, date.is_some())?);
        } else if name == "is_closed" {
            let value = only(name, values, filters.is_closed.is_some())?;
            let is_closed = value.to_lowercase().parse().map_err(|_| {
                Error::Invalid("query: is_closed: must be true or false".to_owned())
            })?;
            filters.is_closed = Some(is_closed);
        } else {
            let list = filters.facets.entry(name.to_owned()).or_default();
            values.into_iter().for_each(|value| list.push(value));
        }
        Ok(())
    }

    fn checked(self) -> Result<Self, Error> {
        if self.phrases.len() > MOST_PHRASES || self.excluded.len() > MOST_EXCLUDED {
            return Err(Error::Invalid(format!(
                "query has too much in quotation marks or behind a minus: it takes {MOST_PHRASES} \
                 phrases and {MOST_EXCLUDED} exclusions"
            )));
        }
        Ok(self)
    }
}

/// The only value of a filter that takes one.
fn only(name: &str, values: Vec<String>, is_given: bool) -> Result<String, Error> {
    match <[String; 1]>::try_from(values) {
        Ok([value]) if !is_given => Ok(value),
        Ok(_) | Err(_) => Err(Error::Invalid(format!(
            "query: {name}: takes one value, once"
        ))),
    }
}

/// A text between quotation marks at the beginning, and what is behind it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let opens = |c: char| matches!(c, '"' | '\u{201c}' | '\u{201e}' | '«');
    let closes = |c: char| matches!(c, '"' | '\u{201d}' | '\u{201c}' | '»');
    let inner = text.strip_prefix(opens)?;
    let (phrase, _) = inner.split_once(closes)?;
    let behind = inner[phrase.len()..].strip_prefix(closes)?;
    let phrase = phrase.trim();
    phrase
        .contains(char::is_alphanumeric)
        .then_some((phrase, behind))
}

/// `name:value`, `name:"two words"` or `name:a,b` at the beginning, and what is behind it.
fn filter<'a>(text: &'a str, facets: &BTreeSet<String>) -> Option<(String, Vec<String>, &'a str)> {
    let (name, mut rest) = text.split_once(':')?;
    let name = name.to_lowercase();
    if !FilterBody::NAMES.contains(&name.as_str()) && !facets.contains(&name) {
        return None;
    }
    let mut values = Vec::new();
    loop {
        let (value, behind) = match quoted(rest) {
            Some(quoted) => quoted,
            None => {
                let ends = |c: char| c.is_whitespace() || c == ',';
                rest.split_at(rest.find(ends).unwrap_or(rest.len()))
            }
        };
        if !value.is_empty() {
            values.push(value.to_owned());
        }
        match behind.strip_prefix(',') {
            Some(next) => rest = next,
            None => return (!values.is_empty()).then_some((name, values, behind)),
        }
    }
}

/// `-word` excludes; `-86 °C`, `--force` and `-v` are text.
fn is_word(word: &str) -> bool {
    word.starts_with(char::is_alphabetic) && word.chars().nth(1).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Parsed {
        parse(text, &BTreeSet::from(["priority".to_owned()])).unwrap()
    }

    fn filters(json: serde_json::Value) -> FilterBody {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn filters_phrases_and_exclusions_are_taken_out_of_the_text() {
        let parsed = read(
            "status:open owner:me Object:Case,Task account:\"Acme, Ltd\" from:2026-01-01 \
             -status:closed priority:High pump \"exact phrase\" -valve -\"old one\"",
        );
        let expected = serde_json::json!({
            "status": "open", "owner": "me", "object": ["Case", "Task"], "account": "Acme, Ltd",
            "from": "2026-01-01", "facets": {"priority": "High"}, "not": {"status": "closed"},
        });
        assert_eq!(parsed.filters, filters(expected));
        assert_eq!(parsed.text, "pump \"exact phrase\"");
        assert_eq!(parsed.phrases, ["exact phrase"]);
        assert_eq!(parsed.excluded, ["valve", "old one"]);
    }

    #[test]
    fn what_is_no_filter_stays_text() {
        for text in [
            "http://x.example/status:open",
            "Error: 5",
            "note:this status: open",
            "freezer at -86 °C --force -v -",
            "a 5\" pipe",
            "(a+)+$ **** :::: \" \"\"",
            "type:Problem",
        ] {
            let parsed = read(text);
            assert_eq!(parsed.text, text);
            assert!(
                parsed.filters.is_empty() && parsed.phrases.is_empty(),
                "{text}"
            );
            assert!(parsed.excluded.is_empty(), "{text}");
        }
    }

    #[test]
    fn what_a_filter_cannot_have_is_refused() {
        for bad in ["from:1 from:2", "-to:2026-01-01", "is_closed:perhaps"] {
            assert!(parse(bad, &BTreeSet::new()).is_err(), "{bad}");
        }
        assert!(parse(&"\"a b\" ".repeat(100), &BTreeSet::new()).is_err());
        assert!(parse(&"-word ".repeat(100), &BTreeSet::new()).is_err());
    }
}
