//! From raw settings to meaningful ones.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indexer::{Profiles, RawProfile};
use models::{Credential, Route};
use salesforce::ApiVersion;
use secrecy::SecretString;
use url::Url;

use super::raw::{Raw, RawAttachments, RawHttp, RawModel, RawSalesforce};
use super::secret::{self, Vaulted};
use super::{
    AttachmentConfig, Config, EmbeddingConfig, HttpConfig, LogConfig, Problem, Rate, RateConfig,
};
use crate::azure::CredentialOptions;

/// Turns raw settings into meaningful ones and collects what is wrong with them.
pub struct Reading {
    pub base: PathBuf,
    pub problems: Vec<Problem>,
    /// How precis signs in to Azure.
    pub azure: CredentialOptions,
    /// What the config's references into key vaults lead to.
    pub secrets: Vaulted,
}

impl Reading {
    /// None where a problem leaves nothing to build; the problems say why.
    pub fn config(&mut self, raw: Raw) -> Option<Config> {
        let data_dir = self.path(&raw.data_dir);
        let salesforce = self.salesforce(&raw.salesforce, &data_dir);
        let objects = self.objects(raw.objects);
        let sync = self.sync(raw.sync, objects.as_ref());
        let index = self.index(&raw.role, &raw.vector, &raw.keyword);
        let embedding = self.embedding(&raw.embedding);
        let chat = self.chat(&raw.chat);
        let prompt_folder = self.folder("prompts.folder", &raw.prompts.folder);
        let audit = self.audit(&raw.audit);
        let http = self.http(&raw.http);
        let policies = self.policies(raw.policies);
        let identity = self.identity(&raw.identity, &policies);
        let page = self.page(&raw.page, identity.as_ref().and_then(Option::as_ref));
        let api_keys = self.api_keys(raw.api_keys, &raw.http.api_keys_file, &policies);
        let access = self.access(raw.access, raw.salesforce.auth == "jwt_bearer");
        let telemetry = self.telemetry(&raw.telemetry);
        let json = self.choice("log.format", &raw.log.format, &["text", "json"]) == Some("json");
        if !(100..=8000).contains(&raw.indexing.passage_chars) {
            self.problem::<()>("indexing.passage_chars", "must be from 100 to 8000");
        }
        for (key, value) in [
            ("http.max_body_kilobytes", raw.http.max_body_kilobytes),
            ("answer.passages", raw.answer.passages),
            ("answer.sentences", raw.answer.sentences),
            ("embedding.batch", raw.embedding.batch),
        ] {
            if value == 0 {
                self.problem::<()>(key, "must be at least 1");
            }
        }
        for (key, value) in [
            ("attachments.max_megabytes", raw.attachments.max_megabytes),
            ("attachments.seconds", raw.attachments.seconds),
        ] {
            if value == 0 {
                self.problem::<()>(key, "must be at least 1");
            }
        }
        if !(1..=120).contains(&raw.answer.deadline.as_secs()) {
            self.problem::<()>("answer.seconds", "must be from 1 to 120");
        }
        for (key, price) in [
            ("answer.prompt_price", raw.answer.prompt_price),
            ("answer.completion_price", raw.answer.completion_price),
        ] {
            if !(price >= 0.0 && price.is_finite()) {
                self.problem::<()>(key, "must be 0 or more");
            }
        }
        if raw.attachments.max_megabytes > 512 {
            self.problem::<()>("attachments.max_megabytes", "must be at most 512");
        }
        if !(64..=16_384).contains(&raw.attachments.memory_megabytes) {
            self.problem::<()>("attachments.memory_megabytes", "must be from 64 to 16384");
        }
        if !(16..=4000).contains(&raw.indexing.writer_megabytes) {
            self.problem::<()>("indexing.writer_megabytes", "must be from 16 to 4000");
        }
        let (role, server) = index?;
        Some(Config {
            data_dir,
            role,
            server,
            salesforce: salesforce?,
            sync,
            objects: objects?,
            attachments: attachments(&raw.attachments),
            passage_chars: raw.indexing.passage_chars,
            writer_bytes: raw.indexing.writer_megabytes * 1_000_000,
            exact_vectors: raw.search.exact,
            questions_kept: raw.search.questions_kept,
            embedding: embedding?,
            chat: chat?,
            answer: raw.answer,
            prompt_folder,
            access,
            identity: identity?,
            audit: audit?,
            http: http?,
            api_keys,
            page,
            azure: self.azure.clone(),
            log: LogConfig {
                json,
                level: raw.log.level,
            },
            telemetry,
        })
    }

    fn salesforce(&mut self, raw: &RawSalesforce, data_dir: &Path) -> Option<salesforce::Options> {
        let login_url = self.url("salesforce.login_url", &raw.login_url);
        let client_id = self.required("salesforce.client_id", &raw.client_id);
        let auth = match self.choice(
            "salesforce.auth",
            &raw.auth,
            &["client_credentials", "jwt_bearer"],
        ) {
            Some("client_credentials") => self
                .secret("salesforce.client_secret", &raw.client_secret)
                .zip(client_id)
                .map(
                    |(client_secret, client_id)| salesforce::Auth::ClientCredentials {
                        client_id,
                        client_secret,
                    },
                ),
            Some(_) => {
                let username = self.required("salesforce.username", &raw.username);
                let key = self.secret("salesforce.private_key", &raw.private_key);
                match (client_id, username, key) {
                    (Some(client_id), Some(username), Some(private_key)) => {
                        Some(salesforce::Auth::JwtBearer {
                            client_id,
                            username,
                            private_key,
                            audience: raw.audience.clone(),
                        })
                    }
                    _ => None,
                }
            }
            None => None,
        };
        let api_version = match ApiVersion::parse(&raw.api_version) {
            Ok(version) => Some(version),
            Err(error) => self.problem("salesforce.api_version", error),
        };
        Some(salesforce::Options {
            timeout: Duration::from_secs(raw.timeout_seconds.max(1)),
            api_version: api_version?,
            describe_folder: Some(data_dir.join("describes")),
            ..salesforce::Options::new(login_url?, auth?)
        })
    }

