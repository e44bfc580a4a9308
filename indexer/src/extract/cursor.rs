//! Where a pull is.

use chrono::{DateTime, Utc};
use domain::RecordId;
use salesforce::{BulkJob, Locator};
use serde::{Deserialize, Serialize};

/// The place of a pull, as the mirror keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub(super) enum Cursor {
    /// In the middle of REST pages, behind the row with this key.
    Rest {
        /// Whether it is the first pull, which asks only for rows that become documents. A later
        /// one also asks for those that no longer do.
        first: bool,
        after: Option<Key>,
    },
    /// In the middle of the result of a bulk job.
    Bulk {
        job: BulkJob,
        next: Option<Locator>,
        begun: DateTime<Utc>,
    },
    /// Everything up to the watermark is in the mirror.
    Done { watermark: Option<DateTime<Utc>> },
}

/// What rows are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Key {
    /// None if the object has no `SystemModstamp`.
    pub stamp: Option<DateTime<Utc>>,
    /// None for "from this time on".
    pub id: Option<RecordId>,
}

impl Cursor {
    pub(super) fn to_json(&self) -> String {
        // Names, numbers and texts only: there is nothing in it that JSON cannot hold.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// For the status.
    pub(super) fn method(&self) -> &'static str {
        match self {
            Self::Bulk { .. } => "bulk",
            Self::Rest { .. } | Self::Done { .. } => "rest",
        }
    }
}
