//! The book against a simulated organisation that knows nothing of it: the ledger there is what the
//! documents here amount to, to the cent and account by account.

#![expect(clippy::unwrap_used, reason = "a test whose ground gives way fails")]

mod documents;
mod drafts;
mod organisation;

use jiff::civil::{Date, date};
use organisation::{BOOK, Books, sums};
use saldo_core::book::{Outcome, RefusalKind, Subject, Task};
use saldo_core::document::Document;
use saldo_core::ledger::Side;
use std::collections::BTreeSet;

const DAY: Date = date(2026, 11, 20);

#[test]
fn every_document_amounts_in_the_vendors_ledger_to_its_own_entry() {
    let documents = documents::of_every_kind();
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
fn every_document_is_found_as_it_was_entered() {
    let documents = documents::of_every_kind();
    let mut books = Books::new();
    for document in &documents {
        books.enter(document);
    }
    let subjects: Vec<Subject> = documents.iter().map(|it| books.subject(it)).collect();
    let outcomes = books.look(&subjects);
    for (document, outcome) in documents.iter().zip(outcomes) {
        assert!(matches!(outcome, Outcome::Found(_)), "{} {outcome:?}", document.header().slot);
    }
    let never = documents::sale_of("never", "1.00");
    let never = books.subject(&never);
    assert_eq!(books.look(&[never]), [Outcome::Absent]);
}

#[test]
fn lists_show_every_document_with_its_number_and_version() {
    let documents = documents::of_every_kind();
    let mut books = Books::new();
    let entered: Vec<_> = documents.iter().map(|document| books.enter(document)).collect();
    let listed = books.listed(DAY, DAY);
    for (document, acknowledgement) in documents.iter().zip(entered) {
        let held = listed.iter().find(|it| it.remote == acknowledgement.remote);
        let held = held.unwrap_or_else(|| panic!("{} is not listed", document.header().slot));
        assert_eq!(held.number, Some(books.key(document).to_string()));
        // A payment changes the invoice or bill that it pays.
        if !document.header().kind.takes_payments() {
            assert_eq!(held.version, acknowledgement.version, "{}", document.header().slot);
        }
    }
}

#[test]
fn the_trial_balance_is_the_ledger() {
    let mut books = Books::new();
    let documents = documents::of_every_kind();
    for document in &documents {
        books.enter(document);
    }
    assert_eq!(books.balances(DAY), books.ledger());
    assert!(books.balances(date(2026, 11, 19)).values().all(|minor| *minor == 0));
}

#[test]
fn profit_and_loss_is_what_income_and_expenses_moved_by() {
    let mut books = Books::new();
    let documents = documents::of_every_kind();
    for document in &documents {
        books.enter(document);
    }
    let is_result = |side: Side| matches!(side, Side::Income | Side::Expenses);
    let lines = documents.iter().flat_map(Document::lines);
    let names: BTreeSet<String> = lines
        .filter(|line| is_result(line.account.kind.side()))
        .map(|line| line.account.name.to_lowercase())
        .collect();
    let mut expected = sums(&documents);
    expected.retain(|name, _| names.contains(name));
    assert_eq!(books.result(DAY, DAY), expected);
    assert!(books.result(date(2026, 11, 1), date(2026, 11, 19)).is_empty());
}

#[test]
fn the_same_request_again_enters_nothing_twice() {
    let mut books = Books::new();
    let sale = documents::sale_of("again", "60.00");
    books.prepare(&sale);
    let tasks = [Task::Create(books.subject(&sale))];
    let first = books.ask(&tasks, "token-1");
    let entered = books.ledger();
    books.wait(290);
    assert_eq!(books.ask(&tasks, "token-1"), first);
    assert_eq!(books.ledger(), entered);
}

#[test]
fn a_number_that_is_taken_is_told_and_nothing_is_overwritten() {
    let mut books = Books::new();
    let claim = documents::claim();
    books.enter(&claim);
    let entered = books.ledger();
    let tasks = [Task::Create(books.subject(&claim))];
    let [Outcome::Refused(refusal)] = &books.ask(&tasks, "another-token")[..] else { panic!() };
    assert_eq!(refusal.kind, RefusalKind::DuplicateNumber, "{}", refusal.message);
    assert_eq!(books.ledger(), entered);
}

#[test]
fn a_locked_day_is_told_before_and_after() {
    let mut books = Books::new();
    let sale = documents::sale_of("late", "60.00");
    books.prepare(&sale);
    books.lock(DAY);
    let [Outcome::Settings(settings)] = &books.ask(&[Task::ReadSettings], "t")[..] else {
        panic!()
    };
    assert_eq!(settings.closed_until, Some(DAY));
    let tasks = [Task::Create(books.subject(&sale))];
    let [Outcome::Refused(refusal)] = &books.ask(&tasks, "token-1")[..] else { panic!() };
    assert_eq!(refusal.kind, RefusalKind::PeriodClosed, "{}", refusal.message);
}

#[test]
fn fifty_documents_are_one_request_and_one_bad_one_spoils_no_other() {
    let mut books = Books::new();
    let sales: Vec<Document> =
        (0..50).map(|number| documents::sale_of(&format!("many/{number}"), "60.00")).collect();
    sales.iter().for_each(|sale| books.prepare(sale));
    let tasks: Vec<Task> = sales.iter().map(|sale| Task::Create(books.subject(sale))).collect();
    let before = books.calls();
    let outcomes = books.ask(&tasks, "token-1");
    assert_eq!(books.calls() - before, 1);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done(_))));
    books.archive_account(&documents::fees());
    let mixed = [
        documents::sale_of("one", "6.00"),
        documents::expense("bad"),
        documents::sale_of("two", "6.00"),
    ];
    mixed.iter().for_each(|document| books.prepare(document));
    let tasks: Vec<Task> = mixed.iter().map(|it| Task::Create(books.subject(it))).collect();
    let outcomes = books.ask(&tasks, "token-2");
    let [Outcome::Done(_), Outcome::Refused(refusal), Outcome::Done(_)] = &outcomes[..] else {
        panic!("{outcomes:?}")
    };
    assert_eq!(refusal.kind, RefusalKind::BadReference, "{}", refusal.message);
}

