//! Companies that come to sales tax otherwise than by the vendor's own way: nothing with tax is
//! entered there until the connection says how, or they do, and then all of it as though they
//! always had.

use super::stage::{Stage, world};
use crate::engine::Engine;
use crate::merchant::COMPANY;
use saldo_core::book::{RefusalKind, Subject};
use saldo_core::document::{Document, LineKind};
use saldo_core::text::ConnectionId;
use saldo_sim::books::quickbooks_online::TaxCode;
use saldo_sim::fault::FaultSettings;
use saldo_store::EntryFilter;
use std::collections::{BTreeMap, BTreeSet};

const AGENCY: &str = "Sales Tax Agency Payable";

#[tokio::test]
async fn what_the_book_would_tax_otherwise_waits_until_it_does_not() {
    let settings = world(3, 40, 20);
    let undisturbed = Stage::after(&settings, &FaultSettings::none()).await;
    undisturbed.sync().await;
    let expected = undisturbed.books().ledger;
    assert!(expected.contains(AGENCY));
    for (using_sales_tax, automated, words) in [
        (false, true, "the book collects no sales tax, and this has "),
        (true, false, "the book works out sales tax by codes that its owner set up"),
    ] {
        let stage = Stage::after(&settings, &FaultSettings::none()).await;
        let set = |using, automated| {
            let mut company = stage.merchant.company();
            let settings = &mut company.company_mut().settings;
            (settings.using_sales_tax, settings.automated_sales_tax) = (using, automated);
        };
        set(using_sales_tax, automated);
        stage.sync().await;
        let entered = stage.books().ledger;
        assert!(!entered.contains(AGENCY) && entered.lines().count() > 10, "{entered}");
        let engine = stage.engine().await;
        let failed = engine.store.failed(engine.company_id()).await.unwrap();
        assert!(!failed.is_empty());
        for failed in failed {
            assert_eq!(failed.refusal.kind, RefusalKind::SalesTaxOff, "{failed:#?}");
            assert!(failed.refusal.message.starts_with(words), "{}", failed.refusal.message);
            let Subject::Document { document, .. } = &failed.change.subject else { panic!() };
            assert!(!document.tax().unwrap().is_zero());
        }
        set(true, true);
        stage.sync().await;
        assert!(engine.store.failed(engine.company_id()).await.unwrap().is_empty());
        assert_eq!(stage.books().ledger, expected);
        stage.assert_proven("tax by the vendor's own way").await;
        engine.store.close().await;
    }
}

/// The taxes of a document, by name and rate.
fn taxes(document: &Document) -> BTreeSet<(String, String)> {
    let tax = |kind: &LineKind| match kind {
        LineKind::Tax { title, rate } => {
            Some((title.clone(), rate.unwrap().normalize().to_string()))
        }
        _ => None,
    };
    document.lines().iter().filter_map(|line| tax(&line.kind)).collect()
}

/// What was refused, and stands in no book.
async fn refused(engine: &Engine) -> BTreeMap<String, Document> {
    let failed = engine.store.failed(engine.company_id()).await.unwrap().into_iter();
    let document = |subject| match subject {
        Subject::Document { document, .. } => *document,
        other => panic!("{other:?}"),
    };
    failed.map(|it| (it.change.id, document(it.change.subject))).collect()
}

