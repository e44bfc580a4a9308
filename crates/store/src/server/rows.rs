//! Reading an index that is on the server whole: passages and documents by their ids and keys.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::{Document, DocumentRecord, ObjectName, Passage, PassageId, RecordId, Viewer};
use qdrant_client::qdrant::{
    Condition, FacetCounts, Filter, GetPoints, OrderBy, PointId, RetrievedPoint, ScrollPoints,
    facet_value,
};
use tokio::sync::mpsc;

use super::meta::{Committed, Published};
use super::payload::{self, DOCUMENT, HEAD, OBJECT, ORDINAL, PASSAGE, RECORDS};
use super::{Server, filter};
use crate::access::{Scope, Vocabulary, key_terms};
use crate::keyword::PassageRow;
use crate::{Error, ExactKey, Filters};

/// Points that are asked for by id at once.
const PAGE: usize = 256;
/// Ids of a page of a long list, and documents of a page of an export.
const LONG_PAGE: u32 = 4_096;
const EXPORT_PAGE: u32 = 64;
/// More documents than this bear no key in earnest.
const MOST_EXACT: u32 = 100;
/// An org has a few hundred objects at most.
const MOST_OBJECTS: u64 = 10_000;

impl Server {
    /// The documents that the keys name, in the order of the keys, each once.
    pub(crate) async fn exact(
        &self,
        viewer: &Viewer,
        keys: &[ExactKey],
        filters: &Filters,
    ) -> Result<Vec<RecordId>, Error> {
        let published = self.published().await?;
        let Some(state) = committed(&published) else {
            return Ok(Vec::new());
        };
        let Some(scope) = Scope::for_documents(viewer, filters, &state.vocabulary) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for key in keys {
            let terms = key_terms(viewer, key, &state.vocabulary);
            if terms.is_empty() {
                continue;
            }
            let wanted = filter::with_terms(&scope, terms);
            let list = scroll(state.documents.clone(), wanted, &[DOCUMENT], MOST_EXACT);
            let reads = self.link.reads();
            let points = self.link.read(reads.scroll(list)).await?.result;
            let mut ids: Vec<_> = points
                .iter()
                .filter_map(|p| payload::record_id(&p.payload))
                .collect();
            ids.sort_unstable();
            for id in ids {
                if !found.contains(&id) {
                    found.push(id);
                }
            }
        }
        Ok(found)
    }

    /// The readable passages, in the order of the ids.
    pub(crate) async fn passages(
        &self,
        viewer: &Viewer,
        ids: &[PassageId],
    ) -> Result<Vec<Passage>, Error> {
        let published = self.published().await?;
        let Some(state) = committed(&published) else {
            return Ok(Vec::new());
        };
        let points = ids.iter().copied().map(payload::id_of).collect();
        let rows = self
            .points(state.passages.clone(), points, &[PASSAGE])
            .await?;
        let mut found = HashMap::new();
        for row in rows {
            if let Some(passage) = readable_passage(viewer, &row)? {
                found.insert(passage.id, passage);
            }
        }
        Ok(ids.iter().filter_map(|id| found.get(id).cloned()).collect())
    }

    /// The first `limit` readable passages of a document, in its order.
    pub(crate) async fn document_passages(
        &self,
        viewer: &Viewer,
        document: RecordId,
        limit: usize,
    ) -> Result<Vec<Passage>, Error> {
        let published = self.published().await?;
        let Some(state) = committed(&published) else {
            return Ok(Vec::new());
        };
        let filters = Filters {
            documents: Some(vec![document]),
            ..Filters::default()
        };
        let scope = Scope::new(viewer, &filters, &state.vocabulary);
        let wanted = scope.and_then(|scope| filter::of_passages(&scope));
        let (Some(wanted), Ok(most @ 1..)) = (wanted, u32::try_from(limit)) else {
            return Ok(Vec::new());
        };
        let list = ScrollPoints {
            order_by: Some(OrderBy {
                key: ORDINAL.to_owned(),
                ..OrderBy::default()
            }),
            ..scroll(state.passages.clone(), wanted, &[PASSAGE], most)
        };
        let reads = self.link.reads();
        let rows = self.link.read(reads.scroll(list)).await?.result;
        let mut passages = Vec::with_capacity(rows.len());
        for row in rows {
            passages.extend(readable_passage(viewer, &row)?);
        }
        Ok(passages)
    }

    /// The documents as the viewer may see them, in the order of the ids; without their text where
    /// it is not wanted.
    pub(crate) async fn documents(
        &self,
        viewer: &Viewer,
        ids: &[RecordId],
        with_text: bool,
    ) -> Result<Vec<Document>, Error> {
        let published = self.published().await?;
        let Some(state) = committed(&published) else {
            return Ok(Vec::new());
        };
        let fields: &[&str] = if with_text { &[HEAD, RECORDS] } else { &[HEAD] };
        let points = ids.iter().copied().map(payload::document_id).collect();
        let rows = self.points(state.documents.clone(), points, fields).await?;
        let mut found = HashMap::new();
        for row in rows {
            let document = document_of(&row, with_text)?;
            if let Some(document) = viewer.trim(document) {
                found.insert(document.id, document);
            }
        }
        Ok(ids.iter().filter_map(|id| found.get(id).cloned()).collect())
    }

