//! `precis copilot package`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;
use url::Url;

use super::{Global, print, print_json};
use crate::copilot::{self, Auth, Target};
use crate::http::{document_json, swagger};

#[derive(Args)]
pub struct CopilotArgs {
    #[command(subcommand)]
    command: CopilotCommand,
}

#[derive(Subcommand)]
enum CopilotCommand {
    /// Write a folder with everything that an agent of Copilot Studio needs to ask this server
    Package(PackageArgs),
}

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    precis copilot package --out copilot --url https://precis.example.com --auth entra --tenant TENANT-ID\n  \
    precis copilot package --out copilot --url https://precis.example.com --auth key\n\n\
    The folder's README.md says what to do with it, step by step. Nothing is sent anywhere, and no secret is in it.")]
struct PackageArgs {
    /// The folder to write
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Where the server answers, seen from the internet
    #[arg(long, value_name = "https://…")]
    url: Url,
    /// How a request proves who asks
    #[arg(long, value_enum)]
    auth: Auth,
    /// Write over the files of a folder that is there
    #[arg(long)]
    force: bool,
    /// The connector's title, at most 30 characters
    #[arg(long, default_value = "Precis Knowledge")]
    name: String,
    /// With entra: the directory (tenant) id
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// With entra: the Application ID URI of precis' own app registration; api://precis if left out
    #[arg(long, value_name = "URI")]
    resource: Option<String>,
    /// With entra: the client id of the connector's app registration
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
}

pub fn run(global: &Global, args: CopilotArgs) -> anyhow::Result<ExitCode> {
    let CopilotCommand::Package(args) = args.command;
    let target = Target::new(args.url, args.auth, &args.name)?.in_directory(
        args.tenant.as_deref(),
        args.resource.as_deref(),
        args.client_id.as_deref(),
    )?;
    let files = copilot::package(&swagger(&document_json()), &target)?;
    copilot::write(&files, &args.out, args.force)?;
    let paths: Vec<&str> = files.iter().map(|file| file.path).collect();
    if global.json {
        print_json(&json!({"folder": args.out, "files": paths}))?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder = args.out.display();
    let lines: String = paths.iter().map(|path| format!("  {path}\n")).collect();
    let next = match target.auth {
        Auth::Entra => "register two apps in Entra ID and set [identity] in precis.toml",
        Auth::Key => "make a key with `precis key new` and store it as an environment variable",
    };
    print(&format!(
        "Written to {folder}:\n{lines}\nNext: {next}.\n{folder}/README.md has every step.\n"
    ))?;
    Ok(ExitCode::SUCCESS)
}
