//! Pull: from Salesforce into the mirror, a page at a time.
//!
//! A first pull is a bulk job where the object is large, else REST pages in the order of
//! `(SystemModstamp, Id)`. Each page is written together with the place behind it, so that a pull
//! that was interrupted goes on there; a bulk job goes on as the same job. Later pulls ask for what
//! changed since the watermark, and a little before it, because a change can be committed after a
//! later one; rows that were seen before touch nothing.
//!
//! Deletions are not seen here, and neither is access that was lost: Salesforce tells of neither in
//! a query. A row that no longer meets its profile's `only` is seen, because it changed.

mod cursor;
mod query;
mod rows;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{FieldName, ObjectName};
use futures::StreamExt;
use salesforce::{BulkJob, Client, Locator, Record, Retry, Scope};
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::mirror::{Mirror, Page, source as state};
use crate::plan::Source;
use crate::progress::{Meter, Phase, Progress};
use cursor::{Cursor, Key};
use rows::Mapped;

/// How far behind the watermark a later pull starts: Salesforce stamps a row when its transaction
/// starts, and that may take ten minutes to commit.
const OVERLAP: TimeDelta = TimeDelta::minutes(15);

/// Rows that one reply of a bulk result may have.
const BULK_ROWS: u32 = 5_000;

/// The fewest rows to ask for when a query is too much for Salesforce.
const FEWEST_ROWS: u32 = 50;

/// How often a pull may start again in the middle before it gives up until the next run.
const RESTARTS: u32 = 5;

/// Where rows come from and go to.
#[derive(Clone)]
pub(crate) struct Extractor {
    pub salesforce: Client,
    pub mirror: Mirror,
    /// An object with at least this many rows is pulled by a bulk job first.
    pub bulk_from: u64,
}

/// What a pull did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pulled {
    pub rows: u64,
    /// Rows that were new or different.
    pub changed: u64,
    pub failed: u64,
    /// False when it was asked to stop first.
    pub complete: bool,
}

impl Extractor {
    /// Pulls what changed in one object since the last pull; everything if there was none.
    ///
    /// # Errors
    /// What Salesforce or the mirror's file refuse. Pages that were written stay.
    pub(crate) async fn pull(
        &self,
        source: &Source,
        progress: &Progress,
        stop: &CancellationToken,
    ) -> Result<Pulled, Error> {
        let calls_before = self.salesforce.usage().calls;
        let result = self.run(source, progress, stop).await;
        let calls = self.salesforce.usage().calls - calls_before;
        let finished = matches!(&result, Ok(pulled) if pulled.complete).then(Utc::now);
        let object = source.object.clone();
        self.mirror
            .call(move |mirror| state::end(mirror, &object, finished, calls))
            .await?;
        result
    }

    async fn run(
        &self,
        source: &Source,
        progress: &Progress,
        stop: &CancellationToken,
    ) -> Result<Pulled, Error> {
        let stored = self.stored_cursor(source).await?;
        let count = self.salesforce.count(&query::count(source)).await?;
        let object = source.object.clone();
        let mirrored = self
            .mirror
            .call(move |mirror| {
                state::counted(mirror, &object, count)?;
                state::rows(mirror, &object)
            })
            .await?;
        let total = match &stored {
            Some(Cursor::Done { .. } | Cursor::Rest { first: false, .. }) => None,
            Some(Cursor::Rest { .. } | Cursor::Bulk { .. }) => Some(count.saturating_sub(mirrored)),
            None => Some(count),
        };
        let mut pull = Pull {
            extractor: self,
            source,
            stop,
            meter: progress.begin(&source.object, Phase::Pull, total),
            cursor: Cursor::Done { watermark: None },
            limit: None,
            pulled: Pulled::default(),
        };
        pull.cursor = pull.start(stored, count).await?;
        pull.read_all(count).await?;
        pull.meter.finish();
        Ok(pull.pulled)
    }

    async fn stored_cursor(&self, source: &Source) -> Result<Option<Cursor>, Error> {
        let object = source.object.clone();
        let columns = source.columns_key();
        let stored = self
            .mirror
            .call(move |mirror| state::begin(mirror, &object, &columns, Utc::now()))
            .await?;
        // One that cannot be read was written by another version: begin anew.
        Ok(stored.and_then(|stored| serde_json::from_str(&stored).ok()))
    }
}

