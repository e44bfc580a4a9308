//! How fast the local model is here: passages a second, and how long a query takes, alone and
//! while passages are being embedded.
//!
//! `cargo run --release -p precis-models --example embed_rate [MODEL_FOLDER] [THREADS]`

use std::path::PathBuf;
use std::time::{Duration, Instant};

use precis_models::{Embedder, Error};

const WORDS: &str = "the customer reports that after upgrading firmware to version 4.2 gateway no \
    longer connects and the indicator shows amber while battery drains quickly overnight support \
    asked for logs contract renewal is due in March and escalation was requested by account owner";

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| PathBuf::from("models/all-MiniLM-L6-v2-int8"));
    let threads = arguments.next().and_then(|threads| threads.parse().ok());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.unwrap_or(cores);

    let start = Instant::now();
    let model = Embedder::local(&folder, threads)?;
    println!("{} on {threads} threads", model.id());
    println!("loaded in {} ms", start.elapsed().as_millis());

    // The model cuts at 256 tokens; these words are about 1.15 tokens each.
    for (name, words, count) in [
        ("250-token", 215, 100),
        ("100-token", 85, 200),
        ("16-token", 13, 1_000),
    ] {
        let texts = (0..count).map(|seed| text(words, seed)).collect();
        let start = Instant::now();
        model.passages(texts).await?;
        let rate = f64::from(count) / start.elapsed().as_secs_f64();
        println!("{name} passages: {rate:.1} a second");
    }

    print_latency("query, idle", &model, 200).await?;
    let indexing = tokio::spawn({
        let model = model.clone();
        async move {
            model
                .passages((0..10_000).map(|seed| text(215, seed)).collect())
                .await
        }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    print_latency("query, while indexing", &model, 100).await?;
    indexing.abort();
    Ok(())
}

/// Words in an order that differs by seed.
fn text(words: usize, seed: u32) -> String {
    let all: Vec<&str> = WORDS.split_whitespace().collect();
    let seed = seed as usize;
    let pick = |n: usize| all[(n * 7 + seed * 13 + n * n * seed) % all.len()];
    (0..words).map(pick).collect::<Vec<_>>().join(" ")
}

async fn print_latency(name: &str, model: &Embedder, count: u32) -> Result<(), Error> {
    let mut times = Vec::new();
    for seed in 0..count {
        let start = Instant::now();
        model.query(&text(9, seed)).await?;
        times.push(start.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{name}: p50 {:?}, p95 {:?}, p99 {:?}",
        at(0.5),
        at(0.95),
        at(0.99)
    );
    Ok(())
}
