//! Which units leave, come back and are billed, layer by layer.

use super::shop::{at, called_off};
use super::stocked::{
    COGS, GRNI, STOCK, costing, entries, entries_until, far, on, ordered_by_buyer, state, sum,
};
use super::warehouse::{back, billed, opening, product, received, sent};
use super::{account, stock_of};
use crate::shop::{money, usd};
use saldo_core::accounting::{
    Group, Stock, StockItem, StockMonth, groups, units_until, work_out_stock,
};
use saldo_core::commerce::{Condition, Fact, ReceivedLine};
use saldo_core::issue::FactState;

/// Two receipts of five mugs at ten each, of which the second is billed at twelve each.
fn billed_dearer() -> Vec<Fact> {
    vec![
        received(1, "01-05", "MUG", 5, "50.00"),
        received(2, "01-06", "MUG", 5, "50.00"),
        billed(2, "02-03", "MUG", (5, "60.00"), "0.00"),
    ]
}

#[test]
fn what_a_bill_charges_more_falls_on_its_own_layer_or_on_the_average() {
    for (method, first, second) in [("fifo", 5_000, 6_000), ("average", 5_500, 5_500)] {
        let parcels = sent(&[("02-10", &[("MUG", 5)]), ("02-20", &[("MUG", 5)])]);
        let all = entries(&[ordered_by_buyer(parcels), billed_dearer()].concat(), &costing(method));
        assert_eq!(on(&all, COGS, "02-03"), 0, "all of it was still there, by {method}");
        assert_eq!((on(&all, COGS, "02-10"), on(&all, COGS, "02-20")), (first, second), "{method}");
        assert_eq!((sum(&all, STOCK), sum(&all, GRNI)), (0, -5_000), "the first is not billed");
    }
}

/// How many mugs there are at the end of a day, counted anew from a month on.
fn mugs(facts: &[Fact], from: &str, day: &str) -> Option<i64> {
    let item = || StockItem::of(&"shop".into(), &product("MUG")).unwrap();
    let policy = costing("fifo");
    let of_month = |month: &StockMonth| -> Vec<Fact> {
        let group = Group::Stock(month.clone());
        facts.iter().filter(|fact| groups(fact).contains(&group)).cloned().collect()
    };
    let (mut stock, mut anew) = (Stock::default(), Vec::new());
    let first = StockMonth::at(item(), at(from));
    for number in 1..=12 {
        let month = StockMonth::at(item(), at(&format!("{number:02}-15")));
        let of_month = of_month(&month);
        if month < first {
            let (sheet, _) = work_out_stock(&month, &of_month, &stock, &policy, far());
            stock.insert(month, sheet);
        } else if month <= StockMonth::at(item(), at(day)) {
            anew.push((month, of_month));
        }
    }
    let anew: Vec<(StockMonth, &[Fact])> =
        anew.iter().map(|(month, facts)| (month.clone(), &facts[..])).collect();
    units_until(&anew, stock, &policy, |_| at(day))
}

#[test]
fn units_are_counted_up_to_an_instant_whichever_month_the_count_begins_with() {
    let parcels = sent(&[("02-10", &[("MUG", 7)]), ("03-20", &[("MUG", 5)])]);
    let facts = [ordered_by_buyer(called_off(parcels, 0, "03-25")), billed_dearer()].concat();
    for from in ["01-15", "02-15", "03-15"] {
        assert_eq!(mugs(&facts, from, "03-19"), Some(3), "{from}");
        assert_eq!(mugs(&facts, from, "03-20"), Some(-2), "more left than came: {from}");
        assert_eq!(mugs(&facts, from, "03-26"), Some(5), "the first never left: {from}");
    }
    assert_eq!(mugs(&facts, "01-15", "01-04"), None, "nobody counted them yet");
    assert_eq!(mugs(&facts, "01-15", "01-05"), Some(5));
}

