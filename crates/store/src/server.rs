//! A Qdrant server or cluster, through its gRPC interface.
//!
//! It holds the vectors of passages, and with [`Words::Server`] everything else too, so that
//! readers need no disk of their own. Readers follow an alias; each embedding model and layout has
//! a collection of its own behind it, and the alias moves when the writer has finished one. So a
//! change of the model is built beside what answers meanwhile.
//!
//! There are no snapshots over a network: what the writer writes is seen at once, old passages of a
//! document go after the new ones came, and what a crash leaves half done is repeated from the
//! cursor. A server that is away is an error within two seconds, and at once for those who ask
//! next.

mod collection;
mod filter;
mod link;
mod listing;
mod meta;
mod options;
mod payload;
mod rows;
mod search;
mod words;
mod write;

pub use options::{Quantization, ServerOptions, Words};
pub(crate) use write::ServerWriter;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use domain::{PassageId, RecordId};
use qdrant_client::qdrant::{
    Condition, CountPoints, DeletePoints, Filter, NamedVectors, PointStruct,
    QuantizationSearchParams, QueryPoints, ScoredPoint, SearchParams, UpsertPoints, VectorInput,
};
use tokio::sync::OnceCell;

use crate::access::Scope;
use crate::vector::Point;
use crate::{Error, ModelSpec};
use collection::{MEANING, Names};
use link::Link;
use meta::{Published, Remembered};
use payload::{CONDITIONS, CREATED, DOCUMENT, OBJECT, Payload, SOURCE, UPDATED};

/// Points of one request: about a megabyte.
const CHUNK: usize = 256;
/// How many neighbours are looked at: at 100,000 passages 97 of 100 are found.
const EF: u64 = 256;
/// How many more candidates are compared in full than are wanted.
const OVERSAMPLING: f64 = 2.0;

/// One server, one alias, and the collection of one model behind it.
pub(crate) struct Server {
    link: Link,
    names: Names,
    model: ModelSpec,
    options: ServerOptions,
    remembered: Remembered,
    /// Set when the collections of this model are there.
    prepared: OnceCell<()>,
    /// Set when the passages' had to be made, until somebody was told.
    made: AtomicBool,
}

impl Server {
    /// The server is not asked for anything yet.
    ///
    /// # Errors
    /// [`Error::Engine`] when the address cannot be one.
    pub(crate) fn new(options: ServerOptions, model: ModelSpec) -> Result<Self, Error> {
        if model.dimension == 0 {
            return Err(Error::Dimension {
                found: 0,
                expected: 1,
            });
        }
        Ok(Self {
            link: Link::new(&options)?,
            names: Names::new(&options, &model),
            model,
            options,
            remembered: Remembered::default(),
            prepared: OnceCell::new(),
            made: AtomicBool::new(false),
        })
    }

    /// Whether documents, passages and words are here, too.
    pub(crate) fn holds_words(&self) -> bool {
        self.options.words == Words::Server
    }

    /// Numbers in a vector.
    pub(crate) fn dimension(&self) -> usize {
        self.model.dimension
    }

    /// The collection of this model.
    pub(crate) fn collection(&self) -> &str {
        &self.names.passages
    }

    /// Makes the collections that are missing. Returns whether the passages' is new, and empty.
    pub(crate) async fn prepare(&self) -> Result<bool, Error> {
        let (link, dimension) = (&self.link, self.model.dimension);
        let make = || collection::ensure(link, &self.names, &self.options, dimension, &self.made);
        self.prepared.get_or_try_init(make).await?;
        let is_new = self.made.swap(false, Ordering::Relaxed);
        if is_new {
            self.remembered.forget();
        }
        Ok(is_new)
    }

    /// The nearest points in the scope with their cosine similarity, nearest first.
    ///
    /// # Errors
    /// [`Error::OtherCollection`] while readers are still sent to another model's collection.
    pub(crate) async fn nearest(
        &self,
        vector: Vec<f32>,
        scope: &Scope,
        limit: usize,
    ) -> Result<Vec<(PassageId, f32)>, Error> {
        let Some(published) = self.published().await? else {
            return Ok(Vec::new());
        };
        let passages = &published.passages;
        let found = self.meaning(passages, vector, scope, limit, &[]).await?;
        let ids = found.into_iter().filter_map(|point| {
            let passage = payload::passage_of(point.id.as_ref())?;
            Some((passage, point.score))
        });
        Ok(ids.collect())
    }

    /// The nearest points, with these payload fields.
    async fn meaning(
        &self,
        passages: &str,
        vector: Vec<f32>,
        scope: &Scope,
        limit: usize,
        fields: &[&str],
    ) -> Result<Vec<ScoredPoint>, Error> {
        if passages != self.names.passages {
            return Err(Error::OtherCollection {
                collection: passages.to_owned(),
                reason: format!(
                    "is of another model; the vectors of '{}' are not complete",
                    self.model.id
                ),
            });
        }
        let quantization = QuantizationSearchParams {
            rescore: Some(true),
            oversampling: Some(OVERSAMPLING),
            ..QuantizationSearchParams::default()
        };
        let query = QueryPoints {
            collection_name: passages.to_owned(),
            query: Some(VectorInput::from(vector).into()),
            using: Some(MEANING.to_owned()),
            filter: filter::of_meanings(scope),
            params: Some(SearchParams {
                hnsw_ef: Some(EF.max(limit as u64)),
                quantization: Some(quantization),
                ..SearchParams::default()
            }),
            limit: Some(limit as u64),
            with_payload: Some(payload::only(fields)),
            ..QueryPoints::default()
        };
        let reads = self.link.reads();
        Ok(self.link.read(reads.query(query)).await?.result)
    }

