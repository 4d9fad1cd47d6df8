//! A month's reports agree with each other, and with the books that other programs read.

use super::super::{
    Arrival, Bridge, IdentityAsOf, Month, MonthReport, NetSales, Verdict, bridge, identities_as_of,
    month_report,
};
use super::stage::{Stage, world};
use crate::templates::applied;
use jiff::civil::Date;
use rust_decimal::Decimal;
use saldo_core::money::Money;
use saldo_core::text::ConnectionId;
use saldo_sim::fault::FaultSettings;
use std::collections::BTreeMap;
use std::process::Command;

async fn august() -> (Stage, Month, MonthReport, Bridge) {
    let stage = Stage::after(&world(31, 150, 40), &FaultSettings::none()).await;
    stage.sync().await;
    let engine = stage.engine().await;
    let (book, month) = (ConnectionId::new("plain-text"), "2026-08".parse::<Month>().unwrap());
    let report = month_report(&engine, &book, month).await.unwrap().expect("nobody enters");
    let bridge = bridge(&engine, month.first, month.last()).await.unwrap();
    (stage, month, report, bridge)
}

fn sum(amounts: impl IntoIterator<Item = Money>) -> i64 {
    amounts.into_iter().map(Money::minor).sum()
}

#[tokio::test]
async fn the_parts_of_a_month_are_its_trial_balance() {
    let (_, _, report, _) = august().await;
    assert_eq!(sum(report.accounts.iter().map(|it| it.closing)), 0, "all of it balances");
    let of = |name: &str| report.account(name).unwrap().clone();
    for roll in &report.stored_value {
        let account = of(&roll.account);
        assert_eq!(sum([roll.opening, roll.issued, roll.used]), account.closing.minor());
    }
    assert!(report.stored_value.iter().any(|it| !it.issued.is_zero()), "{report:#?}");
    for age in &report.ageing {
        let ages = age.ages;
        let parts = sum([ages.to_7, ages.to_30, ages.to_60, ages.over_60]);
        assert_eq!((parts, ages.total), (ages.total.minor(), of(&age.account).closing));
    }
    let tax = of("Sales tax payable");
    let moved = tax.closing.minus(tax.opening).unwrap().minor();
    assert_eq!(sum(report.taxes.iter().map(|it| it.net)), moved);
    assert!(report.taxes.len() > 2, "each tax by itself: {:#?}", report.taxes);
    let lines = report.held.iter().chain(&report.rounding).map(|it| (&it.account, it.amount));
    let fees = report.fees.iter().map(|it| (&it.account, it.amount));
    let mut sums: BTreeMap<&String, i64> = BTreeMap::new();
    for (account, amount) in lines {
        *sums.entry(account).or_default() += amount.minor();
    }
    assert!(sums.contains_key(&"Rounding differences".to_owned()), "{sums:?}");
    let mut fee_sums: BTreeMap<&String, i64> = BTreeMap::new();
    for (account, amount) in fees {
        *fee_sums.entry(account).or_default() += amount.minor();
    }
    for (account, sum) in sums.into_iter().chain(fee_sums) {
        let it = of(account);
        assert_eq!(sum, it.closing.minus(it.opening).unwrap().minor(), "{account}");
    }
}

#[tokio::test]
async fn a_month_tells_what_was_sold_by_tax_and_why_the_rest_bears_none() {
    let stage = Stage::after(&world(31, 150, 40), &FaultSettings::none()).await;
    let words = "[tax]\nby-country = true\nhome = \"US\"\n[tax.untaxed]\nUS = \"exempt\"\n\
                 \"*\" = \"export\"";
    stage.revise_for_all_days(|before| applied(before, words).unwrap()).await;
    stage.sync().await;
    let engine = stage.engine().await;
    let (book, month) = (ConnectionId::new("plain-text"), "2026-08".parse::<Month>().unwrap());
    let report = month_report(&engine, &book, month).await.unwrap().expect("nobody enters");
    let told = |it: &&NetSales| it.tax.as_deref().is_some_and(|tax| tax.contains(' '));
    assert!(report.net_sales.iter().all(|it| told(&it)), "{:#?}", report.net_sales);
    let why = |end: &str| {
        let own = |it: &&NetSales| it.tax.as_deref().is_some_and(|tax| tax.ends_with(end));
        report.net_sales.iter().filter(own).map(|it| it.net.minor()).sum::<i64>()
    };
    assert!(why("exempt") < 0 && why("export") <= 0, "{:#?}", report.net_sales);
    let mut compared = 0;
    for it in report.net_sales.iter().filter(|it| it.rate.is_some_and(|rate| !rate.is_zero())) {
        let taxes = report.taxes.iter().filter(|tax| (&tax.tax, tax.rate) == (&it.tax, it.rate));
        let tax = Decimal::from(sum(taxes.map(|tax| tax.net)));
        let due = Decimal::from(it.net.minor()) * it.rate.unwrap() / Decimal::from(100);
        // Each line is rounded by itself, and a refund may give tax back without a line.
        assert!((tax - due).abs() <= due.abs() / Decimal::from(20), "{tax} of {it:#?}");
        compared += 1;
    }
    assert!(compared > 2, "{:#?}", report.net_sales);
    let proof = stage.prove().await;
    let tax = proof.identities.iter().find(|it| it.number == 4).unwrap();
    assert_eq!(tax.verdict, Verdict::Proved, "{tax:#?}");
    let mut titles = tax.lines.iter().filter(|it| it.book.is_none());
    assert!(titles.all(|it| it.about.chars().nth(2) == Some(' ')), "{tax:#?}");
}

