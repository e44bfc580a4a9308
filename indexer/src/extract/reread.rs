//! Reading some records again, by their ids.

use std::collections::BTreeSet;

use domain::{FieldName, RecordId};
use futures::StreamExt;
use salesforce::{Record, Soql};

use super::rows;
use super::{Extractor, Pull, Pulled, ROWS_WITH_FILES, query};
use crate::Error;
use crate::mirror::{Page, Row, read};
use crate::plan::Source;

/// Records that are read again in one step: as many as a query can name.
const AT_ONCE: usize = 400;

impl Extractor {
    /// Brings some records up to the org. Those that it does not show any more are gone.
    pub(super) async fn reread(&self, source: &Source, ids: &[RecordId]) -> Result<Pulled, Error> {
        let mut pulled = Pulled::default();
        let at_once = if source.has_blobs() {
            ROWS_WITH_FILES
        } else {
            AT_ONCE
        };
        for ids in ids.chunks(at_once) {
            let mut page = Page::of(source);
            let mut gone: BTreeSet<RecordId> = ids.iter().copied().collect();
            for soql in query::by_id(source, ids) {
                for record in self.all_rows(source, &soql).await? {
                    if let Some(id) = record.id() {
                        gone.remove(&id);
                    }
                    rows::map_all(source, std::slice::from_ref(&record), &mut page);
                }
            }
            page.seen = ids
                .iter()
                .filter(|id| !gone.contains(id))
                .copied()
                .collect();
            page.gone.extend(gone);
            self.take_over(source, page, &mut pulled).await?;
        }
        Ok(pulled)
    }

    /// Completes the rows of a page that no cursor goes with, and writes it.
    pub(super) async fn take_over(
        &self,
        source: &Source,
        mut page: Page,
        pulled: &mut Pulled,
    ) -> Result<(), Error> {
        self.complete(source, &mut page).await?;
        pulled.rows += page.rows.len() as u64;
        pulled.failed += page.failures.len() as u64;
        pulled.changed += self.mirror.call(move |mirror| page.apply(mirror)).await?;
        Ok(())
    }

    /// The rows of a query that is known to have few.
    pub(super) async fn all_rows(
        &self,
        source: &Source,
        soql: &Soql,
    ) -> Result<Vec<Record>, Error> {
        let scope = query::scope(source);
        let mut pages = std::pin::pin!(self.salesforce.query(soql, scope));
        let mut records = Vec::new();
        loop {
            self.quota.admit().await?;
            match pages.next().await {
                Some(page) => records.extend(page?.records),
                None => return Ok(records),
            }
        }
    }
}

impl Pull<'_> {
    /// Holds rows against the mirror, reads those again that differ, and returns the others.
    pub(super) async fn reread_different(
        &mut self,
        records: &[Record],
    ) -> Result<Vec<RecordId>, Error> {
        let listed = records.iter();
        let listed = listed.filter_map(|record| rows::compared(self.source, record));
        let mut listed: Vec<Row> = listed.collect();
        self.extractor.add_links(self.source, &mut listed).await?;
        let object = self.source.object.clone();
        let links = self.source.linked_by.iter().map(|link| &link.target);
        let names = self.source.compared().map(|(name, _)| name);
        let names: Vec<String> = names.chain(links).map(FieldName::to_string).collect();
        let mirror = &self.extractor.mirror;
        let (equal, different) = mirror
            .call(move |mirror| {
                let (mut equal, mut different) = (Vec::new(), Vec::new());
                for listed in listed {
                    let id = listed.id;
                    let known = read::record(mirror, &object, id)?;
                    let is_equal = known.is_some_and(|known| {
                        known.stamp == listed.stamp
                            && names
                                .iter()
                                .all(|name| known.fields.get(name) == listed.fields.get(name))
                    });
                    if is_equal { &mut equal } else { &mut different }.push(id);
                }
                Ok((equal, different))
            })
            .await?;
        let reread = self.extractor.reread(self.source, &different).await?;
        self.pulled.changed += reread.changed;
        self.pulled.failed += reread.failed;
        Ok(equal)
    }
}
