//! The answers of a set on one HTML page, for reading side by side.

use chrono::{DateTime, Utc};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use serde_json::json;

use super::grade::{Graded, GradedCitation};
use super::summary::Summary;

/// It loads nothing: styles and scripts stand in it.
const PAGE: &str = include_str!("page.html");

/// The page. All text is escaped, and a link leads to nothing but an http address.
///
/// # Errors
/// When the page's template is broken, which its test would have seen.
pub fn page(
    name: &str,
    at: DateTime<Utc>,
    summary: &Summary,
    graded: &[Graded<'_>],
) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("percent", percent);
    let questions: Vec<_> = graded.iter().map(question).collect();
    environment.render_str(
        PAGE,
        context! {
            name,
            at => at.format("%Y-%m-%d %H:%M UTC").to_string(),
            summary => Value::from(Serde(summary)),
            questions => Value::from(Serde(questions)),
        },
    )
}

/// "87 %"; a dash where there is nothing to share.
fn percent(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), |share| format!("{:.0} %", share * 100.0))
}

fn question(graded: &Graded<'_>) -> serde_json::Value {
    json!({
        "id": graded.id,
        "text": graded.question,
        "history": graded.asked.history,
        "answerability": graded.answerability,
        "outcome": graded.outcome,
        "faults": graded.faults,
        "error": graded.error,
        "reference": graded.reference,
        "answer": graded.answer,
        "claims": graded.claims.iter().map(|claim| json!({
            "text": claim.text,
            "citations": claim.citations.iter().filter_map(|number| {
                let cited = graded.citations.iter().find(|c| c.number == *number)?;
                Some(json!({"number": number, "title": cited.title, "quote": cited.quote}))
            }).collect::<Vec<_>>(),
            "unsupported": claim.unsupported,
        })).collect::<Vec<_>>(),
        "citations": graded.citations.iter().map(citation).collect::<Vec<_>>(),
        "missing": missing(graded),
        "precision": graded.citation_precision,
        "recall": graded.citation_recall,
        "f1": graded.token_f1,
        "judgement": graded.judgement,
        "judge_error": graded.judge_error,
        "milliseconds": format!("{:.0}", graded.milliseconds),
    })
}

fn citation(citation: &GradedCitation) -> serde_json::Value {
    let is_link = ["https://", "http://"]
        .iter()
        .any(|scheme| citation.url.starts_with(scheme));
    let place = citation.place.as_ref();
    json!({
        "number": citation.number,
        "title": citation.title,
        "field": citation.field,
        "record": citation.record_id,
        "url": is_link.then_some(&citation.url),
        "gold": citation.gold,
        "valid": citation.valid,
        "before": place.map(|place| &place.before),
        "quote": citation.quote,
        "after": place.map(|place| &place.after),
    })
}

/// Gold documents that are not cited.
fn missing(graded: &Graded<'_>) -> Vec<String> {
    let is_cited = |id: &&domain::RecordId| {
        let mut cited = graded.citations.iter();
        cited.any(|c| c.document == **id || c.record_id == **id)
    };
    let missing = graded.gold.iter().filter(|id| !is_cited(id));
    missing.map(ToString::to_string).collect()
}