#[tokio::test]
async fn a_month_tells_the_same_sales_by_tax_whenever_they_are_earned() {
    let stage = Stage::after(&world(31, 150, 40), &FaultSettings::none()).await;
    let mut told = Vec::new();
    for recognition in ["payment", "fulfilment"] {
        let words = format!(
            "recognition = \"{recognition}\"\n[tax]\nby-country = true\nhome = \"US\"\n\
             [tax.untaxed]\nUS = \"exempt\"\n\"*\" = \"export\""
        );
        stage.revise_for_all_days(|before| applied(before, &words).unwrap()).await;
        stage.sync().await;
        let engine = stage.engine().await;
        let (book, month) = (ConnectionId::new("plain-text"), "2026-08".parse::<Month>().unwrap());
        let report = month_report(&engine, &book, month).await.unwrap().expect("nobody enters");
        let deposits = "Customer deposits / deferred revenue";
        let moved =
            report.accounts.iter().any(|it| it.account == deposits && it.debit != it.credit);
        assert_eq!(moved, recognition == "fulfilment", "what is sold is a deposit at first");
        let nets = report.net_sales.iter().map(|it| ((it.tax.clone(), it.rate), it.net.minor()));
        told.push(nets.filter(|(_, net)| *net != 0).collect::<BTreeMap<_, _>>());
        engine.store.close().await;
    }
    assert!(told[0].len() > 4, "{told:#?}");
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn the_identities_say_what_the_trial_balance_says_of_the_last_day() {
    let (stage, month, report, _) = august().await;
    let proof = stage.prove().await;
    let engine = stage.engine().await;
    let then = identities_as_of(&engine, &proof, month.last()).await.unwrap();
    let now = identities_as_of(&engine, &proof, proof.books[0].as_of).await.unwrap();
    engine.store.close().await;
    let numbers: Vec<u8> = then.iter().map(|it| it.number).collect();
    assert_eq!(numbers, (1..=12).collect::<Vec<u8>>());
    assert!(then.iter().all(IdentityAsOf::holds), "{then:#?}");
    // What a gateway owed at the end of the month is what the trial balance says of that day.
    let clearing = &then[1].lines;
    let plain: Vec<_> =
        clearing.iter().filter(|it| it.book.as_deref() == Some("plain-text")).collect();
    assert!(!plain.is_empty(), "{clearing:#?}");
    for line in &plain {
        let closing = report.account(&line.about).map_or(0, |it| it.closing.minor());
        assert_eq!(line.found.minor(), closing, "{}", line.about);
    }
    assert!(plain.iter().any(|line| !line.found.is_zero()), "{plain:#?}");
    // Each of both books holds the payouts of that day, and fewer than now.
    let payouts =
        |all: &[IdentityAsOf]| -> Vec<u64> { all[0].lines.iter().map(|line| line.facts).collect() };
    let (early, late) = (payouts(&then), payouts(&now));
    assert_eq!((early.len(), late.len()), (3, 3), "rows, and two books: {:#?}", then[0]);
    assert!(early.iter().zip(&late).all(|(early, late)| 0 < *early && early < late));
    assert!(then[7].unknown.as_ref().is_some_and(|why| why.contains("what goods cost")));
    let found = |all: &[IdentityAsOf], number: u8| {
        let identity = all.iter().find(|it| it.number == number).unwrap();
        sum(identity.lines.iter().map(|line| line.found))
    };
    let owed_to_buyers = sum(report.stored_value.iter().map(|it| it.closing));
    assert_eq!(found(&then, 3), owed_to_buyers);
    let tax = report.account("Sales tax payable").unwrap().closing.minor();
    assert_eq!(found(&then, 4), tax);
    assert_ne!(found(&now, 4), tax, "more was sold after the month");
}

#[tokio::test]
async fn a_month_is_what_hledger_says_it_is() {
    let (stage, month, report, _) = august().await;
    let until = month.last().tomorrow().unwrap().to_string();
    let journal = stage.books_folder().join("main.journal");
    let asked = Command::new("hledger")
        .args(["bal", "--flat", "-N", "-O", "csv", "-b", &month.first.to_string(), "-e", &until])
        .arg("-f")
        .arg(&journal)
        .output();
    let Ok(answer) = asked else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "hledger is missing");
        eprintln!("skipped: a month beside hledger (it is not installed)");
        return;
    };
    let text = String::from_utf8(answer.stdout).unwrap();
    let amount = |line: &str| {
        let (_, amount) = line.rsplit_once(',')?;
        amount.trim_matches('"').parse::<Money>().ok().map(Money::minor)
    };
    let mut theirs: Vec<i64> = text.lines().skip(1).filter_map(amount).collect();
    let moved = |it: &super::super::AccountMonth| it.debit.minus(it.credit).unwrap().minor();
    let mut ours: Vec<i64> = report.accounts.iter().map(moved).filter(|it| *it != 0).collect();
    ours.sort_unstable();
    theirs.sort_unstable();
    assert!(ours.len() > 15, "{text}");
    assert_eq!(ours, theirs, "{text}");
}

