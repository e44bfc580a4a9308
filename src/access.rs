//! Who may see what. Salesforce decides; this asks it, remembers for a short time, and answers no
//! when it cannot be asked.
//!
//! The only place that makes a [`Viewer`].

mod articles;
mod as_viewer;
mod directory;
mod explain;
mod open;
mod people;
mod permissions;
mod records;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use domain::{ArticleSight, ObjectName, Reach, RecordId, Subject, UserId, Viewer};
use indexer::Ledger;
use salesforce::{Client, Condition, DataCategoryGroup, FieldPath, Literal, Soql};

use crate::config::{AccessConfig, Confirm, ServicePolicy};
use as_viewer::Sessions;
use directory::Directory;
pub use explain::{AccessExplanation, Outcome};
use people::People;
use permissions::Readable;
pub use records::IDS_A_CALL;
use records::Records;

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
    #[error("the index cannot be read: {0}")]
    Index(#[from] store::Error),
}

/// Where the objects that are synced are told: only their permissions matter.
pub enum Objects {
    Ledger(Ledger),
    /// On a node that does not sync: what occurs in the index.
    Index,
}

/// Asks Salesforce on behalf of viewers. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    inner: Arc<Inner>,
}

struct Inner {
    salesforce: Client,
    reader: store::Reader,
    objects: Objects,
    config: AccessConfig,
    sessions: Sessions,
    /// The objects that are documents, as of the last viewer.
    documents: Mutex<Vec<ObjectName>>,
    viewers: Mutex<HashMap<String, (Instant, Arc<Viewer>)>>,
    directory: tokio::sync::Mutex<Option<(Instant, Arc<Directory>)>>,
    categories: Mutex<Option<(Instant, Vec<DataCategoryGroup>)>>,
    records: Records,
    people: People,
}

/// With more principals than this a filter by them narrows little and costs much.
const MOST_PRINCIPALS: usize = 5_000;

