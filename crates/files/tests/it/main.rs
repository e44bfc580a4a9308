//! Files that are built here, read through a real child process: the `read_file` example, which
//! `cargo test` builds before it runs this.

/// Files of each kind, built in memory.
mod build;
/// Files that want to hurt their reader, and children that break the protocol.
mod hostile;
/// What the text of each kind of file looks like.
mod kinds;
/// Valid files with random damage.
mod mutations;

use std::path::PathBuf;

use files::{Content, Error, Kind, Limits, Page, Parser, Text};

/// The parser with the usual limits.
fn parser() -> Parser {
    Parser {
        program: child_program(),
        arguments: vec!["--child".to_owned()],
        limits: Limits::default(),
    }
}

/// `target/<profile>/examples/read_file`, beside the folder of this test.
fn child_program() -> PathBuf {
    let mut path = std::env::current_exe().expect("a test has a path");
    path.pop();
    path.pop();
    path.push("examples");
    path.push("read_file");
    assert!(path.exists(), "build it: cargo build --example read_file");
    path
}

async fn parse(kind: Kind, bytes: &[u8]) -> Result<Content, Error> {
    parser().parse(kind, bytes).await
}

/// The pages of a file that is whole.
async fn pages(kind: Kind, bytes: &[u8]) -> Vec<Page> {
    let content = parse(kind, bytes).await.expect("readable");
    assert!(!content.cut_short);
    assert_eq!(content.unread, [] as [u32; 0]);
    match content.text {
        Text::Pages(pages) => pages,
        Text::Html(html) => panic!("not pages: {html}"),
    }
}

/// The text of a file that is one page.
async fn text(kind: Kind, bytes: &[u8]) -> String {
    let pages = pages(kind, bytes).await;
    assert_eq!(pages.len(), 1, "{pages:?}");
    assert_eq!(pages[0].number, 1);
    pages[0].text.clone()
}
