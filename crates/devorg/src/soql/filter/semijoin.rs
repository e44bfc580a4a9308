//! `Id IN (SELECT AccountId FROM Contact WHERE …)`, with Salesforce's restrictions.

use std::collections::HashSet;

use super::{Check, Compiler, Place};
use crate::{
    error::ApiError,
    org::{FieldDescribe, FieldType, ObjectDescribe},
    soql::{
        ast::{Expression, Operator, Path, Query, SelectItem},
        cell::Cell,
        column::Column,
        parse::malformed,
        plan,
        session::Session,
        source::Source,
    },
};

/// Runs the inner query and makes a check of its ids.
pub fn check<'a>(
    session: &Session<'a>,
    outer: &'a ObjectDescribe,
    left: &Source<'a>,
    operator: Operator,
    inner: &Query,
) -> Result<Check, ApiError> {
    let (object, column) = inner_column(session, outer, left, inner)?;
    let filter = Compiler::filter(session, object, inner, Place::SemiJoin)?;
    let mut ids = HashSet::new();
    for row in plan::rows(session, object, &filter) {
        if let Cell::Id(id) = column.cell(session, object, row) {
            ids.insert(id);
        }
    }
    let check = Check::IdIn(ids);
    Ok(if operator == Operator::NotIn {
        Check::Not(Box::new(check))
    } else {
        check
    })
}

/// The inner query's object and the column whose ids the outer one compares with.
fn inner_column<'a>(
    session: &Session<'a>,
    outer: &'a ObjectDescribe,
    left: &Source<'a>,
    inner: &Query,
) -> Result<(&'a ObjectDescribe, Column<'a>), ApiError> {
    let left_field = left
        .column
        .own_field()
        .filter(|field| field.field_type.is_id());
    let left_field = left_field.ok_or_else(|| {
        malformed(format!(
            "The left operand field in the where expression for outer query should be an id field, cannot use: '{}'",
            left.column.path()
        ))
    })?;
    let path = selected(inner)?;
    let object = session.object(&inner.from)?;
    if object.name == outer.name {
        return Err(malformed(format!(
            "The inner and outer selects should not be on the same object type: '{}'",
            object.name
        )));
    }
    if object.name == "ContentDocumentLink" {
        return Err(malformed(
            "Entity 'ContentDocumentLink' is not supported for semi join inner selects",
        ));
    }
    let column = Column::resolve(session, object, inner.alias.as_deref(), path)?;
    let inner_field = column.own_field().filter(|field| field.field_type.is_id());
    let inner_field = inner_field.ok_or_else(|| {
        malformed(
            "The inner select field of a semi join must be an id or a reference of its object",
        )
    })?;
    same_target(outer, left_field, object, inner_field)?;
    Ok((object, column))
}

/// The one field that the inner query selects; it may have nothing but a WHERE clause besides.
fn selected(inner: &Query) -> Result<&Path, ApiError> {
    let is_plain = inner.group_by.is_empty()
        && inner.order_by.is_empty()
        && inner.limit.is_none()
        && inner.offset.is_none()
        && inner.scope.is_none()
        && inner.unsupported.is_none();
    match inner.select.as_slice() {
        [
            SelectItem::Expression {
                expression: Expression::Field(path),
                alias: None,
            },
        ] if is_plain => Ok(path),
        _ => Err(malformed(
            "A semi join sub-select can only select one field, without ORDER BY, LIMIT, or aggregates",
        )),
    }
}

fn same_target(
    outer: &ObjectDescribe,
    left: &FieldDescribe,
    object: &ObjectDescribe,
    inner: &FieldDescribe,
) -> Result<(), ApiError> {
    let left_targets = targets(outer, left);
    if targets(object, inner)
        .iter()
        .any(|target| left_targets.contains(target))
    {
        return Ok(());
    }
    Err(malformed(format!(
        "The selected field '{}' in the subquery and the left operand field in the where expression in the \
         outer query '{}' should point to the same object type",
        inner.name, left.name
    )))
}

fn targets(object: &ObjectDescribe, field: &FieldDescribe) -> Vec<String> {
    if field.field_type == FieldType::Id {
        let storage = object.storage.iter().cloned();
        return std::iter::once(object.name.clone())
            .chain(storage)
            .collect();
    }
    field.reference_to.clone()
}
