//! What documents, and what they refer to, become.

use super::super::shape::shape;
use super::*;
use saldo_core::book::Item;

fn code(account: &Account) -> String {
    let remote = remote(&Need::Account(account.clone()));
    remote.as_str().split_once(' ').unwrap().1.to_owned()
}

fn id(need: &Need) -> String {
    remote(need).as_str().split(' ').next().unwrap().to_owned()
}

#[test]
fn a_sale_is_money_received_on_the_clearing_account() {
    let (place, body) = sent(&sale());
    assert_eq!(place, "BankTransactions");
    assert_eq!(body["Type"], "RECEIVE");
    assert_eq!(body["Date"], "2026-11-20");
    assert_eq!(body["Reference"], format!("#1001 saldo:{}", key(&sale())));
    assert_eq!(body["BankAccount"], json!({ "AccountID": id(&Need::Account(clearing())) }));
    assert_eq!(body["Contact"], json!({ "ContactID": id(&Need::Party(customer())) }));
    assert_eq!(body["LineAmountTypes"], "Exclusive");
    let lines = body["LineItems"].as_array().unwrap();
    let told: Vec<String> = lines
        .iter()
        .map(|line| {
            let field = |name: &str| {
                line[name].as_str().map_or_else(|| line[name].to_string(), str::to_owned)
            };
            ["Description", "Quantity", "UnitAmount", "LineAmount", "TaxType", "TaxAmount"]
                .map(field)
                .join(" ")
        })
        .collect();
    assert_eq!(
        told,
        [
            "Mug 2 50 100.00 OUTPUT2 20.00",
            "Discount 1 -10.00 -10.00 OUTPUT2 -2.00",
            "Tip 1 5.00 5.00 NONE 0.00",
            "Paid 1 -20.00 -20.00 NONE 0.00",
        ]
    );
    assert_eq!(lines[0]["AccountCode"], json!(code(&sales())));
    assert!(lines[0]["ItemCode"].as_str().is_some_and(|code| code.starts_with("CODE-")));
}

#[test]
fn every_kind_of_document_has_its_place() {
    let cases = [
        (sale(), "BankTransactions", "RECEIVE"),
        (refund(), "BankTransactions", "SPEND"),
        (sale().reversal(day()), "BankTransactions", "SPEND"),
        (refund().reversal(day()), "BankTransactions", "RECEIVE"),
        (claim(), "Invoices", "ACCREC"),
        (credit(), "CreditNotes", "ACCRECCREDIT"),
        (claim().reversal(day()), "CreditNotes", "ACCRECCREDIT"),
        (received(), "Payments", ""),
        (payout(), "BankTransfers", ""),
        (expense(), "BankTransactions", "SPEND"),
        (expense().reversal(day()), "BankTransactions", "RECEIVE"),
        (journal(), "ManualJournals", ""),
    ];
    for (document, place, kind) in cases {
        let (name, body) = sent(&document);
        let what = document.header().kind;
        assert_eq!((name.as_str(), body["Type"].as_str().unwrap_or("")), (place, kind), "{what}");
    }
}

#[test]
fn what_does_not_go_between_two_bank_accounts_is_money_of_one() {
    let kept = |one: &str, other_: &str| {
        let lines = vec![settled(reserve(), one), settled(clearing(), other_)];
        sent(&document(DocumentKind::Transfer, None, lines))
    };
    let (place, body) = kept("50.00", "-50.00");
    assert_eq!((place.as_str(), &body["Type"]), ("BankTransactions", &json!("SPEND")));
    assert_eq!(body["LineItems"][0]["AccountCode"], json!(code(&reserve())));
    assert_eq!(body["LineItems"][0]["LineAmount"].to_string(), "50.00");
    let nobody = Need::Party(Party::Vendor { name: "Saldo".to_owned() });
    assert_eq!(body["Contact"]["ContactID"], json!(id(&nobody)));
    assert_eq!(kept("-50.00", "50.00").1["Type"], "RECEIVE");
}

#[test]
fn an_invoice_has_our_number_and_a_payment_its_invoice() {
    let (_, body) = sent(&claim());
    assert_eq!(body["InvoiceNumber"], json!(key(&claim())));
    assert_eq!(body["Reference"], "#1001");
    assert_eq!(body["DueDate"], "2026-11-20");
    assert_eq!(body["CurrencyCode"], "GBP");
    // Three units cannot share fifty pounds at four decimals.
    assert_eq!(body["LineItems"][0]["Description"], "3 x Mug");
    assert_eq!(body["LineItems"][0]["UnitAmount"].to_string(), "50.00");
    let (_, body) = sent(&received());
    assert_eq!(body["Invoice"], json!({ "InvoiceID": "ed255415-e141-4150-aab7-89c3bbbb851c" }));
    assert_eq!(body["Amount"].to_string(), "60.00");
    assert_eq!(body["Account"], json!({ "AccountID": id(&Need::Account(clearing())) }));
}

