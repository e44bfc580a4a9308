//! What the language model has taken since the process began, for monitors.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Clones share their counts.
#[derive(Debug, Clone, Default)]
pub struct Spent(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    prompt_tokens: AtomicU64,
    completion_tokens: AtomicU64,
    shown: AtomicU64,
    dropped: AtomicU64,
}

/// The counts at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpentSoFar {
    /// Replies that came to their end.
    pub requests: u64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// Claims of the model that were shown, and those that did not hold.
    pub shown: u64,
    pub dropped: u64,
}

impl Spent {
    /// One reply more.
    pub(super) fn add(&self, usage: &models::Usage) {
        let counts = &self.0;
        counts.requests.fetch_add(1, Ordering::Relaxed);
        let add =
            |count: &AtomicU64, tokens: u32| count.fetch_add(tokens.into(), Ordering::Relaxed);
        add(&counts.prompt_tokens, usage.prompt_tokens);
        add(&counts.completion_tokens, usage.completion_tokens);
    }

    /// What became of the claims of one summary.
    pub(super) fn add_claims(&self, shown: usize, dropped: usize) {
        self.0.shown.fetch_add(shown as u64, Ordering::Relaxed);
        self.0.dropped.fetch_add(dropped as u64, Ordering::Relaxed);
    }

    pub fn so_far(&self) -> SpentSoFar {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        SpentSoFar {
            requests: read(&self.0.requests),
            prompt_tokens: read(&self.0.prompt_tokens),
            completion_tokens: read(&self.0.completion_tokens),
            shown: read(&self.0.shown),
            dropped: read(&self.0.dropped),
        }
    }
}
