//! The keyword engine: Tantivy, with the documents, their passages and every word of them.

pub(crate) mod analysis;
mod best;
mod checked;
mod codes;
pub(crate) mod forms;
mod heads;
pub(crate) mod highlight;
mod listing;
pub(crate) mod query;
pub(crate) mod rows;
mod schema;
pub(crate) mod search;
mod segment;
pub(crate) mod snapshot;
pub(crate) mod spelling;
pub(crate) mod telling;
mod tongue;
pub(crate) mod writer;

pub(crate) use schema::{PassageRow, tells_something};

use std::path::Path;
use std::sync::Arc;

use tantivy::directory::MmapDirectory;
use tantivy::{Index, IndexReader, IndexSettings, ReloadPolicy, TantivyError};

use crate::Error;
use crate::folder::Folder;
use schema::Fields;
use segment::Segments;
use snapshot::{Envelope, Snapshot};
use writer::KeywordWriter;

/// Bytes of stored rows that are compressed together: a page of hits reads some thirty rows from as
/// many places, and each costs a whole block.
const BLOCK: usize = 4 * 1024;
/// Blocks that are kept unpacked, for each segment.
const BLOCKS_KEPT: usize = 256;

/// An open keyword index; cheap to clone.
#[derive(Clone)]
pub(crate) struct KeywordIndex {
    index: Index,
    reader: IndexReader,
    fields: Fields,
    segments: Arc<Segments>,
}

impl KeywordIndex {
    /// Makes an empty index in an empty folder.
    pub(crate) fn create(folder: &Path) -> Result<Self, Error> {
        let (schema, fields) = schema::build();
        let directory = MmapDirectory::open(folder).map_err(|error| engine(error.into()))?;
        let settings = IndexSettings {
            docstore_blocksize: BLOCK,
            ..IndexSettings::default()
        };
        let index = Index::create(directory, schema, settings).map_err(engine)?;
        Self::with(index, fields).map_err(engine)
    }

    /// Opens an index and compares its files with their checksums, so that damage shows here and
    /// not in the middle of a search. Files that were found whole before are not read again.
    ///
    /// The error is a description of the damage.
    pub(crate) fn open(folder: &Path) -> Result<Self, String> {
        let index = Index::open_in_dir(folder).map_err(|error| error.to_string())?;
        checked::check(&index, folder)?;
        let (schema, fields) = schema::build();
        if index.schema() != schema {
            return Err("its fields are not those of this version".to_owned());
        }
        Self::with(index, fields).map_err(|error| error.to_string())
    }

    fn with(index: Index, fields: Fields) -> Result<Self, TantivyError> {
        index
            .tokenizers()
            .register(analysis::ANALYZER, analysis::analyzer());
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(BLOCKS_KEPT)
            .try_into()?;
        Ok(Self {
            index,
            reader,
            fields,
            segments: Arc::default(),
        })
    }

    /// The state of the last commit.
    pub(crate) fn snapshot(&self) -> Result<Snapshot, Error> {
        self.reader.reload().map_err(engine)?;
        let payload = self.index.load_metas().map_err(engine)?.payload;
        let envelope = payload
            .map(|payload| serde_json::from_str::<Envelope>(&payload))
            .transpose()
            .map_err(|error| engine(TantivyError::InternalError(error.to_string())))?;
        Snapshot::new(
            self.reader.searcher(),
            &self.segments,
            self.fields.clone(),
            envelope,
        )
        .map_err(engine)
    }

    /// The only writer; `memory` is in bytes.
    pub(crate) fn writer(
        &self,
        memory: usize,
        folder: Arc<Folder>,
    ) -> Result<KeywordWriter, Error> {
        KeywordWriter::new(&self.index, self.fields.clone(), memory, folder)
    }
}

/// An error of Tantivy on an index that opened well.
pub(crate) fn engine(error: TantivyError) -> Error {
    Error::Engine {
        engine: "keyword",
        detail: error.to_string(),
    }
}

/// The snapshot that readers use, replaced at each commit.
#[derive(Clone)]
pub(crate) struct Current(Arc<std::sync::RwLock<Arc<Snapshot>>>);

impl Current {
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        Self(Arc::new(std::sync::RwLock::new(Arc::new(snapshot))))
    }

    pub(crate) fn get(&self) -> Arc<Snapshot> {
        // The lock is held for a clone or a swap of a pointer, neither of which can panic.
        self.0
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn set(&self, snapshot: Snapshot) {
        *self
            .0
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(snapshot);
    }
}
