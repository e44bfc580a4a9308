//! The ledger: what the org has, what the mirror has, what the index has, and why they differ.
//!
//! It stands in the mirror's file and is read through a connection of its own, so that a status can
//! be shown while a sync runs.

mod note;
mod status;

use chrono::{DateTime, Utc};
use domain::ObjectName;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use utoipa::ToSchema;

use crate::Error;
use crate::mirror::Mirror;

pub(crate) use note::{
    RunNote, all_warnings, claim, discovered, forget_plan, links_seen, note_built, note_discovered,
    note_indexed, note_links_seen, note_pause, note_plans, note_profiles, note_run, note_warning,
    planned,
};
pub(crate) use status::as_of;

/// Reads the status at any time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    mirror: Mirror,
    as_of: watch::Receiver<Option<DateTime<Utc>>>,
}

/// What was synced, as of now. Counts are of rows and documents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SyncLedger)]
pub struct Status {
    /// The org's id; none before the first sync.
    pub org: Option<String>,
    pub objects: Vec<ObjectStatus>,
    /// Share tables and teams: rows that are part of no document, but say who reads what.
    #[serde(default)]
    pub sharing: Vec<SourceStatus>,
    /// Everything that Salesforce had at this time is in the index, refused objects aside.
    pub as_of: Option<DateTime<Utc>>,
    pub api: ApiUse,
    /// The sync waits for API calls to become free.
    pub paused: Option<Pause>,
    /// Why the embedding model was left alone in the last run, if it was.
    pub outage: Option<String>,
}

/// API calls: what the syncs of this data folder have made in all, and the org's quota as the last
/// reply told it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiUse {
    pub calls: u64,
    /// Requests that failed, whether or not a repeat then worked.
    pub failed_calls: u64,
    pub org_used: Option<u64>,
    pub org_limit: Option<u64>,
}

/// A wait for API calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SyncPause)]
pub struct Pause {
    pub since: DateTime<Utc>,
    /// Calls that the org had used, and its limit, when the wait began.
    pub used: u64,
    pub limit: u64,
}

/// A document object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ObjectStatus {
    pub object: ObjectName,
    /// The object's label in the org.
    pub label: String,
    /// Records that are documents.
    pub documents: u64,
    /// Documents that the index has, by its own count.
    pub indexed: u64,
    /// Changes that the index has not read yet.
    pub waiting: u64,
    /// Documents that are found by their words alone until the embedding model answers.
    pub vectorless: u64,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceStatus {
    pub object: ObjectName,
    /// Rows that the org has: as last counted, and what changed since. None before the first count.
    pub source_rows: Option<u64>,
    /// Rows that the mirror has.
    pub mirrored: u64,
    /// Rows that could not be taken over; they are tried again.
    pub failed: u64,
    /// Rows that are here without the text of their file, which could not be read.
    pub unread: u64,
    /// Some of both, with the reason.
    pub failures: Vec<FailedRecord>,
    pub started_at: Option<DateTime<Utc>>,
    /// None while a pull runs, or when the last one did not come to its end.
    pub finished_at: Option<DateTime<Utc>>,
    /// What the org had at this time is in the mirror.
    pub checked_at: Option<DateTime<Utc>>,
    /// Seconds since then.
    pub lag_seconds: Option<u64>,
    /// When all rows were last held against the org.
    pub reconciled_at: Option<DateTime<Utc>>,
    /// Changes up to this stamp are in the mirror.
    pub watermark: Option<DateTime<Utc>>,
    /// `rest` or `bulk`.
    pub method: Option<String>,
    /// API calls of the last pull, and of all.
    pub calls: Option<u64>,
    pub all_calls: u64,
    /// Calls that failed, whether or not a repeat then worked.
    pub failed_calls: u64,
}

/// A record that could not be taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailedRecord {
    pub record_id: String,
    pub reason: String,
    pub attempts: u32,
    pub last_at: Option<DateTime<Utc>>,
}

impl SourceStatus {
    /// Whether everything that the org has is here.
    pub fn is_complete(&self) -> bool {
        self.failed == 0 && self.checked_at.is_some() && self.source_rows == Some(self.mirrored)
    }
}

impl ObjectStatus {
    /// Whether the index has everything that the org has.
    pub fn is_complete(&self) -> bool {
        self.waiting == 0
            && self.vectorless == 0
            && self.indexed == self.documents
            && self.sources.iter().all(SourceStatus::is_complete)
    }
}

impl Ledger {
    pub(crate) async fn open(
        mirror: &Mirror,
        as_of: watch::Receiver<Option<DateTime<Utc>>>,
    ) -> Result<Self, Error> {
        Ok(Self {
            mirror: mirror.again().await?,
            as_of,
        })
    }

    /// What was synced, as of now.
    ///
    /// # Errors
    /// [`Error::Mirror`] when the file cannot be read.
    pub async fn status(&self) -> Result<Status, Error> {
        self.mirror
            .call(|mirror| status::status(mirror, Utc::now()))
            .await
    }

    /// Everything that Salesforce had at this time is in the index, as of the last run. No I/O.
    pub fn as_of(&self) -> Option<DateTime<Utc>> {
        *self.as_of.borrow()
    }
}
