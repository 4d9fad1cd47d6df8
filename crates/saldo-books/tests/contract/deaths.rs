//! Whatever request is lost, before it arrived or after it took effect, and whatever else a bad
//! network does: every document is entered once.

use crate::ends::BOOKS;
use crate::pushing::InDoubt;
use crate::stage::{DAY, Stage, Strike};
use saldo_sim::fault::FaultSettings;

/// How many bad nights are tried.
const NIGHTS: u64 = 20;

/// The same documents after one lost request.
fn survives(book: &str, in_doubt: InDoubt) {
    let mut whole = Stage::new(book);
    let documents = whole.shop.documents();
    whole.push(&documents, in_doubt);
    let (requests, expected) = (whole.asked, whole.ledger());
    assert_eq!(expected, whole.sums(&documents), "{book}");
    for place in 0..requests {
        for strike in [Strike::Before, Strike::After] {
            let about = format!("{book}: request {place} of {requests}, {strike:?}, {in_doubt:?}");
            let mut stage = Stage::new(book);
            stage.strike = Some((place, strike));
            stage.push(&documents, in_doubt);
            assert!(stage.asked > place, "{about}");
            assert_eq!(stage.ledger(), expected, "{about}");
            stage.wait(180);
            assert_eq!(stage.listed(DAY, DAY).len(), documents.len(), "{about}");
        }
    }
}

#[test]
fn what_was_lost_is_looked_for() {
    for book in BOOKS {
        survives(book, InDoubt::Look);
    }
}

#[test]
fn what_was_lost_is_repeated_under_its_token() {
    for book in BOOKS {
        let description = saldo_books::book(book).unwrap().description();
        if description.token_lives.is_some() || description.idempotent {
            survives(book, InDoubt::Repeat);
        }
    }
}

#[test]
fn a_bad_night_leaves_no_trace() {
    for book in BOOKS {
        for seed in 1..=NIGHTS {
            let mut stage = Stage::behind(book, FaultSettings::rough().with_seed(seed));
            let documents = stage.shop.documents();
            stage.push(&documents, InDoubt::Look);
            stage.settle();
            assert_eq!(stage.ledger(), stage.sums(&documents), "{book}: seed {seed}");
            assert_eq!(stage.listed(DAY, DAY).len(), documents.len(), "{book}: seed {seed}");
        }
    }
}

#[test]
fn every_book_of_the_table_is_tried() {
    let known: Vec<&str> = saldo_books::books().map(|book| book.description().name).collect();
    for book in known {
        assert!(BOOKS.contains(&book), "{book} is not tried");
    }
}
