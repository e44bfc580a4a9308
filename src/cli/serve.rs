//! `precis serve`

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Global, print, print_json};
use crate::app::App;
use crate::config::Config;
use crate::http;
use crate::instance::{Announced, Instance};
use crate::syncs::{First, Timetable};

/// How long running requests may take to end after a stop.
const DRAIN: Duration = Duration::from_secs(10);

#[derive(Args)]
pub struct ServeArgs {
    /// Answer from the index as it is, without syncing
    #[arg(long)]
    no_sync: bool,
}

pub async fn run(global: &Global, args: ServeArgs) -> anyhow::Result<ExitCode> {
    let config = global.load()?;
    let listener = listen(&config).await?;
    let serving = Serving::start(config, listener).await?;
    if global.json {
        print_json(&serde_json::json!({"url": serving.url}))?;
    } else {
        print(&format!(
            "precis answers at {}; Ctrl-C stops it.\n",
            serving.url
        ))?;
    }
    if let Ok(syncs) = serving.app.syncs()
        && !args.no_sync
    {
        let timetable = Timetable::of(&serving.app.config);
        syncs.schedule(timetable, First::AtOnce);
    }
    interrupted().await;
    unless_interrupted(serving.stop()).await?;
    Ok(ExitCode::SUCCESS)
}

/// An app that answers over HTTP.
pub struct Serving {
    pub app: Arc<App>,
    pub url: String,
    stop: CancellationToken,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
    _announced: Announced,
}

/// Takes the port first: nothing is opened when it is taken.
pub async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let address = config.http.listen;
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; http.listen sets another address"))
}

impl Serving {
    pub async fn start(config: Config, listener: TcpListener) -> anyhow::Result<Self> {
        let url = format!("http://{}", listener.local_addr()?);
        let app = App::open(config).await?;
        let instance = Instance {
            url: url.clone(),
            token: app.operator_token.clone(),
            pid: std::process::id(),
        };
        let announced = instance
            .announce(&app.config.data_dir)
            .with_context(|| format!("cannot write to {}", app.config.data_dir.display()))?;
        let stop = CancellationToken::new();
        let server = tokio::spawn(http::serve(listener, Arc::clone(&app), stop.clone()));
        Ok(Self {
            app,
            url,
            stop,
            server,
            _announced: announced,
        })
    }

    /// Takes no new requests, lets running ones end, and finishes the current page of a sync.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        let server = tokio::time::timeout(DRAIN, self.server).await;
        if let Ok(syncs) = self.app.syncs() {
            syncs.stop().await;
        }
        match server {
            Ok(Ok(served)) => Ok(served?),
            Ok(Err(error)) => bail!("the HTTP server ended early: {error}"),
            // Requests that hang are given up.
            Err(_) => Ok(()),
        }
    }
}

/// Waits for an orderly end, or for a second Ctrl-C: what was committed is safe either way.
pub async fn unless_interrupted(
    end: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    tokio::select! {
        ended = end => ended,
        () = interrupted() => bail!("interrupted in the middle of a page, which the next sync repeats"),
    }
}

/// Ctrl-C, or the signal by which a service manager stops a process.
pub async fn interrupted() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