    fn objects(&mut self, raw: BTreeMap<String, RawProfile>) -> Option<Profiles> {
        match Profiles::load(raw) {
            Ok(profiles) => Some(profiles),
            Err(indexer::Error::Profiles(problems)) => {
                for problem in problems {
                    self.problem::<()>("objects", problem);
                }
                None
            }
            Err(error) => self.problem("objects", error),
        }
    }

    fn embedding(&mut self, raw: &RawModel) -> Option<EmbeddingConfig> {
        let providers = ["local", "azure", "openai", "none"];
        match self.choice("embedding.provider", &raw.provider, &providers)? {
            "none" => Some(EmbeddingConfig::None),
            "local" => Some(EmbeddingConfig::Local {
                folder: self.path(&raw.folder),
                threads: raw.threads,
            }),
            provider => {
                let endpoint = self.endpoint("embedding", provider, raw)?;
                if matches!(endpoint.route, Route::AzureV1 { .. })
                    && matches!(endpoint.credential, Credential::Token(_))
                {
                    return self.problem(
                        "embedding.api_version",
                        "must be set, such as to \"2024-10-21\", when embedding.auth is \"entra\": Azure's \
                         v1 route takes no tokens for embeddings",
                    );
                }
                Some(EmbeddingConfig::Remote(Box::new(models::RemoteOptions {
                    endpoint,
                    dimension: (raw.dimension > 0).then_some(raw.dimension),
                    shorten: raw.shorten,
                    batch: raw.batch.max(1),
                })))
            }
        }
    }

    fn http(&mut self, raw: &RawHttp) -> Option<HttpConfig> {
        let listen = match raw.listen.parse() {
            Ok(address) => Some(address),
            Err(_) => self.problem(
                "http.listen",
                "must be an address and a port, such as 127.0.0.1:8080",
            ),
        };
        let connections = self.connections(raw);
        let metrics = self.metrics(raw);
        Some(HttpConfig {
            tls: self.tls(&raw.tls),
            behind_proxy: raw.behind_proxy,
            public_url: self.public_url(&raw.public_url),
            connections: connections?,
            metrics: metrics?,
            listen: listen?,
            max_body_bytes: raw.max_body_kilobytes.saturating_mul(1024),
            timeout: Duration::from_secs(raw.timeout_seconds.max(1)),
            rates: RateConfig {
                per_viewer: rate(raw.requests_per_minute, raw.burst),
                failures: rate(raw.failures_per_minute, raw.failures_per_minute),
            },
        })
    }

    pub(super) fn path(&self, text: &str) -> PathBuf {
        self.base.join(text)
    }

    /// A folder that must be there; none where none is named.
    fn folder(&mut self, key: &str, text: &str) -> Option<PathBuf> {
        let folder = self.path(&non_empty(text.to_owned())?);
        match folder.is_dir() {
            true => Some(folder),
            false => self.problem(key, format!("{} is no folder", folder.display())),
        }
    }

    pub(super) fn url(&mut self, key: &str, text: &str) -> Option<Url> {
        let text = self.required(key, text)?;
        match Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Some(url),
            Ok(_) => self.problem(key, "must start with https://"),
            Err(error) => self.problem(key, format!("is no URL: {error}")),
        }
    }

    pub(super) fn required(&mut self, key: &str, text: &str) -> Option<String> {
        if text.trim().is_empty() {
            return self.problem(key, "is not set");
        }
        Some(text.trim().to_owned())
    }

    pub(super) fn choice(
        &mut self,
        key: &str,
        text: &str,
        choices: &[&'static str],
    ) -> Option<&'static str> {
        let found = choices.iter().find(|choice| **choice == text);
        if found.is_none() {
            self.problem::<()>(key, format!("must be one of {}", choices.join(", ")));
        }
        found.copied()
    }

    pub(super) fn secret(&mut self, key: &str, reference: &str) -> Option<SecretString> {
        let reference = self.required(key, reference)?;
        match secret::resolve(&reference, &self.base, &self.secrets) {
            Ok(secret) => Some(secret),
            Err(message) => self.problem(key, message),
        }
    }

    /// Notes a problem; none, so that it can stand where a value should be.
    pub(super) fn problem<T>(&mut self, key: &str, message: impl ToString) -> Option<T> {
        self.problems.push(Problem::new(key, message.to_string()));
        None
    }
}

pub(super) fn non_empty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.trim().is_empty())
}

/// None for a rate of 0. A burst of less than one request would let nobody in.
fn rate(per_minute: u32, burst: u32) -> Option<Rate> {
    Some(Rate {
        per_minute: NonZeroU32::new(per_minute)?,
        burst: NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN),
    })
}

fn attachments(raw: &RawAttachments) -> Option<AttachmentConfig> {
    raw.enabled.then(|| AttachmentConfig {
        max_bytes: raw.max_megabytes * 1024 * 1024,
        limits: files::Limits {
            seconds: raw.seconds,
            memory_mb: raw.memory_megabytes,
            characters: raw.max_characters,
        },
    })
}
