//! Writing: the one writer of an index.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Utc;
use domain::{Document, ObjectName, Passage, PassageId, RecordId};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::conditions::Conditions;
use crate::keyword::snapshot::Envelope;
use crate::keyword::writer::{KeywordWriter, Upsert};
use crate::keyword::{Current, KeywordIndex, engine};
use crate::open::Parts;
use crate::vector::{Point, Vectors};
use crate::{Error, blocking};

/// Documents that an export reads ahead.
const READ_AHEAD: usize = 16;

/// Changes that are written together.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Documents to add, or to replace as a whole. Of two with one id the later counts.
    pub upserts: Vec<IndexedDocument>,
    /// Ids of documents to take out. One that is upserted too stays.
    pub removals: Vec<RecordId>,
}

/// A document with all its passages in document order, each with its vector if there is one.
#[derive(Debug, Clone)]
pub struct IndexedDocument {
    pub document: Document,
    pub passages: Vec<(Passage, Option<Vec<f32>>)>,
}

/// What the index holds as of the last commit, for its owner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub documents: BTreeMap<ObjectName, u64>,
    pub passages: u64,
    pub vectors: u64,
}

/// The only hand that changes an index.
///
/// It also reads what no viewer may: everything. That is for the owner of the index (export,
/// reconciliation, status) and never for a request on somebody's behalf.
pub struct Writer {
    index: KeywordIndex,
    keyword: Arc<Mutex<KeywordWriter>>,
    current: Current,
    vectors: Vectors,
    dimension: usize,
    cursor: Option<String>,
    /// Set while a write or a commit is under way: still set at the next, it was given up.
    under_way: bool,
    optimizing: Option<JoinHandle<Result<(), Error>>>,
}

/// Every document of the index as of one commit, one after another. It reads a few ahead.
pub struct Documents {
    receiver: mpsc::Receiver<Result<Document, Error>>,
}

impl Writer {
    pub(crate) fn new(parts: &Parts, memory: usize) -> Result<Self, Error> {
        let writer = parts.keyword.writer(memory, Arc::clone(&parts.folder))?;
        let snapshot = parts.current.get();
        Ok(Self {
            index: parts.keyword.clone(),
            keyword: Arc::new(Mutex::new(writer)),
            current: parts.current.clone(),
            vectors: parts.vectors.clone(),
            dimension: parts.dimension,
            cursor: snapshot
                .envelope
                .as_ref()
                .map(|commit| commit.cursor.clone()),
            under_way: false,
            optimizing: None,
        })
    }

    /// Replaces each document as a whole, in both engines: its old passages go. Readers see
    /// nothing of it until the commit.
    ///
    /// # Errors
    /// [`Error::Dimension`] and [`Error::NotFinite`]: nothing was written. After any other error
    /// everything since the last commit is undone; go on from [`Writer::cursor`].
    /// [`Error::CutShort`] says that an earlier call was dropped before it was done.
    pub async fn write(&mut self, batch: Batch) -> Result<(), Error> {
        self.check(&batch)?;
        self.begin().await?;
        let written = self.write_both(batch).await;
        self.end(written).await
    }

    /// Makes everything written since the last commit durable and visible, together with
    /// `cursor`: vectors first, then one commit of the keyword index that carries the cursor.
    ///
    /// # Errors
    /// As [`Writer::write`].
    pub async fn commit(&mut self, cursor: &str) -> Result<(), Error> {
        self.begin().await?;
        let committed = self.commit_both(cursor).await;
        self.end(committed).await?;
        self.optimize_later();
        Ok(())
    }

    /// The cursor of the last commit; it survives the process.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Merges the keyword index's segments and builds what makes vector search fast on large indexes. Commits start it by themselves, in
    /// the background, when enough has come; at the end of a long sync it is worth waiting for.
    /// Searches go on meanwhile.
    pub async fn optimize(&mut self) -> Result<(), Error> {
        if let Some(running) = self.optimizing.take() {
            // If it failed, it is tried again now.
            let _ = running.await;
        }
        let (index, current) = (self.index.clone(), self.current.clone());
        self.with_keyword(move |writer| {
            writer.merge()?;
            current.set(index.snapshot()?);
            writer.collect_garbage()
        })
        .await?;
        self.vectors.optimize().await
    }

