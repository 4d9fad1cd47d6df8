//! The accounting systems that Saldo pushes to: what to ask them and what their answers mean.
//!
//! Each book is a folder of this crate and one line of the table below. A book knows the
//! vocabulary of `saldo-core` and nothing else: no channel, no sibling, no store, no network.
//! [`Book::ask`] and [`Book::hear`] are pure functions; whoever calls them does the asking, the
//! waiting and the repeating.

pub mod feed;
mod foreign;
mod json;
mod letters;
pub mod plain_text;
pub mod quickbooks_desktop;
pub mod quickbooks_online;
pub mod xero;

use saldo_core::book::Book;

/// Every book, in the order in which people are shown them.
static BOOKS: &[&dyn Book] = &[
    &quickbooks_online::QuickBooksOnline,
    &xero::Xero,
    &plain_text::PlainText,
    &quickbooks_desktop::QuickBooksDesktop,
];

/// Every book that there is.
pub fn books() -> impl Iterator<Item = &'static dyn Book> {
    BOOKS.iter().copied()
}

/// The book of this name (`quickbooks-online`); none where there is no such book.
#[must_use]
pub fn book(name: &str) -> Option<&'static dyn Book> {
    books().find(|book| book.description().name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_book_is_found_by_its_name_and_by_no_other() {
        for known in books() {
            let name = known.description().name;
            assert_eq!(book(name).map(|found| found.description().name), Some(name));
        }
        assert!(book("QuickBooks Online").is_none());
    }
}
