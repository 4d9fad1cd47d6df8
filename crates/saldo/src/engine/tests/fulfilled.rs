//! Sales that are earned when goods are handed over, as a shop tells it.

use super::super::{plan, rebuild};
use super::stage::{Stage, by_account, on_all_cores, world};
use saldo_sim::fault::FaultSettings;
use std::collections::BTreeMap;
use std::time::Duration;

const BY_FULFILMENT: &str = "recognition = \"fulfilment\"";
const DEPOSITS: &str = "Customer deposits / deferred revenue";
/// The accounts that earn.
const EARNING: [&str; 4] =
    ["product sales", "shipping income", "discounts given", "returns & refunds"];

/// What stands on accounts, with all that is earned, or still to be earned, as one.
fn with_earning_as_one(sums: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    let mut one = BTreeMap::new();
    for (account, minor) in sums {
        let is_earned = EARNING.contains(&&*account.to_lowercase()) || account == DEPOSITS;
        let name = if is_earned { "earned" } else { account };
        *one.entry(name.to_owned()).or_insert(0) += minor;
    }
    one
}

#[test]
fn what_is_not_handed_over_yet_is_a_deposit_and_all_else_is_the_same() {
    let settings = world(8, 150, 30);
    on_all_cores(["order", "day", "payout"], async |detail| {
        let stage = Stage::after(&settings, &FaultSettings::none()).await;
        stage.decide(&format!("detail = \"{detail}\"")).await;
        stage.sync().await;
        let at_payment = by_account(&stage);
        let at_fulfilment = Stage::after(&settings, &FaultSettings::none()).await;
        at_fulfilment.decide(&format!("detail = \"{detail}\"\n{BY_FULFILMENT}")).await;
        at_fulfilment.sync().await;
        at_fulfilment.assert_proven(detail).await;
        let sums = by_account(&at_fulfilment);
        assert!(sums[DEPOSITS] < 0, "some orders are never sent: {sums:?}");
        assert!(sums["Product sales"] > at_payment["Product sales"]);
        assert_eq!(with_earning_as_one(&sums), with_earning_as_one(&at_payment), "{detail}");
        for planned in plan(&at_fulfilment.engine().await, None).await.unwrap() {
            assert!(planned.changes.is_empty(), "{detail}: {:#?}", planned.changes);
        }
        assert!(rebuild(&at_fulfilment.engine().await).await.unwrap().identical, "{detail}");
        // Decided later, it comes to the same.
        stage.decide(BY_FULFILMENT).await;
        stage.clock.advance(Duration::from_secs(600));
        stage.sync().await;
        stage.assert_proven(detail).await;
        assert_eq!(by_account(&stage), sums, "{detail}");
    });
}

#[test]
fn parcels_are_heard_as_they_leave() {
    let settings = world(31, 60, 20);
    on_all_cores([11, 29], async |hours| {
        let stage = Stage::at_first(&settings, &FaultSettings::none()).await;
        stage.decide(BY_FULFILMENT).await;
        while stage.clock.now() < stage.merchant.after {
            stage.clock.advance(Duration::from_hours(hours));
            stage.sync().await;
        }
        stage.assert_proven("as they leave").await;
        let at_once = Stage::after(&settings, &FaultSettings::none()).await;
        at_once.decide(BY_FULFILMENT).await;
        at_once.clock.sleep_until(stage.clock.now()).await;
        at_once.sync().await;
        assert_eq!(stage.sums(), at_once.sums());
        assert!(!stage.sums().is_empty());
    });
}
