//! From clean text to passages of a size that can be found and quoted.

use text_splitter::{Characters, TextSplitter};

/// Cuts texts at paragraphs, sentences and words, in this order of preference.
pub struct Splitter {
    splitter: TextSplitter<Characters>,
    longest: usize,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Where it starts, in Unicode scalar values.
    pub start: usize,
    /// Where it ends, exclusive.
    pub end: usize,
    /// Exactly the characters of `start..end`.
    pub text: String,
}

impl Splitter {
    /// Pieces have at most `longest` characters (at least one).
    pub fn new(longest: usize) -> Self {
        let longest = longest.max(1);
        Self {
            splitter: TextSplitter::new(longest),
            longest,
        }
    }

    /// The pieces in their order. Blanks between two pieces belong to neither; nothing else is
    /// left out.
    pub fn split(&self, text: &str) -> Vec<Span> {
        let length = text.chars().count();
        if length == 0 {
            return Vec::new();
        }
        if length <= self.longest {
            return vec![Span {
                start: 0,
                end: length,
                text: text.to_owned(),
            }];
        }
        self.splitter
            .chunk_char_indices(text)
            .map(|piece| Span {
                start: piece.char_offset,
                end: piece.char_offset + piece.chunk.chars().count(),
                text: piece.chunk.to_owned(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn characters(text: &str, start: usize, end: usize) -> String {
        text.chars().skip(start).take(end - start).collect()
    }

    #[test]
    fn paragraphs_stay_whole() {
        let text = format!(
            "{}\n\n{}",
            "First one. ".repeat(5).trim(),
            "Second. ".repeat(6).trim()
        );
        let spans = Splitter::new(60).split(&text);
        assert_eq!(spans.len(), 2);
        assert!(spans[1].text.starts_with("Second."));
    }

    proptest! {
        #[test]
        fn pieces_are_the_text(source in "([a-zé日👩\u{200d}👧 .\\n]{0,40}){0,8}", longest in 1_usize..60) {
            let text = crate::clean::plain(&source);
            let spans = Splitter::new(longest).split(&text);
            let mut read_to = 0;
            for span in &spans {
                prop_assert!(span.start >= read_to && span.end > span.start);
                prop_assert!(span.end - span.start <= longest);
                prop_assert_eq!(characters(&text, span.start, span.end), span.text.clone());
                prop_assert!(characters(&text, read_to, span.start).trim().is_empty());
                read_to = span.end;
            }
            prop_assert!(characters(&text, read_to, text.chars().count()).trim().is_empty());
        }
    }
}
