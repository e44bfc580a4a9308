//! Azure's plumbing in a box: the two managed identity endpoints, the token endpoint of Entra ID for
//! client credentials, the secrets of a key vault, and the Logs Ingestion API.
//!
//! Tokens are good for one resource and for as long as the box says; the vault checks both. What these
//! services do wrong is scripted with [`Failure`].
//!
//! | Route | |
//! |---|---|
//! | GET `/metadata/identity/oauth2/token` | a virtual machine's identity: `Metadata: true` |
//! | GET `/msi/token` | the identity of a Container App: `X-IDENTITY-HEADER` |
//! | POST `/{tenant}/oauth2/v2.0/token` | client credentials |
//! | GET `/secrets/{name}`, `/secrets/{name}/{version}` | a secret, to the bearer of a token for vaults |
//! | POST `/dataCollectionRules/{dcr}/streams/{stream}` | rows for Log Analytics, to the bearer of a token for it |
//! | GET `/__devorg/logs` | the rows so far, and the sizes of the calls |
//! | POST `/__devorg/fail` | a [`Failure`] |
//! | POST `/__devorg/secret` | `name`, `value`, `enabled`: a new version |
//! | POST `/__devorg/lifetime` | `seconds` that tokens last from now on |
//! | POST `/__devorg/expire` | no token that is out there is good any more |
//! | GET `/__devorg/calls` | requests so far, by [`Service`] |

mod failures;
mod issue;
mod logs;
mod vault;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::server::{StartError, listen};
pub use failures::{Failure, Service};
use issue::Tokens;
use logs::Logs;
use vault::Vault;

/// What a box is started with.
#[derive(Clone)]
pub struct AzureOptions {
    /// Loopback port; 0 takes any free one.
    pub port: u16,
    pub tenant: String,
    pub client_id: String,
    pub client_secret: String,
    /// What `X-IDENTITY-HEADER` has to be.
    pub identity_header: String,
    /// The client id of the one user-assigned identity; the system-assigned one is always there.
    pub user_assigned: String,
    /// Seconds that a token lasts.
    pub lifetime: i64,
    /// The first versions of the vault's secrets, by name.
    pub secrets: BTreeMap<String, String>,
}

impl Default for AzureOptions {
    fn default() -> Self {
        Self {
            port: 0,
            tenant: "3f2b9f1c-52ad-4cb6-8f6e-0b7c5f0a9d11".to_owned(),
            client_id: "8c1f2a64-1d0e-4f0b-9f53-62b5d3a7c0aa".to_owned(),
            client_secret: "demo-azure-secret".to_owned(),
            identity_header: "demo-identity-header".to_owned(),
            user_assigned: "d2a7f0f3-7a57-4d6c-a9d2-5a0b6f3e1c77".to_owned(),
            lifetime: 24 * 3_600,
            secrets: BTreeMap::new(),
        }
    }
}

/// A running box. Dropping it stops it.
pub struct AzureBox {
    url: String,
    app: Azure,
    _stop: DropGuard,
}

impl AzureBox {
    /// `http://127.0.0.1:PORT` without a trailing slash: the metadata host, the authority and the vault.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where `$IDENTITY_ENDPOINT` points in a Container App.
    pub fn identity_endpoint(&self) -> String {
        format!("{}/msi/token", self.url)
    }

    pub fn options(&self) -> &AzureOptions {
        &self.app.options
    }

    /// Adds a failure behind those that wait.
    pub fn fail(&self, failure: Failure) {
        self.app.state().failures.push(failure);
    }

    /// Writes a new version of a secret and returns its id.
    pub fn set_secret(&self, name: &str, value: &str) -> String {
        self.app.state().vault.set(name, value, true)
    }

    /// The rows that the Logs Ingestion API has taken, and the sizes of its calls.
    pub fn logs(&self) -> Value {
        self.app.state().logs.body()
    }

    /// Requests so far that reached this service.
    pub fn calls(&self, service: Service) -> u64 {
        self.app.state().failures.calls(service)
    }

