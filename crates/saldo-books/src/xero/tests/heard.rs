//! What answers to creates mean.

use super::*;
use saldo_core::book::{Note, RefusalKind, TaxRate};
use saldo_core::exchange::Permit;

fn pounds(text: &str) -> Option<Money> {
    Some(Money::parse(text, gbp()).unwrap())
}

#[test]
fn each_element_tells_of_its_document() {
    let documents = [sale(), refund(), expense()];
    let (tasks, context) = creates(&documents);
    let (place, mut rows) = answered(&documents);
    rows[1] = json!({
        "StatusAttributeString": "ERROR",
        "ValidationErrors": [{ "Message": "Account code '9' is not a valid code" }],
    });
    let outcomes = hear(&tasks, &context, 200, &json!({ place: rows })).unwrap();
    let [Outcome::Done(sold), Outcome::Refused(refused), Outcome::Done(spent)] = &outcomes[..]
    else {
        panic!("{outcomes:?}")
    };
    assert_eq!(sold.remote.as_str(), "00000000-0000-0000-0000-000000000001");
    // The gift card is part of what the buyer paid, though not of what the bank received.
    assert_eq!((sold.total, sold.tax), (pounds("113.00"), pounds("18.00")));
    assert_eq!(sold.version.as_deref(), Some("/Date(1763596800000+0000)/"));
    assert_eq!(refused.kind, RefusalKind::BadReference);
    assert_eq!((spent.total, spent.tax), (pounds("3.36"), pounds("0.00")));
}

#[test]
fn every_document_is_acknowledged_with_its_own_total() {
    for document in [
        sale(),
        claim(),
        credit(),
        refund(),
        received(),
        paid_back(),
        payout(),
        expense(),
        journal(),
    ] {
        let (tasks, context) = creates(std::slice::from_ref(&document));
        let (place, rows) = answered(std::slice::from_ref(&document));
        let outcome = hear(&tasks, &context, 200, &json!({ place: rows })).unwrap().remove(0);
        let Outcome::Done(acknowledgement) = outcome else { panic!("{outcome:?}") };
        assert_eq!(acknowledgement.total, Some(document.total().unwrap()), "{document:?}");
        let tax = acknowledgement.tax;
        assert!(tax.is_none_or(|tax| tax == document.tax().unwrap()), "{document:?}");
        assert!(acknowledgement.version.is_some());
    }
}

#[test]
fn what_the_vendor_rounded_otherwise_shows() {
    let (tasks, context) = creates(&[sale()]);
    let (place, mut rows) = answered(&[sale()]);
    (rows[0]["Total"], rows[0]["TotalTax"]) = (json!(92.99), json!(17.99));
    let outcome = hear(&tasks, &context, 200, &json!({ place: rows })).unwrap().remove(0);
    let Outcome::Done(acknowledgement) = outcome else { panic!("{outcome:?}") };
    assert_eq!((acknowledgement.total, acknowledgement.tax), (pounds("112.99"), pounds("17.99")));
}

#[test]
fn an_answer_about_something_else_leaves_all_in_doubt() {
    let documents = [sale(), refund()];
    let (tasks, context) = creates(&documents);
    let (place, mut rows) = answered(&documents);
    rows.swap(0, 1);
    let in_doubt = |body: &Value| hear(&tasks, &context, 200, body).unwrap_err().permits;
    assert_eq!(in_doubt(&json!({ place.clone(): rows })), Permit::InDoubt);
    assert_eq!(in_doubt(&json!({ place: [rows[0]] })), Permit::InDoubt);
    assert_eq!(in_doubt(&json!({})), Permit::InDoubt);
}

#[test]
fn a_request_that_is_refused_as_a_whole_is_to_be_parted() {
    let body = json!({
        "ErrorNumber": 10, "Type": "ValidationException", "Message": "A validation exception",
        "Elements": [{ "ValidationErrors": [
            { "Message": "The document date cannot be before the end of year lock date" }] }],
    });
    let kinds = |documents: &[Document]| -> Vec<RefusalKind> {
        let (tasks, context) = creates(documents);
        let outcomes = hear(&tasks, &context, 400, &body).unwrap();
        let kind = |outcome: &Outcome| match outcome {
            Outcome::Refused(refusal) => refusal.kind,
            other => panic!("{other:?}"),
        };
        outcomes.iter().map(kind).collect()
    };
    assert_eq!(kinds(&[payout()]), [RefusalKind::PeriodClosed]);
    let back = payout().reversal(day());
    assert_eq!(kinds(&[payout(), back]), [RefusalKind::WholeRequest; 2]);
}

#[test]
fn a_failure_says_whether_it_may_have_taken_effect() {
    let (tasks, context) = creates(&[sale()]);
    let permits = |status| hear(&tasks, &context, status, &json!({})).unwrap_err().permits;
    assert_eq!(permits(500), Permit::InDoubt);
    assert_eq!(permits(401), Permit::Refresh);
    assert_eq!(permits(403), Permit::LogIn);
}

