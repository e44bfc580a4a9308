//! The command line: arguments in, calls of the core, readable text or JSON out.
//!
//! Exit codes: 0 done; 1 done with a finding (`check`, `status --check`, a `sync` that left something
//! out or stopped at the budget of API calls); 2 it could not be done, with one sentence on standard
//! error that says what to change.

mod access;
mod ask;
mod asking;
mod audit;
mod bars;
mod brief;
mod check;
mod completions;
mod copilot;
mod demo;
mod devorg;
mod eval;
mod excerpt;
mod export;
mod key;
mod look;
mod man;
mod mcp;
mod openapi;
mod page;
mod prompts;
mod search;
mod serve;
mod service;
mod show;
mod status;
mod sync;
mod triage;
mod waiting;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use chrono::{DateTime, Utc};
use clap::{Args, ColorChoice, CommandFactory, Parser, Subcommand};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{Config, LogConfig, TelemetryConfig};
use crate::plain::printable;
use crate::telemetry;

pub use service::Service;
pub use triage::as_plain_text as triage_text;

/// The config that is used when none is named.
const DEFAULT_CONFIG: &str = "precis.toml";

#[derive(Parser)]
#[command(
    name = "precis",
    version,
    about = "Answers over your Salesforce data, each statement cited to its record and field",
    after_help = "Start with `precis demo`: it syncs a Salesforce org in a box and answers questions.\n\
                  For your own org write a precis.toml (README, \"Your own org\"), then:\n  \
                  precis check    tries every connection in it\n  \
                  precis serve    syncs and answers over HTTP\n  \
                  precis ask \"What did we promise Acme?\" --as ada@example.com",
    arg_required_else_help = true
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Args, Clone)]
pub struct Global {
    /// The config file; without it ./precis.toml, if there is one.
    #[arg(long, short, global = true, env = "PRECIS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print JSON instead of text for people.
    #[arg(long, global = true)]
    json: bool,
    /// When to use colours and links; `auto` is on a terminal, and heeds NO_COLOR and CLICOLOR_FORCE.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    color: ColorChoice,
}

#[derive(Subcommand)]
enum Command {
    /// Sync a Salesforce org in a box, answer questions about it, and keep serving
    Demo(demo::DemoArgs),
    /// Sync on a schedule and answer over HTTP until interrupted
    Serve(serve::ServeArgs),
    /// Bring the index up to date with the org
    Sync(sync::SyncArgs),
    /// Search the records that a Salesforce user may read
    Search(search::SearchArgs),
    /// Answer a question with citations, as a Salesforce user
    Ask(ask::AskArgs),
    /// Triage a case, or one that does not exist yet: similar cases, proposals, steps, a reply
    Triage(triage::TriageArgs),
    /// What to know of an account: figures, people, deals, cases, promises, risks, each cited
    Brief(brief::BriefArgs),
    /// Measure the search by questions with known answers
    Eval(eval::EvalArgs),
    /// Show what is in the index, how fresh it is, and what is missing
    Status(status::StatusArgs),
    /// Say why a user can or cannot see a record
    Access(access::AccessArgs),
    /// Write every indexed document as one line of JSON
    Export(export::ExportArgs),
    /// Check and read the audit trail: who asked what, and what they were shown
    Audit(audit::AuditArgs),
    /// Try, show and copy the words that language models are sent
    Prompts(prompts::PromptsArgs),
    /// Give a desktop client the tools of MCP, over standard input and output
    Mcp(mcp::McpArgs),
    /// Print the description of the HTTP interface (OpenAPI)
    Openapi(openapi::OpenapiArgs),
    /// Write what Copilot Studio needs to ask this server
    Copilot(copilot::CopilotArgs),
    /// Make API keys
    Key(key::KeyArgs),
    /// Try every connection in the config and say what is wrong
    Check,
    /// Serve a folder as a Salesforce org, for tests and demonstrations
    Devorg(devorg::DevorgArgs),
    /// Print what a shell needs to complete commands and options
    Completions(completions::CompletionsArgs),
    /// Print the manual, or write a page for each command
    Man(man::ManArgs),
}

