//! The steps of an article: its list of what to do, quoted.

use std::collections::BTreeMap;

use domain::{Document, FieldText, PassageId};

use super::quote::Quote;
use super::words::words;
use crate::query::grounding::{Span, cut, orders, sentences};

/// Items of a list that are steps.
const MOST_STEPS: usize = 12;
/// Sentences that are quoted where an article has no list.
const MOST_SENTENCES: usize = 4;
/// A shorter field is no body.
const SHORTEST_BODY: usize = 60;
/// A paragraph of more characters is no heading.
const HEADING: usize = 90;
/// What a numbered list has before one with bullets: its order is the author's.
const NUMBERED: f32 = 0.35;
/// What a list counts whose items all tell what to do.
const IMPERATIVE: f32 = 0.35;
/// A list with bullets tells what to do if so many of its items do.
const DOES: f32 = 0.5;
/// For each list that comes before it.
const LATER: f32 = 0.05;

/// A passage of the article and how near it is to the problem.
pub struct Near {
    pub record: domain::RecordId,
    pub field: domain::FieldName,
    pub span: Span,
    pub score: f32,
}

/// Passages by how near they are.
pub type Nearness = BTreeMap<PassageId, Near>;

/// A list of an article with its heading.
struct List {
    items: Vec<Span>,
    heading: Option<Span>,
    is_numbered: bool,
}

/// The steps of the article that belong to the problem, in the order of the article. Only what
/// stands in the article's own fields counts, and nothing that is for the company alone.
pub fn steps<'a>(
    article: &'a Document,
    matched: &dyn Fn(&str) -> f32,
    near: &Nearness,
) -> Vec<Quote<'a>> {
    let bodies = bodies(article);
    let mut best: Option<(f32, Vec<Quote<'a>>)> = None;
    for body in &bodies {
        for (place, list) in (0_u16..).zip(lists(&body.field.text)) {
            let does = doing(body, &list);
            if !list.is_numbered && does < DOES {
                continue;
            }
            let score =
                score(body, &list, matched, near) + IMPERATIVE * does - LATER * f32::from(place);
            if best.as_ref().is_none_or(|(known, _)| score > *known) {
                let items = list.items.iter().take(MOST_STEPS);
                best = Some((score, items.map(|span| body.at(*span)).collect()));
            }
        }
    }
    match best {
        Some((_, steps)) => {
            let steps = steps.into_iter();
            steps
                .filter(|step| orders(&step.text()).is_empty())
                .collect()
        }
        None => telling_sentences(&bodies, matched),
    }
}

/// The fields of the article that are text to read.
fn bodies(article: &Document) -> Vec<Quote<'_>> {
    let title = article.title.as_ref().map(|title| &title.field);
    let Some(root) = article.records.first() else {
        return Vec::new();
    };
    let is_body = |field: &&FieldText| {
        let name = field.field.as_str().to_lowercase();
        let is_for_us = name.contains("intern") && !name.contains("international");
        Some(&field.field) != title && !is_for_us && field.text.chars().count() >= SHORTEST_BODY
    };
    let fields = root.fields.iter().filter(is_body);
    fields
        .map(|field| Quote::whole(article, root, field))
        .collect()
}

/// The lists of a text, in their order. Items are lines that begin with a number or a bullet; what
/// stands between two without a blank line belongs to the one before.
fn lists(text: &str) -> Vec<List> {
    let mut lists: Vec<List> = Vec::new();
    let mut is_open = false;
    let mut heading = None;
    for line in lines(text) {
        let written = cut(text, line);
        match item(&written) {
            Some(is_numbered) => {
                let first = is_numbered && written.starts_with("1");
                match lists.last_mut() {
                    Some(open) if is_open && open.is_numbered == is_numbered && !first => {
                        open.items.push(line);
                    }
                    Some(_) | None => lists.push(List {
                        items: vec![line],
                        heading,
                        is_numbered,
                    }),
                }
                is_open = true;
            }
            None if written.is_empty() => {}
            None => {
                is_open = false;
                heading = (written.chars().count() <= HEADING).then_some(line);
            }
        }
    }
    lists.retain(|list| list.items.len() > 1);
    lists
}

