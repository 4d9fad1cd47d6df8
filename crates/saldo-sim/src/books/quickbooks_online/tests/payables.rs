//! What vendors are owed, and what is paid for it.

use super::rules::refuse;
use super::*;

struct Bought {
    client: Client,
    vendor: Value,
}

impl Bought {
    fn new() -> Self {
        let client = Client::new();
        let vendor = json!({ "value": client.id(Kind::Vendor, "Stripe") });
        Self { client, vendor }
    }

    fn expense(&self, account: &str, amount: &str) -> Value {
        json!({ "DetailType": "AccountBasedExpenseLineDetail", "Amount": number(amount),
            "AccountBasedExpenseLineDetail": { "AccountRef": self.client.account(account) } })
    }

    fn bill(&self, number: &str, amount: &str) -> Value {
        json!({ "DocNumber": number, "TxnDate": "2026-11-20", "VendorRef": self.vendor,
            "Line": [self.expense("Advertising", amount)] })
    }

    fn payment(&self, total: &str, applied: &[(&str, &Value, &str)]) -> Value {
        let line = |(kind, target, amount): &(&str, &Value, &str)| {
            json!({ "Amount": number(amount),
                "LinkedTxn": [{ "TxnId": target["Id"], "TxnType": kind }] })
        };
        json!({
            "TxnDate": "2026-11-21", "VendorRef": self.vendor, "PayType": "Check",
            "CheckPayment": { "BankAccountRef": self.client.account("Checking") },
            "TotalAmt": number(total), "Line": applied.iter().map(line).collect::<Vec<_>>(),
        })
    }
}

#[test]
fn a_payment_settles_a_bill_and_changes_its_version() {
    let mut bought = Bought::new();
    let body = bought.bill("B-1", "100");
    let bill = bought.client.must(Kind::Bill, &body);
    assert_eq!((&bill["Balance"], &bill["DueDate"]), (&number("100"), &json!("2026-11-20")));
    let part = bought.payment("60", &[("Bill", &bill, "60")]);
    let payment = bought.client.must(Kind::BillPayment, &part);
    let path = format!("bill/{}", bill["Id"].as_str().unwrap());
    let seen = bought.client.get(&path).1["Bill"].clone();
    assert_eq!((&seen["Balance"], &seen["SyncToken"]), (&number("40"), &json!("1")));
    assert_eq!(seen["LinkedTxn"][0]["TxnId"], payment["Id"]);
    assert_eq!(bought.client.balance("Accounts Payable (A/P)"), -4_000);
    assert_eq!(bought.client.balance("Checking"), -6_000);
    let shrunk = json!({ "Id": bill["Id"], "SyncToken": "1", "sparse": true,
        "VendorRef": bill["VendorRef"], "Line": [bought.expense("Advertising", "59")] });
    assert_eq!(bought.client.code("bill", &shrunk), "6000", "more was paid");
    let key = json!({ "Id": bill["Id"], "SyncToken": "1" });
    assert_eq!(bought.client.code("bill?operation=delete", &key), "ok");
    let path = format!("billpayment/{}", payment["Id"].as_str().unwrap());
    assert_eq!(bought.client.get(&path).1["BillPayment"]["Line"], json!([]));
    assert_eq!(bought.client.balance("Accounts Payable (A/P)"), 6_000);
}

#[test]
fn a_payment_that_is_voided_leaves_its_bill_open() {
    let mut bought = Bought::new();
    let body = bought.bill("B-1", "100");
    let bill = bought.client.must(Kind::Bill, &body);
    let whole = bought.payment("100", &[("Bill", &bill, "100")]);
    let payment = bought.client.must(Kind::BillPayment, &whole);
    let void = "billpayment?operation=update&include=void";
    let stale = json!({ "Id": payment["Id"], "SyncToken": "7", "sparse": true });
    assert_eq!(bought.client.code(void, &stale), "5010");
    let key = json!({ "Id": payment["Id"], "SyncToken": "0", "sparse": true });
    let (_, voided) = bought.client.post(void, &key);
    assert_eq!(voided["BillPayment"]["TotalAmt"], 0);
    assert_eq!(voided["BillPayment"]["Line"], json!([]));
    assert_eq!(voided["BillPayment"]["PrivateNote"], "Voided");
    let path = format!("bill/{}", bill["Id"].as_str().unwrap());
    assert_eq!(bought.client.get(&path).1["Bill"]["Balance"], number("100"));
    assert_eq!(bought.client.balance("Accounts Payable (A/P)"), -10_000);
    assert_eq!(bought.client.balance("Checking"), 0);
}

