//! `precis sync`

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use indexer::{Depth, Scope};
use indicatif::ProgressBar;

use super::bars::Bars;
use super::look::Look;
use super::serve::{interrupted, unless_interrupted};
use super::service::{Running, Service};
use super::status;
use super::{Global, print, print_json};
use crate::app::App;
use crate::http::SyncRequest;
use crate::syncs::{RunState, RunStatus};

/// How often a sync in another process is looked at.
const POLL: Duration = Duration::from_millis(500);

#[derive(Args)]
pub struct SyncArgs {
    /// Only documents of this object; may be given several times
    #[arg(long)]
    object: Vec<String>,

    /// Only share rows and teams, and the documents whose readers they change
    #[arg(long, conflicts_with = "object")]
    sharing: bool,

    /// Read every row of these objects again, instead of what changed, and take out what is gone
    #[arg(long)]
    full: bool,

    /// Compare ids, stamps and short values of all rows with the org, and repair what differs
    #[arg(long, conflicts_with = "full")]
    reconcile: bool,

    /// End, instead of waiting, when the budget of API calls is used
    #[arg(long)]
    once: bool,
}

impl SyncArgs {
    fn request(self) -> SyncRequest {
        SyncRequest {
            objects: self.object,
            sharing: self.sharing,
            depth: match (self.full, self.reconcile) {
                (true, _) => Depth::Full,
                (false, true) => Depth::Reconcile,
                (false, false) => Depth::Changes,
            },
            impatient: self.once,
        }
    }
}

pub async fn run(global: &Global, args: SyncArgs) -> anyhow::Result<ExitCode> {
    let service = Service::open(global.load_quietly()?).await?;
    let request = args.request();
    let ended = match &service {
        Service::Own(app) => own(app, &request).await?,
        Service::Running(running) => followed(running, &request).await?,
    };
    let why = || ended.error.clone().unwrap_or_default();
    let code = match ended.state {
        RunState::Complete => ExitCode::SUCCESS,
        RunState::Incomplete => ExitCode::from(1),
        RunState::OutOfBudget => {
            let _ = writeln!(
                std::io::stderr(),
                "precis: stopped at the budget: {}",
                why()
            );
            ExitCode::from(1)
        }
        RunState::Failed | RunState::Queued | RunState::Running => bail!("{}", why()),
    };
    let report = service.status().await?;
    if global.json {
        print_json(&report)?;
    } else {
        print(&status::text(&report, Look::of_stdout()))?;
    }
    Ok(code)
}

/// Syncs in this process, under bars.
async fn own(app: &Arc<App>, request: &SyncRequest) -> anyhow::Result<RunStatus> {
    let syncs = app.syncs()?;
    let request = request.parse()?;
    if let Scope::Objects(objects) = &request.scope {
        for object in objects {
            if let Some(problem) = app.unsyncable(object).await {
                bail!("{problem}");
            }
        }
    }
    let bars = Bars::show(syncs.progress());
    let mut run = syncs.begin(request);
    let outcome = tokio::select! {
        outcome = &mut run => outcome?,
        () = interrupted() => {
            let stop = async {
                syncs.stop().await;
                Ok(())
            };
            unless_interrupted(stop).await?;
            bars.finish().await;
            bail!("interrupted; what was read is kept, `precis sync` goes on from here");
        }
    };
    bars.finish().await;
    match (syncs.last_run(), outcome) {
        (Some(ended), Err(_)) if ended.state == RunState::OutOfBudget => Ok(ended),
        // The error itself has causes that its text in the book has not.
        (_, Err(error)) => Err(error.into()),
        (Some(ended), Ok(_)) => Ok(ended),
        (None, Ok(_)) => bail!("the sync ended without a trace"),
    }
}

/// Asks the running process for a sync and follows it to its end.
async fn followed(service: &Running, request: &SyncRequest) -> anyhow::Result<RunStatus> {
    let asked = service.request_sync(request).await?;
    let spinner = ProgressBar::new_spinner();
    if asked.queued {
        spinner.set_message("waiting for the end of the running sync");
    }
    spinner.enable_steady_tick(POLL / 4);
    loop {
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            () = interrupted() => {
                spinner.finish_and_clear();
                bail!("the sync goes on in the running precis; `precis status` shows how far it is");
            }
        }
        let run = service.run(asked.run).await?;
        if run.has_ended() {
            spinner.finish_and_clear();
            return Ok(run);
        }
        let report = service.status().await?;
        if let Some(running) = report.running.filter(|running| running.id == asked.run) {
            spinner.set_message(status::running(&running, report.at));
        }
    }
}
