//! The body of a Word document while it is read: paragraphs and tables that are still open.

use super::Notes;
use crate::pages::Pages;
use crate::read::markup::Tag;
use crate::read::rows::{BETWEEN_CELLS, push_words};

/// What is being read, and where the finished text goes.
pub(super) struct Body<'a> {
    pages: &'a mut Pages,
    footnotes: &'a Notes,
    endnotes: &'a Notes,
    /// More than one while a text box is open.
    paragraphs: Vec<Paragraph>,
    /// More than one while a table stands in a cell.
    tables: Vec<Row>,
    in_text: bool,
    last: Option<Block>,
    /// Notes that the open block refers to, numbered; they follow it.
    pending: Vec<(usize, &'a str)>,
    note_count: usize,
}

#[derive(Default)]
struct Paragraph {
    text: String,
    is_item: bool,
}

/// The row of a table that is open.
#[derive(Default)]
struct Row {
    cells: Vec<String>,
}

/// What may follow on the next line without a blank line between.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Paragraph,
    Item,
    Row,
    Note,
}

impl<'a> Body<'a> {
    pub fn new(pages: &'a mut Pages, footnotes: &'a Notes, endnotes: &'a Notes) -> Self {
        Self {
            pages,
            footnotes,
            endnotes,
            paragraphs: Vec::new(),
            tables: Vec::new(),
            in_text: false,
            last: None,
            pending: Vec::new(),
            note_count: 0,
        }
    }

    pub fn is_full(&self) -> bool {
        self.pages.is_full()
    }

    pub fn open(&mut self, name: &str, tag: &Tag) {
        match name {
            "p" => self.paragraphs.push(Paragraph::default()),
            "tbl" => self.tables.push(Row::default()),
            "tc" => {
                if let Some(row) = self.tables.last_mut() {
                    row.cells.push(String::new());
                }
            }
            "t" => self.in_text = true,
            "tab" => self.push("\t"),
            "br" | "cr" => self.push("\n"),
            "noBreakHyphen" => self.push("-"),
            "footnoteReference" => self.note(self.footnotes, tag),
            "endnoteReference" => self.note(self.endnotes, tag),
            _ => {}
        }
    }

    pub fn close(&mut self, name: &str) {
        match name {
            "p" => self.end_paragraph(),
            "tr" => self.end_row(),
            "tbl" => {
                self.end_row();
                self.tables.pop();
                self.write_notes();
            }
            "t" => self.in_text = false,
            _ => {}
        }
    }

    pub fn text(&mut self, text: &str) {
        if self.in_text {
            self.push(text);
        }
    }

    /// Whether the open paragraph is an item of a list.
    pub fn list_item(&mut self, is_item: bool) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.is_item = is_item;
        }
    }

    /// Ends whatever is open: a document that stops in the middle keeps what it has.
    pub fn finish(mut self) {
        while !self.paragraphs.is_empty() {
            self.end_paragraph();
        }
        while !self.tables.is_empty() {
            self.close("tbl");
        }
    }

    fn push(&mut self, text: &str) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.text.push_str(text);
        }
    }

    fn note(&mut self, notes: &'a Notes, tag: &Tag) {
        let Some(text) = tag.attribute("w:id").and_then(|id| notes.get(&id)) else {
            return;
        };
        self.note_count += 1;
        self.pending.push((self.note_count, text));
        self.push(&format!("[{}]", self.note_count));
    }

    fn end_paragraph(&mut self) {
        let Some(paragraph) = self.paragraphs.pop() else {
            return;
        };
        if self.put_in_cell(&paragraph.text) {
            return;
        }
        if !paragraph.text.trim().is_empty() {
            if paragraph.is_item {
                self.write(Block::Item, &format!("- {}", paragraph.text.trim()));
            } else {
                self.write(Block::Paragraph, &paragraph.text);
            }
        }
        self.write_notes();
    }

    fn end_row(&mut self) {
        let Some(row) = self.tables.last_mut().map(std::mem::take) else {
            return;
        };
        let mut line = row.cells.join(BETWEEN_CELLS);
        line.truncate(line.trim_end_matches([' ', '|']).len());
        // The table around this one, if there is one, has the cell that it stands in.
        if let Some(inner) = self.tables.pop() {
            let is_inside = self.put_in_cell(&line);
            self.tables.push(inner);
            if is_inside {
                return;
            }
        }
        if !line.is_empty() {
            self.write(Block::Row, &line);
        }
    }

    /// Whether there is a table open that took the text.
    fn put_in_cell(&mut self, text: &str) -> bool {
        let Some(row) = self.tables.last_mut() else {
            return false;
        };
        if let Some(cell) = row.cells.last_mut() {
            if !cell.is_empty() && !text.trim().is_empty() {
                cell.push(' ');
            }
            push_words(cell, text);
        }
        true
    }

    fn write_notes(&mut self) {
        if self.tables.is_empty() && self.paragraphs.is_empty() {
            for (number, text) in std::mem::take(&mut self.pending) {
                let mut line = format!("[{number}] ");
                push_words(&mut line, text);
                self.write(Block::Note, &line);
            }
        }
    }

    fn write(&mut self, block: Block, text: &str) {
        let between = match (self.last, block) {
            (None, _) => "",
            (Some(Block::Item), Block::Item)
            | (Some(Block::Row), Block::Row)
            | (Some(_), Block::Note) => "\n",
            (Some(_), _) => "\n\n",
        };
        self.pages.write(between);
        self.pages.write(text);
        self.last = Some(block);
    }
}
