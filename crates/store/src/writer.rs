//! Writing: the one writer of an index.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use domain::{Document, ObjectName, Passage, PassageId, RecordId};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::conditions::Conditions;
use crate::keyword::snapshot::Envelope;
use crate::keyword::writer::{KeywordWriter, Upsert};
use crate::keyword::{Current, KeywordIndex, engine};
use crate::open::Parts;
use crate::server::{Server, ServerWriter};
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
    rows: Rows,
    vectors: Vectors,
    dimension: usize,
    cursor: Option<String>,
    /// Set while a write or a commit is under way: still set at the next, it was given up.
    under_way: bool,
    optimizing: Option<JoinHandle<Result<(), Error>>>,
}

/// Where documents, passages and words are written.
enum Rows {
    Folder(FolderRows),
    Server(ServerWriter),
}

/// The keyword index in a folder.
struct FolderRows {
    index: KeywordIndex,
    keyword: Arc<Mutex<KeywordWriter>>,
    current: Current,
}

/// Every document of the index as of one commit, one after another. It reads a few ahead.
pub struct Documents {
    receiver: mpsc::Receiver<Result<Document, Error>>,
}

impl Writer {
    pub(crate) fn new(parts: &Parts, memory: usize) -> Result<Self, Error> {
        let writer = parts.keyword.writer(memory, Arc::clone(&parts.folder))?;
        let snapshot = parts.current.get();
        let commit = snapshot.envelope.as_ref();
        let has_vectors =
            |commit: &&Envelope| commit.collection.as_deref() == parts.vectors.collection();
        let cursor = commit
            .filter(has_vectors)
            .map(|commit| commit.cursor.clone());
        let rows = Rows::Folder(FolderRows {
            index: parts.keyword.clone(),
            keyword: Arc::new(Mutex::new(writer)),
            current: parts.current.clone(),
        });
        let vectors = parts.vectors.clone();
        Ok(Self::with(rows, vectors, parts.dimension, cursor))
    }

    pub(crate) fn on_server(server: &Arc<Server>, writer: ServerWriter) -> Self {
        let cursor = writer.cursor().map(ToOwned::to_owned);
        let vectors = Vectors::Server(Arc::clone(server));
        Self::with(Rows::Server(writer), vectors, server.dimension(), cursor)
    }

    fn with(rows: Rows, vectors: Vectors, dimension: usize, cursor: Option<String>) -> Self {
        Self {
            rows,
            vectors,
            dimension,
            cursor,
            under_way: false,
            optimizing: None,
        }
    }

    /// Replaces each document as a whole, in both engines: its old passages go. Readers of a folder
    /// see nothing of it until the commit, those of a server see it at once.
    ///
    /// # Errors
    /// [`Error::Dimension`] and [`Error::NotFinite`]: nothing was written. After any other error
    /// everything since the last commit is undone, or will be when it is written again; go on from
    /// [`Writer::cursor`]. [`Error::CutShort`] says that an earlier call was dropped before it was
    /// done, or that the vectors have gone from their server.
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

    /// Merges the keyword index's segments and builds what makes vector search fast on large
    /// indexes. Commits start it by themselves, in the background, when enough has come; at the end
    /// of a long sync it is worth waiting for. Searches go on meanwhile.
    pub async fn optimize(&mut self) -> Result<(), Error> {
        if let Some(running) = self.optimizing.take() {
            // If it failed, it is tried again now.
            let _ = running.await;
        }
        if let Rows::Folder(rows) = &self.rows {
            let (index, current) = (rows.index.clone(), rows.current.clone());
            self.with_keyword(move |writer| {
                writer.merge()?;
                current.set(index.snapshot()?);
                writer.collect_garbage()
            })
            .await?;
        }
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
        match &self.rows {
            Rows::Folder(rows) => {
                let snapshot = rows.current.get();
                let send = move |document: tantivy::Result<_>| {
                    sender.blocking_send(document.map_err(engine)).is_ok()
                };
                tokio::task::spawn_blocking(move || snapshot.every_document(send));
            }
            Rows::Server(writer) => {
                let (server, documents) = writer.to_export();
                tokio::spawn(async move { server.export(documents, sender).await });
            }
        }
        Documents { receiver }
    }

