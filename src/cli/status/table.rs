//! The table of `precis status`: a line for each object that rows are read of.

use chrono::{DateTime, TimeDelta, Utc};
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, LineStyle, Table};
use console::measure_text_width;
use domain::ObjectName;
use indexer::{ObjectStatus, SourceStatus};

use crate::cli::look::Look;
use crate::status::words::{duration, thousands};
use crate::status::{FindingKind, StatusReport};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Object,
    InTheOrg,
    Indexed,
    Skipped,
    NoVectors,
    Failed,
    Lag,
    LastRun,
    Calls,
}

use Column::{Calls, Failed, InTheOrg, Indexed, Lag, LastRun, NoVectors, Object, Skipped};

const ALL: [Column; 9] = [
    Object, InTheOrg, Indexed, Skipped, NoVectors, Failed, Lag, LastRun, Calls,
];

/// What a narrow terminal does without, first to last. What is wrong with them is said below anyway.
const DISPENSABLE: [Column; 5] = [Calls, Skipped, LastRun, NoVectors, Lag];

impl Column {
    fn header(self) -> &'static str {
        match self {
            Object => "Object",
            InTheOrg => "In the org",
            Indexed => "Indexed",
            Skipped => "Skipped",
            NoVectors => "No vectors",
            Failed => "Failed",
            Lag => "Lag",
            LastRun => "Last run (UTC)",
            Calls => "Calls",
        }
    }

    /// What of a finding stands in this column.
    fn shows(self, finding: FindingKind) -> bool {
        match finding {
            FindingKind::MissingRows | FindingKind::SurplusRows | FindingKind::NotCounted => {
                self == InTheOrg
            }
            FindingKind::WaitingChanges | FindingKind::OtherDocuments => self == Indexed,
            FindingKind::Vectorless => self == NoVectors,
            FindingKind::FailedRecords => self == Failed,
            FindingKind::Late => self == Lag,
            FindingKind::NotRead => self == LastRun,
            FindingKind::NeverSynced
            | FindingKind::LastSync
            | FindingKind::Paused
            | FindingKind::Outage => false,
        }
    }
}

/// The widest table that the terminal has room for.
pub fn table(report: &StatusReport, look: Look) -> Table {
    let mut columns = ALL.to_vec();
    let mut dispensable = DISPENSABLE.into_iter();
    loop {
        let mut table = with_columns(report, look, &columns);
        let Some(width) = look.width else {
            return table;
        };
        let widest = table.lines().map(|line| measure_text_width(&line)).max();
        if widest.unwrap_or(0) <= width {
            return table;
        }
        match dispensable.next() {
            Some(dropped) => columns.retain(|column| *column != dropped),
            None => {
                table.set_content_arrangement(ContentArrangement::Dynamic);
                table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
                return table;
            }
        }
    }
}

fn with_columns(report: &StatusReport, look: Look, columns: &[Column]) -> Table {
    let mut table = Table::new();
    let style = UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none());
    table.load_style(style).force_no_tty();
    if look.colours {
        table.enforce_styling();
    }
    table.set_header(columns.iter().map(|column| {
        let header = Cell::new(column.header()).add_attribute(Attribute::Bold);
        aligned(header, *column)
    }));
    for line in lines(report) {
        table.add_row(columns.iter().map(|column| line.cell(*column)));
    }
    table
}

/// One object: a document object, or one that is part of it.
struct Line<'a> {
    report: &'a StatusReport,
    object: &'a ObjectName,
    /// None where the org does not show the object.
    source: Option<&'a SourceStatus>,
    /// None for a part.
    document: Option<&'a ObjectStatus>,
}

/// Each document object, its parts under it.
fn lines(report: &StatusReport) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    for document in &report.ledger.objects {
        let (own, parts): (Vec<_>, Vec<_>) = document
            .sources
            .iter()
            .partition(|source| source.object == document.object);
        lines.push(Line {
            report,
            object: &document.object,
            source: own.first().copied(),
            document: Some(document),
        });
        lines.extend(parts.into_iter().map(|part| Line {
            report,
            object: &part.object,
            source: Some(part),
            document: None,
        }));
    }
    lines
}

impl Line<'_> {
    fn cell(&self, column: Column) -> Cell {
        let cell = aligned(Cell::new(self.text(column)), column);
        if self.is_wrong(column) {
            return cell.fg(Color::Red).add_attribute(Attribute::Bold);
        }
        match self.document {
            Some(_) => cell,
            None => cell.add_attribute(Attribute::Dim),
        }
    }

    fn is_wrong(&self, column: Column) -> bool {
        self.report.findings.iter().any(|finding| {
            finding.object.as_ref() == Some(self.object) && column.shows(finding.kind)
        })
    }

    fn text(&self, column: Column) -> String {
        let number = |number: Option<u64>| number.map(thousands);
        let text = match column {
            Object => Some(match self.document {
                Some(_) => self.object.to_string(),
                None => format!("  {}", self.object),
            }),
            InTheOrg => number(self.source.and_then(|source| source.source_rows)),
            Indexed => number(match self.document {
                Some(document) => Some(document.indexed),
                None => self.source.map(|source| source.mirrored),
            }),
            Skipped => number(self.document.map(|document| document.skipped)),
            NoVectors => number(self.document.map(|document| document.vectorless)),
            Failed => number(self.source.map(|source| source.failed)),
            Lag => self.lag(),
            LastRun => Some(self.last_run()),
            Calls => number(self.source.and_then(|source| source.calls)),
        };
        text.unwrap_or_default()
    }

    fn lag(&self) -> Option<String> {
        let checked = self.source?.checked_at?;
        let lag = (self.report.at - checked).to_std().unwrap_or_default();
        Some(duration(lag))
    }

    fn last_run(&self) -> String {
        let step = self
            .report
            .running
            .as_ref()
            .and_then(|run| run.step.as_ref());
        if step.is_some_and(|step| &step.object == self.object) {
            return "now".to_owned();
        }
        let finished = self.source.and_then(|source| source.finished_at);
        finished.map_or_else(|| "never".to_owned(), |at| short(at, self.report.at))
    }
}

/// "10:42", or "11-20" when that is longer ago than a day.
fn short(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let format = match now - at < TimeDelta::days(1) {
        true => "%H:%M",
        false => "%m-%d",
    };
    at.format(format).to_string()
}

fn aligned(cell: Cell, column: Column) -> Cell {
    match column {
        Object | LastRun => cell,
        InTheOrg | Indexed | Skipped | NoVectors | Failed | Lag | Calls => {
            cell.set_alignment(CellAlignment::Right)
        }
    }
}
