//! A summary is the sum of its details: for each day, and for each part of a payout, by account,
//! currency and dimension.

use super::merchant::{Sums, any_history};
use super::{by_dimension, cases, entries, policy, spot};
use jiff::civil::Date;
use proptest::prelude::*;
use saldo_core::commerce::{BalanceTransaction, Fact, MovementKind, Payout, Tender};
use saldo_core::document::{DocumentKind, Line, SubledgerEntry};
use saldo_core::policy::Policy;
use std::collections::BTreeMap;

/// What entries move in a part: by the account with its dimensions, in the books' currency and in
/// the account's own.
type Moved = BTreeMap<(String, String), i64>;

fn note(moved: &mut Moved, part: &str, line: &Line) {
    let of = |currency| (part.to_owned(), format!("{} in {currency}", spot(line)));
    *moved.entry(of(line.amount.currency().to_string())).or_default() += line.amount.minor();
    if let Some(foreign) = line.foreign {
        *moved.entry(of(foreign.currency().to_string())).or_default() += foreign.minor();
    }
}

fn without_nothing(mut moved: Moved) -> Moved {
    moved.retain(|_, minor| *minor != 0);
    moved
}

/// The part in the slot of a document that sums up; none of another document.
fn part_in(slot: &str) -> Option<String> {
    let (what, rest) = slot.split_once('/')?;
    let rest = rest.strip_prefix("shop/")?;
    let rest = match what {
        "summary" => rest,
        "fees" | "fees-returned" | "settled" => rest.split_once('/')?.1,
        _ => return None,
    };
    let words: Vec<&str> = rest.split('/').collect();
    let many = match words[0] {
        "Payout" => 3,
        "not-paid-out" => 2,
        _ => 1,
    };
    Some(words[..many].join("/"))
}

/// What is told of payouts, by which it can be said where something belongs.
struct Told<'a> {
    policy: &'a Policy,
    payouts: BTreeMap<&'a str, &'a Payout>,
    rows: Vec<&'a BalanceTransaction>,
    /// The movements of orders, by their ids, and whether their gateway tells payouts.
    movements: BTreeMap<&'a str, bool>,
}

impl<'a> Told<'a> {
    fn of(facts: &'a [Fact], policy: &'a Policy) -> Self {
        let mut told =
            Self { policy, payouts: BTreeMap::new(), rows: Vec::new(), movements: BTreeMap::new() };
        for fact in facts {
            match fact {
                Fact::Payout(payout) => _ = told.payouts.insert(payout.id.as_str(), payout),
                Fact::BalanceTransaction(row) => told.rows.push(row),
                Fact::Order(order) => {
                    let moves = [MovementKind::Payment, MovementKind::Refund];
                    for it in order.movements.iter().filter(|it| moves.contains(&it.kind)) {
                        let tells = match &it.tender {
                            Tender::Gateway(gateway) => gateway.tells_payouts,
                            _ => false,
                        };
                        told.movements.insert(&it.id, tells);
                    }
                }
                _ => {}
            }
        }
        told
    }

    /// What happened on a day belongs to the last payout of its month that takes it along; where a
    /// part of it is paid out in no payout of the month, or no row of it is told, all of it to the
    /// month.
    fn part(&self, day: Date, rows: &[Option<&BalanceTransaction>]) -> String {
        let month = day.strftime("%Y-%m");
        let of_row = |row: &Option<&BalanceTransaction>| {
            let payout =
                row.as_ref()?.payout.as_ref().and_then(|id| self.payouts.get(id.as_str()))?;
            (payout.issued_on <= day.last_of_month()).then_some(*payout)
        };
        let payouts: Option<Vec<&Payout>> = rows.iter().map(of_row).collect();
        let last = payouts.and_then(|of| of.into_iter().max_by_key(|it| (it.issued_on, &it.id)));
        match last {
            Some(payout) => format!("{}/{month}", told_id(payout)),
            None => format!("not-paid-out/{month}"),
        }
    }

