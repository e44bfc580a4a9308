//! One run of a sync: plan, pull objects one after another, and build documents of what has come.

mod pulls;
mod removal;
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use domain::ObjectName;
use futures::{StreamExt, TryStreamExt};
use salesforce::{Client, ObjectSummary, Usage};
use store::Batch;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::build::{Builder, Built, Outage, Target};
use crate::extract::{Extractor, Quota, concerns_object};
use crate::mirror::vectorless;
use crate::plan::{self, Describes, DocumentPlan, Plans};
use crate::position::Position;
use crate::profile::Profile;
use crate::progress::Progress;
use crate::request::{Depth, Request, Scope};
use crate::sharing::{Rules, models, settle};
use crate::split::Splitter;
use crate::{Error, Indexer, Profiles, ledger, lightning};
use pulls::{Ended, Pulls, Ready};

pub use report::{ObjectReport, Report};

/// What the steps of one run share.
struct Run<'a> {
    request: &'a Request,
    builder: Builder,
    progress: &'a Progress,
    stop: CancellationToken,
    pulled: BTreeSet<ObjectName>,
}

impl Indexer {
    /// Brings the index up to the org, a page at a time.
    ///
    /// When `stop` is cancelled, the run ends after the page at hand. Whatever ends it, everything
    /// up to the last page is kept, and the next run goes on behind it.
    ///
    /// # Errors
    /// What makes further pages hopeless: Salesforce, a file or the index cannot be used. What
    /// concerns one record or one object is in the report instead, and so is an embedding model
    /// that does not answer.
    pub async fn sync(
        &mut self,
        request: &Request,
        progress: &Progress,
        stop: &CancellationToken,
    ) -> Result<Report, Error> {
        let begun = Instant::now();
        let before = self.salesforce.usage();
        let mut report = Report::default();
        let result = self.attempts(request, progress, stop, &mut report).await;
        let as_of = self.note_run(before, &mut report).await;
        result?;
        self.tell_readers(request, &report, as_of?).await?;
        report.took = begun.elapsed();
        Ok(report)
    }

    async fn attempts(
        &mut self,
        request: &Request,
        progress: &Progress,
        stop: &CancellationToken,
        report: &mut Report,
    ) -> Result<(), Error> {
        self.settle().await?;
        let lightning_url = self.sign_in().await?;
        let refusals = self
            .mirror
            .call(|mirror| ledger::all_warnings(mirror))
            .await?;
        let mut refusals: BTreeSet<String> = refusals.into_iter().collect();
        if request.depth != Depth::Changes {
            self.salesforce.forget_describes().await;
        }
        let mut run = Run {
            request,
            builder: self.builder(&lightning_url),
            progress,
            stop: stop.clone(),
            pulled: BTreeSet::new(),
        };
        loop {
            let plans = self.plan(request).await?;
            report.warnings = plans.warnings.iter().map(|w| w.text.clone()).collect();
            self.remove_unplanned(request, &plans).await?;
            self.take_up_vectorless(&plans, &run.builder).await?;
            let ended = self.run(&plans, &mut run, &refusals, report).await;
            report.outage = run.builder.outage.reason();
            report.complete = matches!(ended, Ok(Ended::Complete));
            let Ended::Drifted(refusal) = ended? else {
                return Ok(());
            };
            // Something may have been renamed, deleted or hidden. What is refused even after the
            // org was described anew is told instead.
            tracing::warn!(%refusal, "the org is described anew");
            self.salesforce.forget_describes().await;
            refusals.insert(refusal);
        }
    }

    /// Pulls and builds at the same time, until both are done.
    async fn run(
        &mut self,
        plans: &Plans,
        run: &mut Run<'_>,
        refusals: &BTreeSet<String>,
        report: &mut Report,
    ) -> Result<Ended, Error> {
        let halt = run.stop.child_token();
        let (sender, ready) = mpsc::unbounded_channel();
        let pulls = Pulls {
            extractor: self.extractor(run.request, &halt),
            plans,
            scope: &run.request.scope,
            depth: run.request.depth,
            progress: run.progress,
            pulled: &mut run.pulled,
            known_refusals: refusals,
        };
        let builds = self.build_all(ready, &run.builder, run.progress, &halt);
        let (pulled, built) = tokio::join!(pulls.run(sender, report), builds);
        let mut complete = true;
        let built = built?;
        let cursor = self.position.to_cursor();
        if self.writer.cursor() != Some(cursor.as_str()) {
            self.writer.commit(&cursor).await?;
        }
        for (plan, built) in built {
            report.of(&plan).add_built(built);
            complete &= built.complete;
        }
        if report.objects.iter().any(|object| object.embedded > 0) && complete {
            self.writer.optimize().await?;
        }
        match pulled? {
            Ended::Complete if !complete => Ok(Ended::Stopped),
            ended @ (Ended::Complete | Ended::Stopped | Ended::Drifted(_)) => Ok(ended),
        }
    }

