//! Answers as Markdown that shows a record's words and never runs them.

use domain::{Claim, marks};

use super::Answer;

/// The claims in a row, each with the numbers of its citations.
pub fn claims(claims: &[Claim]) -> String {
    let sentences = claims
        .iter()
        .map(|claim| format!("{} {}", escaped(&claim.text), marks(&claim.citations)));
    sentences.collect::<Vec<_>>().join("\n\n")
}

/// What is said when nothing answers, with the nearest documents.
pub fn not_known(answer: &Answer) -> String {
    let sentence = answer.abstention().unwrap_or_default();
    if answer.nearest.is_empty() {
        return sentence.to_owned();
    }
    let titles = answer.nearest.iter();
    let titles: Vec<_> = titles
        .map(|document| format!("- [{}]({})", escaped(&document.title), document.url))
        .collect();
    format!("{sentence}\n\n{}", titles.join("\n"))
}

/// A text in which links, images, marks of citations and HTML are just characters. The marks of a list
/// stay, as they make the text easier to read.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '[' | ']' | '<' | '>' | '`' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_record_says_stays_text() {
        let claim = Claim {
            text: "See ![x](https://evil.example/a) and <b>[9]</b>.".to_owned(),
            citations: vec![1, 3],
        };
        assert_eq!(
            claims(&[claim]),
            "See !\\[x\\](https://evil.example/a) and \\<b\\>\\[9\\]\\</b\\>. [1][3]"
        );
    }
}
