//! `precis sync`

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use indexer::Depth;

use super::service::Service;
use super::{Global, print, print_json, show};
use crate::app::StatusReport;
use crate::http::SyncRequest;

/// How often a sync in another process is looked at.
const POLL: Duration = Duration::from_millis(500);

#[derive(Args)]
pub struct SyncArgs {
    /// Only documents of this object; may be given several times
    #[arg(long)]
    object: Vec<String>,

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
    let report = match &service {
        Service::Own(app) => {
            let bars = super::bars::Bars::show(app.syncs.progress());
            let outcome = tokio::select! {
                outcome = app.syncs.run(request.parse()?) => outcome,
                () = super::serve::interrupted() => {
                    app.syncs.stop().await;
                    bars.finish().await;
                    anyhow::bail!("interrupted; what was read is kept, `precis sync` goes on from here");
                }
            };
            bars.finish().await;
            outcome?;
            app.status().await?
        }
        Service::Running(_) => followed(&service, &request).await?,
    };
    if global.json {
        print_json(&report)?;
    } else {
        print(&show::status(&report))?;
    }
    Ok(match report.last_error {
        Some(_) => ExitCode::from(1),
        None => ExitCode::SUCCESS,
    })
}

/// Asks the running process for a sync and waits until it is idle again.
async fn followed(service: &Service, request: &SyncRequest) -> anyhow::Result<StatusReport> {
    service.request_sync(request).await?;
    loop {
        tokio::time::sleep(POLL).await;
        let report = service.status().await?;
        match &report.last_error {
            _ if report.syncing.is_some() => {}
            Some(error) => anyhow::bail!("{error}"),
            None => return Ok(report),
        }
    }
}
