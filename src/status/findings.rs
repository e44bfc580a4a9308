//! What disagrees between org, mirror and index: each finding says what is wrong and what will
//! happen.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::ObjectName;
use indexer::{Depth, ObjectStatus, SourceStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::StatusReport;
use super::words::{clock, counted, duration};
use crate::config::{Role, Schedules};

/// How much later than its schedule says a sync may end before it counts as late.
const GRACE: Duration = Duration::from_secs(300);

/// Something that keeps the index from being the org.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// The object that it is about; none where it is about all.
    pub object: Option<ObjectName>,
    pub kind: FindingKind,
    /// Of rows, records, changes or documents.
    pub count: Option<u64>,
    /// One sentence without its full stop: what is wrong, and what will happen.
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// No sync has come to its end yet.
    NeverSynced,
    /// The last sync ended early or had to leave something out.
    LastSync,
    /// A sync waits for API calls.
    Paused,
    /// The embedding model does not answer.
    Outage,
    /// An object was not read to its end.
    NotRead,
    /// The org's rows of an object were not counted yet.
    NotCounted,
    /// The org has more rows.
    MissingRows,
    /// The org has fewer rows.
    SurplusRows,
    /// Records could not be taken over.
    FailedRecords,
    /// Changes are read and not in the index.
    WaitingChanges,
    /// Documents lack their vectors.
    Vectorless,
    /// The index has another number of documents than there should be.
    OtherDocuments,
    /// The last look at the org is older than the schedule says.
    Late,
}

/// What disagrees, the general first.
pub(super) fn of(report: &StatusReport, schedules: &Schedules) -> Vec<Finding> {
    let outlook = Outlook { report };
    let mut findings = outlook.general();
    for object in &report.ledger.objects {
        for source in &object.sources {
            findings.extend(outlook.of_source(object, source));
        }
        findings.extend(outlook.of_documents(object));
        findings.extend(outlook.late(object, schedules));
    }
    findings
}

/// Knows what will happen.
struct Outlook<'a> {
    report: &'a StatusReport,
}

