//! Closed periods: what belongs to one is entered on the first open day, and says so.
//!
//! Nothing is ever changed in a closed period, and nothing is dated in it. A fact that comes late
//! is a difference of the period that is open, and keeps the day that it relates to.

use crate::document::{Document, Header, relating_to};
use jiff::ToSpan;
use jiff::civil::Date;

/// Which periods of a book are closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closing {
    /// The last closed day, in the books' zone; none where every day is open.
    pub until: Option<Date>,
}

impl Closing {
    /// Whether nothing may be dated on this day.
    #[must_use]
    pub fn covers(self, date: Date) -> bool {
        self.until.is_some_and(|until| date <= until)
    }

    /// The day itself where it is open, otherwise the first open day.
    #[must_use]
    pub fn open_day(self, date: Date) -> Date {
        let first = self.until.and_then(|until| until.checked_add(1.day()).ok());
        first.map_or(date, |first| first.max(date))
    }

    /// A document as it may be entered, and the day that it relates to where it had to move.
    pub(super) fn place(self, document: Document) -> (Document, Option<Date>) {
        let date = document.header().date;
        if !self.covers(date) {
            return (document, None);
        }
        let (header, lines) = document.into_parts();
        let memo = relating_to(&header.memo, date);
        let header = Header { date: self.open_day(date), memo, ..header };
        let moved = Document::new(header, lines).expect("its lines balanced before it was moved");
        (moved, Some(date))
    }
}
