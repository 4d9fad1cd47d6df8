//! The ledger, its reports, and what is remembered between runs.

use super::super::{Organisation, XeroSim};
use super::{Client, line, number, sale, with};
use crate::books::chance;
use saldo_core::exchange::Method;
use serde_json::{Value, json};

#[test]
fn the_trial_balance_shows_the_month_and_the_year() {
    let mut client = Client::new();
    for (number, date) in [("S-1", "2025-12-31"), ("S-2", "2026-10-31"), ("S-3", "2026-11-20")] {
        let dated = json!({ "Date": date, "LineAmountTypes": "NoTax" });
        client.put("Invoices", &with(&sale(number, "10.00"), dated));
    }
    let report = client.get("Reports/TrialBalance?date=2026-11-30")["Reports"][0].clone();
    let rows: Vec<Vec<String>> = report["Rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|section| section["Rows"].as_array())
        .flatten()
        .map(|row| {
            let cells = row["Cells"].as_array().unwrap().iter();
            cells.map(|cell| cell["Value"].as_str().unwrap().to_owned()).collect()
        })
        .collect();
    let expected = [
        ["Sales (200)", "", "10.00", "", "20.00"],
        ["Accounts Receivable (610)", "10.00", "", "30.00", ""],
        ["Retained Earnings (960)", "", "0.00", "", "10.00"],
        ["Total", "10.00", "10.00", "30.00", "30.00"],
    ];
    assert_eq!(rows, expected);
    let id = &report["Rows"][1]["Rows"][0]["Cells"][0]["Attributes"][0]["Value"];
    assert_eq!(id.as_str(), client.sim.organisation().account_id("Sales"));
}

#[test]
fn the_profit_and_loss_shows_what_is_left() {
    let mut client = Client::new();
    for (kind, account, date, amount) in [
        ("RECEIVE", "200", "2026-11-02", "50.00"),
        ("RECEIVE", "200", "2026-10-31", "9.00"),
        ("SPEND", "310", "2026-11-03", "20.00"),
        ("SPEND", "404", "2026-11-30", "3.20"),
    ] {
        client.put("BankTransactions", &moved(&client, kind, date, line(account, amount)));
    }
    let path = "Reports/ProfitAndLoss?fromDate=2026-11-01&toDate=2026-11-30&standardLayout=true";
    let report = client.get(path)["Reports"][0].clone();
    let rows = report["Rows"].as_array().unwrap().iter();
    let rows = rows.filter_map(|section| section["Rows"].as_array()).flatten();
    let cell =
        |row: &Value, place: usize| row["Cells"][place]["Value"].as_str().unwrap().to_owned();
    let rows: Vec<String> = rows.map(|row| format!("{} {}", cell(row, 0), cell(row, 1))).collect();
    let expected = [
        "Sales 50.00",
        "Total Income 50.00",
        "Cost of Goods Sold 20.00",
        "Total Cost of Sales 20.00",
        "Gross Profit 30.00",
        "Bank Fees 3.20",
        "Total Operating Expenses 3.20",
        "Net Profit 26.80",
    ];
    assert_eq!(rows, expected);
}

/// Money spent or received without tax.
fn moved(client: &Client, kind: &str, date: &str, line: Value) -> Value {
    json!({
        "Type": kind, "BankAccount": client.account("Business Bank Account"), "Date": date,
        "Contact": { "Name": "Shopify" }, "LineAmountTypes": "NoTax", "LineItems": [line],
    })
}

#[test]
fn the_bank_summary_shows_what_came_and_went() {
    let mut client = Client::new();
    for (kind, date, amount) in [
        ("RECEIVE", "2026-10-31", "5.00"),
        ("RECEIVE", "2026-11-01", "7.00"),
        ("SPEND", "2026-11-02", "3.00"),
    ] {
        let account = if kind == "SPEND" { "404" } else { "200" };
        let body = moved(&client, kind, date, line(account, amount));
        client.put("BankTransactions", &body);
    }
    let report = client.get("Reports/BankSummary?fromDate=2026-11-01&toDate=2026-11-30");
    let cells = report["Reports"][0]["Rows"][1]["Rows"][0]["Cells"].clone();
    let figures: Vec<&Value> = (1..5).map(|place| &cells[place]["Value"]).collect();
    assert_eq!(figures, ["5.00", "7.00", "3.00", "9.00"]);
}

#[test]
fn the_text_of_the_ledger_does_not_depend_on_order_or_identifiers() {
    let run = |seed: u64, reversed: bool| {
        let mut client = Client::of(Organisation::united_kingdom(seed));
        let mut numbers = vec!["S-1", "S-2", "S-3"];
        if reversed {
            numbers.reverse();
        }
        for number in numbers {
            client.put("Invoices", &sale(number, "10.00"));
        }
        client.sim.organisation().ledger_without_ids()
    };
    let text = run(1, false);
    let first = "2026-11-20\tInvoice\tS-1\tAccounts Receivable\t12.00";
    assert_eq!(text.lines().next(), Some(first));
    assert_eq!(text.lines().count(), 9);
    assert_eq!(run(2, true), text);
}

#[test]
fn a_state_that_was_written_is_read_again() {
    let mut client = Client::new();
    client.put("Invoices", &sale("S-1", "10.00"));
    client.sim = XeroSim::from_json(&client.sim.to_json().unwrap()).unwrap();
    let reason = client.reason(Method::Put, "Invoices", &sale("S-1", "1"));
    assert_eq!(reason, "Invoice # must be unique.");
    assert_eq!(client.balance("Sales"), -1_000);
}

/// Random work over every kind: whatever is accepted, the ledger balances, and what is due is what
/// stands on the control account.
#[test]
fn the_ledger_always_balances() {
    let mut compared = 0;
    for seed in 0..20_u64 {
        let mut client = Client::new();
        client.sim.organisation_mut().subscribe("USD", "1.27".parse().unwrap());
        let mut stored: Vec<String> = Vec::new();
        for step in 0..60_u64 {
            act(&mut client, &mut stored, chance::number(seed, &step.to_string()), step);
        }
        let sum: i64 = client.sim.organisation().ledger().iter().map(|it| it.minor).sum();
        assert_eq!(sum, 0, "seed {seed}");
        let open = client.get("Invoices?Statuses=AUTHORISED")["Invoices"].clone();
        let open = open.as_array().unwrap();
        if open.iter().all(|it| it["CurrencyCode"] == "GBP") {
            let due = |it: &Value| it["AmountDue"].to_string().parse().unwrap();
            let due = open.iter().map(|it| super::super::fields::minor(due(it)).unwrap());
            assert_eq!(client.balance("Accounts Receivable"), due.sum::<i64>(), "seed {seed}");
            compared += 1;
        }
        assert!(!stored.is_empty(), "seed {seed}");
    }
    assert!(compared > 3, "{compared}");
}

fn act(client: &mut Client, stored: &mut Vec<String>, chance: u64, step: u64) {
    let amount = format!("{}.{:02}", chance % 500, chance / 500 % 100);
    let place = usize::try_from(chance / 16).unwrap() % stored.len().max(1);
    let known = stored.get(place).cloned().unwrap_or_default();
    let invoice = json!({ "InvoiceID": known });
    match chance / 4 % 6 {
        0 | 1 => {
            let number = format!("S-{step}");
            let foreign = json!({ "CurrencyCode": "USD" });
            let body = sale(&number, &amount);
            let body =
                if chance.is_multiple_of(8) && step < 30 { with(&body, foreign) } else { body };
            let made = client.put("Invoices", &body);
            stored.push(made["InvoiceID"].as_str().unwrap().to_owned());
        }
        2 | 3 => {
            let due = client.ask(Method::Get, &format!("Invoices/{known}"), &Value::Null).1;
            let due = due["Invoices"][0]["AmountDue"].to_string();
            let whole = !chance.is_multiple_of(3) && due != "null";
            let paid = json!({
                "Invoice": invoice, "Account": client.account("Business Bank Account"),
                "Date": "2026-11-21", "Amount": number(if whole { &due } else { &amount }),
                "CurrencyRate": number(if chance.is_multiple_of(2) { "1.31" } else { "1.19" }),
            });
            client.ask(Method::Put, "Payments", &paid);
        }
        4 => {
            let payments = client.get("Payments?where=Status%3D%3D%22AUTHORISED%22");
            let id = payments["Payments"][0]["PaymentID"].as_str().unwrap_or("x").to_owned();
            client.ask(Method::Post, &format!("Payments/{id}"), &json!({ "Status": "DELETED" }));
        }
        _ => {
            let path = format!("Invoices/{known}");
            client.ask(Method::Post, &path, &json!({ "Status": "VOIDED" }));
        }
    }
}
