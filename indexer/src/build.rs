//! Build: from the mirror into the index, a page of documents at a time.
//!
//! Three stages run at the same time, with at most one page waiting between two of them: reading,
//! cleaning and splitting on a blocking thread; embedding; writing. Each page ends with a commit
//! that carries the position behind it, so the index always knows what it has read, whatever ends
//! the process. While rows are still being pulled, a build keeps up with them.
//!
//! When the embedding model does not answer, documents are written without vectors and noted, so
//! that they are found by their words at once and get their vectors with a later run.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Utc;
use domain::{Document, ObjectName, RecordId};
use models::{CachedEmbedder, Embedder};
use rusqlite::Connection;
use store::{Batch, Writer};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::document::{self, ChildRecord, Parts};
use crate::embed::{self, Embedded};
use crate::ledger;
use crate::mirror::{Mirror, off_runtime, read, vectorless};
use crate::passage::{self, Planned};
use crate::plan::DocumentPlan;
use crate::position::Position;
use crate::progress::{Phase, Progress};
use crate::sharing::Reasons;
use crate::split::Splitter;

/// Documents of a page that the local model embeds: few enough that a page takes seconds.
const LOCAL_DOCUMENTS: usize = 100;

/// The same for a model behind a URL, whose requests are to be full.
const REMOTE_DOCUMENTS: usize = 500;

/// Documents of a page without vectors, where the commit is what takes time.
const PLAIN_DOCUMENTS: usize = 1_000;

/// Characters of source text after which a page ends early.
const CHARACTERS: usize = 4_000_000;

/// What a build needs beside the writer.
#[derive(Clone)]
pub(crate) struct Builder {
    /// A connection of its own, so that reading does not wait for writing.
    pub mirror: Mirror,
    pub splitter: Arc<Splitter>,
    /// Without a slash at its end.
    pub lightning_url: Arc<str>,
    pub embedder: Option<CachedEmbedder>,
    pub outage: Outage,
}

/// Why the embedding model is left alone for the rest of a run; none as long as it answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outage(Arc<Mutex<Option<String>>>);

impl Outage {
    pub(crate) fn reason(&self) -> Option<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn begin(&self, reason: String) {
        tracing::error!(%reason, "documents are indexed without vectors");
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    }
}

/// Tells a build of rows that were pulled: a number that grows, until it is dropped.
pub(crate) type Feed = watch::Receiver<u64>;

/// A feed of rows that have all come.
pub(crate) fn all_came() -> Feed {
    watch::channel(0).1
}

fn has_ended(feed: &Feed) -> bool {
    feed.has_changed().is_err()
}

/// What a build did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Built {
    pub written: u64,
    pub removed: u64,
    pub computed: u64,
    pub cached: u64,
    /// Documents that were written without vectors, because the model did not answer.
    pub vectorless: u64,
    /// False when it was asked to stop first.
    pub complete: bool,
}

impl Built {
    fn add(&mut self, page: &Page<Embedded>) {
        self.written += page.documents.documents.len() as u64;
        self.removed += page.removals.len() as u64;
        self.computed += page.documents.computed;
        self.cached += page.documents.cached;
        self.vectorless += page.documents.vectorless.len() as u64;
    }
}

/// A page of documents on their way.
struct Page<D> {
    documents: D,
    removals: Vec<RecordId>,
    /// Changes that the page stands for.
    changes: u64,
    /// The last of them.
    seq: i64,
}

/// Where the documents of one object go.
pub(crate) struct Target<'a> {
    pub plan: Arc<DocumentPlan>,
    /// Tells by which plan documents were built. Those of another are built anew, and those that
    /// the mirror does not have are removed.
    pub plan_key: String,
    pub position: &'a mut Position,
    pub writer: &'a mut Writer,
}

