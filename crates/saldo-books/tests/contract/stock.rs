//! Items that a book keeps in stock: it counts their units and enters what they cost, once,
//! whatever request is lost.

use crate::ends::BOOKS;
use crate::pushing::InDoubt;
use crate::stage::{DAY, Stage, Strike, Sums};
use saldo_core::book::Outcome;
use saldo_core::document::{Document, DocumentKind, Header};
use std::collections::BTreeMap;

/// The books that keep stock.
fn stages() -> Vec<(&'static str, Stage)> {
    let stage = |book: &'static str| {
        let mut stage = Stage::new(book);
        let keeps = stage.keep_stock();
        let said = stage.book.description().keeps_stock;
        assert_eq!(keeps, said, "{book} keeps stock, and that is tried");
        keeps.then_some((book, stage))
    };
    let stages: Vec<_> = BOOKS.into_iter().filter_map(stage).collect();
    assert!(stages.len() > 1, "{}", stages.len());
    stages
}

/// What documents say of money, and what the book enters for units that came in at ten each.
fn expected(stage: &Stage, documents: &[Document]) -> (Sums, BTreeMap<String, String>) {
    let mut sums = stage.sums(documents);
    let mut units = BTreeMap::new();
    for (document, line) in documents.iter().flat_map(|it| it.lines().iter().map(move |l| (it, l)))
    {
        let Some((kept, moved)) = line.stock_move() else { continue };
        *units.entry(kept.key.trim_start_matches("sku:").to_owned()).or_insert(0) += moved;
        if document.header().kind == DocumentKind::ItemReceipt {
            continue;
        }
        *sums.entry(stage.name(&kept.stock)).or_default() += moved * 1_000;
        *sums.entry(stage.name(&kept.cost)).or_default() -= moved * 1_000;
    }
    sums.retain(|_, minor| *minor != 0);
    (sums, units.into_iter().map(|(item, units)| (item, units.to_string())).collect())
}

#[test]
fn what_came_in_was_sold_and_counted_is_on_hand_at_what_it_cost() {
    for (book, mut stage) in stages() {
        let documents = stage.shop.goods_in_stock();
        stage.read_chart();
        for document in &documents {
            stage.enter(document);
        }
        stage.wait(180);
        let (ledger, units) = expected(&stage, &documents);
        assert_eq!(stage.ledger(), ledger, "{book}");
        assert_eq!(stage.in_stock(), units, "{book}");
        for document in &documents {
            let subject = stage.subject(document);
            let outcome = stage.look(&[subject]).remove(0);
            let slot = &document.header().slot;
            assert!(matches!(outcome, Outcome::Found(_)), "{book}: {slot} {outcome:?}");
        }
        let listed = stage.listed(DAY, DAY).into_iter().filter_map(|held| held.number);
        let listed: Vec<String> = listed.collect();
        for document in &documents {
            let key = stage.key(document).to_string();
            let is_listed = listed.iter().any(|number| number.ends_with(&key));
            assert!(is_listed, "{book}: {}", document.header().slot);
        }
    }
}

#[test]
fn other_units_than_were_entered_are_found_different() {
    for (book, mut stage) in stages() {
        stage.read_chart();
        let documents = stage.shop.goods_in_stock();
        documents.iter().for_each(|document| drop(stage.enter(document)));
        stage.wait(180);
        for document in &documents {
            let mut lines = document.lines().to_vec();
            for line in lines.iter_mut().filter(|line| line.kind.kept().is_some()) {
                line.quantity = line.quantity.map(|units| units * 2);
            }
            let other = Document::new(document.header().clone(), lines).unwrap();
            let subject = stage.subject(&other);
            let outcome = stage.look(&[subject]).remove(0);
            let slot = &document.header().slot;
            assert!(matches!(outcome, Outcome::FoundDifferent { .. }), "{book}: {slot}");
        }
    }
}

#[test]
fn what_can_be_reversed_leaves_units_and_ledger_as_they_were() {
    for (book, mut stage) in stages() {
        stage.read_chart();
        let mut documents = stage.shop.goods_in_stock();
        // An order is closed, and not reversed.
        documents.retain(|it| it.header().kind != DocumentKind::PurchaseOrder);
        stage.enter(&documents.remove(0));
        let before = (stage.ledger(), stage.in_stock());
        let mut tried = 0;
        for document in documents {
            if !stage.book.reverses(&document) {
                continue;
            }
            stage.enter(&document);
            assert_ne!(stage.in_stock(), before.1, "{book}: {}", document.header().slot);
            let slot = format!("{}/back", document.header().slot);
            let back = document.reversal(DAY);
            let header = Header { slot, ..back.header().clone() };
            stage.enter(&Document::new(header, back.lines().to_vec()).unwrap());
            let after = (stage.ledger(), stage.in_stock());
            assert_eq!(after, before, "{book}: {}", document.header().slot);
            tried += 1;
        }
        assert!(tried > 2, "{book}: {tried}");
    }
}

#[test]
fn whatever_request_is_lost_units_move_once() {
    for (book, mut whole) in stages() {
        let documents = whole.shop.goods_in_stock();
        whole.push(&documents, InDoubt::Look);
        let (requests, expected) = (whole.asked, (whole.ledger(), whole.in_stock()));
        for place in 0..requests {
            for strike in [Strike::Before, Strike::After] {
                let about = format!("{book}: request {place} of {requests}, {strike:?}");
                let mut stage = Stage::new(book);
                stage.keep_stock();
                stage.strike = Some((place, strike));
                stage.push(&documents, InDoubt::Look);
                assert!(stage.asked > place, "{about}");
                assert_eq!((stage.ledger(), stage.in_stock()), expected, "{about}");
                stage.wait(180);
                assert_eq!(stage.listed(DAY, DAY).len(), documents.len(), "{about}");
            }
        }
    }
}
