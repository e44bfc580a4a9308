//! Builds the parts from a config and holds them together.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use domain::{ObjectName, RecordId};
use indexer::{Indexer, Ledger};
use models::{ChatModel, Embedder};
use secrecy::SecretString;
use store::ModelSpec;

use crate::access::{self, Access, AccessExplanation, Objects};
use crate::audit::Audit;
use crate::azure::Credential;
use crate::config::{AttachmentConfig, ChatConfig, Config, EmbeddingConfig, Role};
use crate::identity::{Caller, Identities, Identity, Rates};
use crate::keys::{self, Keys};
use crate::prompts::Prompts;
use crate::query::{Conversations, Engine, Questions, Seal, Spent};
use crate::status::StatusReport;
use crate::syncs::Syncs;

/// Everything that answers and syncs, over one data folder.
pub struct App {
    pub config: Config,
    pub engine: Engine,
    pub access: Access,
    pub audit: Audit,
    pub keys: Keys,
    pub identities: Identities,
    pub rates: Rates,
    /// Proves to the admin routes that its bearer can read this process's files.
    pub operator_token: SecretString,
    /// None on a reader.
    syncing: Option<Syncing>,
    salesforce: salesforce::Client,
}

/// What a node has that syncs.
struct Syncing {
    syncs: Syncs,
    ledger: Ledger,
}

/// What this node does not do.
#[derive(Debug, thiserror::Error)]
pub enum NotHere {
    #[error("this node is a reader (role): the indexer syncs, and exports what it has synced")]
    Reader,
    #[error("this node is an indexer (role): it syncs, and readers answer")]
    Indexer,
}

/// The hidden command by which precis starts itself to read one attachment.
pub const READ_FILE: &str = "read-file";

impl App {
    /// Opens the data folder, which this process then owns.
    pub async fn open(config: Config) -> anyhow::Result<Arc<Self>> {
        std::fs::create_dir_all(&config.data_dir)
            .with_context(|| format!("cannot make data_dir {}", config.data_dir.display()))?;
        warn_of_open_folder(&config.data_dir);
        let salesforce = salesforce::Client::new(config.salesforce.clone())?;
        let embedder = embedder(&config.embedding).await?;
        let (reader, writer) = index(&config, embedder.as_ref()).await?;
        let syncing = match writer {
            Some(writer) => Some(Syncing::open(&config, &salesforce, &embedder, writer).await?),
            None => None,
        };
        let ledger = syncing.as_ref().map(|syncing| syncing.ledger.clone());
        let access = Access::new(
            salesforce.clone(),
            config.salesforce.clone(),
            reader.clone(),
            match &ledger {
                Some(ledger) => Objects::Ledger(ledger.clone()),
                None => Objects::Index,
            },
            config.access.clone(),
        );
        let engine = Engine {
            reader,
            embedder,
            questions: Questions::new(config.questions_kept),
            chat: chat_model(&config.chat)?,
            access: access.clone(),
            seal: Seal::new(secret(&config.salesforce))
                .map_err(|_| anyhow::anyhow!("cannot make a key for cursors"))?,
            ledger,
            answer: config.answer.clone(),
            conversations: Conversations::default(),
            spent: Spent::default(),
            prompts: Prompts::open(config.prompt_folder.clone()),
        };
        let operator_token = SecretString::from(keys::generate("operator_"));
        let audit = Audit::open(&config.data_dir, &config.audit).await?;
        if let Some(logs) = config.audit.azure.clone() {
            audit.ship(logs, Credential::new(config.azure.clone())?)?;
        }
        Ok(Arc::new(Self {
            audit,
            keys: Keys::new(&config.api_keys, &operator_token),
            identities: Identities::new(&config, salesforce.clone())?,
            rates: Rates::new(&config.http.rates),
            syncing,
            engine,
            access,
            operator_token,
            salesforce,
            config,
        }))
    }

    /// The one hand on the syncs.
    ///
    /// # Errors
    /// [`NotHere::Reader`] on a node that does not sync.
    pub fn syncs(&self) -> Result<&Syncs, NotHere> {
        let syncing = self.syncing.as_ref().ok_or(NotHere::Reader)?;
        Ok(&syncing.syncs)
    }

