//! The part of a passage that a list has room for, with the words that were looked for told apart.

use super::page::{Ink, Text};

/// Characters before the first match, where a passage does not begin with it.
const BEFORE: usize = 60;

/// Adds about `most` characters of a passage on one line, from its beginning if a match is among them and
/// else from shortly before the first. `highlights` are character ranges of the passage as it is.
pub fn excerpt(mut text: Text, passage: &str, highlights: &[(usize, usize)], most: usize) -> Text {
    let characters: Vec<char> = passage.chars().collect();
    let start = start(&characters, highlights, most);
    let end = end(&characters, start, most);
    if start > 0 {
        text = text.say("… ");
    }
    let mut at = start;
    for (from, to) in highlights {
        let (from, to) = ((*from).clamp(at, end), (*to).clamp(at, end));
        text = text.say(&joined(&characters[at..from]));
        text = text.ink(Ink::Match, &joined(&characters[from..to]));
        at = to;
    }
    text = text.say(joined(&characters[at..end]).trim_end());
    match end < characters.len() {
        true => text.say(" …"),
        false => text,
    }
}

fn start(characters: &[char], highlights: &[(usize, usize)], most: usize) -> usize {
    let first = highlights.first().map_or(0, |(from, _)| *from);
    if first.min(characters.len()) + BEFORE <= most {
        return 0;
    }
    let wanted = first.min(characters.len()) - BEFORE.min(first);
    let mut words = wanted..first.min(characters.len());
    let gap = words.find(|at| characters[*at].is_whitespace());
    gap.map_or(wanted, |gap| gap + 1)
}

fn end(characters: &[char], start: usize, most: usize) -> usize {
    let end = (start + most).min(characters.len());
    if end == characters.len() {
        return end;
    }
    let gap = (start..=end)
        .rev()
        .find(|at| characters[*at].is_whitespace());
    gap.filter(|gap| *gap > start).unwrap_or(end)
}

fn joined(characters: &[char]) -> String {
    characters.iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::look::Look;
    use crate::cli::page::Page;

    fn shown(passage: &str, highlights: &[(usize, usize)], most: usize) -> String {
        let look = Look {
            colours: true,
            ..Look::PLAIN
        };
        let mut page = Page::new(look);
        let text = excerpt(Text::new(), passage, highlights, most);
        page.put(&Text::new(), &text);
        let text = page.into_text().trim_end().to_owned();
        text.replace("\u{1b}[33m\u{1b}[1m", "<")
            .replace("\u{1b}[0m", ">")
    }

    #[test]
    fn matches_are_told_apart_by_the_characters_of_the_passage_as_it_is() {
        let passage = "größe\n\u{1b}[2J  E17\u{202e}x and E17";
        assert_eq!(
            shown(passage, &[(12, 15), (22, 25)], 80),
            "größe [2J <E17>x and <E17>"
        );
        assert_eq!(shown("all of it", &[(0, 9)], 80), "<all of it>");
        assert_eq!(shown("short", &[(3, 99), (120, 140)], 80), "sho<rt>");
    }

    #[test]
    fn what_is_shown_has_the_first_match() {
        let passage = format!("{}needle {}", "hay ".repeat(100), "more ".repeat(100));
        let text = shown(&passage, &[(400, 406)], 80);
        assert!(
            text.starts_with("… hay") && text.contains("<needle>"),
            "{text}"
        );
        assert!(
            text.ends_with("more …") && text.chars().count() < 90,
            "{text}"
        );
        let text = shown(&passage, &[], 80);
        assert!(
            text.starts_with("hay hay") && text.ends_with("hay …"),
            "{text}"
        );
        assert_eq!(
            shown(&"x".repeat(100), &[], 10),
            format!("{} …", "x".repeat(10))
        );
    }
}
