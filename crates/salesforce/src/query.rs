//! REST queries, page by page.

use std::sync::Arc;

use async_stream::try_stream;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use reqwest::header::HeaderName;
use serde::Deserialize;
use serde_json::Value;

use crate::client::Client;
use crate::error::Error;
use crate::http::Call;
use crate::record::{Record, RowReader, Unread};
use crate::soql::Soql;
use crate::usage::CallKind;

/// Which rows a query sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Neither deleted nor archived rows (`query`).
    Live,
    /// Deleted and archived rows too (`queryAll`); a deleted one has `IsDeleted` true.
    All,
}

/// Some rows of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub records: Vec<Record>,
    /// Rows of the whole result, as the server counted them.
    pub total: u64,
}

const QUERY_OPTIONS: HeaderName = HeaderName::from_static("sforce-query-options");

/// A request line has 16,384 bytes; host, path and headers take some of them.
const LONGEST_QUERY: usize = 15_000;

/// Above this the reply is parsed off the runtime's threads: the parser takes some milliseconds a
/// megabyte.
const LARGE_REPLY: usize = 64 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueryReply {
    total_size: u64,
    done: bool,
    #[serde(default)]
    records: Vec<Value>,
    next_records_url: Option<String>,
}

/// A page as it came: child results may be incomplete.
struct RawPage {
    rows: Vec<(Record, Vec<Unread>)>,
    total: u64,
    next: Option<String>,
}

pub(crate) fn pages(
    client: Client,
    soql: Soql,
    scope: Scope,
) -> impl Stream<Item = Result<Page, Error>> + Send + 'static {
    try_stream! {
        let mut call = first_call(&client, &soql, scope)?;
        loop {
            let page = raw_page(&client, &call).await?;
            let records = with_all_children(&client, page.rows).await?;
            yield Page { records, total: page.total };
            match page.next {
                Some(next) => call = next_call(&client, next),
                None => break,
            }
        }
    }
}

pub(crate) async fn all_rows(client: &Client, soql: &Soql) -> Result<Vec<Record>, Error> {
    let mut pages = std::pin::pin!(pages(client.clone(), soql.clone(), Scope::Live));
    let mut records = Vec::new();
    while let Some(page) = pages.next().await {
        records.extend(page?.records);
    }
    Ok(records)
}

pub(crate) async fn count(client: &Client, soql: &Soql, scope: Scope) -> Result<u64, Error> {
    let call = first_call(client, &soql.as_count(), scope)?;
    Ok(raw_page(client, &call).await?.total)
}

fn first_call(client: &Client, soql: &Soql, scope: Scope) -> Result<Call, Error> {
    if soql.encoded_length() > LONGEST_QUERY {
        return Err(Error::TooBig {
            code: "URI_TOO_LONG".to_owned(),
            message: "the query does not fit into a request".to_owned(),
        });
    }
    let path = client.path(match scope {
        Scope::Live => "/query",
        Scope::All => "/queryAll",
    });
    let call = Call::get(CallKind::Query, "query", path).parameter("q", soql.to_string());
    Ok(with_page_size(client, call))
}

/// The server's own path to the next page. It needs the page size again.
fn next_call(client: &Client, path: String) -> Call {
    with_page_size(client, Call::get(CallKind::Query, "query page", path))
}

fn with_page_size(client: &Client, call: Call) -> Call {
    match client.options().page_size {
        Some(rows) => call.header(
            QUERY_OPTIONS,
            format!("batchSize={}", rows.clamp(200, 2_000)),
        ),
        None => call,
    }
}

async fn raw_page(client: &Client, call: &Call) -> Result<RawPage, Error> {
    let body = client.http().reply(call).await?.body;
    let parsed = if body.len() < LARGE_REPLY {
        parse(&body)
    } else {
        tokio::task::spawn_blocking(move || parse(&body))
            .await
            .map_err(|error| Error::unreadable("query", error))?
    };
    parsed.inspect_err(|_| client.http().note_failure())
}

fn parse(body: &Bytes) -> Result<RawPage, Error> {
    let unreadable = |cause: String| Error::unreadable("query", cause);
    let reply: QueryReply =
        serde_json::from_slice(body).map_err(|error| unreadable(error.to_string()))?;
    let next = if reply.done {
        None
    } else {
        reply.next_records_url
    };
    if !reply.done && next.is_none() {
        return Err(unreadable(
            "more rows are promised and no way to them".to_owned(),
        ));
    }
    let mut reader = RowReader::default();
    let rows = reply.records.into_iter().map(|row| reader.read(row));
    Ok(RawPage {
        rows: rows.collect::<Result<_, _>>().map_err(unreadable)?,
        total: reply.total_size,
        next,
    })
}

async fn with_all_children(
    client: &Client,
    rows: Vec<(Record, Vec<Unread>)>,
) -> Result<Vec<Record>, Error> {
    let mut records = Vec::with_capacity(rows.len());
    for (mut record, unread) in rows {
        for Unread { relationship, next } in unread {
            let children = rest_of_children(client, &relationship, next).await?;
            record.add_children(relationship, children);
        }
        records.push(record);
    }
    Ok(records)
}

async fn rest_of_children(
    client: &Client,
    relationship: &Arc<str>,
    first: String,
) -> Result<Vec<Record>, Error> {
    let mut children = Vec::new();
    let mut next = Some(first);
    while let Some(path) = next {
        let page = raw_page(client, &next_call(client, path)).await?;
        for (child, unread) in page.rows {
            if !unread.is_empty() {
                let cause = format!("{relationship} has more pages within its rows");
                return Err(Error::unreadable("query", cause));
            }
            children.push(child);
        }
        next = page.next;
    }
    Ok(children)
}
