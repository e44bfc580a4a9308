//! What the admin is told of the syncs: what is where, what goes on, what comes next, and what
//! disagrees.

mod findings;
pub mod words;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::audit::AuditStatus;
use crate::config::{Config, Role};
use crate::prompts::PromptProblem;
use crate::syncs::{RunStatus, Running, Syncs};

pub use findings::{Finding, FindingKind};

/// What `precis status` and `GET /v1/admin/status` show.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StatusReport {
    /// When this was so.
    pub at: DateTime<Utc>,
    /// What the node does that tells it.
    #[serde(default)]
    pub role: Role,
    #[serde(flatten)]
    pub ledger: indexer::Status,
    /// The running sync; none when idle.
    pub running: Option<Running>,
    /// Requests that wait for its end.
    pub queued: usize,
    /// The last sync of this process that has ended.
    pub last_run: Option<RunStatus>,
    /// Why that one ended early, or what it had to leave out.
    pub last_error: Option<String>,
    /// When the schedule begins the next ones; none where nothing is scheduled or no `precis serve`
    /// keeps the schedule.
    pub next_sync: Option<DateTime<Utc>>,
    pub next_sharing: Option<DateTime<Utc>>,
    pub next_reconciliation: Option<DateTime<Utc>>,
    /// How much of the org's API calls may be used before a sync waits, of 1.
    pub api_share: f64,
    /// How often a waiting sync looks whether calls have become free.
    pub api_look_seconds: u64,
    /// The audit trail, and how far Azure is behind it.
    #[serde(default)]
    pub audit: Option<AuditStatus>,
    /// Prompt files that cannot be used; older versions go on in their place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<PromptProblem>,
    /// Whether everything of the org is in the index, in time: there are no findings.
    pub complete: bool,
    /// What disagrees.
    pub findings: Vec<Finding>,
}

impl StatusReport {
    /// Puts together what ledger and syncs say; a node that does not sync has none of these.
    pub fn new(ledger: indexer::Status, syncs: Option<&Syncs>, config: &Config) -> Self {
        let running = syncs.and_then(Syncs::running);
        let last_run = syncs.and_then(Syncs::last_run);
        let upcoming = syncs.map(Syncs::upcoming).unwrap_or_default();
        let role = config.role;
        let config = &config.sync;
        let mut report = Self {
            at: Utc::now(),
            role,
            ledger,
            queued: syncs.map_or(0, Syncs::waiting),
            last_error: last_run.as_ref().and_then(|run| run.error.clone()),
            last_run,
            next_sync: upcoming.sync,
            next_sharing: upcoming.sharing,
            next_reconciliation: upcoming.reconciliation,
            api_share: config.quota.share,
            api_look_seconds: config.quota.look_every.as_secs(),
            audit: None,
            prompts: Vec::new(),
            complete: false,
            findings: Vec::new(),
            running,
        };
        if report.running.is_none() {
            // Left over from a process that was killed while it waited.
            report.ledger.paused = None;
        }
        report.findings = findings::of(&report, &config.schedules);
        report.complete = report.findings.is_empty();
        report
    }

    /// "Waiting for API calls: …"; none while the sync does not wait.
    pub fn pause_in_words(&self) -> Option<String> {
        let pause = self.ledger.paused.as_ref()?;
        Some(format!(
            "Waiting for API calls: {} of {} used, precis keeps to {:.0} %; looks again every {}",
            words::thousands(pause.used),
            words::thousands(pause.limit),
            self.api_share * 100.0,
            words::duration(Duration::from_secs(self.api_look_seconds)),
        ))
    }
}

#[cfg(test)]
pub mod samples {
    //! Reports to test with.

    use serde_json::{Value, json};

    use super::StatusReport;

    /// A Case with comments and an Account, all in step, at 10:44 UTC.
    pub fn in_step() -> Value {
        json!({
            "at": "2026-11-23T10:44:00Z",
            "org": "00D000000000001AAA",
            "as_of": "2026-11-23T10:42:00Z",
            "api": {"calls": 1204, "failed_calls": 3, "org_used": 15000, "org_limit": 100000},
            "paused": null, "outage": null, "running": null, "queued": 0,
            "last_run": null, "last_error": null,
            "next_sync": "2026-11-23T10:45:00Z",
            "next_sharing": null,
            "next_reconciliation": "2026-11-24T03:00:00Z",
            "api_share": 0.8, "api_look_seconds": 600, "complete": true, "findings": [],
            "objects": [
                object("Account", 1200, &["Account"]),
                object("Case", 52341, &["CaseComment", "Case"]),
            ],
        })
    }

    fn object(name: &str, documents: u64, sources: &[&str]) -> Value {
        let sources: Vec<_> = sources.iter().map(|name| source(name, documents)).collect();
        json!({
            "object": name, "label": name, "documents": documents, "indexed": documents,
            "waiting": 0, "vectorless": 0, "skipped": 0, "built_at": null, "warnings": [],
            "sources": sources,
        })
    }

    fn source(name: &str, rows: u64) -> Value {
        json!({
            "object": name, "source_rows": rows, "mirrored": rows, "failed": 0, "unread": 0, "failures": [],
            "started_at": "2026-11-23T10:41:50Z", "finished_at": "2026-11-23T10:42:01Z",
            "checked_at": "2026-11-23T10:42:00Z", "lag_seconds": 120, "reconciled_at": null,
            "watermark": null, "method": "rest", "calls": 1, "all_calls": 40, "failed_calls": 0,
        })
    }

    /// The report with these values in place of its own, by JSON pointer.
    pub fn report(changes: &[(&str, Value)]) -> StatusReport {
        let mut report = in_step();
        for (place, value) in changes {
            let (parent, key) = place.rsplit_once('/').unwrap();
            let parent = report.pointer_mut(parent).unwrap();
            parent[key] = value.clone();
        }
        serde_json::from_value(report).unwrap()
    }
}
