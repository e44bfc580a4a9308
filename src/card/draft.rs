//! A card under way: it takes what there is room for, best first.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::{Citation, Claim};
use serde::Serialize;

use super::element::{Action, Element, Line, Run};
use super::{Card, MOST_BYTES, text};

/// The part with the quotes, shown when somebody asks for it.
const SOURCES: &str = "sources";
/// Characters of a quote, and of a title among the sources.
const QUOTE: usize = 160;
const TITLE: usize = 100;
/// Citations behind one statement.
const MOST_MARKS: usize = 3;
/// What the card went without.
const MOST_DEGRADED: usize = 3;
const DEGRADED: usize = 160;

pub struct Draft<'a> {
    card: Card,
    citations: &'a [Citation],
    /// Those that stand behind a statement so far, and how they are listed.
    cited: BTreeSet<usize>,
    sources: Vec<Element>,
    /// What stands below everything.
    footer: Vec<Element>,
    /// Of the JSON so far.
    bytes: usize,
    is_cut: bool,
}

/// What a card says of its reply as a whole.
pub struct Frame<'a> {
    /// For clients that cannot show the card.
    pub fallback: String,
    /// Buttons beside the one for the sources: five at most.
    pub actions: Vec<Action>,
    pub citations: &'a [Citation],
    pub degraded: &'a [String],
    pub as_of: Option<DateTime<Utc>>,
}

impl<'a> Draft<'a> {
    pub fn new(frame: Frame<'a>) -> Self {
        let mut actions = frame.actions;
        if !frame.citations.is_empty() {
            actions.insert(0, Action::toggle("Sources", SOURCES));
        }
        let card = Card::new(frame.fallback, actions);
        let footer = footer(frame.degraded, frame.as_of);
        let envelope = Element::hidden(SOURCES, vec![Element::heading("Sources")]);
        let bytes = size(&card) + size(&footer) + size(&envelope) + size(&left_out());
        Self {
            card,
            citations: frame.citations,
            cited: BTreeSet::new(),
            sources: Vec::new(),
            footer,
            bytes,
            is_cut: false,
        }
    }

    /// Whether there was room for all so far.
    pub fn has_room(&self) -> bool {
        !self.is_cut
    }

    /// Adds what cites nothing.
    pub fn push(&mut self, element: impl Into<Element>) {
        self.push_cited(element.into(), &[]);
    }

    /// Adds a line and the numbers of its citations, each a link, with their quotes among the sources.
    pub fn push_line(&mut self, line: Line, citations: &[usize]) {
        let citations = &citations[..citations.len().min(MOST_MARKS)];
        let cited = citations.iter().filter_map(|number| self.citation(*number));
        let line = cited.fold(line, |line, citation| line.then(mark(citation)));
        self.push_cited(line.into(), citations);
    }

    /// Adds statements under a heading, `most` at most.
    pub fn push_claims(&mut self, heading: &'static str, claims: &[Claim], most: usize) {
        if claims.is_empty() {
            return;
        }
        self.push(Element::heading(heading));
        for claim in claims.iter().take(most) {
            let line = Line::of(text::line(&claim.text, 400));
            self.push_line(line, &claim.citations);
        }
        self.push_more(claims.len().saturating_sub(most));
    }

    /// Says how many were not shown of a list.
    pub fn push_more(&mut self, more: usize) {
        if more > 0 {
            let run = Run::new(format!("and {more} more")).subtle();
            self.push(Line::default().then(run));
        }
    }

    fn citation(&self, number: usize) -> Option<&'a Citation> {
        self.citations.get(number.checked_sub(1)?)
    }

    /// After the first that has no room nothing is added: what comes later matters less.
    fn push_cited(&mut self, element: Element, citations: &[usize]) {
        let citations: BTreeSet<usize> = citations.iter().copied().collect();
        let new = citations.difference(&self.cited);
        let new: Vec<&Citation> = new.filter_map(|number| self.citation(*number)).collect();
        let sources: Vec<Element> = new.iter().map(|citation| source(citation)).collect();
        let bytes = self.bytes + size(&element) + size(&sources);
        if self.is_cut || bytes > MOST_BYTES {
            self.is_cut = true;
            return;
        }
        self.bytes = bytes;
        self.card.body.push(element);
        self.cited
            .extend(new.iter().map(|citation| citation.number));
        self.sources.extend(sources);
    }

    pub fn finish(mut self) -> Card {
        if self.is_cut {
            let is_heading = |element: &mut Element| matches!(element, Element::TextBlock(_));
            // Nothing had room below it.
            let _ = self.card.body.pop_if(is_heading);
            self.card.body.push(left_out());
        }
        if self.sources.is_empty() {
            let is_for_sources =
                |action: &Action| matches!(action, Action::ToggleVisibility { .. });
            self.card.actions.retain(|action| !is_for_sources(action));
        } else {
            self.sources.insert(0, Element::heading("Sources"));
            let sources = Element::hidden(SOURCES, self.sources);
            self.card.body.push(sources);
        }
        self.card.body.extend(self.footer);
        self.card
    }
}

/// ` [1]`, which leads to the record.
fn mark(citation: &Citation) -> Run {
    let tooltip = format!("{}.{}", citation.object, citation.field);
    Run::new(format!(" [{}]", citation.number)).to(&citation.url, Some(tooltip))
}

fn source(citation: &Citation) -> Element {
    let title = text::line(&citation.title, TITLE);
    let quote = text::line(&citation.quote, QUOTE);
    Line::of(format!("[{}] ", citation.number))
        .then(Run::new(title).to(&citation.url, None))
        .then(Run::new(format!(" · {}.{}: ", citation.object, citation.field)).subtle())
        .then(Run::new(format!("“{quote}”")))
        .into()
}

fn left_out() -> Element {
    let words = "There is more than a card has room for: ask in precis for the rest.";
    Line::default().then(Run::new(words).subtle()).into()
}

fn footer(degraded: &[String], as_of: Option<DateTime<Utc>>) -> Vec<Element> {
    let degraded = degraded.iter().take(MOST_DEGRADED);
    let degraded =
        degraded.map(|degraded| format!("Without all means: {}.", text::line(degraded, DEGRADED)));
    let as_of = as_of.map(|as_of| format!("As of {}.", as_of.format("%Y-%m-%d %H:%M UTC")));
    let lines = degraded.chain(as_of);
    lines
        .map(|line| Line::default().then(Run::new(line).subtle()).into())
        .collect()
}

/// Bytes of its JSON, and of a comma.
fn size(part: &impl Serialize) -> usize {
    // What cannot be written has no room.
    serde_json::to_vec(part).map_or(MOST_BYTES, |json| json.len() + 1)
}
