//! Orders of exports without the column `Id`, which other records tell by their numbers, and in
//! other words: each is entered once, whoever tells it first.

use super::{Desk, said_by_the_shop};
use crate::engine::{plan, rebuild, sync};
use saldo_core::book::Subject;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// Paid on the day of the sale.
    Paid,
    /// Paid two days later.
    PaidLater,
    /// Not paid.
    Unpaid,
    /// Paid, and a part of it paid back three days later.
    Refunded,
}

const LIVES: [Life; 4] = [Life::Paid, Life::PaidLater, Life::Unpaid, Life::Refunded];

/// Who tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// An export without numbers.
    Name,
    /// An export with them.
    Number,
    /// A payload of another interface.
    Payload,
    /// The interface.
    Interface,
}

fn export(life: Life, with_number: bool) -> String {
    let (status, paid_at, refunded) = match life {
        Life::Paid => ("paid", "2026-11-02 10:00:02 -0500", "0.00"),
        Life::PaidLater => ("paid", "2026-11-04 09:00:00 -0500", "0.00"),
        Life::Unpaid => ("pending", "", "0.00"),
        Life::Refunded => ("partially_refunded", "2026-11-02 10:00:02 -0500", "5.00"),
    };
    let (column, number) = if with_number { (",Id", ",5001") } else { ("", "") };
    format!(
        "Name,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Created at,\
         Lineitem quantity,Lineitem name,Lineitem price,Payment Method,Refunded Amount{column}\n\
         #1001,{status},{paid_at},USD,45.00,5.00,3.71,53.71,2026-11-02 10:00:00 -0500,\
         3,Mug,15.00,Shopify Payments,{refunded}{number}\n"
    )
}

/// The order as the interface tells it.
fn said(life: Life) -> (&'static str, &'static str, String) {
    let [(stream, id, text), _] = said_by_the_shop();
    let mut order: Value = serde_json::from_str(&text).unwrap();
    match life {
        Life::Paid => {}
        Life::PaidLater => {
            order["transactions"][0]["processedAt"] = json!("2026-11-04T14:00:00Z");
        }
        Life::Unpaid => order["transactions"] = json!([]),
        Life::Refunded => refund(&mut order),
    }
    (stream, id, order.to_string())
}

fn refund(order: &mut Value) {
    let bag = |amount: &str| json!({ "shopMoney": { "amount": amount, "currencyCode": "USD" } });
    let back = json!({
        "id": "gid://shopify/Sale/33", "actionType": "RETURN", "lineType": "PRODUCT",
        "quantity": -1, "totalAmount": bag("-5.00"), "totalTaxAmount": bag("0.00"),
        "totalDiscountAmountBeforeTaxes": bag("0.00"), "taxes": [],
    });
    let agreement = json!({
        "id": "gid://shopify/SalesAgreement/13", "happenedAt": "2026-11-05T15:00:00Z",
        "reason": "REFUND", "sales": { "edges": [{ "node": back }] },
    });
    order["agreements"]["edges"].as_array_mut().unwrap().push(json!({ "node": agreement }));
    let mut repaid = order["transactions"][0].clone();
    repaid["id"] = json!("gid://shopify/OrderTransaction/57");
    repaid["kind"] = json!("REFUND");
    repaid["processedAt"] = json!("2026-11-05T15:00:01Z");
    repaid["amountSet"] = bag("5.00");
    order["transactions"].as_array_mut().unwrap().push(repaid);
}

/// The order as the REST interface tells it.
fn payload(life: Life) -> String {
    let paid_at = match life {
        Life::PaidLater => "2026-11-04T09:00:00-05:00",
        _ => "2026-11-02T10:00:02-05:00",
    };
    let money = |id: u32, kind: &str, at: &str, amount: &str| {
        json!({ "id": id, "kind": kind, "status": "success", "gateway": "shopify_payments",
                "created_at": at, "processed_at": at, "test": false, "amount": amount,
                "currency": "USD" })
    };
    let back = "2026-11-05T10:00:01-05:00";
    let refund = json!({
        "id": 3, "created_at": back, "processed_at": back,
        "refund_line_items": [{ "id": 4, "line_item_id": 1, "quantity": 1,
                                "subtotal": "5.00", "total_tax": "0.00" }],
        "order_adjustments": [], "transactions": [money(57, "refund", back, "5.00")],
    });
    let paid = money(56, "sale", paid_at, "53.71");
    let order = json!({
        "id": 5001, "name": "#1001", "created_at": "2026-11-02T10:00:00-05:00",
        "processed_at": "2026-11-02T10:00:00-05:00", "test": false, "currency": "USD",
        "taxes_included": false, "source_name": "web", "total_price": "53.71",
        "line_items": [{ "id": 1, "title": "Mug", "price": "15.00", "quantity": 3,
            "tax_lines": [{ "title": "Tax", "price": "3.71", "rate": 0.08 }] }],
        "shipping_lines": [{ "id": 2, "price": "5.00" }], "tax_lines": [],
        "refunds": if life == Life::Refunded { vec![refund] } else { Vec::new() },
        "transactions": if life == Life::Unpaid { Vec::new() } else { vec![paid] },
    });
    json!({ "orders": [order] }).to_string()
}

