//! Who asked what, and what they were shown: one line of JSON a request, appended and flushed
//! before the reply leaves. A request that cannot be recorded is not answered.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use domain::{RecordId, UserId};
use serde::Serialize;
use tokio::fs::OpenOptions;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::identity::{Caller, Identity};
use crate::query::{Answer, Error as QueryError, SearchResponse, prompt_hash};

/// Where a request came in.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    Rest,
    CommandLine,
}

/// One request on the trail.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    pub time: DateTime<Utc>,
    pub request_id: Uuid,
    pub surface: Surface,
    pub operation: &'static str,
    pub identity: Identity,
    /// None for a service policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    pub username: String,
    pub question: String,
    /// Records that were shown or quoted.
    pub shown: Vec<RecordId>,
    /// Candidates left out because the viewer may not read them.
    pub withheld: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub took_ms: i64,
    pub outcome: String,
}

impl Entry {
    /// A request that begins now.
    pub fn new(
        request_id: Uuid,
        surface: Surface,
        operation: &'static str,
        caller: &Caller,
        question: &str,
    ) -> Self {
        Self {
            time: Utc::now(),
            request_id,
            surface,
            operation,
            identity: caller.identity.clone(),
            user_id: caller.viewer.user(),
            username: caller.viewer.name().to_owned(),
            question: question.chars().take(4_000).collect(),
            shown: Vec::new(),
            withheld: 0,
            model: None,
            prompt: None,
            prompt_tokens: 0,
            completion_tokens: 0,
            took_ms: 0,
            outcome: String::new(),
        }
    }

    /// How a search ended.
    pub fn of_search(mut self, found: &Result<SearchResponse, QueryError>) -> Self {
        if let Ok(found) = found {
            self.shown = found.hits.iter().map(|hit| hit.document.id).collect();
            self.withheld = found.withheld;
        }
        self.ended(found.as_ref().map(|_| "shown"))
    }

    /// How an answer ended.
    pub fn of_answer(mut self, answer: &Result<Answer, QueryError>) -> Self {
        if let Ok(answer) = answer {
            let cited = answer.citations.iter().map(|citation| citation.record_id);
            let nearest = answer.nearest.iter().map(|document| document.id);
            self.shown = cited.chain(nearest).collect();
            self.withheld = answer.withheld;
            self.prompt = (answer.usage.prompt_tokens > 0).then(prompt_hash);
            self.model = Some(answer.model.clone());
            self.prompt_tokens = answer.usage.prompt_tokens;
            self.completion_tokens = answer.usage.completion_tokens;
        }
        self.ended(answer.as_ref().map(|answer| match answer.answered {
            true => "answered",
            false => "not answered",
        }))
    }

    fn ended(mut self, outcome: Result<&'static str, &QueryError>) -> Self {
        self.outcome = match outcome {
            Ok(outcome) => outcome.to_owned(),
            Err(error) => format!("failed: {error}"),
        };
        self.took_ms = (Utc::now() - self.time).num_milliseconds();
        self
    }
}

/// The trail of one data folder. Cheap to clone.
#[derive(Clone)]
pub struct Audit {
    path: PathBuf,
    lines: mpsc::Sender<Line>,
}

/// A line that waits to be written, and who waits for it.
struct Line {
    bytes: Vec<u8>,
    written: oneshot::Sender<Result<(), ErrorKind>>,
}

/// The trail cannot be written, so nothing may be shown.
#[derive(Debug, thiserror::Error)]
#[error("the audit trail {path} cannot be written: {cause}")]
pub struct AuditError {
    path: PathBuf,
    cause: std::io::Error,
}

/// Lines that may wait; more requests wait before they queue up.
const MOST_WAITING: usize = 256;

impl Audit {
    /// Opens `audit.jsonl` in `folder` for appending.
    pub async fn open(folder: &Path) -> Result<Self, AuditError> {
        let path = folder.join("audit.jsonl");
        let opened = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .await;
        match opened {
            Ok(file) => {
                let (lines, waiting) = mpsc::channel(MOST_WAITING);
                let file = file.into_std().await;
                // It ends when the last handle to the trail is gone.
                tokio::task::spawn_blocking(move || append(file, waiting));
                Ok(Self { path, lines })
            }
            Err(cause) => Err(AuditError { path, cause }),
        }
    }

    /// Appends one line, whole or not at all.
    pub async fn write(&self, entry: Entry) -> Result<(), AuditError> {
        let failed = |cause| AuditError {
            path: self.path.clone(),
            cause,
        };
        let mut bytes = serde_json::to_vec(&entry).map_err(|error| failed(error.into()))?;
        bytes.push(b'\n');
        let (written, result) = oneshot::channel();
        let line = Line { bytes, written };
        let gone = || failed(ErrorKind::BrokenPipe.into());
        self.lines.send(line).await.map_err(|_| gone())?;
        match result.await {
            Ok(result) => result.map_err(|kind| failed(kind.into())),
            Err(_) => Err(gone()),
        }
    }
}

/// Writes lines as they come, those that have come together at once: a write for each request would
/// be what many of them wait for.
fn append(mut file: File, mut waiting: mpsc::Receiver<Line>) {
    let mut lines = Vec::new();
    while waiting.blocking_recv_many(&mut lines, MOST_WAITING) > 0 {
        let bytes: Vec<u8> = lines.iter().flat_map(|line| &line.bytes).copied().collect();
        let written = file.write_all(&bytes).map_err(|error| error.kind());
        for line in lines.drain(..) {
            // Who gave up waiting needs no answer.
            let _ = line.written.send(written);
        }
    }
}
