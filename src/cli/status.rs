//! `precis status`

use std::process::ExitCode;

use clap::Args;

use super::service::Service;
use super::{Global, print, print_json, show};

#[derive(Args)]
pub struct StatusArgs {
    /// Exit with 1 when something is missing or failed
    #[arg(long)]
    check: bool,
}

pub async fn run(global: &Global, args: StatusArgs) -> anyhow::Result<ExitCode> {
    let service = Service::open(global.load_quietly()?).await?;
    let report = service.status().await?;
    if global.json {
        print_json(&report)?;
    } else {
        print(&show::status(&report))?;
    }
    let is_complete = report.is_complete();
    Ok(match args.check && !is_complete {
        true => ExitCode::from(1),
        false => ExitCode::SUCCESS,
    })
}