/// One pull of one object.
struct Pull<'a> {
    extractor: &'a Extractor,
    source: &'a Source,
    stop: &'a CancellationToken,
    meter: Meter,
    cursor: Cursor,
    /// Rows to ask for at a time, when Salesforce could not do all at once.
    limit: Option<u32>,
    pulled: Pulled,
}

/// Why reading ended.
enum End {
    Complete,
    Stopped,
}

impl Pull<'_> {
    /// Where to go on, or to start.
    async fn start(&self, stored: Option<Cursor>, count: u64) -> Result<Cursor, Error> {
        let cursor = match stored {
            Some(Cursor::Done {
                watermark: Some(watermark),
            }) => Cursor::Rest {
                first: false,
                after: Some(Key {
                    stamp: Some(watermark - OVERLAP),
                    id: None,
                }),
            },
            Some(cursor @ (Cursor::Rest { .. } | Cursor::Bulk { .. })) => cursor,
            Some(Cursor::Done { watermark: None }) | None => self.first(count).await?,
        };
        self.save(&cursor).await?;
        Ok(cursor)
    }

    /// The start of a first pull: a new bulk job if the object is large and can have one.
    async fn first(&self, count: u64) -> Result<Cursor, Error> {
        let rest = Cursor::Rest {
            first: true,
            after: None,
        };
        if count < self.extractor.bulk_from || self.source.has_blobs() {
            return Ok(rest);
        }
        let begun = Utc::now();
        let soql = query::everything(self.source);
        let bulk = self.extractor.salesforce.bulk();
        match bulk.start(&soql, Scope::Live).await {
            Ok(job) => Ok(Cursor::Bulk {
                job,
                next: None,
                begun,
            }),
            Err(error) if error.retry() == Retry::UseRest => Ok(rest),
            Err(error) => Err(error.into()),
        }
    }

    async fn read_all(&mut self, count: u64) -> Result<(), Error> {
        let mut restarts = 0;
        loop {
            let result = match self.cursor.clone() {
                Cursor::Bulk { job, next, begun } => self.read_bulk(&job, next, begun).await,
                Cursor::Rest { first, after } => self.read_rest(first, after).await,
                Cursor::Done { .. } => Ok(End::Complete),
            };
            match result {
                Ok(End::Stopped) => return Ok(()),
                Ok(End::Complete) => return self.finish().await,
                Err(Error::Salesforce(error)) if restarts < RESTARTS => {
                    restarts += 1;
                    self.cursor = self.around(error, count).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Where to go on after a failure that another question may get around; else the failure.
    async fn around(&mut self, error: salesforce::Error, count: u64) -> Result<Cursor, Error> {
        let in_bulk = matches!(self.cursor, Cursor::Bulk { .. });
        let lost = matches!(error, salesforce::Error::CursorLost { .. });
        let failed = matches!(error, salesforce::Error::BulkFailed { .. });
        let cursor = if in_bulk && lost {
            self.first(count).await?
        } else if in_bulk && (failed || error.retry() == Retry::UseRest) {
            Cursor::Rest {
                first: true,
                after: None,
            }
        } else if !in_bulk && lost {
            self.cursor.clone()
        } else if !in_bulk && error.retry() == Retry::Smaller {
            let limit = self.limit.map_or(1_000, |limit| limit / 4);
            if limit < FEWEST_ROWS {
                return Err(error.into());
            }
            self.limit = Some(limit);
            self.cursor.clone()
        } else {
            return Err(error.into());
        };
        tracing::warn!(object = %self.source.object, %error, "pull goes on in another way");
        self.save(&cursor).await?;
        Ok(cursor)
    }

    async fn read_bulk(
        &mut self,
        job: &BulkJob,
        next: Option<Locator>,
        begun: DateTime<Utc>,
    ) -> Result<End, Error> {
        let bulk = self.extractor.salesforce.bulk();
        let waiting = bulk.wait(job, |_| {});
        match self.stop.run_until_cancelled(waiting).await {
            None => return Ok(End::Stopped),
            Some(status) => status?,
        };
        let mut pages = std::pin::pin!(bulk.pages(job, next, BULK_ROWS));
        while let Some(page) = pages.next().await {
            let page = page?;
            let is_last = page.next.is_none();
            if let Some(next) = page.next {
                self.cursor = Cursor::Bulk {
                    job: job.clone(),
                    next: Some(next),
                    begun,
                };
            }
            self.write(page.records).await?;
            if self.stop.is_cancelled() && !is_last {
                return Ok(End::Stopped);
            }
        }
        // The result is here, so the server need not keep it. It forgets it by itself otherwise.
        if let Err(error) = bulk.delete(job).await {
            tracing::debug!(object = %self.source.object, %error, "bulk job stays");
        }
        Ok(End::Complete)
    }

    async fn read_rest(&mut self, first: bool, mut after: Option<Key>) -> Result<End, Error> {
        loop {
            let mut soql = query::after(self.source, first, after.as_ref());
            if let Some(limit) = self.limit {
                soql = soql.limit(limit);
            }
            let salesforce = &self.extractor.salesforce;
            let mut pages = std::pin::pin!(salesforce.query(&soql, Scope::Live));
            let mut rows = 0_u64;
            while let Some(page) = pages.next().await {
                let page = page?;
                let records = page.records;
                rows += records.len() as u64;
                if let Some(key) = records.last().and_then(|last| self.key_of(last)) {
                    after = Some(key);
                }
                self.cursor = Cursor::Rest { first, after };
                self.write(records).await?;
                if self.stop.is_cancelled() && rows < page.total {
                    return Ok(End::Stopped);
                }
            }
            match self.limit {
                Some(limit) if rows >= u64::from(limit) => {}
                Some(_) | None => return Ok(End::Complete),
            }
        }
    }

    fn key_of(&self, record: &Record) -> Option<Key> {
        let stamp = self.source.stamp.as_ref();
        Some(Key {
            stamp: stamp.and_then(|stamp| record.datetime(stamp.as_str())),
            id: Some(record.id()?),
        })
    }

    /// Writes a page's rows together with the cursor behind them.
    async fn write(&mut self, records: Vec<Record>) -> Result<(), Error> {
        let count = records.len() as u64;
        let mut page = Page {
            object: self.source.object.clone(),
            is_document: self.source.is_document,
            rows: Vec::new(),
            gone: Vec::new(),
            failures: Vec::new(),
            links: links(self.source),
            cursor: self.cursor.to_json(),
        };
        for record in &records {
            match rows::map(self.source, record) {
                Mapped::Row(row) => page.rows.push(row),
                Mapped::Gone(id) => page.gone.push(id),
                Mapped::Failed(failure) => page.failures.push(failure),
            }
        }
        drop(records);
        self.extractor.complete(self.source, &mut page).await?;
        self.pulled.rows += count;
        self.pulled.failed += page.failures.len() as u64;
        self.pulled.changed += self
            .extractor
            .mirror
            .call(move |mirror| page.apply(mirror))
            .await?;
        self.meter.add(count);
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), Error> {
        let object = self.source.object.clone();
        let latest = self
            .extractor
            .mirror
            .call(move |mirror| state::latest_stamp(mirror, &object))
            .await?;
        let watermark = match &self.cursor {
            // The job read the org some time after it began; what changed since is still to come.
            Cursor::Bulk { begun, .. } => latest.map(|latest| latest.min(*begun)),
            Cursor::Rest { after, .. } => latest.max(after.as_ref().and_then(|key| key.stamp)),
            Cursor::Done { watermark } => *watermark,
        };
        self.cursor = Cursor::Done { watermark };
        self.save(&self.cursor).await?;
        let object = self.source.object.clone();
        self.extractor
            .mirror
            .call(move |mirror| state::save_watermark(mirror, &object, watermark))
            .await?;
        self.pulled.complete = true;
        Ok(())
    }

    async fn save(&self, cursor: &Cursor) -> Result<(), Error> {
        let object = self.source.object.clone();
        let (json, method) = (cursor.to_json(), cursor.method());
        self.extractor
            .mirror
            .call(move |mirror| state::save_cursor(mirror, &object, &json, method))
            .await
    }
}

fn links(source: &Source) -> Vec<(FieldName, ObjectName)> {
    source.part_of.union(&source.tells).cloned().collect()
}
