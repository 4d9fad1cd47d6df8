//! What is read: settings, chart, documents of some days, reports.

use super::*;
use saldo_core::book::{BookSettings, ChartEntry, ChartKind};
use saldo_core::exchange::Permit;

fn chart(page: Option<&str>) -> Task {
    Task::ReadChart { page: page.map(str::to_owned) }
}

fn read(task: Task, body: &Value) -> Outcome {
    hear(&[task], &context(&[]), 200, body).unwrap().remove(0)
}

#[test]
fn the_later_of_the_lock_dates_closes_the_books() {
    let organisation = |fields: Value| {
        let mut row = json!({ "BaseCurrency": "GBP" });
        row.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let outcome = read(Task::ReadSettings, &json!({ "Organisations": [row] }));
        let Outcome::Settings(settings) = outcome else { panic!("{outcome:?}") };
        settings
    };
    assert_eq!(address(&[Task::ReadSettings], &context(&[])), "Organisation");
    assert_eq!(organisation(json!({})), BookSettings::default());
    let locked = organisation(json!({
        "PeriodLockDate": "/Date(1790726400000+0000)/",
        "EndOfYearLockDate": "/Date(1774915200000+0000)/",
    }));
    assert_eq!(locked.closed_until, Some(date(2026, 9, 30)));
}

#[test]
fn the_chart_is_read_list_by_list_and_page_by_page() {
    let context = context(&[]);
    let cases = [
        (None, "Organisation"),
        (Some("Accounts:1"), "Accounts"),
        (Some("Items:1"), "Items?unitdp=4"),
        (Some("TrackingCategories:1"), "TrackingCategories"),
        (Some("Contacts:2"), "Contacts?page=2&pageSize=1000&includeArchived=true"),
    ];
    for (page, expected) in cases {
        assert_eq!(address(&[chart(page)], &context), expected);
    }
    for page in ["Invoices:1", "Contacts", "Contacts:0", ""] {
        assert!(BOOK.ask(&[chart(Some(page))], "t", &context).is_err(), "{page}");
    }
}

