//! The tables of the mirror.

use rusqlite::Connection;
use uuid::Uuid;

/// Counts up with every change of the tables that old code could not read.
const LAYOUT: i64 = 3;

const TABLES: &str = "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

    -- One row of a Salesforce object. `fields` is JSON: the mapped fields that have a value.
    -- A deleted row stays as a mark, so that its document's removal reaches every index.
    CREATE TABLE record (
        object TEXT NOT NULL, id TEXT NOT NULL, stamp INTEGER, hash BLOB NOT NULL,
        fields TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (object, id));

    -- A reference by which a record takes part in a document other than its own, or by which what it
    -- says of sharing is found.
    CREATE TABLE link (
        object TEXT NOT NULL, field TEXT NOT NULL, target TEXT NOT NULL, id TEXT NOT NULL,
        PRIMARY KEY (object, field, target, id)) WITHOUT ROWID;
    CREATE INDEX link_by_record ON link (object, id);

    -- The reasons for which records with sharing of their own can be read (JSON), and the records of
    -- which they have to be told anew.
    CREATE TABLE reason (
        object TEXT NOT NULL, id TEXT NOT NULL, grants TEXT NOT NULL,
        PRIMARY KEY (object, id)) WITHOUT ROWID;
    CREATE TABLE unsettled (object TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (object, id))
        WITHOUT ROWID;

    -- The change log: one row a document, with the number of its last change.
    CREATE TABLE document (
        object TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY (object, id)) WITHOUT ROWID;
    CREATE UNIQUE INDEX document_by_seq ON document (object, seq);

    -- How far an object was pulled (JSON), with which columns (JSON), and what that cost. `rows` are
    -- the rows of `record` that are not deleted; `missing` is what the org had more at the last
    -- count, rows that failed aside. `checked` is when the last pull that came to its end began.
    CREATE TABLE source (
        object TEXT PRIMARY KEY, columns TEXT NOT NULL, cursor TEXT, method TEXT,
        rows INTEGER NOT NULL DEFAULT 0, missing INTEGER, counted INTEGER,
        started INTEGER, finished INTEGER, checked INTEGER, reconciled INTEGER,
        calls INTEGER, all_calls INTEGER NOT NULL DEFAULT 0,
        failed_calls INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;

    -- Rows that a pass over the whole object has come across: what it has not is gone.
    CREATE TABLE seen (object TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (object, id))
        WITHOUT ROWID;

    -- Rows to read again, whatever their stamp says, because a record that they refer to changed.
    CREATE TABLE refresh (
        object TEXT NOT NULL, field TEXT NOT NULL, target TEXT NOT NULL,
        PRIMARY KEY (object, field, target)) WITHOUT ROWID;

    -- Documents that are in the index without vectors, because the embedding model did not answer.
    CREATE TABLE vectorless (
        object TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (object, id)) WITHOUT ROWID;

    -- For the status: of which objects a document has records (JSON), which fields hide it (JSON),
    -- how far the index has read the log, how many documents it has, and how many records are told
    -- in other documents. The index itself is what counts.
    CREATE TABLE plan (
        object TEXT PRIMARY KEY, label TEXT NOT NULL, sources TEXT NOT NULL,
        shadows TEXT NOT NULL, seq INTEGER NOT NULL DEFAULT 0, built INTEGER,
        indexed INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;

    -- Records that could not be taken over, each with the last reason, how often it was tried and
    -- when; and what was left out of the profiles.
    CREATE TABLE failure (
        object TEXT NOT NULL, id TEXT NOT NULL, reason TEXT NOT NULL,
        attempts INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
        PRIMARY KEY (object, id)) WITHOUT ROWID;
    CREATE TABLE warning (
        object TEXT NOT NULL, warning TEXT NOT NULL, PRIMARY KEY (object, warning)) WITHOUT ROWID;
";

pub(super) enum Refusal {
    Sqlite(rusqlite::Error),
    Version { found: i64, expected: i64 },
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Creates the tables in a new file and checks those of an old one.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), Refusal> {
    configure(connection)?;
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match found {
        LAYOUT => {}
        0 => {
            transaction.execute_batch(TABLES)?;
            transaction.execute(
                "INSERT INTO meta VALUES ('mirror', ?1), ('seq', '0')",
                [Uuid::new_v4().to_string()],
            )?;
            transaction.pragma_update(None, "user_version", LAYOUT)?;
        }
        found => {
            return Err(Refusal::Version {
                found,
                expected: LAYOUT,
            });
        }
    }
    transaction.commit()?;
    Ok(())
}

/// Settings of each connection.
pub(super) fn configure(connection: &mut Connection) -> Result<(), Refusal> {
    connection.busy_timeout(std::time::Duration::from_secs(30))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A power cut may lose the last pages, never damage the file: they are pulled again.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // What Salesforce no longer shows is overwritten, not only unlinked.
    connection.pragma_update(None, "secure_delete", "FAST")?;
    Ok(())
}
