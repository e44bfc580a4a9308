//! A scope as a filter of Qdrant.

use domain::{PassageId, RecordId};
use qdrant_edge::{
    AnyVariants, Condition, FieldCondition, Filter, HasIdCondition, JsonPath, Match,
    OperationError, PointId, Range,
};

use super::{CONDITIONS, CREATED, DOCUMENT, OBJECT, SOURCE, UPDATED};
use crate::access::{Allowed, Period, Scope, Time};

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
    if let Some(readers) = &scope.readers {
        must.push(any(CONDITIONS, &readers.terms)?);
    }
    if let Some(documents) = &scope.documents {
        must.push(any(DOCUMENT, documents.iter().map(RecordId::as_str))?);
    }
    for period in &scope.periods {
        must.push(within(period)?);
    }
    let mut must_not = Vec::new();
    for excluded in [&scope.excluded, &scope.untold] {
        if !excluded.is_empty() {
            must_not.push(any(CONDITIONS, excluded)?);
        }
    }
    if must.is_empty() && must_not.is_empty() {
        return Ok(None);
    }
    let some = |conditions: Vec<Condition>| (!conditions.is_empty()).then_some(conditions);
    Ok(Some(Filter {
        must: some(must),
        must_not: some(must_not),
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

fn within(period: &Period) -> Result<Condition, OperationError> {
    let field = match period.time {
        Time::Updated => UPDATED,
        Time::Created => CREATED,
    };
    let range = Range {
        lt: None,
        gt: None,
        // Milliseconds are exact in a double for the next 285,000 years.
        gte: period.from.map(|time| (time as f64).into()),
        lte: period.to.map(|time| (time as f64).into()),
    };
    Ok(Condition::Field(FieldCondition::new_range(
        path(field)?,
        range,
    )))
}
