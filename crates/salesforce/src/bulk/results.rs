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
use crate::error::{Error, Retry};
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

/// What one step of a reading gives.
struct Step {
    page: BulkPage,
    ended: bool,
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
        let mut reading: Option<Reading> = None;
        loop {
            let open = match reading.take() {
                Some(open) => open,
                None => open_reading(&client, &job, &at, max_records).await?,
            };
            match step(open, &job).await {
                Ok((step, rest)) => {
                    attempt = 1;
                    let Step { page, ended } = step;
                    let last = page.next.is_none();
                    at = page.next.clone().unwrap_or_default();
                    if last || !page.records.is_empty() {
                        yield page;
                    }
                    if last {
                        break;
                    }
                    reading = (!ended).then_some(rest);
                }
                Err(error) if attempt < retry.attempts && matches!(error.retry(), Retry::After(_)) => {
                    tracing::warn!(job.id = %job.id, attempt, %error, "bulk result is asked for again");
                    tokio::time::sleep(retry.delay(attempt)).await;
                    attempt += 1;
                }
                Err(error) => Err(error)?,
            }
        }
    }
}

async fn open_reading(
    client: &Client,
    job: &BulkJob,
    at: &Locator,
    max_records: u32,
) -> Result<Reading, Error> {
    let mut call = Call::get(CallKind::Bulk, "bulk result", job.path("/results"))
        .parameter("maxRecords", max_records.max(1).to_string())
        .header(ACCEPT, "text/csv");
    if let Some(locator) = &at.page {
        call = call.parameter("locator", locator);
    }
    let response = client.http().open(&call).await.map_err(lost_if_missing)?;
    let announced = header(&response, "sforce-numberofrecords").and_then(|n| n.parse().ok());
    // The end is the word `null`.
    let following = header(&response, "sforce-locator").filter(|locator| locator != "null");
    let mut rows = AsyncReaderBuilder::new().create_reader(body(response));
    let columns = rows.headers().await.map_err(broken)?;
    Ok(Reading {
        columns: columns.iter().map(Arc::from).collect(),
        rows,
        at: Locator {
            page: at.page.clone(),
            skip: 0,
        },
        to_skip: at.skip,
        seen: 0,
        announced,
        following,
    })
}

/// Reads rows until a page is full or the reply ends.
async fn step(mut reading: Reading, job: &BulkJob) -> Result<(Step, Reading), Error> {
    let mut records = Vec::new();
    let mut bytes = 0;
    let mut row = StringRecord::new();
    while records.len() < ROWS_A_PAGE && bytes < BYTES_A_PAGE {
        if !reading.rows.read_record(&mut row).await.map_err(broken)? {
            let next = reading.end()?;
            let page = BulkPage { records, next };
            return Ok((Step { page, ended: true }, reading));
        }
        reading.seen += 1;
        reading.at.skip += 1;
        if reading.to_skip > 0 {
            reading.to_skip -= 1;
            continue;
        }
        bytes += row.as_slice().len();
        records.push(Record::from_csv(&job.object, &reading.columns, row.iter()));
    }
    let next = Some(reading.at.clone());
    let page = BulkPage { records, next };
    Ok((Step { page, ended: false }, reading))
}

impl Reading {
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
fn broken(error: csv_async::Error) -> Error {
    let cause = match error.kind() {
        csv_async::ErrorKind::Io(_) => "the connection was lost",
        _ => "it is not the CSV that was announced",
    };
    Error::Interrupted {
        cause: cause.to_owned(),
    }
}
