//! How many files a second are read, each in a process of its own: `file_rate FILE [COUNT]`.
//!
//! One file after the other, as one worker of an indexer would. Started with `--child` it is the
//! child process that reads.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use files::{Kind, Limits, Parser};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        eprintln!("usage: file_rate FILE [COUNT]");
        return ExitCode::FAILURE;
    };
    if path == "--child" {
        return files::child::run();
    }
    let count = arguments.next().and_then(|count| count.parse().ok());
    match measure(Path::new(&path), count.unwrap_or(200)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("{path}: {cause}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn measure(path: &Path, count: u32) -> Result<(), Box<dyn std::error::Error>> {
    let bytes = std::fs::read(path)?;
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let kind = Kind::of(&extension, &bytes).ok_or("such files cannot be read")?;
    let parser = Parser {
        program: std::env::current_exe()?,
        arguments: vec!["--child".to_owned()],
        limits: Limits::default(),
    };
    let started = Instant::now();
    for _ in 0..count {
        parser.parse(kind, &bytes).await?;
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{count} files in {seconds:.2} s: {:.1} files a second",
        f64::from(count) / seconds
    );
    Ok(())
}
