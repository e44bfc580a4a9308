//! Rows of cells as lines, and CSV.

use csv::ReaderBuilder;

use crate::Error;
use crate::pages::Pages;

/// What stands between two cells of a row.
pub(super) const BETWEEN_CELLS: &str = " | ";
/// A wider gap in a row says no more than this.
const WIDEST_GAP: u32 = 3;
/// How many rows tell the delimiter.
const SNIFFED_ROWS: usize = 20;

/// Writes the cells of a page as lines, in the order in which they come.
///
/// Empty cells between others are kept, up to a few, so that columns can be counted; at the end of
/// a row, left of everything so far, and as whole rows they are dropped.
pub(super) struct Rows<'a> {
    pages: &'a mut Pages,
    line: String,
    row: u32,
    /// The column after the last cell of this row.
    next_column: Option<u32>,
    first_column: u32,
}

impl<'a> Rows<'a> {
    pub fn new(pages: &'a mut Pages) -> Self {
        Self {
            pages,
            line: String::new(),
            row: 0,
            next_column: None,
            first_column: u32::MAX,
        }
    }

    /// Adds a cell; an empty one is as if it were not there.
    pub fn cell(&mut self, row: u32, column: u32, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        if row != self.row {
            self.end_row();
            self.row = row;
        }
        self.first_column = self.first_column.min(column);
        let from = self.next_column.unwrap_or(self.first_column);
        let gap = column.saturating_sub(from).min(WIDEST_GAP);
        let separators = gap + u32::from(self.next_column.is_some());
        for _ in 0..separators {
            self.line.push_str(BETWEEN_CELLS);
        }
        push_words(&mut self.line, text);
        self.next_column = Some(column.saturating_add(1));
    }

    pub fn is_full(&self) -> bool {
        self.pages.is_full()
    }

    /// Ends the last row.
    pub fn finish(mut self) {
        self.end_row();
    }

    fn end_row(&mut self) {
        if !self.line.is_empty() {
            self.line.push('\n');
            self.pages.write(&self.line);
            self.line.clear();
        }
        self.next_column = None;
    }
}

/// A cell is a part of a line, whatever line breaks it has.
pub(super) fn push_words(line: &mut String, text: &str) {
    for (index, word) in text.split_whitespace().enumerate() {
        if index > 0 {
            line.push(' ');
        }
        line.push_str(word);
    }
}

/// Reads CSV as one page.
pub(super) fn read_csv(text: &str, pages: &mut Pages) -> Result<(), Error> {
    let (delimiter, text) = declared_delimiter(text).unwrap_or_else(|| (delimiter(text), text));
    pages.begin(1, None);
    let mut rows = Rows::new(pages);
    let mut reader = reader(delimiter, text);
    let mut record = csv::StringRecord::new();
    let mut row = 0;
    while !rows.is_full() && reader.read_record(&mut record).map_err(Error::damaged)? {
        for (column, cell) in record.iter().enumerate() {
            rows.cell(row, u32::try_from(column).unwrap_or(u32::MAX), cell);
        }
        row += 1;
    }
    rows.finish();
    Ok(())
}

fn reader(delimiter: u8, text: &str) -> csv::Reader<&[u8]> {
    ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

/// A first line `sep=;`, which Excel writes and understands.
fn declared_delimiter(text: &str) -> Option<(u8, &str)> {
    let (line, rest) = text.split_once('\n')?;
    match line.trim_end().strip_prefix("sep=")?.as_bytes() {
        [delimiter] if delimiter.is_ascii() => Some((*delimiter, rest)),
        _ => None,
    }
}

/// The one with which most of the first rows have the same number of cells, more than one; of
/// several, the one with more cells.
fn delimiter(text: &str) -> u8 {
    let mut best = (0, b',');
    for delimiter in [b',', b';', b'\t'] {
        let widths: Vec<usize> = reader(delimiter, text)
            .into_records()
            .take(SNIFFED_ROWS)
            .map_while(Result::ok)
            .map(|record| record.len())
            .collect();
        let score = widths
            .iter()
            .filter(|&&width| width > 1)
            .map(|width| widths.iter().filter(|other| *other == width).count() * width)
            .max()
            .unwrap_or(0);
        if score > best.0 {
            best = (score, delimiter);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Text;

    fn csv(text: &str) -> String {
        let mut pages = Pages::new(10_000);
        read_csv(text, &mut pages).expect("readable");
        match pages.finish().text {
            Text::Pages(mut pages) => pages.pop().map(|page| page.text).unwrap_or_default(),
            Text::Html(html) => html,
        }
    }

    #[test]
    fn delimiters() {
        assert_eq!(csv("a,b\n1,2\n"), "a | b\n1 | 2");
        assert_eq!(
            csv("Preis;Menge\n1,50;2\n2,75;3\n"),
            "Preis | Menge\n1,50 | 2\n2,75 | 3"
        );
        assert_eq!(csv("a\tb\r\nx, y\tz\r\n"), "a | b\nx, y | z");
        assert_eq!(csv("sep=;\r\na;b,c\n"), "a | b,c");
        assert_eq!(csv("only\none column\n"), "only\none column");
    }

    #[test]
    fn cells() {
        assert_eq!(
            csv("a,\"two\nlines, one cell\",c\n"),
            "a | two lines, one cell | c"
        );
        assert_eq!(csv("a,b,c\n,,\n1,,3\n,2,\n"), "a | b | c\n1 |  | 3\n | 2");
        assert_eq!(csv("a,\"never closed\n1,2\n"), "a | never closed 1,2");
    }
}
