//! Who may see what. Salesforce decides; this asks it, remembers for a short time, and answers no
//! when it cannot be asked.
//!
//! The only place that makes a [`Viewer`].

mod open;
mod people;
mod permissions;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use domain::{ObjectName, RecordId, Subject, UserId, Viewer};
use indexer::Ledger;
use salesforce::{Client, Condition, FieldPath, Literal, Soql};

use crate::config::ServicePolicy;
use open::OpenObjects;
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

/// What a viewer may read without being asked about, until when.
struct Opened {
    objects: Arc<OpenObjects>,
    /// Salesforce's decisions have agreed with it until then; before the first, they have not.
    agreed_until: Option<Instant>,
}

/// The deleted records of an object that the index may still have, as of a time. None: too many.
type Deleted = (Instant, Option<Arc<BTreeSet<RecordId>>>);

struct Inner {
    salesforce: Client,
    objects: Objects,
    /// The objects that are documents, as of the last viewer.
    documents: Mutex<Vec<ObjectName>>,
    permissions_for: Duration,
    records_for: Duration,
    viewers: Mutex<HashMap<String, (Instant, Arc<Viewer>)>>,
    records: Mutex<HashMap<UserId, Decisions>>,
    opened: Mutex<HashMap<UserId, Opened>>,
    deleted: Mutex<HashMap<ObjectName, Deleted>>,
    people: People,
}

