//! Words of records as plain text: nothing in them steers a terminal, turns the direction of a page
//! around, or begins a line of its own.

/// Whether a character tells a terminal or a page what to do, instead of being read.
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A text of several lines without characters that steer. Line breaks and tabs stay.
pub fn printable(text: &str) -> String {
    let is_read = |c: &char| matches!(c, '\n' | '\t') || !steers(*c);
    text.chars().filter(is_read).collect()
}

/// A text on one line: each run of whitespace is one space.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let length = line.len();
        if length > 0 {
            line.push(' ');
        }
        line.extend(word.chars().filter(|c| !steers(*c)));
        if line.len() == length + 1 && length > 0 {
            line.pop(); // Nothing of the word is left.
        }
    }
    line
}

/// At most `most` characters of a text on one line, whole words where it can be.
pub fn shortened(text: &str, most: usize) -> String {
    cut(&one_line(text), most)
}

/// At most `most` characters, whole words where it can be, and a sign that there was more.
pub fn cut(text: &str, most: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(most) else {
        return text.to_owned();
    };
    let words = text[..end].rsplit_once(' ');
    let kept = words.map_or(&text[..end], |(words, _)| words);
    format!("{kept} …")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_cannot_steer_the_terminal() {
        let hostile = "a\u{1b}]8;;http://evil\u{7}b\u{1b}[2Jc\u{9b}31md\u{202e}e\u{2066}\r\n\tf";
        assert_eq!(printable(hostile), "a]8;;http://evilb[2Jc31mde\n\tf");
        assert_eq!(one_line(hostile), "a]8;;http://evilb[2Jc31mde f");
        assert_eq!(one_line("a \u{1b} b\u{2028}c\rd \u{7}"), "a b c d");
        assert_eq!(one_line("\u{1b}\n \u{7}x"), "x");
    }

    #[test]
    fn what_is_cut_ends_with_a_word() {
        assert_eq!(shortened("one\ntwo three", 20), "one two three");
        assert_eq!(shortened("one\ntwo three", 9), "one two …");
        assert_eq!(shortened("oneandonly", 3), "one …");
    }
}