    /// Builds the documents of each plan that is ready. A failure halts the pulls, too.
    async fn build_all(
        &mut self,
        mut ready: mpsc::UnboundedReceiver<Ready>,
        builder: &Builder,
        progress: &Progress,
        halt: &CancellationToken,
    ) -> Result<Vec<(Arc<DocumentPlan>, Built)>, Error> {
        let mut all = Vec::new();
        while let Some(Ready { plan, feed }) = ready.recv().await {
            let target = Target {
                plan: plan.clone(),
                plan_key: plan.key(
                    self.options.passage_chars,
                    &builder.lightning_url,
                    self.embedder.is_some(),
                ),
                position: &mut self.position,
                writer: &mut self.writer,
            };
            let built = builder.build(target, feed, progress, halt).await;
            let built = built.inspect_err(|_| halt.cancel())?;
            all.push((plan, built));
        }
        Ok(all)
    }

    /// Goes back to the last commit, in case an earlier run was dropped in the middle of a page.
    async fn settle(&mut self) -> Result<(), Error> {
        match self.writer.write(Batch::default()).await {
            Ok(()) | Err(store::Error::CutShort) => {}
            Err(error) => return Err(error.into()),
        }
        self.position = Position::of_index(self.writer.cursor(), &self.mirror_id);
        Ok(())
    }

    /// Signs in, checks that the data folder is of this org, and returns the address of its pages.
    async fn sign_in(&self) -> Result<String, Error> {
        let org = self.salesforce.org().await?;
        let org_id = org.org_id;
        let other = self
            .mirror
            .call(move |mirror| ledger::claim(mirror, org_id))
            .await?;
        if let Some(mirror) = other {
            return Err(Error::OtherOrg {
                folder: self.options.folder.clone(),
                mirror,
                configured: org_id.to_string(),
            });
        }
        Ok(match &self.options.lightning_url {
            Some(url) => lightning::without_slash(url),
            None => lightning::pages_of(&org.instance_url),
        })
    }

    async fn plan(&self, request: &Request) -> Result<Plans, Error> {
        let scope = &request.scope;
        let mut profiles: Vec<Profile> = self.options.profiles.iter().cloned().collect();
        if self.options.discover_objects {
            let discovered = self.discovered(request.depth).await?;
            profiles.extend(discovered.into_iter().map(Profile::from_describe_alone));
        }
        if let Scope::Objects(objects) = scope {
            for object in objects {
                if !profiles.iter().any(|profile| &profile.object == object) {
                    return Err(Error::UnknownObject(object.clone()));
                }
            }
        }
        if self.options.files.is_none() {
            for profile in &mut profiles {
                profile.files = false;
            }
        }
        let fingerprint = plan::fingerprint(&profiles);
        let are_new = self
            .mirror
            .call(move |mirror| ledger::note_profiles(mirror, &fingerprint))
            .await?;
        if are_new {
            // They may name what the org has got since it was described.
            self.salesforce.forget_describes().await;
        }
        let mut describes = self.describes(plan::described_objects(&profiles)).await?;
        let mut plans = Plans::new(&profiles, &describes);
        let rules = self.rules(&plans, &mut describes).await?;
        plans.add_sharing(rules, &describes);
        let rules = Arc::clone(&plans.sharing);
        self.mirror
            .call(move |mirror| settle::adopt(mirror, &rules))
            .await?;
        let (warnings, documents) = (plans.warnings.clone(), plans.documents.clone());
        self.mirror
            .call(move |mirror| ledger::note_plans(mirror, &warnings, &documents))
            .await?;
        plans.documents.retain(|plan| scope.has(&plan.object));
        Ok(plans)
    }

    /// The custom objects that no profile names. The list is asked for again when everything is
    /// compared, so that a new object becomes documents then.
    async fn discovered(&self, depth: Depth) -> Result<Vec<ObjectName>, Error> {
        if depth == Depth::Changes {
            let known = self
                .mirror
                .call(|mirror| ledger::discovered(mirror))
                .await?;
            if let Some(mut known) = known {
                known.retain(|object| !self.options.profiles.covers(object));
                return Ok(known);
            }
        }
        let uncovered = uncovered(&self.salesforce, &self.options.profiles).await?;
        let names: Vec<ObjectName> = uncovered.into_iter().map(|found| found.name).collect();
        let noted = names.clone();
        self.mirror
            .call(move |mirror| ledger::note_discovered(mirror, &noted))
            .await?;
        Ok(names)
    }

