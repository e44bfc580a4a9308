//! Pages as they are sent.

use std::fmt::Write as _;

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::http::faults::Rows;
use crate::http::render;
use crate::http::version::ApiVersion;
use crate::org::Schema;

/// Records as JSON text, which takes a fraction of the memory of their values.
#[derive(Clone)]
pub(crate) struct Records {
    pub count: usize,
    /// The records, one after the other, each followed by a comma.
    text: String,
    /// Where each record ends in `text`, its comma not included.
    ends: Vec<usize>,
}

impl Records {
    pub fn render(
        records: impl IntoIterator<Item = Value>,
        version: ApiVersion,
        schema: &Schema,
    ) -> Self {
        let mut text = String::new();
        let mut ends = Vec::new();
        for mut record in records {
            render::in_version(&mut record, version, schema);
            // Writing into a String cannot fail.
            let _ = write!(text, "{record}");
            ends.push(text.len());
            text.push(',');
        }
        Self {
            count: ends.len(),
            text,
            ends,
        }
    }

    /// The records `from..to`, as far as there are any.
    pub fn slice(&self, from: usize, to: usize) -> Self {
        let to = to.min(self.count);
        let from = from.min(to);
        let start = match from {
            0 => 0,
            from => self.ends[from - 1] + 1,
        };
        let ends: Vec<usize> = self.ends[from..to].iter().map(|end| end - start).collect();
        let length = ends.last().copied().unwrap_or_default();
        let mut text = self.text[start..start + length].to_owned();
        text.push(',');
        Self {
            count: ends.len(),
            text,
            ends,
        }
    }

    fn as_list(&self) -> &str {
        let length = self.ends.last().copied().unwrap_or_default();
        &self.text[..length]
    }
}

/// One page of a query's result.
pub(crate) struct Page {
    total_size: usize,
    pub records: Records,
    /// The id of the cursor and the offset of the page that follows.
    pub next: Option<(String, usize)>,
}

impl Page {
    pub fn new(total_size: usize, records: Records) -> Self {
        Self {
            total_size,
            records,
            next: None,
        }
    }

    pub fn response(&self, version: ApiVersion) -> Response {
        let mut body = format!(
            r#"{{"totalSize":{},"done":{}"#,
            self.total_size,
            self.next.is_none()
        );
        if let Some((cursor, offset)) = &self.next {
            // Writing into a String cannot fail.
            let _ = write!(
                body,
                r#","nextRecordsUrl":"{}/query/{cursor}-{offset}""#,
                version.root()
            );
        }
        body.push_str(r#","records":["#);
        body.push_str(self.records.as_list());
        body.push_str("]}");
        let json = [(CONTENT_TYPE, "application/json;charset=UTF-8")];
        let mut response = (json, body).into_response();
        let rows = u64::try_from(self.records.count).unwrap_or(u64::MAX);
        response.extensions_mut().insert(Rows(rows));
        response
    }
}
