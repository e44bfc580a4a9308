//! Numbers and times as people read them.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use indicatif::HumanCount;

/// "80,112"
pub fn thousands(number: u64) -> String {
    HumanCount(number).to_string()
}

/// "1 row", "1,200 rows"
pub fn counted(number: u64, one: &str) -> String {
    let many = if number == 1 { "" } else { "s" };
    format!("{} {one}{many}", thousands(number))
}

/// "45 s", "2 min", "3 h", "5 days": rounded down, as people tell how long something takes.
pub fn duration(time: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    match time.as_secs() {
        seconds if seconds < MINUTE => format!("{seconds} s"),
        seconds if seconds < HOUR => format!("{} min", seconds / MINUTE),
        seconds if seconds < 2 * DAY => format!("{} h", seconds / HOUR),
        seconds => format!("{} days", seconds / DAY),
    }
}

/// "03:00 UTC" within a day of `now`, else "2026-11-25 03:00 UTC".
pub fn clock(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let format = match (time - now).abs() < TimeDelta::days(1) {
        true => "%H:%M UTC",
        false => "%Y-%m-%d %H:%M UTC",
    };
    time.format(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_write() {
        assert_eq!(thousands(80_112), "80,112");
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(1_200, "row"), "1,200 rows");
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (150, "2 min"),
            (3_600, "1 h"),
            (90_000, "25 h"),
            (500_000, "5 days"),
        ] {
            assert_eq!(duration(Duration::from_secs(seconds)), text);
        }
        let now = "2026-11-23T10:00:00Z".parse().unwrap();
        let at = |text: &str| clock(text.parse().unwrap(), now);
        assert_eq!(at("2026-11-24T03:00:00Z"), "03:00 UTC");
        assert_eq!(at("2026-11-25T03:00:00Z"), "2026-11-25 03:00 UTC");
    }
}
