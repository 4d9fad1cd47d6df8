//! One thing, told by several records; and rows that know their order by its name.

use crate::planned::lacking;
use crate::shop::{in_payout, order, payout, row};
use crate::{POLICY, account, policy};
use saldo_core::accounting::{Accounted, GROUPS_OF_LEDGERS, groups, told_once, told_with_payouts};
use saldo_core::commerce::{
    BalanceKind, BalanceTransaction, Fact, PaidOut, PayoutState, SaleKind, Telling, Untold,
};
use saldo_core::document::SubledgerEntry;
use saldo_core::issue::FactState;
use saldo_core::plan::Change;
use saldo_core::proof::{gateway_balances, unstated_payouts};
use std::collections::BTreeSet;

/// The order of a file.
pub(crate) fn by_file(fact: Fact, stream: &str, untold: Vec<Untold>) -> Fact {
    let Fact::Order(mut order) = fact else { panic!("{fact:?} is no order") };
    order.telling = Telling::File(untold);
    order.source.stream = stream.into();
    Fact::Order(order)
}

/// A row of a file, which knows its order by name.
pub(crate) fn by_name(fact: Fact) -> Fact {
    let Fact::BalanceTransaction(mut row) = fact else { panic!("{fact:?} is no row") };
    row.id = format!("{}/by-file", row.id).into();
    row.source.stream = "a-file".into();
    row.order = None;
    row.movement = None;
    row.by_file = true;
    Fact::BalanceTransaction(row)
}

pub(crate) fn sale(amount: &str) -> Fact {
    let line = (SaleKind::Product, amount, "0.00", "0.00");
    order("03-17").sale("03-17", &[line]).paid("03-17", "shopify_payments", amount).fact()
}

fn everything(facts: &[Fact]) -> Vec<Accounted> {
    account(facts, &policy(POLICY), "2027-01-01T00:00:00Z".parse().unwrap())
}

/// Each fact by its stream, with where it stands.
pub(crate) fn states(facts: &[Fact]) -> Vec<(String, FactState)> {
    let standings = everything(facts).into_iter().flat_map(|accounted| accounted.standings);
    standings.map(|it| (it.source.stream.to_string(), it.state)).collect()
}

/// What stands on an account, in minor units.
pub(crate) fn balance(facts: &[Fact], name: &str) -> i64 {
    let entries = everything(facts).into_iter().flat_map(|accounted| accounted.entries);
    let lines = entries.flat_map(|entry| entry.lines);
    lines.filter(|line| &*line.account.name == name).map(|line| line.amount.minor()).sum()
}

pub(crate) const CLEARING: &str = "Clearing: Shopify Payments";
pub(crate) const REVIEW: &str = "Platform adjustments - to review";

#[test]
fn the_interface_counts_before_a_file_whichever_came_first() {
    let (interface, file) = (sale("10.00"), by_file(sale("10.00"), "a-file", Vec::new()));
    for facts in [[interface.clone(), file.clone()], [file.clone(), interface.clone()]] {
        assert_eq!(&*told_once(&facts), std::slice::from_ref(&interface));
        assert_eq!(balance(&facts, CLEARING), 1_000);
        let mut states = states(&facts);
        states.sort_by(|a, b| a.0.cmp(&b.0));
        let aside = FactState::Excluded { rule: "another-record-tells-it".to_owned() };
        assert_eq!(states[0], ("a-file".to_owned(), aside));
        assert_eq!(states[1].1, FactState::Accounted { review: None });
    }
}

#[test]
fn among_files_the_stream_that_comes_first_counts() {
    let (first, second) =
        (by_file(sale("10.00"), "a", Vec::new()), by_file(sale("10.00"), "b", Vec::new()));
    let firsts = std::slice::from_ref(&first);
    assert_eq!(&*told_once(&[second.clone(), first.clone()]), firsts);
    assert_eq!(&*told_once(&[first.clone(), second]), firsts);
}

