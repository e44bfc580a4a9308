//! What can go wrong in a sync, by what the caller can do about it.

use std::path::PathBuf;

use domain::ObjectName;

/// Why a sync did not start or did not come to its end. What was committed stays, and the next run
/// goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The profiles in the config have to be changed; each line names what is wrong.
    #[error("the object profiles have problems:\n  {}", .0.join("\n  "))]
    Profiles(Vec<String>),
    /// The scope of a sync names an object that is no document.
    #[error("{0} is not synced: it has no object profile, or its profile is turned off")]
    UnknownObject(ObjectName),
    /// The data folder was filled from another org.
    #[error("the data folder {} holds the org {mirror}, but the credentials are for {configured}; give this org a data folder of its own", folder.display())]
    OtherOrg {
        folder: PathBuf,
        mirror: String,
        configured: String,
    },
    /// Made by another version of precis.
    #[error("{} has layout {found}, this version of precis reads {expected}; move it away and sync again", path.display())]
    OtherVersion {
        path: PathBuf,
        found: i64,
        expected: i64,
    },
    /// The local copy cannot be read or written. Nothing is lost but time: the org has everything.
    #[error("cannot use {}: {source}; if the file is damaged, move it away and sync again", path.display())]
    Mirror {
        path: PathBuf,
        source: rusqlite::Error,
    },
    /// The disk refused: permissions or space.
    #[error("cannot use the data folder {}: {source}", folder.display())]
    Folder {
        folder: PathBuf,
        source: std::io::Error,
    },
    /// Salesforce could not be asked; its own error says what to do.
    #[error(transparent)]
    Salesforce(#[from] salesforce::Error),
    /// The sync would eat into the calls that the config leaves to others.
    #[error("{used} of the org's {limit} API calls of 24 hours are used, and sync.api_share leaves precis {:.0} % of them; what was read is kept, run it again later or raise the share", share * 100.0)]
    Quota { used: u64, limit: u64, share: f64 },
    /// The embedding model or its cache failed.
    #[error(transparent)]
    Models(#[from] models::Error),
    /// The index could not be written.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A worker thread ended early: the process is shutting down, or precis has a fault.
    #[error("a worker of the sync ended early: {0}")]
    Worker(String),
}
