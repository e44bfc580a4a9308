//! The one error of this crate.

use std::path::PathBuf;
use std::time::Duration;

/// What went wrong, named for what the caller can do about it.
///
/// Messages are whole sentences for the person who runs the program; they name the file or the
/// setting to look at and never repeat the text that was sent to a model.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fetch the model files.
    #[error("the embedding model is not in {}: {missing} is missing; run `make model` to fetch it", folder.display())]
    ModelMissing {
        folder: PathBuf,
        missing: &'static str,
    },
    /// Fetch the model files again.
    #[error("{} is not the file that belongs to the model (sha256 {found}, expected {expected}); delete it and run `make model`", path.display())]
    ModelChanged {
        path: PathBuf,
        found: String,
        expected: &'static str,
    },
    /// Use another model folder.
    #[error("the embedding model in {} cannot be used: {reason}", folder.display())]
    ModelUnusable { folder: PathBuf, reason: String },
    /// Correct the setting.
    #[error("`{setting}` is not usable: {reason}")]
    Setting { setting: String, reason: String },
    /// Correct the key, or what it is allowed to do.
    #[error("the model service refused the credential ({status}): check `{setting}`")]
    Unauthorized { setting: String, status: u16 },
    /// Correct the name of the deployment or model, or the URL.
    #[error("the model service does not know {name:?}: check `{setting}` ({message})")]
    UnknownModel {
        setting: String,
        name: String,
        message: String,
    },
    /// Ask again later, or raise the quota of the deployment.
    #[error("the model service is limiting the rate of requests{}; ask again later or raise the quota of the deployment", after(*retry_after))]
    RateLimited { retry_after: Option<Duration> },
    /// Pay, or raise the spending limit: waiting does not help.
    #[error("the model service has no quota left for this account: {message}")]
    QuotaExhausted { message: String },
    /// Ask again later; raise the timeout if it keeps happening.
    #[error("the model service did not answer within {} s{}", waited.as_secs(), set_by(setting.as_deref()))]
    Timeout {
        /// What set the time; none where it was the caller's deadline.
        setting: Option<String>,
        waited: Duration,
    },
    /// Ask again, or make do with what has come: the answer ended before it was finished.
    #[error("the model service broke off in the middle of its answer ({reason})")]
    BrokenOff { reason: String },
    /// Look at what should give out tokens, and at the settings that its reason names.
    #[error("there is no token for the model service: {reason}")]
    NoToken {
        reason: String,
        /// Whether one may be had later with nothing changed.
        transient: bool,
    },
    /// Check the URL, the network and the service.
    #[error("the model service cannot be reached: check `{setting}` ({reason})")]
    Unreachable { setting: String, reason: String },
    /// Ask again later: the service is failing.
    #[error("the model service is failing ({status}): {message}")]
    Unavailable { status: u16, message: String },
    /// Send less text.
    #[error("the text is longer than the model accepts: {message}")]
    TooLong { message: String },
    /// Ask something else, or change the content filter of the deployment.
    #[error(
        "the content filter of the model service blocked the {text}{}",
        listed(categories)
    )]
    ContentFiltered {
        text: FilteredText,
        /// Names of the filters that fired, such as `hate` or `jailbreak`; may be empty.
        categories: Vec<String>,
    },
    /// Ask something else: the model declined.
    #[error("the model declined to answer: {reason}")]
    Refused { reason: String },
    /// Ask for less, or allow more tokens.
    #[error("the model's answer did not fit into {limit} tokens")]
    CutOff { limit: u32 },
    /// Correct what was sent; trying again does not help.
    #[error("the model service rejected the request ({status}{}): {message}", code_of(code.as_deref()))]
    Rejected {
        status: u16,
        code: Option<String>,
        message: String,
    },
    /// Report it: the service does not keep its contract.
    #[error("the model service sent a reply that precis does not understand: {reason}")]
    UnexpectedReply { reason: String },
    /// Set the dimension that the model has, or use the model that the index was made with.
    #[error(
        "the model returned vectors of {found} dimensions where {expected} were expected: check `{setting}`"
    )]
    Dimension {
        setting: String,
        expected: usize,
        found: usize,
    },
    /// Delete the file: it holds nothing that cannot be computed again.
    #[error("the embedding cache {} is damaged ({reason}); delete it and it is built anew", path.display())]
    CacheDamaged { path: PathBuf, reason: String },
    /// Look at the disk and the permissions of the folder.
    #[error("the embedding cache {} cannot be used: {reason}", path.display())]
    CacheUnusable { path: PathBuf, reason: String },
    /// The program is stopping, or a worker thread died.
    #[error("the {worker} has stopped")]
    Stopped { worker: &'static str },
}

