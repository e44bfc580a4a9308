//! A server that speaks enough of the wire contract to break it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use futures::stream;
use precis_salesforce::{Auth, Client, Options};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::options;

/// One request that arrived.
#[derive(Debug, Clone)]
pub struct Ask {
    /// With its query.
    pub path: String,
    pub token: Option<String>,
    /// Requests of this path before this one.
    pub before: usize,
}

/// What to answer.
pub enum Answer {
    Json(u16, Value),
    /// A CSV result page: its text, rows announced, next locator.
    Csv(&'static str, u64, &'static str),
    /// The same, of which only so many bytes arrive before the connection drops.
    CutCsv(&'static str, u64, &'static str, usize),
    /// A JSON reply that breaks off.
    CutJson,
    Html(u16),
    Redirect(String),
}

/// The server, and what it was asked.
pub struct Broken {
    pub url: String,
    asked: Arc<Mutex<Vec<Ask>>>,
    served: JoinHandle<()>,
}

type Script = Arc<dyn Fn(&Ask) -> Answer + Send + Sync>;

#[derive(Clone)]
struct Shared {
    url: String,
    asked: Arc<Mutex<Vec<Ask>>>,
    script: Script,
}

impl Broken {
    /// Signs everybody in with `token-1`, `token-2`, …, and leaves all else to `script`.
    pub async fn start(script: impl Fn(&Ask) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Shared {
            url: format!("http://{address}"),
            asked: Arc::default(),
            script: Arc::new(script),
        };
        let (url, asked) = (shared.url.clone(), shared.asked.clone());
        let router = Router::new().fallback(answer).with_state(shared);
        let served = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { url, asked, served }
    }

    pub fn options(&self) -> Options {
        let auth = Auth::ClientCredentials {
            client_id: "id".to_owned(),
            client_secret: "secret".to_owned().into(),
        };
        options(&self.url, auth)
    }

    pub fn client(&self) -> Client {
        Client::new(self.options()).expect("valid options")
    }

    /// How often each path was asked for.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for ask in self.asks() {
            let path = ask.path.split('?').next().unwrap_or_default().to_owned();
            *counts.entry(path).or_default() += 1;
        }
        counts
    }

    pub fn sign_ins(&self) -> usize {
        let counts = self.counts();
        counts.get("/services/oauth2/token").copied().unwrap_or(0)
    }

    pub fn asks(&self) -> Vec<Ask> {
        self.asked.lock().expect("no test panicked with it").clone()
    }
}

impl Drop for Broken {
    fn drop(&mut self) {
        self.served.abort();
    }
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let ask = shared.note(&request);
    let script = (shared.script)(&ask);
    if ask.path == "/services/oauth2/token" && matches!(script, Answer::Json(404, _)) {
        return Json(json!({
            "access_token": format!("token-{}", ask.before + 1),
            "instance_url": shared.url,
            "id": "https://login.salesforce.com/id/00DTst000000001/005Tst000000001",
            "token_type": "Bearer",
        }))
        .into_response();
    }
    std::future::ready(script.into_response()).await
}

impl Shared {
    fn note(&self, request: &Request) -> Ask {
        let path = request.uri().to_string();
        let token = request.headers().get("authorization");
        let token = token.and_then(|token| token.to_str().ok());
        let mut asked = self.asked.lock().expect("no test panicked with it");
        let ask = Ask {
            token: token
                .and_then(|token| token.strip_prefix("Bearer "))
                .map(str::to_owned),
            before: asked.iter().filter(|earlier| earlier.path == path).count(),
            path,
        };
        asked.push(ask.clone());
        ask
    }
}

impl Answer {
    /// A refusal in Salesforce's shape.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self::Json(status, json!([{"errorCode": code, "message": message}]))
    }

    /// What the script says to what it does not know; sign-ins then succeed.
    pub fn unknown() -> Self {
        Self::error(404, "NOT_FOUND", "The requested resource does not exist")
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let response = Response::builder();
        let built = match self {
            Self::Json(status, body) => response
                .status(status)
                .header("content-type", "application/json")
                .header("sforce-limit-info", "api-usage=7/5000")
                .body(Body::from(body.to_string())),
            Self::Csv(text, rows, next) => csv(rows, next).body(Body::from(text)),
            Self::CutCsv(text, rows, next, length) => {
                csv(rows, next).body(cut(text[..length].to_owned()))
            }
            Self::CutJson => response
                .header("content-type", "application/json")
                .body(cut(r#"{"totalSize":1,"done":tr"#.to_owned())),
            Self::Html(status) => response
                .status(status)
                .header("content-type", "text/html")
                .body(Body::from("<html>hello</html>")),
            Self::Redirect(to) => response
                .status(302)
                .header("location", to)
                .body(Body::empty()),
        };
        built.expect("a valid response")
    }
}

fn csv(rows: u64, next: &str) -> axum::http::response::Builder {
    Response::builder()
        .header("content-type", "text/csv")
        .header("sforce-numberofrecords", rows)
        .header("sforce-locator", next)
}

/// A body that ends with a broken connection.
fn cut(start: String) -> Body {
    let broken = Err(std::io::Error::other("the line is cut"));
    let chunks = vec![Ok(Bytes::from(start)), broken];
    // The pause lets the first chunk leave before the connection is dropped.
    let chunks = futures::StreamExt::then(stream::iter(chunks), |chunk| async move {
        if chunk.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        }
        chunk
    });
    Body::from_stream(chunks)
}
