//! Drafts in a simulated organisation: entered, confirmed, changed and deleted by somebody else.

use super::documents::{self, of_every_kind};
use super::organisation::{Books, sums};
use super::{BOOK, DAY};
use saldo_core::book::{Acknowledgement, Book, Outcome, RefusalKind, Task};
use saldo_core::document::Document;

/// The documents of every kind that can be a draft, each in its own direction.
fn owed() -> Vec<Document> {
    let documents = of_every_kind().into_iter();
    documents.filter(|document| BOOK.holds_drafts(document.header().kind)).collect()
}

/// Where the vendor has a document, and what it calls it.
fn path(document: &Document, entered: &Acknowledgement) -> String {
    let place = BOOK.place(&Books::new().subject(document));
    format!("{place}/{}", entered.remote)
}

#[test]
fn a_draft_is_in_no_ledger_until_it_is_confirmed() {
    let mut books = Books::new();
    let before = books.ledger();
    let documents = owed();
    assert_eq!(documents.len(), 4, "an invoice, a bill, and a credit note of each");
    for document in &documents {
        let entered = books.enter_as(document, books.draft(document));
        assert_eq!(books.ledger(), before, "{}", document.header().slot);
        let draft = books.draft(document);
        assert!(matches!(&books.look(&[draft])[..], [Outcome::Found(_)]));
        let confirmed = books.confirmed(document);
        assert_eq!(
            books.look(std::slice::from_ref(&confirmed)),
            [Outcome::Absent],
            "nobody approved it"
        );
        let outcome = books.ask(&[Task::Create(confirmed.clone())], "confirm").remove(0);
        let Outcome::Done(acknowledged) = outcome else { panic!("{outcome:?}") };
        assert_eq!(acknowledged.remote, entered.remote);
        assert_eq!(acknowledged.total, entered.total);
        assert!(matches!(&books.look(&[confirmed])[..], [Outcome::Found(_)]));
        let mut moved = books.ledger();
        for (account, minor) in &before {
            *moved.entry(account.clone()).or_default() -= minor;
        }
        moved.retain(|_, minor| *minor != 0);
        assert_eq!(moved, sums(std::slice::from_ref(document)), "and it is as it was entered");
        books = Books::new();
    }
}

#[test]
fn fifty_drafts_are_confirmed_by_one_request() {
    let mut books = Books::new();
    let claims: Vec<Document> = (0..50).map(documents::claim_of).collect();
    for claim in &claims {
        books.enter_as(claim, books.draft(claim));
    }
    let tasks: Vec<Task> = claims.iter().map(|it| Task::Create(books.confirmed(it))).collect();
    let before = books.calls();
    let outcomes = books.ask(&tasks, "confirm");
    assert_eq!(books.calls() - before, 1);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done(_))), "{outcomes:?}");
    // Again, as after an answer that was lost.
    books.wait(900);
    let again = books.ask(&tasks, "confirm later");
    assert!(again.iter().all(|outcome| matches!(outcome, Outcome::Done(_))), "{again:?}");
}

#[test]
fn what_somebody_did_with_a_draft_is_told() {
    for document in owed() {
        let mut books = Books::new();
        let slot = document.header().slot.clone();
        let entered = books.enter_as(&document, books.draft(&document));
        let (draft, confirmed) = (books.draft(&document), books.confirmed(&document));
        let path = path(&document, &entered);
        books.change(&path, r#"{"Status":"SUBMITTED"}"#);
        assert_eq!(
            books.look(std::slice::from_ref(&confirmed)),
            [Outcome::Absent],
            "{slot}: it still waits"
        );
        books.change(&path, r#"{"Date":"2026-11-19"}"#);
        for subject in [draft.clone(), confirmed.clone()] {
            let told = format!("{:?}", books.look(&[subject]));
            assert!(told.contains("date: sent 2026-11-20, held 2026-11-19"), "{slot}: {told}");
        }
        let outcome = books.ask(&[Task::Create(confirmed.clone())], "confirm").remove(0);
        let told = format!("{outcome:?}");
        assert!(told.contains("FoundDifferent") && told.contains("held 2026-11-19"), "{told}");

        let mut books = Books::new();
        books.enter_as(&document, books.draft(&document));
        books.change(&path, r#"{"Status":"DELETED"}"#);
        let told = format!("{:?}", books.look(std::slice::from_ref(&confirmed)));
        assert!(told.contains("it is deleted") || told.contains("is gone"), "{slot}: {told}");
        assert!(!matches!(books.look(&[draft])[0], Outcome::Found(_)), "{slot}");
        assert!(books.listed(DAY, DAY).iter().all(|it| it.remote != entered.remote), "{slot}");
        let [Outcome::Refused(refusal)] = &books.ask(&[Task::Create(confirmed)], "late")[..] else {
            panic!("{slot}: a deleted draft is confirmed")
        };
        assert_eq!(refusal.kind, RefusalKind::Fixed, "{}", refusal.message);
    }
}

#[test]
fn a_draft_that_somebody_approved_there_is_found_confirmed() {
    for document in owed() {
        let mut books = Books::new();
        let entered = books.enter_as(&document, books.draft(&document));
        books.change(&path(&document, &entered), r#"{"Status":"AUTHORISED"}"#);
        let confirmed = books.confirmed(&document);
        assert!(matches!(&books.look(&[confirmed])[..], [Outcome::Found(_)]));
    }
}

#[test]
fn a_draft_takes_no_payment() {
    let mut books = Books::new();
    let claim = documents::claim();
    books.enter_as(&claim, books.draft(&claim));
    let payment = of_every_kind().into_iter().find(|it| it.header().slot == "order/1002/payment");
    let payment = payment.unwrap();
    books.prepare(&payment);
    let tasks = [Task::Create(books.subject(&payment))];
    let [Outcome::Refused(refusal)] = &books.ask(&tasks, "pay")[..] else { panic!() };
    assert!(refusal.message.contains("AUTHORISED"), "{}", refusal.message);
}
