//! `precis serve`

use std::path::PathBuf;
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
use crate::http::{self, Certificates, TlsError};
use crate::instance::{Announced, Instance};
use crate::syncs::{First, Timetable};
use crate::telemetry;

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
    server: tokio::task::JoinHandle<()>,
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
        let certificates = certificates(&config)?;
        let scheme = certificates.as_ref().map_or("http", |_| "https");
        let url = format!("{scheme}://{}", listener.local_addr()?);
        warn_of_plain_http(&config);
        let app = App::open(config).await?;
        let instance = Instance {
            url: url.clone(),
            token: app.operator_token.clone(),
            pid: std::process::id(),
            certificate: certificates.as_ref().map(Certificates::fingerprint),
        };
        let announced = instance
            .announce(&app.config.data_dir)
            .with_context(|| format!("cannot write to {}", app.config.data_dir.display()))?;
        let stop = CancellationToken::new();
        if let Some(certificates) = certificates.clone() {
            let data_dir = app.config.data_dir.clone();
            tokio::spawn(certificates.follow(stop.clone(), announcing(instance, data_dir)));
        }
        if let Some(config) = &app.config.telemetry {
            let figures = telemetry::push(Arc::clone(&app), config.metrics_every, stop.clone());
            tokio::spawn(figures);
        }
        let served = http::serve(listener, Arc::clone(&app), certificates, stop.clone());
        let server = tokio::spawn(served);
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
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => bail!("the HTTP server ended early: {error}"),
            // Requests that hang are given up.
            Err(_) => Ok(()),
        }
    }
}

/// Reads the certificate of the config; none for plain HTTP.
pub fn certificates(config: &Config) -> Result<Option<Certificates>, TlsError> {
    let tls = config.http.tls.as_ref();
    tls.map(Certificates::load).transpose()
}

/// Keys and questions in the clear are for this machine alone.
fn warn_of_plain_http(config: &Config) {
    if config.http.is_plain_on_a_network() {
        tracing::warn!(
            listen = %config.http.listen,
            "PLAIN HTTP ON THE NETWORK: API keys and answers can be read on the way. Set http.tls, or \
             http.behind_proxy where a proxy speaks TLS"
        );
    }
}

/// Tells the command line which certificate the server has now.
fn announcing(instance: Instance, data_dir: PathBuf) -> impl Fn(String) {
    move |fingerprint| {
        let instance = Instance {
            certificate: Some(fingerprint),
            ..instance.clone()
        };
        if let Err(error) = instance.write(&data_dir) {
            tracing::error!(%error, "the new certificate is not announced in data_dir");
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
