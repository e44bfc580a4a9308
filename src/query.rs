//! Search, then cited answers: everything that reads on behalf of a viewer.
//!
//! Skins (HTTP, the command line) call these functions and add nothing to them.

mod answer;
mod brief;
mod choice;
mod confirmed;
mod current;
mod cursor;
mod error;
mod explain;
mod facets;
mod filters;
mod fusion;
mod grounding;
mod knowledge;
mod legs;
mod listing;
mod pattern;
mod prior;
mod questions;
mod rank;
mod record;
mod request;
mod retrieve;
mod search;
mod similar;
mod strict;
mod syntax;
mod translations;
mod triage;
mod votes;

use chrono::{DateTime, Utc};

use crate::access::Access;
use crate::config::AnswerConfig;
use crate::prompts::{Prompt, Prompts};

pub use answer::{Answer, AnswerRequest, Conversations, Speaker, Turn, answer};
pub use brief::{
    Audience, Brief, BriefRequest, Figure, Section, brief, content_security_policy, markdown, page,
    subtitle,
};
pub use choice::Choice;
pub use cursor::Seal;
pub use error::{Error, ErrorKind};
pub use explain::Leg;
pub use facets::FacetCount;
pub use filters::{FilterBody, Values};
pub use fusion::Variant;
pub use grounding::{Shown, Spent, SpentSoFar, ToldClaim, Usage};
pub use knowledge::{Knowledge, KnowledgeRequest, Reason as KnowledgeReason, knowledge};
pub use questions::Questions;
pub use record::{Record, record};
pub use request::{SearchRequest, Sort};
pub use search::{DocumentHead, Hit, SearchResponse, search};
pub use triage::{
    ArticleSteps, NewCase, Proposed, SimilarCase, Triage, TriageRequest, Who, triage_case,
    triage_new,
};

/// What a query runs on. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub reader: store::Reader,
    /// None: keyword search only.
    pub embedder: Option<models::Embedder>,
    pub questions: Questions,
    /// None: answers are extractive.
    pub chat: Option<models::ChatModel>,
    pub conversations: Conversations,
    /// What the language model has taken so far.
    pub spent: Spent,
    pub access: Access,
    pub seal: Seal,
    pub answer: AnswerConfig,
    pub prompts: Prompts,
    /// None on a node that does not sync.
    pub ledger: Option<indexer::Ledger>,
}

impl Engine {
    /// Characters that the passages of a prompt may have together.
    ///
    /// # Errors
    /// [`Error::Prompt`] when the prompt cannot be used.
    fn context_chars(&self, prompt: Prompt) -> Result<usize, Error> {
        Ok(self.prompts.current(prompt)?.settings().context_chars)
    }

    /// Up to when an answer knows what Salesforce had; while the first sync runs, when the newest
    /// part of it came. None before that.
    pub fn as_of(&self) -> Option<DateTime<Utc>> {
        let known = match &self.ledger {
            Some(ledger) => ledger.as_of(),
            None => self.reader.as_of(),
        };
        known.or(self.reader.committed_at())
    }

    /// The same, looked up anew where another node syncs.
    pub async fn refreshed_as_of(&self) -> Result<Option<DateTime<Utc>>, Error> {
        self.reader.refresh().await?;
        Ok(self.as_of())
    }
}
