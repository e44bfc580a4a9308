//! Whether a claim says what its sources say, by a rule that is simple enough to be trusted: all its
//! numbers and names, and half of its other words, are theirs.

use std::collections::BTreeSet;

/// Letters from which a word says something.
const LONG: usize = 4;
/// Letters that two forms of one word have in common at their start.
const STEM: usize = 5;

/// What a claim says that its sources do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsupported {
    /// A number, or a word with a digit in it.
    Number(String),
    /// A word in upper case that does not begin a sentence.
    Name(String),
    /// Fewer than half of its words are theirs.
    Words { theirs: usize, of: usize },
    /// It has no source.
    Nothing,
}

impl std::fmt::Display for Unsupported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "the number {number} is in none of its sources"),
            Self::Name(name) => write!(f, "the name {name} is in none of its sources"),
            Self::Words { theirs, of } => {
                write!(f, "{theirs} of its {of} words are in its sources")
            }
            Self::Nothing => f.write_str("it has no source"),
        }
    }
}

/// Holds `claim` against the texts that it cites.
pub fn check(claim: &str, sources: &[String]) -> Result<(), Unsupported> {
    if sources.is_empty() {
        return Err(Unsupported::Nothing);
    }
    let known: BTreeSet<String> = sources.iter().flat_map(|text| words(text)).collect();
    let stems: BTreeSet<String> = known.iter().map(|word| stem(word)).collect();
    let (mut theirs, mut of) = (0, 0);
    let mut starts_sentence = true;
    for shown in claim.split_whitespace() {
        for word in words(shown) {
            let has_digit = word.chars().any(char::is_numeric);
            if has_digit && !known.contains(&word) {
                return Err(Unsupported::Number(shown.to_owned()));
            }
            let is_known = stems.contains(&stem(&word));
            if is_name(shown) && !starts_sentence && !is_known {
                return Err(Unsupported::Name(shown.to_owned()));
            }
            if word.chars().count() >= LONG {
                of += 1;
                theirs += usize::from(is_known);
            }
        }
        starts_sentence = shown.ends_with(['.', '!', '?', ':']);
    }
    match 2 * theirs >= of {
        true => Ok(()),
        false => Err(Unsupported::Words { theirs, of }),
    }
}

fn is_name(shown: &str) -> bool {
    let mut letters = shown.chars().skip_while(|c| !c.is_alphanumeric());
    letters.next().is_some_and(char::is_uppercase) && letters.next().is_some()
}

/// In lower case; digits with what joins them are one word, without thousands separators.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for piece in text.split_whitespace() {
        if piece.chars().any(char::is_numeric) {
            let kept = piece.trim_matches(|c: char| !c.is_alphanumeric());
            let plain = kept.replace([',', '\'', '’'], "").to_lowercase();
            words.push(plain.trim_end_matches(".00").to_owned());
        }
        // The parts as well: "Q3/2026" is told by "2026".
        let parts = piece.split(|c: char| !c.is_alphanumeric());
        words.extend(
            parts
                .filter(|part| !part.is_empty() && !part.chars().any(char::is_numeric))
                .map(str::to_lowercase),
        );
    }
    words
}

fn stem(word: &str) -> String {
    word.chars().take(STEM).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn against(claim: &str) -> Result<(), Unsupported> {
        let source = "Maria Lopez confirmed on 3 May 2026 that the fee is $1,250.00 (ERR-1042).";
        check(claim, &[source.to_owned()])
    }

    #[test]
    fn numbers_names_and_half_of_the_words_are_the_sources() {
        assert_eq!(against("The fee is 1250 dollars."), Ok(()));
        assert_eq!(against("The fees were confirmed by Maria Lopez."), Ok(()));
        assert_eq!(
            against("The fee is $1,350.00."),
            Err(Unsupported::Number("$1,350.00.".into()))
        );
        assert_eq!(
            against("The fee was confirmed by John."),
            Err(Unsupported::Name("John.".into()))
        );
        assert_eq!(
            against("The fee pleases nobody whatsoever."),
            Err(Unsupported::Words { theirs: 0, of: 3 })
        );
        assert_eq!(check("Yes.", &[]), Err(Unsupported::Nothing));
    }

    #[test]
    fn a_code_is_one_number() {
        assert_eq!(against("It is ERR-1042."), Ok(()));
        assert!(against("It is ERR-1043.").is_err());
    }
}
