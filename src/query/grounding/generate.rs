//! Generated answers: the model writes claims with quotes, and precis keeps those that hold.

use domain::Claim;
use models::{Chat, ChatModel, JsonSchema};
use serde::Deserialize;
use serde_json::{Value, json};

use super::citation::{Citations, Source};
use super::verify::{Unsupported, check_facts, find_quote};
use crate::prompts::Template;
use crate::query::{Error, Usage, Verification};

/// What the model wrote, after verification.
pub struct Generated {
    /// False when the model says that the passages do not answer.
    pub answered: bool,
    pub claims: Vec<Claim>,
    pub verification: Verification,
    pub usage: Usage,
    pub model: String,
    /// Hash of the prompt.
    pub prompt: String,
}

/// The contract of `prompts/answer.md`.
#[derive(Debug, Deserialize)]
struct Reply {
    answered: bool,
    claims: Vec<ReplyClaim>,
}

#[derive(Debug, Clone, Deserialize)]
struct ReplyClaim {
    text: String,
    support: Vec<Support>,
}

#[derive(Debug, Clone, Deserialize)]
struct Support {
    passage: usize,
    quote: String,
}

/// A claim that did not hold, as the prompt for its repair names it.
#[derive(Debug)]
struct Rejected {
    text: String,
    reason: String,
}

/// Asks the model, verifies its claims, and has it correct once what does not hold.
pub async fn generate(
    chat: &ChatModel,
    template: &Template,
    question: &str,
    sources: &[Source],
    citations: &mut Citations,
) -> Result<Generated, Error> {
    let mut usage = Usage::default();
    let (reply, model) = ask(chat, template, question, sources, &[], &mut usage).await?;
    let (mut held, rejected) = sift(reply.claims, question, sources);
    let mut verification = Verification::default();
    let mut answered = reply.answered;
    if !rejected.is_empty() {
        let (second, _) = ask(chat, template, question, sources, &rejected, &mut usage).await?;
        let (corrected, dropped) = sift(second.claims, question, sources);
        let is_new = |claim: &ReplyClaim| held.iter().all(|known| known.text != claim.text);
        verification.repaired = corrected.iter().filter(|claim| is_new(claim)).count();
        verification.dropped = dropped.len();
        // What held in the first reply still answers, whatever became of the rest.
        answered |= second.answered;
        if !corrected.is_empty() {
            held = corrected;
        }
    }
    verification.shown = held.len();
    Ok(Generated {
        answered: answered && !held.is_empty(),
        claims: held
            .into_iter()
            .map(|claim| cited(claim, sources, citations))
            .collect(),
        verification,
        usage,
        model,
        prompt: template.hash().to_owned(),
    })
}

async fn ask(
    chat: &ChatModel,
    template: &Template,
    question: &str,
    sources: &[Source],
    rejected: &[Rejected],
    usage: &mut Usage,
) -> Result<(Reply, String), Error> {
    let context = context(question, sources, rejected);
    let rendered = template.rendered(context);
    let rendered = rendered.map_err(|error| Error::Prompt(error.to_string()))?;
    let request = Chat {
        system: rendered.system,
        user: rendered.user,
        schema: Some(schema()),
        max_tokens: rendered.settings.max_tokens,
        temperature: rendered.settings.temperature,
        model: rendered.settings.model,
        ..Chat::default()
    };
    let completion = chat.complete(request).await?;
    usage.prompt_tokens += u64::from(completion.usage.prompt_tokens);
    usage.completion_tokens += u64::from(completion.usage.completion_tokens);
    let reply = serde_json::from_str(&completion.text).map_err(|_| {
        Error::Model(models::Error::UnexpectedReply {
            reason: "it is not the JSON that was asked for".to_owned(),
        })
    })?;
    Ok((reply, completion.model))
}

/// What the template gets; `prompts::samples` has the same.
fn context(question: &str, sources: &[Source], rejected: &[Rejected]) -> Value {
    let sources = sources.iter().map(|source| {
        json!({
            "title": source.title,
            "object": source.passage.object,
            "field": source.passage.field,
            "text": source.passage.text,
        })
    });
    let rejected = rejected
        .iter()
        .map(|claim| json!({"text": claim.text, "reason": claim.reason}));
    json!({
        "question": question.trim(),
        "sources": sources.collect::<Vec<_>>(),
        "rejected": rejected.collect::<Vec<_>>(),
    })
}

fn schema() -> JsonSchema {
    let support = json!({
        "type": "object",
        "properties": {"passage": {"type": "integer"}, "quote": {"type": "string"}},
        "required": ["passage", "quote"],
        "additionalProperties": false
    });
    let claim = json!({
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "support": {"type": "array", "items": support}
        },
        "required": ["text", "support"],
        "additionalProperties": false
    });
    JsonSchema {
        name: "cited_answer".into(),
        schema: json!({
            "type": "object",
            "properties": {
                "answered": {"type": "boolean"},
                "claims": {"type": "array", "items": claim}
            },
            "required": ["answered", "claims"],
            "additionalProperties": false
        }),
    }
}

/// Splits claims into those that hold and those that do not.
fn sift(
    claims: Vec<ReplyClaim>,
    question: &str,
    sources: &[Source],
) -> (Vec<ReplyClaim>, Vec<Rejected>) {
    let mut held = Vec::new();
    let mut rejected = Vec::new();
    for claim in claims {
        match check(&claim, question, sources) {
            Ok(()) => held.push(claim),
            Err(reason) => rejected.push(Rejected {
                text: claim.text,
                reason: reason.to_string(),
            }),
        }
    }
    (held, rejected)
}

fn check(claim: &ReplyClaim, question: &str, sources: &[Source]) -> Result<(), Unsupported> {
    if claim.support.is_empty() || claim.text.trim().is_empty() {
        return Err(Unsupported::NoPassage);
    }
    let mut supporting = Vec::new();
    for support in &claim.support {
        let source =
            source(sources, support.passage).ok_or(Unsupported::UnknownPassage(support.passage))?;
        if find_quote(&source.passage.text, &support.quote).is_none() {
            return Err(Unsupported::QuoteNotFound(support.passage));
        }
        supporting.push(source);
    }
    check_facts(&claim.text, question, &supporting)
}

/// Passages are numbered from 1.
fn source(sources: &[Source], number: usize) -> Option<&Source> {
    sources.get(number.checked_sub(1)?)
}

fn cited(claim: ReplyClaim, sources: &[Source], citations: &mut Citations) -> Claim {
    let mut numbers = Vec::new();
    for support in &claim.support {
        let Some(source) = source(sources, support.passage) else {
            continue;
        };
        if let Some(quote) = find_quote(&source.passage.text, &support.quote) {
            let number = citations.cite(source, quote);
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
    }
    Claim {
        text: claim.text.trim().to_owned(),
        citations: numbers,
    }
}
