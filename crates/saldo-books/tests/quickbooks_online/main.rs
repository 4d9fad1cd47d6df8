//! Purchases in the book, against a simulated company that knows nothing of it: the ledger there is
//! what the documents here amount to, to the cent and account by account.

#![expect(clippy::unwrap_used, reason = "a test whose ground gives way fails")]

mod company;
mod currencies;
mod documents;
mod stock;
mod taxes;

use company::{Books, sums};
use documents::DAY;
use saldo_core::book::{Outcome, RefusalKind, Subject, Task};

#[test]
fn every_purchase_amounts_in_the_vendors_ledger_to_its_own_entry() {
    let documents = documents::of_purchases();
    let mut books = Books::new();
    let before = books.ledger();
    for document in &documents {
        books.enter(document);
    }
    let mut moved = books.ledger();
    for (account, minor) in before {
        *moved.entry(account).or_default() -= minor;
    }
    moved.retain(|_, minor| *minor != 0);
    assert_eq!(moved, sums(&documents));
}

#[test]
fn every_purchase_is_found_and_listed_as_it_was_entered() {
    let documents = documents::of_purchases();
    let mut books = Books::new();
    let entered: Vec<_> = documents.iter().map(|document| books.enter(document)).collect();
    let subjects: Vec<Subject> = documents.iter().map(|it| books.subject(it)).collect();
    let listed = books.listed(DAY, DAY);
    for ((document, subject), acknowledgement) in documents.iter().zip(subjects).zip(entered) {
        let slot = &document.header().slot;
        let outcome = books.look(&subject);
        assert!(matches!(outcome, Outcome::Found(_)), "{slot} {outcome:?}");
        let held = listed.iter().find(|it| it.remote == acknowledgement.remote);
        let held = held.unwrap_or_else(|| panic!("{slot} is not listed"));
        assert_eq!(held.number, Some(books.key(document).to_string()));
        // A payment changes the bill that it pays.
        if !document.header().kind.takes_payments() {
            assert_eq!(held.version, acknowledgement.version, "{slot}");
        }
    }
    let never = books.subject(&documents::bill("never", "1.00"));
    assert_eq!(books.look(&never), Outcome::Absent);
}

#[test]
fn a_bill_is_settled_by_its_payments_and_takes_no_more() {
    let mut books = Books::new();
    let bill = documents::bill("bill/1", "80.00");
    books.enter(&bill);
    for (slot, amount) in [("pay/1", "50.00"), ("pay/2", "30.00")] {
        books.enter(&documents::payment(slot, amount));
    }
    assert_eq!(books.open(&bill), "0");
    let more = documents::payment("pay/3", "0.01");
    books.prepare(&more);
    let tasks = [Task::Create(books.subject(&more))];
    let outcomes = books.ask(&tasks, "more");
    let [Outcome::Refused(refusal)] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!(refusal.kind, RefusalKind::Other);
}

#[test]
fn a_bill_that_was_entered_twice_is_told_by_its_number() {
    let mut books = Books::new();
    let bill = documents::bill("bill/1", "80.00");
    books.enter(&bill);
    let tasks = [Task::Create(books.subject(&bill))];
    let outcomes = books.ask(&tasks, "again");
    let [Outcome::Refused(refusal)] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!(refusal.kind, RefusalKind::DuplicateNumber);
}
