//! Which units leave, come back and are billed, layer by layer.

use super::shop::{at, called_off};
use super::stocked::{
    COGS, GRNI, STOCK, costing, entries, entries_until, far, on, ordered_by_buyer, state, sum,
};
use super::warehouse::{back, billed, counted, opening, product, received, sent, told_cost};
use super::{POLICY, account, policy, stock_of};
use crate::shop::{money, order, told, usd};
use saldo_core::accounting::{
    Group, Stock, StockItem, StockMonth, groups, units_until, work_out_stock,
};
use saldo_core::commerce::{Condition, Fact, ReceivedLine, SaleKind};
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
    let of_order = |heard| {
        let all = account(&facts, &policy, heard).into_iter();
        let mut own =
            all.filter(|it| it.standings.iter().any(|it| it.id.as_str() == "shop/Goods/1"));
        own.next().expect("the order's group").wake_at
    };
    assert_eq!((of_order(afternoon), of_order(midnight)), (Some(midnight), None));
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
    let [stock] = &account(&facts, &policy, midnight)[..] else { panic!("one group") };
    let entered = FactState::Accounted { review: None };
    assert_eq!((&stock.standings[0].state, stock.wake_at), (&entered, None));
}

#[test]
fn what_left_without_a_cost_is_costed_receipt_by_receipt() {
    let mut facts = ordered_by_buyer(sent(&[("01-10", &[("MUG", 10)])]));
    facts.extend([
        received(1, "02-05", "MUG", 3, "30.00"),
        received(2, "03-05", "MUG", 10, "110.00"),
    ]);
    for method in ["fifo", "average"] {
        let policy = costing(method);
        let all = entries(&facts, &policy);
        assert_eq!((on(&all, COGS, "02-05"), on(&all, COGS, "03-05")), (3_000, 7_700), "{method}");
        let held = stock_of(&facts, &policy, far()).value(usd()).unwrap().minor();
        assert_eq!((sum(&all, STOCK), held), (3_300, 3_300), "{method}");
    }
}

#[test]
fn each_part_of_a_bill_is_held_against_its_part_of_the_cost() {
    // Ten that were to cost ten each: four are billed at twelve, six at eleven, in two parts.
    let part = |number: &str, day: &str, units: u32, amount: &str| {
        let Fact::SupplierBill(mut bill) = billed(1, day, "MUG", (units, amount), "0.00") else {
            panic!("a bill")
        };
        bill.id = format!("shop/Bill/{number}").into();
        Fact::SupplierBill(bill)
    };
    let mut facts = vec![received(1, "01-05", "MUG", 10, "100.00")];
    let policy = costing("fifo");
    let held = |facts: &[Fact]| stock_of(facts, &policy, far()).value(usd()).unwrap().minor();
    facts.push(part("1", "02-03", 4, "48.00"));
    assert_eq!(held(&facts), 10_800);
    facts.push(part("2", "02-04", 3, "33.00"));
    assert_eq!(held(&facts), 11_100);
    facts.push(part("3", "02-05", 3, "33.00"));
    assert_eq!(held(&facts), 11_400);
    facts.push(part("4", "02-06", 1, "12.00"));
    assert_eq!(held(&facts), 11_400, "nothing of it is left to be billed");
}

#[test]
fn what_comes_back_first_is_what_left_first() {
    let parcels = sent(&[("01-10", &[("MUG", 1)]), ("01-11", &[("MUG", 1)])]);
    let parcels = back(parcels, "01-12", ("MUG", 1), Condition::NeverLeft);
    let parcels = back(parcels, "02-20", ("MUG", 1), Condition::Resaleable);
    let mut facts = ordered_by_buyer(back(parcels, "02-25", ("MUG", 1), Condition::Resaleable));
    facts.push(received(1, "01-05", "MUG", 1, "10.00"));
    facts.push(received(2, "01-06", "MUG", 1, "20.00"));
    let policy = costing("fifo");
    let all = entries(&facts, &policy);
    assert_eq!((on(&all, STOCK, "02-20"), on(&all, STOCK, "02-25")), (1_000, 2_000));
    assert_eq!(stock_of(&facts, &policy, far()).value(usd()).unwrap().minor(), 3_000);
}

#[test]
fn what_comes_back_is_worth_what_the_policy_says() {
    let parcels = sent(&[("01-10", &[("MUG", 2)])]);
    let back_again = |condition| back(parcels.clone(), "02-20", ("MUG", 1), condition);
    let dearer = [
        received(1, "01-05", "MUG", 2, "20.00"),
        received(2, "02-01", "MUG", 1, "16.00"),
        received(3, "02-02", "MUG", 1, "18.00"),
    ];
    let with = |returns: &str| policy(&format!("{POLICY}\n[cost]\nowner = \"saldo\"\n{returns}"));
    let cases = [
        ("", Condition::Resaleable, 1_000, 4_400),
        ("returns = \"original\"", Condition::Resaleable, 1_000, 4_400),
        ("returns = \"average\"", Condition::Resaleable, 1_700, 5_100),
        ("returns = \"nothing\"", Condition::Resaleable, 0, 3_400),
        ("returns = \"average\"", Condition::Damaged, 0, 3_400),
    ];
    for (returns, condition, on_stock, value) in cases {
        let facts = [ordered_by_buyer(back_again(condition)), dearer.to_vec()].concat();
        let policy = with(returns);
        let all = entries(&facts, &policy);
        assert_eq!(on(&all, STOCK, "02-20"), on_stock, "{returns} {condition:?}");
        let stock = stock_of(&facts, &policy, far());
        assert_eq!(stock.value(usd()).unwrap().minor(), value, "{returns} {condition:?}");
    }
    // Nothing is there when it comes back: the average is what it cost when it left.
    let alone = ordered_by_buyer(back_again(Condition::Resaleable));
    let facts = [alone, vec![received(1, "01-05", "MUG", 2, "20.00")]].concat();
    assert_eq!(on(&entries(&facts, &with("returns = \"average\"")), STOCK, "02-20"), 1_000);
}

