//! Every body against the vendor's own description of its interface.

use super::*;
use saldo_core::book::{Item, Note};

/// The vendor's schemas, as one that a validator can follow.
fn schemas() -> Option<Value> {
    let text = shared("specs/xero/xero_accounting.yaml")?;
    let options = serde_saphyr::options! { budget: None };
    let description: Value = serde_saphyr::from_str_with_options(&text, options).unwrap();
    Some(description["components"].clone())
}

/// What is wrong with a body of this type; a field that the vendor does not name is wrong as well.
fn faults(components: &Value, name: &str, body: &Value) -> Vec<String> {
    let schema =
        json!({ "$ref": format!("#/components/schemas/{name}"), "components": components });
    let validator = jsonschema::options().build(&schema).unwrap();
    let told =
        |error: jsonschema::ValidationError<'_>| format!("{}: {}", error.instance_path(), error);
    let mut wrong: Vec<String> = validator.iter_errors(body).map(told).collect();
    unknown(components, &components["schemas"][name], body, name, &mut wrong);
    wrong
}

/// Gathers the fields that the vendor's type does not have.
fn unknown(components: &Value, schema: &Value, body: &Value, path: &str, wrong: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str().and_then(|it| it.rsplit('/').next()) {
        return unknown(components, &components["schemas"][name], body, path, wrong);
    }
    match body {
        Value::Array(members) => {
            for member in members {
                unknown(components, &schema["items"], member, path, wrong);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = format!("{path}/{name}");
                match schema["properties"].get(name) {
                    Some(schema) => unknown(components, schema, value, &path, wrong),
                    None => wrong.push(format!("{path} is not known")),
                }
            }
        }
        _ => {}
    }
}

/// The kinds of accounts that can be made.
const KINDS: [AccountKind; 13] = [
    AccountKind::Bank,
    AccountKind::Clearing,
    AccountKind::Cash,
    AccountKind::Conversion,
    AccountKind::OtherCurrentAsset,
    AccountKind::OtherCurrentLiability,
    AccountKind::TaxLiability,
    AccountKind::Equity,
    AccountKind::Income,
    AccountKind::ContraIncome,
    AccountKind::OtherIncome,
    AccountKind::CostOfGoods,
    AccountKind::Expense,
];

/// Every kind of body that this book writes, with its type.
fn bodies() -> Vec<(String, Value)> {
    let sold = [sale(), claim(), credit(), refund(), received(), payout(), expense(), journal()];
    let sold: Vec<Document> = sold.into_iter().chain([paid_back()]).collect();
    let bought = [bill(), bill().reversal(day()), paid_bill()];
    let abroad = [foreign::came_in(), foreign::paid_out()];
    let (came, back) = (stock::came(), stock::came().reversal(day()));
    let stock = [stock::ordered(), came, back, stock::count(), stock::paid()];
    let tracked = |document: &Document| {
        let mut lines = document.lines().to_vec();
        for line in lines.iter_mut().filter(|line| line.account.kind.has_dimensions()) {
            line.dimensions = [("class", "Retail")].into_iter().collect();
        }
        Document::new(document.header().clone(), lines).unwrap()
    };
    let with_tracking: Vec<Document> = sold.iter().chain(&bought).map(tracked).collect();
    let documents = sold.iter().chain(&bought).chain(&abroad).chain(&stock).chain(&with_tracking);
    let mut subjects: Vec<Subject> = documents.map(subject).collect();
    let mut needs: Vec<Need> =
        KINDS.iter().map(|kind| Need::Account(account("Name", *kind))).collect();
    let (account, currency) = (bank(), Currency::parse("EUR").unwrap());
    needs.push(Need::ForeignAccount { account, currency });
    let product = Product { id: None, sku: None, title: "Mug".to_owned() };
    needs.push(Need::Item(Item::plain(Some(product), sales())));
    needs.push(stock::item());
    needs.push(Need::Party(customer()));
    needs.push(Need::Party(vendor()));
    needs.push(Need::Dimension("class".into()));
    needs.push(Need::Value { dimension: "class".into(), value: "Retail".into() });
    subjects.extend(needs.into_iter().map(Subject::Need));
    for document in [claim(), credit(), bill(), bill().reversal(day())] {
        let (key, document) = (key(&document), Box::new(document));
        let (applies_to, voids) = (None, None);
        subjects.push(Subject::Confirmed { key, document: document.clone() });
        subjects.push(Subject::Document { key, document, applies_to, voids, draft: true });
    }
    let amended = [sale(), claim(), credit(), refund(), expense(), journal(), bill()];
    for before in amended.into_iter().chain([bill().reversal(day())]) {
        let header = Header { reference: "Another".to_owned(), ..before.header().clone() };
        let document = Box::new(Document::new(header, before.lines().to_vec()).unwrap());
        let (key, before) = (key(&before), Box::new(before));
        subjects.push(Subject::Amended { key, document, before, version: None });
    }
    let mut context = context(&subjects);
    for subject in &subjects {
        if let Subject::Confirmed { key, .. } | Subject::Amended { key, .. } = subject {
            let id = RemoteId::from("ed255415-e141-4150-aab7-89c3bbbb851c");
            context.bindings.0.insert(key.to_string(), id);
        }
    }
    let body = |subject: Subject| {
        let place = BOOK.place(&subject);
        let method = match subject {
            Subject::Confirmed { .. } | Subject::Amended { .. } => Method::Post,
            Subject::Need(_) | Subject::Document { .. } | Subject::Attached { .. } => Method::Put,
        };
        let request = asked(&[Task::Create(subject)], &context);
        assert_eq!(request.method, method);
        let body = serde_json::from_slice(&request.body).unwrap();
        // These are created one by one.
        let bare = match place.split('/').collect::<Vec<_>>()[..] {
            ["Accounts", ..] => Some("Account"),
            [place, "confirmed" | "amended"] => Some(place),
            ["TrackingCategories", _, _] => Some("TrackingCategory"),
            ["TrackingCategories", _, _, _] => Some("TrackingOption"),
            _ => None,
        };
        (bare.map_or(place.clone(), str::to_owned), body)
    };
    subjects.into_iter().map(body).collect()
}

