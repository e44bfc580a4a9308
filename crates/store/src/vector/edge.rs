//! Qdrant's engine inside this process (`qdrant-edge`).
//!
//! Vectors, payloads and graphs are memory-mapped files, so an open index costs address space and
//! page cache, not heap. New vectors are searched exactly; from [`INDEX_FROM`] of them on,
//! [`Edge::optimize`] builds an HNSW graph over them.

mod filter;
mod log;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{PassageId, RecordId};
use qdrant_edge::external::serde_json::json;
use qdrant_edge::{
    CountRequest, CreateIndex, DEFAULT_VECTOR_NAME, Distance, EdgeConfig, EdgeOptimizersConfig,
    EdgeShard, EdgeVectorParams, FieldIndexOperations, Filter, HnswIndexConfig, NamedQuery,
    OperationError, PayloadFieldSchema, PayloadSchemaType, PointId, PointInsertOperations,
    PointOperations, PointStruct, QueryEnum, SearchRequest, UpdateOperation, VectorInternal,
    WithPayloadInterface, WithVector,
};

use super::Point;
use crate::Error;
use crate::access::Scope;
use crate::folder::Folder;

/// Vectors that a scan goes through as fast as a graph would: about three milliseconds' worth.
const INDEX_FROM: usize = 20_000;
/// Points handed over at once; the engine writes them in steps of 32, so that searches get in.
const CHUNK: usize = 256;

/// Payload fields, all of them indexed.
pub(super) const DOCUMENT: &str = "document";
pub(super) const OBJECT: &str = "object";
pub(super) const SOURCE: &str = "source";
pub(super) const CONDITIONS: &str = "conditions";
pub(super) const UPDATED: &str = "updated_at";
/// Absent where a document has no such time.
pub(super) const CREATED: &str = "created_at";

pub(crate) struct Edge {
    /// Present until the drop.
    shard: Option<EdgeShard>,
    /// One hand at a time changes the shard: its flush must not meet an update or an
    /// optimisation, whose locks it only tries. Searches take no part.
    hands: Mutex<()>,
    /// Locked until the shard is closed.
    _folder: Arc<Folder>,
}

impl Edge {
    pub(super) fn create(folder: &Arc<Folder>, dimension: usize) -> Result<Self, String> {
        let shard = guarded(|| EdgeShard::new(&folder.vectors(), config(dimension)))?;
        Self::with(shard, folder)
    }

    pub(super) fn open(folder: &Arc<Folder>, dimension: usize) -> Result<Self, String> {
        let path = folder.vectors();
        if !path.join("segments").is_dir() {
            return Err("the vectors are missing".to_owned());
        }
        log::trim(&path.join("wal")).map_err(|error| error.to_string())?;
        let shard = guarded(|| EdgeShard::load(&path, Some(config(dimension))))?;
        Self::with(shard, folder)
    }

    fn with(shard: EdgeShard, folder: &Arc<Folder>) -> Result<Self, String> {
        let edge = Self {
            shard: Some(shard),
            hands: Mutex::new(()),
            _folder: Arc::clone(folder),
        };
        guarded(|| edge.ensure_payload_indexes())?;
        Ok(edge)
    }

    pub(super) fn search(
        &self,
        vector: Vec<f32>,
        scope: &Scope,
        limit: usize,
    ) -> Result<Vec<(PassageId, f32)>, Error> {
        let request = SearchRequest {
            query: QueryEnum::Nearest(NamedQuery::<VectorInternal>::default_dense(vector)),
            filter: filter::of(scope).map_err(engine)?,
            params: None,
            limit,
            offset: 0,
            with_payload: Some(WithPayloadInterface::Bool(false)),
            with_vector: Some(WithVector::Bool(false)),
            score_threshold: None,
        };
        let found = self.shard()?.search(request).map_err(engine)?;
        let hits = found.into_iter().filter_map(|point| match point.id {
            PointId::Uuid(id) => Some((PassageId(id), point.score)),
            PointId::NumId(_) => None,
        });
        Ok(hits.collect())
    }

    pub(super) fn replace(
        &self,
        documents: Vec<RecordId>,
        points: Vec<Point>,
    ) -> Result<(), Error> {
        if documents.is_empty() {
            return Ok(());
        }
        let _hands = self.hands();
        let shard = self.shard()?;
        let stale =
            filter::stale(&documents, points.iter().map(|point| point.id)).map_err(engine)?;
        let delete = PointOperations::DeletePointsByFilter(stale);
        shard
            .update(UpdateOperation::PointOperation(delete))
            .map_err(engine)?;
        let mut points = points.into_iter().map(persisted).peekable();
        while points.peek().is_some() {
            let chunk: Vec<_> = points.by_ref().take(CHUNK).collect();
            let insert = PointInsertOperations::PointsList(chunk);
            let upsert = PointOperations::UpsertPoints(insert);
            shard
                .update(UpdateOperation::PointOperation(upsert))
                .map_err(engine)?;
        }
        Ok(())
    }

