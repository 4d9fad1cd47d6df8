//! What is refused, and with which code. Each table changes a body that would be accepted.

use super::super::Kind;
use super::{Client, number, with};
use serde_json::{Value, json};

/// Sends each changed body; afterwards the unchanged one is accepted.
pub(super) fn refuse(
    client: &mut Client,
    kind: Kind,
    good: &Value,
    cases: Vec<(&str, Value, &str)>,
) {
    let path = kind.name().to_ascii_lowercase();
    let before = client.sim.company().ledger();
    for (what, changes, expected) in cases {
        let body = with(good, changes);
        assert_eq!(client.code(&path, &body), expected, "{}: {what}", kind.name());
        assert_eq!(client.sim.company().ledger(), before, "{what}");
    }
    client.must(kind, good);
}

fn line(client: &Client, changes: Value, detail: Value) -> Value {
    let mut line = with(&client.line("10", "NON"), changes);
    line["SalesItemLineDetail"] = with(&line["SalesItemLineDetail"], detail);
    json!({ "Line": [line] })
}

#[test]
fn sales_receipts() {
    let mut client = Client::new();
    let good = client.sale("S-1", "10");
    let inactive = client.id(Kind::Customer, "Walk-in Customer");
    let c = &client;
    let product = |quantity: &str, price: &str| {
        line(c, json!({}), json!({ "Qty": number(quantity), "UnitPrice": number(price) }))
    };
    let amount = |digits: &str| line(c, json!({ "Amount": number(digits) }), json!({}));
    let discount = json!({ "DetailType": "DiscountLineDetail", "Amount": 1,
        "DiscountLineDetail": { "PercentBased": false } });
    let item = c.line("10", "NON");
    let cases = vec![
        ("no lines", json!({ "Line": null }), "2020"),
        ("unknown property", json!({ "Colour": "red" }), "2010"),
        ("unknown property of a line", line(c, json!({ "Colour": 1 }), json!({})), "2010"),
        ("unknown property of a detail", line(c, json!({}), json!({ "Colour": 1 })), "2010"),
        ("no such customer", json!({ "CustomerRef": { "value": "9999" } }), "2500"),
        ("inactive customer", json!({ "CustomerRef": { "value": inactive } }), "2500"),
        ("customer as a text", json!({ "CustomerRef": "12" }), "2040"),
        ("no such item", line(c, json!({}), json!({ "ItemRef": { "value": "9999" } })), "2500"),
        ("no such account", json!({ "DepositToAccountRef": { "value": "9999" } }), "2500"),
        (
            "income as deposit",
            json!({ "DepositToAccountRef": c.account("Shipping Income") }),
            "6000",
        ),
        ("no such payment method", json!({ "PaymentMethodRef": { "value": "77" } }), "2500"),
        ("no amount", line(c, json!({ "Amount": null }), json!({})), "2020"),
        ("no detail type", line(c, json!({ "DetailType": null }), json!({})), "2020"),
        ("odd detail type", line(c, json!({ "DetailType": "X" }), json!({})), "2170"),
        ("thousandths", amount("10.001"), "2090"),
        ("no number", line(c, json!({ "Amount": "ten" }), json!({})), "2090"),
        ("wrong product", product("2", "5.01"), "6070"),
        ("thirds that do not round to it", product("3", "3.33"), "6070"),
        ("eight decimals", product("1", "10.00000001"), "2090"),
        ("odd tax code", line(c, json!({}), json!({ "TaxCodeRef": { "value": "5" } })), "6100"),
        ("negative total", amount("-0.01"), "6000"),
        ("two discounts", json!({ "Line": [item, discount, discount] }), "6000"),
        ("long number", json!({ "DocNumber": "x".repeat(22) }), "2050"),
        ("long note", json!({ "PrivateNote": "x".repeat(4_001) }), "2050"),
        ("long memo", json!({ "CustomerMemo": { "value": "x".repeat(1_001) } }), "2050"),
        ("long reference", json!({ "PaymentRefNum": "x".repeat(22) }), "2050"),
        (
            "long description",
            line(c, json!({ "Description": "x".repeat(4_001) }), json!({})),
            "2050",
        ),
        ("foreign currency", json!({ "CurrencyRef": { "value": "EUR" } }), "6000"),
        ("no date", json!({ "TxnDate": "20.11.2026" }), "2120"),
        ("negative tax", json!({ "TxnTaxDetail": { "TotalTax": -1 } }), "6000"),
        ("thousandths of tax", json!({ "TxnTaxDetail": { "TotalTax": number("1.001") } }), "2090"),
    ];
    refuse(&mut client, Kind::SalesReceipt, &good, cases);
}

