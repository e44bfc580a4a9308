//! Words of records, cut to what a card has room for.

/// In one line, at most `most` characters.
pub fn line(text: &str, most: usize) -> String {
    let words = text.split_whitespace().map(shown);
    cut(&words.collect::<Vec<_>>().join(" "), most)
}

/// With its line breaks, at most `most` characters.
pub fn lines(text: &str, most: usize) -> String {
    let lines = text.lines().map(|line| shown(line.trim_end()));
    cut(lines.collect::<Vec<_>>().join("\n").trim(), most)
}

/// Without what nobody sees and what turns the direction of text around.
fn shown(text: &str) -> String {
    let hides =
        |c: char| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| !hides(*c)).collect()
}

fn cut(text: &str, most: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(most) else {
        return text.to_owned();
    };
    let whole_words = text[..end].rsplit_once(' ');
    let kept = whole_words.map_or(&text[..end], |(words, _)| words);
    format!("{kept} …")
}
