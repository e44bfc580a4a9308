//! `precis status`

mod table;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use indexer::FailedRecord;

use super::look::Look;
use super::service::Service;
use super::{Global, print, print_json};
use crate::plain::{one_line, shortened};
use crate::status::words::{clock, counted, duration, thousands};
use crate::status::{FindingKind, StatusReport};
use crate::syncs::{Running, StepPhase};

/// Characters of a failed record's reason.
const REASON: usize = 160;

#[derive(Args)]
pub struct StatusArgs {
    /// Exit with 1 when anything disagrees, and say what on standard error
    #[arg(long)]
    check: bool,
}

pub async fn run(global: &Global, args: StatusArgs) -> anyhow::Result<ExitCode> {
    let service = Service::open(global.load_quietly()?).await?;
    let report = service.status().await?;
    if global.json {
        print_json(&report)?;
    } else {
        print(&text(&report, Look::of_stdout()))?;
    }
    if !args.check || report.complete {
        return Ok(ExitCode::SUCCESS);
    }
    for finding in &report.findings {
        let _ = writeln!(std::io::stderr(), "precis: {}", one_line(&finding.message));
    }
    Ok(ExitCode::from(1))
}

/// What is where, what disagrees, what goes on and what comes next.
pub fn text(report: &StatusReport, look: Look) -> String {
    let mut out = format!("{}\n", headline(report, look));
    if !report.ledger.objects.is_empty() {
        let _ = writeln!(out, "{}", table::table(report, look));
    }
    findings(&mut out, report, look);
    failures(&mut out, report);
    for line in footer(report) {
        let _ = writeln!(out, "{line}");
    }
    out
}

/// "Everything in the org is in the index, as of 10:42 UTC (2 min ago): 1,204 documents".
fn headline(report: &StatusReport, look: Look) -> String {
    let Some(as_of) = report.ledger.as_of else {
        let mut findings = report.findings.iter();
        let finding = findings.find(|finding| finding.kind == FindingKind::NeverSynced);
        let what = finding.map_or("", |finding| &finding.message);
        let style = look.style().yellow().bold();
        return style.apply_to(format!("{what}.")).to_string();
    };
    let documents = report.ledger.objects.iter().map(|object| object.indexed);
    let documents = counted(documents.sum(), "document");
    let ago = duration((report.at - as_of).to_std().unwrap_or_default());
    let when = format!("as of {} ({ago} ago)", clock(as_of, report.at));
    match report.findings.len() {
        0 => {
            let text = format!("Index and org agree, {when}: {documents}.");
            look.style().green().bold().apply_to(text).to_string()
        }
        count => {
            let things = counted(count as u64, "finding");
            let text = format!("Index and org disagree, {when}: {documents}, {things} below.");
            look.style().red().bold().apply_to(text).to_string()
        }
    }
}

fn findings(out: &mut String, report: &StatusReport, look: Look) {
    for finding in &report.findings {
        if finding.kind == FindingKind::NeverSynced {
            continue; // The headline has said it.
        }
        let line = format!("✗ {}.", one_line(finding.message.trim_end_matches('.')));
        let _ = writeln!(out, "{}", look.style().red().apply_to(line));
    }
    for broken in &report.prompts {
        let line = format!("! Prompt not taken over: {}", one_line(&broken.problem));
        let _ = writeln!(out, "{}", look.style().yellow().apply_to(line));
    }
    for object in &report.ledger.objects {
        for warning in &object.warnings {
            let line = format!("! {}: {}", object.object, one_line(warning));
            let _ = writeln!(out, "{}", look.style().yellow().apply_to(line));
        }
    }
}

