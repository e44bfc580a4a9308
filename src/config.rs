//! The configuration: raw layers in, one [`Config`] of meaningful types out.
//!
//! All problems are reported at once, each with the key to change, and a configuration with a
//! problem starts nothing.

mod access;
mod audit;
mod azure;
mod cron;
mod http;
mod identity;
mod index;
mod layers;
mod model;
mod page;
mod policies;
mod problem;
mod raw;
mod reading;
mod secret;
mod sync;
mod telemetry;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indexer::Profiles;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

pub use access::{AccessConfig, CategoryVisibility, Confirm, Visibility};
pub use audit::{AuditConfig, AzureLogs};
pub use cron::Cron;
pub use http::{ConnectionLimits, MetricsConfig, MetricsReaders, TlsConfig};
pub use identity::{ApiKey, Bound, IdentityConfig};
pub use page::{PageConfig, SignIn};
pub use policies::ServicePolicy;
pub use problem::{Problem, Problems};
use raw::Raw;
use reading::Reading;
pub use sync::{Schedules, SyncConfig};
pub use telemetry::TelemetryConfig;

use crate::azure::CredentialOptions;

/// What the program runs on.
#[derive(Debug, Clone)]
pub struct Config {
    pub data_dir: PathBuf,
    pub role: Role,
    /// None: the index is in the data folder whole.
    pub server: Option<store::ServerOptions>,
    pub salesforce: salesforce::Options,
    pub sync: SyncConfig,
    pub objects: Profiles,
    /// None: files that are linked to records are left alone.
    pub attachments: Option<AttachmentConfig>,
    pub passage_chars: usize,
    pub writer_bytes: usize,
    pub exact_vectors: bool,
    /// Questions whose vectors are remembered.
    pub questions_kept: usize,
    pub embedding: EmbeddingConfig,
    pub chat: ChatConfig,
    pub answer: AnswerConfig,
    /// Prompt files that come before the shipped ones.
    pub prompt_folder: Option<PathBuf>,
    pub access: AccessConfig,
    /// None: Entra tokens are refused.
    pub identity: Option<IdentityConfig>,
    pub audit: AuditConfig,
    pub http: HttpConfig,
    pub api_keys: Vec<ApiKey>,
    pub page: PageConfig,
    pub azure: CredentialOptions,
    pub log: LogConfig,
    /// None: nothing is sent to a collector.
    pub telemetry: Option<TelemetryConfig>,
}

/// What a node does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NodeRole)]
pub enum Role {
    #[default]
    Both,
    /// It syncs and answers nobody.
    Indexer,
    /// It answers from what an indexer writes.
    Reader,
}

#[derive(Debug, Clone)]
pub struct AttachmentConfig {
    pub max_bytes: u64,
    pub limits: files::Limits,
}

#[derive(Debug, Clone)]
pub enum EmbeddingConfig {
    None,
    Local { folder: PathBuf, threads: usize },
    Remote(Box<models::RemoteOptions>),
}

#[derive(Debug, Clone)]
pub enum ChatConfig {
    /// Answers are extractive.
    None,
    Remote(Box<models::ChatOptions>),
}

/// See `[answer]` in `config/default.toml`.
#[derive(Debug, Clone, Deserialize)]
pub struct AnswerConfig {
    pub passages: usize,
    pub sentences: usize,
    /// How long an answer may take; then it is shown as far as it holds.
    #[serde(rename = "seconds", deserialize_with = "seconds")]
    pub deadline: Duration,
    /// A second deployment or model of `[chat]` that looks at each claim; empty for none.
    pub judge: String,
    /// What a million tokens cost, in whatever currency.
    pub prompt_price: f64,
    pub completion_price: f64,
}

fn seconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_secs)
}

#[derive(Debug, Clone)]
pub struct HttpConfig {
    pub listen: SocketAddr,
    pub max_body_bytes: usize,
    pub timeout: Duration,
    pub rates: RateConfig,
    pub connections: ConnectionLimits,
    /// None for plain HTTP.
    pub tls: Option<TlsConfig>,
    /// Whether a proxy of ours stands in front, which speaks TLS and says who came to it.
    pub behind_proxy: bool,
    /// Where clients reach this server; none where each request says it.
    pub public_url: Option<Url>,
    pub metrics: MetricsConfig,
}