    /// Makes `points` all that there is of these documents: the new ones come before the old ones
    /// go.
    pub(crate) async fn replace(
        &self,
        documents: &[RecordId],
        points: Vec<Point>,
    ) -> Result<(), Error> {
        if documents.is_empty() {
            return Ok(());
        }
        self.prepare().await?;
        let stay: Vec<PassageId> = points.iter().map(|point| point.id).collect();
        let points = points.into_iter().map(with_meaning).collect();
        self.upsert(&self.names.passages, points).await?;
        let stale = filter::stale(documents, stay.into_iter());
        self.delete(&self.names.passages, stale).await
    }

    /// How many passages have a vector.
    pub(crate) async fn count(&self) -> Result<u64, Error> {
        let with_vector = || Filter::must([Condition::has_vector(MEANING)]);
        let filter = self.holds_words().then(with_vector);
        self.count_in(&self.names.passages, filter).await
    }

    /// Readers who follow the alias come to the collection of this model from now on, and those of
    /// others are removed.
    pub(crate) async fn publish(&self) -> Result<(), Error> {
        self.prepare().await?;
        let current = collection::target(&self.link, &self.names.alias).await?;
        if current.as_ref() == Some(&self.names.passages) {
            return Ok(());
        }
        collection::point(&self.link, &self.names).await?;
        tracing::info!(
            collection = self.names.passages,
            "readers are sent to a new collection"
        );
        self.remembered.forget();
        // Who has just looked up the old one still reads from it.
        tokio::time::sleep(self.longest_read()).await;
        collection::remove_others(&self.link, &self.names).await
    }

    /// After this time nobody goes by what was remembered before it.
    fn longest_read(&self) -> std::time::Duration {
        2 * meta::REMEMBERED + link::READ_PATIENCE
    }

    async fn published(&self) -> Result<Option<Arc<Published>>, Error> {
        if let Some(fresh) = self.remembered.fresh() {
            return Ok(fresh);
        }
        let asked = Instant::now();
        let alias = &self.names.alias;
        let published = Published::read(&self.link, alias, self.holds_words()).await?;
        let published = published.map(Arc::new);
        self.remembered.set(asked, published.clone());
        Ok(published)
    }

    async fn upsert(&self, collection: &str, points: Vec<PointStruct>) -> Result<(), Error> {
        let mut points = points.into_iter().peekable();
        while points.peek().is_some() {
            let upsert = UpsertPoints {
                collection_name: collection.to_owned(),
                wait: Some(true),
                points: points.by_ref().take(CHUNK).collect(),
                ..UpsertPoints::default()
            };
            let writes = self.link.writes();
            self.link
                .write(|| writes.upsert_points(upsert.clone()))
                .await?;
        }
        Ok(())
    }

    async fn delete(&self, collection: &str, filter: Filter) -> Result<(), Error> {
        let delete = DeletePoints {
            collection_name: collection.to_owned(),
            wait: Some(true),
            points: Some(filter.into()),
            ..DeletePoints::default()
        };
        let writes = self.link.writes();
        self.link
            .write(|| writes.delete_points(delete.clone()))
            .await?;
        Ok(())
    }

    async fn count_in(&self, collection: &str, filter: Option<Filter>) -> Result<u64, Error> {
        let count = CountPoints {
            collection_name: collection.to_owned(),
            filter,
            exact: Some(true),
            ..CountPoints::default()
        };
        let reads = self.link.reads();
        let counted = self.link.read(reads.count(count)).await?;
        Ok(counted.result.map_or(0, |result| result.count))
    }
}

/// The collection that readers are sent to; none before the first was made.
pub(crate) async fn target(options: &ServerOptions) -> Result<Option<String>, Error> {
    let link = Link::new(options)?;
    collection::target(&link, &options.collection).await
}

/// A point of a collection that holds vectors alone.
fn with_meaning(point: Point) -> PointStruct {
    let mut fields = Payload::from([
        (DOCUMENT.to_owned(), point.document.as_str().into()),
        (OBJECT.to_owned(), point.object.into()),
        (SOURCE.to_owned(), point.source.into()),
        (
            CONDITIONS.to_owned(),
            payload::list(point.conditions.terms.iter()),
        ),
        (UPDATED.to_owned(), point.updated.into()),
    ]);
    if let Some(created) = point.created {
        fields.insert(CREATED.to_owned(), created.into());
    }
    let vectors = NamedVectors {
        vectors: [(MEANING.to_owned(), point.vector.into())].into(),
    };
    PointStruct {
        id: Some(payload::id_of(point.id)),
        payload: fields,
        vectors: Some(vectors.into()),
    }
}
