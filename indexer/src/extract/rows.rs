//! From Salesforce's rows to the mirror's.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::{FieldName, RecordId};
use salesforce::Record;

use crate::mirror::{Failure, Page, Row};
use crate::plan::{Column, Source};

enum Mapped {
    Row(Row),
    /// It takes part in no document, or no longer.
    Gone(RecordId),
    Failed(Failure),
}

/// Adds records to a page.
pub(super) fn map_all(source: &Source, records: &[Record], page: &mut Page) {
    for record in records {
        match map(source, record) {
            Mapped::Row(row) => page.rows.push(row),
            Mapped::Gone(id) => page.gone.push(id),
            Mapped::Failed(failure) => page.failures.push(failure),
        }
    }
}

/// What of a record is compared with the mirror; none of one without an id.
pub(super) fn compared(source: &Source, record: &Record) -> Option<Row> {
    Some(Row {
        id: record.id()?,
        stamp: stamp(source, record),
        fields: fields(record, source.compared()),
    })
}

/// When a record was changed last, if its object tells.
pub(super) fn stamp(source: &Source, record: &Record) -> Option<DateTime<Utc>> {
    record.datetime(source.stamp.as_ref()?.as_str())
}

fn map(source: &Source, record: &Record) -> Mapped {
    let Some(id) = record.id() else {
        return Mapped::Failed(Failure {
            id: record.text("Id").unwrap_or_default().to_owned(),
            reason: "its Id is no record id".to_owned(),
        });
    };
    if record.bool("IsDeleted") == Some(true) || !takes_part(source, record) {
        return Mapped::Gone(id);
    }
    let columns = source.columns.iter();
    let fields = fields(record, columns.map(|(name, column)| (name, *column)));
    Mapped::Row(Row {
        id,
        stamp: stamp(source, record),
        fields,
    })
}

fn fields<'a>(
    record: &Record,
    columns: impl Iterator<Item = (&'a FieldName, Column)>,
) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for (field, column) in columns {
        let value = record
            .text(field.as_str())
            .and_then(|text| uniform(record, field, column, text));
        if let Some(value) = value {
            fields.insert(field.as_str().to_owned(), value);
        }
    }
    fields
}

fn takes_part(source: &Source, record: &Record) -> bool {
    // SOQL compares without case.
    let kept = source.only.iter().all(|only| {
        record
            .text(only.field.as_str())
            .is_some_and(|value| value.eq_ignore_ascii_case(&only.equals))
    });
    // What it is linked to is read later, and one that is linked to nothing is kept as a name.
    let has_a_place = source.is_document
        || source.is_sharing
        || source.is_linked()
        || source
            .part_of
            .iter()
            .any(|(field, _)| record.text(field.as_str()).is_some());
    kept && has_a_place
}

/// One form for a value that REST and Bulk may write differently; none for one without meaning.
fn uniform(record: &Record, field: &FieldName, column: Column, text: &str) -> Option<String> {
    match column {
        Column::AsIs | Column::Blob | Column::File => Some(text.to_owned()),
        Column::Bool => Some(text.to_ascii_lowercase()),
        Column::Number => Some(number(text)),
        Column::Time => Some(match record.datetime(field.as_str()) {
            Some(time) => time.to_rfc3339_opts(SecondsFormat::AutoSi, true),
            None => text.to_owned(),
        }),
    }
}

/// `2357113.0` and `2357113` are the same number.
fn number(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole.to_owned(),
        Some(_) | None => text.to_owned(),
    }
}
