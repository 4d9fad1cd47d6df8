//! Histories of merchants that nobody thought up: what must hold whatever happened.
//!
//! Each property is tried on 500 of them, or on as many as `SALDO_HISTORIES` in the environment
//! says.

mod book;
mod damage;
mod merchant;
mod reached;
mod summed;
mod telling;
mod trade;
mod worked_out;

use crate::bases::bases;
use crate::shop::{decided, no};
use crate::{account, accounted_with_figures, stock_of};
use book::Book;
use damage::any_damage;
use jiff::Timestamp;
use jiff::civil::Date;
use merchant::{Days, History, Sums, When, any_history};
use proptest::prelude::*;
use saldo_core::accounting::{self, Accounted, Group};
use saldo_core::commerce::{
    AdjustmentReason, Decided, Fact, MovementKind, Order, PayoutState, Tender,
};
use saldo_core::document::{Line, SubledgerEntry};
use saldo_core::issue::FactState;
use saldo_core::money::{Currency, Money};
use saldo_core::policy::Policy;
use saldo_core::proof::Identity;
use std::collections::{BTreeMap, BTreeSet};
use telling::REVERSE_CHARGE;

const POLICY: &str = r#"
[gateways]
card.account = "Clearing: Card"
paypal.account = "Clearing: PayPal"
shop_cash.account = "Clearing: Shop Cash"
cash = { account = "Cash drawer", kind = "cash" }
bazaar = { account = "Clearing: Bazaar", keeps-tax = true, card = "Credit card" }
[gateways.card.loans.2026-01-01]
owed = "10000"
cost = "1000"
[drawer.notes]
"stamps" = "store-supplies"
"bank drop" = "cash-in-transit"
[tax.accounts]
"State tax" = "State tax"
"VAT" = "VAT"
"DE VAT" = "OSS VAT payable"
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

/// What belongs together whichever way it is told: trade in all its parts, what buyers owe or are
/// owed, goods wherever they are, and what suppliers are owed or owe.
const PARTS: [(&str, &str); 14] = [
    ("Product sales", "Trade"),
    ("Shipping income", "Trade"),
    ("Discounts given", "Trade"),
    ("Returns & refunds", "Trade"),
    ("Refund allowances (no item)", "Trade"),
    ("Accounts receivable", "Buyers"),
    ("Customer deposits / deferred revenue", "Buyers"),
    ("Refunds payable to customer", "Buyers"),
    ("Inventory", "Goods"),
    ("Cost of goods sold", "Goods"),
    ("Inventory shrinkage & damage", "Goods"),
    ("Goods received not invoiced", "Goods"),
    ("Accounts payable", "Suppliers"),
    ("Supplier prepayments", "Suppliers"),
];

/// Ways to keep the same books.
const WAYS: [&str; 11] = [
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
    VOUCHERS,
];

/// Gift cards are taxed when they are sold.
const VOUCHERS: &str =
    "gift-cards = { voucher = \"single-purpose\", tax = \"VAT\", rate = \"20\" }";

/// Gift cards that are given away are a discount once they are used.
const GIFTS: &str = "gift-cards = { promotional = \"at-use\" }";

fn cases() -> u32 {
    let asked = std::env::var("SALDO_HISTORIES").ok();
    asked.map_or(500, |count| count.parse().expect("SALDO_HISTORIES is a number"))
}

