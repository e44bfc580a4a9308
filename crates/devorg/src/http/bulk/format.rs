//! The CSV of Bulk 2.0: RFC 4180, every value quoted, nulls empty, times ending in `Z`.

use std::io;

use serde::{Deserialize, Serialize};

use crate::error::ApiError;

/// How a job's CSV is written and read.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Format {
    #[serde(default)]
    pub column_delimiter: Delimiter,
    #[serde(default)]
    pub line_ending: LineEnding,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Delimiter {
    Backquote,
    Caret,
    #[default]
    Comma,
    Pipe,
    Semicolon,
    Tab,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum LineEnding {
    #[default]
    Lf,
    Crlf,
}

impl Delimiter {
    fn byte(self) -> u8 {
        match self {
            Self::Backquote => b'`',
            Self::Caret => b'^',
            Self::Comma => b',',
            Self::Pipe => b'|',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

impl Format {
    pub fn writer<W: io::Write>(self, to: W) -> csv::Writer<W> {
        let terminator = match self.line_ending {
            LineEnding::Lf => csv::Terminator::Any(b'\n'),
            LineEnding::Crlf => csv::Terminator::CRLF,
        };
        csv::WriterBuilder::new()
            .delimiter(self.column_delimiter.byte())
            .terminator(terminator)
            .quote_style(csv::QuoteStyle::Always)
            .from_writer(to)
    }

    /// The header and the rows of an upload.
    ///
    /// # Errors
    /// A message, when the text is not CSV.
    pub fn parse(self, upload: &[u8]) -> Result<Upload, String> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(self.column_delimiter.byte())
            .from_reader(upload);
        let columns = reader.headers().map_err(|error| error.to_string())?;
        let columns: Vec<String> = columns.iter().map(str::to_owned).collect();
        let rows: Result<Vec<csv::StringRecord>, csv::Error> = reader.records().collect();
        let rows = rows.map_err(|error| error.to_string())?;
        let rows = rows
            .iter()
            .map(|row| row.iter().map(str::to_owned).collect())
            .collect();
        Ok(Upload { columns, rows })
    }

    /// A table as CSV text.
    pub fn write(self, header: &[String], rows: impl IntoIterator<Item = Vec<String>>) -> Vec<u8> {
        let mut writer = self.writer(Vec::new());
        // Writing into memory cannot fail, and all rows of a table have its width.
        let _ = writer.write_record(header);
        for row in rows {
            let _ = writer.write_record(&row);
        }
        writer.into_inner().unwrap_or_default()
    }
}

/// The content of an ingest job.
pub(crate) struct Upload {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// # Errors
/// `INVALIDJOB` for a content type other than CSV, which is the only one.
pub(crate) fn require_csv(content_type: Option<&str>) -> Result<(), ApiError> {
    match content_type {
        None | Some("CSV") => Ok(()),
        Some(other) => {
            let message = format!("ContentType : {other} is not supported, use CSV");
            Err(ApiError::bad_request("INVALIDJOB", message))
        }
    }
}
