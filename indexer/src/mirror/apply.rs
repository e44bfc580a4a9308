//! Writing a page of pulled rows, with the cursor behind it, in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::{FieldName, ObjectName, RecordId};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use super::log::Log;
use super::source;
use crate::plan::Source;

/// A row as it is kept: the mapped fields that have a value, by their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub id: RecordId,
    pub stamp: Option<DateTime<Utc>>,
    pub fields: BTreeMap<String, String>,
}

/// A record that could not be taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The id as it came, which may not even be one.
    pub id: String,
    pub reason: String,
}

/// Rows of another object that may have changed because a row of this one did, though their own
/// stamp does not say so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Refresh {
    pub object: ObjectName,
    /// The field by which they refer to the row.
    pub field: FieldName,
    /// Whether they are read for a row that is new, too.
    pub of_new: bool,
}

/// What one page of an object brings.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub object: ObjectName,
    /// Whether the object's records are documents themselves.
    pub is_document: bool,
    pub rows: Vec<Row>,
    /// Rows that are no document any more.
    pub gone: Vec<RecordId>,
    pub failures: Vec<Failure>,
    /// Fields through which a row takes part in other documents: field, the document's object. A
    /// field may hold several ids, joined by semicolons.
    pub links: Vec<(FieldName, ObjectName)>,
    pub refreshes: BTreeSet<Refresh>,
    /// Rows that a pass over the whole object came across, with or without a change.
    pub seen: Vec<RecordId>,
    /// Where the next page starts, as the puller writes it; none leaves it where it is.
    pub cursor: Option<String>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    None,
    New,
    Different,
}

impl Page {
    /// A page of a source, still without rows.
    pub(crate) fn of(source: &Source) -> Self {
        Self {
            object: source.object.clone(),
            is_document: source.is_document,
            rows: Vec::new(),
            gone: Vec::new(),
            failures: Vec::new(),
            links: source.part_of.union(&source.tells).cloned().collect(),
            refreshes: BTreeSet::new(),
            seen: Vec::new(),
            cursor: None,
        }
    }

    /// Writes the page and returns how many rows are new, different or gone; equal ones touch
    /// nothing.
    pub(crate) fn apply(&self, connection: &mut Connection) -> rusqlite::Result<u64> {
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut log = Log::open(&transaction)?;
        let mut changed = 0;
        let mut more_rows = 0;
        for row in &self.rows {
            let change = self.put(&mut log, row)?;
            changed += u64::from(change != Change::None);
            more_rows += i64::from(change == Change::New);
            self.note_refreshes(&transaction, row.id, change)?;
        }
        for id in &self.gone {
            if self.remove(&mut log, *id)? {
                changed += 1;
                more_rows -= 1;
            }
        }
        log.close()?;
        self.note_failures(&transaction)?;
        self.note_seen(&transaction)?;
        source::add_rows(&transaction, &self.object, more_rows)?;
        if let Some(cursor) = &self.cursor {
            source::save_cursor(&transaction, &self.object, cursor)?;
        }
        transaction.commit()?;
        Ok(changed)
    }