impl Outlook<'_> {
    fn general(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut add = |kind, message| findings.push(finding(None, kind, None, message));
        if self.report.ledger.as_of.is_none() {
            let message = match (&self.report.running, self.report.next_sync) {
                (_, _) if self.report.role == Role::Reader => {
                    "The index is away, or the indexer has not committed anything yet".into()
                }
                (None, None) => "Nothing is synced yet: run `precis sync` or `precis serve`".into(),
                (_, _) => format!("Nothing is synced to its end yet; {}", self.next_sync()),
            };
            add(FindingKind::NeverSynced, message);
        }
        if let Some(error) = &self.report.last_error {
            let message = format!("The last sync is incomplete: {error}");
            add(FindingKind::LastSync, message);
        }
        if let Some(message) = self.report.pause_in_words() {
            add(FindingKind::Paused, message);
        }
        if let Some(reason) = &self.report.ledger.outage {
            let message = format!(
                "The embedding model did not answer ({reason}); each sync tries it again, and \
                 until then new text is found by its words alone"
            );
            add(FindingKind::Outage, message);
        }
        findings
    }

    fn of_source(&self, document: &ObjectStatus, source: &SourceStatus) -> Vec<Finding> {
        let object = &source.object;
        let name = match object == &document.object {
            true => object.to_string(),
            false => format!("{object} (in {})", document.object),
        };
        let mut findings: Vec<_> = self.of_rows(source).into_iter().collect();
        if source.failed > 0 {
            let records = counted(source.failed, "record");
            let what = format!("{records} could not be taken over; each sync tries again");
            findings.push((FindingKind::FailedRecords, Some(source.failed), what));
        }
        let named = findings.into_iter().map(|(kind, count, what)| {
            let message = format!("{name}: {what}");
            finding(Some(object), kind, count, message)
        });
        named.collect()
    }

    /// Whether the org's rows are here: as many of them, and as far as is known.
    fn of_rows(&self, source: &SourceStatus) -> Option<(FindingKind, Option<u64>, String)> {
        let are = |number| if number == 1 { "is" } else { "are" };
        let here = source.mirrored + source.failed;
        match source.source_rows {
            _ if source.checked_at.is_none() => {
                let what = format!("was not read to its end yet; {}", self.next_sync());
                Some((FindingKind::NotRead, None, what))
            }
            None => {
                let comparison = self.comparison();
                let what = format!("its rows in the org are not counted yet; {comparison}");
                Some((FindingKind::NotCounted, None, what))
            }
            Some(rows) if rows > here => {
                let missing = rows - here;
                let (rows, are) = (counted(missing, "row"), are(missing));
                let what = format!("{rows} of the org {are} missing; {}", self.comparison());
                Some((FindingKind::MissingRows, Some(missing), what))
            }
            Some(rows) if rows < here => {
                let surplus = here - rows;
                let (rows, are) = (counted(surplus, "row"), are(surplus));
                let what = format!("{rows} {are} no longer in the org; {}", self.comparison());
                Some((FindingKind::SurplusRows, Some(surplus), what))
            }
            Some(_) => None,
        }
    }

    fn of_documents(&self, object: &ObjectStatus) -> Vec<Finding> {
        let name = &object.object;
        let mut findings = Vec::new();
        let mut add = |kind, count, what: String| {
            let message = format!("{name}: {what}");
            findings.push(finding(Some(name), kind, Some(count), message));
        };
        if object.waiting > 0 {
            let changes = counted(object.waiting, "change");
            let what = format!(
                "{changes} read and not in the index yet; {}",
                self.next_sync()
            );
            add(FindingKind::WaitingChanges, object.waiting, what);
        }
        if object.vectorless > 0 {
            let documents = counted(object.vectorless, "document");
            let what = format!(
                "{documents} found by words alone, without vectors; {}",
                self.next_sync()
            );
            add(FindingKind::Vectorless, object.vectorless, what);
        }
        let differs = object.documents.abs_diff(object.indexed);
        if differs > 0 && object.waiting == 0 {
            let what = format!(
                "the index has {}, there should be {}; `precis sync --full --object {name}` \
                 reads them anew",
                counted(object.indexed, "document"),
                super::words::thousands(object.documents),
            );
            add(FindingKind::OtherDocuments, differs, what);
        }
        findings
    }

    /// Two turns have come and gone since the org was last looked at.
    fn late(&self, object: &ObjectStatus, schedules: &Schedules) -> Option<Finding> {
        if self.report.running.is_some() {
            return None;
        }
        let checked = object.sources.iter().filter_map(|source| source.checked_at);
        let checked = checked.min()?;
        let cron = match schedules.own.get(&object.object) {
            Some(own) => own.as_ref()?,
            None => schedules.usual.as_ref()?,
        };
        let due = cron.after(cron.after(checked)?)?;
        let latest = due + TimeDelta::from_std(GRACE + schedules.jitter).ok()?;
        if self.report.at <= latest {
            return None;
        }
        let what = match self.report.next_sync {
            Some(_) => self.next_sync(),
            None => "no `precis serve` keeps its schedule, or run `precis sync`".to_owned(),
        };
        let ago = duration((self.report.at - checked).to_std().unwrap_or_default());
        let message = format!(
            "{}: last compared with the org {ago} ago; {what}",
            object.object
        );
        Some(finding(
            Some(&object.object),
            FindingKind::Late,
            None,
            message,
        ))
    }

    fn next_sync(&self) -> String {
        match (&self.report.running, self.report.next_sync) {
            (Some(_), _) => "the running sync is at it".to_owned(),
            (None, Some(at)) => format!("the next sync at {} goes on", self.clock(at)),
            (None, None) => "`precis sync` goes on".to_owned(),
        }
    }

    fn comparison(&self) -> String {
        let running = self.report.running.as_ref();
        match (running, self.report.next_reconciliation) {
            (Some(run), _)
                if run.depth != Depth::Changes && run.objects.is_empty() && !run.sharing =>
            {
                "the running sync compares everything".to_owned()
            }
            (_, Some(at)) => format!(
                "the next reconciliation at {} compares everything, or run `precis sync --reconcile`",
                self.clock(at)
            ),
            (_, None) => "`precis sync --reconcile` compares everything".to_owned(),
        }
    }

    fn clock(&self, at: DateTime<Utc>) -> String {
        clock(at, self.report.at)
    }
}

