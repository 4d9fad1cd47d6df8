//! A process may end at any of its effects; the next one brings the books to the same end.

use super::stage::{Books, Stage, on_all_cores, world};
use super::tripwire::{Effect, Tripwire};
use saldo_sim::fault::FaultSettings;
use std::collections::BTreeMap;
use std::time::Duration;

/// After how long the next process begins: at once, when tokens are old, when they are forgotten.
const RESTARTS: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(660), Duration::from_secs(2_400)];
/// How many pairs of deaths are tried.
const PAIRS: usize = 36;

async fn stage() -> Stage {
    Stage::after(&world(7, 50, 20), &FaultSettings::none()).await
}

/// The books of a life without death, and its effects.
async fn reference() -> (Books, Vec<Effect>) {
    let stage = stage().await;
    let wire = Tripwire::default();
    assert!(!stage.sync_until_death(&wire).await);
    stage.assert_proven("a life without death").await;
    (stage.books(), wire.seen())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The last process: it goes on to the end, and the books are as if nothing had happened.
async fn assert_ends_alike(stage: &Stage, expected: &Books, about: &str) {
    stage.sync().await;
    stage.assert_proven(about).await;
    assert!(stage.books() == *expected, "{about}: the books differ");
}

#[test]
fn a_process_may_end_at_any_effect() {
    let (expected, effects) = runtime().block_on(reference());
    let mut kinds: BTreeMap<Effect, usize> = BTreeMap::new();
    for effect in &effects {
        *kinds.entry(*effect).or_default() += 1;
    }
    assert_eq!(kinds.len(), 6, "every kind of effect occurs: {kinds:?}");
    on_all_cores(effects.iter().enumerate(), async |(number, effect)| {
        let mut stage = stage().await;
        assert!(stage.sync_until_death(&Tripwire::at(number)).await);
        if number % 2 == 0 {
            // Another process finds the connection taken, and waits until it may have it.
            stage.holder = "saldo, process 2".to_owned();
        }
        stage.clock.advance(RESTARTS[number % RESTARTS.len()]);
        let about = format!("death at effect {number}, {effect:?}");
        assert_ends_alike(&stage, &expected, &about).await;
    });
}

#[test]
fn two_processes_may_end_one_after_the_other() {
    let (expected, effects) = runtime().block_on(reference());
    // Steps without a common divisor with the number of effects meet ever other pairs.
    let pairs = (0..PAIRS).map(|step| (step * 53 % effects.len(), step * 7 % 29));
    on_all_cores(pairs, async |(first, second)| {
        let stage = stage().await;
        assert!(stage.sync_until_death(&Tripwire::at(first)).await);
        stage.clock.advance(RESTARTS[first % RESTARTS.len()]);
        stage.sync_until_death(&Tripwire::at(second)).await;
        stage.clock.advance(RESTARTS[second % RESTARTS.len()]);
        let about = format!("death at effect {first}, then at effect {second}");
        assert_ends_alike(&stage, &expected, &about).await;
    });
}
