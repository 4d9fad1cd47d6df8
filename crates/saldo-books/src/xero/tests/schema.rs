//! Every body against the vendor's own description of its interface.

use super::*;
use saldo_core::book::Item;

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

/// Every kind of body that this book writes, with its type.
fn bodies() -> Vec<(String, Value)> {
    let sold = [sale(), claim(), credit(), refund(), received(), payout(), expense(), journal()];
    let bought = [bill(), bill().reversal(day()), paid_bill()];
    let mut subjects: Vec<Subject> = sold.iter().chain(&bought).map(subject).collect();
    let kinds = [
        AccountKind::Bank,
        AccountKind::Clearing,
        AccountKind::Cash,
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
    let mut needs: Vec<Need> =
        kinds.iter().map(|kind| Need::Account(account("Name", *kind))).collect();
    let product = Product { id: None, sku: None, title: "Mug".to_owned() };
    needs.push(Need::Item(Item { product: Some(product), account: sales() }));
    needs.push(Need::Party(customer()));
    needs.push(Need::Party(vendor()));
    subjects.extend(needs.into_iter().map(Subject::Need));
    let context = context(&subjects);
    let body = |subject: Subject| {
        let place = BOOK.place(&subject);
        let request = asked(&[Task::Create(subject)], &context);
        assert_eq!(request.method, Method::Put);
        let body = serde_json::from_slice(&request.body).unwrap();
        // Accounts are created one by one.
        (if place.starts_with("Accounts/") { "Account".to_owned() } else { place }, body)
    };
    subjects.into_iter().map(body).collect()
}

#[test]
fn every_body_is_valid_by_the_vendors_schema() {
    let Some(components) = schemas() else { return };
    let bodies = bodies();
    assert_eq!(bodies.len(), 26);
    for (name, body) in bodies {
        assert_eq!(faults(&components, &name, &body), Vec::<String>::new(), "{name} {body}");
    }
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