impl Builder {
    /// Brings the index up to the mirror for one document object, and keeps up with the mirror as
    /// long as the feed goes on.
    pub(crate) async fn build(
        &self,
        mut target: Target<'_>,
        feed: Feed,
        progress: &Progress,
        stop: &CancellationToken,
    ) -> Result<Built, Error> {
        let object = target.plan.object.clone();
        let mut seq = target.position.of(&object, &target.plan_key).unwrap_or(0);
        let mut built = Built::default();
        let mut meter = progress.begin(&object, Phase::Build, None);
        let mut pages = self.embedded_pages(target.plan.clone(), seq, feed.clone());
        loop {
            if has_ended(&feed) && !meter.knows_total() {
                meter.set_left(self.waiting(&object, seq).await?);
            }
            let page = match stop.run_until_cancelled(pages.recv()).await {
                None => return Ok(built),
                Some(None) => break,
                Some(Some(page)) => page?,
            };
            built.add(&page);
            seq = page.seq;
            let changes = page.changes;
            self.write(&mut target, page).await?;
            meter.add(changes);
        }
        if !target
            .position
            .is_swept(&target.plan.object, &target.plan_key)
        {
            built.removed += self.sweep(&mut target).await?;
        }
        built.complete = true;
        meter.finish();
        Ok(built)
    }

    async fn waiting(&self, object: &ObjectName, seq: i64) -> Result<u64, Error> {
        let object = object.clone();
        let mirror = &self.mirror;
        mirror
            .call(move |mirror| read::changed_after(mirror, &object, seq))
            .await
    }

    /// Writes a page and commits it with the position behind it.
    async fn write(&self, target: &mut Target<'_>, page: Page<Embedded>) -> Result<(), Error> {
        let without = page.documents.vectorless;
        if !without.is_empty() {
            let object = target.plan.object.clone();
            self.mirror
                .call(move |mirror| vectorless::note(mirror, &object, &without))
                .await?;
        }
        let batch = Batch {
            upserts: page.documents.documents,
            removals: page.removals,
        };
        target.writer.write(batch).await?;
        let (plan, seq) = (target.plan.clone(), page.seq);
        target.position.advance(&plan.object, &target.plan_key, seq);
        target.writer.commit(&target.position.to_cursor()).await?;
        // The status is told; the index itself is what counts.
        self.mirror
            .call(move |mirror| ledger::note_built(mirror, &plan.object, seq, Some(Utc::now())))
            .await
    }

    /// Takes out documents that an earlier mirror or plan had and this one does not.
    async fn sweep(&self, target: &mut Target<'_>) -> Result<u64, Error> {
        let object = &target.plan.object;
        let indexed = target.writer.document_ids(object).await?;
        let mirrored_object = object.clone();
        let mirrored = self
            .mirror
            .call(move |mirror| read::document_ids(mirror, &mirrored_object))
            .await?;
        let mirrored: BTreeSet<RecordId> = mirrored.into_iter().collect();
        let removals: Vec<RecordId> = indexed
            .into_iter()
            .filter(|id| !mirrored.contains(id))
            .collect();
        let removed = removals.len() as u64;
        if removed > 0 {
            let upserts = Vec::new();
            target.writer.write(Batch { upserts, removals }).await?;
        }
        // The run's last commit carries it.
        target.position.sweep(object, &target.plan_key);
        Ok(removed)
    }

    /// The pages behind a position, with their vectors. Dropping the receiver stops the stages.
    fn embedded_pages(
        &self,
        plan: Arc<DocumentPlan>,
        from: i64,
        feed: Feed,
    ) -> mpsc::Receiver<Result<Page<Embedded>, Error>> {
        let (sender, receiver) = mpsc::channel(1);
        let mut drafts = self.drafted_pages(plan, from, feed);
        let (embedder, outage) = (self.embedder.clone(), self.outage.clone());
        tokio::spawn(async move {
            while let Some(page) = drafts.recv().await {
                let embedded = tokio::select! {
                    embedded = with_vectors(embedder.as_ref(), &outage, page) => embedded,
                    () = sender.closed() => return,
                };
                if sender.send(embedded).await.is_err() {
                    return;
                }
            }
        });
        receiver
    }

