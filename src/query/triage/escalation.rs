//! Signs that somebody should look at a case at once.

use chrono::{DateTime, Utc};
use domain::{Claim, Document, Facet};

use super::Desk;
use super::matter::Matter;
use super::quote::Quote;
use super::report::Escalation;
use super::resolution::{flag, is_closed};
use super::thread::{Message, Side, messages};
use super::words::{Signal, words};
use crate::query::grounding::{Citations, cut, is_order, sentences};

/// A customer who has waited so many hours for a word has waited long.
const LONG_WAIT: i64 = 48;
/// Words of the customer in a row without an answer that are a sign.
const UNANSWERED: usize = 2;
/// The level of priorities from which a case without a reply is a sign.
const HIGH: usize = 2;
/// Signs of the weaker kinds that are enough together.
const TOGETHER: usize = 2;

/// What the customer says that is a sign, each kind once, the gravest first. Without a quote for the
/// words of a case that does not exist yet.
pub fn said(matter: &Matter) -> Vec<(Signal, Option<Quote<'_>>)> {
    let mut found: Vec<(Signal, Option<Quote<'_>>)> = Vec::new();
    match &matter.document {
        Some(case) => {
            for quote in customer_sentences(case) {
                for signal in words().signals(&quote.text()) {
                    note(&mut found, signal, Some(quote));
                }
            }
        }
        None => {
            let problem = matter.problem();
            for span in sentences(&problem) {
                for signal in words().signals(&cut(&problem, span)) {
                    note(&mut found, signal, None);
                }
            }
        }
    }
    found.sort_by_key(|(signal, _)| *signal);
    found
}

fn note<'a>(
    found: &mut Vec<(Signal, Option<Quote<'a>>)>,
    signal: Signal,
    quote: Option<Quote<'a>>,
) {
    if found.iter().all(|(known, _)| *known != signal) {
        found.push((signal, quote));
    }
}

/// Every sentence of the customer: of the case itself, and of their messages.
fn customer_sentences(case: &Document) -> Vec<Quote<'_>> {
    let mut all = Vec::new();
    for field in ["Subject", "Description"] {
        if let Some(whole) = Quote::of_root(case, field) {
            let spans = sentences(&whole.field.text).into_iter();
            let quotes = spans.map(|span| whole.at(span));
            all.extend(quotes.filter(|quote| !is_order(&quote.text())));
        }
    }
    let messages = messages(case).into_iter();
    let theirs = messages.filter(|message| message.by == Side::Customer);
    all.extend(theirs.flat_map(|message| message.sentences));
    all
}

/// The signs, each with where it was read.
pub fn escalation(
    desk: Desk<'_>,
    matter: &Matter,
    now: DateTime<Utc>,
    citations: &mut Citations,
) -> Escalation {
    let said = said(matter);
    let mut signals: Vec<Claim> = Vec::new();
    for (signal, quote) in &said {
        let cited = quote.map(|quote| (quote.text(), quote.cite(citations, desk.viewer)));
        signals.push(match cited {
            Some((text, number)) => claim(format!("{}: “{text}”", title(*signal)), vec![number]),
            None => claim(title(*signal), Vec::new()),
        });
    }
    let mut is_escalated = false;
    if let Some(case) = &matter.document {
        is_escalated = flag(case, Facet::IS_ESCALATED);
        signals.extend(recorded(desk, case, citations));
        if !is_closed(case) {
            signals.extend(waiting(desk, case, now, citations));
        }
    }
    let grave = said.iter().any(|(signal, _)| signal.is_grave());
    Escalation {
        recommended: is_escalated || grave || signals.len() >= TOGETHER,
        signals,
    }
}

fn title(signal: Signal) -> String {
    format!("The customer speaks of {}", signal.name())
}

fn claim(text: String, citations: Vec<usize>) -> Claim {
    Claim { text, citations }
}

/// What the case's own fields say.
fn recorded(desk: Desk<'_>, case: &Document, citations: &mut Citations) -> Option<Claim> {
    if !flag(case, Facet::IS_ESCALATED) {
        return None;
    }
    let place = Quote::of_root(case, "IsEscalated").or_else(|| Quote::of_root(case, "Status"))?;
    let number = place.cite(citations, desk.viewer);
    Some(claim(
        "The case is marked as escalated".to_owned(),
        vec![number],
    ))
}

/// A customer who waits for a word.
fn waiting(
    desk: Desk<'_>,
    case: &Document,
    now: DateTime<Utc>,
    citations: &mut Citations,
) -> Vec<Claim> {
    let messages = messages(case);
    let answered = messages
        .iter()
        .rposition(|message| message.by == Side::Company);
    let since = &messages[answered.map_or(0, |at| at + 1)..];
    let last = since.last().map(|message| message.body.text());
    if last.is_some_and(|last| words().is_contented(&last)) {
        return Vec::new();
    }
    let mut signs = Vec::new();
    if since.len() >= UNANSWERED {
        let cited = since.iter().map(|m| m.first().cite(citations, desk.viewer));
        let cited: Vec<usize> = cited.collect();
        let text = format!(
            "The customer has written {} times without an answer",
            since.len()
        );
        signs.push(claim(text, cited));
    }
    signs.extend(long_wait(
        desk,
        case,
        since.first(),
        answered.is_some(),
        now,
        citations,
    ));
    if answered.is_none() {
        signs.extend(high_unanswered(desk, case, citations));
    }
    signs
}

/// Since the customer's first word that has no answer; since the case was created, if nobody has
/// answered at all.
fn long_wait(
    desk: Desk<'_>,
    case: &Document,
    first: Option<&Message<'_>>,
    was_answered: bool,
    now: DateTime<Utc>,
    citations: &mut Citations,
) -> Option<Claim> {
    let (since, place) = match first {
        Some(message) => (message.at?, message.first()),
        None if was_answered => return None,
        None => (case.created_at?, Quote::of_root(case, "CreatedDate")?),
    };
    let hours = (now - since).num_hours();
    if hours < LONG_WAIT {
        return None;
    }
    let text = format!(
        "The customer has waited for an answer for {} days, since {}",
        hours / 24,
        since.format("%Y-%m-%d %H:%M UTC")
    );
    Some(claim(text, vec![place.cite(citations, desk.viewer)]))
}

fn high_unanswered(desk: Desk<'_>, case: &Document, citations: &mut Citations) -> Option<Claim> {
    let priority = Quote::of_root(case, "Priority")?;
    let is_high = words().priority_level(&priority.text()) >= Some(HIGH);
    let text = format!("Priority {} and no answer yet", priority.text());
    is_high.then(|| claim(text, vec![priority.cite(citations, desk.viewer)]))
}