#[test]
fn products_that_round_to_the_amount_are_accepted() {
    let mut client = Client::new();
    client.sim.company_mut().settings.warn_duplicate_sales_numbers = false;
    let cases = [
        ("10", "3", "3.3333333", true),
        ("10", "3", "3.333", true),
        ("10", "3", "3.33", false),
        ("337.5", "4.5", "75", true),
        ("0.01", "1", "0.005", true),
        ("0.1", "0.1", "1", true),
        ("-3", "-1", "3", false),
    ];
    for (amount, quantity, price, accepted) in cases {
        let detail = json!({ "Qty": number(quantity), "UnitPrice": number(price) });
        let lines = line(&client, json!({ "Amount": number(amount) }), detail);
        let code = client.code("salesreceipt", &with(&client.sale("S", "1"), lines));
        assert_eq!(code == "ok", accepted, "{quantity} x {price} = {amount}: {code}");
    }
}

#[test]
fn other_sales_forms() {
    let mut client = Client::new();
    let good = client.sale("R-1", "10");
    let cases = vec![("no account", json!({ "DepositToAccountRef": null }), "2020")];
    refuse(&mut client, Kind::RefundReceipt, &good, cases);
    for (kind, number) in [(Kind::Invoice, "I-1"), (Kind::CreditMemo, "C-1")] {
        let good = client.invoice(number, "10");
        let cases = vec![("no customer", json!({ "CustomerRef": null }), "2020")];
        refuse(&mut client, kind, &good, cases);
    }
    let anonymous = with(&client.sale("S-9", "1"), json!({ "CustomerRef": null }));
    client.must(Kind::SalesReceipt, &anonymous);
}

#[test]
fn numbers_are_used_once_where_the_owner_wants_it() {
    let mut client = Client::new();
    let sale = client.sale("S-1", "1");
    client.must(Kind::SalesReceipt, &sale);
    assert_eq!(client.code("salesreceipt", &sale), "6140");
    assert_eq!(client.code("refundreceipt", &sale), "6140");
    assert_eq!(client.code("salesreceipt?include=allowduplicatedocnum", &sale), "ok");
    client.sim.company_mut().settings.warn_duplicate_sales_numbers = false;
    assert_eq!(client.code("salesreceipt", &sale), "ok");
    let entry = json!({ "DocNumber": "J", "TxnDate": "2026-11-20", "Line": [
        client.journal_line("Debit", "Checking", "5"),
        client.journal_line("Credit", "Savings", "5"),
    ] });
    client.must(Kind::JournalEntry, &entry);
    assert_eq!(client.code("journalentry", &entry), "ok");
    client.sim.company_mut().settings.warn_duplicate_journal_numbers = true;
    assert_eq!(client.code("journalentry", &entry), "6140");
}

