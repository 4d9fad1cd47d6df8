//! The ledger: entries, expenses, closed periods, voiding, the trial balance.

use super::super::Kind;
use super::super::element::Element;
use super::{Client, code_of, invoice, name, receipt};
use std::collections::BTreeMap;

fn entry(lines: &[(&str, &str, &str, &str)]) -> String {
    let line = |(side, account, amount, more): &(&str, &str, &str, &str)| {
        format!(
            "<Journal{side}Line>{}<Amount>{amount}</Amount><Memo>saldo:x</Memo>{more}\
            </Journal{side}Line>",
            name("AccountRef", account)
        )
    };
    let lines: String = lines.iter().map(line).collect();
    format!("<TxnDate>2026-11-20</TxnDate><RefNumber>J1</RefNumber>{lines}")
}

fn id(shown: &Element) -> String {
    shown.text_of("TxnID").unwrap().to_owned()
}

fn void(kind: Kind, id: &str) -> String {
    format!("<TxnVoidRq><TxnVoidType>{}</TxnVoidType><TxnID>{id}</TxnID></TxnVoidRq>", kind.name())
}

#[test]
fn an_entry_must_balance() {
    let mut client = Client::new();
    let unequal =
        entry(&[("Debit", "Advertising", "1.00", ""), ("Credit", "Checking", "0.99", "")]);
    assert_eq!(client.code(Kind::JournalEntry, &unequal), 3_180);
    let negative =
        entry(&[("Debit", "Advertising", "-1.00", ""), ("Credit", "Checking", "-1.00", "")]);
    assert_eq!(client.code(Kind::JournalEntry, &negative), 3_210);
    let nowhere = entry(&[("Debit", "Nowhere", "1.00", ""), ("Credit", "Checking", "1.00", "")]);
    assert_eq!(client.code(Kind::JournalEntry, &nowhere), 3_140);
    let good = entry(&[
        ("Debit", "Advertising", "1.00", ""),
        ("Credit", "Checking", "0.40", ""),
        ("Credit", "Savings", "0.60", ""),
    ]);
    let shown = client.must(Kind::JournalEntry, &good);
    assert_eq!(client.balance("Advertising"), 100);
    let order: Vec<&str> = shown
        .children
        .iter()
        .map(|it| it.name.as_str())
        .filter(|name| name.starts_with("Journal"))
        .collect();
    assert_eq!(order, ["JournalDebitLine", "JournalCreditLine", "JournalCreditLine"]);
    assert_eq!(client.sim.company().documents()[0].line_memos, ["saldo:x"; 3]);
}

#[test]
fn an_entry_has_one_line_of_what_is_owed_and_it_comes_first_with_a_name() {
    let mut client = Client::new();
    let who = name("EntityRef", "Cool Cars");
    let owed = ("Debit", "Accounts Receivable", "1.00", who.as_str());
    let other = ("Credit", "Merchandise Sales", "1.00", "");
    assert_eq!(client.code(Kind::JournalEntry, &entry(&[owed, other])), 0);
    assert_eq!(client.code(Kind::JournalEntry, &entry(&[other, owed])), 3_180);
    let nobody = ("Debit", "Accounts Receivable", "1.00", "");
    assert_eq!(client.code(Kind::JournalEntry, &entry(&[nobody, other])), 3_180);
    let vendor = name("EntityRef", "Stripe");
    let wrong = ("Debit", "Accounts Receivable", "1.00", vendor.as_str());
    assert_eq!(client.code(Kind::JournalEntry, &entry(&[wrong, other])), 3_180);
    let twice = ("Credit", "Accounts Payable", "1.00", vendor.as_str());
    assert_eq!(client.code(Kind::JournalEntry, &entry(&[owed, twice])), 3_180);
    let customer = client.ask("<CustomerQueryRq><FullName>Cool Cars</FullName></CustomerQueryRq>");
    assert_eq!(customer.children[0].text_of("Balance"), Some("1.00"));
}

