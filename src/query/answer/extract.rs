//! Extractive answers: sentences of the sources, word for word, chosen by their nearness to the
//! question. What precis answers with when no language model is configured.

use domain::Claim;

use crate::query::grounding::{
    Citations, Source, Span, cut, is_order, orders, sentences, with_following, words,
};
use crate::query::retrieve::Question;
use crate::query::{Engine, Error};

/// Sentences that are embedded for one answer, at most.
const CANDIDATES: usize = 40;
/// A sentence is shown when it scores at least this share of the best one.
const CLOSE_TO_BEST: f32 = 0.8;
/// A quote is a sentence and what follows it in its paragraph, up to this many characters.
const QUOTE: usize = 280;
/// Two quotes that share this much of their words say the same.
const SAME: f32 = 0.6;
/// Below this the nearest sentence is taken to be about something else: a logistic regression on 285
/// questions that their articles answer and 97 that they do not (docs/answers.md). At 5.55 90 in 100
/// of the former are answered and 56 in 100 of the latter are not; at 5.97 it is 85 and 73.
const NEAR_WEIGHT: f32 = 10.0;
const SHARED_WEIGHT: f32 = 1.5;
const ENOUGH: f32 = 5.5;
/// A sentence that has most of the question's words may be less near: names and codes say more of records
/// than they do of the texts that the regression was made with.
const NEAR_WITH_WORDS: f32 = 0.4;
const MOST_WORDS: f32 = 0.6;
/// The same without an embedder.
const SHARED_WORDS_ALONE: f32 = 0.6;

struct Candidate<'a> {
    source: &'a Source,
    /// The sentence with what follows it: what is quoted.
    quote: Span,
    /// Share of the question's words that the quote has.
    shared: f32,
    /// The same for the quote together with its document's title.
    shared_with_title: f32,
    /// Cosine of question and quote; none without an embedder.
    near: Option<f32>,
}

impl Candidate<'_> {
    fn score(&self) -> f32 {
        let words = 0.7 * self.shared + 0.3 * self.shared_with_title;
        let source = self.source.score.min(1.0);
        let score = match self.near {
            Some(near) => 0.5 * near + 0.25 * words + 0.25 * source,
            None => 0.6 * words + 0.4 * source,
        };
        score * telling(self.source)
    }

    fn answers(&self) -> bool {
        match self.near {
            Some(near) => {
                let shared = self.shared_with_title;
                NEAR_WEIGHT * near + SHARED_WEIGHT * shared >= ENOUGH
                    || (near >= NEAR_WITH_WORDS && shared >= MOST_WORDS)
            }
            None => self.shared_with_title >= SHARED_WORDS_ALONE,
        }
    }

    fn quoted(&self) -> String {
        cut(&self.source.passage.text, self.quote)
    }
}

/// The claims of an extractive answer; none when nothing is near enough to the question.
pub async fn extract(
    engine: &Engine,
    asked: &str,
    question: &Question,
    sources: &[Source],
    citations: &mut Citations,
) -> Result<Vec<Claim>, Error> {
    let mut candidates = candidates(question, sources);
    if let (Some(embedder), Some(asked)) = (&engine.embedder, &question.vector) {
        let texts = candidates.iter().map(Candidate::quoted).collect();
        match embedder.passages(texts).await {
            Ok(vectors) => {
                for (candidate, vector) in candidates.iter_mut().zip(vectors) {
                    candidate.near = Some(cosine(asked, &vector));
                }
            }
            Err(error) => {
                tracing::warn!(error = %error.without_its_words(), "sentences not embedded")
            }
        }
    }
    candidates.sort_by(|a, b| b.score().total_cmp(&a.score()));
    Ok(chosen(candidates, length(asked, engine.answer.sentences))
        .iter()
        .map(|candidate| Claim {
            text: candidate.quoted(),
            citations: vec![citations.cite(candidate.source, candidate.quote)],
        })
        .collect())
}

