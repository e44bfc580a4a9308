//! The change log: one number a change, counted up over the whole mirror.

use domain::{ObjectName, RecordId};
use rusqlite::{Transaction, params};

/// The change log within a transaction. Changes count only when it is closed.
pub(crate) struct Log<'a> {
    transaction: &'a Transaction<'a>,
    seq: i64,
}

impl<'a> Log<'a> {
    pub(crate) fn open(transaction: &'a Transaction<'a>) -> rusqlite::Result<Self> {
        let seq = transaction.query_row(
            "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'seq'",
            [],
            |row| row.get(0),
        )?;
        Ok(Self { transaction, seq })
    }

    pub(crate) fn transaction(&self) -> &'a Transaction<'a> {
        self.transaction
    }

    pub(crate) fn close(self) -> rusqlite::Result<()> {
        self.transaction.execute(
            "UPDATE meta SET value = ?1 WHERE key = 'seq'",
            [self.seq.to_string()],
        )?;
        Ok(())
    }

    /// The document of a record that is new, different or gone.
    pub(crate) fn record(&mut self, object: &ObjectName, id: RecordId) -> rusqlite::Result<()> {
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
    pub(crate) fn touch(&mut self, object: &ObjectName, id: &str) -> rusqlite::Result<()> {
        self.seq += 1;
        self.transaction
            .prepare_cached("UPDATE document SET seq = ?3 WHERE object = ?1 AND id = ?2")?
            .execute(params![object.as_str(), id, self.seq])?;
        Ok(())
    }
}