#[test]
fn the_vendor_numbers_sales_forms_where_the_owner_lets_it() {
    let mut client = Client::new();
    let unnumbered = with(&client.sale("", "1"), json!({ "DocNumber": null }));
    assert_eq!(client.must(Kind::SalesReceipt, &unnumbered)["DocNumber"], Value::Null);
    client.sim.company_mut().settings.custom_txn_numbers = false;
    assert_eq!(client.must(Kind::SalesReceipt, &unnumbered)["DocNumber"], "1001");
    assert_eq!(client.must(Kind::RefundReceipt, &unnumbered)["DocNumber"], "1002");
    let own = client.sale("2000", "1");
    let renumbered = client.must(Kind::SalesReceipt, &own);
    assert_eq!(renumbered["DocNumber"], "1003");
    let changed =
        with(&own, json!({ "Id": renumbered["Id"], "SyncToken": "0", "PrivateNote": "changed" }));
    assert_eq!(client.must(Kind::SalesReceipt, &changed)["DocNumber"], "1003");
    let entry = json!({ "DocNumber": "J-1", "Line": [
        client.journal_line("Debit", "Checking", "5"),
        client.journal_line("Credit", "Savings", "5"),
    ] });
    assert_eq!(client.must(Kind::JournalEntry, &entry)["DocNumber"], "J-1");
}

#[test]
fn payments() {
    let mut client = Client::new();
    let body = client.invoice("I-1", "10");
    let invoice = client.must(Kind::Invoice, &body);
    let other = with(
        &client.invoice("I-2", "10"),
        json!({ "CustomerRef": { "value": client.id(Kind::Customer, "Jane Doe") } }),
    );
    let strange = client.must(Kind::Invoice, &other);
    let body = client.invoice("I-3", "10");
    let paid = client.must(Kind::Invoice, &body);
    let whole = client.payment("10", &[("Invoice", &paid, "10")]);
    client.must(Kind::Payment, &whole);
    let good = client.payment("10", &[("Invoice", &invoice, "10")]);
    let gone = json!({ "Id": "9999" });
    let c = &client;
    let lines = |kind, target: &Value, amount| {
        let payment = c.payment("10", &[(kind, target, amount)]);
        json!({ "Line": payment["Line"] })
    };
    let cases = vec![
        ("no customer", json!({ "CustomerRef": null }), "2020"),
        ("no total", json!({ "TotalAmt": null }), "2020"),
        ("negative", json!({ "TotalAmt": -1, "Line": [] }), "6000"),
        ("thousandths", json!({ "TotalAmt": number("10.005") }), "2090"),
        (
            "more than is open",
            with(&lines("Invoice", &invoice, "10.01"), json!({ "TotalAmt": 20 })),
            "6000",
        ),
        ("more than is paid", json!({ "TotalAmt": 9 }), "6000"),
        ("another customer's", lines("Invoice", &strange, "1"), "620"),
        ("paid already", lines("Invoice", &paid, "1"), "6000"),
        ("paid already, nothing more", lines("Invoice", &paid, "0"), "620"),
        ("not there", lines("Invoice", &gone, "1"), "610"),
        ("not an invoice", lines("SalesReceipt", &invoice, "1"), "2170"),
        ("no link", json!({ "Line": [{ "Amount": 1 }] }), "2020"),
        ("into income", json!({ "DepositToAccountRef": c.account("Shipping Income") }), "6000"),
    ];
    refuse(&mut client, Kind::Payment, &good, cases);
}

