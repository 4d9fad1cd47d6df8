//! A process may end at any of its effects; the next one brings the books to the same end.

use super::stage::{Books, Stage, world};
use super::tripwire::{Effect, Tripwire};
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use std::collections::BTreeMap;

fn settings() -> WorldSettings {
    world(7, 50, 20)
}

async fn stage() -> Stage {
    Stage::after(&settings(), &FaultSettings::none()).await
}

/// The books of a life without death, and its effects.
async fn reference() -> (Books, Vec<Effect>) {
    let t = std::time::Instant::now();
    let stage = stage().await;
    eprintln!("stage {:?}", t.elapsed());
    let wire = Tripwire::default();
    assert!(!stage.sync_until_death(&wire).await);
    eprintln!("sync {:?}", t.elapsed());
    stage.assert_proven("a life without death").await;
    eprintln!("prove {:?}", t.elapsed());
    (stage.books(), wire.seen())
}

#[tokio::test]
async fn measure() {
    let (books, effects) = reference().await;
    let mut kinds: BTreeMap<Effect, usize> = BTreeMap::new();
    for effect in &effects {
        *kinds.entry(*effect).or_default() += 1;
    }
    eprintln!("{} effects {kinds:?}", effects.len());
    let mut t = std::time::Instant::now();
    for number in 0..effects.len() {
        let stage = stage().await;
        assert!(stage.sync_until_death(&Tripwire::at(number)).await);
        stage.sync().await;
        if stage.books() != books { eprintln!("differs at {number} {:?}", effects[number]); }
        eprintln!("{number} {:?} {:?}", effects[number], t.elapsed());
        t = std::time::Instant::now();
    }
}
