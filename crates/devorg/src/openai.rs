//! An Azure OpenAI in a box: the wire contracts of its chat completions and embeddings, with a
//! deterministic brain behind them.
//!
//! The brain embeds by hashed words and answers by picking sentences, so that what a test sees depends
//! on its input alone. It is no model: it refuses to be clever. What real models and services do wrong
//! is scripted, request by request, with [`Behaviour`].

mod brain;
mod chat;
mod completion;
mod contract;
mod embeddings;
mod fault;
mod features;
mod form;
mod gate;
mod refusal;
mod schema;
mod script;
mod stream;
mod waiting;

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{DefaultBodyLimit, State};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::server::{StartError, listen};
pub use features::{Dialect, Feature};
pub use script::{Behaviour, Script};
use waiting::Waiting;

/// How many request bodies are kept for tests to look at.
const KEPT: usize = 1_000;

/// Prompts of so many tokens are cached, so many at a time.
const CACHED_FROM: usize = 1_024;
const CACHED_STEP: usize = 128;

/// What a box is started with.
#[derive(Clone)]
pub struct OpenAiOptions {
    /// Loopback port; 0 takes any free one.
    pub port: u16,
    pub api_key: String,
    /// The names of the deployments; empty accepts any.
    pub deployments: Vec<String>,
    /// Length of a vector when a request does not ask for one.
    pub dimensions: usize,
    /// Tokens that prompt and completion may have together.
    pub context_tokens: usize,
    /// Bearer tokens that are taken beside the API key, as Entra gives them out.
    pub tokens: Vec<String>,
    /// What the deployments do not know and refuse with HTTP 400.
    pub unknown: Vec<Feature>,
    /// In whose words they refuse it.
    pub dialect: Dialect,
}

impl Default for OpenAiOptions {
    fn default() -> Self {
        Self {
            port: 0,
            api_key: "demo-key".to_owned(),
            deployments: Vec::new(),
            dimensions: 1_536,
            context_tokens: 128_000,
            tokens: Vec::new(),
            unknown: Vec::new(),
            dialect: Dialect::Azure,
        }
    }
}

/// A running box. Dropping it stops it.
pub struct OpenAiBox {
    url: String,
    app: OpenAi,
    _stop: DropGuard,
}

impl OpenAiBox {
    /// `http://127.0.0.1:PORT`, the resource's endpoint without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn api_key(&self) -> &str {
        &self.app.options.api_key
    }

    /// Sets what the next requests meet, instead of what was scripted before.
    pub fn script(&self, script: Script) {
        *self.app.script() = script;
    }

    /// The bodies of the chat requests so far, oldest first; the last 1,000.
    pub fn chats(&self) -> Vec<Value> {
        self.app.log().chats.iter().cloned().collect()
    }

    /// How many chat replies so far were not waited for: their clients went away first.
    pub fn dropped(&self) -> usize {
        self.app.dropped.load(Ordering::SeqCst)
    }

    /// The bodies of the embedding requests so far, oldest first; the last 1,000.
    pub fn embeddings(&self) -> Vec<Value> {
        self.app.log().embeddings.iter().cloned().collect()
    }
}

/// Serves a box on loopback.
///
/// # Errors
/// [`StartError::PortInUse`] and [`StartError::Listen`].
pub async fn start(options: OpenAiOptions) -> Result<OpenAiBox, StartError> {
    let listener = listen(options.port).await?;
    let port = listener
        .local_addr()
        .map_err(|source| StartError::Listen {
            port: options.port,
            source,
        })?
        .port();
    let app = OpenAi(Arc::new(Shared {
        options,
        script: Mutex::default(),
        log: Mutex::default(),
        dropped: AtomicUsize::new(0),
    }));
    let stop = CancellationToken::new();
    let stopped = stop.clone().cancelled_owned();
    let router = router(app.clone());
    tokio::spawn(async move {
        axum::serve(listener, router)
            .with_graceful_shutdown(stopped)
            .await
    });
    Ok(OpenAiBox {
        url: format!("http://127.0.0.1:{port}"),
        app,
        _stop: stop.drop_guard(),
    })
}

/// What the handlers share.
#[derive(Clone)]
struct OpenAi(Arc<Shared>);

struct Shared {
    options: OpenAiOptions,
    script: Mutex<Script>,
    log: Mutex<Log>,
    dropped: AtomicUsize,
}

#[derive(Default)]
struct Log {
    chats: VecDeque<Value>,
    embeddings: VecDeque<Value>,
    /// Hashes of the prompts so far.
    prompts: HashSet<u64>,
}

impl std::ops::Deref for OpenAi {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Shared {
    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn body(&self) -> Value {
        json!({"chat": self.chats, "embeddings": self.embeddings})
    }

    /// How many tokens of a prompt come from the service's cache: from 1,024 on, and in steps of 128,
    /// when the same prompt was there before.
    fn cached(&mut self, prompt: &str, tokens: usize) -> usize {
        let mut hasher = DefaultHasher::new();
        prompt.hash(&mut hasher);
        if tokens < CACHED_FROM || self.prompts.insert(hasher.finish()) {
            return 0;
        }
        tokens - tokens % CACHED_STEP
    }

    fn keep(list: &mut VecDeque<Value>, body: &Value) {
        if list.len() == KEPT {
            list.pop_front();
        }
        list.push_back(body.clone());
    }
}

fn router(app: OpenAi) -> Router {
    let legacy = Router::new()
        .route("/chat/completions", post(chat::completions))
        .route("/embeddings", post(embeddings::create));
    let v1 = Router::new()
        .route("/chat/completions", post(chat::completions))
        .route("/embeddings", post(embeddings::create))
        .route("/models", get(models));
    Router::new()
        .nest("/openai/deployments/{deployment}", legacy)
        .nest("/openai/v1", v1)
        .layer(from_fn_with_state(app.clone(), gate::gate))
        .route("/__devorg/script", post(set_script))
        .route("/__devorg/requests", get(requests))
        .fallback(refusal::no_such_resource)
        .layer(DefaultBodyLimit::max(64 * 1024 * 1024))
        .with_state(app)
}

/// `GET /openai/v1/models`.
async fn models(State(app): State<OpenAi>) -> Json<Value> {
    let models = app.options.deployments.iter();
    let data: Vec<Value> = models
        .map(|name| json!({"id": name, "object": "model"}))
        .collect();
    std::future::ready(Json(json!({"object": "list", "data": data}))).await
}

/// `POST /__devorg/script`: a [`Script`] for the requests to come.
async fn set_script(State(app): State<OpenAi>, Json(script): Json<Script>) -> Json<Value> {
    *app.script() = script;
    std::future::ready(Json(json!({}))).await
}

/// `GET /__devorg/requests`: the bodies so far.
async fn requests(State(app): State<OpenAi>) -> Json<Value> {
    let mut body = app.log().body();
    body["dropped"] = json!(app.dropped.load(Ordering::SeqCst));
    std::future::ready(Json(body)).await
}
