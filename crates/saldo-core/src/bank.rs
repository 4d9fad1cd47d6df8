//! What a bank says of an account, beside what documents say of it.
//!
//! A row of a statement and a document belong together where they move the same amount, at most
//! [`DAYS_APART`] days from each other. That enters nothing: it names the deposit of each payout,
//! and what nobody knows yet.

use crate::feed::FeedRow;
use crate::money::Money;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};

/// How many days a bank and a document may be apart.
pub const DAYS_APART: i32 = 3;

/// A row of a bank's statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BankRow {
    /// What it is told from all others of its account by, for ever.
    pub id: String,
    /// The bank's day.
    pub day: Date,
    /// How much came in, or went out: positive is money that came in.
    pub amount: Money,
    /// What the bank says of it.
    pub text: String,
}

/// What a document moves on an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankDocument {
    /// How much, and when.
    pub row: FeedRow,
    /// What the document is for.
    pub slot: String,
    /// Whether it takes out what another one entered under the same slot.
    pub reverses: bool,
}

/// A document and the row of the bank that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BankPair {
    /// What the document moves on the account.
    pub document: FeedRow,
    /// The bank's row.
    pub row: BankRow,
}

/// What a bank says of an account, beside what documents say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BankPairs {
    /// What both say.
    pub found: Vec<BankPair>,
    /// What only the bank says.
    pub unknown: Vec<BankRow>,
    /// What only documents say, of days that the bank has told of to the end.
    pub missing: Vec<FeedRow>,
}

/// Puts each document to a row of the same amount, the earliest of both first. A document and what
/// reverses it count as none.
#[must_use]
pub fn pair(documents: Vec<BankDocument>, mut rows: Vec<BankRow>) -> BankPairs {
    rows.sort_by(|one, other| (one.day, &one.id).cmp(&(other.day, &other.id)));
    let days = rows.first().map(|row| row.day).zip(rows.last().map(|row| row.day));
    let mut open: BTreeMap<Money, VecDeque<BankRow>> = BTreeMap::new();
    for row in rows {
        open.entry(row.amount).or_default().push_back(row);
    }
    let mut pairs = BankPairs::default();
    for document in standing(documents) {
        let rows = open.entry(document.amount).or_default();
        while rows.front().is_some_and(|row| apart(document.day, row.day) < -DAYS_APART) {
            pairs.unknown.extend(rows.pop_front());
        }
        let is_near = |row: &mut BankRow| apart(document.day, row.day) <= DAYS_APART;
        match rows.pop_front_if(is_near) {
            Some(row) => pairs.found.push(BankPair { document, row }),
            None => pairs.missing.push(document),
        }
    }
    pairs.unknown.extend(open.into_values().flatten());
    pairs.unknown.sort_by(|one, other| (one.day, &one.id).cmp(&(other.day, &other.id)));
    pairs.missing.retain(|it| {
        days.is_some_and(|(first, last)| first <= it.day && apart(it.day, last) >= DAYS_APART)
    });
    pairs
}

/// How many days one day is before another.
fn apart(one: Date, other: Date) -> i32 {
    one.until(other).map_or(i32::MAX, |span| span.get_days())
}

