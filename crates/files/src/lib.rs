//! Text out of files: PDF, Word, Excel, PowerPoint, OpenDocument sheets, HTML, plain text and CSV.
//!
//! A file comes from a stranger. So the process that wants the text never parses a byte of it:
//! [`Parser::parse`] starts a child process for each file, which confines itself before it reads
//! ([`child::run`]), and turns every way in which the child can end into a [`Content`] or an
//! [`Error`] that a person understands. It refuses to
//!
//! - wait longer than [`Limits::seconds`] or let the child have more than [`Limits::memory_mb`];
//! - take more text than [`Limits::characters`]: what is beyond is cut off, and the content says so;
//! - hand its environment, and with it any secret, to the child.
//!
//! The same bytes under the same limits always give the same text.
//!
//! [`Kind::of`] tells which files can be read; HTML is handed back as it is, decoded only.

pub mod child;
mod content;
mod error;
mod kind;
mod limits;
mod pages;
mod parser;
mod read;
mod wire;

pub use content::{Content, Page, Text};
pub use error::Error;
pub use kind::Kind;
pub use limits::Limits;
pub use parser::Parser;
