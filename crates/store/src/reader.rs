//! Reading: every function takes the viewer on whose behalf it reads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{Document, ObjectName, Passage, PassageId, RecordId, Viewer};
use tokio::sync::Semaphore;

use crate::access::{Scope, Vocabulary, facet_names, key_terms};
use crate::keyword::forms::Tongues;
use crate::keyword::snapshot::Snapshot;
use crate::keyword::telling::{MOST_PASSAGES, frequent};
use crate::keyword::{Current, engine};
use crate::open::Parts;
use crate::server::Server;
use crate::vector::Vectors;
use crate::{Error, ExactKey, Filters, KeywordQuery, Reached, Respelled, blocking};

/// Nobody reads more hits than this; each costs memory before it is found.
const MOST_HITS: usize = 10_000;

/// A passage that an engine found. Scores compare only within one list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    pub passage: PassageId,
    pub document: RecordId,
    pub score: f32,
}

/// In which order documents are listed, by `updated_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Newest,
    Oldest,
}

/// Where a document stands in a list by date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// To the millisecond.
    pub updated_at: DateTime<Utc>,
    pub document: RecordId,
}

/// The reading side of an index. Clones share everything.
///
/// In a folder, each call sees one commit from beginning to end; a commit during the call does not
/// disturb it. On a server it sees what is there.
#[derive(Clone)]
pub struct Reader {
    rows: Rows,
    vectors: Vectors,
    dimension: usize,
    /// Searches beyond this many at once wait: more threads than cores only slow each other down.
    turns: Arc<Semaphore>,
}

/// Where documents, passages and words are.
#[derive(Clone)]
enum Rows {
    Folder(Current),
    Server(Arc<Server>),
}

/// The objects that an index has something of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Synced {
    /// Those of documents.
    pub documents: BTreeSet<ObjectName>,
    /// Those, and the ones of documents' parts.
    pub all: BTreeSet<ObjectName>,
}

impl Reader {
    pub(crate) fn new(parts: &Parts) -> Self {
        let rows = Rows::Folder(parts.current.clone());
        Self::with(rows, parts.vectors.clone(), parts.dimension)
    }

    pub(crate) fn on_server(server: &Arc<Server>) -> Self {
        let rows = Rows::Server(Arc::clone(server));
        let vectors = Vectors::Server(Arc::clone(server));
        Self::with(rows, vectors, server.dimension())
    }

