//! Payloads, and every file that the vendor's documents show.

use super::{Taken, import};
use crate::shopify::Shopify;
use saldo_core::channel::Channel;
use saldo_core::commerce::{Fact, Order, Record, Telling};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures/shopify");

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

#[test]
fn every_known_file_is_taken_or_refused_with_its_reason() {
    let folder = Path::new(SHARED);
    if !folder.is_dir() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "shared material not found");
        eprintln!("skipped: files of the shop (shared material not found)");
        return;
    }
    let mut found = Vec::new();
    files(folder, &mut found);
    found.sort();
    let mut answers = String::new();
    for path in found {
        let taken = import(&fs::read(&path).unwrap());
        let name = path.strip_prefix(folder).unwrap().display().to_string();
        answers.push_str(&format!("{name}\n"));
        match &taken.said {
            Ok(said) => answers.push_str(&format!("  taken: {said}\n")),
            Err(why) => answers.push_str(&format!("  refused: {why}\n")),
        }
        let (facts, held) = (taken.facts(), taken.held());
        assert_eq!(facts.len() + held.len(), taken.records.len(), "{name}");
        let is_empty = taken.records.is_empty() && taken.parts.is_empty();
        assert_eq!(taken.said.is_err(), is_empty && taken.left_out.is_empty(), "{name}");
        answers.extend(facts.iter().map(|fact| format!("  fact: {}\n", fact.id())));
        answers.extend(held.iter().map(|why| format!("  held: {why}\n")));
        answers
            .extend(taken.parts.iter().map(|it| format!("  part of {}: {}\n", it.of.id, it.place)));
        answers.extend(taken.left_out.iter().map(|why| format!("  left out: {why}\n")));
    }
    insta::assert_snapshot!(answers);
}

/// An order with a return, as the REST interface gives it.
fn order() -> Value {
    json!({
        "id": 5001, "admin_graphql_api_id": "gid://shopify/Order/5001", "name": "#1001",
        "created_at": "2026-11-03T09:15:00-05:00", "processed_at": "2026-11-03T09:15:00-05:00",
        "cancelled_at": null, "test": false, "currency": "USD", "taxes_included": false,
        "financial_status": "partially_refunded", "source_name": "web", "total_price": "40.60",
        "company": null, "customer": {"id": 3, "first_name": "Ada", "tags": "vip, net 30"},
        "shipping_address": {"country_code": "US", "province_code": "NY", "zip": "10001"},
        "billing_address": {"country_code": "GB"},
        "line_items": [{
            "id": 11, "title": "Mug", "sku": "MUG", "variant_id": 7, "price": "20.00",
            "quantity": 2, "discount_allocations": [{"amount": "5.00"}],
            "tax_lines": [
                {"title": "State Tax", "price": "0.40", "rate": 0.01},
                {"title": "City Tax", "price": "0.20", "rate": 0.005},
            ],
        }],
        "shipping_lines": [{"id": 12, "price": "5.00", "tax_lines": []}],
        "refunds": [{
            "id": 21, "created_at": "2026-11-05T09:15:00-05:00",
            "refund_line_items": [{
                "id": 31, "line_item_id": 11, "quantity": 1, "subtotal": 17.5, "total_tax": 0.3,
            }],
            "order_adjustments": [
                {"id": 41, "kind": "shipping_refund", "amount": "-5.00", "tax_amount": "0.00"},
            ],
            "transactions": [{
                "id": 52, "kind": "refund", "status": "success", "gateway": "shopify_payments",
                "created_at": "2026-11-05T09:15:00-05:00", "amount": "22.80", "currency": "USD",
            }],
        }],
        "transactions": [{
            "id": 51, "kind": "sale", "status": "success", "gateway": "shopify_payments",
            "created_at": "2026-11-03T09:15:01-05:00", "amount": "40.60", "currency": "USD",
        }],
    })
}

fn read(order: &Value) -> Taken {
    import(json!({ "order": order }).to_string().as_bytes())
}

fn unpack(taken: &Taken) -> Box<Order> {
    match taken.facts().remove(0) {
        Fact::Order(order) => order,
        other => panic!("{other:?} is no order"),
    }
}

#[test]
fn an_order_with_a_return() {
    let taken = read(&order());
    assert_eq!(taken.said.as_deref(), Ok("a payload `order`: 1 orders"));
    insta::assert_json_snapshot!(unpack(&taken));
}

