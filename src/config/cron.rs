//! Times of day, as crontab writes them.

use std::str::FromStr;

use chrono::{DateTime, Utc};

/// The times that five crontab fields name, in UTC: minute, hour, day of the month, month, day of
/// the week.
///
/// Two things differ from crontab: days of the week are written as names, because numbers mean
/// different days to different programs, and a day has to match both day fields.
#[derive(Debug, Clone)]
pub struct Cron(cron::Schedule);

impl Cron {
    /// # Errors
    /// A sentence for the one who wrote the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let &[.., weekday] = fields.as_slice() else {
            return Err(SHAPE.to_owned());
        };
        if fields.len() != 5 {
            return Err(SHAPE.to_owned());
        }
        // What follows a slash is a step and no day.
        let mut days = weekday.split(',').filter_map(|part| part.split('/').next());
        if days.any(|day| day.contains(|c: char| c.is_ascii_digit())) {
            return Err(format!(
                "has '{weekday}' as days of the week: write them as names, such as MON-FRI or SAT,SUN"
            ));
        }
        let schedule = cron::Schedule::from_str(&format!("0 {}", fields.join(" ")))
            .map_err(|error| format!("cannot be read as times: {}", reason(&error)))?;
        let schedule = Self(schedule);
        if schedule.after(Utc::now()).is_none() {
            return Err("names a time that never comes".to_owned());
        }
        Ok(schedule)
    }

    /// The first time after this one.
    pub fn after(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.0.after(&time).next()
    }
}

const SHAPE: &str = "must have five fields, minute, hour, day, month and weekday, such as \
                     \"*/15 * * * *\"; empty stands for never";

/// The reason alone: before it stands the text with the seconds that nobody wrote.
fn reason(error: &cron::error::Error) -> String {
    let text = error.to_string();
    let reason = text.rsplit('^').next().unwrap_or(&text);
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    reason.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(cron: &str, time: &str) -> String {
        let time: DateTime<Utc> = time.parse().unwrap();
        let next = Cron::parse(cron).unwrap().after(time).unwrap();
        next.format("%m-%d %H:%M:%S").to_string()
    }

    #[test]
    fn five_fields_in_utc() {
        assert_eq!(
            after("*/15 * * * *", "2026-11-23T10:07:31Z"),
            "11-23 10:15:00"
        );
        assert_eq!(
            after("*/15 * * * *", "2026-11-23T10:15:00Z"),
            "11-23 10:30:00"
        );
        assert_eq!(after("0 3 * * *", "2026-11-23T03:00:00Z"), "11-24 03:00:00");
        // 2026-11-23 is a Monday.
        assert_eq!(
            after("0 6 * * MON-FRI", "2026-11-20T07:00:00Z"),
            "11-23 06:00:00"
        );
        assert_eq!(
            after("30 1 * * sun", "2026-11-23T00:00:00Z"),
            "11-29 01:30:00"
        );
        assert_eq!(
            after("0 0 1 JAN *", "2026-11-23T00:00:00Z"),
            "01-01 00:00:00"
        );
    }

    #[test]
    fn what_cannot_be_meant_is_a_sentence() {
        for (text, word) in [
            ("", "five fields"),
            ("* * * *", "five fields"),
            ("0 */15 * * * *", "five fields"),
            ("@hourly", "five fields"),
            ("* * * * 1", "MON-FRI"),
            ("* * * * MON,5", "MON-FRI"),
            ("61 * * * *", "cannot be read"),
            ("often * * * *", "cannot be read"),
            ("0 0 30 FEB *", "never"),
        ] {
            let error = Cron::parse(text).unwrap_err();
            assert!(error.contains(word), "{text:?}: {error}");
            assert!(!error.contains('\n'), "{text:?}: {error}");
        }
    }
}
