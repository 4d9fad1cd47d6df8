//! What a book's own arithmetic makes of a document.
//!
//! Where a book works out amounts itself, as some do with the tax of a line, what it holds may
//! differ from what was sent. The first choice is always to send the amount as it is. Where a book
//! does not take it, a cent a line stands on a line and an account of its own; anything more is no
//! rounding, and the document is not entered.

use crate::document::{Document, Line, LineKind};
use crate::ledger::{Account, Dimensions, Unbalanced};
use crate::money::{Money, MoneyError};
use thiserror::Error;

/// By how many of the currency's smallest units a book may round a line otherwise.
pub const MOST_IN_A_LINE: u64 = 1;
/// By how many of them the lines of a document may differ together, whichever way each.
pub const MOST_IN_A_DOCUMENT: u64 = 5;

/// Why what a book makes of a document is no rounding.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotRounding {
    /// A line differs by too much.
    #[error("the book makes {computed} of `{text}`, which is {sent}: that is no rounding")]
    Line {
        /// What the line says.
        text: String,
        /// What was to be sent.
        sent: Money,
        /// What the book makes of it.
        computed: Money,
    },
    /// All lines together differ by too much.
    #[error("the book rounds the lines by {0} in all, which is too much for one document")]
    Document(Money),
    /// Amounts are of different currencies, or too large.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// What comes of it does not balance.
    #[error(transparent)]
    Unbalanced(#[from] Unbalanced),
}

/// The document as a book holds it that makes of each line what `computed` says, with what that
/// differs by on a line on the account of roundings. What the document settles, and what a buyer
/// owes, is never changed.
///
/// # Errors
/// [`NotRounding`] where a line differs by more than [`MOST_IN_A_LINE`], or all together by more
/// than [`MOST_IN_A_DOCUMENT`].
pub fn as_computed(
    document: &Document,
    computed: impl Fn(&Line) -> Money,
    rounding: &Account,
) -> Result<Document, NotRounding> {
    let header = document.header().clone();
    let mut difference = Money::zero(header.currency);
    let mut in_all = Money::zero(header.currency);
    let mut lines = Vec::new();
    for line in document.lines() {
        if matches!(line.kind, LineKind::Settlement | LineKind::Receivable) {
            lines.push(line.clone());
            continue;
        }
        let (sent, computed) = (line.amount, computed(line));
        let more = computed.minus(sent)?;
        if more.minor().unsigned_abs() > MOST_IN_A_LINE {
            return Err(NotRounding::Line { text: line.text.clone(), sent, computed });
        }
        difference = difference.plus(more)?;
        in_all = in_all.plus(more.abs())?;
        lines.push(Line { amount: computed, ..line.clone() });
    }
    if in_all.minor().unsigned_abs() > MOST_IN_A_DOCUMENT {
        return Err(NotRounding::Document(in_all));
    }
    if !difference.is_zero() {
        lines.push(Line {
            kind: LineKind::Other { taxed: false },
            account: rounding.clone(),
            dimensions: Dimensions::default(),
            amount: difference.negated(),
            foreign: None,
            taxes: Vec::new(),
            quantity: None,
            text: "Rounded by the book".to_owned(),
            origin: header.slot.clone(),
        });
    }
    Ok(Document::new(header, lines)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{DocumentKind, Header};
    use crate::ledger::AccountKind;
    use crate::money::Currency;

    /// A receipt with so many lines of 10.00, and what a book makes of it that adds cents to each.
    fn rounded(cents: &[i64]) -> Result<Document, NotRounding> {
        let usd = Currency::parse("USD").unwrap();
        let header = Header {
            slot: "shop/Order/1".to_owned(),
            kind: DocumentKind::SalesReceipt,
            date: "2026-03-10".parse().unwrap(),
            currency: usd,
            party: None,
            applies_to: None,
            due: None,
            ships_to: None,
            reference: "#1001".to_owned(),
            memo: "Order #1001".to_owned(),
        };
        let line = |kind, name, minor, text: String| Line {
            kind,
            account: Account::new(name, AccountKind::Income),
            dimensions: Dimensions::default(),
            amount: Money::from_minor(minor, usd),
            foreign: None,
            taxes: Vec::new(),
            quantity: None,
            text,
            origin: String::new(),
        };
        let sold = |index: usize| {
            line(LineKind::Other { taxed: false }, "Sales", -1_000, index.to_string())
        };
        let mut lines: Vec<Line> = (0..cents.len()).map(sold).collect();
        let paid = i64::try_from(cents.len()).unwrap() * 1_000;
        lines.push(line(LineKind::Settlement, "Clearing", paid, "Paid".to_owned()));
        let document = Document::new(header, lines).unwrap();
        let computed = |line: &Line| {
            let index: usize = line.text.parse().unwrap();
            line.amount.plus(Money::from_minor(cents[index], usd)).unwrap()
        };
        as_computed(&document, computed, &Account::new("Rounding", AccountKind::Expense))
    }

    fn on_rounding(document: &Document) -> Vec<i64> {
        let lines = document.lines().iter().filter(|line| &*line.account.name == "Rounding");
        lines.map(|line| line.amount.minor()).collect()
    }

    #[test]
    fn a_cent_a_line_and_five_a_document_are_rounding() {
        assert_eq!(on_rounding(&rounded(&[0, 0]).unwrap()), [] as [i64; 0]);
        assert_eq!(on_rounding(&rounded(&[1, 0]).unwrap()), [-1]);
        assert_eq!(on_rounding(&rounded(&[1, -1]).unwrap()), [] as [i64; 0], "they cancel");
        assert_eq!(on_rounding(&rounded(&[-1, -1, -1, -1, -1]).unwrap()), [5]);
        assert!(matches!(rounded(&[2]), Err(NotRounding::Line { .. })));
        assert!(matches!(rounded(&[1, -1, 1, -1, 1, -1]), Err(NotRounding::Document(_))));
    }

    #[test]
    fn what_is_no_rounding_is_said_in_words() {
        let error = rounded(&[-2]).unwrap_err().to_string();
        insta::assert_snapshot!(
            error,
            @"the book makes -10.02 USD of `0`, which is -10.00 USD: that is no rounding"
        );
    }
}
