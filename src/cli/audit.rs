//! `precis audit verify | show | export | prune`

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use serde_json::Value;
use uuid::Uuid;

use super::service::Running;
use super::{Global, print, print_json};
use crate::audit::{self, Audit, Entry, Link, Outcome, Page, Pruned, Report, Selection, Surface};
use crate::config::Config;
use crate::http::TrailQuery;
use crate::plain::{one_line, shortened};
use crate::status::words::counted;

/// Characters of a question in a list.
const QUESTION: usize = 160;

#[derive(Args)]
#[command(
    after_help = "The trail is in the folder `audit` of data_dir. `verify` reads its files, also \
                        while precis serves. The other commands ask a running `precis serve`, or do it \
                        themselves when there is none; that someone read the trail is on it, too."
)]
pub struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Check that no line is altered, missing, moved or cut off; exit with 1 if one is
    Verify {
        /// A line that was noted elsewhere, as an earlier check printed it: it must still be the same
        #[arg(long, value_name = "NUMBER:HASH", value_parser = noted)]
        noted: Option<Link>,
    },
    /// Show who asked what and what they were shown, newest first
    Show(ShowArgs),
    /// Write the lines as they stand in the files, oldest first
    Export {
        #[command(flatten)]
        time: Time,
        /// Write to this file instead of standard output
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Remove what is older than audit.retention_days, as `precis serve` does once a day
    Prune,
}