    /// Whether this node may be asked for anything.
    ///
    /// # Errors
    /// [`NotHere::Indexer`] on one that only syncs.
    pub fn answers(&self) -> Result<(), NotHere> {
        match self.config.role {
            Role::Both | Role::Reader => Ok(()),
            Role::Indexer => Err(NotHere::Indexer),
        }
    }

    /// The operator as the user with this username, or as the one that precis signs in as.
    pub async fn operator(&self, username: Option<&str>) -> anyhow::Result<Caller> {
        self.answers()?;
        let username = match username {
            Some(username) => username.to_owned(),
            None => self.own_username().await?,
        };
        Ok(Caller {
            viewer: self.access.viewer(&username).await?,
            identity: Identity::Operator,
        })
    }

    /// Why a user can or cannot see a record, for an admin.
    ///
    /// # Errors
    /// As [`Access::viewer`].
    pub async fn explain_access(
        &self,
        username: &str,
        record: RecordId,
    ) -> Result<AccessExplanation, access::Error> {
        let own = self.access.viewer(&self.own_username().await?).await?;
        self.access.explain(&own, username, record).await
    }

    /// The username that precis signs in to Salesforce as.
    pub async fn own_username(&self) -> Result<String, salesforce::Error> {
        Ok(self.salesforce.sign_in().await?.username)
    }

    /// What is in the index and what is not. A reader knows no more than how new it is.
    pub async fn status(&self) -> Result<StatusReport, indexer::Error> {
        let mut ledger = match &self.syncing {
            Some(syncing) => syncing.ledger.status().await?,
            None => indexer::Status {
                as_of: self.engine.refreshed_as_of().await.ok().flatten(),
                ..indexer::Status::default()
            },
        };
        // A reply of this process is newer than what the last sync has written down.
        let usage = self.usage();
        ledger.api.org_used = usage.api_used.or(ledger.api.org_used);
        ledger.api.org_limit = usage.api_limit.or(ledger.api.org_limit);
        let syncs = self.syncs().ok();
        let mut report = StatusReport::new(ledger, syncs, &self.config);
        report.prompts = self.engine.prompts.problems();
        match self.audit.status().await {
            Ok(audit) => report.audit = Some(audit),
            // The status says all the rest.
            Err(error) => tracing::error!(error = %error, "state of the audit trail not read"),
        }
        Ok(report)
    }

    /// What this process has called so far.
    pub fn usage(&self) -> salesforce::Usage {
        self.salesforce.usage()
    }

    /// Why an object cannot be synced by itself; none if it can. Salesforce is asked only about
    /// custom objects without a profile.
    pub async fn unsyncable(&self, object: &ObjectName) -> Option<String> {
        let profiles = &self.config.objects;
        if profiles.get(object).is_some() {
            return None;
        }
        let parent = profiles.iter().find(|profile| {
            let mut children = profile.children.iter();
            children.any(|child| &child.object == object)
        });
        if let Some(parent) = parent {
            let parent = &parent.object;
            return Some(format!(
                "{object} is part of {parent}: sync {parent} instead"
            ));
        }
        let may_be_discovered =
            self.config.sync.discover_objects && object.is_custom() && !profiles.covers(object);
        if may_be_discovered {
            match self.salesforce.describe(object).await {
                Err(salesforce::Error::NotFound { .. } | salesforce::Error::Denied { .. }) => {}
                // An org that cannot be asked now says more in the sync itself.
                Ok(_) | Err(_) => return None,
            }
        }
        Some(indexer::Error::UnknownObject(object.clone()).to_string())
    }
}

impl Syncing {
    async fn open(
        config: &Config,
        salesforce: &salesforce::Client,
        embedder: &Option<Embedder>,
        writer: store::Writer,
    ) -> anyhow::Result<Self> {
        let (salesforce, embedder) = (salesforce.clone(), embedder.clone());
        let options = indexer_options(config)?;
        let indexer = Indexer::open(options, salesforce, embedder, writer).await?;
        Ok(Self {
            ledger: indexer.ledger(),
            syncs: Syncs::new(indexer),
        })
    }
}

