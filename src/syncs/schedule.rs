//! Syncs that nobody asks for: when they are due, and what each of them brings up to date.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ObjectName;
use indexer::{Depth, Profiles, Request, Scope};

use super::Syncs;
use crate::config::{Config, Cron, Schedules};

/// The longest sleep before the clock is looked at again: it may be set, and machines are suspended.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// When the next syncs begin, but for the jitter. None where nothing is scheduled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Upcoming {
    pub sync: Option<DateTime<Utc>>,
    /// Of share rows and teams alone.
    pub sharing: Option<DateTime<Utc>>,
    pub reconciliation: Option<DateTime<Utc>>,
}

/// When the first sync begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    AtOnce,
    WhenDue,
}

/// The schedules and the objects that they are for.
#[derive(Debug, Clone)]
pub struct Timetable {
    schedules: Schedules,
    profiles: Profiles,
}

impl Timetable {
    pub fn of(config: &Config) -> Self {
        Self {
            schedules: config.sync.schedules.clone(),
            profiles: config.objects.clone(),
        }
    }

    fn next_sync(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let own = self.schedules.own.values().flatten();
        let all = own.chain(&self.schedules.usual);
        all.filter_map(|cron| cron.after(after)).min()
    }

    fn next_sharing(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.schedules.sharing.as_ref()?.after(after)
    }

    /// Whether share rows are due by themselves: a sync of everything brings them along.
    fn is_sharing_due(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        scope: Option<&Scope>,
    ) -> bool {
        let next = self.next_sharing(from);
        scope != Some(&Scope::All) && next.is_some_and(|next| next <= until)
    }

    fn next_reconciliation(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.schedules.reconcile.as_ref()?.after(after)
    }

    /// The objects whose turn comes after `from` and until `until`; none if there are none.
    /// `discovered` are document objects without a profile.
    fn due(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        discovered: impl IntoIterator<Item = ObjectName>,
    ) -> Option<Scope> {
        let is_due = |cron: &Option<Cron>| {
            let next = cron.as_ref().and_then(|cron| cron.after(from));
            next.is_some_and(|next| next <= until)
        };
        let own = &self.schedules.own;
        let is_usual_due = is_due(&self.schedules.usual);
        if is_usual_due && own.values().all(is_due) {
            return Some(Scope::All);
        }
        let due = own.iter().filter(|(_, cron)| is_due(cron));
        let mut objects: BTreeSet<_> = due.map(|(object, _)| object.clone()).collect();
        if is_usual_due {
            let profiled = self.profiles.iter().map(|profile| profile.object.clone());
            let usual = profiled.chain(discovered);
            objects.extend(usual.filter(|object| !own.contains_key(object)));
        }
        (!objects.is_empty()).then_some(Scope::Objects(objects))
    }
}

impl Syncs {
    /// Syncs by the schedules until [`Syncs::stop`].
    pub fn schedule(&self, timetable: Timetable, first: First) {
        let syncs = self.clone();
        tokio::spawn(async move { syncs.keep_in_step(&timetable, first).await });
    }

    async fn keep_in_step(&self, timetable: &Timetable, first: First) {
        let mut compared = self.last_comparison().await;
        // A reconciliation that failed is made up for by the next sync.
        let mut owed = false;
        let mut at_once = first == First::AtOnce;
        let mut from = Utc::now();
        loop {
            let mut upcoming = Upcoming {
                sync: timetable.next_sync(from),
                sharing: timetable.next_sharing(from),
                reconciliation: timetable.next_reconciliation(compared),
            };
            if owed {
                upcoming.reconciliation = upcoming.sync.or(upcoming.reconciliation);
            }
            self.announce(upcoming);
            if std::mem::take(&mut at_once) {
                // The error is kept for the status and logged; the next run may go better.
                let _ = self.run(Request::default()).await;
                from = Utc::now();
                continue;
            }
            if !self.sleep(upcoming, timetable.schedules.jitter).await {
                break;
            }
            let until = Utc::now();
            if upcoming.reconciliation.is_some_and(|due| due <= until) {
                owed = !self.compare().await;
                compared = until;
            } else {
                let scope = timetable.due(from, until, self.discovered(timetable).await);
                if timetable.is_sharing_due(from, until, scope.as_ref()) {
                    self.bring_in(Scope::Sharing).await;
                }
                if let Some(scope) = scope {
                    self.bring_in(scope).await;
                }
            }
            // What came due during the run is not made up for: its next turn is near.
            from = Utc::now();
        }
        self.announce(Upcoming::default());
    }

    /// False when it is time to stop.
    async fn sleep(&self, upcoming: Upcoming, jitter: Duration) -> bool {
        let turns = [upcoming.sync, upcoming.sharing, upcoming.reconciliation];
        let Some(due) = turns.into_iter().flatten().min() else {
            self.stop.cancelled().await;
            return false;
        };
        let wake = due + jitter.mul_f64(fastrand::f64());
        while let Ok(left) = (wake - Utc::now()).to_std() {
            let nap = tokio::time::sleep(left.min(LONGEST_SLEEP));
            if self.stop.run_until_cancelled(nap).await.is_none() {
                return false;
            }
        }
        !self.stop.is_cancelled()
    }

