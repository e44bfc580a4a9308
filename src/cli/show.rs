//! Results as text for people.

use std::fmt::Write;

use crate::query::{Answer, FacetCount, Hit, Leg, SearchResponse};

/// Characters of a passage in a list.
const SNIPPET: usize = 280;
/// Values of a facet in a list.
const FACET_VALUES: usize = 8;
/// Characters of a quote under an answer.
const QUOTE: usize = 200;

/// Hits, best first, then the facets and how to go on.
pub fn search(found: &SearchResponse) -> String {
    let mut out = String::new();
    if found.hits.is_empty() {
        out.push_str("Nothing found in the records that this user may read.\n");
    }
    for (place, hit) in found.hits.iter().enumerate() {
        show_hit(&mut out, place + 1, hit);
    }
    for (facet, counts) in &found.facets {
        let shown = counts.iter().take(FACET_VALUES).map(counted);
        let shown: Vec<_> = shown.collect();
        let more = match counts.len().saturating_sub(FACET_VALUES) {
            0 => String::new(),
            more => format!(", {more} more"),
        };
        let _ = writeln!(out, "{facet}: {}{more}", shown.join(", "));
    }
    for degraded in &found.degraded {
        let _ = writeln!(out, "Found without all means: {degraded}.");
    }
    if let Some(cursor) = &found.next_cursor {
        let _ = writeln!(out, "\nMore: the same again with --cursor {cursor}");
    }
    printable(&out)
}

fn show_hit(out: &mut String, place: usize, hit: &Hit) {
    let document = &hit.document;
    let score = match hit.score {
        0.0 => document.updated_at.format("%Y-%m-%d").to_string(),
        score => format!("{score:.2}"),
    };
    let (title, object) = (&document.title, &document.object);
    let _ = writeln!(out, "{place:>2}. {title}  ({object}, {score})");
    for passage in &hit.passages {
        let text = one_line(&passage.text, SNIPPET);
        let _ = writeln!(out, "      {}.{}: {text}", passage.object, passage.field);
        if let Some(legs) = &passage.explanation {
            let (keyword, vector) = (leg(legs.keyword), leg(legs.vector));
            let fused = legs.fused;
            let _ = writeln!(
                out,
                "        by words {keyword}; by meaning {vector}; together {fused:.3}"
            );
        }
    }
    if let Some(explanation) = &hit.explanation {
        let _ = writeln!(out, "      Why: {}", explanation.why);
        for boost in &explanation.boosts {
            let _ = writeln!(out, "        {:+.3} {}", boost.amount, boost.reason.name());
        }
    }
    let _ = writeln!(out, "      {}\n", document.url);
}

/// What a leg gave a passage.
fn leg(leg: Option<Leg>) -> String {
    leg.map_or("–".to_owned(), |leg| {
        format!(
            "#{} (score {:.3}, scaled {:.3}, adds {:.3})",
            leg.rank, leg.score, leg.scaled, leg.share
        )
    })
}

fn counted(count: &FacetCount) -> String {
    let name = count.label.as_ref().unwrap_or(&count.value);
    format!("{name} {}", count.count)
}

/// An answer with the quotes that it stands on.
pub fn answer(answer: &Answer) -> String {
    let mut out = format!("{}\n", unescaped(&answer.answer));
    for degraded in &answer.degraded {
        let _ = writeln!(out, "\nFound without all means: {degraded}.");
    }
    if !answer.citations.is_empty() {
        out.push('\n');
    }
    for citation in &answer.citations {
        let _ = writeln!(
            out,
            "[{}] {} · {}\n    “{}”\n    {}",
            citation.number,
            citation.title,
            citation.place(),
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
    printable(&out)
}

/// Markdown as the text that its backslashes protect: `\<serial\>` is `<serial>`.
fn unescaped(markdown: &str) -> String {
    let mut out = String::with_capacity(markdown.len());
    let mut rest = markdown.chars().peekable();
    while let Some(c) = rest.next() {
        let is_escape = c == '\\' && rest.peek().is_some_and(char::is_ascii_punctuation);
        out.push(if is_escape {
            rest.next().unwrap_or(c)
        } else {
            c
        });
    }
    out
}

/// What a record says must not steer the terminal: without control characters, and without the marks
/// that turn the direction of text around. Lines and tabs stay.
pub fn printable(text: &str) -> String {
    let steers = |c: char| {
        let is_control = c.is_control() && !matches!(c, '\n' | '\t');
        is_control || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(|c| !steers(*c)).collect()
}

/// At most `most` characters, without line breaks.
pub fn one_line(text: &str, most: usize) -> String {
    let flat = printable(text);
    let flat = flat.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= most {
        return flat;
    }
    let cut: String = flat.chars().take(most).collect();
    let whole_words = cut
        .rsplit_once(' ')
        .map_or(cut.as_str(), |(words, _)| words);
    format!("{whole_words} …")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_cannot_steer_the_terminal() {
        let hostile = "a\u{1b}]8;;http://evil\u{7}b\u{1b}[2Jc\u{9b}31md\u{202e}e\u{2066}\r\n\tf";
        assert_eq!(printable(hostile), "a]8;;http://evilb[2Jc31mde\n\tf");
        assert_eq!(one_line(hostile, 80), "a]8;;http://evilb[2Jc31mde f");
    }

    #[test]
    fn escapes_of_markdown_are_read() {
        assert_eq!(
            unescaped(r"set \<serial\> [1] to C:\\Temp\nul"),
            r"set <serial> [1] to C:\Temp\nul"
        );
        assert_eq!(unescaped("ends in \\"), "ends in \\");
    }
}