    /// By what records can be read, as the org tells it now. The tables are described on the way.
    async fn rules(&self, plans: &Plans, describes: &mut Describes) -> Result<Rules, Error> {
        let documents: Vec<&ObjectName> = plans.documents.iter().map(|plan| &plan.object).collect();
        let asked_for = Rules::asked_for(documents.iter().copied(), describes);
        let models = models(&self.salesforce, &asked_for).await?;
        let rules = Rules::draft(documents.iter().copied(), describes, &models);
        let tables = self.describes(rules.wanted_tables()).await?;
        let rules = rules.complete(&tables);
        describes.extend(tables);
        Ok(rules)
    }

    /// What the org says about these objects.
    async fn describes(&self, objects: BTreeSet<ObjectName>) -> Result<Describes, Error> {
        const AT_ONCE: usize = 4;
        let described = futures::stream::iter(objects)
            .map(|object| async {
                match self.salesforce.describe(&object).await {
                    Ok(describe) if describe.queryable => Ok(Some((object, describe))),
                    Ok(_) => Ok(None),
                    Err(error) if concerns_object(&error) => Ok(None),
                    Err(error) => Err(error),
                }
            })
            .buffer_unordered(AT_ONCE);
        let described: BTreeMap<_, _> = described
            .try_filter_map(|described| async { Ok(described) })
            .try_collect()
            .await?;
        Ok(described)
    }

    fn builder(&self, lightning_url: &str) -> Builder {
        Builder {
            mirror: self.reading.clone(),
            splitter: Arc::new(Splitter::new(self.options.passage_chars)),
            lightning_url: Arc::from(lightning_url),
            embedder: self.embedder.clone(),
            outage: Outage::default(),
        }
    }

    fn extractor(&self, request: &Request, stop: &CancellationToken) -> Extractor {
        Extractor {
            salesforce: self.salesforce.clone(),
            mirror: self.mirror.clone(),
            quota: Quota {
                salesforce: self.salesforce.clone(),
                mirror: self.mirror.clone(),
                policy: self.options.quota,
                patient: !request.impatient,
                stop: stop.clone(),
            },
            files: self.options.files.clone(),
            bulk_from: self.options.bulk_from,
            stop: stop.clone(),
        }
    }

    /// Puts documents that wait for their vectors back into the change log, if the model answers.
    async fn take_up_vectorless(&self, plans: &Plans, builder: &Builder) -> Result<(), Error> {
        let Some(embedder) = &self.embedder else {
            return Ok(());
        };
        for plan in &plans.documents {
            let object = plan.object.clone();
            let waiting = self
                .mirror
                .call(move |mirror| vectorless::waiting(mirror, &object))
                .await?;
            if waiting == 0 || builder.outage.reason().is_some() {
                continue;
            }
            if let Err(error) = embedder.embedder().check().await {
                builder.outage.begin(error.to_string());
                continue;
            }
            let object = plan.object.clone();
            self.mirror
                .call(move |mirror| vectorless::take_up(mirror, &object))
                .await?;
        }
        Ok(())
    }

    /// Notes for the status what a run has cost and what the index has now.
    async fn note_run(
        &self,
        before: Usage,
        report: &mut Report,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        let usage = self.salesforce.usage();
        report.calls = usage.calls - before.calls;
        report.failed_calls = usage.failed - before.failed;
        let indexed = self.writer.counts().await?.documents;
        let run = ledger::RunNote {
            calls: report.calls,
            failed_calls: report.failed_calls,
            api_used: usage.api_used,
            api_limit: usage.api_limit,
            outage: report.outage.clone(),
        };
        let as_of = self
            .mirror
            .call(move |mirror| {
                ledger::note_run(mirror, &run, &indexed)?;
                ledger::as_of(mirror)
            })
            .await?;
        self.as_of.send_replace(as_of);
        Ok(as_of)
    }

    /// Tells readers on other nodes how new the index is. A whole run has brought everything, so
    /// that they can be sent to what it has written.
    async fn tell_readers(
        &mut self,
        request: &Request,
        report: &Report,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<(), Error> {
        if let Some(as_of) = as_of {
            self.writer.note_as_of(as_of).await?;
        }
        if report.complete && request.scope == Scope::All {
            self.writer.publish().await?;
        }
        Ok(())
    }
}

/// The custom objects of an org that no profile says anything about.
pub(crate) async fn uncovered(
    salesforce: &Client,
    profiles: &Profiles,
) -> Result<Vec<ObjectSummary>, Error> {
    let mut objects = salesforce.describe_global().await?;
    objects.retain(|summary| {
        summary.queryable
            && !summary.custom_setting
            && summary.name.is_custom()
            && !profiles.covers(&summary.name)
    });
    Ok(objects)
}
