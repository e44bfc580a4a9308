//! What was changed and deleted in a span of time: `/updated` and `/deleted`.

use chrono::{DateTime, Duration, DurationRound, Utc};

use super::{
    Deleted, DeletedRecord, Org, Updated,
    table::{Stored, Table, id_of},
};
use crate::error::ApiError;

/// How far back changes and deletions can be asked for.
const CHANGES: Duration = Duration::days(30);
const DELETIONS: Duration = Duration::days(15);

impl Org {
    /// Ids of the live rows changed from `start` to before `end`; seconds are cut off, as Salesforce
    /// does.
    ///
    /// # Errors
    /// 400 `INVALID_REPLICATION_DATE` for a span that is empty or begins more than 30 days ago; 404 for
    /// an object that is unknown or has no recycle bin.
    pub fn updated(
        &self,
        object: &str,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> Result<Updated, ApiError> {
        let span = self.span(start, end, CHANGES)?;
        let rows = self.changed(object, &span)?;
        let live = rows.filter(|stored| stored.deletion.is_none());
        Ok(Updated {
            ids: live.map(|stored| id_of(&stored.row).to_owned()).collect(),
            latest_date_covered: span.1.min(self.now()),
        })
    }

    /// The rows that came into the recycle bin from `start` to before `end`.
    ///
    /// # Errors
    /// As [`Org::updated`], with 15 days, or less where the recycle bin was emptied.
    pub fn deleted(
        &self,
        object: &str,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> Result<Deleted, ApiError> {
        let span = self.span(start, end, DELETIONS)?;
        let rows = self.changed(object, &span)?;
        let earliest = self.earliest_deletion(object);
        if span.0 < minute(earliest) {
            return Err(ApiError::bad_request(
                "INVALID_REPLICATION_DATE",
                "startDate before org replication enabled date",
            ));
        }
        let gone = rows.filter(|stored| stored.deletion.is_some());
        let records = gone.map(|stored| DeletedRecord {
            id: id_of(&stored.row).to_owned(),
            deleted_date: DateTime::from_timestamp_millis(Table::changed_at(&stored.row))
                .unwrap_or_default(),
        });
        Ok(Deleted {
            records: records.collect(),
            earliest_date_available: earliest,
            latest_date_covered: span.1.min(self.now()),
        })
    }

    /// Since when the deletions are all known: 15 days, or since the youngest that was purged.
    fn earliest_deletion(&self, object: &str) -> DateTime<Utc> {
        let purged = self.table(object).and_then(Table::purged_to);
        let purged = purged.and_then(DateTime::from_timestamp_millis);
        let horizon = self.now() - DELETIONS;
        purged.map_or(horizon, |purged| purged.max(horizon))
    }

    fn span(
        &self,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
        horizon: Duration,
    ) -> Result<(DateTime<Utc>, DateTime<Utc>), ApiError> {
        let refused =
            |message: String| Err(ApiError::bad_request("INVALID_REPLICATION_DATE", message));
        let (start, end) = (minute(start), minute(end));
        if start >= end {
            return refused(
                "endDate must be at least one minute greater than startDate".to_owned(),
            );
        }
        if start < minute(self.now() - horizon) {
            return refused(format!(
                "startDate cannot be more than {} days ago",
                horizon.num_days()
            ));
        }
        Ok((start, end))
    }

    fn changed<'a>(
        &'a self,
        object: &str,
        span: &(DateTime<Utc>, DateTime<Utc>),
    ) -> Result<impl Iterator<Item = &'a Stored> + use<'a>, ApiError> {
        let (from, to) = (span.0.timestamp_millis(), span.1.timestamp_millis());
        let describe = self
            .schema
            .object(object)
            .filter(|describe| describe.field("IsDeleted").is_some());
        let table = describe.and_then(|describe| self.table(&describe.name));
        let table = table.ok_or_else(|| {
            ApiError::new(404, "NOT_FOUND", "The requested resource does not exist")
        })?;
        let slots = table
            .changed_since(from)
            .take_while(move |(at, _)| *at < to);
        Ok(slots.filter_map(|(_, slot)| table.slot(slot)))
    }
}

fn minute(time: DateTime<Utc>) -> DateTime<Utc> {
    time.duration_trunc(Duration::minutes(1)).unwrap_or(time)
}
