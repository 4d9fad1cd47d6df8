//! Voiding: what is asked, and what answers to it mean.

use super::*;
use saldo_core::book::{Acknowledgement, Voided};
use serde_json::json;

/// A change that voids a document which the book calls 42.
pub(super) fn voiding(document: &Document) -> Subject {
    let voided = Voided {
        key: key(document),
        document: document.clone(),
        remote: RemoteId::from("42"),
        version: "3".to_owned(),
    };
    Subject::Document {
        key: document.key(&CompanyId::from("demo"), 1),
        document: Box::new(document.voiding()),
        applies_to: None,
        voids: Some(Box::new(voided)),
        draft: false,
    }
}

/// A receipt as the vendor holds it.
fn row(document: &Document, note: &str, total: &str) -> Value {
    let total: Value = serde_json::from_str(total).unwrap();
    let number = key(document).to_string();
    json!({
        "Id": "42",
        "SyncToken": "4",
        "DocNumber": number,
        "PrivateNote": note,
        "TotalAmt": total,
    })
}

fn acknowledged() -> Acknowledgement {
    let acknowledgement = Acknowledgement::of(RemoteId::from("42"));
    Acknowledgement { version: Some("4".to_owned()), ..acknowledgement }
}

#[test]
fn forms_for_customers_and_payments_can_be_voided_and_name_the_banks_in_them() {
    assert_eq!(BOOK.voids(&sale()), Some(vec![clearing()]));
    assert_eq!(BOOK.voids(&claim()), Some(Vec::new()));
    assert_eq!(BOOK.voids(&received()), Some(vec![clearing()]));
    assert_eq!(BOOK.voids(&paid_bill()), Some(vec![bank()]));
    for other in [refund(), payout(), expense(), write_off()] {
        assert_eq!(BOOK.voids(&other), None, "{}", other.header().kind);
    }
}

#[test]
fn a_document_is_voided_in_the_version_that_was_acknowledged() {
    let subject = voiding(&sale());
    assert_eq!(BOOK.needs(&subject), []);
    let asked = items(&[Task::Create(subject)], &context(&[])).remove(0);
    let form = json!({ "Id": "42", "SyncToken": "3" });
    assert_eq!(asked, json!({ "bId": "1", "operation": "void", "SalesReceipt": form }));
    let asked = items(&[Task::Create(voiding(&received()))], &context(&[])).remove(0);
    let form = json!({ "Id": "42", "SyncToken": "3", "sparse": true });
    assert_eq!(
        asked,
        json!({ "bId": "1", "operation": "update", "optionsData": "void", "Payment": form })
    );
    let asked = items(&[Task::Create(voiding(&paid_bill()))], &context(&[])).remove(0);
    assert_eq!(
        asked,
        json!({ "bId": "1", "operation": "update", "optionsData": "void", "BillPayment": form })
    );
}

#[test]
fn an_answer_that_shows_it_voided_acknowledges_it() {
    let tasks = [Task::Create(voiding(&sale()))];
    let hear = |member: Value| {
        let answer = json!({ "BatchItemResponse": [member] }).to_string();
        hear(&tasks, &context(&[]), 200, &answer)
    };
    let form = |note, total| json!({ "bId": "1", "SalesReceipt": row(&sale(), note, total) });
    let done = hear(form("Voided - Order #1001", "0")).unwrap();
    assert_eq!(done, [Outcome::Done(acknowledged())]);
    assert!(hear(form("Order #1001", "105.43")).is_err(), "nobody knows what became of it");
    let error = json!([{ "Message": "Stale", "Detail": "another version", "code": "5010" }]);
    let refused = hear(json!({ "bId": "1", "Fault": { "Error": error } })).unwrap();
    let [Outcome::Refused(refusal)] = &refused[..] else { panic!("{refused:?}") };
    assert!(refusal.hint.contains("without --void"), "{}", refusal.hint);
}

#[test]
fn a_look_up_tells_what_is_voided_from_what_stands() {
    let task = Task::look_up(voiding(&sale()));
    let queries = request(BOOK.ask(std::slice::from_ref(&task), "", &context(&[])).unwrap());
    assert!(queries.url.contains(key(&sale()).as_str()), "{}", queries.url);
    let look_up = |rows: Vec<Value>| {
        let answer = json!({ "QueryResponse": { "SalesReceipt": rows } }).to_string();
        hear(std::slice::from_ref(&task), &context(&[]), 200, &answer).unwrap().remove(0)
    };
    let voided = row(&sale(), "Voided - Order #1001", "0");
    assert_eq!(look_up(vec![voided]), Outcome::Found(acknowledged()));
    assert_eq!(look_up(vec![row(&sale(), "Order #1001", "105.43")]), Outcome::Absent);
    assert_eq!(look_up(vec![row(&sale(), "Voided", "5")]), Outcome::Absent);
    assert_eq!(look_up(Vec::new()), Outcome::Further { page: "1".to_owned() });
}
