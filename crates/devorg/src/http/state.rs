//! What the handlers share: the org, who is signed in, open cursors and jobs, and the call counter.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::{DateTime, Utc};
use jsonwebtoken::DecodingKey;
use tokio::task::JoinError;

use super::bulk::Jobs;
use super::describe::Stamps;
use super::meter::Meter;
use super::query::Cursors;
use super::session::Sessions;
use super::world::World;
use crate::error::ApiError;
use crate::faults::{FaultPlan, Faults};
use crate::org::Org;
use crate::org::clock::Clock;

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
    pub clock: Clock,
    pub faults: Faults,
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
    pub fn new(mut org: Org, settings: Settings, plan: FaultPlan) -> Self {
        let faults = Faults::new(plan);
        org.set_skew(faults.skew());
        Self(Arc::new(Shared {
            org_id: org.settings().org_id.clone(),
            api_version: org.settings().api_version.clone(),
            sessions: Sessions::new(&org.settings().org_id, settings.session_seconds),
            meter: Meter::new(settings.api_limit),
            clock: org.clock().clone(),
            faults,
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
            app.show_due();
            work(&app.lock_read())
        });
        done.await
            .unwrap_or_else(|error| Err(unknown_exception(&error)))
    }

    /// Lets the writes show whose time has come.
    fn show_due(&self) {
        if self.lock_read().has_due() {
            self.lock_write().show_due();
        }
    }

    fn lock_read(&self) -> RwLockReadGuard<'_, World> {
        self.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_write(&self) -> RwLockWriteGuard<'_, World> {
        self.world.write().unwrap_or_else(PoisonError::into_inner)
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
        let done = tokio::task::spawn_blocking(move || app.lock_write().write(&app.faults, work));
        done.await
            .unwrap_or_else(|error| Err(unknown_exception(&error)))
    }
}

fn unknown_exception(error: &JoinError) -> ApiError {
    tracing::error!(%error, "work on the org panicked");
    ApiError::new(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.")
}