impl HttpConfig {
    /// Whether keys and answers go over a network in the clear, as far as precis knows.
    pub fn is_plain_on_a_network(&self) -> bool {
        let is_local = self.listen.ip().to_canonical().is_loopback();
        self.tls.is_none() && !self.behind_proxy && !is_local
    }
}

/// How much callers may ask; none: as much as they like.
#[derive(Debug, Clone)]
pub struct RateConfig {
    pub per_viewer: Option<Rate>,
    /// Of requests that proved nothing, by the address that they came from.
    pub failures: Option<Rate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub per_minute: NonZeroU32,
    /// Requests that may come at once.
    pub burst: NonZeroU32,
}

#[derive(Debug, Clone)]
pub struct LogConfig {
    pub json: bool,
    pub level: String,
}

impl Config {
    /// Reads defaults, `file` and the environment.
    pub fn load(file: Option<&Path>) -> Result<Self, Problems> {
        let merged = layers::merge(file).map_err(Problems)?;
        let vaulted = secret::vaulted(&merged.cache);
        let raw: Raw = merged
            .try_deserialize()
            .map_err(|error| Problems(vec![Problem::new("--config", error.to_string())]))?;
        let base = file
            .and_then(Path::parent)
            .map_or_else(PathBuf::new, Path::to_owned);
        let mut reading = Reading {
            base,
            problems: Vec::new(),
            azure: CredentialOptions::None,
            secrets: HashMap::new(),
        };
        reading.sign_in_to_azure(&raw.azure, vaulted);
        let config = reading.config(raw);
        match config {
            Some(config) if reading.problems.is_empty() => Ok(config),
            Some(_) | None => Err(Problems(reading.problems)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_lack_only_what_nobody_can_guess() {
        let Err(Problems(problems)) = Config::load(None) else {
            panic!("an org was configured from nothing");
        };
        let keys: Vec<_> = problems
            .iter()
            .map(|problem| problem.key.as_str())
            .collect();
        assert_eq!(
            keys,
            [
                "salesforce.login_url",
                "salesforce.client_id",
                "salesforce.client_secret"
            ]
        );
    }

    #[test]
    fn models_that_sign_in_with_an_identity_need_one_and_no_key() {
        // Another test may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let problems = |settings: &str| {
            let path = folder.path().join("precis.toml");
            std::fs::write(&path, settings).unwrap();
            let Err(Problems(problems)) = Config::load(Some(&path)) else {
                panic!("an org was configured from nothing");
            };
            let keys = problems.into_iter().map(|problem| problem.key);
            let others = keys.filter(|key| !key.starts_with("salesforce."));
            others.collect::<Vec<_>>()
        };
        let place = "provider = \"azure\"\nendpoint = \"https://x.openai.azure.com\"\n\
                     deployment = \"d\"\nauth = \"entra\"\n";
        let identity = "[azure]\ncredential = \"managed_identity\"\n";
        assert_eq!(problems(&format!("{identity}[chat]\n{place}")), [""; 0]);
        assert_eq!(problems(&format!("[chat]\n{place}")), ["azure.credential"]);
        for (wrong, key) in [
            ("api_key = \"env:KEY\"", "chat.api_key"),
            ("scope = \"https://x\"", "chat.scope"),
            ("structured = \"xml\"", "chat.structured"),
        ] {
            let found = problems(&format!("{identity}[chat]\n{place}{wrong}\n"));
            assert_eq!(found, [key]);
        }
        let embedding = format!("{identity}[embedding]\n{place}");
        assert_eq!(problems(&embedding), ["embedding.api_version"]);
        let dated = format!("{embedding}api_version = \"2024-10-21\"\n");
        assert_eq!(problems(&dated), [""; 0]);
    }

    #[test]
    fn a_problem_reads_as_a_sentence_and_several_as_a_list() {
        let unknown = Problem::unknown("http.listn", Some("precis.toml"), &["listen", "port"]);
        assert_eq!(
            unknown.to_string(),
            "http.listn is no setting (in precis.toml); did you mean 'listen'?"
        );
        let both = Problems(vec![unknown.clone(), unknown]);
        assert_eq!(both.to_string().lines().count(), 3);
    }
}
