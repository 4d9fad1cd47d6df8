//! Records become facts.

use super::{Shopify, record};
use saldo_core::channel::Channel;
use saldo_core::commerce::{Fact, Order, Record};
use saldo_core::issue::{Issue, IssueKind};
use saldo_core::money::Money;
use serde_json::{Value, json};

const ORDER_1001: &str = include_str!("../fixtures/order_1001.json");
const ORDER_1002: &str = include_str!("../fixtures/order_1002.json");
const ORDER_1002_PIECES: &str = include_str!("../fixtures/order_1002_pieces.jsonl");
const BULK: &str = include_str!("../fixtures/bulk.jsonl");

const PAYOUTS: &str = include_str!("../fixtures/payouts.jsonl");
const DISPUTES: &str = include_str!("../fixtures/disputes.jsonl");

fn read(record: &Record) -> Fact {
    let mut facts = Shopify.read(record).unwrap();
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].source(), &record.reference());
    facts.remove(0)
}

fn order(bytes: &str) -> Fact {
    let value: Value =
        serde_json::Deserializer::from_str(bytes).into_iter().next().unwrap().unwrap();
    read(&record("orders", value["id"].as_str().unwrap(), bytes))
}

/// The facts of a fixture with one record a line.
fn lines(stream: &str, fixture: &str) -> Vec<Fact> {
    let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["id"].clone();
    fixture.lines().map(|line| read(&record(stream, id(line).as_str().unwrap(), line))).collect()
}

fn unpack(fact: Fact) -> Box<Order> {
    let Fact::Order(order) = fact else { panic!("{fact:?} is no order") };
    order
}

#[test]
fn an_order_with_tax_on_top_and_a_refund() {
    insta::assert_json_snapshot!(order(ORDER_1001));
}

#[test]
fn an_order_at_the_till_with_tax_included() {
    insta::assert_json_snapshot!(order(ORDER_1002));
}

/// The first capture of an order in euros, read with these words beside it.
fn captured(amount: Value, words: Value) -> Result<Box<Order>, Box<Issue>> {
    let mut value: Value = serde_json::from_str(ORDER_1001).unwrap();
    let capture = value["transactions"][1].as_object_mut().unwrap();
    capture.insert("amountSet".to_owned(), amount);
    capture.extend(words.as_object().unwrap().clone());
    let text = value.to_string();
    let facts = Shopify.read(&record("orders", "gid://shopify/Order/1001", &text))?;
    Ok(unpack(facts.into_iter().next().unwrap()))
}

fn amount(text: &str, code: &str) -> Value {
    json!({ "amount": text, "currencyCode": code })
}

#[test]
fn money_from_abroad_has_its_rates_and_the_parts_of_its_fee() {
    let bag =
        json!({ "shopMoney": amount("105.43", "USD"), "presentmentMoney": amount("96.72", "EUR") });
    let words = json!({
        "settlementCurrency": "USD",
        "settlementCurrencyRate": "1.08",
        "fees": [
            { "amount": amount("3.36", "USD"), "type": "processing_fee" },
            { "amount": amount("1.57", "USD"), "type": "currency_conversion_fee" },
            { "amount": amount("0.01", "USD"), "type": "hat_fee" },
        ],
    });
    let order = captured(bag.clone(), words).unwrap();
    insta::assert_json_snapshot!(order.movements[1]);
    let settles = |words| {
        let order = captured(bag.clone(), words).unwrap();
        let conversion = order.movements[1].conversion.clone().unwrap();
        conversion.settles().unwrap().map(|money| money.to_string())
    };
    assert_eq!(settles(json!({})), None);
    let same = json!({ "settlementCurrency": "EUR", "settlementCurrencyRate": null });
    assert_eq!(settles(same).as_deref(), Some("96.72 EUR"));
    let untold = json!({ "settlementCurrency": "GBP" });
    assert_eq!(settles(untold), None);
    assert!(captured(bag, json!({ "settlementCurrencyRate": "-1" })).is_err());
}

