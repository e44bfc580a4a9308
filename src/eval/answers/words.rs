//! Words as the measures compare them.

use std::collections::HashMap;

/// How much of a reference an answer has: the harmonic mean of precision and recall of their words, as
/// the SQuAD script counts them (lower case, without punctuation and English articles). From 0 to 1.
pub fn token_f1(answer: &str, reference: &str) -> f64 {
    let (answer, reference) = (squad(answer), squad(reference));
    if answer.is_empty() || reference.is_empty() {
        return f64::from(u8::from(answer == reference));
    }
    let mut left: HashMap<&str, usize> = HashMap::new();
    for word in &reference {
        *left.entry(word).or_default() += 1;
    }
    let shared = answer.iter().filter(|word| {
        let count = left.get_mut(word.as_str()).filter(|count| **count > 0);
        count.map(|count| *count -= 1).is_some()
    });
    let shared = shared.count() as f64;
    if shared == 0.0 {
        return 0.0;
    }
    let precision = shared / answer.len() as f64;
    let recall = shared / reference.len() as f64;
    2.0 * precision * recall / (precision + recall)
}

/// The script takes punctuation away before it splits at blanks: "don't" is one word.
fn squad(text: &str) -> Vec<String> {
    let plain: String = text
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || c.is_whitespace())
        .collect();
    let words = plain.split_whitespace();
    words
        .filter(|word| !["a", "an", "the"].contains(word))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f1_is_that_of_the_squad_script() {
        assert_eq!(token_f1("The cat, sat.", "a cat sat"), 1.0);
        assert_eq!(token_f1("dog", "cat"), 0.0);
        // Two of three words, two of four.
        let f1 = token_f1("red red fish", "red fish swims home");
        let expected = 2.0 * (2.0 / 3.0) * 0.5 / (2.0 / 3.0 + 0.5);
        assert!((f1 - expected).abs() < 1e-12, "{f1}");
        assert_eq!((token_f1("", "a"), token_f1("", "cat")), (1.0, 0.0));
    }
}
