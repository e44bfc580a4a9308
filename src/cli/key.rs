//! `precis key new`

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Global, print, print_json};
use crate::keys;

#[derive(Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Make a key that runs as one Salesforce user; it is shown once
    New {
        /// The Salesforce username that requests with this key run as
        #[arg(long)]
        user: String,
        /// What the key is for, for your own eyes
        #[arg(long, default_value = "")]
        name: String,
    },
}

pub fn run(global: &Global, args: KeyArgs) -> anyhow::Result<ExitCode> {
    let KeyCommand::New { user, name } = args.command;
    if user.trim().is_empty() {
        anyhow::bail!("--user is empty: name the Salesforce username that the key stands for");
    }
    let key = keys::generate("precis_");
    let stored = json!({"name": name, "user": user.trim(), "sha256": keys::hash(&key)});
    if global.json {
        print_json(&json!({"key": key, "stored": stored}))?;
        return Ok(ExitCode::SUCCESS);
    }
    print(&format!(
        "The key, shown only now:\n\n  {key}\n\n\
         Append this line to the file of http.api_keys_file and restart precis:\n\n  {stored}\n\n\
         or put it into the config:\n\n  [[api_keys]]\n  name = {name:?}\n  user = {:?}\n  sha256 = {}\n",
        user.trim(),
        stored["sha256"],
    ))?;
    Ok(ExitCode::SUCCESS)
}
