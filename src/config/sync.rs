//! When and how syncs run: `[sync]` and `[sync.schedules]`.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::ObjectName;
use indexer::{Profiles, QuotaPolicy};

use super::Cron;
use super::raw::RawSync;
use super::reading::{Reading, non_empty};

/// An hour: a schedule that is further off than that is no schedule.
const LONGEST_JITTER: u64 = 3_600;

#[derive(Debug, Clone)]
pub struct SyncConfig {
    pub schedules: Schedules,
    pub quota: QuotaPolicy,
    pub bulk_from: u64,
    pub discover_objects: bool,
    pub lightning_url: Option<String>,
}

/// When syncs run by themselves. None is never.
#[derive(Debug, Clone)]
pub struct Schedules {
    /// For what changed, in objects that [`Schedules::own`] does not name.
    pub usual: Option<Cron>,
    /// For what changed, in these objects.
    pub own: BTreeMap<ObjectName, Option<Cron>>,
    /// For share rows and teams alone.
    pub sharing: Option<Cron>,
    /// For comparing everything.
    pub reconcile: Option<Cron>,
    /// Runs start up to this later.
    pub jitter: Duration,
}

impl Reading {
    /// Names of objects are checked where their profiles could be read.
    pub(super) fn sync(&mut self, raw: RawSync, objects: Option<&Profiles>) -> SyncConfig {
        if !(raw.api_share > 0.0 && raw.api_share <= 1.0) {
            self.problem::<()>("sync.api_share", "must be more than 0 and at most 1");
        }
        if raw.api_look_seconds < 10 {
            self.problem::<()>(
                "sync.api_look_seconds",
                "must be at least 10: each look costs an API call",
            );
        }
        if raw.jitter_seconds > LONGEST_JITTER {
            let problem = format!("must be at most {LONGEST_JITTER}");
            self.problem::<()>("sync.jitter_seconds", problem);
        }
        SyncConfig {
            schedules: Schedules {
                usual: self.cron("sync.schedule", &raw.schedule),
                own: self.own_schedules(&raw.schedules, objects),
                sharing: self.cron("sync.sharing", &raw.sharing),
                reconcile: self.cron("sync.reconcile", &raw.reconcile),
                jitter: Duration::from_secs(raw.jitter_seconds),
            },
            quota: QuotaPolicy {
                share: raw.api_share,
                look_every: Duration::from_secs(raw.api_look_seconds),
            },
            bulk_from: raw.bulk_from,
            discover_objects: raw.discover_objects,
            lightning_url: non_empty(raw.lightning_url),
        }
    }

    fn own_schedules(
        &mut self,
        raw: &BTreeMap<String, String>,
        objects: Option<&Profiles>,
    ) -> BTreeMap<ObjectName, Option<Cron>> {
        let mut schedules = BTreeMap::new();
        for (name, text) in raw {
            let key = format!("sync.schedules.{name}");
            let cron = self.cron(&key, text);
            let object = ObjectName::parse(name).ok();
            let Some(objects) = objects else {
                continue;
            };
            match object.filter(|object| objects.get(object).is_some()) {
                Some(object) => {
                    schedules.insert(object, cron);
                }
                None => {
                    let problem = "names no object with a profile that is turned on; records that \
                                   are part of a document are synced with it";
                    self.problem::<()>(&key, problem);
                }
            }
        }
        schedules
    }

    fn cron(&mut self, key: &str, text: &str) -> Option<Cron> {
        if text.trim().is_empty() {
            return None;
        }
        match Cron::parse(text) {
            Ok(cron) => Some(cron),
            Err(problem) => self.problem(key, problem),
        }
    }
}
