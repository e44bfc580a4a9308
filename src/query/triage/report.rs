//! What a triage says.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::{Citation, Claim, RecordId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::query::grounding::{Usage, Verification};
use crate::query::search::DocumentHead;

/// Reply of `POST /v1/cases/{case}/triage` and `POST /v1/triage`. Proposals only: nothing is written
/// to Salesforce.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Triage {
    /// None for a case that does not exist yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseHead>,
    pub summary: Vec<Claim>,
    /// What the customer asks for.
    pub wants: Vec<Claim>,
    /// Oldest first.
    pub timeline: Vec<TimelineEntry>,
    pub proposal: Proposal,
    /// Closed cases like this one, the likest first.
    pub similar_cases: Vec<SimilarCase>,
    /// Articles that apply, best first.
    pub articles: Vec<ArticleSteps>,
    pub reply_draft: ReplyDraft,
    /// What to ask for.
    pub missing: Vec<Missing>,
    pub duplicates: Vec<Duplicate>,
    pub escalation: Escalation,
    pub citations: Vec<Citation>,
    pub verification: Verification,
    /// When the index was last brought up to date.
    pub as_of: Option<DateTime<Utc>>,
    /// The model that wrote summary, wants and reply, or "extractive".
    pub model: String,
    pub usage: Usage,
    pub request_id: Uuid,
    /// What it went without; empty when all is well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub degraded: Vec<String>,
    /// For the audit trail, never sent.
    #[serde(skip)]
    pub withheld: usize,
    /// The hash of the prompt, if a model was asked. For the audit trail, never sent.
    #[serde(skip)]
    pub prompt: Option<String>,
}

impl Triage {
    /// The records that it shows or quotes.
    pub fn shown(&self) -> BTreeSet<RecordId> {
        let case = self.case.iter().map(|case| case.id);
        let similar = self.similar_cases.iter();
        let similar =
            similar.flat_map(|case| std::iter::once(&case.document).chain(&case.articles));
        let articles = self.articles.iter().map(|article| &article.document);
        let duplicates = self.duplicates.iter().map(|duplicate| &duplicate.document);
        let heads = similar
            .chain(articles)
            .chain(duplicates)
            .map(|head| head.id);
        let cited = self.citations.iter().map(|citation| citation.record_id);
        case.chain(heads).chain(cited).collect()
    }

    /// One that says nothing yet.
    pub fn empty(model: &str) -> Self {
        Self {
            case: None,
            summary: Vec::new(),
            wants: Vec::new(),
            timeline: Vec::new(),
            proposal: Proposal::default(),
            similar_cases: Vec::new(),
            articles: Vec::new(),
            reply_draft: ReplyDraft::default(),
            missing: Vec::new(),
            duplicates: Vec::new(),
            escalation: Escalation::default(),
            citations: Vec::new(),
            verification: Verification::default(),
            as_of: None,
            model: model.to_owned(),
            usage: Usage::default(),
            request_id: Uuid::nil(),
            degraded: Vec::new(),
            withheld: 0,
            prompt: None,
        }
    }

    /// Adds what is quoted to what a model told and was verified.
    pub fn count(&mut self) {
        let told = self.verification.shown;
        let quoted = self.claims().saturating_sub(told);
        self.verification.shown = told + quoted;
        self.verification.checked.claims += quoted;
        self.verification.checked.quotes += quoted;
    }

    /// How many statements it shows.
    fn claims(&self) -> usize {
        let solved = self.similar_cases.iter();
        let solved = solved.filter(|case| case.resolution.is_some()).count();
        let steps: usize = self
            .articles
            .iter()
            .map(|article| article.steps.len())
            .sum();
        let proposed = self.proposal.all();
        let proposed = proposed.iter().filter(|proposed| proposed.value.is_some());
        self.summary.len()
            + self.wants.len()
            + self.timeline.len()
            + self.missing.len()
            + self.duplicates.len()
            + self.escalation.signals.len()
            + solved
            + steps
            + proposed.count()
    }
}

impl Proposal {
    pub fn all(&self) -> [&Proposed; 4] {
        [&self.priority, &self.kind, &self.product, &self.queue]
    }
}

/// The case that is triaged.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CaseHead {
    pub id: RecordId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    pub title: String,
    pub url: String,
}

/// Something that happened.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TimelineEntry {
    pub at: DateTime<Utc>,
    pub who: Who,
    pub event: Event,
    /// Quoted from the record.
    pub text: String,
    pub citations: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    Customer,
    Company,
    /// A field of the case says so.
    Record,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TimelineEvent)]
pub enum Event {
    Created,
    Comment,
    Email,
    Status,
    Closed,
}

/// Proposed values, each of which occurs among cases that the viewer may read.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct Proposal {
    pub priority: Proposed,
    #[serde(rename = "type")]
    pub kind: Proposed,
    pub product: Proposed,
    pub queue: Proposed,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct Proposed {
    /// None where too little speaks for any.
    pub value: Option<String>,
    /// Of a queue or a product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RecordId>,
    pub reason: String,
    /// 0 to 1: the share of what speaks for it, less where little speaks at all.
    pub confidence: f64,
    pub citations: Vec<usize>,
    /// What the case has now.
    pub current: Option<String>,
}

/// A closed case like this one.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SimilarCase {
    pub document: DocumentHead,
    pub score: f32,
    pub similarity_reason: String,
    /// How it was solved, quoted; none if nobody wrote it down.
    pub resolution: Option<Claim>,
    /// The articles that are attached to it.
    pub articles: Vec<DocumentHead>,
}

/// An article that applies.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ArticleSteps {
    pub document: DocumentHead,
    /// Quoted, in the order of the article.
    pub steps: Vec<Claim>,
}

/// A reply to look over and send. What it quotes are articles that customers may read.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct ReplyDraft {
    /// With `[1]` for citation 1.
    pub text: String,
    pub citations: Vec<usize>,
}

/// Something to ask for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = MissingDetail)]
pub struct Missing {
    pub text: String,
    pub reason: String,
    pub citations: Vec<usize>,
}

/// A case that may be the same.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Duplicate {
    pub document: DocumentHead,
    pub reason: String,
    pub citations: Vec<usize>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct Escalation {
    pub signals: Vec<Claim>,
    /// Whether somebody should look at it at once.
    pub recommended: bool,
}