/// The documents without those that another one reverses, and without what reverses them.
fn standing(mut documents: Vec<BankDocument>) -> Vec<FeedRow> {
    documents.sort_by(|one, other| {
        let order = |it: &BankDocument| (it.reverses, it.row.day, it.row.id.clone());
        order(one).cmp(&order(other))
    });
    let mut open: BTreeMap<(String, Money), Vec<FeedRow>> = BTreeMap::new();
    for BankDocument { row, slot, reverses } in documents {
        let amount = row.amount;
        let reversed = match reverses {
            true => open.get_mut(&(slot.clone(), amount.negated())).filter(|rows| !rows.is_empty()),
            false => None,
        };
        match reversed {
            Some(rows) => drop(rows.remove(0)),
            None => open.entry((slot, amount)).or_default().push(row),
        }
    }
    let mut standing: Vec<FeedRow> = open.into_values().flatten().collect();
    standing.sort_by(|one, other| (one.day, &one.id).cmp(&(other.day, &other.id)));
    standing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn usd(minor: i64) -> Money {
        Money::from_minor(minor, Currency::parse("USD").unwrap())
    }

    /// A document under the slot of the digits in its name; `r` before it stands for a reversal.
    fn document(id: &str, day: i8, minor: i64) -> BankDocument {
        let row = FeedRow {
            day: Date::constant(2026, 11, day),
            id: id.to_owned(),
            amount: usd(minor),
            payee: String::new(),
            description: String::new(),
        };
        let slot = id.chars().filter(char::is_ascii_digit).collect();
        BankDocument { row, slot, reverses: id.starts_with('r') }
    }

    fn row(id: &str, day: i8, minor: i64) -> BankRow {
        let day = Date::constant(2026, 11, day);
        BankRow { id: id.to_owned(), day, amount: usd(minor), text: String::new() }
    }

    /// The pairs, what only the bank says and what only documents say, as names.
    fn names(documents: &[BankDocument], rows: &[BankRow]) -> String {
        let pairs = pair(documents.to_vec(), rows.to_vec());
        let found = pairs.found.iter().map(|it| format!("{}-{}", it.document.id, it.row.id));
        let unknown = pairs.unknown.iter().map(|it| it.id.clone());
        let missing = pairs.missing.iter().map(|it| it.id.clone());
        let joined = |names: Vec<String>| names.join(" ");
        [joined(found.collect()), joined(unknown.collect()), joined(missing.collect())].join("; ")
    }

    #[test]
    fn what_both_say_is_paired_by_amount_within_three_days() {
        let end = row("end", 28, 1);
        let cases: [(&[BankDocument], &[BankRow], &str); 7] = [
            (&[document("1", 5, 100)], &[row("a", 8, 100)], "1-a; end; "),
            (&[document("1", 5, 100)], &[row("a", 2, 100)], "1-a; end; "),
            (&[document("1", 5, 100)], &[row("a", 9, 100)], "; a end; "),
            (&[document("1", 9, 100)], &[row("a", 5, 100)], "; a end; 1"),
            (&[document("1", 5, 100)], &[row("a", 5, 101)], "; a end; 1"),
            (&[document("1", 5, 100)], &[row("a", 5, -100)], "; a end; 1"),
            // As many as can be, though the nearest would leave one of each over.
            (
                &[document("1", 5, 100), document("2", 7, 100)],
                &[row("a", 7, 100), row("b", 10, 100)],
                "1-a 2-b; end; ",
            ),
        ];
        for (documents, rows, wanted) in cases {
            let rows = [rows, std::slice::from_ref(&end)].concat();
            assert_eq!(names(documents, &rows), wanted);
        }
    }

    #[test]
    fn as_many_of_another_currency_are_another_amount() {
        let mut euros = document("1", 5, 100);
        euros.row.amount = Money::from_minor(100, Currency::parse("EUR").unwrap());
        let rows = [row("a", 5, 100), row("end", 28, 1)];
        assert_eq!(names(&[euros], &rows), "; a end; 1");
    }

    #[test]
    fn what_the_bank_may_still_tell_is_not_missing() {
        let documents = [document("1", 4, 1), document("2", 7, 2), document("3", 8, 3)];
        let rows = [row("a", 5, 9), row("b", 10, 8)];
        assert_eq!(names(&documents, &rows), "; a b; 2");
        assert_eq!(names(&documents, &[]), "; ; ");
    }

    #[test]
    fn a_document_and_what_reverses_it_count_as_none() {
        let documents = [
            document("a1", 5, 100),
            document("r1", 5, -100),
            document("c1", 5, 100),
            // Of the same slot and not its reversal: the bank has both.
            document("d2", 6, 70),
            document("e2", 6, -70),
            // Of another slot.
            document("r3", 6, -200),
        ];
        let rows = [
            row("a", 6, 100),
            row("b", 7, 70),
            row("c", 7, -70),
            row("d", 7, -200),
            row("end", 20, 1),
        ];
        assert_eq!(names(&documents, &rows), "c1-a d2-b e2-c r3-d; end; ");
    }
}
