//! What monitors are told: names of objects and how many there are of what; nothing of a record.

use std::collections::BTreeMap;

use domain::ObjectName;

use crate::query::SpentSoFar;
use crate::status::StatusReport;

/// A figure.
#[derive(Debug, Clone)]
pub struct Metric {
    /// Without the name of the program.
    pub name: &'static str,
    pub help: &'static str,
    pub unit: Option<Unit>,
    pub kind: Kind,
    pub values: Vec<MetricValue>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Gauge,
    /// It only grows while the process lives.
    Counter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Seconds,
}

#[derive(Debug, Clone)]
pub struct MetricValue {
    /// None where it is one figure for all.
    pub object: Option<String>,
    pub value: u64,
}

impl Unit {
    /// As the Unified Code for Units of Measure writes it.
    pub fn ucum(&self) -> &'static str {
        match self {
            Self::Seconds => "s",
        }
    }
}

/// All figures of this moment. What is not known has none.
pub fn metrics(
    report: &StatusReport,
    usage: &salesforce::Usage,
    spent: &SpentSoFar,
) -> Vec<Metric> {
    let mut all = Figures::default();
    all.of_sources(report);
    all.of_documents(report);
    all.of_syncs(report, usage);
    all.of_audit(report);
    all.of_model(spent);
    all.0
}

/// Counts something of an object.
type Count = fn(&indexer::ObjectStatus) -> u64;

#[derive(Default)]
struct Figures(Vec<Metric>);

impl Figures {
    fn add(&mut self, kind: Kind, name: &'static str, help: &'static str, value: u64) {
        self.0.push(Metric {
            name,
            help,
            unit: None,
            kind,
            values: vec![MetricValue {
                object: None,
                value,
            }],
        });
    }

    fn gauge(&mut self, name: &'static str, help: &'static str, value: u64) {
        self.add(Kind::Gauge, name, help, value);
    }

    fn counter(&mut self, name: &'static str, help: &'static str, value: u64) {
        self.add(Kind::Counter, name, help, value);
    }

    /// A gauge for each object of which there is a value.
    fn by_object<'a>(
        &mut self,
        name: &'static str,
        help: &'static str,
        values: impl Iterator<Item = (&'a ObjectName, Option<u64>)>,
    ) {
        // Some are part of several kinds of documents.
        let values: BTreeMap<_, _> = values.collect();
        let values = values.into_iter().filter_map(|(object, value)| {
            Some(MetricValue {
                object: Some(object.to_string()),
                value: value?,
            })
        });
        self.0.push(Metric {
            name,
            help,
            unit: None,
            kind: Kind::Gauge,
            values: values.collect(),
        });
    }

    fn in_seconds(&mut self) {
        if let Some(last) = self.0.last_mut() {
            last.unit = Some(Unit::Seconds);
        }
    }

    /// Rows, failures and times are those of each object that rows are read of.
    fn of_sources(&mut self, report: &StatusReport) {
        let objects = report.ledger.objects.iter();
        let sources: Vec<_> = objects.flat_map(|object| &object.sources).collect();
        let each = |value: fn(&indexer::SourceStatus) -> Option<u64>| {
            sources
                .iter()
                .map(move |source| (&source.object, value(source)))
                .collect::<Vec<_>>()
        };
        let rows = each(|source| source.source_rows);
        self.by_object("source_rows", "Rows that the org has", rows.into_iter());
        let failed = each(|source| Some(source.failed));
        let help = "Records that could not be taken over";
        self.by_object("failed_records", help, failed.into_iter());
        let lag = each(|source| source.lag_seconds);
        let help = "Time since everything that the org had was read";
        self.by_object("lag", help, lag.into_iter());
        self.in_seconds();
        let checked = each(|source| u64::try_from(source.checked_at?.timestamp()).ok());
        let help = "When everything that the org had was last read, in Unix time";
        self.by_object("last_success_timestamp", help, checked.into_iter());
        self.in_seconds();
    }

    /// Documents are those of the objects that are documents.
    fn of_documents(&mut self, report: &StatusReport) {
        let figures: [(_, _, Count); 5] = [
            (
                "documents",
                "Records that are to be documents of the index",
                |object| object.documents,
            ),
            (
                "indexed_documents",
                "Documents that the index has",
                |object| object.indexed,
            ),
            (
                "skipped_records",
                "Records that are told in another document",
                |object| object.skipped,
            ),
            (
                "vectorless_documents",
                "Documents that wait for their vectors",
                |object| object.vectorless,
            ),
            (
                "waiting_changes",
                "Changes that are read and not in the index yet",
                |object| object.waiting,
            ),
        ];
        for (name, help, value) in figures {
            let objects = report.ledger.objects.iter();
            let values = objects.map(|object| (&object.object, Some(value(object))));
            self.by_object(name, help, values);
        }
    }

    fn of_syncs(&mut self, report: &StatusReport, usage: &salesforce::Usage) {
        let help = "API calls of this process, access checks included";
        self.counter("salesforce_calls", help, usage.calls);
        let help = "Requests of this process that failed, whether or not a repeat then worked";
        self.counter("salesforce_failed_calls", help, usage.failed);
        if let Some(used) = report.ledger.api.org_used {
            let help = "API calls that the whole org has used in 24 hours";
            self.gauge("salesforce_api_used", help, used);
        }
        if let Some(limit) = report.ledger.api.org_limit {
            let help = "API calls that the org may make in 24 hours";
            self.gauge("salesforce_api_limit", help, limit);
        }
        let paused = u64::from(report.ledger.paused.is_some());
        self.gauge("sync_paused", "Whether a sync waits for API calls", paused);
        let running = u64::from(report.running.is_some());
        self.gauge("sync_running", "Whether a sync is running", running);
        let help = "Whether nothing disagrees between the org and the index";
        self.gauge("complete", help, u64::from(report.complete));
    }

    fn of_audit(&mut self, report: &StatusReport) {
        let Some(audit) = &report.audit else {
            return;
        };
        let help = "Number of the audit trail's last line";
        self.gauge("audit_lines", help, audit.last_seq);
        let help = "Replies of the last 30 days that somebody said helped";
        self.gauge("feedback_up", help, audit.feedback.up);
        let help = "Replies of the last 30 days that somebody said did not help";
        self.gauge("feedback_down", help, audit.feedback.down);
        let Some(azure) = &audit.azure else {
            return;
        };
        let behind = audit.last_seq.saturating_sub(azure.sent_seq);
        let help = "Lines of the audit trail that Azure does not have";
        self.gauge("audit_azure_waiting_lines", help, behind);
        let since = azure.waiting_since.map(|since| report.at - since);
        let seconds = since.map_or(0, |waiting| waiting.num_seconds());
        let help = "Age of the oldest line that Azure does not have";
        let age = u64::try_from(seconds).unwrap_or(0);
        self.gauge("audit_azure_waiting", help, age);
        self.in_seconds();
    }

    fn of_model(&mut self, spent: &SpentSoFar) {
        let help = "Replies of the language model";
        self.counter("model_replies", help, spent.requests);
        let help = "Tokens that the language model was sent";
        self.counter("model_prompt_tokens", help, spent.prompt_tokens);
        let help = "Tokens that the language model wrote";
        self.counter("model_completion_tokens", help, spent.completion_tokens);
        let help = "Sentences of the language model that were shown";
        self.counter("claims_shown", help, spent.shown);
        let help = "Sentences of the language model that did not hold";
        self.counter("claims_dropped", help, spent.dropped);
    }
}