fn finding(
    object: Option<&ObjectName>,
    kind: FindingKind,
    count: Option<u64>,
    message: String,
) -> Finding {
    Finding {
        object: object.cloned(),
        kind,
        count,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Cron;
    use crate::status::samples::report;
    use serde_json::json;

    fn schedules() -> Schedules {
        Schedules {
            usual: Some(Cron::parse("*/15 * * * *").unwrap()),
            own: std::collections::BTreeMap::new(),
            sharing: None,
            reconcile: None,
            jitter: Duration::ZERO,
        }
    }

    fn told(changes: &[(&str, serde_json::Value)]) -> Vec<(FindingKind, String)> {
        let findings = of(&report(changes), &schedules());
        let told = findings.into_iter().map(|it| (it.kind, it.message));
        told.collect()
    }

    #[test]
    fn nothing_disagrees_with_an_index_in_step() {
        assert_eq!(told(&[]), []);
    }

    #[test]
    fn rows_that_differ_are_left_to_the_reconciliation() {
        let missing = told(&[("/objects/1/sources/1/source_rows", json!(52_344))]);
        let message = "Case: 3 rows of the org are missing; the next reconciliation at 03:00 UTC \
                       compares everything, or run `precis sync --reconcile`";
        assert_eq!(missing, [(FindingKind::MissingRows, message.to_owned())]);

        let surplus = told(&[
            ("/objects/1/sources/0/source_rows", json!(52_340)),
            ("/next_reconciliation", json!(null)),
        ]);
        let message = "CaseComment (in Case): 1 row is no longer in the org; \
                       `precis sync --reconcile` compares everything";
        assert_eq!(surplus, [(FindingKind::SurplusRows, message.to_owned())]);
    }

    #[test]
    fn failed_records_are_counted_once() {
        let failed = told(&[
            ("/objects/1/sources/1/mirrored", json!(52_340)),
            ("/objects/1/sources/1/failed", json!(1)),
        ]);
        let kinds: Vec<_> = failed.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [FindingKind::FailedRecords]);
    }

    #[test]
    fn documents_tell_of_changes_vectors_and_the_index() {
        let waiting = told(&[
            ("/objects/0/waiting", json!(5)),
            ("/objects/0/indexed", json!(1_195)),
            ("/objects/1/vectorless", json!(1)),
        ]);
        let kinds: Vec<_> = waiting.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(
            kinds,
            [FindingKind::WaitingChanges, FindingKind::Vectorless]
        );
        let differs = told(&[("/objects/0/indexed", json!(1_195))]);
        assert_eq!(differs[0].0, FindingKind::OtherDocuments);
        assert!(
            differs[0]
                .1
                .contains("1,195 documents, there should be 1,200")
        );
    }

    #[test]
    fn two_missed_turns_are_late_unless_a_sync_runs() {
        assert_eq!(told(&[("/at", json!("2026-11-23T11:04:00Z"))]), []);
        let late = told(&[
            ("/at", json!("2026-11-23T12:44:00Z")),
            ("/next_sync", json!(null)),
        ]);
        assert_eq!(late.len(), 2, "{late:?}");
        assert_eq!(late[0].0, FindingKind::Late);
        assert!(late[0].1.contains("2 h ago; no `precis serve`"), "{late:?}");
    }

    #[test]
    fn a_pause_says_what_is_used_and_what_is_kept() {
        let pause = json!({"since": "2026-11-23T10:00:00Z", "used": 80_112, "limit": 100_000});
        let paused = told(&[("/paused", pause)]);
        let message = "Waiting for API calls: 80,112 of 100,000 used, precis keeps to 80 %; looks \
                       again every 10 min";
        assert_eq!(paused, [(FindingKind::Paused, message.to_owned())]);
    }
}
