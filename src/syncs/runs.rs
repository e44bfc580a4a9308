//! The book of runs: which wait, which one goes on, and how the last ones ended.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use domain::ObjectName;
use indexer::{Depth, Event, Phase, Report, Request, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Phases;

/// How many runs that have ended are remembered, for those who follow one.
const REMEMBERED: usize = 64;

/// What has become of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requested {
    pub id: Uuid,
    /// False when it is the same as one that waits already.
    pub is_new: bool,
    /// Whether it waits for the end of a running one.
    pub queued: bool,
}

/// A run, from its request to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SyncRun)]
pub struct RunStatus {
    pub id: Uuid,
    pub state: RunState,
    pub depth: Depth,
    /// Share rows and teams alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sharing: bool,
    /// Documents of these objects; all when it is empty.
    pub objects: Vec<ObjectName>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    /// API calls, once it has come to its end.
    pub calls: Option<u64>,
    /// Why it ended early, or which objects were refused.
    pub error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SyncRunState)]
pub enum RunState {
    /// Waits for the end of the running one.
    Queued,
    Running,
    Complete,
    /// It was stopped, objects were refused, or documents wait for their vectors.
    Incomplete,
    /// It gave up where the budget of API calls is used, as it was asked to, or where the org has
    /// none left.
    OutOfBudget,
    Failed,
}

/// The run that goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = RunningSync)]
pub struct Running {
    pub id: Uuid,
    pub depth: Depth,
    /// Share rows and teams alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sharing: bool,
    /// Documents of these objects; all when it is empty.
    pub objects: Vec<ObjectName>,
    pub started_at: DateTime<Utc>,
    /// What it does now; its keys are absent before the first page.
    #[serde(flatten)]
    pub step: Option<Step>,
}

/// One phase of one object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SyncStep)]
pub struct Step {
    #[schema(required = false)]
    pub object: ObjectName,
    #[schema(required = false)]
    pub phase: StepPhase,
    /// Rows read or documents indexed in this run, and how many there will be.
    #[schema(required = false)]
    pub done: u64,
    pub total: Option<u64>,
    /// A second.
    #[schema(required = false)]
    pub rate: f64,
    /// Until the end of this step, at this rate.
    pub remaining_seconds: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SyncStepPhase)]
pub enum StepPhase {
    /// Rows come from Salesforce.
    Pull,
    /// Documents go into the index.
    Build,
}

/// All runs of this process that are remembered.
#[derive(Debug, Default)]
pub(super) struct Runs {
    waiting: Vec<(Uuid, Request)>,
    running: Option<RunStatus>,
    ended: VecDeque<RunStatus>,
}

impl Runs {
    /// Adds a request, unless the same waits already, or the run of this id is known.
    pub fn ask(&mut self, request: &Request, id: Option<Uuid>) -> Requested {
        if let Some(known) = id.and_then(|id| self.status_of(id)) {
            return Requested {
                id: known.id,
                is_new: false,
                queued: known.state == RunState::Queued,
            };
        }
        let same = self.waiting.iter().find(|(_, other)| other == request);
        if let Some((id, _)) = same {
            return Requested {
                id: *id,
                is_new: false,
                queued: true,
            };
        }
        let queued = self.running.is_some() || !self.waiting.is_empty();
        Requested {
            id: self.add(request, id.unwrap_or_else(Uuid::new_v4)),
            is_new: true,
            queued,
        }
    }

    pub fn add(&mut self, request: &Request, id: Uuid) -> Uuid {
        self.waiting.push((id, request.clone()));
        id
    }

    pub fn running(&self, step: Option<Step>) -> Option<Running> {
        let run = self.running.as_ref()?;
        Some(Running {
            id: run.id,
            depth: run.depth,
            sharing: run.sharing,
            objects: run.objects.clone(),
            started_at: run.started_at?,
            step,
        })
    }

    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub fn last(&self) -> Option<&RunStatus> {
        self.ended.back()
    }

    pub fn status_of(&self, id: Uuid) -> Option<RunStatus> {
        if let Some((_, request)) = self.waiting.iter().find(|(waiting, _)| *waiting == id) {
            return Some(RunStatus::new(id, request));
        }
        let mut known = self.running.iter().chain(&self.ended);
        known.find(|run| run.id == id).cloned()
    }

    fn begin(&mut self, id: Uuid) {
        self.running = self.take_waiting(id).map(|run| RunStatus {
            state: RunState::Running,
            started_at: Some(Utc::now()),
            ..run
        });
    }

    fn end(&mut self, id: Uuid, state: RunState, calls: Option<u64>, error: Option<String>) {
        let running = self.running.take_if(|running| running.id == id);
        let Some(run) = running.or_else(|| self.take_waiting(id)) else {
            return;
        };
        if self.ended.len() == REMEMBERED {
            self.ended.pop_front();
        }
        self.ended.push_back(RunStatus {
            state,
            calls,
            error,
            ended_at: Some(Utc::now()),
            ..run
        });
    }

    fn take_waiting(&mut self, id: Uuid) -> Option<RunStatus> {
        let place = self.waiting.iter().position(|(other, _)| *other == id)?;
        let (id, request) = self.waiting.remove(place);
        Some(RunStatus::new(id, &request))
    }
}

