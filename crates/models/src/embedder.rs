//! Text to vectors, wherever the model runs.

pub mod local;
pub mod remote;

use std::fmt;
use std::path::Path;

use crate::Error;
use local::LocalModel;
use remote::{RemoteEmbedder, RemoteOptions};

/// Which model made a vector: its name, its weights where they are known, and its dimension.
///
/// Vectors with different ids must not be compared, so an index remembers the id it was made with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelId(String);

impl ModelId {
    /// Reads back what [`ModelId::as_str`] gave.
    pub fn from_stored(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An embedding model. Cheap to clone; clones share the model and its queues.
#[derive(Clone)]
pub enum Embedder {
    Local(LocalModel),
    Remote(RemoteEmbedder),
}

impl Embedder {
    /// Loads the model of a folder into this process; see [`LocalModel::load`].
    ///
    /// Reads and prepares some 23 MB, so call it before the server starts or on a blocking thread.
    pub fn local(folder: &Path, threads: usize) -> Result<Self, Error> {
        LocalModel::load(folder, threads).map(Self::Local)
    }

    /// Uses a model behind a URL; see [`RemoteEmbedder::connect`].
    pub async fn remote(options: RemoteOptions) -> Result<Self, Error> {
        RemoteEmbedder::connect(options).await.map(Self::Remote)
    }

    pub fn id(&self) -> &ModelId {
        match self {
            Self::Local(model) => model.id(),
            Self::Remote(model) => model.id(),
        }
    }

    /// Length of every vector of this model.
    pub fn dimension(&self) -> usize {
        match self {
            Self::Local(model) => model.dimension(),
            Self::Remote(model) => model.dimension(),
        }
    }

    /// Embeds what somebody asked: one vector of length 1, ahead of any passages that are waiting.
    pub async fn query(&self, text: &str) -> Result<Vec<f32>, Error> {
        match self {
            Self::Local(model) => model.query(text).await,
            Self::Remote(model) => model.query(text).await,
        }
    }

    /// Embeds texts to be searched: one vector of length 1 for each, in the order given.
    pub async fn passages(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Error> {
        match self {
            Self::Local(model) => model.passages(texts).await,
            Self::Remote(model) => model.passages(texts).await,
        }
    }

    /// Embeds a word, to see that the model answers and has the dimension it should have.
    pub async fn check(&self) -> Result<(), Error> {
        self.query("precis").await.map(drop)
    }
}
