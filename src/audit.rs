//! Who asked what, and what they were shown: one line of JSON a request, on a chain of hashes and in
//! the file before the reply leaves. A request that cannot be recorded is not answered.
//!
//! One process appends; whoever can read the files can check them, also while it does.

mod appender;
mod azure;
mod chain;
mod entry;
mod event;
mod feedback;
mod files;
mod read;
mod redact;
mod retention;
#[cfg(test)]
mod tests;
mod verify;

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chrono::{NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::azure::Credential;
use crate::config::{AuditConfig, AzureLogs};
use crate::identity::Caller;
use appender::{Appender, Writing};
pub use azure::AzureStatus;
use azure::Shipping;
pub use chain::Link;
use chain::Seal;
pub use entry::{Asked, Entry, Outcome, Surface};
use feedback::Tally;
pub use feedback::{Feedback, FeedbackCounts, OPEN_DAYS};
use files::Folder;
pub use read::{Page, Selection, parse_since, parse_until};
pub use redact::Questions;
use redact::Redaction;
pub use retention::Pruned;
pub use verify::{Report, verify};

/// Lines that may wait; more requests wait before they queue up.
const MOST_WAITING: usize = 256;
/// How often lines go to the disk that no reply has waited for.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// The trail of one data folder. Cheap to clone.
#[derive(Clone)]
pub struct Audit {
    shared: Arc<Shared>,
    orders: mpsc::Sender<Order>,
}

struct Shared {
    folder: Folder,
    redaction: Redaction,
    /// 0: lines are kept for ever.
    retention_days: u32,
    /// Files stay until Azure has them.
    has_azure: bool,
    /// None where lines are not sent from.
    shipping: OnceLock<Shipping>,
    tally: Tally,
}

/// What the status says of the trail.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct AuditStatus {
    /// The number of the last line.
    pub last_seq: u64,
    /// None where the trail does not go to Azure.
    pub azure: Option<AzureStatus>,
    /// What people say of the replies.
    #[serde(default)]
    pub feedback: FeedbackCounts,
}

/// What the thread that writes is asked for.
enum Order {
    Line(Line),
    Task(Task),
}

enum Task {
    Prune {
        days: u32,
        unsent: Option<NaiveDate>,
        done: oneshot::Sender<io::Result<Pruned>>,
    },
    Sync,
}

/// A line that waits to be written, and who waits for it.
struct Line {
    body: Vec<u8>,
    written: oneshot::Sender<Result<(), ErrorKind>>,
}

#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Nothing may be shown.
    #[error("the audit trail {} cannot be written: {cause}", path.display())]
    Unwritable { path: PathBuf, cause: io::Error },
    #[error(
        "process {process} writes the audit trail {}: stop it, or give this one a data_dir of its own",
        path.display()
    )]
    InUse { path: PathBuf, process: String },
    #[error(
        "the audit trail {} is sealed with another audit.key: set that one, or move the folder away \
         to begin a new trail",
        .0.display()
    )]
    OtherKey(PathBuf),
    #[error("the audit trail {} cannot be read: {cause}", path.display())]
    Unreadable { path: PathBuf, cause: io::Error },
}

impl Audit {
    /// Opens the trail in `data_dir` for appending: one process at a time may.
    pub async fn open(data_dir: &Path, config: &AuditConfig) -> Result<Self, AuditError> {
        let folder = folder(data_dir);
        let seal = Seal::new(config.key.as_ref());
        let shared = Arc::new(Shared {
            folder: folder.clone(),
            redaction: Redaction {
                questions: config.questions,
                seal: seal.clone(),
            },
            retention_days: config.retention_days,
            has_azure: config.azure.is_some(),
            shipping: OnceLock::new(),
            tally: Tally::default(),
        });
        let writing = Writing {
            seal,
            sync: config.sync,
            old: data_dir.join("audit.jsonl"),
        };
        let opened = tokio::task::spawn_blocking(move || Appender::open(folder, writing));
        let appender = opened
            .await
            .map_err(|_| shared.unwritable(ErrorKind::Interrupted.into()))??;
        let (orders, waiting) = mpsc::channel(MOST_WAITING);
        // It ends when the last handle to the trail is gone.
        tokio::task::spawn_blocking(move || carry_out(appender, waiting));
        let audit = Self { shared, orders };
        tokio::spawn(keep(Arc::clone(&audit.shared), audit.orders.downgrade()));
        Ok(audit)
    }

    /// Sends lines to Azure from now on, those first that it does not have yet.
    ///
    /// # Errors
    /// [`AuditError::Unreadable`] when it is not known which it has.
    pub fn ship(&self, logs: AzureLogs, credential: Credential) -> Result<(), AuditError> {
        let folder = self.shared.folder.clone();
        let shipping = self.read(Ok(Shipping::start(folder, logs, credential)))?;
        // Whoever comes second has nothing to send.
        let _ = self.shared.shipping.set(shipping);
        Ok(())
    }

    pub async fn status(&self) -> Result<AuditStatus, AuditError> {
        let shared = Arc::clone(&self.shared);
        let read = tokio::task::spawn_blocking(move || {
            let feedback = shared.tally.counts(&shared.folder)?;
            Ok((shared.folder.head()?, feedback))
        });
        let (head, feedback) = self.read(read.await)?;
        Ok(AuditStatus {
            feedback,
            last_seq: head.map_or(0, |head| head.end.seq),
            azure: self.shared.shipping.get().map(Shipping::status),
        })
    }

