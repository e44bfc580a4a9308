//! Links between files and records, which are made and taken away without a change of either.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::{FieldName, ObjectName, RecordId};
use futures::StreamExt;
use salesforce::{Condition, FieldPath, Scope, Soql};
use serde::{Deserialize, Serialize};

use super::cursor::Watermark;
use super::{Extractor, query};
use crate::mirror::source as state;
use crate::plan::Source;
use crate::{Error, ledger};

const ID: FieldPath = FieldPath::ID;
const STAMP: FieldPath = FieldPath::fixed("SystemModstamp");
const DOCUMENT_ID: FieldPath = FieldPath::fixed("ContentDocumentId");

/// How far links were looked at.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Looked {
    watermark: Watermark,
    /// The links that stand behind the next look's start, each with its stamp: they are no news.
    known: BTreeSet<String>,
}

/// A link as a query gives it.
struct Link {
    key: String,
    document: RecordId,
    stamp: Option<DateTime<Utc>>,
}

impl Extractor {
    /// Notes the rows whose links have changed since the last look, so that they are read again. An
    /// org that does not take this question shows such changes to reconciliations alone.
    pub(crate) async fn look_at_links(
        &self,
        sources: &BTreeMap<ObjectName, Source>,
    ) -> Result<(), Error> {
        let linked: Vec<&Source> = sources
            .values()
            .filter(|source| source.is_linked())
            .collect();
        let Some(link) = linked.first().and_then(|source| source.linked_by.as_ref()) else {
            return Ok(());
        };
        let objects: Vec<ObjectName> = linked.iter().map(|source| source.object.clone()).collect();
        let known = self
            .mirror
            .call(move |mirror| {
                for object in &objects {
                    if state::rows(mirror, object)? > 0 {
                        return Ok(Some(ledger::links_seen(mirror)?));
                    }
                }
                Ok(None)
            })
            .await?;
        let Some(known) = known else {
            return Ok(());
        };
        let before: Option<Looked> = known.and_then(|known| serde_json::from_str(&known).ok());
        let Some(now) = self.salesforce.server_time() else {
            return Ok(());
        };
        let mut looked = Looked {
            watermark: Watermark {
                stamp: now,
                read_at: Some(now),
                noted_at: Utc::now(),
            },
            known: BTreeSet::new(),
        };
        if let Some(before) = before {
            let from = before.watermark;
            let from = from.set_back(now, Utc::now()).unwrap_or(from);
            match self.changed_links(&link.object, from).await {
                Ok(links) => {
                    let stamps = links.iter().filter_map(|link| link.stamp);
                    let stamp = stamps.chain([from.stamp]).max();
                    looked.watermark.stamp = stamp.unwrap_or(now);
                    let news = links
                        .iter()
                        .filter(|link| !before.known.contains(&link.key));
                    let changed: BTreeSet<RecordId> = news.map(|link| link.document).collect();
                    looked.known = links.into_iter().map(|link| link.key).collect();
                    for source in linked {
                        self.note_links(source, changed.clone()).await?;
                    }
                }
                Err(Error::Salesforce(error)) if super::concerns_object(&error) => {
                    tracing::debug!(%error, "changes of links are left to reconciliations");
                }
                Err(error) => return Err(error),
            }
        }
        let looked = serde_json::to_string(&looked).unwrap_or_default();
        self.mirror
            .call(move |mirror| ledger::note_links_seen(mirror, &looked))
            .await
    }

    /// The links that were made or taken away.
    async fn changed_links(
        &self,
        object: &ObjectName,
        known: Watermark,
    ) -> Result<Vec<Link>, Error> {
        // A link is shown only to those who name one of its ends.
        let documents = Soql::select([ID]).from(&query::documents());
        let mut soql = Soql::select([ID, DOCUMENT_ID, STAMP])
            .from(object)
            .filter(Condition::is_in_rows(DOCUMENT_ID, documents));
        if let Some(condition) = query::condition(Some(STAMP), known.next()) {
            soql = soql.filter(condition);
        }
        let mut links = Vec::new();
        self.quota.admit().await?;
        let mut pages = std::pin::pin!(self.salesforce.query(&soql, Scope::All));
        while let Some(page) = pages.next().await {
            for link in page?.records {
                let Some((id, document)) = link.id().zip(link.record_id("ContentDocumentId"))
                else {
                    continue;
                };
                let stamp = link.datetime("SystemModstamp");
                links.push(Link {
                    key: format!("{id} {stamp:?}"),
                    document,
                    stamp,
                });
            }
        }
        Ok(links)
    }

    async fn note_links(&self, source: &Source, changed: BTreeSet<RecordId>) -> Result<(), Error> {
        let Some(link) = &source.linked_by else {
            return Ok(());
        };
        // A note is the document itself, a version names it.
        let field = match source.columns.contains_key(&link.record) {
            true => link.record.clone(),
            false => FieldName::parse("Id").unwrap_or_else(|_| link.record.clone()),
        };
        let object = source.object.clone();
        self.mirror
            .call(move |mirror| state::note_refreshes(mirror, &object, &field, &changed))
            .await
    }
}
