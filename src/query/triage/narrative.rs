//! What a triage tells in sentences: the summary, and what the customer wants. Without a model they
//! are the case's own sentences, word for word.

use domain::{Claim, Document};

use super::Desk;
use super::matter::Matter;
use super::quote::Quote;
use super::resolution::solution;
use super::thread::{Message, Side, messages, telling};
use super::words::words;
use crate::query::grounding::{Citations, Source, Span};

/// Sentences of the problem in a summary.
const PROBLEM: usize = 2;
/// Sentences of what the customer wants.
const WANTS: usize = 3;
/// Messages that a model is given, the latest.
const MESSAGES: usize = 12;
/// What passages count for a model, in their order: the case itself, how others were solved, steps.
const OF_THE_CASE: f32 = 1.0;
const OF_OTHERS: f32 = 0.8;
const OF_ARTICLES: f32 = 0.7;

/// The summary, and what the customer wants.
#[derive(Default)]
pub struct Narrative {
    pub summary: Vec<Claim>,
    pub wants: Vec<Claim>,
}

impl Narrative {
    pub fn is_empty(&self) -> bool {
        self.summary.is_empty() && self.wants.is_empty()
    }
}

/// What nobody has told yet in the case's own words: the problem, what the company said last, and
/// the customer after that.
pub fn completed(
    desk: Desk<'_>,
    case: &Document,
    told: Narrative,
    citations: &mut Citations,
) -> Narrative {
    let problem = problem(case);
    let messages = messages(case);
    let mut quotes: Vec<Quote<'_>> = problem.iter().take(PROBLEM).copied().collect();
    let last = |side: Side| messages.iter().rposition(|message| message.by == side);
    let (ours, theirs) = (last(Side::Company), last(Side::Customer));
    if let Some(at) = ours {
        quotes.push(solution(&messages[at]).unwrap_or(messages[at].first()));
    }
    if let Some(at) = theirs.filter(|at| ours.is_some_and(|ours| *at > ours)) {
        quotes.push(messages[at].first());
    }
    Narrative {
        summary: match told.summary.is_empty() {
            true => claims(desk, &quotes, citations),
            false => told.summary,
        },
        wants: match told.wants.is_empty() {
            true => claims(desk, &wants(&problem, &messages), citations),
            false => told.wants,
        },
    }
}

fn claims(desk: Desk<'_>, quotes: &[Quote<'_>], citations: &mut Citations) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    for quote in quotes {
        // What was written in the form and in a letter is told once.
        let text = quote.text();
        if claims.iter().all(|known| known.text != text) {
            claims.push(quote.claim(citations, desk.viewer));
        }
    }
    claims
}

/// The sentences of what the customer reported; the title, if there is no more.
fn problem(case: &Document) -> Vec<Quote<'_>> {
    let described = Quote::of_root(case, "Description");
    let sentences = described.map(|whole| {
        let spans = telling(whole.field).into_iter();
        spans.map(|span| whole.at(span)).collect::<Vec<_>>()
    });
    match sentences.filter(|sentences| !sentences.is_empty()) {
        Some(sentences) => sentences,
        None => Quote::of_title(case).into_iter().collect(),
    }
}

/// What the customer asks for: of the newest of their messages that asks, else of the case itself.
fn wants<'a>(problem: &[Quote<'a>], messages: &[Message<'a>]) -> Vec<Quote<'a>> {
    let asking = |quotes: &[Quote<'a>]| -> Vec<Quote<'a>> {
        let asking = quotes.iter().filter(|quote| words().wants(&quote.text()));
        asking.take(WANTS).copied().collect()
    };
    let mut theirs = messages.iter().rev().filter(|m| m.by == Side::Customer);
    let newest = theirs
        .find_map(|message| Some(asking(&message.sentences)).filter(|asking| !asking.is_empty()));
    let first = asking(problem);
    match (first.is_empty(), newest) {
        (false, _) => first,
        (true, Some(newest)) => newest,
        (true, None) => problem.first().copied().into_iter().collect(),
    }
}

/// The passages that a model may draw on: the case first, then how others like it were solved, then
/// the steps of articles.
pub fn sources(
    desk: Desk<'_>,
    matter: &Matter,
    solved: &[Quote<'_>],
    steps: &[Quote<'_>],
) -> Vec<Source> {
    let mut sources = Vec::new();
    if let Some(case) = &matter.document {
        for field in ["Subject", "Description", "Status", "Priority"] {
            let quote = Quote::of_root(case, field);
            sources.extend(quote.map(|quote| quote.source(desk.viewer, OF_THE_CASE)));
        }
        let messages = messages(case);
        let latest = messages.len().saturating_sub(MESSAGES);
        let bodies = messages[latest..].iter().map(|message| message.body);
        sources.extend(bodies.map(|body| body.source(desk.viewer, OF_THE_CASE)));
    }
    sources.extend(
        solved
            .iter()
            .map(|quote| quote.source(desk.viewer, OF_OTHERS)),
    );
    sources.extend(together(steps).map(|quote| quote.source(desk.viewer, OF_ARTICLES)));
    sources
}

/// Steps of one list as one passage: they are read in their order.
fn together<'a>(steps: &[Quote<'a>]) -> impl Iterator<Item = Quote<'a>> {
    let mut lists: Vec<Quote<'a>> = Vec::new();
    for step in steps {
        match lists.last_mut() {
            Some(open)
                if open.record.record_id == step.record.record_id
                    && open.field.field == step.field.field =>
            {
                open.span = Span {
                    start: open.span.start.min(step.span.start),
                    end: open.span.end.max(step.span.end),
                };
            }
            Some(_) | None => lists.push(*step),
        }
    }
    lists.into_iter()
}
