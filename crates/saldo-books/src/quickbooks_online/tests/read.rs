//! What answers to reads mean: the chart and the balances.

use super::*;
use saldo_core::book::{BookSettings, ChartKind, ChartPage, SalesTax};
use saldo_core::exchange::Permit;
use saldo_core::money::Balance;
use serde_json::json;

/// An answer to the first page of a chart: what each list holds.
fn lists(members: [Value; 9]) -> String {
    let member = |(index, rows): (usize, Value)| match rows.get("Error") {
        Some(_) => json!({"bId": (index + 1).to_string(), "Fault": rows}),
        None => json!({"bId": (index + 1).to_string(), "QueryResponse": rows}),
    };
    let members: Vec<Value> = members.into_iter().enumerate().map(member).collect();
    json!({ "BatchItemResponse": members }).to_string()
}

fn chart(members: [Value; 9]) -> Result<ChartPage, Fault> {
    let tasks = [Task::ReadChart { page: None }];
    hear(&tasks, &context(&[]), 200, &lists(members)).map(|mut outcomes| match outcomes.remove(0) {
        Outcome::Chart(page) => page,
        other => panic!("{other:?}"),
    })
}

fn preferences(currency: &str, closed: Option<&str>) -> Value {
    json!({"Preferences": [{
        "AccountingInfoPrefs": {"FirstMonthOfFiscalYear": "January", "BookCloseDate": closed,
            "ClassTrackingPerTxn": false, "ClassTrackingPerTxnLine": true,
            "TrackDepartments": true},
        "CurrencyPrefs": {"MultiCurrencyEnabled": true, "HomeCurrency": {"value": currency}},
        "SalesFormsPrefs": {"CustomTxnNumbers": true, "AllowDiscount": true},
        "Id": "1"
    }]})
}

#[test]
fn a_chart_is_read_from_all_lists() {
    let page = chart([
        preferences("USD", Some("2026-09-30")),
        json!({"Account": [
            {"Id": "35", "Name": "Checking", "FullyQualifiedName": "Checking", "Active": true,
             "AccountType": "Bank", "AccountSubType": "Checking", "CurrentBalance": 1201.00,
             "CurrencyRef": {"value": "USD", "name": "United States Dollar"}},
            {"Id": "89", "Name": "Board of Equalization Payable",
             "AccountType": "Other Current Liability", "AccountSubType": "SalesTaxPayable"},
            {"Id": "41", "Name": "Mastercard", "AccountType": "Credit Card", "Active": false,
             "AccountSubType": "CreditCard"},
            {"Id": "7", "Name": "Fees", "FullyQualifiedName": "Costs:Fees",
             "AccountType": "Expense"},
        ], "startPosition": 1, "maxResults": 4}),
        json!({"Item": [{"Id": "5", "Name": "Mug", "Sku": "MUG-1", "UnitPrice": 12.5,
            "IncomeAccountRef": {"value": "79", "name": "Sales"}, "Type": "Service"}]}),
        json!({"Customer": [{"Id": "1", "DisplayName": "Jane Doe", "Balance": 239.0}]}),
        json!({"Vendor": [{"Id": "56", "DisplayName": "Shopify"}]}),
        json!({"Error": [{"code": "5020", "Message": "not in this plan"}]}),
        json!({}),
        json!({"Class": [{"Id": "3", "Name": "Online", "FullyQualifiedName": "Retail:Online"}]}),
        json!({"Error": [{"code": "5020", "Message": "not in this plan"}]}),
    ])
    .unwrap();
    let closed_until = Some(date(2026, 9, 30));
    assert_eq!(page.settings, Some(BookSettings { closed_until, ..BookSettings::default() }));
    assert_eq!(page.next, None);
    let said: Vec<String> = page
        .entries
        .iter()
        .map(|entry| {
            let kind = match &entry.kind {
                ChartKind::Account { kind, collects_tax, .. } => format!("{kind:?} {collects_tax}"),
                ChartKind::Item { sku, income_account, .. } => {
                    format!("{sku:?} {income_account:?}")
                }
                other => format!("{other:?}"),
            };
            format!("{} {} {kind} {}", entry.remote, entry.name, entry.active)
        })
        .collect();
    assert_eq!(
        said,
        [
            "35 Checking Some(Bank) false true",
            "89 Board of Equalization Payable Some(TaxLiability) true true",
            "41 Mastercard Some(CreditCard) false false",
            "7 Costs:Fees Some(Expense) false true",
            "5 Mug Some(\"MUG-1\") Some(\"79\") true",
            "1 Jane Doe Customer true",
            "56 Shopify Vendor true",
            "3 Retail:Online Value { dimension: \"class\" } true",
        ]
    );
}

