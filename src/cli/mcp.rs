//! `precis mcp`: the tools of MCP over standard input and output.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use rmcp::ServiceExt;
use rmcp::transport::stdio;

use super::Global;
use super::service::Service;
use crate::mcp::{Asker, Server};

#[derive(Args)]
#[command(after_help = "A desktop client starts it by itself:\n  \
    {\"mcpServers\": {\"precis\": {\"command\": \"precis\",\n    \
    \"args\": [\"--config\", \"/etc/precis/precis.toml\", \"mcp\", \"--as\", \"ada@example.com\"]}}}\n\
    Clients of a running `precis serve` connect to its /mcp with a key or a token instead.")]
pub struct McpArgs {
    /// Speak over standard input and output; the only way there is, so it may be left out
    #[arg(long)]
    stdio: bool,
    /// The Salesforce username whose rights count; without it, the user that precis signs in as
    #[arg(long = "as", value_name = "USERNAME")]
    username: Option<String>,
}

pub async fn run(global: &Global, args: McpArgs) -> anyhow::Result<ExitCode> {
    let service = Arc::new(Service::open(global.load_quietly()?).await?);
    let server = Server::of(Asker::Command(service, args.username));
    let running = server.serve(stdio()).await;
    let running = running.context("the client did not begin as MCP has it")?;
    running.waiting().await?;
    Ok(ExitCode::SUCCESS)
}
