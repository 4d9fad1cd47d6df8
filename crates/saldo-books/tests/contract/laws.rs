//! Laws of a good day.

use crate::documents::fees;
use crate::ends::BOOKS;
use crate::pushing::InDoubt;
use crate::stage::{DAY, Stage};
use jiff::civil::date;
use saldo_core::book::{Outcome, RefusalKind, Task};
use saldo_core::document::Document;
use saldo_core::ledger::Side;
use saldo_core::text::RemoteId;

/// A stage on which documents of every kind were entered one by one.
fn entered(book: &str) -> (Stage, Vec<Document>) {
    let mut stage = Stage::new(book);
    stage.read_chart();
    let documents = stage.shop.documents();
    for document in &documents {
        stage.enter(document);
    }
    stage.wait(180);
    (stage, documents)
}

/// What the book calls a document that was entered.
fn remote(stage: &Stage, document: &Document) -> RemoteId {
    stage.context.bindings.document(stage.key(document)).unwrap().clone()
}

#[test]
fn every_document_amounts_at_the_other_end_to_its_own_entry() {
    for book in BOOKS {
        let mut stage = Stage::new(book);
        stage.read_chart();
        for document in stage.shop.documents() {
            let moved = stage.moved(|stage| {
                stage.enter(&document);
            });
            assert_eq!(moved, stage.sums([&document]), "{book}: {}", document.header().slot);
        }
    }
}

#[test]
fn many_at_a_time_amount_to_the_same_as_one_by_one() {
    for book in BOOKS {
        let (alone, documents) = entered(book);
        let mut together = Stage::new(book);
        together.push(&documents, InDoubt::Look);
        assert_eq!(together.ledger(), alone.ledger(), "{book}");
        assert!(together.asked < alone.asked, "{book}: in fewer requests");
    }
}

#[test]
fn every_document_is_found_as_it_was_entered() {
    for book in BOOKS {
        let (mut stage, documents) = entered(book);
        for document in &documents {
            let subject = stage.subject(document);
            let outcome = stage.look(&[subject]).remove(0);
            let slot = &document.header().slot;
            let Outcome::Found(found) = outcome else { panic!("{book}: {slot} {outcome:?}") };
            assert_eq!(found.remote, remote(&stage, document), "{book}: {slot}");
        }
        let never = stage.shop.sale("never", "1.00");
        stage.prepare(&never, InDoubt::Look);
        let never = stage.subject(&never);
        assert_eq!(stage.look(&[never]), [Outcome::Absent], "{book}");
    }
}

#[test]
fn what_stands_there_with_other_content_is_found_different() {
    for book in BOOKS {
        let mut stage = Stage::new(book);
        stage.read_chart();
        let sale = stage.shop.sale("order/1", "60.00");
        stage.enter(&sale);
        stage.wait(180);
        // The same slot has the same number, whatever the document holds.
        let other = stage.shop.sale("order/1", "66.00");
        let subject = stage.subject(&other);
        let outcome = stage.look(&[subject]).remove(0);
        assert!(matches!(outcome, Outcome::FoundDifferent { .. }), "{book}: {outcome:?}");
    }
}

#[test]
fn lists_show_every_document_once_with_its_number_and_version() {
    for book in BOOKS {
        let (mut stage, documents) = entered(book);
        let listed = stage.listed(DAY, DAY);
        for document in &documents {
            let (slot, known) = (&document.header().slot, remote(&stage, document));
            let held: Vec<_> = listed.iter().filter(|it| it.remote == known).collect();
            let [held] = held[..] else { panic!("{book}: {slot} is listed {} times", held.len()) };
            let key = stage.key(document).to_string();
            assert!(held.number.as_ref().is_none_or(|number| *number == key), "{book}: {slot}");
            let subject = stage.subject(document);
            let Outcome::Found(found) = stage.look(&[subject]).remove(0) else { panic!("{slot}") };
            assert_eq!(held.version, found.version, "{book}: {slot}");
        }
        assert_eq!(listed.len(), documents.len(), "{book}");
        assert_eq!(stage.listed(date(2026, 11, 1), date(2026, 11, 19)), [], "{book}");
    }
}

