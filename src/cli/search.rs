//! `precis search`

mod show;

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::asking::Asking;
use super::look::Look;
use super::service::Service;
use super::{Global, print, print_json};
use crate::query::{SearchRequest, Sort};

const SYNTAX: &str = "\
The query is words, and filters among them:
  status:open owner:me        what Salesforce does not count as closed, and is yours
  object:Case,Task            one or the other
  account:\"Acme Ltd\"          by its exact name, or its id
  from:2026-01-01 to:2026-03-31  changed between; created_from and created_to for the creation
  -status:closed              not that
  \"exact phrase\" -word       must occur, must not occur
Filters are object, account, contact, owner, product, status, language, record_type, is_closed,
from, to, created_from, created_to, and the facets of the object profiles (priority:High). Any other
word with a colon is text. A query of filters alone lists what they let through, newest first.";

#[derive(Args)]
#[command(after_help = SYNTAX)]
pub struct SearchArgs {
    /// Words, a "quoted phrase", an error code, a case number, a record id, filters such as
    /// status:open…
    #[arg(
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    query: String,
    #[command(flatten)]
    asking: Asking,
    /// Find what resembles this record: its id or its number
    #[arg(long, value_name = "RECORD")]
    more_like: Option<String>,
    #[arg(long, value_enum, default_value_t = By::Relevance)]
    sort: By,
    /// Count these facets, separated by commas, such as owner,account,product
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    facets: Option<Vec<String>>,
    /// Documents to show, 1 to 100
    #[arg(long, short = 'n', default_value_t = 10)]
    limit: usize,
    /// Go on after an earlier page: its next_cursor
    #[arg(long)]
    cursor: Option<String>,
    /// Show why each document is where it is
    #[arg(long)]
    explain: bool,
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum By {
    /// Best first
    Relevance,
    /// Newest first
    Date,
    /// Oldest first
    DateAsc,
}

impl From<By> for Sort {
    fn from(by: By) -> Self {
        match by {
            By::Relevance => Self::Relevance,
            By::Date => Self::Date,
            By::DateAsc => Self::DateAsc,
        }
    }
}

pub async fn run(global: &Global, args: SearchArgs) -> anyhow::Result<ExitCode> {
    let request = SearchRequest {
        filters: args.asking.filters()?,
        more_like: args.more_like,
        sort: args.sort.into(),
        facets: args.facets,
        limit: args.limit,
        cursor: args.cursor,
        explain: args.explain,
        ..SearchRequest::of(args.query)
    };
    let service = Service::open(global.load_quietly()?).await?;
    let username = args.asking.username.as_deref();
    let found = service.search(username, request).await?;
    super::must_be_synced(found.as_of)?;
    if global.json {
        print_json(&found)?;
    } else {
        print(&show::search(&found, Look::of_stdout()))?;
    }
    Ok(ExitCode::SUCCESS)
}