    fn put(&self, log: &mut Log<'_>, row: &Row) -> rusqlite::Result<Change> {
        let fields = serde_json::to_string(&row.fields)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        let hash = hash(row.stamp, &fields);
        let known: Option<(Vec<u8>, bool)> = log
            .transaction()
            .prepare_cached("SELECT hash, deleted FROM record WHERE object = ?1 AND id = ?2")?
            .query_row(params![self.object.as_str(), row.id.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let change = match known {
            Some((known, false)) if known == hash => return Ok(Change::None),
            Some((_, false)) => Change::Different,
            Some((_, true)) | None => Change::New,
        };
        log.transaction()
            .prepare_cached(
                "INSERT INTO record (object, id, stamp, hash, fields) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET
                    stamp = excluded.stamp, hash = excluded.hash, fields = excluded.fields,
                    deleted = 0",
            )?
            .execute(params![
                self.object.as_str(),
                row.id.as_str(),
                row.stamp.map(|stamp| stamp.timestamp_millis()),
                hash,
                fields
            ])?;
        self.relink(log, row.id, |field| {
            let ids = row.fields.get(field.as_str()).map(String::as_str);
            let ids = ids.unwrap_or_default().split(';');
            ids.filter_map(|id| RecordId::parse(id).ok()).collect()
        })?;
        if self.is_document {
            log.record(&self.object, row.id)?;
        }
        Ok(change)
    }

    fn remove(&self, log: &mut Log<'_>, id: RecordId) -> rusqlite::Result<bool> {
        let removed = log
            .transaction()
            .prepare_cached(
                "UPDATE record SET deleted = 1, fields = '{}', hash = x''
                 WHERE object = ?1 AND id = ?2 AND deleted = 0",
            )?
            .execute(params![self.object.as_str(), id.as_str()])?;
        if removed == 0 {
            return Ok(false);
        }
        self.relink(log, id, |_| BTreeSet::new())?;
        if self.is_document {
            log.record(&self.object, id)?;
        }
        Ok(true)
    }

    /// Replaces a row's links, and touches the documents that it left and those that it is part of.
    fn relink(
        &self,
        log: &mut Log<'_>,
        id: RecordId,
        targets: impl Fn(&FieldName) -> BTreeSet<RecordId>,
    ) -> rusqlite::Result<()> {
        let fields: BTreeSet<&FieldName> = self.links.iter().map(|(field, _)| field).collect();
        for field in fields {
            let mut touched = self.unlink(log.transaction(), id, field)?;
            for target in targets(field) {
                log.transaction()
                    .prepare_cached("INSERT OR IGNORE INTO link VALUES (?1, ?2, ?3, ?4)")?
                    .execute(params![
                        self.object.as_str(),
                        field.as_str(),
                        target.as_str(),
                        id.as_str()
                    ])?;
                touched.insert(target.to_string());
            }
            for (_, document) in self.links.iter().filter(|(linked, _)| linked == field) {
                for target in &touched {
                    log.touch(document, target)?;
                }
            }
        }
        Ok(())
    }

    /// Takes a row's links by a field away and returns what they led to.
    fn unlink(
        &self,
        transaction: &Transaction<'_>,
        id: RecordId,
        field: &FieldName,
    ) -> rusqlite::Result<BTreeSet<String>> {
        let key = params![self.object.as_str(), id.as_str(), field.as_str()];
        let targets = transaction
            .prepare_cached("SELECT target FROM link WHERE object = ?1 AND id = ?2 AND field = ?3")?
            .query_map(key, |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        transaction
            .prepare_cached("DELETE FROM link WHERE object = ?1 AND id = ?2 AND field = ?3")?
            .execute(key)?;
        Ok(targets)
    }

    fn note_refreshes(
        &self,
        transaction: &Transaction<'_>,
        id: RecordId,
        change: Change,
    ) -> rusqlite::Result<()> {
        for refresh in &self.refreshes {
            let wanted = match change {
                Change::None => false,
                Change::New => refresh.of_new,
                Change::Different => true,
            };
            if wanted {
                transaction
                    .prepare_cached("INSERT OR IGNORE INTO refresh VALUES (?1, ?2, ?3)")?
                    .execute(params![
                        refresh.object.as_str(),
                        refresh.field.as_str(),
                        id.as_str()
                    ])?;
            }
        }
        Ok(())
    }

    fn note_failures(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let failed = |id: &&RecordId| {
            self.failures
                .iter()
                .any(|failure| failure.id == id.as_str())
        };
        let fine = self.rows.iter().map(|row| &row.id).chain(&self.gone);
        for id in fine.filter(|id| self.failures.is_empty() || !failed(id)) {
            transaction
                .prepare_cached("DELETE FROM failure WHERE object = ?1 AND id = ?2")?
                .execute(params![self.object.as_str(), id.as_str()])?;
        }
        for failure in &self.failures {
            transaction
                .prepare_cached(
                    "INSERT INTO failure VALUES (?1, ?2, ?3, 1, ?4, ?4)
                     ON CONFLICT DO UPDATE SET
                        reason = excluded.reason, attempts = attempts + 1, last = excluded.last",
                )?
                .execute(params![
                    self.object.as_str(),
                    failure.id,
                    failure.reason,
                    Utc::now().timestamp_millis()
                ])?;
        }
        Ok(())
    }

    fn note_seen(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        for id in &self.seen {
            transaction
                .prepare_cached("INSERT OR IGNORE INTO seen VALUES (?1, ?2)")?
                .execute(params![self.object.as_str(), id.as_str()])?;
        }
        Ok(())
    }
}

/// Tells equal rows from changed ones. The stamp counts, because documents show it.
fn hash(stamp: Option<DateTime<Utc>>, fields: &str) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(
        stamp
            .map_or(i64::MIN, |stamp| stamp.timestamp_millis())
            .to_le_bytes(),
    );
    hasher.update(fields);
    hasher.finalize()[..16].to_vec()
}
