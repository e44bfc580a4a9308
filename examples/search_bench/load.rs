//! Asks `POST /v1/search`, closed loop (so many clients, each as fast as it is answered) or open
//! loop (so many requests a second, whatever the server does). In the open loop a reply's time
//! counts from when its request was due, so that a server that stalls cannot hide it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};
use tokio::task::JoinSet;

#[derive(Args)]
pub struct LoadArgs {
    #[arg(long)]
    url: String,
    #[arg(long)]
    key: String,
    /// One body of a request on each line
    #[arg(long)]
    queries: PathBuf,
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// Requests a second, due at even distances; without it the loop is closed
    #[arg(long)]
    rate: Option<f64>,
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Asks each query once, and writes the ids of its documents to this file, a line each
    #[arg(long)]
    save: Option<PathBuf>,
}

struct Asker {
    http: reqwest::Client,
    url: String,
    bearer: String,
    bodies: Vec<String>,
    next: AtomicUsize,
}

/// Milliseconds of each reply.
type Times = Vec<f64>;

pub async fn run(arguments: LoadArgs) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(&arguments.queries)?;
    let asker = Arc::new(Asker {
        http: reqwest::Client::builder().tcp_nodelay(true).build()?,
        url: format!("{}/v1/search", arguments.url),
        bearer: format!("Bearer {}", arguments.key),
        bodies: text.lines().map(str::to_owned).collect(),
        next: AtomicUsize::new(0),
    });
    if let Some(file) = &arguments.save {
        return save(&asker, file).await;
    }
    let begun = Instant::now();
    let length = Duration::from_secs_f64(arguments.seconds);
    let mut times = match arguments.rate {
        Some(rate) => open_loop(asker, rate, length).await?,
        None => closed_loop(asker, arguments.clients, length).await?,
    };
    let seconds = begun.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let figures = json!({"requests": times.len(), "per_second": times.len() as f64 / seconds,
        "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": at(1.0)});
    println!("{figures}");
    Ok(())
}

async fn closed_loop(asker: Arc<Asker>, clients: usize, length: Duration) -> anyhow::Result<Times> {
    let end = Instant::now() + length;
    let mut running = JoinSet::new();
    for _ in 0..clients {
        let asker = Arc::clone(&asker);
        running.spawn(async move {
            let mut times = Times::new();
            while Instant::now() < end {
                let begun = Instant::now();
                asker.ask().await?;
                times.push(milliseconds(begun));
            }
            anyhow::Ok(times)
        });
    }
    let mut all = Times::new();
    while let Some(times) = running.join_next().await {
        all.extend(times??);
    }
    Ok(all)
}

async fn open_loop(asker: Arc<Asker>, rate: f64, length: Duration) -> anyhow::Result<Times> {
    let requests = (rate * length.as_secs_f64()) as usize;
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for number in 0..requests {
        let due = begun + Duration::from_secs_f64(number as f64 / rate);
        wait_until(due);
        let asker = Arc::clone(&asker);
        running.spawn(async move {
            asker.ask().await?;
            anyhow::Ok(milliseconds(due))
        });
    }
    let mut all = Times::new();
    while let Some(time) = running.join_next().await {
        all.push(time??);
    }
    if all.is_empty() {
        bail!("no request was due");
    }
    Ok(all)
}

/// The runtime's own clock is a millisecond coarse, which would be half of what is measured.
fn wait_until(due: Instant) {
    let early = due.saturating_duration_since(Instant::now());
    tokio::task::block_in_place(|| std::thread::sleep(early));
}

async fn save(asker: &Asker, file: &PathBuf) -> anyhow::Result<()> {
    let mut lines = String::new();
    for _ in 0..asker.bodies.len() {
        let reply: Value = serde_json::from_slice(&asker.ask().await?)?;
        let hits = reply["hits"].as_array().context("a reply without hits")?;
        let ids: Vec<&Value> = hits.iter().map(|hit| &hit["document"]["id"]).collect();
        lines.push_str(&format!("{}\n", json!(ids)));
    }
    std::fs::write(file, lines)?;
    Ok(())
}

impl Asker {
    async fn ask(&self) -> anyhow::Result<Vec<u8>> {
        let number = self.next.fetch_add(1, Ordering::Relaxed) % self.bodies.len();
        let request = self
            .http
            .post(&self.url)
            .header(AUTHORIZATION, &self.bearer)
            .header(CONTENT_TYPE, "application/json")
            .body(self.bodies[number].clone());
        let reply = request.send().await?;
        let status = reply.status();
        let body = reply.bytes().await?;
        if !status.is_success() {
            bail!("{status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(body.into())
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
