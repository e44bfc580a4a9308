//! How far each object was pulled.

use chrono::{DateTime, Utc};
use domain::ObjectName;
use rusqlite::{Connection, OptionalExtension, params};

use super::{count, signed};

/// Notes that a pull begins; returns the cursor of the last one. With other columns than before,
/// the rows that are there lack something, and the pull starts from the beginning.
pub(crate) fn begin(
    connection: &Connection,
    object: &ObjectName,
    columns: &str,
    now: DateTime<Utc>,
) -> rusqlite::Result<Option<String>> {
    let known: Option<(String, Option<String>)> = connection
        .query_row(
            "SELECT columns, cursor FROM source WHERE object = ?1",
            [object.as_str()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let cursor = known
        .filter(|(known, _)| known == columns)
        .and_then(|(_, cursor)| cursor);
    connection.execute(
        "INSERT INTO source (object, columns, cursor, started) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET
            columns = excluded.columns, cursor = excluded.cursor, started = excluded.started,
            finished = NULL",
        params![object.as_str(), columns, cursor, now.timestamp_millis()],
    )?;
    Ok(cursor)
}

/// Notes the rows that the org has, as of now.
pub(crate) fn counted(
    connection: &Connection,
    object: &ObjectName,
    rows: u64,
) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE source SET source_rows = ?2 WHERE object = ?1",
        params![object.as_str(), signed(rows)],
    )?;
    Ok(())
}

pub(crate) fn save_cursor(
    connection: &Connection,
    object: &ObjectName,
    cursor: &str,
    method: &str,
) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE source SET cursor = ?2, method = ?3 WHERE object = ?1",
        params![object.as_str(), cursor, method],
    )?;
    Ok(())
}

/// Notes that a pull came to its end, or was stopped, and what it cost.
pub(crate) fn end(
    connection: &Connection,
    object: &ObjectName,
    finished: Option<DateTime<Utc>>,
    calls: u64,
) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE source SET finished = ?2, calls = ?3 WHERE object = ?1",
        params![
            object.as_str(),
            finished.map(|time| time.timestamp_millis()),
            signed(calls)
        ],
    )?;
    Ok(())
}

/// The latest change among the object's rows.
pub(crate) fn latest_stamp(
    connection: &Connection,
    object: &ObjectName,
) -> rusqlite::Result<Option<DateTime<Utc>>> {
    let stamp: Option<i64> = connection.query_row(
        "SELECT max(stamp) FROM record WHERE object = ?1",
        [object.as_str()],
        |row| row.get(0),
    )?;
    Ok(stamp.and_then(DateTime::from_timestamp_millis))
}

/// Remembers the watermark for the status.
pub(crate) fn save_watermark(
    connection: &Connection,
    object: &ObjectName,
    watermark: Option<DateTime<Utc>>,
) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE source SET watermark = coalesce(?2, watermark) WHERE object = ?1",
        params![
            object.as_str(),
            watermark.map(|time| time.timestamp_millis())
        ],
    )?;
    Ok(())
}

/// The object's rows that are there and not deleted.
pub(crate) fn rows(connection: &Connection, object: &ObjectName) -> rusqlite::Result<u64> {
    connection.query_row(
        "SELECT count(*) FROM record WHERE object = ?1 AND deleted = 0",
        [object.as_str()],
        |row| count(row, 0),
    )
}
