//! `precis export`

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::Global;
use super::service::Service;

#[derive(Args)]
pub struct ExportArgs {
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub async fn run(global: &Global, args: ExportArgs) -> anyhow::Result<ExitCode> {
    let service = Service::open(global.load_quietly()?).await?;
    let mut out: Box<dyn Write> = match &args.output {
        Some(path) => {
            let file = std::fs::File::create(path)
                .with_context(|| format!("cannot write {}", path.display()))?;
            Box::new(std::io::BufWriter::new(file))
        }
        None => Box::new(std::io::BufWriter::new(std::io::stdout())),
    };
    service.export(|line| Ok(out.write_all(line)?)).await?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
