//! Accounts of another currency, in books that take them: each document amounts to its own entry in
//! both currencies, once, whatever request is lost.

use crate::ends::BOOKS;
use crate::pushing::InDoubt;
use crate::stage::{DAY, Stage, Strike, Sums};
use saldo_core::book::Outcome;
use saldo_core::document::{Document, Header};

/// The books that hold euros.
fn stages() -> Vec<(&'static str, Stage)> {
    let stage = |book: &'static str| {
        let mut stage = Stage::new(book);
        stage.deal_in_euros().then_some((book, stage))
    };
    let stages: Vec<_> = BOOKS.into_iter().filter_map(stage).collect();
    assert!(stages.len() > 2, "{}", stages.len());
    stages
}

/// What documents move in euros, in cents.
fn euros(stage: &Stage, documents: &[Document]) -> Sums {
    let mut sums = Sums::new();
    for line in documents.iter().flat_map(Document::lines) {
        let Some(foreign) = line.foreign else { continue };
        // The other end calls an account alike in whatever currency it is.
        let name = stage.name(&line.account);
        *sums.entry(name).or_default() += foreign.minor();
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

#[test]
fn what_moves_in_euros_stands_there_to_the_cent_in_both_currencies() {
    for (book, mut stage) in stages() {
        let documents = stage.shop.in_euros();
        stage.read_chart();
        for document in &documents {
            let moved = stage.moved(|stage| {
                stage.enter(document);
            });
            assert_eq!(moved, stage.sums([document]), "{book}: {}", document.header().slot);
            let subject = stage.subject(document);
            stage.wait(180);
            let outcome = stage.look(&[subject]).remove(0);
            assert!(matches!(outcome, Outcome::Found(_)), "{book}: {outcome:?}");
        }
        assert_eq!(stage.euros(), euros(&stage, &documents), "{book}");
        assert_eq!(stage.listed(DAY, DAY).len(), documents.len(), "{book}");
    }
}

#[test]
fn what_is_taken_back_leaves_nothing_in_either_currency() {
    for (book, mut stage) in stages() {
        stage.read_chart();
        for document in stage.shop.in_euros() {
            stage.enter(&document);
            let slot = format!("{}/back", document.header().slot);
            let back = document.reversal(DAY);
            let header = Header { slot, ..back.header().clone() };
            stage.enter(&Document::new(header, back.lines().to_vec()).unwrap());
            assert_eq!(stage.ledger(), Sums::new(), "{book}: {}", document.header().slot);
            assert_eq!(stage.euros(), Sums::new(), "{book}: {}", document.header().slot);
        }
    }
}

#[test]
fn whatever_request_is_lost_euros_are_entered_once() {
    for (book, mut whole) in stages() {
        let documents = whole.shop.in_euros();
        whole.push(&documents, InDoubt::Look);
        let (requests, expected) = (whole.asked, (whole.ledger(), whole.euros()));
        assert_eq!(expected.0, whole.sums(&documents), "{book}");
        for place in 0..requests {
            for (strike, in_doubt) in [
                (Strike::Before, InDoubt::Look),
                (Strike::After, InDoubt::Look),
                (Strike::After, InDoubt::Repeat),
            ] {
                let about = format!("{book}: request {place} of {requests}, {strike:?}");
                let mut stage = Stage::new(book);
                stage.deal_in_euros();
                stage.strike = Some((place, strike));
                stage.push(&documents, in_doubt);
                assert!(stage.asked > place, "{about}");
                assert_eq!((stage.ledger(), stage.euros()), expected, "{about}");
            }
        }
    }
}
