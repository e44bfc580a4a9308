//! Long lists of values, in queries that fit into a request.

use url::form_urlencoded;

use super::{Condition, FieldPath, Literal, Soql};

/// Salesforce takes a request line of 16,384 bytes, headers sometimes included. What a query text
/// may take of it once it is encoded; the rest is for host, path and headers.
const LONGEST_ENCODED: usize = 12_000;

impl Soql {
    /// This query for rows whose `path` is one of `values`, as many queries as their length needs.
    /// Each value is in exactly one of them, in the order given; no values, no query.
    pub fn chunks_in<L: Into<Literal>>(
        &self,
        path: impl Into<FieldPath>,
        values: impl IntoIterator<Item = L>,
    ) -> Vec<Soql> {
        let path = path.into();
        let budget = LONGEST_ENCODED.saturating_sub(encoded_length(&self.to_string()));
        let mut queries = Vec::new();
        let mut chunk: Vec<Literal> = Vec::new();
        let mut length = 0;
        for value in values {
            let value = value.into();
            let more = encoded_length(&value.to_string()) + SEPARATOR;
            if length + more > budget && !chunk.is_empty() {
                queries.push(self.with_values(&path, std::mem::take(&mut chunk)));
                length = 0;
            }
            length += more;
            chunk.push(value);
        }
        if !chunk.is_empty() {
            queries.push(self.with_values(&path, chunk));
        }
        queries
    }

    fn with_values(&self, path: &FieldPath, values: Vec<Literal>) -> Soql {
        self.clone().filter(Condition::is_in(path, values))
    }

    /// The length of the query as a parameter of a URL, in bytes.
    pub(crate) fn encoded_length(&self) -> usize {
        encoded_length(&self.to_string())
    }
}

/// `, ` in a URL.
const SEPARATOR: usize = "%2C+".len();

fn encoded_length(text: &str) -> usize {
    form_urlencoded::byte_serialize(text.as_bytes())
        .map(str::len)
        .sum()
}
