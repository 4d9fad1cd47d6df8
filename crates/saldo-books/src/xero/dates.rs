//! The vendor's dates: `2026-11-20` in requests, `/Date(1573755038314+0000)/` in answers.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A day in an answer: milliseconds of its midnight in UTC, or a plain date.
///
/// # Errors
/// In words, where it is neither.
pub(super) fn day(text: &str) -> Result<Date, String> {
    let unreadable = || format!("`{text}` is no date");
    match text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")) {
        Some(inner) => {
            // What stands behind a sign is a zone that only says how the number was written.
            let from = usize::from(inner.starts_with('-'));
            let end = inner.get(from..).and_then(|rest| rest.find(['+', '-']));
            let millis = inner.get(..end.map_or(inner.len(), |end| end + from));
            let millis: i64 = millis.and_then(|it| it.parse().ok()).ok_or_else(unreadable)?;
            let instant = Timestamp::from_millisecond(millis).map_err(|_| unreadable())?;
            Ok(instant.to_zoned(TimeZone::UTC).date())
        }
        None => {
            let date = text.split(['T', ' ']).next().unwrap_or_default();
            date.parse().map_err(|_| unreadable())
        }
    }
}

/// A day as a literal of the vendor's filters.
pub(super) fn literal(date: Date) -> String {
    format!("DateTime({},{:02},{:02})", date.year(), date.month(), date.day())
}

/// An instant as the vendor takes it in headers: in UTC without saying so, whole seconds.
pub(super) fn instant(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_in_utc() {
        let at = "2026-11-20T18:05:09.75+02:00".parse().unwrap();
        assert_eq!(instant(at), "2026-11-20T16:05:09");
    }
    use jiff::civil::date;

    #[test]
    fn both_spellings_of_a_day_are_read() {
        let cases = [
            ("/Date(1552262400000+0000)/", Some(date(2019, 3, 11))),
            ("/Date(1573755038314)/", Some(date(2019, 11, 14))),
            ("/Date(-86400000+0000)/", Some(date(1969, 12, 31))),
            ("/Date(1539129600000-0700)/", Some(date(2018, 10, 10))),
            ("2026-11-20", Some(date(2026, 11, 20))),
            ("2026-11-20T00:00:00", Some(date(2026, 11, 20))),
            ("2019-03-11 00:00:00", Some(date(2019, 3, 11))),
            ("/Date()/", None),
            ("20.11.2026", None),
        ];
        for (text, expected) in cases {
            assert_eq!(day(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn a_day_is_written_as_filters_want_it() {
        assert_eq!(literal(date(2026, 1, 9)), "DateTime(2026,01,09)");
    }
}
