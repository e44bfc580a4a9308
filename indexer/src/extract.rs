//! Pull: from Salesforce into the mirror, a page at a time.
//!
//! A whole pass over a large object is a bulk job, else REST pages in the order of
//! `(SystemModstamp, Id)`. Each page is written together with the place behind it, so that a pull
//! that was interrupted goes on there; a bulk job goes on as the same job. Later pulls ask in one
//! query for what was changed or deleted since the watermark, and a little before it as long as a
//! change may be committed after a later one; rows that were seen before touch nothing.
//!
//! What leaves no trace in a row is found by whole passes: rows that were deleted for good or that
//! the user whom precis signs in as may no longer read, and values that Salesforce calculates.

mod complete;
mod cursor;
mod links;
mod pass;
mod query;
mod quota;
mod refresh;
mod reread;
mod rows;

use chrono::Utc;
use salesforce::Client;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::file_text::FileOptions;
use crate::mirror::{Cost, Mirror, source as state};
use crate::plan::Source;
use crate::progress::Progress;
use crate::request::Depth;
use cursor::{Cursor, Kind};

pub(crate) use quota::Quota;
pub use quota::QuotaPolicy;

/// How often counts are taken anew when the org changes while it is counted.
const COUNTS: u32 = 3;

/// The most rows of a share table that are compared with the org as soon as one is missing there.
const MOST_RECHECKED: u64 = 20_000;

/// Rows of a page that come with files.
const ROWS_WITH_FILES: usize = 25;

/// Where rows come from and go to.
#[derive(Clone)]
pub(crate) struct Extractor {
    pub salesforce: Client,
    pub mirror: Mirror,
    pub quota: Quota,
    /// None leaves files unread.
    pub files: Option<FileOptions>,
    /// An object with at least this many rows is read as a whole by a bulk job.
    pub bulk_from: u64,
    pub stop: CancellationToken,
}

/// Whether a failure is about the object that was asked for and nothing else.
pub(crate) fn concerns_object(error: &salesforce::Error) -> bool {
    matches!(
        error,
        salesforce::Error::Denied { .. }
            | salesforce::Error::NotFound { .. }
            | salesforce::Error::BadQuery { .. }
    )
}

/// What a pull did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pulled {
    pub rows: u64,
    /// Rows that were new, different or gone.
    pub changed: u64,
    pub failed: u64,
    /// False when it was asked to stop first.
    pub complete: bool,
}

/// One pull of one object.
struct Pull<'a> {
    extractor: &'a Extractor,
    source: &'a Source,
    /// Told after each page that was written.
    written: &'a (dyn Fn() + Send + Sync),
    cursor: Cursor,
    /// The org's rows, as counted when a whole pass began.
    counted: Option<u64>,
    pulled: Pulled,
}

impl Extractor {
    /// Brings one object's rows up to the org, as deep as asked for; wholly if they never were.
    /// `written` is called after each page.
    ///
    /// # Errors
    /// What Salesforce or the mirror's file refuse. Pages that were written stay.
    pub(crate) async fn pull(
        &self,
        source: &Source,
        depth: Depth,
        progress: &Progress,
        written: &(dyn Fn() + Send + Sync),
    ) -> Result<Pulled, Error> {
        let before = self.salesforce.usage();
        let result = self.run(source, depth, progress, written).await;
        let after = self.salesforce.usage();
        let cost = Cost {
            calls: after.calls - before.calls,
            failed: after.failed - before.failed,
        };
        let finished = matches!(&result, Ok(pulled) if pulled.complete).then(Utc::now);
        let object = source.object.clone();
        self.mirror
            .call(move |mirror| state::end(mirror, &object, finished, cost))
            .await?;
        result
    }

    async fn run(
        &self,
        source: &Source,
        depth: Depth,
        progress: &Progress,
        written: &(dyn Fn() + Send + Sync),
    ) -> Result<Pulled, Error> {
        let mut pull = Pull {
            extractor: self,
            source,
            written,
            cursor: self.stored_cursor(source).await?,
            counted: None,
            pulled: Pulled::default(),
        };
        pull.run(depth, progress).await?;
        Ok(pull.pulled)
    }

    async fn stored_cursor(&self, source: &Source) -> Result<Cursor, Error> {
        let object = source.object.clone();
        let wanted = source.wanted();
        let stored = self
            .mirror
            .call(move |mirror| state::begin(mirror, &object, &wanted, Utc::now()))
            .await?;
        // One that cannot be read was written by another version: begin anew.
        let stored = stored.and_then(|stored| serde_json::from_str(&stored).ok());
        Ok(stored.unwrap_or_default())
    }
}

