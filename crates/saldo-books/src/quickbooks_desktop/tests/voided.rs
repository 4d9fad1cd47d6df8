//! Voiding, and closing instead of it.

use super::*;
use saldo_core::book::{Outcome, RefusalKind, Voided};
use saldo_core::exchange::Permit;

const ID: &str = "1A2B-1795000001";
const VERSION: &str = "1795000001";

/// A document that is taken back by voiding, as the engine asks for it.
fn voiding(document: &Document) -> Subject {
    let voided = Voided {
        key: key(document),
        document: document.clone(),
        remote: RemoteId::from(ID),
        version: VERSION.to_owned(),
    };
    let taken_back = document.voiding();
    Subject::Document {
        key: taken_back.key(&CompanyId::from("demo"), 1),
        document: Box::new(taken_back),
        applies_to: None,
        voids: Some(Box::new(voided)),
        draft: false,
    }
}

/// A row of the sale, in this version.
fn row(version: &str, memo: &str, total: &str) -> String {
    format!(
        "<SalesReceiptRet><TxnID>{ID}</TxnID><EditSequence>{version}</EditSequence><Memo>{memo}\
         </Memo><Subtotal>{total}</Subtotal><TotalAmount>{total}</TotalAmount></SalesReceiptRet>"
    )
}

fn voided_response(seen: &str) -> String {
    let done = format!(
        "<TxnVoidRs requestID=\"1\" statusCode=\"0\" statusSeverity=\"Info\" statusMessage=\"OK\">\
         <TxnVoidType>SalesReceipt</TxnVoidType><TxnID>{ID}</TxnID></TxnVoidRs>"
    );
    answer(&format!("{done}{}", response("SalesReceiptQuery", "1 seen", seen)))
}

#[test]
fn what_quickbooks_voids_is_voided_where_no_statement_may_hold_it() {
    let banks = |document: &Document| {
        let accounts = BOOK.voids(document)?;
        Some(accounts.into_iter().map(|it| it.name.to_string()).collect::<Vec<_>>())
    };
    assert_eq!(banks(&sale()), Some(vec![clearing().name.to_string()]));
    assert_eq!(banks(&claim()), Some(Vec::new()));
    assert_eq!(banks(&supplier_bill()), Some(Vec::new()));
    let moved = [clearing(), card()].map(|it| it.name.to_string()).to_vec();
    assert_eq!(banks(&charged_to_card()), Some(moved));
    for other in [received(), payout(), paid_bill()] {
        assert_eq!(banks(&other), None, "{}", other.header().kind);
    }
}

#[test]
fn the_request_names_what_it_voids_and_reads_what_became_of_it() {
    let (tasks, context) = ([Task::Create(voiding(&sale()))], context(&[]));
    let asked = requests(&tasks, &context);
    let names: Vec<&str> = asked.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["TxnVoidRq", "SalesReceiptQueryRq"]);
    assert_eq!(asked[0].text(["TxnVoidType"]), Some("SalesReceipt"));
    assert_eq!([asked[0].text(["TxnID"]), asked[1].text(["TxnID"])], [Some(ID), Some(ID)]);
    let mut messages = vec![message(&tasks, &context)];
    for document in of_every_kind().iter().filter(|it| BOOK.voids(it).is_some()) {
        let subject = voiding(document);
        messages.push(message(&[Task::Create(subject.clone())], &context));
        messages.push(message(&[Task::look_up(subject)], &context));
    }
    assert!(messages.len() > 10);
    super::schema::all_valid(&messages);
}

#[test]
fn an_answer_tells_what_became_of_it() {
    let (tasks, context) = ([Task::Create(voiding(&sale()))], context(&[]));
    let memo = "VOID: Order saldo:X";
    let heard = hear(&tasks, &context, &voided_response(&row("7", memo, "0.00"))).unwrap();
    let [Outcome::Done(done)] = &heard[..] else { panic!("{heard:?}") };
    assert_eq!((done.remote.as_str(), done.version.as_deref()), (ID, Some("7")));
    // It is voided, whether it was read or not.
    let heard = hear(&tasks, &context, &voided_response("")).unwrap();
    let [Outcome::Done(done)] = &heard[..] else { panic!("{heard:?}") };
    assert_eq!(done.version, None);
    let still = hear(&tasks, &context, &voided_response(&row("7", "Order", "5.00")));
    assert_eq!(still.unwrap_err().permits, Permit::InDoubt);
    for (code, kind) in [(3120, RefusalKind::Other), (3175, RefusalKind::Other)] {
        let refused = answer(&refusal("TxnVoid", "1", code, "It is open."));
        let heard = hear(&tasks, &context, &refused).unwrap();
        let [Outcome::Refused(it)] = &heard[..] else { panic!("{heard:?}") };
        assert_eq!((it.kind, it.code.as_str()), (kind, code.to_string().as_str()));
        assert!(it.hint.contains("saldo redo"), "{}", it.hint);
    }
}

#[test]
fn what_is_another_by_now_is_left_alone() {
    let (tasks, context) = ([Task::look_up(voiding(&sale()))], context(&[]));
    let found = |rows: &str| {
        let text = answer(&response("SalesReceiptQuery", "SalesReceipt by id", rows));
        hear(&tasks, &context, &text).unwrap().remove(0)
    };
    assert!(matches!(found(&row(VERSION, "Order", "5.00")), Outcome::Absent), "it may be voided");
    let Outcome::Refused(gone) = found("") else { panic!("what is not shown is not voided") };
    assert!(gone.message.contains("does not show it"), "{}", gone.message);
    let nil = found(&row("7", "VOID: Order", "0.00"));
    assert!(matches!(nil, Outcome::Found(it) if it.version.as_deref() == Some("7")));
    // Somebody took the word out again: nothing of it counts, whatever it says.
    let nil = found(&row("7", "Order", "0.00"));
    assert!(matches!(nil, Outcome::Found(_)), "{nil:?}");
    let line = "<SalesReceiptLineRet><TxnLineID>1</TxnLineID><Amount>5.00</Amount>\
                </SalesReceiptLineRet></SalesReceiptRet>";
    let cancelled = row("7", "VOID: Order", "0.00").replace("</SalesReceiptRet>", line);
    assert!(matches!(found(&cancelled), Outcome::Refused(_)), "its lines are not nil");
    for (memo, total) in [("Order", "5.00"), ("VOID: Order", "5.00")] {
        let Outcome::Refused(refusal) = found(&row("7", memo, total)) else { panic!("{memo}") };
        assert!(refusal.message.contains("somebody changed it"), "{}", refusal.message);
    }
}
