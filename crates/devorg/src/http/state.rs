//! What the handlers share: the org, who is signed in, open cursors and jobs, and the call counter.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use jsonwebtoken::DecodingKey;
use serde_json::Value;
use tokio::task::JoinError;

use super::bulk::Jobs;
use super::describe::Stamps;
use super::meter::Meter;
use super::query::Cursors;
use super::session::Sessions;
use crate::error::ApiError;
use crate::org::{Org, Row};
use crate::sharing::{Sharing, SharingCache};

/// What does not change while the org runs.
pub(crate) struct Settings {
    /// Own address without a trailing slash.
    pub url: String,
    pub client_id: String,
    pub client_secret: String,
    /// Id of the user behind client credentials.
    pub run_as: String,
    pub jwt_key: Option<DecodingKey>,
    pub session_seconds: Option<u64>,
    pub api_limit: Option<u64>,
}

/// A handle that every handler gets; cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

pub(crate) struct Shared {
    pub settings: Settings,
    pub org_id: String,
    pub api_version: String,
    pub sessions: Sessions,
    pub meter: Meter,
    pub cursors: Cursors,
    pub jobs: Jobs,
    pub stamps: Stamps,
    /// `Last-Modified` of a describe that never changed.
    pub loaded: DateTime<Utc>,
    world: RwLock<World>,
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    pub fn new(org: Org, settings: Settings) -> Self {
        Self(Arc::new(Shared {
            org_id: org.settings().org_id.clone(),
            api_version: org.settings().api_version.clone(),
            sessions: Sessions::new(&org.settings().org_id, settings.session_seconds),
            meter: Meter::new(settings.api_limit),
            cursors: Cursors::default(),
            jobs: Jobs::default(),
            stamps: Stamps::default(),
            loaded: Utc::now(),
            world: RwLock::new(World::new(org)),
            settings,
        }))
    }

    /// Runs `work` over the org on a blocking thread, beside other readers.
    ///
    /// # Errors
    /// Those of `work`; `UNKNOWN_EXCEPTION` when it panicked.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&World) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let app = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            work(&app.world.read().unwrap_or_else(PoisonError::into_inner))
        });
        done.await
            .unwrap_or_else(|error| Err(unknown_exception(&error)))
    }

    /// Runs `work` alone over the org on a blocking thread.
    ///
    /// # Errors
    /// As [`App::read`].
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut World) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let app = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            work(&mut app.world.write().unwrap_or_else(PoisonError::into_inner))
        });
        done.await
            .unwrap_or_else(|error| Err(unknown_exception(&error)))
    }
}

fn unknown_exception(error: &JoinError) -> ApiError {
    tracing::error!(%error, "work on the org panicked");
    ApiError::new(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.")
}

/// The org with the sharing that is computed from it.
pub(crate) struct World {
    pub org: Org,
    sharing: SharingCache,
}

impl World {
    fn new(org: Org) -> Self {
        Self {
            org,
            sharing: SharingCache::default(),
        }
    }

    /// Sharing as of the org's last write.
    pub fn sharing(&self) -> Arc<Sharing> {
        self.sharing.get(&self.org)
    }

    /// The user's row, when there is such a user and they are active.
    pub fn active_user(&self, user_id: &str) -> Option<&Row> {
        self.org.row("User", user_id).filter(|user| is_active(user))
    }
}

pub(crate) fn is_active(user: &Row) -> bool {
    user.get("IsActive").and_then(Value::as_bool) != Some(false)
}
