//! Word documents (ECMA-376, part 1: WordprocessingML).
//!
//! Headers and footers stand in parts of their own and are not read; neither are comments.
//! Deletions that are tracked are left out, insertions are text. A text box stands before the
//! paragraph that it hangs on. Of two representations of one thing the newer one counts.

mod body;

use std::collections::HashMap;

use super::markup::{Markup, Token};
use super::package::Package;
use crate::pages::Pages;
use crate::{Error, Limits};
use body::Body;

/// The texts of footnotes or endnotes, by their ids.
type Notes = HashMap<String, String>;

pub(super) fn read(bytes: &[u8], limits: &Limits, pages: &mut Pages) -> Result<(), Error> {
    let mut package = Package::open(bytes, limits)?;
    let main = package.main_part("word/document.xml")?;
    let mut footnotes = Notes::new();
    let mut endnotes = Notes::new();
    for part in package.related(&main)? {
        let notes = match part.kind.as_str() {
            "footnotes" => &mut footnotes,
            "endnotes" => &mut endnotes,
            _ => continue,
        };
        if let Some(xml) = package.part(&part.target)? {
            *notes = read_notes(&xml)?;
        }
    }
    let xml = package.required(&main)?;
    pages.begin(1, None);
    let mut body = Body::new(pages, &footnotes, &endnotes);
    let mut markup = Markup::new(&xml);
    while !body.is_full() {
        match markup.next()? {
            Token::Open(tag) => match tag.name().as_str() {
                // Properties; the marks in them look like text or deletions.
                "rPr" | "tblPr" | "tblGrid" | "trPr" | "tcPr" | "sectPr" | "sdtPr" => {
                    markup.skip()?
                }
                "del" | "moveFrom" | "Fallback" => markup.skip()?,
                "pPr" => body.list_item(markup.skip_looking_for("numPr")?),
                name => body.open(name, &tag),
            },
            Token::Close(name) => body.close(&name),
            Token::Text(text) => body.text(&text),
            Token::End => break,
        }
    }
    body.finish();
    Ok(())
}

/// Notes in the words of their paragraphs, one line each.
fn read_notes(xml: &str) -> Result<Notes, Error> {
    let mut notes = Notes::new();
    let mut note: Option<(String, String)> = None;
    let mut in_text = false;
    let mut markup = Markup::new(xml);
    loop {
        match markup.next()? {
            Token::Open(tag) => match tag.name().as_str() {
                "pPr" | "rPr" | "del" | "moveFrom" | "Fallback" => markup.skip()?,
                // Notes with a type are the lines that separate notes from the text.
                "footnote" | "endnote" if tag.attribute("w:type").is_none() => {
                    note = tag.attribute("w:id").map(|id| (id, String::new()));
                }
                "t" => in_text = true,
                _ => {}
            },
            Token::Close(name) => match &*name {
                "footnote" | "endnote" => notes.extend(note.take()),
                "t" => in_text = false,
                "p" | "tab" | "br" | "tc" => {
                    if let Some((_, text)) = &mut note {
                        text.push(' ');
                    }
                }
                _ => {}
            },
            Token::Text(text) if in_text => {
                if let Some((_, so_far)) = &mut note {
                    so_far.push_str(&text);
                }
            }
            Token::Text(_) => {}
            Token::End => return Ok(notes),
        }
    }
}
