//! The pulls of a run, one object after another, while documents are built of what has come.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::ObjectName;
use tokio::sync::{mpsc, watch};

use super::report::Report;
use crate::build::{Feed, all_came};
use crate::extract::{Extractor, Pulled, concerns_object};
use crate::mirror::source as state;
use crate::plan::{DocumentPlan, Plans};
use crate::progress::Progress;
use crate::request::{Depth, Scope};
use crate::sharing::settle;
use crate::{Error, ledger};

/// Documents that can be built.
pub(super) struct Ready {
    pub plan: Arc<DocumentPlan>,
    pub feed: Feed,
}

/// How the pulls of a run ended.
#[derive(Debug)]
pub(super) enum Ended {
    Complete,
    Stopped,
    /// The org is not as it was described: what it refuses.
    Drifted(String),
}

/// Pulls all that the planned documents are made from.
pub(super) struct Pulls<'a> {
    pub extractor: Extractor,
    pub plans: &'a Plans,
    pub scope: &'a Scope,
    pub depth: Depth,
    pub progress: &'a Progress,
    /// Objects that were pulled in this run.
    pub pulled: &'a mut BTreeSet<ObjectName>,
    /// Refusals that describing the org once more has not helped with.
    pub known_refusals: &'a BTreeSet<String>,
}

