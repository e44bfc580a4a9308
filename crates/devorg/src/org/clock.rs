//! What time it is in the org.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// The org's clock; clones tell the same time.
///
/// It runs with the machine's until it is stopped at a time, or set running from one.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    stopped: Option<DateTime<Utc>>,
    /// While it runs: how far it is from the machine's.
    ahead: TimeDelta,
    /// How far it is off, by a fault plan.
    skew: TimeDelta,
}

impl Clock {
    pub fn now(&self) -> DateTime<Utc> {
        let state = self.lock();
        let time = state
            .stopped
            .unwrap_or_else(|| later(Utc::now(), state.ahead));
        later(time, state.skew)
    }

    /// Stops the clock at a time.
    pub fn stop_at(&self, time: DateTime<Utc>) {
        self.lock().stopped = Some(time);
    }

    /// Lets the clock run on from a time.
    pub fn run_from(&self, time: DateTime<Utc>) {
        let mut state = self.lock();
        state.stopped = None;
        state.ahead = time - Utc::now();
    }

    /// Lets the clock run with the machine's.
    pub fn run(&self) {
        let mut state = self.lock();
        state.stopped = None;
        state.ahead = TimeDelta::zero();
    }

    /// Puts the clock off by so much, whether it stands or runs.
    pub fn set_skew(&self, skew: TimeDelta) {
        self.lock().skew = skew;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Beyond the calendar's end time stands still.
fn later(time: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    time.checked_add_signed(by).unwrap_or(time)
}
