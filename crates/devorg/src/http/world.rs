//! The org with what is computed from it, and with the writes that do not show yet.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::faults::Faults;
use crate::org::id::IdKey;
use crate::org::journal::Image;
use crate::org::{Org, Row};
use crate::sharing::{Sharing, SharingCache};

pub(crate) struct World {
    pub org: Org,
    sharing: SharingCache,
    /// Writes that show later; no two of them are about the same row.
    withheld: Vec<Withheld>,
}

/// A write that does not show yet: the rows as they will be, while the org has them as they were.
struct Withheld {
    until: DateTime<Utc>,
    rows: Vec<Image>,
}

impl World {
    pub fn new(org: Org) -> Self {
        Self {
            org,
            sharing: SharingCache::default(),
            withheld: Vec::new(),
        }
    }

    /// Sharing as of the org's last write.
    pub fn sharing(&self) -> Arc<Sharing> {
        self.sharing.get(&self.org)
    }

    /// The user's row, when there is such a user and they are active.
    pub fn active_user(&self, user_id: &str) -> Option<&Row> {
        self.org.row("User", user_id).filter(|user| is_active(user))
    }

    /// Is there a withheld write whose time has come?
    pub fn has_due(&self) -> bool {
        let now = self.org.now();
        self.withheld.iter().any(|write| write.until <= now)
    }

    /// Lets the withheld writes show whose time has come.
    pub fn show_due(&mut self) {
        let now = self.org.now();
        self.show(|write| write.until <= now);
    }

    /// Runs a write, which sees everything, and withholds what it did if the fault plan says so.
    ///
    /// A write to a row that is withheld, or that mentions one, would have waited for the first
    /// write's lock: both show then.
    pub fn write<T>(&mut self, faults: &Faults, work: impl FnOnce(&mut Self) -> T) -> T {
        self.show_due();
        if self.withheld.is_empty() && !faults.delays_commits() {
            return work(self);
        }
        self.exchange_all();
        self.org.open_journal();
        let done = work(self);
        let changed = self.org.close_journal();
        let touched = self.touched(&changed);
        self.exchange_all();
        self.show(|write| write.rows.iter().any(|row| touched.contains(&row.key)));
        let objects: BTreeSet<&str> = changed.iter().map(|image| image.object.as_str()).collect();
        let objects: Vec<&str> = objects.into_iter().collect();
        if !changed.is_empty()
            && let Some(delay) = faults.commit_delay(&objects)
        {
            self.withhold(changed, delay);
        }
        done
    }

    /// The rows that a write changed and those that they mention.
    fn touched(&self, changed: &[Image]) -> BTreeSet<IdKey> {
        let mentioned = |image: &Image| self.org.mentioned(&image.object, &image.key);
        let mut touched: BTreeSet<IdKey> = changed.iter().flat_map(mentioned).collect();
        touched.extend(changed.iter().map(|image| image.key));
        touched
    }

    fn withhold(&mut self, rows: Vec<Image>, delay: Duration) {
        let delay = TimeDelta::from_std(delay).unwrap_or(TimeDelta::zero());
        let mut write = Withheld {
            until: self.org.now() + delay,
            rows,
        };
        write.exchange(&mut self.org);
        self.withheld.push(write);
    }

    /// Shows the writes for which `wanted` holds, and withholds them no longer.
    fn show(&mut self, wanted: impl Fn(&Withheld) -> bool) {
        for mut write in std::mem::take(&mut self.withheld) {
            if wanted(&write) {
                write.exchange(&mut self.org);
            } else {
                self.withheld.push(write);
            }
        }
    }

    fn exchange_all(&mut self) {
        for write in &mut self.withheld {
            write.exchange(&mut self.org);
        }
    }
}

impl Withheld {
    fn exchange(&mut self, org: &mut Org) {
        for row in &mut self.rows {
            org.exchange(row);
        }
    }
}

pub(crate) fn is_active(user: &Row) -> bool {
    user.get("IsActive").and_then(Value::as_bool) != Some(false)
}
