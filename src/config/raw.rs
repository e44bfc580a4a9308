//! The settings as they stand in the files, section by section. What they mean is decided in
//! [`super::reading`]; what each is for stands in `config/default.toml`.

use std::collections::BTreeMap;

use config::Value;
use indexer::RawProfile;
use serde::Deserialize;

use super::AnswerConfig;
use super::access::RawAccess;
use super::identity::{RawApiKey, RawIdentity};

#[derive(Deserialize)]
pub struct Raw {
    pub data_dir: String,
    pub role: String,
    pub salesforce: RawSalesforce,
    pub sync: RawSync,
    pub objects: BTreeMap<String, RawProfile>,
    pub attachments: RawAttachments,
    pub indexing: RawIndexing,
    pub search: RawSearch,
    pub vector: RawVector,
    pub keyword: RawKeyword,
    pub embedding: RawModel,
    pub chat: RawModel,
    pub answer: AnswerConfig,
    pub prompts: RawPrompts,
    pub access: RawAccess,
    pub identity: RawIdentity,
    /// Read one by one, so that each problem names its policy.
    pub policies: BTreeMap<String, Value>,
    pub audit: RawAudit,
    pub http: RawHttp,
    #[serde(default)]
    pub api_keys: Vec<RawApiKey>,
    pub page: RawPage,
    pub azure: RawAzure,
    pub log: RawLog,
    pub telemetry: RawTelemetry,
}

#[derive(Deserialize)]
pub struct RawSalesforce {
    pub login_url: String,
    pub auth: String,
    pub client_id: String,
    pub client_secret: String,
    pub username: String,
    pub private_key: String,
    pub audience: String,
    pub api_version: String,
    pub timeout_seconds: u64,
}

#[derive(Deserialize)]
pub struct RawSync {
    pub schedule: String,
    pub sharing: String,
    pub reconcile: String,
    pub schedules: BTreeMap<String, String>,
    pub jitter_seconds: u64,
    pub api_share: f64,
    pub api_look_seconds: u64,
    pub bulk_from: u64,
    pub discover_objects: bool,
    pub lightning_url: String,
}

#[derive(Deserialize)]
pub struct RawAttachments {
    pub enabled: bool,
    pub max_megabytes: u64,
    pub max_characters: usize,
    pub seconds: u64,
    pub memory_megabytes: u64,
}

#[derive(Deserialize)]
pub struct RawIndexing {
    pub passage_chars: usize,
    pub writer_megabytes: usize,
}

#[derive(Deserialize)]
pub struct RawSearch {
    pub exact: bool,
    pub questions_kept: usize,
}

#[derive(Deserialize)]
pub struct RawVector {
    pub backend: String,
    pub url: String,
    pub api_key: String,
    pub collection: String,
    pub timeout_seconds: u64,
    pub quantization: String,
    pub on_disk: bool,
    pub replication_factor: u32,
    pub write_consistency_factor: u32,
    pub shard_number: u32,
}

#[derive(Deserialize)]
pub struct RawKeyword {
    pub backend: String,
}

#[derive(Deserialize)]
pub struct RawModel {
    pub provider: String,
    #[serde(default)]
    pub folder: String,
    #[serde(default)]
    pub threads: usize,
    pub endpoint: String,
    pub deployment: String,
    pub model: String,
    pub api_version: String,
    pub auth: String,
    pub api_key: String,
    pub scope: String,
    #[serde(default)]
    pub dimension: usize,
    #[serde(default)]
    pub shorten: bool,
    #[serde(default)]
    pub batch: usize,
    #[serde(default)]
    pub max_tokens_field: String,
    #[serde(default)]
    pub structured: String,
    #[serde(default)]
    pub reasoning_effort: String,
    pub timeout_seconds: u64,
}

#[derive(Deserialize)]
pub struct RawPrompts {
    pub folder: String,
}

#[derive(Deserialize)]
pub struct RawAudit {
    pub questions: String,
    pub retention_days: u64,
    pub sync: bool,
    pub key: String,
    pub azure: RawAzureLogs,
}

#[derive(Deserialize)]
pub struct RawAzureLogs {
    pub endpoint: String,
    pub dcr: String,
    pub stream: String,
    pub scope: String,
}

#[derive(Deserialize)]
pub struct RawHttp {
    pub listen: String,
    pub max_body_kilobytes: usize,
    pub timeout_seconds: u64,
    pub api_keys_file: String,
    pub requests_per_minute: u32,
    pub burst: u32,
    pub failures_per_minute: u32,
    pub max_connections: usize,
    pub max_concurrent_requests: usize,
    pub read_seconds: u64,
    pub max_header_kilobytes: u32,
    pub behind_proxy: bool,
    pub public_url: String,
    pub metrics: String,
    pub metrics_token: String,
    pub tls: RawTls,
}

#[derive(Deserialize)]
pub struct RawTls {
    pub certificate: String,
    pub private_key: String,
    pub reload_seconds: u64,
}

#[derive(Deserialize)]
pub struct RawAzure {
    pub credential: String,
    pub client_id: String,
    pub tenant: String,
    pub client_secret: String,
    pub authority: String,
    pub imds_url: String,
}

#[derive(Deserialize)]
pub struct RawLog {
    pub format: String,
    pub level: String,
}

#[derive(Deserialize)]
pub struct RawTelemetry {
    pub otlp_endpoint: String,
    pub otlp_headers: String,
    pub trace_share: f64,
    pub metrics_seconds: u64,
}

#[derive(Deserialize)]
pub struct RawPage {
    pub enabled: bool,
    pub client_id: String,
    pub scope: String,
}
