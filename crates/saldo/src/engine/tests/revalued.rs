//! What is open in another currency is valued over month ends: at the rate that the owner states,
//! in books that do not do so themselves, and again where something comes late.

use super::super::{
    DecisionError, Opening, Selection, TakeBack, close_until, decide_this, explain, open_all,
    rebuild, undo,
};
use super::foreign::{order, payout, row, say, say_what_arrived};
use super::stage::{Stage, world};
use super::templates::check;
use crate::merchant::COMPANY;
use jiff::civil::Date;
use saldo_core::accounting::is_revaluation;
use saldo_core::commerce::{Decided, Said};
use saldo_core::money::Currency;
use saldo_core::text::ConnectionId;
use saldo_sim::fault::FaultSettings;
use saldo_store::EntryFilter;
use serde_json::Value;

const CLEARING: &str = "Clearing: Shopify Payments EUR";
const REALISED: &str = "FX gain/loss (realised)";
const UNREALISED: &str = "FX gain/loss (unrealised)";

/// A merchant in September, of whose August 95.00 euros are open that came in at 104.50 dollars.
async fn stage() -> Stage {
    let stage = Stage::after(&world(3, 40, 45), &FaultSettings::none()).await;
    stage.sync().await;
    let engine = stage.engine().await;
    say(&engine, "orders", &order()).await;
    say(&engine, "balance-transactions", &row()).await;
    engine.store.close().await;
    stage.sync().await;
    stage
}

/// The same as another one of this number.
fn numbered(value: &Value, number: &str) -> Value {
    serde_json::from_str(&value.to_string().replace("91", number)).unwrap()
}

async fn state_rate(stage: &Stage, on: &str, rate: &str) -> Result<u32, DecisionError> {
    let engine = stage.engine().await;
    let (currency, rate) = (Currency::parse("EUR").unwrap(), rate.parse().unwrap());
    let decided = Decided::ClosingRate { currency, rate };
    let (by, at) = ("Ann".to_owned(), engine.clock.now());
    let said = Said { by, at, on: on.parse().unwrap(), decided, taken_back: None };
    let number = decide_this(&engine, said, Opening::Nothing).await.map(|kept| kept.number);
    engine.store.close().await;
    number
}

/// What stands on an account in plain text at the end of a day, in euros and in dollars.
async fn stands(stage: &Stage, account: &str, day: &str) -> (i64, i64) {
    let engine = stage.engine().await;
    let (company, book) = (engine.company_id(), "plain-text".into());
    let day: Date = day.parse().unwrap();
    let sums = engine.store.account_sums(company, &book, Some(day)).await.unwrap();
    engine.store.close().await;
    let of = |code| {
        let currency = Currency::parse(code).unwrap();
        sums.get(account).map_or(0, |balance| balance.of(currency).minor())
    };
    (of("EUR"), of("USD"))
}

/// How many revaluations, and documents that take them back, were ever meant for a book.
async fn revaluations(stage: &Stage, book: &str) -> usize {
    let engine = stage.engine().await;
    let (company, book) = (engine.company_id(), ConnectionId::new(book));
    let all = EntryFilter { with_approved: true, ..EntryFilter::default() };
    let mut pages = engine.store.entries(company, &book, all);
    let mut count = 0;
    while let Some(page) = pages.next_page().await.unwrap() {
        let slots = page.iter().filter_map(|it| it.change.slot.as_ref());
        count += slots.filter(|slot| is_revaluation(slot)).count();
    }
    engine.store.close().await;
    count
}

async fn assert_clearing_holds(stage: &Stage) {
    let proof = stage.prove().await;
    let book = proof.books.iter().find(|book| book.book == "plain-text").unwrap();
    assert!(book.clearing.iter().chain(&book.payouts).all(|it| it.holds()), "{book:#?}");
    assert!(book.documents.differing.is_empty(), "{:#?}", book.documents.differing);
    for holding in &book.accounts {
        assert!(holding.others.is_zero(), "{holding:?}");
    }
    // The company takes no euros, and lacks them.
    let lines = proof.identities.iter().flat_map(|it| &it.lines);
    let mut lines = lines.filter(|it| it.book.as_deref() != Some(COMPANY));
    assert!(lines.all(|it| it.difference.is_zero()), "{:#?}", proof.identities);
    let folder = stage.books_folder();
    check("bean-check", &["main.beancount"], &folder);
    check("hledger", &["-f", "main.journal", "check", "--strict"], &folder);
    let engine = stage.engine().await;
    assert!(rebuild(&engine).await.unwrap().identical);
    engine.store.close().await;
}

