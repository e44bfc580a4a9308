//! The queries of a pull.

use domain::{FieldName, ObjectName, RecordId};
use salesforce::{Condition, FieldPath, Literal, Scope, Soql};

use super::cursor::{After, Kind};
use crate::plan::{Column, Source};

/// What files and notes are.
pub(super) fn documents() -> ObjectName {
    ObjectName::parse("ContentDocument").expect("a literal API name")
}

const IS_DELETED: FieldPath = FieldPath::fixed("IsDeleted");

/// Where rows are asked for. Archived activities are among the deleted ones for Salesforce.
pub(super) fn scope(source: &Source) -> Scope {
    if source.deletable {
        Scope::All
    } else {
        Scope::Live
    }
}

/// How many rows the org has that take part in documents.
pub(super) fn count(source: &Source) -> Soql {
    taking_part(source, Soql::count(&source.object))
}

/// All rows that take part in documents, in no order: a bulk job is faster without one.
pub(super) fn everything(source: &Source, kind: Kind) -> Soql {
    taking_part(source, selected(source, kind))
}

/// The rows of a pass that stand behind a place, in their order.
pub(super) fn behind(source: &Source, kind: Kind, after: Option<After>) -> Soql {
    let mut soql = selected(source, kind);
    if kind.is_whole() {
        soql = taking_part(source, soql);
    }
    if let Some(condition) =
        after.and_then(|after| condition(source.stamp.as_ref().map(FieldPath::from), after))
    {
        soql = soql.filter(condition);
    }
    if let Some(stamp) = &source.stamp {
        soql = soql.order_by(FieldPath::from(stamp));
    }
    soql.order_by(FieldPath::ID)
}

/// Those of the records that take part in documents.
pub(super) fn by_id(source: &Source, ids: &[RecordId]) -> Vec<Soql> {
    everything(source, Kind::Full).chunks_in(FieldPath::ID, ids.iter().copied())
}

/// The rows that refer to these records.
pub(super) fn referring(source: &Source, field: &FieldName, targets: &[RecordId]) -> Vec<Soql> {
    everything(source, Kind::Full).chunks_in(FieldPath::from(field), targets.iter().copied())
}

fn selected(source: &Source, kind: Kind) -> Soql {
    let mut paths: Vec<FieldPath> = match kind {
        Kind::First | Kind::Full | Kind::Changes => {
            source.columns.keys().map(FieldPath::from).collect()
        }
        Kind::Reconcile => source
            .compared()
            .map(|(name, _)| FieldPath::from(name))
            .collect(),
    };
    let is_deleted = |name: &FieldName| name.as_str().eq_ignore_ascii_case("IsDeleted");
    if source.deletable && !source.columns.keys().any(is_deleted) {
        paths.push(IS_DELETED);
    }
    Soql::select(paths).from(&source.object)
}

/// Leaves out what is no document, nor part of one, and what is deleted.
fn taking_part(source: &Source, mut soql: Soql) -> Soql {
    for only in &source.only {
        let value = match source.columns.get(&only.field) {
            Some(Column::Bool) => Literal::Bool(only.equals.eq_ignore_ascii_case("true")),
            Some(Column::AsIs | Column::Number | Column::Time | Column::Blob | Column::File)
            | None => Literal::text(&only.equals),
        };
        soql = soql.filter(Condition::eq(&only.field, value));
    }
    if !source.is_document && !source.is_linked() && !source.part_of.is_empty() {
        let fields = source.part_of.iter().map(|(field, _)| field);
        soql = soql.filter(Condition::any(
            fields.map(|field| Condition::ne(field, Literal::Null)),
        ));
    }
    if source.deletable {
        soql = soql.filter(Condition::eq(IS_DELETED, Literal::Bool(false)));
    }
    soql
}

/// The rows behind a place, by the field that has their stamps.
pub(super) fn condition(field: Option<FieldPath>, after: After) -> Option<Condition> {
    match after {
        After::From(stamp) => field.map(|field| Condition::ge(field, stamp)),
        After::Stamp(stamp) => field.map(|field| Condition::gt(field, stamp)),
        After::Row(stamp, id) => {
            let behind_id = Condition::gt(FieldPath::ID, id);
            Some(match field.zip(stamp) {
                None => behind_id,
                Some((field, stamp)) => Condition::gt(field.clone(), stamp)
                    .or(Condition::eq(field, stamp).and(behind_id)),
            })
        }
    }
}
