//! Lives of an item that nobody thought up: whatever comes in, leaves, comes back, is called off,
//! counted and billed late, the account of stock holds what is there.

use super::shop::{called_off, usd};
use super::stock_of;
use super::stocked::{COGS, STOCK, costing, entries, far, on, ordered_by_buyer, sum};
use super::warehouse::{back, billed, counted, received, sent};
use proptest::prelude::*;
use saldo_core::commerce::{Condition, Fact};
use std::collections::VecDeque;

/// Things that happen to an item over half a year.
#[derive(Clone, Debug)]
enum Event {
    Received { day: u16, units: u32, minor: i64, billed: Option<(u16, i64, i64)> },
    Sent { day: u16, units: u32, then: Then },
    Counted { day: u16, less: i64 },
}

/// What becomes of a parcel, so many days after it left.
#[derive(Clone, Debug)]
enum Then {
    Stays,
    OneComesBack { later: u16, resaleable: bool },
    CalledOff { later: u16 },
}

fn any_then() -> impl Strategy<Value = Then> {
    prop_oneof![
        Just(Then::Stays),
        (0_u16..60, any::<bool>())
            .prop_map(|(later, resaleable)| Then::OneComesBack { later, resaleable }),
        (0_u16..60).prop_map(|later| Then::CalledOff { later }),
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    let billed = prop::option::of((0_u16..60, -300_i64..300, 0_i64..500));
    prop_oneof![
        (0_u16..120, 1_u32..40, 1_i64..60_000, billed).prop_map(|(day, units, minor, billed)| {
            Event::Received { day, units, minor, billed }
        }),
        (0_u16..120, 1_u32..9, any_then()).prop_map(|(day, units, then)| Event::Sent {
            day,
            units,
            then
        }),
        (0_u16..120, 1_i64..3).prop_map(|(day, less)| Event::Counted { day, less }),
    ]
}

fn day(number: u16) -> String {
    let first: jiff::civil::Date = "2026-01-05".parse().unwrap();
    let day = first.checked_add(jiff::ToSpan::days(i64::from(number))).unwrap();
    day.strftime("%m-%d").to_string()
}

fn text(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

fn facts_of(events: &[Event]) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut parcels: Vec<(String, u32)> = Vec::new();
    let (mut returns, mut called) = (Vec::new(), Vec::new());
    for (number, event) in (1_u32..).zip(events) {
        match event {
            Event::Received { day: on, units, minor, billed: bill } => {
                facts.push(received(number, &day(*on), "MUG", *units, &text(*minor)));
                if let Some((later, more, landed)) = bill {
                    let amount = text((*minor + *more).max(1));
                    let bill_day = day(on + later);
                    let amount = (*units, &*amount);
                    facts.push(billed(number, &bill_day, "MUG", amount, &text(*landed)));
                }
            }
            Event::Sent { day: on, units, then } => {
                match then {
                    Then::Stays => {}
                    Then::OneComesBack { later, resaleable: true } => {
                        returns.push((day(on + later), Condition::Resaleable));
                    }
                    Then::OneComesBack { later, resaleable: false } => {
                        returns.push((day(on + later), Condition::Damaged));
                    }
                    Then::CalledOff { later } => called.push((parcels.len(), day(on + later))),
                }
                parcels.push((day(*on), *units));
            }
            Event::Counted { day: on, less } => {
                facts.push(counted(number, &day(*on), "MUG", -less));
            }
        }
    }
    let parts: Vec<(String, [(&str, u32); 1])> =
        parcels.iter().map(|(day, units)| (day.clone(), [("MUG", *units)])).collect();
    let parts: Vec<(&str, &[(&str, u32)])> =
        parts.iter().map(|(day, part)| (&**day, &part[..])).collect();
    let mut goods = sent(&parts);
    for (parcel, day) in called {
        goods = called_off(goods, parcel, &day);
    }
    for (day, condition) in returns {
        goods = back(goods, &day, ("MUG", 1), condition);
    }
    facts.extend(ordered_by_buyer(goods));
    facts
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_account_of_stock_holds_what_the_layers_hold(
        events in prop::collection::vec(any_event(), 1..14),
        fifo in any::<bool>(),
    ) {
        let facts = facts_of(&events);
        let policy = costing(if fifo { "fifo" } else { "average" });
        let entered = sum(&entries(&facts, &policy), STOCK);
        // Bills that wait for goods are not in the books; nor are they in the layers.
        let stock = stock_of(&facts, &policy, far());
        prop_assert_eq!(entered, stock.value(usd()).unwrap().minor());
    }

    #[test]
    fn the_order_in_which_stock_is_told_does_not_matter(
        events in prop::collection::vec(any_event(), 1..10),
        seed in any::<u64>(),
    ) {
        let facts = facts_of(&events);
        let mut shuffled = facts.clone();
        let length = shuffled.len();
        for place in 0..length {
            let other = usize::try_from(seed.rotate_left(u32::try_from(place).unwrap()) % 97);
            shuffled.swap(place, other.unwrap() % length);
        }
        let policy = costing("fifo");
        prop_assert_eq!(entries(&facts, &policy), entries(&shuffled, &policy));
    }

    #[test]
    fn first_in_first_out_costs_what_a_queue_of_units_gives(
        days in prop::collection::vec((1_u32..9, 1_i64..5_000, 0_usize..12), 1..12),
    ) {
        let (mut queue, mut parcels, mut expected) = (VecDeque::new(), Vec::new(), Vec::new());
        let mut facts = Vec::new();
        for (number, (units, each, wanted)) in (1_u16..).zip(&days) {
            let (came_on, left_on) = (day(2 * number), day(2 * number + 1));
            let cost = text(i64::from(*units) * each);
            facts.push(received(number.into(), &came_on, "MUG", *units, &cost));
            queue.extend((0..*units).map(|_| *each));
            let gone = queue.len().min(*wanted);
            expected.push((left_on.clone(), queue.drain(..gone).sum::<i64>()));
            parcels.push((left_on, [("MUG", u32::try_from(gone).unwrap())]));
        }
        let parcels: Vec<(&str, &[(&str, u32)])> =
            parcels.iter().map(|(day, part)| (&**day, &part[..])).collect();
        facts.extend(ordered_by_buyer(sent(&parcels)));
        let all = entries(&facts, &costing("fifo"));
        for (day, cost) in expected {
            prop_assert_eq!(on(&all, COGS, &day), cost, "{}", day);
        }
        prop_assert_eq!(sum(&all, STOCK), queue.iter().sum::<i64>());
    }
}
