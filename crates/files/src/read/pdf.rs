//! PDF: the letters of a page by their places, put together to words, lines and paragraphs.

mod glyphs;
mod lines;
mod paragraphs;

use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro_interpret::hayro_syntax::page::Page;
use hayro_interpret::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro_interpret::kurbo::Rect;
use hayro_interpret::util::TransformExt;
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, interpret_page};

use crate::Error;
use crate::pages::Pages;
use glyphs::Glyphs;
use lines::Line;
use paragraphs::Vocabulary;

/// The lines of a page, or nothing if it is broken.
type Read = Option<Vec<Line>>;

pub(super) fn read(bytes: Vec<u8>, pages: &mut Pages) -> Result<(), Error> {
    let pdf = Pdf::new(bytes).map_err(|error| match error {
        LoadPdfError::Decryption(DecryptionError::InvalidEncryption) => {
            Error::damaged("what it says of its encryption is not valid")
        }
        LoadPdfError::Decryption(_) => Error::Encrypted,
        LoadPdfError::Invalid => Error::damaged("its pages cannot be found"),
    })?;
    if pdf.pages().is_empty() {
        return Err(Error::damaged("it has no pages"));
    }
    let mut vocabulary = Vocabulary::default();
    let mut read: Vec<(Read, bool)> = Vec::new();
    let cache = InterpreterCache::new();
    let mut characters = 0;
    for page in pdf.pages().iter() {
        // Joining lines drops less than half of their characters: there is more than enough.
        if characters / 2 > pages.room() {
            break;
        }
        // One odd page shall not cost the others.
        let glyphs = catch_unwind(AssertUnwindSafe(|| glyphs_of(page, &pdf, &cache)));
        let (lines, is_whole) = match glyphs {
            Ok(glyphs) => {
                let is_whole = glyphs.are_mostly_letters();
                (Some(lines::of(glyphs)), is_whole)
            }
            Err(_) => (None, false),
        };
        if let Some(lines) = &lines {
            vocabulary.learn(lines);
            characters += lines
                .iter()
                .map(|line| line.text.chars().count())
                .sum::<usize>();
        }
        read.push((lines, is_whole));
    }
    write(&read, &vocabulary, pages)
}

fn glyphs_of<'a>(page: &Page<'a>, pdf: &'a Pdf, cache: &InterpreterCache<'a>) -> Glyphs {
    let mut context = Context::new(
        page.initial_transform(true).to_kurbo(),
        // What is outside of the page is clipped by no one here: it is read.
        Rect::new(-1e6, -1e6, 1e6, 1e6),
        cache,
        pdf.xref(),
        InterpreterSettings::default(),
    );
    let mut glyphs = Glyphs::default();
    interpret_page(page, &mut context, &mut glyphs);
    glyphs
}

fn write(read: &[(Read, bool)], vocabulary: &Vocabulary, pages: &mut Pages) -> Result<(), Error> {
    for (number, (lines, is_whole)) in (1..).zip(read) {
        if pages.is_full() {
            break;
        }
        if !is_whole {
            pages.unread(number);
        }
        if let Some(lines) = lines {
            pages.begin(number, None);
            pages.write(&paragraphs::of(lines, vocabulary));
        }
    }
    if read.iter().all(|(lines, _)| lines.is_none()) {
        return Err(Error::damaged("none of its pages can be read"));
    }
    Ok(())
}
