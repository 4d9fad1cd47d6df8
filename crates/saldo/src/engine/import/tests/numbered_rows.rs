//! Rows that one file tells by the order's number, and another by its name.

use super::{Desk, PAYMENTS, said_by_the_shop};
use crate::engine::{plan, prove, rebuild, sync};
use serde_json::json;
use std::collections::BTreeMap;

/// The row of the first order in the export, paid out.
fn by_name() -> String {
    PAYMENTS.lines().take(2).map(|line| format!("{line}\n")).collect()
}

/// The same row as the REST interface tells it, without the order's name.
fn by_number(fee: &str, net: &str) -> String {
    let row = json!({
        "id": 9, "type": "charge", "test": false, "payout_id": 77, "payout_status": "paid",
        "currency": "USD", "amount": "53.71", "fee": fee, "net": net, "source_id": 1,
        "source_type": "charge", "source_order_id": 5001, "source_order_transaction_id": 56,
        "processed_at": "2026-11-02T10:00:05-05:00",
    });
    json!({ "transactions": [row] }).to_string()
}

/// What is told, one after the other.
#[derive(Clone, Copy, Debug)]
enum Tell {
    ByName,
    ByNumber,
    Order,
}

async fn tell(desk: &Desk, what: Tell) {
    let report = match what {
        Tell::ByName => desk.import(&by_name()).await,
        Tell::ByNumber => desk.import(&by_number("1.86", "51.85")).await,
        Tell::Order => {
            let [order, _] = said_by_the_shop();
            return desk.hear(&[order]).await;
        }
    };
    assert!(report.is_whole(), "{report:?}");
}

#[tokio::test]
async fn a_row_is_entered_once_in_whatever_order_it_is_told() {
    let alone = Desk::files_only().await;
    tell(&alone, Tell::Order).await;
    tell(&alone, Tell::ByName).await;
    let expected: BTreeMap<String, String> = alone.books().await;
    assert_eq!(expected.get("Clearing: Shopify Payments"), None, "{expected:?}");
    let ways = [
        [Tell::ByName, Tell::ByNumber, Tell::Order],
        [Tell::ByName, Tell::Order, Tell::ByNumber],
        [Tell::ByNumber, Tell::ByName, Tell::Order],
        [Tell::ByNumber, Tell::Order, Tell::ByName],
        [Tell::Order, Tell::ByName, Tell::ByNumber],
        [Tell::Order, Tell::ByNumber, Tell::ByName],
    ];
    for policy in ["", "detail = \"payout\"\n"] {
        for way in ways {
            let desk = Desk::with_policy(policy).await;
            for what in way {
                tell(&desk, what).await;
                sync(&desk.engine).await.unwrap();
            }
            assert_eq!(desk.books().await, expected, "{policy}{way:?}");
            let proof = prove(&desk.engine).await.unwrap();
            assert_eq!((proof.facts.held, proof.facts.to_review), (0, 0), "{policy}{way:?}");
            assert_eq!(proof.unstated_payouts[0].rows, 1);
            let planned = plan(&desk.engine, None).await.unwrap();
            assert!(planned.iter().all(|book| book.changes.is_empty()));
            assert!(rebuild(&desk.engine).await.unwrap().identical, "{policy}{way:?}");
        }
    }
}

/// A row that was told before it was paid out.
fn pending() -> String {
    let pending = by_number("1.86", "51.85")
        .replace("\"payout_id\":77", "\"payout_id\":null")
        .replace("\"payout_status\":\"paid\"", "\"payout_status\":\"pending\"");
    assert!(pending.contains("null") && pending.contains("pending"), "{pending}");
    pending
}

#[tokio::test]
async fn an_older_payload_does_not_take_a_payout_away() {
    let desk = Desk::files_only().await;
    tell(&desk, Tell::Order).await;
    tell(&desk, Tell::ByNumber).await;
    let payout = |status: &str| {
        let payout = json!({ "id": 77, "status": status, "date": "2026-11-05",
                             "currency": "USD", "amount": "51.85" });
        json!({ "payouts": [payout] }).to_string()
    };
    assert!(desk.import(&payout("paid")).await.is_whole());
    let books = desk.books().await;
    assert_eq!(books["Bank"], "51.85 USD");
    for older in [pending(), payout("in_transit")] {
        let report = desk.import(&older).await;
        assert_eq!((report.new, report.changed, report.known), (0, 0, 1), "{older}");
        assert_eq!(report.older, 1, "{older}");
        assert_eq!(desk.books().await, books, "{older}");
    }
    assert_eq!(desk.import(&payout("failed")).await.changed, 1, "what comes further is news");
}

#[tokio::test]
async fn a_payout_is_the_same_in_books_and_proof_where_a_row_was_told_before_it_was_paid_out() {
    let desk = Desk::files_only().await;
    tell(&desk, Tell::Order).await;
    assert!(desk.import(&pending()).await.is_whole());
    tell(&desk, Tell::ByName).await;
    let books = desk.books().await;
    assert_eq!(books.get("Clearing: Shopify Payments"), None, "{books:?}");
    let proof = prove(&desk.engine).await.unwrap();
    assert!(proof.holds(), "{proof:#?}");
    assert_eq!(proof.unstated_payouts[0].sum.to_string(), "51.85 USD");
}

#[tokio::test]
async fn a_row_that_takes_the_place_of_another_is_not_entered_again() {
    let desk = Desk::files_only().await;
    tell(&desk, Tell::Order).await;
    tell(&desk, Tell::ByName).await;
    sync(&desk.engine).await.unwrap();
    tell(&desk, Tell::ByNumber).await;
    assert_eq!(sync(&desk.engine).await.unwrap().approved, 0);
}

#[tokio::test]
async fn rows_that_may_be_one_hold_their_payout_until_the_order_is_told() {
    let desk = Desk::files_only().await;
    tell(&desk, Tell::ByName).await;
    tell(&desk, Tell::ByNumber).await;
    sync(&desk.engine).await.unwrap();
    let company = desk.engine.company_id();
    let held = desk.engine.store.held(company).await.unwrap();
    assert_eq!(held.len(), 1, "{held:#?}");
    assert!(held[0].issue.message.contains("may be the row of #1001"), "{held:#?}");
    tell(&desk, Tell::Order).await;
    desk.books().await;
    assert!(desk.engine.store.held(company).await.unwrap().is_empty());
}

#[tokio::test]
async fn rows_that_differ_in_their_fee_are_looked_at() {
    let desk = Desk::files_only().await;
    tell(&desk, Tell::Order).await;
    tell(&desk, Tell::ByName).await;
    desk.import(&by_number("1.87", "51.84")).await;
    sync(&desk.engine).await.unwrap();
    let issues = desk.engine.store.to_review(desk.engine.company_id()).await.unwrap();
    let [issue] = &issues[..] else { panic!("{issues:#?}") };
    let message = &issue.issue.message;
    assert!(message.contains("1.86 USD") && message.contains("1.87 USD"), "{message}");
}
