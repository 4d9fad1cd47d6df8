//! Payloads that cannot be read: they replace nothing of which more can be made, and say why they
//! are held to whoever asks for them by any of their names.

use super::super::super::{EngineError, explain};
use super::*;

/// An order that is told whole, with amounts that contradict each other.
fn contradictory() -> Value {
    json!({ "order": {
        "id": 5001, "name": "#1001", "created_at": "2026-11-03T09:15:00-05:00",
        "admin_graphql_api_id": "gid://shopify/Order/5001",
        "test": false, "currency": "USD", "taxes_included": false, "financial_status": "paid",
        "total_price": "19.00", "line_items": [{
            "id": 11, "title": "Mug", "price": "20.00", "quantity": 1, "tax_lines": [],
        }],
        "transactions": [],
    }})
}

/// The same order without its lines, as a request for some of its fields answers.
fn fragment() -> Value {
    let mut order = contradictory()["order"].clone();
    order.as_object_mut().unwrap().remove("line_items");
    json!({ "orders": [order] })
}

#[tokio::test]
async fn a_fragment_takes_no_place_of_what_was_told_whole() {
    let desk = Desk::files_only().await;
    let report = desk.import(&fragment().to_string()).await;
    assert_eq!((report.new, report.held.count), (1, 1), "{report:?}");
    let report = desk.import(&contradictory().to_string()).await;
    assert_eq!((report.changed, report.held.count), (1, 1), "the whole is more: {report:?}");
    let report = desk.import(&fragment().to_string()).await;
    assert_eq!((report.changed, report.held.count, report.left_out.count), (0, 0, 1), "{report:?}");
    let held = desk.engine.store.held(desk.engine.company_id()).await.unwrap();
    assert_eq!(held.len(), 1, "{held:?}");
    assert_eq!(held[0].issue.kind, IssueKind::DoesNotAddUp, "{held:?}");
}

#[tokio::test]
async fn what_cannot_be_read_says_why_by_each_of_its_names() {
    let desk = Desk::files_only().await;
    desk.import(&contradictory().to_string()).await;
    for name in ["shopify:files/Order/5001", "gid://shopify/Order/5001", "order/5001", "5001"] {
        let explanation = explain(&desk.engine, name).await.unwrap();
        let [issue] = &explanation.untold[..] else { panic!("{name}: {explanation:?}") };
        assert!(issue.message.contains("19.00 USD"), "{name}: {issue:?}");
        assert_eq!(explanation.records.len(), 1, "{name}: {:?}", explanation.records);
    }
    for name in ["001", "", "50011"] {
        let explained = explain(&desk.engine, name).await;
        assert!(matches!(explained, Err(EngineError::NothingKnown(_))), "{name}: {explained:?}");
    }
}

#[tokio::test]
async fn an_order_that_was_read_before_is_found_by_its_name() {
    let desk = Desk::files_only().await;
    let mut order = contradictory();
    order["order"]["total_price"] = json!("20.00");
    desk.import(&order.to_string()).await;
    desk.import(&contradictory().to_string()).await;
    let explanation = explain(&desk.engine, "#1001").await.unwrap();
    assert_eq!(explanation.facts.len(), 1, "{explanation:?}");
    let held = desk.engine.store.held(desk.engine.company_id()).await.unwrap();
    assert_eq!(explanation.untold.len(), held.len(), "{held:?}");
}
