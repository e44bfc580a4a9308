//! The trail in Azure Log Analytics, through the Logs Ingestion API.
//!
//! The files of the trail are the queue: lines are read from where the last accepted batch ended, which
//! is written down after each. So nothing is lost while Azure is away or precis is stopped; a batch
//! whose acceptance was not written down comes once more (its rows have the same `Trail` and `Seq`).

mod batch;
mod position;
mod send;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use tokio::task::AbortHandle;
use utoipa::ToSchema;
use uuid::Uuid;

use super::files::Folder;
use crate::azure::Credential;
use crate::config::AzureLogs;
use batch::Batch;
use position::Position;
use send::{Sender, Sent};

/// How long lines gather before they are sent.
const GATHER: Duration = Duration::from_secs(5);
/// The longest wait between tries, unless the service asks for more.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// How far Azure is behind the trail.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AzureStatus {
    /// The number of the last line that Azure has taken; none before the first.
    pub sent_seq: u64,
    pub sent_at: Option<DateTime<Utc>>,
    /// When the oldest line was written that Azure does not have; none if it has all.
    pub waiting_since: Option<DateTime<Utc>>,
    /// Why the last try failed; none if it did not.
    pub last_error: Option<String>,
}

/// Sends lines as long as it is kept; what it did not send comes after the next start.
pub struct Shipping {
    status: Arc<Mutex<AzureStatus>>,
    task: AbortHandle,
}

impl Shipping {
    /// Begins where the last process stopped.
    ///
    /// # Errors
    /// The position cannot be read, or the HTTP client cannot be made.
    pub fn start(folder: Folder, logs: AzureLogs, credential: Credential) -> io::Result<Self> {
        let position = Position::read(&folder)?;
        let status = Arc::new(Mutex::new(AzureStatus {
            sent_seq: position.seq,
            ..AzureStatus::default()
        }));
        let shipper = Shipper {
            folder,
            sender: Sender::new(logs, credential).map_err(io::Error::other)?,
            position,
            status: Arc::clone(&status),
            most_rows: usize::MAX,
        };
        let task = tokio::spawn(shipper.run()).abort_handle();
        Ok(Self { status, task })
    }

    pub fn status(&self) -> AzureStatus {
        lock(&self.status).clone()
    }
}

/// The day of the oldest file that Azure may not have whole; before anything was sent the first of
/// all days.
pub fn unsent(folder: &Folder) -> io::Result<NaiveDate> {
    Ok(Position::read(folder)?.day.unwrap_or(NaiveDate::MIN))
}

impl Drop for Shipping {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Shipper {
    folder: Folder,
    sender: Sender,
    position: Position,
    status: Arc<Mutex<AzureStatus>>,
    /// Rows of a batch, less than fit when the service says that they are too many.
    most_rows: usize,
}

impl Shipper {
    async fn run(mut self) {
        let mut failures = 0;
        loop {
            let wait = match self.once().await {
                Ok(Step::Sent) => {
                    failures = 0;
                    Duration::ZERO
                }
                Ok(Step::NothingToSend) => {
                    failures = 0;
                    GATHER
                }
                Err(problem) => {
                    failures += 1;
                    tracing::warn!(error = %problem.message, "audit trail not sent to azure");
                    lock(&self.status).last_error = Some(problem.message);
                    problem.wait.unwrap_or_else(|| backoff(failures))
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends one batch, if there are lines that Azure does not have.
    async fn once(&mut self) -> Result<Step, Problem> {
        let (folder, position) = (self.folder.clone(), self.position.clone());
        let most_rows = self.most_rows;
        let read = move || Batch::read(&folder, position, most_rows);
        let read = tokio::task::spawn_blocking(read).await;
        let batch = read.unwrap_or_else(|error| Err(io::Error::other(error)))?;
        lock(&self.status).waiting_since = batch.oldest;
        if batch.rows == 0 {
            // It may have come to the end of a day.
            self.advance(batch.end)?;
            return Ok(Step::NothingToSend);
        }
        match self.sender.send(&batch).await {
            Sent::Accepted => {
                self.most_rows = usize::MAX;
                self.advance(batch.end)?;
                let mut status = lock(&self.status);
                status.sent_at = Some(Utc::now());
                status.last_error = None;
                Ok(Step::Sent)
            }
            Sent::TooLarge if batch.rows > 1 => {
                self.most_rows = batch.rows / 2;
                Ok(Step::Sent)
            }
            Sent::TooLarge => Err(Problem {
                message: format!("Azure takes no row as large as line {}", batch.end.seq),
                wait: None,
            }),
            Sent::Later { message, wait } => Err(Problem { message, wait }),
        }
    }

    fn advance(&mut self, end: Position) -> io::Result<()> {
        if end != self.position {
            end.write(&self.folder)?;
            lock(&self.status).sent_seq = end.seq;
            self.position = end;
        }
        Ok(())
    }
}

/// What one try came to.
enum Step {
    /// There may be more at once.
    Sent,
    NothingToSend,
}

struct Problem {
    message: String,
    /// What the service asks for.
    wait: Option<Duration>,
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self {
            message: format!("the trail cannot be read for Azure: {error}"),
            wait: None,
        }
    }
}

/// Twice as long after each failure, with a random part, so that nodes do not come back together.
fn backoff(failures: u32) -> Duration {
    let longest = FIRST_WAIT.saturating_mul(2u32.saturating_pow(failures.min(10)));
    longest
        .min(LONGEST_WAIT)
        .mul_f64(0.5 + fastrand::f64() / 2.0)
}

fn lock(status: &Mutex<AzureStatus>) -> MutexGuard<'_, AzureStatus> {
    status.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The name of the chain that a folder has; none before its first line.
fn trail(folder: &Folder) -> io::Result<Option<Uuid>> {
    Ok(folder.head()?.map(|head| head.trail))
}
