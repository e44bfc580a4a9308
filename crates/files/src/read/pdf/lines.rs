//! From letters to lines, in the order in which the page draws them.
//!
//! That order is the reading order with nearly all programs that write PDFs, columns included;
//! guessing another one from the places does more harm than good.

use hayro_interpret::kurbo::{Affine, Point};

use super::glyphs::{Glyph, Glyphs};
use crate::read::rows::BETWEEN_CELLS;

// Distances, in the size of the letters.
/// Letters further apart belong to two words.
const WORD_GAP: f64 = 0.15;
/// Words further apart stand in two columns of a table.
const CELL_GAP: f64 = 3.0;
/// Letters this much higher or lower stand on the same line: exponents, indexes.
const SAME_LINE: f64 = 0.5;
/// A step back of at most this much is kerning or an accent.
const STEP_BACK: f64 = 0.6;

/// A line of text, in a frame of reference in which it is horizontal.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub text: String,
    pub left: f64,
    pub right: f64,
    /// The base line; grows downwards.
    pub y: f64,
    pub size: f64,
    /// The direction, in whole degrees; 0 for most.
    pub degrees: i16,
    /// The width of the first word, with which it would have had to fit on the line before.
    pub first_word: f64,
}

pub(super) fn of(glyphs: Glyphs) -> Vec<Line> {
    let mut lines = Lines::default();
    for glyph in glyphs.glyphs {
        lines.add(&glyph);
    }
    let mut lines = lines.finish();
    // Text that runs in another direction is beside the text: a margin note, a watermark.
    lines.sort_by_key(|line| line.degrees != 0);
    lines
}

#[derive(Default)]
struct Lines {
    done: Vec<Line>,
    open: Option<Line>,
    /// A space was drawn, or is to be thought, before the next letter.
    space: bool,
}

impl Lines {
    fn add(&mut self, glyph: &Glyph) {
        let degrees = direction(glyph);
        let upright = Affine::rotate(-f64::from(degrees).to_radians());
        let (start, end) = (upright * glyph.start, upright * glyph.end);
        if glyph.text.trim().is_empty() {
            self.space |= !glyph.text.is_empty();
            return;
        }
        let gap = match &self.open {
            Some(line) if line.continues(start, glyph.size, degrees) => start.x - line.right,
            _ => {
                self.end_line();
                self.open = Some(Line {
                    text: glyph.text.trim().to_owned(),
                    left: start.x,
                    right: end.x,
                    y: start.y,
                    size: glyph.size,
                    degrees,
                    first_word: 0.0,
                });
                return;
            }
        };
        if let Some(line) = &mut self.open {
            let size = line.size.min(glyph.size);
            if gap > CELL_GAP * size {
                line.end_first_word();
                line.text.push_str(BETWEEN_CELLS);
            } else if self.space || gap > WORD_GAP * size {
                line.end_first_word();
                line.text.push(' ');
            }
            line.text.push_str(glyph.text.trim());
            line.right = line.right.max(end.x);
            line.size = line.size.max(glyph.size);
        }
        self.space = false;
    }

    fn end_line(&mut self) {
        if let Some(mut line) = self.open.take() {
            line.end_first_word();
            self.done.push(line);
        }
        self.space = false;
    }

    fn finish(mut self) -> Vec<Line> {
        self.end_line();
        self.done
    }
}

impl Line {
    /// Whether a letter at this place stands on this line, behind what is there.
    fn continues(&self, start: Point, size: f64, degrees: i16) -> bool {
        let larger = self.size.max(size);
        degrees == self.degrees
            && (start.y - self.y).abs() < SAME_LINE * larger
            && start.x > self.right - STEP_BACK * larger
    }

    fn end_first_word(&mut self) {
        if self.first_word == 0.0 {
            self.first_word = self.right - self.left;
        }
    }
}

/// Where the text runs to; nearly horizontal is horizontal.
fn direction(glyph: &Glyph) -> i16 {
    let along = glyph.end - glyph.start;
    let degrees = along.atan2().to_degrees().round();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "an angle has at most 180 degrees"
    )]
    let degrees = degrees as i16;
    if degrees.abs() <= 3 { 0 } else { degrees }
}
