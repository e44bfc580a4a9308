//! Collects the letters of a page with their places.

use hayro_interpret::font::{Glyph as FontGlyph, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Vec2};
use hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask,
};

/// Units of a font to the side of its square.
const UNITS: f64 = 1000.0;
/// What is taken for a letter's width, in its size, if the font does not say.
const USUAL_WIDTH: f64 = 0.5;

/// A letter, or several that are drawn as one, on a page whose y axis points down.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Glyph {
    pub text: String,
    /// The left end on the base line.
    pub start: Point,
    /// The right end on the base line.
    pub end: Point,
    /// Of the font, on the page.
    pub size: f64,
}

/// The letters of a page in the order in which they are drawn.
#[derive(Default)]
pub(super) struct Glyphs {
    pub glyphs: Vec<Glyph>,
    /// How many were drawn of which the file does not say what letter they are.
    nameless: usize,
    /// Where the run before the last begins: text drawn twice to look bold is one text.
    last_run: usize,
}

impl Glyphs {
    /// Whether what was read is what a person sees.
    pub fn are_mostly_letters(&self) -> bool {
        self.nameless <= self.glyphs.len()
    }

    /// Drops the run from `start` if it repeats the run before it in nearly the same place.
    fn drop_repetition(&mut self, start: usize) {
        let (before, run) = self.glyphs[self.last_run..].split_at(start - self.last_run);
        let is_repetition = !run.is_empty()
            && before.len() == run.len()
            && before.iter().zip(run).all(|(one, other)| {
                one.text == other.text && one.start.distance(other.start) < one.size * 0.1
            });
        if is_repetition {
            self.glyphs.truncate(start);
        } else {
            self.last_run = start;
        }
    }
}

impl Device<'_> for Glyphs {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, '_>, props: DrawProps<'_>, _: &DrawMode) {
        let start = self.glyphs.len();
        for glyph in run.glyphs() {
            match glyph.as_unicode() {
                Some(text) => {
                    let transform = props.transform * glyph.transform();
                    self.glyphs.extend(place(text, glyph, transform));
                }
                None => self.nameless += 1,
            }
        }
        self.drop_repetition(start);
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'_>, _: &DrawMode) {}
    fn draw_image(&mut self, _: Image<'_, '_>, _: ImageDrawProps<'_>) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn pop_clip(&mut self) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: BlendMode) {}
    fn pop_transparency_group(&mut self) {}
}

fn width(glyph: &FontGlyph<'_>) -> f64 {
    let width = match glyph {
        FontGlyph::Outline(glyph) => glyph.advance_width(),
        FontGlyph::Type3(glyph) => glyph.advance_width(),
    };
    width
        .map(f64::from)
        .filter(|width| *width > 0.0)
        .unwrap_or(UNITS * USUAL_WIDTH)
}

/// `None` for a letter without a place or a size that a person could see.
fn place(text: BfString, glyph: &FontGlyph<'_>, transform: Affine) -> Option<Glyph> {
    let text = match text {
        BfString::Char(character) => letters(character),
        BfString::String(text) => text.chars().map(letters).collect(),
    };
    let start = transform * Point::ZERO;
    let end = transform * Point::new(width(glyph), 0.0);
    let nominal = Vec2::hypot(transform * Point::new(0.0, UNITS) - start);
    let size = match glyph {
        FontGlyph::Outline(_) => nominal,
        // Fonts of drawn letters often have a size of one and do the scaling themselves.
        FontGlyph::Type3(_) => nominal.max(start.distance(end)),
    };
    let is_sensible = start.is_finite() && end.is_finite() && size.is_finite() && size > 0.01;
    is_sensible.then_some(Glyph {
        text,
        start,
        end,
        size,
    })
}

/// A ligature in its letters; nothing for what is no letter.
fn letters(character: char) -> String {
    match character {
        '\u{fb00}' => "ff".to_owned(),
        '\u{fb01}' => "fi".to_owned(),
        '\u{fb02}' => "fl".to_owned(),
        '\u{fb03}' => "ffi".to_owned(),
        '\u{fb04}' => "ffl".to_owned(),
        '\u{fb05}' | '\u{fb06}' => "st".to_owned(),
        '\t' | '\n' | '\r' | '\u{a0}' => " ".to_owned(),
        control if control.is_control() => String::new(),
        letter => letter.to_string(),
    }
}