    /// Appends one line, whole or not at all.
    #[tracing::instrument(name = "audit line", skip_all)]
    pub async fn write(&self, entry: Entry) -> Result<(), AuditError> {
        let is_judged = entry.feedback.is_some();
        let body = entry.into_body(&self.shared.redaction);
        let body = body.map_err(|error| self.shared.unwritable(error.into()))?;
        let judged = is_judged.then(|| body.clone());
        let (written, result) = oneshot::channel();
        let gone = || self.shared.unwritable(ErrorKind::BrokenPipe.into());
        let line = Order::Line(Line { body, written });
        self.orders.send(line).await.map_err(|_| gone())?;
        let result = result.await.map_err(|_| gone())?;
        result.map_err(|kind| self.shared.unwritable(kind.into()))?;
        if let Some(judged) = judged {
            self.shared.tally.note(&judged);
        }
        Ok(())
    }

    /// Whether a reply with this id was shown to the caller in the last [`OPEN_DAYS`].
    pub async fn was_shown(&self, request_id: Uuid, caller: &Caller) -> Result<bool, AuditError> {
        let (folder, caller) = (self.shared.folder.clone(), caller.clone());
        let read =
            tokio::task::spawn_blocking(move || feedback::was_shown(&folder, request_id, &caller));
        self.read(read.await)
    }

    /// Removes what is older than `audit.retention_days` lets it be.
    pub async fn prune(&self) -> Result<Pruned, AuditError> {
        prune(&self.shared, &self.orders).await
    }

    /// A page of the trail, newest first.
    pub async fn page(&self, selection: Selection) -> Result<Page, AuditError> {
        let folder = self.shared.folder.clone();
        let read = tokio::task::spawn_blocking(move || read::page(&folder, &selection));
        self.read(read.await)
    }

    /// Lines of a time as they stand in the files, oldest first, in pieces that end with a line. A
    /// reader that is gone ends it.
    pub fn export(&self, selection: Selection) -> mpsc::Receiver<io::Result<Vec<u8>>> {
        read::stream(self.shared.folder.clone(), selection)
    }

    fn read<T>(
        &self,
        read: Result<io::Result<T>, tokio::task::JoinError>,
    ) -> Result<T, AuditError> {
        let read = read.unwrap_or_else(|_| Err(ErrorKind::Interrupted.into()));
        read.map_err(|cause| AuditError::Unreadable {
            path: self.shared.folder.path().to_owned(),
            cause,
        })
    }
}

impl Shared {
    fn unwritable(&self, cause: io::Error) -> AuditError {
        let path = self.folder.path().to_owned();
        AuditError::Unwritable { path, cause }
    }
}

/// Where the trail of a data folder is.
fn folder(data_dir: &Path) -> Folder {
    Folder::new(data_dir.join("audit"))
}

/// Writes lines as they come, those that have come together at once: a write for each request would
/// be what many of them wait for.
fn carry_out(mut appender: Appender, mut waiting: mpsc::Receiver<Order>) {
    let mut orders = Vec::new();
    while waiting.blocking_recv_many(&mut orders, MOST_WAITING) > 0 {
        let mut lines = Vec::new();
        let mut tasks = Vec::new();
        for order in orders.drain(..) {
            match order {
                Order::Line(line) => lines.push(line),
                Order::Task(task) => tasks.push(task),
            }
        }
        append(&mut appender, lines);
        for task in tasks {
            match task {
                Task::Prune { days, unsent, done } => {
                    // Who gave up waiting needs no answer.
                    let _ = done.send(appender.prune(days, unsent));
                }
                Task::Sync => sync(&mut appender),
            }
        }
    }
    sync(&mut appender);
}

fn sync(appender: &mut Appender) {
    if let Err(error) = appender.sync() {
        tracing::error!(error = %error, "audit trail not synced to the disk");
    }
}

fn append(appender: &mut Appender, lines: Vec<Line>) {
    if lines.is_empty() {
        return;
    }
    let bodies = lines.iter().map(|line| line.body.as_slice());
    let written = appender.append(bodies).map_err(|error| error.kind());
    for line in lines {
        let _ = line.written.send(written);
    }
}

/// Brings lines to the disk every second and lets old files go every day, as long as anybody has the
/// trail.
async fn keep(shared: Arc<Shared>, orders: mpsc::WeakSender<Order>) {
    let mut pruned = None;
    loop {
        tokio::time::sleep(SYNC_EVERY).await;
        let Some(orders) = orders.upgrade() else {
            return;
        };
        let today = Utc::now().date_naive();
        if shared.retention_days > 0 && pruned != Some(today) {
            pruned = Some(today);
            if let Err(error) = prune(&shared, &orders).await {
                tracing::error!(error = %error, "audit trail not pruned");
            }
        }
        if orders.send(Order::Task(Task::Sync)).await.is_err() {
            return;
        }
    }
}

async fn prune(shared: &Shared, orders: &mpsc::Sender<Order>) -> Result<Pruned, AuditError> {
    if shared.retention_days == 0 {
        return Ok(Pruned::default());
    }
    let unsent = shared.has_azure.then(|| azure::unsent(&shared.folder));
    let unsent = unsent
        .transpose()
        .map_err(|cause| shared.unwritable(cause))?;
    let (done, result) = oneshot::channel();
    let task = Task::Prune {
        days: shared.retention_days,
        unsent,
        done,
    };
    let gone = || shared.unwritable(ErrorKind::BrokenPipe.into());
    orders.send(Order::Task(task)).await.map_err(|_| gone())?;
    match result.await {
        Ok(result) => result.map_err(|cause| shared.unwritable(cause)),
        Err(_) => Err(gone()),
    }
}
