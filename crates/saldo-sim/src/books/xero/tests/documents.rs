//! Invoices, bills and credit notes.

use super::{Client, line, number, owned, sale, with};
use saldo_core::exchange::Method;
use serde_json::{Value, json};

#[test]
fn a_sale_is_entered_when_it_is_approved_and_not_before() {
    let mut client = Client::new();
    let draft = with(&sale("S-1", "100.00"), json!({ "Status": "DRAFT" }));
    let draft = client.put("Invoices", &draft);
    assert_eq!((&draft["Status"], &draft["AmountDue"]), (&json!("DRAFT"), &number("120.00")));
    assert_eq!(client.balances(), []);
    let id = draft["InvoiceID"].as_str().unwrap();
    let path = format!("Invoices/{id}");
    assert_eq!(client.post(&path, &json!({ "Status": "SUBMITTED" }))["Status"], "SUBMITTED");
    assert_eq!(client.balances(), []);
    client.post(&path, &json!({ "Status": "AUTHORISED" }));
    let expected = [("Accounts Receivable", 12_000), ("Sales", -10_000), ("Sales Tax", -2_000)];
    assert_eq!(client.balances(), owned(&expected));
    client.post(&path, &json!({ "Status": "VOIDED" }));
    assert_eq!(client.balances(), []);
    let reason = client.reason(Method::Post, &path, &json!({ "Status": "AUTHORISED" }));
    assert_eq!(reason, "Invoice not of valid status for modification");
}

#[test]
fn each_type_stands_on_its_own_side() {
    let cases = [
        ("Invoices", "ACCPAY", ("Accounts Payable", -12_000), ("Advertising", 10_000), 2_000),
        ("CreditNotes", "ACCRECCREDIT", ("Accounts Receivable", -12_000), ("Sales", 10_000), 2_000),
        (
            "CreditNotes",
            "ACCPAYCREDIT",
            ("Accounts Payable", 12_000),
            ("Advertising", -10_000),
            -2_000,
        ),
    ];
    for (endpoint, kind, control, account, tax) in cases {
        let mut client = Client::new();
        let code = if account.0 == "Sales" { "200" } else { "400" };
        let lines =
            json!({ "Type": kind, "InvoiceNumber": null, "LineItems": [line(code, "100")] });
        client.put(endpoint, &with(&sale("", "1"), lines));
        let mut expected = owned(&[control, account, ("Sales Tax", tax)]);
        expected.sort();
        assert_eq!(client.balances(), expected, "{kind}");
    }
}

#[test]
fn tax_is_rounded_line_by_line_and_then_added() {
    let mut client = Client::new();
    let lines: Vec<Value> = ["18.82", "19.20", "19.20"].map(|it| line("200", it)).into();
    let stored = client.put("Invoices", &with(&sale("S-1", "1"), json!({ "LineItems": lines })));
    assert_eq!(stored["TotalTax"], number("11.44"));
    let mut changed = lines.clone();
    changed[0]["TaxAmount"] = number("3.77");
    let stored = client.put("Invoices", &with(&sale("S-2", "1"), json!({ "LineItems": changed })));
    assert_eq!((&stored["TotalTax"], &stored["Total"]), (&number("11.45"), &number("68.67")));
    let mut free = line("200", "10");
    free["TaxType"] = json!("NONE");
    free["TaxAmount"] = number("2.00");
    let stored = client.put("Invoices", &with(&sale("S-3", "1"), json!({ "LineItems": [free] })));
    assert_eq!(stored["TotalTax"], number("0.00"), "a rate of nothing makes nothing");
}

#[test]
fn amounts_may_have_their_tax_within() {
    let mut client = Client::new();
    let inclusive = json!({ "LineAmountTypes": "Inclusive" });
    let stored = client.put("Invoices", &with(&sale("S-1", "10.00"), inclusive));
    assert_eq!((&stored["SubTotal"], &stored["Total"]), (&number("8.33"), &number("10.00")));
    let untaxed = json!({ "LineAmountTypes": "NoTax" });
    let stored = client.put("Invoices", &with(&sale("S-2", "10.00"), untaxed));
    assert_eq!((&stored["SubTotal"], &stored["Total"]), (&number("10.00"), &number("10.00")));
    let expected = [("Accounts Receivable", 2_000), ("Sales", -1_833), ("Sales Tax", -167)];
    assert_eq!(client.balances(), owned(&expected));
}

