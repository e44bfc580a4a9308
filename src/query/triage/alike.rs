//! Cases like this one that people have handled.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Document, Facet, RecordId};
use store::Filters;

use super::Desk;
use super::matter::{Matter, cases};
use super::words::{is_code, words};
use crate::query::Error;
use crate::query::rank::Ranked;
use crate::query::retrieve::{Question, Retrieved, documents, retrieve};

/// Cases that are compared.
const COMPARED: usize = 20;
/// Against the likest one; what is less like is about something else.
const LIKE: f32 = 0.55;
/// Words that a reason names.
const NAMED: usize = 4;

/// A case like this one.
pub struct Alike {
    pub document: Document,
    /// As retrieval scores it.
    pub score: f32,
    /// Against the likest one, 0 to 1.
    pub likeness: f32,
}

/// What was found, with what retrieval says of itself.
#[derive(Default)]
pub struct Found {
    pub cases: Vec<Alike>,
    pub withheld: usize,
    pub degraded: BTreeSet<String>,
}

impl Alike {
    /// What its word counts in a vote. Steep: what is half as like is hardly about the same thing.
    pub fn weight(&self) -> f64 {
        f64::from(self.likeness).powi(3)
    }
}

/// Closed cases, the likest first.
pub async fn closed(desk: Desk<'_>, question: &Question) -> Result<Found, Error> {
    handled(desk, question, true).await
}

/// Open cases, the likest first.
pub async fn open(desk: Desk<'_>, question: &Question) -> Result<Found, Error> {
    handled(desk, question, false).await
}

async fn handled(desk: Desk<'_>, question: &Question, closed: bool) -> Result<Found, Error> {
    let filters = Filters {
        objects: cases(),
        facets: BTreeMap::from([(Facet::IS_CLOSED.to_owned(), vec![closed.to_string()])]),
        ..Filters::default()
    };
    let mut found = found(desk, question, &filters, COMPARED).await?;
    found.cases.retain(|case| case.likeness >= LIKE);
    Ok(found)
}

/// The cases within the filters, the likest first.
pub async fn found(
    desk: Desk<'_>,
    question: &Question,
    filters: &Filters,
    most: usize,
) -> Result<Found, Error> {
    if question.query.is_empty() && question.vector.is_none() {
        return Ok(Found::default());
    }
    let Retrieved {
        documents: mut ranked,
        withheld,
        degraded,
        ..
    } = retrieve(desk.engine, desk.viewer, question, filters, most).await?;
    ranked.truncate(most);
    let documents = documents(desk.engine, desk.viewer, &ranked).await?;
    Ok(Found {
        cases: with_documents(&ranked, documents.into_iter().collect()),
        withheld,
        degraded,
    })
}

fn with_documents(ranked: &[Ranked], mut documents: BTreeMap<RecordId, Document>) -> Vec<Alike> {
    let best = ranked.first().map_or(0.0, |ranked| ranked.score);
    let alike = ranked.iter().filter_map(|ranked| {
        Some(Alike {
            document: documents.remove(&ranked.document)?,
            score: ranked.score,
            likeness: ranked.score / best.max(f32::EPSILON),
        })
    });
    alike.collect()
}

/// What the customer of a case reported.
pub fn problem(case: &Document) -> String {
    let fields = ["Subject", "Description"];
    let texts = fields
        .iter()
        .filter_map(|field| super::quote::Quote::of_root(case, field));
    texts
        .map(|quote| quote.text())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Why the two are alike, for people.
pub fn reason(matter: &Matter, case: &Document) -> String {
    let (mine, theirs) = (
        words().telling(&matter.problem()),
        words().telling(&problem(case)),
    );
    let shared: Vec<&String> = mine.intersection(&theirs).collect();
    let (codes, mut plain): (Vec<&String>, Vec<&String>) =
        shared.into_iter().partition(|word| is_code(word));
    // Long words are seldom ones, and tell more.
    plain.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    let codes = codes.iter().map(|code| code.to_uppercase());
    let named: Vec<String> = codes
        .chain(plain.iter().map(|word| (*word).clone()))
        .take(NAMED)
        .collect();
    match named.is_empty() {
        true => "says much the same in other words".to_owned(),
        false => format!("both say: {}", named.join(", ")),
    }
}
