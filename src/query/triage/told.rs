//! The sentences that a language model adds: the summary, what the customer wants, and the reply. Each
//! is verified against its passages before it is shown.

use std::collections::BTreeSet;

use domain::{Claim, Document, RecordId};
use models::ChatModel;
use serde_json::{Value, json};

use super::Desk;
use super::matter::Matter;
use super::narrative::{Narrative, sources};
use super::quote::Quote;
use super::reply::is_for_customers;
use crate::prompts::Prompt;
use crate::query::Error;
use crate::query::grounding::{
    Citations, Ending, Task, ToldClaim, Usage, Verification, cut, is_order, packed, sentences, tell,
};

/// Passages that a model is given.
const PASSAGES: usize = 30;
/// Characters of the words of a case that the prompt names.
const NAMED: usize = 2_000;

const SUMMARY: &str = "summary";
const WANTS: &str = "wants";
const REPLY: &str = "reply";

/// What a model told, and what it took.
pub struct Told {
    pub narrative: Narrative,
    /// What it would reply, of the case itself and of articles that customers may read.
    pub reply: Vec<Claim>,
    pub verification: Verification,
    pub usage: Usage,
    pub model: String,
    /// The hash of the prompt.
    pub prompt: String,
    /// Why it is not whole.
    pub degraded: Option<String>,
}

/// Has the model tell what it can; what it does not, is told without it.
///
/// # Errors
/// [`Error::Prompt`] when the prompt cannot be filled in.
pub async fn told(
    desk: Desk<'_>,
    chat: &ChatModel,
    matter: &Matter,
    solved: &[Quote<'_>],
    steps: &[(&Document, Vec<Quote<'_>>)],
    citations: &mut Citations,
) -> Result<Option<Told>, Error> {
    let engine = desk.engine;
    let budget = engine.context_chars(Prompt::Triage)?;
    let all_steps: Vec<Quote<'_>> = steps.iter().flat_map(|(_, steps)| steps.clone()).collect();
    let sources = sources(desk, matter, solved, &all_steps);
    let sources = packed(sources, PASSAGES, budget);
    if sources.is_empty() {
        return Ok(None);
    }
    let sections = sections(matter);
    let names: Vec<&str> = sections.iter().map(|(name, _)| *name).collect();
    let about = sections
        .iter()
        .map(|(name, about)| json!({"name": name, "about": about}));
    let task = Task {
        prompt: Prompt::Triage,
        context: json!({"case": named(matter), "sections": about.collect::<Vec<Value>>()}),
        sections: &names,
    };
    let told = tell(engine, chat, &task, &sources, citations, None).await?;
    let sendable = sendable(matter, steps);
    let mut all = Told {
        narrative: Narrative::default(),
        reply: Vec::new(),
        verification: told.verification,
        usage: told.usage,
        model: told.model,
        prompt: told.prompt_hash,
        degraded: degraded(told.ending),
    };
    for told in told.claims {
        all.take(told, &sendable, citations);
    }
    Ok(Some(all))
}

impl Told {
    fn take(&mut self, told: ToldClaim, sendable: &BTreeSet<RecordId>, citations: &Citations) {
        let claim = told.claim;
        let is_sendable = |number: &usize| {
            let mut cited = citations.as_slice().iter();
            let cited = cited.find(|citation| citation.number == *number);
            cited.is_some_and(|citation| sendable.contains(&citation.record_id))
        };
        match told.section.as_deref() {
            Some(WANTS) => self.narrative.wants.push(claim),
            Some(REPLY) if claim.citations.iter().all(is_sendable) => self.reply.push(claim),
            // It would tell one customer of another.
            Some(REPLY) => self.verification.dropped += 1,
            Some(_) | None => self.narrative.summary.push(claim),
        }
    }
}

/// Of a case that does not exist yet there is nothing to cite: only a reply can be told.
fn sections(matter: &Matter) -> Vec<(&'static str, &'static str)> {
    let reply = (
        REPLY,
        "what to write to the customer: the steps to try, in order",
    );
    match matter.document {
        Some(_) => vec![
            (
                SUMMARY,
                "what the case is about and where it stands, in a few sentences",
            ),
            (WANTS, "what the customer asks for"),
            reply,
        ],
        None => vec![reply],
    }
}

/// The case, by its number and title or by its words. What talks to the model is left out.
fn named(matter: &Matter) -> String {
    let number = matter
        .document
        .as_ref()
        .and_then(|case| case.number.as_ref());
    let text = match number {
        Some(number) => format!("{}: {}", number.text, matter.title),
        None => matter.problem(),
    };
    let kept = sentences(&text).into_iter().map(|span| cut(&text, span));
    let kept: Vec<String> = kept.filter(|sentence| !is_order(sentence)).collect();
    kept.join(" ").chars().take(NAMED).collect()
}

/// The records that a customer may be told of: their own case, and articles that are for them.
fn sendable(matter: &Matter, steps: &[(&Document, Vec<Quote<'_>>)]) -> BTreeSet<RecordId> {
    let own = matter.document.iter().flat_map(|case| &case.records);
    let own = own.map(|record| record.record_id);
    let articles = steps
        .iter()
        .filter(|(article, _)| is_for_customers(article));
    own.chain(articles.map(|(article, _)| article.id)).collect()
}

fn degraded(ending: Ending) -> Option<String> {
    match ending {
        Ending::Whole => None,
        Ending::Partial(reason) => Some(format!("the summary is not whole: {reason}")),
        Ending::Failed(reason) => Some(format!("told without the language model: {reason}")),
        Ending::Declined(reason) => Some(format!("the language model declined: {reason}")),
    }
}