#[tokio::test]
async fn the_owners_codes_are_named_once_the_connection_says_so() {
    let settings = world(3, 40, 20);
    let undisturbed = Stage::after(&settings, &FaultSettings::none()).await;
    undisturbed.sync().await;
    let expected = undisturbed.books().ledger;
    let stage = Stage::after(&settings, &FaultSettings::none()).await;
    stage.merchant.company().company_mut().settings.automated_sales_tax = false;
    stage.sync().await;
    let engine = stage.engine().await;
    let company = engine.company_id();
    // The company has no code yet that any tax could be.
    let mut book = engine.store.connections(company).await.unwrap().into_iter();
    let mut book = book.find(|it| it.adapter == "quickbooks-online").unwrap();
    book.settings.insert("sales-tax".to_owned(), "codes".to_owned());
    engine.store.update_connection(company, &book).await.unwrap();
    stage.sync().await;
    let held = refused(&engine).await;
    let codes: BTreeSet<_> = held.values().map(taxes).collect();
    assert!(!codes.is_empty() && codes.iter().all(|taxes| !taxes.is_empty()), "{codes:?}");
    let code = |(index, taxes): (usize, &BTreeSet<(String, String)>)| TaxCode {
        name: format!("Code {index}"),
        rates: taxes.iter().map(|(name, rate)| (name.clone(), rate.parse().unwrap())).collect(),
        bought: Vec::new(),
    };
    let codes = codes.iter().enumerate().map(code).collect();
    stage.merchant.company().company_mut().settings.tax_codes = codes;
    let ids: Vec<String> = held.into_keys().collect();
    engine.store.retry(company, &book.id, &ids, stage.clock.now()).await.unwrap();
    stage.sync().await;
    assert_eq!(refused(&engine).await, BTreeMap::new());
    assert_eq!(stage.books().ledger, expected);
    stage.assert_proven("tax by the owner's codes").await;
    engine.store.close().await;
}

/// How much tax the documents of the company's book carry, by the state that their goods go to, or
/// else that of the company.
async fn by_state(stage: &Stage) -> BTreeMap<String, i64> {
    let engine = stage.engine().await;
    let (book, mut sums) = (ConnectionId::new(COMPANY), BTreeMap::new());
    let entries = engine.store.entries(engine.company_id(), &book, EntryFilter::default());
    for booked in entries.all().await.unwrap() {
        let Subject::Document { document, .. } = &booked.change.subject else { continue };
        let place = document.header().ships_to.as_ref();
        let in_states = place.filter(|place| place.country == "US");
        let state = in_states.and_then(|place| place.region.as_deref()).unwrap_or("CA");
        let taxes = document.lines().iter().filter(|it| matches!(it.kind, LineKind::Tax { .. }));
        *sums.entry(state.to_owned()).or_default() -=
            taxes.map(|line| line.amount.minor()).sum::<i64>();
    }
    engine.store.close().await;
    sums.retain(|_, minor| *minor != 0);
    sums
}

#[tokio::test]
async fn the_books_report_owes_each_state_the_tax_of_what_went_there() {
    let stage = Stage::after(&world(3, 120, 40), &FaultSettings::none()).await;
    let rates = [("CA", "8.25"), ("NJ", "6.625"), ("NY", "8.5"), ("TX", "8.25")];
    let rates = rates.map(|(state, rate)| (state.to_owned(), rate.parse().unwrap()));
    stage.merchant.company().company_mut().settings.collects_in = Some(BTreeMap::from(rates));
    stage.sync().await;
    let expected = by_state(&stage).await;
    assert!(expected.len() == 4, "{expected:?}");
    let told = stage.merchant.company().company().tax_by_rate().into_iter();
    let told: BTreeMap<String, i64> = told
        .map(|(rate, minor)| (rate.trim_end_matches(" State").to_owned(), minor))
        .filter(|(_, minor)| *minor != 0)
        .collect();
    assert_eq!(told, expected);
    let engine = stage.engine().await;
    assert!(engine.store.failed(engine.company_id()).await.unwrap().is_empty());
    engine.store.close().await;
}

#[tokio::test]
async fn all_tax_is_of_the_companys_own_place_where_the_connection_says_so() {
    let stage = Stage::after(&world(3, 120, 40), &FaultSettings::none()).await;
    let home = BTreeMap::from([("CA".to_owned(), "8.25".parse().unwrap())]);
    stage.merchant.company().company_mut().settings.collects_in = Some(home);
    let engine = stage.engine().await;
    let company = engine.company_id();
    let mut book = engine.store.connections(company).await.unwrap().into_iter();
    let mut book = book.find(|it| it.adapter == "quickbooks-online").unwrap();
    book.settings.insert("sales-tax".to_owned(), "automated-at-home".to_owned());
    engine.store.update_connection(company, &book).await.unwrap();
    engine.store.close().await;
    stage.sync().await;
    let all: i64 = by_state(&stage).await.into_values().sum();
    let told = stage.merchant.company().company().tax_by_rate();
    assert_eq!(told, BTreeMap::from([("CA State".to_owned(), all)]));
    stage.assert_proven("all tax at home").await;
}
