//! Laws of stock that a book keeps itself, from its order on: it is told units, and enters what
//! they cost.

use crate::documents::kept;
use crate::ends::BOOKS;
use crate::pushing::InDoubt;
use crate::stage::{DAY, Stage, Strike, Sums};
use saldo_core::book::Outcome;
use saldo_core::document::{Document, DocumentKind, Header};
use saldo_core::ledger::Account;

/// The books that keep stock, and take orders for it.
fn keepers() -> impl Iterator<Item = &'static str> {
    let takes_orders = |name: &&str| {
        let description = saldo_books::book(name).unwrap().description();
        description.keeps_stock && description.takes(DocumentKind::PurchaseOrder)
    };
    BOOKS.into_iter().filter(takes_orders)
}

/// What documents amount to with what the book enters itself: two mugs sold, and one that is lost,
/// at ten each.
fn with_costs(stage: &Stage, documents: &[Document]) -> Sums {
    let mut sums = stage.sums(documents);
    let counted = documents.last().unwrap().lines().last().unwrap();
    let own: [(&Account, i64); 3] =
        [(&kept().cost, 2_000), (&counted.account, 1_000), (&kept().stock, -3_000)];
    for (account, minor) in own {
        *sums.entry(stage.name(account)).or_default() += minor;
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

#[test]
fn some_book_keeps_stock_and_takes_what_only_units_say() {
    assert!(keepers().count() > 1);
    for book in keepers() {
        let description = saldo_books::book(book).unwrap().description();
        assert!(description.takes(DocumentKind::InventoryAdjustment), "{book}");
    }
}

#[test]
fn units_leave_at_what_they_came_in_for() {
    for book in keepers() {
        let mut stage = Stage::new(book);
        stage.read_chart();
        let documents = stage.shop.stock();
        let moved = stage.moved(|stage| {
            for document in &documents {
                stage.enter(document);
            }
        });
        assert_eq!(moved, with_costs(&stage, &documents), "{book}");
        stage.wait(180);
        for document in &documents {
            let subject = stage.subject(document);
            let outcome = stage.look(std::slice::from_ref(&subject)).remove(0);
            let slot = &document.header().slot;
            assert!(matches!(outcome, Outcome::Found(_)), "{book}: {slot}: {outcome:?}");
        }
        let numbers = stage.listed(DAY, DAY).into_iter().filter_map(|held| held.number);
        let numbers: Vec<String> = numbers.collect();
        for document in &documents {
            let key = stage.key(document).to_string();
            let is_listed = numbers.iter().any(|number| number.ends_with(&key));
            assert!(is_listed, "{book}: {}", document.header().slot);
        }
    }
}

#[test]
fn what_is_taken_back_leaves_the_ledger_as_it_was() {
    for book in keepers() {
        let mut stage = Stage::new(book);
        stage.read_chart();
        let documents = stage.shop.stock();
        for document in &documents {
            stage.enter(document);
        }
        let before = stage.ledger();
        // An order is closed, and not reversed.
        let moving = documents.iter().filter(|it| it.header().kind != DocumentKind::PurchaseOrder);
        for document in moving {
            let of = |of: Document, end: &str| {
                let slot = format!("{}/{end}", document.header().slot);
                let header = Header { slot, applies_to: None, ..of.header().clone() };
                Document::new(header, of.lines().to_vec()).unwrap()
            };
            stage.enter(&of(document.reversal(DAY), "back"));
            assert_ne!(stage.ledger(), before, "{book}: {}", document.header().slot);
            stage.enter(&of(document.clone(), "again"));
            assert_eq!(stage.ledger(), before, "{book}: {}", document.header().slot);
        }
    }
}

#[test]
fn whatever_request_is_lost_units_move_once() {
    for book in keepers() {
        let mut whole = Stage::new(book);
        let documents = whole.shop.stock();
        whole.push(&documents, InDoubt::Look);
        let (requests, expected) = (whole.asked, whole.ledger());
        assert_eq!(expected, with_costs(&whole, &documents), "{book}");
        for place in 0..requests {
            for strike in [Strike::Before, Strike::After] {
                let about = format!("{book}: request {place} of {requests}, {strike:?}");
                let mut stage = Stage::new(book);
                stage.strike = Some((place, strike));
                stage.push(&documents, InDoubt::Look);
                assert!(stage.asked > place, "{about}");
                assert_eq!(stage.ledger(), expected, "{about}");
                stage.wait(180);
                assert_eq!(stage.listed(DAY, DAY).len(), documents.len(), "{about}");
            }
        }
    }
}
