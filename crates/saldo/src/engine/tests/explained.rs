//! Every number opens down to terms that come to it.

use super::super::{Engine, ProofReport, explain};
use super::stage::{Stage, world};
use jiff::ToSpan;
use jiff::civil::Date;
use saldo_core::arithmetic::Sum;
use saldo_core::money::Money;
use saldo_sim::fault::FaultSettings;
use std::collections::BTreeMap;

/// The sums that an explanation of a name shows.
async fn sums(engine: &Engine, name: &str) -> Vec<Sum> {
    explain(engine, name).await.unwrap_or_else(|error| panic!("{name}: {error}")).arithmetic
}

async fn told() -> (Stage, ProofReport) {
    let settings = world(5, 60, 30);
    let stage = Stage::after(&settings, &FaultSettings::none()).await;
    stage.sync().await;
    let proof = stage.prove().await;
    (stage, proof)
}

#[tokio::test]
async fn an_account_opens_day_by_day_to_what_the_proof_found() {
    let (stage, proof) = told().await;
    let engine = stage.engine().await;
    let book = &proof.books[0];
    assert!(book.accounts.len() > 10, "{:?}", book.accounts);
    for holding in &book.accounts {
        let (mut day, mut shown): (Date, BTreeMap<_, Money>) =
            (stage.company.start_date, BTreeMap::new());
        let end = engine.policy.day(stage.clock.now());
        while day <= end {
            let name = format!("{}@{day}", holding.account);
            if let Ok(explanation) = explain(&engine, &name).await {
                for sum in explanation.arithmetic {
                    assert!(sum.holds(), "{sum:?}");
                    let (_, book) = sum.about.rsplit_once(" in ").unwrap();
                    shown.insert(book.to_owned(), sum.total);
                }
            }
            day = day.checked_add(1.day()).unwrap();
        }
        assert_eq!(shown.get(&book.book), Some(&holding.ours), "{holding:?}");
    }
}

#[tokio::test]
async fn a_payout_opens_to_its_rows_and_an_order_to_what_was_agreed_and_paid() {
    let (stage, proof) = told().await;
    let engine = stage.engine().await;
    assert!(proof.payouts.len() > 3);
    for check in &proof.payouts {
        let sums = sums(&engine, &check.about).await;
        let [sum] = &sums[..] else { panic!("{}: {sums:?}", check.about) };
        assert_eq!((sum.total, sum.stated), (check.expected, Some(check.expected)));
        assert!(!sum.terms.is_empty());
    }
    for number in 1_001..1_061 {
        let sums = sums(&engine, &format!("#{number}")).await;
        let (last, agreed) = sums.split_last().unwrap();
        assert_eq!(last.about, format!("#{number}: agreed less paid"));
        let totals: Vec<Money> = agreed.iter().map(|sum| sum.total).collect();
        let terms: Vec<Money> = last.terms.iter().map(|term| term.amount).collect();
        assert_eq!(terms[..totals.len()], totals[..], "#{number}");
    }
}

#[tokio::test]
async fn slots_days_without_entries_and_small_letters_open_too() {
    let (stage, proof) = told().await;
    let engine = stage.engine().await;
    let mut entered = Vec::new();
    for number in 1_001..1_061 {
        entered.extend(explain(&engine, &format!("#{number}")).await.unwrap().documents);
    }
    let document = &entered.first().expect("an order is entered").change;
    let slot = document.slot.clone().unwrap();
    for name in [slot.clone(), format!("slot:{slot}"), format!("slot: {slot}")] {
        let found = explain(&engine, &name).await.unwrap().documents;
        assert!(found.iter().any(|it| it.change.id == document.id), "{name}: {found:?}");
    }
    let found = explain(&engine, &document.id.to_lowercase()).await.unwrap().documents;
    assert!(found.iter().all(|it| it.change.slot.as_ref() == Some(&slot)), "{found:?}");

    let long_after: Date = "2030-01-02".parse().unwrap();
    let holding = proof.books[0].accounts.iter().find(|it| !it.ours.is_zero()).unwrap();
    for account in [holding.account.clone(), holding.account.to_uppercase()] {
        let explanation = explain(&engine, &format!("{account}@{long_after}")).await.unwrap();
        assert!(explanation.documents.is_empty(), "{explanation:?}");
        let totals: Vec<Money> = explanation.arithmetic.iter().map(|sum| sum.total).collect();
        assert!(totals.contains(&holding.ours), "{totals:?} for {holding:?}");
    }
    let long_before = format!("{}@1999-12-31", holding.account);
    let sums = sums(&engine, &long_before).await;
    assert!(sums.iter().all(|sum| sum.total.is_zero() && sum.terms.is_empty()), "{sums:?}");
    assert!(explain(&engine, "No such account@2030-01-02").await.is_err());
}
