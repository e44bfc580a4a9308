//! Runs syncs: at start, on the schedule and on demand, one at a time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{Document, ObjectName};
use futures::{Stream, StreamExt};
use indexer::{Event, Indexer, Phase, Progress, Report, Request};
use tokio::sync::{OwnedMutexGuard, watch};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// What each phase of the running sync has done, by object.
pub type Phases = BTreeMap<(ObjectName, Phase), Event>;

/// The one hand on the indexer. Cheap to clone.
#[derive(Clone)]
pub struct Syncs {
    indexer: Arc<tokio::sync::Mutex<Indexer>>,
    phases: Arc<watch::Sender<Phases>>,
    last_error: Arc<Mutex<Option<String>>>,
    stop: CancellationToken,
}

impl Syncs {
    pub fn new(indexer: Indexer) -> Self {
        Self {
            indexer: Arc::new(tokio::sync::Mutex::new(indexer)),
            phases: Arc::new(watch::Sender::new(Phases::new())),
            last_error: Arc::default(),
            stop: CancellationToken::new(),
        }
    }

    /// Starts a sync that goes on by itself. While one is running, the new one waits for its end;
    /// then the answer is false.
    pub fn request(&self, request: Request) -> bool {
        let syncs = self.clone();
        match Arc::clone(&self.indexer).try_lock_owned() {
            Ok(indexer) => {
                tokio::spawn(async move { syncs.sync(indexer, request).await });
                true
            }
            Err(_) => {
                tokio::spawn(async move { syncs.run(request).await });
                false
            }
        }
    }

    /// Syncs and waits for the end; after a running one, if there is one.
    pub async fn run(&self, request: Request) -> Result<Report, indexer::Error> {
        let indexer = Arc::clone(&self.indexer).lock_owned().await;
        self.sync(indexer, request).await
    }

    /// Syncs everything now and then again and again.
    pub fn schedule(&self, every: Option<Duration>) {
        let syncs = self.clone();
        tokio::spawn(async move {
            loop {
                // The error is kept for the status and logged; the next run may go better.
                let _ = syncs.run(Request::default()).await;
                let Some(every) = every else { return };
                tokio::select! {
                    () = tokio::time::sleep(every) => {}
                    () = syncs.stop.cancelled() => return,
                }
            }
        });
    }

    /// Lets the running sync finish its page, and no further one begin.
    pub async fn stop(&self) {
        self.stop.cancel();
        let _idle = self.indexer.lock().await;
    }

    /// What the running sync does; empty when idle.
    pub fn progress(&self) -> watch::Receiver<Phases> {
        self.phases.subscribe()
    }

    /// In words, for the status; none when idle.
    pub fn running(&self) -> Option<String> {
        if self.indexer.try_lock().is_ok() {
            return None;
        }
        let phases = self.phases.borrow();
        let current = phases.values().find(|event| !event.finished);
        Some(current.map_or_else(|| "starting".to_owned(), in_words))
    }

    /// Why the last sync is incomplete: it ended early, or objects were refused; none if it is whole.
    pub fn last_error(&self) -> Option<String> {
        let last = self.last_error.lock();
        last.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every indexed document as one line of JSON, as of the last commit. Waits for a running sync.
    pub fn export(&self) -> impl Stream<Item = std::io::Result<Vec<u8>>> + Send + use<> {
        let indexer = Arc::clone(&self.indexer);
        futures::stream::unfold(None, move |documents| {
            let indexer = Arc::clone(&indexer);
            async move {
                let mut documents = match documents {
                    Some(documents) => documents,
                    None => indexer.lock().await.writer().documents(),
                };
                let line = match documents.next().await? {
                    Ok(document) => line(&document),
                    Err(error) => Err(std::io::Error::other(error)),
                };
                Some((line, Some(documents)))
            }
        })
        .boxed()
    }

    async fn sync(
        &self,
        mut indexer: OwnedMutexGuard<Indexer>,
        request: Request,
    ) -> Result<Report, indexer::Error> {
        self.phases.send_replace(Phases::new());
        let phases = Arc::clone(&self.phases);
        let progress = Progress::new(move |event| {
            phases.send_modify(|phases| {
                phases.insert((event.object.clone(), event.phase), event);
            });
        });
        let run = indexer.sync(&request, &progress, &self.stop);
        let outcome = run.instrument(tracing::info_span!("sync")).await;
        let error = match &outcome {
            Ok(report) => incomplete(report),
            Err(error) => Some(error.to_string()),
        };
        if let Some(error) = &error {
            tracing::error!(error = %error, "sync incomplete");
        }
        *self
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = error;
        outcome
    }
}

/// What a sync that came to its end could not do: objects that were refused, vectors that are
/// still to come.
fn incomplete(report: &Report) -> Option<String> {
    let refused = report.objects.iter().filter_map(|object| {
        let error = object.error.as_ref()?;
        Some(format!("{}: {error}", object.object))
    });
    let outage = report.outage.iter();
    let outage = outage.map(|reason| format!("documents wait for their vectors: {reason}"));
    let problems: Vec<_> = refused.chain(outage).collect();
    (!problems.is_empty()).then(|| problems.join("; "))
}

/// "Case: 1200 of 5000 records read".
fn in_words(event: &Event) -> String {
    let total = event
        .total
        .map_or(String::new(), |total| format!(" of {total}"));
    let doing = match event.phase {
        Phase::Pull => "records read",
        Phase::Build => "documents indexed",
    };
    format!("{}: {}{total} {doing}", event.object, event.done)
}

/// The contract of `precis export`.
fn line(document: &Document) -> std::io::Result<Vec<u8>> {
    let records: Vec<_> = document
        .records
        .iter()
        .map(|record| {
            let fields: serde_json::Map<_, _> = record
                .fields
                .iter()
                .map(|text| (text.field.to_string(), text.text.clone().into()))
                .collect();
            serde_json::json!({
                "record_id": record.record_id,
                "object": record.object,
                "fields": fields,
            })
        })
        .collect();
    let title = document.title.as_ref().map(|title| title.text.clone());
    let mut line = serde_json::to_vec(&serde_json::json!({
        "id": document.id,
        "object": document.object,
        "title": title.unwrap_or_else(|| document.plain_title()),
        "url": document.url,
        "parents": document.parents,
        "records": records,
    }))?;
    line.push(b'\n');
    Ok(line)
}
