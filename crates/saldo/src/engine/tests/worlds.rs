//! Whole worlds behind bad networks: whatever the seed, the books are those of a good one.

use super::stage::{Books, Stage, on_all_cores, world};
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use std::time::Duration;

/// How many worlds are told.
const WORLDS: u64 = 200;
/// How long a request may still be under way after the last answer.
const SILENCE: Duration = Duration::from_secs(180);

/// The books of a world and the ids of what is held.
async fn told(settings: &WorldSettings, faults: &FaultSettings) -> (Books, Vec<String>) {
    let stage = Stage::after(settings, faults).await;
    let about = format!("seed {}", settings.seed);
    stage.sync().await;
    stage.clock.advance(SILENCE);
    stage.assert_proven(&about).await;
    let (held, unknown) = (stage.held().await, &stage.merchant.unknown_order);
    match unknown.is_empty() {
        true => assert_eq!(held, [""; 0], "{about}"),
        false => {
            assert!(matches!(&held[..], [only] if only.ends_with(unknown)), "{about}: {held:?}");
        }
    }
    (stage.books(), held)
}

#[test]
fn a_bad_network_leaves_no_trace() {
    on_all_cores(1..=WORLDS, async |seed| {
        let (orders, days) = (30 + seed % 31, 20 + seed % 11);
        let settings = world(seed, u32::try_from(orders).unwrap(), u32::try_from(days).unwrap());
        let good = told(&settings, &FaultSettings::none()).await;
        let bad = told(&settings, &FaultSettings::rough()).await;
        assert!(good == bad, "seed {seed}: the books differ");
    });
}
