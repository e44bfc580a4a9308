//! Finding in a text what a model says that it quotes. What is shown is always cut from the text.

use super::sentence::{Span, cut, sentences};

/// A quote of fewer letters could be anywhere.
const FEWEST_LETTERS: usize = 3;
/// The share of the quote's words, in their order, that a place must have to be what was meant.
const NEAR: f32 = 0.8;
/// With fewer words nearness says nothing.
const FEWEST_WORDS: usize = 4;

/// How a quote was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    pub span: Span,
    /// The words differ from what the model wrote, beyond blanks, case and punctuation.
    pub mended: bool,
}

/// Where `quote` stands in `text`, character for character or with blanks, case and punctuation set
/// aside.
pub fn find(text: &str, quote: &str) -> Option<Quote> {
    let quote = quote.trim();
    let letters = quote.chars().filter(|c| c.is_alphanumeric()).count();
    if letters < FEWEST_LETTERS.min(quote.chars().count()) || letters == 0 {
        return None;
    }
    let span = match text.find(quote) {
        Some(at) => {
            let start = text[..at].chars().count();
            Some(Span {
                start,
                end: start + quote.chars().count(),
            })
        }
        None => find_folded(text, quote),
    };
    span.map(|span| Quote {
        span,
        mended: false,
    })
}

/// The place that a quote was copied from with a mistake: nearly all of its words in their order.
pub fn find_near(text: &str, quote: &str) -> Option<Quote> {
    let wanted = words(quote);
    let have = words(text);
    if wanted.len() < FEWEST_WORDS {
        return None;
    }
    let mut best: Option<(usize, Span)> = None;
    for start in 0..have.len() {
        let (matched, end) = follow(&wanted, &have[start..]);
        if best.is_none_or(|(most, _)| matched > most) && matched > 0 {
            let span = Span {
                start: have[start].1.start,
                end: have[start + end].1.end,
            };
            best = Some((matched, span));
        }
    }
    let (matched, span) = best?;
    let is_near = matched as f32 >= NEAR * wanted.len() as f32;
    is_near.then_some(Quote { span, mended: true })
}

/// The sentence of the text that shares most words with a claim, if it shares at least half of the
/// claim's.
pub fn find_meant(text: &str, claim: &str) -> Option<Quote> {
    let wanted: Vec<String> = telling(claim);
    if wanted.is_empty() {
        return None;
    }
    let share = |span: &Span| {
        let sentence = telling(&cut(text, *span));
        wanted.iter().filter(|word| sentence.contains(word)).count()
    };
    let best = sentences(text).into_iter().max_by_key(share)?;
    let is_enough = 2 * share(&best) >= wanted.len();
    is_enough.then_some(Quote {
        span: best,
        mended: true,
    })
}

/// How many of the words follow one another, skipping at most two of the text's at a time, and the
/// index of the last.
fn follow(wanted: &[(String, Span)], have: &[(String, Span)]) -> (usize, usize) {
    const SKIPPED: usize = 2;
    let (mut matched, mut at, mut last) = (0, 0, 0);
    for (word, _) in wanted {
        let ahead = have.iter().skip(at).take(SKIPPED + 1);
        let step = ahead
            .map(|(known, _)| known)
            .position(|known| known == word);
        if let Some(step) = step.filter(|step| matched > 0 || *step == 0) {
            matched += 1;
            last = at + step;
            at = last + 1;
        } else if matched == 0 {
            return (0, 0);
        } else {
            // The word that is wrong stands in the place of another one.
            at += 1;
        }
        if at >= have.len() {
            break;
        }
    }
    (matched, last)
}

fn find_folded(text: &str, quote: &str) -> Option<Span> {
    let text = folded(text);
    let quote: Vec<String> = folded(quote).into_iter().map(|(c, _)| c).collect();
    if quote.is_empty() || quote.len() > text.len() {
        return None;
    }
    let is_it = |part: &[(String, usize)]| part.iter().map(|(c, _)| c).eq(&quote);
    let at = text.windows(quote.len()).position(is_it)?;
    Some(Span {
        start: text[at].1,
        end: text[at + quote.len() - 1].1 + 1,
    })
}

/// Lower-case letters and digits with their character index.
fn folded(text: &str) -> Vec<(String, usize)> {
    let letters = text
        .chars()
        .enumerate()
        .filter(|(_, c)| c.is_alphanumeric());
    letters
        .map(|(at, c)| (c.to_lowercase().collect(), at))
        .collect()
}

/// Lower-case words with their places in characters.
fn words(text: &str) -> Vec<(String, Span)> {
    let mut words: Vec<(String, Span)> = Vec::new();
    for (at, c) in text.chars().enumerate() {
        if !c.is_alphanumeric() {
            continue;
        }
        match words.last_mut() {
            Some((word, span)) if span.end == at => {
                word.extend(c.to_lowercase());
                span.end = at + 1;
            }
            Some(_) | None => {
                words.push((
                    c.to_lowercase().collect(),
                    Span {
                        start: at,
                        end: at + 1,
                    },
                ));
            }
        }
    }
    words
}

/// The words of some length: the short ones are in every sentence.
fn telling(text: &str) -> Vec<String> {
    let words = words(text).into_iter().map(|(word, _)| word);
    words
        .filter(|word| word.chars().count() > 3 || word.chars().any(|c| c.is_numeric()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "Größe: hold  the\nRESET button for ten seconds, then wait. Call us at night.";

    fn quoted(found: Option<Quote>) -> String {
        cut(TEXT, found.expect("it is found").span)
    }

    #[test]
    fn quotes_are_found_letter_by_letter_or_folded() {
        assert_eq!(quoted(find(TEXT, "hold  the")), "hold  the");
        assert_eq!(
            quoted(find(TEXT, "hold the reset button")),
            "hold  the\nRESET button"
        );
        assert_eq!(find(TEXT, "press the button"), None);
        assert_eq!(find(TEXT, "  "), None);
        assert_eq!(find(TEXT, "…"), None);
    }

    #[test]
    fn a_quote_with_a_wrong_letter_becomes_what_stands_there() {
        let near = find_near(TEXT, "hold the RESET buttom for ten seconds").expect("it is near");
        assert!(near.mended);
        assert_eq!(
            cut(TEXT, near.span),
            "hold  the\nRESET button for ten seconds"
        );
        assert_eq!(find_near(TEXT, "please pull the plug and go home"), None);
        assert_eq!(find_near("", "please pull the plug and go home"), None);
    }

    #[test]
    fn a_claim_without_a_quote_gets_the_sentence_that_says_it() {
        let meant = find_meant(TEXT, "You have to hold the reset button for ten seconds.");
        assert_eq!(quoted(meant), "RESET button for ten seconds, then wait.");
        assert_eq!(
            find_meant(TEXT, "The customer is very satisfied with everything."),
            None
        );
    }
}
