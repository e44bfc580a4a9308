//! The page for people, at `/`: files that are part of the program, under a policy that lets the browser ask
//! nobody but this server and, where people sign in, its directory.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::error::ApiError;
use super::etag;
use crate::app::App;
use crate::config::SignIn;

const INDEX: &str = "index.html";

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("../../page/", $name)) as &[u8])),*]
    };
}

/// What the folder `page` has.
static FILES: LazyLock<BTreeMap<&str, File>> = LazyLock::new(|| {
    let files = files![
        "answer.js",
        "api.js",
        "brief.js",
        "cited.js",
        "copy.js",
        "dom.js",
        "feedback.js",
        "icon.svg",
        "index.html",
        "keys.js",
        "main.js",
        "reading.js",
        "results.js",
        "routes.js",
        "session.js",
        "sign_in.js",
        "style.css",
        "sync.js",
        "triage.js",
        "views.css",
        "words.js",
    ];
    let files = files.into_iter();
    files
        .map(|(name, content)| (name, File::new(name, content)))
        .collect()
});

struct File {
    kind: &'static str,
    tag: HeaderValue,
    content: &'static [u8],
}

impl File {
    fn new(name: &str, content: &'static [u8]) -> Self {
        Self {
            kind: kind(name),
            tag: etag::of(content),
            content,
        }
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("webmanifest") => "application/manifest+json",
        Some(_) | None => "application/octet-stream",
    }
}

/// Nothing where the page is turned off.
pub fn routes(is_served: bool) -> Router<Arc<App>> {
    match is_served {
        true => Router::new()
            .route("/", get(index))
            .route("/page/settings.json", get(settings))
            .route("/page/{*file}", get(file)),
        false => Router::new(),
    }
}

/// `GET /`
async fn index(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    shown(&app, &headers, INDEX)
}

/// `GET /page/{file}`
async fn file(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    shown(&app, &headers, &name)
}

/// `GET /page/settings.json`: how people sign in.
async fn settings(State(app): State<Arc<App>>) -> Json<Value> {
    let sign_in = app.config.page.sign_in.as_ref();
    let sign_in = sign_in.map(|sign_in| {
        json!({
            "authority": sign_in.authority,
            "client_id": sign_in.client_id,
            "scope": sign_in.scope,
        })
    });
    Json(json!({"sign_in": sign_in}))
}

fn shown(app: &App, headers: &HeaderMap, name: &str) -> Result<Response, ApiError> {
    let Some(file) = FILES.get(name) else {
        let detail = "the page has no such file";
        return Err(ApiError::new(StatusCode::NOT_FOUND, detail));
    };
    let head: [(HeaderName, HeaderValue); 4] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(file.kind)),
        (header::ETAG, file.tag.clone()),
        // It is asked each time whether there is another.
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            policy(app.config.page.sign_in.as_ref())?,
        ),
    ];
    Ok(match etag::is_among(headers, &file.tag) {
        true => (StatusCode::NOT_MODIFIED, head).into_response(),
        false => (head, file.content).into_response(),
    })
}

/// Scripts and styles are this server's own files; only where people sign in is another host asked.
fn policy(sign_in: Option<&SignIn>) -> Result<HeaderValue, ApiError> {
    let directory = sign_in.map(|sign_in| sign_in.authority.origin().ascii_serialization());
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'{}; \
         manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        directory.map_or(String::new(), |origin| format!(" {origin}"))
    );
    HeaderValue::from_str(&policy).map_err(|error| {
        tracing::error!(%error, "policy of the page not written");
        let detail = "the page could not be written; the log says why";
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn below(folder: &std::path::Path, prefix: &str, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            match entry.path().is_dir() {
                true => below(&entry.path(), &format!("{name}/"), found),
                false => {
                    found.insert(name);
                }
            }
        }
    }

    #[test]
    fn every_file_of_the_folder_is_served_and_says_what_it_is() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
        let mut found = BTreeSet::new();
        below(&folder, "", &mut found);
        let served: BTreeSet<String> = FILES.keys().map(|name| (*name).to_owned()).collect();
        assert_eq!(served, found);
        for (name, file) in FILES.iter() {
            assert_ne!(file.kind, "application/octet-stream", "{name}");
        }
    }

    #[test]
    fn only_who_signs_in_asks_another_host() {
        let alone = policy(None).unwrap();
        assert!(alone.to_str().unwrap().contains("connect-src 'self';"));
        let sign_in = SignIn {
            authority: "https://login.example/tenant".parse().unwrap(),
            client_id: uuid::Uuid::nil(),
            scope: "api://x/y".to_owned(),
        };
        let policy = policy(Some(&sign_in)).unwrap();
        let policy = policy.to_str().unwrap();
        assert!(
            policy.contains("connect-src 'self' https://login.example;"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"));
    }
}
