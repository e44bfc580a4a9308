//! One run of a sync: plan, then for each document object pull its parts, pull its records, build.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ObjectName;
use futures::{StreamExt, TryStreamExt};
use salesforce::{Client, ObjectSummary};
use serde::Serialize;
use store::Batch;
use tokio_util::sync::CancellationToken;

use crate::build::{Builder, Built, Target};
use crate::extract::{Extractor, Pulled};
use crate::plan::{self, Describes, DocumentPlan, Plans};
use crate::position::Position;
use crate::profile::Profile;
use crate::progress::Progress;
use crate::split::Splitter;
use crate::{Error, Indexer, Profiles, ledger, lightning};

/// What to sync.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scope {
    #[default]
    All,
    /// Documents of these objects, with all their parts.
    Objects(BTreeSet<ObjectName>),
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub objects: Vec<ObjectReport>,
    /// What was left out of the profiles, by `Object.Field`, and why.
    pub warnings: Vec<String>,
    /// API calls.
    pub calls: u64,
    /// False when it was asked to stop first; the next run goes on from there.
    pub complete: bool,
    pub took: Duration,
}

/// What a run did for one document object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectReport {
    pub object: ObjectName,
    pub label: String,
    /// Rows that came, of the object and its parts, and how many of them were new or different.
    pub rows: u64,
    pub changed: u64,
    /// Rows that could not be read; the status lists them.
    pub failed: u64,
    /// Documents written to the index and taken out of it.
    pub written: u64,
    pub removed: u64,
    /// Texts that the model was run on, and texts whose vector was known.
    pub embedded: u64,
    pub known: u64,
    /// Why the object could not be synced, if so. The others were.
    pub error: Option<String>,
}

/// What the steps of one run share.
struct Run<'a> {
    plans: &'a Plans,
    builder: Builder,
    /// Objects that were pulled in this run.
    pulled: BTreeSet<ObjectName>,
    progress: &'a Progress,
    stop: &'a CancellationToken,
}

/// How the pulls for a document object ended.
enum Pull {
    Done,
    Stopped,
    /// Salesforce does not give the object; others may go on.
    Refused(String),
}

impl Indexer {
    /// Brings the index up to the org, a page at a time.
    ///
    /// When `stop` is cancelled, the run ends after the page at hand. Whatever ends it, everything
    /// up to the last page is kept, and the next run goes on behind it.
    ///
    /// # Errors
    /// What makes further pages hopeless: Salesforce, the model, a file or the index cannot be
    /// used. What concerns one record or one object is in the report instead.
    pub async fn sync(
        &mut self,
        scope: &Scope,
        progress: &Progress,
        stop: &CancellationToken,
    ) -> Result<Report, Error> {
        let begun = Instant::now();
        self.settle().await?;
        let calls_before = self.salesforce.usage().calls;
        let lightning_url = self.sign_in().await?;
        let plans = self.plan(scope).await?;
        self.remove_unprofiled(scope, &plans).await?;
        let mut report = Report {
            warnings: plans.warnings.iter().map(|w| w.text.clone()).collect(),
            complete: true,
            ..Report::default()
        };
        let mut run = Run {
            plans: &plans,
            builder: self.builder(&lightning_url),
            pulled: BTreeSet::new(),
            progress,
            stop,
        };
        for plan in &plans.documents {
            let (object, complete) = self.sync_object(plan, &mut run).await?;
            report.objects.push(object);
            if !complete {
                report.complete = false;
                break;
            }
        }
        if report.complete && report.objects.iter().any(|object| object.embedded > 0) {
            self.writer.optimize().await?;
        }
        report.calls = self.salesforce.usage().calls - calls_before;
        report.took = begun.elapsed();
        Ok(report)
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
        let identity = self.salesforce.sign_in().await?;
        let org = identity.org_id;
        let other = self
            .mirror
            .call(move |mirror| ledger::claim(mirror, org))
            .await?;
        if let Some(mirror) = other {
            return Err(Error::OtherOrg {
                folder: self.options.folder.clone(),
                mirror,
                configured: org.to_string(),
            });
        }
        Ok(match &self.options.lightning_url {
            Some(url) => lightning::without_slash(url),
            None => lightning::pages_of(&identity.instance_url),
        })
    }

    async fn plan(&self, scope: &Scope) -> Result<Plans, Error> {
        let mut profiles: Vec<Profile> = self.options.profiles.iter().cloned().collect();
        if self.options.discover_objects {
            let uncovered = uncovered(&self.salesforce, &self.options.profiles).await?;
            let names = uncovered.into_iter().map(|summary| summary.name);
            profiles.extend(names.map(Profile::from_describe_alone));
        }
        if let Scope::Objects(objects) = scope {
            for object in objects {
                if !profiles.iter().any(|profile| &profile.object == object) {
                    return Err(Error::UnknownObject(object.clone()));
                }
            }
        }
        let describes = self.describes(&profiles).await?;
        let mut plans = Plans::new(&profiles, &describes);
        let (warnings, documents) = (plans.warnings.clone(), plans.documents.clone());
        self.mirror
            .call(move |mirror| ledger::note_plans(mirror, &warnings, &documents))
            .await?;
        if let Scope::Objects(objects) = scope {
            plans
                .documents
                .retain(|plan| objects.contains(&plan.object));
        }
        Ok(plans)
    }

