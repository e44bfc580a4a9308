//! Bulk API 2.0 queries: a job on the server, whose result is read as CSV.

mod results;

use std::time::Duration;

use domain::{ObjectName, RecordId};
use futures::Stream;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::client::Client;
use crate::error::Error;
use crate::http::Call;
use crate::options::ApiVersion;
use crate::query::Scope;
use crate::soql::Soql;
use crate::usage::CallKind;

pub use results::{BulkPage, Locator};

/// The Bulk API of a client.
#[derive(Debug, Clone)]
pub struct Bulk {
    client: Client,
}

/// A job on the server. It can be stored and gone on with by another process, for seven days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkJob {
    pub id: RecordId,
    pub object: ObjectName,
    /// Results must be read with the version that the job was made with.
    api_version: ApiVersion,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkStatus {
    pub state: BulkState,
    #[serde(default, rename = "numberRecordsProcessed")]
    pub records: u64,
    #[serde(default)]
    error_message: Option<String>,
}

/// The states of a query job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum BulkState {
    UploadComplete,
    InProgress,
    JobComplete,
    Failed,
    Aborted,
}

const FIRST_POLL: Duration = Duration::from_millis(250);
const SLOWEST_POLL: Duration = Duration::from_secs(15);

impl Bulk {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Starts a job.
    ///
    /// # Errors
    /// [`Error::NotBulkable`] for an object or a query that only REST answers.
    pub async fn start(&self, soql: &Soql, scope: Scope) -> Result<BulkJob, Error> {
        if soql.is_count() || soql.has_children() {
            return Err(Error::NotBulkable {
                message: "it takes neither counts nor child subqueries".to_owned(),
            });
        }
        #[derive(Deserialize)]
        struct Started {
            id: RecordId,
        }
        let operation = match scope {
            Scope::Live => "query",
            Scope::All => "queryAll",
        };
        let path = self.client.path("/jobs/query");
        let call = Call::new(Method::POST, CallKind::Bulk, "bulk job", path).json(json!({
            "operation": operation,
            "query": soql.to_string(),
            "contentType": "CSV",
            "columnDelimiter": "COMMA",
            "lineEnding": "LF",
        }));
        let started: Started = self.client.http().json(&call).await?;
        Ok(BulkJob {
            id: started.id,
            object: soql.object().clone(),
            api_version: self.client.options().api_version,
        })
    }

    /// How far the job is.
    ///
    /// # Errors
    /// [`Error::CursorLost`] when the server has forgotten it.
    pub async fn status(&self, job: &BulkJob) -> Result<BulkStatus, Error> {
        let call = Call::get(CallKind::Bulk, "bulk status", job.path(""));
        self.client
            .http()
            .json(&call)
            .await
            .map_err(lost_if_missing)
    }

    /// Waits until the job has its result, and reports each look at it. There is no limit of time:
    /// drop the future to stop waiting.
    ///
    /// # Errors
    /// [`Error::BulkFailed`] when it ends without a result.
    pub async fn wait(
        &self,
        job: &BulkJob,
        mut progress: impl FnMut(&BulkStatus),
    ) -> Result<BulkStatus, Error> {
        let mut pause = FIRST_POLL;
        loop {
            let status = self.status(job).await?;
            progress(&status);
            match status.state {
                BulkState::JobComplete => return Ok(status),
                BulkState::Failed | BulkState::Aborted => {
                    self.client.http().note_failure();
                    return Err(failed(job, status));
                }
                BulkState::UploadComplete | BulkState::InProgress => {}
            }
            tokio::time::sleep(pause).await;
            pause = pause.mul_f64(1.5).min(SLOWEST_POLL);
        }
    }

    /// The result of a complete job from the start or from a stored place, at most `max_records`
    /// rows a request. The CSV is parsed as it arrives; a [`BulkPage`] has at most a few hundred
    /// rows of it, so memory stays bounded whatever `max_records` is. A reply that breaks off is
    /// asked for again and goes on behind the last row that was handed out.
    pub fn pages(
        &self,
        job: &BulkJob,
        from: Option<Locator>,
        max_records: u32,
    ) -> impl Stream<Item = Result<BulkPage, Error>> + Send + use<> {
        results::pages(self.client.clone(), job.clone(), from, max_records)
    }

    /// Stops a job that has not ended yet.
    pub async fn abort(&self, job: &BulkJob) -> Result<(), Error> {
        let call = Call::new(Method::PATCH, CallKind::Bulk, "bulk abort", job.path(""))
            .json(json!({"state": "Aborted"}));
        self.client.http().reply(&call).await?;
        Ok(())
    }

    /// Removes a job that has ended, and its result.
    pub async fn delete(&self, job: &BulkJob) -> Result<(), Error> {
        let call = Call::new(Method::DELETE, CallKind::Bulk, "bulk delete", job.path(""));
        self.client.http().reply(&call).await?;
        Ok(())
    }
}

impl BulkJob {
    fn path(&self, rest: &str) -> String {
        format!("{}/jobs/query/{}{rest}", self.api_version.path(), self.id)
    }
}

fn failed(job: &BulkJob, status: BulkStatus) -> Error {
    Error::BulkFailed {
        job: job.id.to_string(),
        state: format!("{:?}", status.state),
        message: status
            .error_message
            .unwrap_or_else(|| "Salesforce gives no reason".to_owned()),
    }
}

/// A job or result that was there and is not any more.
fn lost_if_missing(error: Error) -> Error {
    if let Error::NotFound { message, .. } = error {
        return Error::CursorLost { message };
    }
    error
}
