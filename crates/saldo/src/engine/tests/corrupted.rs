//! Books that somebody damaged: each identity shows by how much, on which day, and which document
//! is behind it.

use super::super::{IdentityProof, ProofReport, Verdict};
use super::bookkeeper::Bookkeeper;
use super::costed::purchase;
use super::stage::{Stage, world};
use crate::merchant::COMPANY;
use jiff::civil::Date;
use saldo_core::book::Subject;
use saldo_core::plan::Change;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::World;
use saldo_store::EntryFilter;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

const BOOK: &str = "plain-text";
const CLEARING: &str = "Clearing: Shopify Payments";

/// The identities that are proved in books, and the accounts that each is about.
const ACCOUNTS: [(u8, &[&str]); 6] = [
    (2, &[CLEARING]),
    (3, &["Gift card liability", "Store credit liability"]),
    (4, &["Sales tax payable"]),
    (6, &["Accounts receivable", "Customer deposits / deferred revenue"]),
    (7, &["Disputes receivable", "Reserves held by platform"]),
    (10, &["Rounding differences"]),
];

async fn proved() -> (Stage, ProofReport) {
    let stage = Stage::after(&world(31, 300, 40), &FaultSettings::none()).await;
    stage.sync().await;
    let proof = stage.prove().await;
    assert!(proof.holds());
    (stage, proof)
}

fn identity(proof: &ProofReport, number: u8) -> &IdentityProof {
    proof.identities.iter().find(|it| it.number == number).unwrap()
}

/// What is in the text books.
async fn documents(stage: &Stage) -> Vec<Change> {
    let engine = stage.engine().await;
    let all = engine.store.entries(engine.company_id(), &BOOK.into(), EntryFilter::default());
    let all = all.all().await.unwrap();
    engine.store.close().await;
    all.into_iter().filter(|it| it.receipt.is_some()).map(|it| it.change).collect()
}

/// What a document moves on these accounts, or on those of single taxes below them.
fn moved(change: &Change, accounts: &[&str]) -> i64 {
    let Subject::Document { document, .. } = &change.subject else { return 0 };
    let is_one = |name: &str| {
        let parent = name.split_once(':').map_or(name, |(parent, _)| parent);
        accounts.contains(&name) || accounts.contains(&parent)
    };
    let own = document.lines().iter().filter(|line| is_one(&line.account.name));
    own.map(|line| line.held().minor()).sum()
}

/// Deletes an entry from both syntaxes of its month; the files as they were.
fn delete(stage: &Stage, key: &str) -> Vec<(String, String)> {
    let mut before = Vec::new();
    for (name, text) in stage.books().files {
        let is_it = |block: &&str| {
            block.contains(&format!("saldo: \"{key}\"")) || block.contains(&format!("saldo:{key},"))
        };
        let left: Vec<&str> = text.split("\n\n").filter(|block| !is_it(block)).collect();
        let left = left.join("\n\n");
        if left.len() < text.trim_end().len() {
            std::fs::write(stage.books_folder().join(&name), left + "\n").unwrap();
            before.push((name, text));
        }
    }
    assert_eq!(before.len(), 2, "one of each syntax");
    before
}

/// What an identity says of the text books: the difference of all its lines, and of its days.
fn differences(proof: &ProofReport, number: u8) -> (i64, BTreeMap<Date, i64>) {
    let it = identity(proof, number);
    let lines = it.lines.iter().filter(|line| line.book.as_deref() == Some(BOOK));
    let mut days: BTreeMap<Date, i64> = BTreeMap::new();
    for day in it.days.iter().filter(|day| day.line.book.as_deref() == Some(BOOK)) {
        *days.entry(day.day).or_default() += day.line.difference.minor();
    }
    days.retain(|_, minor| *minor != 0);
    (lines.map(|line| line.difference.minor()).sum(), days)
}

#[tokio::test]
async fn a_deleted_document_shows_in_each_identity_whose_account_it_moved() {
    let (stage, _) = proved().await;
    let all = documents(&stage).await;
    for (number, accounts) in ACCOUNTS {
        let change = all.iter().find(|it| moved(it, accounts) != 0).unwrap();
        let Subject::Document { key, .. } = &change.subject else { panic!("{change:?}") };
        let (key, day) = (key.to_string(), change.date().unwrap());
        let files = delete(&stage, &key);
        let proof = stage.prove().await;
        assert!(!proof.adds_up());
        for (identity_number, accounts) in ACCOUNTS {
            let off = -moved(change, accounts);
            let days: BTreeMap<Date, i64> = (off != 0).then_some((day, off)).into_iter().collect();
            let shown = differences(&proof, identity_number);
            assert_eq!(shown, (off, days), "{key}: {:#?}", identity(&proof, identity_number));
            let it = identity(&proof, identity_number);
            let verdict = if off == 0 { Verdict::Proved } else { Verdict::Differs };
            assert_eq!(it.verdict, verdict, "{it:#?}");
            let named: Vec<_> = it.behind.iter().filter(|fact| fact.fact == key).collect();
            let by: i64 = named.iter().map(|fact| fact.difference.minor()).sum();
            assert_eq!((named.is_empty(), by), (off == 0, off), "{it:#?}");
        }
        assert_ne!(differences(&proof, number).0, 0);
        for (name, text) in files {
            std::fs::write(stage.books_folder().join(name), text).unwrap();
        }
    }
    stage.assert_proven("as it was").await;
}

