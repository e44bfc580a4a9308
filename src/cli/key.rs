//! `precis key new`

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::{Global, print, print_json};
use crate::keys;

#[derive(Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Make a key that runs as one Salesforce user or under a policy; it is shown once
    New(NewKey),
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("bound").required(true).args(["user", "policy"]))]
struct NewKey {
    /// The Salesforce username that requests with this key run as
    #[arg(long)]
    user: Option<String>,
    /// The [policies.NAME] of the config that says what requests with this key may read
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,
    /// When the key ends: 2027-01-31 (its first moment in UTC) or 2027-01-31T18:00:00Z
    #[arg(long, value_name = "DATE")]
    expires: Option<String>,
    /// What the key is for, for your own eyes
    #[arg(long, default_value = "")]
    name: String,
}

pub fn run(global: &Global, args: KeyArgs) -> anyhow::Result<ExitCode> {
    let KeyCommand::New(args) = args.command;
    let key = keys::generate("precis_");
    let stored = stored(&args, &key)?;
    if global.json {
        print_json(&json!({"key": key, "stored": stored}))?;
        return Ok(ExitCode::SUCCESS);
    }
    let entry: String = stored
        .iter()
        .map(|(name, value)| format!("  {name} = {value}\n"))
        .collect();
    print(&format!(
        "The key, shown only now:\n\n  {key}\n\n\
         Append this line to the file of http.api_keys_file and restart precis:\n\n  {}\n\n\
         or put it into the config:\n\n  [[api_keys]]\n{entry}",
        json!(stored),
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// What the config holds of the key: texts, which JSON and TOML write alike.
fn stored(args: &NewKey, key: &str) -> anyhow::Result<Map<String, Value>> {
    let mut stored = Map::new();
    stored.insert("name".to_owned(), json!(args.name));
    for (option, value) in [("user", &args.user), ("policy", &args.policy)] {
        let Some(value) = value else {
            continue;
        };
        if value.trim().is_empty() {
            anyhow::bail!("--{option} is empty: name as whom requests with the key run");
        }
        stored.insert(option.to_owned(), json!(value.trim()));
    }
    stored.insert("sha256".to_owned(), json!(keys::hash(key)));
    if let Some(expires) = &args.expires {
        let time = keys::expiry(expires);
        let time = time.map_err(|problem| anyhow::anyhow!("--expires {problem}"))?;
        stored.insert("expires".to_owned(), json!(time));
    }
    Ok(stored)
}
