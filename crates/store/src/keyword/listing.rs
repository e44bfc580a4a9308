//! Documents in the order of a date, read off the columns without any text.

use std::collections::BinaryHeap;

use chrono::DateTime;
use domain::RecordId;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn, TermOrdHit};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use super::schema;
use super::search::{restricted, set};
use super::snapshot::Snapshot;
use crate::access::{Allowed, Scope};
use crate::reader::{Order, Place};

impl Snapshot {
    /// The first `limit` documents of the scope behind `after`. Documents of one time stand in the
    /// order of their ids.
    pub(crate) fn listed(
        &self,
        scope: &Scope,
        order: Order,
        after: Option<Place>,
        limit: usize,
    ) -> tantivy::Result<Vec<Place>> {
        // Only document rows have this field, so passages are not even visited.
        let objects = match &scope.objects {
            Allowed::All => set(self.fields.document_object, &self.vocabulary.objects),
            Allowed::Only(objects) => set(self.fields.document_object, objects),
        };
        let query = restricted(objects, self.document_filters(scope));
        let query = self.without(query, scope);
        let by_date = ByDate {
            order,
            after,
            limit,
        };
        let found = self.searcher.search(&query, &by_date)?;
        let place = |(key, document)| {
            let updated_at = DateTime::from_timestamp_millis(order.time(key))?;
            Some(Place {
                updated_at,
                document,
            })
        };
        Ok(found.into_iter().filter_map(place).collect())
    }
}

impl Order {
    /// Times as numbers that grow in this order; it is its own inverse.
    fn key(self, milliseconds: i64) -> i64 {
        match self {
            Self::Newest => milliseconds.saturating_neg(),
            Self::Oldest => milliseconds,
        }
    }

    fn time(self, key: i64) -> i64 {
        self.key(key)
    }
}

/// Keeps the rows that come first.
struct ByDate {
    order: Order,
    after: Option<Place>,
    limit: usize,
}

struct SegmentByDate {
    order: Order,
    limit: usize,
    updated: Column<i64>,
    documents: Option<StrColumn>,
    /// Rows up to this key and, at it, below this ordinal were listed before.
    after: Option<(i64, u64)>,
    /// The first `limit` rows so far, the last of them on top. Ordinals of a segment are in the
    /// order of the ids.
    first: BinaryHeap<(i64, u64)>,
}

impl Collector for ByDate {
    type Fruit = Vec<(i64, RecordId)>;
    type Child = SegmentByDate;

    fn for_segment(
        &self,
        _ordinal: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<SegmentByDate> {
        let fast = segment.fast_fields();
        let documents = fast.str(schema::DOCUMENT)?;
        let after = match (&self.after, &documents) {
            (Some(place), Some(documents)) => {
                let key = self.order.key(place.updated_at.timestamp_millis());
                let id = place.document.as_str();
                let next = match documents.dictionary().term_ord_or_next(id)? {
                    TermOrdHit::Exact(ordinal) => ordinal + 1,
                    TermOrdHit::Next(ordinal) => ordinal,
                };
                Some((key, next))
            }
            (_, _) => None,
        };
        Ok(SegmentByDate {
            order: self.order,
            limit: self.limit,
            updated: fast.i64(schema::UPDATED)?,
            documents,
            after,
            first: BinaryHeap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(
        &self,
        segments: Vec<Vec<(i64, RecordId)>>,
    ) -> tantivy::Result<Vec<(i64, RecordId)>> {
        let mut all: Vec<_> = segments.into_iter().flatten().collect();
        all.sort_unstable();
        all.truncate(self.limit);
        Ok(all)
    }
}

impl SegmentCollector for SegmentByDate {
    type Fruit = Vec<(i64, RecordId)>;

    fn collect(&mut self, row: DocId, _score: Score) {
        let documents = self.documents.as_ref();
        let ordinal = documents.and_then(|documents| documents.ords().first(row));
        let (Some(updated), Some(ordinal)) = (self.updated.first(row), ordinal) else {
            return;
        };
        let place = (self.order.key(updated), ordinal);
        if self.after.is_some_and(|after| place < after) {
            return;
        }
        if self.first.len() < self.limit {
            self.first.push(place);
        } else if self.first.peek().is_some_and(|last| place < *last) {
            self.first.pop();
            self.first.push(place);
        }
    }

    fn harvest(self) -> Self::Fruit {
        let Some(documents) = &self.documents else {
            return Vec::new();
        };
        let mut id = String::with_capacity(18);
        let mut places = Vec::with_capacity(self.first.len());
        for (key, ordinal) in self.first {
            id.clear();
            if documents
                .ord_to_str(ordinal, &mut id)
                .is_ok_and(|known| known)
                && let Ok(document) = RecordId::parse(&id)
            {
                places.push((key, document));
            }
        }
        places
    }
}
