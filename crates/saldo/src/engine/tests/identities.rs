//! The twelve identities of a whole merchant.

use super::super::pull::pull_all;
use super::super::{
    FactCounts, IdentityLine, IdentityProof, ProofReport, Verdict, approve, plan, rebuild,
};
use super::bookkeeper::Bookkeeper;
use super::stage::{Stage, world};
use crate::templates::applied;
use jiff::ToSpan;
use saldo_core::money::Money;
use saldo_core::proof::{Figure, Identity};
use saldo_core::text::GroupId;
use saldo_sim::fault::FaultSettings;
use saldo_store::GroupFigures;
use std::collections::{BTreeMap, BTreeSet};

async fn proved(seed: u64) -> (Stage, ProofReport) {
    let stage = Stage::after(&world(seed, 150, 40), &FaultSettings::none()).await;
    stage.sync().await;
    let proof = stage.prove().await;
    (stage, proof)
}

fn identity(proof: &ProofReport, number: u8) -> &IdentityProof {
    proof.identities.iter().find(|it| it.number == number).unwrap()
}

#[tokio::test]
async fn what_can_be_known_is_proved_and_what_cannot_is_said() {
    let (_, proof) = proved(31).await;
    let numbers: Vec<u8> = proof.identities.iter().map(|it| it.number).collect();
    assert_eq!(numbers, (1..=12).collect::<Vec<u8>>());
    for number in [1, 2, 3, 4, 6, 7, 9, 10, 12] {
        let it = identity(&proof, number);
        assert_eq!(it.verdict, Verdict::Proved, "{it:#?}");
        assert!(it.behind.is_empty() && it.lines.iter().all(|line| line.facts > 0), "{it:#?}");
    }
    for number in [8, 11] {
        let it = identity(&proof, number);
        assert_eq!(it.verdict, Verdict::Unknown, "{it:#?}");
        assert!(it.unknown.is_some());
    }
    let taxes = &identity(&proof, 4).lines;
    assert!(taxes.len() > 2, "each tax by itself: {taxes:#?}");
    let owed = taxes.iter().filter(|line| line.book.is_none()).map(|line| line.found);
    let owed = Money::sum(taxes[0].found.currency(), owed).unwrap();
    let accounts = &proof.books[0].accounts;
    let held = accounts.iter().find(|it| it.account == "Sales tax payable").unwrap();
    assert_eq!(owed, held.ours, "what the entries owe stands in the book");
    let awaited = taxes.iter().filter(|line| !line.awaited.is_zero()).count();
    assert!(awaited > 0, "the tax of the order that is held is awaited: {taxes:#?}");
    let standings = identity(&proof, 9);
    let counted: u64 = standings.lines.iter().map(|line| line.facts).sum();
    let facts = proof.facts;
    let by_day: u64 = standings.days.iter().map(|day| day.line.facts).sum();
    assert!(counted > 200 && counted == by_day, "{counted} {by_day}");
    assert_eq!(counted, proof.facts.all(), "each stands in one state, and none is left out");
    assert_eq!(by_word(standings), [facts.posted, facts.waiting, facts.excluded, facts.held, 0]);
}

/// How many facts of all days are posted, wait, are excluded, held, or failed.
fn by_word(standings: &IdentityProof) -> [u64; 5] {
    [", posted", ", waiting", ", excluded", ", held", ", failed"].map(|word| {
        let own = standings.days.iter().filter(|day| {
            day.line.about.contains(word) && !day.line.about.starts_with("documents, ")
        });
        own.map(|day| day.line.facts).sum()
    })
}

