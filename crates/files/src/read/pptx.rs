//! PowerPoint presentations (ECMA-376, part 1: PresentationML).
//!
//! A slide's text is that of its shapes in their order, tables by row, diagrams after them, then
//! the speaker's notes. Dates, footers and slide numbers are not text of the slide.

use super::markup::{Markup, Token};
use super::package::Package;
use super::rows::{BETWEEN_CELLS, push_words};
use crate::pages::Pages;
use crate::{Error, Limits};

pub(super) fn read(bytes: &[u8], limits: &Limits, pages: &mut Pages) -> Result<(), Error> {
    let mut package = Package::open(bytes, limits)?;
    let main = package.main_part("ppt/presentation.xml")?;
    let parts = package.related(&main)?;
    let slides = slide_ids(&package.required(&main)?)?;
    for (number, id) in (1..).zip(slides) {
        if pages.is_full() {
            break;
        }
        let Some(slide) = parts.iter().find(|part| part.id == id) else {
            pages.unread(number);
            continue;
        };
        pages.begin(number, None);
        read_slide(&mut package, &slide.target, pages)?;
    }
    Ok(())
}

/// The relationships to the slides, in the order in which they are shown.
fn slide_ids(presentation: &str) -> Result<Vec<String>, Error> {
    let mut markup = Markup::new(presentation);
    let mut ids = Vec::new();
    loop {
        match markup.next()? {
            Token::Open(tag) if tag.name() == "sldId" => ids.extend(tag.attribute("r:id")),
            Token::End => return Ok(ids),
            Token::Open(_) | Token::Close(_) | Token::Text(_) => {}
        }
    }
}

fn read_slide(package: &mut Package, path: &str, pages: &mut Pages) -> Result<(), Error> {
    pages.write(&shapes(&package.required(path)?)?);
    let related = package.related(path)?;
    for diagram in related.iter().filter(|part| part.kind == "diagramData") {
        if let Some(xml) = package.part(&diagram.target)? {
            pages.write("\n\n");
            pages.write(&shapes(&xml)?);
        }
    }
    for notes in related.iter().filter(|part| part.kind == "notesSlide") {
        let text = match package.part(&notes.target)? {
            Some(xml) => shapes(&xml)?,
            None => continue,
        };
        if !text.trim().is_empty() {
            pages.write("\n\nNotes: ");
            pages.write(text.trim());
        }
    }
    Ok(())
}

/// The text of shapes: a line for a paragraph or a row of a table, a blank line between shapes.
fn shapes(xml: &str) -> Result<String, Error> {
    let mut markup = Markup::new(xml);
    let mut slide = Slide::default();
    loop {
        match markup.next()? {
            Token::Open(tag) => match tag.name().as_str() {
                "pPr" | "rPr" | "endParaRPr" | "Fallback" => markup.skip()?,
                "fld"
                    if tag
                        .attribute("type")
                        .is_some_and(|of| of.starts_with("slidenum")) =>
                {
                    markup.skip()?;
                }
                "ph" => slide.is_margin = tag.attribute("type").is_some_and(|of| is_margin(&of)),
                name => slide.open(name),
            },
            Token::Close(name) => slide.close(&name),
            Token::Text(text) if slide.in_text => slide.line.push_str(&text),
            Token::Text(_) => {}
            Token::End => return Ok(slide.text),
        }
    }
}

/// Placeholders (ST_PlaceholderType) for what stands on every slide.
fn is_margin(placeholder: &str) -> bool {
    matches!(placeholder, "sldNum" | "dt" | "ftr" | "hdr" | "sldImg")
}

/// A slide while it is read.
#[derive(Default)]
struct Slide {
    text: String,
    line: String,
    in_text: bool,
    /// The open shape is not text of the slide.
    is_margin: bool,
    /// The cells so far of the row of a table that is open.
    row: Option<Vec<String>>,
}

impl Slide {
    fn open(&mut self, name: &str) {
        match name {
            "t" => self.in_text = true,
            "br" => self.line.push('\n'),
            "tab" => self.line.push('\t'),
            "tr" => self.row = Some(Vec::new()),
            "tc" => {
                if let Some(cells) = &mut self.row {
                    cells.push(String::new());
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "t" => self.in_text = false,
            "p" => self.end_paragraph(),
            "tr" => {
                let row = self.row.take().unwrap_or_default().join(BETWEEN_CELLS);
                self.line = row.trim_end_matches([' ', '|']).to_owned();
                self.end_paragraph();
            }
            "sp" | "graphicFrame" => {
                if !self.text.is_empty() && !self.text.ends_with("\n\n") {
                    self.text.push('\n');
                }
                self.is_margin = false;
            }
            _ => {}
        }
    }

    fn end_paragraph(&mut self) {
        let line = std::mem::take(&mut self.line);
        if self.is_margin || line.trim().is_empty() {
            return;
        }
        match self.row.as_mut().and_then(|cells| cells.last_mut()) {
            Some(cell) => {
                if !cell.is_empty() {
                    cell.push(' ');
                }
                push_words(cell, &line);
            }
            None => {
                self.text.push_str(&line);
                self.text.push('\n');
            }
        }
    }
}