#[test]
fn every_body_is_valid_by_the_vendors_schema() {
    let Some(components) = schemas() else { return };
    let bodies = bodies();
    assert_eq!(bodies.len(), 67);
    for (name, body) in bodies {
        assert_eq!(faults(&components, &name, &body), Vec::<String>::new(), "{name} {body}");
    }
}

#[test]
fn what_takes_a_payment_back_is_valid_by_the_vendors_schema() {
    let Some(components) = schemas() else { return };
    let request = asked(&[Task::Create(taken_back(&received()))], &context(&[]));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(faults(&components, "PaymentDelete", &body), Vec::<String>::new());
    let subject = taken_back(&stock::paid());
    let context = context(std::slice::from_ref(&subject));
    let request = asked(&[Task::Create(subject)], &context);
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(faults(&components, "BankTransactions", &body), Vec::<String>::new());
}

#[test]
fn what_voids_a_document_is_valid_by_the_vendors_schema() {
    let Some(components) = schemas() else { return };
    for document in [claim(), bill(), credit(), sale(), refund(), expense(), journal()] {
        let subject = taken_back(&document);
        let context = context(std::slice::from_ref(&subject));
        let request = asked(&[Task::Create(subject)], &context);
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let list = body.as_object().unwrap().keys().next().unwrap();
        assert_eq!(faults(&components, list, &body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn what_closes_an_order_is_valid_by_the_vendors_schema() {
    let Some(components) = schemas() else { return };
    let request = asked(&[Task::Create(taken_back(&stock::ordered()))], &context(&[]));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(faults(&components, "PurchaseOrders", &body), Vec::<String>::new());
}

#[test]
fn a_note_is_valid_by_the_vendors_schema_and_no_longer_than_it_takes() {
    let Some(components) = schemas() else { return };
    let document = Box::new(sale());
    let (key, remote) = (key(&document), RemoteId::from("ed255415-e141-4150-aab7-89c3bbbb851c"));
    let note = Note { key, document, remote, from: "shopify:demo/".repeat(30) };
    let request = asked(&[Task::WriteNote(note)], &context(&[]));
    assert_eq!(request.method, Method::Put);
    assert!(
        request.url.ends_with("/BankTransactions/ed255415-e141-4150-aab7-89c3bbbb851c/History")
    );
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(faults(&components, "HistoryRecords", &body), Vec::<String>::new());
    let details = body["HistoryRecords"][0]["Details"].as_str().unwrap();
    assert_eq!(details.chars().count(), 250);
    assert!(details.starts_with(&format!("saldo:{key}: entered by Saldo from shopify:demo/")));
    assert!(!BOOK.takes_note(&received()), "payments take none");
}

#[test]
fn the_schema_finds_what_is_wrong() {
    let Some(components) = schemas() else { return };
    let body = json!({ "Invoices": [
        { "Type": "BOGUS", "LineItems": "x" },
        { "Type": "ACCREC", "Invoicenumber": "1", "LineItems": [{ "Quantity": "2" }] },
    ] });
    let wrong = faults(&components, "Invoices", &body).join("\n");
    for expected in ["BOGUS", "/Invoices/1/LineItems/0/Quantity", "Invoicenumber is not known"] {
        assert!(wrong.contains(expected), "{expected} in:\n{wrong}");
    }
    assert!(wrong.contains("/Invoices/0/LineItems"), "{wrong}");
}
