//! `/query` and `/queryAll`: SOQL with pages that stay readable.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::extract::{Params, Segments};
use super::gate::Caller;
use super::render;
use super::state::{App, World};
use super::version::ApiVersion;
use crate::error::ApiError;
use crate::org::FieldType;
use crate::soql::{self, QueryMode, QueryResult};

/// The page size without `Sforce-Query-Options`, and the largest.
const MAX_BATCH: usize = 2_000;
const MIN_BATCH: usize = 200;
/// How many results are kept for later pages. Salesforce keeps them for two days.
const MAX_CURSORS: usize = 200;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/query", get(query))
        .route("/queryAll", get(query_all))
        .route("/query/{locator}", get(next_page))
        .route("/queryAll/{locator}", get(next_page))
}

#[derive(Deserialize)]
struct QueryParams {
    #[serde(default)]
    q: String,
}

async fn query(
    state: State<App>,
    caller: Caller,
    params: Params<QueryParams>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    first_page(state, caller, params, headers, QueryMode::Query).await
}

async fn query_all(
    state: State<App>,
    caller: Caller,
    params: Params<QueryParams>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    first_page(state, caller, params, headers, QueryMode::QueryAll).await
}

async fn first_page(
    State(app): State<App>,
    caller: Caller,
    Params(QueryParams { q }): Params<QueryParams>,
    headers: HeaderMap,
    mode: QueryMode,
) -> Result<Response, ApiError> {
    if q.trim().is_empty() {
        return Err(ApiError::bad_request(
            "MALFORMED_QUERY",
            "SOQL statement cannot be empty?",
        ));
    }
    let asked = asked_batch(&headers);
    let user = Arc::clone(&caller.user);
    let version = caller.version;
    let result = app.read(move |world| {
        let sharing = world.sharing();
        let viewer = sharing.viewer(&world.org, &user);
        let found = soql::query(&world.org, &viewer, &q, mode)?;
        let batch = asked.min(widest_batch(world, &found));
        Ok(Rendered::new(found, batch, &user, version, world))
    });
    let result = Arc::new(result.await?);
    let cursor = if result.pages() {
        Some(app.cursors.keep(&result))
    } else {
        None
    };
    Ok(result.page(0, result.batch, cursor.as_deref(), version))
}

/// `GET /query/{locator}`, the locator as it stood in `nextRecordsUrl`: cursor id and offset.
async fn next_page(
    State(app): State<App>,
    caller: Caller,
    Segments(locator): Segments<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let unknown = || ApiError::bad_request("INVALID_QUERY_LOCATOR", "invalid query locator");
    let (id, offset) = locator.rsplit_once('-').ok_or_else(unknown)?;
    let offset: usize = offset.parse().map_err(|_| unknown())?;
    let result = app.cursors.find(id).ok_or_else(unknown)?;
    if result.owner != caller.user || offset >= result.ends.len() {
        return Err(unknown());
    }
    let asked = if headers.contains_key("sforce-query-options") {
        asked_batch(&headers)
    } else {
        result.batch
    };
    let page = result.page(offset, asked, Some(id), caller.version);
    std::future::ready(Ok(page)).await
}

/// The page size of `Sforce-Query-Options: batchSize=N`, within Salesforce's bounds.
fn asked_batch(headers: &HeaderMap) -> usize {
    let options = headers
        .get("sforce-query-options")
        .and_then(|value| value.to_str().ok());
    let size = options
        .into_iter()
        .flat_map(|options| options.split([',', ';']))
        .find_map(|option| {
            let (name, value) = option.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("batchSize")
                .then(|| value.trim().parse::<usize>().ok())?
        });
    size.unwrap_or(MAX_BATCH).clamp(MIN_BATCH, MAX_BATCH)
}

/// Two long custom text fields in the select list make the smallest pages.
fn widest_batch(world: &World, found: &QueryResult) -> usize {
    let Some(object) = world.org.schema().object(&found.object) else {
        return MAX_BATCH;
    };
    let long = found
        .columns
        .iter()
        .filter_map(|column| object.field(column))
        .filter(|field| {
            field.custom && field.field_type == FieldType::Textarea && field.length > 255
        });
    if long.count() >= 2 {
        MIN_BATCH
    } else {
        MAX_BATCH
    }
}

/// A query's records as JSON text, which takes a fraction of the memory of their values.
pub(crate) struct Rendered {
    owner: Arc<str>,
    total_size: usize,
    batch: usize,
    /// The records, one after the other, each followed by a comma.
    text: String,
    /// Where each record ends in `text`, its comma not included.
    ends: Vec<usize>,
}

impl Rendered {
    fn new(
        found: QueryResult,
        batch: usize,
        owner: &Arc<str>,
        version: ApiVersion,
        world: &World,
    ) -> Self {
        let mut text = String::new();
        let mut ends = Vec::with_capacity(found.records.len());
        for mut record in found.records {
            render::in_version(&mut record, version, world.org.schema());
            // Writing into a String cannot fail.
            let _ = write!(text, "{record}");
            ends.push(text.len());
            text.push(',');
        }
        Self {
            owner: Arc::clone(owner),
            total_size: found.total_size,
            batch,
            text,
            ends,
        }
    }

    /// Is there more than one page?
    fn pages(&self) -> bool {
        self.ends.len() > self.batch
    }

    fn page(
        &self,
        offset: usize,
        size: usize,
        cursor: Option<&str>,
        version: ApiVersion,
    ) -> Response {
        let end = offset.saturating_add(size).min(self.ends.len());
        let mut body = format!(
            r#"{{"totalSize":{},"done":{}"#,
            self.total_size,
            end == self.ends.len()
        );
        if let (Some(cursor), true) = (cursor, end < self.ends.len()) {
            let _ = write!(
                body,
                r#","nextRecordsUrl":"{}/query/{cursor}-{end}""#,
                version.root()
            );
        }
        body.push_str(r#","records":["#);
        body.push_str(self.records(offset, end));
        body.push_str("]}");
        ([(CONTENT_TYPE, "application/json;charset=UTF-8")], body).into_response()
    }

    fn records(&self, from: usize, to: usize) -> &str {
        if from >= to {
            return "";
        }
        let start = if from == 0 {
            0
        } else {
            self.ends[from - 1] + 1
        };
        &self.text[start..self.ends[to - 1]]
    }
}

/// The results that have more pages, oldest first.
#[derive(Default)]
pub(crate) struct Cursors(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    made: u64,
    results: VecDeque<(String, Arc<Rendered>)>,
}

impl Cursors {
    /// Keeps a result and returns its cursor id, 18 characters.
    fn keep(&self, result: &Arc<Rendered>) -> String {
        let mut kept = self.lock();
        kept.made += 1;
        let id = format!("01g{:012}AAA", kept.made);
        if kept.results.len() == MAX_CURSORS {
            kept.results.pop_front();
        }
        kept.results.push_back((id.clone(), Arc::clone(result)));
        id
    }

    fn find(&self, id: &str) -> Option<Arc<Rendered>> {
        let kept = self.lock();
        kept.results
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, result)| Arc::clone(result))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
