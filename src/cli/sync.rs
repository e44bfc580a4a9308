//! `precis sync`

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::service::Service;
use super::{Global, print, print_json, show};
use crate::app::{App, StatusReport};

/// How often a sync in another process is looked at.
const POLL: Duration = Duration::from_millis(500);

#[derive(Args)]
pub struct SyncArgs {
    /// Only documents of this object; may be given several times
    #[arg(long)]
    object: Vec<String>,
}

pub async fn run(global: &Global, args: SyncArgs) -> anyhow::Result<ExitCode> {
    let service = Service::open(global.load_quietly()?).await?;
    let report = match &service {
        Service::Own(app) => {
            let bars = super::bars::Bars::show(app.syncs.progress());
            let outcome = tokio::select! {
                outcome = app.syncs.run(App::scope(&args.object)?) => outcome,
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
        Service::Running(_) => followed(&service, &args.object).await?,
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
async fn followed(service: &Service, objects: &[String]) -> anyhow::Result<StatusReport> {
    service.request_sync(objects).await?;
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
