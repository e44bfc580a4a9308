//! A triage as a card.

use super::draft::{Draft, Frame};
use super::element::{Action, Element, Line, Run};
use super::{Card, text};
use crate::query::{ArticleSteps, Proposed, SimilarCase, Triage};

const TITLE: usize = 120;
const TEXT: usize = 320;
const REPLY: usize = 1_500;
const FALLBACK: usize = 600;
/// Of each list.
const MOST_CLAIMS: usize = 4;
const MOST_CASES: usize = 3;
const MOST_ARTICLES: usize = 2;
const MOST_STEPS: usize = 6;

/// What it is about and what is proposed, then how cases like it were solved and what to reply.
pub fn triage(triage: &Triage) -> Card {
    let mut draft = Draft::new(Frame {
        fallback: fallback(triage),
        actions: actions(triage),
        citations: &triage.citations,
        degraded: &triage.degraded,
        as_of: triage.as_of,
    });
    title(&mut draft, triage);
    draft.push_claims("Summary", &triage.summary, MOST_CLAIMS);
    draft.push_claims("The customer wants", &triage.wants, MOST_CLAIMS);
    let signals = &triage.escalation.signals;
    match triage.escalation.recommended {
        true => draft.push_claims("To escalate", signals, MOST_CLAIMS),
        false => draft.push_claims("Signs to watch", signals, MOST_CLAIMS),
    }
    proposal(&mut draft, triage);
    articles(&mut draft, &triage.articles);
    similar(&mut draft, &triage.similar_cases);
    lists(&mut draft, triage);
    if !triage.reply_draft.text.is_empty() {
        draft.push(Element::heading("Reply, to look over"));
        let reply = text::lines(&triage.reply_draft.text, REPLY);
        draft.push_line(Line::of(reply), &triage.reply_draft.citations);
    }
    draft.finish()
}

fn title(draft: &mut Draft<'_>, triage: &Triage) {
    let line = match &triage.case {
        Some(case) => {
            let number = case.number.as_deref().unwrap_or(case.id.as_str());
            let title = format!(
                "{} {}",
                text::line(number, 40),
                text::line(&case.title, TITLE)
            );
            Run::new(title).large().to(&case.url, None)
        }
        None => Run::new("Triage of a new case").large(),
    };
    draft.push(Line::default().then(line));
}

fn proposal(draft: &mut Draft<'_>, triage: &Triage) {
    draft.push(Element::heading("Proposed"));
    for (name, proposed) in named(triage) {
        let (value, why) = match &proposed.value {
            Some(value) => {
                let sure = proposed.confidence * 100.0;
                (text::line(value, TITLE), format!(" ({sure:.0} %)"))
            }
            None => ("–".to_owned(), String::new()),
        };
        let now = proposed.current.as_ref();
        let now = now.map(|now| format!(", now {}", text::line(now, TITLE)));
        let reason = text::line(&proposed.reason, TEXT);
        let why = format!("{why}{}: {reason}", now.unwrap_or_default());
        let line = Line::of(format!("{name}: "))
            .then(Run::new(value).strong())
            .then(Run::new(why).subtle());
        draft.push_line(line, &proposed.citations);
    }
}

fn named(triage: &Triage) -> [(&'static str, &Proposed); 4] {
    let proposal = &triage.proposal;
    [
        ("Priority", &proposal.priority),
        ("Type", &proposal.kind),
        ("Product", &proposal.product),
        ("Queue", &proposal.queue),
    ]
}

fn articles(draft: &mut Draft<'_>, articles: &[ArticleSteps]) {
    if articles.is_empty() {
        return;
    }
    draft.push(Element::heading("Articles that apply"));
    for article in articles.iter().take(MOST_ARTICLES) {
        let title = Run::new(text::line(&article.document.title, TITLE)).strong();
        draft.push(Line::default().then(title.to(&article.document.url, None)));
        for step in article.steps.iter().take(MOST_STEPS) {
            let line = Line::of(format!("• {}", text::line(&step.text, TEXT)));
            draft.push_line(line, &step.citations);
        }
        draft.push_more(article.steps.len().saturating_sub(MOST_STEPS));
    }
}

fn similar(draft: &mut Draft<'_>, cases: &[SimilarCase]) {
    if cases.is_empty() {
        return;
    }
    draft.push(Element::heading("Similar cases"));
    for case in cases.iter().take(MOST_CASES) {
        let title = Run::new(text::line(&case.document.title, TITLE)).to(&case.document.url, None);
        let why = format!(" ({})", text::line(&case.similarity_reason, TEXT));
        draft.push(Line::default().then(title).then(Run::new(why).subtle()));
        if let Some(solved) = &case.resolution {
            let line = Line::of(format!("Solved: {}", text::line(&solved.text, TEXT)));
            draft.push_line(line, &solved.citations);
        }
    }
}

/// What may be the same, and what to ask for.
fn lists(draft: &mut Draft<'_>, triage: &Triage) {
    if !triage.duplicates.is_empty() {
        draft.push(Element::heading("Maybe the same"));
    }
    for duplicate in triage.duplicates.iter().take(MOST_CASES) {
        let title = Run::new(text::line(&duplicate.document.title, TITLE));
        let why = Run::new(format!(": {}", text::line(&duplicate.reason, TEXT))).subtle();
        let line = Line::default()
            .then(title.to(&duplicate.document.url, None))
            .then(why);
        draft.push_line(line, &duplicate.citations);
    }
    if !triage.missing.is_empty() {
        draft.push(Element::heading("To ask for"));
    }
    for missing in triage.missing.iter().take(MOST_CLAIMS) {
        let why = Run::new(format!(" ({})", text::line(&missing.reason, TEXT))).subtle();
        let line = Line::of(format!("• {}", text::line(&missing.text, TEXT))).then(why);
        draft.push_line(line, &missing.citations);
    }
}

fn fallback(triage: &Triage) -> String {
    let what = triage.case.as_ref().map_or_else(
        || "Triage of a new case".to_owned(),
        |case| format!("Triage of {}", case.title),
    );
    let proposed = named(triage).into_iter();
    let proposed = proposed.filter_map(|(name, proposed)| Some((name, proposed.value.as_ref()?)));
    let proposed = proposed.map(|(name, value)| format!("{name}: {value}"));
    let proposed = proposed.collect::<Vec<_>>().join("; ");
    text::line(&format!("{what}. {proposed}"), FALLBACK)
}

/// The case and the article that applies best, and the thumbs.
fn actions(triage: &Triage) -> Vec<Action> {
    let case = triage.case.as_ref();
    let case = case.and_then(|case| Action::open("Open case", &case.url, None));
    let article = triage.articles.first();
    let article =
        article.and_then(|article| Action::open("Open article", &article.document.url, None));
    case.into_iter()
        .chain(article)
        .chain(Action::thumbs(triage.request_id))
        .collect()
}
