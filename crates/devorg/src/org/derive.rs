//! Values that Salesforce computes from others of the same record: full names, what is closed, dates
//! that follow from dates.

use std::collections::BTreeSet;

use chrono::{Datelike, Duration, Months, NaiveDate};
use serde_json::Value;

use super::{Row, stamp, table::text};

/// Probability and forecast category of the standard stages.
const STAGES: [(&str, i64, &str); 10] = [
    ("Prospecting", 10, "Pipeline"),
    ("Qualification", 10, "Pipeline"),
    ("Needs Analysis", 20, "Pipeline"),
    ("Value Proposition", 50, "Pipeline"),
    ("Id. Decision Makers", 60, "Pipeline"),
    ("Perception Analysis", 70, "Pipeline"),
    ("Proposal/Price Quote", 75, "Pipeline"),
    ("Negotiation/Review", 90, "Pipeline"),
    ("Closed Won", 100, "Closed"),
    ("Closed Lost", 0, "Omitted"),
];

/// Which statuses and stages mean the end. An org names its own; a folder shows by its records which
/// those are.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    closed: BTreeSet<(String, String)>,
    won: BTreeSet<String>,
}

impl Outcomes {
    /// Learns from one record.
    pub fn learn(&mut self, object: &str, row: &Row) {
        let Some(status) = text(row, status_field(object)) else {
            return;
        };
        if flag(row, "IsClosed") {
            self.closed.insert((object.to_owned(), status.to_owned()));
        }
        if flag(row, "IsWon") {
            self.won.insert(status.to_owned());
        }
    }

    fn is_closed(&self, object: &str, status: &str) -> bool {
        status.starts_with("Closed")
            || (object == "Task" && status == "Completed")
            || self
                .closed
                .contains(&(object.to_owned(), status.to_owned()))
    }

    fn is_won(&self, stage: &str) -> bool {
        stage == "Closed Won" || self.won.contains(stage)
    }
}

/// Whether a value that is there already stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Loading: the folder's own value wins.
    Given,
    /// Writing: what the record's other fields say wins.
    Nothing,
}

/// Fills in what follows from the record's own fields.
pub fn derive(object: &str, row: &mut Row, outcomes: &Outcomes, keep: Keep) {
    match object {
        "Contact" | "Lead" | "User" | "Individual" => full_name(row, keep),
        "Case" => closed(object, row, outcomes, keep),
        "Task" => task(row, outcomes, keep),
        "Event" => event(row),
        "Opportunity" => opportunity(row, outcomes, keep),
        "Contract" => contract(row, keep),
        "EmailMessage" => email(row, keep),
        _ => {}
    }
}

fn full_name(row: &mut Row, keep: Keep) {
    if text(row, "LastName").is_none()
        && let Some(name) = text(row, "Name").map(str::to_owned)
    {
        let (first, last) = name.rsplit_once(' ').unwrap_or(("", &name));
        put(row, "LastName", last.into(), Keep::Given);
        if !first.is_empty() {
            put(row, "FirstName", first.into(), Keep::Given);
        }
    }
    let parts = ["FirstName", "MiddleName", "LastName", "Suffix"];
    let name: Vec<&str> = parts.iter().filter_map(|part| text(row, part)).collect();
    if !name.is_empty() {
        let name = name.join(" ");
        put(row, "Name", name.into(), keep);
    }
}

fn closed(object: &str, row: &mut Row, outcomes: &Outcomes, keep: Keep) {
    let status = text(row, status_field(object)).unwrap_or_default();
    let closed = outcomes.is_closed(object, status);
    put(row, "IsClosed", closed.into(), keep);
}

fn task(row: &mut Row, outcomes: &Outcomes, keep: Keep) {
    closed("Task", row, outcomes, keep);
    let high = text(row, "Priority") == Some("High");
    put(row, "IsHighPriority", high.into(), keep);
    put(row, "TaskSubtype", "Task".into(), Keep::Given);
}

