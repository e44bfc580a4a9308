//! The result of a bulk job, read as a stream.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use async_stream::try_stream;
use bytes::Bytes;
use csv_async::{AsyncReader, AsyncReaderBuilder, StringRecord};
use futures::{Stream, TryStreamExt};
use reqwest::Response;
use reqwest::header::ACCEPT;
use serde::{Deserialize, Serialize};
use tokio_util::io::StreamReader;

use super::{BulkJob, lost_if_missing};
use crate::client::Client;
use crate::error::Error;
use crate::http::Call;
use crate::record::Record;
use crate::usage::CallKind;

/// Some rows of a bulk result.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkPage {
    pub records: Vec<Record>,
    /// Where the rows behind these start. None only in the last page, which may have no rows.
    pub next: Option<Locator>,
}

/// A place in the result of a job: stable while the server keeps the job, and made to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Locator {
    /// The server's locator; none is the start of the result.
    page: Option<String>,
    /// Rows behind it that have been read.
    skip: u64,
}

/// A page holds no more than this, whichever comes first.
const ROWS_A_PAGE: usize = 500;
const BYTES_A_PAGE: usize = 8 * 1024 * 1024;

type Body = StreamReader<Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>, Bytes>;

/// One reply of the server, read up to `at`.
struct Reading {
    rows: AsyncReader<Body>,
    /// Empty until the first row was read.
    columns: Vec<Arc<str>>,
    at: Locator,
    /// Rows that are still to be passed over, because an earlier reading handed them out.
    to_skip: u64,
    /// Rows seen, to be compared with what the server announced.
    seen: u64,
    announced: Option<u64>,
    /// The server's locator of what follows this reply.
    following: Option<String>,
}

/// What one step through a reply gives.
struct Step {
    page: BulkPage,
    /// The reply, if there is more to read of it.
    rest: Option<Reading>,
    /// Whether it broke off behind these rows.
    cut_off: bool,
}

pub(super) fn pages(
    client: Client,
    job: BulkJob,
    from: Option<Locator>,
    max_records: u32,
) -> impl Stream<Item = Result<BulkPage, Error>> + Send + 'static {
    try_stream! {
        let retry = client.http().retry_policy();
        let mut at = from.unwrap_or_default();
        let mut attempt = 1;
        let mut open: Option<Reading> = None;
        loop {
            let reading = match open.take() {
                Some(reading) => reading,
                None => Reading::open(&client, &job, &at, max_records).await?,
            };
            match reading.step(&job).await {
                Ok(Step { page, rest, cut_off }) => {
                    attempt = 1;
                    if cut_off {
                        client.http().note_failure();
                    }
                    open = rest;
                    let next = page.next.clone();
                    if next.is_none() || !page.records.is_empty() {
                        yield page;
                    }
                    match next {
                        Some(next) => at = next,
                        None => break,
                    }
                }
                Err(error) if attempt < retry.attempts => {
                    client.http().note_failure();
                    tracing::warn!(job.id = %job.id, attempt, %error, "bulk result is asked for again");
                    tokio::time::sleep(retry.delay(attempt)).await;
                    attempt += 1;
                }
                Err(error) => Err(error)?,
            }
        }
    }
}

impl Reading {
    /// Asks for what stands at a place. Calls that fail are repeated below this.
    async fn open(
        client: &Client,
        job: &BulkJob,
        at: &Locator,
        max_records: u32,
    ) -> Result<Self, Error> {
        let mut call = Call::get(CallKind::Bulk, "bulk result", job.path("/results"))
            .parameter("maxRecords", max_records.max(1).to_string())
            .header(ACCEPT, "text/csv");
        if let Some(locator) = &at.page {
            call = call.parameter("locator", locator);
        }
        let response = client.http().open(&call).await.map_err(lost_if_missing)?;
        Ok(Self {
            columns: Vec::new(),
            at: Locator {
                page: at.page.clone(),
                skip: 0,
            },
            to_skip: at.skip,
            seen: 0,
            announced: header(&response, "sforce-numberofrecords").and_then(|n| n.parse().ok()),
            // The end is the word `null`.
            following: header(&response, "sforce-locator").filter(|locator| locator != "null"),
            rows: AsyncReaderBuilder::new().create_reader(body(response)),
        })
    }

    /// Reads rows until a page is full or the reply ends. When it breaks off, the rows that have
    /// come whole are a page, and only a step without any is an error ([`Error::Interrupted`]).
    async fn step(mut self, job: &BulkJob) -> Result<Step, Error> {
        let mut records = Vec::new();
        let mut bytes = 0;
        while records.len() < ROWS_A_PAGE && bytes < BYTES_A_PAGE {
            let row = match self.row().await {
                Ok(Some(row)) => row,
                Ok(None) => {
                    let (next, cut_off) = match self.end() {
                        Err(_) if !records.is_empty() => (Some(self.at), true),
                        next => (next?, false),
                    };
                    return Ok(Step {
                        page: BulkPage { records, next },
                        rest: None,
                        cut_off,
                    });
                }
                Err(_) if !records.is_empty() => {
                    let next = Some(self.at);
                    return Ok(Step {
                        page: BulkPage { records, next },
                        rest: None,
                        cut_off: true,
                    });
                }
                Err(error) => return Err(broken(&error)),
            };
            self.seen += 1;
            self.at.skip += 1;
            if self.to_skip > 0 {
                self.to_skip -= 1;
                continue;
            }
            bytes += row.as_slice().len();
            records.push(Record::from_csv(&job.object, &self.columns, row.iter()));
        }
        let next = Some(self.at.clone());
        let page = BulkPage { records, next };
        Ok(Step {
            page,
            rest: Some(self),
            cut_off: false,
        })
    }

    async fn row(&mut self) -> csv_async::Result<Option<StringRecord>> {
        if self.columns.is_empty() {
            let columns = self.rows.headers().await?;
            self.columns = columns.iter().map(Arc::from).collect();
        }
        let mut row = StringRecord::new();
        let found = self.rows.read_record(&mut row).await?;
        Ok(found.then_some(row))
    }

    /// Where it goes on behind this reply, after a check that the reply was whole.
    fn end(&self) -> Result<Option<Locator>, Error> {
        if let Some(announced) = self.announced
            && announced != self.seen
        {
            return Err(Error::Interrupted {
                cause: format!("{} of {announced} rows arrived", self.seen),
            });
        }
        Ok(self.following.as_ref().map(|locator| Locator {
            page: Some(locator.clone()),
            skip: self.to_skip,
        }))
    }
}

fn body(response: Response) -> Body {
    let chunks = response
        .bytes_stream()
        .map_err(|error| io::Error::other(error.without_url()));
    StreamReader::new(Box::pin(chunks))
}

fn header(response: &Response, name: &str) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

/// Whatever is wrong with the CSV, the likely reason is that some of it is missing.
fn broken(error: &csv_async::Error) -> Error {
    let cause = if error.is_io_error() {
        "the connection was lost"
    } else {
        "it is not the CSV that was announced"
    };
    Error::Interrupted {
        cause: cause.to_owned(),
    }
}
