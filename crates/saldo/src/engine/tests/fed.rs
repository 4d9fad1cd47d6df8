//! Accounts that are fed by files: documents touch another account in their place, and each of
//! these has one row in one file.

use super::super::{
    EngineError, FeedError, FeedWish, MadeFile, MadeFiles, feeds, hand_feed_files, make_feed_files,
};
use super::foreign::{order, payout, row, say};
use super::stage::{Stage, by_account, world};
use crate::merchant::COMPANY;
use jiff::civil::Date;
use saldo_books::feed::feed_file;
use saldo_core::feed::{FeedFormat, FeedRow};
use saldo_core::money::Money;
use saldo_sim::fault::FaultSettings;
use std::collections::BTreeSet;

const BANK: &str = "feeds.Bank = { number = \"B-1\", opening = \"1000.00\" }";
const CLEARING: &str = "Clearing: Shopify Payments";
/// The same as the company calls it.
const CLEARING_THERE: &str = "Clearing - Shopify Payments";

const WISH: FeedWish<'static> =
    FeedWish { account: "Bank", book: Some(COMPANY), from: None, to: None };

async fn fed(words: &str) -> Stage {
    let stage = Stage::after(&world(2, 80, 30), &FaultSettings::none()).await;
    stage.decide(words).await;
    stage.sync().await;
    stage
}

/// Makes files, and lays them nowhere.
async fn make(stage: &Stage, wish: FeedWish<'_>) -> MadeFiles {
    let engine = stage.engine().await;
    let made = make_feed_files(&engine, wish).await.unwrap();
    engine.store.close().await;
    made
}

/// Makes files that somebody then has.
async fn make_and_hand(stage: &Stage, wish: FeedWish<'_>) -> MadeFiles {
    let made = make(stage, wish).await;
    let engine = stage.engine().await;
    hand_feed_files(&engine, &made).await.unwrap();
    engine.store.close().await;
    made
}

fn bytes(made: &MadeFiles) -> Vec<Vec<u8>> {
    let file = |file: &MadeFile| feed_file(&file.statement, FeedFormat::Ofx, made.upload).unwrap();
    made.files.iter().map(file).collect()
}

fn moved<'a>(files: impl IntoIterator<Item = &'a MadeFiles>) -> i64 {
    let files = files.into_iter().flat_map(|made| &made.files);
    files.flat_map(|file| &file.statement.rows).map(|row| row.amount.minor()).sum()
}

fn ids<'a>(files: impl IntoIterator<Item = &'a MadeFiles>) -> Vec<String> {
    let files = files.into_iter().flat_map(|made| &made.files);
    files.flat_map(|file| &file.statement.rows).map(|row| row.id.clone()).collect()
}

#[tokio::test]
async fn each_document_has_one_row_and_none_touches_the_account_itself() {
    let stage = fed(BANK).await;
    let held = by_account(&stage);
    assert!(!held.contains_key("Bank"), "{held:?}");
    let first = make(&stage, WISH).await;
    assert_eq!(moved([&first]), held["Bank in transit"]);
    let unique: BTreeSet<String> = ids([&first]).into_iter().collect();
    assert!(unique.len() > 3 && unique.len() == ids([&first]).len());
    let balance = first.files.last().unwrap().statement.balance.map(Money::minor);
    assert_eq!(balance, Some(100_000 + moved([&first])));
    // Whoever dies before the files are laid finds them again, still new.
    let again = make_and_hand(&stage, WISH).await;
    assert!(again.files.iter().all(|file| file.is_new));
    assert_eq!(bytes(&again), bytes(&first));
    let nothing = make(&stage, WISH).await;
    assert_eq!(nothing.files.len(), 0, "a row is in one file");
    let from = Some(stage.company.start_date);
    let all = make(&stage, FeedWish { from, ..WISH }).await;
    assert!(all.files.iter().all(|file| !file.is_new));
    assert_eq!(bytes(&all), bytes(&first), "what was written is written again as it was");
    stage.assert_proven("with an account that is fed by files").await;
}

