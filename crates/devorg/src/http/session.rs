//! Who is signed in, and until when.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

/// The open sessions by access token.
pub(crate) struct Sessions {
    /// The first 15 characters of the org's id, with which tokens begin.
    org_id: String,
    lifetime: Option<Duration>,
    open: Mutex<HashMap<String, Session>>,
}

struct Session {
    user_id: Arc<str>,
    opened: Instant,
}

impl Sessions {
    pub fn new(org_id: &str, lifetime_seconds: Option<u64>) -> Self {
        Self {
            org_id: org_id.chars().take(15).collect(),
            lifetime: lifetime_seconds.map(Duration::from_secs),
            open: Mutex::default(),
        }
    }

    /// Signs the user in and returns the access token.
    pub fn open(&self, user_id: &str) -> String {
        let token = format!(
            "{}!{}{}",
            self.org_id,
            Uuid::new_v4().simple(),
            Uuid::new_v4().simple()
        );
        let session = Session {
            user_id: user_id.into(),
            opened: Instant::now(),
        };
        self.lock().insert(token.clone(), session);
        token
    }

    /// The user of a session that is still open. Its life counts from the sign-in, not from the last
    /// call as in Salesforce, so that a busy client meets expiry too.
    pub fn user(&self, token: &str) -> Option<Arc<str>> {
        let mut open = self.lock();
        let session = open.get(token)?;
        if self
            .lifetime
            .is_some_and(|lifetime| session.opened.elapsed() >= lifetime)
        {
            open.remove(token);
            return None;
        }
        Some(Arc::clone(&session.user_id))
    }

    pub fn close(&self, token: &str) {
        self.lock().remove(token);
    }

    /// Ends every session, or every session of one user. Returns how many.
    pub fn expire(&self, user_id: Option<&str>) -> usize {
        let mut open = self.lock();
        let before = open.len();
        open.retain(|_, session| user_id.is_some_and(|id| *id != *session.user_id));
        before - open.len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
