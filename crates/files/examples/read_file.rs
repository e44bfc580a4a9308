//! Prints the text of a file as it would be indexed: `read_file FILE`.
//!
//! Started with `--child` it is the child process that reads.

use std::path::Path;
use std::process::ExitCode;

use files::{Kind, Limits, Parser, Text};

fn main() -> ExitCode {
    match std::env::args().nth(1) {
        Some(argument) if argument == "--child" => files::child::run(),
        Some(path) => match print(Path::new(&path)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(cause) => {
                eprintln!("{path}: {cause}");
                ExitCode::FAILURE
            }
        },
        None => {
            eprintln!("usage: read_file FILE");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn print(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let bytes = std::fs::read(path)?;
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let kind = Kind::of(&extension, &bytes).ok_or("such files cannot be read")?;
    let parser = Parser {
        program: std::env::current_exe()?,
        arguments: vec!["--child".to_owned()],
        limits: Limits::default(),
    };
    let content = parser.parse(kind, &bytes).await?;
    match content.text {
        Text::Html(html) => println!("{html}"),
        Text::Pages(pages) => {
            for page in pages {
                let label = page.label.unwrap_or_default();
                println!("--- {} {label}\n{}", page.number, page.text);
            }
        }
    }
    if content.cut_short {
        println!("--- and more");
    }
    if !content.unread.is_empty() {
        println!("--- not read: {:?}", content.unread);
    }
    Ok(())
}
