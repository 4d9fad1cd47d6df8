//! Payments, money spent and received, transfers, journals, and other currencies.

use super::{Client, line, number, owned, sale, with};
use saldo_core::exchange::Method;
use serde_json::{Value, json};

fn payment(client: &Client, number_: &str, amount: &str) -> Value {
    json!({
        "Invoice": { "InvoiceNumber": number_ }, "Account": client.account("Business Bank Account"),
        "Date": "2026-11-21", "Amount": number(amount), "Reference": "P",
    })
}

fn spend(client: &Client, kind: &str, account: &str, amount: &str) -> Value {
    json!({
        "Type": kind, "BankAccount": client.account("Business Bank Account"),
        "Contact": { "Name": "Shopify" }, "Date": "2026-11-21", "Reference": "R-1",
        "LineAmountTypes": "NoTax", "LineItems": [line(account, amount)],
    })
}

#[test]
fn payments_settle_an_invoice_and_no_more() {
    let mut client = Client::new();
    client.put("Invoices", &sale("S-1", "100.00"));
    let exceeds = "Payment amount exceeds the amount outstanding on this document";
    let reason = client.reason(Method::Put, "Payments", &payment(&client, "S-1", "120.01"));
    assert_eq!(reason, exceeds);
    let first = client.put("Payments", &payment(&client, "S-1", "20.00"));
    assert_eq!(first["PaymentType"], "ACCRECPAYMENT");
    client.put("Payments", &payment(&client, "S-1", "100.00"));
    let shown = client.get("Invoices?InvoiceNumbers=S-1&page=1")["Invoices"][0].clone();
    assert_eq!((&shown["Status"], &shown["AmountDue"]), (&json!("PAID"), &number("0.00")));
    assert_eq!(shown["Payments"].as_array().unwrap().len(), 2);
    assert_eq!(client.balance("Accounts Receivable"), 0);
    assert_eq!(client.balance("Business Bank Account"), 12_000);
    let path = format!("Invoices/{}", shown["InvoiceID"].as_str().unwrap());
    let void = client.reason(Method::Post, &path, &json!({ "Status": "VOIDED" }));
    assert_eq!(void, "Invoice not of valid status for modification");
    let path = format!("Payments/{}", first["PaymentID"].as_str().unwrap());
    assert_eq!(client.post(&path, &json!({ "Status": "DELETED" }))["Status"], "DELETED");
    let shown = client.get("Invoices?InvoiceNumbers=S-1&page=1")["Invoices"][0].clone();
    assert_eq!((&shown["Status"], &shown["AmountDue"]), (&json!("AUTHORISED"), &number("20.00")));
    assert_eq!(client.balance("Accounts Receivable"), 2_000);
    let again = client.reason(Method::Post, &path, &json!({ "Status": "DELETED" }));
    assert_eq!(again, "Payment not of valid status for modification");
}

#[test]
fn a_payment_that_was_reconciled_or_is_of_a_locked_day_stays() {
    let mut client = Client::new();
    client.put("Invoices", &sale("S-1", "100.00"));
    let mut reconciled = payment(&client, "S-1", "20.00");
    reconciled["IsReconciled"] = json!(true);
    let reconciled = client.put("Payments", &reconciled);
    let plain = client.put("Payments", &payment(&client, "S-1", "30.00"));
    client.sim.organisation_mut().settings.period_lock_date = Some(jiff::civil::date(2027, 12, 31));
    for (paid, why) in [(reconciled, "reconciled"), (plain, "lock date")] {
        let path = format!("Payments/{}", paid["PaymentID"].as_str().unwrap());
        let reason = client.reason(Method::Post, &path, &json!({ "Status": "DELETED" }));
        assert!(reason.contains(why), "{reason}");
    }
    assert_eq!(client.balance("Accounts Receivable"), 7_000);
}

