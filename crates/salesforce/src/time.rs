//! Times as Salesforce writes and reads them.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer};

/// Parses what Salesforce sends: `2021-02-09T23:17:59.000+0000` (REST) or
/// `2021-02-09T23:17:59.000Z` (Bulk).
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .ok()
        .map(|time| time.with_timezone(&Utc))
}

/// Writes a time as a SOQL literal or a query parameter, with milliseconds only if it has some.
pub(crate) fn format(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(
        if time.timestamp_subsec_millis() == 0 {
            SecondsFormat::Secs
        } else {
            SecondsFormat::Millis
        },
        true,
    )
}

/// Writes a time as an HTTP header wants it.
pub(crate) fn format_http(time: DateTime<Utc>) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// For `#[serde(deserialize_with)]` on a time in a reply.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<DateTime<Utc>, D::Error> {
    let text = String::deserialize(input)?;
    parse(&text).ok_or_else(|| serde::de::Error::custom("a time was expected"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_one_time() {
        let rest = parse("2021-02-09T23:17:59.000+0000");
        assert!(rest.is_some());
        assert_eq!(rest, parse("2021-02-09T23:17:59.000Z"));
        assert_eq!(rest.map(format).as_deref(), Some("2021-02-09T23:17:59Z"));
        assert_eq!(
            rest.map(format_http).as_deref(),
            Some("Tue, 09 Feb 2021 23:17:59 GMT")
        );
        assert_eq!(parse("2021-02-09"), None);
    }
}
