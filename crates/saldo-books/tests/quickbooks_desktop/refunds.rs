//! Credits that are paid out, in a company file that takes refunds of credit memos alone.

use crate::company::{Books, sums};
use crate::documents::{credit, paid_out};
use crate::{DAY, documents};
use saldo_core::book::{Outcome, RefusalKind, Subject, Task};
use saldo_core::document::{Document, Header};
use saldo_core::exchange::{MessageAnswer, Permit};

#[test]
fn a_credit_is_paid_out_in_parts_by_the_way_that_the_money_goes() {
    let mut books = Books::new();
    let documents = [credit(), paid_out("out/1", "9.00"), paid_out("out/2", "3.00")];
    for document in &documents {
        books.enter(document);
        let subject = books.subject(document);
        let outcome = books.look(&subject);
        assert!(matches!(outcome, Outcome::Found(_)), "{} {outcome:?}", document.header().slot);
    }
    assert_eq!(books.ledger(), sums(&documents));
    let memo = books.shown("CreditMemo");
    assert!(memo.contains("<CreditRemaining>0.00</CreditRemaining>"), "{memo}");
    let shown = books.shown("ARRefundCreditCard");
    let way = "<FullName>Clearing - Shopify Payments</FullName></PaymentMethodRef>";
    assert_eq!(shown.matches(way).count(), 2, "{shown}");
    let listed = books.listed(DAY, DAY);
    let number = Some(books.key(&documents[1]).to_string());
    assert!(listed.iter().any(|held| held.number == number));
}

#[test]
fn more_than_is_left_of_a_credit_is_refused_and_nothing_is_entered() {
    let mut books = Books::new();
    books.enter(&credit());
    let more = paid_out("out/1", "12.01");
    books.prepare(&more);
    let subject = books.subject(&more);
    let outcome = books.ask(&[Task::Create(subject.clone())], "more").remove(0);
    let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
    assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Other, "3210"));
    assert_eq!(books.look(&subject), Outcome::Absent);
    assert_eq!(books.ledger(), sums(&[credit()]));
}

#[test]
fn a_refund_whose_answer_was_lost_is_found_and_not_paid_twice() {
    let mut books = Books::new();
    books.enter(&credit());
    let out = paid_out("out/1", "5.00");
    books.prepare(&out);
    let subject = books.subject(&out);
    let tasks = [Task::Create(subject.clone())];
    let (_, answer) = books.answer(&tasks, "token-1");
    let MessageAnswer::Whole(body) = answer else { panic!("{answer:?}") };
    let cut = MessageAnswer::Whole(body[..body.len() / 2].to_vec());
    assert_eq!(books.hear(&tasks, cut).unwrap_err().permits, Permit::InDoubt);
    assert!(matches!(books.look(&subject), Outcome::Found(_)));
    // Twice would fit the credit: the look tells that there are two.
    books.ask(&tasks, "token-2");
    let outcome = books.look(&subject);
    let Outcome::FoundDifferent { difference, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(difference, "it stands there 2 times");
}

#[test]
fn what_is_paid_out_of_no_credit_and_what_is_taken_back_are_journal_entries() {
    let mut books = Books::new();
    let out = paid_out("out/1", "5.00");
    let documents = [documents::claim(), credit(), out.clone()];
    for document in &documents {
        books.enter(document);
    }
    let back = out.reversal(DAY);
    let header = Header { slot: "out/1/back".to_owned(), ..back.header().clone() };
    let back = Document::new(header, back.lines().to_vec()).unwrap();
    books.enter(&back);
    assert_eq!(books.ledger(), sums(&documents[..2]));
    let alone = paid_out("out/2", "4.00");
    books.prepare(&alone);
    let Subject::Document { key, document, .. } = books.subject(&alone) else { panic!() };
    let subject = Subject::Document { key, document, applies_to: None, voids: None, draft: false };
    let outcome = books.ask(&[Task::Create(subject.clone())], "alone").remove(0);
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    assert!(matches!(books.look(&subject), Outcome::Found(_)));
    let shown = books.shown("JournalEntry");
    assert_eq!(shown.matches("<JournalEntryRet>").count(), 2, "{shown}");
}
