//! The vector engine: Qdrant, by meaning.
//!
//! [`Vectors`] is one of the backends that an index can have its vectors in; each speaks the same
//! few operations. Vectors may run ahead of the keyword index (they are flushed first), so what is
//! found here is only a candidate until the keyword index confirms it.

mod edge;

use std::sync::Arc;

use domain::{PassageId, RecordId};

use crate::access::Scope;
use crate::blocking;
use crate::conditions::Conditions;
use crate::folder::Folder;
use crate::server::Server;
use crate::{Error, OpenOptions};
use edge::Edge;

/// Where the vectors are.
#[derive(Clone)]
pub(crate) enum Vectors {
    /// In this process, in the index's folder.
    Edge(Arc<Edge>),
    /// On a Qdrant server.
    Server(Arc<Server>),
}

/// A passage's vector with what it is filtered by.
pub(crate) struct Point {
    pub id: PassageId,
    pub vector: Vec<f32>,
    pub document: RecordId,
    pub object: String,
    pub source: String,
    pub conditions: Arc<Conditions>,
    /// Milliseconds since 1970.
    pub updated: i64,
    pub created: Option<i64>,
}

impl Vectors {
    /// Blocks. The error is a description of the damage.
    pub(crate) fn create(folder: &Arc<Folder>, options: &OpenOptions) -> Result<Self, String> {
        Ok(Self::Edge(Arc::new(Edge::create(folder, options)?)))
    }

    /// Blocks. The error is a description of the damage.
    pub(crate) fn open(folder: &Arc<Folder>, options: &OpenOptions) -> Result<Self, String> {
        Ok(Self::Edge(Arc::new(Edge::open(folder, options)?)))
    }

    /// What `then`, which may block, makes of the nearest points in the scope with their cosine
    /// similarity, nearest first.
    pub(crate) async fn search<T: Send + 'static>(
        &self,
        vector: Vec<f32>,
        scope: Scope,
        limit: usize,
        then: impl FnOnce(Vec<(PassageId, f32)>) -> T + Send + 'static,
    ) -> Result<T, Error> {
        match self {
            Self::Edge(edge) => {
                let edge = Arc::clone(edge);
                blocking::run(move || edge.search(vector, &scope, limit).map(then)).await
            }
            Self::Server(server) => {
                let found = server.nearest(vector, &scope, limit).await?;
                blocking::run(move || Ok(then(found))).await
            }
        }
    }

    /// Makes `points` all that there is of these documents.
    pub(crate) async fn replace(
        &self,
        documents: Vec<RecordId>,
        points: Vec<Point>,
    ) -> Result<(), Error> {
        match self {
            Self::Edge(edge) => {
                let edge = Arc::clone(edge);
                blocking::run(move || edge.replace(documents, points)).await
            }
            Self::Server(server) => server.replace(&documents, points).await,
        }
    }

    /// Makes everything that was written durable.
    pub(crate) async fn flush(&self) -> Result<(), Error> {
        match self {
            Self::Edge(edge) => {
                let edge = Arc::clone(edge);
                blocking::run(move || edge.flush()).await
            }
            // Each write has waited until it was.
            Self::Server(_) => Ok(()),
        }
    }

    /// About how many vectors there are in the folder, at no cost.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Edge(edge) => edge.size(),
            Self::Server(_) => 0,
        }
    }

    /// How many vectors there are.
    pub(crate) async fn count(&self) -> Result<u64, Error> {
        match self {
            Self::Edge(edge) => {
                let edge = Arc::clone(edge);
                blocking::run(move || edge.count()).await
            }
            Self::Server(server) => server.count().await,
        }
    }

    /// Whether so many vectors came that building their graph is worth it.
    pub(crate) fn wants_optimizing(&self) -> bool {
        match self {
            Self::Edge(edge) => edge.wants_optimizing(),
            // It does by itself.
            Self::Server(_) => false,
        }
    }

    /// Builds graphs over new vectors and drops the remains of deleted ones. Searches go on;
    /// writing waits.
    pub(crate) async fn optimize(&self) -> Result<(), Error> {
        match self {
            Self::Edge(edge) => {
                let edge = Arc::clone(edge);
                blocking::run(move || edge.optimize()).await
            }
            Self::Server(_) => Ok(()),
        }
    }

    /// The collection that has the vectors; none if they are in the index's folder.
    pub(crate) fn collection(&self) -> Option<&str> {
        match self {
            Self::Edge(_) => None,
            Self::Server(server) => Some(server.collection()),
        }
    }

    /// Makes what writing needs. Returns whether it was not there, and so is empty.
    pub(crate) async fn prepare(&self) -> Result<bool, Error> {
        match self {
            Self::Edge(_) => Ok(false),
            Self::Server(server) => server.prepare().await,
        }
    }

    /// Lets readers come to these vectors, which are complete now.
    pub(crate) async fn publish(&self) -> Result<(), Error> {
        match self {
            Self::Edge(_) => Ok(()),
            Self::Server(server) => server.publish().await,
        }
    }
}