impl Pull<'_> {
    async fn run(&mut self, depth: Depth, progress: &Progress) -> Result<(), Error> {
        let mut whole = false;
        if let Some(kind) = self.interrupted()
            && !self.pass(kind, progress).await?
        {
            return Ok(());
        }
        if let Some(kind) = self.usual(depth).await? {
            if !self.pass(kind, progress).await? {
                return Ok(());
            }
            whole = kind.is_whole();
        }
        // An interrupted pass may have begun long ago: it is not the one that was asked for.
        if let Some(kind) = self.deeper(depth)
            && !whole
        {
            if !self.pass(kind, progress).await? {
                return Ok(());
            }
            whole = true;
        }
        if self.source.is_sharing && !whole {
            match self.recheck(progress).await? {
                Some(checked) => whole = checked,
                None => return Ok(()),
            }
        }
        if (whole || !self.is_counted().await?) && !self.settle(progress).await? {
            return Ok(());
        }
        self.retry_failed(depth).await?;
        self.pulled.complete = !self.extractor.stop.is_cancelled();
        Ok(())
    }

    /// Share rows go without a trace, but not without a difference in number: then they are compared.
    /// A large table is left to the reconciliation that is due each night. Returns whether it was
    /// compared, and none if asked to stop first.
    async fn recheck(&mut self, progress: &Progress) -> Result<Option<bool>, Error> {
        let (count, rows) = (self.count().await?, self.rows().await?);
        let object = self.source.object.clone();
        let mirror = &self.extractor.mirror;
        let missing = mirror
            .call(move |mirror| state::note_count(mirror, &object, count, Utc::now()))
            .await?;
        if missing == 0 || rows > MOST_RECHECKED {
            return Ok(Some(false));
        }
        let compared = self.pass(Kind::Reconcile, progress).await?;
        Ok(compared.then_some(true))
    }

    /// Whether the org's rows were ever counted behind a whole pass.
    async fn is_counted(&self) -> Result<bool, Error> {
        let object = self.source.object.clone();
        let mirror = &self.extractor.mirror;
        mirror
            .call(move |mirror| state::is_counted(mirror, &object))
            .await
    }

    /// The pass in whose middle the last pull ended.
    fn interrupted(&self) -> Option<Kind> {
        self.cursor.pass.as_ref().map(|pass| pass.kind)
    }

    /// What every pull does: everything if that was never done, else the changes.
    async fn usual(&self, depth: Depth) -> Result<Option<Kind>, Error> {
        if !self.cursor.complete {
            let empty = self.rows().await? == 0;
            return Ok(Some(if empty { Kind::First } else { Kind::Full }));
        }
        Ok(match depth {
            Depth::Full => None,
            Depth::Changes | Depth::Reconcile if self.source.is_traceless() => None,
            // Without stamps nothing tells what changed.
            Depth::Changes | Depth::Reconcile if self.source.stamp.is_none() => Some(Kind::Full),
            Depth::Changes | Depth::Reconcile => Some(Kind::Changes),
        })
    }

    /// What a pull does beyond that.
    fn deeper(&self, depth: Depth) -> Option<Kind> {
        match depth {
            Depth::Changes => None,
            Depth::Reconcile if self.source.is_traceless() => Some(Kind::Full),
            Depth::Reconcile => Some(Kind::Reconcile),
            Depth::Full => Some(Kind::Full),
        }
    }

    /// Counts until the org and the mirror agree; an org that changes all the time is caught up with
    /// a few times. Returns false if asked to stop first.
    async fn settle(&mut self, progress: &Progress) -> Result<bool, Error> {
        for round in 1..=COUNTS {
            let count = match self.counted.take() {
                Some(count) if count == self.rows().await? => count,
                Some(_) | None => self.count().await?,
            };
            let object = self.source.object.clone();
            let missing = self
                .extractor
                .mirror
                .call(move |mirror| state::note_count(mirror, &object, count, Utc::now()))
                .await?;
            if missing == 0 || self.source.stamp.is_none() || round == COUNTS {
                break;
            }
            if !self.pass(Kind::Changes, progress).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn count(&self) -> Result<u64, Error> {
        self.extractor.quota.admit().await?;
        let (soql, scope) = (query::count(self.source), query::scope(self.source));
        Ok(self.extractor.salesforce.count_in(&soql, scope).await?)
    }

    async fn rows(&self) -> Result<u64, Error> {
        let object = self.source.object.clone();
        let mirror = &self.extractor.mirror;
        mirror
            .call(move |mirror| state::rows(mirror, &object))
            .await
    }

    /// Reads failed records again: those whose turn it is, or all when everything is read.
    async fn retry_failed(&mut self, depth: Depth) -> Result<(), Error> {
        let object = self.source.object.clone();
        let all = depth == Depth::Full;
        let due = self
            .extractor
            .mirror
            .call(move |mirror| state::failures_due(mirror, &object, all, Utc::now()))
            .await?;
        self.pulled.changed += self.extractor.reread(self.source, &due).await?.changed;
        Ok(())
    }
}
