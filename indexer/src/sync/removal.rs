//! Taking out what is not synced any more.

use std::collections::BTreeSet;

use domain::ObjectName;
use store::Batch;

use crate::mirror::source as state;
use crate::plan::{Plans, described_objects};
use crate::request::{Depth, Request, Scope};
use crate::{Error, Indexer, ledger};

impl Indexer {
    /// Takes out the documents and rows of objects that no profile names any more. An object that
    /// the org does not show at the moment keeps them until everything is compared: then it counts
    /// as gone, because nobody could say who may read it.
    pub(super) async fn remove_unplanned(
        &mut self,
        request: &Request,
        plans: &Plans,
    ) -> Result<(), Error> {
        if request.scope != Scope::All {
            return Ok(());
        }
        let mut kept: BTreeSet<ObjectName> = plans.sources.keys().cloned().collect();
        let mut documents: BTreeSet<ObjectName> = plans
            .documents
            .iter()
            .map(|plan| plan.object.clone())
            .collect();
        if request.depth == Depth::Changes {
            kept.extend(described_objects(self.options.profiles.iter()));
            documents.extend(
                self.options
                    .profiles
                    .iter()
                    .map(|profile| profile.object.clone()),
            );
        }
        for object in self.writer.counts().await?.documents.into_keys() {
            if !documents.contains(&object) {
                self.remove_documents(&object).await?;
            }
        }
        for object in self.mirror.call(|mirror| state::pulled(mirror)).await? {
            if !kept.contains(&object) {
                self.mirror
                    .call(move |mirror| state::forget(mirror, &object))
                    .await?;
            }
        }
        Ok(())
    }

    async fn remove_documents(&mut self, object: &ObjectName) -> Result<(), Error> {
        let removals = self.writer.document_ids(object).await?;
        let upserts = Vec::new();
        self.writer.write(Batch { upserts, removals }).await?;
        self.position.forget(object);
        self.writer.commit(&self.position.to_cursor()).await?;
        let object = object.clone();
        self.mirror
            .call(move |mirror| ledger::forget_plan(mirror, &object))
            .await
    }
}
