//! The writing side of the keyword index.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{Document, Passage, RecordId};
use tantivy::index::{SegmentId, SegmentMeta};
use tantivy::indexer::IndexWriterOptions;
use tantivy::merge_policy::LogMergePolicy;
use tantivy::{Index, IndexWriter, TantivyDocument, Term};

use super::engine;
use super::schema::{self, Fields};
use super::snapshot::Envelope;
use super::tongue::DocumentTongues;
use crate::Error;
use crate::conditions::Conditions;
use crate::folder::Folder;

/// Tantivy refuses less than 15 MB.
const LEAST_MEMORY: usize = 16 * 1024 * 1024;
/// So many segments are not worth a merge: it would rewrite up to half of the index.
const FEW_SEGMENTS: usize = 4;
const MOST_MEMORY: usize = 2 * 1024 * 1024 * 1024;

pub(crate) struct KeywordWriter {
    writer: IndexWriter<TantivyDocument>,
    fields: Fields,
    /// Locked until the writer is closed.
    _folder: Arc<Folder>,
}

/// A document with its passages, in document order.
pub(crate) struct Upsert {
    pub document: Document,
    pub filters: Arc<Conditions>,
    pub passages: Vec<Passage>,
}

impl KeywordWriter {
    /// One indexing thread: the embedder is what a sync waits for, and one thread leaves one
    /// segment per commit where two leave two. One merging thread, for the same two cores.
    pub(super) fn new(
        index: &Index,
        fields: Fields,
        memory: usize,
        folder: Arc<Folder>,
    ) -> Result<Self, Error> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .num_merge_threads(1)
            .memory_budget_per_thread(memory.clamp(LEAST_MEMORY, MOST_MEMORY))
            .build();
        let writer = index.writer_with_options(options).map_err(engine)?;
        // A sync commits page by page: small segments are merged early, so that a search visits
        // few, and rows that were replaced do not pile up.
        let mut policy = LogMergePolicy::default();
        policy.set_min_num_segments(4);
        policy.set_del_docs_ratio_before_merge(0.3);
        writer.set_merge_policy(Box::new(policy));
        collect_garbage(&writer)?;
        Ok(Self {
            writer,
            fields,
            _folder: folder,
        })
    }

    /// Takes all rows of these documents away, then adds the new ones.
    pub(crate) fn write(
        &mut self,
        removals: &[RecordId],
        upserts: BTreeMap<RecordId, Upsert>,
    ) -> Result<(), Error> {
        for id in removals.iter().chain(upserts.keys()) {
            let term = Term::from_field_text(self.fields.document, id.as_str());
            self.writer.delete_term(term);
        }
        for upsert in upserts.into_values() {
            self.add(upsert)?;
        }
        Ok(())
    }

    fn add(&mut self, upsert: Upsert) -> Result<(), Error> {
        let Upsert {
            mut document,
            filters,
            passages,
        } = upsert;
        let row =
            schema::document_row(&self.fields, &mut document, &filters).map_err(unwritable)?;
        self.writer.add_document(row).map_err(engine)?;
        let tongues = DocumentTongues::of(&document, &passages);
        for (ordinal, passage) in (0..).zip(passages) {
            let row = schema::passage_row(
                &self.fields,
                &document,
                &filters,
                passage,
                ordinal,
                &tongues,
            )
            .map_err(unwritable)?;
            self.writer.add_document(row).map_err(engine)?;
        }
        Ok(())
    }

    /// Merges what a long sync has left into one segment beside the largest: each costs a search
    /// time. A merge that cannot be made now is left to the policy.
    pub(crate) fn merge(&mut self) -> Result<(), Error> {
        let mut segments = self
            .writer
            .index()
            .searchable_segment_metas()
            .map_err(engine)?;
        segments.sort_by_key(|segment| std::cmp::Reverse(segment.num_docs()));
        let total: u32 = segments.iter().map(SegmentMeta::num_docs).sum();
        let is_large = |segment: &&SegmentMeta| segment.num_docs() > total / 2;
        let kept = segments.iter().take_while(is_large).count();
        let small: Vec<SegmentId> = segments[kept..].iter().map(SegmentMeta::id).collect();
        if segments.len() > FEW_SEGMENTS
            && let Err(error) = self.writer.merge(&small).wait()
        {
            tracing::debug!(%error, "segments were not merged");
        }
        Ok(())
    }

    /// Makes everything written so far durable, with the envelope, in one step.
    pub(crate) fn commit(&mut self, envelope: &Envelope) -> Result<(), Error> {
        let payload = serde_json::to_string(envelope).map_err(unwritable)?;
        let mut prepared = self.writer.prepare_commit().map_err(engine)?;
        prepared.set_payload(&payload);
        prepared.commit().map_err(engine)?;
        Ok(())
    }

    /// Removes the files of segments that nobody reads any more.
    pub(crate) fn collect_garbage(&self) -> Result<(), Error> {
        collect_garbage(&self.writer)
    }

    /// Forgets everything since the last commit.
    pub(crate) fn rollback(&mut self) -> Result<(), Error> {
        self.writer.rollback().map_err(engine)?;
        collect_garbage(&self.writer)
    }
}

/// Removes files of a commit that was never finished. Tantivy counts on from the last finished one,
/// and refuses to write a file (`SEGMENT.NUMBER.del`) that is there already.
fn collect_garbage(writer: &IndexWriter<TantivyDocument>) -> Result<(), Error> {
    writer.garbage_collect_files().wait().map_err(engine)?;
    Ok(())
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::Engine {
        engine: "keyword",
        detail: error.to_string(),
    }
}