impl RunStatus {
    fn new(id: Uuid, request: &Request) -> Self {
        Self {
            id,
            state: RunState::Queued,
            depth: request.depth,
            sharing: request.scope == Scope::Sharing,
            objects: match &request.scope {
                Scope::All | Scope::Sharing => Vec::new(),
                Scope::Objects(objects) => objects.iter().cloned().collect(),
            },
            started_at: None,
            ended_at: None,
            calls: None,
            error: None,
        }
    }

    pub fn has_ended(&self) -> bool {
        self.ended_at.is_some()
    }
}

/// The right to carry out one run. However that ends, the book is told.
pub(super) struct Ticket {
    runs: Arc<Mutex<Runs>>,
    id: Uuid,
}

impl Ticket {
    pub fn new(runs: Arc<Mutex<Runs>>, id: Uuid) -> Self {
        Self { runs, id }
    }

    pub fn id(&self) -> Uuid {
        self.id
    }

    pub fn begin(&self) {
        self.with(|runs| runs.begin(self.id));
    }

    pub fn end(self, outcome: Result<Report, indexer::Error>) -> Result<Report, indexer::Error> {
        let (state, error) = judged(&outcome);
        if let Some(error) = &error {
            let told = match &outcome {
                Err(indexer::Error::Models(error)) => error.without_its_words(),
                Ok(_) | Err(_) => error.clone(),
            };
            tracing::error!(run.id = %self.id, error = told, "sync incomplete");
        }
        let calls = outcome.as_ref().ok().map(|report| report.calls);
        self.with(|runs| runs.end(self.id, state, calls, error));
        outcome
    }

    fn with(&self, act: impl FnOnce(&mut Runs)) {
        act(&mut self.runs.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // After an end there is nothing left to end.
        let error = "the sync ended in the middle of its work; the log says more".to_owned();
        self.with(|runs| runs.end(self.id, RunState::Failed, None, Some(error)));
    }
}

fn judged(outcome: &Result<Report, indexer::Error>) -> (RunState, Option<String>) {
    let report = match outcome {
        Ok(report) => report,
        Err(
            error @ (indexer::Error::Quota { .. }
            | indexer::Error::Salesforce(salesforce::Error::QuotaSpent { .. })),
        ) => return (RunState::OutOfBudget, Some(error.to_string())),
        Err(error) => return (RunState::Failed, Some(error.to_string())),
    };
    if !report.complete {
        let stopped = "the sync was stopped; the next one goes on from there";
        return (RunState::Incomplete, Some(stopped.to_owned()));
    }
    let refused = report.objects.iter().filter_map(|object| {
        let error = object.error.as_ref()?;
        Some(format!("{}: {error}", object.object))
    });
    let refused: Vec<_> = refused.collect();
    // The status tells of an outage by itself.
    match (refused.is_empty(), &report.outage) {
        (true, None) => (RunState::Complete, None),
        (true, Some(_)) => (RunState::Incomplete, None),
        (false, _) => (RunState::Incomplete, Some(refused.join("; "))),
    }
}

/// What is worth telling of a running sync: what is read, or else what is indexed.
pub(super) fn current(phases: &Phases) -> Option<Step> {
    let is_current = |phase: Phase| {
        let mut events = phases.values();
        events.find(|event| event.phase == phase && !event.finished)
    };
    let event = is_current(Phase::Pull).or_else(|| is_current(Phase::Build));
    event.map(Step::from)
}

impl From<&Event> for Step {
    fn from(event: &Event) -> Self {
        Self {
            object: event.object.clone(),
            phase: match event.phase {
                Phase::Pull => StepPhase::Pull,
                Phase::Build => StepPhase::Build,
            },
            done: event.done,
            total: event.total,
            rate: event.rate,
            remaining_seconds: event.remaining.map(|left| left.as_secs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_depth(depth: Depth) -> Request {
        Request {
            depth,
            ..Request::default()
        }
    }

    #[test]
    fn the_same_request_waits_once_and_each_run_is_told_to_its_end() {
        let mut runs = Runs::default();
        let first = runs.ask(&of_depth(Depth::Changes), None);
        assert!(first.is_new && !first.queued);
        runs.begin(first.id);
        // What runs already may have passed what changed since: the same request waits.
        let second = runs.ask(&of_depth(Depth::Changes), None);
        let third = runs.ask(&of_depth(Depth::Changes), None);
        let other = runs.ask(&of_depth(Depth::Full), None);
        assert!(second.is_new && second.queued);
        assert_eq!(
            (third.id, third.is_new, third.queued),
            (second.id, false, true)
        );
        assert!(other.is_new && other.queued);
        assert_eq!(runs.waiting(), 2);

        runs.end(first.id, RunState::Complete, Some(7), None);
        assert_eq!(runs.running(None), None);
        let ended = runs.status_of(first.id).unwrap();
        assert_eq!((ended.state, ended.calls), (RunState::Complete, Some(7)));
        assert!(ended.has_ended() && ended.started_at.is_some());
        assert_eq!(runs.status_of(second.id).unwrap().state, RunState::Queued);
        assert_eq!(runs.status_of(Uuid::new_v4()), None);
    }

    #[test]
    fn a_run_that_breaks_off_is_not_running_for_ever() {
        let runs = Arc::new(Mutex::new(Runs::default()));
        let id = runs
            .lock()
            .unwrap()
            .add(&Request::default(), Uuid::new_v4());
        let ticket = Ticket::new(Arc::clone(&runs), id);
        ticket.begin();
        drop(ticket);
        let runs = runs.lock().unwrap();
        assert_eq!(runs.running(None), None);
        assert_eq!(runs.last().map(|run| run.state), Some(RunState::Failed));
    }
}