#[test]
fn a_fee_says_which_tax_the_gateway_charges_on_it() {
    let bag =
        json!({ "shopMoney": amount("105.43", "USD"), "presentmentMoney": amount("96.72", "EUR") });
    let fee = |of: &str, tax: &str| {
        let (of, tax) = (amount(of, "USD"), amount(tax, "USD"));
        json!({ "amount": of, "taxAmount": tax, "type": "processing_fee" })
    };
    let fees = [fee("3.36", "0.31"), fee("1.57", "0.0")];
    let order = captured(bag, json!({ "fees": fees })).unwrap();
    let taxes = order.movements[1].fees.iter().map(|fee| fee.tax.map(|tax| tax.to_string()));
    assert_eq!(taxes.collect::<Vec<_>>(), [Some("0.31 USD".to_owned()), None]);
}

#[test]
fn a_movement_settles_by_the_rate_of_the_sale() {
    let adjusted = |from, to| {
        json!({ "currencyExchangeAdjustment": {
            "originalAmountSet": amount(from, "USD"), "finalAmountSet": amount(to, "USD"),
        }})
    };
    let euros = amount("50.00", "EUR");
    let bag = |shop: &str| json!({ "shopMoney": amount(shop, "USD"), "presentmentMoney": euros });
    for shop in ["105.43", "106.00"] {
        let order = captured(bag(shop), adjusted("-105.43", "-106.00")).unwrap();
        let moved = &order.movements[1];
        assert_eq!(moved.amount.to_string(), "105.43 USD");
        assert_eq!(moved.conversion.as_ref().unwrap().worth.to_string(), "106.00 USD");
    }
    let wrong = captured(bag("104.00"), adjusted("-105.43", "-106.00")).unwrap_err();
    assert_eq!(wrong.kind, IssueKind::DoesNotAddUp);
}

#[test]
fn a_sign_that_contradicts_what_moved_is_not_taken_off() {
    let bag = |shop, euros| {
        let (shop, euros) = (amount(shop, "USD"), amount(euros, "EUR"));
        json!({ "shopMoney": shop, "presentmentMoney": euros })
    };
    let negative = captured(bag("-105.43", "-96.72"), json!({})).unwrap();
    assert_eq!(negative.movements[1].amount.to_string(), "-105.43 USD", "accounting refuses it");
    let both = captured(bag("105.43", "-96.72"), json!({})).unwrap_err();
    assert!(both.message.contains("105.43 USD, but -96.72 EUR as it was presented"), "{both:?}");
    let adjusted = json!({ "currencyExchangeAdjustment": {
        "originalAmountSet": amount("105.43", "USD"), "finalAmountSet": amount("-106.00", "USD"),
    }});
    let turned = captured(bag("105.43", "96.72"), adjusted).unwrap_err();
    assert!(turned.message.contains("went from 105.43 USD to -106.00 USD"), "{turned:?}");
    // Change goes out by either sign: the till's fixture has the one, this the other.
    let change = |text: &str| unpack(order(text)).movements[3].amount.to_string();
    assert_eq!(change(ORDER_1002), "10.00 GBP");
    assert_eq!(change(&ORDER_1002.replace("\"-10.0\"", "\"10.0\"")), "10.00 GBP");
}

#[test]
fn what_is_told_twice_of_an_order_is_the_same() {
    let read = |text: &str| Shopify.read(&record("orders", "gid://shopify/Order/1002", text));
    let whole = ORDER_1002_PIECES.to_owned();
    let again = format!("{}\n{}", whole.trim_end(), ORDER_1002_PIECES.lines().last().unwrap());
    assert_eq!(read(&again), read(&whole), "a piece that comes twice adds nothing");
    let last = ORDER_1002_PIECES.lines().last().unwrap();
    let at = last.find("\"totalAmount\"").unwrap();
    let (before, after) = last.split_at(at);
    let other = after.replacen("\"amount\":\"", "\"amount\":\"9", 1);
    let issue = read(&format!("{}\n{before}{other}", whole.trim_end())).unwrap_err();
    assert!(issue.message.contains("is told twice, and not in the same words"), "{issue:?}");
    let mut twice: Value = serde_json::from_str(ORDER_1001).unwrap();
    let capture = twice["transactions"][1].clone();
    twice["transactions"].as_array_mut().unwrap().push(capture);
    let record = record("orders", "gid://shopify/Order/1001", &twice.to_string());
    let issue = Shopify.read(&record).unwrap_err();
    assert!(issue.message.ends_with("is told twice"), "{issue:?}");
}

