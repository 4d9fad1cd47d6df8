//! One row of which a file and the interface name different payouts, or only one of them any.

use super::{Desk, PAYMENTS, said_by_the_shop};
use crate::engine::{plan, prove, rebuild, sync};
use saldo_core::money::{Currency, Money};
use saldo_core::proof::UnstatedPayout;

/// What is told, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tell {
    /// The order, by the interface.
    Order,
    /// The row, by the interface.
    Row,
    /// The row, by a file, which says that payout 77 was sent.
    File,
    /// The row, by a payload of another interface, which says that it is in payout 77.
    Payload,
    /// The payout that the interface names, or else payout 77, by the interface.
    Payout,
}

/// The row as the interface tells it, in the payout of this number, or in none yet.
fn row(payout: Option<&str>) -> (&'static str, &'static str, String) {
    let [_, (stream, id, text)] = said_by_the_shop();
    let known = "{\"id\":\"gid://shopify/ShopifyPaymentsPayout/77\"}";
    assert!(text.contains(known), "{text}");
    let named = payout.map_or_else(|| "null".to_owned(), |number| known.replace("77", number));
    (stream, id, text.replace(known, &named))
}

fn payout(number: &str) -> (&'static str, &'static str, String) {
    let id = match number {
        "77" => "gid://shopify/ShopifyPaymentsPayout/77",
        _ => "gid://shopify/ShopifyPaymentsPayout/78",
    };
    let payout = serde_json::json!({
        "id": id, "legacyResourceId": number, "status": "PAID", "transactionType": "DEPOSIT",
        "issuedAt": "2026-11-06T00:00:00Z", "externalTraceId": null,
        "net": { "amount": "51.85", "currencyCode": "USD" },
    });
    ("payouts", id, payout.to_string())
}

async fn tell(desk: &Desk, what: Tell, named: Option<&str>) {
    match what {
        Tell::Order => desk.hear(&said_by_the_shop()[..1]).await,
        Tell::Row => desk.hear(&[row(named)]).await,
        Tell::Payout => desk.hear(&[payout(named.unwrap_or("77"))]).await,
        Tell::Payload => assert!(desk.import(&payload()).await.is_whole()),
        Tell::File => {
            let table: String = PAYMENTS.lines().take(2).map(|line| format!("{line}\n")).collect();
            let report = desk.import(&table).await;
            assert!(report.is_whole(), "{report:?}");
        }
    }
}

/// The row as the REST interface told it, which does not know the order's name.
fn payload() -> String {
    let row = serde_json::json!({
        "id": 9, "type": "charge", "test": false, "payout_id": 77, "payout_status": "paid",
        "currency": "USD", "amount": "53.71", "fee": "1.86", "net": "51.85", "source_id": 1,
        "source_type": "charge", "source_order_id": 5001, "source_order_transaction_id": 56,
        "processed_at": "2026-11-02T10:00:05-05:00",
    });
    serde_json::json!({ "transactions": [row] }).to_string()
}

/// All orders in which things can be told.
fn ways(of: &[Tell]) -> Vec<Vec<Tell>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for first in of {
        let rest: Vec<Tell> = of.iter().filter(|it| *it != first).copied().collect();
        all.extend(ways(&rest).into_iter().map(|rest| [&[*first][..], &rest].concat()));
    }
    all
}

/// Tells everything in every order, by one policy or the other, and asserts that the books always
/// prove and end the same: with this much in the bank, these payouts without a stated total, and so
/// many issues.
async fn assert_the_same(
    of: &[Tell],
    named: Option<&str>,
    (bank, unstated, issues): (&str, &[UnstatedPayout], u64),
) {
    for (place, policy) in ["", "detail = \"payout\"\n"].into_iter().enumerate() {
        for way in ways(of).into_iter().skip(place).step_by(2) {
            let about = format!("{policy}{way:?}");
            let desk = Desk::with_policy(policy).await;
            for what in way {
                tell(&desk, what, named).await;
                sync(&desk.engine).await.unwrap();
                let proof = prove(&desk.engine).await.unwrap();
                // A payout of which no row is told yet waits, one of which some are is held; both
                // show in the proof.
                let open = proof.facts.held + proof.facts.waiting;
                assert!(proof.holds() || open > 0, "{about}: {proof:#?}");
            }
            let books = desk.books().await;
            assert_eq!(books.get("Clearing: Shopify Payments"), None, "{about}: {books:?}");
            assert_eq!(books["Bank"], bank, "{about}");
            let proof = prove(&desk.engine).await.unwrap();
            assert_eq!(proof.unstated_payouts, unstated, "{about}");
            assert_eq!((proof.facts.held, proof.facts.to_review), (0, issues), "{about}");
            let planned = plan(&desk.engine, None).await.unwrap();
            assert!(planned.iter().all(|book| book.changes.is_empty()), "{about}");
            assert!(rebuild(&desk.engine).await.unwrap().identical, "{about}");
        }
    }
}