#[test]
fn what_is_paid_back_pays_its_credit_note() {
    let (place, body) = sent(&paid_back());
    assert_eq!((place.as_str(), body.get("Invoice")), ("Payments", None));
    let remote = json!({ "CreditNoteID": "ed255415-e141-4150-aab7-89c3bbbb851c" });
    assert_eq!(body["CreditNote"], remote);
    assert_eq!(body["Amount"].to_string(), "60.00");
    let lines = vec![payable("-60.00"), settled(clearing(), "60.00")];
    let back = document(DocumentKind::BillPayment, Some(vendor()), lines);
    assert!(shape(&back).is_err(), "money that comes back from a supplier is no payment of a bill");
}

#[test]
fn a_sale_that_moves_no_money_is_an_invoice_over_nothing() {
    let lines = vec![goods(sales(), "-50.00", 1), vat("-10.00"), settled(gift_cards(), "60.00")];
    let (place, body) = sent(&document(DocumentKind::SalesReceipt, Some(customer()), lines));
    assert_eq!(place, "Invoices");
    assert_eq!(body["LineItems"][1]["LineAmount"].to_string(), "-60.00");
}

#[test]
fn a_journal_says_debits_and_credits_without_tax() {
    let (_, body) = sent(&journal());
    assert_eq!(body["Narration"], format!("Order #1001 saldo:{}", key(&journal())));
    assert_eq!((&body["Status"], &body["LineAmountTypes"]), (&json!("POSTED"), &json!("NoTax")));
    let amounts: Vec<String> = body["JournalLines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["LineAmount"].to_string())
        .collect();
    assert_eq!(amounts, ["20.00", "-20.00"]);
}

#[test]
fn what_the_vendor_cannot_hold_is_refused_with_the_reason() {
    let kind = DocumentKind::JournalEntry;
    let cases = [
        (
            document(kind, Some(customer()), vec![other(fees(), "60.00", "Bad"), owed("-60.00")]),
            "it touches `Accounts receivable`, which only invoices, credit notes and payments can",
        ),
        (
            document(
                DocumentKind::SalesReceipt,
                Some(customer()),
                vec![
                    other(sales(), "-30.00", "Sold"),
                    settled(clearing(), "10.00"),
                    settled(paypal(), "20.00"),
                ],
            ),
            "it moves money on several bank accounts and elsewhere (`Clearing: PayPal`, \
             `Clearing: Shopify Payments`), which no document of Xero's can hold",
        ),
        (
            document(
                DocumentKind::Invoice,
                None,
                vec![other(sales(), "-60.00", "Sold"), owed("60.00")],
            ),
            "an invoice or credit note needs a customer",
        ),
        (
            document(
                DocumentKind::SalesReceipt,
                Some(customer()),
                vec![goods(sales(), "-100.00", 1), vat("-20.10"), settled(clearing(), "120.10")],
            ),
            "its tax `VAT 20%` is 20.10 GBP, and Xero makes 20.00 GBP of its lines: 0.10 GBP is \
             more than rounding",
        ),
    ];
    for (document, expected) in cases {
        assert_eq!(refused(&document), expected);
    }
}

#[test]
fn books_in_another_currency_are_refused() {
    let (tasks, mut context) = creates(&[sale()]);
    context.currency = Currency::parse("EUR").unwrap();
    let message = BOOK.ask(&tasks, "token-1", &context).unwrap_err().message;
    assert!(message.ends_with("it is in GBP, and the company's books are in EUR"), "{message}");
}

#[test]
fn a_request_carries_tenant_token_and_one_element_for_each_sound_document() {
    let unsound = document(
        DocumentKind::Expense,
        None,
        vec![
            other(account("Payable", AccountKind::Payable), "1.00", "Bill"),
            settled(bank(), "-1.00"),
        ],
    );
    let (tasks, context) = creates(&[expense(), unsound, refund()]);
    let request = asked(&tasks, &context);
    assert_eq!(address(&tasks, &context), "BankTransactions?summarizeErrors=false&unitdp=4");
    assert_eq!(request.method, Method::Put);
    for line in
        [("accept", "application/json"), ("xero-tenant-id", TENANT), ("idempotency-key", "token-1")]
    {
        let line = (line.0.to_owned(), line.1.to_owned());
        assert!(request.headers.contains(&line), "{line:?}");
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["BankTransactions"].as_array().unwrap().len(), 2);
}

#[test]
fn places_are_not_mixed_and_accounts_go_one_by_one() {
    let (tasks, context) = creates(&[sale(), claim()]);
    assert!(BOOK.ask(&tasks, "token-1", &context).is_err());
    let place = |subject: Subject| BOOK.place(&subject);
    assert_eq!(place(subject(&sale())), place(subject(&expense())));
    assert_ne!(place(subject(&sale())), place(subject(&claim())));
    let named = |account: Account| place(Subject::Need(Need::Account(account)));
    assert_ne!(named(sales()), named(fees()));
}

#[test]
fn accounts_items_and_contacts_are_made() {
    let product = Product { id: None, sku: Some("MUG-1".to_owned()), title: "Mug".to_owned() };
    let needs = [
        Need::Account(clearing()),
        Need::Account(gift_cards()),
        Need::Item(Item::plain(Some(product), sales())),
        Need::Party(customer()),
        Need::Party(vendor()),
    ];
    let subjects: Vec<Subject> = needs.iter().cloned().map(Subject::Need).collect();
    let context = context(&subjects);
    let bodies: Vec<Value> = subjects
        .into_iter()
        .map(|subject| asked(&[Task::Create(subject)], &context))
        .map(|request| serde_json::from_slice(&request.body).unwrap())
        .collect();
    let [till, liability, item, buyer, supplier] = &bodies[..] else { panic!() };
    assert_eq!(
        (&till["Type"], &till["Name"]),
        (&json!("BANK"), &json!("Clearing: Shopify Payments"))
    );
    assert!(till["BankAccountNumber"].as_str().is_some_and(|number| number.len() == 12));
    assert_eq!(liability["Type"], "CURRLIAB");
    assert_eq!(liability["EnablePaymentsToAccount"], true);
    let expected = json!({
        "Code": "MUG-1", "Name": "Mug", "Description": "Mug",
        "SalesDetails": { "AccountCode": code(&sales()) },
    });
    assert_eq!(item["Items"], json!([expected]));
    assert_eq!(buyer["Contacts"][0]["Name"], "Jane Doe");
    assert!(buyer["Contacts"][0]["ContactNumber"].is_string());
    assert_eq!(supplier["Contacts"], json!([{ "Name": "Shopify" }]));
    let debtors = account("Accounts receivable", AccountKind::Receivable);
    let task = Task::Create(Subject::Need(Need::Account(debtors)));
    assert!(BOOK.ask(&[task], "token-1", &context).is_err(), "nobody can add the debtors");
}

#[test]
fn income_without_tax_has_the_type_that_the_owner_chose() {
    let (tasks, mut context) = creates(&[sale()]);
    context.settings.insert("untaxed".to_owned(), "ZERORATEDOUTPUT".to_owned());
    let body: Value = serde_json::from_slice(&asked(&tasks, &context).body).unwrap();
    let lines = body["BankTransactions"][0]["LineItems"].as_array().unwrap();
    let types: Vec<&str> = lines.iter().map(|line| line["TaxType"].as_str().unwrap()).collect();
    assert_eq!(types, ["OUTPUT2", "OUTPUT2", "ZERORATEDOUTPUT", "NONE"]);
}

/// A document as it is entered as a draft, and what confirms it.
fn drafted(document: &Document) -> (Subject, Subject) {
    let Subject::Document { key, document, applies_to, voids, .. } = subject(document) else {
        panic!("it is a document")
    };
    let confirmed = Subject::Confirmed { key, document: document.clone() };
    (Subject::Document { key, document, applies_to, voids, draft: true }, confirmed)
}

#[test]
fn a_draft_has_the_status_that_the_owner_chose() {
    let (draft, _) = drafted(&claim());
    for (setting, status) in [(None, "DRAFT"), (Some("submitted"), "SUBMITTED")] {
        let mut context = context(std::slice::from_ref(&draft));
        let setting = setting.map(|it: &str| ("drafts".to_owned(), it.to_owned()));
        context.settings.extend(setting);
        let request = asked(&[Task::Create(draft.clone())], &context);
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["Invoices"][0]["Status"], status);
        assert_eq!(request.method, Method::Put);
    }
    let settings = BTreeMap::from([("drafts".to_owned(), "posted".to_owned())]);
    assert!(BOOK.addresses(&settings).is_err());
}

#[test]
fn confirming_a_draft_sends_nothing_but_its_status() {
    let (_, confirmed) = drafted(&claim());
    let context = context(std::slice::from_ref(&confirmed));
    let tasks = [Task::Create(confirmed)];
    let request = asked(&tasks, &context);
    assert_eq!(request.method, Method::Post);
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let id = "ed255415-e141-4150-aab7-89c3bbbb851c";
    assert_eq!(body, json!({ "Invoices": [{ "InvoiceID": id, "Status": "AUTHORISED" }] }));
    let mixed = [tasks[0].clone(), Task::Create(drafted(&claim()).0)];
    assert!(BOOK.ask(&mixed, "token-1", &context).is_err(), "new things go by another request");
}

#[test]
fn money_that_moved_has_no_drafts() {
    for document in [sale(), refund(), expense(), payout(), journal(), received()] {
        let kind = document.header().kind;
        assert!(!BOOK.holds_drafts(kind), "{kind}");
        let (draft, _) = drafted(&document);
        let context = context(std::slice::from_ref(&draft));
        let said = BOOK.ask(&[Task::Create(draft)], "token-1", &context).unwrap_err().message;
        assert!(said.ends_with("Xero has drafts of invoices, bills and credit notes alone"));
    }
}