impl Access {
    /// `options` are those of `salesforce`, for sessions as other users.
    pub fn new(
        salesforce: Client,
        options: salesforce::Options,
        reader: store::Reader,
        objects: Objects,
        config: AccessConfig,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                salesforce,
                reader,
                objects,
                config,
                sessions: Sessions::new(options),
                documents: Mutex::default(),
                viewers: Mutex::default(),
                directory: tokio::sync::Mutex::default(),
                categories: Mutex::default(),
                records: Records::default(),
                people: People::default(),
            }),
        }
    }

    /// The active Salesforce user with this username, and what they may read.
    ///
    /// # Errors
    /// [`Error::Refused`] for somebody who is no active user; [`Error::Undecided`] while Salesforce
    /// cannot be asked.
    #[tracing::instrument(name = "access of viewer", skip_all)]
    pub async fn viewer(&self, username: &str) -> Result<Arc<Viewer>, Error> {
        let key = username.to_lowercase();
        if let Some(viewer) = self.remembered_viewer(&key) {
            return Ok(viewer);
        }
        let user = self.user(username).await?;
        let objects = self.synced_objects().await?;
        let nothing_yet = objects.is_empty();
        let viewer = Arc::new(self.viewer_of(user, &objects).await?);
        if nothing_yet {
            // What comes with the first commit must not stay hidden for as long as this is remembered.
            return Ok(viewer);
        }
        let mut viewers = lock(&self.inner.viewers);
        viewers.retain(|_, (since, _)| since.elapsed() < self.inner.config.permissions);
        viewers.insert(key, (Instant::now(), Arc::clone(&viewer)));
        Ok(viewer)
    }

    async fn viewer_of(&self, user: User, objects: &[ObjectName]) -> Result<Viewer, Error> {
        let mut readable = permissions::of(&self.inner.salesforce, &user, objects).await?;
        if self.inner.config.confirm == Confirm::AsViewer {
            readable.objects = self.described_to(&user.username, objects).await?.objects;
        } else {
            self.expect_open(user.id, std::mem::take(&mut readable.open));
        }
        let sets = &readable.sets;
        let articles = self.article_sight(&user, sets, readable.all_data).await?;
        let reach = self.reach(&user, &readable).await;
        let subject = Subject::User(user.id);
        let viewer = Viewer::new(subject, user.username, readable.objects)
            .with_language(user.language)
            .with_articles(articles);
        Ok(match reach {
            Some(reach) => viewer.with_reach(Arc::new(reach)),
            None => viewer,
        })
    }

    /// Where a user stands in the org's sharing; none where that is not known. Customers and partners
    /// are shared with by rules of their own.
    async fn reach(&self, user: &User, readable: &Readable) -> Option<Reach> {
        if user.kind != Kind::Internal || !self.inner.config.prefilter {
            return None;
        }
        let mut reach = Reach {
            user: user.id.record_id(),
            all_data: readable.all_data,
            open: readable.shared.clone(),
            principals: BTreeSet::new(),
        };
        if reach.all_data {
            return Some(reach);
        }
        match self.directory().await {
            Ok(directory) => reach.principals = directory.reach(reach.user),
            Err(error) => {
                tracing::warn!(%error, "roles and groups are not known: searches are not narrowed");
                return None;
            }
        }
        (reach.principals.len() <= MOST_PRINCIPALS).then_some(reach)
    }

    /// The people and groups of the org, read anew after `access.sharing_seconds`. Who comes
    /// meanwhile waits for the same reading.
    async fn directory(&self) -> Result<Arc<Directory>, salesforce::Error> {
        let mut known = self.inner.directory.lock().await;
        if let Some((since, directory)) = known.as_ref()
            && since.elapsed() < self.inner.config.sharing
        {
            return Ok(Arc::clone(directory));
        }
        let begun = Instant::now();
        let directory = Arc::new(Directory::read(&self.inner.salesforce).await?);
        *known = Some((begun, Arc::clone(&directory)));
        Ok(directory)
    }

    /// A service, which may read what the configuration names of what precis has synced: every record
    /// of these objects, and articles in these channels and categories.
    pub fn policy_viewer(&self, policy: &ServicePolicy) -> Arc<Viewer> {
        let articles = ArticleSight {
            channels: Some(policy.channels.clone()),
            categories: policy.categories.clone(),
            hides_other_groups: false,
            validation: self.inner.config.articles.shown_statuses(),
            languages: (!policy.languages.is_empty()).then(|| policy.languages.clone()),
        };
        let subject = Subject::Policy(policy.name.clone());
        let viewer = Viewer::new(subject, policy.name.clone(), policy.objects.clone());
        Arc::new(viewer.with_articles(articles))
    }

    /// The objects whose records are documents.
    pub fn document_objects(&self) -> Vec<ObjectName> {
        lock(&self.inner.documents).clone()
    }

    fn remembered_viewer(&self, key: &str) -> Option<Arc<Viewer>> {
        let viewers = lock(&self.inner.viewers);
        let (since, viewer) = viewers.get(key)?;
        (since.elapsed() < self.inner.config.permissions).then(|| Arc::clone(viewer))
    }

    /// Documents' own objects and those of their parts.
    async fn synced_objects(&self) -> Result<Vec<ObjectName>, Error> {
        let ledger = match &self.inner.objects {
            Objects::Ledger(ledger) => ledger,
            Objects::Index => {
                let synced = self.inner.reader.synced().await?;
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
            "UserRoleId",
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
            role: record.record_id("UserRoleId"),
            kind: Kind::of(record.text("UserType")),
            language: record.text("LanguageLocaleKey").map(str::to_owned),
        })
    }
}

/// A Salesforce user who may sign in.
struct User {
    id: UserId,
    username: String,
    profile: Option<RecordId>,
    role: Option<RecordId>,
    kind: Kind,
    language: Option<String>,
}

/// On which side of the door a user stands, by `User.UserType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The company's own people.
    Internal,
    Customer,
    Partner,
    /// Guests, and types that are not known: the least that anybody gets.
    Guest,
}

impl Kind {
    fn of(user_type: Option<&str>) -> Self {
        match user_type.map(str::to_ascii_lowercase).as_deref() {
            // Only an org without customers and partners does not tell.
            None | Some("standard" | "csnonly" | "cloudintegrationuser" | "automatedprocess") => {
                Self::Internal
            }
            Some("powerpartner") => Self::Partner,
            Some("cspliteportal" | "customersuccess" | "powercustomersuccess") => Self::Customer,
            Some(_) => Self::Guest,
        }
    }
}

fn fields(names: &[&'static str]) -> Vec<FieldPath> {
    names.iter().copied().map(permissions::field).collect()
}

/// A poisoned cache is still a cache: what is in it was true when it was written.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