    /// How many documents there are of each object.
    pub(crate) async fn counts(&self) -> Result<BTreeMap<ObjectName, u64>, Error> {
        match committed(&self.published().await?) {
            Some(state) => self.counts_in(&state.documents).await,
            None => Ok(BTreeMap::new()),
        }
    }

    /// What occurs in the index; nothing before the first commit.
    pub(crate) async fn vocabulary(&self) -> Result<Vocabulary, Error> {
        let published = self.published().await?;
        let state = committed(&published);
        Ok(state.map_or_else(Vocabulary::default, |state| state.vocabulary.clone()))
    }

    /// What was known of the index when it was last asked for.
    pub(crate) fn last_known(&self) -> Option<Arc<Published>> {
        self.remembered.last()
    }

    pub(super) async fn counts_in(
        &self,
        documents: &str,
    ) -> Result<BTreeMap<ObjectName, u64>, Error> {
        let facet = FacetCounts {
            collection_name: documents.to_owned(),
            key: OBJECT.to_owned(),
            limit: Some(MOST_OBJECTS),
            exact: Some(true),
            ..FacetCounts::default()
        };
        let reads = self.link.reads();
        let hits = self.link.read(reads.facet(facet)).await?.hits;
        let counts = hits.into_iter().filter_map(|hit| {
            let facet_value::Variant::StringValue(name) = hit.value?.variant? else {
                return None;
            };
            Some((ObjectName::parse(&name).ok()?, hit.count))
        });
        Ok(counts.filter(|(_, count)| *count > 0).collect())
    }

    pub(super) async fn ids_of_object(
        &self,
        documents: &str,
        object: &ObjectName,
    ) -> Result<Vec<RecordId>, Error> {
        let of_object = Condition::matches(OBJECT, object.as_str().to_owned());
        let wanted = Filter::must([of_object]);
        let mut list = scroll(documents.to_owned(), wanted, &[DOCUMENT], LONG_PAGE);
        let writes = self.link.writes();
        let mut ids = Vec::new();
        loop {
            let page = self.link.write(|| writes.scroll(list.clone())).await?;
            ids.extend(
                page.result
                    .iter()
                    .filter_map(|row| payload::record_id(&row.payload)),
            );
            match page.next_page_offset {
                Some(next) => list.offset = Some(next),
                None => return Ok(ids),
            }
        }
    }

    /// Hands over every document, until nobody listens.
    pub(crate) async fn export(
        &self,
        documents: String,
        sender: mpsc::Sender<Result<Document, Error>>,
    ) {
        let wanted = Filter::must_not([Condition::is_empty(OBJECT)]);
        let mut list = scroll(documents, wanted, &[HEAD, RECORDS], EXPORT_PAGE);
        let writes = self.link.writes();
        loop {
            let (rows, next) = match self.link.write(|| writes.scroll(list.clone())).await {
                Ok(page) => (page.result, page.next_page_offset),
                Err(error) => {
                    // Whoever has gone needs no reason.
                    let _ = sender.send(Err(error)).await;
                    return;
                }
            };
            for row in rows {
                if sender.send(document_of(&row, true)).await.is_err() {
                    return;
                }
            }
            match next {
                Some(next) => list.offset = Some(next),
                None => return,
            }
        }
    }

    async fn points(
        &self,
        collection: String,
        ids: Vec<PointId>,
        fields: &[&str],
    ) -> Result<Vec<RetrievedPoint>, Error> {
        let mut points = Vec::with_capacity(ids.len());
        for ids in ids.chunks(PAGE) {
            let get = GetPoints {
                collection_name: collection.clone(),
                ids: ids.to_vec(),
                with_payload: Some(payload::only(fields)),
                ..GetPoints::default()
            };
            let reads = self.link.reads();
            points.extend(self.link.read(reads.get_points(get)).await?.result);
        }
        Ok(points)
    }
}

/// None before the first commit.
pub(super) fn committed(published: &Option<Arc<Published>>) -> Option<&Committed> {
    published.as_ref()?.committed.as_ref()
}

fn readable_passage(viewer: &Viewer, row: &RetrievedPoint) -> Result<Option<Passage>, Error> {
    let PassageRow {
        document_object,
        passage,
    } = payload::read(&row.payload, PASSAGE)?;
    let readable = viewer.reads_object(&document_object)
        && viewer.reads_field(&passage.object, &passage.field);
    Ok(readable.then_some(passage))
}

fn document_of(row: &RetrievedPoint, with_text: bool) -> Result<Document, Error> {
    let mut document: Document = payload::read(&row.payload, HEAD)?;
    if with_text {
        document.records = payload::read::<Vec<DocumentRecord>>(&row.payload, RECORDS)?;
    }
    Ok(document)
}

pub(super) fn scroll(
    collection: String,
    filter: Filter,
    fields: &[&str],
    limit: u32,
) -> ScrollPoints {
    ScrollPoints {
        collection_name: collection,
        filter: Some(filter),
        limit: Some(limit),
        with_payload: Some(payload::only(fields)),
        ..ScrollPoints::default()
    }
}
