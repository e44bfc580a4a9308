//! `precis triage`

mod show;

use std::io::Read;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;

use super::look::Look;
use super::service::Service;
use super::waiting::waiting;
use super::{Global, print, print_json};
use crate::query::{NewCase, Triage, TriageRequest};

const EXAMPLES: &str = "\
Examples:
  precis triage 00001026                   a case by its number or id
  precis triage --subject \"E17 on a Kelda 700\" --description \"It stays at -38 °C.\"
  precis triage --subject \"Sensors offline\" --description - < letter.txt
It proposes and writes nothing to Salesforce.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct TriageArgs {
    /// The number or id of a case
    #[arg(conflicts_with_all = ["subject", "description", "account", "contact_email", "product", "origin"])]
    case: Option<String>,
    /// The subject of a case that does not exist yet
    #[arg(long)]
    subject: Option<String>,
    /// What it is about; - reads it from standard input
    #[arg(long, allow_hyphen_values = true)]
    description: Option<String>,
    /// The id or exact name of its account
    #[arg(long)]
    account: Option<String>,
    /// The address of the one who reports it
    #[arg(long, value_name = "EMAIL")]
    contact_email: Option<String>,
    /// The product that it is about
    #[arg(long)]
    product: Option<String>,
    /// How it came: Email, Phone, Web…
    #[arg(long)]
    origin: Option<String>,
    /// The language of the drafted reply, such as de; without it, that of the case
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
    /// The Salesforce username whose rights count; without it, the user that precis signs in as
    #[arg(long = "as", value_name = "USERNAME")]
    username: Option<String>,
}

pub async fn run(global: &Global, args: TriageArgs) -> anyhow::Result<ExitCode> {
    if args.case.is_none() && args.subject.is_none() && args.description.is_none() {
        bail!("name a case by its number or id, or give --subject and --description of a new one");
    }
    let case = args.case.clone();
    let username = args.username.clone();
    let (language, new) = (args.language.clone(), args.into_new()?);
    let service = Service::open(global.load_quietly()?).await?;
    let username = username.as_deref();
    let triage = match case {
        Some(case) => {
            let triage = service.triage_case(username, &case, TriageRequest { language });
            waiting("reading the records", triage).await?
        }
        None => waiting("reading the records", service.triage_new(username, new)).await?,
    };
    super::must_be_synced(triage.as_of)?;
    if global.json {
        print_json(&triage)?;
    } else {
        print(&show::triage(&triage, Look::of_stdout()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A triage for who is no terminal.
pub fn as_plain_text(triage: &Triage) -> String {
    show::triage(triage, Look::PLAIN)
}

impl TriageArgs {
    fn into_new(self) -> anyhow::Result<NewCase> {
        let mut description = self.description.unwrap_or_default();
        if description == "-" {
            description.clear();
            let mut input = std::io::stdin().lock();
            let read = input.read_to_string(&mut description);
            read.context("cannot read the description from standard input")?;
        }
        Ok(NewCase {
            subject: self.subject.unwrap_or_default(),
            description,
            account: self.account,
            contact_email: self.contact_email,
            product: self.product,
            origin: self.origin,
            language: self.language,
        })
    }
}