/// A bank account in euros: its file is in euros, and what goes through is too.
#[tokio::test]
async fn an_account_of_another_currency_has_a_file_in_it() {
    let stage = Stage::after(&world(3, 40, 20), &FaultSettings::none()).await;
    let rates = [("EUR", "1.0912".parse().unwrap())];
    stage.merchant.company().company_mut().turn_on_currencies(&rates);
    stage
        .decide(
            "currencies.conversion = \"Currency conversion\"\n\
             gateways.shopify_payments.banks.EUR = \"Bank EUR\"\n\
             feeds.\"Bank EUR\" = { number = \"E-1\", opening = \"5.00\" }",
        )
        .await;
    stage.sync().await;
    let engine = stage.engine().await;
    for (stream, value) in
        [("orders", order()), ("balance-transactions", row()), ("payouts", payout())]
    {
        say(&engine, stream, &value).await;
    }
    engine.store.close().await;
    stage.sync().await;
    let made = make(&stage, FeedWish { account: "Bank EUR", ..WISH }).await;
    let rows: Vec<&FeedRow> = made.files.iter().flat_map(|file| &file.statement.rows).collect();
    let [row] = rows[..] else { panic!("{rows:?}") };
    assert_eq!(row.amount.to_string(), "95.00 EUR");
    let text = String::from_utf8(bytes(&made).remove(0)).unwrap();
    for told in ["<CURDEF>EUR", "<TRNAMT>95.00", "<LEDGERBAL><BALAMT>100.00"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let held = stage.merchant.company().company().foreign_balances();
    assert_eq!(held["Bank EUR in transit"], ("EUR".to_owned(), 9_500));
    assert!(!held.contains_key("Bank EUR"), "{held:?}");
}

#[tokio::test]
async fn files_of_one_range_after_another_have_every_row_once() {
    let stage = fed(BANK).await;
    let whole = fed(BANK).await;
    let whole = make(&whole, WISH).await;
    let days: Vec<Date> = whole.files[0].statement.rows.iter().map(|row| row.day).collect();
    let to = Some(days[days.len() / 2]);
    let first = make_and_hand(&stage, FeedWish { to, ..WISH }).await;
    assert!(first.files[0].statement.rows.iter().all(|row| Some(row.day) <= to));
    assert_eq!(Some(first.files[0].statement.until), to);
    let second = make_and_hand(&stage, WISH).await;
    assert!(second.files[0].statement.rows.iter().all(|row| Some(row.day) > to));
    assert_eq!(ids([&first, &second]), ids([&whole]));
    let balance = |made: &MadeFiles| made.files.last().unwrap().statement.balance;
    assert_eq!(balance(&second), balance(&whole));
}

#[tokio::test]
async fn what_is_corrected_has_a_row_that_reverses_it() {
    let stage = fed(BANK).await;
    let before = make_and_hand(&stage, WISH).await;
    stage.decide("gateways.shopify_payments.account = \"Platform\"").await;
    stage.sync().await;
    let after = make_and_hand(&stage, WISH).await;
    let rows = |made: &MadeFiles| made.files[0].statement.rows.len();
    assert_eq!(rows(&after), 2 * rows(&before), "a reversal and what stands instead");
    assert_eq!(moved([&after]), 0);
    let from = Some(stage.company.start_date);
    let all = make(&stage, FeedWish { from, ..WISH }).await;
    assert_eq!(bytes(&all), [bytes(&before), bytes(&after)].concat());
    // The account that stands for it gets another name: the bank has each movement once.
    stage.decide("feeds.Bank.through = \"On the way\"").await;
    stage.sync().await;
    let renamed = make_and_hand(&stage, WISH).await;
    assert_eq!(moved([&renamed]), 0);
    assert_eq!(moved([&before, &after, &renamed]), by_account(&stage)["On the way"]);
    stage.assert_proven("after corrections").await;
}

#[tokio::test]
async fn a_clearing_account_has_a_row_for_each_of_its_documents() {
    let documents = by_account(&fed("").await);
    let words = format!("feeds.\"{CLEARING}\" = {{ number = \"C-1\" }}\n{BANK}");
    let stage = fed(&words).await;
    let held = by_account(&stage);
    assert!(documents.contains_key(CLEARING_THERE) && !held.contains_key(CLEARING_THERE));
    let made = make(&stage, FeedWish { account: CLEARING, ..WISH }).await;
    assert_eq!(moved([&made]), documents[CLEARING_THERE], "as much as documents would move");
    assert_eq!(moved([&made]), held[&format!("{CLEARING_THERE} in transit")]);
    assert!(made.files[0].statement.rows.len() > 50);
    assert_eq!(made.files[0].statement.balance, None, "nobody said what stood there at first");
    stage.assert_proven("with both fed by files").await;
    let engine = stage.engine().await;
    let known = feeds(&engine).await.unwrap();
    let unwritten: Vec<(&str, usize, usize)> =
        known.iter().map(|it| (it.account.as_str(), it.files, it.unwritten)).collect();
    assert_eq!(unwritten[1], (CLEARING, made.files.len(), 0));
    assert!(unwritten[0].0 == "Bank" && unwritten[0].1 == 0 && unwritten[0].2 > 3);
    engine.store.close().await;
}

#[tokio::test]
async fn an_account_that_documents_feed_has_no_files() {
    let stage = fed("").await;
    let engine = stage.engine().await;
    let refused = make_feed_files(&engine, WISH).await;
    assert!(matches!(refused, Err(EngineError::Feed(FeedError::NoFeed(_)))), "{refused:?}");
    engine.store.close().await;
    stage.decide(BANK).await;
    let engine = stage.engine().await;
    let there = FeedWish { book: Some("plain-text"), ..WISH };
    let refused = make_feed_files(&engine, there).await;
    assert!(matches!(refused, Err(EngineError::Feed(FeedError::NotThere(_)))), "{refused:?}");
    engine.store.close().await;
}
