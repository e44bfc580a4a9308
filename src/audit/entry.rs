//! What stands on a line: who asked what, in which way, and what they were shown.

use std::collections::BTreeSet;
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use domain::{RecordId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::feedback::Feedback;
use super::redact::Redaction;
use crate::access;
use crate::identity::{Caller, Identity};
use crate::query::{
    Answer, AnswerRequest, Brief, BriefRequest, Error as QueryError, Knowledge, KnowledgeRequest,
    NewCase, Record, SearchRequest, SearchResponse, Triage, Usage,
};

/// The longest question on a line, in characters; longer ones are refused anyway.
const MOST_CHARS: usize = 4_000;

/// Where a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    Rest,
    CommandLine,
    /// A knowledge source of Copilot Studio.
    Copilot,
    Mcp,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is about to be answered piece by piece; another line tells how it ended.
    Begun,
    /// Records, or lines of the trail, were shown.
    Shown,
    Answered,
    /// The records that the caller may read had no answer.
    NotAnswered,
    /// The caller may not ask, or not so.
    Refused,
    /// What the caller thinks of a reply is on the trail.
    Noted,
    /// Something that the reply needs was away or broken.
    Failed,
}

/// One request on the trail. No text of a record stands here.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    pub time: DateTime<Utc>,
    pub request_id: Uuid,
    pub surface: Surface,
    /// `search`, `answer`, `export`, `admin/audit`…: the path below `/v1/`.
    pub operation: String,
    /// None when the caller did not prove who they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Where a request came from whose caller did not prove who they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<IpAddr>,
    /// None for a service policy, and when it did not come to a viewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The username, or the name of the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(flatten)]
    pub asked: Asked,
    /// Records that were shown or quoted.
    pub shown: Vec<RecordId>,
    /// Candidates left out because the viewer may not read them.
    pub withheld: usize,
    /// Whether an earlier reply helped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub took_ms: i64,
    pub outcome: Outcome,
    /// Why it was refused or failed; it tells no text of a record and none of the question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Requests of unknown callers before this one that were too many for a line each.
    #[serde(skip_serializing_if = "is_zero")]
    pub unrecorded: u64,
}

/// What a request says.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Asked {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// Filters as asked, with `more_like` among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filters: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
}

impl From<&SearchRequest> for Asked {
    fn from(request: &SearchRequest) -> Self {
        let mut filters = json!(request.filters);
        if let Some(record) = &request.more_like {
            filters["more_like"] = json!(record);
        }
        Self {
            question: Some(cut(&request.query)),
            filters: is_filled(&filters).then_some(filters),
            conversation_id: None,
        }
    }
}

impl From<&KnowledgeRequest> for Asked {
    fn from(request: &KnowledgeRequest) -> Self {
        let filters = json!(request.filters);
        Self {
            question: Some(cut(&request.texts().join("\n"))),
            filters: is_filled(&filters).then_some(filters),
            conversation_id: None,
        }
    }
}

impl From<&AnswerRequest> for Asked {
    fn from(request: &AnswerRequest) -> Self {
        let filters = json!(request.filters);
        let conversation = request.conversation_id.as_deref();
        Self {
            question: Some(cut(&request.question)),
            filters: is_filled(&filters).then_some(filters),
            conversation_id: conversation.map(cut),
        }
    }
}

impl From<&NewCase> for Asked {
    fn from(case: &NewCase) -> Self {
        let mut filters = json!(case);
        if let Some(filters) = filters.as_object_mut() {
            filters.remove("subject");
            filters.remove("description");
        }
        let words = format!("{}\n{}", case.subject, case.description);
        Self {
            question: Some(cut(words.trim())),
            filters: is_filled(&filters).then_some(filters),
            conversation_id: None,
        }
    }
}

impl Asked {
    /// A case by its id or number.
    pub fn of_case(case: &str) -> Self {
        Self {
            filters: Some(json!({"case": cut(case)})),
            ..Self::default()
        }
    }

    /// A record by its id or number.
    pub fn of_record(record: &str) -> Self {
        Self {
            filters: Some(json!({"record": cut(record)})),
            ..Self::default()
        }
    }

    /// A brief of the account with this id or name.
    pub fn brief(account: &str, request: &BriefRequest) -> Self {
        let mut filters = json!(request);
        filters["account"] = json!(cut(account));
        if let Some(since) = &request.since {
            filters["since"] = json!(cut(since));
        }
        Self {
            filters: Some(filters),
            ..Self::default()
        }
    }
}

impl Entry {
    /// A request that begins now, of whom nothing is known yet.
    pub fn new(request_id: Uuid, surface: Surface, operation: impl Into<String>) -> Self {
        Self {
            time: Utc::now(),
            request_id,
            surface,
            operation: operation.into(),
            identity: None,
            peer: None,
            user_id: None,
            username: None,
            asked: Asked::default(),
            shown: Vec::new(),
            withheld: 0,
            feedback: None,
            model: None,
            prompt: None,
            prompt_tokens: 0,
            completion_tokens: 0,
            took_ms: 0,
            outcome: Outcome::Failed,
            reason: None,
            unrecorded: 0,
        }
    }

    /// The request of a caller whose viewer is known.
    pub fn by(mut self, caller: &Caller) -> Self {
        self.identity = Some(caller.identity.clone());
        self.user_id = caller.viewer.user();
        self.username = Some(caller.viewer.name().to_owned());
        self
    }

    /// What the operator asks as nobody in Salesforce.
    pub fn by_operator(mut self) -> Self {
        self.identity = Some(Identity::Operator);
        self
    }