/// Which side of the conversation a content filter blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilteredText {
    Prompt,
    Completion,
}

impl std::fmt::Display for FilteredText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Prompt => "question or its context",
            Self::Completion => "answer",
        })
    }
}

impl Error {
    /// The message without what the service or the model said in its own words: those can repeat the
    /// text that was sent, which is not for a log.
    pub fn without_its_words(&self) -> String {
        match self {
            Self::Refused { .. } => "the model declined to answer".to_owned(),
            Self::TooLong { .. } => "the text is longer than the model accepts".to_owned(),
            Self::Rejected { status, code, .. } => {
                let code = code_of(code.as_deref());
                format!("the model service rejected the request ({status}{code})")
            }
            Self::Unavailable { status, .. } => format!("the model service is failing ({status})"),
            Self::UnexpectedReply { .. } => {
                "the model service sent a reply that precis does not understand".to_owned()
            }
            Self::ModelMissing { .. }
            | Self::ModelChanged { .. }
            | Self::ModelUnusable { .. }
            | Self::Setting { .. }
            | Self::Unauthorized { .. }
            | Self::UnknownModel { .. }
            | Self::RateLimited { .. }
            | Self::QuotaExhausted { .. }
            | Self::Timeout { .. }
            | Self::BrokenOff { .. }
            | Self::NoToken { .. }
            | Self::Unreachable { .. }
            | Self::ContentFiltered { .. }
            | Self::CutOff { .. }
            | Self::Dimension { .. }
            | Self::CacheDamaged { .. }
            | Self::CacheUnusable { .. }
            | Self::Stopped { .. } => self.to_string(),
        }
    }

    /// Whether the same call may succeed later with nothing changed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::RateLimited { .. }
            | Self::Timeout { .. }
            | Self::BrokenOff { .. }
            | Self::Unreachable { .. }
            | Self::Unavailable { .. } => true,
            Self::NoToken { transient, .. } => *transient,
            Self::ModelMissing { .. }
            | Self::ModelChanged { .. }
            | Self::ModelUnusable { .. }
            | Self::Setting { .. }
            | Self::Unauthorized { .. }
            | Self::UnknownModel { .. }
            | Self::QuotaExhausted { .. }
            | Self::TooLong { .. }
            | Self::ContentFiltered { .. }
            | Self::Refused { .. }
            | Self::CutOff { .. }
            | Self::Rejected { .. }
            | Self::UnexpectedReply { .. }
            | Self::Dimension { .. }
            | Self::CacheDamaged { .. }
            | Self::CacheUnusable { .. }
            | Self::Stopped { .. } => false,
        }
    }
}

fn after(wait: Option<Duration>) -> String {
    wait.map(|wait| format!(" (for {} s)", wait.as_secs_f32().ceil()))
        .unwrap_or_default()
}

fn set_by(setting: Option<&str>) -> String {
    setting
        .map(|setting| format!("; `{setting}` sets how long precis waits"))
        .unwrap_or_default()
}

fn listed(categories: &[String]) -> String {
    if categories.is_empty() {
        String::new()
    } else {
        format!(" ({})", categories.join(", "))
    }
}

fn code_of(code: Option<&str>) -> String {
    code.map(|code| format!(", {code}")).unwrap_or_default()
}