#[test]
fn a_credit_note_is_given_back_by_a_payment() {
    let mut client = Client::new();
    let credit =
        json!({ "Type": "ACCRECCREDIT", "CreditNoteNumber": "C-1", "InvoiceNumber": null });
    client.put("CreditNotes", &with(&sale("", "10.00"), credit));
    let named = json!({ "Invoice": null, "CreditNote": { "CreditNoteNumber": "C-1" } });
    let paid = client.put("Payments", &with(&payment(&client, "", "12.00"), named));
    assert_eq!(paid["PaymentType"], "ARCREDITPAYMENT");
    let expected = [("Business Bank Account", -1_200), ("Sales", 1_000), ("Sales Tax", 200)];
    assert_eq!(client.balances(), owned(&expected));
}

#[test]
fn payments_go_to_bank_accounts_or_to_accounts_that_are_open_to_them() {
    let mut client = Client::new();
    client.put("Invoices", &sale("S-1", "100.00"));
    let into = |client: &Client, code: &str| {
        with(&payment(client, "S-1", "1.00"), json!({ "Account": { "Code": code } }))
    };
    let deposits = into(&client, "850");
    let reason = client.reason(Method::Put, "Payments", &deposits);
    assert!(reason.starts_with("Account type is invalid for payments"), "{reason}");
    assert_eq!(client.reason(Method::Put, "Payments", &into(&client, "970")), "ok");
    let account = client.sim.organisation().account_id("Customer Deposits").unwrap().to_owned();
    client.post(&format!("Accounts/{account}"), &json!({ "EnablePaymentsToAccount": true }));
    assert_eq!(client.reason(Method::Put, "Payments", &deposits), "ok");
}

#[test]
fn money_is_spent_and_received_at_once() {
    let mut client = Client::new();
    let stored = client.put("BankTransactions", &spend(&client, "RECEIVE", "200", "50.00"));
    client.put("BankTransactions", &spend(&client, "SPEND", "404", "3.20"));
    let expected = [("Bank Fees", 320), ("Business Bank Account", 4_680), ("Sales", -5_000)];
    assert_eq!(client.balances(), owned(&expected));
    let negative = spend(&client, "SPEND", "404", "-3.20");
    let reason = client.reason(Method::Put, "BankTransactions", &negative);
    assert_eq!(reason, "The document total must not be negative");
    let elsewhere = json!({ "BankAccount": { "Code": "200" } });
    let elsewhere = with(&spend(&client, "SPEND", "404", "1"), elsewhere);
    let reason = client.reason(Method::Put, "BankTransactions", &elsewhere);
    assert_eq!(reason, "BankAccount must be an account of type BANK");
    let id = stored["BankTransactionID"].as_str().unwrap();
    client.post(&format!("BankTransactions/{id}"), &json!({ "Status": "DELETED" }));
    assert_eq!(client.balance("Sales"), 0);
}

#[test]
fn what_was_reconciled_stays() {
    let mut client = Client::new();
    let reconciled = json!({ "IsReconciled": true });
    let body = with(&spend(&client, "SPEND", "404", "1"), reconciled);
    let id = client.put("BankTransactions", &body)["BankTransactionID"].clone();
    let path = format!("BankTransactions/{}", id.as_str().unwrap());
    let reason = client.reason(Method::Post, &path, &json!({ "Status": "DELETED" }));
    assert!(reason.starts_with("This Bank Transaction cannot be edited"), "{reason}");
}

