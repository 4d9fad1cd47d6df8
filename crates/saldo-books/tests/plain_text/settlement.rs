//! A marketplace's settlement over a month end, from its facts to books that a bookkeeper reads.

use crate::folder::Folder;
use crate::programs::check;
use saldo_core::accounting::{self, Group, Payouts};
use saldo_core::book::Outcome;
use saldo_core::commerce::{
    BalanceKind, BalanceTransaction, Deferral, Fact, Gateway, PartKind, Payout, PayoutState,
    Period, RecordRef, RowPart,
};
use saldo_core::document::SubledgerEntry;
use saldo_core::money::{Currency, Money};
use saldo_core::plan::compose;
use saldo_core::policy::Policy;
use std::collections::BTreeMap;

const POLICY: &str = r#"
tax.unknown = "common"
[gateways.marketplace]
account = "Clearing: Marketplace"
detail = "payout"
keeps-tax = true
"#;

fn money(text: &str) -> Money {
    Money::parse(text, Currency::parse("USD").unwrap()).unwrap()
}

fn at(day: &str) -> jiff::Timestamp {
    format!("2026-{day}T17:00:00Z").parse().unwrap()
}

fn source(id: &str) -> RecordRef {
    RecordRef { connection: "shop".into(), stream: "settlements".into(), id: id.to_owned() }
}

fn gateway() -> Gateway {
    Gateway { id: "marketplace".into(), name: "Marketplace".to_owned(), tells_payouts: true }
}

type PartWords<'a> = (PartKind, &'a str);

fn parts(of: &[PartWords<'_>]) -> (Vec<RowPart>, Money) {
    let part = |(kind, amount): &PartWords<'_>| RowPart {
        kind: kind.clone(),
        word: format!("{kind:?}"),
        amount: money(amount),
    };
    let parts: Vec<RowPart> = of.iter().map(part).collect();
    let zero = money("0.00");
    let sum = Money::sum(zero.currency(), parts.iter().map(|part| part.amount)).unwrap();
    (parts, sum)
}

/// A row of the settlement: of an order where it has a number.
fn row(id: &str, day: &str, order: Option<&str>, of: &[PartWords<'_>]) -> Fact {
    let (parts, amount) = parts(of);
    Fact::BalanceTransaction(Box::new(BalanceTransaction {
        id: format!("shop/Row/{id}").into(),
        source: source(id),
        gateway: gateway(),
        kind: BalanceKind::Itemised(parts),
        vendor_type: "Order".to_owned(),
        occurred_at: at(day),
        amount,
        fee: money("0.00"),
        net: amount,
        worth: None,
        order: order.map(|order| format!("shop/Order/{order}").into()),
        order_name: order.map(str::to_owned),
        movement: None,
        payout: Some("shop/Settlement/1".into()),
        paid_out: None,
        test: false,
        by_file: false,
    }))
}

fn facts() -> Vec<Fact> {
    use PartKind::*;
    let (deferred, owed) = parts(&[(Goods, "250.00"), (Commission, "-35.00")]);
    vec![
        row(
            "1",
            "01-27",
            Some("111-1"),
            &[
                (Goods, "400.00"),
                (Shipping, "20.00"),
                (ChannelTax, "33.00"),
                (ChannelTaxKept, "-33.00"),
                (Discount, "-30.00"),
                (Commission, "-60.00"),
                (FulfilmentFee, "-45.00"),
            ],
        ),
        row("2", "01-29", Some("111-2"), &[(Goods, "-60.00"), (Commission, "8.00")]),
        row("3", "01-31", None, &[(StorageFee, "-15.00"), (Advertising, "-40.00")]),
        row("4", "02-03", Some("111-3"), &[(Goods, "500.00"), (Commission, "-75.00")]),
        row("5", "02-06", None, &[(Reimbursement, "30.00")]),
        row("6", "02-07", None, &[(Reserve, "-160.00"), (Reserve, "100.00")]),
        Fact::Deferral(Box::new(Deferral {
            id: "shop/Deferral/1".into(),
            source: source("T-1"),
            gateway: gateway(),
            reason: "Seven days after delivery".to_owned(),
            order: Some("shop/Order/111-4".into()),
            order_name: Some("111-4".to_owned()),
            occurred_at: at("01-28"),
            released_at: Some(at("02-09")),
            parts: deferred,
            amount: owed,
        })),
        Fact::Payout(Payout {
            id: "shop/Settlement/1".into(),
            source: source("settlement"),
            gateway: gateway(),
            state: PayoutState::Paid,
            issued_on: "2026-02-08".parse().unwrap(),
            arrived_on: None,
            net: money("573.00"),
            by_rows: false,
            bank_reference: None,
            period: Some(Period { from: at("01-24"), until: at("02-07") }),
        }),
    ]
}

/// The documents that facts amount to.
fn books_of(facts: &[Fact]) -> Folder {
    let (currency, start) = (money("0.00").currency(), "2026-01-01".parse().unwrap());
    let policy = Policy::new(1, POLICY, currency, "America/New_York", start).unwrap();
    let heard = "2026-03-01T12:00:00Z".parse().unwrap();
    let payouts = Payouts::of(facts);
    let mut groups: BTreeMap<Group, Vec<Fact>> = BTreeMap::new();
    for fact in facts {
        for group in accounting::groups(fact) {
            groups.entry(group).or_default().push(fact.clone());
        }
    }
    let mut slots: BTreeMap<String, Vec<SubledgerEntry>> = BTreeMap::new();
    for (group, facts) in groups {
        let accounted = accounting::account_among(&group, &facts, &payouts, &policy, heard);
        for entry in accounted.entries {
            slots.entry(entry.header.slot.clone()).or_default().push(entry);
        }
    }
    let mut folder = Folder::default();
    let mut documents: Vec<_> =
        slots.values().filter_map(|entries| compose(entries).unwrap()).collect();
    documents.sort_by_key(|document| document.header().date);
    for document in documents {
        let outcome = folder.enter(&document);
        assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    }
    folder
}

#[test]
fn a_settlement_over_a_month_end_reads_as_a_bookkeeper_would_enter_it() {
    let folder = books_of(&facts());
    let months = ["2026-01.journal", "2026-02.journal"].map(|month| folder.files[month].as_str());
    let is_entry = |line: &&str| !line.trim_start().starts_with(';') && !line.is_empty();
    let lines = months.iter().flat_map(|month| month.lines()).filter(is_entry);
    let lines = lines.map(|line| line.split("  ;").next().unwrap_or(line).trim_end());
    let lines: Vec<&str> = lines.filter(|line| !line.starts_with("decimal-mark")).collect();
    insta::assert_snapshot!(lines.join("\n"));
    let place = tempfile::tempdir().unwrap();
    folder.write_to(place.path());
    check("bean-check", &["main.beancount"], place.path());
    check("hledger", &["-f", "main.journal", "check", "--strict"], place.path());
}
