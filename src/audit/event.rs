//! What the trail tells of itself, on lines of their own among those of requests.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::chain::{Hash, Link};

/// How the members of such a line begin; a line of a request begins with its time.
const BEGINNING: &[u8] = b"\"event\":";

/// Something that happened to the trail.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The first line of a chain.
    Begun {
        trail: Uuid,
        /// `sha256` or `hmac-sha256`.
        seal: String,
        /// The file of an earlier version, whose lines have no chain: its hash is on this one.
        #[serde(skip_serializing_if = "Option::is_none")]
        before: Option<OldFile>,
    },
    /// From this line on the chain is sealed with `audit.key`.
    Sealed { seal: String },
    /// What was found wrong when the trail was opened, and went on from there.
    Recovered(Recovered),
    /// Files older than `audit.retention_days` are gone; the chain now begins after this line.
    Pruned { files: Vec<String>, through: Link },
}

/// Lines without a chain that stand before it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OldFile {
    /// Beside the folder of the trail.
    pub file: String,
    pub bytes: u64,
    pub sha256: Hash,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Recovered {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub torn: Option<Torn>,
    /// The head knew of these lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
    /// There was no head, so that lines at the end may have been missing unnoticed.
    #[serde(default)]
    pub without_head: bool,
}

/// A line that was never finished, so that its request was never answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Torn {
    pub file: String,
    pub bytes: u64,
    /// Where these bytes are kept.
    pub kept_in: String,
}

/// Numbers of lines, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    pub from: u64,
    pub to: u64,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    event: &'a Event,
    time: DateTime<Utc>,
}

impl Recovered {
    pub fn is_anything(&self) -> bool {
        self.torn.is_some() || self.missing.is_some() || self.without_head
    }
}

impl Event {
    /// The line's JSON.
    pub fn body(&self) -> serde_json::Result<Vec<u8>> {
        let (event, time) = (self, Utc::now());
        serde_json::to_vec(&Body { event, time })
    }

    /// The event of a line with these members; none if it is the line of a request.
    pub fn of_members(members: &[u8]) -> Option<Self> {
        if !members.starts_with(BEGINNING) {
            return None;
        }
        let body = [b"{", members, b"}"].concat();
        serde_json::from_slice(&body).ok()
    }
}
