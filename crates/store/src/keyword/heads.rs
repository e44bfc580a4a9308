//! Documents without their text that were read lately: each search reads more than a hundred, and what
//! people ask about today they ask about again.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Document;
use lru::LruCache;
use tantivy::DocId;
use tantivy::index::SegmentId;

/// About a kilobyte each.
const KEPT: NonZeroUsize = NonZeroUsize::new(16 * 1024).unwrap();

/// A row never changes, so what was read of it stays true.
pub(super) struct Heads(Mutex<LruCache<(SegmentId, DocId), Arc<Document>>>);

impl Heads {
    /// The head of a row; `read` is asked for one that is not there.
    pub(super) fn get(
        &self,
        row: (SegmentId, DocId),
        read: impl FnOnce() -> tantivy::Result<Document>,
    ) -> tantivy::Result<Arc<Document>> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(head) = known().get(&row) {
            return Ok(Arc::clone(head));
        }
        let head = Arc::new(read()?);
        known().put(row, Arc::clone(&head));
        Ok(head)
    }
}

impl Default for Heads {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KEPT)))
    }
}
