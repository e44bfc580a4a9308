//! A brief as a page to print: one file, without script, with a style of its own.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::Brief;
use super::markdown::subtitle;
use crate::plain::printable;

const STYLE: &str = include_str!("page.css");

/// What a browser may do with the page: apply this style, and nothing else.
pub fn content_security_policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

/// The whole page; every text of a record is escaped.
pub fn page(brief: &Brief) -> String {
    let name = escaped(&brief.account.name);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{name}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>{}</h1>\n<p class=\"sub\">{}</p>\n",
        link(&brief.account.url, &name, ""),
        escaped(&subtitle(brief))
    );
    figures(&mut out, brief);
    for section in &brief.sections {
        let _ = writeln!(
            out,
            "<h2>{}</h2>\n<ul class=\"claims\">",
            escaped(&section.title)
        );
        for claim in &section.claims {
            let (text, marks) = (escaped(&claim.text), marks(&claim.citations));
            let _ = writeln!(out, "<li>{text}{marks}</li>");
        }
        out.push_str("</ul>\n");
    }
    sources(&mut out, brief);
    for degraded in &brief.degraded {
        let _ = writeln!(out, "<footer>{}</footer>", escaped(degraded));
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn figures(out: &mut String, brief: &Brief) {
    out.push_str("<ul class=\"figures\">\n");
    for figure in &brief.figures {
        let first = &figure.citations[..figure.citations.len().min(3)];
        let _ = writeln!(
            out,
            "<li>{}<strong>{}</strong><span class=\"definition\">{}</span>{}</li>",
            escaped(&figure.label),
            escaped(&figure.text),
            escaped(&figure.definition),
            marks(first)
        );
    }
    out.push_str("</ul>\n");
}

fn sources(out: &mut String, brief: &Brief) {
    out.push_str("<h2>Sources</h2>\n<ol class=\"sources\">\n");
    for citation in &brief.citations {
        let title = escaped(&citation.title);
        let _ = writeln!(
            out,
            "<li id=\"c{}\">{}, {}.{}: <q>{}</q></li>",
            citation.number,
            link(&citation.url, &title, ""),
            citation.object,
            citation.field,
            escaped(&citation.quote)
        );
    }
    out.push_str("</ol>\n");
}

fn marks(numbers: &[usize]) -> String {
    let marks = numbers.iter();
    marks
        .map(|number| {
            link(
                &format!("#c{number}"),
                &number.to_string(),
                " class=\"mark\"",
            )
        })
        .collect()
}

/// A link to a record, or within the page; any other address is no link.
fn link(url: &str, text: &str, attributes: &str) -> String {
    let is_ours = ["https://", "http://", "#"];
    match is_ours.iter().any(|start| url.starts_with(start)) {
        true => format!("<a{attributes} href=\"{}\">{text}</a>", escaped(url)),
        false => text.to_owned(),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_record_is_markup() {
        assert_eq!(
            escaped("<script>alert('x')</script> \u{1b}\u{202e}& \"y\""),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;"
        );
        assert_eq!(link("javascript:alert(1)", "x", ""), "x");
        assert!(content_security_policy().contains("style-src 'sha256-"));
    }
}
