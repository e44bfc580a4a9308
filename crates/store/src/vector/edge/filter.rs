//! A scope as a filter of Qdrant.

use domain::{PassageId, RecordId};
use qdrant_edge::{
    AnyVariants, Condition, FieldCondition, Filter, HasIdCondition, JsonPath, Match,
    OperationError, PointId, Range,
};

use super::{CONDITIONS, DOCUMENT, OBJECT, SOURCE, UPDATED};
use crate::access::{Allowed, Scope};

/// None if everything may match.
pub(super) fn of(scope: &Scope) -> Result<Option<Filter>, OperationError> {
    let mut must = Vec::new();
    if let Allowed::Only(objects) = &scope.objects {
        must.push(any(OBJECT, objects)?);
    }
    if let Allowed::Only(sources) = &scope.sources {
        must.push(any(SOURCE, sources)?);
    }
    for group in &scope.conditions {
        must.push(any(CONDITIONS, group)?);
    }
    if let Some(documents) = &scope.documents {
        must.push(any(DOCUMENT, documents.iter().map(RecordId::as_str))?);
    }
    if scope.from.is_some() || scope.to.is_some() {
        must.push(updated(scope.from, scope.to)?);
    }
    Ok((!must.is_empty()).then(|| Filter {
        must: Some(must),
        ..Filter::default()
    }))
}

/// The points of the documents, except those that stay.
pub(super) fn stale(
    documents: &[RecordId],
    stay: impl Iterator<Item = PassageId>,
) -> Result<Filter, OperationError> {
    let stay: HasIdCondition = stay.map(|id| PointId::Uuid(id.0)).collect();
    let theirs = any(DOCUMENT, documents.iter().map(RecordId::as_str))?;
    Ok(Filter {
        must: Some(vec![theirs]),
        must_not: Some(vec![Condition::HasId(stay)]),
        ..Filter::default()
    })
}

pub(super) fn path(field: &str) -> Result<JsonPath, OperationError> {
    JsonPath::try_from(field).map_err(|()| OperationError::ValidationError {
        description: format!("'{field}' is no payload field"),
    })
}

fn any<T: AsRef<str>>(
    field: &str,
    values: impl IntoIterator<Item = T>,
) -> Result<Condition, OperationError> {
    let values = values.into_iter().map(|value| value.as_ref().to_owned());
    let wanted = Match::new_any(AnyVariants::Strings(values.collect()));
    Ok(Condition::Field(FieldCondition::new_match(
        path(field)?,
        wanted,
    )))
}

fn updated(from: Option<i64>, to: Option<i64>) -> Result<Condition, OperationError> {
    let range = Range {
        lt: None,
        gt: None,
        // Milliseconds are exact in a double for the next 285,000 years.
        gte: from.map(|time| (time as f64).into()),
        lte: to.map(|time| (time as f64).into()),
    };
    Ok(Condition::Field(FieldCondition::new_range(
        path(UPDATED)?,
        range,
    )))
}