#[test]
fn a_deposit_is_never_taken_from_the_bank() {
    let deposit = PAYOUTS.lines().find(|line| line.contains("DEPOSIT")).unwrap();
    let mut value: Value = serde_json::from_str(deposit).unwrap();
    value["net"]["amount"] = json!("-12.00");
    let id = value["id"].as_str().unwrap().to_owned();
    let issue = Shopify.read(&record("payouts", &id, &value.to_string())).unwrap_err();
    assert!(issue.message.contains("is a `DEPOSIT` of -12.00"), "{issue:?}");
    value["transactionType"] = json!("WITHDRAWAL");
    for net in ["-12.00", "12.00"] {
        value["net"]["amount"] = json!(net);
        let Fact::Payout(payout) = read(&record("payouts", &id, &value.to_string())) else {
            panic!("a payout")
        };
        assert!(payout.net.is_negative(), "{net}");
    }
}

#[test]
fn payouts() {
    insta::assert_json_snapshot!(lines("payouts", PAYOUTS));
}

#[test]
fn balance_transactions() {
    let fixture = include_str!("../fixtures/balance_transactions.jsonl");
    insta::assert_json_snapshot!(lines("balance-transactions", fixture));
}

#[test]
fn disputes() {
    insta::assert_json_snapshot!(lines("disputes", DISPUTES));
}

#[test]
fn an_order_reads_the_same_in_whatever_pieces_it_came() {
    assert_eq!(order(ORDER_1002_PIECES), order(ORDER_1002));
    let (first, second) = BULK.split_at(BULK.find("{\"id\":\"gid://shopify/Order/1002").unwrap());
    assert_eq!(order(first), order(ORDER_1001));
    assert_eq!(order(second), order(ORDER_1002));
}

#[test]
fn a_piece_that_came_twice_counts_once() {
    let pieces: Vec<_> = ORDER_1002_PIECES.lines().collect();
    let twice = format!("{ORDER_1002_PIECES}{}\n{}", pieces[4], pieces[2]);
    assert_eq!(order(&twice), order(ORDER_1002));
}

#[test]
fn lines_add_up_to_what_the_vendor_charges() {
    let order = unpack(order(ORDER_1001));
    let totals: Vec<_> = order
        .agreements
        .iter()
        .map(|agreement| {
            let lines = agreement.lines.iter().map(|line| line.total().unwrap());
            Money::sum(order.currency, lines).unwrap().to_string()
        })
        .collect();
    assert_eq!(totals, ["105.43 USD", "-50.00 USD"]);
}

#[test]
fn what_needs_no_shipping_is_not_handed_over() {
    let handed_over = |requires: Value| {
        let mut value: Value = serde_json::from_str(ORDER_1001).unwrap();
        let sale = "/agreements/edges/0/node/sales/edges/0/node/lineItem";
        value.pointer_mut(sale).unwrap()["requiresShipping"] = requires;
        let order = unpack(order(&value.to_string()));
        order.agreements[0].lines[0].item.clone().unwrap().is_handed_over
    };
    assert!(handed_over(json!(true)) && handed_over(Value::Null));
    assert!(!handed_over(json!(false)));
}

/// The issue of an order whose JSON was changed at a place.
fn issue(pointer: &str, value: Value) -> Box<Issue> {
    let mut order: Value = serde_json::from_str(ORDER_1001).unwrap();
    *order.pointer_mut(pointer).unwrap() = value;
    let record = record("orders", "gid://shopify/Order/1001", &order.to_string());
    Shopify.read(&record).unwrap_err()
}

const FIRST_SALE: &str = "/agreements/edges/0/node/sales/edges/0/node";