    /// What the org says about all objects that the profiles name.
    async fn describes(&self, profiles: &[Profile]) -> Result<Describes, Error> {
        const AT_ONCE: usize = 4;
        let objects = plan::described_objects(profiles);
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
        }
    }

    /// Returns what was done and whether it came to its end.
    async fn sync_object(
        &mut self,
        plan: &Arc<DocumentPlan>,
        run: &mut Run<'_>,
    ) -> Result<(ObjectReport, bool), Error> {
        let mut report = ObjectReport::new(plan);
        match self.pull(plan, run, &mut report).await? {
            Pull::Done => {}
            Pull::Stopped => return Ok((report, false)),
            Pull::Refused(reason) => {
                self.note_warning(plan, reason.clone()).await?;
                report.error = Some(reason);
                return Ok((report, true));
            }
        }
        let builder = &run.builder;
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
        let built = builder.build(target, run.progress, run.stop).await?;
        report.add_built(built);
        Ok((report, built.complete))
    }

    /// Pulls all that the documents of a plan are made from and that this run has not pulled yet.
    async fn pull(
        &self,
        plan: &DocumentPlan,
        run: &mut Run<'_>,
        report: &mut ObjectReport,
    ) -> Result<Pull, Error> {
        let extractor = self.extractor();
        for object in plan.pulled_objects() {
            if run.pulled.contains(&object) {
                continue;
            }
            let Some(source) = run.plans.sources.get(&object) else {
                continue;
            };
            match extractor.pull(source, run.progress, run.stop).await {
                Ok(pulled) => {
                    report.add_pulled(pulled);
                    if !pulled.complete {
                        return Ok(Pull::Stopped);
                    }
                }
                Err(Error::Salesforce(error)) if concerns_object(&error) => {
                    return Ok(Pull::Refused(format!("{object}: {error}")));
                }
                Err(error) => return Err(error),
            }
            run.pulled.insert(object);
        }
        Ok(Pull::Done)
    }

    fn extractor(&self) -> Extractor {
        Extractor {
            salesforce: self.salesforce.clone(),
            mirror: self.mirror.clone(),
            bulk_from: self.options.bulk_from,
        }
    }

    async fn note_warning(&self, plan: &Arc<DocumentPlan>, warning: String) -> Result<(), Error> {
        let plan = plan.clone();
        self.mirror
            .call(move |mirror| ledger::note_warning(mirror, &plan.object, &warning))
            .await
    }

    /// Takes documents out of the index whose object has no profile any more. An object that the
    /// org does not show at the moment keeps its documents.
    async fn remove_unprofiled(&mut self, scope: &Scope, plans: &Plans) -> Result<(), Error> {
        if *scope != Scope::All {
            return Ok(());
        }
        let indexed = self.writer.counts().await?.documents;
        for object in indexed.into_keys() {
            let is_planned = plans.documents.iter().any(|plan| plan.object == object);
            if is_planned || self.options.profiles.get(&object).is_some() {
                continue;
            }
            let removals = self.writer.document_ids(&object).await?;
            let upserts = Vec::new();
            self.writer.write(Batch { upserts, removals }).await?;
            self.position.forget(&object);
            self.writer.commit(&self.position.to_cursor()).await?;
            self.mirror
                .call(move |mirror| ledger::forget_plan(mirror, &object))
                .await?;
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

/// Whether a failure is about the object that was asked for and nothing else.
fn concerns_object(error: &salesforce::Error) -> bool {
    matches!(
        error,
        salesforce::Error::Denied { .. }
            | salesforce::Error::NotFound { .. }
            | salesforce::Error::BadQuery { .. }
    )
}

impl ObjectReport {
    fn new(plan: &DocumentPlan) -> Self {
        Self {
            object: plan.object.clone(),
            label: plan.label.clone(),
            rows: 0,
            changed: 0,
            failed: 0,
            written: 0,
            removed: 0,
            embedded: 0,
            known: 0,
            error: None,
        }
    }

    fn add_pulled(&mut self, pulled: Pulled) {
        self.rows += pulled.rows;
        self.changed += pulled.changed;
        self.failed += pulled.failed;
    }

    fn add_built(&mut self, built: Built) {
        self.written += built.written;
        self.removed += built.removed;
        self.embedded += built.computed;
        self.known += built.cached;
    }
}