fn candidates<'a>(question: &Question, sources: &'a [Source]) -> Vec<Candidate<'a>> {
    let words = question.query.term_count().max(1) as f32;
    let share = |text: &str| (question.query.matched_terms(text) as f32 / words).min(1.0);
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| !is_heading(source)) {
        let text = &source.passage.text;
        let orders = orders(text);
        let obeys = |span: &Span| orders.iter().any(|order| order.overlaps(*span));
        let mut spans = sentences(text);
        spans.retain(|span| !obeys(span));
        for span in &spans {
            let sentence = cut(text, *span);
            if !tells_something(&sentence) {
                continue;
            }
            let mut quote = with_following(text, &spans, *span, QUOTE);
            if obeys(&quote) {
                quote = *span;
            }
            let quoted = cut(text, quote);
            if is_order(&quoted) {
                continue;
            }
            found.push(Candidate {
                source,
                quote,
                shared: share(&quoted),
                shared_with_title: share(&format!("{} {quoted}", source.title)),
                near: None,
            });
        }
    }
    found.sort_by(|a, b| b.score().total_cmp(&a.score()));
    found.truncate(CANDIDATES);
    found
}

/// How many sentences a question wants, where `most` is usual: steps take more than a fact.
fn length(asked: &str, most: usize) -> usize {
    const STEPS: [&str; 10] = [
        "how do",
        "how can",
        "how to",
        "how should",
        "explain",
        "describe",
        "list",
        "what steps",
        "wie kann",
        "wie geht",
    ];
    let asked = asked.trim().to_lowercase();
    match STEPS.iter().any(|start| asked.starts_with(start)) {
        true => most + 2,
        false => most,
    }
}

/// A title or a subject line names what is asked about and does not answer it.
fn is_heading(source: &Source) -> bool {
    source.is_title() || source.passage.field == "Subject"
}

/// How likely a source answers rather than asks. An article was written to answer; the text that
/// opens a case is the question itself, and is near to every question about the same thing.
fn telling(source: &Source) -> f32 {
    match (
        source.passage.object.as_str(),
        source.passage.field.as_str(),
    ) {
        ("Knowledge__kav", _) => 1.1,
        ("Case", _) => 0.85,
        _ => 1.0,
    }
}

/// A question, a greeting or a line of an older mail answers nothing. A number makes even a few
/// words worth saying.
fn tells_something(sentence: &str) -> bool {
    const FEWEST_WORDS: usize = 4;
    let words = sentence.split_whitespace().count();
    let has_digit = sentence.chars().any(|c| c.is_numeric());
    let is_old_mail = sentence.starts_with('>');
    let asks = sentence.ends_with('?');
    !asks && !is_old_mail && (words > FEWEST_WORDS || (has_digit && words > 1))
}

/// The best sentence and those close to it that say something else.
fn chosen(candidates: Vec<Candidate<'_>>, most: usize) -> Vec<Candidate<'_>> {
    let Some(best) = candidates.iter().find(|candidate| candidate.answers()) else {
        return Vec::new();
    };
    let least = best.score() * CLOSE_TO_BEST;
    let mut chosen: Vec<Candidate<'_>> = Vec::new();
    for candidate in candidates {
        if chosen.len() == most {
            break;
        }
        let is_close = candidate.answers() && candidate.score() >= least;
        if is_close && !chosen.iter().any(|known| says_the_same(known, &candidate)) {
            chosen.push(candidate);
        }
    }
    chosen
}

/// Whether the new one is within the known one, overlaps it, or uses the same words.
fn says_the_same(known: &Candidate<'_>, new: &Candidate<'_>) -> bool {
    let same_passage = known.source.passage.id == new.source.passage.id;
    if same_passage && known.quote.overlaps(new.quote) {
        return true;
    }
    let (known, new) = (words(&known.quoted()), words(&new.quoted()));
    let shared = new.intersection(&known).count() as f32;
    shared >= SAME * new.len().max(1) as f32
}

/// Both are normalised.
fn cosine(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}