/// Runs the program.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    look::decide(cli.global.color);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::new(error).context("cannot start threads")),
    };
    let ended = runtime.block_on(dispatch(cli));
    telemetry::stop();
    match ended {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

async fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    let global = cli.global;
    match cli.command {
        Command::Demo(args) => demo::run(&global, args).await,
        Command::Serve(args) => serve::run(&global, args).await,
        Command::Sync(args) => sync::run(&global, args).await,
        Command::Search(args) => search::run(&global, args).await,
        Command::Ask(args) => ask::run(&global, args).await,
        Command::Triage(args) => triage::run(&global, args).await,
        Command::Brief(args) => brief::run(&global, args).await,
        Command::Eval(args) => eval::run(&global, args).await,
        Command::Status(args) => status::run(&global, args).await,
        Command::Access(args) => access::run(&global, args).await,
        Command::Export(args) => export::run(&global, args).await,
        Command::Audit(args) => audit::run(&global, args).await,
        Command::Prompts(args) => prompts::run(&global, args),
        Command::Mcp(args) => mcp::run(&global, args).await,
        Command::Openapi(args) => openapi::run(&args),
        Command::Copilot(args) => copilot::run(&global, args),
        Command::Key(args) => key::run(&global, args),
        Command::Check => check::run(&global).await,
        Command::Devorg(args) => devorg::run(&global, args).await,
        Command::Completions(args) => completions::run(&args, Cli::command()),
        Command::Man(args) => man::run(&args, Cli::command()),
    }
}

/// One sentence on standard error. A closed pipe is how `head` says that it has enough.
fn failed(error: &anyhow::Error) -> ExitCode {
    let is_closed_pipe = error.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    });
    if is_closed_pipe {
        return ExitCode::SUCCESS;
    }
    let _ = writeln!(
        std::io::stderr(),
        "precis: {}",
        printable(&format!("{error:#}"))
    );
    ExitCode::from(2)
}

impl Global {
    /// Loads the config and starts the log, for a command that goes on by itself.
    fn load(&self) -> anyhow::Result<Config> {
        let config = Config::load(self.file().as_deref())?;
        start_log(&config.log, config.telemetry.as_ref())?;
        Ok(config)
    }

    /// Loads the config for a command that says by itself what went wrong. `RUST_LOG` shows more.
    fn load_quietly(&self) -> anyhow::Result<Config> {
        let config = Config::load(self.file().as_deref())?;
        let log = LogConfig {
            level: "off".to_owned(),
            ..config.log.clone()
        };
        start_log(&log, None)?;
        Ok(config)
    }

    fn file(&self) -> Option<PathBuf> {
        let default = || Some(PathBuf::from(DEFAULT_CONFIG)).filter(|path| path.is_file());
        self.config.clone().or_else(default)
    }
}

/// An index that never had a sync has no answer to give, not even that there is none.
fn must_be_synced(as_of: Option<DateTime<Utc>>) -> anyhow::Result<()> {
    if as_of.is_none() {
        anyhow::bail!("nothing is synced yet: run `precis sync` or `precis serve`");
    }
    Ok(())
}

/// Libraries that log what a model replied or what a tool was called with, at any level: what fails there
/// is told by our own errors.
const MUTED: [&str; 2] = ["async_openai=off", "rmcp=off"];

/// Logs go to standard error, standard output is for results, and spans to a collector if there is one.
fn start_log(log: &LogConfig, collector: Option<&TelemetryConfig>) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env()
        .or_else(|_| EnvFilter::try_new(&log.level))
        .unwrap_or_else(|_| EnvFilter::new("warn"));
    let filter = MUTED
        .iter()
        .filter_map(|muted| muted.parse().ok())
        .fold(filter, EnvFilter::add_directive);
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(console::colors_enabled_stderr())
        .with_writer(std::io::stderr);
    let lines = match log.json {
        true => lines.json().boxed(),
        false => lines.boxed(),
    };
    let spans = collector.map(telemetry::start).transpose();
    let spans = spans.context("telemetry.otlp_endpoint cannot be sent to")?;
    let log = tracing_subscriber::registry().with(lines.with_filter(filter));
    // An error means that a log was started before.
    let _ = log.with(spans).try_init();
    Ok(())
}

/// Prints a value as JSON on one line.
fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let line = serde_json::to_string(value)?;
    print(&format!("{line}\n"))
}

/// Prints to standard output; a failure is an error and not a panic.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Creates a folder with its parents.
fn make_folder(path: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(path)
        .with_context(|| format!("cannot make the folder {}", path.display()))
}
