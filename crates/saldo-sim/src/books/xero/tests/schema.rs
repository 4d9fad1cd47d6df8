//! Every answer against the vendor's own schema, and beside the vendor's own examples.

use super::{Client, line, number, sale, with};
use saldo_core::exchange::Method;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What stands at the head of every answer; the schema leaves it out.
const ENVELOPE: &[&str] = &["Id", "Status", "ProviderName", "DateTimeUTC"];

/// Properties that the vendor's examples show and its schema leaves out.
const SHOWN: &[(&str, &[&str])] = &[
    ("Invoice", &["DateString", "DueDateString"]),
    ("CreditNote", &["ID", "DateString", "DueDateString"]),
    ("BankTransaction", &["DateString"]),
    ("BankTransfer", &["DateString"]),
    ("PurchaseOrder", &["DateString", "Type", "IsDiscounted", "HasErrors"]),
    ("HistoryRecord", &["DateUTCString"]),
];

/// The lists of answers, and the property that holds their elements.
const LISTS: &[&str] = &[
    "Accounts",
    "TaxRates",
    "Currencies",
    "Contacts",
    "Items",
    "TrackingCategories",
    "Invoices",
    "CreditNotes",
    "Payments",
    "BankTransactions",
    "BankTransfers",
    "ManualJournals",
    "PurchaseOrders",
];

/// A text of the shared material; none where it is not at hand.
fn shared(path: &str) -> Option<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/");
    match std::fs::read_to_string(format!("{root}{path}")) {
        Ok(text) => Some(text),
        Err(error) => {
            let required = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(!required, "{path}: {error}");
            eprintln!("skipped: {path} (shared material not found)");
            None
        }
    }
}

/// The vendor's schemas. Each one permits the properties that it names and no others.
fn published(file: &str) -> Option<Value> {
    let text = shared(&format!("specs/xero/{file}"))?;
    let mut document: Value = serde_saphyr::from_str(&text).unwrap();
    let schemas = document["components"]["schemas"].as_object_mut().unwrap();
    for (name, schema) in schemas.iter_mut() {
        let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
            continue;
        };
        let shown = SHOWN.iter().filter(|(of, _)| of == name);
        for property in shown.flat_map(|(_, properties)| *properties) {
            let flag = property.starts_with("Is") || property.starts_with("Has");
            let shape = if flag { "boolean" } else { "string" };
            properties.insert((*property).to_owned(), json!({ "type": shape }));
        }
        // The vendor's own example of a connection has instants without a zone.
        for property in properties.values_mut().filter(|it| it["format"] == "date-time") {
            property["format"] = json!("text");
        }
        // Beside a refused element stands all that was sent.
        if name != "Element" {
            schema["additionalProperties"] = json!(false);
        }
    }
    Some(json!({ "components": { "schemas": document["components"]["schemas"] } }))
}

struct Schemas(Value);

impl Schemas {
    fn check(&self, name: &str, value: &Value) {
        let mut schema = self.0.clone();
        schema["$ref"] = json!(format!("#/components/schemas/{name}"));
        let draft = jsonschema::Draft::Draft4;
        let validator = jsonschema::options().with_draft(draft).build(&schema).unwrap();
        let mut wrong = validator.iter_errors(value).map(|error| {
            let place = error.instance_path().to_string();
            format!("{place}: {error}").chars().take(400).collect::<String>()
        });
        assert_eq!(wrong.next(), None, "{name}: {value}");
    }

    /// Checks an answer without its head.
    fn check_answer(&self, name: &str, answer: &Value) {
        let mut content = answer.as_object().unwrap().clone();
        for property in ENVELOPE {
            assert!(content.remove(*property).is_some(), "{name}: {property}");
        }
        self.check(name, &Value::Object(content));
    }
}

