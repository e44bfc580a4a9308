//! Values of cells as people read them. Which format a date or a sum of money has depends on the
//! country of the reader; here dates are ISO 8601 and numbers are plain.

use calamine::{Data, ExcelDateTime};

/// The text of a cell, empty for an empty one. `is_percent`: its format shows numbers as percent.
pub(super) fn shown(value: &Data, is_percent: bool) -> String {
    match value {
        Data::String(text) => text.clone(),
        Data::Float(share) if is_percent => percent(*share),
        Data::Int(share) if is_percent => format!("{}%", share.saturating_mul(100)),
        Data::Float(value) => number(*value),
        Data::Int(number) => number.to_string(),
        Data::Bool(true) => "TRUE".to_owned(),
        Data::Bool(false) => "FALSE".to_owned(),
        Data::DateTime(value) => date_time(value),
        Data::DateTimeIso(value) => iso_date_time(value),
        Data::DurationIso(value) => iso_duration(value),
        Data::Error(error) => error.to_string(),
        Data::Empty => String::new(),
    }
}

/// With the fifteen digits that a spreadsheet shows: 0.1 + 0.2 is 0.3.
fn number(value: f64) -> String {
    let rounded = format!("{value:.14e}").parse().unwrap_or(value);
    if rounded == 0.0 {
        return "0".to_owned(); // not "-0"
    }
    format!("{rounded}")
}

/// A share of one.
fn percent(share: f64) -> String {
    format!("{}%", number(share * 100.0))
}

/// A date, a date with its time if it has one, a time without a date, or a duration.
fn date_time(value: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = value.to_ymd_hms_milli();
    let time = if second == 0 {
        format!("{hour:02}:{minute:02}")
    } else {
        format!("{hour:02}:{minute:02}:{second:02}")
    };
    if value.is_duration() {
        let seconds = (value.as_f64() * 86_400.0).round();
        let (hours, rest) = ((seconds / 3600.0).trunc(), seconds % 3600.0);
        return format!(
            "{hours}:{:02}:{:02}",
            (rest / 60.0).trunc().abs(),
            (rest % 60.0).abs()
        );
    }
    if (0.0..1.0).contains(&value.as_f64()) {
        return time;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) {
        date
    } else {
        format!("{date} {time}")
    }
}

/// `2024-03-05T00:00:00` is a date, `2024-03-05T14:30:00` one with a time.
fn iso_date_time(value: &str) -> String {
    let Some((date, time)) = value.split_once('T') else {
        return value.to_owned();
    };
    match time.split('.').next().unwrap_or(time) {
        "00:00:00" | "00:00" => date.to_owned(),
        time => format!("{date} {}", time.strip_suffix(":00").unwrap_or(time)),
    }
}

/// `PT14H30M00S` is 14:30:00.
fn iso_duration(value: &str) -> String {
    let parts = || {
        let (hours, rest) = value.strip_prefix("PT")?.split_once('H')?;
        let (minutes, seconds) = rest.split_once('M')?;
        let seconds = seconds.strip_suffix('S')?.split('.').next()?;
        Some(format!(
            "{}:{minutes}:{seconds}",
            hours.trim_start_matches('0').max("0")
        ))
    };
    parts().unwrap_or_else(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::ExcelDateTimeType::{DateTime, TimeDelta};

    #[test]
    fn numbers() {
        assert_eq!(number(0.1 + 0.2), "0.3");
        assert_eq!(number(1234567.5), "1234567.5");
        assert_eq!(number(-0.0), "0");
        assert_eq!(number(2e15), "2000000000000000");
        assert_eq!(percent(0.07), "7%");
        assert_eq!(percent(0.1234), "12.34%");
    }

    #[test]
    fn dates() {
        let shown = |value, kind| date_time(&ExcelDateTime::new(value, kind, false));
        assert_eq!(shown(45_356.0, DateTime), "2024-03-05");
        assert_eq!(shown(45_356.604_166_666_664, DateTime), "2024-03-05 14:30");
        assert_eq!(shown(0.5, DateTime), "12:00");
        assert_eq!(shown(1.5, TimeDelta), "36:00:00");
        assert_eq!(iso_date_time("2024-03-05T00:00:00"), "2024-03-05");
        assert_eq!(iso_date_time("2024-03-05T14:30:00"), "2024-03-05 14:30");
        assert_eq!(iso_duration("PT14H30M00S"), "14:30:00");
    }
}
