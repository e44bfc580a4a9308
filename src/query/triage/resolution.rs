//! How a case was solved: what the company said last that tells it.

use domain::{Document, Facet};

use super::quote::Quote;
use super::thread::{Message, Side, Way, messages};
use super::words::words;
use crate::query::grounding::{Span, orders};

/// Characters of one quote.
const LONGEST: usize = 480;
/// What a sentence counts that tells what to do, or what helped.
const TELLS: f64 = 1.0;
/// What a later message counts more, for each that it is later.
const LATER: f64 = 0.4;
/// A code or a number makes a sentence more likely to be the solution.
const EXACT: f64 = 0.3;

/// How a case was solved, in the words of the one who solved it; none if nobody wrote it down.
pub fn resolution(case: &Document) -> Option<Quote<'_>> {
    let messages = messages(case);
    let told = messages
        .iter()
        .filter(|message| message.by == Side::Company);
    let scored = (0_u32..).zip(told).filter_map(|(place, message)| {
        let quote = solution(message).filter(|quote| orders(&quote.text()).is_empty())?;
        Some((
            quote,
            weight(&quote.text(), message) + LATER * f64::from(place),
        ))
    });
    let best = scored.max_by(|(_, a), (_, b)| a.total_cmp(b));
    best.map(|(quote, _)| quote)
}

/// The part of a message that answers: from its first sentence that is neither a question nor a
/// courtesy, as far as they follow each other.
pub fn solution<'a>(message: &Message<'a>) -> Option<Quote<'a>> {
    let mut whole: Option<Quote<'a>> = None;
    for quote in &message.sentences {
        if !answers(&quote.text()) {
            if whole.is_some() {
                break;
            }
            continue;
        }
        whole = match whole {
            None => Some(*quote),
            Some(open) if quote.span.end - open.span.start <= LONGEST => Some(open.at(Span {
                start: open.span.start,
                end: quote.span.end,
            })),
            Some(open) => return Some(open),
        };
    }
    whole
}

fn answers(sentence: &str) -> bool {
    !sentence.trim_end().ends_with('?') && !words().is_courtesy(sentence)
}

fn weight(text: &str, message: &Message<'_>) -> f64 {
    let words = words();
    let mut weight = 0.0;
    for sentence in text.split_inclusive(['.', '!', ';', '\n', ':']) {
        if words.is_imperative(sentence) || words.solves(sentence) {
            weight += TELLS;
        }
    }
    if text.contains(|c: char| c.is_ascii_digit()) {
        weight += EXACT;
    }
    match message.way {
        Way::Email => weight + EXACT,
        Way::Comment => weight,
    }
}

/// Whether a case is done with; where nobody says so, it is not.
pub fn is_closed(case: &Document) -> bool {
    flag(case, Facet::IS_CLOSED)
}

/// Whether a facet of a case says yes.
pub fn flag(case: &Document, facet: &str) -> bool {
    let values = case.facets.get(facet);
    values.is_some_and(|values| values.iter().any(|facet| facet.value == "true"))
}