#[test]
fn a_transfer_goes_between_two_bank_accounts_and_is_never_changed() {
    let mut client = Client::new();
    let transfer = json!({
        "FromBankAccount": client.account("Savings Account"),
        "ToBankAccount": client.account("Business Bank Account"),
        "Amount": number("104.81"), "Date": "2026-11-23", "Reference": "payout 8842",
    });
    let stored = client.put("BankTransfers", &transfer);
    let expected = [("Business Bank Account", 10_481), ("Savings Account", -10_481)];
    assert_eq!(client.balances(), owned(&expected));
    let listed = client.get("BankTransactions?page=1")["BankTransactions"].clone();
    let kinds: Vec<&Value> = listed.as_array().unwrap().iter().map(|it| &it["Type"]).collect();
    assert_eq!(kinds, ["SPEND-TRANSFER", "RECEIVE-TRANSFER"]);
    let cases = [
        (json!({ "ToBankAccount": { "Code": "850" } }), "ToBankAccount must be an account of type"),
        (json!({ "ToBankAccount": { "Code": "091" } }), "The two bank accounts must not be"),
        (json!({ "Amount": 0 }), "The amount must be greater than zero"),
    ];
    for (changes, expected) in cases {
        let reason = client.reason(Method::Put, "BankTransfers", &with(&transfer, changes));
        assert!(reason.starts_with(expected), "{reason}");
    }
    let path = format!("BankTransfers/{}", stored["BankTransferID"].as_str().unwrap());
    let changed = client.reason(Method::Post, &path, &json!({ "Amount": 1 }));
    assert_eq!(changed, "A bank transfer cannot be updated");
    client.post(&path, &json!({ "Status": "DELETED" }));
    assert_eq!(client.balances(), []);
    assert_eq!(client.get("BankTransfers")["BankTransfers"], json!([]));
    let all = client.get("BankTransfers?includeDeleted=true");
    assert_eq!(all["BankTransfers"][0]["Status"], "DELETED");
}

fn journal(lines: &[(&str, &str)]) -> Value {
    let lines = lines.iter().map(|(account, amount)| {
        json!({ "LineAmount": number(amount), "AccountCode": account, "Description": "x" })
    });
    json!({
        "Narration": "cost of goods", "Date": "2026-11-20", "Status": "POSTED",
        "JournalLines": lines.collect::<Vec<_>>(),
    })
}

#[test]
fn a_journal_balances_and_keeps_off_the_accounts_of_others() {
    let mut client = Client::new();
    let stored = client.put("ManualJournals", &journal(&[("310", "10.00"), ("630", "-10.00")]));
    let expected = [("Cost of Goods Sold", 1_000), ("Inventory", -1_000)];
    assert_eq!(client.balances(), owned(&expected));
    let unbalanced = journal(&[("310", "100.00"), ("630", "-10.00")]);
    let reason = client.reason(Method::Put, "ManualJournals", &unbalanced);
    assert_eq!(reason, "The total debits (100.00) must equal total credits (-10.00)");
    for code in ["090", "610", "800", "499"] {
        let body = journal(&[(code, "1"), ("310", "-1")]);
        let reason = client.reason(Method::Put, "ManualJournals", &body);
        assert_eq!(reason, format!("Account code '{code}' is not a valid code for this document."));
    }
    let path = format!("ManualJournals/{}", stored["ManualJournalID"].as_str().unwrap());
    client.post(&path, &json!({ "Status": "VOIDED" }));
    assert_eq!(client.balances(), []);
    let draft = with(&journal(&[("310", "1"), ("630", "-1")]), json!({ "Status": null }));
    assert_eq!(client.put("ManualJournals", &draft)["Status"], "DRAFT");
    assert_eq!(client.balances(), []);
}

#[test]
fn a_journal_with_tax_balances_with_it() {
    let mut client = Client::new();
    let lines = journal(&[("400", "100.00"), ("850", "-120.00")]);
    let taxed = with(&lines, json!({ "LineAmountTypes": "Exclusive" }));
    client.put("ManualJournals", &taxed);
    let expected = [("Advertising", 10_000), ("Customer Deposits", -12_000), ("Sales Tax", 2_000)];
    assert_eq!(client.balances(), owned(&expected));
}