#[test]
fn records_that_disagree_are_looked_at() {
    let facts = [sale("10.00"), by_file(sale("12.00"), "a-file", Vec::new())];
    assert_eq!(balance(&facts, CLEARING), 1_000);
    let issue = states(&facts).into_iter().find_map(|(_, state)| match state {
        FactState::Accounted { review } => review,
        _ => None,
    });
    let message = issue.unwrap().message;
    assert!(message.contains("10.00 USD") && message.contains("12.00 USD"), "{message}");
}

#[test]
fn what_a_file_leaves_untold_holds_the_order_or_is_looked_at() {
    let untold = |holds| Untold { what: "x".to_owned(), hint: "y".to_owned(), holds };
    let held = [by_file(sale("10.00"), "a-file", vec![untold(false), untold(true)])];
    assert_eq!(balance(&held, CLEARING), 0);
    assert!(matches!(states(&held)[..], [(_, FactState::Held(_))]));
    let looked_at = [by_file(sale("10.00"), "a-file", vec![untold(false)])];
    assert_eq!(balance(&looked_at, CLEARING), 1_000);
    assert!(matches!(states(&looked_at)[..], [(_, FactState::Accounted { review: Some(_) })]));
}

#[test]
fn a_row_finds_the_one_order_of_its_name() {
    let charge = |number| by_name(row(number, "03-17", BalanceKind::Charge, "10.00", "0.59"));
    let order = by_file(sale("10.00"), "a-file", Vec::new());
    // Alone it is for review; with its order it adds its fee; a second one is not the same payment.
    let cases = [
        (vec![charge(1)], -1_000, 941),
        (vec![charge(1), order.clone()], 0, 941),
        (vec![charge(1), in_payout(charge(2), 1), order.clone()], -1_000, 1_882),
    ];
    for (facts, review, clearing) in cases {
        assert_eq!(balance(&facts, REVIEW), review, "{facts:?}");
        assert_eq!(balance(&facts, CLEARING), clearing, "{facts:?}");
    }
    let Fact::Order(mut other) = order.clone() else { panic!() };
    other.id = "shop/Order/2".into();
    other.source.id = "Order/2".to_owned();
    let two = [charge(1), order, Fact::Order(other)];
    assert_eq!(balance(&two, REVIEW), -1_000, "nobody knows which of the two");
}

pub(crate) fn charge(number: u32) -> Fact {
    row(number, "03-17", BalanceKind::Charge, "10.00", "0.59")
}

/// A reserve, which names no order.
fn reserve(number: u32) -> Fact {
    row(number, "03-17", BalanceKind::Reserve, "-10.00", "0.59")
}

pub(crate) fn edited(fact: Fact, edit: impl FnOnce(&mut BalanceTransaction)) -> Fact {
    let Fact::BalanceTransaction(mut row) = fact else { panic!("{fact:?} is no row") };
    edit(&mut row);
    Fact::BalanceTransaction(row)
}

/// How often a state is that of a fact set aside, of one entered, and of one to be looked at.
fn counted(facts: &[Fact]) -> (usize, usize, usize) {
    let states = states(facts);
    let count = |wanted: fn(&FactState) -> bool| states.iter().filter(|it| wanted(&it.1)).count();
    (
        count(|it| matches!(it, FactState::Excluded { .. })),
        count(|it| *it == FactState::Accounted { review: None }),
        count(|it| matches!(it, FactState::Accounted { review: Some(_) })),
    )
}

#[test]
fn a_row_of_a_file_is_the_row_of_the_interface_that_says_the_same() {
    for told in [charge, reserve] {
        let alone = balance(&[sale("10.00"), told(1)], CLEARING);
        let (one, file) = (in_payout(told(1), 7), by_name(told(2)));
        for facts in [[sale("10.00"), one.clone(), file.clone()], [file, sale("10.00"), one]] {
            assert_eq!(balance(&facts, CLEARING), alone);
            assert_eq!(counted(&facts), (1, 2, 0));
            assert_eq!(told_once(&facts).len(), 2);
        }
    }
}

