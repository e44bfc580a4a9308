//! How far each object was pulled, and what that cost.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::{FieldName, ObjectName, RecordId};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::read::{id, json, parsed};
use super::{count, signed};

/// What was asked of each row of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Columns {
    pub names: BTreeSet<String>,
    /// Changes with anything else that decides which rows come.
    pub rows: String,
    /// Changes with the part that rows have in documents.
    pub roles: String,
}

impl Columns {
    /// Whether rows that were pulled with `earlier` have all that is wanted now.
    fn are_in(&self, earlier: &Self) -> bool {
        self.rows == earlier.rows
            && self.roles == earlier.roles
            && self.names.is_subset(&earlier.names)
    }
}

/// What a pull cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    pub calls: u64,
    /// Calls that failed, whether or not a repeat then worked.
    pub failed: u64,
}

/// Notes that a pull begins; returns the cursor of the last one. Where columns are wanted that the
/// rows lack, there is none, and the pull starts from the beginning.
pub(crate) fn begin(
    connection: &Connection,
    object: &ObjectName,
    columns: &Columns,
    now: DateTime<Utc>,
) -> rusqlite::Result<Option<String>> {
    let known: Option<(Columns, Option<String>)> = connection
        .query_row(
            "SELECT columns, cursor FROM source WHERE object = ?1",
            [object.as_str()],
            |row| Ok((parsed(row, 0)?, row.get(1)?)),
        )
        .optional()?;
    if known
        .as_ref()
        .is_some_and(|(known, _)| known.roles != columns.roles)
    {
        forget_roles(connection, object)?;
    }
    let cursor = known
        .filter(|(known, _)| columns.are_in(known))
        .and_then(|(_, cursor)| cursor);
    connection.execute(
        "INSERT INTO source (object, columns, cursor, started) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET
            columns = excluded.columns, cursor = excluded.cursor, started = excluded.started,
            finished = NULL",
        params![
            object.as_str(),
            json(columns)?,
            cursor,
            now.timestamp_millis()
        ],
    )?;
    Ok(cursor)
}

/// Lets every row that comes count as changed, so that it takes its new part in documents.
fn forget_roles(connection: &Connection, object: &ObjectName) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM link WHERE object = ?1", [object.as_str()])?;
    connection.execute(
        "UPDATE record SET hash = x'' WHERE object = ?1",
        [object.as_str()],
    )?;
    Ok(())
}

pub(crate) fn save_cursor(
    connection: &Connection,
    object: &ObjectName,
    cursor: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE source SET cursor = ?2 WHERE object = ?1")?
        .execute(params![object.as_str(), cursor])?;
    Ok(())
}

pub(crate) fn save_method(
    connection: &Connection,
    object: &ObjectName,
    method: &str,
) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE source SET method = ?2 WHERE object = ?1",
        [object.as_str(), method],
    )?;
    Ok(())
}

/// Notes that a pull came to its end (at `finished`), or was stopped, and what it cost.
pub(crate) fn end(
    connection: &Connection,
    object: &ObjectName,
    finished: Option<DateTime<Utc>>,
    cost: Cost,
) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE source SET
            finished = ?2, checked = iif(?2 IS NULL, checked, started), calls = ?3,
            all_calls = all_calls + ?3, failed_calls = failed_calls + ?4
         WHERE object = ?1",
        params![
            object.as_str(),
            finished.map(|time| time.timestamp_millis()),
            signed(cost.calls),
            signed(cost.failed)
        ],
    )?;
    Ok(())
}

/// Notes how many rows the org has, as counted now, and returns how many of them are missing here;
/// failed ones are not.
pub(crate) fn note_count(
    connection: &Connection,
    object: &ObjectName,
    rows: u64,
    now: DateTime<Utc>,
) -> rusqlite::Result<i64> {
    let missing =
        signed(rows) - signed(self::rows(connection, object)? + failed(connection, object)?);
    connection.execute(
        "UPDATE source SET missing = ?2, counted = ?3 WHERE object = ?1",
        params![object.as_str(), missing, now.timestamp_millis()],
    )?;
    Ok(missing)
}

/// Whether the org's rows were ever counted.
pub(crate) fn is_counted(connection: &Connection, object: &ObjectName) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM source WHERE object = ?1 AND counted IS NOT NULL)",
        [object.as_str()],
        |row| row.get(0),
    )
}

/// Notes that the whole object was held against the org, row by row.
pub(crate) fn end_whole(
    connection: &Connection,
    object: &ObjectName,
    now: DateTime<Utc>,
) -> rusqlite::Result<()> {
    clear_seen(connection, object)?;
    connection.execute(
        "UPDATE source SET reconciled = ?2 WHERE object = ?1",
        params![object.as_str(), now.timestamp_millis()],
    )?;
    Ok(())
}

/// The object's rows that are there and not deleted.
pub(crate) fn rows(connection: &Connection, object: &ObjectName) -> rusqlite::Result<u64> {
    let rows = connection
        .prepare_cached("SELECT rows FROM source WHERE object = ?1")?
        .query_row([object.as_str()], |row| count(row, 0))
        .optional()?;
    Ok(rows.unwrap_or(0))
}

pub(super) fn add_rows(
    connection: &Connection,
    object: &ObjectName,
    more: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE source SET rows = rows + ?2 WHERE object = ?1")?
        .execute(params![object.as_str(), more])?;
    Ok(())
}

