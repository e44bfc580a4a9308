//! Writing a page of pulled rows, with the cursor behind it, in one transaction.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{FieldName, ObjectName, RecordId};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

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
    /// Fields through which a row takes part in other documents: field, the document's object.
    pub links: Vec<(FieldName, ObjectName)>,
    /// Where the next page starts, as the puller writes it.
    pub cursor: String,
}

impl Page {
    /// Writes the page and returns how many rows are new or different; equal ones touch nothing.
    pub(crate) fn apply(&self, connection: &mut Connection) -> rusqlite::Result<u64> {
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut log = Log::open(&transaction)?;
        let mut changed = 0;
        for row in &self.rows {
            if self.put(&mut log, row)? {
                changed += 1;
            }
        }
        for id in &self.gone {
            if self.remove(&mut log, *id)? {
                changed += 1;
            }
        }
        log.close()?;
        self.note_failures(&transaction)?;
        transaction.execute(
            "UPDATE source SET cursor = ?2 WHERE object = ?1",
            params![self.object.as_str(), self.cursor],
        )?;
        transaction.commit()?;
        Ok(changed)
    }

    fn put(&self, log: &mut Log<'_>, row: &Row) -> rusqlite::Result<bool> {
        let fields = serde_json::to_string(&row.fields)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        let hash = hash(row.stamp, &fields);
        let known: Option<(Vec<u8>, bool)> = log
            .transaction
            .prepare_cached("SELECT hash, deleted FROM record WHERE object = ?1 AND id = ?2")?
            .query_row(params![self.object.as_str(), row.id.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        if known.is_some_and(|(known, deleted)| known == hash && !deleted) {
            return Ok(false);
        }
        log.transaction
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
            RecordId::parse(row.fields.get(field.as_str())?).ok()
        })?;
        if self.is_document {
            log.record(&self.object, row.id)?;
        }
        Ok(true)
    }

    fn remove(&self, log: &mut Log<'_>, id: RecordId) -> rusqlite::Result<bool> {
        let removed = log
            .transaction
            .prepare_cached(
                "UPDATE record SET deleted = 1, fields = '{}', hash = x''
                 WHERE object = ?1 AND id = ?2 AND deleted = 0",
            )?
            .execute(params![self.object.as_str(), id.as_str()])?;
        if removed == 0 {
            return Ok(false);
        }
        self.relink(log, id, |_| None)?;
        if self.is_document {
            log.record(&self.object, id)?;
        }
        Ok(true)
    }

    /// Replaces a row's links, and touches the documents that it left and those that it joined.
    fn relink(
        &self,
        log: &mut Log<'_>,
        id: RecordId,
        target: impl Fn(&FieldName) -> Option<RecordId>,
    ) -> rusqlite::Result<()> {
        for (field, document) in &self.links {
            let old: Vec<String> = log
                .transaction
                .prepare_cached(
                    "SELECT target FROM link WHERE object = ?1 AND id = ?2 AND field = ?3",
                )?
                .query_map(
                    params![self.object.as_str(), id.as_str(), field.as_str()],
                    |row| row.get(0),
                )?
                .collect::<rusqlite::Result<_>>()?;
            log.transaction
                .prepare_cached("DELETE FROM link WHERE object = ?1 AND id = ?2 AND field = ?3")?
                .execute(params![self.object.as_str(), id.as_str(), field.as_str()])?;
            let new = target(field);
            if let Some(new) = new {
                log.transaction
                    .prepare_cached("INSERT OR IGNORE INTO link VALUES (?1, ?2, ?3, ?4)")?
                    .execute(params![
                        self.object.as_str(),
                        field.as_str(),
                        new.as_str(),
                        id.as_str()
                    ])?;
                log.touch(document, new.as_str())?;
            }
            let left = old
                .iter()
                .filter(|old| new.is_none_or(|new| new.as_str() != **old));
            for target in left {
                log.touch(document, target)?;
            }
        }
        Ok(())
    }

    fn note_failures(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        for row in &self.rows {
            transaction
                .prepare_cached("DELETE FROM failure WHERE object = ?1 AND id = ?2")?
                .execute(params![self.object.as_str(), row.id.as_str()])?;
        }
        for failure in &self.failures {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO failure VALUES (?1, ?2, ?3)")?
                .execute(params![self.object.as_str(), failure.id, failure.reason])?;
        }
        Ok(())
    }
}

/// The change log within a transaction.
struct Log<'a> {
    transaction: &'a Transaction<'a>,
    seq: i64,
}

impl<'a> Log<'a> {
    fn open(transaction: &'a Transaction<'a>) -> rusqlite::Result<Self> {
        let seq = transaction.query_row(
            "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'seq'",
            [],
            |row| row.get(0),
        )?;
        Ok(Self { transaction, seq })
    }

    fn close(self) -> rusqlite::Result<()> {
        self.transaction.execute(
            "UPDATE meta SET value = ?1 WHERE key = 'seq'",
            [self.seq.to_string()],
        )?;
        Ok(())
    }

    /// The document of a record that is new, different or gone.
    fn record(&mut self, object: &ObjectName, id: RecordId) -> rusqlite::Result<()> {
        self.seq += 1;
        self.transaction
            .prepare_cached(
                "INSERT INTO document VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET seq = excluded.seq",
            )?
            .execute(params![object.as_str(), id.as_str(), self.seq])?;
        Ok(())
    }

    /// A document of which another record changed. One whose own record has not come yet will be
    /// complete when it comes.
    fn touch(&mut self, object: &ObjectName, id: &str) -> rusqlite::Result<()> {
        self.seq += 1;
        self.transaction
            .prepare_cached("UPDATE document SET seq = ?3 WHERE object = ?1 AND id = ?2")?
            .execute(params![object.as_str(), id, self.seq])?;
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
