//! Histories of merchants that nobody thought up: what must hold whatever happened.
//!
//! Each property is tried on 500 of them, or on as many as `SALDO_HISTORIES` in the environment
//! says.

mod book;
mod damage;
mod merchant;
mod telling;

use crate::account;
use book::Book;
use damage::any_damage;
use jiff::Timestamp;
use jiff::civil::Date;
use merchant::{Days, History, Sums, When, any_history};
use proptest::prelude::*;
use saldo_core::accounting::{self, Accounted};
use saldo_core::commerce::{Fact, Payout, PayoutState};
use saldo_core::document::{Line, SubledgerEntry};
use saldo_core::issue::FactState;
use saldo_core::policy::Policy;
use std::collections::{BTreeMap, BTreeSet};

const POLICY: &str = r#"
[gateways]
card.account = "Clearing: Card"
paypal.account = "Clearing: PayPal"
cash = { account = "Cash drawer", kind = "cash" }
[tax.accounts]
"State tax" = "State tax"
"VAT" = "VAT"
"#;

/// Dimensions by the order, by its place, by what an account is for, and by default.
const DIMENSIONS: &str = r#"
[dimensions]
class.default = "Web"
location = {}
[[rules]]
name = "Fees"
when.role = "processing-fees"
set.class = "Overhead"
[[rules]]
name = "Wholesale"
when.tag = "wholesale"
set.class = "Wholesale"
[[rules]]
name = "Copenhagen"
when.location = "7"
set.location = "Copenhagen"
"#;

/// What belongs together whichever way it is told: trade in all its parts, and what buyers owe or
/// are owed.
const PARTS: [(&str, &str); 8] = [
    ("Product sales", "Trade"),
    ("Shipping income", "Trade"),
    ("Discounts given", "Trade"),
    ("Returns & refunds", "Trade"),
    ("Refund allowances (no item)", "Trade"),
    ("Accounts receivable", "Buyers"),
    ("Customer deposits / deferred revenue", "Buyers"),
    ("Refunds payable to customer", "Buyers"),
];

/// Ways to keep the same books.
const WAYS: [&str; 10] = [
    "",
    "refunds = \"credit-memo\"",
    "refunds = \"credit-memo\"\ndetail = \"day\"",
    "refunds = \"credit-memo\"\nsales = \"invoice\"\ndetail = \"payout\"",
    "sales = \"invoice\"",
    "sales = \"invoice\"\ndetail = \"day\"",
    "detail = \"day\"",
    "detail = \"payout\"",
    "recognition = \"fulfilment\"",
    "recognition = \"fulfilment\"\ndetail = \"day\"",
];

fn cases() -> u32 {
    let asked = std::env::var("SALDO_HISTORIES").ok();
    asked.map_or(500, |count| count.parse().expect("SALDO_HISTORIES is a number"))
}

fn policy(history: &History, more: &str) -> Policy {
    let start = "2026-01-01".parse().unwrap();
    let text = format!("{more}\n{POLICY}\n{DIMENSIONS}");
    Policy::new(1, &text, history.currency(), history.zone, start).unwrap()
}

fn far() -> Timestamp {
    "2028-01-01T00:00:00Z".parse().unwrap()
}

fn entries(facts: &[Fact], policy: &Policy) -> Vec<SubledgerEntry> {
    let accounted = account(facts, policy, far());
    accounted.into_iter().flat_map(|accounted| accounted.entries).collect()
}

