//! A scope as a filter of the server.

use domain::{PassageId, RecordId};
use qdrant_client::qdrant::{Condition, Filter, Range};

use super::payload::{CONDITIONS, CREATED, DOCUMENT, OBJECT, SOURCE, UPDATED};
use crate::access::{Allowed, Period, Scope, Time};

/// For passages; none if everything may match.
pub(super) fn of_passages(scope: &Scope) -> Option<Filter> {
    let mut filter = of_documents(scope);
    if let Allowed::Only(sources) = &scope.sources {
        filter
            .must
            .push(Condition::matches(SOURCE, sources.clone()));
    }
    (filter != Filter::default()).then_some(filter)
}

/// For passages that are found by their vectors.
pub(super) fn of_meanings(scope: &Scope) -> Option<Filter> {
    let mut filter = of_passages(scope).unwrap_or_default();
    if !scope.untold.is_empty() {
        let untold = Condition::matches(CONDITIONS, scope.untold.clone());
        filter.must_not.push(untold);
    }
    (filter != Filter::default()).then_some(filter)
}

/// For documents.
pub(super) fn of_documents(scope: &Scope) -> Filter {
    let excluded = match scope.excluded.as_slice() {
        [] => Vec::new(),
        terms => vec![Condition::matches(CONDITIONS, terms.to_vec())],
    };
    Filter {
        must: document_conditions(scope),
        must_not: excluded,
        ..Filter::default()
    }
}

/// For documents of which one of these terms holds.
pub(super) fn with_terms(scope: &Scope, terms: Vec<String>) -> Filter {
    let mut filter = of_documents(scope);
    filter.must.push(Condition::matches(CONDITIONS, terms));
    filter
}

/// What belongs to these documents.
pub(super) fn of(documents: &[RecordId]) -> Filter {
    Filter::must([Condition::matches(DOCUMENT, texts(documents))])
}

/// The points of the documents, except those that stay.
pub(super) fn stale(documents: &[RecordId], stay: impl Iterator<Item = PassageId>) -> Filter {
    Filter {
        must_not: vec![Condition::has_id(stay.map(|id| id.0.to_string()))],
        ..of(documents)
    }
}

fn document_conditions(scope: &Scope) -> Vec<Condition> {
    let mut must = Vec::new();
    if let Allowed::Only(objects) = &scope.objects {
        must.push(Condition::matches(OBJECT, objects.clone()));
    }
    for group in &scope.conditions {
        must.push(Condition::matches(CONDITIONS, group.clone()));
    }
    if let Some(readers) = &scope.readers {
        must.push(Condition::matches(CONDITIONS, readers.terms.clone()));
    }
    if let Some(documents) = &scope.documents {
        must.push(Condition::matches(DOCUMENT, texts(documents)));
    }
    must.extend(scope.periods.iter().map(within));
    must
}

fn within(period: &Period) -> Condition {
    let field = match period.time {
        Time::Updated => UPDATED,
        Time::Created => CREATED,
    };
    // Milliseconds are exact in a double for the next 285,000 years.
    let range = Range {
        gte: period.from.map(|time| time as f64),
        lte: period.to.map(|time| time as f64),
        ..Range::default()
    };
    Condition::range(field, range)
}

fn texts(ids: &[RecordId]) -> Vec<String> {
    ids.iter().map(|id| id.as_str().to_owned()).collect()
}