#[test]
fn what_is_found_after_all_is_gone_is_worth_what_somebody_says() {
    let mut facts = ordered_by_buyer(sent(&[("01-10", &[("MUG", 3)])]));
    facts.extend([received(1, "01-05", "MUG", 3, "30.00"), counted(2, "01-20", "MUG", 1)]);
    let found = state(&facts, &costing("fifo"), "shop/Adjustment/2");
    assert!(matches!(found, FactState::Held(_)), "{found:?}");
}

#[test]
fn an_item_is_told_by_its_own_facts_alone() {
    let Fact::GoodsReceipt(mut both) = received(1, "01-05", "MUG", 5, "50.00") else { panic!() };
    both.lines.push(ReceivedLine {
        id: "Received/2".to_owned(),
        product: product("LAMP"),
        units: 2,
        cost: Some(money("56.00")),
    });
    let lamps = [Fact::GoodsReceipt(both), told_cost(1, "01-06", "LAMP", "28.00"), {
        opening(2, "01-07", "LAMP", 1, "28.00")
    }];
    let month = |sku| {
        let item = StockItem::of(&"shop".into(), &product(sku)).unwrap();
        StockMonth::at(item, at("01-15"))
    };
    let worth = |sku| {
        let none = Stock::default();
        let (sheet, told) = work_out_stock(&month(sku), &lamps, &none, &costing("fifo"), far());
        (sheet.closing.value(usd()).unwrap().minor(), told.standings.len())
    };
    assert_eq!((worth("MUG"), worth("LAMP")), ((5_000, 0), (8_400, 2)));
}

#[test]
fn a_bill_that_is_held_changes_no_cost() {
    let facts = [received(1, "01-05", "MUG", 5, "50.00"), {
        billed(1, "02-03", "MUG", (5, "-60.00"), "0.00")
    }];
    assert_eq!(stock_of(&facts, &costing("fifo"), far()).value(usd()).unwrap().minor(), 5_000);
}

#[test]
fn the_first_day_of_the_books_counts() {
    let facts = [opening(1, "01-01", "MUG", 5, "4.00")];
    assert_eq!(stock_of(&facts, &costing("fifo"), far()).value(usd()).unwrap().minor(), 2_000);
}

#[test]
fn costs_go_where_the_rules_say_of_each_product() {
    let rule = |name: &str, when: &str, then: &str| {
        format!("[[rules]]\nname = \"{name}\"\nwhen = {{ {when} }}\n{then}\n")
    };
    let cost = "role = \"cost-of-goods\"";
    let rules = [
        "[cost]\nowner = \"saldo\"\n[dimensions]\nclass = {}\n".to_owned(),
        rule("Mugs", &format!("{cost}, sku = \"MUG\""), "account = \"Cost: mugs\""),
        rule("Lamps", &format!("{cost}, product-type = \"Lamps\""), "account = \"Cost: lamps\""),
        rule("All mugs", "sku = \"MUG\"", "set.class = \"Mugs\""),
    ];
    let policy = policy(&format!("{POLICY}\n{}", rules.concat()));
    let parcel = sent(&[("01-10", &[("MUG", 1), ("LAMP", 1)])]);
    let lines = [
        (SaleKind::Product, "20.00", "0.00", "0.00"),
        (SaleKind::Product, "60.00", "0.00", "0.00"),
    ];
    let sold = order("01-02").sale("01-02", &lines).of_items(&[("MUG", 1), ("LAMP", 1)]);
    let Fact::Order(mut sold) = sold.paid("01-02", "paypal", "80.00").fact() else { panic!() };
    sold.agreements[0].lines[1].assortment.product_type = Some("Lamps".to_owned());
    let facts = [
        Fact::Order(sold),
        told(parcel),
        opening(1, "01-03", "MUG", 3, "5.00"),
        opening(2, "01-03", "LAMP", 3, "28.00"),
        counted(3, "01-20", "MUG", -1),
    ];
    let all = entries(&facts, &policy);
    assert_eq!(
        (sum(&all, "Cost: mugs"), sum(&all, "Cost: lamps"), sum(&all, COGS)),
        (500, 2_800, 0)
    );
    let shrunk = all.iter().find(|it| it.id.as_str().starts_with("shop/Adjustment/3")).unwrap();
    assert_eq!(shrunk.lines[0].dimensions.get("class"), Some("Mugs"));
}
