//! A second model reads each claim beside its quotes and says whether they support it.

use models::{Chat, ChatModel, JsonSchema};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Duration, Instant};

use super::citation::Citations;
use super::tell::Told;
use super::verify::Unsupported;
use crate::prompts::Prompt;
use crate::query::{Engine, Error};

/// How long the judge may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The contract of `prompts/support.md`.
#[derive(Debug, Deserialize)]
struct Verdicts {
    verdicts: Vec<Verdict>,
}

#[derive(Debug, Deserialize)]
struct Verdict {
    /// From 1.
    claim: usize,
    supported: bool,
}

/// Drops the claims that the judge does not find supported. A claim that it says nothing of stays: it
/// has been verified before. A judge that does not answer is told in the verification.
///
/// # Errors
/// [`Error::Prompt`] when the prompt cannot be filled in.
pub async fn judge(
    engine: &Engine,
    chat: &ChatModel,
    told: &mut Told,
    citations: &Citations,
) -> Result<(), Error> {
    if told.claims.is_empty() {
        return Ok(());
    }
    let claims: Vec<_> = told
        .claims
        .iter()
        .map(|told| {
            let own = citations.of(&told.claim);
            let quotes = own.map(|citation| citation.quote.as_str());
            json!({"text": told.claim.text, "quotes": quotes.collect::<Vec<_>>()})
        })
        .collect();
    let rendered = engine
        .prompts
        .rendered(Prompt::Support, json!({"claims": claims}))?;
    let request = Chat {
        schema: Some(schema()),
        model: Some(engine.answer.judge.clone()),
        deadline: Some(Instant::now() + PATIENCE),
        ..Chat::from(rendered)
    };
    let reply = chat.complete(request).await;
    let verdicts = reply.map(|reply| {
        told.usage.add(&reply.usage, &engine.answer);
        engine.spent.add(&reply.usage);
        serde_json::from_str::<Verdicts>(&reply.text).ok()
    });
    match verdicts {
        Ok(Some(verdicts)) => {
            told.verification.judge = Some(engine.answer.judge.clone());
            drop_unsupported(told, &verdicts);
        }
        Ok(None) => told.verification.judge = Some("did not reply with verdicts".to_owned()),
        Err(error) => {
            tracing::warn!(error = %error.without_its_words(), "claims not judged");
            told.verification.judge = Some("did not answer".to_owned());
        }
    }
    Ok(())
}

fn drop_unsupported(told: &mut Told, verdicts: &Verdicts) {
    let refuted = |number: usize| {
        let mut verdicts = verdicts.verdicts.iter();
        verdicts.any(|verdict| verdict.claim == number && !verdict.supported)
    };
    let mut number = 0;
    let before = told.claims.len();
    told.claims.retain(|_| {
        number += 1;
        !refuted(number)
    });
    for _ in told.claims.len()..before {
        told.verification.dropped += 1;
        told.verification.note(&Unsupported::Judged);
    }
}

fn schema() -> JsonSchema {
    let verdict = json!({
        "type": "object",
        "properties": {"claim": {"type": "integer"}, "supported": {"type": "boolean"}},
        "required": ["claim", "supported"],
        "additionalProperties": false
    });
    JsonSchema {
        name: "verdicts".into(),
        schema: json!({
            "type": "object",
            "properties": {"verdicts": {"type": "array", "items": verdict}},
            "required": ["verdicts"],
            "additionalProperties": false
        }),
    }
}
