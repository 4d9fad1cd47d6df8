//! What the owner says of tax on fees and of loans reaches both books, and adds up.

use super::super::{EngineError, Reviser, revise};
use super::stage::{Stage, by_account, world};
use crate::templates::applied;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use std::collections::BTreeMap;

const REVERSE_CHARGE: &str = "tax.reverse-charge = \"25\"";
const LOAN: &str = "loans.2026-08-01 = { owed = \"11300.00\", cost = \"1300.00\" }";

/// A merchant whose gateway's table in the policy says this as well, and the policy that before.
async fn told(before: &str, of_gateway: &str) -> Stage {
    told_of(&world(5, 200, 40), before, of_gateway).await
}

/// The same of another merchant.
async fn told_of(settings: &WorldSettings, before: &str, of_gateway: &str) -> Stage {
    let stage = Stage::after(settings, &FaultSettings::none()).await;
    let engine = stage.engine().await;
    let change = |text: &str| {
        let table = "[gateways.shopify_payments]\n";
        assert!(text.contains(table), "{text}");
        let text = text.replace(table, &format!("{table}{of_gateway}\n"));
        Ok::<_, EngineError>(Some(applied(&text, before).unwrap()))
    };
    let (store, company) = (&engine.store, engine.company_id());
    let (holder, now) = ("Ann", stage.clock.now());
    revise(store, Reviser { company, holder, since: None, now }, change).await.unwrap();
    engine.store.close().await;
    stage.sync().await;
    stage.assert_proven(&format!("{before} {of_gateway}")).await;
    stage
}

#[tokio::test]
async fn tax_on_fees_is_owed_and_taken_back() {
    let sums = by_account(&told(REVERSE_CHARGE, "").await);
    let (owed, back) = (sums["Output VAT (reverse charge)"], sums["Input VAT recoverable"]);
    assert!(back > 0 && owed == -back, "{sums:#?}");
}

#[tokio::test]
async fn tax_that_the_gateway_charges_on_fees_is_a_cost_unless_it_is_taken_back() {
    let taxed = WorldSettings { taxed_fees: true, ..world(5, 200, 40) };
    let cost = by_account(&told_of(&taxed, "tax.on-fees = \"cost\"", "").await);
    let back = by_account(&told_of(&taxed, "tax.on-fees = \"input-tax\"", "").await);
    let of_fees = |sums: &BTreeMap<String, i64>| {
        ["Payment processing fees", "Currency conversion fees"].map(|name| sums[name]).iter().sum()
    };
    let (all, net): (i64, i64) = (of_fees(&cost), of_fees(&back));
    assert!(!cost.contains_key("Input VAT recoverable"), "{cost:#?}");
    let tax = back["Input VAT recoverable"];
    assert_eq!(net + tax, all, "{back:#?}");
    // A tenth of what is left, but for the cents of each, and fees that no payment of an order has.
    assert!(tax > 0 && tax <= net / 10 + 200, "{back:#?}");
    assert!(tax > net / 12, "{back:#?}");
}

#[tokio::test]
async fn a_loan_is_paid_back_with_its_price() {
    let sums = by_account(&told("", LOAN).await);
    // Two remittances of 150.00, each with 17.26 of the price.
    assert_eq!((sums["Loans payable"], sums["Financing cost"]), (30_000, 2 * 1_726));
    assert_eq!(sums["Unamortised financing cost"], -2 * 1_726);
    assert!(sums.contains_key("Rounding differences"), "cash was rounded: {sums:#?}");
    let exchanged = ["FX gain-loss (realised)", "FX gain/loss (realised)"];
    assert!(exchanged.iter().any(|name| sums.contains_key(*name)), "{sums:#?}");
    assert!(sums.contains_key("Currency conversion fees"));
}