/// A client whose organisation has something of every kind, and every answer that it got.
fn filled() -> (Client, Vec<(&'static str, Value)>) {
    let mut client = Client::new();
    client.sim.organisation_mut().settings.period_lock_date = Some(jiff::civil::date(2026, 1, 31));
    client.sim.organisation_mut().subscribe("USD", "1.25".parse().unwrap());
    client.sim.organisation_mut().track("Channel", "Shopify", client.now);
    let mut tracked = line("200", "100");
    tracked["Tracking"] = json!([{ "Name": "Channel", "Option": "Shopify" }]);
    tracked["ItemCode"] = json!("MUG-BLUE");
    tracked["DiscountRate"] = json!(10);
    let lines = json!({
        "LineItems": [tracked], "Reference": "saldo:x", "Url": "https://a.test/1",
        "CurrencyCode": "USD",
    });
    let credit =
        json!({ "Type": "ACCRECCREDIT", "CreditNoteNumber": "C-1", "InvoiceNumber": null });
    let bank = client.account("Business Bank Account");
    let paid = |of: Value| {
        let mut paid = json!({ "Account": bank, "Amount": 5, "Reference": "P" });
        paid.as_object_mut().unwrap().extend(of.as_object().unwrap().clone());
        paid
    };
    let spent = json!({
        "Type": "SPEND", "BankAccount": bank, "Contact": { "Name": "Shopify" }, "Reference": "R",
        "LineItems": [line("404", "3")],
    });
    let moved = json!({
        "FromBankAccount": client.account("Savings Account"), "ToBankAccount": bank, "Amount": 7,
    });
    let journal = json!({ "Narration": "n", "Status": "POSTED", "JournalLines": [
        { "LineAmount": 5, "AccountCode": "310" }, { "LineAmount": -5, "AccountCode": "630" },
    ] });
    let order = json!({
        "PurchaseOrderNumber": "PO-1", "Status": "AUTHORISED", "Contact": { "Name": "Shopify" },
        "LineItems": [line("310", "4")],
    });
    let account = json!({ "Code": "999", "Name": "New", "Type": "EXPENSE", "Description": "d" });
    let writes = [
        ("Invoices", with(&sale("S-1", "1"), lines)),
        (
            "Invoices",
            with(&sale("B-1", "9"), json!({ "Type": "ACCPAY" , "LineItems": [line("400", "9")] })),
        ),
        ("CreditNotes", with(&sale("", "10"), credit)),
        ("Payments", paid(json!({ "Invoice": { "InvoiceNumber": "S-1" } }))),
        ("Payments", paid(json!({ "CreditNote": { "CreditNoteNumber": "C-1" } }))),
        ("BankTransactions", spent),
        ("BankTransfers", moved),
        ("ManualJournals", journal),
        ("PurchaseOrders", order),
        ("Accounts", account),
        ("Contacts", json!({ "Name": "New", "EmailAddress": "a@b.test" })),
        ("Items", json!({ "Code": "NEW", "Name": "New", "SalesDetails": { "UnitPrice": 5 } })),
        ("TaxRates", json!({ "Name": "New", "TaxComponents": [{ "Name": "New", "Rate": 2 }] })),
        ("Currencies", json!({ "Code": "EUR" })),
        ("TrackingCategories", json!({ "Name": "Region" })),
    ];
    let mut answers = Vec::new();
    for (endpoint, body) in writes {
        let wrapped = json!({ endpoint: [body] });
        let single = matches!(endpoint, "Accounts" | "Currencies" | "TrackingCategories");
        let body = if single { wrapped[endpoint][0].clone() } else { wrapped };
        let (status, answer) = client.ask(Method::Put, endpoint, &body);
        assert_eq!(status, 200, "{endpoint}: {answer}");
        answers.push((endpoint, answer));
    }
    (client, answers)
}

#[test]
fn what_is_written_and_read_has_the_shape_that_is_published() {
    let Some(schemas) = published("xero_accounting.yaml").map(Schemas) else { return };
    let (mut client, answers) = filled();
    for (name, answer) in &answers {
        schemas.check_answer(name, answer);
    }
    for name in LISTS {
        for path in [name.to_string(), format!("{name}?page=1&unitdp=4")] {
            schemas.check_answer(name, &client.get(&path));
        }
        let all = client.get(&format!("{name}?page=1"));
        for element in all[name].as_array().unwrap() {
            let id = element.as_object().unwrap().iter().find(|(key, _)| is_id_of(name, key));
            let Some((_, Value::String(id))) = id else { continue };
            schemas.check_answer(name, &client.get(&format!("{name}/{id}")));
        }
    }
    schemas.check_answer("Organisations", &client.get("Organisation"));
    for report in ["TrialBalance", "BankSummary", "ProfitAndLoss"] {
        schemas.check_answer("ReportWithRows", &client.get(&format!("Reports/{report}")));
    }
}

/// Whether a property is the identifier of the elements of a list.
fn is_id_of(list: &str, property: &str) -> bool {
    let stem = list.strip_suffix("ies").unwrap_or(list.strip_suffix('s').unwrap_or(list));
    property.strip_suffix("ID").is_some_and(|name| name.strip_suffix('y').unwrap_or(name) == stem)
}

#[test]
fn what_stands_beneath_has_the_shape_that_is_published() {
    let Some(schemas) = published("xero_accounting.yaml").map(Schemas) else { return };
    let mut client = Client::new();
    let invoice = client.put("Invoices", &sale("S-1", "100.00"));
    let credit =
        json!({ "Type": "ACCRECCREDIT", "CreditNoteNumber": "C-1", "InvoiceNumber": null });
    let note = client.put("CreditNotes", &with(&sale("", "25.00"), credit));
    let path = format!("CreditNotes/{}", note["CreditNoteID"].as_str().unwrap());
    let allocation = json!({
        "Invoice": { "InvoiceID": invoice["InvoiceID"] }, "Amount": number("5"),
        "Date": "2026-11-21",
    });
    let body = json!({ "Allocations": [allocation] });
    let (_, answer) = client.ask(Method::Put, &format!("{path}/Allocations"), &body);
    schemas.check_answer("Allocations", &answer);
    schemas.check_answer("CreditNotes", &client.get(&path));
    schemas.check_answer("Invoices", &client.get("Invoices?page=1"));
    let notes = json!({ "HistoryRecords": [{ "Details": "key" }] });
    let (_, answer) = client.ask(Method::Put, &format!("{path}/History"), &notes);
    schemas.check_answer("HistoryRecords", &answer);
    schemas.check_answer("HistoryRecords", &client.get(&format!("{path}/History")));
    let path = format!("Invoices/{}/Attachments", invoice["InvoiceID"].as_str().unwrap());
    let (_, answer) = client.attach(&format!("{path}/rows.csv"), "a,b");
    schemas.check_answer("Attachments", &answer);
    schemas.check_answer("Attachments", &client.get(&path));
    let category = client.put("TrackingCategories", &json!({ "Name": "Region" }));
    let path =
        format!("TrackingCategories/{}/Options", category["TrackingCategoryID"].as_str().unwrap());
    let (_, answer) = client.ask(Method::Put, &path, &json!({ "Name": "North" }));
    schemas.check_answer("TrackingOptions", &answer);
}

#[test]
fn refusals_have_the_shape_that_is_published() {
    let Some(schemas) = published("xero_accounting.yaml").map(Schemas) else { return };
    let mut client = Client::new();
    let wrong = with(&sale("S-1", "1"), json!({ "LineItems": [line("999", "1")] }));
    let (_, answer) = client.ask(Method::Put, "Invoices?summarizeErrors=false", &wrong);
    schemas.check_answer("Invoices", &answer);
    for (path, body) in [
        ("Invoices", wrong),
        ("Invoices", json!({ "Type": 5 })),
        ("Contacts", json!({ "Name": "Jane Doe" })),
        ("Accounts", json!({ "Code": "200", "Name": "X", "Type": "EXPENSE" })),
    ] {
        let (status, answer) = client.ask(Method::Put, path, &body);
        assert_eq!(status, 400);
        schemas.check("Error", &answer);
    }
}

#[test]
fn connections_have_the_shape_that_is_published() {
    let Some(schemas) = published("xero-identity.yaml").map(Schemas) else { return };
    let mut client = Client::new();
    let mut request = client.request(Method::Get, "", &Value::Null);
    request.url = "https://api.xero.test/connections".to_owned();
    let answer = client.send(&request);
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    schemas.check("Connection", &body[0]);
}

/// What every example of the vendor has, the simulated elements have too, and of the same type.
#[test]
fn nothing_that_every_example_has_is_left_out() {
    let (mut client, _) = filled();
    let (mut compared, mut shown) = (0, BTreeSet::new());
    for name in LISTS {
        let Some(examples) = examples(name) else { return };
        shown.extend(examples.iter().flat_map(|it| it.keys().cloned()));
        let ours = client.get(&format!("{name}?page=1&includeDeleted=true"))[name].clone();
        for element in ours.as_array().unwrap() {
            let first = examples.first().unwrap();
            for (property, value) in first {
                if LEFT_OUT.contains(&(*name, property.as_str()))
                    || !examples.iter().all(|example| example.contains_key(property))
                {
                    continue;
                }
                let ours = element.get(property);
                let ours = ours.unwrap_or_else(|| panic!("{name}: {property}: {element}"));
                let same = std::mem::discriminant(ours) == std::mem::discriminant(value);
                assert!(same, "{name}: {property}: {ours} beside {value}");
                compared += 1;
            }
        }
    }
    assert!(compared > 300, "{compared}");
    let added = SHOWN.iter().filter(|(of, _)| *of != "HistoryRecord");
    for property in added.flat_map(|(_, properties)| *properties) {
        assert!(shown.contains(*property), "no example shows {property}");
    }
}

#[test]
#[should_panic(expected = "Surprise")]
fn a_property_that_is_not_published_is_seen() {
    let Some(schemas) = published("xero_accounting.yaml").map(Schemas) else {
        panic!("Surprise: the shared material is not at hand");
    };
    schemas.check("Invoices", &json!({ "Invoices": [{ "Payments": [{ "Surprise": 1 }] }] }));
}

/// What every example has by chance, and the simulated elements need not have.
const LEFT_OUT: &[(&str, &str)] =
    &[("Items", "Description"), ("Payments", "Invoice"), ("BankTransactions", "Contact")];

/// The elements of the vendor's answers of a kind, but for those that were refused.
fn examples(name: &str) -> Option<Vec<Map<String, Value>>> {
    let mut examples = Vec::new();
    for method in ["get", "put", "post"] {
        let path = format!("fixtures/xero/{method}_{name}_response.json");
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/");
        let known = method == "get" || std::path::Path::new(&format!("{root}{path}")).exists();
        if !known {
            continue;
        }
        let answer: Value = serde_json::from_str(&shared(&path)?).unwrap();
        for element in answer[name].as_array().unwrap() {
            examples.push(element.as_object().unwrap().clone());
        }
    }
    Some(examples)
}
