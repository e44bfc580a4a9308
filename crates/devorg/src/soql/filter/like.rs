//! `LIKE`: `%` stands for any text, `_` for one character, case does not count.

use crate::soql::ast::Text;

#[derive(Clone, Debug)]
pub struct Pattern(Vec<Piece>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    AnyText,
    AnyCharacter,
    Character(char),
}

impl Pattern {
    pub fn new(text: &Text) -> Self {
        let mut pieces = Vec::new();
        for (position, character) in text.text.chars().enumerate() {
            let escaped = text.escaped_wildcards.contains(&position);
            match character {
                '%' if !escaped => {
                    if pieces.last() != Some(&Piece::AnyText) {
                        pieces.push(Piece::AnyText);
                    }
                }
                '_' if !escaped => pieces.push(Piece::AnyCharacter),
                _ => pieces.extend(character.to_lowercase().map(Piece::Character)),
            }
        }
        Self(pieces)
    }

    /// Walks once, going back only to the last `%`: linear for what people write.
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
        let (mut at, mut piece) = (0, 0);
        let mut retry = None;
        while at < text.len() {
            match self.0.get(piece) {
                Some(Piece::AnyText) => {
                    retry = Some((piece, at));
                    piece += 1;
                    continue;
                }
                Some(Piece::AnyCharacter) => {
                    (at, piece) = (at + 1, piece + 1);
                    continue;
                }
                Some(Piece::Character(character)) if *character == text[at] => {
                    (at, piece) = (at + 1, piece + 1);
                    continue;
                }
                Some(Piece::Character(_)) | None => {}
            }
            let Some((any_text, from)) = retry else {
                return false;
            };
            retry = Some((any_text, from + 1));
            (at, piece) = (from + 1, any_text + 1);
        }
        self.0[piece..].iter().all(|piece| *piece == Piece::AnyText)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_in_sql() {
        for (pattern, text, expected) in [
            ("acme%", "ACME Corp", true),
            ("%corp", "Acme Corp", true),
            ("%c_m%", "Acme", false),
            ("_c_e", "Acme", true),
            ("%", "", true),
            ("", "a", false),
            ("%ü%", "MÜLLER", true),
            ("a%b%c", "aXXbYYc", true),
            ("a%b%c", "aXXcYYb", false),
        ] {
            let text_literal = Text {
                text: pattern.to_owned(),
                escaped_wildcards: Vec::new(),
            };
            assert_eq!(
                Pattern::new(&text_literal).matches(text),
                expected,
                "{pattern} on {text}"
            );
        }
        let escaped = Text {
            text: "100%".to_owned(),
            escaped_wildcards: vec![3],
        };
        assert!(Pattern::new(&escaped).matches("100%"));
        assert!(!Pattern::new(&escaped).matches("1000"));
    }
}
