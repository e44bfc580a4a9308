//! Runs syncs: at start, on the schedule and on demand, one at a time.

mod export;
mod runs;
mod schedule;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ObjectName;
use indexer::{Event, Indexer, Ledger, Phase, Progress, Report, Request};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use uuid::Uuid;

pub use runs::{Requested, RunState, RunStatus, Running, StepPhase};
use runs::{Runs, Ticket};
pub use schedule::{First, Timetable, Upcoming};

/// What each phase of the running sync has done, by object.
pub type Phases = BTreeMap<(ObjectName, Phase), Event>;

/// The one hand on the indexer. Cheap to clone.
#[derive(Clone)]
pub struct Syncs {
    indexer: Arc<tokio::sync::Mutex<Indexer>>,
    ledger: Ledger,
    runs: Arc<Mutex<Runs>>,
    phases: Arc<watch::Sender<Phases>>,
    upcoming: Arc<Mutex<Upcoming>>,
    stop: CancellationToken,
}

impl Syncs {
    pub fn new(indexer: Indexer) -> Self {
        Self {
            ledger: indexer.ledger(),
            indexer: Arc::new(tokio::sync::Mutex::new(indexer)),
            runs: Arc::default(),
            phases: Arc::new(watch::Sender::new(Phases::new())),
            upcoming: Arc::default(),
            stop: CancellationToken::new(),
        }
    }

    /// Asks for a sync that goes on by itself. While one is running, the new one waits for its end,
    /// and further requests of the same are that one.
    pub fn request(&self, request: Request, id: Option<Uuid>) -> Requested {
        let requested = self.runs().ask(&request, id);
        if requested.is_new {
            let syncs = self.clone();
            let ticket = Ticket::new(Arc::clone(&self.runs), requested.id);
            tokio::spawn(async move { syncs.carry_out(ticket, request).await });
        }
        requested
    }

    /// Begins a sync as a task of its own, so that nothing but [`Syncs::stop`] ends it in the
    /// middle of a page; after a running one, if there is one.
    pub fn begin(&self, request: Request) -> JoinHandle<Result<Report, indexer::Error>> {
        let id = self.runs().add(&request, Uuid::new_v4());
        let ticket = Ticket::new(Arc::clone(&self.runs), id);
        let syncs = self.clone();
        tokio::spawn(async move { syncs.carry_out(ticket, request).await })
    }

    /// Syncs and waits for the end.
    pub async fn run(&self, request: Request) -> Result<Report, indexer::Error> {
        let ended = self.begin(request).await;
        ended.unwrap_or_else(|error| Err(indexer::Error::Worker(error.to_string())))
    }

    /// Lets the running sync finish its page, and no further one begin.
    pub async fn stop(&self) {
        self.stop.cancel();
        let _idle = self.indexer.lock().await;
    }

    /// What the running sync does, for those who draw it; empty before the first.
    pub fn progress(&self) -> watch::Receiver<Phases> {
        self.phases.subscribe()
    }

    /// What the running sync does; none when idle.
    pub fn running(&self) -> Option<Running> {
        let step = runs::current(&self.phases.borrow());
        self.runs().running(step)
    }

    /// How many requests wait for the end of the running sync.
    pub fn waiting(&self) -> usize {
        self.runs().waiting()
    }

    /// How a run is doing, or how it ended; none if it is not known (any more).
    pub fn status_of(&self, run: Uuid) -> Option<RunStatus> {
        self.runs().status_of(run)
    }

    /// The last run of this process that has ended.
    pub fn last_run(&self) -> Option<RunStatus> {
        self.runs().last().cloned()
    }

    /// When the schedule runs the next syncs.
    pub fn upcoming(&self) -> Upcoming {
        *self.upcoming.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn carry_out(&self, ticket: Ticket, request: Request) -> Result<Report, indexer::Error> {
        let mut indexer = self.indexer.lock().await;
        if self.stop.is_cancelled() {
            // An empty report is an incomplete one.
            return ticket.end(Ok(Report::default()));
        }
        self.phases.send_replace(Phases::new());
        ticket.begin();
        let phases = Arc::clone(&self.phases);
        let progress = Progress::new(move |event| {
            phases.send_modify(|phases| {
                phases.insert((event.object.clone(), event.phase), event);
            });
        });
        let span = tracing::info_span!("sync", run.id = %ticket.id());
        let run = indexer.sync(&request, &progress, &self.stop);
        let outcome = run.instrument(span).await;
        ticket.end(outcome)
    }

    fn runs(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