#[test]
fn deposits() {
    let mut client = Client::new();
    let in_hand = with(&client.sale("S-1", "10"), json!({ "DepositToAccountRef": null }));
    let in_hand = client.must(Kind::SalesReceipt, &in_hand);
    let banked = client.sale("S-2", "10");
    let banked = client.must(Kind::SalesReceipt, &banked);
    let linked = |target: &Value, amount: &str| {
        json!({ "Amount": number(amount), "LinkedTxn": [
            { "TxnId": target["Id"], "TxnType": "SalesReceipt", "TxnLineId": "0" },
        ] })
    };
    let fee = |account: &str, amount: &str| {
        json!({ "Amount": number(amount), "DetailType": "DepositLineDetail",
            "DepositLineDetail": { "AccountRef": client.account(account) } })
    };
    let good = json!({
        "TxnDate": "2026-11-21",
        "DepositToAccountRef": client.account("Checking"),
        "Line": [linked(&in_hand, "10"), fee("Bank Charges", "-0.59")],
    });
    let c = &client;
    let cases = vec![
        ("no account", json!({ "DepositToAccountRef": null }), "2020"),
        ("to a liability", json!({ "DepositToAccountRef": c.account("Visa Card") }), "6000"),
        ("no lines", json!({ "Line": [] }), "2020"),
        (
            "negative",
            json!({ "Line": [linked(&in_hand, "10"), fee("Bank Charges", "-11")] }),
            "6000",
        ),
        ("a part", json!({ "Line": [linked(&in_hand, "9")] }), "6000"),
        ("twice", json!({ "Line": [linked(&in_hand, "10"), linked(&in_hand, "10")] }), "620"),
        ("not in hand", json!({ "Line": [linked(&banked, "10")] }), "620"),
        ("no customer", json!({ "Line": [fee("Accounts Receivable (A/R)", "1")] }), "6000"),
    ];
    refuse(&mut client, Kind::Deposit, &good, cases);
    let again = json!({ "DepositToAccountRef": client.account("Checking"),
        "Line": [linked(&in_hand, "10")] });
    assert_eq!(client.code("deposit", &again), "620");
    let change = json!({ "Id": in_hand["Id"], "SyncToken": "1", "sparse": true });
    assert_eq!(client.code("salesreceipt", &change), "6540");
    assert_eq!(client.code("salesreceipt?operation=delete", &change), "6540");
    assert_eq!(client.code("salesreceipt?operation=void", &change), "6540");
}

#[test]
fn transfers() {
    let mut client = Client::new();
    let good = json!({
        "TxnDate": "2026-11-20",
        "FromAccountRef": client.account("Checking"),
        "ToAccountRef": client.account("Savings"),
        "Amount": number("12.34"),
    });
    let c = &client;
    let cases = vec![
        ("income", json!({ "FromAccountRef": c.account("Shipping Income") }), "6000"),
        ("expense", json!({ "ToAccountRef": c.account("Bank Charges") }), "6000"),
        ("receivable", json!({ "ToAccountRef": c.account("Accounts Receivable (A/R)") }), "6000"),
        ("to itself", json!({ "ToAccountRef": c.account("Checking") }), "6000"),
        ("nothing", json!({ "Amount": 0 }), "6000"),
        ("negative", json!({ "Amount": -1 }), "6000"),
        ("no amount", json!({ "Amount": null }), "2020"),
        ("no source", json!({ "FromAccountRef": null }), "2020"),
    ];
    refuse(&mut client, Kind::Transfer, &good, cases);
}

#[test]
fn journal_entries() {
    let mut client = Client::new();
    let c = &client;
    let receivable = "Accounts Receivable (A/R)";
    let party = |side: &str, kind: Kind, name: &str, account: &str| {
        let mut line = c.journal_line(side, account, "5");
        line["JournalEntryLineDetail"]["Entity"] =
            json!({ "Type": kind.name(), "EntityRef": { "value": c.id(kind, name) } });
        line
    };
    let ours = party("Debit", Kind::Customer, "Cool Cars", receivable);
    let theirs = party("Credit", Kind::Customer, "Jane Doe", receivable);
    let vendor = party("Debit", Kind::Vendor, "Stripe", receivable);
    let payable = party("Debit", Kind::Vendor, "Stripe", "Accounts Payable (A/P)");
    let mut mistyped = party("Debit", Kind::Customer, "Cool Cars", receivable);
    mistyped["JournalEntryLineDetail"]["Entity"]["Type"] = json!("Vendor");
    let credit = c.journal_line("Credit", "Savings", "5");
    let mut taxed = credit.clone();
    taxed["JournalEntryLineDetail"]["TaxCodeRef"] = json!({ "value": "TAX" });
    let good = json!({ "DocNumber": "J-1", "TxnDate": "2026-11-20", "Line": [ours, credit] });
    let lines = |lines: Value| json!({ "Line": lines });
    let debit = c.journal_line("Debit", "Checking", "5");
    let cases = vec![
        ("one line", lines(json!([ours])), "2020"),
        (
            "out of balance",
            lines(json!([ours, c.journal_line("Credit", "Savings", "4.99")])),
            "6000",
        ),
        ("negative", lines(json!([ours, c.journal_line("Debit", "Savings", "-5")])), "6000"),
        ("odd side", lines(json!([ours, c.journal_line("Left", "Savings", "5")])), "2170"),
        ("no customer", lines(json!([c.journal_line("Debit", receivable, "5"), credit])), "6000"),
        ("a vendor owes", lines(json!([vendor, credit])), "6000"),
        ("mistyped customer", lines(json!([mistyped, credit])), "2500"),
        ("two receivables", lines(json!([ours, theirs])), "6000"),
        ("receivable and payable", lines(json!([theirs, payable])), "6000"),
        ("tax code", lines(json!([debit, taxed])), "6000"),
    ];
    refuse(&mut client, Kind::JournalEntry, &good, cases);
    let owed = client.query("select * from Customer where DisplayName = 'Cool Cars'");
    assert_eq!(owed["Customer"][0]["Balance"], number("5"));
}

