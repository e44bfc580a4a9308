//! The pulls of a run, one object after another, while documents are built of what has come.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::ObjectName;
use tokio::sync::{mpsc, watch};

use super::report::Report;
use crate::build::{Feed, all_came};
use crate::extract::{Extractor, Pulled, concerns_object};
use crate::plan::{DocumentPlan, Plans};
use crate::progress::Progress;
use crate::request::Depth;
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
        for plan in &self.plans.documents {
            match self.pull_plan(plan, &ready, report).await {
                Ok(true) => {}
                Ok(false) => return Ok(Ended::Stopped),
                Err(Error::Salesforce(error)) if concerns_object(&error) => {
                    let refusal = format!("{}: {error}", plan.object);
                    if !self.known_refusals.contains(&refusal) {
                        return Ok(Ended::Drifted(refusal));
                    }
                    report.of(plan).error = Some(error.to_string());
                    self.note_refusal(plan, refusal).await?;
                }
                Err(error) => return Err(error),
            }
        }
        self.extractor.look_at_links(&self.plans.sources).await?;
        let refreshed = self.extractor.refresh(&self.plans.sources).await?;
        if refreshed.changed > 0 {
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

    /// Returns false if it was asked to stop first.
    async fn pull_plan(
        &mut self,
        plan: &Arc<DocumentPlan>,
        ready: &mpsc::UnboundedSender<Ready>,
        report: &mut Report,
    ) -> Result<bool, Error> {
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
                return Ok(false);
            }
        }
        Ok(true)
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
            self.pulled.insert(object.clone());
        }
        Ok(pulled)
    }

    async fn note_refusal(&self, plan: &DocumentPlan, refusal: String) -> Result<(), Error> {
        let object = plan.object.clone();
        let mirror = &self.extractor.mirror;
        mirror
            .call(move |mirror| ledger::note_warning(mirror, &object, &refusal))
            .await
    }
}
