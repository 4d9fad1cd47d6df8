//! Cash drawers: what was taken out of them, what was counted, and that it adds up.

use super::super::Verdict;
use super::stage::{Stage, by_account, world};
use saldo_core::money::Money;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::{World, WorldSettings};

const NOTES: &str = "drawer.notes.\"petty*\" = 'store-supplies'
drawer.notes.\"Bank drop\" = 'cash-in-transit'";

#[tokio::test]
async fn the_account_of_cash_is_what_was_counted_in_the_drawer() {
    let settings = WorldSettings { counts_drawer: true, ..world(31, 300, 40) };
    let told = World::generate(&settings).unwrap();
    let sessions = &told.till_sessions;
    let over: i64 = sessions.iter().map(|it| it.discrepancy()).sum();
    assert!(sessions.len() > 10 && over != 0, "{} sessions, over by {over}", sessions.len());
    let stage = Stage::after(&settings, &FaultSettings::none()).await;
    stage.sync().await;
    let held = stage.held().await;
    assert!(held.iter().any(|it| it.contains("CashTrackingSession")), "{held:#?}");
    let proof = stage.prove().await;
    let drawer = proof.identities.iter().find(|it| it.number == 11).unwrap();
    assert!(drawer.behind.is_empty(), "what is held is awaited: {drawer:#?}");
    stage.decide(NOTES).await;
    stage.sync().await;
    stage.assert_proven("with drawers").await;
    let proof = stage.prove().await;
    let drawer = proof.identities.iter().find(|it| it.number == 11).unwrap();
    assert_eq!(drawer.verdict, Verdict::Proved, "{drawer:#?}");
    let [line] = &drawer.lines[..] else { panic!("{drawer:#?}") };
    assert_eq!(line.about, "Main Street, Register 1");
    assert_eq!(line.facts, u64::try_from(sessions.len()).unwrap());
    let floats: i64 = sessions.iter().map(|it| it.left_before + it.sales - it.refunds).sum();
    let moved: i64 = sessions.iter().map(|it| it.moved()).sum();
    assert_eq!(line.expected, Money::from_minor(floats + moved, told.currency));
    let sums = by_account(&stage);
    let of = |account: &str| sums.get(account).copied().unwrap_or_default();
    assert_eq!(of("Cash over/short"), -over);
    let moves = sessions.iter().flat_map(|it| &it.moves);
    let dropped: i64 = moves.filter(|it| it.note == "Bank drop").map(|it| -it.amount).sum();
    assert_eq!(of("Cash in transit"), dropped);
    let (first, last) = (&sessions[0], &sessions[sessions.len() - 1]);
    assert_eq!(of("Clearing: Cash"), last.counted - first.left_before, "{sums:#?}");
    assert_eq!(stage.sync().await.approved, 0, "nothing is left to do");
}

#[tokio::test]
async fn a_shop_that_counts_no_drawer_has_none_to_prove() {
    let stage = Stage::after(&world(31, 60, 20), &FaultSettings::none()).await;
    stage.sync().await;
    let proof = stage.prove().await;
    let drawer = proof.identities.iter().find(|it| it.number == 11).unwrap();
    assert_eq!(drawer.verdict, Verdict::Unknown, "{drawer:#?}");
    assert!(drawer.unknown.as_ref().unwrap().contains("no drawer was told"), "{drawer:#?}");
}
