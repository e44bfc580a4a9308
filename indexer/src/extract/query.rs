//! The queries of a pull.

use salesforce::{Condition, FieldPath, Literal, Soql};

use super::Key;
use crate::plan::{Column, Source};

/// How many rows the org has that take part in documents.
pub(super) fn count(source: &Source) -> Soql {
    filtered(source, Soql::count(&source.object))
}

/// All rows that take part in documents, in no order: a bulk job is faster without one.
pub(super) fn everything(source: &Source) -> Soql {
    filtered(source, selected(source))
}

/// The rows behind a key, in the order of keys.
pub(super) fn after(source: &Source, first: bool, after: Option<&Key>) -> Soql {
    let mut soql = selected(source);
    if first {
        soql = filtered(source, soql);
    }
    if let Some(condition) = after.and_then(|key| behind(source, key)) {
        soql = soql.filter(condition);
    }
    if let Some(stamp) = &source.stamp {
        soql = soql.order_by(FieldPath::from(stamp));
    }
    soql.order_by(FieldPath::ID)
}

fn selected(source: &Source) -> Soql {
    Soql::select(source.columns.keys().map(FieldPath::from)).from(&source.object)
}

fn filtered(source: &Source, mut soql: Soql) -> Soql {
    for only in &source.only {
        let value = match source.columns.get(&only.field) {
            Some(Column::Bool) => Literal::Bool(only.equals.eq_ignore_ascii_case("true")),
            Some(Column::AsIs | Column::Number | Column::Time | Column::Blob) | None => {
                Literal::text(&only.equals)
            }
        };
        soql = soql.filter(Condition::eq(&only.field, value));
    }
    if !source.is_document && !source.part_of.is_empty() {
        let fields = source.part_of.iter().map(|(field, _)| field);
        soql = soql.filter(Condition::any(
            fields.map(|field| Condition::ne(field, Literal::Null)),
        ));
    }
    soql
}

fn behind(source: &Source, key: &Key) -> Option<Condition> {
    let behind_id = key.id.map(|id| Condition::gt(FieldPath::ID, id));
    let Some((field, stamp)) = source.stamp.as_ref().zip(key.stamp) else {
        return behind_id;
    };
    Some(match behind_id {
        None => Condition::ge(field, stamp),
        Some(behind_id) => {
            Condition::gt(field, stamp).or(Condition::eq(field, stamp).and(behind_id))
        }
    })
}