#[test]
fn each_row_of_a_file_is_one_row_at_most() {
    let twice = [charge(1), by_name(charge(2)), by_name(charge(3))];
    assert_eq!(counted(&twice).0, 1, "the other is one of its own");
    let thrice = [charge(1), charge(4), by_name(charge(2)), by_name(charge(3))];
    assert_eq!(counted(&thrice).0, 2);
    // Of two alike, the one in the same payout is meant.
    let paid = by_name(in_payout(charge(3), 7));
    let facts = [in_payout(charge(1), 7), by_name(charge(2)), paid.clone()];
    assert!(!told_once(&facts).contains(&paid));
    for other in [
        edited(charge(2), |row| row.order_name = Some("#1002".to_owned())),
        edited(charge(2), |row| row.occurred_at += jiff::SignedDuration::from_secs(1)),
        edited(charge(2), |row| row.source.connection = "another".into()),
        row(2, "03-17", BalanceKind::Charge, "10.01", "0.59"),
        row(2, "03-17", BalanceKind::DisputeReversal, "10.00", "0.59"),
    ] {
        assert_eq!(told_once(&[charge(1), by_name(other)]).len(), 2);
    }
}

#[test]
fn rows_that_differ_in_fee_or_payout_are_looked_at() {
    let fee = row(2, "03-17", BalanceKind::Charge, "10.00", "0.60");
    for (file, looked_at) in
        [(charge(2), 0), (in_payout(charge(2), 7), 0), (fee, 1), (in_payout(charge(2), 8), 1)]
    {
        let facts = [sale("10.00"), in_payout(charge(1), 7), by_name(file)];
        assert_eq!(counted(&facts).2, looked_at);
        assert_eq!(balance(&facts, CLEARING), 941, "the interface counts");
    }
}

/// A row of a file, which says that its payout was sent.
pub(crate) fn paid_out(fact: Fact, state: PayoutState) -> Fact {
    let issued_on = "2026-03-19".parse().unwrap();
    edited(by_name(in_payout(fact, 7)), |row| row.paid_out = Some(PaidOut { state, issued_on }))
}

#[test]
fn a_payout_that_rows_alone_tell_is_the_sum_of_all_of_them() {
    let transfers = |facts: &[Fact]| balance(facts, "Bank");
    let other = row(3, "03-18", BalanceKind::Charge, "20.00", "0.50");
    let sent = |fact| paid_out(fact, PayoutState::Paid);
    let (one, two) = (sent(charge(2)), sent(other.clone()));
    assert_eq!(transfers(&[one.clone(), two.clone()]), 2_891);
    // A row that another record tells by its number counts once, and still says that it was sent.
    let told = in_payout(charge(1), 7);
    assert_eq!(transfers(&[told.clone(), one.clone(), two.clone()]), 2_891);
    assert_eq!(transfers(&[told.clone(), one.clone()]), 941);
    assert_eq!(transfers(&[told]), 0, "nobody says that it was sent");
    // The furthest counts; and a total that is stated counts before the sum.
    assert_eq!(transfers(&[one.clone(), paid_out(other, PayoutState::Scheduled)]), 2_891);
    let stated = payout("shopify_payments", 7, "03-19", "28.92", PayoutState::Paid);
    assert_eq!(transfers(&[one, two, stated]), 0, "a cent is not explained");
}

#[test]
fn a_payout_is_held_where_a_row_may_be_told_twice() {
    let nameless = edited(in_payout(charge(1), 7), |row| row.order_name = None);
    let sent = paid_out(charge(2), PayoutState::Paid);
    let facts = [nameless, sent, sale("10.00")];
    assert_eq!(balance(&facts, "Bank"), 0);
    let held = states(&facts).into_iter().find_map(|(_, state)| match state {
        FactState::Held(issue) => Some(issue.message),
        _ => None,
    });
    let expected = "shop/Row/1 of 10.00 USD may be the row of #1001 that a file tells";
    assert!(held.unwrap().contains(expected));
}

/// Asserts that books by these facts hold what the gateway owes by its own rows.
pub(crate) fn assert_proven(facts: &[Fact]) {
    let told = told_with_payouts(facts);
    let owed = gateway_balances(told.iter(), &policy(POLICY)).unwrap();
    let owed = owed.get(CLEARING).cloned().unwrap_or_default();
    assert_eq!(balance(facts, CLEARING), owed.iter().map(|sum| sum.minor()).sum::<i64>());
}