fn event(row: &mut Row) {
    put(row, "EventSubtype", "Event".into(), Keep::Given);
    let start = time(row, "StartDateTime").or_else(|| time(row, "ActivityDateTime"));
    let Some(start) = start else {
        return;
    };
    put(
        row,
        "StartDateTime",
        stamp::format(start).into(),
        Keep::Given,
    );
    put(
        row,
        "ActivityDateTime",
        stamp::format(start).into(),
        Keep::Given,
    );
    put(
        row,
        "ActivityDate",
        start.date_naive().to_string().into(),
        Keep::Given,
    );
    let minutes = row.get("DurationInMinutes").and_then(Value::as_i64);
    match (time(row, "EndDateTime"), minutes) {
        (Some(end), _) => {
            put(
                row,
                "DurationInMinutes",
                (end - start).num_minutes().into(),
                Keep::Given,
            );
        }
        (None, minutes) => {
            let minutes = minutes.unwrap_or(60).clamp(0, 60 * 24 * 14);
            let end = start + Duration::minutes(minutes);
            put(row, "DurationInMinutes", minutes.into(), Keep::Given);
            put(row, "EndDateTime", stamp::format(end).into(), Keep::Given);
        }
    }
}

fn opportunity(row: &mut Row, outcomes: &Outcomes, keep: Keep) {
    closed("Opportunity", row, outcomes, keep);
    let stage = text(row, "StageName").unwrap_or_default().to_owned();
    put(row, "IsWon", outcomes.is_won(&stage).into(), keep);
    if let Some((_, probability, forecast)) = STAGES.iter().find(|(name, _, _)| *name == stage) {
        put(row, "Probability", (*probability).into(), Keep::Given);
        put(row, "ForecastCategory", (*forecast).into(), keep);
        put(row, "ForecastCategoryName", (*forecast).into(), Keep::Given);
    }
    let amount = row.get("Amount").and_then(Value::as_f64);
    let probability = row.get("Probability").and_then(Value::as_f64);
    if let Some((amount, probability)) = amount.zip(probability) {
        put(
            row,
            "ExpectedRevenue",
            (amount * probability / 100.0).into(),
            keep,
        );
    }
    if let Some(date) = date(row, "CloseDate") {
        let quarter = date.month0() / 3 + 1;
        put(row, "FiscalYear", date.year().into(), keep);
        put(row, "FiscalQuarter", quarter.into(), keep);
        put(
            row,
            "Fiscal",
            format!("{} {quarter}", date.year()).into(),
            keep,
        );
    }
}

fn contract(row: &mut Row, keep: Keep) {
    let code = match text(row, "Status") {
        Some("Activated") => "Activated",
        Some("In Approval Process") => "InApproval",
        _ => "Draft",
    };
    put(row, "StatusCode", code.into(), keep);
    let months = row.get("ContractTerm").and_then(Value::as_u64);
    let months = months.and_then(|months| u32::try_from(months).ok());
    if let Some((start, months)) = date(row, "StartDate").zip(months)
        && let Some(end) = start.checked_add_months(Months::new(months))
        && let Some(end) = end.pred_opt()
    {
        put(row, "EndDate", end.to_string().into(), keep);
    }
}

fn email(row: &mut Row, keep: Keep) {
    if let Some(parent) = text(row, "ParentId").map(str::to_owned) {
        put(row, "RelatedToId", parent.into(), Keep::Given);
    }
    put(row, "Status", "0".into(), Keep::Given);
    if let Some(subject) = text(row, "Subject") {
        let name: String = subject.chars().take(255).collect();
        put(row, "Name", name.into(), keep);
    }
}

fn status_field(object: &str) -> &'static str {
    if object == "Opportunity" {
        "StageName"
    } else {
        "Status"
    }
}

pub fn put(row: &mut Row, field: &str, value: Value, keep: Keep) {
    if keep == Keep::Given && row.get(field).is_some_and(|value| !value.is_null()) {
        return;
    }
    row.insert(field.to_owned(), value);
}

pub fn flag(row: &Row, field: &str) -> bool {
    row.get(field).and_then(Value::as_bool) == Some(true)
}

pub fn time(row: &Row, field: &str) -> Option<chrono::DateTime<chrono::Utc>> {
    stamp::parse(text(row, field)?)
}

fn date(row: &Row, field: &str) -> Option<NaiveDate> {
    stamp::parse_date(text(row, field)?)
}
