//! What a search found, held against Salesforce before anything else is done with it: what the
//! viewer may not read has no part in scores, votes or counts either.

use std::collections::BTreeSet;

use domain::{Document, RecordId};
use store::{ExactKey, Reached, Scored};

use super::Error;
use super::legs::Found;
use super::retrieve::Asked;
use crate::access::IDS_A_CALL;

/// Articles that candidates are translations of, or that are attached to them, which are asked about
/// in the same call.
const MOST_RELATED: usize = 60;

/// The candidates of a search.
pub(super) struct Candidates {
    pub found: Found,
    /// Documents that the query names.
    pub named: Vec<RecordId>,
    /// For each code of the query, the passages that hold it.
    pub codes: Vec<Vec<Scored>>,
}

impl Candidates {
    /// Leaves what the viewer may read, and tells the documents that Salesforce denied.
    pub async fn confirm(&mut self, asked: Asked<'_>) -> Result<Vec<RecordId>, Error> {
        let documents = self.documents();
        let own: BTreeSet<RecordId> = documents.iter().copied().collect();
        let ids = self.to_ask(asked, documents).await?;
        let access = &asked.engine.access;
        let readable = access.confirm(asked.viewer, &ids).await?;
        let denied = ids.into_iter().filter(|id| !readable.contains(id));
        let denied = denied.filter(|id| own.contains(id)).collect();
        self.found.retain(&readable);
        self.named.retain(|document| readable.contains(document));
        for code in &mut self.codes {
            code.retain(|scored| readable.contains(&scored.document));
        }
        Ok(denied)
    }

    /// All documents, those first that the query names.
    fn documents(&self) -> Vec<RecordId> {
        let coded = self.codes.iter().flatten().map(|scored| scored.document);
        let named = self.named.iter().copied();
        let mut seen = BTreeSet::new();
        named
            .chain(coded)
            .chain(self.found.documents())
            .filter(|document| seen.insert(*document))
            .collect()
    }

    /// What of `documents` to ask about: what the viewer is expected to read first, as much else as
    /// the same call takes, and what will have to be asked about if these are readable.
    async fn to_ask(
        &self,
        asked: Asked<'_>,
        documents: Vec<RecordId>,
    ) -> Result<Vec<RecordId>, Error> {
        let (access, viewer) = (&asked.engine.access, asked.viewer);
        if !access.has_reach(viewer) {
            return Ok(documents);
        }
        let expected = access.expected(viewer, &documents, Reached::Likely).await?;
        let related = related(asked, &expected).await?;
        let (likely, unlikely): (Vec<_>, Vec<_>) = documents
            .into_iter()
            .partition(|document| expected.contains(document) || self.named.contains(document));
        let mut to_ask = likely;
        to_ask.extend(related);
        let taken = access.unsettled(viewer, &to_ask).len();
        let unsettled = access.unsettled(viewer, &unlikely);
        let (new, settled): (Vec<_>, Vec<_>) = unlikely
            .into_iter()
            .partition(|document| unsettled.contains(document));
        to_ask.extend(settled);
        to_ask.extend(new.into_iter().take(IDS_A_CALL.saturating_sub(taken)));
        Ok(to_ask)
    }
}

/// Versions of the articles that these documents are of, or that are attached to them.
async fn related(asked: Asked<'_>, documents: &BTreeSet<RecordId>) -> Result<Vec<RecordId>, Error> {
    let documents: Vec<RecordId> = documents.iter().copied().collect();
    let reader = &asked.engine.reader;
    let heads = reader.heads(asked.viewer, &documents).await?;
    let attached = |head: &Document| {
        let attached = head.articles.iter().map(|attached| attached.article);
        let own = head.parents.article;
        attached.chain(own).collect::<Vec<_>>()
    };
    let articles: BTreeSet<RecordId> = heads.iter().flat_map(attached).collect();
    let keys: Vec<ExactKey> = articles
        .into_iter()
        .take(MOST_RELATED)
        .map(ExactKey::Id)
        .collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    Ok(reader.exact(asked.viewer, &keys, asked.filters).await?)
}
