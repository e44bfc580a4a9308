//! Embeddings: a bag of hashed words. Texts that share words are near each other.

use std::collections::HashMap;

use super::words::{content_words, stem};

/// How many coordinates a word moves; several make chance collisions harmless.
const PLACES: u64 = 4;

/// A unit vector. Text without a content word gets one that is its own.
pub(in crate::openai) fn of(text: &str, dimensions: usize) -> Vec<f32> {
    let mut counts: HashMap<String, f32> = HashMap::new();
    for word in content_words(text) {
        *counts.entry(stem(&word).to_owned()).or_default() += 1.0;
    }
    if counts.is_empty() {
        counts.insert(text.to_owned(), 1.0);
    }
    let mut words: Vec<(String, f32)> = counts.into_iter().collect();
    // Sums of floats depend on their order, and a map has none.
    words.sort_by(|a, b| a.0.cmp(&b.0));
    let mut vector = vec![0.0; dimensions];
    for (word, count) in &words {
        add(&mut vector, word, count.sqrt());
    }
    normalise(&mut vector);
    vector
}

fn add(vector: &mut [f32], word: &str, weight: f32) {
    let mut hash = fnv(word.as_bytes());
    for _ in 0..PLACES {
        hash = mix(hash);
        let place = usize::try_from(hash % vector.len() as u64).unwrap_or_default();
        let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
        vector[place] += sign * weight;
    }
}

fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    } else if let Some(first) = vector.first_mut() {
        *first = 1.0;
    }
}

/// FNV-1a, because vectors must not change with the version of the standard library's hasher.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The finaliser of SplitMix64.
fn mix(mut hash: u64) -> u64 {
    hash = hash.wrapping_add(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::of;

    fn similarity(a: &str, b: &str) -> f32 {
        of(a, 256).iter().zip(of(b, 256)).map(|(x, y)| x * y).sum()
    }

    #[test]
    fn shared_words_bring_texts_near() {
        let near = similarity("How do I export invoices?", "Exporting an invoice as PDF");
        let far = similarity("How do I export invoices?", "The printer is out of paper");
        assert!(near > 0.4 && far < 0.2, "near {near}, far {far}");
    }

    #[test]
    fn vectors_are_of_unit_length_whatever_the_text() {
        for text in ["invoice invoice export", "the of and", "…", "日本語", ""] {
            let length = of(text, 64).iter().map(|value| value * value).sum::<f32>();
            assert!((length - 1.0).abs() < 1e-4, "{text:?}: {length}");
        }
    }
}
