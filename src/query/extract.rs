//! Extractive answers: sentences of the sources, word for word, chosen by their nearness to the
//! question. What precis answers with when no language model is configured.

use std::collections::HashSet;

use domain::Claim;

use super::citation::{Citations, Source};
use super::sentence::{Span, cut, sentences};
use super::{Engine, Error};
use crate::query::search::Retrieved;

/// Sentences that are embedded for one answer, at most.
const CANDIDATES: usize = 48;
/// A sentence is shown when it scores at least this share of the best one.
const CLOSE_TO_BEST: f32 = 0.82;
/// Below these the nearest sentence is taken to be about something else.
const NEAR_ENOUGH: f32 = 0.42;
const SHARED_WORDS: f32 = 0.34;
const SHARED_WORDS_ALONE: f32 = 0.6;

struct Candidate<'a> {
    source: &'a Source,
    span: Span,
    text: String,
    /// Share of the question's words that the sentence and its title have.
    shared: f32,
    /// Cosine of question and sentence; none without an embedder.
    near: Option<f32>,
}

impl Candidate<'_> {
    fn score(&self) -> f32 {
        let words = self.shared;
        match self.near {
            Some(near) => 0.55 * near + 0.25 * words + 0.2 * self.source.score.min(1.0),
            None => 0.6 * words + 0.4 * self.source.score.min(1.0),
        }
    }

    fn answers(&self) -> bool {
        match self.near {
            Some(near) => near >= NEAR_ENOUGH && self.shared >= SHARED_WORDS,
            None => self.shared >= SHARED_WORDS_ALONE,
        }
    }
}

/// The claims of an extractive answer; none when nothing is near enough to the question.
pub async fn extract(
    engine: &Engine,
    retrieved: &Retrieved,
    sources: &[Source],
    citations: &mut Citations,
) -> Result<Vec<Claim>, Error> {
    let mut candidates = candidates(retrieved, sources);
    if let (Some(embedder), Some(question)) = (&engine.embedder, &retrieved.vector) {
        let texts = candidates
            .iter()
            .map(|candidate| format!("{}\n{}", candidate.source.title, candidate.text))
            .collect();
        match embedder.passages(texts).await {
            Ok(vectors) => {
                for (candidate, vector) in candidates.iter_mut().zip(vectors) {
                    candidate.near = Some(cosine(question, &vector));
                }
            }
            Err(error) => tracing::warn!(error = %error, "sentences not embedded"),
        }
    }
    candidates.sort_by(|a, b| b.score().total_cmp(&a.score()));
    Ok(chosen(candidates, engine.answer.sentences)
        .iter()
        .map(|candidate| Claim {
            text: candidate.text.clone(),
            citations: vec![citations.cite(candidate.source, candidate.span)],
        })
        .collect())
}

fn candidates<'a>(retrieved: &Retrieved, sources: &'a [Source]) -> Vec<Candidate<'a>> {
    let words = retrieved.query.term_count().max(1) as f32;
    let mut found = Vec::new();
    for source in sources {
        for span in sentences(&source.passage.text) {
            let text = cut(&source.passage.text, span);
            let context = format!("{} {text}", source.title);
            let matched = retrieved.query.matched_terms(&context);
            found.push(Candidate {
                source,
                span,
                shared: (matched as f32 / words).min(1.0),
                text,
                near: None,
            });
        }
    }
    found.sort_by(|a, b| b.score().total_cmp(&a.score()));
    found.truncate(CANDIDATES);
    found
}

/// The best sentence and those close to it, each text once.
fn chosen(candidates: Vec<Candidate<'_>>, most: usize) -> Vec<Candidate<'_>> {
    let Some(best) = candidates.iter().find(|candidate| candidate.answers()) else {
        return Vec::new();
    };
    let least = best.score() * CLOSE_TO_BEST;
    let mut seen = HashSet::new();
    candidates
        .into_iter()
        .filter(|candidate| candidate.answers() && candidate.score() >= least)
        .filter(|candidate| seen.insert(candidate.text.to_lowercase()))
        .take(most)
        .collect()
}

/// Both are normalised.
fn cosine(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}
