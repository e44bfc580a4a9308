//! The one session that all calls share.

use std::sync::Arc;
use std::time::Instant;

use domain::{RecordId, UserId};
use secrecy::SecretString;
use tokio::sync::Mutex;
use url::Url;

use crate::auth::Authenticator;
use crate::error::Error;

/// A token and the one address that it may be sent to.
pub(crate) struct Session {
    pub(crate) token: SecretString,
    pub(crate) instance_url: Url,
    /// The org and the user, when the token reply tells.
    pub(crate) ids: Option<(RecordId, UserId)>,
}

/// Signs in when there is no session or the present one ended. Calls that find it ended at the same
/// time share one sign-in, and its failure.
pub(crate) struct Sessions {
    authenticator: Authenticator,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    session: Option<Arc<Session>>,
    failure: Option<(Instant, Error)>,
}

impl Sessions {
    pub(crate) fn new(authenticator: Authenticator) -> Self {
        Self {
            authenticator,
            state: Mutex::default(),
        }
    }

    pub(crate) async fn current(&self) -> Result<Arc<Session>, Error> {
        self.other_than(None).await
    }

    /// A session that is not `ended`: the one that another call has opened meanwhile, or a new one.
    pub(crate) async fn renewed(&self, ended: &Arc<Session>) -> Result<Arc<Session>, Error> {
        self.other_than(Some(ended)).await
    }

    async fn other_than(&self, ended: Option<&Arc<Session>>) -> Result<Arc<Session>, Error> {
        let asked_at = Instant::now();
        let mut state = self.state.lock().await;
        if let Some(session) = &state.session
            && !ended.is_some_and(|ended| Arc::ptr_eq(ended, session))
        {
            return Ok(session.clone());
        }
        if let Some((failed_at, error)) = &state.failure
            && *failed_at >= asked_at
        {
            // It failed while this call waited for it. Wrong secrets lock an app out when tried often.
            return Err(error.clone());
        }
        match self.authenticator.sign_in().await {
            Ok(session) => {
                let session = Arc::new(session);
                state.session = Some(session.clone());
                state.failure = None;
                tracing::debug!("signed in to salesforce");
                Ok(session)
            }
            Err(error) => {
                state.session = None;
                state.failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }
}
