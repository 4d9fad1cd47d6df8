//! Amending: what stands is told to say something else.

use super::super::shape::CLASS;
use super::*;
use saldo_core::book::RefusalKind;
use std::collections::BTreeSet;

const ID: &str = "1A2B-1795000001";

/// The same document with other words, and due on another day.
fn in_other_words(document: &Document) -> Document {
    let header = document.header().clone();
    let due = header.due.map(|day| day.tomorrow().unwrap());
    let header = Header { memo: format!("{} & more", header.memo), due, ..header };
    let line = |line: &Line| Line { text: format!("{} <once more>", line.text), ..line.clone() };
    Document::new(header, document.lines().iter().map(line).collect()).unwrap()
}

fn with_memo(document: &Document, memo: &str) -> Document {
    let header = Header { memo: memo.to_owned(), ..document.header().clone() };
    Document::new(header, document.lines().to_vec()).unwrap()
}

fn amended(before: &Document, wanted: &Document, version: &str) -> Subject {
    Subject::Amended {
        key: key(before),
        document: Box::new(wanted.clone()),
        before: Box::new(before.clone()),
        version: Some(version.to_owned()),
    }
}

/// A context in which documents stand there, and which holds what amending them needs.
fn standing(documents: &[Document]) -> BookContext {
    let amended = |document: &Document| amended(document, &in_other_words(document), "17");
    let subjects: Vec<Subject> = documents.iter().map(amended).collect();
    let mut context = context(&subjects);
    for document in documents {
        context.bindings.0.insert(key(document).to_string(), RemoteId::from(ID));
    }
    context
}

/// How many lines a document has there.
fn lines_of(document: &Document, context: &BookContext) -> usize {
    let asked = requests(&[Task::Create(subject(document))], context);
    let is_line = |it: &&Element| {
        it.name.ends_with("LineAdd")
            || it.name.starts_with("JournalDebit")
            || it.name.starts_with("JournalCredit")
    };
    asked[0].children[0].children.iter().filter(is_line).count()
}

#[test]
fn a_memo_alone_is_changed_by_a_request_that_names_no_line() {
    let (sale, context) = (sale(), standing(&[sale()]));
    let wanted = with_memo(&sale, "Order 1, paid twice");
    assert!(BOOK.amends(&sale, &wanted) && !BOOK.amends(&sale, &sale));
    let asked = requests(&[Task::Create(amended(&sale, &wanted, "17"))], &context);
    assert_eq!(asked[0].name, "SalesReceiptModRq");
    let change = &asked[0].children[0];
    let names: Vec<&str> = change.children.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["TxnID", "EditSequence", "Memo"]);
    assert_eq!([change.text(["TxnID"]), change.text(["EditSequence"])], [Some(ID), Some("17")]);
    let memo = change.text(["Memo"]).unwrap();
    assert!(memo.starts_with("Order 1, paid twice saldo:"), "{memo}");
}

#[test]
fn lines_are_changed_by_their_ids_and_none_is_left_out() {
    let mut messages = Vec::new();
    let mut kinds = BTreeSet::new();
    for before in of_every_kind() {
        let wanted = in_other_words(&before);
        // What belongs to another document is left as it is, in every book.
        let header = before.header();
        let is_amended = BOOK.description().amends.contains(&header.kind)
            && header.applies_to.is_none()
            && BOOK.amends(&before, &wanted);
        if !is_amended {
            continue;
        }
        let context = standing(std::slice::from_ref(&before));
        let lines = lines_of(&before, &context);
        let ids: String = (0..lines).map(|number| format!(" {number}F-17")).collect();
        // Without the ids it is read first.
        let unknown = [Task::Create(amended(&before, &wanted, "17"))];
        let asked = requests(&unknown, &context);
        if asked[0].name.ends_with("QueryRq") {
            let name = asked[0].name.strip_suffix("Rq").unwrap();
            let text = answer(&response(name, "1", ""));
            let heard = hear(&unknown, &context, &text).unwrap().remove(0);
            assert!(matches!(heard, Outcome::Refused(it) if it.kind == RefusalKind::Stale));
        }
        messages.push(message(&unknown, &context));
        let known = [Task::Create(amended(&before, &wanted, &format!("17{ids}")))];
        let asked = requests(&known, &context);
        let named = asked[0].children[0].children.iter();
        let named = named.filter(|it| it.name.ends_with("LineMod"));
        let named: Vec<&str> = named.filter_map(|it| it.text(["TxnLineID"])).collect();
        // A line that is a sum says the account's name, whatever its parts say.
        if !named.is_empty() {
            assert_eq!(named.len(), lines, "{}", asked[0].name);
            kinds.insert(asked[0].name.clone());
        }
        messages.push(message(&known, &context));
        messages.push(message(&[Task::look_up(amended(&before, &wanted, "17"))], &context));
    }
    assert!(kinds.len() > 5, "{kinds:?}");
    super::schema::all_valid(&messages);
}

#[test]
fn what_carries_money_moves_units_or_would_be_emptied_is_not_amended() {
    let before = sale();
    let lines = |change: &dyn Fn(&Line) -> Line| {
        let lines = before.lines().iter().map(change).collect();
        Document::new(before.header().clone(), lines).unwrap()
    };
    let emptied = lines(&|line| Line { text: String::new(), ..line.clone() });
    assert!(!BOOK.amends(&before, &emptied), "a text cannot be taken out");
    let in_class = |class: Option<&str>| {
        lines(&|line| {
            let mut line = line.clone();
            line.dimensions = class.map(|class| (CLASS, class)).into_iter().collect();
            line
        })
    };
    assert!(BOOK.amends(&in_class(None), &in_class(Some("Web"))));
    assert!(BOOK.amends(&in_class(Some("Retail")), &in_class(Some("Web"))));
    assert!(!BOOK.amends(&in_class(Some("Retail")), &in_class(None)), "nor a class");
    for other in [payout(), received()] {
        assert!(!BOOK.amends(&other, &in_other_words(&other)), "{}", other.header().kind);
    }
}

#[test]
fn another_version_is_looked_at() {
    let (sale, context) = (sale(), standing(&[sale()]));
    let tasks = [Task::Create(amended(&sale, &with_memo(&sale, "new"), "17"))];
    let cases = [
        (3200, "The edit sequence is out-of-date.", RefusalKind::Stale),
        (3180, "The transaction was modified by another user.", RefusalKind::Stale),
        (3180, "It is dated before the closing date.", RefusalKind::PeriodClosed),
        (3170, "It is open in a window.", RefusalKind::Other),
    ];
    for (code, words, kind) in cases {
        let text = answer(&refusal("SalesReceiptMod", "1", code, words));
        let heard = hear(&tasks, &context, &text).unwrap().remove(0);
        let Outcome::Refused(refusal) = heard else { panic!("{heard:?}") };
        assert_eq!(refusal.kind, kind, "{code} {words}");
    }
}
