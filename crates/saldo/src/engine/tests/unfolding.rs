//! A merchant's days as they unfold: what happens later is entered as a later fact.

use super::stage::{Stage, by_account, on_all_cores, world};
use saldo_sim::fault::FaultSettings;
use std::time::Duration;

#[test]
fn many_syncs_end_where_one_does_and_every_proof_on_the_way_holds() {
    let hours = [5, 19, 31, 50, 77, 120];
    on_all_cores(hours.iter().zip(11..), async |(hours, seed)| {
        let settings = world(seed, 60, 34);
        let stage = Stage::at_first(&settings, &FaultSettings::none()).await;
        let mut syncs = 0;
        while stage.clock.now() < stage.merchant.after {
            stage.clock.advance(Duration::from_secs(hours * 3_600 + syncs % 7 * 431));
            stage.sync().await;
            stage.assert_proven(&format!("seed {seed}, sync {syncs}")).await;
            syncs += 1;
        }
        let at_once = Stage::after(&settings, &FaultSettings::none()).await;
        at_once.clock.sleep_until(stage.clock.now()).await;
        at_once.sync().await;
        at_once.assert_proven("at once").await;
        assert_eq!(by_account(&stage), by_account(&at_once), "seed {seed}");
    });
}
