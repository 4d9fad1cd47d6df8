//! Statements of banks beside the documents of payouts.

use super::super::{
    BankError, BankProof, EngineError, FeedWish, ImportReport, bank_proofs, make_feed_files,
    take_statement,
};
use super::foreign::{order, payout, row, say};
use super::stage::{Stage, world};
use crate::merchant::COMPANY;
use jiff::ToSpan;
use jiff::civil::Date;
use saldo_books::feed::{TableWords, feed_file, read_statement};
use saldo_core::feed::FeedFormat;
use saldo_core::money::{Currency, Money};
use saldo_sim::fault::FaultSettings;
use std::fmt::Write as _;

const USD: &str = "USD";

async fn synced(words: &str) -> Stage {
    let stage = Stage::after(&world(2, 80, 30), &FaultSettings::none()).await;
    stage.decide(words).await;
    stage.sync().await;
    stage
}

/// What the company's documents move on the bank account: a statement that lacks nothing.
fn movements(stage: &Stage) -> Vec<(Date, Money)> {
    let usd = Currency::parse(USD).unwrap();
    let ledger = stage.merchant.company().company().ledger();
    let of_bank = ledger.into_iter().filter(|posting| posting.account == "Bank");
    let mut rows: Vec<(Date, Money)> =
        of_bank.map(|it| (it.date, Money::from_minor(it.minor, usd))).collect();
    rows.sort_by_key(|(day, amount)| (*day, amount.minor()));
    rows
}

fn table(rows: &[(Date, Money)]) -> String {
    let mut text = "Date,Description,Amount\n".to_owned();
    for (day, amount) in rows {
        writeln!(text, "{},Shopify payout,{}", day.saturating_add(2.days()), amount.amount_text())
            .unwrap();
    }
    text
}

async fn take(stage: &Stage, account: &str, text: &[u8]) -> Result<ImportReport, EngineError> {
    let engine = stage.engine().await;
    let usd = Currency::parse(USD).unwrap();
    let read = read_statement(text, usd, &TableWords::default()).unwrap();
    let taken = take_statement(&engine, account, ("balance", read)).await;
    engine.store.close().await;
    taken
}

async fn proof(stage: &Stage) -> BankProof {
    let engine = stage.engine().await;
    let mut proofs = bank_proofs(&engine, &engine.policy).await.unwrap();
    engine.store.close().await;
    proofs.pop().unwrap()
}

#[tokio::test]
async fn each_payout_is_found_at_the_bank_and_what_is_not_waits() {
    let stage = synced("bank-rows.\"Label*\" = \"shipping-cost\"").await;
    let rows = movements(&stage);
    assert!(rows.len() > 3);
    // The bank keeps one payout back, and tells of a purchase that nobody knows.
    let mut text = table(&[&rows[..1], &rows[2..]].concat());
    text += &format!("{},Labels Inc.,-5.00\n", rows[0].0);
    let taken = take(&stage, "Bank", text.as_bytes()).await.unwrap();
    assert_eq!((taken.new, taken.known), (rows.len(), 0));
    let again = take(&stage, "Bank", text.as_bytes()).await.unwrap();
    assert_eq!((again.new, again.known), (0, rows.len()), "the same file twice is no news");
    let bank = proof(&stage).await;
    assert!(!bank.holds());
    assert_eq!(bank.found.len(), rows.len() - 1);
    let of_payouts = bank.found.iter().filter(|it| it.document.description.contains("payout"));
    assert!(of_payouts.count() > 3, "{:#?}", bank.found);
    let [missing] = &bank.missing[..] else { panic!("{:?}", bank.missing) };
    assert_eq!((missing.day, missing.amount), rows[1]);
    let [unknown] = &bank.unknown[..] else { panic!("{:?}", bank.unknown) };
    assert_eq!(unknown.role.map(|role| role.word()), Some("shipping-cost"));
    assert_eq!(unknown.place.as_ref().map(ToString::to_string).as_deref(), Some("bank"));
    assert_eq!(stage.sync().await.approved, 0, "a statement enters nothing");
    let report = stage.prove().await;
    assert_eq!(report.bank[0].found, bank.found, "the proof names the deposits");
    assert!(report.holds());
    // Files of another form would tell the same rows again.
    let ofx = "<OFX><STMTTRN><DTPOSTED>20260901<TRNAMT>1<FITID>1</STMTTRN></OFX>";
    let other = take(&stage, "Bank", ofx.as_bytes()).await;
    let other = other.unwrap_err();
    assert!(matches!(other, EngineError::Bank(BankError::OtherForm { .. })), "{other:?}");
    let nowhere = take(&stage, "Nowhere", ofx.as_bytes()).await.unwrap_err();
    assert!(matches!(nowhere, EngineError::Bank(BankError::NoAccount(_))), "{nowhere:?}");
}

