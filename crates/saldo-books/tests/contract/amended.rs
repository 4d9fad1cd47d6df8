//! Amending, in books that can: what stands is told once to say something else, whichever request
//! is lost meanwhile, and moves nothing by that.

use crate::ends::BOOKS;
use crate::pushing::InDoubt;
use crate::stage::{DAY, Stage, Strike};
use saldo_core::book::{Outcome, RefusalKind, Subject, Task};
use saldo_core::document::{Document, Header, Line};

/// A document that stands there, how it shall be, and its version.
#[derive(Clone)]
struct Amended {
    before: Document,
    wanted: Document,
    version: Option<String>,
}

/// The same document with other words.
fn in_other_words(document: &Document, words: &str) -> Document {
    let header = document.header().clone();
    let header = Header { memo: format!("{} {words}", header.memo), ..header };
    let line = |line: &Line| Line { text: format!("{} {words}", line.text), ..line.clone() };
    Document::new(header, document.lines().iter().map(line).collect()).unwrap()
}

fn subject(stage: &Stage, it: &Amended) -> Subject {
    Subject::Amended {
        key: stage.key(&it.before),
        document: Box::new(it.wanted.clone()),
        before: Box::new(it.before.clone()),
        version: it.version.clone(),
    }
}

/// A stage on which all documents stand that the book amends.
fn entered(book: &str) -> (Stage, Vec<Amended>) {
    let mut stage = Stage::new(book);
    stage.read_chart();
    let mut all = Vec::new();
    for before in stage.shop.documents() {
        let wanted = in_other_words(&before, "(once more)");
        let header = before.header();
        let is_amended = header.applies_to.is_none()
            && stage.book.description().amends.contains(&header.kind)
            && stage.book.amends(&before, &wanted);
        if is_amended {
            let version = stage.enter(&before).version;
            all.push(Amended { before, wanted, version });
        }
    }
    stage.wait(180);
    (stage, all)
}

fn amend(stage: &mut Stage, all: &[Amended]) {
    for it in all {
        let subject = subject(stage, it);
        stage.create(vec![subject], InDoubt::Look);
    }
    stage.wait(180);
}

/// What stands there says what it was told.
fn assert_amended(stage: &mut Stage, all: &[Amended], about: &str) {
    for it in all {
        let Subject::Document { key, applies_to, .. } = stage.subject(&it.before) else { panic!() };
        let document = Box::new(it.wanted.clone());
        let stands = Subject::Document { key, document, applies_to, voids: None, draft: false };
        let outcome = stage.look(&[stands]).remove(0);
        assert!(matches!(outcome, Outcome::Found(_)), "{about}: {outcome:?}");
        let outcome = stage.look(&[subject(stage, it)]).remove(0);
        // What is harmless to repeat is repeated.
        let repeats = stage.book.description().idempotent;
        let is_there = matches!(outcome, Outcome::Found(_));
        assert!(is_there || repeats, "{about}: {outcome:?}");
    }
}

#[test]
fn what_stands_is_amended_once_whichever_request_is_lost() {
    let mut tried = 0;
    for book in BOOKS {
        let (mut whole, all) = entered(book);
        if all.is_empty() {
            assert!(whole.book.description().amends.is_empty(), "{book}: nothing is tried");
            continue;
        }
        let (ledger, first) = (whole.ledger(), whole.asked);
        for it in &all {
            let outcome = whole.look(&[subject(&whole, it)]).remove(0);
            assert!(matches!(outcome, Outcome::AsBefore(_)), "{book}: {outcome:?}");
        }
        let first = {
            let looked = whole.asked - first;
            amend(&mut whole, &all);
            whole.asked - looked
        };
        assert_amended(&mut whole, &all, book);
        assert_eq!(whole.ledger(), ledger, "{book}: nothing moves");
        let begin = entered(book).0.asked;
        for place in begin..first {
            for strike in [Strike::Before, Strike::After] {
                let about = format!("{book}: request {place}, {strike:?}");
                let (mut stage, all) = entered(book);
                stage.strike = Some((place, strike));
                amend(&mut stage, &all);
                assert!(stage.asked > place, "{about}");
                assert_amended(&mut stage, &all, &about);
                assert_eq!(stage.ledger(), ledger, "{about}");
                assert_eq!(stage.listed(DAY, DAY).len(), all.len(), "{about}");
            }
        }
        tried += 1;
    }
    assert!(tried > 2, "{tried} books amend");
}

#[test]
fn what_somebody_changed_since_is_not_amended() {
    for book in BOOKS {
        let (mut stage, all) = entered(book);
        amend(&mut stage, &all);
        for it in &all {
            let other = in_other_words(&it.before, "(otherwise)");
            let other = Amended { wanted: other, ..it.clone() };
            // Where nothing names a version, it is looked at first, and never sent then.
            if !stage.book.description().shows_matches {
                let task = Task::Create(subject(&stage, &other));
                let token = format!("another {}", stage.key(&it.before));
                let outcome = stage.ask(&[task], &token).remove(0);
                let is_refused = match &outcome {
                    Outcome::Refused(refusal) => refusal.kind == RefusalKind::Stale,
                    Outcome::FoundDifferent { .. } => true,
                    _ => false,
                };
                assert!(is_refused, "{book}: {outcome:?}");
            }
            if !stage.book.description().idempotent {
                let outcome = stage.look(&[subject(&stage, &other)]).remove(0);
                assert!(matches!(outcome, Outcome::FoundDifferent { .. }), "{book}: {outcome:?}");
            }
        }
        assert_amended(&mut stage, &all, book);
    }
}
