//! The queries that have more pages.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::page::Records;
use crate::org::id::IdKey;
use crate::soql::QueryMode;

/// How many queries are kept for later pages. Salesforce keeps them for two days.
const MAX_CURSORS: usize = 200;

/// A query whose first page was sent.
pub(crate) struct Cursor {
    pub owner: Arc<str>,
    pub object: String,
    pub batch: usize,
    pub content: Content,
}

pub(crate) enum Content {
    /// The rows that were found, in order. Their records are made page by page, as the rows are then.
    Rows {
        soql: String,
        mode: QueryMode,
        keys: Vec<IdKey>,
    },
    /// What was computed has no rows to come back to.
    Records(Records),
}

impl Cursor {
    /// The number of records on all pages.
    pub fn len(&self) -> usize {
        match &self.content {
            Content::Rows { keys, .. } => keys.len(),
            Content::Records(records) => records.count,
        }
    }
}

/// The cursors, oldest first.
#[derive(Default)]
pub(crate) struct Cursors(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    made: u64,
    cursors: VecDeque<(String, Arc<Cursor>)>,
}

impl Cursors {
    /// Keeps a cursor and returns its id, 18 characters.
    pub(super) fn keep(&self, cursor: Cursor) -> String {
        let mut kept = self.lock();
        kept.made += 1;
        let id = format!("01g{:012}AAA", kept.made);
        if kept.cursors.len() == MAX_CURSORS {
            kept.cursors.pop_front();
        }
        kept.cursors.push_back((id.clone(), Arc::new(cursor)));
        id
    }

    pub(super) fn find(&self, id: &str) -> Option<Arc<Cursor>> {
        let kept = self.lock();
        kept.cursors
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, cursor)| Arc::clone(cursor))
    }

    /// The object of the cursor that a locator names.
    pub fn object_of(&self, locator: &str) -> Option<String> {
        let (id, _) = locator.rsplit_once('-')?;
        self.find(id).map(|cursor| cursor.object.clone())
    }

    /// Forgets the cursor that a locator names.
    pub fn forget(&self, locator: &str) {
        if let Some((id, _)) = locator.rsplit_once('-') {
            self.lock().cursors.retain(|(known, _)| known != id);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