#[test]
fn an_order_reads_the_same_in_every_wrapper() {
    let order = order();
    let facts = unpack(&read(&order));
    let wrappers = [
        json!({ "orders": [order] }),
        json!({ "topic": "orders/updated", "payload": order }),
        order.clone(),
    ];
    for wrapper in wrappers {
        assert_eq!(unpack(&import(wrapper.to_string().as_bytes())), facts);
    }
}

/// The order of a record, with a part of it that a payload tells by itself.
fn joined(known: &Record, payload: &Value) -> Result<Record, String> {
    let taken = import(payload.to_string().as_bytes());
    let [part] = &taken.parts[..] else { panic!("one part: {:?}", taken.said) };
    assert_eq!(part.of, known.reference());
    Shopify.join(known, part)
}

#[test]
fn parts_that_are_told_by_themselves_stand_in_their_order() {
    let mut whole = order();
    let refund = whole["refunds"][0].take();
    let payment = whole["transactions"][0].take();
    let with_order = |part: &Value| {
        let mut part = part.clone();
        part["order_id"] = json!(5001);
        part
    };
    let (refund, payment) = (with_order(&refund), with_order(&payment));
    (whole["refunds"], whole["transactions"]) = (json!([]), json!([]));
    let bare = read(&whole).records.remove(0);
    let payments = [
        json!({ "transaction": payment }),
        json!({ "transactions": [payment] }),
        json!([payment]),
        json!({ "topic": "order_transactions/create", "payload": payment }),
        payment.clone(),
    ];
    let refunds = [
        json!({ "refund": refund }),
        json!({ "refunds": [refund] }),
        json!({ "topic": "refunds/create", "payload": refund }),
        refund.clone(),
    ];
    let expected = unpack(&read(&order()));
    for (payment, refund) in payments.iter().zip(refunds.iter().cycle()) {
        for [first, second] in [[payment, refund], [refund, payment]] {
            let record = joined(&joined(&bare, first).unwrap(), second).unwrap();
            let Fact::Order(told) = Shopify.read(&record).unwrap().remove(0) else { panic!() };
            assert_eq!(told, expected);
            let again = joined(&record, first).unwrap();
            assert_eq!(again.bytes.len(), record.bytes.len(), "it is told once");
        }
    }
}

#[test]
fn a_payment_alone_does_not_pass_for_all_of_them() {
    let mut paid = order();
    let mut payment = paid["transactions"][0].take();
    payment["order_id"] = json!(5001);
    paid.as_object_mut().unwrap().remove("transactions");
    let known = read(&paid).records.remove(0);
    let refusal = joined(&known, &payment).unwrap_err();
    assert!(refusal.contains("does not list its payments"), "{refusal}");
    paid["financial_status"] = json!("pending");
    let known = read(&paid).records.remove(0);
    assert!(joined(&known, &payment).is_ok());
}

#[test]
fn without_its_payments_a_paid_order_is_held() {
    let mut without = order();
    without.as_object_mut().unwrap().remove("transactions");
    let untold = |order: &Value| match unpack(&read(order)).telling {
        Telling::File(untold) => untold,
        Telling::Interface => panic!("it came from a file"),
    };
    assert!(untold(&without)[0].holds);
    without["financial_status"] = json!("pending");
    assert!(untold(&without).is_empty());
    assert!(untold(&order()).is_empty());
}

#[test]
fn returns_say_by_their_sums_whether_tax_is_in_them() {
    let mut inclusive = order();
    inclusive["taxes_included"] = json!(true);
    inclusive["total_price"] = json!("40.00");
    let line = |order: &Value| unpack(&read(order)).agreements[1].lines[0].clone();
    // Sold for 35.00 with tax: half of it is 17.50, whether the subtotal says so or leaves out tax.
    assert_eq!(line(&inclusive).total().unwrap().to_string(), "-17.50 USD");
    inclusive["refunds"][0]["refund_line_items"][0]["subtotal"] = json!("17.20");
    assert_eq!(line(&inclusive).total().unwrap().to_string(), "-17.50 USD");
    inclusive["refunds"][0]["refund_line_items"][0]["subtotal"] = json!("16.00");
    assert!(read(&inclusive).held()[0].contains("is no part of a line"));
}

#[test]
fn lines_that_do_not_come_to_the_total_are_held() {
    let mut wrong = order();
    wrong["total_price"] = json!("40.61");
    let held = read(&wrong).held();
    assert!(held[0].contains("come to 40.60 USD, but its `total_price` is 40.61 USD"), "{held:?}");
}

