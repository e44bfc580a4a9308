//! A question answered with citations, generated or extractive.

mod extract;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{Citation, Claim, Document, ObjectName, RecordId, Viewer};
use serde::{Deserialize, Serialize};
use store::Filters;
use uuid::Uuid;

use super::filters::FilterBody;
use super::grounding::{Citations, Source, generate};
use super::rank::Ranked;
use super::request::check_text;
use super::retrieve::{Question, Retrieved, documents, passages, retrieve};
use super::search::DocumentHead;
use super::{Engine, Error};

/// Passages of the best document that are read whether they match or not: what solved a case is
/// often said in other words than what was asked.
const WHOLE: usize = 30;
/// Characters from which such a passage says enough.
const LONG_ENOUGH: usize = 30;
/// What such a passage counts for, against the best one.
const REST: f32 = 0.8;
/// Documents shown when the question is not answered.
const NEAREST: usize = 3;
/// The object of articles.
const ARTICLE: &str = "Knowledge__kav";
/// The name of the model when no language model was asked.
pub const EXTRACTIVE: &str = "extractive";

/// Body of `POST /v1/answer`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    pub question: String,
    #[serde(default)]
    pub filters: FilterBody,
    /// Ties the questions of one conversation together on the audit trail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
}

/// Reply of `POST /v1/answer`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Answer {
    pub answered: bool,
    /// Markdown, with `[1]` for citation 1.
    pub answer: String,
    pub claims: Vec<Claim>,
    pub citations: Vec<Citation>,
    pub verification: Verification,
    /// What is nearest to the question; empty when it is answered.
    pub nearest: Vec<DocumentHead>,
    /// When the index was last brought up to date.
    pub as_of: Option<DateTime<Utc>>,
    /// The model that wrote it, or "extractive".
    pub model: String,
    pub usage: Usage,
    pub request_id: Uuid,
    /// What its search went without; empty when all is well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub degraded: Vec<String>,
    /// For the audit trail, never sent.
    #[serde(skip)]
    pub withheld: usize,
}

/// What became of the claims.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Verification {
    pub shown: usize,
    /// Claims that held after the model corrected them.
    pub repaired: usize,
    /// Claims that did not hold and are not shown.
    pub dropped: usize,
}

/// Tokens, as the model counted them.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Usage {
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
}

/// Answers from what the viewer may read, or says that it does not know.
pub async fn answer(
    engine: &Engine,
    viewer: &Viewer,
    request: AnswerRequest,
    request_id: Uuid,
) -> Result<Answer, Error> {
    check_text("question", &request.question)?;
    let filters = request.filters.resolve(engine, viewer, "filters.").await?;
    let question = request.question.trim();
    let wanted = engine.answer.passages.max(NEAREST);
    let read = Question::read(engine, viewer, question).await?;
    let retrieved = retrieve(engine, viewer, &read, &filters, wanted).await?;
    let mut sources = sources(engine, viewer, &retrieved).await?;
    if filters.objects.is_empty() {
        let articles = articles(engine, viewer, &read, filters).await?;
        sources = within_budget(engine, interleaved(sources, articles));
    }
    let mut answer = match &engine.chat {
        Some(chat) if !sources.is_empty() => {
            generated(engine, chat, question, &sources, request_id).await?
        }
        Some(_) | None => extractive(engine, &read, &sources, request_id).await?,
    };
    if !answer.answered {
        answer.claims.clear();
        answer.citations.clear();
        answer.nearest = nearest(engine, viewer, &retrieved).await?;
        answer.answer = not_known(&answer.nearest);
    }
    answer.as_of = engine.as_of();
    answer.degraded = retrieved.degraded.into_iter().collect();
    answer.withheld = retrieved.withheld;
    Ok(answer)
}

/// The best passages of the best documents, within the budget of the context.
async fn sources(
    engine: &Engine,
    viewer: &Viewer,
    retrieved: &Retrieved,
) -> Result<Vec<Source>, Error> {
    let most = engine.answer.passages;
    let ranked = &retrieved.documents[..retrieved.documents.len().min(most)];
    let documents = documents(engine, viewer, ranked).await?;
    let found = passages(engine, viewer, ranked).await?;
    let mut sources = Vec::new();
    for ranked in ranked {
        let Some(document) = documents.get(&ranked.document) else {
            continue;
        };
        for (id, score) in &ranked.passages {
            if let Some(passage) = found.get(id) {
                sources.push(Source::new(passage.clone(), document, viewer, *score));
            }
        }
    }
    sources.extend(rest_of_best(engine, viewer, ranked, &documents, &sources).await?);
    sources.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(within_budget(engine, sources))
}

