//! An answer as a card.

use super::draft::{Draft, Frame};
use super::element::{Action, Element, Line, Run};
use super::{Card, text};
use crate::query::Answer;

/// Characters of a statement: lists of steps are one.
const CLAIM: usize = 1_500;
const FALLBACK: usize = 600;
const TITLE: usize = 120;
/// Records that a button leads to.
const BUTTONS: usize = 3;
const NOT_KNOWN: &str = "I do not know: this is not in the records that you can see.";

/// The statements with their citations, or what is nearest to the question.
pub fn answer(answer: &Answer) -> Card {
    let mut draft = Draft::new(Frame {
        fallback: fallback(answer),
        actions: actions(answer),
        citations: &answer.citations,
        degraded: &answer.degraded,
        as_of: answer.as_of,
    });
    if answer.claims.is_empty() {
        not_known(&mut draft, answer);
    }
    for claim in &answer.claims {
        let line = Line::of(text::lines(&claim.text, CLAIM));
        draft.push_line(line, &claim.citations);
    }
    for conflict in &answer.conflicts {
        let run = Run::new(conflict.sentence()).warning();
        draft.push(Line::default().then(run));
    }
    draft.finish()
}

fn not_known(draft: &mut Draft<'_>, answer: &Answer) {
    draft.push(Line::of(NOT_KNOWN));
    if answer.nearest.is_empty() {
        return;
    }
    draft.push(Element::heading("Nearest to the question"));
    for document in &answer.nearest {
        let title = Run::new(text::line(&document.title, TITLE));
        let object = Run::new(format!(" · {}", document.object)).subtle();
        draft.push(
            Line::default()
                .then(title.to(&document.url, None))
                .then(object),
        );
    }
}

fn fallback(answer: &Answer) -> String {
    let claims = answer.claims.iter().map(|claim| claim.text.as_str());
    let said = claims.collect::<Vec<_>>().join(" ");
    match said.is_empty() {
        true => NOT_KNOWN.to_owned(),
        false => text::line(&said, FALLBACK),
    }
}

/// The records that are cited first, and the thumbs.
fn actions(answer: &Answer) -> Vec<Action> {
    let mut actions = Vec::new();
    let mut known: Vec<&str> = Vec::new();
    for citation in &answer.citations {
        if known.len() == BUTTONS || known.contains(&citation.url.as_str()) {
            continue;
        }
        known.push(&citation.url);
        actions.extend(Action::open(
            text::line(&citation.title, 40),
            &citation.url,
            None,
        ));
    }
    actions.extend(Action::thumbs(answer.request_id));
    actions
}
