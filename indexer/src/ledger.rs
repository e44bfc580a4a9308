//! The ledger: what the org has, what the mirror has, what the index has, and why they differ.
//!
//! It stands in the mirror's file and is read through a connection of its own, so that a status can
//! be shown while a sync runs.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{ObjectName, RecordId};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::mirror::{Mirror, count, read, source};
use crate::plan::{DocumentPlan, Warning};
use crate::profile::Shadow;

/// Reads the status at any time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    mirror: Mirror,
}

/// What was synced, as of now. Counts are of rows and documents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The org's id; none before the first sync.
    pub org: Option<String>,
    pub objects: Vec<ObjectStatus>,
}

/// A document object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectStatus {
    pub object: ObjectName,
    /// The object's label in the org.
    pub label: String,
    /// Records that are documents.
    pub documents: u64,
    /// Those of them that the index has as the mirror has them.
    pub indexed: u64,
    /// Changes that the index has not read yet.
    pub waiting: u64,
    /// Records that are told in another document, such as the task of an email.
    pub skipped: u64,
    /// The last commit of a change of this object.
    pub built_at: Option<DateTime<Utc>>,
    /// What of the object's profile was left out, and why.
    pub warnings: Vec<String>,
    /// Where its records come from: the parts first, the object itself last.
    pub sources: Vec<SourceStatus>,
}

/// An object that rows were pulled of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceStatus {
    pub object: ObjectName,
    /// Rows that the org had when the last pull began.
    pub source_rows: Option<u64>,
    /// Rows that the mirror has.
    pub mirrored: u64,
    /// Rows that could not be read.
    pub failed: u64,
    /// Some of them, with the reason.
    pub failures: Vec<FailedRecord>,
    pub started_at: Option<DateTime<Utc>>,
    /// None while a pull runs, or when the last one did not come to its end.
    pub finished_at: Option<DateTime<Utc>>,
    /// Changes up to this time are in the mirror.
    pub watermark: Option<DateTime<Utc>>,
    /// `rest` or `bulk`.
    pub method: Option<String>,
    /// API calls of the last pull.
    pub calls: Option<u64>,
}

/// A record that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedRecord {
    pub record_id: String,
    pub reason: String,
}

/// How many failed records a status lists of an object.
const LISTED_FAILURES: i64 = 20;

impl Ledger {
    pub(crate) async fn open(mirror: &Mirror) -> Result<Self, Error> {
        Ok(Self {
            mirror: mirror.again().await?,
        })
    }

    /// What was synced, as of now.
    ///
    /// # Errors
    /// [`Error::Mirror`] when the file cannot be read.
    pub async fn status(&self) -> Result<Status, Error> {
        self.mirror.call(|mirror| status(mirror)).await
    }
}

/// Notes the plans and warnings of a run.
pub(crate) fn note_plans(
    connection: &mut Connection,
    warnings: &BTreeSet<Warning>,
    plans: &[Arc<DocumentPlan>],
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM warning", [])?;
    for warning in warnings {
        note_warning(&transaction, &warning.object, &warning.text)?;
    }
    for plan in plans {
        note_plan(&transaction, plan)?;
    }
    transaction.commit()
}

fn note_plan(connection: &Connection, plan: &DocumentPlan) -> rusqlite::Result<()> {
    let shadows: Vec<(&ObjectName, &domain::FieldName)> = plan
        .shadowed_by
        .iter()
        .map(|shadow| (&shadow.object, &shadow.field))
        .collect();
    connection.execute(
        "INSERT INTO plan (object, label, sources, shadows) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET
            label = excluded.label, sources = excluded.sources, shadows = excluded.shadows",
        params![
            plan.object.as_str(),
            plan.label,
            json(&plan.own_objects())?,
            json(&shadows)?
        ],
    )?;
    Ok(())
}

/// Notes something that an object was left without.
pub(crate) fn note_warning(
    connection: &Connection,
    object: &ObjectName,
    warning: &str,
) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT OR IGNORE INTO warning VALUES (?1, ?2)",
        params![object.as_str(), warning],
    )?;
    Ok(())
}

/// Notes how far the index has read the log for an object.
pub(crate) fn note_built(
    connection: &Connection,
    object: &ObjectName,
    seq: i64,
    at: Option<DateTime<Utc>>,
) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE plan SET seq = ?2, built = coalesce(?3, built) WHERE object = ?1",
        params![object.as_str(), seq, at.map(|time| time.timestamp_millis())],
    )?;
    Ok(())
}

/// Forgets an object that is not synced any more.
pub(crate) fn forget_plan(connection: &Connection, object: &ObjectName) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM plan WHERE object = ?1", [object.as_str()])?;
    Ok(())
}

/// The document objects of the last run.
pub(crate) fn planned(connection: &Connection) -> rusqlite::Result<Vec<ObjectName>> {
    connection
        .prepare("SELECT object FROM plan ORDER BY object")?
        .query_map([], |row| name(row.get(0)?))?
        .collect()
}

