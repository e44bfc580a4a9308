//! Text laid out for where it goes: wrapped to the terminal, with ink and links where it has them, one
//! paragraph a line where it has not.
//!
//! Words of records come in as one line without characters that steer ([`crate::plain`]), and are wrapped
//! before they get ink, so no record can begin a line of its own or change how the next one looks.

use std::fmt::Write;
use std::iter;
use std::ops::Range;

use console::{Style, measure_text_width};
use domain::Citation;
use textwrap::{Options, WordSplitter};

use super::look::Look;
use crate::plain::one_line;

/// What words look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    Plain,
    Strong,
    Faint,
    /// A word that was looked for.
    Match,
    /// The number of a citation.
    Mark,
    Warning,
    Alarm,
}

impl Ink {
    fn style(self, look: Look) -> Style {
        let style = look.style();
        match self {
            Self::Plain => style,
            Self::Strong => style.bold(),
            Self::Faint => style.dim(),
            Self::Match => style.yellow().bold(),
            Self::Mark => style.cyan(),
            Self::Warning => style.yellow(),
            Self::Alarm => style.red().bold(),
        }
    }
}

/// A paragraph: words in different ink, without a line break.
#[derive(Debug, Clone, Default)]
pub struct Text {
    runs: Vec<Run>,
}

#[derive(Debug, Clone)]
struct Run {
    words: String,
    ink: Ink,
    url: Option<String>,
}

impl Text {
    pub fn new() -> Self {
        Self::default()
    }

    /// A paragraph that begins so many columns from the left.
    pub fn indented(columns: usize) -> Self {
        Self::new().verbatim(" ".repeat(columns))
    }

    /// Adds words.
    pub fn say(self, words: &str) -> Self {
        self.ink(Ink::Plain, words)
    }

    /// Adds words that look different.
    pub fn ink(self, ink: Ink, words: &str) -> Self {
        let words = flat(words);
        self.run(words, ink, None)
    }

    /// Adds words that lead to an address.
    pub fn link(self, ink: Ink, words: &str, url: &str) -> Self {
        let words = flat(words);
        self.run(words, ink, is_address(url).then(|| url.to_owned()))
    }

    /// Adds words and fills up to so many columns.
    pub fn column(self, ink: Ink, words: &str, columns: usize) -> Self {
        let words = flat(words);
        let gap = columns.saturating_sub(measure_text_width(&words));
        self.run(words, ink, None).verbatim(" ".repeat(gap))
    }

    /// The same with the words to the right.
    pub fn right(self, ink: Ink, words: &str, columns: usize) -> Self {
        let words = flat(words);
        let gap = columns.saturating_sub(measure_text_width(&words));
        self.verbatim(" ".repeat(gap)).run(words, ink, None)
    }

    /// Adds the marks of citations, ` [1][2]`, each leading to its record.
    pub fn marks(mut self, numbers: &[usize], citations: &[Citation]) -> Self {
        for (place, number) in numbers.iter().enumerate() {
            if place == 0 {
                self = self.say(" ");
            }
            let mark = domain::marks(&[*number]);
            let cited = number.checked_sub(1).and_then(|at| citations.get(at));
            self = match cited {
                Some(citation) => self.link(Ink::Mark, &mark, &citation.url),
                None => self.ink(Ink::Mark, &mark),
            };
        }
        self
    }

    fn verbatim(self, words: String) -> Self {
        self.run(words, Ink::Plain, None)
    }

    fn run(mut self, words: String, ink: Ink, url: Option<String>) -> Self {
        self.runs.push(Run { words, ink, url });
        self
    }

    fn plain(&self) -> String {
        self.runs.iter().map(|run| run.words.as_str()).collect()
    }

