//! `/query` and `/queryAll`: SOQL with pages that stay readable.

mod cursors;
mod page;

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use serde::Deserialize;

use super::extract::{Params, Segments};
use super::faults::RepeatRows;
use super::gate::Caller;
use super::state::App;
use super::version::ApiVersion;
use super::world::World;
use crate::error::ApiError;
use crate::org::{FieldType, ObjectDescribe};
use crate::soql::{self, Found, QueryMode};
pub(crate) use cursors::Cursors;
use cursors::{Content, Cursor};
use page::{Page, Records};

/// The page size without `Sforce-Query-Options`, and the largest.
const MAX_BATCH: usize = 2_000;
const MIN_BATCH: usize = 200;

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
    let version = caller.version;
    let statement = Statement {
        soql: q,
        mode,
        caller,
    };
    let (mut page, rest) = app.read(move |world| statement.run(world, asked)).await?;
    if let Some(cursor) = rest {
        page.next = Some((app.cursors.keep(cursor), page.records.count));
    }
    Ok(page.response(version))
}

struct Statement {
    soql: String,
    mode: QueryMode,
    caller: Caller,
}

impl Statement {
    /// The first page, and what the others are made from if there are any.
    fn run(self, world: &World, asked: usize) -> Result<(Page, Option<Cursor>), ApiError> {
        let sharing = world.sharing();
        let viewer = sharing.viewer(&world.org, &self.caller.user);
        let version = self.caller.version;
        let schema = world.org.schema();
        let rows = match soql::find(&world.org, &viewer, &self.soql, self.mode)? {
            Found::Rows(rows) => rows,
            Found::Result(result) => {
                let total_size = result.total_size;
                let mut records = Records::render(result.records, version, schema);
                let rest = records.count > asked;
                let content = Content::Records(records.clone());
                records = records.slice(0, asked);
                let cursor = rest.then(|| self.cursor(result.object, asked, content));
                return Ok((Page::new(total_size, records), cursor));
            }
        };
        let batch = asked.min(widest_batch(rows.object(), &rows.columns()));
        let records = Records::render(rows.records().take(batch), version, schema);
        let page = Page::new(rows.len(), records);
        if rows.len() <= batch {
            return Ok((page, None));
        }
        let content = Content::Rows {
            soql: self.soql.clone(),
            mode: self.mode,
            keys: rows.keys(),
        };
        let object = rows.object().name.clone();
        Ok((page, Some(self.cursor(object, batch, content))))
    }

    fn cursor(self, object: String, batch: usize, content: Content) -> Cursor {
        Cursor {
            owner: self.caller.user,
            object,
            batch,
            content,
        }
    }
}

/// `GET /query/{locator}`, the locator as it stood in `nextRecordsUrl`: cursor id and offset.
async fn next_page(
    State(app): State<App>,
    caller: Caller,
    Segments(locator): Segments<String>,
    headers: HeaderMap,
    repeat: Option<Extension<RepeatRows>>,
) -> Result<Response, ApiError> {
    let unknown = || ApiError::bad_request("INVALID_QUERY_LOCATOR", "invalid query locator");
    let (id, offset) = locator.rsplit_once('-').ok_or_else(unknown)?;
    let mut offset: usize = offset.parse().map_err(|_| unknown())?;
    let cursor = app.cursors.find(id).ok_or_else(unknown)?;
    let total = cursor.len();
    if cursor.owner != caller.user || offset >= total {
        return Err(unknown());
    }
    let size = if headers.contains_key("sforce-query-options") {
        asked_batch(&headers)
    } else {
        cursor.batch
    };
    if repeat.is_some() {
        offset -= offset.min(size / 2);
    }
    let end = offset.saturating_add(size).min(total);
    let version = caller.version;
    let records = later_records(&app, &caller, cursor, offset, end).await?;
    let mut page = Page::new(total, records);
    page.next = (end < total).then(|| (id.to_owned(), end));
    Ok(page.response(version))
}

async fn later_records(
    app: &App,
    caller: &Caller,
    cursor: Arc<Cursor>,
    from: usize,
    to: usize,
) -> Result<Records, ApiError> {
    let (user, version) = (Arc::clone(&caller.user), caller.version);
    app.read(move |world| later(world, &user, version, &cursor, from, to))
        .await
}

fn later(
    world: &World,
    user: &str,
    version: ApiVersion,
    cursor: &Cursor,
    from: usize,
    to: usize,
) -> Result<Records, ApiError> {
    match &cursor.content {
        Content::Records(records) => Ok(records.slice(from, to)),
        Content::Rows { soql, mode, keys } => {
            let sharing = world.sharing();
            let viewer = sharing.viewer(&world.org, user);
            let rows = soql::find_again(&world.org, &viewer, soql, *mode, &keys[from..to])?;
            Ok(Records::render(rows.records(), version, world.org.schema()))
        }
    }
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
fn widest_batch(object: &ObjectDescribe, columns: &[String]) -> usize {
    let long = columns
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