/// A deletion that was committed late, or on a clock that is behind, counts all the same.
const BEFORE_THE_INDEX: TimeDelta = TimeDelta::hours(1);
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
                opened: Mutex::default(),
                deleted: Mutex::default(),
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
        let readable = permissions::of(&self.inner.salesforce, &user, &objects).await?;
        self.expect_open(user.id, readable.open);
        let viewer = Viewer::new(Subject::User(user.id), user.username, readable.objects);
        let viewer = Arc::new(viewer.with_language(user.language));
        if nothing_yet {
            // What comes with the first commit must not stay hidden for as long as this is remembered.
            return Ok(viewer);
        }
        let mut viewers = lock(&self.inner.viewers);
        viewers.retain(|_, (since, _)| since.elapsed() < self.inner.permissions_for);
        viewers.insert(key, (Instant::now(), Arc::clone(&viewer)));
        Ok(viewer)
    }

    /// What the configuration lets a service read.
    ///
    /// # Errors
    /// [`Error::Refused`], as long as no service can be asked about.
    pub fn policy_viewer(&self, policy: &ServicePolicy) -> Result<Arc<Viewer>, Error> {
        Err(Error::Refused(format!(
            "the policy '{}' opens nothing yet: bind the caller to a Salesforce user",
            policy.name
        )))
    }

    /// The objects whose records are documents.
    pub fn document_objects(&self) -> Vec<ObjectName> {
        lock(&self.inner.documents).clone()
    }

    /// Of these documents, those whose root record the viewer may read now.
    ///
    /// Asks `UserRecordAccess`, 200 ids a call, for what is neither remembered nor open to the
    /// viewer as a whole.
    pub async fn confirm(
        &self,
        viewer: &Viewer,
        documents: &[RecordId],
    ) -> Result<BTreeSet<RecordId>, Error> {
        let Some(user) = viewer.user() else {
            return Ok(BTreeSet::new());
        };
        let (open, others) = self.open_records(user, documents).await?;
        let (mut readable, unknown) = self.remembered_records(user, &others);
        readable.extend(open);
        if unknown.is_empty() {
            return Ok(readable);
        }
        let asked = self.inner.salesforce.record_access(user, &unknown).await?;
        self.compare_open(user, &asked).await?;
        let now = Instant::now();
        let mut records = lock(&self.inner.records);
        let remembered = records.entry(user).or_default();
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

    /// From now on these objects are open to the user, once a decision has agreed with it.
    fn expect_open(&self, user: UserId, objects: OpenObjects) {
        let mut opened = lock(&self.inner.opened);
        if objects.is_empty() {
            opened.remove(&user);
            return;
        }
        let objects = Arc::new(objects);
        let agreed_until = opened.get(&user).filter(|known| known.objects == objects);
        let agreed_until = agreed_until.and_then(|known| known.agreed_until);
        let known = Opened {
            objects,
            agreed_until,
        };
        opened.insert(user, known);
    }

    /// The documents of objects that are open to the user, deleted ones apart, and the others.
    async fn open_records(
        &self,
        user: UserId,
        documents: &[RecordId],
    ) -> Result<(Vec<RecordId>, Vec<RecordId>), Error> {
        let agreed = {
            let opened = lock(&self.inner.opened);
            let agreed = |known: &&Opened| known.agreed_until.is_some_and(|t| t > Instant::now());
            let known = opened.get(&user).filter(agreed);
            known.map(|known| Arc::clone(&known.objects))
        };
        let Some(objects) = agreed else {
            return Ok((Vec::new(), documents.to_vec()));
        };
        let (mut open, mut others) = (Vec::new(), Vec::new());
        for (object, ids) in by_object(&objects, documents) {
            let deleted = match object {
                Some(object) => self.deleted(object).await?,
                None => None,
            };
            match deleted {
                Some(deleted) => open.extend(ids.into_iter().filter(|id| !deleted.contains(id))),
                None => others.extend(ids),
            }
        }
        Ok((open, others))
    }

    /// Holds what is taken for open against what Salesforce has said.
    async fn compare_open(
        &self,
        user: UserId,
        asked: &BTreeMap<RecordId, bool>,
    ) -> Result<(), Error> {
        let objects = {
            let opened = lock(&self.inner.opened);
            match opened.get(&user) {
                Some(known) => Arc::clone(&known.objects),
                None => return Ok(()),
            }
        };
        let (mut compared, mut agrees) = (false, true);
        for (id, allowed) in asked {
            let Some(object) = objects.object_of(*id) else {
                continue;
            };
            compared = true;
            if !allowed {
                let deleted = self.deleted(object).await?;
                agrees &= deleted.is_some_and(|deleted| deleted.contains(id));
            }
        }
        let mut opened = lock(&self.inner.opened);
        if !agrees {
            opened.remove(&user);
        } else if let Some(known) = opened.get_mut(&user).filter(|_| compared) {
            known.agreed_until = Some(Instant::now() + self.inner.records_for);
        }
        Ok(())
    }

    /// The deleted records of an object that the index may still have; none if it cannot be told.
    async fn deleted(&self, object: &ObjectName) -> Result<Option<Arc<BTreeSet<RecordId>>>, Error> {
        if let Some((since, deleted)) = lock(&self.inner.deleted).get(object)
            && since.elapsed() < self.inner.records_for
        {
            return Ok(deleted.clone());
        }
        // A reader does not know when its records were read, so it cannot tell: it asks about each.
        let as_of = match &self.inner.objects {
            Objects::Ledger(ledger) => ledger.as_of(),
            Objects::Index(_) => None,
        };
        let Some(as_of) = as_of else {
            return Ok(None);
        };
        let now = Instant::now();
        let since = as_of - BEFORE_THE_INDEX;
        let deleted = open::deleted_since(&self.inner.salesforce, object, since).await?;
        let deleted = deleted.map(Arc::new);
        let mut known = lock(&self.inner.deleted);
        known.insert(object.clone(), (now, deleted.clone()));
        Ok(deleted)
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

/// Documents by the open object that they are of; none of the others.
fn by_object<'a>(
    objects: &'a OpenObjects,
    documents: &[RecordId],
) -> BTreeMap<Option<&'a ObjectName>, Vec<RecordId>> {
    let mut sorted: BTreeMap<Option<&ObjectName>, Vec<RecordId>> = BTreeMap::new();
    for id in documents {
        sorted.entry(objects.object_of(*id)).or_default().push(*id);
    }
    sorted
}

/// A poisoned cache is still a cache: what is in it was true when it was written.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