#[test]
fn purchases_and_bills() {
    let mut client = Client::new();
    let expense = |account: &str, amount: &str| {
        json!({ "DetailType": "AccountBasedExpenseLineDetail", "Amount": number(amount),
            "AccountBasedExpenseLineDetail": { "AccountRef": client.account(account) } })
    };
    let vendor = json!({ "value": client.id(Kind::Vendor, "Stripe"), "type": "Vendor" });
    let good = json!({
        "DocNumber": "P-1",
        "TxnDate": "2026-11-20",
        "PaymentType": "Cash",
        "AccountRef": client.account("Checking"),
        "EntityRef": vendor,
        "Line": [expense("Bank Charges", "3")],
    });
    let c = &client;
    let cases = vec![
        ("no type", json!({ "PaymentType": null }), "2020"),
        ("odd type", json!({ "PaymentType": "Barter" }), "2170"),
        ("card from the bank", json!({ "PaymentType": "CreditCard" }), "6000"),
        (
            "cheque from the card",
            json!({ "PaymentType": "Check",
            "AccountRef": c.account("Visa Card") }),
            "6000",
        ),
        ("credit in cash", json!({ "Credit": true }), "6000"),
        ("no account", json!({ "AccountRef": null }), "2020"),
        ("no lines", json!({ "Line": [] }), "2020"),
        ("negative", json!({ "Line": [expense("Bank Charges", "-3")] }), "6000"),
        ("receivable", json!({ "Line": [expense("Accounts Receivable (A/R)", "3")] }), "6000"),
        ("nobody", json!({ "EntityRef": { "value": "9999", "type": "Vendor" } }), "2500"),
        (
            "mistyped",
            json!({ "EntityRef": { "value": vendor["value"], "type": "Customer" } }),
            "2500",
        ),
    ];
    let bill = json!({
        "DocNumber": "B-1",
        "TxnDate": "2026-11-20",
        "VendorRef": { "value": vendor["value"] },
        "Line": [expense("Advertising", "30")],
    });
    let bills = vec![
        ("no vendor", json!({ "VendorRef": null }), "2020"),
        ("not payable", json!({ "APAccountRef": c.account("Checking") }), "6000"),
    ];
    refuse(&mut client, Kind::Purchase, &good, cases);
    refuse(&mut client, Kind::Bill, &bill, bills);
    assert_eq!(client.balance("Checking"), -300);
    assert_eq!(client.balance("Accounts Payable (A/P)"), -3_000);
}

