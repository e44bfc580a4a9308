//! Reading rows again whose values come from another record that has changed.

use std::collections::{BTreeMap, BTreeSet};

use domain::{FieldName, ObjectName, RecordId};

use super::{Extractor, Pulled, query, rows};
use crate::Error;
use crate::mirror::{Page, read, source as state};
use crate::plan::Source;

/// Records whose dependants are read in one step.
const TARGETS: u32 = 200;

/// How often rows that were read again may lead to further ones.
const ROUNDS: u32 = 4;

impl Extractor {
    /// Reads again what the mirror has noted. What is not done stays noted.
    pub(crate) async fn refresh(
        &self,
        sources: &BTreeMap<ObjectName, Source>,
    ) -> Result<Pulled, Error> {
        let mut pulled = Pulled::default();
        for _ in 0..ROUNDS {
            let noted = self.mirror.call(|mirror| state::refreshes(mirror)).await?;
            if noted.is_empty() {
                break;
            }
            for (object, field) in noted {
                let source = sources.get(&object);
                self.refresh_by(source, &object, &field, &mut pulled)
                    .await?;
            }
        }
        pulled.complete = !self.stop.is_cancelled();
        Ok(pulled)
    }

    async fn refresh_by(
        &self,
        source: Option<&Source>,
        object: &ObjectName,
        field: &FieldName,
        pulled: &mut Pulled,
    ) -> Result<(), Error> {
        while !self.stop.is_cancelled() {
            let (asked_object, asked_field) = (object.clone(), field.clone());
            let targets = self
                .mirror
                .call(move |mirror| {
                    state::refresh_targets(mirror, &asked_object, &asked_field, TARGETS)
                })
                .await?;
            if targets.is_empty() {
                break;
            }
            if let Some(source) = source {
                self.reread_referring(source, field, &targets, pulled)
                    .await?;
            }
            let (object, field) = (object.clone(), field.clone());
            self.mirror
                .call(move |mirror| state::refreshed(mirror, &object, &field, &targets))
                .await?;
        }
        Ok(())
    }

    /// Brings the rows that refer to some records up to the org. Of those without a stamp, and of share
    /// rows, none but these tell what is gone.
    async fn reread_referring(
        &self,
        source: &Source,
        field: &FieldName,
        targets: &[RecordId],
        pulled: &mut Pulled,
    ) -> Result<(), Error> {
        let mut gone = BTreeSet::new();
        if source.is_traceless() || source.is_sharing {
            let (object, field, targets) = (source.object.clone(), field.clone(), targets.to_vec());
            gone = self
                .mirror
                .call(move |mirror| read::linked_ids(mirror, &object, &field, &targets))
                .await?;
        }
        for soql in query::referring(source, field, targets) {
            let mut page = Page::of(source);
            page.refreshes = source.refreshes.clone();
            let records = self.all_rows(source, &soql).await?;
            for record in &records {
                if let Some(id) = record.id() {
                    gone.remove(&id);
                }
            }
            rows::map_all(source, &records, &mut page);
            self.take_over(source, page, pulled).await?;
        }
        let mut page = Page::of(source);
        page.gone = gone.into_iter().collect();
        self.take_over(source, page, pulled).await
    }
}
