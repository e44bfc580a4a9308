//! The named spans of time: `TODAY`, `LAST_N_DAYS:30`, `THIS_FISCAL_QUARTER`.
//!
//! Days are UTC days, weeks begin on Sunday, fiscal years in January.

use std::ops::Range;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};

use crate::org::stamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// Is this a span's name, given whether a number follows it?
pub fn is_name(name: &str, has_count: bool) -> bool {
    units(name, has_count.then_some(1)).is_some()
}

/// The span, in milliseconds, as seen at `now`. `None` when it reaches out of the calendar.
pub fn span(name: &str, count: Option<i32>, now: DateTime<Utc>) -> Option<Range<i64>> {
    let (unit, from, to) = units(name, count)?;
    let today = now.date_naive();
    let moment = |offset| {
        let date = unit.start(today, offset)?;
        Some(stamp::midnight(date).timestamp_millis())
    };
    Some(moment(from)?..moment(to)?)
}

/// The span as units relative to today's: from the first to before the last.
fn units(name: &str, count: Option<i32>) -> Option<(Unit, i64, i64)> {
    let name = name.replace("_FISCAL_", "_");
    let Some(count) = count.map(i64::from) else {
        return match name.as_str() {
            "YESTERDAY" => Some((Unit::Day, -1, 0)),
            "TODAY" => Some((Unit::Day, 0, 1)),
            "TOMORROW" => Some((Unit::Day, 1, 2)),
            "LAST_90_DAYS" => Some((Unit::Day, -90, 1)),
            "NEXT_90_DAYS" => Some((Unit::Day, 1, 91)),
            other => {
                let (which, unit) = other.split_once('_')?;
                let unit = Unit::named(unit).filter(|unit| *unit != Unit::Day)?;
                match which {
                    "LAST" => Some((unit, -1, 0)),
                    "THIS" => Some((unit, 0, 1)),
                    "NEXT" => Some((unit, 1, 2)),
                    _ => None,
                }
            }
        };
    };
    if let Some(units) = name.strip_prefix("LAST_N_") {
        let unit = Unit::named(units.strip_suffix('S')?)?;
        // The last n days include today; the last n weeks or months do not include this one.
        Some((unit, -count, i64::from(unit == Unit::Day)))
    } else if let Some(units) = name.strip_prefix("NEXT_N_") {
        Some((Unit::named(units.strip_suffix('S')?)?, 1, count + 1))
    } else {
        let units = name.strip_prefix("N_")?.strip_suffix("S_AGO")?;
        Some((Unit::named(units)?, -count, 1 - count))
    }
}

impl Unit {
    fn named(name: &str) -> Option<Self> {
        match name {
            "DAY" => Some(Self::Day),
            "WEEK" => Some(Self::Week),
            "MONTH" => Some(Self::Month),
            "QUARTER" => Some(Self::Quarter),
            "YEAR" => Some(Self::Year),
            _ => None,
        }
    }

    /// The first day of the unit that lies `offset` units from the one that `today` is in.
    fn start(self, today: NaiveDate, offset: i64) -> Option<NaiveDate> {
        match self {
            Self::Day => add_days(today, offset),
            Self::Week => {
                let sunday = add_days(today, -i64::from(today.weekday().num_days_from_sunday()))?;
                add_days(sunday, offset.checked_mul(7)?)
            }
            Self::Month => add_months(today.with_day(1)?, offset),
            Self::Quarter => {
                let first = today.with_day(1)?.with_month0(today.month0() / 3 * 3)?;
                add_months(first, offset.checked_mul(3)?)
            }
            Self::Year => add_months(today.with_ordinal(1)?, offset.checked_mul(12)?),
        }
    }
}

fn add_days(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    let distance = Days::new(days.unsigned_abs());
    if days < 0 {
        date.checked_sub_days(distance)
    } else {
        date.checked_add_days(distance)
    }
}

fn add_months(date: NaiveDate, months: i64) -> Option<NaiveDate> {
    let distance = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    if months < 0 {
        date.checked_sub_months(distance)
    } else {
        date.checked_add_months(distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(name: &str, count: Option<i32>) -> (String, String) {
        let now = stamp::parse("2026-02-18T13:00:00Z").expect("a time"); // a Wednesday
        let span = span(name, count, now).expect("a span");
        let date = |millis| {
            let time = DateTime::from_timestamp_millis(millis).expect("a time");
            time.date_naive().to_string()
        };
        (date(span.start), date(span.end))
    }

    #[test]
    fn spans_follow_the_reference() {
        for (name, count, from, to) in [
            ("TODAY", None, "2026-02-18", "2026-02-19"),
            ("YESTERDAY", None, "2026-02-17", "2026-02-18"),
            ("THIS_WEEK", None, "2026-02-15", "2026-02-22"),
            ("LAST_WEEK", None, "2026-02-08", "2026-02-15"),
            ("THIS_MONTH", None, "2026-02-01", "2026-03-01"),
            ("LAST_QUARTER", None, "2025-10-01", "2026-01-01"),
            ("NEXT_FISCAL_QUARTER", None, "2026-04-01", "2026-07-01"),
            ("THIS_YEAR", None, "2026-01-01", "2027-01-01"),
            ("LAST_N_DAYS", Some(30), "2026-01-19", "2026-02-19"),
            ("NEXT_N_DAYS", Some(2), "2026-02-19", "2026-02-21"),
            ("N_DAYS_AGO", Some(3), "2026-02-15", "2026-02-16"),
            ("LAST_N_MONTHS", Some(2), "2025-12-01", "2026-02-01"),
            ("N_YEARS_AGO", Some(1), "2025-01-01", "2026-01-01"),
            ("LAST_90_DAYS", None, "2025-11-20", "2026-02-19"),
        ] {
            assert_eq!(
                dates(name, count),
                (from.to_owned(), to.to_owned()),
                "{name}"
            );
        }
        assert!(
            !is_name("LAST_N_DAYS", false)
                && !is_name("TODAY", true)
                && !is_name("THIS_DAY", false)
        );
        assert_eq!(span("LAST_N_YEARS", Some(i32::MAX), Utc::now()), None);
    }
}
