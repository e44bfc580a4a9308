//! Values in a query.

use std::fmt::{self, Write};

use chrono::{DateTime, NaiveDate, Utc};
use domain::{RecordId, UserId};

use crate::time;

/// A value that a field is compared with. `Display` writes it so that it stays a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Text(String),
    Id(RecordId),
    Date(NaiveDate),
    DateTime(DateTime<Utc>),
    Bool(bool),
    Number(serde_json::Number),
    Null,
}

impl Literal {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => {
                f.write_char('\'')?;
                write_escaped(f, text)?;
                f.write_char('\'')
            }
            Self::Id(id) => write!(f, "'{id}'"),
            Self::Date(date) => write!(f, "{}", date.format("%Y-%m-%d")),
            Self::DateTime(at) => f.write_str(&time::format(*at)),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Null => f.write_str("null"),
        }
    }
}

/// Writes the inside of a string literal by the escapes of the SOQL reference: `\n \r \t \b \f \' \\
/// \uXXXX`. The double quote needs none.
pub(super) fn write_escaped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for character in text.chars() {
        match character {
            '\\' => f.write_str(r"\\")?,
            '\'' => f.write_str(r"\'")?,
            '\n' => f.write_str(r"\n")?,
            '\r' => f.write_str(r"\r")?,
            '\t' => f.write_str(r"\t")?,
            '\u{8}' => f.write_str(r"\b")?,
            '\u{c}' => f.write_str(r"\f")?,
            control if u32::from(control) < 0x20 => write!(f, "\\u{:04X}", u32::from(control))?,
            other => f.write_char(other)?,
        }
    }
    Ok(())
}

impl From<&str> for Literal {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Literal {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<RecordId> for Literal {
    fn from(id: RecordId) -> Self {
        Self::Id(id)
    }
}

impl From<UserId> for Literal {
    fn from(id: UserId) -> Self {
        Self::Id(id.record_id())
    }
}

impl From<NaiveDate> for Literal {
    fn from(date: NaiveDate) -> Self {
        Self::Date(date)
    }
}

impl From<DateTime<Utc>> for Literal {
    fn from(time: DateTime<Utc>) -> Self {
        Self::DateTime(time)
    }
}

impl From<bool> for Literal {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Literal {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}