    /// What an admin was told of one user and one record.
    pub fn of_access(mut self, username: &str, record: RecordId) -> Self {
        self.username = Some(cut(username));
        self.shown = vec![record];
        self.ended(Outcome::Shown, None)
    }

    pub fn asking(mut self, asked: impl Into<Asked>) -> Self {
        self.asked = asked.into();
        self
    }

    /// How a search ended.
    pub fn of_search(mut self, found: &Result<SearchResponse, QueryError>) -> Self {
        if let Ok(found) = found {
            self.shown = found.hits.iter().map(|hit| hit.document.id).collect();
            self.withheld = found.withheld;
        }
        self.of(found.as_ref().map(|_| Outcome::Shown))
    }

    /// How a search for an orchestrator ended.
    pub fn of_knowledge(mut self, found: &Result<Knowledge, QueryError>) -> Self {
        if let Ok(found) = found {
            self.shown.clone_from(&found.shown);
            self.withheld = found.withheld;
        }
        self.of(found.as_ref().map(|_| Outcome::Shown))
    }

    /// How an answer ended.
    pub fn of_answer(mut self, answer: &Result<Answer, QueryError>) -> Self {
        if let Ok(answer) = answer {
            let cited = answer.citations.iter().map(|citation| citation.record_id);
            let nearest = answer.nearest.iter().map(|document| document.id);
            self.shown = cited.chain(nearest).collect();
            self.withheld = answer.withheld;
            self.told_by(&answer.model, answer.prompt.as_deref(), &answer.usage);
        }
        self.of(answer.as_ref().map(|answer| match answer.answered {
            true => Outcome::Answered,
            false => Outcome::NotAnswered,
        }))
    }

    /// How the reading of a record ended.
    pub fn of_record(mut self, record: &Result<Record, QueryError>) -> Self {
        if let Ok(record) = record {
            self.shown = vec![record.document.id];
        }
        self.of(record.as_ref().map(|_| Outcome::Shown))
    }

    /// How it ended that a caller judged a reply.
    pub fn of_feedback(mut self, feedback: &Feedback, noted: &Result<(), QueryError>) -> Self {
        self.feedback = Some(feedback.clone());
        self.of(noted.as_ref().map(|()| Outcome::Noted))
    }

    /// How a triage ended.
    pub fn of_triage(mut self, triage: &Result<Triage, QueryError>) -> Self {
        if let Ok(triage) = triage {
            self.shown = triage.shown().into_iter().collect();
            self.withheld = triage.withheld;
            self.told_by(&triage.model, triage.prompt.as_deref(), &triage.usage);
        }
        self.of(triage.as_ref().map(|_| Outcome::Shown))
    }

    /// How a brief ended.
    pub fn of_brief(mut self, brief: &Result<Brief, QueryError>) -> Self {
        if let Ok(brief) = brief {
            let cited = brief.citations.iter().map(|citation| citation.record_id);
            let shown: BTreeSet<RecordId> = cited.chain([brief.account.id]).collect();
            self.shown = shown.into_iter().collect();
            self.withheld = brief.withheld;
            self.told_by(&brief.model, brief.prompt.as_deref(), &brief.usage);
        }
        self.of(brief.as_ref().map(|_| Outcome::Shown))
    }

    /// Which model told it, by which prompt, and what that took.
    fn told_by(&mut self, model: &str, prompt: Option<&str>, usage: &Usage) {
        self.model = Some(model.to_owned());
        self.prompt = prompt.map(str::to_owned);
        self.prompt_tokens = usage.prompt_tokens;
        self.completion_tokens = usage.completion_tokens;
    }

    /// How a request ended that the core has answered or refused.
    pub fn of(self, outcome: Result<Outcome, &QueryError>) -> Self {
        match outcome {
            Ok(outcome) => self.ended(outcome, None),
            Err(error) => {
                let (outcome, reason) = why(error);
                self.ended(outcome, Some(reason))
            }
        }
    }

    /// The request ends now.
    pub fn ended(mut self, outcome: Outcome, reason: Option<String>) -> Self {
        self.outcome = outcome;
        self.reason = reason;
        self.took_ms = (Utc::now() - self.time).num_milliseconds();
        self
    }

    /// The line's JSON, with as much of the question as `redaction` lets through.
    pub(super) fn into_body(mut self, redaction: &Redaction) -> serde_json::Result<Vec<u8>> {
        redaction.apply(&mut self.asked, self.feedback.as_mut());
        serde_json::to_vec(&self)
    }
}

/// What an error says of the request, and nothing that it says of records or repeats of the question.
fn why(error: &QueryError) -> (Outcome, String) {
    let (outcome, reason) = match error {
        QueryError::Invalid(_) => (Outcome::Refused, "the request is invalid".to_owned()),
        QueryError::NotFound(_) => (
            Outcome::Refused,
            "what the request names is not there, or not for this viewer".to_owned(),
        ),
        QueryError::Ambiguous { .. } => (
            Outcome::Refused,
            "what the request names is not one record alone".to_owned(),
        ),
        QueryError::Access(access::Error::Refused(reason)) => (Outcome::Refused, reason.clone()),
        QueryError::Access(error) => (Outcome::Failed, error.to_string()),
        QueryError::Store(_) => (Outcome::Failed, "the index cannot be read".to_owned()),
        QueryError::Model(_) => (Outcome::Failed, "a model did not answer".to_owned()),
        QueryError::Prompt(_) => (Outcome::Failed, "the prompt cannot be filled in".to_owned()),
    };
    (outcome, reason)
}

fn cut(text: &str) -> String {
    text.chars().take(MOST_CHARS).collect()
}

fn is_filled(filters: &Value) -> bool {
    filters
        .as_object()
        .is_some_and(|filters| !filters.is_empty())
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