    /// The settlement that carries a row: it says of which time, and so takes a part of each month.
    fn settlement(&self, row: &BalanceTransaction) -> Option<&Payout> {
        let payout = self.payouts.get(row.payout.as_ref()?.as_str())?;
        payout.period.is_some().then_some(*payout)
    }

    /// Where an entry belongs that stands in detail; by itself where nothing sums it up.
    fn part_of(&self, entry: &SubledgerEntry) -> String {
        let id = entry.id.as_str();
        if let Some(row) = self.rows.iter().find(|row| is_of_row(id, row)) {
            let day = self.policy.day(row.occurred_at);
            return match (row.gateway.tells_payouts, self.settlement(row)) {
                (true, Some(settlement)) => {
                    format!("{}/{}", told_id(settlement), day.strftime("%Y-%m"))
                }
                (true, None) => self.part(day, &[Some(row)]),
                (false, _) => day.to_string(),
            };
        }
        let is_receipt =
            matches!(entry.header.kind, DocumentKind::SalesReceipt | DocumentKind::RefundReceipt);
        if !is_receipt {
            return id.to_owned();
        }
        let moved = entry.lines.iter().filter_map(|line| {
            self.movements.get_key_value(&*line.origin).map(|(id, tells)| (*id, *tells))
        });
        let moved: BTreeMap<&str, bool> = moved.collect();
        let told = moved.into_iter().filter(|(_, tells)| *tells);
        let about = |(movement, _): (&str, bool)| {
            let mut rows = self.rows.iter();
            rows.find(|row| row.movement.as_deref() == Some(movement)).copied()
        };
        let rows: Vec<_> = told.map(about).collect();
        match rows.is_empty() {
            true => entry.header.date.to_string(),
            false => self.part(entry.header.date, &rows),
        }
    }
}

/// The id of a payout as its channel tells it.
fn told_id(payout: &Payout) -> &str {
    payout.id.as_str().strip_prefix("shop/").unwrap()
}

/// Whether an entry is the fee of a row, or all of a row that says itself what it is made of.
fn is_of_row(entry: &str, row: &BalanceTransaction) -> bool {
    let is_whole = entry == row.id.as_str() && !row.parts().is_empty();
    is_whole || entry.strip_suffix("/fee") == Some(row.id.as_str())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn a_day_is_the_sum_of_its_details(history in any_history()) {
        let facts = history.told().facts;
        let by_day = |detail: &str| {
            let policy = policy(&history, &format!("detail = \"{detail}\""));
            let mut days: BTreeMap<_, Vec<SubledgerEntry>> = BTreeMap::new();
            for entry in entries(&facts, &policy) {
                days.entry(entry.header.date).or_default().push(entry);
            }
            let sums = days.into_iter().map(|(day, entries)| (day, by_dimension(&entries)));
            sums.filter(|(_, sums): &(_, Sums)| !sums.is_empty()).collect::<BTreeMap<_, _>>()
        };
        prop_assert_eq!(by_day("day"), by_day("order"));
    }

    #[test]
    fn a_part_of_a_payout_is_the_sum_of_its_details(history in any_history()) {
        let facts = history.told().facts;
        let with = |detail: &str| policy(&history, &format!("detail = \"{detail}\""));
        let (mut summed, mut detail) = (Moved::new(), Moved::new());
        for entry in entries(&facts, &with("payout")) {
            let part = part_in(&entry.header.slot).unwrap_or_else(|| entry.id.to_string());
            let month = entry.header.date.strftime("%Y-%m").to_string();
            let is_of_month = part == entry.id.as_str() || part.contains(&month);
            prop_assert!(is_of_month, "{part} on {}", entry.header.date);
            entry.lines.iter().for_each(|line| note(&mut summed, &part, line));
        }
        let policy = with("order");
        let told = Told::of(&facts, &policy);
        for entry in entries(&facts, &policy) {
            let part = told.part_of(&entry);
            entry.lines.iter().for_each(|line| note(&mut detail, &part, line));
        }
        prop_assert_eq!(without_nothing(summed), without_nothing(detail));
    }
}
