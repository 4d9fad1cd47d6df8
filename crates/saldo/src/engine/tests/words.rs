//! Words of vendors that the owner gives a meaning.

use super::stage::{Stage, by_account, world};
use saldo_sim::fault::FaultSettings;

/// Two remittances of 150.00 for a loan.
const LENT: i64 = 30_000;
const FOR_REVIEW: &str = "Platform adjustments - to review";

#[tokio::test]
async fn what_was_held_and_for_review_moves_where_its_word_belongs() {
    let stage = Stage::after(&world(31, 150, 40), &FaultSettings::none()).await;
    stage.sync().await;
    stage.assert_proven("as it came").await;
    let before = by_account(&stage);
    assert!(before.contains_key(FOR_REVIEW), "{before:#?}");
    assert_eq!(stage.held().await.len(), 1);
    stage.decide("rows.ADJUSTMENT = 'other-income'\nlines.UNKNOWN = 'other-income'").await;
    stage.sync().await;
    stage.assert_proven("with meanings").await;
    let after = by_account(&stage);
    // What a lender kept stays for review: nobody said what is owed.
    assert_eq!(after.get(FOR_REVIEW), Some(&LENT), "{after:#?}");
    assert_eq!(after.get("Other income"), Some(&-(10_253 + 500)));
    assert_eq!(stage.held().await, Vec::<String>::new());
    assert_eq!(stage.sync().await.acknowledged, 0, "nothing is left to do");
}

#[tokio::test]
async fn a_tax_that_nobody_named_holds_its_orders_until_somebody_does() {
    let settings = world(31, 60, 20);
    let stage = Stage::after(&settings, &FaultSettings::none()).await;
    let states =
        "[tax]\nunknown = \"hold\"\naccounts = { \"* State Tax\" = \"Sales tax payable\" }";
    stage.decide(states).await;
    stage.sync().await;
    stage.assert_proven("with taxes of states alone").await;
    let held = stage.held().await.len();
    assert!(held > 3, "taxes of cities are held: {held}");
    stage.decide("tax.accounts = { \"* City Tax\" = \"Sales tax payable\" }").await;
    stage.sync().await;
    stage.assert_proven("with those of cities").await;
    let common = Stage::after(&settings, &FaultSettings::none()).await;
    common.sync().await;
    assert_eq!(by_account(&stage), by_account(&common));
    assert_eq!(stage.held().await, common.held().await);
    assert_eq!(stage.sync().await.approved, 0, "nothing is left to do");
}