/// Whether a line is an item, and if so whether it has a number.
fn item(line: &str) -> Option<bool> {
    let bulleted = ["- ", "• ", "* ", "– "];
    if bulleted.iter().any(|bullet| line.starts_with(bullet)) {
        return Some(false);
    }
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    let rest = line.get(digits..)?;
    let is_number = (1..=2).contains(&digits) && (rest.starts_with(". ") || rest.starts_with(") "));
    is_number.then_some(true)
}

fn lines(text: &str) -> Vec<Span> {
    let mut at = 0;
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let length = line.chars().count();
        lines.push(Span {
            start: at,
            end: at + length,
        });
        at += length + 1;
    }
    lines
}

/// The share of a list's items that tell to do something.
fn doing(body: &Quote<'_>, list: &List) -> f32 {
    let does = |span: &&Span| {
        let written = cut(&body.field.text, **span);
        words().is_imperative(written.trim_start_matches(|c: char| !c.is_alphabetic()))
    };
    let doing = list.items.iter().filter(does).count();
    doing as f32 / list.items.len().max(1) as f32
}

/// How much a list belongs to the problem.
fn score(body: &Quote<'_>, list: &List, matched: &dyn Fn(&str) -> f32, near: &Nearness) -> f32 {
    let text = &body.field.text;
    let heading = list.heading.map(|span| cut(text, span));
    let items = list.items.iter().map(|span| cut(text, *span));
    let whole: Vec<String> = heading.into_iter().chain(items).collect();
    let numbered = if list.is_numbered { NUMBERED } else { 0.0 };
    matched(&whole.join("\n")) + nearest(body, list, near) + numbered
}

/// How near the nearest passage is that the list stands in.
fn nearest(body: &Quote<'_>, list: &List, near: &Nearness) -> f32 {
    let (Some(first), Some(last)) = (list.items.first(), list.items.last()) else {
        return 0.0;
    };
    let list = Span {
        start: first.start,
        end: last.end,
    };
    let holds = |near: &&Near| {
        near.record == body.record.record_id
            && near.field == body.field.field
            && near.span.overlaps(list)
    };
    let passages = near.values().filter(holds);
    passages.map(|near| near.score).fold(0.0, f32::max)
}

/// Sentences that tell what to do, for an article without lists.
fn telling_sentences<'a>(bodies: &[Quote<'a>], matched: &dyn Fn(&str) -> f32) -> Vec<Quote<'a>> {
    let mut found: Vec<(f32, Quote<'a>)> = Vec::new();
    for body in bodies {
        for span in sentences(&body.field.text) {
            let quote = body.at(span);
            let text = quote.text();
            let tells = words().is_imperative(&text) || words().solves(&text);
            if tells && orders(&text).is_empty() {
                found.push((matched(&text), quote));
            }
        }
    }
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by(|a, b| found[*b].0.total_cmp(&found[*a].0));
    order.truncate(MOST_SENTENCES);
    order.sort_unstable();
    order.iter().map(|at| found[*at].1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "What it is.\n\nCure\n\n1. Open the grille.\n2. Wash the filter.\n\nIf it comes back\n\n- It is hot: cool it.\n- The fan stands: order one.";

    fn texts(list: &List) -> Vec<String> {
        list.items.iter().map(|span| cut(TEXT, *span)).collect()
    }

    #[test]
    fn a_text_has_lists_with_headings() {
        let lists = lists(TEXT);
        assert_eq!(lists.len(), 2);
        assert_eq!(
            texts(&lists[0]),
            ["1. Open the grille.", "2. Wash the filter."]
        );
        assert!(lists[0].is_numbered && !lists[1].is_numbered);
        let heading = lists[1].heading.map(|span| cut(TEXT, span));
        assert_eq!(heading.as_deref(), Some("If it comes back"));
    }

    #[test]
    fn a_number_in_a_sentence_is_no_item() {
        assert_eq!(item("1. Open"), Some(true));
        assert_eq!(item("- Open"), Some(false));
        assert_eq!(item("24.5 bar is too much"), None);
        assert_eq!(item("2026 was dry"), None);
        assert_eq!(item("ä"), None);
    }
}
