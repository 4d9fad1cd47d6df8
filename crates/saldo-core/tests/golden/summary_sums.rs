//! A summary is the sum of its details: per account and day, and per account and payout part. And
//! what a gateway's rows are expected to have moved by now is what the entries moved.

use crate::planned::lacking;
use crate::shop::{about, in_payout, order, payout, row_of, usd};
use crate::{POLICY, account, policy};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use saldo_core::accounting::{self, Accounted, Payouts};
use saldo_core::commerce::{BalanceKind, Fact, PayoutState, SaleKind};
use saldo_core::document::{LineKind, SubledgerEntry};
use saldo_core::issue::FactState;
use saldo_core::plan::movement;
use saldo_core::policy::Policy;
use std::collections::{BTreeMap, BTreeSet};

const CARD: &str = "shopify_payments";
/// A payout is issued every so many days.
const PAYOUT_EVERY: u8 = 5;

/// A sale that is paid at once, and perhaps given back.
#[derive(Clone, Debug)]
struct Sold {
    day: u8,
    minor: i64,
    by: &'static str,
    tax: Option<(&'static str, i64)>,
    location: Option<&'static str>,
    /// After how many payouts its money is paid out.
    lag: u8,
    /// After how many days it is given back.
    returned: Option<u8>,
}

/// What became of a payout, and whether its rows explain it.
type Fate = (PayoutState, bool);

#[derive(Clone, Debug)]
struct Story {
    sold: Vec<Sold>,
    payouts: Vec<Fate>,
    heard_until: Timestamp,
}

fn any_sold(days: u8) -> impl Strategy<Value = Sold> {
    let by = prop::sample::select(vec![CARD, CARD, CARD, "paypal", "gift_card"]);
    let tax = prop::sample::select(vec![None, Some(("NY", 8)), Some(("NJ", 7)), Some(("NJ", 3))]);
    let location = prop::sample::select(vec![None, Some("Location/1")]);
    let returned = prop::option::of(0_u8..20);
    (0..days, 100_i64..50_000, by, tax, location, 0_u8..4, returned).prop_map(
        |(day, minor, by, tax, location, lag, returned)| {
            let minor = minor * 100;
            Sold { day, minor, by, tax, location, lag, returned }
        },
    )
}

/// What is sold within so many days.
fn any_story(days: u8) -> impl Strategy<Value = Story> {
    let state = prop::sample::select(vec![
        PayoutState::Paid,
        PayoutState::Paid,
        PayoutState::Failed,
        PayoutState::Scheduled,
        PayoutState::Cancelled,
    ]);
    let fate = (state, prop::bool::weighted(0.9));
    let hours = (0_i64..90 * 24).prop_map(|hours| {
        let begin: Timestamp = "2026-01-05T00:00:00Z".parse().unwrap();
        begin + hours.hours()
    });
    let parts =
        (prop::collection::vec(any_sold(days), 1..12), prop::collection::vec(fate, 12), hours);
    parts.prop_map(|(sold, payouts, heard_until)| Story { sold, payouts, heard_until })
}

fn date(day: u8) -> Date {
    "2026-01-05".parse::<Date>().unwrap() + i64::from(day).days()
}

fn words(day: u8) -> String {
    date(day).strftime("%m-%d").to_string()
}

fn amount(minor: i64) -> String {
    saldo_core::money::Money::from_minor(minor, usd()).amount_text()
}

/// A movement of money: how its entry is known, when it was, and where it was paid out.
struct Moved {
    entry: String,
    row: String,
    day: u8,
    payout: Option<usize>,
}

impl Story {
    /// The payout that takes what happened on a day.
    fn payout_of(&self, sold: &Sold, day: u8) -> Option<usize> {
        let payout = usize::from(day / PAYOUT_EVERY + sold.lag);
        (sold.by == CARD && payout < self.payouts.len()).then_some(payout)
    }

    fn issued(payout: usize) -> u8 {
        u8::try_from(payout + 1).unwrap() * PAYOUT_EVERY + 1
    }

