//! Reading: every function takes the viewer on whose behalf it reads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{Document, ObjectName, Passage, PassageId, RecordId, Viewer};
use tokio::sync::Semaphore;

use crate::access::{Scope, facet_names, key_terms};
use crate::keyword::snapshot::Snapshot;
use crate::keyword::{Current, engine};
use crate::open::Parts;
use crate::vector::Vectors;
use crate::{Error, ExactKey, Filters, KeywordQuery, Respelled, blocking};

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
/// Each call sees one commit from beginning to end; a commit during the call does not disturb it.
#[derive(Clone)]
pub struct Reader {
    current: Current,
    vectors: Vectors,
    dimension: usize,
    /// Searches beyond this many at once wait: more threads than cores only slow each other down.
    turns: Arc<Semaphore>,
}

impl Reader {
    pub(crate) fn new(parts: &Parts) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            current: parts.current.clone(),
            vectors: parts.vectors.clone(),
            dimension: parts.dimension,
            turns: Arc::new(Semaphore::new(cores * 2)),
        }
    }

    /// What people typed, in the languages of the texts of this index.
    pub fn parse(&self, text: &str) -> KeywordQuery {
        KeywordQuery::parse_for(text, &self.current.get().vocabulary.tongues)
    }

    /// A text that must occur as it stands, as [`Reader::parse`] reads it: its words in their
    /// order, or its only word. None if it has no word at all.
    pub fn phrase(&self, text: &str) -> Option<KeywordQuery> {
        KeywordQuery::phrase_for(text, &self.current.get().vocabulary.tongues)
    }

    /// The best passages by words, best first; at most 10,000.
    pub async fn keyword(
        &self,
        viewer: &Viewer,
        query: &KeywordQuery,
        filters: &Filters,
        limit: usize,
    ) -> Result<Vec<Scored>, Error> {
        let snapshot = self.current.get();
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
        let snapshot = self.current.get();
        let Some(scope) = Scope::new(viewer, filters, &snapshot.vocabulary) else {
            return Ok(Vec::new());
        };
        if limit == 0 || !vector.iter().all(|number| number.is_finite()) {
            return Ok(Vec::new());
        }
        let limit = limit.min(MOST_HITS);
        let _turn = self.turns.acquire().await.ok();
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
        let snapshot = self.current.get();
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
        let snapshot = self.current.get();
        let Some(scope) = Scope::for_documents(viewer, filters, &snapshot.vocabulary) else {
            return Ok(Vec::new());
        };
        self.read(move || snapshot.listed(&scope, order, after, limit.min(MOST_HITS)))
            .await
    }

    /// The facets by which the viewer may filter, of those that any document has. No I/O.
    pub fn facet_names(&self, viewer: &Viewer) -> BTreeSet<String> {
        facet_names(viewer, &self.current.get().vocabulary)
    }

    /// A text with what may be typing mistakes put right: words of at least five letters that no
    /// passage has, but for a letter or two. None if there are none.
    pub async fn respelled(&self, viewer: &Viewer, text: &str) -> Result<Option<Respelled>, Error> {
        let snapshot = self.current.get();
        let Some(scope) = Scope::new(viewer, &Filters::default(), &snapshot.vocabulary) else {
            return Ok(None);
        };
        let text = text.to_owned();
        self.read(move || snapshot.respelled(&text, &scope)).await
    }

    /// The words, at most `most`, that tell a document best from others: what to look for to find
    /// such as are like it. Only what the viewer may read of it counts.
    pub async fn telling_words(
        &self,
        viewer: &Viewer,
        document: RecordId,
        most: usize,
    ) -> Result<KeywordQuery, Error> {
        let (snapshot, viewer) = (self.current.get(), viewer.clone());
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
        let (snapshot, viewer, ids) = (self.current.get(), viewer.clone(), ids.to_vec());
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
        let (snapshot, viewer) = (self.current.get(), viewer.clone());
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
        let (snapshot, viewer, ids) = (self.current.get(), viewer.clone(), ids.to_vec());
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
        let (snapshot, viewer, ids) = (self.current.get(), viewer.clone(), ids.to_vec());
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
        self.current.get().vocabulary.languages(viewer)
    }

    /// When the last commit was made; none before the first.
    pub fn committed_at(&self) -> Option<DateTime<Utc>> {
        let snapshot = self.current.get();
        snapshot.envelope.as_ref().map(|commit| commit.committed_at)
    }

    /// How many documents there are of each object that the viewer may read. It says nothing of
    /// which of them the viewer may read.
    pub async fn counts(&self, viewer: &Viewer) -> Result<BTreeMap<ObjectName, u64>, Error> {
        let (snapshot, viewer) = (self.current.get(), viewer.clone());
        self.read(move || {
            let mut counts = snapshot.counts()?;
            counts.retain(|object, _| viewer.reads_object(object));
            Ok(counts)
        })
        .await
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
