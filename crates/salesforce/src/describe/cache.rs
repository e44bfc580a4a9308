//! The describes that were fetched: in memory, and in a folder if there is one for them, so that a
//! process that starts does not ask for each object again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use domain::ObjectName;
use reqwest::StatusCode;
use reqwest::header::{IF_MODIFIED_SINCE, LAST_MODIFIED};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Describe;
use crate::error::Error;
use crate::http::{Call, Http, Reply};
use crate::options::{Auth, Options};
use crate::time;
use crate::usage::CallKind;

/// The describes of one client, each with its age.
pub(crate) struct Describes {
    fresh_for: TimeDelta,
    folder: Option<PathBuf>,
    /// Whose describes they are: another user may see other fields.
    reader: String,
    known: Mutex<BTreeMap<ObjectName, Known>>,
}

#[derive(Clone)]
struct Known {
    /// None for an object that the org does not have, or does not show.
    describe: Option<Arc<Describe>>,
    /// The reply that it was read from.
    body: Bytes,
    last_modified: String,
    confirmed: DateTime<Utc>,
}

/// A describe as a file.
#[derive(Serialize, Deserialize)]
struct Stored {
    reader: String,
    last_modified: String,
    confirmed: DateTime<Utc>,
    /// The body of the reply; empty for an object that is not there.
    describe: String,
}

impl Describes {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            fresh_for: TimeDelta::from_std(options.describe_fresh_for).unwrap_or(TimeDelta::MAX),
            folder: options.describe_folder.clone(),
            reader: reader(options),
            known: Mutex::default(),
        }
    }

    pub(crate) async fn get(
        &self,
        http: &Http,
        object: &ObjectName,
        path: String,
    ) -> Result<Arc<Describe>, Error> {
        let known = match self.remembered(object) {
            Some(known) => Some(known),
            None => self.load(object).await,
        };
        let mut call = Call::get(CallKind::Rest, "describe", path);
        if let Some(known) = &known {
            let age = Utc::now() - known.confirmed;
            // One from the future was confirmed by a clock that was wrong.
            if age >= TimeDelta::zero() && age < self.fresh_for.min(known.keeps()) {
                self.remember(object, known.clone());
                return known.describe.clone().ok_or_else(|| missing(object));
            }
        }
        // What was missing is asked for without a condition.
        if let Some(known) = known.as_ref().filter(|known| known.describe.is_some()) {
            call = call.header(IF_MODIFIED_SINCE, known.last_modified.clone());
        }
        let asked_at = Utc::now();
        let reply = match http.reply(&call).await {
            Err(error @ Error::NotFound { .. }) => {
                self.keep(object, Known::missing(asked_at)).await;
                return Err(error);
            }
            reply => reply?,
        };
        let known = match known {
            Some(known) if reply.status == StatusCode::NOT_MODIFIED => Known {
                confirmed: asked_at,
                ..known
            },
            Some(_) | None => read(reply, asked_at).inspect_err(|_| http.note_failure())?,
        };
        let describe = known.describe.clone();
        self.keep(object, known).await;
        describe.ok_or_else(|| missing(object))
    }

    async fn keep(&self, object: &ObjectName, known: Known) {
        self.store(object, &known).await;
        self.remember(object, known);
    }

    /// Makes the next question for each object go to Salesforce.
    pub(crate) async fn forget(&self) {
        let objects: Vec<ObjectName> = std::mem::take(&mut *self.lock()).into_keys().collect();
        if let Some(folder) = &self.folder
            && let Err(error) = tokio::fs::remove_dir_all(folder).await
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(count = objects.len(), %error, "stored describes stay");
        }
    }

    /// A file that cannot be read, or that is another user's, is as none.
    async fn load(&self, object: &ObjectName) -> Option<Known> {
        let text = tokio::fs::read(self.file(object)?).await.ok()?;
        let stored: Stored = serde_json::from_slice(&text).ok()?;
        let body = Bytes::from(stored.describe);
        let describe = match body.is_empty() {
            true => None,
            false => Some(Arc::new(serde_json::from_slice(&body).ok()?)),
        };
        Some(Known {
            describe,
            body,
            last_modified: stored.last_modified,
            confirmed: stored.confirmed,
        })
        .filter(|_| stored.reader == self.reader)
    }

    /// A file that cannot be written costs a call later, and is no reason to fail now.
    async fn store(&self, object: &ObjectName, known: &Known) {
        let Some(file) = self.file(object) else {
            return;
        };
        if let Err(error) = self.write(&file, known).await {
            tracing::warn!(%object, %error, "describe is not kept");
        }
    }

    async fn write(&self, file: &Path, known: &Known) -> std::io::Result<()> {
        let stored = Stored {
            reader: self.reader.clone(),
            last_modified: known.last_modified.clone(),
            confirmed: known.confirmed,
            describe: String::from_utf8_lossy(&known.body).into_owned(),
        };
        if let Some(folder) = file.parent() {
            tokio::fs::create_dir_all(folder).await?;
        }
        let unfinished = file.with_extension("new");
        tokio::fs::write(&unfinished, serde_json::to_vec(&stored)?).await?;
        tokio::fs::rename(&unfinished, file).await
    }

    /// Names of objects are letters, digits and underscores.
    fn file(&self, object: &ObjectName) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{object}.json")))
    }

    fn remembered(&self, object: &ObjectName) -> Option<Known> {
        self.lock().get(object).cloned()
    }

    fn remember(&self, object: &ObjectName, known: Known) {
        self.lock().insert(object.clone(), known);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<ObjectName, Known>> {
        // Entries are put in whole, so a panic elsewhere cannot have left one half-written.
        self.known
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn read(reply: Reply, asked_at: DateTime<Utc>) -> Result<Known, Error> {
    let describe: Describe = serde_json::from_slice(&reply.body)
        .map_err(|error| Error::unreadable("describe", error))?;
    let last_modified = reply
        .headers
        .get(LAST_MODIFIED)
        .and_then(|value| value.to_str().ok())
        .map_or_else(|| time::format_http(asked_at), str::to_owned);
    Ok(Known {
        describe: Some(Arc::new(describe)),
        body: reply.body,
        last_modified,
        confirmed: asked_at,
    })
}

impl Known {
    /// The longest that it is believed. Somebody may just be giving the permission that was missing.
    fn keeps(&self) -> TimeDelta {
        match self.describe {
            Some(_) => TimeDelta::MAX,
            None => TimeDelta::hours(1),
        }
    }

    fn missing(asked_at: DateTime<Utc>) -> Self {
        Self {
            describe: None,
            body: Bytes::new(),
            last_modified: time::format_http(asked_at),
            confirmed: asked_at,
        }
    }
}

fn missing(object: &ObjectName) -> Error {
    Error::NotFound {
        code: "NOT_FOUND".to_owned(),
        message: format!("{object} was not there when the org was last described"),
    }
}

/// Tells the users of different settings apart, without telling the settings.
fn reader(options: &Options) -> String {
    let who = match &options.auth {
        Auth::ClientCredentials { client_id, .. } => (client_id, None),
        Auth::JwtBearer {
            client_id,
            username,
            ..
        } => (client_id, Some(username)),
    };
    let text = format!("{} {} {who:?}", options.login_url, options.api_version);
    let hash = Sha256::digest(text);
    hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}