    fn facts(&self) -> (Vec<Fact>, Vec<Moved>) {
        let (mut facts, mut moved) = (Vec::new(), Vec::new());
        let mut nets = vec![0_i64; self.payouts.len()];
        for (number, sold) in (1_u32..).zip(&self.sold) {
            let (net, rate) = (sold.minor, sold.tax.map_or(0, |(_, percent)| percent));
            let gross = net + net / 100 * rate;
            let tax = gross - net;
            let lines = |sign: i64| {
                let [net, tax] = [net, tax].map(|minor| amount(minor * sign));
                (SaleKind::Product, net, tax)
            };
            let (kind, net, tax) = lines(1);
            let day = words(sold.day);
            let mut shop = order(&day)
                .numbered(number)
                .sale(&day, &[(kind, &net, "0.00", &tax)])
                .paid(&day, sold.by, &amount(gross));
            let mut happened = vec![(1_u32, sold.day, BalanceKind::Charge, gross, gross / 50)];
            if let Some(days) = sold.returned {
                let (kind, net, tax) = lines(-1);
                let later = sold.day + days;
                let day = words(later);
                shop = shop.refund(&day, &[(kind, &net, "0.00", &tax)]).repaid(
                    &day,
                    sold.by,
                    &amount(gross),
                );
                happened.push((2, later, BalanceKind::Refund, -gross, 0));
            }
            let (title, percent) = sold.tax.unwrap_or(("none", 0));
            shop = shop.taxed(title, percent);
            shop = sold.location.map_or(shop.clone(), |location| shop.located(location));
            facts.push(shop.fact());
            for (part, day, kind, minor, fee) in happened {
                let payout = self.payout_of(sold, day);
                let row_number = number * 10 + part;
                moved.push(Moved {
                    entry: match part {
                        1 => format!("shop/Order/{number}/sale"),
                        later => format!("shop/Order/{number}/Agreement/{later}"),
                    },
                    row: format!("shop/Row/{row_number}"),
                    day,
                    payout: payout.filter(|_| sold.by == CARD),
                });
                if sold.by == "gift_card" {
                    continue;
                }
                let (minor, fee) = (amount(minor), amount(fee));
                let row = row_of(sold.by, row_number, &words(day), kind, &minor, &fee);
                let row = about(row, number, part);
                let Fact::BalanceTransaction(told) = &row else { panic!("a row") };
                if let Some(payout) = payout {
                    nets[payout] += told.net.minor();
                }
                let number = payout.map(|payout| u32::try_from(payout).unwrap());
                facts.push(number.map_or(row.clone(), |number| in_payout(row, number)));
            }
        }
        for (number, ((state, explained), net)) in self.payouts.iter().zip(nets).enumerate() {
            let net = amount(net + i64::from(!explained));
            let day = words(Self::issued(number));
            let number = u32::try_from(number).unwrap();
            facts.push(payout(CARD, number, &day, &net, state.clone()));
        }
        (facts, moved)
    }

