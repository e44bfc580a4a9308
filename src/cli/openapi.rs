//! `precis openapi`: the description of the HTTP interface, without a server.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::http::{document_json, swagger};

#[derive(Args)]
#[command(after_help = "Examples:\n  \
                        precis openapi > openapi.json\n  \
                        precis openapi --version 2.0 > apiDefinition.swagger.json\n\n\
                        A running server has the same at /openapi.json and /openapi-2.0.json, and a page to \
                        read at /docs.")]
pub struct OpenapiArgs {
    /// The version of OpenAPI
    #[arg(long, value_enum, default_value_t = Version::Latest)]
    version: Version,
}

#[derive(Clone, Copy, ValueEnum)]
enum Version {
    /// What the code says
    #[value(name = "3.1")]
    Latest,
    /// The same for tools that read nothing newer
    #[value(name = "2.0")]
    Older,
}

pub fn run(args: &OpenapiArgs) -> anyhow::Result<ExitCode> {
    let document = document_json();
    let document = match args.version {
        Version::Latest => document,
        Version::Older => swagger(&document),
    };
    let text = serde_json::to_string_pretty(&document)?;
    super::print(&format!("{text}\n"))?;
    Ok(ExitCode::SUCCESS)
}
