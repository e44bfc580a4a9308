//! Record by record: which of some documents a viewer may read now.
//!
//! Salesforce decides, remembered for a short time: by `UserRecordAccess`, or by what a query in the
//! viewer's own session returns. What it does not mention stays hidden.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use chrono::TimeDelta;
use domain::{ObjectName, RecordId, Subject, UserId, Viewer};
use store::{Filters, Reached};

use super::open::{self, OpenObjects};
use super::{Access, Error, Objects, lock};
use crate::config::Confirm;

/// A deletion that was committed late, or on a clock that is behind, counts all the same.
const BEFORE_THE_INDEX: TimeDelta = TimeDelta::hours(1);
/// Above so many remembered decisions a viewer's are forgotten and asked anew.
const RECORDS_PER_VIEWER: usize = 50_000;
/// Viewers whose decisions are remembered.
const MOST_VIEWERS: usize = 10_000;
/// Ids that Salesforce is asked about in one call.
pub const IDS_A_CALL: usize = 200;

/// "This viewer may read that record", and when Salesforce said so.
type Decisions = HashMap<RecordId, (Instant, bool)>;

/// What a viewer may read without being asked about, until when.
struct Opened {
    objects: Arc<OpenObjects>,
    /// Salesforce's decisions have agreed with it until then; before the first, they have not.
    agreed_until: Option<Instant>,
}

/// The deleted records of an object that the index may still have, as of a time. None: too many.
type Deleted = (Instant, Option<Arc<BTreeSet<RecordId>>>);

/// What Salesforce said, for a while.
#[derive(Default)]
pub(super) struct Records {
    decided: Mutex<HashMap<Subject, Decisions>>,
    opened: Mutex<HashMap<UserId, Opened>>,
    deleted: Mutex<HashMap<ObjectName, Deleted>>,
}

impl Access {
    /// Of these documents, those whose root record the viewer may read now.
    ///
    /// Asks Salesforce, 200 ids a call, about what is neither remembered nor open to the viewer as a
    /// whole.
    ///
    /// # Errors
    /// [`Error::Undecided`] while Salesforce cannot be asked: nothing may be shown then.
    pub async fn confirm(
        &self,
        viewer: &Viewer,
        documents: &[RecordId],
    ) -> Result<BTreeSet<RecordId>, Error> {
        if self.inner.config.confirm == Confirm::Principals
            && let Subject::User(_) = viewer.subject()
        {
            return self.expected(viewer, documents, Reached::Granted).await;
        }
        let (open, others) = match viewer.user() {
            Some(user) => self.open_records(user, documents).await?,
            None => (Vec::new(), documents.to_vec()),
        };
        let (mut readable, unknown) = self.remembered(viewer.subject(), &others);
        readable.extend(open);
        if unknown.is_empty() {
            return Ok(readable);
        }
        let asked = self.ask(viewer, &unknown).await?;
        readable.extend(self.remember(viewer.subject(), &unknown, &asked));
        Ok(readable)
    }

    /// Of these documents, those that sharing as of the last sync opens to the viewer. No call.
    ///
    /// # Errors
    /// [`Error::Index`] when the index cannot be read.
    pub async fn expected(
        &self,
        viewer: &Viewer,
        documents: &[RecordId],
        reach: Reached,
    ) -> Result<BTreeSet<RecordId>, Error> {
        let filters = Filters {
            reach,
            ..Filters::default()
        };
        Ok(self.inner.reader.among(viewer, &filters, documents).await?)
    }

    /// Whether sharing as of the last sync narrows what this viewer searches.
    pub fn has_reach(&self, viewer: &Viewer) -> bool {
        viewer.reach().is_some_and(|reach| !reach.all_data)
    }

    /// Whether documents beyond that can turn out to be readable, because Salesforce is asked.
    pub fn asks_beyond_reach(&self) -> bool {
        self.inner.config.confirm != Confirm::Principals
    }