#[tokio::test]
async fn a_payout_that_was_deleted_shows_in_the_first_identity_on_its_day() {
    let (stage, _) = proved().await;
    let all = documents(&stage).await;
    let is_payout = |it: &&Change| it.slot.as_ref().is_some_and(|slot| slot.contains("Payout/"));
    let change = all.iter().find(is_payout).unwrap();
    let Subject::Document { key, document, .. } = &change.subject else { panic!("{change:?}") };
    delete(&stage, key.as_str());
    let proof = stage.prove().await;
    let off = document.total().unwrap().minor();
    let (difference, days) = differences(&proof, 1);
    assert_eq!((difference.abs(), days.len()), (off.abs(), 1), "{days:?}");
    assert_eq!(days.first_key_value(), Some((&document.header().date, &difference)));
    let [behind] = &identity(&proof, 1).behind[..] else { panic!("{:#?}", proof.payouts) };
    assert_eq!(behind.about, "payouts in plain-text");
    assert_eq!(behind.difference.minor(), difference);
    let slot = change.slot.as_deref().unwrap();
    assert!(slot.contains(&behind.fact), "{slot}: {behind:?}");
    let other = proof.of_books(&[COMPANY.into()]);
    assert_eq!(identity(&other, 1).verdict, Verdict::Proved, "the other book holds it");
}

#[tokio::test]
async fn what_others_enter_on_the_account_of_tax_is_shown_and_is_no_difference() {
    let (stage, before) = proved().await;
    let of = |proof: &ProofReport| {
        let lines = &identity(proof, 4).lines;
        let own = lines.iter().find(|it| it.about == "all taxes" && !is_text(it.book.as_deref()));
        own.cloned().unwrap()
    };
    let told = of(&before);
    assert!(told.others.is_zero() && told.facts > 100 && told.difference.is_zero(), "{told:?}");
    let person = Bookkeeper::of(&stage);
    person.journal(stage.company.start_date, "5.00", "Sales Tax Agency Payable", "Checking");
    let proof = stage.prove().await;
    let line = of(&proof);
    assert_eq!((line.others.minor(), line.difference.minor()), (500, 0), "{line:?}");
    assert_eq!(line.found.minor(), told.found.minor() + 500, "the book holds it");
    assert_eq!(identity(&proof, 4).verdict, Verdict::Proved);
}

fn is_text(book: Option<&str>) -> bool {
    book == Some(BOOK)
}

#[tokio::test]
async fn the_worth_of_stock_is_told_by_day_and_a_deleted_cost_shows_on_its_own() {
    let settings = world(31, 150, 40);
    let told = World::generate(&settings).unwrap();
    let stage = Stage::after(&settings, &FaultSettings::none()).await;
    stage.decide("cost.owner = \"saldo\"").await;
    // All that is sold came in before: what nobody told to have come has no layers.
    let items: Vec<_> = told
        .products
        .iter()
        .enumerate()
        .filter_map(|(number, product)| {
            Some(json!({
                "id": number + 10, "sku": product.sku.as_ref()?, "product_title": "It",
                "quantity": 1_000, "cost_price": "2.00", "received_at": told.begins,
            }))
        })
        .collect();
    let order = json!({
        "id": 2, "number": 1001, "created_at": told.begins, "ordered_at": told.begins,
        "supplier_name": "Potter & Sons", "currency": "USD", "adjustments": null,
        "shipping": null, "invoice_number": null, "invoice_date": null, "purchase_items": items,
    });
    purchase(&stage, &order).await;
    stage.clock.advance(Duration::from_hours(48));
    stage.sync().await;
    let proof = stage.prove().await;
    let (by, days) = differences(&proof, 8);
    let stock = identity(&proof, 8);
    let agreeing = stock.days.iter().filter(|day| !day.differs()).count();
    assert!(agreeing > 20 && agreeing > days.len(), "{stock:#?}");
    let all = documents(&stage).await;
    let entered = |it: &&Change| moved(it, &["Inventory"]) < 0;
    let change = all.iter().find(entered).unwrap();
    let Subject::Document { key, .. } = &change.subject else { panic!("{change:?}") };
    delete(&stage, key.as_str());
    let proof = stage.prove().await;
    let off = -moved(change, &["Inventory"]);
    let mut expected = days;
    *expected.entry(change.date().unwrap()).or_default() += off;
    expected.retain(|_, minor| *minor != 0);
    assert_eq!(differences(&proof, 8), (by + off, expected), "{:#?}", identity(&proof, 8).lines);
}
