//! Notices clients that do not wait for their reply.

use std::sync::atomic::Ordering;

use super::OpenAi;

/// A reply that somebody waits for. Dropped before it is answered, it counts as dropped by its client:
/// the server drops a handler, or the body of a reply, when the connection goes.
pub(super) struct Waiting {
    app: OpenAi,
    answered: bool,
}

impl Waiting {
    pub fn new(app: &OpenAi) -> Self {
        Self {
            app: app.clone(),
            answered: false,
        }
    }

    /// All is sent.
    pub fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.answered {
            self.app.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}
