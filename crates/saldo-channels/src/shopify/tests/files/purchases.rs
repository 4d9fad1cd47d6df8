//! Purchase orders of saved answers.

use super::import;
use saldo_core::commerce::Fact;
use serde_json::{Value, json};

fn purchase() -> Value {
    json!({
        "id": 2, "number": 1001, "invoice_number": null, "invoice_date": null,
        "created_at": "2026-02-09T00:23:25.000Z", "ordered_at": "2026-02-10T00:24:13.000Z",
        "supplier_name": "Brothers", "supplier_id": "1", "currency": "USD",
        "adjustments": -1.50, "shipping": 19.00, "paid": false,
        "purchase_items": [
            { "id": 4, "sku": "MUG-1", "product_title": "Mug", "quantity": 10,
              "cost_price": "4.50", "received_at": "2026-02-12T10:00:00.000Z" },
            { "id": 5, "sku": "LAMP-1", "product_title": "Lamp", "quantity": 2,
              "cost_price": 20, "received_at": null },
        ],
    })
}

fn facts(purchase: &Value) -> Vec<Fact> {
    let file = json!({ "purchase_orders": [purchase] }).to_string();
    let taken = import(file.as_bytes());
    assert_eq!(taken.said.as_deref(), Ok("a payload `purchase_orders`: 1 purchase orders"));
    taken.facts()
}

#[test]
fn a_purchase_order_tells_what_came_in_of_it() {
    let facts = facts(&purchase());
    let [Fact::PurchaseOrder(order), Fact::GoodsReceipt(receipt)] = &facts[..] else {
        panic!("{facts:?}")
    };
    assert_eq!((order.name.as_str(), order.supplier.as_str()), ("PO 1001", "Brothers"));
    assert_eq!(receipt.purchase, order.id);
    let [line] = &receipt.lines[..] else { panic!("one line came in") };
    assert_eq!((line.units, line.cost.unwrap().to_string()), (10, "45.00 USD".to_owned()));
}

#[test]
fn a_bill_has_a_date_and_the_cost_of_bringing_goods_here() {
    let mut billed = purchase();
    billed["invoice_date"] = json!("2026-02-20");
    billed["invoice_number"] = json!("B-7");
    billed["purchase_items"][1]["received_at"] = json!("13/02/2026 09:30");
    let facts = facts(&billed);
    let [_, Fact::GoodsReceipt(_), Fact::GoodsReceipt(second), Fact::SupplierBill(bill)] =
        &facts[..]
    else {
        panic!("{facts:?}")
    };
    assert_eq!(second.received_at.to_string(), "2026-02-13T09:30:00Z", "the day comes first");
    assert_eq!(bill.landed.to_string(), "17.50 USD");
    let amounts: Vec<_> = bill.lines.iter().map(|line| line.amount.to_string()).collect();
    assert_eq!(amounts, ["45.00 USD", "40.00 USD"]);
    assert_eq!(bill.lines[1].received, second.lines[0].id);
    assert_eq!(bill.untold_taxes, Vec::<String>::new());
}

#[test]
fn a_bill_says_which_taxes_it_names_without_their_amounts() {
    let taxes = |line: Value| {
        let mut billed = purchase();
        billed["invoice_date"] = json!("2026-02-20");
        billed["purchase_items"][0] = line;
        let facts = facts(&billed);
        let Some(Fact::SupplierBill(bill)) = facts.last() else { panic!("{facts:?}") };
        bill.untold_taxes.clone()
    };
    let typed = |id: Value, word: Value| {
        json!({ "id": 4, "sku": "MUG-1", "product_title": "Mug", "quantity": 10,
            "cost_price": "4.50", "tax_type_id": id, "accounting_tax_type": word })
    };
    assert_eq!(taxes(typed(json!(427), json!("HST"))), ["HST"]);
    assert_eq!(taxes(typed(json!("427"), json!(""))), ["427"]);
    assert_eq!(taxes(typed(json!(null), json!(null))), Vec::<String>::new());
    let mut carried = purchase();
    carried["invoice_date"] = json!("2026-02-20");
    carried["shipping_tax_type"] = json!(27);
    for (shipping, expected) in [(json!(19), vec!["27"]), (json!(null), vec![])] {
        carried["shipping"] = shipping;
        let facts = facts(&carried);
        let Some(Fact::SupplierBill(bill)) = facts.last() else { panic!("{facts:?}") };
        assert_eq!(bill.untold_taxes, expected);
    }
}

#[test]
fn what_has_no_price_is_no_bill_over_nothing() {
    let mut priceless = purchase();
    priceless["purchase_items"][0]["cost_price"] = Value::Null;
    let told = facts(&priceless);
    let Fact::GoodsReceipt(receipt) = &told[1] else { panic!("{told:?}") };
    assert_eq!(receipt.lines[0].cost, None);
    priceless["invoice_date"] = json!("2026-02-20");
    let file = json!({ "purchase_order": priceless }).to_string();
    let held = import(file.as_bytes()).held();
    assert!(matches!(&held[..], [why] if why.contains("`Mug` has no price")), "{held:?}");
}

#[test]
fn a_time_that_is_none_is_held() {
    let mut odd = purchase();
    odd["purchase_items"][0]["received_at"] = json!("02/13/2026 09:30");
    let file = json!({ "purchase_orders": [odd] }).to_string();
    assert_eq!(import(file.as_bytes()).held().len(), 1);
}
