//! What a language model may add: sentences about recent texts, verified like those of an answer.

use domain::{Document, Passage};
use serde_json::json;

use super::Audience;
use super::dossier::{Clock, Dossier};
use super::files::Files;
use super::sections::{Section, SectionName};
use crate::prompts::Prompt;
use crate::query::Error;
use crate::query::grounding::{
    self, Citations, Ending, Source, Task, ToldClaim, Usage, Verification, packed,
};

/// Passages that a model gets to read.
const MOST: usize = 40;
/// Passages of one document.
const OF_ONE: usize = 12;
/// Documents that they are taken of.
const DOCUMENTS: usize = 16;
/// Characters from which a passage says something.
const LONG_ENOUGH: usize = 40;

/// What a model reads, and for whom it writes.
pub struct Reading<'r, 'a> {
    pub files: &'r Files<'a>,
    pub dossier: &'r Dossier,
    pub clock: &'r Clock,
    pub audience: Audience,
}

/// What came of it.
#[derive(Default)]
pub struct Told {
    pub model: Option<String>,
    pub usage: Usage,
    pub verification: Verification,
    pub prompt: Option<String>,
    pub degraded: Vec<String>,
}

/// Adds what the model says to the sections. Without one, nothing.
///
/// # Errors
/// [`Error::Prompt`] when the prompt cannot be filled in. What goes wrong with the model is told as
/// `degraded`: the sections are there without it.
pub async fn tell(
    reading: &Reading<'_, '_>,
    sections: &mut Vec<Section>,
    citations: &mut Citations,
) -> Result<Told, Error> {
    let engine = reading.files.engine;
    let Some(chat) = &engine.chat else {
        return Ok(Told::default());
    };
    let budget = engine.context_chars(Prompt::Brief)?;
    let sources = packed(sources(reading).await?, MOST, budget);
    if sources.is_empty() {
        return Ok(Told::default());
    }
    let names = SectionName::TOLD.map(SectionName::name);
    let about =
        SectionName::TOLD.map(|section| json!({"name": section.name(), "about": section.title()}));
    let task = Task {
        prompt: Prompt::Brief,
        context: json!({
            "account": reading.files.viewer.title_of(&reading.dossier.account),
            "audience": reading.audience.title().to_lowercase(),
            "since": reading.clock.since,
            "sections": about,
        }),
        sections: &names,
    };
    let told = grounding::tell(engine, chat, &task, &sources, citations, None).await?;
    for claim in told.claims {
        add(sections, claim);
    }
    Ok(Told {
        model: Some(told.model),
        usage: told.usage,
        verification: told.verification,
        prompt: Some(told.prompt_hash),
        degraded: without(&told.ending),
    })
}

/// Puts a claim where it belongs; what belongs nowhere is a talking point.
fn add(sections: &mut Vec<Section>, told: ToldClaim) {
    let named = told.section.as_deref();
    let mut known = SectionName::TOLD.into_iter();
    let name = known
        .find(|section| Some(section.name()) == named)
        .unwrap_or(SectionName::TalkingPoints);
    match sections.iter_mut().find(|section| section.name == name) {
        Some(section) => section.claims.push(told.claim),
        None => sections.push(Section {
            name,
            title: name.title().to_owned(),
            claims: vec![told.claim],
        }),
    }
}

fn without(ending: &Ending) -> Vec<String> {
    let reason = match ending {
        Ending::Whole => return Vec::new(),
        Ending::Partial(reason) => format!("what the language model says is not whole: {reason}"),
        Ending::Failed(reason) | Ending::Declined(reason) => {
            format!("written without the language model: {reason}")
        }
    };
    vec![reason]
}

/// The passages that tell most of what goes on now: of what was said last, the open cases first.
async fn sources(reading: &Reading<'_, '_>) -> Result<Vec<Source>, Error> {
    let Reading {
        files,
        dossier,
        clock,
        ..
    } = *reading;
    let pressing = dossier.cases.first.iter();
    let pressing = pressing.filter_map(|id| dossier.text(*id));
    let recent = dossier.cases.recent.iter();
    let recent = recent.filter(|case| clock.is_recent(case.updated_at.date_naive()));
    let talks = dossier.activity.past.iter().chain(&dossier.activity.notes);
    let mut documents: Vec<&Document> = Vec::new();
    let all = dossier.deals.open.iter().chain(talks).chain(pressing);
    for document in all.chain(recent) {
        if documents.len() < DOCUMENTS && !documents.iter().any(|known| known.id == document.id) {
            documents.push(document);
        }
    }
    let mut sources = Vec::new();
    for document in documents {
        let reader = &files.engine.reader;
        let passages = reader.document_passages(files.viewer, document.id, usize::MAX);
        let mut passages: Vec<Passage> = passages.await?;
        passages.retain(|passage| passage.end - passage.start >= LONG_ENOUGH);
        // What was said last stands at the end.
        let skipped = passages.len().saturating_sub(OF_ONE);
        for passage in passages.into_iter().skip(skipped) {
            sources.push(Source::new(passage, document, files.viewer, 1.0));
        }
        if sources.len() >= MOST {
            break;
        }
    }
    sources.truncate(MOST);
    Ok(sources)
}
