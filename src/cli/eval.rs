//! `precis eval`

mod answers;
mod retrieval;

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use super::Global;
use answers::AnswersArgs;
use retrieval::RetrievalArgs;

#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  \
    precis eval --queries queries.jsonl --qrels qrels.tsv --variant hybrid --variant keyword --losses 5\n  \
    precis eval answers --questions answers.jsonl --report report.html"
)]
pub struct EvalArgs {
    #[command(subcommand)]
    command: Option<EvalCommand>,
    #[command(flatten)]
    retrieval: Option<RetrievalArgs>,
}

#[derive(Subcommand)]
enum EvalCommand {
    /// Measure rankings by questions with known documents; `precis eval` alone does the same
    Retrieval(RetrievalArgs),
    /// Measure answers by questions with reference answers
    Answers(AnswersArgs),
}

pub async fn run(global: &Global, args: EvalArgs) -> anyhow::Result<ExitCode> {
    match (args.command, args.retrieval) {
        (Some(EvalCommand::Answers(args)), _) => answers::run(global, args).await,
        (Some(EvalCommand::Retrieval(args)), _) | (None, Some(args)) => {
            retrieval::run(global, args).await
        }
        (None, None) => {
            bail!("--queries and --qrels are missing; `precis eval --help` has examples")
        }
    }
}

/// A bar on standard error; hidden where that is no terminal.
fn progress(steps: usize, what: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg:12} {bar:40} {pos}/{len} {eta}");
    let bar = ProgressBar::new(steps as u64).with_message(what.to_owned());
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
