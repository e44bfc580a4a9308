//! Generated answers: the model writes claims with quotes, and precis keeps those that hold.

use domain::Claim;
use models::{Chat, ChatModel, JsonSchema};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::citation::{Citations, Source};
use super::verify::{Unsupported, check_facts, find_quote};
use crate::query::{Error, Usage, Verification};

/// The prompt: instructions, a line of three dashes, then what is filled in.
const PROMPT: &str = include_str!("../../../prompts/answer.md");

/// What the model wrote, after verification.
pub struct Generated {
    /// False when the model says that the passages do not answer.
    pub answered: bool,
    pub claims: Vec<Claim>,
    pub verification: Verification,
    pub usage: Usage,
    pub model: String,
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

/// Version of the prompt for the audit trail: the start of its SHA-256.
pub fn prompt_hash() -> String {
    let digest = Sha256::digest(PROMPT.as_bytes());
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Asks the model, verifies its claims, and has it correct once what does not hold.
pub async fn generate(
    chat: &ChatModel,
    max_tokens: u32,
    question: &str,
    sources: &[Source],
    citations: &mut Citations,
) -> Result<Generated, Error> {
    let mut usage = Usage::default();
    let (reply, model) = ask(chat, max_tokens, question, sources, &[], &mut usage).await?;
    let (mut held, rejected) = sift(reply.claims, question, sources);
    let mut verification = Verification::default();
    let mut answered = reply.answered;
    if !rejected.is_empty() {
        let (second, _) = ask(chat, max_tokens, question, sources, &rejected, &mut usage).await?;
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
    })
}

async fn ask(
    chat: &ChatModel,
    max_tokens: u32,
    question: &str,
    sources: &[Source],
    rejected: &[Rejected],
    usage: &mut Usage,
) -> Result<(Reply, String), Error> {
    let (system, template) = PROMPT.split_once("\n---\n").unwrap_or((PROMPT, ""));
    let user = fill(template, question, sources, rejected)?;
    let request = Chat {
        system: system.to_owned(),
        user,
        schema: Some(schema()),
        max_tokens,
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

fn fill(
    template: &str,
    question: &str,
    sources: &[Source],
    rejected: &[Rejected],
) -> Result<String, Error> {
    let passages: Vec<_> = sources
        .iter()
        .map(|source| {
            minijinja::context! {
                title => attribute(&source.title),
                object => source.passage.object.as_str(),
                field => source.passage.field.as_str(),
                text => defused(&source.passage.text),
            }
        })
        .collect();
    let rejected: Vec<_> = rejected
        .iter()
        .map(|claim| minijinja::context! { text => claim.text.clone(), reason => claim.reason.clone() })
        .collect();
    let context = minijinja::context! {
        sources => passages,
        question => question.trim(),
        rejected => rejected,
    };
    minijinja::Environment::new()
        .render_str(template, context)
        .map_err(|error| Error::Prompt(error.to_string()))
}

/// A text that cannot close its own passage.
fn defused(text: &str) -> String {
    text.replace("</passage", "<\u{200b}/passage")
        .replace("<passage", "<\u{200b}passage")
}

fn attribute(text: &str) -> String {
    text.replace(['"', '<', '>', '\n'], " ")
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