/// Records that could not be taken over, and files without their text, with the reason.
fn failures(out: &mut String, report: &StatusReport) {
    let mut told = BTreeSet::new();
    for object in &report.ledger.objects {
        for source in &object.sources {
            // Some are part of several kinds of documents.
            if source.failures.is_empty() || !told.insert(&source.object) {
                continue;
            }
            let _ = match source.failed {
                0 => writeln!(out, "Files that are found by their names alone:"),
                _ => writeln!(out, "Failed records of {}:", source.object),
            };
            for failure in &source.failures {
                let _ = writeln!(out, "  {}", failed(failure, report.at));
            }
            let all = source.failed + source.unread;
            let more = all.saturating_sub(source.failures.len() as u64);
            if more > 0 {
                let _ = writeln!(out, "  and {} more", thousands(more));
            }
        }
    }
}

fn failed(failure: &FailedRecord, now: DateTime<Utc>) -> String {
    let last = failure
        .last_at
        .map(|at| format!(", last at {}", clock(at, now)));
    format!(
        "{}  {}  ({}{})",
        failure.record_id,
        shortened(&failure.reason, REASON),
        counted(failure.attempts.into(), "attempt"),
        last.unwrap_or_default(),
    )
}

fn footer(report: &StatusReport) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(run) = &report.running {
        lines.push(format!("Syncing now: {}.", running(run, report.at)));
    }
    if report.queued > 0 {
        let waiting = counted(report.queued as u64, "further sync");
        lines.push(format!("Waiting for its end: {waiting}."));
    }
    let next = [
        ("Next sync", report.next_sync),
        ("share rows", report.next_sharing),
        ("next reconciliation", report.next_reconciliation),
    ];
    let next: Vec<_> = next
        .into_iter()
        .filter_map(|(what, at)| Some(format!("{what} {}", clock(at?, report.at))))
        .collect();
    if !next.is_empty() {
        lines.push(format!("{}.", next.join(", ")));
    }
    lines.push(api_calls(report));
    lines.extend(azure(report));
    lines.extend(feedback(report));
    lines
}

/// "Feedback in 30 days: 12 of 15 replies helped.".
fn feedback(report: &StatusReport) -> Option<String> {
    let counts = report.audit.as_ref()?.feedback;
    let (up, judged) = (thousands(counts.up), counts.up + counts.down);
    let line = format!(
        "Feedback in 30 days: {up} of {} replies helped.",
        thousands(judged)
    );
    (judged > 0).then_some(line)
}

/// "Audit trail: Azure lacks the last 12 of 1,204 lines, since 10:42 UTC: Azure answers 503.".
fn azure(report: &StatusReport) -> Option<String> {
    let audit = report.audit.as_ref()?;
    let azure = audit.azure.as_ref()?;
    let lines = counted(audit.last_seq, "line");
    let behind = audit.last_seq.saturating_sub(azure.sent_seq);
    let mut line = match behind {
        0 => format!("Audit trail: Azure has all {lines}"),
        behind => format!(
            "Audit trail: Azure lacks the last {} of {lines}",
            thousands(behind)
        ),
    };
    if let Some(since) = azure.waiting_since {
        let _ = write!(line, ", since {}", clock(since, report.at));
    }
    if let Some(error) = &azure.last_error {
        let _ = write!(line, ": {}", one_line(error.trim_end_matches('.')));
    }
    Some(line + ".")
}

/// "API calls: 1,204 by syncs so far, 3 failed; the org has used 15,000 of 100,000 in 24 hours."
fn api_calls(report: &StatusReport) -> String {
    let api = &report.ledger.api;
    let mut line = format!("API calls: {} by syncs so far", thousands(api.calls));
    if api.failed_calls > 0 {
        let _ = write!(line, ", {} failed", thousands(api.failed_calls));
    }
    if let (Some(used), Some(limit)) = (api.org_used, api.org_limit) {
        let (used, limit) = (thousands(used), thousands(limit));
        let share = report.api_share * 100.0;
        let _ = write!(
            line,
            "; the org has used {used} of {limit} in 24 hours, precis keeps to {share:.0} %"
        );
    }
    line + "."
}

