//! What a run did.

use std::time::Duration;

use domain::ObjectName;
use serde::Serialize;

use crate::build::Built;
use crate::extract::Pulled;
use crate::plan::DocumentPlan;

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub objects: Vec<ObjectReport>,
    /// What was left out of the profiles, by `Object.Field`, and why.
    pub warnings: Vec<String>,
    /// API calls, and how many of all requests failed, whether or not a repeat then worked.
    pub calls: u64,
    pub failed_calls: u64,
    /// Why the embedding model was left alone, if it was: documents lack vectors until it answers.
    pub outage: Option<String>,
    /// False when it was asked to stop first; the next run goes on from there.
    pub complete: bool,
    pub took: Duration,
}

/// What a run did for one document object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectReport {
    pub object: ObjectName,
    pub label: String,
    /// Rows that came, of the object and its parts, and how many of them were new, different or
    /// gone.
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
    /// Documents that wait for their vectors, because the model did not answer.
    pub vectorless: u64,
    /// Why the object could not be synced, if so. The others were.
    pub error: Option<String>,
}

impl Report {
    /// The report of an object, which is begun if there is none.
    pub(super) fn of(&mut self, plan: &DocumentPlan) -> &mut ObjectReport {
        let objects = &mut self.objects;
        match objects
            .iter()
            .position(|report| report.object == plan.object)
        {
            Some(position) => &mut objects[position],
            None => {
                objects.push(ObjectReport::new(plan));
                let last = objects.len() - 1;
                &mut objects[last]
            }
        }
    }
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
            vectorless: 0,
            error: None,
        }
    }

    pub(super) fn add_pulled(&mut self, pulled: Pulled) {
        self.rows += pulled.rows;
        self.changed += pulled.changed;
        self.failed += pulled.failed;
    }

    pub(super) fn add_built(&mut self, built: Built) {
        self.written += built.written;
        self.removed += built.removed;
        self.embedded += built.computed;
        self.known += built.cached;
        self.vectorless += built.vectorless;
    }
}