#[test]
fn a_parcel_that_was_called_off_takes_nothing_of_what_comes_later() {
    let parcels = sent(&[("01-10", &[("MUG", 2)]), ("01-11", &[("MUG", 1)])]);
    let mut facts = ordered_by_buyer(called_off(parcels, 0, "01-20"));
    facts.push(received(1, "02-05", "MUG", 5, "50.00"));
    for method in ["fifo", "average"] {
        let policy = costing(method);
        let all = entries(&facts, &policy);
        assert_eq!(on(&all, COGS, "02-05"), 1_000, "only the parcel that went");
        let held = stock_of(&facts, &policy, far()).value(usd()).unwrap().minor();
        assert_eq!((sum(&all, STOCK), held), (4_000, 4_000));
    }
}

#[test]
fn a_parcel_that_is_called_off_gives_back_what_a_later_receipt_had_covered() {
    let parcels = sent(&[("01-10", &[("MUG", 2)])]);
    let mut facts = ordered_by_buyer(called_off(parcels, 0, "02-20"));
    facts.push(received(1, "02-05", "MUG", 5, "50.00"));
    for method in ["fifo", "average"] {
        let policy = costing(method);
        let all = entries(&facts, &policy);
        assert_eq!((on(&all, COGS, "02-05"), on(&all, COGS, "02-20")), (2_000, -2_000), "{method}");
        let held = stock_of(&facts, &policy, far()).value(usd()).unwrap().minor();
        assert_eq!((sum(&all, COGS), sum(&all, STOCK), held), (0, 5_000, 5_000), "{method}");
    }
}

#[test]
fn lines_of_a_receipt_cost_the_same_however_they_are_listed() {
    let Fact::GoodsReceipt(mut receipt) = received(1, "01-05", "MUG", 5, "50.00") else {
        panic!("a receipt")
    };
    receipt.lines.push(ReceivedLine {
        id: "Received/2".to_owned(),
        product: product("MUG"),
        units: 5,
        cost: Some(money("75.00")),
    });
    let costs = |receipt| {
        let mut facts = ordered_by_buyer(sent(&[("01-10", &[("MUG", 5)])]));
        facts.push(Fact::GoodsReceipt(receipt));
        on(&entries(&facts, &costing("fifo")), COGS, "01-10")
    };
    let mut reversed = receipt.clone();
    reversed.lines.reverse();
    assert_eq!((costs(receipt), costs(reversed)), (5_000, 5_000), "the first by its number");
}

#[test]
fn what_comes_back_on_a_day_that_goes_on_is_not_in_stock_yet() {
    let parcels = sent(&[("01-10", &[("MUG", 2)])]);
    let parcels = back(parcels, "02-20", ("MUG", 1), Condition::Resaleable);
    let mut facts = ordered_by_buyer(parcels);
    facts.push(opening(1, "01-03", "MUG", 2, "5.00"));
    let policy = costing("fifo");
    let afternoon = at("02-20");
    assert_eq!(on(&entries_until(&facts, &policy, afternoon), STOCK, "02-20"), 0);
    let wake = account(&facts, &policy, afternoon).iter().filter_map(|it| it.wake_at).min();
    let midnight = "2026-02-21T05:00:00Z".parse().unwrap();
    assert_eq!(wake, Some(midnight));
    assert_eq!(on(&entries_until(&facts, &policy, midnight), STOCK, "02-20"), 500);
}

#[test]
fn what_is_counted_on_a_day_that_goes_on_waits_for_its_end() {
    let facts = [opening(1, "01-03", "MUG", 2, "5.00")];
    let policy = costing("fifo");
    let [stock] = &account(&facts, &policy, at("01-03"))[..] else { panic!("one group") };
    let midnight = "2026-01-04T05:00:00Z".parse().unwrap();
    let for_what = "the end of 2026-01-03".to_owned();
    let waiting = FactState::Waiting { for_what, until: Some(midnight) };
    assert_eq!((&stock.standings[0].state, stock.wake_at), (&waiting, Some(midnight)));
    assert_eq!(stock.entries, []);
    assert_eq!(stock_of(&facts, &policy, at("01-03")).value(usd()).unwrap().minor(), 0);
    assert_eq!(state(&facts, &policy, "shop/Adjustment/1"), FactState::Accounted { review: None });
}
