//! A question answered with citations, generated or extractive.

mod conflicts;
mod conversation;
mod extract;
mod markdown;
mod sources;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{Citation, Claim, RecordId, Viewer};
use models::ChatModel;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::filters::FilterBody;
use super::grounding::{
    Citations, Ending, Shown, Source, Task, ToldClaim, Usage, Verification, show_all, tell,
};
use super::request::check_text;
use super::retrieve::{Question, Retrieved, documents, retrieve};
use super::search::DocumentHead;
use super::{Engine, Error};
use crate::prompts::Prompt;
use conflicts::Conflict;
pub use conversation::{Conversations, Speaker, Turn};

/// Documents shown when the question is not answered.
const NEAREST: usize = 3;
/// The name of the model when no language model was asked.
pub(super) const EXTRACTIVE: &str = "extractive";

/// Body of `POST /v1/answer`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    #[schema(
        min_length = 1,
        max_length = 4000,
        pattern = r"\S",
        example = "How do I reset error E-417?"
    )]
    pub question: String,
    #[serde(default)]
    pub filters: FilterBody,
    /// Ties the questions of one conversation together: this process remembers what the same caller
    /// asked under it within the last hour, and the audit trail has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub conversation_id: Option<String>,
    /// What was said before, oldest first, instead of what is remembered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub history: Vec<Turn>,
}

impl AnswerRequest {
    /// # Errors
    /// [`Error::Invalid`] names the field.
    pub fn check(&self) -> Result<(), Error> {
        check_text("question", &self.question)?;
        conversation::check(self.conversation_id.as_deref(), &self.history)
    }
}

/// Reply of `POST /v1/answer`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Answer {
    pub answered: bool,
    /// Markdown, with `[1]` for citation 1.
    pub answer: String,
    pub claims: Vec<Claim>,
    pub citations: Vec<Citation>,
    /// Cited records that disagree; empty when none do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Conflict>,
    pub verification: Verification,
    /// What is nearest to the question; empty when it is answered.
    pub nearest: Vec<DocumentHead>,
    /// When the index was last brought up to date.
    pub as_of: Option<DateTime<Utc>>,
    /// The model that wrote it, or "extractive".
    pub model: String,
    pub usage: Usage,
    pub request_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
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

/// Answers from what the viewer may read, or says that it does not know. Each claim is shown as soon
/// as it is verified.
///
/// # Errors
/// What goes wrong with the language model is none: the answer is then made without it, and says so.
pub async fn answer(
    engine: &Engine,
    viewer: &Viewer,
    request: AnswerRequest,
    request_id: Uuid,
    shown: Shown<'_>,
) -> Result<Answer, Error> {
    request.check()?;
    let id = request.conversation_id.as_deref();
    let filters = request.filters.resolve(engine, viewer, "filters.").await?;
    let asked = Asked {
        question: request.question.trim(),
        turns: match (request.history.is_empty(), id) {
            (true, Some(id)) => engine.conversations.turns(viewer, id),
            _ => conversation::last(request.history.clone()),
        },
    };
    let wanted = engine.answer.passages.max(NEAREST);
    let read = Question::read(
        engine,
        viewer,
        &conversation::to_search(asked.question, &asked.turns),
    )
    .await?;
    let retrieved = retrieve(engine, viewer, &read, &filters, wanted).await?;
    let budget = engine.context_chars(Prompt::Answer)?;
    let sources = sources::gather(engine, viewer, &read, filters, &retrieved, budget).await?;
    let mut answer = match &engine.chat {
        Some(chat) if !sources.is_empty() => {
            generated(engine, chat, &asked, &read, &sources, shown).await?
        }
        Some(_) | None => extractive(engine, &asked, &read, &sources, shown).await?,
    };
    answer.request_id = request_id;
    answer.finish(engine, viewer, &sources, retrieved).await?;
    if let Some(id) = id {
        engine
            .conversations
            .remember(viewer, id, asked.question, &answer.answer);
    }
    answer.conversation_id = request.conversation_id;
    Ok(answer)
}

/// A question, and what was said before it.
struct Asked<'a> {
    question: &'a str,
    turns: Vec<Turn>,
}

