//! What is kept in memory of each segment, because every search asks for it: which row has which
//! id, and which rows a filter lets through.
//!
//! A segment never changes (what is deleted in it is written elsewhere), so this is made once for
//! each and goes on from commit to commit. It takes about 40 bytes for each document and 16 for
//! each passage.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::{PassageId, RecordId};
use tantivy::columnar::{BytesColumn, Column, StrColumn};
use tantivy::index::SegmentId;
use tantivy::schema::Field;
use tantivy::{BitSet, DocId, Searcher, SegmentReader};
use uuid::Uuid;

use super::heads::Heads;
use super::schema;

/// Bytes that the filters of one segment may take; then they are made anew.
const MOST_FILTER_BYTES: usize = 8 * 1024 * 1024;

/// The segments of an index by their ids, as of the last snapshot.
#[derive(Default)]
pub(super) struct Segments {
    known: Mutex<HashMap<SegmentId, Arc<Segment>>>,
    pub heads: Heads,
}

/// One segment's columns and maps.
pub(super) struct Segment {
    passage_high: Column<u64>,
    passage_low: Column<u64>,
    ordinal: Column<u64>,
    document: Option<StrColumn>,
    head: Option<BytesColumn>,
    /// By the upper half of the passage's id.
    passages: Vec<(u64, DocId)>,
    /// Each with its document row; in the order of the column's values, which is that of the ids.
    documents: Vec<(RecordId, DocId)>,
    filters: Mutex<Filters>,
}

#[derive(Default)]
struct Filters {
    known: HashMap<FilterKey, Arc<BitSet>>,
    bytes: usize,
}

/// A field and the values of which a row has to have one.
pub(super) type FilterKey = (Field, Vec<String>);

impl Segments {
    /// Those of a searcher, in its order. Others are forgotten.
    pub(super) fn of(&self, searcher: &Searcher) -> tantivy::Result<Vec<Arc<Segment>>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = HashMap::new();
        let mut segments = Vec::new();
        for reader in searcher.segment_readers() {
            let id = reader.segment_id();
            let segment = match known.remove(&id) {
                Some(segment) => segment,
                None => Arc::new(Segment::open(reader)?),
            };
            kept.insert(id, Arc::clone(&segment));
            segments.push(segment);
        }
        *known = kept;
        Ok(segments)
    }
}

impl Segment {
    fn open(reader: &SegmentReader) -> tantivy::Result<Self> {
        let fast = reader.fast_fields();
        let mut segment = Self {
            passage_high: fast.u64(schema::PASSAGE_HIGH)?,
            passage_low: fast.u64(schema::PASSAGE_LOW)?,
            ordinal: fast.u64(schema::ORDINAL)?,
            document: fast.str(schema::DOCUMENT)?,
            head: fast.bytes(schema::HEAD)?,
            passages: Vec::new(),
            documents: Vec::new(),
            filters: Mutex::default(),
        };
        segment.documents = segment.read_documents()?;
        for row in 0..reader.max_doc() {
            if let Some(high) = segment.passage_high.first(row) {
                segment.passages.push((high, row));
            } else if let Some(place) = segment.document_place(row) {
                // Of two rows with one id the first is deleted.
                segment.documents[place].1 = row;
            }
        }
        segment.passages.shrink_to_fit();
        segment.passages.sort_unstable();
        Ok(segment)
    }

    fn read_documents(&self) -> tantivy::Result<Vec<(RecordId, DocId)>> {
        let Some(column) = &self.document else {
            return Ok(Vec::new());
        };
        let mut documents = Vec::with_capacity(column.num_terms());
        let mut ids = column.dictionary().stream()?;
        while ids.advance() {
            let id = std::str::from_utf8(ids.key()).ok();
            let id = id.and_then(|id| RecordId::parse(id).ok()).ok_or_else(|| {
                tantivy::TantivyError::InternalError("a document without an id".to_owned())
            })?;
            documents.push((id, DocId::MAX));
        }
        Ok(documents)
    }

    fn document_place(&self, row: DocId) -> Option<usize> {
        let ordinal = self.document.as_ref()?.ords().first(row)?;
        usize::try_from(ordinal).ok()
    }

    /// The id of the passage of a row; none for a document row.
    pub(super) fn passage(&self, row: DocId) -> Option<PassageId> {
        let high = self.passage_high.first(row)?;
        let low = self.passage_low.first(row)?;
        Some(PassageId(Uuid::from_u64_pair(high, low)))
    }

    /// The id of the document that a row belongs to.
    pub(super) fn document(&self, row: DocId) -> Option<RecordId> {
        let place = self.document_place(row)?;
        self.documents.get(place).map(|(id, _)| *id)
    }

    /// The place of a passage row among its document's passages; none for a document row.
    pub(super) fn ordinal(&self, row: DocId) -> Option<u64> {
        self.ordinal.first(row)
    }

    /// The rows that have, or had, this passage id.
    pub(super) fn passage_rows(&self, id: PassageId) -> impl Iterator<Item = DocId> {
        let (high, low) = id.0.as_u64_pair();
        let from = self.passages.partition_point(|(key, _)| *key < high);
        self.passages[from..]
            .iter()
            .take_while(move |(key, _)| *key == high)
            .map(|(_, row)| *row)
            .filter(move |row| self.passage_low.first(*row) == Some(low))
    }

    /// The row that a document itself has, or had.
    pub(super) fn document_row(&self, id: RecordId) -> Option<DocId> {
        let place = self.documents.binary_search_by_key(&id, |(id, _)| *id);
        let (_, row) = self.documents.get(place.ok()?)?;
        (*row != DocId::MAX).then_some(*row)
    }

    /// What a document row keeps of its document's head.
    pub(super) fn head(&self, row: DocId) -> tantivy::Result<Option<Vec<u8>>> {
        let Some(column) = &self.head else {
            return Ok(None);
        };
        let Some(ordinal) = column.ords().first(row) else {
            return Ok(None);
        };
        let mut bytes = Vec::with_capacity(512);
        let found = column.ord_to_bytes(ordinal, &mut bytes)?;
        Ok(found.then_some(bytes))
    }

    /// The rows that a filter lets through, remembered.
    pub(super) fn filter(
        &self,
        key: &FilterKey,
        make: impl FnOnce() -> tantivy::Result<BitSet>,
    ) -> tantivy::Result<Arc<BitSet>> {
        if let Some(rows) = self.filters().known.get(key) {
            return Ok(Arc::clone(rows));
        }
        // Two may make the same at once; that is cheaper than to wait.
        let rows = Arc::new(make()?);
        let bytes = rows.max_value() as usize / 8 + 256;
        let mut filters = self.filters();
        if filters.bytes + bytes > MOST_FILTER_BYTES {
            *filters = Filters::default();
        }
        filters.bytes += bytes;
        filters.known.insert(key.clone(), Arc::clone(&rows));
        Ok(rows)
    }

    fn filters(&self) -> std::sync::MutexGuard<'_, Filters> {
        self.filters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