/// precis writes for its own user alone; a folder that was there before keeps its permissions.
fn warn_of_open_folder(folder: &Path) {
    let mode = std::fs::metadata(folder).map(|found| found.permissions().mode());
    if mode.is_ok_and(|mode| mode & 0o007 != 0) {
        tracing::warn!(data_dir = %folder.display(), "everybody on this machine can look into data_dir: chmod o= it");
    }
}

/// The index where the config says it is; a reader gets no writer.
async fn index(
    config: &Config,
    embedder: Option<&Embedder>,
) -> Result<(store::Reader, Option<store::Writer>), store::Error> {
    let options = store_options(config, embedder);
    let (reader, writer) = match (&config.server, config.role) {
        (Some(server), Role::Reader) => {
            let reader = store::read_from_server(options.model, server.clone())?;
            return Ok((reader, None));
        }
        (Some(server), Role::Both | Role::Indexer) => {
            store::open_on_server(options, server.clone()).await?
        }
        (None, _) => store::open(options).await?,
    };
    Ok((reader, Some(writer)))
}

/// The embedding model of the config; none for keyword search only.
pub async fn embedder(config: &EmbeddingConfig) -> Result<Option<Embedder>, models::Error> {
    match config {
        EmbeddingConfig::None => Ok(None),
        EmbeddingConfig::Local { folder, threads } => {
            let (folder, threads) = (folder.clone(), *threads);
            // Loading reads and hashes 23 MB: not on the runtime.
            let loaded = tokio::task::spawn_blocking(move || load(&folder, threads));
            let stopped = |_| models::Error::Stopped {
                worker: "loading of the embedding model",
            };
            loaded.await.map_err(stopped)?.map(Some)
        }
        EmbeddingConfig::Remote(options) => Embedder::remote(*options.clone()).await.map(Some),
    }
}

fn load(folder: &Path, threads: usize) -> Result<Embedder, models::Error> {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if threads == 0 { cores() } else { threads };
    Embedder::local(folder, threads)
}

/// The chat model of the config; none for extractive answers.
pub fn chat_model(config: &ChatConfig) -> Result<Option<ChatModel>, models::Error> {
    match config {
        ChatConfig::None => Ok(None),
        ChatConfig::Remote(options) => ChatModel::new(*options.clone()).map(Some),
    }
}

/// "71,204 of 100,000 API calls left today".
pub fn allowance(limits: &salesforce::Limits) -> String {
    match limits.daily_api_requests() {
        Some(calls) => format!("{} of {} API calls left today", calls.remaining, calls.max),
        None => "Salesforce names no limit".to_owned(),
    }
}

fn store_options(config: &Config, embedder: Option<&Embedder>) -> store::OpenOptions {
    let model = match embedder {
        Some(embedder) => ModelSpec {
            id: embedder.id().as_str().to_owned(),
            dimension: embedder.dimension(),
        },
        // An index without vectors still has a name for its model, so that the two never mix.
        None => ModelSpec {
            id: "none".to_owned(),
            dimension: 1,
        },
    };
    store::OpenOptions {
        folder: config.data_dir.join("index"),
        model,
        writer_memory: config.writer_bytes,
        exact_vectors: config.exact_vectors,
    }
}

fn indexer_options(config: &Config) -> anyhow::Result<indexer::Options> {
    let files = config.attachments.as_ref().map(file_options).transpose()?;
    Ok(indexer::Options {
        files,
        bulk_from: config.sync.bulk_from,
        quota: config.sync.quota,
        discover_objects: config.sync.discover_objects,
        lightning_url: config.sync.lightning_url.clone(),
        passage_chars: config.passage_chars,
        ..indexer::Options::new(config.data_dir.clone(), config.objects.clone())
    })
}

fn file_options(config: &AttachmentConfig) -> anyhow::Result<indexer::FileOptions> {
    let program = std::env::current_exe().context("cannot find the program itself")?;
    Ok(indexer::FileOptions {
        parser: files::Parser {
            program,
            arguments: vec![READ_FILE.to_owned()],
            limits: config.limits,
        },
        max_bytes: config.max_bytes,
    })
}

/// What every node of one installation knows and nobody else.
fn secret(salesforce: &salesforce::Options) -> &SecretString {
    match &salesforce.auth {
        salesforce::Auth::ClientCredentials { client_secret, .. } => client_secret,
        salesforce::Auth::JwtBearer { private_key, .. } => private_key,
    }
}
