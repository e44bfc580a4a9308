//! What results have in common as text for people: sources, what was gone without, how fresh it is.

use chrono::{DateTime, Utc};
use domain::Citation;

use super::page::{Ink, Page, Text};
use crate::plain::shortened;

/// Characters of a quote among the sources of an answer.
const QUOTE: usize = 600;
/// Characters of a quote in a long list of sources.
const SHORT_QUOTE: usize = 120;

/// The sources of an answer, each with its quote and its address.
pub fn sources(page: &mut Page, citations: &[Citation]) {
    if citations.is_empty() {
        return;
    }
    page.heading("Sources");
    for citation in citations {
        let text = Text::new()
            .link(Ink::Strong, &citation.title, &citation.url)
            .ink(Ink::Faint, &format!(" · {}", place(citation)));
        page.put(&number(citation), &text);
        page.quote(4, &shortened(&citation.quote, QUOTE));
        page.address(4, &citation.url);
    }
}

/// The sources of a brief or a triage, which are many: a paragraph each.
pub fn short_sources<'a>(page: &mut Page, citations: impl Iterator<Item = &'a Citation>) {
    let mut citations = citations.peekable();
    if citations.peek().is_none() {
        return;
    }
    page.heading("Sources");
    for citation in citations {
        let quote = shortened(&citation.quote, SHORT_QUOTE);
        let text = Text::new()
            .link(Ink::Plain, &citation.title, &citation.url)
            .ink(Ink::Faint, &format!(" · {}: “{quote}”", place(citation)));
        page.put(&number(citation), &text);
    }
}

/// The field and the record, and for a file's text the page.
fn place(citation: &Citation) -> String {
    let place = citation.place();
    match &citation.file {
        Some(file) => match &file.sheet {
            Some(sheet) => format!("{}, sheet {sheet} · {place}", file.name),
            None => format!("{}, page {} · {place}", file.name, file.page),
        },
        None => place,
    }
}

fn number(citation: &Citation) -> Text {
    let mark = domain::marks(&[citation.number]);
    let text = Text::new().link(Ink::Mark, &mark, &citation.url);
    text.say(" ")
}

/// What was not asked because it is away.
pub fn degraded(page: &mut Page, degraded: &[String]) {
    for reason in degraded {
        page.blank();
        let text = format!("Found without all means: {reason}.");
        page.put(&Text::new(), &Text::new().ink(Ink::Warning, &text));
    }
}

/// Up to when it knows what Salesforce had, on the last line.
pub fn as_of(page: &mut Page, as_of: Option<DateTime<Utc>>) {
    if let Some(as_of) = as_of {
        page.blank();
        let text = format!("As of {}.", time(as_of));
        page.put(&Text::new(), &Text::new().ink(Ink::Faint, &text));
    }
}

pub fn time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}
