//! Results as text for people.

use std::fmt::Write;

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
    for degraded in &found.degraded {
        let _ = writeln!(out, "Found without all means: {degraded}.");
    }
    if let Some(cursor) = &found.next_cursor {
        let _ = writeln!(out, "More: --cursor {cursor}");
    }
    out
}

/// An answer with the quotes that it stands on.
pub fn answer(answer: &Answer) -> String {
    let mut out = format!("{}\n", answer.answer);
    for degraded in &answer.degraded {
        let _ = writeln!(out, "\nFound without all means: {degraded}.");
    }
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

/// At most `most` characters, without line breaks.
pub fn one_line(text: &str, most: usize) -> String {
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
