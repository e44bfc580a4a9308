//! `precis devorg`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use devorg::entra::{self, EntraBox, EntraOptions};
use devorg::server::{self, Options, PublicKey};
use serde_json::json;

use super::{Global, print, print_json};

#[derive(Args)]
pub struct DevorgArgs {
    /// The org folder: org.json, describe/, records/
    #[arg(long)]
    data: PathBuf,
    /// 0: any free port
    #[arg(long, default_value_t = 0)]
    port: u16,
    #[arg(long, default_value = "demo")]
    client_id: String,
    #[arg(long, default_value = "demo-secret")]
    client_secret: String,
    /// The user whom client credentials stand for; without it the first active one with View All Data
    #[arg(long, value_name = "USERNAME")]
    run_as: Option<String>,
    /// The public key (PEM) that JWT assertions are checked with
    #[arg(long, value_name = "FILE")]
    jwt_public_key: Option<PathBuf>,
    /// How long a session lasts
    #[arg(long, value_name = "N")]
    session_seconds: Option<u64>,
    /// API calls in 24 hours
    #[arg(long, value_name = "N")]
    api_limit: Option<u64>,
    /// A fault plan (TOML): which calls fail, how, and how often; see demo/faults.toml
    #[arg(long, value_name = "PLAN")]
    faults: Option<PathBuf>,
    /// Also serve an Entra ID in a box, which signs any token: what identity.authority points to
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = "0")]
    entra: Option<u16>,
}

pub async fn run(global: &Global, args: DevorgArgs) -> anyhow::Result<ExitCode> {
    let options = Options {
        data: args.data,
        port: args.port,
        client_id: args.client_id.clone(),
        client_secret: args.client_secret.clone(),
        run_as: args.run_as,
        jwt_public_key: args.jwt_public_key.map(PublicKey::File),
        session_seconds: args.session_seconds,
        api_limit: args.api_limit,
        faults: args.faults,
    };
    let org = server::start(options).await?;
    let entra = match args.entra {
        Some(port) => Some(entra::start(EntraOptions { port }).await?),
        None => None,
    };
    let authority = entra.as_ref().map(EntraBox::url);
    if global.json {
        print_json(&json!({
            "url": org.url(),
            "client_id": args.client_id,
            "client_secret": args.client_secret,
            "run_as": org.credentials().run_as,
            "entra": authority,
        }))?;
    } else {
        print(&format!(
            "A Salesforce org is at {}\n  client id      {}\n  client secret  {}\n  runs as        {}\n{}\
             Ctrl-C stops it.\n",
            org.url(),
            args.client_id,
            args.client_secret,
            org.credentials().run_as,
            authority.map_or_else(String::new, |url| format!("  Entra ID       {url}\n")),
        ))?;
    }
    super::serve::interrupted().await;
    org.stop().await;
    Ok(ExitCode::SUCCESS)
}
