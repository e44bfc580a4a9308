//! Documents that were indexed without vectors, because the embedding model did not answer.

use domain::{ObjectName, RecordId};
use rusqlite::{Connection, params};

use super::count;
use super::log::Log;

/// Notes documents before they are indexed without vectors, so that whatever happens then they are
/// not forgotten.
pub(crate) fn note(
    connection: &mut Connection,
    object: &ObjectName,
    ids: &[RecordId],
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for id in ids {
        transaction
            .prepare_cached("INSERT OR IGNORE INTO vectorless VALUES (?1, ?2)")?
            .execute([object.as_str(), id.as_str()])?;
    }
    transaction.commit()
}

/// How many documents of an object wait for their vectors.
pub(crate) fn waiting(connection: &Connection, object: &ObjectName) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT count(*) FROM vectorless WHERE object = ?1")?
        .query_row([object.as_str()], |row| count(row, 0))
}

/// Puts them into the change log again, so that they are built with vectors.
pub(crate) fn take_up(connection: &mut Connection, object: &ObjectName) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    let ids: Vec<String> = transaction
        .prepare("SELECT id FROM vectorless WHERE object = ?1")?
        .query_map([object.as_str()], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut log = Log::open(&transaction)?;
    for id in &ids {
        log.touch(object, id)?;
    }
    log.close()?;
    transaction.execute(
        "DELETE FROM vectorless WHERE object = ?1",
        params![object.as_str()],
    )?;
    transaction.commit()
}