#[tokio::test]
async fn corrections_and_feeds_leave_each_payout_with_one_deposit() {
    let stage = synced("").await;
    let rows = movements(&stage);
    take(&stage, "Bank", table(&rows).as_bytes()).await.unwrap();
    assert!(proof(&stage).await.holds());
    stage.decide("gateways.shopify_payments.account = \"Platform\"").await;
    stage.sync().await;
    assert!(proof(&stage).await.holds(), "what was reversed has no deposit");
    stage.decide("feeds.Bank = { number = \"B-1\", opening = \"0\" }").await;
    stage.sync().await;
    let bank = proof(&stage).await;
    assert!(bank.holds() && bank.found.len() == rows.len(), "documents touch another account");
    // What the feed says is what the bank says.
    let engine = stage.engine().await;
    let wish = FeedWish { account: "Bank", book: Some(COMPANY), from: None, to: None };
    let made = make_feed_files(&engine, wish).await.unwrap();
    engine.store.close().await;
    let fresh = synced("").await;
    let statement = &made.files[0].statement;
    let file = feed_file(statement, FeedFormat::Ofx, made.upload).unwrap();
    take(&fresh, "Bank", &file).await.unwrap();
    let bank = proof(&fresh).await;
    assert_eq!((bank.found.len(), bank.missing.len()), (rows.len(), 0));
}

/// Statements of a bank account and of a clearing account that are kept in euros, beside documents
/// that are worth dollars.
#[tokio::test]
async fn a_statement_of_another_currency_stands_beside_documents_in_it() {
    let stage = Stage::after(&world(3, 40, 20), &FaultSettings::none()).await;
    let rates = [("EUR", "1.0912".parse().unwrap())];
    stage.merchant.company().company_mut().turn_on_currencies(&rates);
    stage
        .decide(
            "currencies.conversion = \"Currency conversion\"\n\
             gateways.shopify_payments.banks.EUR = \"Bank EUR\"",
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
    let euros = Currency::parse("EUR").unwrap();
    let at = |day: i8, amount: &str| {
        (jiff::civil::date(2026, 8, day), Money::parse(amount, euros).unwrap())
    };
    let cleared = vec![at(10, "100.00"), at(10, "-5.00"), at(12, "-95.00")];
    for (account, rows) in
        [("Bank EUR", vec![at(12, "95.00")]), ("Clearing: Shopify Payments EUR", cleared)]
    {
        let text = table(&rows) + &format!("{},Somebody,-1.00\n", rows[0].0);
        let engine = stage.engine().await;
        let currency = engine.policy.currency_of(account).unwrap();
        assert_eq!(currency, euros);
        let read = read_statement(text.as_bytes(), currency, &TableWords::default()).unwrap();
        let taken = take_statement(&engine, account, ("euros", read)).await.unwrap();
        assert_eq!(taken.new, rows.len() + 1);
        let proofs = bank_proofs(&engine, &engine.policy).await.unwrap();
        engine.store.close().await;
        let bank = proofs.iter().find(|it| it.account == account).unwrap();
        assert_eq!((bank.found.len(), bank.missing.len()), (rows.len(), 0), "{bank:#?}");
        let [unknown] = &bank.unknown[..] else { panic!("{bank:#?}") };
        assert_eq!(unknown.row.amount.to_string(), "-1.00 EUR");
        assert!(unknown.place.is_none(), "decisions are in dollars");
    }
}
