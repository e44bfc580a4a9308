//! Results as text for people.

use std::fmt::Write;

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Cell, CellAlignment, Color, Table};

use indexer::{ObjectStatus, SourceStatus};

use crate::app::StatusReport;
use crate::query::{Answer, SearchResponse};

/// Characters of a passage in a list.
const SNIPPET: usize = 280;
/// Characters of a quote under an answer.
const QUOTE: usize = 200;

/// Hits, best first.
pub fn search(found: &SearchResponse) -> String {
    let mut out = String::new();
    if found.hits.is_empty() {
        out.push_str("Nothing found in the records that this user may read.\n");
    }
    for (place, hit) in found.hits.iter().enumerate() {
        let _ = writeln!(
            out,
            "{:>2}. {}  ({}, {:.2})",
            place + 1,
            hit.document.title,
            hit.document.object,
            hit.score
        );
        for passage in &hit.passages {
            let text = one_line(&passage.text, SNIPPET);
            let _ = writeln!(out, "      {}.{}: {text}", passage.object, passage.field);
            if let Some(why) = &passage.explanation {
                let leg = |leg: Option<(usize, f32)>| {
                    leg.map_or("–".to_owned(), |(rank, score)| {
                        format!("#{rank} ({score:.3})")
                    })
                };
                let _ = writeln!(
                    out,
                    "      keyword {}, vector {}, fused {:.3}",
                    leg(why.keyword),
                    leg(why.vector),
                    why.fused
                );
            }
        }
        let _ = writeln!(out, "      {}\n", hit.document.url);
    }
    if let Some(cursor) = &found.next_cursor {
        let _ = writeln!(out, "More: --cursor {cursor}");
    }
    out
}

/// An answer with the quotes that it stands on.
pub fn answer(answer: &Answer) -> String {
    let mut out = format!("{}\n", answer.answer);
    if !answer.citations.is_empty() {
        out.push('\n');
    }
    for citation in &answer.citations {
        let _ = writeln!(
            out,
            "[{}] {} · {}.{} of {}\n    “{}”\n    {}",
            citation.number,
            citation.title,
            citation.object,
            citation.field,
            citation.record_id,
            one_line(&citation.quote, QUOTE),
            citation.url
        );
    }
    if answer.verification.dropped > 0 {
        let _ = writeln!(
            out,
            "\n{} of the model's sentences had no support and are not shown.",
            answer.verification.dropped
        );
    }
    if let Some(as_of) = answer.as_of {
        let _ = writeln!(out, "\nAs of {}.", as_of.format("%Y-%m-%d %H:%M UTC"));
    }
    out
}

/// What is in the index and what is not.
pub fn status(report: &StatusReport) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_header([
        "Object",
        "In the org",
        "Read",
        "Documents",
        "Indexed",
        "Failed",
        "Calls",
        "Last read",
    ]);
    for object in &report.ledger.objects {
        for source in &object.sources {
            let is_root = source.object == object.object;
            table.add_row(status_row(source, is_root.then_some(object)));
        }
    }
    let mut out = format!("{table}\n");
    for object in &report.ledger.objects {
        for warning in &object.warnings {
            let _ = writeln!(out, "! {}: {warning}", object.object);
        }
        for source in &object.sources {
            for failure in &source.failures {
                let reason = &failure.reason;
                let _ = writeln!(out, "! {} {}: {reason}", source.object, failure.record_id);
            }
        }
    }
    if let Some(syncing) = &report.syncing {
        let _ = writeln!(out, "Syncing now: {syncing}");
    }
    if let Some(error) = &report.last_error {
        let _ = writeln!(out, "! The last sync is incomplete: {error}");
    }
    match report.ledger.as_of {
        Some(as_of) => {
            let _ = writeln!(out, "As of {}.", as_of.format("%Y-%m-%d %H:%M UTC"));
        }
        None => out.push_str("Nothing is synced yet: run `precis sync` or `precis serve`.\n"),
    }
    out
}

/// A source; the root of a document also tells of the documents.
fn status_row(source: &SourceStatus, document: Option<&ObjectStatus>) -> Vec<Cell> {
    let number = |n: Option<u64>| {
        let text = n.map_or(String::new(), |n| n.to_string());
        Cell::new(text).set_alignment(CellAlignment::Right)
    };
    let name = match document {
        Some(_) => source.object.to_string(),
        None => format!("  {}", source.object),
    };
    let differs = source
        .source_rows
        .is_some_and(|rows| rows != source.mirrored);
    let flagged = |cell: Cell, flag: bool| if flag { cell.fg(Color::Red) } else { cell };
    let last = source.finished_at.map_or("never".to_owned(), |at| {
        at.format("%Y-%m-%d %H:%M").to_string()
    });
    let behind = document.is_some_and(|object| object.waiting > 0);
    vec![
        Cell::new(name),
        number(source.source_rows),
        flagged(number(Some(source.mirrored)), differs),
        number(document.map(|object| object.documents)),
        flagged(number(document.map(|object| object.indexed)), behind),
        flagged(number(Some(source.failed)), source.failed > 0),
        number(source.calls),
        Cell::new(last),
    ]
}

/// At most `most` characters, without line breaks.
fn one_line(text: &str, most: usize) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= most {
        return flat;
    }
    let cut: String = flat.chars().take(most).collect();
    let whole_words = cut
        .rsplit_once(' ')
        .map_or(cut.as_str(), |(words, _)| words);
    format!("{whole_words} …")
}