#[test]
fn bills_are_owed_and_paid() {
    let mut client = Client::new();
    let line = |amount: &str| {
        format!(
            "<ExpenseLineAdd>{}<Amount>{amount}</Amount>\
        </ExpenseLineAdd>",
            name("AccountRef", "Advertising")
        )
    };
    let vendor = name("VendorRef", "Stripe");
    assert_eq!(client.code(Kind::Bill, &format!("{vendor}{}", line("-1.00"))), 3_210);
    let bill = id(&client.must(Kind::Bill, &format!("{vendor}{}", line("20.00"))));
    let credit = id(&client.must(Kind::VendorCredit, &format!("{vendor}{}", line("5.00"))));
    assert_eq!(
        (client.balance("Accounts Payable"), client.balance("Advertising")),
        (-1_500, 1_500)
    );
    let pay = |amount: &str| {
        format!(
            "{}{}<RefNumber>9</RefNumber><AppliedToTxnAdd>\
        <TxnID>{bill}</TxnID><PaymentAmount>{amount}</PaymentAmount><SetCredit>\
        <CreditTxnID>{credit}</CreditTxnID><AppliedAmount>5.00</AppliedAmount></SetCredit>\
        </AppliedToTxnAdd>",
            name("PayeeEntityRef", "Stripe"),
            name("BankAccountRef", "Checking")
        )
    };
    assert_eq!(client.code(Kind::BillPaymentCheck, &pay("15.01")), 3_210);
    client.must(Kind::BillPaymentCheck, &pay("15.00"));
    assert_eq!((client.balance("Accounts Payable"), client.balance("Checking")), (0, -1_500));
    let shown = client.ask(&format!("<BillQueryRq><TxnID>{bill}</TxnID></BillQueryRq>"));
    assert_eq!(shown.children[0].text_of("IsPaid"), Some("true"));
    let other = id(&client.must(Kind::Bill, &format!("{vendor}{}", line("7.00"))));
    let by_card = |account: &str| {
        format!(
            "{}{}<AppliedToTxnAdd><TxnID>{other}</TxnID><PaymentAmount>7.00</PaymentAmount>\
             </AppliedToTxnAdd>",
            name("PayeeEntityRef", "Stripe"),
            name("CreditCardAccountRef", account)
        )
    };
    assert_eq!(client.code(Kind::BillPaymentCreditCard, &by_card("Checking")), 3_210);
    let paid = client.must(Kind::BillPaymentCreditCard, &by_card("Visa Card"));
    assert_eq!(paid.text_of("Amount"), Some("7.00"));
    assert_eq!((client.balance("Accounts Payable"), client.balance("Visa Card")), (0, -700));
}

#[test]
fn money_is_paid_and_moved_between_the_right_accounts() {
    let mut client = Client::new();
    let expense = |account: &str, more: &str| {
        format!(
            "<ExpenseLineAdd>{}<Amount>2.00</Amount>{more}\
        </ExpenseLineAdd>",
            name("AccountRef", account)
        )
    };
    let check = |from: &str, line: &str| format!("{}{line}", name("AccountRef", from));
    client.must(Kind::Check, &check("Checking", &expense("Advertising", "")));
    assert_eq!(client.code(Kind::Check, &check("Advertising", &expense("Savings", ""))), 3_210);
    let owed = expense("Accounts Receivable", "");
    assert_eq!(client.code(Kind::Check, &check("Checking", &owed)), 3_180);
    let owed = expense("Accounts Receivable", &name("CustomerRef", "Cool Cars"));
    assert_eq!(client.code(Kind::Check, &check("Checking", &owed)), 0);
    client.must(Kind::CreditCardCharge, &check("Visa Card", &expense("Advertising", "")));
    client.must(Kind::CreditCardCredit, &check("Visa Card", &expense("Office Supplies", "")));
    assert_eq!(
        (
            client.balance("Checking"),
            client.balance("Advertising"),
            client.balance("Visa Card"),
            client.balance("Office Supplies")
        ),
        (-400, 400, 0, -200)
    );
    let transfer = |from: &str, to: &str, amount: &str| {
        format!(
            "{}{}<Amount>{amount}</Amount>",
            name("TransferFromAccountRef", from),
            name("TransferToAccountRef", to)
        )
    };
    client.must(Kind::Transfer, &transfer("Savings", "Checking", "4.00"));
    assert_eq!((client.balance("Checking"), client.balance("Savings")), (0, -400));
    for bad in [
        transfer("Checking", "Checking", "1.00"),
        transfer("Checking", "Savings", "0.00"),
        transfer("Checking", "Advertising", "1.00"),
        transfer("Checking", "Accounts Receivable", "1.00"),
    ] {
        assert_eq!(client.code(Kind::Transfer, &bad), 3_210, "{bad}");
    }
}