/// The payouts that rows alone tell, each with how many rows, and their sum.
fn unstated(facts: &[Fact]) -> Vec<(String, usize, String)> {
    let payouts = unstated_payouts(&told_with_payouts(facts)).into_iter();
    payouts.map(|it| (it.about, it.rows, it.sum.to_string())).collect()
}

#[test]
fn a_row_without_a_payout_is_in_the_one_that_a_file_names() {
    let sent = paid_out(charge(2), PayoutState::Paid);
    let expected = [("shop/Payout/7".to_owned(), 1, "9.41 USD".to_owned())];
    for facts in [[sale("10.00"), charge(1), sent.clone()], [sent, charge(1), sale("10.00")]] {
        assert_eq!(balance(&facts, "Bank"), 941);
        assert_eq!(unstated(&facts), expected);
        assert_eq!(counted(&facts), (1, 3, 0), "it is no contradiction");
        assert_proven(&facts);
        // Where documents follow payouts, the fee follows this one.
        let summed = policy(&format!("detail = \"payout\"\n{POLICY}"));
        let accounted = account(&facts, &summed, "2026-03-20T17:00:00Z".parse().unwrap());
        let slots = accounted.iter().flat_map(|it| &it.entries).map(|it| &*it.header.slot);
        let fees: Vec<&str> = slots.filter(|slot| slot.starts_with("fees/")).collect();
        assert_eq!(fees, ["fees/shop/shopify_payments/Payout/7/2026-03/USD"]);
    }
}

#[test]
fn a_payout_that_the_interface_names_counts_before_that_of_a_file() {
    let other = row(3, "03-18", BalanceKind::Charge, "20.00", "0.50");
    let file = [paid_out(charge(2), PayoutState::Paid), paid_out(other, PayoutState::Paid)];
    let stated = payout("shopify_payments", 8, "03-20", "9.41", PayoutState::Paid);
    let facts = [&file[..], &[sale("10.00"), in_payout(charge(1), 8), stated]].concat();
    assert_eq!(balance(&facts, "Bank"), 941 + 1_950);
    assert_eq!(unstated(&facts), [("shop/Payout/7".to_owned(), 1, "19.50 USD".to_owned())]);
    assert_proven(&facts);
    let review = states(&facts).into_iter().find_map(|(stream, state)| match state {
        FactState::Accounted { review } if stream == "a-file" => review,
        _ => None,
    });
    let message = review.unwrap().message;
    assert!(message.contains("payout 7 by its record in `a-file`, but"), "{message}");
    assert!(message.contains("payout 8 by shop/Row/1"), "{message}");
}

#[test]
fn a_payout_of_one_row_that_is_in_another_is_none() {
    let facts = [paid_out(charge(2), PayoutState::Paid), in_payout(charge(1), 8)];
    assert_eq!((balance(&facts, "Bank"), unstated(&facts)), (0, Vec::new()));
    assert_proven(&facts);
}

#[test]
fn of_rows_alike_one_without_a_payout_is_meant_before_one_in_another() {
    let facts = [in_payout(charge(1), 8), charge(4), paid_out(charge(2), PayoutState::Paid)];
    assert_eq!(counted(&facts).0, 1, "nothing contradicts");
    assert_eq!(unstated(&facts), [("shop/Payout/7".to_owned(), 1, "9.41 USD".to_owned())]);
    assert_proven(&facts);
}

fn entries(facts: &[Fact]) -> Vec<SubledgerEntry> {
    everything(facts).into_iter().flat_map(|accounted| accounted.entries).collect()
}

/// What is planned for a book that holds what some facts amount to, once others are told.
fn planned_after(before: &[Fact], after: &[Fact]) -> usize {
    let (before, after) = (entries(before), entries(after));
    let slots: BTreeSet<&str> =
        before.iter().chain(&after).map(|entry| &*entry.header.slot).collect();
    let mut planned = 0;
    for slot in slots {
        let in_slot = |entries: &[SubledgerEntry]| -> Vec<SubledgerEntry> {
            entries.iter().filter(|entry| entry.header.slot == slot).cloned().collect()
        };
        let told: Vec<Change> = lacking(slot, &in_slot(&before), []);
        planned += lacking(slot, &in_slot(&after), told).len();
    }
    planned
}

