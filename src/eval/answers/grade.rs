//! One answer, held against what is known of its question.

use std::collections::BTreeSet;

use domain::RecordId;
use serde::Serialize;

use super::judge::{Judgement, Verdict};
use super::set::{AnswerQuestion, Answerability};
use super::support;
use super::texts::{Place, Texts};
use super::words::token_f1;
use crate::query::Answer;

/// A question as it was answered.
pub struct Asked<'a> {
    pub question: &'a AnswerQuestion,
    /// The error in words where there is no answer.
    pub reply: Result<Answer, String>,
    /// As the caller saw it.
    pub milliseconds: f64,
    /// None: no judge was asked.
    pub judged: Option<Result<Judgement, String>>,
}

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Answered,
    Abstained,
    Failed,
}

/// What somebody should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// There is no reply.
    Failed,
    /// It has no answer, and got one.
    AnsweredUnanswerable,
    /// It has an answer, and got none.
    NotAnswered,
    /// None of the documents that answer it is cited.
    NoGoldCited,
    /// A quote does not stand where its citation says.
    QuoteAltered,
    /// A claim is not what its sources say.
    ClaimUnsupported,
    /// Words are missing that the answer must have.
    NotTold,
    JudgedWrong,
    JudgedUnfaithful,
}

/// An answer with everything that is measured about it.
#[derive(Serialize)]
pub struct Graded<'a> {
    pub id: &'a str,
    pub question: &'a str,
    pub answerability: Answerability,
    pub outcome: Outcome,
    /// In the order of the enum; empty when nothing is wrong that can be seen.
    pub faults: Vec<Fault>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<&'a str>,
    pub claims: Vec<GradedClaim<'a>>,
    pub citations: Vec<GradedCitation>,
    pub gold: &'a BTreeSet<RecordId>,
    /// Cited documents that are gold, over all cited ones; none where either is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citation_precision: Option<f64>,
    /// Gold documents that are cited, over all gold ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citation_recall: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_f1: Option<f64>,
    /// Whether it has the words that it must have; none where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judgement: Option<&'a Judgement>,
    /// Why the judge gave none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge_error: Option<&'a str>,
    pub milliseconds: f64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// By the prices of the config; none without prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    #[serde(skip)]
    pub asked: &'a AnswerQuestion,
}

#[derive(Serialize)]
pub struct GradedClaim<'a> {
    pub text: &'a str,
    pub citations: &'a [usize],
    /// What it says that its sources do not; none when it is supported, or when nobody could look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsupported: Option<String>,
}

#[derive(Serialize)]
pub struct GradedCitation {
    pub number: usize,
    pub document: RecordId,
    pub record_id: RecordId,
    pub field: String,
    pub title: String,
    pub url: String,
    pub quote: String,
    pub gold: bool,
    /// Whether it stands letter for letter in its field; none when nobody could look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<bool>,
    #[serde(skip)]
    pub place: Option<Place>,
}

impl<'a> Graded<'a> {
    /// `texts` are those of the cited records; none where the index cannot be exported.
    pub fn of(asked: &'a Asked<'a>, texts: Option<&Texts>) -> Self {
        let question = asked.question;
        let answer = asked.reply.as_ref().ok();
        let mut graded = Self {
            id: &question.id,
            question: &question.text,
            answerability: question.answerability,
            outcome: outcome(answer),
            faults: Vec::new(),
            error: asked.reply.as_ref().err().map(String::as_str),
            reference: question.reference.as_deref(),
            answer: answer.map(|answer| answer.answer.as_str()),
            claims: Vec::new(),
            citations: Vec::new(),
            gold: &question.gold,
            citation_precision: None,
            citation_recall: None,
            token_f1: None,
            told: None,
            judgement: asked
                .judged
                .as_ref()
                .and_then(|judged| judged.as_ref().ok()),
            judge_error: judge_error(asked),
            milliseconds: asked.milliseconds,
            prompt_tokens: answer.map_or(0, |answer| answer.usage.prompt_tokens),
            completion_tokens: answer.map_or(0, |answer| answer.usage.completion_tokens),
            cost: answer.and_then(|answer| answer.usage.cost),
            asked: question,
        };
        if let Some(answer) = answer.filter(|answer| answer.answered) {
            graded.hold(answer, texts);
        }
        graded.faults = graded.faults();
        graded
    }

