//! What the owner decides is entered, shown, taken back and rebuilt like what channels say.

use super::super::{
    DecisionError, Opening, decide_this, decisions, explain, order_named, rebuild, take_back,
};
use super::stage::{Stage, by_account, world};
use jiff::civil::Date;
use saldo_core::commerce::{Decided, Move, Said, TakenBack};
use saldo_core::issue::FactState;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::{Story, World, WorldSettings};
use saldo_store::Role;

const ON: &str = "2026-09-10";
/// What the company calls the account of cash.
const CASH: &str = "Clearing - Cash";

fn settings() -> WorldSettings {
    world(6, 200, 40)
}

/// A merchant whose history is over and entered.
async fn stage() -> Stage {
    let stage = Stage::after(&settings(), &FaultSettings::none()).await;
    stage.sync().await;
    stage
}

fn said(stage: &Stage, decided: Decided) -> Said {
    let on: Date = ON.parse().unwrap();
    Said { by: "Ann".to_owned(), at: stage.clock.now(), on, decided, taken_back: None }
}

fn entry(moves: &[(&str, &str)]) -> Decided {
    let moves = moves.iter().map(|(place, amount)| Move {
        place: place.parse().unwrap(),
        amount: amount.parse().unwrap(),
    });
    let memo = "Petty cash: tape".to_owned();
    Decided::Entry { memo, moves: moves.collect(), reversed_on: None }
}

async fn decide(stage: &Stage, decided: Decided) -> Result<u32, DecisionError> {
    let engine = stage.engine().await;
    let kept = decide_this(&engine, said(stage, decided), Opening::Nothing).await;
    engine.store.close().await;
    kept.map(|kept| kept.number)
}

async fn undo(stage: &Stage, number: u32) -> Result<Said, DecisionError> {
    let engine = stage.engine().await;
    let back = TakenBack { by: "Bob".to_owned(), at: stage.clock.now() };
    let undone = take_back(&engine, number, back).await;
    engine.store.close().await;
    undone
}

/// The name of the first order that tells a story.
fn name_of(story: Story) -> String {
    let world = World::generate(&settings()).unwrap();
    let place = world.stories.iter().position(|told| *told == story).unwrap();
    format!("#{}", world.orders[place].number)
}

#[tokio::test]
async fn an_entry_stands_in_the_books_until_it_is_taken_back() {
    let stage = stage().await;
    let before = stage.sums();
    let petty = entry(&[("store-supplies", "20.00 USD"), ("gateways.cash", "-20.00 USD")]);
    assert_eq!(decide(&stage, petty).await.unwrap(), 1);
    stage.sync().await;
    let day: Date = ON.parse().unwrap();
    assert_eq!(stage.sums()[&("Store supplies".to_owned(), day)], 2_000);
    stage.assert_proven("after a decision").await;
    let engine = stage.engine().await;
    let explanation = explain(&engine, "decision 1").await.unwrap();
    assert_eq!(explanation.documents.len(), 2, "one a book");
    let [record] = &explanation.records[..] else { panic!("{:?}", explanation.records) };
    assert!(record.bytes.contains("\"by\":\"Ann\""), "{}", record.bytes);
    let report = rebuild(&engine).await.unwrap();
    assert!(report.identical);
    engine.store.close().await;
    undo(&stage, 1).await.unwrap();
    assert!(matches!(undo(&stage, 1).await, Err(DecisionError::Senseless(_))));
    stage.sync().await;
    assert_eq!(stage.sums(), before);
    stage.assert_proven("after it was taken back").await;
    let proof = stage.prove().await;
    let states = proof.identities.iter().find(|it| it.number == 9).unwrap();
    let of_decision = states.days.iter().filter(|it| it.line.about.starts_with("decisions"));
    let of_decision: Vec<_> =
        of_decision.map(|it| (it.day, &*it.line.about, it.line.facts)).collect();
    assert_eq!(of_decision, [(day, "decisions, excluded", 1)], "it stands in one state");
    let engine = stage.engine().await;
    let [known] = &decisions(&engine).await.unwrap()[..] else { panic!("one decision") };
    assert_eq!(known.said.taken_back.as_ref().map(|back| back.by.as_str()), Some("Bob"));
    assert_eq!(known.state, Some(FactState::Excluded { rule: "taken-back".to_owned() }));
    assert_eq!(engine.connections(Role::Owner).await.unwrap().len(), 1);
    engine.store.close().await;
}

#[tokio::test]
async fn a_claim_is_given_up_and_an_order_left_out() {
    let stage = stage().await;
    let before = by_account(&stage);
    let engine = stage.engine().await;
    let open = order_named(&engine, &name_of(Story::TermsOpen)).await.unwrap();
    let name = name_of(Story::CounterCash);
    let left_out = order_named(&engine, &name).await.unwrap();
    assert!(matches!(order_named(&engine, "#7").await, Err(DecisionError::Senseless(_))));
    engine.store.close().await;
    decide(&stage, Decided::WriteOff { order: open, relieve_tax: true }).await.unwrap();
    decide(&stage, Decided::Exclude { order: left_out, name }).await.unwrap();
    stage.sync().await;
    let after = by_account(&stage);
    assert!(after["Bad debt"] > 0);
    let owed = "Accounts Receivable (A/R)";
    assert!(after.get(owed) < before.get(owed), "{after:#?}");
    assert!(after.get(CASH) < before.get(CASH), "{after:#?}");
    stage.assert_proven("after two decisions").await;
    undo(&stage, 1).await.unwrap();
    undo(&stage, 2).await.unwrap();
    stage.sync().await;
    assert_eq!(by_account(&stage), before);
}

#[tokio::test]
async fn tax_is_remitted_wherever_the_book_keeps_it() {
    let stage = stage().await;
    let remitted =
        [("sales-tax", "7.43 USD"), ("bank", "-7.40 USD"), ("other-income", "-0.03 USD")];
    decide(&stage, entry(&remitted)).await.unwrap();
    stage.sync().await;
    stage.assert_proven("after tax was remitted").await;
}

#[tokio::test]
async fn what_has_no_sense_is_not_kept() {
    let stage = stage().await;
    let half = entry(&[("bank", "5.00 USD")]);
    let refused = decide(&stage, half).await.unwrap_err();
    assert_eq!(refused.to_string(), "debits and credits differ by 5.00 USD");
    let mut early = said(&stage, entry(&[("bank", "5.00 USD"), ("tips", "-5.00 USD")]));
    early.on = "2020-01-01".parse().unwrap();
    let engine = stage.engine().await;
    let refused = decide_this(&engine, early, Opening::Nothing).await.unwrap_err();
    assert!(refused.to_string().starts_with("2020-01-01 is before"), "{refused}");
    let name = name_of(Story::CounterCash);
    let order = order_named(&engine, &name).await.unwrap();
    let gift = |amount: &str| Decided::PromotionalUse {
        order: order.clone(),
        name: name.clone(),
        amount: amount.parse().unwrap(),
    };
    let refused = decide_this(&engine, said(&stage, gift("0.00 USD")), Opening::Nothing).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.to_string(), "nothing was paid");
    let refused = decide_this(&engine, said(&stage, gift("5.00 USD")), Opening::Nothing).await;
    let refused = refused.unwrap_err();
    assert!(refused.to_string().contains("gift-cards.promotional"), "{refused}");
    assert!(decisions(&engine).await.unwrap().is_empty());
    engine.store.close().await;
}
