//! Sync: from a Salesforce org into an index, as a library that the program runs.
//!
//! The stages, in the order in which a record passes them:
//!
//! 1. [`profile`] and `plan`: which objects are documents, which fields are text, and what of that
//!    this org has;
//! 2. `extract`: rows are pulled into the `mirror`, with the place to go on from;
//! 3. `document`: the mirror's records become a document, its texts made readable by [`clean`];
//!    `sharing` says by what its root record can be read;
//! 4. [`split`] and `passage`: texts become passages;
//! 5. `embed`: passages get vectors;
//! 6. `build`: documents are written to the index, with the position in the mirror's change log;
//! 7. [`ledger`]: what is where, and what is missing and why.
//!
//! A run brings in what is new, what changed and what was deleted, and looks at everything when it
//! is asked to ([`Depth`]): Salesforce tells of some changes only to those who compare.
//!
//! What this crate refuses to do: answer anything, decide who may read what, know how prompts or
//! HTTP look, print. Text of one record never becomes part of another document's record.

pub mod clean;
pub mod ledger;
pub mod profile;
pub mod split;

mod build;
mod document;
mod embed;
mod error;
mod extract;
mod file_text;
mod lightning;
mod mirror;
mod passage;
mod plan;
mod position;
mod progress;
mod request;
mod sharing;
mod sync;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{Document, ObjectName};
use models::{CachedEmbedder, Embedder, EmbeddingCache};
use salesforce::Client;
use serde::{Deserialize, Serialize};
use store::Writer;
use tokio::sync::watch;

pub use error::Error;
pub use extract::QuotaPolicy;
pub use file_text::FileOptions;
pub use ledger::{ApiUse, FailedRecord, Ledger, ObjectStatus, Pause, SourceStatus, Status};
pub use profile::{Profiles, RawProfile};
pub use progress::{Event, Phase, Progress};
pub use request::{Depth, Request, Scope};
pub use sync::{ObjectReport, Report};

use mirror::{Mirror, off_runtime, read};
use position::Position;

/// What an [`Indexer`] is made from.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where `mirror.sqlite` and `embeddings.sqlite` are.
    pub folder: PathBuf,
    pub profiles: Profiles,
    /// The most characters of a passage.
    pub passage_chars: usize,
    /// An object with at least this many rows is first pulled by a bulk job.
    pub bulk_from: u64,
    pub quota: QuotaPolicy,
    /// None leaves the files that are linked to records unread.
    pub files: Option<FileOptions>,
    /// Whether custom objects without a profile become documents, as describe says.
    pub discover_objects: bool,
    /// The address that the org's pages start with; derived from the API's address if none.
    pub lightning_url: Option<String>,
}

impl Options {
    /// Options with the defaults: passages of 700 characters, bulk jobs from 2,000 rows on.
    pub fn new(folder: PathBuf, profiles: Profiles) -> Self {
        Self {
            folder,
            profiles,
            passage_chars: 700,
            bulk_from: 2_000,
            quota: QuotaPolicy {
                share: 0.8,
                look_every: Duration::from_secs(600),
            },
            files: None,
            discover_objects: false,
            lightning_url: None,
        }
    }
}

/// A custom object of the org that no profile says anything about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unlisted {
    pub object: ObjectName,
    pub label: String,
    /// None if its rows cannot be counted.
    pub rows: Option<u64>,
}

/// Brings the index up to the org, and keeps it so. There is one for each index.
pub struct Indexer {
    options: Options,
    salesforce: Client,
    embedder: Option<CachedEmbedder>,
    writer: Writer,
    mirror: Mirror,
    /// A second connection, through which documents are read while rows are written.
    reading: Mirror,
    ledger: Ledger,
    /// Tells the ledger's readers.
    as_of: watch::Sender<Option<DateTime<Utc>>>,
    /// The mirror's own id: positions are positions in it.
    mirror_id: String,
    position: Position,
}

impl Indexer {
    /// Opens the data folder, or makes it. Salesforce is not asked yet.
    ///
    /// Without an embedder passages get no vectors, and are found by their words alone.
    ///
    /// # Errors
    /// A folder or file that cannot be used: [`Error::Folder`], [`Error::Mirror`],
    /// [`Error::OtherVersion`], [`Error::Models`].
    pub async fn open(
        options: Options,
        salesforce: Client,
        embedder: Option<Embedder>,
        writer: Writer,
    ) -> Result<Self, Error> {
        let mirror = Mirror::open(&options.folder).await?;
        let reading = mirror.again().await?;
        let as_of = mirror.call(|mirror| ledger::as_of(mirror)).await?;
        let as_of = watch::Sender::new(as_of);
        let ledger = Ledger::open(&mirror, as_of.subscribe()).await?;
        let path = options.folder.join("embeddings.sqlite");
        let embedder = off_runtime(move || {
            let cached = |embedder| Ok(CachedEmbedder::new(embedder, EmbeddingCache::open(&path)?));
            embedder.map(cached).transpose()
        })
        .await?;
        let mirror_id = mirror.call(|mirror| read::meta(mirror, "mirror")).await?;
        let mirror_id = mirror_id.unwrap_or_default();
        let position = Position::of_index(writer.cursor(), &mirror_id);
        let indexer = Self {
            options,
            salesforce,
            embedder,
            writer,
            mirror,
            reading,
            ledger,
            as_of,
            mirror_id,
            position,
        };
        indexer.note_position().await?;
        Ok(indexer)
    }

    /// A handle that reads the status at any time, also while a sync runs.
    pub fn ledger(&self) -> Ledger {
        self.ledger.clone()
    }

    /// What was synced, as of now.
    pub async fn status(&self) -> Result<Status, Error> {
        self.ledger.status().await
    }

    /// Gives every document of the index to `each`, until it breaks off.
    pub async fn export(
        &self,
        each: impl FnMut(Document) -> ControlFlow<()> + Send,
    ) -> Result<(), Error> {
        Ok(self.writer.export(each).await?)
    }

    /// The index's writer, for its counts.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// The custom objects of the org that no profile says anything about, with their rows.
    pub async fn unlisted(&self) -> Result<Vec<Unlisted>, Error> {
        unlisted(&self.salesforce, &self.options.profiles).await
    }

    /// Tells the status what the index has: it may be another one than last time.
    async fn note_position(&self) -> Result<(), Error> {
        let reached = self.position.reached();
        let indexed = self.writer.counts().await?.documents;
        self.mirror
            .call(move |mirror| {
                for object in ledger::planned(mirror)? {
                    let seq = reached.get(&object).copied().unwrap_or(0);
                    ledger::note_built(mirror, &object, seq, None)?;
                }
                ledger::note_indexed(mirror, &indexed)
            })
            .await
    }
}

/// The custom objects of an org that no profile says anything about, with their rows.
///
/// # Errors
/// [`Error::Salesforce`] when the org cannot be asked.
pub async fn unlisted(salesforce: &Client, profiles: &Profiles) -> Result<Vec<Unlisted>, Error> {
    let mut unlisted = Vec::new();
    for summary in sync::uncovered(salesforce, profiles).await? {
        let count = salesforce::Soql::count(&summary.name);
        unlisted.push(Unlisted {
            rows: salesforce.count(&count).await.ok(),
            object: summary.name,
            label: summary.label,
        });
    }
    Ok(unlisted)
}