#[tokio::test]
async fn what_is_not_in_every_book_is_told_apart_on_its_day() {
    let stage = Stage::after(&world(8, 60, 30), &FaultSettings::none()).await;
    let engine = stage.engine().await;
    let of = async || {
        let proof = super::super::prove(&engine).await.unwrap();
        let FactCounts { posted, waiting, excluded, held, failed, .. } = proof.facts;
        let standings = identity(&proof, 9);
        assert_eq!(by_word(standings), [posted, waiting, excluded, held, failed]);
        let counted: u64 = standings.lines.iter().map(|line| line.facts).sum();
        assert_eq!(counted, proof.facts.all());
        let all = |word: &str| {
            let own = standings.lines.iter().filter(|line| line.about == format!("orders, {word}"));
            own.map(|line| (line.facts, line.found.minor())).next().unwrap_or_default()
        };
        [all("posted"), all("waiting for approval"), all("waiting for a book")]
    };
    pull_all(&engine).await.unwrap();
    plan(&engine, None).await.unwrap();
    let [posted, planned, approved] = of().await;
    assert!(planned.0 > 20 && planned.1 > 0 && approved == (0, 0), "{planned:?}");
    approve(&engine, None, "owner").await.unwrap();
    assert_eq!(of().await, [posted, approved, planned], "sums and counts go along");
    engine.store.close().await;
    stage.sync().await;
    let proof = stage.prove().await;
    assert_eq!(by_word(identity(&proof, 9))[0], proof.facts.posted);
}

type Sides = BTreeMap<(Option<String>, String), (i64, i64)>;

fn sides<'a>(lines: impl Iterator<Item = &'a IdentityLine>) -> Sides {
    let mut sides = Sides::new();
    for it in lines {
        let (expected, found) = sides.entry((it.book.clone(), it.about.clone())).or_default();
        *expected += it.expected.minor();
        *found += it.found.minor();
    }
    sides
}

#[tokio::test]
async fn each_identity_is_told_by_day_and_account_and_the_days_come_to_its_lines() {
    let (_, proof) = proved(31).await;
    for number in [2, 3, 4, 6, 7, 10, 12] {
        let it = identity(&proof, number);
        let by_day = sides(it.days.iter().map(|day| &day.line));
        let mut whole = sides(it.lines.iter());
        // What shops say of gift cards and store credit holds as of an instant.
        whole.retain(|key, _| number != 3 || by_day.contains_key(key));
        assert_eq!(by_day, whole, "{number}");
        assert!(it.days.len() > it.lines.len(), "{number}: {it:#?}");
        let differing: Vec<_> = it.days.iter().filter(|day| day.differs()).collect();
        assert!(differing.is_empty(), "{number}: {differing:#?}");
    }
    let payouts = identity(&proof, 1);
    let accounts: BTreeSet<&str> = payouts.days.iter().map(|it| &*it.line.about).collect();
    assert_eq!(accounts, BTreeSet::from(["Clearing: Shopify Payments"]));
    for line in &payouts.lines {
        let own = payouts.days.iter().filter(|day| day.line.book == line.book);
        assert_eq!(own.map(|day| day.line.facts).sum::<u64>(), line.facts, "{line:#?}");
    }
    let books: BTreeSet<_> = payouts.days.iter().map(|day| day.line.book.as_deref()).collect();
    assert_eq!(books.len(), 3, "their rows and two books: {books:?}");
}

#[tokio::test]
async fn what_is_behind_a_difference_of_a_clearing_account_is_named_by_day() {
    let stage = Stage::after(&world(8, 60, 30), &FaultSettings::none()).await;
    let engine = stage.engine().await;
    pull_all(&engine).await.unwrap();
    plan(&engine, None).await.unwrap();
    approve(&engine, None, "owner").await.unwrap();
    let before = super::super::prove(&engine).await.unwrap();
    let clearing = identity(&before, 2);
    assert_eq!(clearing.verdict, Verdict::Differs);
    let pending: Vec<_> = clearing.behind.iter().map(|it| &*it.about).collect();
    assert!(pending.iter().any(|about| about.ends_with("not acknowledged")), "{clearing:#?}");
    let day = clearing.days.iter().find(|day| day.differs()).unwrap();
    let named = format!("{} of {} in ", day.line.about, day.day);
    assert!(pending.iter().any(|about| about.starts_with(&named)), "{named}: {clearing:#?}");
    engine.store.close().await;
    stage.sync().await;
    assert_eq!(identity(&stage.prove().await, 2).verdict, Verdict::Proved);
    let person = Bookkeeper::of(&stage);
    let on = stage.company.start_date + 5.days();
    person.journal(on, "3.00", "Clearing - Shopify Payments", "Sales of Product Income");
    let after = stage.prove().await;
    let [others] = &identity(&after, 2).behind[..] else { panic!("{:#?}", identity(&after, 2)) };
    assert_eq!(others.fact, "Clearing: Shopify Payments");
    assert!(others.about.ends_with("by others, or changed there"), "{others:?}");
    assert_eq!(others.difference.minor(), 300);
}

