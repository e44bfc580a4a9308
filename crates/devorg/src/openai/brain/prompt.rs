//! Reads a prompt: the passages in it, and the question.

/// `<passage id="3" …>text</passage>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::openai) struct Passage<'a> {
    pub id: u64,
    /// The attributes as they stand in the tag: what the text is taken from.
    pub tag: &'a str,
    pub text: &'a str,
}

const OPEN: &str = "<passage ";
const CLOSE: &str = "</passage>";

/// The passages in the order of the prompt. What does not have a number is no passage.
pub(in crate::openai) fn passages(prompt: &str) -> Vec<Passage<'_>> {
    let mut found = Vec::new();
    let mut rest = prompt;
    while let Some((start, end)) = next_block(rest) {
        found.extend(passage(&rest[start..end]));
        rest = &rest[end..];
    }
    found
}

/// What is asked: the text of `<question>`, else what follows the last `Question:`, else the last line
/// outside the passages.
pub(in crate::openai) fn question(prompt: &str) -> String {
    let outside = without_passages(prompt);
    if let Some((_, rest)) = outside.split_once("<question>") {
        return rest
            .split("</question>")
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned();
    }
    if let Some((_, rest)) = outside.rsplit_once("Question:") {
        return rest.trim().to_owned();
    }
    let mut lines = outside.lines().map(str::trim);
    let last = lines.rfind(|line| !line.is_empty() && !line.starts_with('<'));
    last.unwrap_or_default().to_owned()
}

fn without_passages(prompt: &str) -> String {
    let mut outside = String::new();
    let mut rest = prompt;
    while let Some((start, end)) = next_block(rest) {
        outside.push_str(&rest[..start]);
        rest = &rest[end..];
    }
    outside.push_str(rest);
    outside
}

/// Where the next passage element begins and ends.
fn next_block(text: &str) -> Option<(usize, usize)> {
    let start = text.find(OPEN)?;
    let length = text[start..].find(CLOSE)?;
    Some((start, start + length + CLOSE.len()))
}

fn passage(block: &str) -> Option<Passage<'_>> {
    let (tag, text) = block.split_once('>')?;
    let text = text.strip_suffix(CLOSE)?;
    let (_, id) = tag.split_once("id=\"")?;
    let id = id.split('"').next()?.parse().ok()?;
    let tag = tag.strip_prefix(OPEN)?;
    Some(Passage { id, tag, text })
}

#[cfg(test)]
mod tests {
    use super::{Passage, passages, question};

    const PROMPT: &str = "Answer from these.\n<passage id=\"1\" object=\"Case\">One. Two.</passage>\n\
                          <passage id=\"7\">Seven.\nAnd a line.</passage>\n\nHow many are there?\n";

    #[test]
    fn finds_passages_with_their_numbers() {
        let expected = [
            Passage {
                id: 1,
                tag: "id=\"1\" object=\"Case\"",
                text: "One. Two.",
            },
            Passage {
                id: 7,
                tag: "id=\"7\"",
                text: "Seven.\nAnd a line.",
            },
        ];
        assert_eq!(passages(PROMPT), expected);
        assert!(passages("<passage id=\"x\">a</passage> <passage id=\"2\">open").is_empty());
    }

    #[test]
    fn finds_the_question_in_each_form() {
        assert_eq!(question(PROMPT), "How many are there?");
        assert_eq!(
            question("<question>\nWhy?\n</question>\nAnswer in JSON."),
            "Why?"
        );
        assert_eq!(
            question("Passages: none\nQuestion: Why is it?\n"),
            "Why is it?"
        );
        assert_eq!(question(""), "");
    }
}