    /// Holds an answer against its question's gold and reference, and against what it cites.
    fn hold(&mut self, answer: &'a Answer, texts: Option<&Texts>) {
        self.citations = citations(answer, self.gold, texts);
        self.claims = answer
            .claims
            .iter()
            .map(|claim| GradedClaim {
                text: &claim.text,
                citations: &claim.citations,
                unsupported: texts.and_then(|_| self.unsupported(&claim.text, &claim.citations)),
            })
            .collect();
        (self.citation_precision, self.citation_recall) = self.precision_and_recall();
        let texts: Vec<&str> = answer
            .claims
            .iter()
            .map(|claim| claim.text.as_str())
            .collect();
        let text = texts.join(" ");
        self.token_f1 = self.reference.map(|reference| token_f1(&text, reference));
        let parts = &self.asked.contains;
        let lower = text.to_lowercase();
        let is_told = |part: &String| lower.contains(&part.to_lowercase());
        self.told = (!parts.is_empty()).then(|| parts.iter().all(is_told));
    }

    fn unsupported(&self, claim: &str, numbers: &[usize]) -> Option<String> {
        let cited = self
            .citations
            .iter()
            .filter(|c| numbers.contains(&c.number));
        let sources: Vec<String> = cited
            .filter_map(|citation| {
                let place = citation.place.as_ref()?;
                let (before, quote, after) = (&place.before, &place.quote, &place.after);
                Some(format!("{}\n{before}{quote}{after}", citation.title))
            })
            .collect();
        let held = support::check(claim, &sources);
        held.err().map(|unsupported| unsupported.to_string())
    }

    fn precision_and_recall(&self) -> (Option<f64>, Option<f64>) {
        let documents: BTreeSet<_> = self.citations.iter().map(|c| c.document).collect();
        if self.gold.is_empty() || documents.is_empty() {
            return (None, None);
        }
        let right = self.citations.iter().filter(|citation| citation.gold);
        let right: BTreeSet<_> = right.map(|citation| citation.document).collect();
        let cited = self
            .citations
            .iter()
            .flat_map(|c| [c.document, c.record_id]);
        let cited: BTreeSet<_> = cited.collect();
        let found = self.gold.intersection(&cited).count();
        (
            Some(right.len() as f64 / documents.len() as f64),
            Some(found as f64 / self.gold.len() as f64),
        )
    }

    fn faults(&self) -> Vec<Fault> {
        let is_answered = self.outcome == Outcome::Answered;
        let verdict = self.judgement.map(|judgement| judgement.verdict);
        let unfaithful = self.judgement.is_some_and(|judgement| !judgement.faithful);
        let all = [
            (self.outcome == Outcome::Failed, Fault::Failed),
            (
                is_answered && self.answerability == Answerability::Unanswerable,
                Fault::AnsweredUnanswerable,
            ),
            (
                self.outcome == Outcome::Abstained
                    && self.answerability == Answerability::Answerable,
                Fault::NotAnswered,
            ),
            (self.citation_recall == Some(0.0), Fault::NoGoldCited),
            (
                self.citations.iter().any(|c| c.valid == Some(false)),
                Fault::QuoteAltered,
            ),
            (
                self.claims.iter().any(|claim| claim.unsupported.is_some()),
                Fault::ClaimUnsupported,
            ),
            (self.told == Some(false), Fault::NotTold),
            (verdict == Some(Verdict::Wrong), Fault::JudgedWrong),
            (unfaithful, Fault::JudgedUnfaithful),
        ];
        let found = all.into_iter().filter(|(is_so, _)| *is_so);
        found.map(|(_, fault)| fault).collect()
    }
}

fn outcome(answer: Option<&Answer>) -> Outcome {
    match answer.map(|answer| answer.answered) {
        Some(true) => Outcome::Answered,
        Some(false) => Outcome::Abstained,
        None => Outcome::Failed,
    }
}

fn judge_error<'a>(asked: &'a Asked<'_>) -> Option<&'a str> {
    let judged = asked.judged.as_ref()?;
    judged.as_ref().err().map(String::as_str)
}

fn citations(
    answer: &Answer,
    gold: &BTreeSet<RecordId>,
    texts: Option<&Texts>,
) -> Vec<GradedCitation> {
    let graded = answer.citations.iter().map(|citation| {
        let record = citation.record_id;
        let document = texts.map_or(record, |texts| texts.document(record));
        let place = texts.and_then(|texts| texts.place(citation));
        GradedCitation {
            number: citation.number,
            document,
            record_id: record,
            field: format!("{}.{}", citation.object, citation.field),
            title: citation.title.clone(),
            url: citation.url.clone(),
            quote: citation.quote.clone(),
            gold: gold.contains(&document) || gold.contains(&record),
            valid: texts.map(|_| place.is_some()),
            place,
        }
    });
    graded.collect()
}

#[cfg(test)]
mod tests;
