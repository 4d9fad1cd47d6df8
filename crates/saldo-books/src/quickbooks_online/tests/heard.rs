//! What answers to writes and look-ups mean.

use super::*;
use saldo_core::book::{Acknowledgement, RefusalKind};
use saldo_core::exchange::Permit;
use serde_json::json;

fn done(outcome: &Outcome) -> &Acknowledgement {
    match outcome {
        Outcome::Done(acknowledgement) => acknowledgement,
        other => panic!("{other:?}"),
    }
}

fn refused(outcome: &Outcome) -> (RefusalKind, &str) {
    match outcome {
        Outcome::Refused(refusal) => (refusal.kind, &refusal.code),
        other => panic!("{other:?}"),
    }
}

fn money(text: &str) -> Option<Money> {
    Some(text.parse().unwrap())
}

/// The answer that keeps what an item of a batch says.
fn kept(item: &Value, entity: &str, more: &Value) -> Value {
    let mut held = item[entity].clone();
    let fields = held.as_object_mut().unwrap();
    fields.insert("Id".to_owned(), json!("42"));
    fields.insert("SyncToken".to_owned(), json!("0"));
    fields.extend(more.as_object().unwrap().clone());
    held
}

fn total(text: &str) -> Value {
    serde_json::from_str(&format!(r#"{{"TotalAmt":{text}}}"#)).unwrap()
}

#[test]
fn a_batch_is_heard_item_by_item() {
    let bad = document(
        DocumentKind::SalesReceipt,
        Some(customer()),
        vec![tax("-4.00"), settled(clearing(), "4.00")],
    );
    let (tasks, context) = creates(&[sale(), refund(), claim(), bad]);
    let items = items(&tasks, &context);
    let answer = json!({"BatchItemResponse": [
        {"bId": "3", "Invoice": kept(&items[2], "Invoice", &total("54.13"))},
        {"bId": "1", "SalesReceipt": kept(&items[0], "SalesReceipt", &total("105.43"))},
        {"bId": "2", "Fault": {"type": "ValidationFault", "Error": [
            {"Message": "Closed", "Detail": "The period is closed", "code": "6210", "element": ""}
        ]}},
    ], "time": "2026-11-20T05:35:56.791-07:00"});
    let outcomes = hear(&tasks, &context, 200, &answer.to_string()).unwrap();
    let first = done(&outcomes[0]);
    assert_eq!((first.remote.as_str(), first.version.as_deref()), ("42", Some("0")));
    assert_eq!((first.total, first.tax), (money("105.43 USD"), money("7.43 USD")));
    assert_eq!(refused(&outcomes[1]), (RefusalKind::PeriodClosed, "6210"));
    assert_eq!(done(&outcomes[2]).total, money("54.13 USD"));
    assert_eq!(refused(&outcomes[3]), (RefusalKind::Other, "saldo"));
}

#[test]
fn what_the_book_made_of_it_shows() {
    let (tasks, context) = creates(&[sale()]);
    let items = items(&tasks, &context);
    let more: Value = serde_json::from_str(
        r#"{"TotalAmt":105.00,"TxnTaxDetail":{"TotalTax":7},"CurrencyRef":{"value":"EUR"},
            "DocNumber":"1042"}"#,
    )
    .unwrap();
    let held = kept(&items[0], "SalesReceipt", &more);
    let answer = json!({"BatchItemResponse": [{"bId": "1", "SalesReceipt": held}]});
    let outcomes = hear(&tasks, &context, 200, &answer.to_string()).unwrap();
    let done = done(&outcomes[0]);
    assert_eq!((done.total, done.tax), (money("105.00 EUR"), money("7.00 EUR")));
    assert_eq!(done.number.as_deref(), Some("1042"));
}

#[test]
fn totals_are_in_the_documents_own_terms() {
    let split = vec![
        goods(sales(), "-105.43", 1),
        settled(paypal(), "5.43"),
        settled(clearing(), "100.00"),
    ];
    let back = vec![
        other(fees(), "-3.00", "Fee back"),
        other(sales(), "1.00", "Kept"),
        settled(clearing(), "2.00"),
    ];
    let cases = [
        (DocumentKind::SalesReceipt, split, "SalesReceipt", "100.00", "105.43 USD"),
        (DocumentKind::Expense, back, "JournalEntry", "0", "2.00 USD"),
    ];
    for (kind, lines, entity, answered, expected) in cases {
        let document = document(kind, Some(customer()), lines);
        let (tasks, context) = creates(std::slice::from_ref(&document));
        let items = items(&tasks, &context);
        let held = kept(&items[0], entity, &total(answered));
        let answer = json!({"BatchItemResponse": [{"bId": "1", entity: held}]});
        let outcomes = hear(&tasks, &context, 200, &answer.to_string()).unwrap();
        assert_eq!(done(&outcomes[0]).total, money(expected));
        assert_eq!(done(&outcomes[0]).total, Some(document.total().unwrap()));
    }
}

#[test]
fn tax_on_an_account_of_its_own_counts_as_the_documents_tax() {
    let lines = vec![goods(sales(), "-100.00", 2), own_tax("-7.43"), settled(clearing(), "107.43")];
    let document = document(DocumentKind::SalesReceipt, Some(customer()), lines);
    let cases = [(json!({"TotalTax": 0}), "7.43 USD"), (json!({"TotalTax": 1}), "8.43 USD")];
    for (held, expected) in cases {
        let found = look_up(&document, &[json!({ "TxnTaxDetail": held })]);
        let tax = match found {
            Outcome::Found(it) => it.tax,
            Outcome::FoundDifferent { acknowledgement, .. } => acknowledgement.tax,
            other => panic!("{other:?}"),
        };
        assert_eq!(tax, money(expected));
    }
}

#[test]
fn large_and_small_amounts_are_read_exactly() {
    let (tasks, context) = creates(&[sale()]);
    for text in ["0.30", "90071992547409.93", "92233720368547758.07"] {
        let answer = format!(
            r#"{{"BatchItemResponse":[
                {{"bId":"1","SalesReceipt":{{"Id":"1","TotalAmt":{text}}}}}]}}"#
        );
        let outcomes = hear(&tasks, &context, 200, &answer).unwrap();
        assert_eq!(done(&outcomes[0]).total, money(&format!("{text} USD")));
    }
}

