//! What hangs on an account, as one viewer may read it: lists of ids first, text for the few that are
//! shown.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::{Document, Facet, FieldName, ObjectName, RecordId, Viewer};
use store::{Filters, Order, Place, Reached};

use crate::query::{Engine, Error};

/// Ids that are listed at once.
const PAGE: usize = 10_000;
/// Records of a kind about which Salesforce is asked one by one. With more of them a count is a lower
/// bound.
const MOST_ASKED: usize = 2_000;
/// Documents whose access is asked for at once where only some are wanted.
const STEP: usize = 200;
/// Steps of such a list.
const MOST_STEPS: usize = 5;

/// The documents of one account.
pub struct Files<'a> {
    pub engine: &'a Engine,
    pub viewer: &'a Viewer,
    pub account: RecordId,
    withheld: Mutex<BTreeSet<RecordId>>,
}

/// Which documents of the account.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    object: &'static str,
    facets: Vec<(&'static str, Vec<String>)>,
    created_from: Option<DateTime<Utc>>,
    created_to: Option<DateTime<Utc>>,
}

/// The readable ones among them, the latest changed first.
#[derive(Debug, Clone, Default)]
pub struct Pile {
    pub ids: Vec<RecordId>,
    /// Whether these are all.
    pub is_complete: bool,
}

impl Wanted {
    pub fn all(object: &'static str) -> Self {
        Self {
            object,
            ..Self::default()
        }
    }

    pub fn with(mut self, facet: &'static str, value: &str) -> Self {
        self.facets.push((facet, vec![value.to_owned()]));
        self
    }

    /// About a day from `first` to `last`.
    pub fn on(mut self, first: NaiveDate, last: NaiveDate) -> Self {
        let days = first.iter_days().take_while(|day| *day <= last);
        let days = days.map(|day| day.to_string()).collect();
        self.facets.push((Facet::DAY, days));
        self
    }

    /// Created from the beginning of `first` on, and before the beginning of `end`.
    pub fn created(mut self, first: NaiveDate, end: Option<NaiveDate>) -> Self {
        self.created_from = Some(beginning(first));
        self.created_to = end.map(|end| beginning(end) - chrono::TimeDelta::milliseconds(1));
        self
    }
}

fn beginning(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc()
}

/// The day `days` before.
pub fn before(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

impl<'a> Files<'a> {
    pub fn new(engine: &'a Engine, viewer: &'a Viewer, account: RecordId) -> Self {
        Self {
            engine,
            viewer,
            account,
            withheld: Mutex::default(),
        }
    }

    /// Whether the viewer may read all of these fields of an object.
    pub fn reads(&self, object: &str, fields: &[&str]) -> bool {
        let Ok(object) = ObjectName::parse(object) else {
            return false;
        };
        self.viewer.reads_object(&object)
            && fields.iter().all(|field| {
                FieldName::parse(field).is_ok_and(|field| self.viewer.reads_field(&object, &field))
            })
    }

    /// Every readable document that is wanted.
    pub async fn pile(&self, wanted: Wanted) -> Result<Pile, Error> {
        let filters = self.filters(&wanted);
        let mut ids = self.listed(&filters).await?;
        let mut is_complete = true;
        if ids.len() > MOST_ASKED && self.is_asked_about(wanted.object) {
            let likely = Filters {
                reach: Reached::Likely,
                ..filters
            };
            ids = self.listed(&likely).await?;
            ids.truncate(MOST_ASKED);
            is_complete = false;
        }
        let ids = self.readable(ids).await?;
        Ok(Pile { ids, is_complete })
    }

    /// The readable documents among them that were changed last, `most` at most.
    pub async fn latest(&self, wanted: Wanted, most: usize) -> Result<Pile, Error> {
        let filters = Filters {
            reach: Reached::Likely,
            ..self.filters(&wanted)
        };
        let mut pile = Pile::default();
        let mut after = None;
        for _ in 0..MOST_STEPS {
            let step = self.page(&filters, after, STEP).await?;
            after = step.last().copied();
            let is_last = step.len() < STEP;
            let ids = step.iter().map(|place| place.document).collect();
            pile.ids.extend(self.readable(ids).await?);
            if is_last || pile.ids.len() >= most {
                pile.is_complete = is_last && pile.ids.len() <= most;
                break;
            }
        }
        pile.ids.truncate(most);
        Ok(pile)
    }

    pub async fn documents(&self, ids: &[RecordId]) -> Result<Vec<Document>, Error> {
        Ok(self.engine.reader.documents(self.viewer, ids).await?)
    }

    /// Documents without their text.
    pub async fn heads(&self, ids: &[RecordId]) -> Result<Vec<Document>, Error> {
        Ok(self.engine.reader.heads(self.viewer, ids).await?)
    }

    /// How many documents were left out because the viewer may not read them.
    pub fn withheld(&self) -> usize {
        let withheld = self.withheld.lock();
        withheld.unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether Salesforce decides on each record of the object, for this viewer.
    fn is_asked_about(&self, object: &str) -> bool {
        let is_open = |reach: &domain::Reach| {
            reach.all_data || reach.open.iter().any(|open| *open == *object)
        };
        !self.viewer.reach().is_some_and(|reach| is_open(reach))
    }

    async fn readable(&self, ids: Vec<RecordId>) -> Result<Vec<RecordId>, Error> {
        let readable = self.engine.access.confirm(self.viewer, &ids).await?;
        let (ids, withheld): (Vec<_>, Vec<_>) =
            ids.into_iter().partition(|id| readable.contains(id));
        let known = self.withheld.lock();
        let mut known = known.unwrap_or_else(PoisonError::into_inner);
        known.extend(withheld);
        Ok(ids)
    }

    async fn listed(&self, filters: &Filters) -> Result<Vec<RecordId>, Error> {
        let mut ids = Vec::new();
        let mut after = None;
        loop {
            let page = self.page(filters, after, PAGE).await?;
            ids.extend(page.iter().map(|place| place.document));
            after = page.last().copied();
            if page.len() < PAGE {
                return Ok(ids);
            }
        }
    }

    async fn page(
        &self,
        filters: &Filters,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Vec<Place>, Error> {
        let reader = &self.engine.reader;
        let listed = reader.listed(self.viewer, filters, Order::Newest, after, limit);
        Ok(listed.await?)
    }

    fn filters(&self, wanted: &Wanted) -> Filters {
        let facets = wanted.facets.iter();
        Filters {
            objects: ObjectName::parse(wanted.object).into_iter().collect(),
            accounts: vec![self.account],
            facets: facets
                .map(|(name, values)| ((*name).to_owned(), values.clone()))
                .collect(),
            created_from: wanted.created_from,
            created_to: wanted.created_to,
            ..Filters::default()
        }
    }
}