/// The object's rows that could not be taken over.
pub(crate) fn failed(connection: &Connection, object: &ObjectName) -> rusqlite::Result<u64> {
    // A row may be there as it was before it failed.
    connection.query_row(
        "SELECT count(*) FROM failure WHERE object = ?1 AND NOT EXISTS (
            SELECT 1 FROM record
            WHERE record.object = failure.object AND record.id = failure.id AND deleted = 0)",
        [object.as_str()],
        |row| count(row, 0),
    )
}

/// The object's rows that are there, but without something that failed.
pub(crate) fn unread(connection: &Connection, object: &ObjectName) -> rusqlite::Result<u64> {
    let all = connection.query_row(
        "SELECT count(*) FROM failure WHERE object = ?1",
        [object.as_str()],
        |row| count(row, 0),
    )?;
    Ok(all.saturating_sub(failed(connection, object)?))
}

/// Failed records to try again: those whose turn it is, or all. The wait doubles with each try.
pub(crate) fn failures_due(
    connection: &Connection,
    object: &ObjectName,
    all: bool,
    now: DateTime<Utc>,
) -> rusqlite::Result<Vec<RecordId>> {
    const FIRST_WAIT_MS: i64 = 10 * 60 * 1_000;
    let ids: Vec<String> = connection
        .prepare(
            "SELECT id FROM failure
             WHERE object = ?1 AND (?2 OR last + (?3 << min(attempts - 1, 8)) <= ?4)",
        )?
        .query_map(
            params![object.as_str(), all, FIRST_WAIT_MS, now.timestamp_millis()],
            |row| row.get(0),
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(ids
        .iter()
        .filter_map(|id| RecordId::parse(id).ok())
        .collect())
}

/// Begins a pass over the whole object: nothing is seen yet.
pub(crate) fn clear_seen(connection: &Connection, object: &ObjectName) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM seen WHERE object = ?1", [object.as_str()])?;
    Ok(())
}

/// Some rows that the pass has not come across.
pub(crate) fn unseen(
    connection: &Connection,
    object: &ObjectName,
    limit: u32,
) -> rusqlite::Result<Vec<RecordId>> {
    connection
        .prepare(
            "SELECT id FROM record
             WHERE object = ?1 AND deleted = 0
                AND NOT EXISTS (
                    SELECT 1 FROM seen WHERE seen.object = record.object AND seen.id = record.id)
             LIMIT ?2",
        )?
        .query_map(params![object.as_str(), limit], |row| id(row.get(0)?))?
        .collect()
}

/// Notes records whose dependants are to be read again, and how far whoever found them has looked.
pub(crate) fn note_refreshes(
    connection: &mut Connection,
    object: &ObjectName,
    field: &FieldName,
    targets: &BTreeSet<RecordId>,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for target in targets {
        transaction
            .prepare_cached("INSERT OR IGNORE INTO refresh VALUES (?1, ?2, ?3)")?
            .execute([object.as_str(), field.as_str(), target.as_str()])?;
    }
    transaction.commit()
}

/// Through which fields rows of which objects are to be read again.
pub(crate) fn refreshes(connection: &Connection) -> rusqlite::Result<Vec<(ObjectName, FieldName)>> {
    connection
        .prepare("SELECT DISTINCT object, field FROM refresh ORDER BY object, field")?
        .query_map([], |row| {
            let (object, field): (String, String) = (row.get(0)?, row.get(1)?);
            Ok((
                ObjectName::parse(&object).map_err(super::read::unreadable_text)?,
                FieldName::parse(&field).map_err(super::read::unreadable_text)?,
            ))
        })?
        .collect()
}

/// Some of the records for which they are to be read again.
pub(crate) fn refresh_targets(
    connection: &Connection,
    object: &ObjectName,
    field: &FieldName,
    limit: u32,
) -> rusqlite::Result<Vec<RecordId>> {
    connection
        .prepare_cached(
            "SELECT target FROM refresh WHERE object = ?1 AND field = ?2 ORDER BY target LIMIT ?3",
        )?
        .query_map(params![object.as_str(), field.as_str(), limit], |row| {
            id(row.get(0)?)
        })?
        .collect()
}

/// Notes that these have been read again.
pub(crate) fn refreshed(
    connection: &mut Connection,
    object: &ObjectName,
    field: &FieldName,
    targets: &[RecordId],
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for target in targets {
        transaction
            .prepare_cached("DELETE FROM refresh WHERE object = ?1 AND field = ?2 AND target = ?3")?
            .execute([object.as_str(), field.as_str(), target.as_str()])?;
    }
    transaction.commit()
}

/// The objects that rows were pulled of.
pub(crate) fn pulled(connection: &Connection) -> rusqlite::Result<Vec<ObjectName>> {
    connection
        .prepare("SELECT object FROM source ORDER BY object")?
        .query_map([], |row| {
            let object: String = row.get(0)?;
            ObjectName::parse(&object).map_err(super::read::unreadable_text)
        })?
        .collect()
}

/// The objects of which all rows have come at least once.
pub(crate) fn checked(connection: &Connection) -> rusqlite::Result<BTreeSet<ObjectName>> {
    connection
        .prepare("SELECT object FROM source WHERE checked IS NOT NULL")?
        .query_map([], |row| {
            let object: String = row.get(0)?;
            ObjectName::parse(&object).map_err(super::read::unreadable_text)
        })?
        .collect()
}

/// Forgets an object and all its rows.
pub(crate) fn forget(connection: &mut Connection, object: &ObjectName) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for table in [
        "record",
        "link",
        "document",
        "source",
        "seen",
        "refresh",
        "failure",
        "vectorless",
        "reason",
        "unsettled",
    ] {
        transaction.execute(
            &format!("DELETE FROM {table} WHERE object = ?1"),
            [object.as_str()],
        )?;
    }
    transaction.commit()
}
