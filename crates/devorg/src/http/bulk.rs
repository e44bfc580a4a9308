//! Bulk API 2.0: query jobs whose results are CSV pages, and ingest jobs.

mod format;
mod ingest;
mod query;
mod result;
mod table;

use axum::Router;

use super::state::App;
use crate::error::ApiError;
use ingest::IngestJob;
use query::QueryJob;
use table::Table;

pub(crate) fn routes() -> Router<App> {
    query::routes().merge(ingest::routes())
}

/// All jobs of the org.
#[derive(Default)]
pub(crate) struct Jobs {
    queries: Table<QueryJob>,
    ingests: Table<IngestJob>,
}

impl Jobs {
    /// The object of a query job.
    pub fn object_of(&self, id: &str) -> Option<String> {
        self.queries.peek(id, |job| job.object().to_owned())
    }

    /// Forgets a query job, as if it had never been.
    pub fn lose(&self, id: &str) {
        self.queries.remove(id);
    }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum JobState {
    /// An ingest job that waits for its data.
    Open,
    UploadComplete,
    InProgress,
    JobComplete,
    Failed,
    Aborted,
}

fn invalid_state(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("INVALIDJOBSTATE", message)
}