#[test]
fn unit_prices_have_two_decimals_unless_four_are_asked_for() {
    let mut client = Client::new();
    let mut priced = line("200", "0.1234");
    priced["Quantity"] = json!(100);
    let body = |number: &str| with(&sale(number, "1"), json!({ "LineItems": [priced] }));
    assert_eq!(client.put("Invoices", &body("S-1"))["SubTotal"], number("12.00"));
    let stored = client.put("Invoices?unitdp=4", &body("S-2"));
    assert_eq!(stored["SubTotal"], number("12.34"));
    assert_eq!(stored["LineItems"][0]["UnitAmount"], number("0.1234"));
}

#[test]
fn put_never_changes_a_sale_and_post_overwrites_it_by_its_number() {
    let mut client = Client::new();
    let first = client.put("Invoices", &sale("S-1", "100.00"));
    let reason = client.reason(Method::Put, "Invoices", &sale("S-1", "7.00"));
    assert_eq!(reason, "Invoice # must be unique.");
    assert_eq!(client.balance("Sales"), -10_000);
    let second = client.post("Invoices", &sale("S-1", "7.00"));
    assert_eq!(second["InvoiceID"], first["InvoiceID"]);
    assert_eq!(client.balance("Sales"), -700);
    let bill = json!({ "Type": "ACCPAY", "LineItems": [line("400", "5")] });
    let bills = [(); 2].map(|()| client.put("Invoices", &with(&sale("B-1", "1"), bill.clone())));
    assert_ne!(bills[0]["InvoiceID"], bills[1]["InvoiceID"], "numbers of bills say nothing");
    let posted = client.post("Invoices", &with(&sale("B-1", "1"), bill));
    assert!(bills.iter().all(|it| it["InvoiceID"] != posted["InvoiceID"]));
}

#[test]
fn a_sale_without_a_number_gets_the_next_one() {
    let mut client = Client::new();
    client.put("Invoices", &sale("INV-0001", "1"));
    let unnumbered = with(&sale("", "1"), json!({ "InvoiceNumber": null }));
    assert_eq!(client.put("Invoices", &unnumbered)["InvoiceNumber"], "INV-0002");
}

#[test]
fn what_is_incomplete_or_wrong_is_refused() {
    let mut client = Client::new();
    let mut taxed = line("200", "1");
    taxed["TaxType"] = json!("INPUT2");
    let mut total = line("200", "10.00");
    total["LineAmount"] = number("11.00");
    let mut discounted = line("400", "10.00");
    discounted["DiscountRate"] = json!(10);
    let cases = [
        (json!({ "LineItems": [line("999", "1")] }), "Account code '999' is not a valid code"),
        (json!({ "LineItems": [line("090", "1")] }), "Account code '090' is not a valid code"),
        (json!({ "LineItems": [line("610", "1")] }), "Account code '610' is not a valid code"),
        (json!({ "LineItems": [] }), "One or more line items must be specified"),
        (json!({ "LineItems": [taxed] }), "The TaxType code 'INPUT2' cannot be used with"),
        (json!({ "LineItems": [total] }), "The line total 11.00 does not match the expected"),
        (json!({ "LineItems": [line("200", "-1")] }), "The document total must not be negative"),
        (json!({ "Total": 5 }), "The invoice total does not equal the sum of the lines"),
        (json!({ "Contact": {} }), "The Contact must contain at least 1 of the following"),
        (json!({ "DueDate": null }), "The document due date must be specified"),
        (json!({ "CurrencyCode": "EUR" }), "Organisation is not subscribed to currency EUR"),
        (json!({ "Status": "PAID" }), "Invoice not of valid status for modification"),
        (
            json!({ "Type": "ACCPAY", "LineItems": [discounted] }),
            "Discounts are only supported on ACCREC invoices",
        ),
    ];
    for (changes, expected) in cases {
        let reason = client.reason(Method::Put, "Invoices", &with(&sale("S-1", "1"), changes));
        assert!(reason.starts_with(expected), "{reason}");
    }
    assert_eq!(client.sim.organisation().count(super::super::Kind::Invoice), 0);
    let shapes = [
        json!({ "Date": 5 }),
        json!({ "Date": "20/11/2026" }),
        json!({ "LineItems": "x" }),
        json!({ "Type": "BOGUS" }),
        json!({ "LineAmountTypes": "Net" }),
    ];
    for changes in shapes {
        let body = with(&sale("S-1", "1"), changes.clone());
        let (status, answer) = client.ask(Method::Put, "Invoices", &body);
        assert_eq!((status, &answer["ErrorNumber"]), (400, &json!(14)), "{changes}");
    }
}