#[test]
fn balances_are_the_ledger() {
    for book in BOOKS {
        let (mut stage, _) = entered(book);
        assert_eq!(stage.read(Task::ReadBalances { as_of: DAY }), stage.ledger(), "{book}");
        let before = stage.read(Task::ReadBalances { as_of: date(2026, 11, 19) });
        assert!(before.is_empty(), "{book}: {before:?}");
    }
}

#[test]
fn the_result_is_what_income_and_expenses_moved_by() {
    for book in BOOKS {
        let (mut stage, documents) = entered(book);
        let is_result = |side: Side| matches!(side, Side::Income | Side::Expenses);
        let lines = || documents.iter().flat_map(Document::lines);
        let of_result = lines().filter(|line| is_result(line.account.kind.side()));
        let expected: Vec<_> = of_result.map(|line| line.account.clone()).collect();
        let all = stage.sums(&documents);
        let result = stage.read(Task::ReadResult { from: DAY, until: DAY });
        for account in expected {
            let name = stage.name(&account);
            assert_eq!(result.get(&name), all.get(&name), "{book}: {name}");
        }
        let (from, until) = (date(2026, 11, 1), date(2026, 11, 19));
        assert!(stage.read(Task::ReadResult { from, until }).is_empty(), "{book}");
    }
}

#[test]
fn a_closed_day_is_told_before_and_after() {
    for book in BOOKS {
        let mut stage = Stage::new(book);
        stage.read_chart();
        let sale = stage.shop.sale("late", "60.00");
        stage.prepare(&sale, InDoubt::Look);
        if !stage.close(DAY) {
            assert!(!stage.book.description().has_settings, "{book}");
            continue;
        }
        let [Outcome::Settings(settings)] = &stage.ask(&[Task::ReadSettings], "t")[..] else {
            panic!("{book}")
        };
        assert_eq!(settings.closed_until, Some(DAY), "{book}");
        let tasks = [Task::Create(stage.subject(&sale))];
        let [Outcome::Refused(refusal)] = &stage.ask(&tasks, "token-1")[..] else {
            panic!("{book}")
        };
        assert_eq!(refusal.kind, RefusalKind::PeriodClosed, "{book}: {}", refusal.message);
    }
}

#[test]
fn the_same_request_again_enters_nothing_twice() {
    for book in BOOKS {
        let mut stage = Stage::new(book);
        stage.read_chart();
        let description = stage.book.description();
        if description.token_lives.is_none() && !description.idempotent {
            continue;
        }
        let sale = stage.shop.sale("again", "60.00");
        stage.prepare(&sale, InDoubt::Look);
        let tasks = [Task::Create(stage.subject(&sale))];
        let first = stage.ask(&tasks, "token-1");
        let once = stage.ledger();
        stage.wait(290);
        let again = stage.ask(&tasks, "token-1");
        if description.token_lives.is_some() {
            assert_eq!(again, first, "{book}");
        }
        assert_eq!(stage.ledger(), once, "{book}");
    }
}

#[test]
fn one_bad_document_among_many_spoils_no_other() {
    for book in BOOKS {
        let mut stage = Stage::new(book);
        stage.read_chart();
        let sales = ["one", "two"].map(|slot| stage.shop.sale(slot, "6.00"));
        let bad = stage.shop.expense("bad");
        let [first, second] = &sales;
        for document in [first, &bad, second] {
            stage.prepare(document, InDoubt::Look);
        }
        let place = |stage: &Stage, it: &Document| stage.book.place(&stage.subject(it));
        if place(&stage, first) != place(&stage, &bad) || !stage.archive(&fees()) {
            continue;
        }
        let subjects = [first, &bad, second].map(|document| stage.subject(document));
        let outcomes = stage.ask(&subjects.map(Task::Create), "token-1");
        let [Outcome::Done(_), Outcome::Refused(refusal), Outcome::Done(_)] = &outcomes[..] else {
            panic!("{book}: {outcomes:?}")
        };
        assert_eq!(refusal.kind, RefusalKind::BadReference, "{book}: {}", refusal.message);
        assert_eq!(stage.ledger(), stage.sums(&sales), "{book}");
    }
}