fn status(connection: &Connection) -> rusqlite::Result<Status> {
    let mut objects = Vec::new();
    for object in planned(connection)? {
        objects.push(object_status(connection, object)?);
    }
    // Without a plan an object has nothing but warnings.
    let mut unplanned = connection.prepare(
        "SELECT DISTINCT object FROM warning WHERE object NOT IN (SELECT object FROM plan)",
    )?;
    for object in unplanned.query_map([], |row| name(row.get(0)?))? {
        let object = object?;
        objects.push(ObjectStatus {
            label: object.to_string(),
            warnings: warnings(connection, &object)?,
            object,
            documents: 0,
            indexed: 0,
            waiting: 0,
            skipped: 0,
            built_at: None,
            sources: Vec::new(),
        });
    }
    Ok(Status {
        org: read::meta(connection, "org")?,
        objects,
    })
}

fn object_status(connection: &Connection, object: ObjectName) -> rusqlite::Result<ObjectStatus> {
    let (label, sources, shadows, seq, built) = connection.query_row(
        "SELECT label, sources, shadows, seq, built FROM plan WHERE object = ?1",
        [object.as_str()],
        |row| {
            Ok((
                row.get(0)?,
                parsed::<Vec<ObjectName>>(row, 1)?,
                parsed::<Vec<(ObjectName, domain::FieldName)>>(row, 2)?,
                row.get::<_, i64>(3)?,
                time(row, 4)?,
            ))
        },
    )?;
    let mut skipped = 0;
    for (object_of, field) in shadows {
        let shadow = Shadow {
            object: object_of,
            field,
        };
        skipped += shadowed(connection, &object, &shadow)?;
    }
    let mirrored = source::rows(connection, &object)?;
    let read: u64 = connection.query_row(
        "SELECT count(*) FROM record JOIN document USING (object, id)
         WHERE record.object = ?1 AND deleted = 0 AND seq <= ?2",
        params![object.as_str(), seq],
        |row| count(row, 0),
    )?;
    Ok(ObjectStatus {
        label,
        documents: mirrored.saturating_sub(skipped),
        indexed: read.saturating_sub(skipped),
        waiting: read::changed_after(connection, &object, seq)?,
        skipped,
        built_at: built,
        warnings: warnings(connection, &object)?,
        sources: sources
            .into_iter()
            .map(|source| source_status(connection, source))
            .collect::<rusqlite::Result<_>>()?,
        object,
    })
}

/// How many of an object's records are told in another document.
fn shadowed(
    connection: &Connection,
    object: &ObjectName,
    shadow: &Shadow,
) -> rusqlite::Result<u64> {
    connection.query_row(
        "SELECT count(DISTINCT record.id) FROM link
         JOIN record ON record.object = ?1 AND record.id = link.target AND record.deleted = 0
         WHERE link.object = ?2 AND link.field = ?3",
        params![
            object.as_str(),
            shadow.object.as_str(),
            shadow.field.as_str()
        ],
        |row| count(row, 0),
    )
}

fn source_status(connection: &Connection, object: ObjectName) -> rusqlite::Result<SourceStatus> {
    let mut status = SourceStatus {
        source_rows: None,
        mirrored: source::rows(connection, &object)?,
        failed: connection.query_row(
            "SELECT count(*) FROM failure WHERE object = ?1",
            [object.as_str()],
            |row| count(row, 0),
        )?,
        failures: failures(connection, &object)?,
        started_at: None,
        finished_at: None,
        watermark: None,
        method: None,
        calls: None,
        object,
    };
    let mut found = connection.prepare(
        "SELECT source_rows, started, finished, watermark, method, calls FROM source
         WHERE object = ?1",
    )?;
    let mut rows = found.query([status.object.as_str()])?;
    if let Some(row) = rows.next()? {
        status.source_rows = row.get::<_, Option<i64>>(0)?.map(i64::unsigned_abs);
        status.started_at = time(row, 1)?;
        status.finished_at = time(row, 2)?;
        status.watermark = time(row, 3)?;
        status.method = row.get(4)?;
        status.calls = row.get::<_, Option<i64>>(5)?.map(i64::unsigned_abs);
    }
    Ok(status)
}

fn failures(connection: &Connection, object: &ObjectName) -> rusqlite::Result<Vec<FailedRecord>> {
    connection
        .prepare("SELECT id, reason FROM failure WHERE object = ?1 ORDER BY id LIMIT ?2")?
        .query_map(params![object.as_str(), LISTED_FAILURES], |row| {
            Ok(FailedRecord {
                record_id: row.get(0)?,
                reason: row.get(1)?,
            })
        })?
        .collect()
}

fn warnings(connection: &Connection, object: &ObjectName) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare("SELECT warning FROM warning WHERE object = ?1 ORDER BY warning")?
        .query_map([object.as_str()], |row| row.get(0))?
        .collect()
}

/// Checks that the mirror is of this org, or makes it so if it is of none.
pub(crate) fn claim(connection: &Connection, org: RecordId) -> rusqlite::Result<Option<String>> {
    connection.execute(
        "INSERT OR IGNORE INTO meta VALUES ('org', ?1)",
        [org.as_str()],
    )?;
    let known = read::meta(connection, "org")?;
    Ok(known.filter(|known| known != org.as_str()))
}

fn json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

fn parsed<T: for<'de> Deserialize<'de>>(
    row: &rusqlite::Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}

fn time(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<DateTime<Utc>>> {
    let milliseconds: Option<i64> = row.get(column)?;
    Ok(milliseconds.and_then(DateTime::from_timestamp_millis))
}

fn name(text: String) -> rusqlite::Result<ObjectName> {
    ObjectName::parse(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    })
}
