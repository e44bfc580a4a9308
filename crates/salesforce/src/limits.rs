//! What the org may use in 24 hours, and what is left.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The org's allocations by name, as `/limits` lists them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Limits(BTreeMap<String, Allowance>);

/// One allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Allowance {
    pub max: i64,
    /// Can be negative: some limits are enforced late.
    pub remaining: i64,
}

impl Limits {
    /// One allocation by Salesforce's name for it.
    pub fn get(&self, name: &str) -> Option<Allowance> {
        self.0.get(name).copied()
    }

    /// API calls in 24 hours.
    pub fn daily_api_requests(&self) -> Option<Allowance> {
        self.get("DailyApiRequests")
    }

    /// Bulk query jobs in 24 hours.
    pub fn daily_bulk_queries(&self) -> Option<Allowance> {
        self.get("DailyBulkV2QueryJobs")
    }
}