async fn tell(desk: &Desk, life: Life, by: By) {
    let report = match by {
        By::Interface => return desk.hear(&[said(life)]).await,
        By::Name => desk.import(&export(life, false)).await,
        By::Number => desk.import(&export(life, true)).await,
        By::Payload => desk.import(&payload(life)).await,
    };
    assert!(report.is_whole(), "{report:?}");
}

/// What the books hold where one alone tells the order.
async fn alone(life: Life, by: By) -> BTreeMap<String, String> {
    let desk = Desk::files_only().await;
    tell(&desk, life, by).await;
    sync(&desk.engine).await.unwrap();
    held(&desk).await
}

/// What the accounts hold. Of what nobody paid out or rowed, nothing can be proved yet.
async fn held(desk: &Desk) -> BTreeMap<String, String> {
    let (company, book) = (desk.engine.company_id(), "plain-text".into());
    let sums = desk.engine.store.account_sums(company, &book, None).await.unwrap();
    let text = |balance: saldo_core::money::Balance| {
        balance.iter().map(|amount| amount.to_string()).collect::<Vec<_>>().join(", ")
    };
    sums.into_iter().map(|(name, balance)| (name, text(balance))).collect()
}

async fn documents_planned(desk: &Desk) -> usize {
    let planned = plan(&desk.engine, None).await.unwrap();
    let changes = planned.iter().flat_map(|book| &book.changes);
    changes.filter(|change| matches!(change.subject, Subject::Document { .. })).count()
}

#[tokio::test]
async fn an_order_is_entered_once_whoever_tells_it_first() {
    // From those that count to those that do not beside them.
    let all = [By::Interface, By::Payload, By::Number, By::Name];
    let tells_refunds = |by: By| matches!(by, By::Interface | By::Payload);
    for life in LIVES {
        let pairs = all.iter().flat_map(|one| all.iter().map(move |other| [*one, *other]));
        for way in pairs.filter(|[one, other]| one != other) {
            let about = format!("{life:?} by {way:?}");
            let desk = Desk::files_only().await;
            tell(&desk, life, way[0]).await;
            sync(&desk.engine).await.unwrap();
            tell(&desk, life, way[1]).await;
            // Of what went back, exports do not say when and for what.
            let refunded = life == Life::Refunded;
            let news = usize::from(refunded && !tells_refunds(way[0]) && tells_refunds(way[1]));
            assert_eq!(documents_planned(&desk).await, news, "{about}");
            sync(&desk.engine).await.unwrap();
            let counts = *all.iter().find(|by| way.contains(by)).unwrap();
            assert_eq!(held(&desk).await, alone(life, counts).await, "{about}");
            let planned = plan(&desk.engine, None).await.unwrap();
            assert!(planned.iter().all(|book| book.changes.is_empty()), "{about}");
            assert!(rebuild(&desk.engine).await.unwrap().identical, "{about}");
        }
    }
}

#[tokio::test]
async fn a_payment_that_a_later_export_tells_is_entered_once_too() {
    for last in [By::Interface, By::Number] {
        let desk = Desk::files_only().await;
        tell(&desk, Life::Unpaid, By::Name).await;
        sync(&desk.engine).await.unwrap();
        tell(&desk, Life::PaidLater, By::Name).await;
        assert_eq!(documents_planned(&desk).await, 1, "the payment of the invoice");
        sync(&desk.engine).await.unwrap();
        tell(&desk, Life::PaidLater, last).await;
        assert_eq!(documents_planned(&desk).await, 0, "{last:?}");
        sync(&desk.engine).await.unwrap();
        assert_eq!(held(&desk).await, alone(Life::PaidLater, last).await, "{last:?}");
    }
}