fn policy(history: &History, more: &str) -> Policy {
    let start = "2026-01-01".parse().unwrap();
    let cost = history.trade.stock.as_ref().map_or_else(String::new, |stock| {
        let method = if stock.fifo { "fifo" } else { "average" };
        format!("[cost]\nowner = \"saldo\"\nmethod = \"{method}\"\n")
    });
    let own_bank = "[gateways]\ncard.bank = \"Shopify Balance\"";
    let policy = match history.trade.own_bank {
        true => &POLICY.replace("[gateways]", own_bank),
        false => POLICY,
    };
    let reverse_charge = match history.trade.reverse_charge {
        true => &format!("tax.reverse-charge = \"{REVERSE_CHARGE}\""),
        false => "",
    };
    let text = format!("{more}\n{reverse_charge}\n{policy}\n{cost}\n{DIMENSIONS}");
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
        let mut owes = Sums::new();
        for (ledger, minor) in told.facts.iter().filter_map(owed) {
            *owes.entry(ledger).or_default() += minor;
        }
        owes.retain(|_, minor| *minor != 0);
        let entries = entries(&told.facts, &policy);
        let mut held = Sums::new();
        for line in entries.iter().flat_map(|entry| &entry.lines) {
            // Those of whom nobody tells rows owe what buyers paid.
            let name = line.account.name.to_string();
            if name.starts_with("Clearing: ") && name != "Clearing: PayPal" {
                *held.entry(name).or_default() += line.held().minor();
            }
        }
        held.retain(|_, minor| *minor != 0);
        prop_assert_eq!(held, owes, "in its own currency each");
    }

    #[test]
    fn each_entry_balances_in_its_currency(
        history in any_history(),
        ways in prop::sample::select(WAYS.to_vec()),
    ) {
        let (facts, policy) = (history.told().facts, policy(&history, ways));
        for entry in entries(&facts, &policy) {
            let mut sums: BTreeMap<Currency, i64> = BTreeMap::new();
            for line in &entry.lines {
                *sums.entry(line.amount.currency()).or_default() += line.amount.minor();
            }
            let own = BTreeMap::from([(entry.header.currency, 0)]);
            prop_assert_eq!(sums, own, "{}", entry.id);
        }
    }

    #[test]
    fn the_account_of_stock_holds_what_its_layers_hold(history in any_history()) {
        let (facts, policy) = (history.told().facts, policy(&history, ""));
        let accounts = by_account(&entries(&facts, &policy));
        let (mut held, mut billed) = (0, BTreeSet::new());
        for fact in &facts {
            match fact {
                Fact::StockAdjustment(it) if it.reason == AdjustmentReason::Opening => {
                    held += it.units * it.unit_cost.unwrap().minor();
                }
                Fact::SupplierBill(bill) => _ = billed.insert(bill.purchase.clone()),
                _ => {}
            }
        }
        let unbilled = facts.iter().filter_map(|fact| match fact {
            Fact::GoodsReceipt(it) if !billed.contains(&it.purchase) => it.lines[0].cost,
            _ => None,
        });
        let unbilled: i64 = unbilled.map(Money::minor).sum();
        let of = |name: &str| accounts.get(name).copied().unwrap_or_default();
        let stocked = history.trade.stock.is_some();
        prop_assert_eq!(of("Goods received not invoiced"), if stocked { -unbilled } else { 0 });
        let layers = stock_of(&facts, &policy, far()).value(policy.currency).unwrap();
        // What was there at first stands in the opening balances, which are the owner's.
        prop_assert_eq!(of("Inventory") + held, layers.minor());
    }

    #[test]
    fn what_each_day_amounts_to_by_its_facts_is_what_is_entered_on_it(history in any_history()) {
        let (facts, policy) = (history.told().facts, policy(&history, ""));
        let mut compared = BTreeSet::new();
        for (_, figures) in accounted_with_figures(&facts, &policy, far()) {
            for figure in figures {
                prop_assert!(figure.difference().unwrap().is_zero(), "{figure:#?}");
                compared.insert(figure.identity);
            }
        }
        prop_assert!(compared.contains(&Identity::Standings), "{compared:?}");
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

    /// What goods cost is frozen once they left: a bill, or goods, that come later change what is
    /// entered from their own day on, and nothing before.
    #[test]
    fn a_late_receipt_or_bill_changes_nothing_of_an_earlier_day(history in any_history()) {
        let (facts, policy) = (history.told().facts, policy(&history, ""));
        let whole = entries(&facts, &policy);
        for late in &facts {
            let (purchase, day) = match late {
                Fact::SupplierBill(bill) => (&bill.purchase, bill.on),
                Fact::GoodsReceipt(receipt) => (&receipt.purchase, policy.day(receipt.received_at)),
                _ => continue,
            };
            let is_later = |fact: &Fact| match fact {
                Fact::SupplierBill(bill) => bill.purchase == *purchase,
                other => other.id() == late.id(),
            };
            let known: Vec<Fact> = facts.iter().filter(|fact| !is_later(fact)).cloned().collect();
            let until = |entries: &[SubledgerEntry]| {
                let mut days: BTreeMap<Date, Vec<SubledgerEntry>> = BTreeMap::new();
                for entry in entries.iter().filter(|entry| entry.header.date < day) {
                    days.entry(entry.header.date).or_default().push(entry.clone());
                }
                let days = days.into_iter().map(|(day, entries)| (day, by_account(&entries)));
                days.collect::<Days>()
            };
            prop_assert_eq!(until(&entries(&known, &policy)), until(&whole), "{}", late.id());
        }
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
        let charged_on = |more| bases(&entries(&facts, &policy(&history, more)));
        prop_assert_eq!(charged_on("recognition = \"fulfilment\""), charged_on(""));
    }

    #[test]
    fn vouchers_move_tax_from_what_they_buy_to_their_own_sale_and_nothing_else(
        history in any_history(),
    ) {
        let facts = history.told().facts;
        let (plain, single) = (policy(&history, ""), policy(&history, VOUCHERS));
        let accounted = account(&facts, &single, far());
        let states = states(&accounted);
        let taxed: Vec<_> = accounted.into_iter().flat_map(|it| it.entries).collect();
        let untaxed = entries(&facts, &plain);
        for (id, state) in states.iter().filter(|(id, _)| id.contains("/Order/")) {
            if let FactState::Held(issue) = state {
                prop_assert!(issue.message.contains("by the policy"), "{}", issue.message);
                continue;
            }
            let own = |all: &[SubledgerEntry]| {
                let prefix = format!("{id}/");
                by_account(all.iter().filter(|entry| entry.id.as_str().starts_with(&prefix)))
            };
            let mut differ = own(&taxed);
            for (account, minor) in own(&untaxed) {
                *differ.entry(account).or_default() -= minor;
            }
            differ.retain(|_, minor| *minor != 0);
            let moved = differ.get("VAT").copied().unwrap_or_default();
            let expected = [("VAT", moved), ("Gift card liability", -moved)];
            let expected = expected.iter().filter(|(_, minor)| *minor != 0);
            let expected: Sums = expected.map(|(name, it)| ((*name).to_owned(), *it)).collect();
            prop_assert_eq!(differ, expected, "{}", id);
        }
    }

    #[test]
    fn gifts_become_a_discount_and_move_nothing_else(
        history in any_history(),
        percent in 1_i64..=100,
    ) {
        let (mut facts, policy) = (history.told().facts, policy(&history, GIFTS));
        let undecided = by_account(&entries(&facts, &policy));
        let orders = facts.iter().filter_map(|fact| match fact {
            Fact::Order(order) => Some(order),
            _ => None,
        });
        let by_card = |order: &Order, kind: MovementKind| -> i64 {
            let moved = order.movements.iter();
            let moved = moved.filter(|it| it.tender == Tender::GiftCard && it.kind == kind);
            moved.map(|it| it.amount.minor()).sum()
        };
        let (mut decisions, mut given, mut went_back) = (Vec::new(), 0, 0);
        for (number, order) in (1_u32..).zip(orders) {
            let paid = by_card(order, MovementKind::Payment);
            if paid == 0 {
                continue;
            }
            let minor = (paid * percent / 100).max(1);
            given += minor;
            went_back += by_card(order, MovementKind::Refund);
            let amount = Money::from_minor(minor, history.currency());
            let (order, name) = (order.id.clone(), order.name.clone());
            let said = Decided::PromotionalUse { order, name, amount };
            decisions.push(no(number, decided("12-01", said)));
        }
        facts.extend(decisions);
        let mut differ = by_account(&entries(&facts, &policy));
        for (account, minor) in undecided {
            *differ.entry(account).or_default() -= minor;
        }
        differ.retain(|_, minor| *minor != 0);
        let gifts = differ.get("Promotional gift cards").copied().unwrap_or_default();
        prop_assert!((given - went_back..=given).contains(&gifts), "{} of {}", gifts, given);
        let expected = [("Promotional gift cards", gifts), ("Gift card liability", -gifts)];
        let expected = expected.iter().filter(|(_, minor)| *minor != 0);
        let expected: Sums = expected.map(|(name, it)| ((*name).to_owned(), *it)).collect();
        prop_assert_eq!(differ, expected);
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
        let mut touched: BTreeSet<_> = accounting::groups(&whole)
            .into_iter()
            .chain(accounting::groups(&facts[place]))
            .collect();
        facts.remove(place);
        // What goods cost follows from all that is told of them, with whatever orders they left.
        let is_of_stock = |group: &Group| matches!(group, Group::Stock(_));
        let is_of_purchase = |group: &Group| matches!(group, Group::Purchase(_));
        let costs = touched.iter().any(|it| is_of_stock(it) || is_of_purchase(it));
        if costs {
            let groups = facts.iter().map(accounting::groups);
            touched.extend(groups.filter(|it| it.iter().any(is_of_stock)).flatten());
        }
        let concerns = |fact: &Fact| {
            let groups = accounting::groups(fact);
            let is_evidence = !costs && groups.iter().any(is_of_stock);
            !is_evidence && groups.iter().any(|it| touched.contains(it))
        };
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

/// The account of a gateway's ledger, and what a row adds to what it owes there, or a payout that
/// was sent takes from it.
fn owed(fact: &Fact) -> Option<(String, i64)> {
    let (gateway, net) = match fact {
        Fact::BalanceTransaction(row) => (&row.gateway, row.net),
        Fact::Payout(payout) if matches!(payout.state, PayoutState::Paid | PayoutState::Failed) => {
            (&payout.gateway, payout.net.negated())
        }
        _ => return None,
    };
    let own = if net.currency().code() == "EUR" { " EUR" } else { "" };
    Some((format!("Clearing: {}{own}", gateway.name), net.minor()))
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