#[test]
fn nothing_enters_or_leaves_a_closed_period() {
    let mut client = Client::new();
    let sold = id(&client.must(Kind::SalesReceipt, &receipt("1", "10.00")));
    client.sim.company_mut().settings.closing_date = Some("2026-11-20".parse().unwrap());
    assert_eq!(client.code(Kind::SalesReceipt, &receipt("2", "10.00")), 3_180);
    assert_eq!(code_of(&client.ask(&void(Kind::SalesReceipt, &sold))), 3_180);
    let after = receipt("2", "10.00").replace("2026-11-20", "2026-11-21");
    assert_eq!(client.code(Kind::SalesReceipt, &after), 0);
    let preferences = client.ask("<PreferencesQueryRq/>");
    let accounting = preferences.children[0].child("AccountingPreferences").unwrap();
    assert_eq!(accounting.text_of("ClosingDate"), Some("2026-11-20"));
}

#[test]
fn what_is_voided_stays_at_nil_and_what_is_deleted_goes() {
    let mut client = Client::new();
    let owed = id(&client.must(Kind::Invoice, &invoice("1", "30.00")));
    let paid = format!(
        "{}<TotalAmount>30.00</TotalAmount><AppliedToTxnAdd><TxnID>{owed}</TxnID>\
        <PaymentAmount>30.00</PaymentAmount></AppliedToTxnAdd>",
        name("CustomerRef", "Cool Cars")
    );
    let paid = id(&client.must(Kind::ReceivePayment, &paid));
    let delete = format!(
        "<TxnDelRq><TxnDelType>ReceivePayment</TxnDelType><TxnID>{paid}</TxnID>\
        </TxnDelRq>"
    );
    assert_eq!(code_of(&client.ask(&delete)), 0);
    assert_eq!(code_of(&client.ask(&delete)), 3_120, "it is gone");
    assert_eq!(client.balance("Accounts Receivable"), 3_000, "the invoice is open again");
    assert_eq!(code_of(&client.ask(&void(Kind::CreditMemo, &owed))), 3_120, "another kind");
    assert_eq!(code_of(&client.ask(&void(Kind::Invoice, &owed))), 0);
    let shown = client.ask(&format!("<InvoiceQueryRq><TxnID>{owed}</TxnID></InvoiceQueryRq>"));
    let shown = &shown.children[0];
    assert_eq!((shown.text_of("Memo"), shown.text_of("Subtotal")), (Some("VOID:"), Some("0.00")));
    assert_eq!(client.sim.company().ledger(), []);
    assert!(client.sim.company().documents()[0].is_voided);
    // Neither payments nor transfers can be voided.
    assert_eq!(client.failure(&void(Kind::ReceivePayment, &paid)), "0x80040400");
}

