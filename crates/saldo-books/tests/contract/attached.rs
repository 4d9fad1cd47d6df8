//! Files at documents, in books that take them: each is there once, and moves nothing.

use crate::ends::BOOKS;
use crate::pushing::InDoubt;
use crate::stage::{Stage, Strike};
use saldo_core::book::{AttachedFile, Outcome, Subject};
use saldo_core::document::Document;

/// Some words that are written otherwise in forms, in addresses and in tables.
const TEXT: &str = "date,order,net\r\n2026-11-20,\"#1001, Müller & Sons\",12.30\r\n";

fn file(document: &Document, text: &str) -> AttachedFile {
    let letters = document.header().slot.chars();
    let slot: String = letters.map(|it| if it.is_alphanumeric() { it } else { '-' }).collect();
    AttachedFile { name: format!("payout-{slot}.csv"), text: text.to_owned() }
}

fn at(stage: &Stage, document: &Document, text: &str) -> Subject {
    let (key, file) = (stage.key(document), file(document, text));
    Subject::Attached { key, document: Box::new(document.clone()), file }
}

/// A stage with documents of every kind, and those of them that take files.
fn entered(book: &str) -> (Stage, Vec<Document>) {
    let mut stage = Stage::new(book);
    let mut documents = stage.shop.documents();
    stage.push(&documents, InDoubt::Look);
    stage.wait(180);
    documents.retain(|document| stage.book.takes_files(document));
    (stage, documents)
}

#[test]
fn a_file_is_found_at_its_document_and_moves_nothing() {
    let mut tried = 0;
    for book in BOOKS {
        let (mut stage, documents) = entered(book);
        let before = stage.ledger();
        for document in &documents {
            let (subject, slot) = (at(&stage, document, TEXT), &document.header().slot);
            assert_eq!(
                stage.look(std::slice::from_ref(&subject)),
                [Outcome::Absent],
                "{book}: {slot}"
            );
            let attached = stage.create(vec![subject.clone()], InDoubt::Look).remove(0);
            let Outcome::Found(found) = stage.look(&[subject]).remove(0) else {
                panic!("{book}: {slot} has no file")
            };
            assert_eq!(found.remote, attached.remote, "{book}: {slot}");
            let longer = at(&stage, document, &TEXT.repeat(2));
            let other = stage.look(&[longer]).remove(0);
            assert!(matches!(other, Outcome::FoundDifferent { .. }), "{book}: {slot} {other:?}");
        }
        assert_eq!(stage.ledger(), before, "{book}");
        let files = stage.files();
        assert_eq!(files.len(), documents.len(), "{book}");
        assert!(files.iter().all(|(.., text)| text == TEXT), "{book}: byte for byte");
        tried += documents.len();
    }
    assert!(tried > 10, "{tried} files");
}

#[test]
fn a_file_whose_answer_is_lost_is_attached_once() {
    for book in BOOKS {
        let (_, documents) = entered(book);
        let Some(document) = documents.first() else { continue };
        for strike in [Strike::Before, Strike::After] {
            let (mut stage, _) = entered(book);
            stage.strike = Some((stage.asked, strike));
            let subject = at(&stage, document, TEXT);
            stage.create(vec![subject], InDoubt::Look);
            let files = stage.files();
            assert_eq!(files.len(), 1, "{book}: {strike:?}");
            let home = stage.context.bindings.document(stage.key(document)).unwrap();
            assert_eq!(files[0].0, home.as_str(), "{book}");
        }
    }
}

#[test]
fn many_files_are_looked_for_one_after_the_other() {
    for book in BOOKS {
        let (mut stage, documents) = entered(book);
        let all: Vec<Subject> = documents.iter().map(|it| at(&stage, it, TEXT)).collect();
        for subject in all.iter().step_by(2) {
            stage.create(vec![subject.clone()], InDoubt::Look);
        }
        if all.is_empty() {
            continue;
        }
        let found: Vec<bool> =
            stage.look(&all).iter().map(|it| matches!(it, Outcome::Found(_))).collect();
        let expected: Vec<bool> = (0..all.len()).map(|place| place % 2 == 0).collect();
        assert_eq!(found, expected, "{book}");
    }
}