    /// Whether a token of this box is good for `resource` now.
    pub fn accepts(&self, token: &str, resource: &str) -> bool {
        self.app.state().tokens.check(token, resource)
    }
}

/// Serves a box on loopback.
///
/// # Errors
/// [`StartError::PortInUse`] and [`StartError::Listen`].
pub async fn start(options: AzureOptions) -> Result<AzureBox, StartError> {
    let listener = listen(options.port).await?;
    let port = listener
        .local_addr()
        .map_err(|source| StartError::Listen {
            port: options.port,
            source,
        })?
        .port();
    let app = Azure(Arc::new(Shared {
        state: Mutex::new(Changing {
            tokens: Tokens::new(options.lifetime),
            vault: Vault::new(&options.secrets),
            failures: failures::Failures::default(),
            logs: Logs::default(),
        }),
        options,
    }));
    let stop = CancellationToken::new();
    let stopped = stop.clone().cancelled_owned();
    let router = router(app.clone());
    tokio::spawn(async move {
        axum::serve(listener, router)
            .with_graceful_shutdown(stopped)
            .await
    });
    Ok(AzureBox {
        url: format!("http://127.0.0.1:{port}"),
        app,
        _stop: stop.drop_guard(),
    })
}

/// What the handlers share.
#[derive(Clone)]
struct Azure(Arc<Shared>);

struct Shared {
    options: AzureOptions,
    state: Mutex<Changing>,
}

/// What changes while the box runs.
struct Changing {
    tokens: Tokens,
    vault: Vault,
    failures: failures::Failures,
    logs: Logs,
}

impl std::ops::Deref for Azure {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, Changing> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn router(app: Azure) -> Router {
    Router::new()
        .route(
            "/metadata/identity/oauth2/token",
            get(issue::virtual_machine),
        )
        .route("/msi/token", get(issue::app_service))
        .route("/{tenant}/oauth2/v2.0/token", post(issue::entra))
        .route("/secrets/{name}", get(vault::newest))
        .route("/secrets/{name}/{version}", get(vault::version))
        .route(
            "/dataCollectionRules/{dcr}/streams/{stream}",
            post(logs::ingest),
        )
        .route("/__devorg/logs", get(kept_logs))
        .route("/__devorg/fail", post(fail))
        .route("/__devorg/secret", post(set_secret))
        .route("/__devorg/lifetime", post(set_lifetime))
        .route("/__devorg/expire", post(expire))
        .route("/__devorg/calls", get(calls))
        .with_state(app)
}

async fn fail(State(app): State<Azure>, Json(failure): Json<Failure>) -> Json<Value> {
    app.state().failures.push(failure);
    std::future::ready(Json(json!({}))).await
}

#[derive(Deserialize)]
struct NewSecret {
    name: String,
    value: String,
    #[serde(default = "enabled")]
    enabled: bool,
}

fn enabled() -> bool {
    true
}

async fn set_secret(State(app): State<Azure>, Json(secret): Json<NewSecret>) -> Json<Value> {
    let version = app
        .state()
        .vault
        .set(&secret.name, &secret.value, secret.enabled);
    std::future::ready(Json(json!({"version": version}))).await
}

#[derive(Deserialize)]
struct Lifetime {
    seconds: i64,
}

async fn set_lifetime(State(app): State<Azure>, Json(lifetime): Json<Lifetime>) -> Json<Value> {
    app.state().tokens.lifetime = lifetime.seconds;
    std::future::ready(Json(json!({}))).await
}

async fn expire(State(app): State<Azure>) -> Json<Value> {
    app.state().tokens.expire();
    std::future::ready(Json(json!({}))).await
}

async fn kept_logs(State(app): State<Azure>) -> Json<Value> {
    let logs = app.state().logs.body();
    std::future::ready(Json(logs)).await
}

async fn calls(State(app): State<Azure>) -> Json<Value> {
    let calls = app.state().failures.all_calls();
    std::future::ready(Json(calls)).await
}
