//! How fast an org folder is synced, and with how much memory.
//!
//! `cargo run --release -p precis-indexer --example sync_rate -- FOLDER [vectors] [again]`
//!
//! Serves the folder with devorg in this process, syncs it into a temporary folder, and prints what
//! each object took. `vectors` embeds with the local model; `again` runs a second sync behind the
//! first. The peak of memory is that of both, the org and the sync.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use devorg::server::{self, Options as OrgOptions};
use models::Embedder;
use precis_indexer::{Indexer, Options, Phase, Profiles, Progress, Request};
use salesforce::{Auth, Client};
use store::{ModelSpec, OpenOptions};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("name an org folder")?);
    let rest: Vec<String> = arguments.collect();
    let wants = |word: &str| rest.iter().any(|argument| argument == word);

    let org = server::start(OrgOptions {
        data: folder,
        ..OrgOptions::default()
    })
    .await?;
    println!("org loaded: {} MB", peak_megabytes());
    let embedder = if wants("vectors") {
        let model = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../models");
        Some(Embedder::local(&model.join("all-MiniLM-L6-v2-int8"), 2)?)
    } else {
        None
    };
    let data = tempfile::tempdir()?;
    let (_, writer) = store::open(OpenOptions {
        folder: data.path().join("index"),
        model: match &embedder {
            Some(embedder) => ModelSpec {
                id: embedder.id().to_string(),
                dimension: embedder.dimension(),
            },
            None => ModelSpec {
                id: "none".to_owned(),
                dimension: 4,
            },
        },
        writer_memory: 64 << 20,
        exact_vectors: false,
    })
    .await?;
    let credentials = org.credentials();
    let auth = Auth::ClientCredentials {
        client_id: credentials.client_id.clone(),
        client_secret: credentials.client_secret.clone().into(),
    };
    let client = Client::new(salesforce::Options::new(org.url().parse()?, auth))?;
    let mut options = Options::new(data.path().to_owned(), Profiles::load([].into())?);
    options.discover_objects = true;
    let mut indexer = Indexer::open(options, client, embedder, writer).await?;
    run(&mut indexer).await?;
    if wants("again") {
        run(&mut indexer).await?;
    }
    Ok(())
}

async fn run(indexer: &mut Indexer) -> Result<(), Box<dyn Error>> {
    let progress = Progress::new(|event| {
        if event.finished && event.done > 0 {
            let verb = match event.phase {
                Phase::Pull => "pulled",
                Phase::Build => "built",
            };
            println!(
                "{:>8} {verb:<7} {:<34} {:>9.0}/s",
                event.done, event.object, event.rate
            );
        }
    });
    let report = indexer
        .sync(&Request::default(), &progress, &CancellationToken::new())
        .await?;
    let sum = |count: fn(&precis_indexer::ObjectReport) -> u64| -> u64 {
        report.objects.iter().map(count).sum()
    };
    let (rows, written) = (sum(|object| object.rows), sum(|object| object.written));
    let counts = indexer.writer().counts().await?;
    println!(
        "{rows} rows, {written} documents, {} passages, {} vectors ({} computed) in {}; {} calls; \
         {:.0} documents/s; peak {} MB",
        counts.passages,
        counts.vectors,
        sum(|object| object.embedded),
        seconds(report.took),
        report.calls,
        written as f64 / report.took.as_secs_f64(),
        peak_megabytes(),
    );
    for warning in &report.warnings {
        println!("warning: {warning}");
    }
    Ok(())
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// The peak of this process's resident memory, where the system tells it.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1024
}