    async fn ask(
        &self,
        viewer: &Viewer,
        documents: &[RecordId],
    ) -> Result<BTreeMap<RecordId, bool>, Error> {
        match (viewer.user(), self.inner.config.confirm) {
            (None, _) => self.synced_still(documents).await,
            (Some(_), Confirm::AsViewer) => self.ask_as_viewer(viewer, documents).await,
            (Some(user), Confirm::UserRecordAccess | Confirm::Principals) => {
                let salesforce = &self.inner.salesforce;
                let asked = salesforce.record_access(user, documents).await?;
                self.compare_open(user, &asked).await?;
                Ok(asked)
            }
        }
    }

    /// Remembers what Salesforce said, and tells the yeses.
    fn remember(
        &self,
        subject: &Subject,
        documents: &[RecordId],
        asked: &BTreeMap<RecordId, bool>,
    ) -> Vec<RecordId> {
        let now = Instant::now();
        let mut decided = lock(&self.inner.records.decided);
        if decided.len() > MOST_VIEWERS {
            decided.clear();
        }
        let decisions = decided.entry(subject.clone()).or_default();
        if decisions.len() > RECORDS_PER_VIEWER {
            decisions.clear();
        }
        let is_allowed = |id: &RecordId| asked.get(id).copied().unwrap_or(false);
        decisions.extend(documents.iter().map(|id| (*id, (now, is_allowed(id)))));
        documents.iter().copied().filter(is_allowed).collect()
    }

    /// The remembered yeses, and the ids to ask for.
    fn remembered(
        &self,
        subject: &Subject,
        documents: &[RecordId],
    ) -> (BTreeSet<RecordId>, Vec<RecordId>) {
        let mut readable = BTreeSet::new();
        let mut unknown = BTreeSet::new();
        let decided = lock(&self.inner.records.decided);
        let decisions = decided.get(subject);
        for id in documents {
            match decisions.and_then(|known| known.get(id)) {
                Some((since, allowed)) if since.elapsed() < self.inner.config.records => {
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

    /// Of these documents, those about which Salesforce has not spoken lately.
    pub fn unsettled(&self, viewer: &Viewer, documents: &[RecordId]) -> BTreeSet<RecordId> {
        let (_, unknown) = self.remembered(viewer.subject(), documents);
        unknown.into_iter().collect()
    }

    /// From now on these objects are open to the user, once a decision has agreed with it.
    pub(super) fn expect_open(&self, user: UserId, objects: OpenObjects) {
        let mut opened = lock(&self.inner.records.opened);
        if objects.is_empty() || !self.inner.config.open_objects {
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
            let opened = lock(&self.inner.records.opened);
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
            let opened = lock(&self.inner.records.opened);
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
        let mut opened = lock(&self.inner.records.opened);
        if !agrees {
            opened.remove(&user);
        } else if let Some(known) = opened.get_mut(&user).filter(|_| compared) {
            known.agreed_until = Some(Instant::now() + self.inner.config.records);
        }
        Ok(())
    }

    /// The deleted records of an object that the index may still have; none if it cannot be told.
    async fn deleted(&self, object: &ObjectName) -> Result<Option<Arc<BTreeSet<RecordId>>>, Error> {
        if let Some((since, deleted)) = lock(&self.inner.records.deleted).get(object)
            && since.elapsed() < self.inner.config.records
        {
            return Ok(deleted.clone());
        }
        // A reader does not know when its records were read, so it cannot tell: it asks about each.
        let as_of = match &self.inner.objects {
            Objects::Ledger(ledger) => ledger.as_of(),
            Objects::Index => None,
        };
        let Some(as_of) = as_of else {
            return Ok(None);
        };
        let now = Instant::now();
        let since = as_of - BEFORE_THE_INDEX;
        let deleted = open::deleted_since(&self.inner.salesforce, object, since).await?;
        let deleted = deleted.map(Arc::new);
        let mut known = lock(&self.inner.records.deleted);
        known.insert(object.clone(), (now, deleted.clone()));
        Ok(deleted)
    }
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
