//! `since`: a time, a date, or how long ago.

use chrono::{DateTime, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::query::Error;

/// Reads `2026-05-03T08:00:00Z`, `2026-05-03`, `36h`, `30d`, `6w`, `3m` or `1y`.
///
/// # Errors
/// [`Error::Invalid`] says what it takes.
pub fn parse(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, Error> {
    let text = text.trim();
    let time = match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Some(time.with_timezone(&Utc)),
        Err(_) => day(text).or_else(|| ago(text, now)),
    };
    match time {
        Some(time) if time <= now => Ok(time),
        Some(_) => Err(Error::Invalid("since must not be in the future".to_owned())),
        None => Err(Error::Invalid(
            "since must be a time such as 2026-05-03T08:00:00Z, a date such as 2026-05-03, or how \
             long ago: 36h, 30d, 6w, 3m, 1y"
                .to_owned(),
        )),
    }
}

fn day(text: &str) -> Option<DateTime<Utc>> {
    let date: NaiveDate = text.parse().ok()?;
    Some(date.and_time(NaiveTime::MIN).and_utc())
}

fn ago(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let (at, unit) = text.char_indices().next_back()?;
    let number: u32 = text.get(..at)?.parse().ok()?;
    match unit {
        'h' => now.checked_sub_signed(TimeDelta::hours(i64::from(number))),
        'd' => now.checked_sub_days(Days::new(u64::from(number))),
        'w' => now.checked_sub_days(Days::new(u64::from(number) * 7)),
        'm' => now.checked_sub_months(Months::new(number)),
        'y' => now.checked_sub_months(Months::new(number.checked_mul(12)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_dates_and_spans_are_read() {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        for (text, time) in [
            ("2026-05-03T08:00:00+02:00", "2026-05-03T06:00:00Z"),
            ("2026-05-03", "2026-05-03T00:00:00Z"),
            ("36h", "2026-11-22T00:00:00Z"),
            ("30d", "2026-10-24T12:00:00Z"),
            ("3m", "2026-08-23T12:00:00Z"),
            ("1y", "2025-11-23T12:00:00Z"),
        ] {
            let time: DateTime<Utc> = time.parse().unwrap();
            assert_eq!(parse(text, now).unwrap(), time, "{text}");
        }
        for wrong in ["", "d", "30", "-3d", "30ü", "4294967295y", "2027-01-01"] {
            assert!(parse(wrong, now).is_err(), "{wrong}");
        }
    }
}
