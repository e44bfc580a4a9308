//! What an index on the server says of itself: one point that the writer writes and readers
//! remember for a second.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use qdrant_client::qdrant::{GetPoints, NamedVectors, PointStruct, UpsertPoints};
use serde::{Deserialize, Serialize};

use super::collection::{self, LAYOUT, Names};
use super::link::Link;
use super::payload::{self, META, Payload};
use crate::access::Vocabulary;
use crate::{Error, ModelSpec};

/// How long readers go by what they know.
pub(super) const REMEMBERED: Duration = Duration::from_secs(1);

/// The state of an index as of its last commit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Meta {
    pub(super) layout: u32,
    pub(super) model: String,
    pub(super) dimension: usize,
    /// Where the sync stood; opaque here. None before the first commit.
    pub cursor: Option<String>,
    pub committed_at: Option<DateTime<Utc>>,
    /// Everything that Salesforce had at this time is in the index.
    pub as_of: Option<DateTime<Utc>>,
    /// All that has ever occurred: it grows, and what does not occur any more matches nothing.
    pub vocabulary: Vocabulary,
}

impl Meta {
    pub(super) fn new(model: &ModelSpec) -> Self {
        Self {
            layout: LAYOUT,
            model: model.id.clone(),
            dimension: model.dimension,
            ..Self::default()
        }
    }

    pub(super) async fn write(&self, link: &Link, passages: &str) -> Result<(), Error> {
        let point = PointStruct {
            id: Some(payload::meta_id()),
            payload: Payload::from([(META.to_owned(), payload::json(self)?)]),
            vectors: Some(NamedVectors::default().into()),
        };
        let upsert = UpsertPoints {
            collection_name: Names::documents(passages),
            wait: Some(true),
            points: vec![point],
            ..UpsertPoints::default()
        };
        let writes = link.writes();
        link.write(|| writes.upsert_points(upsert.clone())).await?;
        Ok(())
    }

    /// None if the collection is new.
    pub(super) async fn read_to_write(link: &Link, passages: &str) -> Result<Option<Self>, Error> {
        let writes = link.writes();
        let found = link.write(|| writes.get_points(request(passages))).await?;
        let point = found.result.first();
        point
            .map(|point| payload::read(&point.payload, META))
            .transpose()
    }

    async fn read(link: &Link, passages: &str) -> Result<Option<Self>, Error> {
        let found = link
            .read(link.reads().get_points(request(passages)))
            .await?;
        let point = found.result.first();
        let meta: Option<Self> = point
            .map(|point| payload::read(&point.payload, META))
            .transpose()?;
        match &meta {
            Some(meta) if meta.layout != LAYOUT => Err(Error::OtherCollection {
                collection: passages.to_owned(),
                reason: format!("has layout {}, this version reads {LAYOUT}", meta.layout),
            }),
            Some(_) | None => Ok(meta),
        }
    }
}

fn request(passages: &str) -> GetPoints {
    GetPoints {
        collection_name: Names::documents(passages),
        ids: vec![payload::meta_id()],
        with_payload: Some(payload::only(&[META])),
        ..GetPoints::default()
    }
}

/// What the alias points to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Published {
    pub passages: String,
    /// None before the first commit, and where words and documents are not on the server.
    pub committed: Option<Committed>,
}

/// What readers need to know of an index that is on the server whole.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Committed {
    pub passages: String,
    pub documents: String,
    pub at: DateTime<Utc>,
    pub as_of: Option<DateTime<Utc>>,
    pub vocabulary: Vocabulary,
}

impl Published {
    /// What the alias points to now; none before the first sync.
    pub(super) async fn read(
        link: &Link,
        alias: &str,
        with_meta: bool,
    ) -> Result<Option<Self>, Error> {
        let Some(passages) = collection::target(link, alias).await? else {
            return Ok(None);
        };
        let meta = match with_meta {
            true => Meta::read(link, &passages).await?,
            false => None,
        };
        let committed = meta.and_then(|meta| {
            Some(Committed {
                passages: passages.clone(),
                documents: Names::documents(&passages),
                at: meta.committed_at?,
                as_of: meta.as_of,
                vocabulary: meta.vocabulary,
            })
        });
        Ok(Some(Self {
            passages,
            committed,
        }))
    }
}

/// What was read last, and when.
#[derive(Default)]
pub(super) struct Remembered(RwLock<Option<(Instant, Option<Arc<Published>>)>>);

impl Remembered {
    /// None if it has to be read anew.
    pub(super) fn fresh(&self) -> Option<Option<Arc<Published>>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (since, published) = known.as_ref()?;
        (since.elapsed() < REMEMBERED).then(|| published.clone())
    }

    /// However old it is.
    pub(super) fn last(&self) -> Option<Arc<Published>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.as_ref()?.1.clone()
    }

    /// `since` is from before it was asked for.
    pub(super) fn set(&self, since: Instant, published: Option<Arc<Published>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some((since, published));
    }

    pub(super) fn forget(&self) {
        if let Some((since, _)) = self
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .as_mut()
        {
            // Long enough ago; what was known stays known to those who take anything.
            *since = since.checked_sub(REMEMBERED).unwrap_or(*since);
        }
    }
}