#[test]
fn a_vendor_credit_runs_the_other_way_and_settles_a_bill_through_a_payment() {
    let mut bought = Bought::new();
    let (first, second) = (bought.bill("B-1", "100"), bought.bill("C-1", "30"));
    let bill = bought.client.must(Kind::Bill, &first);
    let credit = bought.client.must(Kind::VendorCredit, &second);
    assert_eq!(credit["Balance"], number("30"));
    assert!(credit.get("DueDate").is_none());
    assert_eq!(bought.client.balance("Advertising"), 7_000);
    assert_eq!(bought.client.balance("Accounts Payable (A/P)"), -7_000);
    let settle = bought.payment("0", &[("Bill", &bill, "30"), ("VendorCredit", &credit, "30")]);
    bought.client.must(Kind::BillPayment, &settle);
    let answer = bought.client.query("select * from Bill");
    assert_eq!(answer["Bill"][0]["Balance"], number("70"));
}

#[test]
fn what_the_vendor_refuses_of_payments() {
    let mut bought = Bought::new();
    let body = bought.bill("B-1", "100");
    let bill = bought.client.must(Kind::Bill, &body);
    let good = bought.payment("100", &[("Bill", &bill, "100")]);
    let card = json!({ "CCAccountRef": bought.client.account("Visa Card") });
    let from = |name: &str| json!({ "BankAccountRef": bought.client.account(name) });
    let line = |amount: &str, kind: &str, id: &Value| {
        let link = json!([{ "TxnId": id, "TxnType": kind }]);
        json!([{ "Amount": number(amount), "LinkedTxn": link }])
    };
    let other = json!({ "value": bought.client.id(Kind::Vendor, "Shopify") });
    let cases = vec![
        ("no vendor", json!({ "VendorRef": null }), "2020"),
        ("another vendor", json!({ "VendorRef": other }), "620"),
        ("no type", json!({ "PayType": null }), "2020"),
        ("odd type", json!({ "PayType": "Cash" }), "2170"),
        ("no cheque", json!({ "CheckPayment": null }), "2020"),
        ("from the card", json!({ "CheckPayment": from("Visa Card") }), "6000"),
        ("from a drawer", json!({ "CheckPayment": from("Undeposited Funds") }), "6000"),
        ("a card's cheque", json!({ "PayType": "CreditCard" }), "2020"),
        ("odd detail", json!({ "CheckPayment": { "CCAccountRef": { "value": "1" } } }), "2010"),
        ("not payable", json!({ "APAccountRef": bought.client.account("Checking") }), "6000"),
        ("no total", json!({ "TotalAmt": null }), "2020"),
        ("negative", json!({ "TotalAmt": number("-1"), "Line": [] }), "6000"),
        ("more than open", json!({ "Line": line("101", "Bill", &bill["Id"]) }), "6000"),
        ("more than paid", json!({ "TotalAmt": number("99") }), "6000"),
        ("an invoice", json!({ "Line": line("1", "Invoice", &bill["Id"]) }), "2170"),
        ("nothing there", json!({ "Line": line("1", "Bill", &json!("999")) }), "610"),
    ];
    refuse(&mut bought.client, Kind::BillPayment, &good, cases);
    let body = bought.bill("B-2", "5");
    let bill = bought.client.must(Kind::Bill, &body);
    let mut by_card = bought.payment("5", &[("Bill", &bill, "5")]);
    by_card["PayType"] = json!("CreditCard");
    by_card["CheckPayment"].take();
    by_card["CreditCardPayment"] = card;
    bought.client.must(Kind::BillPayment, &by_card);
    assert_eq!(bought.client.balance("Visa Card"), -500);
}
