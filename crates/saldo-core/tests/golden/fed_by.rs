//! What feeds each event of the reference: which kinds of facts, and that none of them is an entry
//! that somebody wrote by its debits and credits.

use super::{all_cases, treatments};
use saldo_core::commerce::{Decided, Fact};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What a fact is, in a word.
fn word(fact: &Fact) -> &'static str {
    match fact {
        Fact::Order(_) => "order",
        Fact::BalanceTransaction(_) => "gateway row",
        Fact::Payout(_) => "payout",
        Fact::Dispute(_) => "dispute",
        Fact::Deferral(_) => "deferral",
        Fact::Decision(decision) => decision.said.decided.word(),
        Fact::Goods(_) => "goods",
        Fact::UnitCost(_) => "unit cost",
        Fact::PurchaseOrder(_) => "purchase order",
        Fact::GoodsReceipt(_) => "goods receipt",
        Fact::SupplierBill(_) => "supplier bill",
        Fact::SupplierPayment(_) => "supplier payment",
        Fact::StockAdjustment(_) => "stock adjustment",
        Fact::Drawer(_) => "drawer session",
        Fact::Stated(_) => "statement of a channel",
    }
}

fn is_written_by_hand(fact: &Fact) -> bool {
    matches!(fact, Fact::Decision(it) if matches!(it.said.decided, Decided::Entry { .. }))
}

#[test]
fn each_event_of_the_reference_is_fed_by_facts() {
    let Some(treatments) = treatments() else { return };
    let mut fed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for case in all_cases() {
        for fact in &case.facts {
            assert!(!is_written_by_hand(fact), "{} is written by hand", case.event);
            fed.entry(case.event).or_default().insert(word(fact));
        }
    }
    assert_eq!(fed.len(), 83);
    let mut table = String::new();
    for event in &treatments.events {
        let words: Vec<&str> = fed[event.id.as_str()].iter().copied().collect();
        writeln!(table, "{:<4} {}", event.id, words.join(", ")).unwrap();
    }
    insta::assert_snapshot!("fed_by", table);
}
