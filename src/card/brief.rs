//! An account brief as a card.

use super::draft::{Draft, Frame};
use super::element::{Action, Element, Line, Run};
use super::{Card, text};
use crate::query::{Brief, subtitle};

const NAME: usize = 120;
const CLAIM: usize = 320;
const FALLBACK: usize = 600;
/// Statements of one section: those that matter most come first.
const MOST_CLAIMS: usize = 4;

/// Figures, then the sections in the order for the audience.
pub fn brief(brief: &Brief) -> Card {
    let mut draft = Draft::new(Frame {
        fallback: fallback(brief),
        actions: actions(brief),
        citations: &brief.citations,
        degraded: &brief.degraded,
        // The line below the name says it.
        as_of: None,
    });
    let name = Run::new(text::line(&brief.account.name, NAME)).large();
    draft.push(Line::default().then(name.to(&brief.account.url, None)));
    let subtitle = text::line(&subtitle(brief), 2 * NAME);
    draft.push(Line::default().then(Run::new(subtitle).subtle()));
    for figure in &brief.figures {
        let value = Run::new(text::line(&figure.text, NAME)).strong();
        let line = Line::of(format!("{}: ", text::line(&figure.label, NAME))).then(value);
        draft.push_line(line, &figure.citations);
    }
    for section in &brief.sections {
        draft.push(Element::heading(section.name.title()));
        for claim in section.claims.iter().take(MOST_CLAIMS) {
            let line = Line::of(format!("• {}", text::line(&claim.text, CLAIM)));
            draft.push_line(line, &claim.citations);
        }
        draft.push_more(section.claims.len().saturating_sub(MOST_CLAIMS));
        if !draft.has_room() {
            break;
        }
    }
    draft.finish()
}

fn fallback(brief: &Brief) -> String {
    let figures = brief.figures.iter().take(6);
    let figures = figures.map(|figure| format!("{}: {}", figure.label, figure.text));
    let figures = figures.collect::<Vec<_>>().join("; ");
    text::line(&format!("{}. {figures}", brief.account.name), FALLBACK)
}

fn actions(brief: &Brief) -> Vec<Action> {
    let account = Action::open("Open account", &brief.account.url, None);
    account
        .into_iter()
        .chain(Action::thumbs(brief.request_id))
        .collect()
}
