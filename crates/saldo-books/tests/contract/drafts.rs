//! Drafts, in books that hold them: what is entered as one and confirmed stands there as though it
//! had been entered at once, whichever request is lost meanwhile.

use crate::ends::BOOKS;
use crate::pushing::InDoubt;
use crate::stage::{DAY, Stage, Strike};
use saldo_core::book::{Outcome, Subject};
use saldo_core::document::Document;

/// A stage on which all documents were entered as drafts that the book holds as such.
fn drafted(book: &str) -> (Stage, Vec<Document>) {
    let mut stage = Stage::new(book);
    stage.read_chart();
    let mut documents = stage.shop.documents();
    documents.retain(|document| {
        let header = document.header();
        header.applies_to.is_none() && stage.book.holds_drafts(header.kind)
    });
    for document in &documents {
        stage.prepare(document, InDoubt::Look);
        let Subject::Document { key, document, applies_to, voids, .. } = stage.subject(document)
        else {
            panic!("{book}: no document")
        };
        let subject = Subject::Document { key, document, applies_to, voids, draft: true };
        let held = stage.create(vec![subject], InDoubt::Look).remove(0);
        stage.context.bindings.0.insert(key.to_string(), held.remote);
    }
    stage.wait(180);
    (stage, documents)
}

fn confirmed(stage: &Stage, document: &Document) -> Subject {
    Subject::Confirmed { key: stage.key(document), document: Box::new(document.clone()) }
}

fn confirm(stage: &mut Stage, documents: &[Document]) {
    for document in documents {
        let subject = confirmed(stage, document);
        stage.create(vec![subject], InDoubt::Look);
    }
    stage.wait(180);
}

#[test]
fn a_draft_is_confirmed_once_whichever_request_is_lost() {
    let mut tried = 0;
    for book in BOOKS {
        let (mut stage, documents) = drafted(book);
        if documents.is_empty() {
            continue;
        }
        for document in &documents {
            let subject = confirmed(&stage, document);
            let slot = &document.header().slot;
            assert_eq!(stage.look(&[subject]), [Outcome::Absent], "{book}: {slot} is a draft");
        }
        let (mut whole, _) = drafted(book);
        let first = whole.asked;
        confirm(&mut whole, &documents);
        let requests = whole.asked - first;
        let expected = whole.sums(&documents);
        assert_eq!(whole.ledger(), expected, "{book}");
        // What is harmless to repeat is repeated, and never looked for.
        let looked_for = documents.iter().filter(|_| !whole.book.description().idempotent);
        for document in looked_for.collect::<Vec<_>>() {
            let subject = confirmed(&whole, document);
            let outcome = whole.look(&[subject]).remove(0);
            let slot = &document.header().slot;
            assert!(matches!(outcome, Outcome::Found(_)), "{book}: {slot} {outcome:?}");
        }
        for place in first..first + requests {
            for strike in [Strike::Before, Strike::After] {
                let about = format!("{book}: request {place}, {strike:?}");
                let (mut stage, _) = drafted(book);
                stage.strike = Some((place, strike));
                confirm(&mut stage, &documents);
                assert!(stage.asked > place, "{about}");
                assert_eq!(stage.ledger(), expected, "{about}");
                assert_eq!(stage.listed(DAY, DAY).len(), documents.len(), "{about}");
            }
        }
        tried += 1;
    }
    assert!(tried > 1, "{tried} books hold drafts");
}
