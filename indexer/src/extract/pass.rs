//! One pass over an object: from its beginning, or from where it was interrupted, to its end.

use std::time::Instant;

use chrono::{TimeDelta, Utc};
use futures::StreamExt;
use salesforce::{BulkJob, Locator, Record, Retry};

use super::cursor::{After, Kind, Pass, Place, Watermark};
use super::rows;
use super::{Pull, ROWS_WITH_FILES, query};
use crate::Error;
use crate::mirror::{Page, source as state};
use crate::progress::{Meter, Phase, Progress};

/// Rows that one reply of a bulk result may have.
const BULK_ROWS: u32 = 5_000;

/// The most rows of one reply to a query, and the fewest to ask for when that is too many.
const MOST_ROWS: u32 = 2_000;
const FEWEST_ROWS: u32 = 50;

/// How often a pass may go on after a failure without having read anything in between.
const RESTARTS: u32 = 6;

/// How many bulk jobs may fail before the rows are read by REST.
const FAILED_JOBS: u32 = 2;

/// How a pass gets around failures.
#[derive(Default)]
struct Detours {
    /// Failures since rows came last.
    restarts: u32,
    failed_jobs: u32,
    /// Rows to ask for at a time, when Salesforce could not do all at once.
    limit: Option<u32>,
}