    pub(super) fn flush(&self) -> Result<(), Error> {
        let _hands = self.hands();
        let shard = self.shard()?;
        // The engine reports a full disk here by a panic.
        guarded(|| {
            shard.flush();
            Ok(())
        })
        .map_err(failed)
    }

    /// About how many vectors there are, at no cost.
    pub(super) fn size(&self) -> u64 {
        self.shard
            .as_ref()
            .map_or(0, |shard| shard.info().points_count as u64)
    }

    pub(super) fn count(&self) -> Result<u64, Error> {
        let request = CountRequest {
            filter: None::<Filter>,
            exact: true,
        };
        let count = self.shard()?.count(request).map_err(engine)?;
        Ok(count as u64)
    }

    /// Grows with what has a graph already, so that a long sync builds each graph a few times and
    /// not at every page.
    pub(super) fn wants_optimizing(&self) -> bool {
        let Ok(shard) = self.shard() else {
            return false;
        };
        let info = shard.info();
        let indexed = info.indexed_vectors_count;
        let new = info.points_count.saturating_sub(indexed);
        // Writing waits for it. Each build is twice the last, so that all cost twice the last one.
        new >= INDEX_FROM.max(indexed)
    }

    pub(super) fn optimize(&self) -> Result<(), Error> {
        let _hands = self.hands();
        let shard = self.shard()?;
        guarded(|| shard.optimize()).map_err(failed)?;
        // A fresh segment starts without the payload indexes.
        guarded(|| self.ensure_payload_indexes()).map_err(failed)
    }

    fn ensure_payload_indexes(&self) -> Result<(), OperationError> {
        let Some(shard) = &self.shard else {
            return Ok(());
        };
        let keyword = PayloadSchemaType::Keyword;
        let fields = [
            (DOCUMENT, keyword),
            (OBJECT, keyword),
            (SOURCE, keyword),
            (CONDITIONS, keyword),
            (UPDATED, PayloadSchemaType::Integer),
            (CREATED, PayloadSchemaType::Integer),
        ];
        for (field, schema) in fields {
            let index = CreateIndex {
                field_name: filter::path(field)?,
                field_schema: Some(PayloadFieldSchema::FieldType(schema)),
            };
            let create = FieldIndexOperations::CreateIndex(index);
            shard.update(UpdateOperation::FieldIndexOperation(create))?;
        }
        Ok(())
    }

    fn shard(&self) -> Result<&EdgeShard, Error> {
        self.shard
            .as_ref()
            .ok_or_else(|| failed("the shard is closed".to_owned()))
    }

    fn hands(&self) -> MutexGuard<'_, ()> {
        // It guards no data of its own, so a panic while it was held spoiled nothing.
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Edge {
    /// The shard flushes when it goes, and panics if it cannot; what was not committed is
    /// replayed, so that is no reason to end the process.
    fn drop(&mut self) {
        let shard = self.shard.take();
        if catch_unwind(AssertUnwindSafe(|| drop(shard))).is_err() {
            tracing::warn!("vectors were not flushed at the end; the next sync repeats them");
        }
    }
}

fn config(dimension: usize) -> EdgeConfig {
    let hnsw = HnswIndexConfig {
        max_indexing_threads: 0,
        on_disk: Some(true),
        ..HnswIndexConfig::default()
    };
    let vectors = EdgeVectorParams {
        size: dimension,
        distance: Distance::Cosine,
        on_disk: Some(true),
        multivector_config: None,
        datatype: None,
        quantization_config: None,
        hnsw_config: None,
    };
    EdgeConfig {
        on_disk_payload: true,
        vectors: HashMap::from([(DEFAULT_VECTOR_NAME.to_owned(), vectors)]),
        hnsw_config: hnsw,
        optimizers: EdgeOptimizersConfig {
            default_segment_number: Some(2),
            // In kilobytes of vectors.
            indexing_threshold: Some((INDEX_FROM * dimension * size_of::<f32>() / 1024).max(1)),
            ..EdgeOptimizersConfig::default()
        },
        wal_options: Some(log::options()),
        ..EdgeConfig::default()
    }
}

fn persisted(point: Point) -> qdrant_edge::PointStructPersisted {
    let payload = json!({
        DOCUMENT: point.document.as_str(),
        OBJECT: point.object,
        SOURCE: point.source,
        CONDITIONS: point.conditions.terms,
        UPDATED: point.updated,
        CREATED: point.created,
    });
    PointStruct::new(PointId::Uuid(point.id.0), point.vector, payload).into()
}

/// The engine panics over some damaged files and failed writes; here that is an error like others.
fn guarded<T>(work: impl FnOnce() -> Result<T, OperationError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => Err(panic_text(panic.as_ref())),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "the engine gave up".to_owned())
}

fn engine(error: OperationError) -> Error {
    failed(error.to_string())
}

fn failed(detail: String) -> Error {
    Error::Engine {
        engine: "vector",
        detail,
    }
}