async fn generated(
    engine: &Engine,
    chat: &ChatModel,
    asked: &Asked<'_>,
    read: &Question,
    sources: &[Source],
    shown: Shown<'_>,
) -> Result<Answer, Error> {
    let mut citations = Citations::default();
    let task = Task {
        prompt: Prompt::Answer,
        context: json!({"question": asked.question, "history": asked.turns}),
        sections: &[],
    };
    let told = tell(engine, chat, &task, sources, &mut citations, shown).await?;
    let mut answer = match told.ending {
        Ending::Failed(_) => extractive(engine, asked, read, sources, shown).await?,
        Ending::Whole | Ending::Partial(_) | Ending::Declined(_) => Answer {
            model: told.model,
            ..Answer::of(told.claims, citations, told.verification)
        },
    };
    answer.answered = match told.ending {
        Ending::Failed(_) => answer.answered,
        Ending::Whole | Ending::Partial(_) | Ending::Declined(_) => told.answered,
    };
    answer.degraded.extend(match told.ending {
        Ending::Whole => None,
        Ending::Partial(reason) => Some(format!("the answer is not whole: {reason}")),
        Ending::Failed(reason) => Some(format!("answered without the language model: {reason}")),
        Ending::Declined(reason) => Some(format!("not answered: {reason}")),
    });
    answer.usage = told.usage;
    answer.prompt = Some(told.prompt_hash);
    Ok(answer)
}

async fn extractive(
    engine: &Engine,
    asked: &Asked<'_>,
    question: &Question,
    sources: &[Source],
    shown: Shown<'_>,
) -> Result<Answer, Error> {
    let mut citations = Citations::default();
    let claims =
        extract::extract(engine, asked.question, question, sources, &mut citations).await?;
    let verification = Verification::of_quotes(claims.len());
    let claims = claims.into_iter().map(|claim| ToldClaim {
        section: None,
        claim,
    });
    let claims: Vec<ToldClaim> = claims.collect();
    show_all(&claims, &citations, shown);
    Ok(Answer::of(claims, citations, verification))
}

impl Answer {
    fn of(claims: Vec<ToldClaim>, citations: Citations, verification: Verification) -> Self {
        let claims: Vec<Claim> = claims.into_iter().map(|told| told.claim).collect();
        Self {
            answered: !claims.is_empty(),
            answer: String::new(),
            verification,
            claims,
            citations: citations.into_vec(),
            conflicts: Vec::new(),
            nearest: Vec::new(),
            as_of: None,
            model: EXTRACTIVE.to_owned(),
            usage: Usage::default(),
            request_id: Uuid::nil(),
            conversation_id: None,
            degraded: Vec::new(),
            withheld: 0,
            prompt: None,
        }
    }

    /// Whether its statements are quotes, and no model's.
    pub fn is_extractive(&self) -> bool {
        self.model == EXTRACTIVE
    }

    /// What is said instead of an answer; none where there is one.
    pub fn abstention(&self) -> Option<&'static str> {
        match (self.answered, self.nearest.is_empty()) {
            (true, _) => None,
            (false, true) => Some("I found nothing about this in the records that you can see."),
            (false, false) => {
                Some("I do not know: this is not in the records that you can see. The nearest are:")
            }
        }
    }

    /// What is said once the claims are known.
    async fn finish(
        &mut self,
        engine: &Engine,
        viewer: &Viewer,
        sources: &[Source],
        retrieved: Retrieved,
    ) -> Result<(), Error> {
        if self.answered {
            let updated: BTreeMap<RecordId, DateTime<Utc>> = sources
                .iter()
                .map(|source| (source.passage.record_id, source.kind.updated_at))
                .collect();
            self.conflicts = conflicts::conflicts(&self.citations, &updated);
            self.answer = markdown::claims(&self.claims);
            for conflict in &self.conflicts {
                self.answer.push_str("\n\n");
                self.answer.push_str(&conflict.sentence());
            }
        } else {
            self.claims.clear();
            self.citations.clear();
            self.verification.shown = 0;
            self.nearest = nearest(engine, viewer, &retrieved).await?;
            self.answer = markdown::not_known(self);
        }
        self.as_of = engine.as_of();
        self.degraded.extend(retrieved.degraded);
        self.withheld = retrieved.withheld;
        Ok(())
    }
}

async fn nearest(
    engine: &Engine,
    viewer: &Viewer,
    retrieved: &Retrieved,
) -> Result<Vec<DocumentHead>, Error> {
    let ranked = &retrieved.documents[..retrieved.documents.len().min(NEAREST)];
    let documents = documents(engine, viewer, ranked).await?;
    Ok(ranked
        .iter()
        .filter_map(|ranked| documents.get(&ranked.document))
        .map(|document| DocumentHead::of(document, viewer))
        .collect())
}