    /// The part that something belongs to, as slots name it; and whether it is closed.
    fn part(&self, by: &str, moved: &Moved, policy: &Policy) -> (String, bool) {
        let day = date(moved.day);
        if by != CARD {
            return (day.to_string(), self.heard_until >= policy.end_of_day(day));
        }
        let month = day.strftime("%Y-%m");
        let over = self.heard_until >= policy.end_of_day(day.last_of_month());
        let taken = moved.payout.filter(|payout| {
            self.payouts[*payout].0 != PayoutState::Cancelled
                && date(Self::issued(*payout)) <= day.last_of_month()
        });
        match taken {
            Some(payout) => {
                let (state, explained) = &self.payouts[payout];
                let sent = matches!(state, PayoutState::Paid | PayoutState::Failed) && *explained;
                (format!("Payout/{payout}/{month}"), sent || over)
            }
            None => (format!("not-paid-out/{month}"), over),
        }
    }
}

fn accounted(detail: &str, facts: &[Fact], heard_until: Timestamp) -> (Policy, Vec<Accounted>) {
    let policy = policy(&format!("detail = \"{detail}\"\n{POLICY}"));
    let accounted = account(facts, &policy, heard_until);
    (policy, accounted)
}

fn entries(accounted: Vec<Accounted>) -> Vec<SubledgerEntry> {
    accounted.into_iter().flat_map(|accounted| accounted.entries).collect()
}

type Sums = BTreeMap<(String, String), i64>;

fn without_nothing(mut sums: Sums) -> Sums {
    sums.retain(|_, minor| *minor != 0);
    sums
}

/// What the documents of entries amount to, by this part of the slot, and by account.
fn documents(
    entries: Vec<SubledgerEntry>,
    part: impl Fn(&SubledgerEntry) -> Option<String>,
) -> Sums {
    let mut slots: BTreeMap<String, (String, Vec<SubledgerEntry>)> = BTreeMap::new();
    for entry in entries {
        let Some(part) = part(&entry) else { continue };
        let slot = entry.header.slot.clone();
        slots.entry(slot).or_insert((part, Vec::new())).1.push(entry);
    }
    let mut sums = Sums::new();
    for (slot, (part, entries)) in slots {
        let changes = lacking(&slot, &entries, []);
        assert!(changes.len() <= 1, "{slot} is one document");
        for (account, balance) in movement(&changes).unwrap() {
            *sums.entry((part.clone(), account)).or_default() += balance.of(usd()).minor();
        }
    }
    without_nothing(sums)
}

/// The part in a slot of a summary, or of fees.
fn part_in(slot: &str) -> Option<String> {
    let rest = slot.strip_prefix("summary/shop/").or_else(|| {
        slot.strip_prefix("fees/shop/shopify_payments/")
            .or_else(|| slot.strip_prefix("fees/shop/paypal/"))
    })?;
    let end = ["/sales-receipt/", "/refund-receipt/", "/USD"].map(|word| rest.find(word));
    Some(rest[..end.into_iter().flatten().min()?].to_owned())
}

proptest! {
    #[test]
    fn a_payout_part_amounts_to_its_details(story in any_story(60)) {
        let (facts, moved) = story.facts();
        let (policy, summed) = accounted("payout", &facts, story.heard_until);
        let summed = entries(summed);
        for entry in &summed {
            let slot = &entry.header.slot;
            let month = entry.header.date.strftime("%Y-%m").to_string();
            prop_assert!(part_in(slot).is_none_or(|part| part.contains(&month)), "{slot}");
        }
        let found = documents(summed, |entry| part_in(&entry.header.slot));
        let far = "2027-01-01T00:00:00Z".parse().unwrap();
        let mut expected = Sums::new();
        for entry in entries(accounted("order", &facts, far).1) {
            let of_it = |moved: &&Moved| {
                *moved.entry == *entry.id.as_str()
                    || format!("{}/fee", moved.row) == entry.id.as_str()
            };
            let Some(moved) = moved.iter().find(of_it) else { continue };
            let settles = entry.lines.iter().find(|line| line.kind == LineKind::Settlement);
            let by = match settles {
                Some(line) if &*line.account.name == "Clearing: Shopify Payments" => CARD,
                _ => "another",
            };
            let (part, closed) = story.part(by, moved, &policy);
            for line in entry.lines.iter().filter(|_| closed) {
                let account = line.account.name.to_string();
                *expected.entry((part.clone(), account)).or_default() += line.amount.minor();
            }
        }
        prop_assert_eq!(found, without_nothing(expected));
    }

    #[test]
    fn a_day_amounts_to_its_details(story in any_story(3)) {
        let (facts, _) = story.facts();
        let far = "2027-01-01T00:00:00Z".parse().unwrap();
        let by_day = |entry: &SubledgerEntry| Some(entry.header.date.to_string());
        let sums = |detail| documents(entries(accounted(detail, &facts, far).1), by_day);
        prop_assert_eq!(sums("day"), sums("order"));
    }

    #[test]
    fn what_rows_are_expected_to_have_moved_is_what_the_entries_moved(story in any_story(60)) {
        let (facts, _) = story.facts();
        let payouts = Payouts::of(&facts);
        for detail in ["order", "day", "payout"] {
            let (policy, accounted) = accounted(detail, &facts, story.heard_until);
            let standings = accounted.iter().flat_map(|accounted| &accounted.standings);
            let waiting: BTreeSet<_> = standings
                .filter(|standing| matches!(standing.state, FactState::Waiting { .. }))
                .map(|standing| standing.id.clone())
                .collect();
            let mut expected: BTreeMap<String, i64> = BTreeMap::new();
            for fact in &facts {
                let Fact::BalanceTransaction(row) = fact else { continue };
                let waits = waiting.contains(&row.id);
                let heard = story.heard_until;
                let stands = accounting::entered_by(row, waits, &payouts, &policy, heard);
                let clearing = policy.clearing(&row.gateway.id, usd()).unwrap();
                *expected.entry(clearing.name.to_string()).or_default() += stands.minor();
            }
            let mut found: BTreeMap<String, i64> = BTreeMap::new();
            let entries = accounted.iter().flat_map(|accounted| &accounted.entries);
            let sold = entries.filter(|entry| !entry.id.as_str().contains("/Payout/"));
            for line in sold.flat_map(|entry| &entry.lines) {
                let account = line.account.name.to_string();
                if account.starts_with("Clearing") {
                    *found.entry(account).or_default() += line.amount.minor();
                }
            }
            for sums in [&mut expected, &mut found] {
                sums.retain(|_, minor| *minor != 0);
            }
            prop_assert_eq!(found, expected, "{}", detail);
        }
    }
}