#[test]
fn a_full_list_goes_on() {
    let customers: Vec<Value> =
        (1..=1000).map(|id| json!({"Id": id.to_string(), "DisplayName": id.to_string()})).collect();
    let nothing = || json!({});
    let page = chart([
        preferences("USD", None),
        nothing(),
        nothing(),
        json!({ "Customer": customers }),
        nothing(),
        nothing(),
        nothing(),
        nothing(),
        nothing(),
    ])
    .unwrap();
    assert_eq!(page.next.as_deref(), Some("Customer:1001"));
    assert_eq!(page.settings, Some(BookSettings::default()));
    let tasks = [Task::ReadChart { page: page.next }];
    let last = r#"{"QueryResponse":{"Customer":[{"Id":"1001","DisplayName":"Last"}]}}"#;
    let outcomes = hear(&tasks, &context(&[]), 200, last).unwrap();
    let Outcome::Chart(page) = &outcomes[0] else { panic!("{outcomes:?}") };
    assert_eq!((page.entries.len(), &page.next, &page.settings), (1, &None, &None));
}

#[test]
fn settings_are_read_alone_too() {
    let read = |preferences: &Value| {
        let answer = json!({ "QueryResponse": preferences }).to_string();
        hear(&[Task::ReadSettings], &context(&[]), 200, &answer)
    };
    let asked = request(BOOK.ask(&[Task::ReadSettings], "t", &context(&[])).unwrap());
    assert!(asked.url.contains("query=select%20%2A%20from%20Preferences&"), "{}", asked.url);
    let closed_until = Some(date(2026, 9, 30));
    let mut said = preferences("USD", Some("2026-09-30"));
    let cases = [
        (json!({"CustomTxnNumbers": true, "AutoApplyCredit": false}), false, false),
        (json!({"CustomTxnNumbers": true, "AutoApplyCredit": true}), false, true),
        (json!({"CustomTxnNumbers": false}), true, false),
        (json!({}), true, false),
    ];
    for (forms, numbers_documents, applies_credits) in cases {
        said["Preferences"][0]["SalesFormsPrefs"] = forms;
        let settings = BookSettings {
            closed_until,
            numbers_documents,
            applies_credits,
            ..BookSettings::default()
        };
        assert_eq!(read(&said).unwrap(), [Outcome::Settings(settings)]);
    }
    for (enabled, one_currency) in [(json!(true), false), (json!(false), true), (json!(null), true)]
    {
        said["Preferences"][0]["CurrencyPrefs"]["MultiCurrencyEnabled"] = enabled;
        let outcomes = read(&said).unwrap();
        let [Outcome::Settings(settings)] = &outcomes[..] else { panic!("{outcomes:?}") };
        assert_eq!(settings.one_currency, one_currency);
    }
    for (tax, sales_tax) in [
        (json!({"UsingSalesTax": true, "PartnerTaxEnabled": true}), SalesTax::Automated),
        (json!({"UsingSalesTax": true, "PartnerTaxEnabled": false}), SalesTax::Manual),
        (json!({"UsingSalesTax": true}), SalesTax::Manual),
        (json!({"UsingSalesTax": false, "PartnerTaxEnabled": false}), SalesTax::Off),
        (json!(null), SalesTax::Automated),
    ] {
        said["Preferences"][0]["TaxPrefs"] = tax;
        let outcomes = read(&said).unwrap();
        let [Outcome::Settings(settings)] = &outcomes[..] else { panic!("{outcomes:?}") };
        assert_eq!(settings.sales_tax, sales_tax);
    }
    let tracks = |class: Value, location: Value| {
        let accounting = json!({"ClassTrackingPerTxn": true, "ClassTrackingPerTxnLine": class,
            "TrackDepartments": location});
        let said = json!({"Preferences": [{"AccountingInfoPrefs": accounting}]});
        match read(&said).unwrap().remove(0) {
            Outcome::Settings(settings) => settings.switched_off.into_iter().collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(tracks(json!(true), json!(true)), [""; 0]);
    assert_eq!(tracks(json!(false), json!(true)), ["class"]);
    assert_eq!(tracks(json!(null), json!(false)), ["class", "location"]);
    for unreadable in [preferences("EUR", None), preferences("USD", Some("soon")), json!({})] {
        assert_eq!(read(&unreadable).unwrap_err().permits, Permit::Never, "{unreadable}");
    }
}

#[test]
fn a_day_is_closed_up_to_the_closing_date() {
    let closed_until = Some(date(2026, 9, 30));
    let closed = BookSettings { closed_until, ..BookSettings::default() };
    assert!(closed.is_closed(date(2026, 9, 30)) && !closed.is_closed(date(2026, 10, 1)));
    assert!(!BookSettings::default().is_closed(date(2020, 1, 1)));
}

#[test]
fn a_chart_of_another_currency_or_with_a_refused_list_is_no_chart() {
    let rest = |first: Value, second: Value| {
        let nothing = || json!({});
        let rest = [nothing(), nothing(), nothing(), nothing(), nothing(), nothing(), nothing()];
        let mut all = [first, second].into_iter().chain(rest);
        std::array::from_fn(|_| all.next().unwrap())
    };
    let foreign = chart(rest(preferences("EUR", None), json!({}))).unwrap_err();
    assert_eq!(foreign.permits, Permit::Never);
    assert!(foreign.message.contains("EUR"), "{foreign}");
    let error = |code: &str| json!({"Error": [{"code": code, "Message": "no"}]});
    let refused = chart(rest(preferences("USD", None), error("4001"))).unwrap_err();
    assert_eq!(refused.permits, Permit::Never);
    let throttled = chart(rest(preferences("USD", None), error("3001"))).unwrap_err();
    assert_eq!(throttled.permits, Permit::RetryAfter(std::time::Duration::from_secs(60)));
}

#[test]
fn a_broken_answer_to_a_read_is_asked_for_again() {
    let reads = [
        Task::ReadSettings,
        Task::ReadChart { page: None },
        Task::ReadBalances { as_of: day() },
        Task::ReadResult { from: day(), until: day() },
        Task::ReadDocuments { from: day(), until: day(), page: None },
        Task::look_up(subject(&sale())),
    ];
    for task in reads {
        for body in ["", "{\"BatchItem", "<html>"] {
            let fault = hear(std::slice::from_ref(&task), &context(&[]), 200, body).unwrap_err();
            assert_eq!(fault.permits, Permit::Retry, "{task:?} {body}");
        }
        let fault = hear(&[task], &context(&[]), 503, "").unwrap_err();
        assert_eq!(fault.permits, Permit::Retry);
    }
}

fn report(rows: &Value) -> Value {
    json!({
        "Header": {"ReportName": "TrialBalance", "EndPeriod": "2026-11-20", "Currency": "USD"},
        "Columns": {"Column": [
            {"ColTitle": "", "ColType": "Account"},
            {"ColTitle": "Debit", "ColType": "Money"},
            {"ColTitle": "Credit", "ColType": "Money"},
        ]},
        "Rows": {"Row": rows},
    })
}

fn data(name: &str, id: Option<&str>, debit: &str, credit: &str) -> Value {
    let mut first = json!({"value": name});
    if let Some(id) = id {
        first["id"] = json!(id);
    }
    json!({"ColData": [first, {"value": debit}, {"value": credit}], "type": "Data"})
}

fn balances(report: &Value) -> Result<BTreeMap<RemoteId, Balance>, Fault> {
    let tasks = [Task::ReadBalances { as_of: day() }];
    let outcomes = hear(&tasks, &context(&[]), 200, &report.to_string());
    outcomes.map(|mut outcomes| match outcomes.remove(0) {
        Outcome::Balances(balances) => balances,
        other => panic!("{other:?}"),
    })
}

#[test]
fn a_trial_balance_is_read_by_account_debit_positive() {
    let section = json!({
        "Header": {"ColData": [
            {"value": "Sales", "id": "79"}, {"value": ""}, {"value": "1000.00"}
        ]},
        "Rows": {"Row": [data("Online", Some("80"), "", "0.10")]},
        "Summary": {"ColData": [{"value": "Total Sales"}, {"value": ""}, {"value": "1000.10"}]},
        "type": "Section"
    });
    let total = json!({
        "Summary": {"ColData": [{"value": "TOTAL"}, {"value": "1000.10"}, {"value": "1000.10"}]},
        "type": "Section", "group": "GrandTotal"
    });
    let rows = json!([
        data("Checking", Some("35"), "1201.00", ""),
        data("Clearing", Some("36"), "-200.90", ""),
        data("Nothing", Some("37"), "", ""),
        section,
        total
    ]);
    let found: Vec<(String, String)> = balances(&report(&rows))
        .unwrap()
        .into_iter()
        .map(|(id, balance)| (id.to_string(), balance.of(usd()).to_string()))
        .collect();
    let expected =
        [("35", "1201.00 USD"), ("36", "-200.90 USD"), ("79", "-1000.00 USD"), ("80", "-0.10 USD")]
            .map(|(id, amount)| (id.to_owned(), amount.to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn a_trial_balance_that_was_misread_is_refused() {
    let cases = [
        (json!([data("Checking", Some("35"), "5.00", "")]), "differ by 5.00 USD"),
        (
            json!([data("Checking", Some("35"), "5.00", ""), data("Loose", None, "", "5.00")]),
            "names no account",
        ),
        (json!([data("Checking", Some("35"), "1,000.00", "")]), "1,000.00"),
    ];
    for (rows, reason) in cases {
        let fault = balances(&report(&rows)).unwrap_err();
        assert_eq!(fault.permits, Permit::Never);
        assert!(fault.message.contains(reason), "{fault}");
    }
    let mut other_day = report(&json!([]));
    other_day["Header"]["EndPeriod"] = json!("2026-11-21");
    assert!(balances(&other_day).unwrap_err().message.contains("2026-11-21"));
}

fn section(group: &str, title: &str, rows: &Value, total: &str) -> Value {
    json!({
        "type": "Section", "group": group,
        "Header": {"ColData": [{"value": title}, {"value": ""}]},
        "Rows": {"Row": rows},
        "Summary": {"ColData": [{"value": format!("Total {title}")}, {"value": total}]},
    })
}

fn result_row(name: &str, id: &str, total: &str) -> Value {
    json!({"type": "Data", "ColData": [{"value": name, "id": id}, {"value": total}]})
}

fn net(group: &str, sum: &str) -> Value {
    json!({
        "type": "Section", "group": group,
        "Summary": {"ColData": [{"value": group}, {"value": sum}]},
    })
}

/// A profit and loss report over 2026, with other expenses under this group.
fn profit_and_loss(begins: &str, others: &str, net_income: &str) -> Value {
    let parent = json!({
        "type": "Section",
        "Header": {"ColData": [{"value": "Fees", "id": "31"}, {"value": "2.00"}]},
        "Rows": {"Row": [result_row("Card fees", "32", "3.50")]},
        "Summary": {"ColData": [{"value": "Total Fees"}, {"value": "5.50"}]},
    });
    let sales =
        json!([result_row("Sales", "21", "100.00"), result_row("Discounts", "22", "-10.00")]);
    let goods = result_row("Cost of Goods Sold", "25", "20.00");
    json!({
        "Header": {
            "ReportName": "ProfitAndLoss", "StartPeriod": begins, "EndPeriod": "2026-11-20",
            "Currency": "USD",
        },
        "Columns": {"Column": [
            {"ColTitle": "", "ColType": "Account"},
            {"ColTitle": "Total", "ColType": "Money"},
        ]},
        "Rows": {"Row": [
            section("Income", "Income", &sales, "90.00"),
            section("COGS", "Cost of Goods Sold", &json!([goods]), "20.00"),
            net("GrossProfit", "70.00"),
            section("Expenses", "Expenses", &json!([parent]), "5.50"),
            net("NetOperatingIncome", "64.50"),
            section(others, "Other", &json!([result_row("Penalties", "41", "1.00")]), "1.00"),
            net("NetOtherIncome", "-1.00"),
            net("NetIncome", net_income),
        ]},
    })
}

fn result(report: &Value) -> Result<BTreeMap<RemoteId, Balance>, Fault> {
    let tasks = [Task::ReadResult { from: date(2026, 1, 1), until: day() }];
    let outcomes = hear(&tasks, &context(&[]), 200, &report.to_string());
    outcomes.map(|mut outcomes| match outcomes.remove(0) {
        Outcome::Balances(balances) => balances,
        other => panic!("{other:?}"),
    })
}

#[test]
fn a_profit_and_loss_report_is_read_by_account_debit_positive() {
    let read = result(&profit_and_loss("2026-01-01", "OtherExpenses", "63.50")).unwrap();
    let read: Vec<(&str, i64)> =
        read.iter().map(|(id, sum)| (id.as_str(), sum.of(usd()).minor())).collect();
    let expected =
        [("21", -10_000), ("22", 1_000), ("25", 2_000), ("31", 200), ("32", 350), ("41", 100)];
    assert_eq!(read, expected);
}

#[test]
fn a_profit_and_loss_report_that_was_misread_is_refused() {
    let cases = [
        ("2026-01-02", "OtherExpenses", "63.50", "it begins on 2026-01-02, not on 2026-01-01"),
        ("2026-01-01", "OtherIncome", "63.50", "its rows come to 65.50 USD"),
        ("2026-01-01", "OtherExpenses", "63.51", "its net income is 63.51 USD"),
        ("2026-01-01", "Surprises", "63.50", "a section `Surprises`, which is not known"),
    ];
    for (begins, others, net_income, reason) in cases {
        let fault = result(&profit_and_loss(begins, others, net_income)).unwrap_err();
        assert_eq!(fault.permits, Permit::Never);
        assert!(fault.message.contains(reason), "{}", fault.message);
    }
    let empty = json!({
        "Header": {"StartPeriod": "2026-01-01", "EndPeriod": "2026-11-20"},
        "Columns": {"Column": [{"ColTitle": ""}, {"ColTitle": "TOTAL"}]},
        "Rows": {},
    });
    assert!(result(&empty).unwrap().is_empty(), "nothing moved");
}

#[test]
fn documents_are_listed_by_id_version_and_number_page_by_page() {
    let row = |id: usize| json!({"Id": id.to_string(), "SyncToken": "2", "DocNumber": "N"});
    let member =
        |index: usize, rows: Value| json!({"bId": (index + 1).to_string(), "QueryResponse": rows});
    let full: Vec<Value> = (1..=1000).map(row).collect();
    let bare = json!([{"Id": "7", "SyncToken": "0"}]);
    let members: Vec<Value> = (0..13)
        .map(|index| match index {
            0 => member(index, json!({ "SalesReceipt": full })),
            5 => member(index, json!({ "Transfer": bare })),
            _ => member(index, json!({})),
        })
        .collect();
    let answer = json!({ "BatchItemResponse": members }).to_string();
    let task = Task::ReadDocuments { from: day(), until: day(), page: None };
    let outcomes = hear(&[task], &context(&[]), 200, &answer).unwrap();
    let [Outcome::Documents(page)] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!((page.documents.len(), page.next.as_deref()), (1001, Some("SalesReceipt:1001")));
    let transfer = page.documents.last().unwrap();
    assert_eq!((transfer.remote.as_str(), transfer.version.as_deref()), ("7", Some("0")));
    assert_eq!(
        (transfer.number.as_deref(), page.documents[0].number.as_deref()),
        (None, Some("N"))
    );
}
