//! Payments that are taken back: what is asked, and what answers to it mean.

use super::*;
use saldo_core::book::{Acknowledgement, Voided};

const REMOTE: &str = "99ea7f6b-c513-4066-bc27-b7c65dcd76c2";

/// A change that takes a payment back.
pub(super) fn taken_back(document: &Document) -> Subject {
    let voided = Voided {
        key: key(document),
        document: document.clone(),
        remote: RemoteId::from(REMOTE),
        version: "/Date(1763596800000+0000)/".to_owned(),
    };
    Subject::Document {
        key: document.key(&CompanyId::from("demo"), 1),
        document: Box::new(document.voiding()),
        applies_to: None,
        voids: Some(Box::new(voided)),
        draft: false,
    }
}

/// A payment as the vendor holds it.
fn row(status: &str) -> Value {
    let reference = format!("#1001 saldo:{}", key(&received()));
    json!({
        "PaymentID": REMOTE, "Status": status, "Reference": reference, "Amount": 1.0,
        "UpdatedDateUTC": "/Date(1763600000000+0000)/",
    })
}

fn acknowledged() -> Acknowledgement {
    let acknowledgement = Acknowledgement::of(RemoteId::from(REMOTE));
    Acknowledgement { version: Some("/Date(1763600000000+0000)/".to_owned()), ..acknowledgement }
}

#[test]
fn payments_alone_are_taken_back_and_only_so() {
    for payment in [received(), paid_bill()] {
        assert_eq!(BOOK.voids(&payment), Some(Vec::new()), "nothing is matched unseen");
        assert!(!BOOK.reverses(&payment));
    }
    for other in [sale(), claim(), credit(), refund(), payout(), expense(), journal(), bill()] {
        assert_eq!(BOOK.voids(&other), None, "{}", other.header().kind);
        assert!(BOOK.reverses(&other));
    }
}

#[test]
fn each_payment_is_a_request_of_its_own() {
    let subject = taken_back(&received());
    assert_eq!(BOOK.needs(&subject), []);
    assert_eq!(BOOK.place(&subject), format!("Payments/{REMOTE}"));
    let task = Task::Create(subject);
    let request = asked(std::slice::from_ref(&task), &context(&[]));
    assert_eq!(request.method, Method::Post);
    assert!(request.url.ends_with(&format!("/api.xro/2.0/Payments/{REMOTE}")), "{}", request.url);
    assert_eq!(request.body, br#"{"Status":"DELETED"}"#);
    let token = request.headers.iter().find(|(name, _)| name == "idempotency-key");
    assert_eq!(token.map(|(_, value)| value.as_str()), Some("token-1"));
    let (mut tasks, context) = creates(&[received()]);
    tasks.push(task);
    assert_eq!(BOOK.ask(&tasks, "token-1", &context).unwrap_err().permits, Permit::Never);
}

#[test]
fn an_answer_that_shows_it_deleted_acknowledges_it() {
    let tasks = [Task::Create(taken_back(&received()))];
    let hear = |status, body: Value| hear(&tasks, &context(&[]), status, &body);
    let done = hear(200, json!({ "Payments": [row("DELETED")] })).unwrap();
    assert_eq!(done, [Outcome::Done(acknowledged())]);
    for unclear in [json!({ "Payments": [row("AUTHORISED")] }), json!({ "Payments": [] })] {
        assert_eq!(hear(200, unclear).unwrap_err().permits, Permit::InDoubt);
    }
    let complaint = json!({ "ErrorNumber": 10, "Type": "ValidationException", "Elements": [{
        "ValidationErrors": [{ "Message": "This payment cannot be deleted: it is reconciled" }],
    }] });
    let refused = hear(400, complaint).unwrap();
    let [Outcome::Refused(refusal)] = &refused[..] else { panic!("{refused:?}") };
    assert!(refusal.hint.contains("saldo retry"), "{}", refusal.hint);
    assert!(refusal.message.contains("reconciled"), "{}", refusal.message);
}

#[test]
fn a_look_up_tells_what_is_deleted_from_what_stands() {
    let task = Task::look_up(taken_back(&received()));
    let address = address(std::slice::from_ref(&task), &context(&[]));
    let mark = format!("saldo:{}", key(&received()));
    assert!(address.starts_with("Payments?") && address.contains(&mark), "{address}");
    let look_up = |rows: Vec<Value>| {
        let body = json!({ "Payments": rows });
        hear(std::slice::from_ref(&task), &context(&[]), 200, &body).unwrap().remove(0)
    };
    assert_eq!(look_up(vec![row("DELETED")]), Outcome::Found(acknowledged()));
    assert_eq!(look_up(vec![row("AUTHORISED")]), Outcome::Absent);
    let mut reconciled = row("AUTHORISED");
    reconciled["IsReconciled"] = json!(true);
    let found = look_up(vec![reconciled]);
    let Outcome::Refused(refusal) = &found else { panic!("{found:?}") };
    assert!(refusal.kind.leaves_nothing(), "it was not taken back");
    assert!(refusal.message.contains("reconciled"), "{}", refusal.message);
    assert_eq!(look_up(Vec::new()), Outcome::Further { page: "1".to_owned() });
}
