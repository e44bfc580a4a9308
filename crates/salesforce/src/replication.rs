//! What changed and what was deleted, as Salesforce's replication calls tell it.

use chrono::{DateTime, Utc};
use domain::{ObjectName, RecordId};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::error::Error;
use crate::http::Call;
use crate::time;
use crate::usage::CallKind;

/// Records created or changed in a span of time, the deleted ones left out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Updated {
    pub ids: Vec<RecordId>,
    /// Where the next span has to start; can lie hours before the end that was asked for.
    #[serde(deserialize_with = "time::deserialize")]
    pub latest_date_covered: DateTime<Utc>,
}

/// Records deleted in a span of time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deleted {
    #[serde(rename = "deletedRecords")]
    pub records: Vec<DeletedRecord>,
    /// Deletions before this are forgotten.
    #[serde(deserialize_with = "time::deserialize")]
    pub earliest_date_available: DateTime<Utc>,
    /// Where the next span has to start.
    #[serde(deserialize_with = "time::deserialize")]
    pub latest_date_covered: DateTime<Utc>,
}

/// One deletion.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeletedRecord {
    pub id: RecordId,
    #[serde(deserialize_with = "time::deserialize")]
    pub deleted_date: DateTime<Utc>,
}

pub(crate) async fn updated(
    client: &Client,
    object: &ObjectName,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
) -> Result<Updated, Error> {
    changes(client, object, "updated", start, end).await
}

pub(crate) async fn deleted(
    client: &Client,
    object: &ObjectName,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
) -> Result<Deleted, Error> {
    changes(client, object, "deleted", start, end).await
}

async fn changes<T: DeserializeOwned>(
    client: &Client,
    object: &ObjectName,
    what: &'static str,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
) -> Result<T, Error> {
    let path = client.path(&format!("/sobjects/{object}/{what}/"));
    let call = Call::get(CallKind::Rest, what, path)
        .parameter("start", time::format(start))
        .parameter("end", time::format(end));
    client.http().json(&call).await
}
