//! Reading the ledger.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::ObjectName;
use rusqlite::{Connection, OptionalExtension, params};

use super::{ApiUse, FailedRecord, ObjectStatus, SourceStatus, Status, planned};
use crate::mirror::read::{self, parsed};
use crate::mirror::{count, source, vectorless};
use crate::profile::Shadow;

/// How many failed records a status lists of an object.
const LISTED_FAILURES: i64 = 20;

pub(super) fn status(connection: &Connection, now: DateTime<Utc>) -> rusqlite::Result<Status> {
    let mut objects = Vec::new();
    for object in planned(connection)? {
        objects.push(object_status(connection, object, now)?);
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
            vectorless: 0,
            skipped: 0,
            built_at: None,
            sources: Vec::new(),
        });
    }
    let sharing = sharing(connection, &objects, now)?;
    let paused = read::meta(connection, "paused")?;
    Ok(Status {
        org: read::meta(connection, "org")?,
        objects,
        sharing,
        as_of: as_of(connection)?,
        api: ApiUse {
            calls: read::meta_number(connection, "calls")?.unwrap_or(0),
            failed_calls: read::meta_number(connection, "failed_calls")?.unwrap_or(0),
            org_used: read::meta_number(connection, "api_used")?,
            org_limit: read::meta_number(connection, "api_limit")?,
        },
        paused: paused.and_then(|paused| serde_json::from_str(&paused).ok()),
        outage: read::meta(connection, "outage")?,
    })
}

/// What was pulled for no document.
fn sharing(
    connection: &Connection,
    objects: &[ObjectStatus],
    now: DateTime<Utc>,
) -> rusqlite::Result<Vec<SourceStatus>> {
    let parts = objects.iter().flat_map(|object| &object.sources);
    let parts: BTreeSet<&ObjectName> = parts.map(|source| &source.object).collect();
    let pulled = source::pulled(connection)?.into_iter();
    pulled
        .filter(|object| !parts.contains(object))
        .map(|object| source_status(connection, object, now))
        .collect()
}

/// The time of the oldest pull that came to its end, each object's newest one counting.
pub(crate) fn as_of(connection: &Connection) -> rusqlite::Result<Option<DateTime<Utc>>> {
    connection.query_row("SELECT min(checked) FROM source", [], |row| time(row, 0))
}

fn object_status(
    connection: &Connection,
    object: ObjectName,
    now: DateTime<Utc>,
) -> rusqlite::Result<ObjectStatus> {
    let (label, sources, seq, built_at, indexed, skipped) = connection.query_row(
        "SELECT label, sources, seq, built, indexed, skipped FROM plan WHERE object = ?1",
        [object.as_str()],
        |row| {
            Ok((
                row.get(0)?,
                parsed::<Vec<ObjectName>>(row, 1)?,
                row.get::<_, i64>(2)?,
                time(row, 3)?,
                count(row, 4)?,
                count(row, 5)?,
            ))
        },
    )?;
    Ok(ObjectStatus {
        label,
        documents: source::rows(connection, &object)?.saturating_sub(skipped),
        indexed,
        waiting: read::changed_after(connection, &object, seq)?,
        vectorless: vectorless::waiting(connection, &object)?,
        skipped,
        built_at,
        warnings: warnings(connection, &object)?,
        sources: sources
            .into_iter()
            .map(|source| source_status(connection, source, now))
            .collect::<rusqlite::Result<_>>()?,
        object,
    })
}

/// How many of an object's records are told in another document.
pub(super) fn shadowed(
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

fn source_status(
    connection: &Connection,
    object: ObjectName,
    now: DateTime<Utc>,
) -> rusqlite::Result<SourceStatus> {
    let failed = source::failed(connection, &object)?;
    let unread = source::unread(connection, &object)?;
    let known = connection
        .query_row(
            "SELECT rows, missing, started, finished, checked, reconciled, cursor, method, calls,
                all_calls, failed_calls
             FROM source WHERE object = ?1",
            [object.as_str()],
            |row| {
                let mirrored = count(row, 0)?;
                let missing: Option<i64> = row.get(1)?;
                let checked_at = time(row, 4)?;
                let lag = checked_at.and_then(|at| u64::try_from((now - at).num_seconds()).ok());
                Ok(SourceStatus {
                    object: object.clone(),
                    source_rows: missing
                        .map(|missing| (mirrored + failed).saturating_add_signed(missing)),
                    mirrored,
                    failed,
                    unread,
                    failures: Vec::new(),
                    started_at: time(row, 2)?,
                    finished_at: time(row, 3)?,
                    checked_at,
                    lag_seconds: lag,
                    reconciled_at: time(row, 5)?,
                    watermark: row.get::<_, Option<String>>(6)?.and_then(|c| watermark(&c)),
                    method: row.get(7)?,
                    calls: row.get::<_, Option<i64>>(8)?.map(i64::unsigned_abs),
                    all_calls: count(row, 9)?,
                    failed_calls: count(row, 10)?,
                })
            },
        )
        .optional()?;
    let mut status = known.unwrap_or_else(|| unpulled(object.clone()));
    status.failures = failures(connection, &object)?;
    Ok(status)
}

/// An object that no row was asked of yet.
fn unpulled(object: ObjectName) -> SourceStatus {
    SourceStatus {
        object,
        source_rows: None,
        mirrored: 0,
        failed: 0,
        unread: 0,
        failures: Vec::new(),
        started_at: None,
        finished_at: None,
        checked_at: None,
        lag_seconds: None,
        reconciled_at: None,
        watermark: None,
        method: None,
        calls: None,
        all_calls: 0,
        failed_calls: 0,
    }
}

fn watermark(cursor: &str) -> Option<DateTime<Utc>> {
    let cursor: serde_json::Value = serde_json::from_str(cursor).ok()?;
    let stamp = cursor.pointer("/watermark/stamp")?.as_str()?;
    let stamp = DateTime::parse_from_rfc3339(stamp).ok()?;
    Some(stamp.with_timezone(&Utc))
}

fn failures(connection: &Connection, object: &ObjectName) -> rusqlite::Result<Vec<FailedRecord>> {
    connection
        .prepare(
            "SELECT id, reason, attempts, last FROM failure
             WHERE object = ?1 ORDER BY id LIMIT ?2",
        )?
        .query_map(params![object.as_str(), LISTED_FAILURES], |row| {
            Ok(FailedRecord {
                record_id: row.get(0)?,
                reason: row.get(1)?,
                attempts: row.get(2)?,
                last_at: time(row, 3)?,
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

fn time(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<DateTime<Utc>>> {
    let milliseconds: Option<i64> = row.get(column)?;
    Ok(milliseconds.and_then(DateTime::from_timestamp_millis))
}

pub(super) fn name(text: String) -> rusqlite::Result<ObjectName> {
    ObjectName::parse(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    })
}
