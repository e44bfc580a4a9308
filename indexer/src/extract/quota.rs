//! The budget of API calls: sync slows down before it, and waits at it.

use std::time::Duration;

use chrono::Utc;
use salesforce::Client;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::mirror::Mirror;
use crate::{Error, ledger};

/// How much of the org's API calls of 24 hours may be used before a sync waits. Everybody's calls
/// count, not only those of precis: what is left is for the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuotaPolicy {
    /// Of 1.
    pub share: f64,
    /// How often a waiting sync looks whether calls have become free. A look costs a call.
    pub look_every: Duration,
}

/// From this part of the budget on, calls are slowed down.
const SLOW_FROM: f64 = 0.9;

/// The wait before a call when the budget is all but used.
const SLOWEST: Duration = Duration::from_secs(5);

/// Keeps the budget for one run.
#[derive(Clone)]
pub(crate) struct Quota {
    pub salesforce: Client,
    pub mirror: Mirror,
    pub policy: QuotaPolicy,
    /// Whether to wait for calls to become free, or to give up.
    pub patient: bool,
    pub stop: CancellationToken,
}

impl Quota {
    /// Waits until a call is within the budget. Asked to stop, it comes back at once; whoever calls
    /// looks at that first.
    ///
    /// # Errors
    /// [`Error::Quota`] where nobody wants to wait.
    pub(crate) async fn admit(&self) -> Result<(), Error> {
        let used = self.used();
        if used < SLOW_FROM {
            return Ok(());
        }
        if used < 1.0 {
            let near = (used - SLOW_FROM) / (1.0 - SLOW_FROM);
            self.sleep(SLOWEST.mul_f64(near)).await;
            return Ok(());
        }
        self.wait().await
    }

    /// Waits although the budget seems to have room: Salesforce itself says that it has not.
    pub(crate) async fn wait(&self) -> Result<(), Error> {
        let usage = self.salesforce.usage();
        let (used, limit) = (usage.api_used.unwrap_or(0), usage.api_limit.unwrap_or(0));
        if !self.patient {
            return Err(Error::Quota {
                used,
                limit,
                share: self.policy.share,
            });
        }
        tracing::warn!(
            used,
            limit,
            share = self.policy.share,
            "sync waits for API calls"
        );
        let pause = json!({ "since": Utc::now(), "used": used, "limit": limit });
        self.mirror
            .call(move |mirror| ledger::note_pause(mirror, Some(&pause.to_string())))
            .await?;
        loop {
            self.sleep(self.policy.look_every).await;
            if self.stop.is_cancelled() {
                break;
            }
            match self.salesforce.limits().await {
                Ok(_) if self.used() < 1.0 => break,
                Ok(_) | Err(salesforce::Error::QuotaSpent { .. }) => {}
                Err(error) => tracing::warn!(%error, "the API limits cannot be read"),
            }
        }
        tracing::info!("sync goes on");
        self.mirror
            .call(|mirror| ledger::note_pause(mirror, None))
            .await
    }

    /// What part of the budget is used.
    fn used(&self) -> f64 {
        let usage = self.salesforce.usage();
        match (usage.api_used, usage.api_limit) {
            (Some(used), Some(limit)) if limit > 0 => {
                used as f64 / (limit as f64 * self.policy.share)
            }
            _ => 0.0,
        }
    }

    async fn sleep(&self, time: Duration) {
        self.stop
            .run_until_cancelled(tokio::time::sleep(time))
            .await;
    }
}
