//! `precis access`

use std::process::ExitCode;

use clap::Args;
use console::style;

use super::service::Service;
use super::{Global, print, print_json};
use crate::access::{AccessExplanation, Outcome};
use crate::plain::one_line;

#[derive(Args)]
#[command(
    about = "Say, layer by layer, why a user can or cannot see a record and each of its fields",
    after_help = "It asks Salesforce now and uses no cache. Exit code 0: the user can read the record; 1: \
                  not.\n\nExample: precis access --as ada@example.com 500Ez00000AAAAB"
)]
pub struct AccessArgs {
    /// The Salesforce username to explain
    #[arg(long = "as", value_name = "USERNAME")]
    username: String,
    /// The id of a record: of a case, a comment, an article version…
    #[arg(value_name = "RECORD_ID")]
    record: String,
}

pub async fn run(global: &Global, args: AccessArgs) -> anyhow::Result<ExitCode> {
    let service = Service::open(global.load_quietly()?).await?;
    let told = service.access(&args.username, &args.record).await?;
    match global.json {
        true => print_json(&told)?,
        false => print(&words(&told))?,
    }
    Ok(match told.readable {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn words(told: &AccessExplanation) -> String {
    let verdict = match told.readable {
        true => style("can read").green().bold(),
        false => style("cannot read").red().bold(),
    };
    let object = told
        .object
        .as_ref()
        .map_or("record", |object| object.as_str());
    let mut lines = vec![format!(
        "{} {verdict} {object} {}\n",
        one_line(&told.username),
        told.record_id
    )];
    for layer in &told.layers {
        let mark = match layer.outcome {
            Outcome::Allowed => style("yes").green(),
            Outcome::Denied => style("no ").red(),
            Outcome::Open => style("-  ").dim(),
        };
        lines.push(format!(
            "  {mark}  {:<8} {}",
            layer.layer,
            one_line(&layer.detail)
        ));
    }
    if !told.fields.is_empty() {
        lines.push("\n  Fields of the record that have text".to_owned());
    }
    for field in &told.fields {
        let mark = match field.readable {
            true => style("yes").green(),
            false => style("no ").red(),
        };
        let name = field.field.as_str();
        lines.push(format!("  {mark}  {name:<24} {}", one_line(&field.detail)));
    }
    lines.join("\n") + "\n"
}