#[tokio::test]
async fn taxes_of_one_jurisdiction_are_proved_and_reported_as_one() {
    let (stage, before) = proved(5).await;
    let titles: Vec<&str> = identity(&before, 4).lines.iter().map(|it| &*it.about).collect();
    assert!(
        titles.contains(&"Texas State Tax") && titles.contains(&"Austin City Tax"),
        "{titles:?}"
    );
    let owed = |proof: &ProofReport, whose: &[&str]| {
        let lines = identity(proof, 4).lines.iter().filter(|it| whose.contains(&&*it.about));
        lines.map(|it| it.expected.minor()).sum::<i64>()
    };
    let apart = owed(&before, &["Texas State Tax", "Austin City Tax"]);
    let texas = "[tax.jurisdictions]\n\"Texas *\" = \"Texas\"\n\"Austin *\" = \"Texas\"";
    stage.decide(texas).await;
    stage.sync().await;
    let proof = stage.prove().await;
    let taxes = identity(&proof, 4);
    assert_eq!(taxes.verdict, Verdict::Proved, "{taxes:#?}");
    assert!(apart < 0 && owed(&proof, &["Texas"]) == apart, "{taxes:#?}");
    assert!(taxes.lines.iter().all(|it| !it.about.starts_with("Austin")), "{taxes:#?}");
}

#[tokio::test]
async fn every_sale_by_invoice_is_proved_and_stands_when_nothing_changes() {
    let stage = Stage::after(&world(5, 120, 30), &FaultSettings::none()).await;
    let words = "sales = \"invoice\"\n[customers.sources]\npos = \"Till\"\nweb = \"Web\"";
    stage.revise_for_all_days(|before| applied(before, words).unwrap()).await;
    stage.sync().await;
    let proof = stage.prove().await;
    assert!(proof.holds(), "{proof:#?}");
    let before = stage.sums();
    stage.sync().await;
    assert_eq!(stage.sums(), before);
    let engine = stage.engine().await;
    assert!(rebuild(&engine).await.unwrap().identical);
}

#[tokio::test]
async fn a_second_proof_works_nothing_out_and_a_rebuild_comes_to_the_same() {
    let (stage, first) = proved(5).await;
    let engine = stage.engine().await;
    let open = || engine.store.unfigured_groups(engine.company_id(), 10);
    assert_eq!(open().await.unwrap(), []);
    stage.sync().await;
    assert_eq!(open().await.unwrap(), [], "nothing new was heard");
    let sums = engine.store.figure_sums(engine.company_id()).await.unwrap();
    assert!(rebuild(&engine).await.unwrap().identical);
    assert!(!open().await.unwrap().is_empty());
    let again = stage.prove().await;
    assert_eq!(engine.store.figure_sums(engine.company_id()).await.unwrap(), sums);
    let lines = |proof: &ProofReport| serde_json::to_value(&proof.identities).unwrap();
    assert_eq!(lines(&again), lines(&first));
}

#[tokio::test]
async fn a_difference_names_its_fact_and_does_not_add_up() {
    let (stage, proof) = proved(5).await;
    let line = identity(&proof, 4).lines[0].clone();
    let engine = stage.engine().await;
    let company = engine.company_id();
    let off = Figure {
        identity: Identity::TaxPayable,
        about: line.about.clone(),
        day: stage.company.start_date,
        expected: Money::zero(line.found.currency()),
        found: Money::from_minor(-7, line.found.currency()),
        awaited: Money::zero(line.found.currency()),
        facts: 1,
    };
    let group = GroupId::from("order/shop/Order/none");
    let figures = GroupFigures { group, mark: 1, figures: vec![off] };
    engine.store.save_figures(company, &[figures]).await.unwrap();
    let proof = stage.prove().await;
    assert!(!proof.adds_up());
    let tax = identity(&proof, 4);
    assert_eq!(tax.verdict, Verdict::Differs);
    let [behind] = &tax.behind[..] else { panic!("{tax:#?}") };
    assert_eq!((behind.fact.as_str(), behind.difference.minor()), ("shop/Order/none", -7));
    assert_eq!(identity(&proof, 3).verdict, Verdict::Proved, "the others stand");
}
