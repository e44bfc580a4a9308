//! `precis search`

use std::process::ExitCode;

use clap::Args;

use super::service::Service;
use super::{Global, print, print_json, show};
use crate::query::{FilterBody, OneOrMany, SearchRequest};

#[derive(Args)]
pub struct SearchArgs {
    /// Words, a "quoted phrase", an error code, a case number, a record id…
    query: String,
    #[command(flatten)]
    asking: Asking,
    /// Documents to show, 1 to 100
    #[arg(long, short = 'n', default_value_t = 10)]
    limit: usize,
    /// Go on after an earlier page: its next_cursor
    #[arg(long)]
    cursor: Option<String>,
    /// Show what each leg gave each passage
    #[arg(long)]
    explain: bool,
}

/// Who asks, and about what.
#[derive(Args, Clone)]
pub struct Asking {
    /// The Salesforce username whose rights count; without it, the user that precis signs in as
    #[arg(long = "as", value_name = "USERNAME")]
    pub username: Option<String>,
    /// Only documents of this object; may be given several times
    #[arg(long)]
    object: Vec<String>,
    /// Only what hangs on the account with this id
    #[arg(long)]
    account: Option<String>,
    #[arg(long)]
    owner: Option<String>,
    #[arg(long)]
    status: Vec<String>,
    /// As Salesforce writes it: en_US
    #[arg(long)]
    language: Vec<String>,
    /// Changed on or after: 2026-05-03, or a time such as 2026-05-03T08:00:00Z
    #[arg(long)]
    from: Option<String>,
    /// Changed on or before
    #[arg(long)]
    to: Option<String>,
}

impl Asking {
    pub fn filters(&self) -> FilterBody {
        let many =
            |values: &[String]| (!values.is_empty()).then(|| OneOrMany::Many(values.to_vec()));
        FilterBody {
            object: many(&self.object),
            account: self.account.clone(),
            owner: self.owner.clone(),
            status: many(&self.status),
            language: many(&self.language),
            from: self.from.clone(),
            to: self.to.clone(),
            ..FilterBody::default()
        }
    }
}

pub async fn run(global: &Global, args: SearchArgs) -> anyhow::Result<ExitCode> {
    let service = Service::open(global.load_quietly()?).await?;
    let request = SearchRequest {
        query: args.query,
        filters: args.asking.filters(),
        limit: args.limit,
        cursor: args.cursor,
        explain: args.explain,
    };
    let username = args.asking.username.as_deref();
    let found = service.search(username, request).await?;
    super::must_be_synced(found.as_of)?;
    if global.json {
        print_json(&found)?;
    } else {
        print(&show::search(&found))?;
    }
    Ok(ExitCode::SUCCESS)
}
