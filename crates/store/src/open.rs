//! Opening an index folder.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use crate::folder::Folder;
use crate::keyword::{Current, KeywordIndex};
use crate::server::{Server, ServerWriter};
use crate::vector::Vectors;
use crate::{Error, Reader, ServerOptions, Writer, blocking};

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
    open_folder(options, None).await
}

/// Opens an index with its vectors on a Qdrant server, or makes it.
///
/// With [`Words::Local`](crate::Words::Local) the rest is in the folder, the server is first asked
/// when something is searched or written, and words are found while it is away. An index that had
/// its vectors elsewhere, or another model's, keeps its words and loses its cursor, so that the
/// next sync brings all vectors. With [`Words::Server`](crate::Words::Server) there is no folder.
///
/// There must be one writer of a collection at a time; nothing here holds a second one off.
///
/// # Errors
/// As [`open()`], except that no model is refused; with [`Words::Server`](crate::Words::Server)
/// also [`Error::Away`] and [`Error::Refused`].
pub async fn open_on_server(
    options: OpenOptions,
    server: ServerOptions,
) -> Result<(Reader, Writer), Error> {
    let server = Arc::new(Server::new(server, options.model.clone())?);
    if !server.holds_words() {
        return open_folder(options, Some(server)).await;
    }
    let writer = ServerWriter::open(Arc::clone(&server)).await?;
    Ok((
        Reader::on_server(&server),
        Writer::on_server(&server, writer),
    ))
}

/// Opens an index that is on a Qdrant server whole, to read it. The server is first asked when
/// something is searched.
///
/// # Errors
/// [`Error::Engine`] when the address cannot be one.
pub fn read_from_server(model: ModelSpec, server: ServerOptions) -> Result<Reader, Error> {
    let server = ServerOptions {
        words: crate::Words::Server,
        ..server
    };
    Ok(Reader::on_server(&Arc::new(Server::new(server, model)?)))
}

/// Asks a server for the collection that the alias points to; none before the first sync.
///
/// # Errors
/// [`Error::Away`] and [`Error::Refused`].
pub async fn try_server(server: &ServerOptions) -> Result<Option<String>, Error> {
    crate::server::target(server).await
}

async fn open_folder(
    options: OpenOptions,
    server: Option<Arc<Server>>,
) -> Result<(Reader, Writer), Error> {
    blocking::run(move || {
        let parts = Parts::open(&options, server)?;
        let reader = Reader::new(&parts);
        let writer = Writer::new(&parts, options.writer_memory)?;
        Ok((reader, writer))
    })
    .await
}

impl Parts {
    fn open(options: &OpenOptions, server: Option<Arc<Server>>) -> Result<Self, Error> {
        let model = &options.model;
        if model.dimension == 0 {
            return Err(Error::Dimension {
                found: 0,
                expected: 1,
            });
        }
        let folder = Arc::new(Folder::lock(&options.folder)?);
        let (keyword, vectors) = match server {
            Some(server) => (keyword_alone(&folder)?, Vectors::Server(server)),
            None if folder.has_index(Some(model))? => open_engines(&folder, options)?,
            None => create_engines(&folder, options)?,
        };
        let snapshot = undamaged(&folder, || {
            keyword.snapshot().map_err(|error| error.to_string())
        })?;
        // A commit whose vectors are elsewhere says nothing of these.
        let commit = snapshot.envelope.as_ref();
        let commit = commit.filter(|commit| commit.collection.as_deref() == vectors.collection());
        let expected = commit.map_or(0, |commit| commit.vectors);
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
    folder.finish(Some(&options.model))?;
    Ok((keyword, vectors))
}

/// Words do not depend on a model.
fn keyword_alone(folder: &Arc<Folder>) -> Result<KeywordIndex, Error> {
    if folder.has_index(None)? {
        return undamaged(folder, || KeywordIndex::open(&folder.keyword()));
    }
    folder.prepare()?;
    let keyword = KeywordIndex::create(&folder.keyword())?;
    folder.finish(None)?;
    Ok(keyword)
}

/// Both engines panic over some kinds of damage; here that is an error like the others.
fn undamaged<T>(folder: &Folder, open: impl FnOnce() -> Result<T, String>) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(open)) {
        Ok(result) => result.map_err(|detail| folder.corrupt(detail)),
        Err(_) => Err(folder.corrupt("an engine gave up on its files".to_owned())),
    }
}
