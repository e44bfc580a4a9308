//! Salesforce's spelling of times: `2021-02-09T23:17:59.000+0000`, always UTC, and `2021-02-09`.

use chrono::{DateTime, NaiveDate, NaiveDateTime, SubsecRound, Utc};

/// A datetime as REST sends it.
pub fn format(time: DateTime<Utc>) -> String {
    time.trunc_subsecs(3)
        .format("%Y-%m-%dT%H:%M:%S%.3f+0000")
        .to_string()
}

/// Reads a datetime in Salesforce's spelling, in RFC 3339, or without a zone (taken as UTC); a bare
/// date is its midnight.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    if let Some(millis) = fast_millis(text.as_bytes()) {
        return DateTime::from_timestamp_millis(millis);
    }
    for pattern in [
        "%Y-%m-%dT%H:%M:%S%.f%z",
        "%Y-%m-%dT%H:%M:%S%.f%#z",
        "%Y-%m-%d %H:%M:%S%.f%#z",
    ] {
        if let Ok(time) = DateTime::parse_from_str(text, pattern) {
            return Some(time.to_utc());
        }
    }
    for pattern in [
        "%Y-%m-%dT%H:%M:%S%.fZ",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
    ] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, pattern) {
            return Some(time.and_utc());
        }
    }
    parse_date(text).map(midnight)
}

/// Reads `2021-02-09`, and nothing else: years have four digits.
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    if text.len() != 10 {
        return None;
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// The first moment of a day, in UTC.
pub fn midnight(date: NaiveDate) -> DateTime<Utc> {
    date.and_time(chrono::NaiveTime::MIN).and_utc()
}

/// Milliseconds since 1970 of a datetime in exactly the spelling of [`format`]; the fast path of
/// comparisons.
pub fn millis(text: &str) -> Option<i64> {
    fast_millis(text.as_bytes()).or_else(|| parse(text).map(|time| time.timestamp_millis()))
}

fn fast_millis(text: &[u8]) -> Option<i64> {
    if text.len() != 28 || &text[23..] != b"+0000" {
        return None;
    }
    let number = |from: usize, to: usize| {
        text[from..to].iter().try_fold(0_u32, |sum, byte| {
            byte.is_ascii_digit()
                .then(|| sum * 10 + u32::from(byte - b'0'))
        })
    };
    let year = i32::try_from(number(0, 4)?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(5, 7)?, number(8, 10)?)?;
    let time = date.and_hms_milli_opt(
        number(11, 13)?,
        number(14, 16)?,
        number(17, 19)?,
        number(20, 23)?,
    )?;
    Some(time.and_utc().timestamp_millis())
}