    async fn compare(&self) -> bool {
        let request = Request {
            depth: Depth::Reconcile,
            ..Request::default()
        };
        self.run(request).await.is_ok()
    }

    async fn bring_in(&self, scope: Scope) {
        let request = Request {
            scope,
            ..Request::default()
        };
        if let Err(indexer::Error::UnknownObject(_)) = self.run(request).await {
            // An object that had been discovered is gone: a run over everything takes it out.
            let _ = self.run(Request::default()).await;
        }
    }

    /// The document objects that no profile says anything about.
    async fn discovered(&self, timetable: &Timetable) -> Vec<ObjectName> {
        let status = self.ledger.status().await.unwrap_or_default();
        let objects = status.objects.into_iter().map(|object| object.object);
        objects
            .filter(|object| !timetable.profiles.covers(object))
            .collect()
    }

    /// When rows were last held against the org, also by an earlier process: a reconciliation that
    /// came due while none was running is made up for.
    async fn last_comparison(&self) -> DateTime<Utc> {
        let status = self.ledger.status().await.unwrap_or_default();
        let sources = status.objects.iter().flat_map(|object| &object.sources);
        let last = sources.filter_map(|source| source.reconciled_at).max();
        last.unwrap_or_else(Utc::now)
    }

    fn announce(&self, upcoming: Upcoming) {
        *self
            .upcoming
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = upcoming;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ObjectName {
        ObjectName::parse(text).unwrap()
    }

    fn timetable() -> Timetable {
        let cron = |text| Some(Cron::parse(text).unwrap());
        Timetable {
            schedules: Schedules {
                usual: cron("*/15 * * * *"),
                own: [
                    (name("Case"), cron("*/5 * * * *")),
                    (name("Contract"), cron("0 1 * * *")),
                    (name("Lead"), None),
                ]
                .into(),
                sharing: cron("*/5 * * * *"),
                reconcile: cron("0 3 * * *"),
                jitter: Duration::ZERO,
            },
            profiles: Profiles::load(std::collections::BTreeMap::new()).unwrap(),
        }
    }

    fn due(from: &str, until: &str) -> Vec<String> {
        let time = |text: &str| format!("2026-11-23T{text}Z").parse().unwrap();
        let discovered = [name("Sale__c")];
        match timetable().due(time(from), time(until), discovered) {
            None => Vec::new(),
            Some(Scope::All) => vec!["all".to_owned()],
            Some(Scope::Sharing) => vec!["sharing".to_owned()],
            Some(Scope::Objects(objects)) => objects.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn a_run_is_for_the_objects_whose_turn_it_is() {
        assert_eq!(due("10:01:00", "10:04:59"), Vec::<String>::new());
        assert_eq!(due("10:01:00", "10:05:20"), ["Case"]);
        let quarter = due("10:11:00", "10:15:40");
        for object in ["Account", "Case", "Sale__c"] {
            assert!(quarter.contains(&object.to_owned()), "{quarter:?}");
        }
        for object in ["Contract", "Lead"] {
            assert!(!quarter.contains(&object.to_owned()), "{quarter:?}");
        }
        assert!(due("00:59:00", "01:00:30").contains(&"Contract".to_owned()));
        let mut alike = timetable();
        alike.schedules.own.clear();
        let time = |text: &str| text.parse().unwrap();
        let scope = alike.due(
            time("2026-11-23T10:14:00Z"),
            time("2026-11-23T10:15:00Z"),
            [],
        );
        assert_eq!(scope, Some(Scope::All));
    }

    #[test]
    fn share_rows_have_a_turn_of_their_own_unless_everything_comes() {
        let time = |text: &str| text.parse().unwrap();
        let (from, until) = (time("2026-11-23T10:04:00Z"), time("2026-11-23T10:05:00Z"));
        let some = Scope::Objects([name("Case")].into());
        assert!(timetable().is_sharing_due(from, until, None));
        assert!(timetable().is_sharing_due(from, until, Some(&some)));
        assert!(!timetable().is_sharing_due(from, until, Some(&Scope::All)));
        assert!(!timetable().is_sharing_due(from, from, None));
    }

    #[test]
    fn the_next_turn_is_the_nearest_one_of_all() {
        let after = "2026-11-23T10:01:00Z".parse().unwrap();
        let next = timetable().next_sync(after).unwrap();
        assert_eq!(next.format("%H:%M").to_string(), "10:05");
        let next = timetable().next_reconciliation(after).unwrap();
        assert_eq!(next.format("%d %H:%M").to_string(), "24 03:00");
    }
}