#[derive(Args)]
struct Time {
    /// From this day or time on: 2026-05-03, or 2026-05-03T08:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Up to this time, or to the end of this day
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

#[derive(Args)]
struct ShowArgs {
    #[command(flatten)]
    time: Time,
    /// A Salesforce username or id, a policy, the name of an API key, or an Entra object id
    #[arg(long)]
    user: Option<String>,
    /// search, answer, admin/audit, …
    #[arg(long)]
    operation: Option<String>,
    /// shown, answered, not_answered, refused or failed
    #[arg(long)]
    outcome: Option<String>,
    /// Lines to show, 1 to 1000
    #[arg(long, short = 'n', default_value_t = 50)]
    limit: usize,
    /// Go on after an earlier page: its next_cursor
    #[arg(long)]
    cursor: Option<u64>,
}

pub async fn run(global: &Global, args: AuditArgs) -> anyhow::Result<ExitCode> {
    let config = global.load_quietly()?;
    match args.command {
        AuditCommand::Verify { noted } => verify(global, &config, noted),
        AuditCommand::Show(args) => show(global, &config, args).await,
        AuditCommand::Export { time, output } => export(&config, time, output).await,
        AuditCommand::Prune => prune(global, &config).await,
    }
}

fn verify(global: &Global, config: &Config, noted: Option<Link>) -> anyhow::Result<ExitCode> {
    let report = audit::verify(&config.data_dir, &config.audit, noted)?;
    match global.json {
        true => print_json(&report)?,
        false => print(&verified(&report))?,
    }
    Ok(match report.intact {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(1),
    })
}

async fn show(global: &Global, config: &Config, args: ShowArgs) -> anyhow::Result<ExitCode> {
    let query = TrailQuery {
        since: args.time.since,
        until: args.time.until,
        user: args.user,
        operation: args.operation,
        outcome: args.outcome,
        limit: Some(args.limit),
        cursor: args.cursor,
    };
    let selection = query
        .selection()
        .map_err(|problem| anyhow!("--{problem}"))?;
    let page: Page = match Running::find(config).await? {
        Some(running) => running.get_with("/v1/admin/audit", &query).await?,
        None => {
            let audit = open(config).await?;
            let page = audit.page(selection).await?;
            let entry = reading("admin/audit").asking(query.asked());
            audit.write(entry.ended(Outcome::Shown, None)).await?;
            page
        }
    };
    match global.json {
        true => print_json(&page)?,
        false => print(&listed(&page))?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn export(config: &Config, time: Time, output: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let query = TrailQuery {
        since: time.since,
        until: time.until,
        ..TrailQuery::default()
    };
    let selection = query
        .selection()
        .map_err(|problem| anyhow!("--{problem}"))?;
    let mut out: Box<dyn Write> = match &output {
        Some(path) => {
            let file = std::fs::File::create(path)
                .with_context(|| format!("cannot write {}", path.display()))?;
            Box::new(std::io::BufWriter::new(file))
        }
        None => Box::new(std::io::BufWriter::new(std::io::stdout())),
    };
    match Running::find(config).await? {
        Some(running) => {
            let path = "/v1/admin/audit/export";
            let mut reply = running.reply_with(path, &query).await?;
            while let Some(chunk) = reply.chunk().await.context("the export ended early")? {
                out.write_all(&chunk)?;
            }
        }
        None => {
            let audit = open(config).await?;
            let entry = reading("admin/audit/export").asking(query.asked());
            audit.write(entry.ended(Outcome::Shown, None)).await?;
            let selection = Selection::of_time(selection.since, selection.until);
            let mut pieces = audit.export(selection);
            while let Some(piece) = pieces.recv().await {
                out.write_all(&piece?)?;
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

async fn prune(global: &Global, config: &Config) -> anyhow::Result<ExitCode> {
    if config.audit.retention_days == 0 {
        anyhow::bail!(
            "audit.retention_days is 0, which keeps every line: set how many days are kept"
        );
    }
    let pruned: Pruned = match Running::find(config).await? {
        Some(running) => running.order("/v1/admin/audit/prune").await?,
        None => {
            let audit = open(config).await?;
            let entry = reading("admin/audit/prune").ended(Outcome::Shown, None);
            audit.write(entry).await?;
            audit.prune().await?
        }
    };
    if global.json {
        print_json(&pruned)?;
        return Ok(ExitCode::SUCCESS);
    }
    let days = config.audit.retention_days;
    let mut text = match pruned.files.len() {
        0 => format!("Nothing is older than {days} days.\n"),
        files => format!("{} removed.\n", counted(files as u64, "file")),
    };
    if !pruned.unsent.is_empty() {
        let files = counted(pruned.unsent.len() as u64, "older file");
        text.push_str(&format!("{files} stay until Azure has them.\n"));
    }
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The trail, when no other process has it.
async fn open(config: &Config) -> anyhow::Result<Audit> {
    Ok(Audit::open(&config.data_dir, &config.audit).await?)
}

fn reading(operation: &str) -> Entry {
    Entry::new(Uuid::new_v4(), Surface::CommandLine, operation).by_operator()
}

/// `NUMBER:HASH`, as [`verified`] prints the end of a trail.
fn noted(text: &str) -> Result<Link, String> {
    let (seq, hash) = text.split_once(':').ok_or("write it as NUMBER:HASH")?;
    Ok(Link {
        seq: seq.parse().map_err(|_| "the number of a line is missing")?,
        hash: hash.parse().map_err(|error| format!("{error}"))?,
    })
}

fn verified(report: &Report) -> String {
    let what = match (report.lines, report.intact) {
        (0, true) => return "There is no audit trail yet.\n".to_owned(),
        (_, true) => "The audit trail is whole",
        (_, false) => "The audit trail is NOT whole",
    };
    let lines = counted(report.lines, "line");
    let mut out = format!(
        "{what}: {lines} in {}",
        counted(report.files as u64, "file")
    );
    if let (Some(from), Some(to)) = (report.from, report.to) {
        let format = "%Y-%m-%d %H:%M:%S UTC";
        out.push_str(&format!(
            ", {} to {}",
            from.format(format),
            to.format(format)
        ));
    }
    out.push_str(".\n");
    for finding in &report.findings {
        let place = match finding.line {
            0 => finding.file.clone(),
            line => format!("{} line {line}", finding.file),
        };
        out.push_str(&format!("✗ {place}: {}.\n", finding.message));
    }
    if report.more > 0 {
        out.push_str(&format!("  and {} more\n", report.more));
    }
    for note in &report.notes {
        out.push_str(&format!("! {note}.\n"));
    }
    if let (Some(end), true) = (report.end, report.intact) {
        out.push_str(&format!(
            "Its end, to be noted elsewhere and checked with --noted:\n  {}:{}\n",
            end.seq, end.hash
        ));
    }
    out
}

fn listed(page: &Page) -> String {
    let mut out = String::new();
    for entry in &page.entries {
        out.push_str(&listed_entry(entry));
    }
    if page.entries.is_empty() {
        out.push_str("No line of the audit trail is like that.\n");
    }
    if let Some(cursor) = page.next_cursor {
        out.push_str(&format!("\nMore: the same again with --cursor {cursor}\n"));
    }
    out
}

fn listed_entry(entry: &Value) -> String {
    let text = |name: &str| entry[name].as_str().unwrap_or_default();
    let time = text("time").get(..19).unwrap_or_default().replace('T', " ");
    if let Some(event) = entry["event"].as_str() {
        return format!("{time}  the trail itself: {}\n", one_line(event));
    }
    let who = match (entry["username"].as_str(), entry["identity"]["by"].as_str()) {
        (Some(name), _) => name,
        (None, Some(by)) => by,
        (None, None) => "unknown",
    };
    let shown = entry["shown"].as_array().map_or(0, Vec::len) as u64;
    let how = match entry["reason"].as_str() {
        Some(reason) => format!("{} ({reason})", text("outcome")),
        None => text("outcome").replace('_', " "),
    };
    let mut out = format!(
        "{time}  {}  {}: {}; {} shown, {} withheld, {} ms\n",
        one_line(who),
        one_line(text("operation")),
        one_line(&how),
        counted(shown, "record"),
        entry["withheld"],
        entry["took_ms"],
    );
    if !text("question").is_empty() {
        let question = shortened(text("question"), QUESTION);
        out.push_str(&format!("    {question}\n"));
    }
    if let Some(verdict) = entry["feedback"]["verdict"].as_str() {
        let comment = entry["feedback"]["comment"].as_str().unwrap_or_default();
        let comment = shortened(comment, QUESTION);
        let reply = entry["feedback"]["request_id"].as_str().unwrap_or_default();
        let (verdict, reply) = (one_line(verdict), one_line(reply));
        out.push_str(&format!("    {verdict} for {reply} {comment}\n"));
    }
    if let Some(filters) = entry["filters"].as_object() {
        let filters = Value::Object(filters.clone()).to_string();
        out.push_str(&format!("    {}\n", shortened(&filters, QUESTION)));
    }
    out
}
