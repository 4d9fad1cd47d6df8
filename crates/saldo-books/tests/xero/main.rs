//! What is particular to this book, against a simulated organisation that knows nothing of it:
//! shapes of documents that no other book tells apart, numbers that the vendor keeps unique,
//! drafts, and what lists tell. The laws of all books stand in `contract`.

#![expect(clippy::unwrap_used, reason = "a test whose ground gives way fails")]

mod amended;
mod documents;
mod drafts;
mod organisation;
mod stock;
mod taxes;

use jiff::civil::{Date, date};
use organisation::{BOOK, Books, sums};
use saldo_core::book::{Outcome, RefusalKind, Subject, Task};
use saldo_core::document::Document;
use saldo_core::text::RemoteId;

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
fn fifty_documents_are_one_request() {
    let mut books = Books::new();
    let sales: Vec<Document> =
        (0..50).map(|number| documents::sale_of(&format!("many/{number}"), "60.00")).collect();
    sales.iter().for_each(|sale| books.prepare(sale));
    let tasks: Vec<Task> = sales.iter().map(|sale| Task::Create(books.subject(sale))).collect();
    let before = books.calls();
    let outcomes = books.ask(&tasks, "token-1");
    assert_eq!(books.calls() - before, 1);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done(_))));
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
fn changes_tell_what_was_changed_and_deleted_since() {
    let mut books = Books::new();
    let claims = [0, 1, 2].map(documents::claim_of);
    let entered = claims.each_ref().map(|claim| {
        let draft = books.draft(claim);
        books.enter_as(claim, draft)
    });
    let sale = books.enter(&documents::sale_of("sale", "60.00"));
    books.wait(700);
    assert_eq!(books.changed(600), []);
    let [changed, deleted, _] = &entered;
    books.change(&format!("Invoices/{}", changed.remote), r#"{"Reference":"mine"}"#);
    books.change(&format!("Invoices/{}", deleted.remote), r#"{"Status":"DELETED"}"#);
    books.change(&format!("BankTransactions/{}", sale.remote), r#"{"Reference":"mine"}"#);
    let told = books.changed(600);
    let of = |remote: &RemoteId| told.iter().find(|it| it.remote == *remote).unwrap();
    assert_eq!(told.len(), 2, "bank transactions are left to a proof: {told:?}");
    assert_eq!(of(&changed.remote).number, Some(books.key(&claims[0]).to_string()));
    assert!(of(&changed.remote).version.is_some());
    assert_ne!(of(&changed.remote).version, changed.version);
    assert_eq!(of(&deleted.remote).version, None, "what is deleted has none");
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
