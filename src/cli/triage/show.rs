//! A triage as text for people.

use std::fmt::Write;

use domain::Claim;

use crate::cli::show::{one_line, printable};
use crate::query::{Proposed, Triage, Who};

/// Characters of a quote in a list.
const QUOTE: usize = 200;

/// Everything that it says, then where it was read.
pub fn triage(triage: &Triage) -> String {
    let mut out = String::new();
    if let Some(case) = &triage.case {
        let number = case.number.as_deref().unwrap_or(case.id.as_str());
        let _ = writeln!(out, "{number}  {}\n{}", case.title, case.url);
    }
    claims(&mut out, "Summary", &triage.summary);
    claims(&mut out, "The customer wants", &triage.wants);
    timeline(&mut out, triage);
    proposal(&mut out, triage);
    claims(
        &mut out,
        escalation_title(triage),
        &triage.escalation.signals,
    );
    duplicates(&mut out, triage);
    similar(&mut out, triage);
    articles(&mut out, triage);
    missing(&mut out, triage);
    heading(&mut out, "Reply, to look over");
    for line in triage.reply_draft.text.lines() {
        let _ = writeln!(out, "  {line}");
    }
    citations(&mut out, triage);
    printable(&out)
}

fn heading(out: &mut String, title: &str) {
    let _ = writeln!(out, "\n{title}");
}

fn claims(out: &mut String, title: &str, claims: &[Claim]) {
    if claims.is_empty() {
        return;
    }
    heading(out, title);
    for claim in claims {
        let _ = writeln!(
            out,
            "  {}{}",
            one_line(&claim.text, 2 * QUOTE),
            marks(&claim.citations)
        );
    }
}

fn timeline(out: &mut String, triage: &Triage) {
    if triage.timeline.is_empty() {
        return;
    }
    heading(out, "What happened");
    for entry in &triage.timeline {
        let who = match entry.who {
            Who::Customer => "customer",
            Who::Company => "company",
            Who::Record => "status",
        };
        let (at, text) = (
            entry.at.format("%Y-%m-%d %H:%M"),
            one_line(&entry.text, QUOTE),
        );
        let _ = writeln!(out, "  {at}  {who:<8}  {text}{}", marks(&entry.citations));
    }
}

fn proposal(out: &mut String, triage: &Triage) {
    heading(out, "Proposed");
    let proposed = &triage.proposal;
    let lines = [
        ("priority", &proposed.priority),
        ("type", &proposed.kind),
        ("product", &proposed.product),
        ("queue", &proposed.queue),
    ];
    for (name, proposed) in lines {
        let _ = writeln!(out, "  {name:<9} {}", one(proposed));
    }
}

fn one(proposed: &Proposed) -> String {
    let marks = marks(&proposed.citations);
    let now = proposed
        .current
        .as_ref()
        .map(|current| format!(", now {current}"));
    let now = now.unwrap_or_default();
    match &proposed.value {
        Some(value) => {
            let sure = proposed.confidence;
            format!("{value} ({sure:.2}{now}): {}{marks}", proposed.reason)
        }
        None => format!("–{now}: {}", proposed.reason),
    }
}

fn escalation_title(triage: &Triage) -> &'static str {
    match triage.escalation.recommended {
        true => "To escalate",
        false => "Signs to watch",
    }
}

fn duplicates(out: &mut String, triage: &Triage) {
    if triage.duplicates.is_empty() {
        return;
    }
    heading(out, "Maybe the same");
    for duplicate in &triage.duplicates {
        let (title, reason) = (&duplicate.document.title, &duplicate.reason);
        let _ = writeln!(out, "  {title}: {reason}{}", marks(&duplicate.citations));
    }
}

fn similar(out: &mut String, triage: &Triage) {
    if triage.similar_cases.is_empty() {
        return;
    }
    heading(out, "Similar cases");
    for case in &triage.similar_cases {
        let (title, why) = (&case.document.title, &case.similarity_reason);
        let _ = writeln!(out, "  {title} ({why})");
        if let Some(solved) = &case.resolution {
            let text = one_line(&solved.text, 2 * QUOTE);
            let _ = writeln!(out, "    solved: {text}{}", marks(&solved.citations));
        }
        for article in &case.articles {
            let _ = writeln!(out, "    article: {}", article.title);
        }
    }
}

fn articles(out: &mut String, triage: &Triage) {
    if triage.articles.is_empty() {
        return;
    }
    heading(out, "Articles that apply");
    for article in &triage.articles {
        let _ = writeln!(
            out,
            "  {}\n  {}",
            article.document.title, article.document.url
        );
        for step in &article.steps {
            let text = one_line(&step.text, 2 * QUOTE);
            let _ = writeln!(out, "    {text}{}", marks(&step.citations));
        }
    }
}

fn missing(out: &mut String, triage: &Triage) {
    if triage.missing.is_empty() {
        return;
    }
    heading(out, "To ask for");
    for missing in &triage.missing {
        let text = one_line(&missing.text, QUOTE);
        let _ = writeln!(
            out,
            "  {text} ({}){}",
            missing.reason,
            marks(&missing.citations)
        );
    }
}

fn citations(out: &mut String, triage: &Triage) {
    if !triage.citations.is_empty() {
        out.push('\n');
    }
    for citation in &triage.citations {
        let (number, title, object) = (citation.number, &citation.title, &citation.object);
        let (field, quote) = (&citation.field, one_line(&citation.quote, QUOTE / 2));
        let _ = writeln!(out, "[{number}] {title} · {object}.{field}: “{quote}”");
    }
    for degraded in &triage.degraded {
        let _ = writeln!(out, "\nFound without all means: {degraded}.");
    }
    if let Some(as_of) = triage.as_of {
        let _ = writeln!(out, "\nAs of {}.", as_of.format("%Y-%m-%d %H:%M UTC"));
    }
}

/// ` [1][2]`
fn marks(numbers: &[usize]) -> String {
    match numbers.is_empty() {
        true => String::new(),
        false => format!(" {}", domain::marks(numbers)),
    }
}
