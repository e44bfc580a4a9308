//! The mirror: the mapped fields of every synced record, in a SQLite file beside the index.
//!
//! Documents are built from here and never from the wire, so a child's change needs no call for
//! its parent, a lost index is rebuilt without one, and pulling and building can each die anywhere.
//!
//! The mirror keeps a change log: each change of a record gives the documents that it touches the
//! next sequence number. What the index has already read of the log is told by the index itself
//! (see [`position`](crate::position)), so content and position cannot disagree.
//!
//! All work is done on blocking threads. One writer and any number of readers use the file at the
//! same time (SQLite's write-ahead log).

mod apply;
mod log;
pub(crate) mod read;
mod schema;
pub(crate) mod source;
#[cfg(test)]
mod tests;
pub(crate) mod vectorless;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use crate::Error;

pub(crate) use apply::{Failure, Page, Refresh, Row, When};
pub(crate) use log::Log;
pub(crate) use read::Stored;
pub(crate) use source::{Columns, Cost};

/// A connection to the mirror's file. Clones share it and take turns.
#[derive(Clone, Debug)]
pub(crate) struct Mirror {
    path: PathBuf,
    connection: Arc<Mutex<Connection>>,
}

impl Mirror {
    /// Opens or creates `mirror.sqlite` in the folder.
    ///
    /// # Errors
    /// [`Error::Folder`], [`Error::Mirror`] for a file that is no mirror or is damaged, and
    /// [`Error::OtherVersion`].
    pub(crate) async fn open(folder: &Path) -> Result<Self, Error> {
        let folder = folder.to_owned();
        off_runtime(move || {
            std::fs::create_dir_all(&folder).map_err(|source| Error::Folder {
                folder: folder.clone(),
                source,
            })?;
            Self::connect(folder.join("mirror.sqlite"), schema::prepare)
        })
        .await
    }

    /// Another connection to the same file, which does not wait for this one.
    pub(crate) async fn again(&self) -> Result<Self, Error> {
        let path = self.path.clone();
        off_runtime(move || Self::connect(path, schema::configure)).await
    }

    fn connect(
        path: PathBuf,
        prepare: impl Fn(&mut Connection) -> Result<(), schema::Refusal>,
    ) -> Result<Self, Error> {
        let mut connection = Connection::open(&path).map_err(|source| failed(&path, source))?;
        connection.set_prepared_statement_cache_capacity(64);
        prepare(&mut connection).map_err(|refusal| match refusal {
            schema::Refusal::Sqlite(source) => failed(&path, source),
            schema::Refusal::Version { found, expected } => Error::OtherVersion {
                path: path.clone(),
                found,
                expected,
            },
        })?;
        Ok(Self {
            path,
            connection: Arc::new(Mutex::new(connection)),
        })
    }

    /// Runs `work` on the connection, away from the async runtime.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let mirror = self.clone();
        off_runtime(move || mirror.call_blocking(work)).await
    }

    /// The same on this thread, which must be one that may block.
    pub(crate) fn call_blocking<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        // A panic elsewhere rolled its transaction back, so the connection is as good as before.
        let mut connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        work(&mut connection).map_err(|source| failed(&self.path, source))
    }
}

/// A count, which SQLite keeps as a signed number.
pub(crate) fn count(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}

/// A count as SQLite keeps it.
pub(crate) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn failed(path: &Path, source: rusqlite::Error) -> Error {
    Error::Mirror {
        path: path.to_owned(),
        source,
    }
}

/// Runs blocking work on a thread for it.
pub(crate) async fn off_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(stopped) => Err(Error::Worker(stopped.to_string())),
    }
}
