//! When a session has work: at every call, which a person or the connector's clock begins, or once
//! a day.
//!
//! The connector does not say whether its clock or a person began a session. It calls at a fixed
//! distance, though: a call that comes sooner after the last one was begun by hand.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::str::FromStr;

/// How often the connector calls where a sync runs once a day, in minutes.
const DAILY_CALLS_EVERY_MINUTES: u16 = 10;
/// For how long after the hour of a daily sync a call begins it.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// How much sooner than the connector's own clock a call must come to be one by hand.
const SOONER: SignedDuration = SignedDuration::from_mins(1);
/// The longest distance between two calls, in minutes: a day.
const MINUTES_MAX: u16 = 24 * 60;

/// How a schedule is written by which a person begins every session.
const BY_HAND: &str = "by hand";

/// When a session has work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// At every call; the connector calls so often.
    Every {
        /// The distance of two calls, in minutes.
        minutes: u16,
    },
    /// At every call, which a person begins: the connector does not call by itself.
    ByHand,
    /// Once a day, in the fifteen minutes from this time on, and when a person begins a session.
    Daily {
        /// The time of day in the books' zone.
        at: Time,
    },
}

impl Schedule {
    /// How often the connector calls, in minutes; none where it does not by itself.
    #[must_use]
    pub const fn calls_every_minutes(self) -> Option<u16> {
        match self {
            Self::Every { minutes } => Some(minutes),
            Self::ByHand => None,
            Self::Daily { .. } => Some(DAILY_CALLS_EVERY_MINUTES),
        }
    }

    /// Whether a call has work, given when the call before it came.
    #[must_use]
    pub fn is_due(self, now: Timestamp, before: Option<Timestamp>, zone: &TimeZone) -> bool {
        let Self::Daily { at } = self else { return true };
        let every = SignedDuration::from_mins(i64::from(DAILY_CALLS_EVERY_MINUTES));
        let by_hand = before.is_some_and(|before| now.duration_since(before) < every - SOONER);
        let today = now.to_zoned(zone.clone()).date();
        let yesterday = today.yesterday().ok();
        // Shortly after midnight the window is still that of the day before.
        let begins = std::iter::once(today).chain(yesterday);
        let mut begins = begins.filter_map(|day| day.to_datetime(at).to_zoned(zone.clone()).ok());
        let since = |begin: jiff::Zoned| now.duration_since(begin.timestamp());
        by_hand || begins.any(|begin| (SignedDuration::ZERO..WINDOW).contains(&since(begin)))
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every { minutes } => write!(f, "every {minutes}"),
            Self::ByHand => f.write_str(BY_HAND),
            Self::Daily { at } => write!(f, "at {}", at.strftime("%H:%M")),
        }
    }
}

impl FromStr for Schedule {
    type Err = String;

    /// Reads `every 15` (minutes, at most a day), `by hand` or `at 02:00`.
    fn from_str(text: &str) -> Result<Self, String> {
        let minutes = |text: &str| text.parse().ok().filter(|it| (1..=MINUTES_MAX).contains(it));
        let known = match text.split_once(' ') {
            Some(("every", text)) => minutes(text).map(|minutes| Self::Every { minutes }),
            Some(("at", text)) => Time::strptime("%H:%M", text).ok().map(|at| Self::Daily { at }),
            _ => (text == BY_HAND).then_some(Self::ByHand),
        };
        known.ok_or_else(|| {
            format!(
                "`{text}` is no schedule: `every 15` (up to {MINUTES_MAX} minutes), `by hand`, \
                 `at 02:00`"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_due(schedule: &str, now: &str, before: Option<&str>) -> bool {
        let zone = TimeZone::get("America/New_York").unwrap();
        let instant = |text: &str| text.parse::<Timestamp>().unwrap();
        let schedule: Schedule = schedule.parse().unwrap();
        schedule.is_due(instant(now), before.map(instant), &zone)
    }

    #[test]
    fn a_daily_sync_runs_in_its_window_or_by_hand() {
        let cases = [
            ("every 30", "2026-11-20T12:00:00Z", None, true),
            ("by hand", "2026-11-20T12:00:00Z", Some("2026-11-20T11:50:00Z"), true),
            ("at 02:00", "2026-11-20T06:59:59Z", None, false),
            ("at 02:00", "2026-11-20T07:00:00Z", Some("2026-11-20T06:50:00Z"), true),
            ("at 02:00", "2026-11-20T07:14:59Z", Some("2026-11-20T07:04:59Z"), true),
            ("at 02:00", "2026-11-20T07:15:00Z", Some("2026-11-20T07:05:00Z"), false),
            // Ten minutes are the connector's own distance; less is a person.
            ("at 02:00", "2026-11-20T12:00:00Z", Some("2026-11-20T11:50:30Z"), false),
            ("at 02:00", "2026-11-20T12:00:00Z", Some("2026-11-20T11:57:00Z"), true),
            ("at 02:00", "2026-11-20T12:00:00Z", Some("2026-11-18T12:00:00Z"), false),
            // Over midnight.
            ("at 23:55", "2026-11-20T05:05:00Z", Some("2026-11-20T04:55:00Z"), true),
            ("at 23:55", "2026-11-20T05:10:00Z", Some("2026-11-20T05:00:00Z"), false),
            // An hour that the clock skips is the one after it.
            ("at 02:30", "2026-03-08T07:31:00Z", Some("2026-03-08T07:21:00Z"), true),
        ];
        for (schedule, now, before, expected) in cases {
            assert_eq!(is_due(schedule, now, before), expected, "{schedule} {now} {before:?}");
        }
    }

    #[test]
    fn a_schedule_is_written_as_it_is_read() {
        for text in ["every 15", "by hand", "at 02:00", "at 23:59", "every 1440"] {
            assert_eq!(text.parse::<Schedule>().unwrap().to_string(), text);
        }
        for text in ["", "every 0", "every 1441", "every -1", "at 24:00", "at 2", "daily"] {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
        assert_eq!("at 02:00".parse::<Schedule>().unwrap().calls_every_minutes(), Some(10));
        assert_eq!("by hand".parse::<Schedule>().unwrap().calls_every_minutes(), None);
    }
}