    fn drafted_pages(
        &self,
        plan: Arc<DocumentPlan>,
        from: i64,
        mut feed: Feed,
    ) -> mpsc::Receiver<Result<Page<Vec<Drafted>>, Error>> {
        let (sender, receiver) = mpsc::channel(1);
        let builder = self.clone();
        tokio::spawn(async move {
            let mut seq = from;
            loop {
                let (builder, plan) = (builder.clone(), plan.clone());
                // What came before the feed ended is in the mirror, so this must be asked first.
                let all_came = has_ended(&feed);
                let page = off_runtime(move || builder.draft(&plan, seq, all_came)).await;
                let page = match page {
                    Ok(None) if all_came => return,
                    Ok(None) => {
                        tokio::select! {
                            _ = feed.changed() => continue,
                            () = sender.closed() => return,
                        }
                    }
                    Ok(Some(page)) => Ok(page),
                    Err(error) => Err(error),
                };
                seq = page.as_ref().map_or(seq, |page| page.seq);
                let failed = page.is_err();
                if sender.send(page).await.is_err() || failed {
                    return;
                }
            }
        });
        receiver
    }

    /// The next page behind a position; none at the end of the log, and none that is not full while
    /// more is coming. Blocks.
    fn draft(
        &self,
        plan: &DocumentPlan,
        after: i64,
        all_came: bool,
    ) -> Result<Option<Page<Vec<Drafted>>>, Error> {
        let limit = match self.embedder.as_ref().map(CachedEmbedder::embedder) {
            Some(Embedder::Local(_)) => LOCAL_DOCUMENTS,
            Some(Embedder::Remote(_)) => REMOTE_DOCUMENTS,
            None => PLAIN_DOCUMENTS,
        };
        let changes = self
            .mirror
            .call_blocking(|mirror| read::changes(mirror, &plan.object, after, limit))?;
        if changes.len() < limit && !all_came {
            return Ok(None);
        }
        let mut page = Page {
            documents: Vec::new(),
            removals: Vec::new(),
            changes: 0,
            seq: after,
        };
        let mut characters = 0;
        // What changes meanwhile touches all that depends on it, so it may be remembered for a page.
        let mut reasons = plan.sharing.as_deref().map(Reasons::new);
        for change in changes {
            let records = self
                .mirror
                .call_blocking(|mirror| records(mirror, plan, change.id, reasons.as_mut()))?;
            match records {
                None => page.removals.push(change.id),
                Some(parts) => {
                    let draft = document::assemble(plan, &parts, &self.lightning_url);
                    let passages = passage::passages(&draft, &self.splitter);
                    characters += passages.iter().map(|p| p.passage.text.len()).sum::<usize>();
                    page.documents.push((draft.document, passages));
                }
            }
            page.seq = change.seq;
            page.changes += 1;
            if characters > CHARACTERS {
                break;
            }
        }
        Ok((page.changes > 0).then_some(page))
    }
}

type Drafted = (Document, Vec<Planned>);

async fn with_vectors(
    embedder: Option<&CachedEmbedder>,
    outage: &Outage,
    page: Result<Page<Vec<Drafted>>, Error>,
) -> Result<Page<Embedded>, Error> {
    let page = page?;
    Ok(Page {
        documents: embed::embed(embedder, outage, page.documents).await,
        removals: page.removals,
        changes: page.changes,
        seq: page.seq,
    })
}

/// The records of a document; none if it is none, or none any more.
fn records(
    connection: &Connection,
    plan: &DocumentPlan,
    id: RecordId,
    reasons: Option<&mut Reasons<'_>>,
) -> rusqlite::Result<Option<Parts>> {
    let Some(root) = read::record(connection, &plan.object, id)? else {
        return Ok(None);
    };
    for shadow in &plan.shadowed_by {
        if read::is_named(connection, &shadow.object, &shadow.field, id)? {
            return Ok(None);
        }
    }
    let mut children = Vec::new();
    for (position, child) in plan.children.iter().enumerate() {
        for stored in read::linked(connection, &child.object, &child.parent, id)? {
            children.push(ChildRecord {
                plan: position,
                stored,
            });
        }
    }
    let files = match &plan.files {
        Some(files) => read::linked(connection, &files.object, &files.linked, id)?,
        None => Vec::new(),
    };
    let grants = match reasons {
        Some(reasons) => reasons.of(connection, &plan.object, &root)?,
        None => BTreeSet::new(),
    };
    Ok(Some(Parts {
        root,
        children,
        files,
        grants,
    }))
}