/// "Case: 12,000 of 50,000 records read, 1,204 a second, 31 s left".
pub fn running(run: &Running, now: DateTime<Utc>) -> String {
    let Some(step) = &run.step else {
        let since = duration((now - run.started_at).to_std().unwrap_or_default());
        return format!("for {since}, looking what is new");
    };
    let done = match step.phase {
        StepPhase::Pull => "records read",
        StepPhase::Build => "documents indexed",
    };
    let total = step.total.map(|total| format!(" of {}", thousands(total)));
    let mut text = format!(
        "{}: {}{} {done}, {} a second",
        step.object,
        thousands(step.done),
        total.unwrap_or_default(),
        thousands(step.rate.round() as u64),
    );
    if let Some(left) = step.remaining_seconds {
        let left = Duration::from_secs(left);
        let _ = write!(text, ", {} left", duration(left));
        // At a crawl the end is beyond the calendar.
        let left = TimeDelta::from_std(left).ok();
        if let Some(end) = left.and_then(|left| now.checked_add_signed(left)) {
            let _ = write!(text, " (until {})", clock(end, now));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::samples::report;
    use serde_json::json;

    const PIPED: Look = Look::PLAIN;

    fn of_width(width: usize) -> Look {
        Look {
            width: Some(width),
            ..Look::PLAIN
        }
    }

    #[test]
    fn an_index_in_step_is_said_first_and_parts_stand_under_their_document() {
        let text = text(&report(&[]), PIPED);
        let first = text.lines().next().unwrap();
        let wanted = "Index and org agree, as of 10:42 UTC (2 min ago): 53,541 documents.";
        assert_eq!(first, wanted);
        let place = |text: &str, part: &str| text.find(part).unwrap_or_else(|| panic!("{text}"));
        assert!(place(&text, " Case ") < place(&text, "   CaseComment "));
        assert!(text.contains("52,341") && text.contains("2 min"), "{text}");
        assert!(text.contains("Next sync 10:45 UTC, next reconciliation 03:00 UTC."));
        assert!(!text.contains('\u{1b}'), "colours in a pipe: {text}");
    }

    #[test]
    fn narrow_terminals_lose_columns_and_no_line_breaks() {
        for width in [60, 80, 100] {
            let table = table::table(&report(&[]), of_width(width)).to_string();
            let widest = table.lines().map(console::measure_text_width).max();
            assert!(widest <= Some(width), "{width}:\n{table}");
            assert!(
                table.contains("In the org") && table.contains("Failed"),
                "{table}"
            );
        }
    }

    #[test]
    fn what_disagrees_is_red_and_failed_records_are_listed() {
        let failure = json!({
            "record_id": "500000000000001AAA", "reason": "the body\nis no text",
            "attempts": 3, "last_at": "2026-11-23T10:42:00Z",
        });
        let finding = json!({
            "object": "Case", "kind": "failed_records", "count": 2,
            "message": "Case: 2 records could not be taken over; each sync tries again",
        });
        let report = report(&[
            ("/objects/1/sources/1/failed", json!(2)),
            ("/objects/1/sources/1/failures", json!([failure])),
            ("/findings", json!([finding])),
        ]);
        let coloured = Look {
            width: Some(100),
            colours: true,
            ..Look::PLAIN
        };
        assert!(text(&report, coloured).contains("\u{1b}[31m✗ Case: 2 records"));
        let text = text(&report, PIPED);
        assert!(text.starts_with("Index and org disagree"), "{text}");
        let line = "  500000000000001AAA  the body is no text  (3 attempts, last at 10:42 UTC)\n  and 1 more\n";
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn a_running_sync_tells_how_far_it_is_and_when_it_ends() {
        let running = json!({
            "id": "00000000-0000-0000-0000-000000000001", "depth": "changes", "objects": [],
            "started_at": "2026-11-23T10:43:00Z", "object": "Case", "phase": "pull",
            "done": 12_000, "total": 50_000, "rate": 1204.4, "remaining_seconds": 31,
        });
        let text = text(&report(&[("/running", running)]), PIPED);
        let line = "Syncing now: Case: 12,000 of 50,000 records read, 1,204 a second, 31 s left (until 10:44 UTC).";
        assert!(text.contains(line), "{text}");
    }
}
