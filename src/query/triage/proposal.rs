//! Proposed priority, type, product and queue: what people gave to similar cases, and reasons to
//! hurry.

mod ballot;
mod hurry;

use std::collections::BTreeMap;

use domain::{Document, Facet, RecordId};

use self::ballot::{Ballot, Vote};
use super::Desk;
use super::alike::Alike;
use super::matter::Matter;
use super::quote::Quote;
use super::report::{Proposal, Proposed};
use crate::query::Error;
use crate::query::grounding::Citations;

/// The facets of cases that are proposed, as the shipped profile has them.
const PRIORITY: &str = "priority";
const TYPE: &str = "type";
const ORIGIN: &str = "origin";
/// What a case counts more that came the same way.
const SAME_ORIGIN: f64 = 1.1;
/// The key prefix of queues among owners.
const QUEUE: &str = "00G";

/// What similar cases have: `closed` ones of what people gave them, `open` ones of where they stand.
pub async fn propose(
    desk: Desk<'_>,
    matter: &Matter,
    closed: &[Alike],
    open: &[Alike],
    citations: &mut Citations,
) -> Result<Proposal, Error> {
    let mut priority = facet_ballot(matter, closed, PRIORITY);
    let hurry = hurry::reasons(matter);
    let mut because = Vec::new();
    if let Some(highest) = hurry::highest(closed) {
        let votes = hurry.weight * priority.weight().max(1.0);
        if votes > 0.0 {
            priority.add_rule(&highest, votes);
            because = hurry.reasons;
        }
    }
    let mut priority = proposed(desk, matter, &priority, PRIORITY, citations);
    if priority.value.is_some() {
        for (reason, quote) in because {
            priority.reason = format!("{}; {reason}", priority.reason);
            let cited = quote.map(|quote| quote.cite(citations, desk.viewer));
            priority.citations.extend(cited);
        }
    }
    let kind = facet_ballot(matter, closed, TYPE);
    let product = facet_ballot(matter, closed, Facet::PRODUCT);
    Ok(Proposal {
        priority,
        kind: proposed(desk, matter, &kind, TYPE, citations),
        product: product_named(desk, matter, &product, citations).await?,
        queue: queue(desk, matter, open, citations).await?,
    })
}

/// The values that similar cases have of a facet.
fn facet_ballot<'a>(matter: &Matter, alike: &'a [Alike], facet: &str) -> Ballot<'a> {
    let mut ballot = Ballot::default();
    for case in alike {
        let values = case.document.facets.get(facet);
        let Some(value) = values.and_then(|values| values.first()) else {
            continue;
        };
        ballot.cast(Vote {
            value: value.value.clone(),
            case: &case.document,
            field: value.field.as_str().to_owned(),
            weight: case.weight() * by_origin(matter, &case.document),
        });
    }
    ballot
}

fn by_origin(matter: &Matter, case: &Document) -> f64 {
    let theirs = case.facets.get(ORIGIN).and_then(|values| values.first());
    match (&matter.origin, theirs) {
        (Some(mine), Some(theirs)) if theirs.value == *mine => SAME_ORIGIN,
        (Some(_) | None, Some(_) | None) => 1.0,
    }
}

fn proposed(
    desk: Desk<'_>,
    matter: &Matter,
    ballot: &Ballot<'_>,
    facet: &str,
    citations: &mut Citations,
) -> Proposed {
    Proposed {
        current: current(matter, facet),
        ..ballot.decide(desk, citations)
    }
}

/// What the case has now, as the viewer may see it.
fn current(matter: &Matter, facet: &str) -> Option<String> {
    let values = matter.document.as_ref()?.facets.get(facet)?;
    let value = values.first()?;
    Some(value.label.as_ref().unwrap_or(&value.value).clone())
}

/// A product is often the id of a record: it is shown by its name, if the viewer may read that.
async fn product_named(
    desk: Desk<'_>,
    matter: &Matter,
    ballot: &Ballot<'_>,
    citations: &mut Citations,
) -> Result<Proposed, Error> {
    let mut product = proposed(desk, matter, ballot, Facet::PRODUCT, citations);
    let current = current(matter, Facet::PRODUCT).or_else(|| matter.product.clone());
    let ids = [&product.value, &current];
    let ids: Vec<RecordId> = ids
        .into_iter()
        .filter_map(|value| RecordId::parse(value.as_deref()?).ok())
        .collect();
    let readable = desk.engine.access.confirm(desk.viewer, &ids).await?;
    let readable: Vec<RecordId> = readable.into_iter().collect();
    let heads = desk.engine.reader.heads(desk.viewer, &readable).await?;
    let titles = heads
        .iter()
        .map(|head| (head.id, desk.viewer.title_of(head)));
    let titles: BTreeMap<RecordId, String> = titles.collect();
    let name = |value: String| match RecordId::parse(&value) {
        Ok(id) => titles.get(&id).cloned().unwrap_or(value),
        Err(_) => value,
    };
    product.id = product
        .value
        .as_deref()
        .and_then(|v| RecordId::parse(v).ok());
    product.value = product.value.map(name);
    product.current = current.map(name);
    Ok(product)
}

/// The queue that similar open cases stand in.
async fn queue(
    desk: Desk<'_>,
    matter: &Matter,
    open: &[Alike],
    citations: &mut Citations,
) -> Result<Proposed, Error> {
    let of = |case: &Document| {
        let owner = case.owner?;
        let reads = desk.reads(case, "OwnerId") && owner.key_prefix() == QUEUE;
        reads.then_some(owner)
    };
    let mut ballot = Ballot::default();
    for case in open {
        let Some(queue) = of(&case.document) else {
            continue;
        };
        // The owner itself is no text: the case is cited by its number.
        let number = case.document.number.as_ref();
        ballot.cast(Vote {
            value: queue.to_string(),
            case: &case.document,
            field: number.map_or("Subject", |n| n.field.as_str()).to_owned(),
            weight: case.weight(),
        });
    }
    let mut proposed = ballot.decide(desk, citations);
    let current = matter.document.as_ref().and_then(of);
    let id = proposed
        .value
        .take()
        .and_then(|id| RecordId::parse(&id).ok());
    let ids: Vec<RecordId> = id.into_iter().chain(current).collect();
    let names = match desk.engine.access.names(&ids).await {
        Ok(names) => names,
        Err(error) => {
            tracing::warn!(%error, "queues are not named");
            BTreeMap::new()
        }
    };
    proposed.id = id;
    proposed.value = id.map(|id| names.get(&id).cloned().unwrap_or_else(|| id.to_string()));
    proposed.current = current.map(|id| names.get(&id).cloned().unwrap_or_else(|| id.to_string()));
    Ok(proposed)
}

/// Where a value of a case stands; the number of the case, if it is no text.
fn place<'a>(case: &'a Document, field: &str) -> Option<Quote<'a>> {
    Quote::of_root(case, field)
        .or_else(|| Quote::of_number(case))
        .or_else(|| Quote::of_title(case))
}
