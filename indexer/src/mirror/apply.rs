//! Writing a page of pulled rows, with the cursor behind it, in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{FieldName, ObjectName, RecordId};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use super::log::Log;
use super::source;
use crate::plan::Source;
use crate::sharing::{Note, Rules};

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
    pub when: When,
}

/// What has to become of a row for those that refer to it to be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum When {
    /// It has changed.
    Different,
    /// It has changed, or is new.
    NewToo,
    /// It has changed in what decides who may read it, is gone or has come back.
    Reading,
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
    /// Fields by which rows are found for sharing: nothing is built anew for them alone.
    pub references: BTreeSet<FieldName>,
    /// The rules by which a row may decide who reads what.
    pub sharing: Option<Arc<Rules>>,
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
    /// It was there before, and then gone.
    Back,
    Different {
        /// Whether who may read it may have changed.
        reading: bool,
    },
    Gone,
}

/// What the mirror has of a row.
struct Known {
    hash: Vec<u8>,
    is_live: bool,
    fields: Option<BTreeMap<String, String>>,
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
            references: source.references.clone(),
            sharing: source.sharing.clone(),
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
            more_rows += i64::from(matches!(change, Change::New | Change::Back));
            self.note_refreshes(&transaction, row.id, change)?;
        }
        for id in &self.gone {
            if self.remove(&mut log, *id)? {
                changed += 1;
                more_rows -= 1;
                self.note_refreshes(&transaction, *id, Change::Gone)?;
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
        let fields = super::read::json(&row.fields)?;
        let hash = hash(row.stamp, &fields);
        let known = self.known(log.transaction(), row.id)?;
        if known
            .as_ref()
            .is_some_and(|known| known.is_live && known.hash == hash)
        {
            return Ok(Change::None);
        }
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
        let before = known.as_ref().and_then(|known| known.fields.as_ref());
        let reading = self.note_sharing(log, row.id, before, Some(&row.fields))?;
        Ok(match known.map(|known| known.is_live) {
            Some(true) => Change::Different { reading },
            Some(false) => Change::Back,
            None => Change::New,
        })
    }

    fn remove(&self, log: &mut Log<'_>, id: RecordId) -> rusqlite::Result<bool> {
        let known = self.known(log.transaction(), id)?;
        let Some(known) = known.filter(|known| known.is_live) else {
            return Ok(false);
        };
        log.transaction()
            .prepare_cached(
                "UPDATE record SET deleted = 1, fields = '{}', hash = x''
                 WHERE object = ?1 AND id = ?2",
            )?
            .execute(params![self.object.as_str(), id.as_str()])?;
        self.relink(log, id, |_| BTreeSet::new())?;
        if self.is_document {
            log.record(&self.object, id)?;
        }
        self.note_sharing(log, id, known.fields.as_ref(), None)?;
        Ok(true)
    }

    /// What the mirror has of a row. Its fields are read only where they may decide who reads what.
    fn known(
        &self,
        transaction: &Transaction<'_>,
        id: RecordId,
    ) -> rusqlite::Result<Option<Known>> {
        transaction
            .prepare_cached(
                "SELECT hash, deleted, iif(?3 AND hash <> x'', fields, NULL)
                 FROM record WHERE object = ?1 AND id = ?2",
            )?
            .query_row(
                params![self.object.as_str(), id.as_str(), self.sharing.is_some()],
                |row| {
                    let fields: Option<String> = row.get(2)?;
                    let fields = fields.map(|text| serde_json::from_str(&text));
                    Ok(Known {
                        hash: row.get(0)?,
                        is_live: !row.get::<_, bool>(1)?,
                        fields: fields.transpose().map_err(super::read::unreadable_text)?,
                    })
                },
            )
            .optional()
    }

    /// Lets a row that has changed tell whose reading it may have changed; returns whether its own.
    fn note_sharing(
        &self,
        log: &mut Log<'_>,
        id: RecordId,
        before: Option<&BTreeMap<String, String>>,
        after: Option<&BTreeMap<String, String>>,
    ) -> rusqlite::Result<bool> {
        let Some(rules) = &self.sharing else {
            return Ok(false);
        };
        let note = Note {
            object: &self.object,
            id,
            before,
            after,
        };
        note.take(log, rules)?;
        Ok(note.concerns_reading(rules))
    }

    /// Replaces a row's links, and touches the documents that it left and those that it is part of.
    fn relink(
        &self,
        log: &mut Log<'_>,
        id: RecordId,
        targets: impl Fn(&FieldName) -> BTreeSet<RecordId>,
    ) -> rusqlite::Result<()> {
        let links = self.links.iter().map(|(field, _)| field);
        let fields: BTreeSet<&FieldName> = links.chain(&self.references).collect();
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
            let wanted = match (refresh.when, change) {
                (_, Change::None) => false,
                (When::Different, Change::Different { .. }) => true,
                (When::Different, Change::New | Change::Back | Change::Gone) => false,
                (When::NewToo, Change::New | Change::Back | Change::Different { .. }) => true,
                (When::NewToo, Change::Gone) => false,
                (When::Reading, Change::Different { reading }) => reading,
                (When::Reading, Change::Back | Change::Gone) => true,
                (When::Reading, Change::New) => false,
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