/// What holds an order of which some fields are others.
fn held(change: impl FnOnce(&mut Value)) -> String {
    let mut changed = order();
    change(&mut changed);
    let taken = read(&changed);
    let held = taken.held();
    assert_eq!((held.len(), taken.facts().len()), (1, 0), "{held:?}");
    held[0].clone()
}

#[test]
fn what_a_payload_tells_twice_agrees() {
    let sums = json!({
        "total_line_items_price": "40.00", "total_discounts": "5.00", "subtotal_price": "35.00",
        "total_tax": "0.60", "total_tip_received": "0.00",
        "total_shipping_price_set": {"shop_money": {"amount": "5.00", "currency_code": "USD"}},
        "tax_lines": [
            {"title": "State Tax", "price": "0.40"}, {"title": "City Tax", "price": "0.20"},
        ],
    });
    let with = |order: &mut Value| {
        for (name, sum) in sums.as_object().unwrap() {
            order[name] = sum.clone();
        }
    };
    let mut whole = order();
    with(&mut whole);
    assert_eq!(unpack(&read(&whole)), unpack(&read(&order())), "where they agree they add nothing");
    let cases = [
        ("total_line_items_price", json!("41.00"), "come to 40.00 USD"),
        ("total_discounts", json!("4.00"), "come to 5.00 USD"),
        ("subtotal_price", json!("35.01"), "come to 35.00 USD"),
        ("total_tax", json!("0.62"), "its taxes come to 0.60 USD by line"),
        ("tax_lines", json!([{"title": "State Tax", "price": "0.40"}]), "its taxes come to 0.60"),
        (
            "total_shipping_price_set",
            json!({"shop_money": {"amount": "6.00", "currency_code": "USD"}}),
            "come to 5.00 USD",
        ),
    ];
    for (name, wrong, expected) in cases {
        let why = held(|order| {
            with(order);
            order[name] = wrong;
        });
        assert!(why.contains(expected) && why.contains(&format!("`{name}`")), "{name}: {why}");
    }
}

#[test]
fn tax_within_prices_is_compared_although_the_total_agrees() {
    let why = held(|order| {
        order["taxes_included"] = json!(true);
        order["total_price"] = json!("40.00");
        order["line_items"][0]["tax_lines"] =
            json!([{"title": "VAT", "price": "6.60", "rate": 0.19}]);
        order["refunds"] = json!([]);
        order["total_tax"] = json!("5.59");
    });
    assert!(
        why.contains("its taxes come to 6.60 USD by line, but its `total_tax` to 5.59"),
        "{why}"
    );
    // Two amounts may be rounded by half a cent each, one alone by nothing.
    let mut two = order();
    two["total_tax"] = json!("0.61");
    assert_eq!(read(&two).held(), [""; 0]);
    let why = held(|order| {
        order["line_items"][0]["tax_lines"] =
            json!([{"title": "State Tax", "price": "0.60", "rate": 0.015}]);
        order["total_tax"] = json!("0.61");
    });
    assert!(why.contains("`total_tax`"), "{why}");
}

#[test]
fn a_sign_that_the_vendor_never_writes_is_held() {
    type Change = fn(&mut Value);
    let cases: [(Change, &str); 5] = [
        (
            |order| order["line_items"][0]["tax_lines"][1]["price"] = json!("-0.20"),
            "the tax `City Tax` is -0.20 USD",
        ),
        (
            |order| order["refunds"][0]["refund_line_items"][0]["quantity"] = json!(-1),
            "`quantity` of what was returned by 31 is -1",
        ),
        (
            |order| order["refunds"][0]["refund_line_items"][0]["subtotal"] = json!(-17.5),
            "`subtotal` of what was returned by 31 is -17.50 USD",
        ),
        (
            |order| order["refunds"][0]["order_adjustments"][0]["amount"] = json!("5.00"),
            "adjustment 41 is a `shipping_refund` of 5.00 USD",
        ),
        (
            |order| order["refunds"][0]["order_adjustments"][0]["tax_amount"] = json!("0.50"),
            "of -5.00 USD with a tax of 0.50 USD",
        ),
    ];
    for (change, expected) in cases {
        let why = held(change);
        assert!(why.contains(expected), "{why}");
    }
    let mut kept = order();
    kept["refunds"][0]["order_adjustments"][0] =
        json!({"id": 41, "kind": "refund_discrepancy", "amount": "2.37", "tax_amount": "0.00"});
    assert_eq!(read(&kept).held(), [""; 0], "what is kept back has the other sign");
}

