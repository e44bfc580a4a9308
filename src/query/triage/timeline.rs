//! What happened in a case, and when.

use domain::Document;

use super::Desk;
use super::quote::{Quote, time};
use super::report::{Event, TimelineEntry, Who};
use super::resolution::is_closed;
use super::thread::{Side, Way, messages, telling};
use crate::query::grounding::Citations;

/// Messages that are listed: the first, and the latest of the others.
const MOST_MESSAGES: usize = 60;

/// Oldest first. What has no date is left out.
pub fn timeline(desk: Desk<'_>, case: &Document, citations: &mut Citations) -> Vec<TimelineEntry> {
    let mut entries: Vec<TimelineEntry> = created(desk, case, citations).into_iter().collect();
    let mut messages = messages(case);
    if messages.len() > MOST_MESSAGES {
        messages.drain(1..=messages.len() - MOST_MESSAGES);
    }
    for message in messages {
        let quote = message.first();
        let Some(at) = message.at else { continue };
        // What came with the form came in a letter, too.
        let is_told = |entry: &TimelineEntry| entry.at == at && entry.text == quote.text();
        if entries.iter().any(is_told) {
            continue;
        }
        entries.push(TimelineEntry {
            at,
            who: match message.by {
                Side::Customer => Who::Customer,
                Side::Company => Who::Company,
            },
            event: match message.way {
                Way::Comment => Event::Comment,
                Way::Email => Event::Email,
            },
            text: quote.text(),
            citations: vec![quote.cite(citations, desk.viewer)],
        });
    }
    entries.extend(ended(desk, case, citations));
    entries.sort_by_key(|entry| entry.at);
    entries
}

/// The case as it came: the first sentence of what the customer wrote.
fn created(desk: Desk<'_>, case: &Document, citations: &mut Citations) -> Option<TimelineEntry> {
    let at = case.created_at?;
    let described = Quote::of_root(case, "Description");
    let first = described.and_then(|whole| {
        let first = telling(whole.field).first().copied();
        first.map(|span| whole.at(span))
    });
    let quote = first.or_else(|| Quote::of_title(case))?;
    let mut cited = vec![quote.cite(citations, desk.viewer)];
    if let Some(date) = Quote::of_root(case, "CreatedDate") {
        cited.push(date.cite(citations, desk.viewer));
    }
    Some(TimelineEntry {
        at,
        who: Who::Customer,
        event: Event::Created,
        text: quote.text(),
        citations: cited,
    })
}

/// When it was closed; else the status that it has, as of its last change.
fn ended(desk: Desk<'_>, case: &Document, citations: &mut Citations) -> Option<TimelineEntry> {
    let status = Quote::of_root(case, "Status")?;
    let closed = Quote::of_root(case, "ClosedDate").filter(|_| is_closed(case));
    let closed_at = closed.and_then(|quote| time(&quote.text()));
    let mut cited = vec![status.cite(citations, desk.viewer)];
    cited.extend(closed.map(|quote| quote.cite(citations, desk.viewer)));
    Some(TimelineEntry {
        at: closed_at.unwrap_or(case.updated_at),
        who: Who::Record,
        event: match closed_at {
            Some(_) => Event::Closed,
            None => Event::Status,
        },
        text: status.text(),
        citations: cited,
    })
}
