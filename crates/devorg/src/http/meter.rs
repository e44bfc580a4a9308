//! Counts API calls, by kind and against the daily allocation.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::Method;

use crate::error::ApiError;

/// The allocation that is reported when none was set; nothing is refused then.
const REPORTED_ALLOCATION: u64 = 100_000;

pub(crate) struct Meter {
    limit: Option<u64>,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    calls: u64,
    sign_ins: u64,
    by_kind: BTreeMap<&'static str, u64>,
}

/// What `GET /__devorg/calls` shows.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Calls {
    /// Calls that counted against the allocation.
    pub total: u64,
    pub limit: u64,
    /// Token requests, which Salesforce does not count as API calls.
    pub sign_ins: u64,
    pub by_kind: BTreeMap<&'static str, u64>,
}

impl Meter {
    pub fn new(limit: Option<u64>) -> Self {
        Self {
            limit,
            used: Mutex::default(),
        }
    }

    pub fn limit(&self) -> u64 {
        self.limit.unwrap_or(REPORTED_ALLOCATION)
    }

    /// Counts one call.
    ///
    /// # Errors
    /// `REQUEST_LIMIT_EXCEEDED` when the allocation is used up; the call is then not counted.
    pub fn count(&self, kind: &'static str) -> Result<(), ApiError> {
        let mut used = self.lock();
        if self.limit.is_some_and(|limit| used.calls >= limit) {
            return Err(ApiError::new(
                403,
                "REQUEST_LIMIT_EXCEEDED",
                "TotalRequests Limit exceeded.",
            ));
        }
        used.calls += 1;
        *used.by_kind.entry(kind).or_default() += 1;
        Ok(())
    }

    pub fn count_sign_in(&self) {
        self.lock().sign_ins += 1;
    }

    /// The value of `Sforce-Limit-Info`.
    pub fn limit_info(&self) -> String {
        format!("api-usage={}/{}", self.lock().calls, self.limit())
    }

    pub fn remaining(&self) -> u64 {
        self.limit().saturating_sub(self.lock().calls)
    }

    pub fn calls(&self) -> Calls {
        let used = self.lock();
        Calls {
            total: used.calls,
            limit: self.limit(),
            sign_ins: used.sign_ins,
            by_kind: used.by_kind.clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The kind under which a call to the resource (the path below the version) is counted.
pub(crate) fn kind(method: &Method, resource: &str) -> &'static str {
    let segments: Vec<&str> = resource
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    match segments.as_slice() {
        ["query", ..] => "query",
        ["queryAll", ..] => "queryAll",
        ["limits", ..] => "limits",
        ["jobs", "query", ..] => "bulkQuery",
        ["jobs", "ingest", ..] => "bulkIngest",
        ["composite", "sobjects", ..] => "collections",
        ["composite", ..] => "composite",
        ["sobjects"] | ["sobjects", _, "describe"] => "describe",
        ["sobjects", _, "updated" | "deleted"] => "replication",
        ["sobjects", ..] if method == Method::GET => "record",
        ["sobjects", ..] => "write",
        _ => "other",
    }
}
