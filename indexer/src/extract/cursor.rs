//! Where the reading of an object is.

use chrono::{DateTime, TimeDelta, Utc};
use domain::RecordId;
use salesforce::{BulkJob, Locator};
use serde::{Deserialize, Serialize};

/// How far behind the watermark a pull starts while changes may still be committed there:
/// Salesforce stamps a row when its transaction starts, and that may take ten minutes to commit.
pub(super) const OVERLAP: TimeDelta = TimeDelta::minutes(15);

/// The place of a pull, as the mirror keeps it with each page.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// Changes up to here are in the mirror; none before the first pass is done, or without stamps.
    pub watermark: Option<Watermark>,
    /// Whether a pass over all rows was ever completed.
    pub complete: bool,
    /// The pass that is under way.
    pub pass: Option<Pass>,
}

/// The newest stamp that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Watermark {
    pub stamp: DateTime<Utc>,
    /// Salesforce's clock when nothing newer was there; none if it did not tell.
    pub read_at: Option<DateTime<Utc>>,
    /// This machine's clock then.
    pub noted_at: DateTime<Utc>,
}

/// One reading of an object, from its beginning to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Pass {
    pub kind: Kind,
    pub place: Place,
    /// When it began, by Salesforce's clock; none until a reply has told.
    pub begun: Option<DateTime<Utc>>,
    /// The newest stamp that it has read.
    pub latest: Option<DateTime<Utc>>,
    /// Whether it was interrupted.
    pub resumed: bool,
}

/// What a pass is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Everything, into an empty mirror.
    First,
    /// Everything again; what does not come is gone.
    Full,
    /// All rows by their ids, stamps and short values; those that differ are read again, and what
    /// does not come is gone.
    Reconcile,
    /// What has changed since the watermark, deleted rows among it.
    Changes,
}

/// How far a pass is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub(super) enum Place {
    /// In the middle of REST pages.
    Rest { after: Option<After> },
    /// In the middle of the result of a bulk job.
    Bulk { job: BulkJob, next: Option<Locator> },
    /// All rows have come; those that have not are being taken out.
    Sweep,
}

/// Rows are read in the order of `(SystemModstamp, Id)`; this is where to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum After {
    /// With this stamp or a later one.
    From(DateTime<Utc>),
    /// With a later stamp.
    Stamp(DateTime<Utc>),
    /// Behind this row; without a stamp if the object has none.
    Row(Option<DateTime<Utc>>, RecordId),
}

impl Watermark {
    /// Where the next pull starts. Once the overlap has passed by Salesforce's own clock, nothing
    /// can be committed behind the watermark any more.
    pub(super) fn next(self) -> After {
        let settled = self
            .read_at
            .is_some_and(|read_at| read_at - self.stamp >= OVERLAP);
        if settled {
            After::Stamp(self.stamp)
        } else {
            After::From(self.stamp - OVERLAP)
        }
    }

    /// The mark to go on from where Salesforce's clock was set back since: what was changed after
    /// that has earlier stamps. None as long as the clock goes on.
    pub(super) fn set_back(self, server: DateTime<Utc>, here: DateTime<Utc>) -> Option<Self> {
        const TOLERANCE: TimeDelta = TimeDelta::minutes(1);
        let since = (here - self.noted_at).max(TimeDelta::zero());
        let expected = self.read_at? + since;
        (server + TOLERANCE < expected).then(|| Self {
            stamp: self.stamp.min(server - since - OVERLAP),
            read_at: Some(server),
            noted_at: here,
        })
    }
}

impl Kind {
    /// Whether it comes across every row.
    pub(super) fn is_whole(self) -> bool {
        match self {
            Self::First | Self::Full | Self::Reconcile => true,
            Self::Changes => false,
        }
    }

    /// Whether rows that it does not come across are gone.
    pub(super) fn sweeps(self) -> bool {
        match self {
            Self::Full | Self::Reconcile => true,
            Self::First | Self::Changes => false,
        }
    }
}

impl Pass {
    /// Where to go on behind the row with this key, and how new that is.
    pub(super) fn advance(&mut self, stamp: Option<DateTime<Utc>>, id: RecordId) {
        self.note(stamp);
        if let Place::Rest { after } = &mut self.place {
            *after = Some(After::Row(stamp, id));
        }
    }

    pub(super) fn note(&mut self, stamp: Option<DateTime<Utc>>) {
        self.latest = self.latest.max(stamp);
    }

    /// Up to where everything is in the mirror when this pass is done.
    pub(super) fn watermark(&self, before: Option<Watermark>) -> Option<Watermark> {
        if self.kind == Kind::Reconcile {
            return before;
        }
        // A job reads the org for a while, and so does a pass that was interrupted: what changed
        // behind its place meanwhile is still to come.
        let lasts = self.resumed || matches!(self.place, Place::Bulk { .. });
        let stamp = match self.begun {
            Some(begun) if lasts => self.latest.map(|latest| latest.min(begun)),
            Some(_) | None => self.latest,
        };
        let stamp = match self.kind {
            Kind::Changes => stamp.max(before.map(|before| before.stamp)),
            Kind::First | Kind::Full | Kind::Reconcile => stamp,
        };
        stamp.map(|stamp| Watermark {
            stamp,
            read_at: self.begun,
            noted_at: Utc::now(),
        })
    }
}

impl Cursor {
    pub(super) fn to_json(&self) -> String {
        // Names, numbers and texts only: there is nothing in it that JSON cannot hold.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// For the status.
    pub(super) fn method(&self) -> &'static str {
        match self.pass.as_ref().map(|pass| &pass.place) {
            Some(Place::Bulk { .. }) => "bulk",
            Some(Place::Rest { .. } | Place::Sweep) | None => "rest",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    #[test]
    fn late_commits_are_waited_for_by_the_servers_clock() {
        let next = |read_at| {
            let stamp = time(100);
            let noted_at = time(0);
            Watermark {
                stamp,
                read_at,
                noted_at,
            }
            .next()
        };
        assert_eq!(next(None), After::From(time(85)));
        assert_eq!(next(Some(time(114))), After::From(time(85)));
        assert_eq!(next(Some(time(115))), After::Stamp(time(100)));
        // A clock that is behind its own stamps says nothing.
        assert_eq!(next(Some(time(90))), After::From(time(85)));
    }

    #[test]
    fn a_clock_that_was_set_back_takes_the_watermark_along() {
        let mark = Watermark {
            stamp: time(100),
            read_at: Some(time(100)),
            noted_at: time(1_000),
        };
        assert_eq!(mark.set_back(time(101), time(1_001)), None);
        // An hour back, and 20 minutes later.
        let back = mark.set_back(time(60), time(1_020)).unwrap();
        assert_eq!(back.stamp, time(60 - 20 - 15));
        assert_eq!(back.set_back(time(61), time(1_021)), None);
    }

    #[test]
    fn a_watermark_never_goes_back_and_never_beyond_the_start_of_a_job() {
        let before = Some(Watermark {
            stamp: time(50),
            read_at: None,
            noted_at: time(0),
        });
        let mut pass = Pass {
            kind: Kind::Changes,
            place: Place::Rest { after: None },
            begun: Some(time(70)),
            latest: None,
            resumed: false,
        };
        let stamp = |pass: &Pass| pass.watermark(before).map(|mark| mark.stamp);
        assert_eq!(stamp(&pass), Some(time(50)));
        pass.note(Some(time(60)));
        assert_eq!(stamp(&pass), Some(time(60)));
        pass.kind = Kind::Reconcile;
        assert_eq!(stamp(&pass), Some(time(50)));
    }
}