    /// Draws what stands in this range of the plain text.
    fn draw(&self, out: &mut String, range: &Range<usize>, look: Look) {
        let mut start = 0;
        for run in &self.runs {
            let from = range.start.clamp(start, start + run.words.len()) - start;
            let to = range.end.clamp(start, start + run.words.len()) - start;
            start += run.words.len();
            let Some(words) = run.words.get(from..to).filter(|words| !words.is_empty()) else {
                continue;
            };
            let styled = run.ink.style(look).apply_to(words);
            let _ = match run.url.as_ref().filter(|_| look.links) {
                Some(url) => write!(out, "\u{1b}]8;;{url}\u{1b}\\{styled}\u{1b}]8;;\u{1b}\\"),
                None => write!(out, "{styled}"),
            };
        }
    }
}

/// Paragraphs one below the other.
#[derive(Debug)]
pub struct Page {
    look: Look,
    out: String,
}

impl Page {
    pub fn new(look: Look) -> Self {
        Self {
            look,
            out: String::new(),
        }
    }

    pub fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A heading with a blank line above.
    pub fn heading(&mut self, title: &str) {
        self.blank();
        self.put(&Text::new(), &Text::new().ink(Ink::Strong, title));
    }

    /// A paragraph. `lead` stands before its first line, and below it the other lines begin.
    pub fn put(&mut self, lead: &Text, text: &Text) {
        let below = " ".repeat(measure_text_width(&lead.plain()));
        self.lay(lead, &Text::new().verbatim(below), text);
    }

    /// A quote, with a bar beside each of its lines.
    pub fn quote(&mut self, indent: usize, quote: &str) {
        let bar = Text::indented(indent).ink(Ink::Faint, "│ ");
        self.lay(
            &bar,
            &bar,
            &Text::new().say(&format!("“{}”", one_line(quote))),
        );
    }

    /// An address on a line of its own, where words cannot carry it. It is never wrapped, so that it can
    /// be copied.
    pub fn address(&mut self, indent: usize, url: &str) {
        if !self.look.links {
            let url = self.look.style().dim().apply_to(one_line(url));
            let _ = writeln!(self.out, "{:indent$}{url}", "");
        }
    }

    /// A line that is never wrapped, so that it can be copied.
    pub fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{}", one_line(text));
    }

    pub fn into_text(self) -> String {
        self.out
    }

    fn lay(&mut self, first: &Text, below: &Text, text: &Text) {
        let plain = text.plain();
        let mut lead = first;
        for line in lines(&plain, self.look.measure(), &first.plain()) {
            let begin = self.out.len();
            for part in [(lead, 0..usize::MAX), (text, line)] {
                part.0.draw(&mut self.out, &part.1, self.look);
            }
            let end = self.out.trim_end_matches(' ').len().max(begin);
            self.out.truncate(end);
            self.out.push('\n');
            lead = below;
        }
    }
}

/// The ranges of a text that become its lines, beside a lead of which the columns are taken off.
fn lines(plain: &str, width: Option<usize>, lead: &str) -> Vec<Range<usize>> {
    let wrapped = width.and_then(|width| {
        let width = width.saturating_sub(measure_text_width(lead)).max(1);
        wrapped(plain, width)
    });
    // Without a width it is one line.
    wrapped.unwrap_or_else(|| iter::once(0..plain.len()).collect())
}

/// None where a line is not part of the text as it is.
fn wrapped(plain: &str, width: usize) -> Option<Vec<Range<usize>>> {
    let options = Options::new(width).word_splitter(WordSplitter::NoHyphenation);
    let mut lines = Vec::new();
    let mut at = 0;
    for line in textwrap::wrap(plain, options) {
        let begin = at + plain.get(at..)?.find(line.as_ref())?;
        at = begin + line.len();
        lines.push(begin..at);
    }
    Some(lines)
}

/// On one line; a space on either side stays, as it parts words.
fn flat(words: &str) -> String {
    let side = |is_space: bool| if is_space { " " } else { "" };
    let line = one_line(words);
    let begins = words.starts_with(char::is_whitespace);
    let ends = words.ends_with(char::is_whitespace) && !line.is_empty();
    format!("{}{line}{}", side(begins), side(ends))
}

/// Whether it is an address of the web, whole and without a character that could end the link early.
fn is_address(url: &str) -> bool {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    is_web && url.chars().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests;