#[tokio::test]
async fn a_month_ends_at_the_rate_that_is_stated() {
    let stage = stage().await;
    let missing = "owner/ClosingRate/EUR/2026-08".to_owned();
    assert!(stage.held().await.contains(&missing));
    for name in [missing.as_str(), "EUR/2026-08"] {
        let explained = explain(&stage.engine().await, name).await.unwrap();
        let [issue] = &explained.untold[..] else { panic!("{explained:?}") };
        assert_eq!(issue.about.as_str(), missing);
        assert!(issue.hint.contains("saldo decide closing-rate EUR 2026-08-31"), "{issue:?}");
    }
    assert_eq!(stands(&stage, CLEARING, "2026-08-31").await, (9_500, 0));
    state_rate(&stage, "2026-08-31", "1.0912").await.unwrap();
    stage.sync().await;
    assert!(!stage.held().await.contains(&missing));
    assert_eq!(stands(&stage, CLEARING, "2026-08-31").await, (9_500, -84));
    assert_eq!(stands(&stage, UNREALISED, "2026-08-31").await, (0, 84));
    assert_eq!(stands(&stage, CLEARING, "2026-09-01").await, (9_500, 0));
    assert_eq!(stands(&stage, UNREALISED, "2026-09-01").await, (0, 0));
    assert_eq!(revaluations(&stage, "plain-text").await, 2);
    assert_eq!(revaluations(&stage, COMPANY).await, 0, "it values open balances itself");
    assert_clearing_holds(&stage).await;
    let (_, realised) = stands(&stage, REALISED, "2026-12-31").await;
    // Paid out in September it realises what it would have without a month's end between.
    let engine = stage.engine().await;
    let later = payout().to_string().replace("2026-08-12", "2026-09-02");
    say(&engine, "payouts", &serde_json::from_str(&later).unwrap()).await;
    engine.store.close().await;
    stage.sync().await;
    let engine = stage.engine().await;
    say_what_arrived(&engine, "2026-09-03").await;
    engine.store.close().await;
    stage.sync().await;
    assert_eq!(stands(&stage, CLEARING, "2026-12-31").await, (0, 0));
    assert_eq!(stands(&stage, REALISED, "2026-12-31").await, (0, realised + 95));
    assert_eq!(stands(&stage, UNREALISED, "2026-12-31").await, (0, 0));
    assert_eq!(revaluations(&stage, "plain-text").await, 2, "August stays as it was");
    assert_clearing_holds(&stage).await;
}

#[tokio::test]
async fn what_comes_late_is_valued_too() {
    for closed in [false, true] {
        let stage = stage().await;
        state_rate(&stage, "2026-08-31", "1.0912").await.unwrap();
        stage.sync().await;
        if closed {
            let engine = stage.engine().await;
            close_until(&engine, "2026-08-31".parse().unwrap(), true, "Ann").await.unwrap();
            engine.store.close().await;
        }
        let engine = stage.engine().await;
        say(&engine, "orders", &numbered(&order(), "92")).await;
        say(&engine, "balance-transactions", &numbered(&row(), "92")).await;
        engine.store.close().await;
        stage.sync().await;
        // 190.00 euros that came in at 209.00 dollars are 207.328 at the rate: 1.67 less.
        let at_the_end = if closed { (9_500, -84) } else { (19_000, -167) };
        assert_eq!(stands(&stage, CLEARING, "2026-08-31").await, at_the_end, "closed: {closed}");
        assert_eq!(stands(&stage, CLEARING, "2026-09-01").await, (19_000, 0), "closed: {closed}");
        assert_eq!(stands(&stage, UNREALISED, "2026-09-01").await, (0, 0), "closed: {closed}");
        assert_clearing_holds(&stage).await;
    }
}

#[tokio::test]
async fn what_takes_a_valuation_back_waits_with_it() {
    let stage = stage().await;
    stage.decide("periods.late = \"hold\"").await;
    let engine = stage.engine().await;
    close_until(&engine, "2026-08-31".parse().unwrap(), true, "Ann").await.unwrap();
    engine.store.close().await;
    state_rate(&stage, "2026-08-31", "1.0912").await.unwrap();
    for _ in 0..2 {
        stage.sync().await;
        assert_eq!(stands(&stage, CLEARING, "2026-12-31").await, (9_500, 0));
        assert_eq!(stands(&stage, UNREALISED, "2026-12-31").await, (0, 0), "neither is entered");
    }
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    let failed = failed.iter().filter(|it| it.change.book.as_str() == "plain-text");
    assert_eq!(failed.count(), 2, "the entry, and what takes it back");
    open_all(&engine, "Ann").await.unwrap();
    engine.store.close().await;
    stage.sync().await;
    assert_eq!(stands(&stage, CLEARING, "2026-08-31").await, (9_500, -84));
    assert_eq!(stands(&stage, CLEARING, "2026-09-01").await, (9_500, 0));
    assert_clearing_holds(&stage).await;
}

#[tokio::test]
async fn a_valuation_is_taken_out_with_what_takes_it_back() {
    let stage = stage().await;
    state_rate(&stage, "2026-08-31", "1.0912").await.unwrap();
    stage.sync().await;
    assert_eq!(stands(&stage, UNREALISED, "2026-08-31").await, (0, 84));
    let day: Date = "2026-08-31".parse().unwrap();
    let (selection, only) = (Selection::Days(day, Some(day)), Some("plain-text"));
    let engine = stage.engine().await;
    undo(&engine, TakeBack { selection: &selection, only, voids: false }, "Ann").await.unwrap();
    engine.store.close().await;
    stage.sync().await;
    for day in ["2026-08-31", "2026-09-01"] {
        assert_eq!(stands(&stage, UNREALISED, day).await, (0, 0), "{day}");
        assert_eq!(stands(&stage, CLEARING, day).await, (9_500, 0), "{day}");
    }
}

#[tokio::test]
async fn a_rate_without_sense_is_not_kept() {
    let stage = Stage::after(&world(3, 40, 20), &FaultSettings::none()).await;
    stage.sync().await;
    for (on, rate, why) in [
        ("2026-08-30", "1.1", "2026-08-30 is not the last day of its month"),
        ("2026-08-31", "0", "a rate of 0 is none"),
        ("2026-08-31", "-1.1", "a rate of -1.1 is none"),
        ("2026-07-31", "1.1", "2026-07-31 is before 2026-08-03, the first day of these books"),
    ] {
        assert_eq!(state_rate(&stage, on, rate).await.unwrap_err().to_string(), why);
    }
}
