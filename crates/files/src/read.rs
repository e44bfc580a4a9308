//! Reads a file. Runs in the child process alone: it may panic, overflow its stack, or never end.

mod docx;
mod markup;
mod package;
mod pdf;
mod pptx;
mod rows;
mod sheets;
mod text;

pub(crate) use text::is_utf16;

use crate::pages::Pages;
use crate::{Content, Error, Kind, Limits, Text};

/// The text of a file of this kind.
pub(crate) fn read(kind: Kind, bytes: Vec<u8>, limits: &Limits) -> Result<Content, Error> {
    let mut pages = Pages::new(limits.characters);
    match kind {
        Kind::Pdf => pdf::read(bytes, &mut pages)?,
        Kind::Docx => docx::read(&bytes, limits, &mut pages)?,
        Kind::Pptx => pptx::read(&bytes, limits, &mut pages)?,
        Kind::Xlsx => sheets::read_xlsx(&bytes, limits, &mut pages)?,
        Kind::Xlsb => sheets::read_xlsb(&bytes, limits, &mut pages)?,
        Kind::Xls => sheets::read_xls(&bytes, &mut pages)?,
        Kind::Ods => sheets::read_ods(&bytes, limits, &mut pages)?,
        Kind::Csv => rows::read_csv(&text::decode(&bytes), &mut pages)?,
        Kind::Text => {
            pages.begin(1, None);
            pages.write(&text::decode(&bytes));
        }
        Kind::Html => return Ok(html(&bytes, limits)),
    }
    Ok(pages.finish())
}

fn html(bytes: &[u8], limits: &Limits) -> Content {
    let html = text::decode_html(bytes);
    let end = html
        .char_indices()
        .nth(limits.characters)
        .map(|(end, _)| end);
    Content {
        text: Text::Html(html[..end.unwrap_or(html.len())].replace('\0', "")),
        cut_short: end.is_some(),
        unread: Vec::new(),
    }
}
