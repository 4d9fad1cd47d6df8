//! A small language for stock: what it costs, what comes in, what is billed and counted.

use super::shop::{at, goods, money, source};
use saldo_core::commerce::{
    AdjustmentReason, BilledLine, Component, Condition, Fact, Goods, GoodsReceipt, OrderedLine,
    Product, PurchaseOrder, ReceivedLine, Returned, StockAdjustment, SupplierBill, SupplierPayment,
    UnitCost, Units,
};
use saldo_core::money::Money;
use saldo_core::text::FactId;

pub(crate) fn product(sku: &str) -> Product {
    Product { id: None, sku: Some(sku.to_owned()), title: sku.to_owned() }
}

fn key(kind: &str, number: u32) -> FactId {
    FactId::from(format!("shop/{kind}/{number}"))
}

/// Somebody says what a unit costs.
pub(crate) fn told_cost(number: u32, day: &str, sku: &str, cost: &str) -> Fact {
    Fact::UnitCost(Box::new(UnitCost {
        id: key("Cost", number),
        source: source(&format!("Cost/{number}")),
        product: product(sku),
        cost: money(cost),
        since: at(day),
    }))
}

/// Units that were there when the books began.
pub(crate) fn opening(number: u32, day: &str, sku: &str, units: i64, cost: &str) -> Fact {
    let unit_cost = Some(money(cost));
    adjusted(number, day, sku, units, AdjustmentReason::Opening, unit_cost)
}

/// Units counted more or fewer.
pub(crate) fn counted(number: u32, day: &str, sku: &str, units: i64) -> Fact {
    adjusted(number, day, sku, units, AdjustmentReason::Counted, None)
}

pub(crate) fn adjusted(
    number: u32,
    day: &str,
    sku: &str,
    units: i64,
    reason: AdjustmentReason,
    unit_cost: Option<Money>,
) -> Fact {
    Fact::StockAdjustment(Box::new(StockAdjustment {
        id: key("Adjustment", number),
        source: source(&format!("Adjustment/{number}")),
        product: product(sku),
        at: at(day),
        units,
        reason,
        unit_cost,
    }))
}

/// A purchase order of the one supplier.
pub(crate) fn ordered(day: &str) -> Fact {
    Fact::PurchaseOrder(Box::new(PurchaseOrder {
        id: key("Purchase", 1),
        source: source("Purchase/1"),
        supplier: "Potter & Sons".to_owned(),
        name: "PO-1".to_owned(),
        ordered_at: at(day),
        lines: Vec::new(),
    }))
}

/// The same, of units and what all of them are to cost.
pub(crate) fn ordering(day: &str, sku: &str, units: u32, cost: &str) -> Fact {
    let Fact::PurchaseOrder(mut order) = ordered(day) else { unreachable!("it orders") };
    let (id, cost) = ("Received/1".to_owned(), Some(money(cost)));
    order.lines = vec![OrderedLine { id, product: product(sku), units, cost }];
    Fact::PurchaseOrder(order)
}

/// Goods came in: units and what all of them are expected to cost.
pub(crate) fn received(number: u32, day: &str, sku: &str, units: u32, cost: &str) -> Fact {
    let cost = (!cost.is_empty()).then(|| money(cost));
    Fact::GoodsReceipt(Box::new(GoodsReceipt {
        id: key("Receipt", number),
        source: source(&format!("Receipt/{number}")),
        purchase: key("Purchase", 1),
        supplier: "Potter & Sons".to_owned(),
        received_at: at(day),
        lines: vec![ReceivedLine {
            id: format!("Received/{number}"),
            product: product(sku),
            units,
            cost,
        }],
    }))
}

/// A bill for units of a receipt, with freight.
pub(crate) fn billed(
    receipt: u32,
    day: &str,
    sku: &str,
    (units, amount): (u32, &str),
    landed: &str,
) -> Fact {
    Fact::SupplierBill(Box::new(SupplierBill {
        id: key("Bill", receipt),
        source: source(&format!("Bill/{receipt}")),
        purchase: key("Purchase", 1),
        supplier: "Potter & Sons".to_owned(),
        number: Some("B-7".to_owned()),
        on: format!("2026-{day}").parse().unwrap(),
        due: None,
        lines: vec![BilledLine {
            received: format!("Received/{receipt}"),
            product: product(sku),
            units,
            amount: money(amount),
        }],
        landed: money(landed),
        untold_taxes: Vec::new(),
    }))
}

pub(crate) fn paid_supplier(number: u32, day: &str, amount: &str) -> Fact {
    Fact::SupplierPayment(Box::new(SupplierPayment {
        id: key("SupplierPayment", number),
        source: source(&format!("SupplierPayment/{number}")),
        purchase: key("Purchase", 1),
        supplier: "Potter & Sons".to_owned(),
        on: format!("2026-{day}").parse().unwrap(),
        amount: money(amount),
    }))
}

/// A parcel: its day, and units by stock-keeping unit.
pub(crate) type Sent<'a> = (&'a str, &'a [(&'a str, u32)]);

/// What was sent for the first order. Each item is ordered under the name of its unit.
pub(crate) fn sent(parcels: &[Sent<'_>]) -> Goods {
    let mut goods = goods(parcels);
    for part in goods.fulfilments.iter_mut().flat_map(|parcel| &mut parcel.parts) {
        part.product = Some(product(&part.item));
    }
    goods
}

/// All parts are bundles of these units.
pub(crate) fn in_bundles(mut goods: Goods, of: &[(&str, u32)]) -> Goods {
    let component = |(sku, count): &(&str, u32)| Component { product: product(sku), count: *count };
    for part in goods.fulfilments.iter_mut().flat_map(|parcel| &mut parcel.parts) {
        part.components = of.iter().map(component).collect();
    }
    goods
}

/// Units came back.
pub(crate) fn back(
    mut goods: Goods,
    day: &str,
    (sku, count): (&str, u32),
    condition: Condition,
) -> Goods {
    let number = goods.returned.len() + 1;
    goods.returned.push(Returned {
        id: format!("Returned/{number}"),
        at: at(day),
        units: Units {
            item: sku.to_owned(),
            product: Some(product(sku)),
            count,
            components: Vec::new(),
        },
        condition,
    });
    goods
}