impl Pulls<'_> {
    /// Pulls, and hands over each kind of document as soon as all its parts have come, while its
    /// own records still do.
    pub(super) async fn run(
        mut self,
        ready: mpsc::UnboundedSender<Ready>,
        report: &mut Report,
    ) -> Result<Ended, Error> {
        // What an earlier run has left, before anything is built.
        self.settle().await?;
        let pulled = match self.scope {
            Scope::Sharing => self.pull_sharing(report).await?,
            Scope::All | Scope::Objects(_) => self.pull_documents(&ready, report).await?,
        };
        if let Some(ended) = pulled {
            return Ok(ended);
        }
        let sharing_alone = *self.scope == Scope::Sharing;
        if !sharing_alone {
            self.extractor.look_at_links(&self.plans.sources).await?;
        }
        let refreshed = self.extractor.refresh(&self.plans.sources).await?;
        self.settle().await?;
        if refreshed.changed > 0 || sharing_alone {
            for plan in &self.plans.documents {
                let (plan, feed) = (plan.clone(), all_came());
                // Whoever builds has failed if nobody listens, and says so itself.
                let _ = ready.send(Ready { plan, feed });
            }
        }
        Ok(if refreshed.complete {
            Ended::Complete
        } else {
            Ended::Stopped
        })
    }

    /// Returns how the run ended, if before all documents were pulled.
    async fn pull_documents(
        &mut self,
        ready: &mpsc::UnboundedSender<Ready>,
        report: &mut Report,
    ) -> Result<Option<Ended>, Error> {
        for plan in &self.plans.documents {
            match self.pull_plan(plan, ready, report).await {
                Ok(None) => {}
                ended @ Ok(Some(_)) => return ended,
                Err(Error::Salesforce(error)) if concerns_object(&error) => {
                    let refusal = format!("{}: {error}", plan.object);
                    if !self.known_refusals.contains(&refusal) {
                        return Ok(Some(Ended::Drifted(refusal)));
                    }
                    report.of(plan).error = Some(error.to_string());
                    self.note_refusal(plan, refusal).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Pulls share tables and teams, and nothing else.
    async fn pull_sharing(&mut self, report: &mut Report) -> Result<Option<Ended>, Error> {
        let rules = Arc::clone(&self.plans.sharing);
        for plan in &self.plans.documents {
            for object in rules.tables_about(&plan.object) {
                match self.pull_needed(plan, object, report).await? {
                    None => {}
                    ended @ Some(_) => return Ok(ended),
                }
            }
        }
        Ok(None)
    }

    /// Pulls what the reasons of a plan's documents depend on. An object that the org refuses is
    /// told, and what depends on it has fewer reasons. Returns how the run ended, if it did.
    async fn pull_needed(
        &mut self,
        plan: &DocumentPlan,
        object: &ObjectName,
        report: &mut Report,
    ) -> Result<Option<Ended>, Error> {
        match self.pull(object, &|| {}).await {
            Ok(pulled) => {
                let own = self.plans.documents.iter();
                let own = own.map(Arc::as_ref).find(|own| own.object == *object);
                report.of(own.unwrap_or(plan)).add_pulled(pulled);
                Ok((!pulled.complete).then_some(Ended::Stopped))
            }
            Err(Error::Salesforce(error)) if concerns_object(&error) => {
                let refusal = format!("{object}: {error}");
                if !self.known_refusals.contains(&refusal) {
                    return Ok(Some(Ended::Drifted(refusal)));
                }
                self.note_refusal(plan, refusal).await?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// What has to be pulled for the reasons of a plan's documents. Where only some objects are
    /// wanted, the records of others are taken as they are, if they were ever pulled.
    async fn needed(&self, plan: &DocumentPlan) -> Result<Vec<ObjectName>, Error> {
        let Some(rules) = &plan.sharing else {
            return Ok(Vec::new());
        };
        let mut needed = rules.needed_for(&plan.object);
        if *self.scope != Scope::All {
            let pulled = self.extractor.mirror.call(|mirror| state::checked(mirror));
            let pulled = pulled.await?;
            needed.retain(|object| rules.get(object).is_none() || !pulled.contains(object));
        }
        Ok(needed)
    }

    /// Returns how the run ended, if it did before everything was pulled.
    async fn pull_plan(
        &mut self,
        plan: &Arc<DocumentPlan>,
        ready: &mpsc::UnboundedSender<Ready>,
        report: &mut Report,
    ) -> Result<Option<Ended>, Error> {
        for object in self.needed(plan).await? {
            match self.pull_needed(plan, &object, report).await? {
                None => {}
                ended @ Some(_) => return Ok(ended),
            }
        }
        let objects = plan.pulled_objects();
        let (more, feed) = watch::channel(0);
        for object in objects {
            if object == plan.object {
                let (plan, feed) = (plan.clone(), feed.clone());
                let _ = ready.send(Ready { plan, feed });
            }
            let written = || more.send_modify(|pages| *pages += 1);
            let pulled = self.pull(&object, &written).await?;
            report.of(plan).add_pulled(pulled);
            if !pulled.complete {
                return Ok(Some(Ended::Stopped));
            }
        }
        Ok(None)
    }

    async fn pull(
        &mut self,
        object: &ObjectName,
        written: &(dyn Fn() + Send + Sync),
    ) -> Result<Pulled, Error> {
        let nothing_to_do = Pulled {
            complete: true,
            ..Pulled::default()
        };
        let Some(source) = self.plans.sources.get(object) else {
            return Ok(nothing_to_do);
        };
        if self.pulled.contains(object) {
            return Ok(nothing_to_do);
        }
        let extractor = &self.extractor;
        let pulled = extractor
            .pull(source, self.depth, self.progress, written)
            .await?;
        if pulled.complete {
            self.settle().await?;
            self.pulled.insert(object.clone());
        }
        Ok(pulled)
    }

    /// Brings the reasons to read records up to the rows that have come.
    async fn settle(&self) -> Result<(), Error> {
        const AT_ONCE: u32 = 200;
        let mut more = true;
        while more && !self.extractor.stop.is_cancelled() {
            let rules = Arc::clone(&self.plans.sharing);
            let mirror = &self.extractor.mirror;
            more = mirror
                .call(move |mirror| settle::some(mirror, &rules, AT_ONCE))
                .await?;
        }
        Ok(())
    }

    async fn note_refusal(&self, plan: &DocumentPlan, refusal: String) -> Result<(), Error> {
        let object = plan.object.clone();
        let mirror = &self.extractor.mirror;
        mirror
            .call(move |mirror| ledger::note_warning(mirror, &object, &refusal))
            .await
    }
}
