//! Opening an index folder.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use crate::folder::Folder;
use crate::keyword::{Current, KeywordIndex};
use crate::vector::Vectors;
use crate::{Error, Reader, Writer, blocking};

/// The embedding model whose vectors an index holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSpec {
    /// Any stable name: the provider and the model.
    pub id: String,
    /// Numbers in a vector, at least one.
    pub dimension: usize,
}

/// Where the index is and what it is for.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    pub folder: PathBuf,
    pub model: ModelSpec,
    /// Bytes that the keyword writer may fill before it writes a segment; at least 16 MB are used.
    pub writer_memory: usize,
    /// Compare a question's vector with all others instead of through their graph: exact, and
    /// slower the more there are.
    pub exact_vectors: bool,
}

/// The two halves of an open index.
pub(crate) struct Parts {
    pub folder: Arc<Folder>,
    pub keyword: KeywordIndex,
    pub current: Current,
    pub vectors: Vectors,
    pub dimension: usize,
}

/// Opens the index in a folder, or makes one where there is none.
///
/// The folder stays locked until the writer and all clones of the reader are gone.
///
/// # Errors
/// [`Error::InUse`], [`Error::OtherModel`], [`Error::OtherVersion`], [`Error::Corrupt`] and
/// [`Error::Io`]; in none of these cases is anything that was committed changed.
pub async fn open(options: OpenOptions) -> Result<(Reader, Writer), Error> {
    blocking::run(move || {
        let parts = Parts::open(&options)?;
        let reader = Reader::new(&parts);
        let writer = Writer::new(&parts, options.writer_memory)?;
        Ok((reader, writer))
    })
    .await
}

impl Parts {
    fn open(options: &OpenOptions) -> Result<Self, Error> {
        let model = &options.model;
        if model.dimension == 0 {
            return Err(Error::Dimension {
                found: 0,
                expected: 1,
            });
        }
        let folder = Arc::new(Folder::lock(&options.folder)?);
        let (keyword, vectors) = if folder.has_index(model)? {
            open_engines(&folder, options)?
        } else {
            create_engines(&folder, options)?
        };
        let snapshot = undamaged(&folder, || {
            keyword.snapshot().map_err(|error| error.to_string())
        })?;
        let expected = snapshot
            .envelope
            .as_ref()
            .map_or(0, |commit| commit.vectors);
        if expected > 0 && vectors.size() == 0 {
            return Err(folder.corrupt("the vectors are missing".to_owned()));
        }
        Ok(Self {
            folder,
            keyword,
            current: Current::new(snapshot),
            vectors,
            dimension: model.dimension,
        })
    }
}

fn open_engines(
    folder: &Arc<Folder>,
    options: &OpenOptions,
) -> Result<(KeywordIndex, Vectors), Error> {
    let keyword = undamaged(folder, || KeywordIndex::open(&folder.keyword()))?;
    let vectors = undamaged(folder, || Vectors::open(folder, options))?;
    Ok((keyword, vectors))
}

fn create_engines(
    folder: &Arc<Folder>,
    options: &OpenOptions,
) -> Result<(KeywordIndex, Vectors), Error> {
    folder.prepare()?;
    let keyword = KeywordIndex::create(&folder.keyword())?;
    let vectors = Vectors::create(folder, options).map_err(|detail| Error::Engine {
        engine: "vector",
        detail,
    })?;
    folder.finish(&options.model)?;
    Ok((keyword, vectors))
}

/// Both engines panic over some kinds of damage; here that is an error like the others.
fn undamaged<T>(folder: &Folder, open: impl FnOnce() -> Result<T, String>) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(open)) {
        Ok(result) => result.map_err(|detail| folder.corrupt(detail)),
        Err(_) => Err(folder.corrupt("an engine gave up on its files".to_owned())),
    }
}
