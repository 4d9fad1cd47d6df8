//! Tracked items: what comes in, what it costs when it leaves, and what is refused.

use super::*;

/// An organisation that tracks mugs.
fn client() -> Client {
    let mut client = Client::new();
    client.put("Items", &item("MUG"));
    client
}

fn item(code: &str) -> Value {
    json!({
        "Code": code, "InventoryAssetAccountCode": "630",
        "PurchaseDetails": { "COGSAccountCode": "310" }, "SalesDetails": { "AccountCode": "200" },
    })
}

/// A document with so many mugs at a price, on an account.
fn mugs(kind: &str, number: &str, (units, price): (&str, &str), account: &str) -> Value {
    let goods = json!({
        "Description": "Mug", "ItemCode": "MUG", "Quantity": super::number(units),
        "UnitAmount": super::number(price), "AccountCode": account,
    });
    let changes = json!({
        "Type": kind, "InvoiceNumber": number, "CreditNoteNumber": number,
        "LineAmountTypes": "NoTax", "LineItems": [goods],
    });
    with(&sale(number, "1"), changes)
}

fn bought(number: &str, units: &str, price: &str) -> Value {
    mugs("ACCPAY", number, (units, price), "630")
}

fn sold(number: &str, units: &str) -> Value {
    mugs("ACCREC", number, (units, "25.00"), "200")
}

fn held(client: &Client) -> (String, i64, i64) {
    let units = client.sim.organisation().in_stock()["MUG"].to_string();
    (units, client.balance("Inventory"), client.balance("Cost of Goods Sold"))
}

fn state(units: &str, stock: i64, cost: i64) -> (String, i64, i64) {
    (units.to_owned(), stock, cost)
}

#[test]
fn what_is_sold_costs_the_average_and_comes_back_at_it() {
    let mut client = client();
    client.put("Invoices", &bought("B-1", "3", "10.00"));
    client.put("Invoices", &bought("B-2", "1", "14.00"));
    client.put("Invoices", &sold("S-1", "2"));
    assert_eq!(held(&client), state("2", 2_200, 2_200));
    client.put("CreditNotes", &mugs("ACCRECCREDIT", "C-1", ("1", "25.00"), "200"));
    assert_eq!(held(&client), state("3", 3_300, 1_100));
    client.put("CreditNotes", &mugs("ACCPAYCREDIT", "D-1", ("1", "10.00"), "630"));
    assert_eq!(held(&client), state("2", 2_300, 1_100));
    let shown = client.get("Items/MUG")["Items"][0].clone();
    assert_eq!(
        (&shown["QuantityOnHand"], &shown["TotalCostPool"]),
        (&number("2.0000"), &number("23.00"))
    );
}

#[test]
fn money_received_sells_and_deleting_it_brings_the_units_back() {
    let mut client = client();
    client.put("Invoices", &bought("B-1", "4", "10.00"));
    let before = held(&client);
    let bank = json!({ "Type": "RECEIVE", "BankAccount": client.account("Business Bank Account") });
    let received = client.put("BankTransactions", &with(&sold("", "3"), bank));
    assert_eq!(held(&client), state("1", 1_000, 3_000));
    let path = format!("BankTransactions/{}", received["BankTransactionID"].as_str().unwrap());
    client.post(&path, &json!({ "Status": "DELETED" }));
    assert_eq!(held(&client), before);
}

#[test]
fn nothing_leaves_that_is_not_there() {
    let mut client = client();
    let entered = client.put("Invoices", &bought("B-1", "2", "10.00"));
    let few = "Item 'MUG' is tracked as inventory, and the quantity on hand (2) is not enough";
    assert_eq!(client.reason(Method::Put, "Invoices", &sold("S-1", "3")), few);
    let draft = with(&sold("S-2", "3"), json!({ "Status": "DRAFT" }));
    client.put("Invoices", &draft);
    assert_eq!(held(&client), state("2", 2_000, 0), "a draft moves nothing");
    client.put("Invoices", &sold("S-3", "1"));
    let path = format!("Invoices/{}", entered["InvoiceID"].as_str().unwrap());
    let gone = client.reason(Method::Post, &path, &json!({ "Status": "VOIDED" }));
    assert!(gone.contains("quantity on hand (1)"), "{gone}");
}

#[test]
fn stock_is_moved_by_its_items_alone() {
    let mut client = client();
    let elsewhere = mugs("ACCPAY", "B-1", ("1", "10.00"), "310");
    let reason = client.reason(Method::Put, "Invoices", &elsewhere);
    assert_eq!(reason, "Account code '310' is not a valid code for this document.");
    let lines = [("630", "5.00"), ("310", "-5.00")]
        .map(|(code, amount)| json!({ "AccountCode": code, "LineAmount": number(amount) }));
    let journal = json!({ "Narration": "By hand", "JournalLines": lines, "Status": "POSTED" });
    let reason = client.reason(Method::Put, "ManualJournals", &journal);
    assert_eq!(reason, "Account code '630' is not a valid code for this document.");
    let half = with(&item("CUP"), json!({ "PurchaseDetails": null }));
    let reason = client.reason(Method::Put, "Items", &half);
    assert!(reason.contains("needs InventoryAssetAccountCode and COGSAccountCode"), "{reason}");
}