#[test]
fn each_document_of_an_order_has_a_slot_that_needs_no_number() {
    let line = [(SaleKind::Product, "100.00", "0.00", "0.00")];
    let back = [(SaleKind::Product, "-10.00", "0.00", "0.00")];
    let mut lived = order("03-10").sale("03-10", &line).of_items(&[("Item/1", 2)]);
    for day in ["03-12", "03-12", "03-13"] {
        lived = lived.paid(day, "shopify_payments", "30.00");
    }
    lived = lived.refund("03-14", &back).refund("03-14", &back);
    let slots = |order: Fact| -> BTreeSet<String> {
        entries(&[order]).into_iter().map(|entry| entry.header.slot).collect()
    };
    let of_first = slots(lived.clone().fact());
    assert_eq!(of_first.len(), 6, "two that are alike stand apart: {of_first:#?}");
    let Fact::Order(mut renumbered) = lived.clone().fact() else { panic!("an order") };
    renumbered.id = "shop/OrderName/#1001".into();
    for (place, agreement) in renumbered.agreements.iter_mut().enumerate() {
        agreement.id = format!("Another/{place}");
    }
    for (place, movement) in renumbered.movements.iter_mut().enumerate() {
        movement.id = format!("Another/{place}");
    }
    assert_eq!(slots(Fact::Order(renumbered)), of_first);
    let Fact::Order(mut later) = lived.fact() else { panic!("an order") };
    later.processed_at += jiff::SignedDuration::from_hours(24);
    assert!(slots(Fact::Order(later)).is_disjoint(&of_first), "a name that is used again");
}

#[test]
fn what_was_entered_from_a_file_is_not_entered_again() {
    let file =
        [by_file(sale("10.00"), "a-file", Vec::new()), by_name(charge(2)), by_name(reserve(4))];
    let mut interface = vec![sale("10.00"), charge(1), reserve(3)];
    if let Fact::Order(order) = &mut interface[0] {
        "Agreement/99".clone_into(&mut order.agreements[0].id);
    }
    let both = [&file[..], &interface].concat();
    assert_eq!(planned_after(&file, &both), 0);
    assert_eq!(planned_after(&interface, &both), 0);
    assert_eq!(planned_after(&both, &interface), 0);
    assert_eq!(planned_after(&[], &both), 3, "the sale, the day's fees and the reserve");
}

#[test]
fn rows_that_know_their_order_by_name_wait_with_it_for_the_end_of_the_month() {
    let amount = "10.00";
    let charge = in_payout(row(1, "03-17", BalanceKind::Charge, amount, "0.50"), 7);
    let facts = [
        by_file(sale(amount), "orders-table", Vec::new()),
        by_name(charge),
        payout("shopify_payments", 7, "03-19", "9.50", PayoutState::Paid),
    ];
    let summed = policy(&format!("detail = \"payout\"\n{POLICY}"));
    let clearing = |heard: &str| -> i64 {
        let accounted = account(&facts, &summed, heard.parse().unwrap());
        let entries = accounted.iter().flat_map(|accounted| &accounted.entries);
        let on = entries.flat_map(|entry| &entry.lines);
        on.filter(|line| line.account.name.starts_with("Clearing"))
            .map(|line| line.amount.minor())
            .sum()
    };
    assert_eq!(clearing("2026-03-20T17:00:00Z"), -1_000, "the fee and the payout");
    assert_eq!(clearing("2026-04-01T17:00:00Z"), 0);
    let accounted = account(&facts, &summed, "2026-03-20T17:00:00Z".parse().unwrap());
    let standings = accounted.iter().flat_map(|accounted| &accounted.standings);
    let waiting = standings.filter(|it| matches!(it.state, FactState::Waiting { .. }));
    assert_eq!(waiting.count(), 2, "the order and the row");
}

