//! What is taken back by the vendor's own operation: what is asked, and what answers to it mean.

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
fn all_but_transfers_is_voided_and_payments_only_so() {
    for payment in [received(), paid_bill(), paid_back()] {
        assert_eq!(BOOK.voids(&payment), Some(Vec::new()), "nothing is matched unseen");
        assert!(!BOOK.reverses(&payment));
    }
    for either in [sale(), claim(), credit(), refund(), expense(), journal(), bill()] {
        assert_eq!(BOOK.voids(&either), Some(Vec::new()), "{}", either.header().kind);
        assert!(BOOK.reverses(&either));
    }
    assert_eq!(BOOK.voids(&payout()), None, "a transfer is never changed");
    assert!(BOOK.reverses(&payout()));
    let nothing = vec![other(sales(), "-5.00", "Sold"), other(gift_cards(), "5.00", "Paid")];
    let nothing = document(DocumentKind::SalesReceipt, Some(customer()), nothing);
    assert_eq!(BOOK.voids(&nothing), None, "over nothing it counts as paid");
    let units = stock::claimed();
    assert_eq!(BOOK.voids(&units), None, "units go back by a document of their own");
}

/// What asks to take a document back, and the address that it goes to.
fn asked_back(document: &Document) -> (String, Value) {
    let subject = taken_back(document);
    let context = context(std::slice::from_ref(&subject));
    let request = asked(&[Task::Create(subject)], &context);
    assert_eq!(request.method, Method::Post);
    let (_, path) = request.url.split_once("/api.xro/2.0/").unwrap();
    (path.to_owned(), serde_json::from_slice(&request.body).unwrap())
}

#[test]
fn what_is_voided_is_named_by_its_id_and_nothing_of_it_is_written_over() {
    for (document, list, id) in [
        (claim(), "Invoices", "InvoiceID"),
        (bill(), "Invoices", "InvoiceID"),
        (credit(), "CreditNotes", "CreditNoteID"),
    ] {
        let (path, body) = asked_back(&document);
        assert_eq!(path, format!("{list}/{REMOTE}"));
        assert_eq!(body, json!({ list: [{ id: REMOTE, "Status": "VOIDED" }] }));
    }
    let (path, body) = asked_back(&journal());
    assert_eq!(path, format!("ManualJournals/{REMOTE}"));
    let narration = sent(&journal()).1["Narration"].clone();
    let voided = json!({ "ManualJournalID": REMOTE, "Narration": narration, "Status": "VOIDED" });
    assert_eq!(body, json!({ "ManualJournals": [voided] }));
    for document in [sale(), refund(), expense()] {
        let (path, body) = asked_back(&document);
        assert_eq!(path, format!("BankTransactions/{REMOTE}"));
        let mut whole = sent(&document).1;
        whole["BankTransactionID"] = json!(REMOTE);
        whole["Status"] = json!("DELETED");
        assert_eq!(body, json!({ "BankTransactions": [whole] }));
    }
}

/// What a look-up of what is to be taken back says, where the document stands there with these
/// fields besides.
fn looked_up(document: &Document, fields: Value) -> Outcome {
    let subject = taken_back(document);
    let bound = context(std::slice::from_ref(&subject));
    let task = Task::look_up(subject);
    let (place, mut rows) = answered(std::slice::from_ref(document));
    let row = rows.remove(0);
    let mut row = row.as_object().unwrap().clone();
    let id = format!("{}ID", place.trim_end_matches('s'));
    row.insert(id, json!(REMOTE));
    row.extend(fields.as_object().unwrap().clone());
    hear(&[task], &bound, 200, &json!({ place: [row] })).unwrap().remove(0)
}

#[test]
fn what_is_to_be_voided_is_looked_at_by_its_number_or_its_day() {
    let told = |document: &Document| {
        let subject = taken_back(document);
        let context = context(std::slice::from_ref(&subject));
        address(&[Task::look_up(subject)], &context)
    };
    let claimed = told(&claim());
    assert!(claimed.starts_with(&format!("Invoices?InvoiceNumbers={}&", key(&claim()))));
    let billed = told(&bill());
    assert!(billed.contains("InvoiceNumber == \"#1001 saldo:"), "{billed}");
    let credited = told(&credit());
    assert!(credited.contains(&format!("CreditNoteNumber == \"{}\"", key(&credit()))));
    assert!(told(&sale()).contains(&format!("saldo:{}", key(&sale()))));
    assert!(told(&journal()).starts_with("ManualJournals?where=Date == "), "{}", told(&journal()));
}

#[test]
fn what_stands_as_it_was_entered_is_voided_and_what_is_settled_changed_or_a_draft_is_not() {
    let documents = [claim(), bill(), credit(), sale(), journal()];
    for document in &documents {
        assert_eq!(looked_up(document, json!({})), Outcome::Absent, "{}", document.header().kind);
    }
    let voided = looked_up(&claim(), json!({ "Status": "VOIDED" }));
    assert!(matches!(voided, Outcome::Found(_)), "{voided:?}");
    let why = |document: &Document, fields: Value| match looked_up(document, fields) {
        Outcome::Refused(refusal) => {
            assert!(refusal.kind.leaves_nothing() && refusal.hint.contains("saldo retry"));
            refusal.message
        }
        other => panic!("{other:?}"),
    };
    for status in ["DRAFT", "SUBMITTED"] {
        assert!(why(&claim(), json!({ "Status": status })).starts_with("it is a draft"));
    }
    for paid in ["AmountPaid", "AmountCredited"] {
        assert_eq!(looked_up(&claim(), json!({ paid: 0.00 })), Outcome::Absent);
        assert!(why(&claim(), json!({ paid: 1.00 })).contains("paid or credited"));
    }
    assert_eq!(looked_up(&credit(), json!({ "RemainingCredit": 60.00 })), Outcome::Absent);
    assert!(why(&credit(), json!({ "RemainingCredit": 59.99 })).contains("paid or credited"));
    assert!(why(&sale(), json!({ "IsReconciled": true })).contains("reconciled"));
    assert!(why(&sale(), json!({ "Total": 1.00 })).starts_with("it was changed: total"));
}

#[test]
fn what_would_be_voided_and_is_nowhere_is_not_sent() {
    let ends = |document: &Document| {
        let subject = taken_back(document);
        let context = context(std::slice::from_ref(&subject));
        let task = Task::LookUp { subject, page: Some("1".to_owned()) };
        let list = BOOK.place(&taken_back(document)).split_once('/').unwrap().0.to_owned();
        hear(&[task], &context, 200, &json!({ list: [] })).unwrap().remove(0)
    };
    for document in [claim(), bill(), credit(), journal()] {
        let ended = ends(&document);
        let Outcome::Refused(refusal) = &ended else { panic!("{ended:?}") };
        assert!(refusal.message.contains("not there"), "{}", refusal.message);
    }
    assert_eq!(ends(&received()), Outcome::Absent, "a payment is only ever deleted");
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
