//! What is not known yet: what the people asked first who solved similar cases, and what those
//! cases have that this one has not.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Document, FieldText};

use super::Desk;
use super::alike::{Alike, problem};
use super::matter::Matter;
use super::quote::Quote;
use super::report::Missing;
use super::thread::{Side, messages};
use super::words::{Tongue, is_code, words};
use crate::query::grounding::{Citations, Span, orders};

/// Questions that are shown.
const QUESTIONS: usize = 3;
/// Fields and identifiers that are shown.
const FIELDS: usize = 3;
/// Cases less like than this ask about something else, against the likest.
const ASKS_ALIKE: f32 = 0.7;
/// The share of similar cases that must have what this one lacks.
const USUAL: f64 = 0.6;
/// Characters of a question with what leads to it.
const LONGEST: usize = 320;
/// Fewer similar cases say nothing about what is usual.
const FEWEST: usize = 4;
/// Two texts that share so much of their words ask the same.
const SAME: f64 = 0.5;
/// A shorter code names a product or an error and no single thing.
const LONG_CODE: usize = 7;

/// A thing to ask for, and how a drafted reply asks.
pub struct Asked {
    pub missing: Missing,
    pub how: How,
}

/// How to ask for it.
pub enum How {
    /// In these words; none if they tell of another customer.
    Words(Option<String>),
    /// For the value of this field.
    Field(String),
    /// For an identifier.
    Identifier,
}

/// Everything to ask for, what matters most first.
pub fn missing(
    desk: Desk<'_>,
    matter: &Matter,
    alike: &[Alike],
    citations: &mut Citations,
) -> Vec<Asked> {
    let mut asked = questions(desk, matter, alike, citations);
    asked.extend(identifiers(desk, matter, alike, citations));
    asked.extend(fields(desk, matter, alike, citations));
    asked
}

/// What was asked first in similar cases, and neither asked nor told here.
fn questions(
    desk: Desk<'_>,
    matter: &Matter,
    alike: &[Alike],
    citations: &mut Citations,
) -> Vec<Asked> {
    let known = known(matter);
    let mut seen: Vec<BTreeSet<String>> = Vec::new();
    let mut found = Vec::new();
    for case in alike.iter().filter(|case| case.likeness >= ASKS_ALIKE) {
        let Some(quote) = first_question(&case.document) else {
            continue;
        };
        let text = quote.text();
        let telling = words().telling(&text);
        let is_new = |other: &BTreeSet<String>| share(&telling, other) < SAME;
        let is_readable = Tongue::of_text(&text) == matter.tongue && orders(&text).is_empty();
        if !is_readable || found.len() == QUESTIONS || !is_new(&known) || !seen.iter().all(is_new) {
            continue;
        }
        seen.push(telling);
        let number = quote.cite(citations, desk.viewer);
        let own = may_be_sent(&text, &case.document).then(|| text.clone());
        found.push(Asked {
            missing: Missing {
                text,
                reason: format!("asked first in {}", case.document.plain_title()),
                citations: vec![number],
            },
            how: How::Words(own),
        });
    }
    found
}

/// The words of everything that was said in the case so far.
fn known(matter: &Matter) -> BTreeSet<String> {
    let mut known = words().telling(&matter.problem());
    for message in matter.document.iter().flat_map(messages) {
        known.extend(words().telling(&message.body.text()));
    }
    known
}

/// The share of `these` words that are among `others`.
fn share(these: &BTreeSet<String>, others: &BTreeSet<String>) -> f64 {
    these.intersection(others).count() as f64 / these.len().max(1) as f64
}

/// The questions that the first message of the company asks, in a row, with what leads to them.
fn first_question(case: &Document) -> Option<Quote<'_>> {
    let messages = messages(case);
    let first = messages
        .iter()
        .find(|message| message.by == Side::Company)?;
    let asks = |quote: &&Quote<'_>| quote.text().trim_end().ends_with('?');
    let first_asked = first.sentences.iter().find(asks)?;
    let last_asked = first.sentences.iter().rfind(asks)?;
    // What leads to a question belongs to it: "Please open the grille. Does the fan turn?"
    let lead = first.first();
    let is_near = last_asked.span.end.saturating_sub(lead.span.start) <= LONGEST;
    let start = if is_near { lead } else { *first_asked };
    Some(start.at(Span {
        start: start.span.start,
        end: last_asked.span.end,
    }))
}

/// Whether a question asked of one customer can be asked of another: it holds none of the codes and
/// names of the case that it stands in.
fn may_be_sent(question: &str, case: &Document) -> bool {
    let asked = words().telling(question);
    if asked
        .iter()
        .any(|word| is_code(word) && word.chars().count() >= LONG_CODE)
    {
        return false;
    }
    let named = ["SuppliedName", "SuppliedCompany", "SuppliedEmail"];
    let named = named.iter().filter_map(|field| Quote::of_root(case, field));
    named.map(|quote| quote.text()).all(|name| {
        let parts: BTreeSet<String> = words().telling(&name);
        parts.is_disjoint(&asked)
    })
}