#[test]
fn names_are_used_once_by_customers_vendors_and_employees_together() {
    let mut client = Client::new();
    let cases = [
        ("customer", "Nobody Yet", "ok"),
        ("vendor", "nobody yet", "6240"),
        ("customer", "Stripe", "6240"),
        ("customer", "Emily Platt", "6240"),
        ("customer", "Walk-in Customer", "6240"),
        ("vendor", "COOL CARS", "6240"),
        ("customer", "A:B", "2040"),
        ("customer", "A\tB", "2040"),
        ("customer", "A\nB", "2040"),
        ("customer", "   ", "6080"),
    ];
    for (path, name, expected) in cases {
        assert_eq!(client.code(path, &json!({ "DisplayName": name })), expected, "{name}");
    }
    let long = json!({ "DisplayName": "x".repeat(101) });
    assert_eq!(client.code("customer", &long), "2050");
    let made = client.must(Kind::Customer, &json!({ "GivenName": "Ann", "FamilyName": "Lee" }));
    assert_eq!(made["DisplayName"], "Ann Lee");
}

#[test]
fn accounts_and_items() {
    let mut client = Client::new();
    let good = json!({ "Name": "Shop Clearing", "AccountType": "Other Current Asset" });
    let cases = vec![
        ("no name", json!({ "Name": null }), "2020"),
        ("no type", json!({ "AccountType": null }), "6010"),
        ("odd type", json!({ "AccountType": "Clearing" }), "2170"),
        ("odd subtype", json!({ "AccountSubType": "Checking" }), "2170"),
        ("colon", json!({ "Name": "a:b" }), "2040"),
        ("quote", json!({ "Name": "a\"b" }), "2040"),
        ("taken", json!({ "Name": "checking" }), "6240"),
        ("long", json!({ "Name": "x".repeat(101) }), "2050"),
    ];
    refuse(&mut client, Kind::Account, &good, cases);
    let made = client.query("select * from Account where Name = 'Shop Clearing'");
    assert_eq!(made["Account"][0]["AccountSubType"], "OtherCurrentAssets");
    assert_eq!(made["Account"][0]["Classification"], "Asset");

    let income = client.account("Sales of Product Income");
    let good = json!({ "Name": "Green Mug", "Type": "NonInventory", "Sku": "MUG-GREEN",
        "IncomeAccountRef": income });
    let c = &client;
    let cases = vec![
        ("no income", json!({ "IncomeAccountRef": null }), "2020"),
        ("into the bank", json!({ "IncomeAccountRef": c.account("Checking") }), "6000"),
        ("taken", json!({ "Name": "red mug" }), "6240"),
        ("stock", json!({ "Type": "Inventory" }), "5020"),
        ("odd type", json!({ "Type": "Thing" }), "2170"),
        ("long sku", json!({ "Sku": "x".repeat(101) }), "2050"),
    ];
    refuse(&mut client, Kind::Item, &good, cases);
    client.sim.company_mut().settings.account_limit = 21;
    let one_more = json!({ "Name": "Too Many", "AccountType": "Bank" });
    assert_eq!(client.code("account", &one_more), "6000");
}

#[test]
fn closed_books_stay_closed() {
    let mut client = Client::new();
    let old = client.sale("S-1", "1");
    let stored = client.must(Kind::SalesReceipt, &old);
    let token = json!({ "Id": stored["Id"], "SyncToken": "0" });
    client.sim.company_mut().settings.book_close_date = Some("2026-11-20".parse().unwrap());
    let cases = [("2026-11-19", "6210"), ("2026-11-20", "6210"), ("2026-11-21", "ok")];
    for (day, expected) in cases {
        let sale = with(&client.sale(day, "1"), json!({ "TxnDate": day }));
        assert_eq!(client.code("salesreceipt", &sale), expected, "{day}");
    }
    assert_eq!(client.code("salesreceipt?operation=delete", &token), "6210");
    let moved = with(&token, json!({ "sparse": true, "TxnDate": "2026-11-21" }));
    assert_eq!(client.code("salesreceipt", &moved), "6210");
    let (_, preferences) = client.get("preferences");
    let closed = &preferences["Preferences"]["AccountingInfoPrefs"]["BookCloseDate"];
    assert_eq!(*closed, "2026-11-20");
}
