//! Who may see what. Salesforce decides; this asks it, remembers for a short time, and answers no
//! when it cannot be asked.
//!
//! The only place that makes a [`Viewer`].

mod people;
mod permissions;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{ObjectName, RecordId, UserId, Viewer};
use indexer::Ledger;
use salesforce::{Client, Condition, FieldPath, Literal, Soql};

use people::People;

/// Why nothing can be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller is known to us, but is nobody whom Salesforce lets in.
    #[error("{0}")]
    Refused(String),
    /// Salesforce could not be asked, so the answer is no for now.
    #[error("Salesforce cannot say what this user may see: {0}")]
    Undecided(#[from] salesforce::Error),
    #[error("the list of synced objects cannot be read: {0}")]
    Ledger(#[from] indexer::Error),
    #[error("the list of synced objects cannot be read: {0}")]
    Index(#[from] store::Error),
}

/// Where the objects that are synced are told: only their permissions matter.
pub enum Objects {
    Ledger(Ledger),
    /// On a node that does not sync: what occurs in the index.
    Index(store::Reader),
}

/// Asks Salesforce on behalf of viewers. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    inner: Arc<Inner>,
}

/// "This user may read that record", and when Salesforce said so.
type Decisions = HashMap<RecordId, (Instant, bool)>;

struct Inner {
    salesforce: Client,
    objects: Objects,
    /// The objects that are documents, as of the last viewer.
    documents: Mutex<Vec<ObjectName>>,
    permissions_for: Duration,
    records_for: Duration,
    viewers: Mutex<HashMap<String, (Instant, Arc<Viewer>)>>,
    records: Mutex<HashMap<UserId, Decisions>>,
    people: People,
}

/// Above so many remembered decisions a viewer's are forgotten and asked anew.
const RECORDS_PER_VIEWER: usize = 50_000;

impl Access {
    pub fn new(
        salesforce: Client,
        objects: Objects,
        permissions_for: Duration,
        records_for: Duration,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                salesforce,
                objects,
                documents: Mutex::default(),
                permissions_for,
                records_for,
                viewers: Mutex::default(),
                records: Mutex::default(),
                people: People::default(),
            }),
        }
    }

    /// The active Salesforce user with this username, and what they may read.
    pub async fn viewer(&self, username: &str) -> Result<Arc<Viewer>, Error> {
        let key = username.to_lowercase();
        if let Some(viewer) = self.remembered_viewer(&key) {
            return Ok(viewer);
        }
        let user = self.user(username).await?;
        let objects = self.synced_objects().await?;
        let nothing_yet = objects.is_empty();
        let objects = permissions::of(&self.inner.salesforce, &user, &objects).await?;
        let viewer = Viewer::new(user.id, user.username, objects).with_language(user.language);
        let viewer = Arc::new(viewer);
        if nothing_yet {
            // What comes with the first commit must not stay hidden for as long as this is remembered.
            return Ok(viewer);
        }
        let mut viewers = lock(&self.inner.viewers);
        viewers.retain(|_, (since, _)| since.elapsed() < self.inner.permissions_for);
        viewers.insert(key, (Instant::now(), Arc::clone(&viewer)));
        Ok(viewer)
    }

    /// The objects whose records are documents.
    pub fn document_objects(&self) -> Vec<ObjectName> {
        lock(&self.inner.documents).clone()
    }

    /// Of these documents, those whose root record the viewer may read now.
    ///
    /// Asks `UserRecordAccess`, 200 ids a call, for what is not remembered.
    pub async fn confirm(
        &self,
        viewer: &Viewer,
        documents: &[RecordId],
    ) -> Result<BTreeSet<RecordId>, Error> {
        let (mut readable, unknown) = self.remembered_records(viewer.user(), documents);
        if unknown.is_empty() {
            return Ok(readable);
        }
        let asked = self
            .inner
            .salesforce
            .record_access(viewer.user(), &unknown)
            .await?;
        let now = Instant::now();
        let mut records = lock(&self.inner.records);
        let remembered = records.entry(viewer.user()).or_default();
        if remembered.len() > RECORDS_PER_VIEWER {
            remembered.clear();
        }
        for id in unknown {
            let allowed = asked.get(&id).copied().unwrap_or(false);
            remembered.insert(id, (now, allowed));
            if allowed {
                readable.insert(id);
            }
        }
        Ok(readable)
    }

    fn remembered_viewer(&self, key: &str) -> Option<Arc<Viewer>> {
        let viewers = lock(&self.inner.viewers);
        let (since, viewer) = viewers.get(key)?;
        (since.elapsed() < self.inner.permissions_for).then(|| Arc::clone(viewer))
    }

    /// The remembered yeses, and the ids to ask for.
    fn remembered_records(
        &self,
        user: UserId,
        documents: &[RecordId],
    ) -> (BTreeSet<RecordId>, Vec<RecordId>) {
        let mut readable = BTreeSet::new();
        let mut unknown = BTreeSet::new();
        let records = lock(&self.inner.records);
        let remembered = records.get(&user);
        for id in documents {
            match remembered.and_then(|known| known.get(id)) {
                Some((since, allowed)) if since.elapsed() < self.inner.records_for => {
                    if *allowed {
                        readable.insert(*id);
                    }
                }
                Some(_) | None => {
                    unknown.insert(*id);
                }
            }
        }
        (readable, unknown.into_iter().collect())
    }

    /// Documents' own objects and those of their parts.
    async fn synced_objects(&self) -> Result<Vec<ObjectName>, Error> {
        let ledger = match &self.inner.objects {
            Objects::Ledger(ledger) => ledger,
            Objects::Index(reader) => {
                let synced = reader.synced().await?;
                *lock(&self.inner.documents) = synced.documents.into_iter().collect();
                return Ok(synced.all.into_iter().collect());
            }
        };
        let status = ledger.status().await?;
        let documents = status.objects.iter().map(|object| object.object.clone());
        *lock(&self.inner.documents) = documents.collect();
        let objects: BTreeSet<_> = status
            .objects
            .into_iter()
            .flat_map(|object| object.sources.into_iter().map(|source| source.object))
            .collect();
        Ok(objects.into_iter().collect())
    }

    async fn user(&self, username: &str) -> Result<User, Error> {
        let soql = Soql::select(fields(&[
            "Id",
            "Username",
            "IsActive",
            "ProfileId",
            "UserType",
            "LanguageLocaleKey",
        ]))
        .from(&permissions::object("User"))
        .filter(Condition::eq(
            permissions::field("Username"),
            Literal::Text(username.to_owned()),
        ));
        let found = self.inner.salesforce.query_all_rows(&soql).await?;
        let [record] = found.as_slice() else {
            return Err(Error::Refused(format!(
                "Salesforce has no user with the username '{username}'"
            )));
        };
        if record.text("IsActive") != Some("true") {
            return Err(Error::Refused(format!(
                "the Salesforce user '{username}' is not active"
            )));
        }
        let id = record.id().and_then(|id| UserId::try_from(id).ok());
        let Some(id) = id else {
            return Err(Error::Refused(format!(
                "Salesforce sent no id for the user '{username}'"
            )));
        };
        Ok(User {
            id,
            username: record.text("Username").unwrap_or(username).to_owned(),
            profile: record.record_id("ProfileId"),
            is_internal: record.text("UserType") == Some("Standard"),
            language: record.text("LanguageLocaleKey").map(str::to_owned),
        })
    }
}

/// A Salesforce user who may sign in.
struct User {
    id: UserId,
    username: String,
    profile: Option<RecordId>,
    /// Whether it is one of the company's own people, and no customer or partner.
    is_internal: bool,
    language: Option<String>,
}

fn fields(names: &[&'static str]) -> Vec<FieldPath> {
    names.iter().copied().map(permissions::field).collect()
}

/// A poisoned cache is still a cache: what is in it was true when it was written.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