#[test]
fn rows_of_the_chart_say_what_they_are() {
    let body = json!({ "Accounts": [
        { "AccountID": "a1", "Code": "200", "Name": "Sales", "Type": "REVENUE",
            "Status": "ACTIVE" },
        { "AccountID": "a2", "Name": "Till", "Type": "BANK", "CurrencyCode": "EUR",
            "Status": "ARCHIVED" },
        { "AccountID": "a3", "Code": "820", "Name": "VAT", "Type": "CURRLIAB",
            "SystemAccount": "GST" },
        { "AccountID": "a4", "Code": "610", "Name": "Debtors", "Type": "CURRENT",
            "SystemAccount": "DEBTORS" },
    ] });
    let Outcome::Chart(page) = read(chart(Some("Accounts:1")), &body) else { panic!() };
    assert_eq!(page.next.as_deref(), Some("Items:1"));
    let told: Vec<String> = page
        .entries
        .iter()
        .map(|entry| match &entry.kind {
            ChartKind::Account { kind, currency, collects_tax } => {
                let currency = currency.map_or("-".to_owned(), |it| it.to_string());
                format!("{} {kind:?} {currency} {collects_tax} {}", entry.remote, entry.active)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        told,
        [
            "a1 200 Some(Income) - false true",
            "a2 Some(Bank) EUR false false",
            "a3 820 Some(TaxLiability) - true true",
            "a4 610 Some(Receivable) - false true",
        ]
    );
}

#[test]
fn items_go_by_code_and_contacts_are_both_customer_and_supplier() {
    let body = json!({ "Items": [
        { "ItemID": "i1", "Code": "MUG", "Name": "Mug" },
        { "ItemID": "i2", "Code": "CUP", "Name": "Cup", "IsTrackedAsInventory": true },
    ] });
    let Outcome::Chart(page) = read(chart(Some("Items:1")), &body) else { panic!() };
    let told: Vec<(&str, bool)> =
        page.entries.iter().map(|entry| (entry.remote.as_str(), entry.active)).collect();
    assert_eq!(told, [("MUG", true), ("CUP", true)]);
    let kept = |entry: &ChartEntry| matches!(entry.kind, ChartKind::Item { kept: Some(_), .. });
    let kept: Vec<bool> = page.entries.iter().map(kept).collect();
    assert_eq!(kept, [false, true], "a tracked item would move stock and cost");
    let contacts = vec![json!({ "ContactID": "c1", "Name": "Jane" }); 1000];
    let body = json!({ "Contacts": contacts });
    let Outcome::Chart(page) = read(chart(Some("Contacts:1")), &body) else { panic!() };
    assert_eq!((page.entries.len(), page.next.as_deref()), (2000, Some("Contacts:2")));
    assert_eq!(
        (&page.entries[0].kind, &page.entries[1].kind),
        (&ChartKind::Customer, &ChartKind::Vendor)
    );
    let Outcome::Chart(last) = read(chart(Some("Contacts:3")), &json!({ "Contacts": [] })) else {
        panic!()
    };
    assert_eq!(last.next, None);
}

#[test]
fn documents_of_some_days_are_listed_kind_by_kind() {
    let until = date(2026, 11, 30);
    let list = |page: Option<&str>| Task::ReadDocuments {
        from: day(),
        until,
        page: page.map(str::to_owned),
    };
    assert_eq!(
        address(&[list(None)], &context(&[])),
        "Invoices?where=Date >= DateTime(2026,11,20) AND Date <= DateTime(2026,11,30)&page=1\
         &pageSize=1000&unitdp=4"
    );
    let (place, mut rows) = answered(&[sale(), refund()]);
    rows[1]["Status"] = json!("DELETED");
    rows.push(json!({ "BankTransactionID": "t1", "Type": "SPEND-TRANSFER" }));
    rows.push(json!({ "BankTransactionID": "t2", "Type": "SPEND", "Reference": "rent" }));
    let body = json!({ place: rows });
    let Outcome::Documents(page) = read(list(Some("BankTransactions:1")), &body) else { panic!() };
    assert_eq!(page.next.as_deref(), Some("BankTransfers:1"));
    let told: Vec<(&str, Option<String>)> =
        page.documents.iter().map(|it| (it.remote.as_str(), it.number.clone())).collect();
    let ours = ("00000000-0000-0000-0000-000000000001", Some(key(&sale()).to_string()));
    assert_eq!(told, [ours, ("t2", None)]);
    let body = json!({ "ManualJournals": [] });
    let Outcome::Documents(page) = read(list(Some("ManualJournals:1")), &body) else { panic!() };
    assert_eq!(page.next.as_deref(), Some("PurchaseOrders:1"));
    assert_eq!(
        address(&[list(Some("PurchaseOrders:1"))], &context(&[])),
        "PurchaseOrders?DateFrom=2026-11-20&DateTo=2026-11-30&page=1&pageSize=1000"
    );
    let rows = ["AUTHORISED", "BILLED", "DELETED"].map(|status| {
        json!({ "PurchaseOrderID": status, "PurchaseOrderNumber": "PO-1", "Status": status })
    });
    let body = json!({ "PurchaseOrders": rows });
    let Outcome::Documents(page) = read(list(Some("PurchaseOrders:1")), &body) else { panic!() };
    let told: Vec<&str> = page.documents.iter().map(|it| it.remote.as_str()).collect();
    assert_eq!((told, page.next), (vec!["AUTHORISED", "BILLED"], None));
}

fn row(id: &str, values: &[&str]) -> Value {
    let cell =
        |value: &&str| json!({ "Value": value, "Attributes": [{ "Value": id, "Id": "account" }] });
    json!({ "RowType": "Row", "Cells": values.iter().map(cell).collect::<Vec<_>>() })
}

fn trial_balance(rows: &[Value], title: &str) -> Value {
    let header = ["Account", "Debit", "Credit", "YTD Debit", "YTD Credit"];
    let header: Vec<Value> = header.iter().map(|it| json!({ "Value": it })).collect();
    json!({ "Reports": [{
        "ReportTitles": ["Trial Balance", "Demo Ltd", title],
        "Rows": [
            { "RowType": "Header", "Cells": header },
            { "RowType": "Section", "Title": "Assets", "Rows": rows },
            { "RowType": "Section", "Title": "", "Rows": [{ "RowType": "SummaryRow", "Cells": [
                { "Value": "Total" }, { "Value": "1.00" }, { "Value": "1.00" },
                { "Value": "9.00" }, { "Value": "9.00" }] }] },
        ],
    }] })
}

#[test]
fn the_trial_balance_is_read_to_date() {
    let task = || Task::ReadBalances { as_of: date(2026, 11, 5) };
    assert_eq!(address(&[task()], &context(&[])), "Reports/TrialBalance?date=2026-11-05");
    let rows = [
        row("a1", &["Clearing (901)", "1.00", "", "120.50", ""]),
        row("a2", &["Sales (200)", "", "1.00", "", "120.5000"]),
        row("a3", &["Nothing (1)", "0.00", "", "", ""]),
    ];
    let body = trial_balance(&rows, "As at 5 November 2026");
    let Outcome::Balances(balances) = read(task(), &body) else { panic!() };
    let told: Vec<(String, i64)> = balances
        .iter()
        .map(|(account, balance)| (account.to_string(), balance.of(gbp()).minor()))
        .collect();
    assert_eq!(told, [("a1".to_owned(), 12_050), ("a2".to_owned(), -12_050)]);
}

#[test]
fn a_trial_balance_that_cannot_be_is_refused_whole() {
    let sound = [row("a1", &["A", "", "", "1.00", ""]), row("a2", &["B", "", "", "", "1.00"])];
    let nameless =
        json!({ "RowType": "Row", "Cells": [{ "Value": "C" }, {}, {}, { "Value": "1.00" }, {}] });
    let cases = [
        (
            trial_balance(&sound[..1], "As at 5 November 2026"),
            "debits and credits differ by 1.00 GBP",
        ),
        (trial_balance(&sound, "As at 4 November 2026"), "it is not of 2026-11-05"),
        (trial_balance(&[nameless], "As at 5 November 2026"), "the row `C` over 1.00 GBP names no"),
        (json!({ "Reports": [] }), "is not in the answer"),
    ];
    for (body, expected) in cases {
        let task = Task::ReadBalances { as_of: date(2026, 11, 5) };
        let message = hear(&[task], &context(&[]), 200, &body).unwrap_err().message;
        assert!(message.contains(expected), "{message}");
    }
}

fn profit_and_loss(net: &str, title: &str) -> Value {
    let summed = |name: &str, value: &str| {
        let cells = json!([{ "Value": name }, { "Value": value }]);
        json!({ "RowType": "Row", "Cells": cells })
    };
    let section =
        |title: &str, rows: &[Value]| json!({ "RowType": "Section", "Title": title, "Rows": rows });
    let sold = [row("a1", &["Sales", "100.00"]), row("a2", &["Returns", "-10.00"])];
    json!({ "Reports": [{
        "ReportTitles": ["Profit & Loss", "Demo Ltd", "1 November 2026 to 30 November 2026"],
        "Rows": [
            { "RowType": "Header", "Cells": [{ "Value": "" }, { "Value": "30 Nov 26" }] },
            section("Income", &sold),
            section(title, &[row("a3", &["Purchases", "30.00"])]),
            section("", &[summed("Gross Profit", "60.00")]),
            section("Plus Other Income", &[row("a4", &["Interest", "5.00"])]),
            section("Less Operating Expenses", &[row("a5", &["Fees", "3.00"])]),
            section("", &[summed("Net Profit", net)]),
        ],
    }] })
}

#[test]
fn income_and_expenses_of_some_days_are_read() {
    let task = || Task::ReadResult { from: date(2026, 11, 1), until: date(2026, 11, 30) };
    assert_eq!(
        address(&[task()], &context(&[])),
        "Reports/ProfitAndLoss?fromDate=2026-11-01&toDate=2026-11-30&standardLayout=true"
    );
    let body = profit_and_loss("62.00", "Less Cost of Sales");
    let Outcome::Balances(moved) = read(task(), &body) else { panic!() };
    let moved: Vec<i64> = moved.values().map(|balance| balance.of(gbp()).minor()).collect();
    assert_eq!(moved, [-10_000, 1_000, 3_000, -500, 300]);
    let wrong = [
        (profit_and_loss("61.00", "Less Cost of Sales"), "its net profit is 61.00 GBP"),
        (profit_and_loss("62.00", "Curiosities"), "a section `curiosities`"),
    ];
    for (body, expected) in wrong {
        let fault = hear(&[task()], &context(&[]), 200, &body).unwrap_err();
        assert!(fault.message.contains(expected), "{}", fault.message);
        assert_eq!(fault.permits, Permit::Never);
    }
    let other = Task::ReadResult { from: date(2026, 10, 1), until: date(2026, 11, 30) };
    assert!(hear(&[other], &context(&[]), 200, &body).is_err(), "it is of other days");
}

#[test]
fn contacts_that_nobody_changed_since_are_no_news() {
    let context = context(&[]);
    let task = |page: &str| Task::ReadChartSince {
        since: "2026-11-20T16:05:09Z".parse().unwrap(),
        page: Some(page.to_owned()),
    };
    for (page, header) in [("Contacts:1", Some("2026-11-20T16:05:09")), ("Accounts:1", None)] {
        let request = asked(&[task(page)], &context);
        let said = request.headers.iter().find(|(name, _)| name == "if-modified-since");
        assert_eq!(said.map(|(_, value)| value.as_str()), header, "{page}");
    }
    let answer = Answer::Http(HttpAnswer { status: 304, headers: Vec::new(), body: Vec::new() });
    let outcomes = BOOK.hear(&[task("Contacts:1")], &answer, &context).unwrap();
    let [Outcome::Chart(read)] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert!(read.entries.is_empty() && read.next.is_none());
    let whole = [Task::ReadChart { page: Some("Contacts:1".to_owned()) }];
    assert!(BOOK.hear(&whole, &answer, &context).is_err(), "it was not asked so");
}
