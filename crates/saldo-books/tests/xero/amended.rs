//! What is amended where it stands keeps its lines, and what a person changed of it stays.

use crate::documents::{claim, of_every_kind, sale_of};
use crate::organisation::{BOOK, Books};
use saldo_core::book::{Book, Outcome, Subject, Task};
use saldo_core::document::{Document, Header, Line};
use saldo_core::text::RemoteId;
use serde_json::Value;

/// The same document with other words in its lines.
fn in_other_words(document: &Document) -> Document {
    let header = document.header().clone();
    let header = Header { memo: format!("{} once more", header.memo), ..header };
    let line = |line: &Line| Line { text: format!("{} once more", line.text), ..line.clone() };
    Document::new(header, document.lines().iter().map(line).collect()).unwrap()
}

fn amended(books: &Books, before: &Document, version: Option<String>) -> Subject {
    Subject::Amended {
        key: books.key(before),
        document: Box::new(in_other_words(before)),
        before: Box::new(before.clone()),
        version,
    }
}

/// The ids of a document's lines, and what they say, as the vendor shows them; nothing of a manual
/// journal, whose lines have none.
fn lines(books: &mut Books, before: &Document, remote: &RemoteId) -> Vec<(String, String)> {
    let subject = books.subject(before);
    let place = BOOK.place(&subject);
    let shown = books.show(&format!("{place}/{remote}"));
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let lines = shown[&place][0]["LineItems"].as_array().cloned().unwrap_or_default();
    lines.iter().map(|it| (text(it, "LineItemID"), text(it, "Description"))).collect()
}

#[test]
fn what_is_amended_keeps_its_lines() {
    let mut books = Books::new();
    let mut tried = 0;
    for before in of_every_kind() {
        let (header, wanted) = (before.header(), in_other_words(&before));
        let entered = books.enter(&before);
        if header.applies_to.is_some() || !BOOK.amends(&before, &wanted) {
            continue;
        }
        let stood = lines(&mut books, &before, &entered.remote);
        let subject = amended(&books, &before, None);
        let outcome = books.look(&[subject]).remove(0);
        let Outcome::AsBefore(held) = outcome else { panic!("{}: {outcome:?}", header.slot) };
        let subject = amended(&books, &before, held.version);
        let outcome = books.ask(&[Task::Create(subject)], &header.slot).remove(0);
        assert!(matches!(outcome, Outcome::Done(_)), "{}: {outcome:?}", header.slot);
        let now = lines(&mut books, &before, &entered.remote);
        let ids = |lines: &[(String, String)]| -> Vec<String> {
            lines.iter().map(|(id, _)| id.clone()).collect()
        };
        assert_eq!(ids(&now), ids(&stood), "{}", header.slot);
        for ((_, said), (_, says)) in stood.iter().zip(&now) {
            assert_eq!(*says, format!("{said} once more"), "{}", header.slot);
        }
        tried += usize::from(!stood.is_empty());
    }
    assert!(tried > 4, "{tried} documents with lines are amended");
}

#[test]
fn lines_without_their_ids_are_others() {
    let mut books = Books::new();
    let sale = sale_of("sale", "60.00");
    let remote = books.enter(&sale).remote;
    let stood = lines(&mut books, &sale, &remote);
    let subject = amended(&books, &sale, Some("2026-11-20T18:00:00Z".to_owned()));
    let outcome = books.ask(&[Task::Create(subject)], "without").remove(0);
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    let now = lines(&mut books, &sale, &remote);
    assert!(now.len() == stood.len() && now.iter().all(|(id, _)| !id.is_empty()));
    assert!(now.iter().all(|(id, _)| stood.iter().all(|(other, _)| other != id)), "{now:?}");
}

#[test]
fn what_a_person_changed_is_not_written_over() {
    for (change, named) in [
        (r#"{"Reference":"mine"}"#, "reference"),
        (r#"{"Contact":{"Name":"Somebody else"}}"#, "contact"),
        (r#"{"DueDate":"2026-12-24"}"#, "due"),
    ] {
        let mut books = Books::new();
        let claim = claim();
        let remote = books.enter(&claim).remote;
        books.change(&format!("Invoices/{remote}"), change);
        let subject = amended(&books, &claim, None);
        let outcome = books.look(&[subject]).remove(0);
        let Outcome::FoundDifferent { difference, .. } = outcome else { panic!("{outcome:?}") };
        assert!(difference.contains(named), "{difference}");
    }
}
