//! How a sync tells what it is doing. Nothing is printed here.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ObjectName;

/// Where the events go. Cheap to clone.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<dyn Fn(Event) + Send + Sync>>);

/// What is being done now.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub object: ObjectName,
    pub phase: Phase,
    /// Rows pulled or documents built, in this run.
    pub done: u64,
    /// How many there will be, as far as is known.
    pub total: Option<u64>,
    /// Rows or documents a second, since the phase began.
    pub rate: f64,
    /// At this rate.
    pub remaining: Option<Duration>,
    /// Whether this phase of this object has come to its end.
    pub finished: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Rows come from Salesforce into the mirror.
    Pull,
    /// Documents go from the mirror into the index.
    Build,
}

impl Progress {
    /// Events are given to `report`, which must not block.
    pub fn new(report: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(report)))
    }

    /// Events go nowhere.
    pub fn silent() -> Self {
        Self(None)
    }

    pub(crate) fn begin(&self, object: &ObjectName, phase: Phase, total: Option<u64>) -> Meter {
        let meter = Meter {
            progress: self.clone(),
            object: object.clone(),
            phase,
            begun: Instant::now(),
            done: 0,
            total,
        };
        meter.report(false);
        meter
    }
}

/// The progress of one phase of one object.
pub(crate) struct Meter {
    progress: Progress,
    object: ObjectName,
    phase: Phase,
    begun: Instant,
    done: u64,
    total: Option<u64>,
}

impl Meter {
    pub(crate) fn add(&mut self, more: u64) {
        self.done += more;
        self.report(false);
    }

    pub(crate) fn knows_total(&self) -> bool {
        self.total.is_some()
    }

    /// Says how much there is still to do.
    pub(crate) fn set_left(&mut self, left: u64) {
        self.total = Some(self.done + left);
        self.report(false);
    }

    pub(crate) fn finish(self) {
        self.report(true);
    }

    fn report(&self, finished: bool) {
        let Some(report) = &self.progress.0 else {
            return;
        };
        let seconds = self.begun.elapsed().as_secs_f64();
        let rate = if seconds > 0.0 {
            self.done as f64 / seconds
        } else {
            0.0
        };
        let left = self.total.map(|total| total.saturating_sub(self.done));
        let remaining = left
            .filter(|_| rate > 0.0)
            .and_then(|left| Duration::try_from_secs_f64(left as f64 / rate).ok());
        report(Event {
            object: self.object.clone(),
            phase: self.phase,
            done: self.done,
            total: self.total,
            rate,
            remaining,
            finished,
        });
    }
}
