//! Build: from the mirror into the index, a page of documents at a time.
//!
//! Three stages run at the same time, with at most one page waiting between two of them: reading,
//! cleaning and splitting on a blocking thread; embedding; writing. Each page ends with a commit
//! that carries the position behind it, so the index always knows what it has read, whatever ends
//! the process.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::Utc;
use domain::{Document, RecordId};
use models::CachedEmbedder;
use rusqlite::Connection;
use store::{Batch, Writer};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::document::{self, ChildRecord};
use crate::embed::{self, Embedded};
use crate::ledger;
use crate::mirror::{Mirror, off_runtime, read};
use crate::passage::{self, Planned};
use crate::plan::DocumentPlan;
use crate::position::Position;
use crate::progress::{Phase, Progress};
use crate::split::Splitter;

/// Documents of a page that is embedded: enough to fill the model's batches, few enough that a page
/// takes seconds.
const EMBEDDED_DOCUMENTS: usize = 100;

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
}

/// What a build did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Built {
    pub written: u64,
    pub removed: u64,
    pub computed: u64,
    pub cached: u64,
    /// False when it was asked to stop first.
    pub complete: bool,
}

impl Built {
    fn add(&mut self, page: &Page<Embedded>) {
        self.written += page.documents.documents.len() as u64;
        self.removed += page.removals.len() as u64;
        self.computed += page.documents.computed;
        self.cached += page.documents.cached;
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
    /// Brings the index up to the mirror for one document object.
    pub(crate) async fn build(
        &self,
        mut target: Target<'_>,
        progress: &Progress,
        stop: &CancellationToken,
    ) -> Result<Built, Error> {
        let object = target.plan.object.clone();
        let from = target.position.of(&object, &target.plan_key).unwrap_or(0);
        let waiting = self
            .mirror
            .call(move |mirror| read::changed_after(mirror, &object, from))
            .await?;
        let mut built = Built::default();
        let mut meter = progress.begin(&target.plan.object, Phase::Build, Some(waiting));
        let mut pages = self.embedded_pages(target.plan.clone(), from);
        loop {
            let page = match stop.run_until_cancelled(pages.recv()).await {
                None => return Ok(built),
                Some(None) => break,
                Some(Some(page)) => page?,
            };
            built.add(&page);
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

    /// Writes a page and commits it with the position behind it.
    async fn write(&self, target: &mut Target<'_>, page: Page<Embedded>) -> Result<(), Error> {
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
        let upserts = Vec::new();
        target.writer.write(Batch { upserts, removals }).await?;
        target.position.sweep(object, &target.plan_key);
        target.writer.commit(&target.position.to_cursor()).await?;
        Ok(removed)
    }

    /// The pages behind a position, with their vectors. Dropping the receiver stops the stages.
    fn embedded_pages(
        &self,
        plan: Arc<DocumentPlan>,
        from: i64,
    ) -> mpsc::Receiver<Result<Page<Embedded>, Error>> {
        let (sender, receiver) = mpsc::channel(1);
        let mut drafts = self.drafted_pages(plan, from);
        let embedder = self.embedder.clone();
        tokio::spawn(async move {
            while let Some(page) = drafts.recv().await {
                let embedded = tokio::select! {
                    embedded = with_vectors(embedder.as_ref(), page) => embedded,
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
    ) -> mpsc::Receiver<Result<Page<Vec<Drafted>>, Error>> {
        let (sender, receiver) = mpsc::channel(1);
        let builder = self.clone();
        tokio::spawn(async move {
            let mut seq = from;
            loop {
                let (builder, plan) = (builder.clone(), plan.clone());
                let page = off_runtime(move || builder.draft(&plan, seq)).await;
                let page = match page {
                    Ok(None) => return,
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

    /// The next page behind a position; none at the end of the log. Blocks.
    fn draft(&self, plan: &DocumentPlan, after: i64) -> Result<Option<Page<Vec<Drafted>>>, Error> {
        let limit = match self.embedder {
            Some(_) => EMBEDDED_DOCUMENTS,
            None => PLAIN_DOCUMENTS,
        };
        let changes = self
            .mirror
            .call_blocking(|mirror| read::changes(mirror, &plan.object, after, limit))?;
        let mut page = Page {
            documents: Vec::new(),
            removals: Vec::new(),
            changes: 0,
            seq: after,
        };
        let mut characters = 0;
        for change in changes {
            let records = self
                .mirror
                .call_blocking(|mirror| records(mirror, plan, change.id))?;
            match records {
                None => page.removals.push(change.id),
                Some((root, children)) => {
                    let draft = document::assemble(plan, &root, &children, &self.lightning_url);
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
    page: Result<Page<Vec<Drafted>>, Error>,
) -> Result<Page<Embedded>, Error> {
    let page = page?;
    Ok(Page {
        documents: embed::embed(embedder, page.documents).await?,
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
) -> rusqlite::Result<Option<(read::Stored, Vec<ChildRecord>)>> {
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
    Ok(Some((root, children)))
}