#[test]
fn what_cannot_be_read_is_named() {
    let cases = [
        ("/processedAt", json!("soon"), "`processedAt`"),
        ("/currencyCode", json!("XYZ"), "`currencyCode`"),
        (
            "/transactions/1/amountSet/shopMoney/amount",
            json!("1.001"),
            "`transactions[1].amountSet.shopMoney`",
        ),
        ("/transactions/1/id", json!("5002"), "`transactions[1].id`"),
        (
            "/agreements/edges/1/node/sales/edges/0/node/totalAmount/shopMoney",
            json!(null),
            "`agreements.edges[1].node.sales.edges[0].node.totalAmount.shopMoney`",
        ),
    ];
    for (pointer, value, expected) in cases {
        let issue = issue(pointer, value);
        assert_eq!(issue.kind, IssueKind::UnknownData, "{pointer}");
        assert_eq!(issue.about.as_str(), "shopify:demo/Order/1001");
        assert!(issue.message.contains(expected), "{}", issue.message);
    }
}

#[test]
fn taxes_that_do_not_sum_are_an_issue() {
    let issue = issue(&format!("{FIRST_SALE}/totalTaxAmount/shopMoney/amount"), json!("7.44"));
    assert_eq!(issue.kind, IssueKind::DoesNotAddUp);
    assert_eq!(
        issue.message,
        "Order/1001 does not add up at Sale/31: its taxes sum to 7.43 USD, but its total tax is \
         7.44 USD"
    );
}

#[test]
fn amounts_in_another_currency_are_an_issue() {
    let places = [
        format!("{FIRST_SALE}/totalAmount/shopMoney/currencyCode"),
        "/transactions/1/amountSet/shopMoney/currencyCode".to_owned(),
    ];
    for place in places {
        assert_eq!(issue(&place, json!("EUR")).kind, IssueKind::DoesNotAddUp, "{place}");
    }
}

#[test]
fn a_fee_that_does_not_explain_the_net_is_an_issue() {
    let line = include_str!("../fixtures/balance_transactions.jsonl").lines().next().unwrap();
    let id = "gid://shopify/ShopifyPaymentsBalanceTransaction/901";
    let wrong = record("balance-transactions", id, &line.replace("3.36", "3.37"));
    let issue = Shopify.read(&wrong).unwrap_err();
    assert_eq!(issue.kind, IssueKind::DoesNotAddUp);
    assert_eq!(issue.about.as_str(), "shopify:demo/ShopifyPaymentsBalanceTransaction/901");
}

#[test]
fn stray_pieces_are_an_issue() {
    let stray = |line: &str| {
        let bytes = format!("{ORDER_1001}\n{line}");
        Shopify.read(&record("orders", "gid://shopify/Order/1001", &bytes)).unwrap_err().message
    };
    let foreign = ORDER_1002_PIECES.lines().nth(1).unwrap();
    assert!(stray(foreign).contains("it holds a piece of Order/1002"));
    let sale = BULK.lines().nth(2).unwrap().replace("SalesAgreement/11", "SalesAgreement/99");
    assert!(stray(&sale).contains("Sale/31 belongs to no agreement of it"));
    assert!(Shopify.read(&record("orders", "gid://shopify/Order/1", "")).is_err());
    assert!(Shopify.read(&record("stock", "gid://shopify/Order/1", "{}")).is_err());
}

#[test]
fn a_new_direction_of_payouts_is_held() {
    let line = PAYOUTS.lines().next().unwrap();
    let odd = line.replace("DEPOSIT", "SWEEP");
    let record = record("payouts", "gid://shopify/ShopifyPaymentsPayout/701", &odd);
    assert!(Shopify.read(&record).unwrap_err().message.contains("`SWEEP`"));
}

#[test]
fn new_words_are_not_read_so_that_what_was_said_before_holds_on() {
    for (stream, id, lines, word, new) in [
        ("payouts", "ShopifyPaymentsPayout/701", PAYOUTS, "PAID", "SETTLED"),
        ("disputes", "ShopifyPaymentsDispute/801", DISPUTES, "WON", "APPEALED"),
        ("disputes", "ShopifyPaymentsDispute/801", DISPUTES, "CHARGEBACK", "RETRIEVAL"),
    ] {
        let line = lines.lines().find(|line| line.contains(word)).unwrap();
        let id = format!("gid://shopify/{id}");
        Shopify.read(&record(stream, &id, line)).unwrap();
        let odd = line.replace(word, new);
        let issue = Shopify.read(&record(stream, &id, &odd)).unwrap_err();
        assert!(issue.message.contains(&format!("`{new}`")), "{}", issue.message);
    }
}
