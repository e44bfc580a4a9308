//! What was read.

use serde::{Deserialize, Serialize};

/// The text of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub text: Text,
    /// The file has more text than [`Limits::characters`](crate::Limits::characters); this is the
    /// beginning.
    pub cut_short: bool,
    /// The pages, 1-based, that have something on them which could not be read as text: a page
    /// that is broken, or whose letters are only shapes. What could be read of them is in `text`.
    pub unread: Vec<u32>,
}

/// Text in the reading order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Text {
    /// Plain text. Pages without any text are left out, so this may be empty.
    Pages(Vec<Page>),
    /// HTML with its tags, decoded to Unicode.
    Html(String),
}

/// A page of a PDF, a slide with its notes, a sheet; other files are one page.
///
/// Paragraphs are set apart by a blank line; rows of tables and items of lists are lines, the cells
/// of a row separated by ` | `.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// 1-based, as a reader of the file counts, pages without text included.
    pub number: u32,
    /// The name of a sheet.
    pub label: Option<String>,
    pub text: String,
}