/// What entries come to, by account.
fn by_account<'a>(entries: impl IntoIterator<Item = &'a SubledgerEntry>) -> Sums {
    let mut sums = Sums::new();
    for line in entries.into_iter().flat_map(|entry| &entry.lines) {
        *sums.entry(line.account.name.to_string()).or_default() += line.amount.minor();
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

/// The same by account and dimensions.
fn by_dimension<'a>(entries: impl IntoIterator<Item = &'a SubledgerEntry>) -> Sums {
    let mut sums = Sums::new();
    for line in entries.into_iter().flat_map(|entry| &entry.lines) {
        *sums.entry(spot(line)).or_default() += line.amount.minor();
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

/// Where a line stands: its account and its dimensions.
fn spot(line: &Line) -> String {
    let named = line.dimensions.iter().map(|(name, value)| format!(" {name}={value}"));
    format!("{}{}", line.account.name, named.collect::<String>())
}

/// The same by the parts that plain addition knows.
fn by_part(accounts: &Sums) -> Sums {
    let mut sums = Sums::new();
    for (account, minor) in accounts {
        let part = PARTS.iter().find(|(name, _)| name == account).map_or(&**account, |it| it.1);
        *sums.entry(part.to_owned()).or_default() += minor;
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

/// Where each fact stands. Each is in exactly one state.
fn states(accounted: &[Accounted]) -> BTreeMap<String, FactState> {
    let mut states = BTreeMap::new();
    for standing in accounted.iter().flat_map(|accounted| &accounted.standings) {
        let before = states.insert(standing.id.to_string(), standing.state.clone());
        assert_eq!(before, None, "{} stands in two places", standing.id);
    }
    states
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn each_day_holds_what_plain_addition_gives(history in any_history()) {
        let (told, policy) = (history.told(), policy(&history, ""));
        let mut days: BTreeMap<Date, Vec<SubledgerEntry>> = BTreeMap::new();
        for entry in entries(&told.facts, &policy) {
            days.entry(entry.header.date).or_default().push(entry);
        }
        let sums = days.into_iter().map(|(day, entries)| (day, by_part(&by_account(&entries))));
        let days: Days = sums.filter(|(_, sums)| !sums.is_empty()).collect();
        prop_assert_eq!(days, told.expected);
    }

    #[test]
    fn each_fact_is_in_exactly_one_state(history in any_history()) {
        let (told, policy) = (history.told(), policy(&history, ""));
        let states = states(&account(&told.facts, &policy, far()));
        let ids = |fact: &Fact| fact.id().to_string();
        let told: BTreeSet<String> = told.facts.iter().map(ids).collect();
        prop_assert_eq!(states.keys().cloned().collect::<BTreeSet<_>>(), told);
        let held = states.iter().find(|(_, state)| matches!(state, FactState::Held(_)));
        prop_assert_eq!(held, None);
    }

    #[test]
    fn clearing_is_what_the_gateway_still_owes(history in any_history()) {
        let (told, policy) = (history.told(), policy(&history, ""));
        let owes: i64 = told.facts.iter().map(owed).sum();
        let accounts = by_account(&entries(&told.facts, &policy));
        prop_assert_eq!(accounts.get("Clearing: Card").copied().unwrap_or_default(), owes);
    }

    #[test]
    fn a_summary_is_the_sum_of_its_details(history in any_history()) {
        let facts = history.told().facts;
        let by_day = |detail: &str| {
            let policy = policy(&history, &format!("detail = \"{detail}\""));
            let mut days: BTreeMap<_, Vec<SubledgerEntry>> = BTreeMap::new();
            for entry in entries(&facts, &policy) {
                days.entry(entry.header.date).or_default().push(entry);
            }
            let sums = days.into_iter().map(|(day, entries)| (day, by_dimension(&entries)));
            sums.filter(|(_, sums)| !sums.is_empty()).collect::<BTreeMap<_, _>>()
        };
        let detail = by_day("order");
        prop_assert_eq!(by_day("day"), detail.clone());
        let total = |days: BTreeMap<_, Sums>| {
            let mut total = Sums::new();
            for (spot, minor) in days.into_values().flatten() {
                *total.entry(spot).or_default() += minor;
            }
            total.retain(|_, minor| *minor != 0);
            total
        };
        prop_assert_eq!(total(by_day("payout")), total(detail));
    }

    #[test]
    fn invoices_and_credit_memos_come_to_the_same(history in any_history()) {
        let facts = history.told().facts;
        let by_day = |more: &str| {
            let mut days: BTreeMap<Date, Vec<SubledgerEntry>> = BTreeMap::new();
            for entry in entries(&facts, &policy(&history, more)) {
                days.entry(entry.header.date).or_default().push(entry);
            }
            let sums = days.into_iter().map(|(day, entries)| (day, by_part(&by_account(&entries))));
            sums.filter(|(_, sums)| !sums.is_empty()).collect::<Days>()
        };
        prop_assert_eq!(by_day("sales = \"invoice\""), by_day(""));
        prop_assert_eq!(by_day("refunds = \"credit-memo\""), by_day(""));
        let both = "refunds = \"credit-memo\"\nsales = \"invoice\"\ndetail = \"day\"";
        prop_assert_eq!(by_day(both), by_day(""));
    }

    #[test]
    fn nothing_stays_on_the_receivable_of_an_order_that_is_settled(history in any_history()) {
        let facts = history.told().facts;
        let more = "refunds = \"credit-memo\"";
        for accounted in account(&facts, &policy(&history, more), far()) {
            let sums = by_account(&accounted.entries);
            if !by_part(&sums).contains_key("Buyers") {
                prop_assert_eq!(sums.get("Accounts receivable"), None, "{:?}", sums);
            }
        }
    }

    #[test]
    fn payment_and_fulfilment_agree_once_all_is_handed_over(history in any_history()) {
        let facts = history.told().facts;
        let sums = |more| by_part(&by_account(&entries(&facts, &policy(&history, more))));
        prop_assert_eq!(sums("recognition = \"fulfilment\""), sums(""));
    }

    #[test]
    fn the_order_of_arrival_changes_no_sum(
        history in any_history(),
        order in any::<prop::sample::Index>(),
        seed in prop::collection::vec(any::<u32>(), 40),
        pages in 1_usize..5,
        closed in prop::option::of(0_u16..60),
        ways in prop::sample::select(WAYS.to_vec()),
    ) {
        let (facts, policy) = (history.told().facts, policy(&history, ways));
        let arrived = shuffled(&facts, &seed);
        let mut book = Book::default();
        let page = arrived.len().div_ceil(pages);
        let closes_after = order.index(pages);
        for (number, _) in arrived.chunks(page).enumerate() {
            let known = &arrived[..arrived.len().min((number + 1) * page)];
            book.catch_up(&entries(known, &policy));
            if let Some(days) = closed.filter(|_| number == closes_after) {
                book.close(policy.day(history.instant(When(days, 0))));
            }
        }
        let once = entries(&facts, &policy);
        prop_assert_eq!(book.sums(), by_dimension(&once));
        book.catch_up(&once);
        prop_assert!(book.is_quiet(), "nothing is left to do");
        book.catch_up(&[]);
        prop_assert_eq!(book.sums(), Sums::new(), "reversing cancels");
    }

    #[test]
    fn what_is_damaged_is_said_and_harms_nothing_else(
        history in any_history(),
        at in any::<prop::sample::Index>(),
        damage in any_damage(),
    ) {
        let (mut facts, policy) = (history.told().facts, policy(&history, ""));
        let place = at.index(facts.len());
        let whole = facts[place].clone();
        damage.strike(&mut facts[place]);
        let accounted = account(&facts, &policy, far());
        let states = states(&accounted);
        prop_assert_eq!(states.len(), facts.len());
        if damage.contradicts(&whole) {
            let state = &states[whole.id().as_str()];
            let said = match state {
                FactState::Held(issue) | FactState::Accounted { review: Some(issue) } => issue,
                other => panic!("nothing is said of it: {other:?}"),
            };
            prop_assert_eq!(&said.about, whole.id());
        }
        let touched: BTreeSet<_> = accounting::groups(&whole)
            .into_iter()
            .chain(accounting::groups(&facts[place]))
            .collect();
        facts.remove(place);
        let concerns = |fact: &Fact| accounting::groups(fact).iter().any(|it| touched.contains(it));
        let others: Vec<Fact> = facts.into_iter().filter(|fact| !concerns(fact)).collect();
        let others: BTreeSet<String> = account(&others, &policy, far())
            .iter()
            .flat_map(|accounted| &accounted.entries)
            .map(|entry| format!("{} {}", entry.id, entry.money_hash()))
            .collect();
        let all: BTreeSet<String> = accounted
            .iter()
            .flat_map(|accounted| &accounted.entries)
            .map(|entry| format!("{} {}", entry.id, entry.money_hash()))
            .collect();
        prop_assert!(others.is_subset(&all), "{:?}", others.difference(&all));
    }
}

/// What a row adds to what the gateway owes, and a payout that was sent takes from it.
fn owed(fact: &Fact) -> i64 {
    match fact {
        Fact::BalanceTransaction(row) => row.net.minor(),
        Fact::Payout(Payout { state: PayoutState::Paid | PayoutState::Failed, net, .. }) => {
            -net.minor()
        }
        _ => 0,
    }
}

/// Facts in another order, the same for the same numbers.
fn shuffled(facts: &[Fact], seed: &[u32]) -> Vec<Fact> {
    let mut left = facts.to_vec();
    let mut arrived = Vec::with_capacity(left.len());
    for number in seed.iter().cycle() {
        if left.is_empty() {
            break;
        }
        let place = usize::try_from(*number).unwrap() % left.len();
        arrived.push(left.swap_remove(place));
    }
    arrived
}
