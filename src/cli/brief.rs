//! `precis brief`

mod show;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::look::Look;
use super::service::Service;
use super::waiting::waiting;
use super::{Global, print, print_json};
use crate::query::{self, Audience, BriefRequest};

#[derive(Args)]
pub struct BriefArgs {
    /// The id of an account, its name, or words of its name
    account: String,
    /// Whom it is for: it decides what comes first
    #[arg(long, value_enum, default_value_t = For::SalesCall)]
    audience: For,
    /// Mark what is new since then and leave older talks out: 30d, 6w, 2026-05-03, or a time
    #[arg(long)]
    since: Option<String>,
    /// The Salesforce username whose rights count; without it, the user that precis signs in as
    #[arg(long = "as", value_name = "USERNAME")]
    username: Option<String>,
    /// Print Markdown
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Write a page to print to this file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum For {
    /// What to say in the next call
    SalesCall,
    /// Contracts, cases and promises first
    Renewal,
    /// Figures, risks and the largest deals
    Executive,
}

impl From<For> for Audience {
    fn from(audience: For) -> Self {
        match audience {
            For::SalesCall => Self::SalesCall,
            For::Renewal => Self::Renewal,
            For::Executive => Self::Executive,
        }
    }
}

pub async fn run(global: &Global, args: BriefArgs) -> anyhow::Result<ExitCode> {
    let request = BriefRequest {
        audience: args.audience.into(),
        since: args.since,
    };
    let service = Service::open(global.load_quietly()?).await?;
    let username = args.username.as_deref();
    let brief = service.brief(username, &args.account, request);
    let brief = waiting("reading the records", brief).await?;
    super::must_be_synced(brief.as_of)?;
    if let Some(file) = &args.html {
        let page = query::page(&brief);
        std::fs::write(file, page).with_context(|| format!("cannot write {}", file.display()))?;
    }
    if global.json {
        print_json(&brief)?;
    } else if args.markdown {
        print(&query::markdown(&brief))?;
    } else if args.html.is_none() {
        print(&show::brief(&brief, Look::of_stdout()))?;
    }
    Ok(ExitCode::SUCCESS)
}
