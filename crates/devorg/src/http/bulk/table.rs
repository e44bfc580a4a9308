//! Jobs by id, each seen by the user who made it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::ApiError;
use crate::http::reply;

pub(crate) struct Table<J>(Mutex<Owned<J>>);

/// Jobs with their owners, by id.
type Owned<J> = BTreeMap<String, (Arc<str>, J)>;

impl<J> Default for Table<J> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// Query and ingest jobs number their ids together, as they share a key prefix.
static MADE: AtomicU64 = AtomicU64::new(1);

/// An id for a new job, 18 characters.
pub(crate) fn new_id() -> String {
    format!("750{:012}AAA", MADE.fetch_add(1, Ordering::Relaxed))
}

impl<J> Table<J> {
    pub fn insert(&self, id: String, owner: &Arc<str>, job: J) {
        self.lock().insert(id, (Arc::clone(owner), job));
    }

    /// Runs `work` on the user's job.
    ///
    /// # Errors
    /// Those of `work`, and `NOT_FOUND` when the user has no such job.
    pub fn with<T>(
        &self,
        id: &str,
        user: &str,
        work: impl FnOnce(&mut J) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let mut jobs = self.lock();
        match find(&jobs, id) {
            Some(key) => match jobs.get_mut(&key) {
                Some((owner, job)) if **owner == *user => work(job),
                Some(_) | None => Err(reply::not_found()),
            },
            None => Err(reply::not_found()),
        }
    }

    /// What `look` makes of the job, whoever owns it.
    pub fn peek<T>(&self, id: &str, look: impl FnOnce(&J) -> T) -> Option<T> {
        let jobs = self.lock();
        let key = find(&jobs, id)?;
        jobs.get(&key).map(|(_, job)| look(job))
    }

    /// What `describe` makes of each of the user's jobs, oldest first.
    pub fn list<T>(&self, user: &str, describe: impl Fn(&J) -> T) -> Vec<T> {
        let jobs = self.lock();
        jobs.values()
            .filter(|(owner, _)| **owner == *user)
            .map(|(_, job)| describe(job))
            .collect()
    }

    pub fn remove(&self, id: &str) {
        let mut jobs = self.lock();
        if let Some(key) = find(&jobs, id) {
            jobs.remove(&key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Owned<J>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key of a job whose id is given in 15 or 18 characters.
fn find<V>(jobs: &BTreeMap<String, V>, id: &str) -> Option<String> {
    if jobs.contains_key(id) {
        return Some(id.to_owned());
    }
    (id.len() == 15)
        .then(|| format!("{id}AAA"))
        .filter(|long| jobs.contains_key(long))
}
