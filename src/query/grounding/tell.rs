//! Asks the model, verifies each claim as soon as it is written, has it correct once what does not hold,
//! and makes the best of a reply that is late, broken or blocked.

use std::collections::BTreeSet;

use domain::{Citation, Claim};
use futures::StreamExt;
use models::{Chat, ChatEvent, ChatModel, Error as ModelError, Finish};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use super::citation::{Citations, Source};
use super::contract::{RawClaim, Reader, schema};
use super::judge;
use super::orders::without_orders;
use super::verification::{Usage, Verification};
use super::verify::{Held, Parse, Unsupported, verify};
use crate::prompts::{Prompt, Rendered};
use crate::query::{Engine, Error};

/// With less time left nothing is asked again.
const TIME_TO_REPAIR: Duration = Duration::from_secs(4);
/// How often the context is halved for a model that it is too long for.
const MOST_CUTS: usize = 3;

/// What the model is to tell.
pub struct Task<'a> {
    pub prompt: Prompt,
    /// The variables of the prompt beside `sources` and `rejected`: an object.
    pub context: Value,
    /// The parts of the summary, one of which each claim names; none for a plain answer.
    pub sections: &'a [&'a str],
}

/// What held.
pub struct Told {
    /// Whether the model says that the passages tell what was asked, and a claim of it holds.
    pub answered: bool,
    pub claims: Vec<ToldClaim>,
    pub verification: Verification,
    pub usage: Usage,
    /// As the service names it.
    pub model: String,
    /// Of the prompt, for the audit trail.
    pub prompt_hash: String,
    pub ending: Ending,
}

#[derive(Debug, Clone)]
pub struct ToldClaim {
    pub section: Option<String>,
    pub claim: Claim,
}

/// How the model's reply ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    Whole,
    /// In the middle; what came before it holds. The reason, for people.
    Partial(String),
    /// Before anything came that could be read.
    Failed(String),
    /// The model, or the service's filter, would not.
    Declined(String),
}

/// Is told each claim as soon as it may be shown, with the citations that are new.
pub type Shown<'a> = Option<&'a (dyn Fn(&ToldClaim, &[Citation]) + Send + Sync)>;

/// Has the model of the configuration tell what the sources say.
///
/// # Errors
/// [`Error::Prompt`] when the prompt cannot be filled in. What goes wrong with the model is in
/// [`Told::ending`].
pub async fn tell(
    engine: &Engine,
    chat: &ChatModel,
    task: &Task<'_>,
    sources: &[Source],
    citations: &mut Citations,
    shown: Shown<'_>,
) -> Result<Told, Error> {
    let parse = |text: &str| engine.reader.parse(text);
    let mut telling = Telling {
        engine,
        chat,
        task,
        sources,
        parse: &parse,
        citations,
        shown: if engine.answer.judge.is_empty() {
            shown
        } else {
            None
        },
        deadline: Instant::now() + engine.answer.deadline,
        told: Told::new(chat),
        rejected: Vec::new(),
    };
    telling.run().await?;
    let mut told = telling.told;
    if !engine.answer.judge.is_empty() {
        judge::judge(engine, chat, &mut told, citations).await?;
        show_all(&told.claims, citations, shown);
    }
    told.answered &= !told.claims.is_empty();
    told.verification.shown = told.claims.len();
    let Verification { shown, dropped, .. } = told.verification;
    engine.spent.add_claims(shown, dropped);
    Ok(told)
}

/// Shows claims that are known at once, each with the citations that no claim before it has.
pub fn show_all(claims: &[ToldClaim], citations: &Citations, shown: Shown<'_>) {
    let Some(show) = shown else {
        return;
    };
    let mut seen = BTreeSet::new();
    for claim in claims {
        let own = citations.of(&claim.claim);
        let new = own.filter(|citation| seen.insert(citation.number));
        show(claim, &new.cloned().collect::<Vec<_>>());
    }
}

struct Telling<'a> {
    engine: &'a Engine,
    chat: &'a ChatModel,
    task: &'a Task<'a>,
    sources: &'a [Source],
    parse: Parse<'a>,
    citations: &'a mut Citations,
    shown: Shown<'a>,
    deadline: Instant,
    told: Told,
    /// Claims of the last reply that do not hold, and why.
    rejected: Vec<(RawClaim, Unsupported)>,
}