#[test]
fn what_another_rate_leaves_over_is_a_gain_or_a_loss() {
    let mut client = Client::new();
    client.sim.organisation_mut().subscribe("USD", "1.25".parse().unwrap());
    let foreign = json!({ "CurrencyCode": "USD", "CurrencyRate": 1.3, "LineAmountTypes": "NoTax" });
    client.put("Invoices", &with(&sale("S-1", "100.00"), foreign));
    assert_eq!(client.balance("Accounts Receivable"), 7_692);
    let first = json!({ "CurrencyRate": 1.3 });
    client.put("Payments", &with(&payment(&client, "S-1", "33.33"), first));
    assert_eq!(client.balance("Realised Currency Gains"), 0);
    let second = json!({ "CurrencyRate": 1.25 });
    let paid = client.put("Payments", &with(&payment(&client, "S-1", "66.67"), second));
    assert_eq!(paid["BankAmount"], number("53.34"));
    let expected =
        [("Business Bank Account", 7_898), ("Realised Currency Gains", -206), ("Sales", -7_692)];
    assert_eq!(client.balances(), owned(&expected));
    let path = format!("Payments/{}", paid["PaymentID"].as_str().unwrap());
    client.post(&path, &json!({ "Status": "DELETED" }));
    assert_eq!(client.balance("Realised Currency Gains"), 0);
    assert_eq!(client.balance("Accounts Receivable"), 5_128);
}

#[test]
fn cents_that_conversion_leaves_over_are_rounding() {
    let mut client = Client::new();
    client.sim.organisation_mut().subscribe("USD", "3".parse().unwrap());
    let lines: Vec<Value> = ["1.00", "1.00"].map(|it| line("200", it)).into();
    let foreign = json!({ "CurrencyCode": "USD", "LineAmountTypes": "NoTax", "LineItems": lines });
    client.put("Invoices", &with(&sale("S-1", "1"), foreign));
    let expected = [("Accounts Receivable", 67), ("Rounding", -1), ("Sales", -66)];
    assert_eq!(client.balances(), owned(&expected));
}

/// What a report shows of an account: its last two cells.
fn shown(report: &Value, account: &str) -> Vec<String> {
    let mut rows = vec![&report["Reports"][0]["Rows"]];
    while let Some(row) = rows.pop() {
        for row in row.as_array().into_iter().flatten() {
            let cells = row["Cells"].as_array().cloned().unwrap_or_default();
            let text = |cell: &Value| cell["Value"].as_str().unwrap_or("").to_owned();
            if cells.first().is_some_and(|cell| text(cell).starts_with(account)) {
                return cells.iter().rev().take(2).rev().map(text).collect();
            }
            rows.push(&row["Rows"]);
        }
    }
    Vec::new()
}

#[test]
fn bank_accounts_of_other_currencies_stand_in_reports_at_the_rate_of_the_day() {
    let mut client = Client::new();
    client.sim.organisation_mut().subscribe("EUR", "0.8".parse().unwrap());
    let account = json!({
        "Name": "Bank EUR", "Type": "BANK", "BankAccountNumber": "1", "CurrencyCode": "EUR",
    });
    client.put("Accounts", &account);
    let came = json!({
        "Type": "RECEIVE", "BankAccount": client.account("Bank EUR"), "CurrencyRate": 0.5,
        "Contact": { "Name": "Jane Doe" }, "Date": "2025-11-20", "LineAmountTypes": "NoTax",
        "LineItems": [line("850", "100.00")],
    });
    client.put("BankTransactions", &came);
    let spent = with(&came, json!({ "Type": "SPEND", "Date": "2026-11-20" }));
    let spent = with(&spent, json!({ "LineItems": [line("850", "40.00")] }));
    client.put("BankTransactions", &spent);
    assert_eq!(client.balance("Bank EUR"), 12_000, "the ledger has what was entered");
    let held = client.sim.organisation().foreign_balances();
    assert_eq!(held["Bank EUR"], ("EUR".to_owned(), 6_000));
    let report = client.get("Reports/TrialBalance?date=2026-11-30");
    assert_eq!(shown(&report, "Bank EUR"), ["75.00", ""]);
    // A hundred euros were worth 75.00 less in the year before, sixty are worth 45.00 less now.
    assert_eq!(shown(&report, "Bank Revaluations"), ["", "30.00"]);
    assert_eq!(shown(&report, "Retained Earnings"), ["75.00", ""]);
    let report = client.get("Reports/ProfitAndLoss?fromDate=2026-11-01&toDate=2026-11-30");
    assert_eq!(shown(&report, "Bank Revaluations")[1], "-30.00");
}
