//! What the admin is told of the syncs: what is where, what goes on, what comes next, and what
//! disagrees.

mod findings;
pub mod words;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::config::SyncConfig;
use crate::syncs::{RunStatus, Running, Syncs};

pub use findings::{Finding, FindingKind};

/// What `precis status` and `GET /v1/admin/status` show.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StatusReport {
    /// When this was so.
    pub at: DateTime<Utc>,
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
    pub next_reconciliation: Option<DateTime<Utc>>,
    /// How much of the org's API calls may be used before a sync waits, of 1.
    pub api_share: f64,
    /// How often a waiting sync looks whether calls have become free.
    pub api_look_seconds: u64,
    /// Whether everything of the org is in the index, in time: there are no findings.
    pub complete: bool,
    /// What disagrees.
    pub findings: Vec<Finding>,
}

impl StatusReport {
    /// Puts together what ledger and syncs say.
    pub fn new(ledger: indexer::Status, syncs: &Syncs, config: &SyncConfig) -> Self {
        let running = syncs.running();
        let last_run = syncs.last_run();
        let upcoming = syncs.upcoming();
        let mut report = Self {
            at: Utc::now(),
            ledger,
            queued: syncs.waiting(),
            last_error: last_run.as_ref().and_then(|run| run.error.clone()),
            last_run,
            next_sync: upcoming.sync,
            next_reconciliation: upcoming.reconciliation,
            api_share: config.quota.share,
            api_look_seconds: config.quota.look_every.as_secs(),
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
