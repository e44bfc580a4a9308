//! A brief as Markdown: figures, sections, and numbered links to the records.

use std::fmt::Write;

use super::Brief;
use crate::plain::{one_line, steers};

/// The brief as a document of its own.
pub fn markdown(brief: &Brief) -> String {
    let mut out = format!("# {}\n\n", escaped(&brief.account.name));
    let _ = writeln!(out, "{}\n", escaped(&subtitle(brief)));
    if !brief.figures.is_empty() {
        out.push_str("| | | |\n|---|---:|---|\n");
    }
    for figure in &brief.figures {
        let (label, text) = (escaped(&figure.label), escaped(&figure.text));
        let marks = marks(brief, &figure.citations[..figure.citations.len().min(3)]);
        let _ = writeln!(out, "| {label} | **{text}** | {marks} |");
    }
    for section in &brief.sections {
        let _ = writeln!(out, "\n## {}\n", escaped(&section.title));
        for claim in &section.claims {
            let marks = marks(brief, &claim.citations);
            let _ = writeln!(out, "- {} {marks}", escaped(&claim.text));
        }
    }
    if !brief.citations.is_empty() {
        out.push_str("\n## Sources\n\n");
    }
    for citation in &brief.citations {
        let _ = writeln!(
            out,
            "{}. [{}](<{}>), {}.{}: “{}”",
            citation.number,
            escaped(&citation.title),
            url(&citation.url),
            citation.object,
            citation.field,
            escaped(&citation.quote)
        );
    }
    for degraded in &brief.degraded {
        let _ = writeln!(out, "\n*{}.*", escaped(degraded));
    }
    out
}

/// For whom, since when, and how fresh.
pub fn subtitle(brief: &Brief) -> String {
    let mut parts = vec![format!(
        "Account brief: {}",
        brief.audience.title().to_lowercase()
    )];
    if let Some(owner) = &brief.account.owner {
        parts.push(format!("owner {}", owner.name));
    }
    if let Some(since) = brief.since {
        parts.push(format!("news since {}", since.format("%Y-%m-%d")));
    }
    if let Some(as_of) = brief.as_of {
        parts.push(format!("as of {}", as_of.format("%Y-%m-%d %H:%M UTC")));
    }
    parts.join(" · ")
}

fn marks(brief: &Brief, numbers: &[usize]) -> String {
    let mut marks = String::new();
    for number in numbers {
        let citation = number.checked_sub(1).and_then(|at| brief.citations.get(at));
        if let Some(citation) = citation {
            let _ = write!(marks, "[\\[{number}\\]](<{}>)", url(&citation.url));
        }
    }
    marks
}

/// An address within pointed brackets.
fn url(url: &str) -> String {
    url.replace(|c| matches!(c, '<' | '>') || steers(c), "")
}

/// A text that says in Markdown what it says: no link, image, heading or tag comes of a record.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '&' | '~'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_cannot_make_a_link_or_a_picture() {
        let text = "see ![x](http://evil.example) <b> | # [y](z)\n\u{1b}\u{202e}next";
        let escaped = escaped(text);
        assert_eq!(
            escaped,
            "see \\!\\[x\\](http://evil.example) \\<b\\> \\| \\# \\[y\\](z) next"
        );
        assert_eq!(url("https://a.example/x>(y)\n"), "https://a.example/x(y)");
    }
}