#[test]
fn money_keeps_the_sign_that_it_was_told_with() {
    let mut order = order();
    order["transactions"][0]["amount"] = json!("-40.60");
    let amounts = |order: &Value| -> Vec<String> {
        unpack(&read(order)).movements.iter().map(|it| it.amount.to_string()).collect()
    };
    assert_eq!(amounts(&order), ["-40.60 USD", "22.80 USD"]);
    let dispute = json!({"dispute": {
        "id": 1, "order_id": 5001, "type": "chargeback", "amount": "-11.50", "currency": "CAD",
        "status": "lost", "evidence_due_by": null, "finalized_on": "2026-11-20T00:00:00Z",
    }});
    let facts = import(dispute.to_string().as_bytes()).facts();
    let [Fact::Dispute(dispute)] = &facts[..] else { panic!("{facts:?}") };
    assert_eq!(dispute.amount.to_string(), "-11.50 CAD", "accounting refuses it");
}

#[test]
fn a_payment_that_is_told_twice_is_the_same() {
    let refund = order()["refunds"][0]["transactions"][0].clone();
    let mut twice = order();
    twice["transactions"].as_array_mut().unwrap().push(refund);
    assert_eq!(unpack(&read(&twice)).movements.len(), 2);
    twice["transactions"][1]["amount"] = json!("2.80");
    let held = read(&twice).held();
    assert!(held[0].contains("of 2.80 USD and of 22.80 USD"), "{held:?}");
}

#[test]
fn money_that_was_refunded_is_no_money_that_was_set_aside() {
    let mut authorised = order();
    authorised.as_object_mut().unwrap().remove("transactions");
    for word in ["authorized", "voided"] {
        authorised["financial_status"] = json!(word);
        authorised["refunds"][0]["transactions"][0]["kind"] = json!("refund");
        let told = unpack(&read(&authorised)).telling;
        let Telling::File(untold) = &told else { panic!("{told:?}") };
        assert!(untold[0].holds && untold[0].what.contains("was refunded"), "{untold:?}");
        authorised["refunds"][0]["transactions"][0]["kind"] = json!("void");
        assert_eq!(unpack(&read(&authorised)).telling, Telling::File(Vec::new()), "{word}");
    }
}

#[test]
fn discounts_of_a_line_hold_those_that_are_shown_at_it() {
    let why = held(|order| order["line_items"][0]["total_discount"] = json!("5.01"));
    assert!(why.contains("discounts of 5.00 USD, but its `total_discount` is 5.01 USD"), "{why}");
}

#[test]
fn a_hint_says_whether_the_source_is_wrong_or_we_are_too_old() {
    type Change = fn(&mut Value);
    let hint = |change: Change| {
        let mut changed = order();
        change(&mut changed);
        let taken = read(&changed);
        let issue = Shopify.read(&taken.records[0]).unwrap_err();
        (issue.message, issue.hint)
    };
    let faulty: [(Change, &str); 4] = [
        (|order| order["total_price"] = json!("119.005"), "more decimals than the currency"),
        (|order| order["created_at"] = json!("2026-02-30T09:15:00Z"), "`created_at`"),
        (|order| order["currency"] = json!("XQX"), "XQX"),
        (|order| order["total_price"] = json!("99999999999999999999.00"), "too large"),
    ];
    for (change, expected) in faulty {
        let (message, hint) = hint(change);
        assert!(message.contains(expected) && message.contains("Order/5001"), "{message}");
        assert!(hint.contains("import the file again") && !hint.contains("newer"), "{hint}");
    }
    let (message, hint) = hint(|order| order["line_items"] = json!("none"));
    assert!(hint.contains("a newer Saldo"), "{message}: {hint}");
}

#[test]
fn duties_in_a_form_that_is_not_known_hold_the_order() {
    let mut abroad = order();
    abroad["total_price"] = json!("61.60");
    abroad["line_items"][0]["duties"] = json!([{ "id": 1, "harmonized_system_code": "691110" }]);
    let order = unpack(&read(&abroad));
    let Telling::File(untold) = &order.telling else { panic!("{:?}", order.telling) };
    let holds = untold.iter().find(|it| it.holds).map(|it| it.what.as_str());
    assert_eq!(holds, Some("it has duties, in a form that is not known"));
}