#[test]
fn the_trial_balance_carries_years_to_the_retained_earnings() {
    let mut client = Client::new();
    client.must(Kind::SalesReceipt, &receipt("1", "10.00").replace("2026-11-20", "2025-12-31"));
    client.must(Kind::SalesReceipt, &receipt("2", "4.00"));
    let at = |client: &Client, day: &str| client.sim.company().trial_balance(day.parse().unwrap());
    let balance = |rows: &[(&str, i64)]| -> BTreeMap<String, i64> {
        rows.iter().map(|(name, minor)| ((*name).to_owned(), *minor)).collect()
    };
    assert_eq!(
        at(&client, "2025-12-31"),
        balance(&[("Undeposited Funds", 1_000), ("Merchandise Sales", -1_000)])
    );
    assert_eq!(
        at(&client, "2026-11-19"),
        balance(&[("Undeposited Funds", 1_000), ("Retained Earnings", -1_000)])
    );
    let report = client.ask(
        "<GeneralSummaryReportQueryRq><GeneralSummaryReportType>TrialBalance\
        </GeneralSummaryReportType><ReportPeriod><ToReportDate>2026-11-20</ToReportDate>\
        </ReportPeriod></GeneralSummaryReportQueryRq>",
    );
    let data = report.children[0].child("ReportData").unwrap();
    let rows: Vec<String> = data
        .children
        .iter()
        .map(|row| {
            let cells = row.all("ColData");
            cells
                .map(|it| {
                    format!(
                        "{}={} ",
                        it.attribute("colID").unwrap(),
                        it.attribute("value").unwrap()
                    )
                })
                .collect()
        })
        .collect();
    assert_eq!(
        rows,
        [
            "1=Undeposited Funds 2=14.00 ",
            "1=Retained Earnings 3=10.00 ",
            "1=Merchandise Sales 3=4.00 ",
            "1=TOTAL 2=14.00 3=14.00 "
        ]
    );
}

#[test]
fn profit_and_loss_knows_no_year() {
    let mut client = Client::new();
    client.must(Kind::SalesReceipt, &receipt("1", "10.00").replace("2026-11-20", "2025-12-31"));
    client.must(Kind::SalesReceipt, &receipt("2", "4.00"));
    let rows = |client: &mut Client, from: &str| -> Vec<String> {
        let report = client.ask(&format!(
            "<GeneralSummaryReportQueryRq><GeneralSummaryReportType>ProfitAndLossStandard\
             </GeneralSummaryReportType><ReportPeriod><FromReportDate>{from}</FromReportDate>\
             <ToReportDate>2026-11-20</ToReportDate></ReportPeriod></GeneralSummaryReportQueryRq>"
        ));
        let data = report.children[0].child("ReportData").unwrap();
        let values = |row: &Element| {
            let cells: Vec<&str> =
                row.all("ColData").filter_map(|it| it.attribute("value")).collect();
            format!("{} {}", row.name, cells.join(" "))
        };
        data.children.iter().map(values).collect()
    };
    let both = rows(&mut client, "2025-12-31");
    assert_eq!(
        both,
        [
            "TextRow ",
            "DataRow Merchandise Sales 14.00",
            "SubtotalRow Total Income 14.00",
            "SubtotalRow Gross Profit 14.00",
            "SubtotalRow Net Ordinary Income 14.00",
            "TotalRow Net Income 14.00"
        ]
    );
    assert!(rows(&mut client, "2026-11-20").contains(&"TotalRow Net Income 4.00".to_owned()));
}

#[test]
fn whom_a_check_is_paid_to_owes_nothing_by_it() {
    let mut client = Client::new();
    let line = format!(
        "<ExpenseLineAdd>{}<Amount>2.00</Amount>{}</ExpenseLineAdd>",
        name("AccountRef", "Advertising"),
        name("CustomerRef", "Cool Cars")
    );
    let (bank, payee) = (name("AccountRef", "Checking"), name("PayeeEntityRef", "Stripe"));
    client.must(Kind::Check, &format!("{bank}{payee}{line}"));
    let all = client.ask("<EntityQueryRq><ActiveStatus>All</ActiveStatus></EntityQueryRq>");
    let balances = all.children.iter().filter_map(|it| it.text_of("Balance"));
    assert!(balances.eq(["0.00"; 8]), "{all:?}");
}
