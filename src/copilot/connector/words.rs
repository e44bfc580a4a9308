//! Names and descriptions of a program in the form that connectors want.

/// The longest title of a field.
const LONGEST_TITLE: usize = 80;
const LONGEST_DESCRIPTION: usize = 500;

/// `keyword_query` as words.
pub fn name_of(name: &str) -> String {
    name.replace(['_', '-'], " ")
}

/// `keyword_query` as a title: "Keyword Query".
pub fn title_case(name: &str) -> String {
    let words = name_of(name);
    let words = words.split_whitespace().map(|word| {
        let mut letters = word.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).collect::<String>()
    });
    let title = words.collect::<Vec<_>>().join(" ");
    title.chars().take(LONGEST_TITLE).collect()
}

/// A description as plain text that begins with a capital and ends with a full stop; of a long one the
/// sentences that fit.
pub fn sentence(text: &str) -> String {
    let plain = text.replace('`', "");
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut letters = plain.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let mut text: String = first.chain(letters).collect();
    if text.chars().count() >= LONGEST_DESCRIPTION {
        text = text.chars().take(LONGEST_DESCRIPTION - 1).collect();
        if let Some(end) = text.rfind(". ") {
            text.truncate(end);
        }
    }
    let body = text.trim_end_matches([' ', '.', ':', ';', ',', '…']);
    match body.is_empty() {
        true => String::new(),
        false => format!("{body}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_titles_and_descriptions_sentences() {
        assert_eq!(title_case("keyword_query"), "Keyword Query");
        assert_eq!(sentence("`true` when\n it holds"), "True when it holds.");
        assert_eq!(sentence("Hits, best first: "), "Hits, best first.");
        assert_eq!(sentence(""), "");
        let long = "A sentence of some length. ".repeat(40);
        let cut = sentence(&long);
        assert!(cut.chars().count() <= LONGEST_DESCRIPTION);
        assert!(cut.ends_with("length."));
    }
}
