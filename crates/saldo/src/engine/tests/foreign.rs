//! Payouts in another currency than the books': in plain text they are entered at what their rows'
//! orders say, in whichever order they are told; a book that cannot hold them says so.

use super::super::page::reading;
use super::super::{Engine, decide_this, payout_named, rebuild};
use super::stage::{Stage, world};
use saldo_channels::channel;
use saldo_core::commerce::{Decided, Record, Said};
use saldo_core::issue::FactState;
use saldo_core::text::{FactId, Stream};
use saldo_sim::fault::FaultSettings;
use saldo_store::{PageCommit, PulledRecord, Role};
use serde_json::{Value, json};

const CLEARING: &str = "Clearing: Shopify Payments EUR";

fn money(amount: &str, code: &str) -> Value {
    json!({ "amount": amount, "currencyCode": code })
}

fn dollars(amount: &str) -> Value {
    json!({ "shopMoney": money(amount, "USD") })
}

/// A sale of 110.00 dollars for which 100.00 euros were paid and settled.
pub(super) fn order() -> Value {
    let sale = json!({
        "id": "gid://shopify/ProductSale/91", "actionType": "ORDER", "lineType": "PRODUCT",
        "quantity": 1, "totalAmount": dollars("110.00"), "totalTaxAmount": dollars("0.00"),
        "totalDiscountAmountBeforeTaxes": dollars("0.00"), "taxes": [], "lineItem": null,
    });
    let agreement = json!({
        "id": "gid://shopify/SalesAgreement/91", "happenedAt": "2026-08-10T10:00:00Z",
        "reason": "ORDER", "sales": { "edges": [{ "node": sale }] },
    });
    let paid = json!({
        "id": "gid://shopify/OrderTransaction/91", "kind": "SALE", "status": "SUCCESS",
        "gateway": "shopify_payments", "formattedGateway": "Shopify payments", "test": false,
        "createdAt": "2026-08-10T10:00:00Z", "processedAt": "2026-08-10T10:00:00Z",
        "amountSet": {
            "shopMoney": money("110.00", "USD"), "presentmentMoney": money("100.00", "EUR"),
        },
        "settlementCurrency": "EUR", "settlementCurrencyRate": "1.0",
    });
    json!({
        "id": "gid://shopify/Order/91", "name": "#91", "processedAt": "2026-08-10T10:00:00Z",
        "cancelledAt": null, "test": false, "currencyCode": "USD", "taxesIncluded": false,
        "sourceName": "web", "retailLocation": null, "customer": null,
        "transactions": [paid], "agreements": { "edges": [{ "node": agreement }] },
    })
}

pub(super) fn row() -> Value {
    json!({
        "id": "gid://shopify/ShopifyPaymentsBalanceTransaction/91", "type": "CHARGE",
        "sourceOrderTransactionId": "91", "transactionDate": "2026-08-10T10:00:05Z",
        "test": false, "amount": money("100.00", "EUR"), "fee": money("5.00", "EUR"),
        "net": money("95.00", "EUR"),
        "associatedOrder": { "id": "gid://shopify/Order/91", "name": "#91" },
        "associatedPayout": { "id": "gid://shopify/ShopifyPaymentsPayout/91" },
    })
}

pub(super) fn payout() -> Value {
    json!({
        "id": "gid://shopify/ShopifyPaymentsPayout/91", "legacyResourceId": "91",
        "issuedAt": "2026-08-12T00:00:00Z", "status": "PAID", "transactionType": "DEPOSIT",
        "externalTraceId": null, "net": money("95.00", "EUR"),
    })
}

/// The shop says something.
pub(super) async fn say(engine: &Engine, stream: &str, value: &Value) {
    let shop = engine.connections(Role::Channel).await.unwrap().remove(0);
    let stream = Stream::new(stream);
    let record = Record {
        connection: shop.id.clone(),
        stream: stream.clone(),
        id: value["id"].as_str().unwrap().to_owned(),
        fetched_at: engine.clock.now(),
        bytes: value.to_string().into_bytes(),
    };
    let (reading, _) = reading(channel(&shop.adapter).unwrap(), &shop, &record);
    assert_eq!(reading.issue, None);
    let lease = engine.lease(&shop).await.unwrap();
    let cursors = engine.store.cursors(engine.company_id(), &shop.id).await.unwrap();
    let cursor = cursors[&stream].cursor.clone();
    let records = vec![PulledRecord::new(record, reading)];
    let page = PageCommit { stream, cursor, reached: None, records };
    engine.store.commit_page(&lease, &page).await.unwrap();
    engine.store.release_lease(&lease).await.unwrap();
}

/// Where the payout stands.
async fn state(engine: &Engine) -> FactState {
    let groups = ["payout/shopify:demo/ShopifyPaymentsPayout/91".into()];
    let states = engine.store.states_of(engine.company_id(), &groups).await.unwrap();
    let payout = FactId::new("shopify:demo/ShopifyPaymentsPayout/91");
    states.into_iter().find(|it| it.fact == payout).expect("the payout stands somewhere").state
}

pub(super) async fn say_what_arrived(engine: &Engine, on: &str) {
    let payout = payout_named(engine, "91").await.unwrap();
    let amount = "103.55 USD".parse().unwrap();
    let said = Said {
        by: "Ann".to_owned(),
        at: engine.clock.now(),
        on: on.parse().unwrap(),
        decided: Decided::Arrived { payout, amount },
        taken_back: None,
    };
    decide_this(engine, &said).await.unwrap();
}

#[tokio::test]
async fn a_payout_in_euros_is_entered_once_all_is_told() {
    for order_first in [true, false] {
        let stage = Stage::after(&world(3, 40, 20), &FaultSettings::none()).await;
        stage.sync().await;
        let engine = stage.engine().await;
        if order_first {
            say(&engine, "orders", &order()).await;
        }
        say(&engine, "balance-transactions", &row()).await;
        say(&engine, "payouts", &payout()).await;
        stage.sync().await;
        if !order_first {
            assert!(matches!(state(&engine).await, FactState::Waiting { .. }));
            say(&engine, "orders", &order()).await;
            stage.sync().await;
        }
        let FactState::Held(issue) = state(&engine).await else { panic!("nobody said") };
        assert!(issue.hint.contains("saldo decide arrived 91"), "{}", issue.hint);
        say_what_arrived(&engine, "2026-08-13").await;
        stage.sync().await;
        assert_eq!(state(&engine).await, FactState::Accounted { review: None });
        let plain = "plain-text".into();
        let sums = engine.store.account_sums(engine.company_id(), &plain, None).await.unwrap();
        assert!(sums[CLEARING].is_zero(), "{sums:?}");
        assert_eq!(sums["FX gain/loss (realised)"].iter().count(), 1);
        let proof = stage.prove().await;
        let book = proof.books.iter().find(|book| book.book == "plain-text").unwrap();
        assert!(book.clearing.iter().chain(&book.payouts).all(|check| check.holds()));
        let failed = engine.store.failed(engine.company_id()).await.unwrap();
        assert!(!failed.is_empty() && failed.iter().all(|it| it.change.book != plain));
        assert!(failed.iter().all(|it| it.refusal.message.contains("another currency")));
        assert!(rebuild(&engine).await.unwrap().identical);
        engine.store.close().await;
    }
}