impl Telling<'_> {
    async fn run(&mut self) -> Result<(), Error> {
        let mut cuts = 0;
        let first = loop {
            match self.ask(&[]).await? {
                Err(ModelError::TooLong { .. }) if cuts < MOST_CUTS && self.sources.len() > 1 => {
                    cuts += 1;
                    self.sources = &self.sources[..self.sources.len().div_ceil(2)];
                }
                asked => break asked,
            }
        };
        self.told.ending = self.ending(first);
        let rejected = std::mem::take(&mut self.rejected);
        if rejected.is_empty() {
            return Ok(());
        }
        let wrong = rejected.len();
        let known = self.told.claims.len();
        let has_time = Instant::now() + TIME_TO_REPAIR < self.deadline;
        if self.told.ending == Ending::Whole && has_time {
            // What held already stays, whatever becomes of this.
            if let Err(error) = self.ask(&rejected).await? {
                tracing::warn!(error = %error.without_its_words(), "claims not repaired");
            }
        }
        let repaired = self.told.claims.len() - known;
        self.told.verification.repaired += repaired.min(wrong);
        let again = std::mem::take(&mut self.rejected);
        let lost = wrong.saturating_sub(repaired).max(again.len());
        self.told.verification.dropped += lost;
        let reasons = again.iter().chain(&rejected).map(|(_, reason)| reason);
        for reason in reasons.take(lost) {
            self.told.verification.note(reason);
        }
        Ok(())
    }

    /// One reply, its claims taken as they come.
    async fn ask(
        &mut self,
        rejected: &[(RawClaim, Unsupported)],
    ) -> Result<Result<Finish, ModelError>, Error> {
        let rendered = self.rendered(rejected)?;
        self.told.prompt_hash.clone_from(&rendered.hash);
        let request = Chat {
            schema: Some(schema(self.task.sections)),
            deadline: Some(self.deadline),
            ..Chat::from(rendered)
        };
        let mut reader = Reader::default();
        let finish = self.read(request, &mut reader).await;
        for claim in reader.otherwise() {
            self.take(&claim);
        }
        self.told.answered |= reader.answered().unwrap_or(!self.told.claims.is_empty());
        let says_nothing = self.told.claims.is_empty() && self.rejected.is_empty();
        if matches!(finish, Ok(Finish::Whole)) && says_nothing && reader.answered() != Some(false) {
            let reason = "it is not the JSON that was asked for".to_owned();
            return Ok(Err(ModelError::UnexpectedReply { reason }));
        }
        Ok(finish)
    }

    async fn read(&mut self, request: Chat, reader: &mut Reader) -> Result<Finish, ModelError> {
        let mut stream = self.chat.stream(request).await?;
        while let Some(event) = stream.next().await {
            match event? {
                ChatEvent::Text(piece) => {
                    for claim in reader.push(&piece) {
                        // Who says that there is no answer has none.
                        if reader.answered() != Some(false) {
                            self.take(&claim);
                        }
                    }
                }
                ChatEvent::End(end) => {
                    self.told.model = end.model;
                    self.told.usage.add(&end.usage, &self.engine.answer);
                    self.engine.spent.add(&end.usage);
                    return Ok(end.finish);
                }
            }
        }
        Err(ModelError::BrokenOff {
            reason: "the reply had no end".to_owned(),
        })
    }

    fn rendered(&self, rejected: &[(RawClaim, Unsupported)]) -> Result<Rendered, Error> {
        let sources: Vec<_> = self.sources.iter().map(seen).collect();
        let rejected: Vec<_> = rejected
            .iter()
            .map(|(claim, reason)| json!({"text": claim.text, "reason": reason.to_string()}))
            .collect();
        let mut context = self.task.context.clone();
        context["sources"] = Value::from(sources);
        context["rejected"] = Value::from(rejected);
        Ok(self.engine.prompts.rendered(self.task.prompt, context)?)
    }

    fn take(&mut self, claim: &RawClaim) {
        self.told.verification.checked.claims += 1;
        self.told.verification.checked.quotes += claim.support.len();
        match verify(claim, self.sources, self.parse) {
            Ok(held) => self.hold(held),
            Err(reason) => self.rejected.push((claim.clone(), reason)),
        }
    }

    fn hold(&mut self, held: Held<'_>) {
        self.told.verification.checked.facts += held.facts;
        if self
            .told
            .claims
            .iter()
            .any(|known| known.claim.text == held.text)
        {
            return;
        }
        let before = self.citations.as_slice().len();
        let mut numbers: Vec<usize> = Vec::new();
        for (source, span) in &held.quotes {
            numbers.push(self.citations.cite(source, *span));
        }
        numbers.extend(
            held.titles
                .iter()
                .filter_map(|source| self.citations.cite_title(source)),
        );
        let mut seen = BTreeSet::new();
        numbers.retain(|number| seen.insert(*number));
        self.told.verification.repaired += usize::from(held.mended);
        let section = held
            .section
            .filter(|name| self.task.sections.contains(&name.as_str()));
        let claim = Claim {
            text: held.text,
            citations: numbers,
        };
        let told = ToldClaim { section, claim };
        if let Some(show) = self.shown {
            show(&told, &self.citations.as_slice()[before..]);
        }
        self.told.claims.push(told);
    }

    /// What the end of the first reply means for the whole.
    fn ending(&self, asked: Result<Finish, ModelError>) -> Ending {
        let error = match asked {
            Ok(finish) => match finish.error() {
                None => return Ending::Whole,
                Some(error) => error,
            },
            Err(error) => error,
        };
        tracing::warn!(error = %error.without_its_words(), "the language model did not answer in full");
        let reason = error.without_its_words();
        let declined = matches!(
            error,
            ModelError::ContentFiltered { .. } | ModelError::Refused { .. }
        );
        match (self.told.claims.is_empty(), declined) {
            (false, _) => Ending::Partial(reason),
            (true, true) => Ending::Declined(reason),
            (true, false) => Ending::Failed(reason),
        }
    }
}

impl Told {
    fn new(chat: &ChatModel) -> Self {
        Self {
            answered: false,
            claims: Vec::new(),
            verification: Verification::default(),
            usage: Usage::default(),
            model: chat.name().to_owned(),
            prompt_hash: String::new(),
            ending: Ending::Whole,
        }
    }
}

/// A source as the prompt shows it. What talks to the model is not shown to it.
fn seen(source: &Source) -> Value {
    json!({
        "title": without_orders(&source.title),
        "object": source.passage.object,
        "field": source.passage.field,
        "status": source.kind.status,
        "updated": source.kind.updated_at.format("%Y-%m-%d").to_string(),
        "text": without_orders(&source.passage.text),
    })
}