#[test]
fn a_locked_day_is_closed_to_what_changes_the_ledger() {
    let mut client = Client::new();
    let stored = client.put("Invoices", &sale("S-0", "1"));
    let settings = &mut client.sim.organisation_mut().settings;
    settings.end_of_year_lock_date = Some(jiff::civil::date(2026, 11, 20));
    let reason = client.reason(Method::Put, "Invoices", &sale("S-1", "1"));
    let expected = "The document date cannot be before the end of year lock date, currently set \
                    at 20-Nov-2026";
    assert_eq!(reason, expected);
    let id = stored["InvoiceID"].as_str().unwrap();
    let void =
        client.reason(Method::Post, &format!("Invoices/{id}"), &json!({ "Status": "VOIDED" }));
    assert_eq!(void, expected);
    let later = json!({ "Date": "2026-11-21", "DueDate": "2026-11-21" });
    assert_eq!(client.reason(Method::Put, "Invoices", &with(&sale("S-2", "1"), later)), "ok");
    let moved = json!({ "Date": "2026-11-21", "InvoiceID": id });
    let moved = client.reason(Method::Post, "Invoices", &with(&sale("S-0", "1"), moved));
    assert_eq!(moved, expected, "it cannot leave a locked day either");
    let organisation = client.get("Organisation");
    let lock = &organisation["Organisations"][0]["EndOfYearLockDate"];
    assert_eq!(lock, "/Date(1795132800000+0000)/");
}

#[test]
fn a_credit_note_settles_a_part_of_an_invoice() {
    let mut client = Client::new();
    let invoice = client.put("Invoices", &sale("S-1", "100.00"));
    let credit =
        json!({ "Type": "ACCRECCREDIT", "CreditNoteNumber": "C-1", "InvoiceNumber": null });
    let note = client.put("CreditNotes", &with(&sale("", "25.00"), credit));
    let path = format!("CreditNotes/{}/Allocations", note["CreditNoteID"].as_str().unwrap());
    let invoice_id = json!({ "InvoiceID": invoice["InvoiceID"] });
    let allocation = |amount: &str| {
        json!({ "Allocations": [
            { "Invoice": invoice_id, "Amount": number(amount), "Date": "2026-11-21" },
        ] })
    };
    let (status, _) = client.ask(Method::Put, &path, &allocation("30.01"));
    assert_eq!(status, 400);
    let (status, answer) = client.ask(Method::Put, &path, &allocation("30.00"));
    assert_eq!((status, &answer["Allocations"][0]["Amount"]), (200, &number("30.00")));
    let id = invoice["InvoiceID"].as_str().unwrap();
    let shown = client.get(&format!("Invoices/{id}"))["Invoices"][0].clone();
    assert_eq!(
        (&shown["AmountDue"], &shown["AmountCredited"]),
        (&number("90.00"), &number("30.00"))
    );
    assert_eq!(shown["CreditNotes"][0]["CreditNoteNumber"], "C-1");
    let note = client.get("CreditNotes/C-1")["CreditNotes"][0].clone();
    assert_eq!((&note["Status"], &note["RemainingCredit"]), (&json!("PAID"), &number("0.00")));
    assert_eq!(client.balance("Accounts Receivable"), 9_000);
}