#[test]
fn what_somebody_changed_there_is_found_different() {
    let mut books = Books::new();
    let sale = documents::sale_of("changed", "60.00");
    let entered = books.enter(&sale);
    books.change(&format!("BankTransactions/{}", entered.remote), r#"{"Reference":"mine"}"#);
    let subject = books.subject(&sale);
    assert_eq!(books.look(&[subject]), [Outcome::Absent], "its mark is gone");
    let text = format!(r#"{{"Reference":"mine saldo:{}","Date":"2026-11-21"}}"#, books.key(&sale));
    books.change(&format!("BankTransactions/{}", entered.remote), &text);
    let listed = books.listed(DAY, date(2026, 11, 30));
    let held = listed.iter().find(|it| it.remote == entered.remote).unwrap();
    assert_ne!(held.version, entered.version, "and a proof looks at it");
}

#[test]
fn of_the_chart_only_people_that_are_news_are_told() {
    let mut books = Books::new();
    let (people, rest) = books.chart_since(-3_600);
    assert!(people.is_empty() && rest > 20, "{people:?} {rest}");
    books.wait(700);
    books.enter(&documents::bill());
    let (people, with_news) = books.chart_since(60);
    assert_eq!(people, ["Potter & Sons", "Potter & Sons"], "as customer and as supplier");
    assert!(with_news > rest, "accounts and items are told whole");
    books.wait(700);
    assert_eq!(books.chart_since(60).0, Vec::<String>::new());
}

#[test]
fn the_book_is_in_the_table() {
    assert_eq!(saldo_books::book("xero").unwrap().description().title, "Xero");
}