#[test]
fn what_is_made_is_called_as_documents_refer_to_it() {
    let needs = [Need::Account(sales()), Need::Account(bank()), Need::Party(customer())];
    let answers = [
        json!({ "Accounts": [{ "AccountID": "a1", "Code": "200", "Name": "Product sales" }] }),
        json!({ "Accounts": [{ "AccountID": "a2", "Code": "", "Name": "Bank" }] }),
        json!({ "Contacts": [{ "ContactID": "c1", "Name": "Jane Doe", "ValidationErrors": [] }] }),
    ];
    let called = needs.into_iter().zip(answers).map(|(need, answer)| {
        let subject = Subject::Need(need);
        let context = context(std::slice::from_ref(&subject));
        match &hear(&[Task::Create(subject)], &context, 200, &answer).unwrap()[..] {
            [Outcome::Done(acknowledgement)] => acknowledgement.remote.to_string(),
            other => panic!("{other:?}"),
        }
    });
    assert_eq!(called.collect::<Vec<_>>(), ["a1 200", "a2", "c1"]);
    assert_eq!(BOOK.reported(&RemoteId::from("a1 200")), RemoteId::from("a1"));
}

fn tax_rate(title: &str, rate: Option<u32>) -> Subject {
    let rate = rate.map(Into::into);
    Subject::Need(Need::TaxRate(TaxRate { title: title.to_owned(), rate }))
}

fn rates() -> Value {
    let rate = |code: &str, name: &str, percent: &str, revenue: bool, status: &str| {
        json!({
            "TaxType": code, "Name": name, "EffectiveRate": percent.parse::<serde_json::Number>()
                .unwrap(), "CanApplyToRevenue": revenue, "Status": status,
        })
    };
    json!({ "TaxRates": [
        rate("INPUT2", "20% (VAT on Expenses)", "20.0000", false, "ACTIVE"),
        rate("OUTPUT2", "20% (VAT on Income)", "20.0", true, "ACTIVE"),
        rate("OLD20", "20% old", "20.0", true, "ARCHIVED"),
        rate("RROUTPUT", "5% (VAT on Income)", "5", true, "ACTIVE"),
        rate("FUEL5", "Fuel", "5", true, "ACTIVE"),
    ] })
}

#[test]
fn a_tax_is_the_only_rate_that_it_can_be() {
    let cases = [
        (tax_rate("VAT", Some(20)), "OUTPUT2"),
        (tax_rate("Fuel", Some(5)), "FUEL5"),
        (tax_rate("fuel", None), "FUEL5"),
        (
            tax_rate("VAT", Some(5)),
            "which tax rate of the organisation's `VAT 5%` is cannot be told; those of its rate: \
             RROUTPUT (5% (VAT on Income)), FUEL5 (Fuel)",
        ),
        (
            tax_rate("VAT", Some(7)),
            "which tax rate of the organisation's `VAT 7%` is cannot be told; those of its rate: \
             none",
        ),
    ];
    let context = context(&[]);
    for (subject, expected) in cases {
        let tasks = [Task::Create(subject)];
        assert_eq!(address(&tasks, &context), "TaxRates");
        let outcome = hear(&tasks, &context, 200, &rates()).unwrap().remove(0);
        let told = match &outcome {
            Outcome::Done(acknowledgement) => acknowledgement.remote.as_str(),
            Outcome::Refused(refusal) => &refusal.message,
            other => panic!("{other:?}"),
        };
        assert_eq!(told, expected);
    }
}

#[test]
fn the_owner_says_which_rate_it_is() {
    let tasks = [Task::Create(tax_rate("VAT", Some(5)))];
    let mut context = context(&[]);
    context.settings.insert("tax/VAT 5%".to_owned(), "RROUTPUT".to_owned());
    let outcome = hear(&tasks, &context, 200, &rates()).unwrap().remove(0);
    assert!(matches!(&outcome, Outcome::Done(done) if done.remote.as_str() == "RROUTPUT"));
    context.settings.insert("tax/VAT 5%".to_owned(), "OLD20".to_owned());
    let outcome = hear(&tasks, &context, 200, &rates()).unwrap().remove(0);
    assert!(matches!(outcome, Outcome::Refused(_)), "it is archived");
}

#[test]
fn a_note_that_is_refused_for_good_fails_alone_and_nothing_waits_for_it() {
    let document = Box::new(sale());
    let (key, remote) = (key(&document), RemoteId::from("ed255415-e141-4150-aab7-89c3bbbb851c"));
    let note = Note { key, document, remote, from: "shopify:demo/Order/1001".to_owned() };
    let tasks = [Task::WriteNote(note)];
    let hear = |status| hear(&tasks, &context(&[]), status, &json!({ "Message": "no" }));
    for status in [400, 404, 405, 409, 410, 412, 413, 415, 422] {
        let heard = hear(status).unwrap();
        let [Outcome::Refused(refusal)] = &heard[..] else { panic!("{status}: {heard:?}") };
        assert_ne!(refusal.message, "", "{status}");
    }
    let faults = [
        (401, Permit::Refresh),
        (403, Permit::LogIn),
        (408, Permit::InDoubt),
        (500, Permit::InDoubt),
    ];
    for (status, permits) in faults {
        assert_eq!(hear(status).unwrap_err().permits, permits, "{status}");
    }
    assert!(matches!(hear(429).unwrap_err().permits, Permit::RetryAfter(_)));
}
