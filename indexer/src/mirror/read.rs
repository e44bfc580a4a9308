//! Reading the change log and the records of documents.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::{FieldName, ObjectName, RecordId};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::count;

/// A document that changed, and the number of its last change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub id: RecordId,
    pub seq: i64,
}

/// A record as the mirror has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub id: RecordId,
    pub stamp: Option<DateTime<Utc>>,
    /// The mapped fields that have a value.
    pub fields: BTreeMap<String, String>,
}

impl Stored {
    pub(crate) fn text(&self, field: &FieldName) -> Option<&str> {
        self.fields.get(field.as_str()).map(String::as_str)
    }

    /// The record that a field names.
    pub(crate) fn reference(&self, field: &FieldName) -> Option<RecordId> {
        RecordId::parse(self.text(field)?).ok()
    }
}

/// Up to `limit` documents of an object that changed after `seq`, in the order of their changes.
pub(crate) fn changes(
    connection: &Connection,
    object: &ObjectName,
    seq: i64,
    limit: usize,
) -> rusqlite::Result<Vec<Change>> {
    connection
        .prepare_cached(
            "SELECT id, seq FROM document WHERE object = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
        )?
        .query_map(
            params![
                object.as_str(),
                seq,
                i64::try_from(limit).unwrap_or(i64::MAX)
            ],
            |row| {
                Ok(Change {
                    id: id(row.get(0)?)?,
                    seq: row.get(1)?,
                })
            },
        )?
        .collect()
}

/// How many documents of an object changed after `seq`.
pub(crate) fn changed_after(
    connection: &Connection,
    object: &ObjectName,
    seq: i64,
) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT count(*) FROM document WHERE object = ?1 AND seq > ?2")?
        .query_row(params![object.as_str(), seq], |row| count(row, 0))
}

/// A record that is there and not deleted.
pub(crate) fn record(
    connection: &Connection,
    object: &ObjectName,
    record: RecordId,
) -> rusqlite::Result<Option<Stored>> {
    connection
        .prepare_cached(
            "SELECT id, stamp, fields FROM record WHERE object = ?1 AND id = ?2 AND deleted = 0",
        )?
        .query_row(params![object.as_str(), record.as_str()], stored)
        .optional()
}

/// The records of `object` whose `field` names `target`, by id.
pub(crate) fn linked(
    connection: &Connection,
    object: &ObjectName,
    field: &FieldName,
    target: RecordId,
) -> rusqlite::Result<Vec<Stored>> {
    // CROSS JOIN keeps SQLite from walking all records of the object to have them in order.
    connection
        .prepare_cached(
            "SELECT record.id, stamp, fields FROM link
             CROSS JOIN record ON record.object = link.object AND record.id = link.id
             WHERE link.object = ?1 AND link.field = ?2 AND link.target = ?3 AND deleted = 0
             ORDER BY link.id",
        )?
        .query_map(
            params![object.as_str(), field.as_str(), target.as_str()],
            stored,
        )?
        .collect()
}

/// The ids of the records of `object` whose `field` names one of these.
pub(crate) fn linked_ids(
    connection: &Connection,
    object: &ObjectName,
    field: &FieldName,
    targets: &[RecordId],
) -> rusqlite::Result<BTreeSet<RecordId>> {
    let mut ids = BTreeSet::new();
    for target in targets {
        let mut linked = connection.prepare_cached(
            "SELECT id FROM link WHERE object = ?1 AND field = ?2 AND target = ?3",
        )?;
        let key = params![object.as_str(), field.as_str(), target.as_str()];
        for found in linked.query_map(key, |row| id(row.get(0)?))? {
            ids.insert(found?);
        }
    }
    Ok(ids)
}

/// Whether any record of `object` names `target` in `field`.
pub(crate) fn is_named(
    connection: &Connection,
    object: &ObjectName,
    field: &FieldName,
    target: RecordId,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM link WHERE object = ?1 AND field = ?2 AND target = ?3)",
        )?
        .query_row(
            params![object.as_str(), field.as_str(), target.as_str()],
            |row| row.get(0),
        )
}

/// Those of the records that are there and not deleted.
pub(crate) fn records(
    connection: &Connection,
    object: &ObjectName,
    ids: &[RecordId],
) -> rusqlite::Result<BTreeMap<RecordId, Stored>> {
    let mut known = BTreeMap::new();
    for wanted in ids {
        if let Some(stored) = record(connection, object, *wanted)? {
            known.insert(*wanted, stored);
        }
    }
    Ok(known)
}

/// The ids of an object's documents that are not removed.
pub(crate) fn document_ids(
    connection: &Connection,
    object: &ObjectName,
) -> rusqlite::Result<Vec<RecordId>> {
    connection
        .prepare_cached("SELECT id FROM record WHERE object = ?1 AND deleted = 0 ORDER BY id")?
        .query_map([object.as_str()], |row| id(row.get(0)?))?
        .collect()
}

/// A value of the table of facts about the mirror itself.
pub(crate) fn meta(connection: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    connection
        .query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| {
            row.get(0)
        })
        .optional()
}

/// One of its values that is a number.
pub(crate) fn meta_number(connection: &Connection, key: &str) -> rusqlite::Result<Option<u64>> {
    Ok(meta(connection, key)?.and_then(|number| number.parse().ok()))
}

fn stored(row: &rusqlite::Row<'_>) -> rusqlite::Result<Stored> {
    let stamp: Option<i64> = row.get(1)?;
    Ok(Stored {
        id: id(row.get(0)?)?,
        stamp: stamp.and_then(DateTime::from_timestamp_millis),
        fields: parsed(row, 2)?,
    })
}

pub(super) fn id(text: String) -> rusqlite::Result<RecordId> {
    RecordId::parse(&text).map_err(unreadable_text)
}

/// A value as it is kept in a column.
pub(crate) fn json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// A value that is kept as JSON in a column.
pub(crate) fn parsed<T: for<'de> Deserialize<'de>>(
    row: &rusqlite::Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

pub(crate) fn unreadable_text(
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error))
}
