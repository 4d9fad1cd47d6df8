//! Days and instants as the vendor writes them: by the clock of the computer that it runs on.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};

/// What an instant of a request says: a day, perhaps a time, perhaps how far that is from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    at: DateTime,
    has_time: bool,
    offset: Option<Offset>,
}

/// Reads an instant: `2026-11-20`, `2026-11-20T18:30:00`, `2026-11-20T18:30:00-08:00`.
pub(super) fn read(text: &str) -> Option<Said> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts[..] else { return None };
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    let Some(time) = time else {
        return Some(Said { at: date.at(0, 0, 0, 0), has_time: false, offset: None });
    };
    let zone = time.find(['+', '-']);
    let (time, offset) = match zone {
        Some(place) => (&time[..place], Some(read_offset(&time[place..])?)),
        None => (time, None),
    };
    let mut parts = time.split(':').map(str::parse::<i8>);
    let mut part = || parts.next().unwrap_or(Ok(0)).ok();
    let (hour, minute, second) = (part()?, part()?, part()?);
    let time = jiff::civil::Time::new(hour, minute, second, 0).ok()?;
    Some(Said { at: date.to_datetime(time), has_time: true, offset })
}

fn read_offset(text: &str) -> Option<Offset> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text[1..].split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok()
}

impl Said {
    /// The first instant that it means.
    pub(super) fn from(&self, zone: &TimeZone) -> Option<Timestamp> {
        match self.offset {
            Some(offset) => offset.to_timestamp(self.at).ok(),
            None => Some(self.at.to_zoned(zone.clone()).ok()?.timestamp()),
        }
    }

    /// The last instant that it means: the end of its second, or of its day.
    pub(super) fn until(&self, zone: &TimeZone) -> Option<Timestamp> {
        let length = if self.has_time { 1.second() } else { 24.hours() };
        self.from(zone)?.checked_add(length).ok()?.checked_sub(1.nanosecond()).ok()
    }
}

/// An instant as it stands in an answer: seconds, with the offset of the computer's zone.
pub(super) fn write(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_with_and_without_a_time_and_an_offset() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let from = |text| read(text).unwrap().from(&zone).unwrap().to_string();
        assert_eq!(from("2026-11-20"), "2026-11-20T05:00:00Z");
        assert_eq!(from("2026-7-1T8"), "2026-07-01T12:00:00Z");
        assert_eq!(from("2026-11-20T10:30:00"), "2026-11-20T15:30:00Z");
        assert_eq!(from("2026-11-20T10:30:00+01:00"), "2026-11-20T09:30:00Z");
        let until = |text| read(text).unwrap().until(&zone).unwrap().as_second();
        assert_eq!(
            until("2026-11-20") - read("2026-11-20").unwrap().from(&zone).unwrap().as_second(),
            86_399
        );
        for text in ["2026-13-01", "yesterday", "2026-11-20T25:00:00", "2026-11-20T10:30:00+x"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn written_instants_follow_the_computers_summer_time() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let at = |text: &str| write(text.parse().unwrap(), &zone);
        assert_eq!(at("2026-11-20T15:30:00.5Z"), "2026-11-20T10:30:00-05:00");
        assert_eq!(at("2026-07-01T12:00:00Z"), "2026-07-01T08:00:00-04:00");
    }
}
