//! One document an order, a day or a payout: the same sums, and every proof holds.

use super::super::{plan, rebuild};
use super::stage::{Stage, by_account, on_all_cores, world};
use saldo_core::plan::Change;
use saldo_core::text::ConnectionId;
use saldo_sim::fault::FaultSettings;
use std::time::Duration;

/// The details that a policy can ask for.
const DETAILS: [&str; 3] = ["order", "day", "payout"];

/// Long enough for a month to end.
const MONTH: Duration = Duration::from_hours(31 * 24);

/// All changes of the plain-text books.
async fn changes(stage: &Stage) -> Vec<Change> {
    let engine = stage.engine().await;
    let book = ConnectionId::new("plain-text");
    let slots = engine.store.slots_changed_since(engine.company_id(), 0, 1_000_000).await.unwrap();
    let slots: Vec<String> = slots.into_iter().map(|(_, slot)| slot).collect();
    let changes = engine.store.changes_for_slots(engine.company_id(), &book, &slots).await.unwrap();
    engine.store.close().await;
    changes
}

#[test]
fn a_world_is_proven_in_every_detail_and_amounts_to_the_same() {
    let settings = world(8, 220, 40);
    let told = std::sync::Mutex::new(Vec::new());
    on_all_cores(DETAILS, async |detail| {
        let stage = Stage::after(&settings, &FaultSettings::none()).await;
        stage.decide(&format!("detail = \"{detail}\"")).await;
        let mut acknowledged = stage.sync().await.acknowledged;
        stage.assert_proven(detail).await;
        stage.clock.advance(MONTH);
        acknowledged += stage.sync().await.acknowledged;
        stage.assert_proven(&format!("{detail}, a month later")).await;
        for planned in plan(&stage.engine().await, None).await.unwrap() {
            assert!(planned.changes.is_empty(), "{detail}: {:#?}", planned.changes);
        }
        let rebuilt = rebuild(&stage.engine().await).await.unwrap();
        assert!(rebuilt.identical, "{detail}");
        let slots = changes(&stage).await;
        let of_payouts = slots.iter().filter_map(|change| change.slot.as_deref());
        let of_payouts = of_payouts.filter(|slot| slot.contains("Payout/")).count();
        told.lock().unwrap().push((detail, acknowledged, of_payouts, by_account(&stage)));
    });
    let mut told = told.into_inner().unwrap();
    told.sort_by_key(|(detail, ..)| DETAILS.iter().position(|it| it == detail));
    let [order, day, payout] = &told[..] else { panic!("three details") };
    assert!(payout.1 < day.1 && day.1 < order.1, "{} {} {}", payout.1, day.1, order.1);
    assert!(payout.2 > order.2 && order.2 == day.2, "{} {} {}", payout.2, day.2, order.2);
    assert_eq!(payout.3, order.3);
    assert_eq!(day.3, order.3);
}

#[test]
fn summaries_unfold_with_the_days_and_every_proof_on_the_way_holds() {
    let cases = [("day", 7, 21), ("day", 19, 22), ("payout", 11, 23), ("payout", 31, 24)];
    on_all_cores(cases, async |(detail, hours, seed)| {
        let settings = world(seed, 60, 34);
        let stage = Stage::at_first(&settings, &FaultSettings::none()).await;
        stage.decide(&format!("detail = \"{detail}\"")).await;
        let mut syncs = 0;
        while stage.clock.now() < stage.merchant.after {
            stage.clock.advance(Duration::from_secs(hours * 3_600 + syncs % 7 * 431));
            stage.sync().await;
            stage.assert_proven(&format!("{detail}, seed {seed}, sync {syncs}")).await;
            syncs += 1;
        }
        let taken_out: Vec<_> = changes(&stage)
            .await
            .into_iter()
            .filter(|change| {
                let summary = |slot: &String| slot.starts_with("summary/");
                !change.takes_out.is_empty() && change.slot.as_ref().is_some_and(summary)
            })
            .collect();
        assert!(taken_out.is_empty(), "{detail}, seed {seed}: {taken_out:#?}");
        let at_once = Stage::after(&settings, &FaultSettings::none()).await;
        at_once.decide(&format!("detail = \"{detail}\"")).await;
        at_once.clock.sleep_until(stage.clock.now()).await;
        at_once.sync().await;
        at_once.assert_proven("at once").await;
        assert_eq!(stage.sums(), at_once.sums(), "{detail}, seed {seed}");
    });
}