    fn with(rows: Rows, vectors: Vectors, dimension: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            rows,
            vectors,
            dimension,
            turns: Arc::new(Semaphore::new(cores * 2)),
        }
    }

    /// What people typed, in the languages of the texts of this index.
    pub fn parse(&self, text: &str) -> KeywordQuery {
        KeywordQuery::parse_for(text, &self.tongues())
    }

    /// A text that must occur as it stands, as [`Reader::parse`] reads it: its words in their
    /// order, or its only word. None if it has no word at all.
    pub fn phrase(&self, text: &str) -> Option<KeywordQuery> {
        KeywordQuery::phrase_for(text, &self.tongues())
    }

    fn tongues(&self) -> Tongues {
        match &self.rows {
            Rows::Folder(current) => current.get().vocabulary.tongues.clone(),
            Rows::Server(_) => Tongues::default(),
        }
    }

    /// The best passages by words, best first; at most 10,000.
    pub async fn keyword(
        &self,
        viewer: &Viewer,
        query: &KeywordQuery,
        filters: &Filters,
        limit: usize,
    ) -> Result<Vec<Scored>, Error> {
        let snapshot = match &self.rows {
            Rows::Folder(current) => current.get(),
            Rows::Server(server) => {
                return server
                    .keyword(viewer, query, filters, limit.min(MOST_HITS))
                    .await;
            }
        };
        let Some(scope) = Scope::new(viewer, filters, &snapshot.vocabulary) else {
            return Ok(Vec::new());
        };
        if query.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let query = query.clone();
        self.read(move || snapshot.keyword(&query, &scope, limit.min(MOST_HITS)))
            .await
    }

    /// The nearest passages by meaning with their cosine similarity, nearest first; at most
    /// 10,000.
    ///
    /// Vectors are written before the commit that they belong to. Those of a write that was not
    /// committed, or not yet, are left out, so there may be fewer than `limit` although more
    /// would match.
    ///
    /// # Errors
    /// [`Error::Dimension`] when the vector is not of the index's model.
    pub async fn vector(
        &self,
        viewer: &Viewer,
        vector: &[f32],
        filters: &Filters,
        limit: usize,
    ) -> Result<Vec<Scored>, Error> {
        if vector.len() != self.dimension {
            return Err(Error::Dimension {
                found: vector.len(),
                expected: self.dimension,
            });
        }
        let snapshot = match &self.rows {
            Rows::Folder(current) => current.get(),
            Rows::Server(server) => {
                return server
                    .vector(viewer, vector, filters, limit.min(MOST_HITS))
                    .await;
            }
        };
        let Some(scope) = Scope::new(viewer, filters, &snapshot.vocabulary) else {
            return Ok(Vec::new());
        };
        if limit == 0 || !vector.iter().all(|number| number.is_finite()) {
            return Ok(Vec::new());
        }
        let limit = limit.min(MOST_HITS);
        // Waiting for another machine takes no turn: a slow one would hold up those who search for
        // words.
        let _turn = match &self.vectors {
            Vectors::Edge(_) => self.turns.acquire().await.ok(),
            Vectors::Server(_) => None,
        };
        self.vectors
            .search(vector.to_vec(), scope, limit, move |found| {
                confirmed(&snapshot, found)
            })
            .await
    }

    /// The documents that the keys name, in the order of the keys, each once.
    ///
    /// An id of a comment finds its case; a number is compared without its leading zeros. A key
    /// in an object or a field that the viewer may not read finds nothing.
    pub async fn exact(
        &self,
        viewer: &Viewer,
        keys: &[ExactKey],
        filters: &Filters,
    ) -> Result<Vec<RecordId>, Error> {
        let snapshot = match &self.rows {
            Rows::Folder(current) => current.get(),
            Rows::Server(server) => return server.exact(viewer, keys, filters).await,
        };
        let Some(scope) = Scope::for_documents(viewer, filters, &snapshot.vocabulary) else {
            return Ok(Vec::new());
        };
        let groups: Vec<Vec<String>> = keys
            .iter()
            .map(|key| key_terms(viewer, key, &snapshot.vocabulary))
            .filter(|terms| !terms.is_empty())
            .collect();
        self.read(move || {
            let mut found = Vec::new();
            for terms in groups {
                for document in snapshot.exact(&terms, &scope)? {
                    if !found.contains(&document) {
                        found.push(document);
                    }
                }
            }
            Ok(found)
        })
        .await
    }

    /// The documents by date that come behind `after`, or from the first on; at most 10,000.
    /// Documents of one time stand in the order of their ids, so that a place says exactly what was
    /// listed before it, whatever is written meanwhile.
    pub async fn listed(
        &self,
        viewer: &Viewer,
        filters: &Filters,
        order: Order,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Vec<Place>, Error> {
        let snapshot = match &self.rows {
            Rows::Folder(current) => current.get(),
            Rows::Server(server) => {
                let limit = limit.min(MOST_HITS);
                return server.listed(viewer, filters, order, after, limit).await;
            }
        };
        let Some(scope) = Scope::for_documents(viewer, filters, &snapshot.vocabulary) else {
            return Ok(Vec::new());
        };
        self.read(move || snapshot.listed(&scope, order, after, limit.min(MOST_HITS)))
            .await
    }

    /// Of these documents, those that the filters allow.
    pub async fn among(
        &self,
        viewer: &Viewer,
        filters: &Filters,
        documents: &[RecordId],
    ) -> Result<BTreeSet<RecordId>, Error> {
        let snapshot = match &self.rows {
            Rows::Folder(current) => current.get(),
            Rows::Server(server) => {
                let filters = filters.clone().and(Filters {
                    documents: Some(documents.to_vec()),
                    ..Filters::default()
                });
                let limit = documents.len().min(MOST_HITS);
                let order = Order::Newest;
                let found = server.listed(viewer, &filters, order, None, limit).await?;
                return Ok(found.into_iter().map(|place| place.document).collect());
            }
        };
        let Some(scope) = Scope::for_documents(viewer, filters, &snapshot.vocabulary) else {
            return Ok(BTreeSet::new());
        };
        let documents = documents.to_vec();
        let found = self
            .read(move || snapshot.among(&scope, &documents))
            .await?;
        Ok(found.into_iter().collect())
    }

    /// The facets by which the viewer may filter, of those that any document has. No I/O.
    pub fn facet_names(&self, viewer: &Viewer) -> BTreeSet<String> {
        self.known_vocabulary(|vocabulary| facet_names(viewer, vocabulary))
    }

    /// A text with what may be typing mistakes put right: words of at least five letters that no
    /// passage has, but for a letter or two. None if there are none. A server has no list of words:
    /// there it is always none.
    pub async fn respelled(&self, viewer: &Viewer, text: &str) -> Result<Option<Respelled>, Error> {
        let snapshot = match &self.rows {
            Rows::Folder(current) => current.get(),
            Rows::Server(_) => return Ok(None),
        };
        let readable = Filters {
            reach: Reached::Granted,
            ..Filters::default()
        };
        let Some(scope) = Scope::new(viewer, &readable, &snapshot.vocabulary) else {
            return Ok(None);
        };
        let text = text.to_owned();
        self.read(move || snapshot.respelled(&text, &scope)).await
    }

    /// The words, at most `most`, that tell a document best from others: what to look for to find
    /// such as are like it. Only what the viewer may read of it counts. A server weighs them when it
    /// searches: there they are the most frequent ones.
    pub async fn telling_words(
        &self,
        viewer: &Viewer,
        document: RecordId,
        most: usize,
    ) -> Result<KeywordQuery, Error> {
        let snapshot = match &self.rows {
            Rows::Folder(current) => current.get(),
            Rows::Server(server) => {
                let passages = server.document_passages(viewer, document, MOST_PASSAGES);
                return Ok(frequent(&passages.await?, most));
            }
        };
        let viewer = viewer.clone();
        self.read(move || snapshot.telling(&viewer, document, most))
            .await
    }

    /// The passages, in the order of the ids. Unknown ids, and passages that the viewer may not
    /// read, are left out.
    pub async fn passages(
        &self,
        viewer: &Viewer,
        ids: &[PassageId],
    ) -> Result<Vec<Passage>, Error> {
        let snapshot = match &self.rows {
            Rows::Folder(current) => current.get(),
            Rows::Server(server) => return server.passages(viewer, ids).await,
        };
        let (viewer, ids) = (viewer.clone(), ids.to_vec());
        self.read(move || {
            let mut passages = Vec::with_capacity(ids.len());
            for id in ids {
                passages.extend(snapshot.passage(&viewer, id)?);
            }
            Ok(passages)
        })
        .await
    }

    /// The first `limit` passages of a document that the viewer may read, in document order.
    pub async fn document_passages(
        &self,
        viewer: &Viewer,
        document: RecordId,
        limit: usize,
    ) -> Result<Vec<Passage>, Error> {
        let snapshot = match &self.rows {
            Rows::Folder(current) => current.get(),
            Rows::Server(server) => return server.document_passages(viewer, document, limit).await,
        };
        let viewer = viewer.clone();
        self.read(move || snapshot.document_passages(&viewer, document, limit))
            .await
    }

    /// The documents as the viewer may see them, in the order of the ids. Unknown ids, and
    /// documents of objects that the viewer may not read, are left out.
    pub async fn documents(
        &self,
        viewer: &Viewer,
        ids: &[RecordId],
    ) -> Result<Vec<Document>, Error> {
        let snapshot = match &self.rows {
            Rows::Folder(current) => current.get(),
            Rows::Server(server) => return server.documents(viewer, ids, true).await,
        };
        let (viewer, ids) = (viewer.clone(), ids.to_vec());
        self.read(move || {
            let mut documents = Vec::with_capacity(ids.len());
            for id in ids {
                let document = snapshot.document(id)?;
                documents.extend(document.and_then(|document| viewer.trim(document)));
            }
            Ok(documents)
        })
        .await
    }

    /// As [`Reader::documents`], without the text: `records` is empty. What a list shows and what
    /// facets count is in the rest.
    pub async fn heads(&self, viewer: &Viewer, ids: &[RecordId]) -> Result<Vec<Document>, Error> {
        let snapshot = match &self.rows {
            Rows::Folder(current) => current.get(),
            Rows::Server(server) => return server.documents(viewer, ids, false).await,
        };
        let (viewer, ids) = (viewer.clone(), ids.to_vec());
        self.read(move || {
            let mut heads = Vec::with_capacity(ids.len());
            for id in ids {
                let head = snapshot.head(id)?;
                heads.extend(head.and_then(|head| viewer.trim(head)));
            }
            Ok(heads)
        })
        .await
    }

    /// The languages that documents of readable objects are in, in lower case: `en_us`.
    pub fn languages(&self, viewer: &Viewer) -> BTreeSet<String> {
        self.known_vocabulary(|vocabulary| vocabulary.languages(viewer))
    }

    /// When the last commit was made; none before the first. On a server: as far as the last call
    /// has seen; [`Reader::refresh`] is one.
    pub fn committed_at(&self) -> Option<DateTime<Utc>> {
        match &self.rows {
            Rows::Folder(current) => {
                let snapshot = current.get();
                snapshot.envelope.as_ref().map(|commit| commit.committed_at)
            }
            Rows::Server(server) => Some(server.last_known()?.committed.as_ref()?.at),
        }
    }

    /// Up to when the index on a server knows what Salesforce had, as the writer has noted there.
    pub fn as_of(&self) -> Option<DateTime<Utc>> {
        match &self.rows {
            Rows::Folder(_) => None,
            Rows::Server(server) => server.last_known()?.committed.as_ref()?.as_of,
        }
    }

    /// Sees what was committed since, as every search does.
    ///
    /// # Errors
    /// [`Error::Away`] and [`Error::Refused`].
    pub async fn refresh(&self) -> Result<(), Error> {
        self.synced().await.map(|_| ())
    }

    /// The objects that the index has something of.
    pub async fn synced(&self) -> Result<Synced, Error> {
        let synced = |vocabulary: &Vocabulary| Synced {
            documents: vocabulary.document_objects(),
            all: vocabulary.all_objects(),
        };
        match &self.rows {
            Rows::Folder(current) => Ok(synced(&current.get().vocabulary)),
            Rows::Server(server) => Ok(synced(&server.vocabulary().await?)),
        }
    }

    /// How many documents there are of each object that the viewer may read. It says nothing of
    /// which of them the viewer may read.
    pub async fn counts(&self, viewer: &Viewer) -> Result<BTreeMap<ObjectName, u64>, Error> {
        let snapshot = match &self.rows {
            Rows::Folder(current) => current.get(),
            Rows::Server(server) => return Ok(readable(viewer, server.counts().await?)),
        };
        let counts = self.read(move || snapshot.counts()).await?;
        Ok(readable(viewer, counts))
    }

    /// What occurs in the index; on a server, as far as the last call has seen.
    fn known_vocabulary<T: Default>(&self, read: impl Fn(&Vocabulary) -> T) -> T {
        match &self.rows {
            Rows::Folder(current) => read(&current.get().vocabulary),
            Rows::Server(server) => {
                let known = server.last_known();
                let committed = known.as_ref().and_then(|known| known.committed.as_ref());
                committed.map_or_else(T::default, |committed| read(&committed.vocabulary))
            }
        }
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> tantivy::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        // The semaphore is never closed; without a turn the search is merely not held back.
        let _turn = self.turns.acquire().await.ok();
        blocking::run(move || work().map_err(engine)).await
    }
}

fn readable(viewer: &Viewer, mut counts: BTreeMap<ObjectName, u64>) -> BTreeMap<ObjectName, u64> {
    counts.retain(|object, _| viewer.reads_object(object));
    counts
}

/// The hits that are part of the commit.
fn confirmed(snapshot: &Snapshot, found: Vec<(PassageId, f32)>) -> Vec<Scored> {
    let hits = found.into_iter().filter_map(|(passage, score)| {
        Some(Scored {
            passage,
            document: snapshot.committed(passage)?,
            score,
        })
    });
    hits.collect()
}