    /// The ids of all documents of an object, as of the last commit, in no order.
    pub async fn document_ids(&self, object: &ObjectName) -> Result<Vec<RecordId>, Error> {
        let snapshot = match &self.rows {
            Rows::Folder(rows) => rows.current.get(),
            Rows::Server(writer) => return writer.document_ids(object).await,
        };
        let object = object.clone();
        blocking::run(move || snapshot.document_ids(&object).map_err(engine)).await
    }

    /// How much there is as of the last commit; vectors may be ahead of it, and count as none while
    /// their server is away.
    pub async fn counts(&self) -> Result<Counts, Error> {
        let snapshot = match &self.rows {
            Rows::Folder(rows) => rows.current.get(),
            Rows::Server(writer) => return writer.counts().await,
        };
        let rows = snapshot.searcher.num_docs();
        let documents = blocking::run(move || snapshot.counts().map_err(engine)).await?;
        let document_rows: u64 = documents.values().sum();
        let vectors = match self.vectors.count().await {
            Err(error) if error.vectors_away().is_some() => 0,
            counted => counted?,
        };
        Ok(Counts {
            passages: rows.saturating_sub(document_rows),
            documents,
            vectors,
        })
    }

    /// Notes that everything that Salesforce had at this time is in the index. Where readers run
    /// beside the writer they know it from it; on a server they read it there.
    ///
    /// # Errors
    /// [`Error::Away`] and [`Error::Refused`].
    pub async fn note_as_of(&mut self, as_of: DateTime<Utc>) -> Result<(), Error> {
        match &mut self.rows {
            Rows::Folder(_) => Ok(()),
            Rows::Server(writer) => writer.note_as_of(as_of).await,
        }
    }

    /// Declares what was written to be whole. On a server, readers of another model's collection
    /// come to this one, and the other is removed after they have.
    ///
    /// # Errors
    /// [`Error::Away`] and [`Error::Refused`].
    pub async fn publish(&mut self) -> Result<(), Error> {
        self.vectors.publish().await
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
        let is_new = self.vectors.prepare().await?;
        if is_new && self.cursor.take().is_some() {
            tracing::warn!("the vectors have gone from their server; they are written anew");
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

    async fn write_both(&mut self, batch: Batch) -> Result<(), Error> {
        if let Rows::Server(writer) = &mut self.rows {
            let (removals, upserts) = distinct(batch);
            return writer
                .write(&removals, upserts.into_values().collect())
                .await;
        }
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
            collection: self.vectors.collection().map(ToOwned::to_owned),
        };
        match &mut self.rows {
            Rows::Folder(rows) => {
                let (index, current) = (rows.index.clone(), rows.current.clone());
                self.with_keyword(move |writer| {
                    writer.commit(&envelope)?;
                    current.set(index.snapshot()?);
                    Ok(())
                })
                .await?;
            }
            Rows::Server(writer) => writer.commit(cursor).await?,
        }
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
        let keyword = match &self.rows {
            Rows::Folder(rows) => Arc::clone(&rows.keyword),
            // There is nothing to undo: what is written again replaces what is there.
            Rows::Server(_) => return Ok(()),
        };
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

/// A batch with each document once: what is to go, and what is to be there.
fn distinct(batch: Batch) -> (Vec<RecordId>, BTreeMap<RecordId, IndexedDocument>) {
    let mut documents = BTreeMap::new();
    for upsert in batch.upserts {
        documents.insert(upsert.document.id, upsert);
    }
    let mut removals = batch.removals;
    removals.retain(|id| !documents.contains_key(id));
    (removals, documents)
}

/// A batch, sorted out for the two engines.
struct Changes {
    removals: Vec<RecordId>,
    upserts: BTreeMap<RecordId, Upsert>,
    points: Vec<Point>,
}

impl Changes {
    fn of(batch: Batch) -> Self {
        let (removals, documents) = distinct(batch);
        let mut changes = Self {
            removals,
            upserts: BTreeMap::new(),
            points: Vec::new(),
        };
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
