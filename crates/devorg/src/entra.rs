//! A Microsoft Entra ID in a box: OpenID metadata and signing keys of any tenant, in the shapes of
//! version 1 and version 2, and tokens for whatever claims a test asks for.
//!
//! It signs anything for anybody and knows no users, so it proves nothing: its keys are published
//! with its source. What an identity provider does to its callers over the years (keys that change,
//! an outage) and what attackers send (another key, `alg: none`, HS256 with the public key) is
//! asked for on control routes:
//!
//! | Route below `/__devorg` | Body | |
//! |---|---|---|
//! | POST `/token` | a [`Mint`] | a signed token |
//! | POST `/rotate` | | the older key is withdrawn, a new one signs |
//! | GET, POST `/away` | `away` | while true, metadata and keys are answered with 503 |
//! | GET `/fetches` | | how often `metadata` and `keys` were asked for, refusals included |

mod keys;
mod mint;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::server::{StartError, listen};
use keys::Ring;
pub use mint::{Mint, MintError, Signature, Version};

/// What a box is started with.
#[derive(Clone, Default)]
pub struct EntraOptions {
    /// Loopback port; 0 takes any free one.
    pub port: u16,
}

/// How often something was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Fetches {
    pub metadata: u64,
    pub keys: u64,
}

/// A running box. Dropping it stops it.
pub struct EntraBox {
    entra: Entra,
    _stop: DropGuard,
}

impl EntraBox {
    /// `http://127.0.0.1:PORT`, what stands for `https://login.microsoftonline.com`.
    pub fn url(&self) -> &str {
        &self.entra.url
    }

    /// A token with these claims.
    ///
    /// # Errors
    /// [`MintError`] for what nobody can sign.
    pub fn mint(&self, mint: &Mint) -> Result<String, MintError> {
        mint.token(&self.entra.url, &self.entra.state().ring)
    }

    /// Withdraws the older of the two keys; from now on a new one signs.
    pub fn rotate(&self) {
        self.entra.state().ring.rotate();
    }

    /// Whether metadata and keys are answered with 503.
    pub fn set_away(&self, away: bool) {
        self.entra.state().away = away;
    }

    pub fn fetches(&self) -> Fetches {
        self.entra.state().fetches
    }
}

/// Serves a box on loopback.
///
/// # Errors
/// [`StartError::PortInUse`] and [`StartError::Listen`].
pub async fn start(options: EntraOptions) -> Result<EntraBox, StartError> {
    let listener = listen(options.port).await?;
    let address = listener.local_addr();
    let address = address.map_err(|source| StartError::Listen {
        port: options.port,
        source,
    })?;
    let entra = Entra(Arc::new(Shared {
        url: format!("http://127.0.0.1:{}", address.port()),
        changing: Mutex::default(),
    }));
    let stop = CancellationToken::new();
    let stopped = stop.clone().cancelled_owned();
    let router = router(entra.clone());
    tokio::spawn(async move {
        axum::serve(listener, router)
            .with_graceful_shutdown(stopped)
            .await
    });
    Ok(EntraBox {
        entra,
        _stop: stop.drop_guard(),
    })
}

/// What the handlers share.
#[derive(Clone)]
struct Entra(Arc<Shared>);

struct Shared {
    /// Own address without a trailing slash.
    url: String,
    changing: Mutex<Changing>,
}

#[derive(Default)]
struct Changing {
    ring: Ring,
    away: bool,
    fetches: Fetches,
}

impl std::ops::Deref for Entra {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, Changing> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn router(entra: Entra) -> Router {
    const METADATA: &str = ".well-known/openid-configuration";
    let metadata = Router::new()
        .route(&format!("/{{tenant}}/{METADATA}"), get(metadata_v1))
        .route(&format!("/{{tenant}}/v2.0/{METADATA}"), get(metadata_v2))
        .layer(from_fn_with_state(entra.clone(), metadata_fetched));
    let keys = Router::new()
        .route("/{tenant}/discovery/keys", get(keys_v1))
        .route("/{tenant}/discovery/v2.0/keys", get(keys_v2))
        .layer(from_fn_with_state(entra.clone(), keys_fetched));
    let control = Router::new()
        .route("/token", post(token))
        .route("/rotate", post(rotate))
        .route("/away", get(read_away).post(set_away))
        .route("/fetches", get(fetches));
    Router::new()
        .merge(metadata)
        .merge(keys)
        .nest("/__devorg", control)
        .with_state(entra)
}

async fn metadata_fetched(State(entra): State<Entra>, request: Request, next: Next) -> Response {
    entra.state().fetches.metadata += 1;
    unless_away(&entra, request, next).await
}

async fn keys_fetched(State(entra): State<Entra>, request: Request, next: Next) -> Response {
    entra.state().fetches.keys += 1;
    unless_away(&entra, request, next).await
}

async fn unless_away(entra: &Entra, request: Request, next: Next) -> Response {
    let away = entra.state().away;
    match away {
        true => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        false => next.run(request).await,
    }
}

async fn metadata_v1(State(entra): State<Entra>, Path(tenant): Path<String>) -> Json<Value> {
    std::future::ready(metadata(&entra, Version::V1, &tenant)).await
}

async fn metadata_v2(State(entra): State<Entra>, Path(tenant): Path<String>) -> Json<Value> {
    std::future::ready(metadata(&entra, Version::V2, &tenant)).await
}

fn metadata(entra: &Entra, version: Version, tenant: &str) -> Json<Value> {
    let url = &entra.url;
    let v2 = match version {
        Version::V1 => "",
        Version::V2 => "/v2.0",
    };
    Json(json!({
        "issuer": version.issuer(url, tenant),
        "authorization_endpoint": format!("{url}/{tenant}/oauth2{v2}/authorize"),
        "token_endpoint": format!("{url}/{tenant}/oauth2{v2}/token"),
        "jwks_uri": format!("{url}/{tenant}/discovery{v2}/keys"),
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }))
}

async fn keys_v1(State(entra): State<Entra>) -> Json<Value> {
    let keys = entra.state().ring.published(None);
    std::future::ready(Json(json!({"keys": keys}))).await
}

async fn keys_v2(State(entra): State<Entra>, Path(tenant): Path<String>) -> Json<Value> {
    let issuer = Version::V2.issuer(&entra.url, &tenant);
    let keys = entra.state().ring.published(Some(&issuer));
    std::future::ready(Json(json!({"keys": keys}))).await
}

/// `POST /__devorg/token`
async fn token(State(entra): State<Entra>, Json(mint): Json<Mint>) -> Response {
    let minted = mint.token(&entra.url, &entra.state().ring);
    let reply = match minted {
        Ok(token) => {
            let body = json!({
                "token_type": "Bearer",
                "expires_in": mint.expires_in,
                "access_token": token,
            });
            Json(body).into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    std::future::ready(reply).await
}

async fn rotate(State(entra): State<Entra>) -> Json<Value> {
    entra.state().ring.rotate();
    std::future::ready(Json(json!({}))).await
}

#[derive(Serialize, Deserialize)]
struct Away {
    away: bool,
}

async fn read_away(State(entra): State<Entra>) -> Json<Away> {
    let away = entra.state().away;
    std::future::ready(Json(Away { away })).await
}

async fn set_away(State(entra): State<Entra>, Json(wanted): Json<Away>) -> Json<Away> {
    entra.state().away = wanted.away;
    std::future::ready(Json(wanted)).await
}

async fn fetches(State(entra): State<Entra>) -> Json<Fetches> {
    let fetches = entra.state().fetches;
    std::future::ready(Json(fetches)).await
}