/// What else the best document says, so far as it is not among `known`.
async fn rest_of_best(
    engine: &Engine,
    viewer: &Viewer,
    ranked: &[Ranked],
    documents: &HashMap<RecordId, Document>,
    known: &[Source],
) -> Result<Vec<Source>, Error> {
    let Some(best) = ranked.first() else {
        return Ok(Vec::new());
    };
    let Some(document) = documents.get(&best.document) else {
        return Ok(Vec::new());
    };
    let whole = engine
        .reader
        .document_passages(viewer, best.document, WHOLE);
    let mut rest = Vec::new();
    for passage in whole.await? {
        let is_known = known.iter().any(|source| source.passage.id == passage.id);
        if !is_known && passage.end - passage.start >= LONG_ENOUGH {
            rest.push(Source::new(passage, document, viewer, REST * best.score));
        }
    }
    Ok(rest)
}

/// The best passages of articles alone: a hundred cases about one problem would otherwise leave no
/// room for the one article that solves it.
async fn articles(
    engine: &Engine,
    viewer: &Viewer,
    question: &Question,
    mut filters: Filters,
) -> Result<Vec<Source>, Error> {
    let article = ObjectName::parse(ARTICLE).map_err(|error| Error::Invalid(error.to_string()))?;
    if !viewer.reads_object(&article) {
        return Ok(Vec::new());
    }
    filters.objects = vec![article];
    let wanted = engine.answer.passages / 2;
    let retrieved = retrieve(engine, viewer, question, &filters, wanted).await?;
    sources(engine, viewer, &retrieved).await
}

/// One of each in turn, none twice.
fn interleaved(all: Vec<Source>, articles: Vec<Source>) -> Vec<Source> {
    let mut mixed: Vec<Source> = Vec::new();
    let (mut all, mut articles) = (all.into_iter(), articles.into_iter());
    loop {
        let next = [all.next(), articles.next()];
        if next.iter().all(Option::is_none) {
            return mixed;
        }
        for source in next.into_iter().flatten() {
            if mixed
                .iter()
                .all(|known| known.passage.id != source.passage.id)
            {
                mixed.push(source);
            }
        }
    }
}

/// As many as the context has room for.
fn within_budget(engine: &Engine, mut sources: Vec<Source>) -> Vec<Source> {
    let mut left = engine.answer.context_chars;
    sources.truncate(engine.answer.passages);
    sources.retain(|source| {
        let length = source.passage.end - source.passage.start;
        let fits = length <= left;
        left -= if fits { length } else { 0 };
        fits
    });
    sources
}

async fn generated(
    engine: &Engine,
    chat: &models::ChatModel,
    question: &str,
    sources: &[Source],
    request_id: Uuid,
) -> Result<Answer, Error> {
    let mut citations = Citations::default();
    let generated = generate(
        chat,
        engine.answer.max_tokens,
        question,
        sources,
        &mut citations,
    )
    .await?;
    let mut answer = assemble(generated.claims, citations, request_id);
    answer.answered = generated.answered;
    answer.verification = generated.verification;
    answer.usage = generated.usage;
    answer.model = generated.model;
    Ok(answer)
}

async fn extractive(
    engine: &Engine,
    question: &Question,
    sources: &[Source],
    request_id: Uuid,
) -> Result<Answer, Error> {
    let mut citations = Citations::default();
    let claims = extract::extract(engine, question, sources, &mut citations).await?;
    Ok(assemble(claims, citations, request_id))
}

fn assemble(claims: Vec<Claim>, citations: Citations, request_id: Uuid) -> Answer {
    Answer {
        answered: !claims.is_empty(),
        answer: markdown(&claims),
        verification: Verification {
            shown: claims.len(),
            ..Verification::default()
        },
        claims,
        citations: citations.into_vec(),
        nearest: Vec::new(),
        as_of: None,
        model: EXTRACTIVE.to_owned(),
        usage: Usage::default(),
        request_id,
        degraded: Vec::new(),
        withheld: 0,
    }
}

/// The claims in a row, each with the numbers of its citations.
fn markdown(claims: &[Claim]) -> String {
    let sentences = claims.iter().map(|claim| {
        let marks: String = claim.citations.iter().map(|n| format!("[{n}]")).collect();
        format!("{} {marks}", claim.text)
    });
    sentences.collect::<Vec<_>>().join("\n\n")
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

fn not_known(nearest: &[DocumentHead]) -> String {
    if nearest.is_empty() {
        return "I found nothing about this in the records that you can see.".to_owned();
    }
    let titles: Vec<_> = nearest
        .iter()
        .map(|document| format!("- [{}]({})", document.title, document.url))
        .collect();
    format!(
        "I do not know: no record that you can see answers this. The nearest are:\n\n{}",
        titles.join("\n")
    )
}