#[test]
fn every_row_and_payout_stands_in_a_group_of_ledgers() {
    let of_order = row(1, "03-17", BalanceKind::Charge, "10.00", "0.59");
    let paid_out = in_payout(row(2, "03-17", BalanceKind::Charge, "10.00", "0.59"), 8);
    let alone = row(3, "03-17", BalanceKind::Reserve, "-5.00", "0.00");
    let paid = payout("shopify_payments", 8, "03-19", "9.41", PayoutState::Paid);
    let of_files = [of_order.clone(), paid_out.clone(), alone.clone()].map(by_name);
    let stands = |fact: &Fact| {
        let names = groups(fact).into_iter().map(|group| group.to_string());
        names.filter(|name| GROUPS_OF_LEDGERS.iter().any(|it| name.starts_with(it))).count() > 0
    };
    for fact in [of_order, paid_out, alone, paid].iter().chain(&of_files) {
        assert!(stands(fact), "{fact:?}");
    }
    assert!(!stands(&sale("10.00")), "what the interface says of orders is not read for them");
}

/// The message of the one fact that is to be looked at.
fn looked_at(facts: &[Fact]) -> String {
    let issues = states(facts).into_iter().filter_map(|(_, state)| match state {
        FactState::Accounted { review } => review,
        _ => None,
    });
    let [issue] = &issues.collect::<Vec<_>>()[..] else { panic!("one is to be looked at") };
    issue.message.clone()
}

#[test]
fn a_row_that_two_records_tell_otherwise_is_looked_at() {
    let again = |fee| {
        let told = row(1, "03-17", BalanceKind::Charge, "10.00", fee);
        edited(in_payout(told, 7), |row| row.source.stream = "report".into())
    };
    let facts = |fee| [sale("10.00"), in_payout(charge(1), 7), again(fee)];
    assert_eq!(counted(&facts("0.59")), (1, 2, 0), "they agree");
    let message = looked_at(&facts("0.60"));
    let (told, counts) = message.split_once(", but ").unwrap();
    insta::assert_snapshot!(
        told,
        @"the row has 9.40 USD with a fee of 0.60 USD and payout 7 by its record in `report`"
    );
    insta::assert_snapshot!(
        counts,
        @"9.41 USD with a fee of 0.59 USD and payout 7 by shop/Row/1 in `all`"
    );
    assert_eq!(balance(&facts("0.60"), CLEARING), 941, "it counts once");
}

#[test]
fn a_payout_whose_rows_contradict_each_other_is_held_with_the_reason() {
    let other = || row(3, "03-18", BalanceKind::Charge, "20.00", "0.50");
    let (failed, cancelled) = (PayoutState::Failed, PayoutState::Cancelled);
    let on_another_day = edited(paid_out(other(), PayoutState::Paid), |row| {
        row.paid_out.as_mut().unwrap().issued_on = "2026-03-21".parse().unwrap();
    });
    let cases = [
        (
            [paid_out(charge(2), PayoutState::Paid), on_another_day],
            "on 2026-03-19 and on 2026-03-21",
        ),
        ([paid_out(charge(2), failed), paid_out(other(), cancelled)], "how far it has come"),
    ];
    for (facts, why) in cases {
        let held = states(&facts).into_iter().find_map(|(_, state)| match state {
            FactState::Held(issue) => Some(issue.message),
            _ => None,
        });
        let message = held.expect("the payout");
        assert!(message.contains(why), "{message}");
        assert_eq!(balance(&facts, "Bank"), 0);
    }
}

#[test]
fn a_row_is_paid_out_once_whatever_instant_another_record_gives_it() {
    let bill =
        |payout| in_payout(row(1, "03-17", BalanceKind::PlatformBill, "95.00", "0.00"), payout);
    let report = edited(bill(7), |row| {
        row.source.stream = "report".into();
        row.occurred_at += jiff::SignedDuration::from_secs(1);
    });
    let sent = |number| payout("shopify_payments", number, "03-19", "95.00", PayoutState::Paid);
    let facts = [bill(8), report, sent(7), sent(8)];
    assert_eq!(balance(&facts, "Bank"), 9_500, "the record that counts names one payout");
}
