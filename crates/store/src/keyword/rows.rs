//! Rows by their ids: passages and documents as they were written.

use std::sync::Arc;

use domain::{Document, ObjectName, Passage, PassageId, RecordId, Viewer};
use serde::de::DeserializeOwned;
use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{DocAddress, DocSet, TERMINATED, TantivyDocument, TantivyError, Term};

use super::PassageRow;
use super::snapshot::Snapshot;

impl Snapshot {
    /// The passage, if it is committed and the viewer may read its source and its document's
    /// object.
    pub(crate) fn passage(
        &self,
        viewer: &Viewer,
        id: PassageId,
    ) -> tantivy::Result<Option<Passage>> {
        match self.passage_row(id) {
            Some(row) => self.readable_passage(viewer, row),
            None => Ok(None),
        }
    }

    /// The first `limit` readable passages of a document, in its order.
    pub(crate) fn document_passages(
        &self,
        viewer: &Viewer,
        document: RecordId,
        limit: usize,
    ) -> tantivy::Result<Vec<Passage>> {
        let term = Term::from_field_text(self.fields.document, document.as_str());
        let mut rows: Vec<(u64, DocAddress)> = self
            .rows(&term)?
            .into_iter()
            .filter_map(|row| Some((self.ordinal_of(row)?, row)))
            .collect();
        rows.sort_unstable();
        let mut passages = Vec::new();
        for (_, row) in rows {
            if passages.len() == limit {
                break;
            }
            passages.extend(self.readable_passage(viewer, row)?);
        }
        Ok(passages)
    }

    /// The document as it was written, untrimmed.
    pub(crate) fn document(&self, id: RecordId) -> tantivy::Result<Option<Document>> {
        match self.document_row(id) {
            Some(row) => self.whole_document(row).map(Some),
            None => Ok(None),
        }
    }

    /// The document without its records, untrimmed.
    pub(crate) fn head(&self, id: RecordId) -> tantivy::Result<Option<Document>> {
        match self.document_row(id) {
            Some(row) => {
                let head = self.head_at(row)?;
                Ok(Some(head.as_ref().clone()))
            }
            None => Ok(None),
        }
    }

    /// Whether a passage is part of the commit, and of which document.
    pub(crate) fn committed(&self, id: PassageId) -> Option<RecordId> {
        self.document_of(self.passage_row(id)?)
    }

    pub(crate) fn document_ids(&self, object: &ObjectName) -> tantivy::Result<Vec<RecordId>> {
        let term = Term::from_field_text(self.fields.document_object, object.as_str());
        let rows = self.rows(&term)?;
        Ok(rows
            .into_iter()
            .filter_map(|row| self.document_of(row))
            .collect())
    }

    /// Hands over every document, until `each` says false.
    pub(crate) fn every_document(&self, mut each: impl FnMut(tantivy::Result<Document>) -> bool) {
        for (segment, reader) in (0..).zip(self.searcher.segment_readers()) {
            let rows = reader
                .doc_ids_alive()
                .map(|row| DocAddress::new(segment, row));
            for row in rows.filter(|row| self.ordinal_of(*row).is_none()) {
                if !each(self.whole_document(row)) {
                    return;
                }
            }
        }
    }

    fn whole_document(&self, row: DocAddress) -> tantivy::Result<Document> {
        Ok(Document {
            records: self.stored(row)?,
            ..self.read_head(row)?
        })
    }

    fn head_at(&self, row: DocAddress) -> tantivy::Result<Arc<Document>> {
        let segment = self.searcher.segment_reader(row.segment_ord).segment_id();
        let key = (segment, row.doc_id);
        self.heads().get(key, || self.read_head(row))
    }

    fn read_head(&self, row: DocAddress) -> tantivy::Result<Document> {
        let segment = self.segment(row);
        let head = segment
            .map(|segment| segment.head(row.doc_id))
            .transpose()?;
        read(&head.flatten().unwrap_or_default())
    }

    fn readable_passage(
        &self,
        viewer: &Viewer,
        row: DocAddress,
    ) -> tantivy::Result<Option<Passage>> {
        let PassageRow {
            document_object,
            passage,
        } = self.stored(row)?;
        let readable = viewer.reads_object(&document_object)
            && viewer.reads_field(&passage.object, &passage.field);
        Ok(readable.then_some(passage))
    }

    fn stored<T: DeserializeOwned>(&self, row: DocAddress) -> tantivy::Result<T> {
        let row: TantivyDocument = self.searcher.doc(row)?;
        let bytes = row
            .get_first(self.fields.stored)
            .and_then(|value| value.as_bytes())
            .unwrap_or_default();
        read(bytes)
    }

    /// The rows with a term that are not deleted.
    fn rows(&self, term: &Term) -> tantivy::Result<Vec<DocAddress>> {
        let mut rows = Vec::new();
        for (segment, reader) in (0..).zip(self.searcher.segment_readers()) {
            let inverted = reader.inverted_index(term.field())?;
            let Some(mut postings) = inverted.read_postings(term, IndexRecordOption::Basic)? else {
                continue;
            };
            let mut row = postings.doc();
            while row != TERMINATED {
                if !reader.is_deleted(row) {
                    rows.push(DocAddress::new(segment, row));
                }
                row = postings.advance();
            }
        }
        Ok(rows)
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> tantivy::Result<T> {
    serde_json::from_slice(bytes)
        .map_err(|error| TantivyError::InternalError(format!("a stored row: {error}")))
}