impl Pull<'_> {
    /// Goes through a pass and returns false if it was asked to stop before the end.
    pub(super) async fn pass(&mut self, kind: Kind, progress: &Progress) -> Result<bool, Error> {
        let mut detours = Detours::default();
        self.follow_clock();
        let expected = self.begun(kind).await?;
        let mut meter = progress.begin(&self.source.object, Phase::Pull, expected);
        loop {
            let before = self.pulled.rows;
            match self.read(&mut meter, &mut detours).await {
                Ok(true) if self.finish().await? => break,
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(Error::Salesforce(error)) => {
                    if self.pulled.rows > before {
                        detours.restarts = 0;
                    }
                    self.go_around(error, &mut detours).await?;
                }
                Err(error) => return Err(error),
            }
        }
        meter.finish();
        if kind == Kind::Changes && self.follow_clock() {
            // Only now a reply has told the time.
            return Box::pin(self.pass(kind, progress)).await;
        }
        Ok(true)
    }

    /// Takes the watermark along with a clock of Salesforce that was set back; returns whether it
    /// was.
    fn follow_clock(&mut self) -> bool {
        let server = self.extractor.salesforce.server_time();
        let mark = self.cursor.watermark.zip(server);
        match mark.and_then(|(mark, server)| mark.set_back(server, Utc::now())) {
            Some(back) => {
                tracing::warn!(object = %self.source.object, "the org's clock was set back");
                self.cursor.watermark = Some(back);
                true
            }
            None => false,
        }
    }

    /// Starts a pass, more than once if what happens may pass by itself.
    async fn begun(&mut self, kind: Kind) -> Result<Option<u64>, Error> {
        let mut attempt = 1;
        loop {
            match self.begin(kind).await {
                // One that was under way needs nothing to go on, so this is a new one.
                Err(Error::Salesforce(error)) if may_pass(&error) && attempt < RESTARTS => {
                    attempt += 1;
                    self.cursor.pass = None;
                }
                begun => return begun,
            }
        }
    }

    /// Starts a pass unless one is under way, and returns how many rows it will have.
    async fn begin(&mut self, kind: Kind) -> Result<Option<u64>, Error> {
        if let Some(pass) = &mut self.cursor.pass {
            pass.resumed = true;
            debug_assert_eq!(pass.kind, kind, "a pass is finished before the next begins");
            return Ok(None);
        }
        let expected = match kind {
            Kind::First | Kind::Full => {
                self.counted = Some(self.count().await?);
                self.counted
            }
            Kind::Reconcile => Some(self.rows().await?),
            Kind::Changes => None,
        };
        if kind.sweeps() {
            let object = self.source.object.clone();
            let mirror = &self.extractor.mirror;
            mirror
                .call(move |mirror| state::clear_seen(mirror, &object))
                .await?;
        }
        let has_files = self.source.has_blobs() && kind != Kind::Reconcile;
        let is_large = expected.is_some_and(|rows| rows >= self.extractor.bulk_from);
        self.cursor.pass = Some(Pass {
            kind,
            place: Place::Rest {
                after: match kind {
                    Kind::Changes => self.cursor.watermark.map(Watermark::next),
                    Kind::First | Kind::Full | Kind::Reconcile => None,
                },
            },
            begun: self.extractor.salesforce.server_time(),
            latest: None,
            resumed: false,
        });
        if is_large && !has_files {
            self.start_job().await?;
        }
        self.save().await?;
        Ok(expected)
    }

    /// Goes on by a new bulk job, where the object can have one.
    async fn start_job(&mut self) -> Result<(), Error> {
        let Some(pass) = &mut self.cursor.pass else {
            return Ok(());
        };
        self.extractor.quota.admit().await?;
        let soql = query::everything(self.source, pass.kind);
        let bulk = self.extractor.salesforce.bulk();
        match bulk.start(&soql, query::scope(self.source)).await {
            Ok(job) => pass.place = Place::Bulk { job, next: None },
            Err(error) if error.retry() == Retry::UseRest => {}
            Err(error) => return Err(error.into()),
        }
        pass.begun = self.extractor.salesforce.server_time();
        Ok(())
    }

    async fn read(&mut self, meter: &mut Meter, detours: &mut Detours) -> Result<bool, Error> {
        let Some(pass) = &self.cursor.pass else {
            return Ok(true);
        };
        match pass.place.clone() {
            Place::Rest { .. } => self.read_rest(meter, detours).await,
            Place::Bulk { job, next } => self.read_bulk(&job, next, meter).await,
            Place::Sweep => self.sweep().await,
        }
    }

    async fn read_rest(&mut self, meter: &mut Meter, detours: &mut Detours) -> Result<bool, Error> {
        let extractor = self.extractor;
        while let Some((kind, after)) = self.rest_place() {
            let mut soql = query::behind(self.source, kind, after);
            if let Some(limit) = detours.limit {
                soql = soql.limit(limit);
            }
            let asked = Instant::now();
            let scope = query::scope(self.source);
            let mut pages = std::pin::pin!(extractor.salesforce.query(&soql, scope));
            let mut rows = 0_u64;
            loop {
                extractor.quota.admit().await?;
                let Some(page) = pages.next().await else {
                    break;
                };
                let page = page?;
                self.note_begun(asked);
                rows += page.records.len() as u64;
                self.write(page.records, meter).await?;
                if extractor.stop.is_cancelled() && rows < page.total {
                    return Ok(false);
                }
            }
            match detours.limit {
                Some(limit) if rows >= u64::from(limit) => {
                    detours.limit = Some(limit * 2).filter(|limit| *limit < MOST_ROWS);
                }
                Some(_) | None => break,
            }
        }
        Ok(true)
    }

    fn rest_place(&self) -> Option<(Kind, Option<After>)> {
        let pass = self.cursor.pass.as_ref()?;
        match pass.place {
            Place::Rest { after } => Some((pass.kind, after)),
            Place::Bulk { .. } | Place::Sweep => None,
        }
    }

    async fn read_bulk(
        &mut self,
        job: &BulkJob,
        next: Option<Locator>,
        meter: &mut Meter,
    ) -> Result<bool, Error> {
        let extractor = self.extractor;
        let bulk = extractor.salesforce.bulk();
        extractor.quota.admit().await?;
        let waiting = bulk.wait(job, |_| {});
        match extractor.stop.run_until_cancelled(waiting).await {
            None => return Ok(false),
            Some(status) => status?,
        };
        let mut pages = std::pin::pin!(bulk.pages(job, next, BULK_ROWS));
        loop {
            extractor.quota.admit().await?;
            let Some(page) = pages.next().await else {
                break;
            };
            let page = page?;
            let is_last = page.next.is_none();
            if let (Some(next), Some(pass)) = (page.next, &mut self.cursor.pass) {
                let job = job.clone();
                let next = Some(next);
                pass.place = Place::Bulk { job, next };
            }
            self.write(page.records, meter).await?;
            if extractor.stop.is_cancelled() && !is_last {
                return Ok(false);
            }
        }
        // The result is here, so the server need not keep it. It forgets it by itself otherwise.
        if let Err(error) = bulk.delete(job).await {
            tracing::debug!(object = %self.source.object, %error, "bulk job stays");
        }
        Ok(true)
    }

    /// Takes out the rows that a whole pass has not come across, each after a last look.
    async fn sweep(&mut self) -> Result<bool, Error> {
        const AT_ONCE: u32 = 500;
        loop {
            let object = self.source.object.clone();
            let mirror = &self.extractor.mirror;
            let unseen = mirror
                .call(move |mirror| state::unseen(mirror, &object, AT_ONCE))
                .await?;
            if unseen.is_empty() {
                return Ok(true);
            }
            if self.extractor.stop.is_cancelled() {
                return Ok(false);
            }
            self.pulled.changed += self.extractor.reread(self.source, &unseen).await?.changed;
            (self.written)();
        }
    }

    /// Where to go on after a failure that another question may get around; else the failure.
    async fn go_around(
        &mut self,
        error: salesforce::Error,
        detours: &mut Detours,
    ) -> Result<(), Error> {
        if matches!(error, salesforce::Error::QuotaSpent { .. }) {
            return self.extractor.quota.wait().await;
        }
        let Some(pass) = &mut self.cursor.pass else {
            return Err(error.into());
        };
        detours.restarts += 1;
        let is_bulk = matches!(pass.place, Place::Bulk { .. });
        let cursor_lost = matches!(error, salesforce::Error::CursorLost { .. });
        let job_failed = matches!(error, salesforce::Error::BulkFailed { .. });
        if detours.restarts > RESTARTS {
            return Err(error.into());
        } else if is_bulk && (cursor_lost || job_failed || error.retry() == Retry::UseRest) {
            pass.place = Place::Rest { after: None };
            detours.failed_jobs += 1;
            if detours.failed_jobs <= FAILED_JOBS && error.retry() != Retry::UseRest {
                self.start_job().await?;
            }
        } else if !is_bulk && error.retry() == Retry::Smaller {
            let limit = detours.limit.unwrap_or(MOST_ROWS) / 4;
            detours.limit = Some(limit.max(FEWEST_ROWS));
        } else if !cursor_lost && !may_pass(&error) {
            return Err(error.into());
        }
        tracing::warn!(object = %self.source.object, %error, "pull goes on in another way");
        self.save().await
    }

    /// Writes a page's rows together with the place behind them.
    async fn write(&mut self, records: Vec<Record>, meter: &mut Meter) -> Result<(), Error> {
        let is_compared = self.interrupted() == Some(Kind::Reconcile);
        let at_once = match self.source.has_blobs() && !is_compared {
            true => ROWS_WITH_FILES,
            false => records.len().max(1),
        };
        for records in records.chunks(at_once) {
            let mut page = Page::of(self.source);
            if is_compared {
                page.seen = self.reread_different(records).await?;
            } else {
                self.fill(&mut page, records).await?;
            }
            self.advance(records);
            page.cursor = Some(self.cursor.to_json());
            self.pulled.rows += records.len() as u64;
            self.pulled.failed += page.failures.len() as u64;
            let mirror = &self.extractor.mirror;
            self.pulled.changed += mirror.call(move |mirror| page.apply(mirror)).await?;
            meter.add(records.len() as u64);
            (self.written)();
        }
        Ok(())
    }

    async fn fill(&self, page: &mut Page, records: &[Record]) -> Result<(), Error> {
        rows::map_all(self.source, records, page);
        match self.interrupted() {
            Some(Kind::Full) => page.seen = records.iter().filter_map(Record::id).collect(),
            Some(Kind::Changes) => page.refreshes = self.source.refreshes.clone(),
            Some(Kind::First | Kind::Reconcile) | None => {}
        }
        self.extractor.complete(self.source, page).await
    }

    /// Moves the place behind these rows. That of a bulk job has been moved by its own page.
    fn advance(&mut self, records: &[Record]) {
        let Some(pass) = &mut self.cursor.pass else {
            return;
        };
        for record in records {
            let stamp = rows::stamp(self.source, record);
            match record.id() {
                Some(id) => pass.advance(stamp, id),
                None => pass.note(stamp),
            }
        }
    }

    /// Remembers when the first reply was asked for, by the clock that it told.
    fn note_begun(&mut self, asked: Instant) {
        let now = self.extractor.salesforce.server_time();
        if let (Some(pass), Ok(ago)) = (&mut self.cursor.pass, TimeDelta::from_std(asked.elapsed()))
        {
            pass.begun = pass.begun.or(now.map(|now| now - ago));
        }
    }

    /// Ends the reading of rows, or the whole pass; returns whether it was the whole pass.
    async fn finish(&mut self) -> Result<bool, Error> {
        let Some(pass) = &mut self.cursor.pass else {
            return Ok(true);
        };
        let kind = pass.kind;
        if pass.place != Place::Sweep {
            self.cursor.watermark = pass.watermark(self.cursor.watermark);
            if kind.sweeps() {
                pass.place = Place::Sweep;
                self.save().await?;
                return Ok(false);
            }
        }
        self.cursor.complete = true;
        self.cursor.pass = None;
        self.save().await?;
        if kind.is_whole() {
            let object = self.source.object.clone();
            let mirror = &self.extractor.mirror;
            mirror
                .call(move |mirror| state::end_whole(mirror, &object, Utc::now()))
                .await?;
        }
        Ok(true)
    }

    async fn save(&self) -> Result<(), Error> {
        let object = self.source.object.clone();
        let (json, method) = (self.cursor.to_json(), self.cursor.method());
        let mirror = &self.extractor.mirror;
        mirror
            .call(move |mirror| {
                state::save_cursor(mirror, &object, &json)?;
                state::save_method(mirror, &object, method)
            })
            .await
    }
}

/// Whether a failure may pass by itself, although the client has repeated the call already.
fn may_pass(error: &salesforce::Error) -> bool {
    matches!(
        error,
        salesforce::Error::Busy { .. }
            | salesforce::Error::Interrupted { .. }
            | salesforce::Error::SessionExpired { .. }
            | salesforce::Error::Unreadable { .. }
    )
}
