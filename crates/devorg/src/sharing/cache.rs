//! The sharing that belongs to an org which others write to.

use std::sync::{Arc, Mutex, PoisonError};

use super::Sharing;
use crate::org::Org;

/// Keeps the [`Sharing`] of one org and computes it again only after a write to a table that it
/// indexes. One cache serves one org.
#[derive(Default)]
pub struct SharingCache {
    latest: Mutex<Option<Arc<Sharing>>>,
}

impl SharingCache {
    /// The sharing that holds for the org as it is now.
    pub fn get(&self, org: &Org) -> Arc<Sharing> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sharing) = latest.as_ref().filter(|sharing| sharing.is_current(org)) {
            return Arc::clone(sharing);
        }
        let sharing = Arc::new(Sharing::new(org));
        *latest = Some(Arc::clone(&sharing));
        sharing
    }
}