/// An identifier that similar cases name: a code of one shape, such as a serial number.
fn identifiers(
    desk: Desk<'_>,
    matter: &Matter,
    alike: &[Alike],
    citations: &mut Citations,
) -> Vec<Asked> {
    if alike.len() < FEWEST {
        return Vec::new();
    }
    let mut shapes: BTreeMap<String, Vec<(&Alike, String)>> = BTreeMap::new();
    for case in alike {
        let text = problem(&case.document);
        let mut seen = BTreeSet::new();
        for code in long_codes(&text) {
            if seen.insert(shape(&code)) {
                shapes.entry(shape(&code)).or_default().push((case, code));
            }
        }
    }
    let here: BTreeSet<String> = long_codes(&everything(matter))
        .iter()
        .map(|c| shape(c))
        .collect();
    let usual = |cases: &Vec<(&Alike, String)>| cases.len() as f64 >= USUAL * alike.len() as f64;
    let lacking = shapes
        .iter()
        .filter(|(shape, cases)| usual(cases) && !here.contains(*shape));
    let mut asked = Vec::new();
    for (_, cases) in lacking.take(FIELDS) {
        let Some((case, code)) = cases.first() else {
            continue;
        };
        let quote = where_it_stands(&case.document, code);
        asked.push(Asked {
            missing: Missing {
                text: format!("An identifier such as {code}"),
                reason: format!("{} of {} similar cases name one", cases.len(), alike.len()),
                citations: quote
                    .map(|q| q.cite(citations, desk.viewer))
                    .into_iter()
                    .collect(),
            },
            how: How::Identifier,
        });
    }
    asked
}

/// All that was said in the case.
fn everything(matter: &Matter) -> String {
    let mut text = matter.problem();
    for message in matter.document.iter().flat_map(messages) {
        text.push('\n');
        text.push_str(&message.body.text());
    }
    text
}

fn long_codes(text: &str) -> Vec<String> {
    let pieces = text.split(|c: char| !(c.is_alphanumeric() || c == '-'));
    let bare = pieces.map(|piece| piece.trim_matches('-'));
    let long = bare.filter(|word| is_code(word) && word.chars().count() >= LONG_CODE);
    long.map(str::to_owned).collect()
}

/// Runs of letters become one letter, runs of digits one digit: `K3-2022-0632` and `ST1-2416-0768`
/// are of one shape.
fn shape(code: &str) -> String {
    let kinds = code.chars().map(|c| match c {
        c if c.is_ascii_digit() => '9',
        c if c.is_alphabetic() => 'A',
        c => c,
    });
    let mut shape = String::new();
    for kind in kinds {
        if !shape.ends_with(kind) {
            shape.push(kind);
        }
    }
    shape
}

fn where_it_stands<'a>(case: &'a Document, code: &str) -> Option<Quote<'a>> {
    let fields = ["Subject", "Description"];
    let mut places = fields
        .iter()
        .filter_map(|field| Quote::of_root(case, field));
    places.find_map(|whole| {
        let at = whole.field.text.find(code)?;
        let start = whole.field.text[..at].chars().count();
        Some(whole.at(Span {
            start,
            end: start + code.chars().count(),
        }))
    })
}

/// Fields of the org's own that similar cases have filled and this one has not.
fn fields(
    desk: Desk<'_>,
    matter: &Matter,
    alike: &[Alike],
    citations: &mut Citations,
) -> Vec<Asked> {
    if alike.len() < FEWEST {
        return Vec::new();
    }
    let mut filled: BTreeMap<&str, Vec<(&Alike, &FieldText)>> = BTreeMap::new();
    for case in alike {
        let root = case.document.records.first();
        let own = root.iter().flat_map(|root| &root.fields);
        for field in own.filter(|text| text.field.is_custom()) {
            filled
                .entry(field.field.as_str())
                .or_default()
                .push((case, field));
        }
    }
    let told = words().telling(&everything(matter));
    let mut asked = Vec::new();
    for (name, cases) in filled {
        let is_usual = cases.len() as f64 >= USUAL * alike.len() as f64;
        if !is_usual || has(matter, name) || asked.len() == FIELDS {
            continue;
        }
        let label = label(name);
        let is_told = !words().telling(&label).is_disjoint(&told);
        let cited = cases.first().and_then(|(case, field)| {
            let root = case.document.records.first()?;
            Some(Quote::whole(&case.document, root, field).cite(citations, desk.viewer))
        });
        asked.push(Asked {
            missing: Missing {
                reason: format!(
                    "{} of {} similar cases have it filled in",
                    cases.len(),
                    alike.len()
                ),
                text: format!("{label} is not filled in"),
                citations: cited.into_iter().collect(),
            },
            how: match is_told {
                // The customer has told it: it only has to be filled in.
                true => How::Words(None),
                false => How::Field(label),
            },
        });
    }
    asked
}

fn has(matter: &Matter, field: &str) -> bool {
    let case = matter.document.as_ref();
    case.is_some_and(|case| Quote::of_root(case, field).is_some())
}

/// `Firmware_Version__c` as people read it.
fn label(field: &str) -> String {
    field.trim_end_matches("__c").replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_one_kind_have_one_shape() {
        assert_eq!(shape("K3-2022-0632"), shape("ST1-2416-0768"));
        assert_ne!(shape("K3-2022-0632"), shape("ERR-1042"));
        assert_eq!(long_codes("E17 on (K3-2022-0632)."), ["K3-2022-0632"]);
    }

    #[test]
    fn a_field_has_a_name_for_people() {
        assert_eq!(label("Firmware_Version__c"), "Firmware Version");
    }
}