#[tokio::test]
async fn every_cent_of_a_day_is_at_the_bank_or_on_the_way() {
    let (stage, month, _, bridge) = august().await;
    for day in &bridge.days {
        let rows = bridge.rows.iter().filter(|row| row.sales_day == day.sales_day);
        let net = rows.clone().map(|row| row.net);
        assert_eq!(sum(net), day.net.minor());
        assert_eq!(sum([day.arrived, day.on_the_way]), day.net.minor());
    }
    // A payout whose rows are all of these days is the sum of them.
    let mut payouts: BTreeMap<&String, i64> = BTreeMap::new();
    for row in &bridge.rows {
        assert_eq!(row.gross.minus(row.fee).unwrap(), row.net);
        let was_there = matches!(row.arrival, Arrival::Arrived | Arrival::Returned);
        assert_eq!(row.bank_day.is_some(), was_there);
        if let Some(payout) = &row.payout {
            *payouts.entry(payout).or_default() += row.net.minor();
        }
    }
    let proof = stage.prove().await;
    let whole = proof
        .payouts
        .iter()
        .filter(|it| payouts.get(&it.about).is_some_and(|net| *net == it.expected.minor()));
    assert!(whole.count() + 2 >= payouts.len(), "all but those over an end of the month");
    let of_cash = bridge.untold.iter().filter(|it| it.account == "Clearing: Cash");
    let untold = sum(of_cash.map(|it| it.amount));
    let engine = stage.engine().await;
    let book = ConnectionId::new("plain-text");
    let report = month_report(&engine, &book, month).await.unwrap().unwrap();
    let cash = report.account("Clearing: Cash").unwrap();
    assert_eq!(untold, cash.debit.minus(cash.credit).unwrap().minor());
}

#[tokio::test]
async fn what_a_bank_sends_back_is_one_money_on_its_way() {
    let (stage, ..) = august().await;
    let engine = stage.engine().await;
    let days = ["2026-01-01", "2027-12-31"].map(|day| day.parse::<Date>().unwrap());
    let all = bridge(&engine, days[0], days[1]).await.unwrap();
    let again: Vec<_> = all.rows.iter().filter(|row| row.sent_back.is_some()).collect();
    assert!(!again.is_empty(), "a payout of this world is sent back by the bank");
    for row in again {
        assert_eq!(row.arrival, Arrival::Arrived, "{row:?}");
        assert!(row.payout.is_some() && row.payout != row.sent_back, "{row:?}");
    }
    let book = ConnectionId::new("plain-text");
    let month = stage.clock.now().to_string().get(..7).unwrap().parse::<Month>().unwrap();
    let report = month_report(&engine, &book, month).await.unwrap().unwrap();
    let owed = report.account("Clearing: Shopify Payments").unwrap().closing;
    assert_eq!(sum(all.days.iter().map(|day| day.on_the_way)), owed.minor());
}
