//! Counts API calls, by kind and against the allocation of 24 hours.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};

use super::state::App;
use crate::error::ApiError;

/// The allocation that is reported when none was set; nothing is refused then.
const REPORTED_ALLOCATION: u64 = 100_000;
/// The span for which the allocation holds, in seconds.
const DAY: i64 = 86_400;

pub(crate) struct Meter {
    limit: Option<u64>,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    total: u64,
    /// The calls of the last 24 hours by the second in which they came, and their sum.
    recent: BTreeMap<i64, u64>,
    recent_sum: u64,
    sign_ins: u64,
    by_kind: BTreeMap<&'static str, u64>,
}

/// What `GET /__devorg/calls` shows.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Calls {
    /// Calls since the start.
    pub total: u64,
    /// Calls of the last 24 hours, which count against the allocation.
    pub used: u64,
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
    pub fn count(&self, kind: &'static str, now: DateTime<Utc>) -> Result<(), ApiError> {
        let mut used = self.lock();
        let recent = used.recent(now);
        if self.limit.is_some_and(|limit| recent >= limit) {
            return Err(spent());
        }
        used.total += 1;
        used.recent_sum += 1;
        *used.recent.entry(now.timestamp()).or_default() += 1;
        *used.by_kind.entry(kind).or_default() += 1;
        Ok(())
    }

    pub fn count_sign_in(&self) {
        self.lock().sign_ins += 1;
    }

    /// The value of `Sforce-Limit-Info`.
    pub fn limit_info(&self, now: DateTime<Utc>) -> String {
        format!("api-usage={}/{}", self.lock().recent(now), self.limit())
    }

    pub fn remaining(&self, now: DateTime<Utc>) -> u64 {
        self.limit().saturating_sub(self.lock().recent(now))
    }

    pub fn calls(&self, now: DateTime<Utc>) -> Calls {
        let mut used = self.lock();
        Calls {
            used: used.recent(now),
            total: used.total,
            limit: self.limit(),
            sign_ins: used.sign_ins,
            by_kind: used.by_kind.clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Used {
    /// How many calls the 24 hours before `now` saw; older ones are forgotten.
    fn recent(&mut self, now: DateTime<Utc>) -> u64 {
        let since = now.timestamp() - DAY;
        while let Some(first) = self.recent.first_entry() {
            if *first.key() > since {
                break;
            }
            self.recent_sum -= first.remove();
        }
        self.recent_sum
    }
}

/// The refusal of a call beyond the allocation.
pub(crate) fn spent() -> ApiError {
    ApiError::new(
        403,
        "REQUEST_LIMIT_EXCEEDED",
        "TotalRequests Limit exceeded.",
    )
}

/// Counts the call and lets it pass, or refuses it.
pub(crate) async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    let kind = kind(request.method(), request.uri().path());
    match app.meter.count(kind, app.clock.now()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
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
