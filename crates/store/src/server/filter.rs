//! A scope as a filter of the server.

use domain::{PassageId, RecordId};
use qdrant_client::qdrant::{Condition, Filter, Range};

use super::payload::{CONDITIONS, DOCUMENT, OBJECT, SOURCE, UPDATED};
use crate::access::{Allowed, Scope};

/// For passages; none if everything may match.
pub(super) fn of_passages(scope: &Scope) -> Option<Filter> {
    let mut must = document_conditions(scope);
    if let Allowed::Only(sources) = &scope.sources {
        must.push(Condition::matches(SOURCE, sources.clone()));
    }
    (!must.is_empty()).then(|| Filter::must(must))
}

/// For documents of which one of these terms holds.
pub(super) fn of_documents(scope: &Scope, terms: Vec<String>) -> Filter {
    let mut must = document_conditions(scope);
    must.push(Condition::matches(CONDITIONS, terms));
    Filter::must(must)
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
    if let Some(documents) = &scope.documents {
        must.push(Condition::matches(DOCUMENT, texts(documents)));
    }
    if scope.from.is_some() || scope.to.is_some() {
        // Milliseconds are exact in a double for the next 285,000 years.
        let range = Range {
            gte: scope.from.map(|time| time as f64),
            lte: scope.to.map(|time| time as f64),
            ..Range::default()
        };
        must.push(Condition::range(UPDATED, range));
    }
    must
}

fn texts(ids: &[RecordId]) -> Vec<String> {
    ids.iter().map(|id| id.as_str().to_owned()).collect()
}
