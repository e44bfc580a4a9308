//! How much of the org's API quota this client has used, and how much is left.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// What this client has called so far, and the org's quota as the newest reply told it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// API calls made by this client and its clones, repeats included, sign-ins not.
    pub calls: u64,
    pub by_kind: UsageByKind,
    /// Requests that failed, sign-ins included, whether or not a repeat then worked.
    pub failed: u64,
    /// Calls of the whole org in the last 24 hours (`Sforce-Limit-Info`).
    pub api_used: Option<u64>,
    /// Calls that the org may make in 24 hours.
    pub api_limit: Option<u64>,
}

/// Requests sent, by what they were for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UsageByKind {
    pub login: u64,
    /// Describe, limits, files, changes since.
    pub rest: u64,
    /// Query pages, access checks included.
    pub query: u64,
    pub bulk: u64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum CallKind {
    Login,
    Rest,
    Query,
    Bulk,
}

/// The counters behind [`Usage`].
#[derive(Debug, Default)]
pub(crate) struct Meter {
    login: AtomicU64,
    rest: AtomicU64,
    query: AtomicU64,
    bulk: AtomicU64,
    failed: AtomicU64,
    quota: Mutex<Option<Quota>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Quota {
    used: u64,
    limit: u64,
}

impl Meter {
    pub(crate) fn count(&self, kind: CallKind) {
        let counter = match kind {
            CallKind::Login => &self.login,
            CallKind::Rest => &self.rest,
            CallKind::Query => &self.query,
            CallKind::Bulk => &self.bulk,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn fail(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes the value of a `Sforce-Limit-Info` header; one of another shape is ignored.
    pub(crate) fn read_limit_info(&self, header: &str) {
        if let Some(quota) = parse_limit_info(header) {
            *self.lock() = Some(quota);
        }
    }

    pub(crate) fn usage(&self) -> Usage {
        let by_kind = UsageByKind {
            login: self.login.load(Ordering::Relaxed),
            rest: self.rest.load(Ordering::Relaxed),
            query: self.query.load(Ordering::Relaxed),
            bulk: self.bulk.load(Ordering::Relaxed),
        };
        let quota = *self.lock();
        Usage {
            calls: by_kind.rest + by_kind.query + by_kind.bulk,
            by_kind,
            failed: self.failed.load(Ordering::Relaxed),
            api_used: quota.map(|quota| quota.used),
            api_limit: quota.map(|quota| quota.limit),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Quota>> {
        // A plain copy is stored, so a panic elsewhere cannot have left it half-written.
        self.quota
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Reads `api-usage=18/5000`, also when more follows: `…; per-app-api-usage=17/250(appName=x)`.
fn parse_limit_info(header: &str) -> Option<Quota> {
    let usage = header
        .split([';', ','])
        .find_map(|part| part.trim().strip_prefix("api-usage="))?;
    let (used, limit) = usage.split_once('/')?;
    Some(Quota {
        used: used.trim().parse().ok()?,
        limit: limit.trim().parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quota_is_read_from_the_header() {
        let meter = Meter::default();
        meter.read_limit_info("nonsense");
        assert_eq!(meter.usage().api_limit, None);
        meter.read_limit_info("api-usage=18/5000; per-app-api-usage=17/250(appName=x)");
        meter.count(CallKind::Query);
        meter.count(CallKind::Login);
        let usage = meter.usage();
        assert_eq!((usage.api_used, usage.api_limit), (Some(18), Some(5000)));
        assert_eq!(usage.calls, 1);
    }
}