    /// Hands over every document as of the last commit, until `each` breaks.
    pub async fn export(
        &self,
        mut each: impl FnMut(Document) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let mut documents = self.documents();
        while let Some(document) = documents.next().await {
            if each(document?).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Every document as of the last commit, at the pace of the one who asks. To be called within
    /// a tokio runtime.
    pub fn documents(&self) -> Documents {
        let (sender, receiver) = mpsc::channel(READ_AHEAD);
        let snapshot = self.current.get();
        tokio::task::spawn_blocking(move || {
            snapshot
                .every_document(|document| sender.blocking_send(document.map_err(engine)).is_ok());
        });
        Documents { receiver }
    }

    /// The ids of all documents of an object, as of the last commit, in no order.
    pub async fn document_ids(&self, object: &ObjectName) -> Result<Vec<RecordId>, Error> {
        let (snapshot, object) = (self.current.get(), object.clone());
        blocking::run(move || snapshot.document_ids(&object).map_err(engine)).await
    }

    /// How much there is as of the last commit; vectors may be ahead of it.
    pub async fn counts(&self) -> Result<Counts, Error> {
        let snapshot = self.current.get();
        let rows = snapshot.searcher.num_docs();
        let documents = blocking::run(move || snapshot.counts().map_err(engine)).await?;
        let document_rows: u64 = documents.values().sum();
        Ok(Counts {
            passages: rows.saturating_sub(document_rows),
            documents,
            vectors: self.vectors.count().await?,
        })
    }

    fn check(&self, batch: &Batch) -> Result<(), Error> {
        let passages = batch.upserts.iter().flat_map(|upsert| &upsert.passages);
        for (passage, vector) in passages {
            let Some(vector) = vector else { continue };
            if vector.len() != self.dimension {
                return Err(Error::Dimension {
                    found: vector.len(),
                    expected: self.dimension,
                });
            }
            if !vector.iter().all(|number| number.is_finite()) {
                return Err(Error::NotFinite {
                    passage: passage.id.0.to_string(),
                });
            }
        }
        Ok(())
    }

    async fn begin(&mut self) -> Result<(), Error> {
        if self.under_way {
            self.rollback().await?;
            self.under_way = false;
            return Err(Error::CutShort);
        }
        self.under_way = true;
        Ok(())
    }

    async fn end(&mut self, result: Result<(), Error>) -> Result<(), Error> {
        if result.is_err() {
            // If this fails too, `under_way` stays and the next call tries again.
            self.rollback().await?;
        }
        self.under_way = false;
        result
    }

    async fn write_both(&self, batch: Batch) -> Result<(), Error> {
        let changes = blocking::run(move || Ok(Changes::of(batch))).await?;
        let Changes {
            removals,
            upserts,
            points,
        } = changes;
        let documents = removals.iter().chain(upserts.keys()).copied().collect();
        self.vectors.replace(documents, points).await?;
        self.with_keyword(move |writer| writer.write(&removals, upserts))
            .await
    }

    async fn commit_both(&mut self, cursor: &str) -> Result<(), Error> {
        self.vectors.flush().await?;
        let envelope = Envelope {
            cursor: cursor.to_owned(),
            committed_at: Utc::now(),
            vectors: self.vectors.size(),
        };
        let (index, current) = (self.index.clone(), self.current.clone());
        self.with_keyword(move |writer| {
            writer.commit(&envelope)?;
            current.set(index.snapshot()?);
            Ok(())
        })
        .await?;
        self.cursor = Some(cursor.to_owned());
        Ok(())
    }

    async fn rollback(&self) -> Result<(), Error> {
        self.with_keyword(KeywordWriter::rollback).await
    }

    async fn with_keyword(
        &self,
        work: impl FnOnce(&mut KeywordWriter) -> Result<(), Error> + Send + 'static,
    ) -> Result<(), Error> {
        let keyword = Arc::clone(&self.keyword);
        // A panic of the engine spoils at most what is not committed, which is rolled back.
        blocking::run(move || work(&mut keyword.lock().unwrap_or_else(PoisonError::into_inner)))
            .await
    }

    fn optimize_later(&mut self) {
        let running = self
            .optimizing
            .as_ref()
            .is_some_and(|task| !task.is_finished());
        if running || !self.vectors.wants_optimizing() {
            return;
        }
        let vectors = self.vectors.clone();
        self.optimizing = Some(tokio::spawn(async move {
            let result = vectors.optimize().await;
            if let Err(error) = &result {
                tracing::warn!(%error, "vectors were not optimized");
            }
            result
        }));
    }
}

impl Documents {
    /// The next document; none after the last.
    pub async fn next(&mut self) -> Option<Result<Document, Error>> {
        self.receiver.recv().await
    }
}

/// A batch, sorted out for the two engines.
struct Changes {
    removals: Vec<RecordId>,
    upserts: BTreeMap<RecordId, Upsert>,
    points: Vec<Point>,
}

impl Changes {
    fn of(batch: Batch) -> Self {
        let mut documents: BTreeMap<RecordId, IndexedDocument> = BTreeMap::new();
        for upsert in batch.upserts {
            documents.insert(upsert.document.id, upsert);
        }
        let mut changes = Self {
            removals: batch.removals,
            upserts: BTreeMap::new(),
            points: Vec::new(),
        };
        changes.removals.retain(|id| !documents.contains_key(id));
        for (id, document) in documents {
            let upsert = changes.add(document);
            changes.upserts.insert(id, upsert);
        }
        changes
    }

    fn add(&mut self, indexed: IndexedDocument) -> Upsert {
        let IndexedDocument { document, passages } = indexed;
        let filters = Arc::new(Conditions::filters(&document));
        let mut kept = Vec::with_capacity(passages.len());
        for (passage, vector) in passages {
            if let Some(vector) = vector {
                self.points
                    .push(point(&document, &filters, &passage, vector));
            }
            kept.push(passage);
        }
        Upsert {
            document,
            filters,
            passages: kept,
        }
    }
}

fn point(
    document: &Document,
    filters: &Arc<Conditions>,
    passage: &Passage,
    vector: Vec<f32>,
) -> Point {
    let id: PassageId = passage.id;
    Point {
        id,
        vector,
        document: document.id,
        object: document.object.as_str().to_owned(),
        source: passage.source().as_str().to_owned(),
        conditions: Arc::clone(filters),
        updated: document.updated_at.timestamp_millis(),
        created: document.created_at.map(|time| time.timestamp_millis()),
    }
}