#[tokio::test]
async fn a_row_without_a_payout_is_in_the_one_that_a_file_names() {
    let unstated = UnstatedPayout {
        about: "shopify:files/ShopifyPaymentsPayout/77".to_owned(),
        rows: 1,
        sum: Money::parse("51.85", Currency::parse("USD").unwrap()).unwrap(),
    };
    let told = [Tell::Order, Tell::Row, Tell::File];
    assert_the_same(&told, None, ("51.85 USD", &[unstated], 0)).await;
}

#[tokio::test]
async fn a_row_is_in_the_payout_that_the_interface_names_whatever_a_file_says() {
    let told = [Tell::Order, Tell::Row, Tell::File, Tell::Payout];
    assert_the_same(&told, Some("78"), ("51.85 USD", &[], 1)).await;
}

#[tokio::test]
async fn records_of_one_number_are_one_row_in_one_payout() {
    let told = [Tell::Order, Tell::Row, Tell::Payload, Tell::Payout];
    assert_the_same(&told, None, ("51.85 USD", &[], 0)).await;
    assert_the_same(&told, Some("78"), ("51.85 USD", &[], 1)).await;
}

#[tokio::test]
async fn a_row_that_moves_to_another_payout_takes_its_money_along() {
    let desk = Desk::files_only().await;
    for what in [Tell::Order, Tell::Row, Tell::File] {
        tell(&desk, what, None).await;
    }
    assert_eq!(desk.books().await["Bank"], "51.85 USD");
    tell(&desk, Tell::Row, Some("78")).await;
    assert_eq!(desk.books().await.get("Bank"), None, "nobody says that payout 78 was sent");
    tell(&desk, Tell::Payout, Some("78")).await;
    assert_eq!(desk.books().await["Bank"], "51.85 USD");
    let issues = desk.engine.store.to_review(desk.engine.company_id()).await.unwrap();
    let [issue] = &issues[..] else { panic!("{issues:#?}") };
    let message = &issue.issue.message;
    assert!(message.contains("payout 77") && message.contains("payout 78"), "{message}");
}

#[tokio::test]
async fn a_row_without_an_order_is_in_one_payout_too() {
    let (heading, _) = PAYMENTS.split_once('\n').unwrap();
    let table = format!(
        "{heading}\n2026-11-03 10:00:05 -0500,reserve,,paid,2026-11-05,77,40.00,0.00,40.00,USD\n"
    );
    let money = |amount: &str| serde_json::json!({ "amount": amount, "currencyCode": "USD" });
    let id = "gid://shopify/ShopifyPaymentsBalanceTransaction/12";
    let row = serde_json::json!({
        "id": id, "type": "RESERVED_FUNDS_REVERSAL", "sourceOrderTransactionId": null,
        "transactionDate": "2026-11-03T15:00:05Z", "test": false, "amount": money("40.00"),
        "fee": money("0.00"), "net": money("40.00"), "associatedOrder": null,
        "associatedPayout": null,
    });
    let hear = [("balance-transactions", id, row.to_string())];
    for file_first in [true, false] {
        let desk = Desk::files_only().await;
        for file in [file_first, !file_first] {
            match file {
                true => assert!(desk.import(&table).await.is_whole()),
                false => desk.hear(&hear).await,
            }
            sync(&desk.engine).await.unwrap();
        }
        assert_eq!(desk.books().await["Bank"], "40.00 USD", "{file_first}");
        let proof = prove(&desk.engine).await.unwrap();
        assert_eq!(proof.unstated_payouts[0].rows, 1);
        assert_eq!((proof.facts.excluded, proof.facts.to_review), (1, 0), "{file_first}");
        assert!(rebuild(&desk.engine).await.unwrap().identical);
    }
}