#[test]
fn half_an_answer_to_a_write_is_in_doubt() {
    let (tasks, context) = creates(&[sale(), refund()]);
    let one = r#"{"bId":"1","SalesReceipt":{"Id":"1","TotalAmt":105.43}}"#;
    let throttled = r#"{"bId":"2","Fault":{"type":"SERVICE","Error":[{"code":"3001"}]}}"#;
    let failed = r#"{"bId":"2","Fault":{"type":"SystemFault","Error":[{"code":"10000"}]}}"#;
    let cases = [
        format!(r#"{{"BatchItemResponse":[{one}]}}"#),
        format!(r#"{{"BatchItemResponse":[{one},{throttled}]}}"#),
        format!(r#"{{"BatchItemResponse":[{one},{failed}]}}"#),
        format!(r#"{{"BatchItemResponse":[{one},{{"bId":"2","Invoice":{{"Id":"2"}}}}]}}"#),
        format!(r#"{{"BatchItemResponse":[{one},{{"bId":"2","RefundReceipt":{{}}}}]}}"#),
        format!(r#"{{"BatchItemResponse":[{one},{{"bId":"#),
        r#"{"time":"2026-11-20"}"#.to_owned(),
        String::new(),
    ];
    for body in cases {
        let fault = hear(&tasks, &context, 200, &body).unwrap_err();
        assert_eq!(fault.permits, Permit::InDoubt, "{body}");
    }
    let unread =
        r#"{"BatchItemResponse":[{"bId":"1","SalesReceipt":{"Id":"1","TotalAmt":1.005}}]}"#;
    let fault = hear(&tasks[..1], &context, 200, unread).unwrap_err();
    assert_eq!(fault.permits, Permit::InDoubt);
}

#[test]
fn a_repeated_request_whose_answer_is_gone_is_looked_up() {
    let (tasks, context) = creates(&[sale(), refund()]);
    let body = r#"{"Fault":{"Error":[{"Message":"Duplicate Request ID","code":"600"}]}}"#;
    let outcomes = hear(&tasks, &context, 400, body).unwrap();
    assert_eq!(outcomes.len(), 2);
    assert!(outcomes.iter().all(|it| refused(it).0 == RefusalKind::DuplicateRequest));
}

#[test]
fn what_is_referred_to_is_acknowledged_by_its_id() {
    let subject = Subject::Need(Need::Party(customer()));
    let context = context(&[]);
    let body = r#"{"BatchItemResponse":[{"bId":"1","Customer":{"Id":"63","SyncToken":"0"}}]}"#;
    let outcomes = hear(&[Task::Create(subject)], &context, 200, body).unwrap();
    assert_eq!(done(&outcomes[0]).remote, RemoteId::from("63"));
}

/// What a look-up of a document says about a row.
fn look_up(document: &Document, rows: &[Value]) -> Outcome {
    let subject = subject(document);
    let context = context(std::slice::from_ref(&subject));
    let tasks = [Task::Create(subject.clone())];
    let item = items(&tasks, &context).remove(0);
    let entity = ["SalesReceipt", "Payment", "Purchase", "Transfer", "JournalEntry"]
        .into_iter()
        .find(|entity| item.get(*entity).is_some())
        .unwrap();
    let rows: Vec<Value> = rows.iter().map(|more| kept(&item, entity, more)).collect();
    let answer = json!({"QueryResponse": {entity: rows, "startPosition": 1, "maxResults": 1}});
    hear(&[Task::look_up(subject)], &context, 200, &answer.to_string()).unwrap().remove(0)
}

#[test]
fn what_is_found_is_compared() {
    let found = look_up(&sale(), &[total("105.43")]);
    assert!(matches!(&found, Outcome::Found(it) if it.total == money("105.43 USD")), "{found:?}");
    let cases = [
        (json!({"TxnDate": "2026-11-21"}), "date: sent 2026-11-20, held 2026-11-21"),
        (json!({"CustomerRef": {"value": "5"}}), "customer: sent 15, held 5"),
        (json!({"TotalAmt": 0}), "total: sent 105.43 USD, held 0.00 USD"),
        (json!({"TxnTaxDetail": {"TotalTax": 0}}), "tax: sent 7.43 USD, held 0.00 USD"),
        (json!({"Line": []}), "item 16: sent -10.00 USD, held 0.00 USD"),
        (json!({"TotalAmt": 1.005}), "1.005"),
    ];
    for (change, expected) in cases {
        match look_up(&sale(), &[change]) {
            Outcome::FoundDifferent { difference, .. } => {
                assert!(difference.contains(expected), "{difference}");
            }
            other => panic!("{other:?}"),
        }
    }
    let twice = look_up(&sale(), &[json!({}), json!({"Id": "43"})]);
    let Outcome::FoundDifferent { difference, .. } = twice else { panic!("{twice:?}") };
    assert_eq!(difference, "it stands there 2 times");
}

#[test]
fn other_kinds_are_found_and_compared_too() {
    for document in [received(), payout(), expense(), write_off()] {
        let found = look_up(&document, &[json!({})]);
        assert!(matches!(found, Outcome::Found(_)), "{found:?}");
    }
    let mut sides = body(&write_off())["JournalEntry"]["Line"].clone();
    for line in sides.as_array_mut().unwrap() {
        let side = &mut line["JournalEntryLineDetail"]["PostingType"];
        *side = json!(if *side == "Debit" { "Credit" } else { "Debit" });
    }
    let swapped = look_up(&write_off(), &[json!({ "Line": sides })]);
    assert!(matches!(swapped, Outcome::FoundDifferent { .. }), "{swapped:?}");
    let moved = look_up(&payout(), &[json!({"Amount": 951})]);
    assert!(matches!(moved, Outcome::FoundDifferent { .. }), "{moved:?}");
}

/// What the next page of a look-up says about rows of its entity.
fn look_further(document: &Document, page: &str, entity: &str, rows: &[Value]) -> Outcome {
    let subject = subject(document);
    let context = context(std::slice::from_ref(&subject));
    let task = Task::LookUp { subject, page: Some(page.to_owned()) };
    let answer = json!({"QueryResponse": {entity: rows}});
    hear(&[task], &context, 200, &answer.to_string()).unwrap().remove(0)
}

fn further(page: &str) -> Outcome {
    Outcome::Further { page: page.to_owned() }
}

#[test]
fn what_has_not_our_number_is_looked_for_by_its_marker() {
    assert_eq!(look_up(&sale(), &[]), further("1"));
    let tasks = [Task::look_up(subject(&sale()))];
    let nothing = r#"{"QueryResponse":{},"time":"2026-11-20"}"#;
    assert_eq!(hear(&tasks, &context(&[]), 200, nothing).unwrap(), [further("1")]);
    assert_eq!(look_further(&sale(), "1", "SalesReceipt", &[]), Outcome::Absent);
    let (tasks, context) = creates(&[sale()]);
    let item = items(&tasks, &context).remove(0);
    let renumbered = kept(&item, "SalesReceipt", &json!({"DocNumber": "1042"}));
    let other = json!({"Id": "41", "DocNumber": "1041", "PrivateNote": "saldo:00000000000"});
    match look_further(&sale(), "1", "SalesReceipt", &[other, renumbered]) {
        Outcome::Found(found) => assert_eq!(found.number.as_deref(), Some("1042")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_not_there_is_absent() {
    let unmarked = json!({"PrivateNote": "saldo:00000000000"});
    assert_eq!(look_up(&received(), &[unmarked]), Outcome::Absent);
}

#[test]
fn a_full_day_is_read_page_by_page() {
    let rows = |from: usize| -> Vec<Value> {
        (from..from + 1000).map(|id| json!({"Id": id.to_string()})).collect()
    };
    assert_eq!(look_further(&received(), "1", "Payment", &rows(1)), further("1001"));
    assert_eq!(look_further(&received(), "1001", "Payment", &rows(1001)), further("2001"));
    assert_eq!(look_further(&received(), "2001", "Payment", &rows(1)[..999]), Outcome::Absent);
    let task = Task::LookUp { subject: subject(&received()), page: Some("first".to_owned()) };
    assert_eq!(BOOK.ask(&[task], "t", &context(&[])).unwrap_err().permits, Permit::Never);
}

#[test]
fn a_party_is_told_from_its_namesake() {
    let tasks = [Task::look_up(Subject::Need(Need::Party(customer())))];
    let context = context(&[]);
    let noted = |id: &str, name: &str, key: &str| {
        let notes = format!("saldo:customer/{key}");
        json!({"Id": id, "DisplayName": name, "Notes": notes})
    };
    let own = noted("1", "Jane Doe (C)", "shop/Customer/7");
    let twin = noted("2", "jane doe", "shop/Customer/8");
    let plain = json!({"Id": "3", "DisplayName": "Jane Doe"});
    let gone = json!({"Id": "4", "DisplayName": "Jane Doe", "Active": false});
    let cases = [
        (vec![twin.clone(), own], "found 1"),
        (vec![twin.clone()], "absent"),
        (vec![twin, plain], "found 3"),
        (vec![gone], "different 4"),
        (vec![], "absent"),
    ];
    for (customers, expected) in cases {
        let vendor = json!({"Id": "9", "DisplayName": "Jane Doe"});
        let answer = json!({"BatchItemResponse": [
            {"bId": "1", "QueryResponse": {"Customer": customers}},
            {"bId": "2", "QueryResponse": {"Vendor": [vendor]}},
            {"bId": "3", "Fault": {"Error": [{"code": "5020", "Message": "no payroll"}]}},
        ]});
        let outcome = hear(&tasks, &context, 200, &answer.to_string()).unwrap().remove(0);
        let said = match outcome {
            Outcome::Found(it) => format!("found {}", it.remote),
            Outcome::FoundDifferent { acknowledgement, .. } => {
                format!("different {}", acknowledgement.remote)
            }
            Outcome::Absent => "absent".to_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!(said, expected);
    }
}

#[test]
fn the_documented_answers_are_read() {
    let number = "1003".to_owned();
    let cases = [
        ("salesreceipt_response.json", "SalesReceipt", "337.50 USD", Some("0.00 USD")),
        ("invoice_response.json", "Invoice", "150.00 USD", Some("0.00 USD")),
    ];
    for (file, entity, total, tax) in cases {
        let Some(text) = shared(&format!("fixtures/quickbooks-online/{file}")) else { return };
        let body: Value = serde_json::from_str(&text).unwrap();
        let document = if entity == "Invoice" { claim() } else { sale() };
        let (tasks, context) = creates(&[document]);
        let answer = json!({"BatchItemResponse": [{"bId": "1", entity: body[entity]}]});
        let outcomes = hear(&tasks, &context, 200, &answer.to_string()).unwrap();
        let done = done(&outcomes[0]);
        assert_eq!((done.total, done.tax), (money(total), tax.and_then(money)));
    }
    let Some(text) = shared("fixtures/quickbooks-online/query_payment_response.json") else {
        return;
    };
    assert!(!text.contains(&number));
    let tasks = [Task::look_up(subject(&received()))];
    assert_eq!(hear(&tasks, &context(&[]), 200, &text).unwrap(), [Outcome::Absent]);
}

#[test]
fn a_batch_that_is_refused_as_a_whole_blames_nobody_until_one_is_left() {
    let (tasks, context) = creates(&[sale(), refund()]);
    let said = |code: &str| {
        json!({"Fault": {"type": "ValidationFault", "Error": [{"Message": "No", "code": code}]}})
            .to_string()
    };
    for (status, body, single) in [
        (400, said("2010"), (RefusalKind::Other, "2010")),
        (400, said("6240"), (RefusalKind::DuplicateName, "6240")),
        (413, "<html>Too large</html>".to_owned(), (RefusalKind::Other, "413")),
    ] {
        let outcomes = hear(&tasks, &context, status, &body).unwrap();
        assert!(outcomes.iter().all(|it| refused(it).0 == RefusalKind::WholeRequest), "{body}");
        let outcomes = hear(&tasks[..1], &context, status, &body).unwrap();
        assert_eq!(refused(&outcomes[0]), single);
    }
    // What concerns the company is no document's fault.
    for (status, body) in [(400, said("6190")), (400, "<html>".to_owned()), (404, said("2010"))] {
        let fault = hear(&tasks, &context, status, &body).unwrap_err();
        assert_eq!(fault.permits, Permit::Never, "{status} {body}");
    }
}

#[test]
fn recorded_faults_are_read() {
    let cases = [
        ("throttle_exceeded_error.xml", Permit::RetryAfter(std::time::Duration::from_secs(60))),
        ("generic_error.xml", Permit::InDoubt),
    ];
    let (tasks, context) = creates(&[sale()]);
    for (file, expected) in cases {
        let path = format!("fixtures/quickbooks-online/quickbooks-ruby/{file}");
        let Some(text) = shared(&path) else { return };
        let fault = hear(&tasks, &context, 400, &text).unwrap_err();
        assert_eq!(fault.permits, expected, "{file}: {fault}");
    }
}

#[test]
fn a_document_is_found_by_the_key_in_its_number() {
    let sold = sale().with_prefix("S-");
    let (tasks, context) = creates(std::slice::from_ref(&sold));
    let sent = items(&tasks, &context)[0].clone();
    let heard = |number: &str| {
        let more = serde_json::from_str::<Value>(&format!(
            r#"{{"TotalAmt":105.43,"DocNumber":"{number}","PrivateNote":""}}"#
        ));
        let row = kept(&sent, "SalesReceipt", &more.unwrap());
        let answer = json!({"QueryResponse": {"SalesReceipt": [row]}}).to_string();
        let look_up = [Task::look_up(subject(&sold))];
        hear(&look_up, &context, 200, &answer).unwrap().remove(0)
    };
    match heard(&format!("S-{}", key(&sold))) {
        Outcome::Found(found) => assert_eq!(found.number, None),
        other => panic!("{other:?}"),
    }
    assert!(matches!(heard("S-AAAAAAAAAAA"), Outcome::Further { .. }));
    let row = json!({"Id": "1", "DocNumber": format!("S-{}", key(&sold)), "SyncToken": "0"});
    let listed = json!({"BatchItemResponse": (1..=13).map(|place| {
        let rows = if place == 1 { json!({"SalesReceipt": [row]}) } else { json!({}) };
        json!({"bId": place.to_string(), "QueryResponse": rows})
    }).collect::<Vec<_>>()});
    let list = [Task::ReadDocuments { from: day(), until: day(), page: None }];
    match hear(&list, &context, 200, &listed.to_string()).unwrap().remove(0) {
        Outcome::Documents(page) => {
            assert_eq!(page.documents[0].number, Some(key(&sold).to_string()));
        }
        other => panic!("{other:?}"),
    }
}
