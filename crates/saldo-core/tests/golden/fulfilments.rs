//! Sales that are earned when goods are handed over.

use super::bases::bases;
use super::shop::{Shop, called_off, goods, money, order, told, write_off};
use super::{POLICY, account, policy};
use jiff::Timestamp;
use jiff::civil::Date;
use proptest::prelude::*;
use saldo_core::commerce::{AgreementKind, Fact, Goods, SaleKind};
use saldo_core::document::{LineKind, SubledgerEntry};
use saldo_core::issue::FactState;
use saldo_core::policy::{Policy, Recognition};
use std::collections::BTreeMap;

const CARD: &str = "shopify_payments";
const DEPOSITS: &str = "Customer deposits / deferred revenue";

fn by_fulfilment(detail: &str) -> Policy {
    policy(&format!("recognition = \"fulfilment\"\ndetail = \"{detail}\"\n{POLICY}"))
}

fn entries(facts: &[Fact], policy: &Policy) -> Vec<SubledgerEntry> {
    let far = "2027-06-01T00:00:00Z".parse().unwrap();
    account(facts, policy, far).into_iter().flat_map(|accounted| accounted.entries).collect()
}

type Sums = BTreeMap<String, i64>;

/// What stands on accounts at the end of a day, in minor units, without those at nil.
fn sums(entries: &[SubledgerEntry], until: &str) -> Sums {
    let until: Date = format!("2026-{until}").parse().unwrap();
    let mut sums = Sums::new();
    let entered = entries.iter().filter(|entry| entry.header.date <= until);
    for line in entered.flat_map(|entry| &entry.lines) {
        *sums.entry(line.account.name.to_string()).or_default() += line.amount.minor();
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

/// Three units of one thing and one of another, with carriage, paid on 10 March.
fn sold() -> Shop {
    let lines = [
        (SaleKind::Product, "100.00", "10.00", "0.00"),
        (SaleKind::Product, "20.00", "0.00", "0.00"),
        (SaleKind::Shipping, "8.00", "0.00", "0.00"),
    ];
    order("03-10")
        .sale("03-10", &lines)
        .of_items(&[("Item/1", 3), ("Item/2", 1)])
        .paid("03-10", CARD, "118.00")
}

fn minor(sums: &Sums, account: &str) -> i64 {
    sums.get(account).copied().unwrap_or(0)
}

fn facts(order: Shop, goods: Goods) -> Vec<Fact> {
    vec![order.fact(), told(goods)]
}

#[test]
fn parcels_earn_in_proportion_and_the_last_takes_the_cents() {
    let parcels = goods(&[
        ("03-12", &[("Item/1", 1)]),
        ("03-14", &[("Item/1", 1), ("Item/2", 1)]),
        ("03-16", &[("Item/1", 1)]),
    ]);
    let all = entries(&facts(sold(), parcels), &by_fulfilment("order"));
    let steps = [
        ("03-11", 11_800, 0, 0, 0),
        ("03-12", 8_000, 3_333, 333, 800),
        ("03-14", 3_000, 8_667, 667, 800),
        ("03-16", 0, 12_000, 1_000, 800),
    ];
    for (day, deposits, sales, discounts, carriage) in steps {
        let sums = sums(&all, day);
        assert_eq!(minor(&sums, DEPOSITS), -deposits, "{day}");
        assert_eq!(minor(&sums, "Product sales"), -sales, "{day}");
        assert_eq!(minor(&sums, "Discounts given"), discounts, "{day}");
        assert_eq!(minor(&sums, "Shipping income"), -carriage, "{day}");
    }
}

#[test]
fn what_is_given_up_before_it_is_handed_over_lessens_the_deposit() {
    let back = [(SaleKind::Product, "-33.33", "-3.33", "0.00")];
    let parcels = goods(&[("03-15", &[("Item/1", 2), ("Item/2", 1)])]);
    let order =
        sold().refund("03-12", &back).of_items(&[("Item/1", -1)]).repaid("03-12", CARD, "30.00");
    let all = entries(&facts(order, parcels), &by_fulfilment("order"));
    let before = sums(&all, "03-14");
    assert_eq!(minor(&before, DEPOSITS), -8_800);
    let after = sums(&all, "12-31");
    assert_eq!(minor(&after, "Returns & refunds"), 0);
    assert_eq!(minor(&after, "Product sales"), -8_667);
    assert_eq!(minor(&after, DEPOSITS), 0);
}

#[test]
fn what_comes_back_after_it_was_handed_over_is_a_return() {
    let back = [(SaleKind::Product, "-66.67", "-6.67", "0.00")];
    let parcels = goods(&[("03-12", &[("Item/1", 1)]), ("03-20", &[("Item/2", 1)])]);
    let order =
        sold().refund("03-15", &back).of_items(&[("Item/1", -2)]).repaid("03-15", CARD, "60.00");
    // One was handed over, and the two that come back never were; then all were.
    let all = entries(&facts(order.clone(), parcels), &by_fulfilment("order"));
    assert_eq!(minor(&sums(&all, "12-31"), "Returns & refunds"), 0);
    let parcels = goods(&[("03-12", &[("Item/1", 3)]), ("03-20", &[("Item/2", 1)])]);
    let all = entries(&facts(order, parcels), &by_fulfilment("order"));
    let sums = sums(&all, "12-31");
    assert_eq!(minor(&sums, "Returns & refunds"), 6_667);
    assert_eq!(minor(&sums, "Discounts given"), 333);
    assert_eq!(minor(&sums, DEPOSITS), 0);
}

#[test]
fn what_nobody_can_earn_any_more_is_earned_with_the_last_refund() {
    // The last unit is given up for less than was paid for it, and carriage is kept.
    let back = [
        (SaleKind::Product, "-90.00", "-10.00", "0.00"),
        (SaleKind::Product, "-20.00", "0.00", "0.00"),
    ];
    let order = sold()
        .refund("03-12", &back)
        .of_items(&[("Item/1", -3), ("Item/2", -1)])
        .repaid("03-12", CARD, "100.00");
    let all = entries(&[order.fact()], &by_fulfilment("order"));
    let sums = sums(&all, "03-12");
    assert_eq!(minor(&sums, DEPOSITS), 0);
    assert_eq!(minor(&sums, "Product sales"), -1_000);
    assert_eq!(minor(&sums, "Shipping income"), -800);
}

#[test]
fn a_parcel_that_never_left_is_earned_no_more() {
    let all = [("Item/1", 3), ("Item/2", 1)];
    let parcels = called_off(goods(&[("03-12", &all), ("03-20", &all)]), 0, "03-14");
    let all = entries(&facts(sold(), parcels), &by_fulfilment("order"));
    assert_eq!(minor(&sums(&all, "03-12"), DEPOSITS), 0);
    assert_eq!(minor(&sums(&all, "03-14"), DEPOSITS), -11_800);
    assert_eq!(minor(&sums(&all, "03-14"), "Shipping income"), 0);
    let end = sums(&all, "12-31");
    assert_eq!(minor(&end, DEPOSITS), 0);
    assert_eq!(minor(&end, "Product sales"), -12_000);
}

#[test]
fn services_are_earned_at_once() {
    let lines = [(SaleKind::Product, "100.00", "0.00", "0.00")];
    let order = order("03-10").sale("03-10", &lines).of_services().paid("03-10", CARD, "100.00");
    let all = entries(&[order.fact()], &by_fulfilment("order"));
    assert_eq!(minor(&sums(&all, "03-10"), "Product sales"), -10_000);
}

#[test]
fn what_was_never_handed_over_is_no_loss_when_it_is_given_up() {
    let unpaid = order("03-10").sale_of_s1("03-10");
    let all = entries(&[unpaid.fact(), write_off("05-01", true)], &by_fulfilment("order"));
    let sums = sums(&all, "12-31");
    assert_eq!(sums, Sums::new());
}

#[test]
fn a_switch_leaves_orders_of_days_before_as_they_were() {
    let text = format!("[recognition-from]\n2026-03-10 = \"fulfilment\"\n{POLICY}");
    let policy = policy(&text);
    assert!(policy.follows_goods());
    let day = |day: &str| policy.recognition_on(day.parse().unwrap());
    assert_eq!(day("2026-03-09"), Recognition::Payment);
    assert_eq!(day("2026-03-10"), Recognition::Fulfilment);
    let earned_on = |sold_on: &str| {
        let parcel = goods(&[("03-20", &[("Item/1", 1)])]);
        let order = order(sold_on).sale_of_s1(sold_on).paid(sold_on, CARD, "105.43");
        let all = entries(&facts(order, parcel), &policy);
        let earned = all
            .iter()
            .find(|entry| entry.lines.iter().any(|line| &*line.account.name == "Product sales"));
        earned.unwrap().header.date.to_string()
    };
    assert_eq!(earned_on("03-09"), "2026-03-09");
    assert_eq!(earned_on("03-10"), "2026-03-20");
}

#[test]
fn an_order_of_a_file_alone_is_held_where_fulfilments_count() {
    let far: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    let state = |text: &str| {
        let accounted = account(&[sold().by_file().fact()], &policy(text), far);
        accounted.into_iter().find_map(|it| it.standings.into_iter().next()).unwrap().state
    };
    assert!(matches!(state(POLICY), FactState::Accounted { .. }));
    let text = format!("recognition = \"fulfilment\"\n{POLICY}");
    assert!(matches!(state(&text), FactState::Held(_)));
}

#[test]
fn goods_stand_where_their_order_does() {
    let far: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    let parcel = || told(goods(&[("03-12", &[("Item/1", 3)])]));
    let state = |facts: &[Fact], policy: &Policy| {
        let accounted = account(facts, policy, far);
        let mut all = accounted.into_iter().flat_map(|it| it.standings);
        all.find(|standing| standing.id.as_str() == "shop/Goods/1").unwrap().state
    };
    let (by_fulfilment, at_payment) = (by_fulfilment("order"), policy(POLICY));
    let both = [sold().fact(), parcel()];
    assert!(matches!(state(&both, &by_fulfilment), FactState::Accounted { .. }));
    assert!(matches!(state(&both, &at_payment), FactState::Excluded { .. }));
    assert!(matches!(state(&[parcel()], &by_fulfilment), FactState::Waiting { .. }));
    let held = [sold().paid("03-10", "klarna", "1.00").fact(), parcel()];
    assert!(matches!(state(&held, &by_fulfilment), FactState::Waiting { .. }));
    let costs = super::stocked::COSTS;
    let costed = policy(&format!("recognition = \"fulfilment\"\n{POLICY}{costs}"));
    assert!(matches!(state(&held, &costed), FactState::Waiting { .. }));
}

/// What stands on accounts on a day, of an order and what was handed over for it.
fn standing(order: Shop, parcels: Goods, day: &str) -> Sums {
    sums(&entries(&facts(order, parcels), &by_fulfilment("order")), day)
}

#[test]
fn carriage_that_is_given_back_lessens_what_waits_of_it() {
    for (given, gross, waits) in [("6.00", "-6.00", -11_200), ("8.00", "-8.00", -11_000)] {
        let back = [(SaleKind::Shipping, gross, "0.00", "0.00")];
        let order = sold().refund("03-12", &back).repaid("03-12", CARD, given);
        let sums = standing(order, goods(&[]), "03-12");
        assert_eq!((minor(&sums, DEPOSITS), minor(&sums, "Shipping income")), (waits, 0));
    }
}

#[test]
fn carriage_waits_for_goods_alone_and_has_their_taxes_alone() {
    let service = (SaleKind::Product, "100.00", "0.00", "8.25");
    let carriage = (SaleKind::Shipping, "8.00", "0.00", "0.00");
    let lines = [service.clone(), carriage.clone()];
    let served = order("03-10").sale("03-10", &lines).of_services().paid("03-10", CARD, "116.25");
    let [sale] = &entries(&[served.fact()], &by_fulfilment("order"))[..] else { panic!("a sale") };
    assert!(sale.lines.iter().all(|line| &*line.account.name != DEPOSITS), "{sale:?}");

    let goods = (SaleKind::Product, "20.00", "0.00", "0.00");
    let both = order("03-10").sale("03-10", &[service, goods, carriage]);
    let Fact::Order(mut both) = both.paid("03-10", CARD, "136.25").fact() else { panic!() };
    let lines = &mut both.agreements[0].lines;
    lines[0].item.as_mut().unwrap().is_handed_over = false;
    lines[1].item.as_mut().unwrap().id = "Item/2".to_owned();
    let [sale] = &entries(&[Fact::Order(both)], &by_fulfilment("order"))[..] else { panic!() };
    let waits = sale.lines.iter().find(|line| &*line.account.name == DEPOSITS).unwrap();
    assert_eq!(waits.amount, money("-28.00"));
    assert_eq!(waits.kind, LineKind::Unearned { taxed: false }, "what is taxed is a service");
}

#[test]
fn a_change_of_price_belongs_to_what_is_still_to_be_handed_over() {
    let all = [("Item/1", 3), ("Item/2", 1)];
    let cheaper = |day: &str| {
        let line = [(SaleKind::Product, "-12.00", "0.00", "0.00")];
        sold().agree(AgreementKind::Edit, day, &line).of_items(&[("Item/2", 0)])
    };
    let sums = |changed, day| standing(cheaper(changed), goods(&[("03-20", &all)]), day);
    let (waiting, early) = (sums("03-11", "03-19"), sums("03-11", "03-20"));
    assert_eq!((minor(&waiting, DEPOSITS), minor(&waiting, "Returns & refunds")), (-10_600, 0));
    assert_eq!((minor(&early, DEPOSITS), minor(&early, "Product sales")), (0, -10_800));
    let late = sums("03-25", "03-25");
    let sold = (minor(&late, "Product sales"), minor(&late, "Returns & refunds"));
    assert_eq!((minor(&late, DEPOSITS), sold), (0, (-12_000, 1_200)));
}

#[test]
fn of_a_parcel_that_never_left_what_came_back_does_not_wait_again() {
    let back = |shop: Shop, day: &str, units: i64| {
        let (gross, discount, paid) = match units {
            1 => ("-33.33", "-3.33", "30.00"),
            2 => ("-66.67", "-6.67", "60.00"),
            _ => ("-100.00", "-10.00", "90.00"),
        };
        let line = [(SaleKind::Product, gross, discount, "0.00")];
        shop.refund(day, &line).of_items(&[("Item/1", -units)]).repaid(day, CARD, paid)
    };
    let parcel = |units| called_off(goods(&[("03-12", &[("Item/1", units)])]), 0, "03-18");
    // Carriage and the other thing wait besides.
    let waits = |order, parcels| minor(&standing(order, parcels, "12-31"), DEPOSITS) + 2_800;
    assert_eq!(waits(back(sold(), "03-15", 1), parcel(3)), -6_000, "two of three");
    // Of two that went back one had been sent.
    assert_eq!(waits(back(sold(), "03-15", 2), parcel(2)), -3_000, "one of two");
    // The first parcel never left, the second held one unit; then all three went back.
    let two = goods(&[("03-12", &[("Item/1", 3)]), ("03-14", &[("Item/1", 1)])]);
    let two = called_off(called_off(two, 0, "03-13"), 1, "03-18");
    assert_eq!(waits(back(sold(), "03-15", 3), two), 0);
}

#[test]
fn within_a_day_goods_and_agreements_go_by_the_hour() {
    let hour = jiff::SignedDuration::from_hours(1);
    let all = [("Item/1", 3), ("Item/2", 1)];
    let parcel = |day: &str| goods(&[(day, &all)]);
    let mut later = parcel("03-10");
    later.fulfilments[0].at += hour;
    for parcel in [parcel("03-10"), later] {
        assert_eq!(
            minor(&standing(sold(), parcel, "03-10"), DEPOSITS),
            0,
            "sold, then handed over"
        );
    }
    let back = [(SaleKind::Product, "-66.67", "-6.67", "0.00")];
    let order = sold().refund("03-12", &back).of_items(&[("Item/1", -2)]);
    let returned = |later: jiff::SignedDuration| {
        let Fact::Order(mut order) = order.clone().fact() else { panic!() };
        order.agreements[1].happened_at += later;
        let facts = [Fact::Order(order), told(parcel("03-12"))];
        minor(&sums(&entries(&facts, &by_fulfilment("order")), "03-12"), "Returns & refunds")
    };
    assert_eq!((returned(-hour), returned(hour)), (0, 6_667), "given up, or come back");
}

#[test]
fn goods_of_an_order_that_is_left_out_are_left_out_by_the_same_rule() {
    let far: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    let staff = "[[rules]]\nname = 'Staff'\nwhen = { tag = 'staff' }\nexclude = true\n";
    let parcel = || told(goods(&[("03-12", &[("Item/1", 3)])]));
    for more in ["", "recognition = \"fulfilment\"\n"] {
        for costs in ["", super::stocked::COSTS] {
            let policy = policy(&format!("{more}{POLICY}{costs}{staff}"));
            let facts = [sold().tagged(&["staff"]).fact(), parcel()];
            let accounted = account(&facts, &policy, far);
            let mut all = accounted.iter().flat_map(|it| &it.standings);
            let goods = all.find(|standing| standing.id.as_str() == "shop/Goods/1").unwrap();
            let rule = FactState::Excluded { rule: "rules/Staff".to_owned() };
            assert_eq!(goods.state, rule, "{more}{costs}");
        }
    }
}

/// A life of an order: units and prices of its items, and what happens to them.
#[derive(Clone, Debug)]
struct Life {
    items: Vec<(i64, i64, i64)>,
    carriage: i64,
    /// Day, item and units, as far as there are so many left.
    parcels: Vec<(u32, usize, u32)>,
    /// An edit adds units of the first item at this price.
    added: Option<(u32, i64, i64)>,
}

fn any_life() -> impl Strategy<Value = Life> {
    let item = (1_i64..6, 1_i64..20_000, 0_i64..100);
    let items = prop::collection::vec(item, 1..4);
    let parcels = prop::collection::vec((11_u32..28, 0_usize..4, 1_u32..4), 0..6);
    let added = prop::option::of((11_u32..28, 1_i64..4, 1_i64..9_000));
    (items, 0_i64..2_000, parcels, added).prop_map(|(items, carriage, parcels, added)| Life {
        items,
        carriage,
        parcels,
        added,
    })
}

fn text(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

impl Life {
    /// The order, paid in full, and everything handed over by the end of April.
    fn facts(&self) -> Vec<Fact> {
        let priced: Vec<(String, String, String)> = self
            .items
            .iter()
            .map(|(units, each, percent)| {
                let gross = units * each;
                let (discount, tax) = (gross * percent / 100, gross / 20);
                (text(gross), text(discount), text(tax))
            })
            .collect();
        let mut lines: Vec<_> = priced
            .iter()
            .map(|(gross, discount, tax)| (SaleKind::Product, &**gross, &**discount, &**tax))
            .collect();
        let carriage = text(self.carriage);
        lines.push((SaleKind::Shipping, &carriage, "0.00", "0.00"));
        let names: Vec<String> = (0..self.items.len()).map(|it| format!("Item/{it}")).collect();
        let items: Vec<(&str, i64)> =
            names.iter().zip(&self.items).map(|(name, (units, ..))| (&**name, *units)).collect();
        let total: i64 = self
            .items
            .iter()
            .map(|(units, each, percent)| {
                let gross = units * each;
                gross - gross * percent / 100 + gross / 20
            })
            .sum();
        let mut order = order("03-10").sale("03-10", &lines).of_items(&items);
        order = order.paid("03-10", CARD, &text(total + self.carriage));
        let mut open: Vec<i64> = self.items.iter().map(|(units, ..)| *units).collect();
        if let Some((day, units, minor)) = self.added {
            let day = format!("03-{day}");
            let price = text(minor);
            let line = [(SaleKind::Product, &*price, "0.00", "0.00")];
            order = order.agree(AgreementKind::Edit, &day, &line).of_items(&[("Item/0", units)]);
            order = order.paid(&day, CARD, &price);
            open[0] += units;
        }
        vec![order.fact(), told(self.goods(&names, open))]
    }

    fn goods(&self, names: &[String], mut open: Vec<i64>) -> Goods {
        let mut parcels: Vec<(String, Vec<(&str, u32)>)> = Vec::new();
        // What an edit adds is handed over at the end.
        let mut sold: Vec<i64> = self.items.iter().map(|(units, ..)| *units).collect();
        for (day, item, units) in &self.parcels {
            let Some(left) = sold.get_mut(*item) else { continue };
            let count = u32::try_from(*left).unwrap().min(*units);
            if count > 0 {
                *left -= i64::from(count);
                open[*item] -= i64::from(count);
                parcels.push((format!("03-{day}"), vec![(&names[*item], count)]));
            }
        }
        let rest: Vec<(&str, u32)> = names
            .iter()
            .zip(&open)
            .map(|(name, left)| (&**name, u32::try_from(*left).unwrap()))
            .collect();
        parcels.push(("04-30".to_owned(), rest));
        let parcels: Vec<(&str, &[(&str, u32)])> =
            parcels.iter().map(|(day, parts)| (&**day, &**parts)).collect();
        goods(&parcels)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn payment_and_fulfilment_agree_once_all_is_handed_over(life in any_life()) {
        let facts = life.facts();
        let earned = entries(&facts, &by_fulfilment("order"));
        let paid = entries(&facts, &policy(POLICY));
        prop_assert_eq!(sums(&earned, "12-31"), sums(&paid, "12-31"));
    }

    #[test]
    fn each_tax_is_charged_on_the_same_whenever_sales_are_earned(
        life in any_life(),
        rates in prop::collection::vec(prop::sample::select(vec![0, 12, 25]), 4),
    ) {
        let mut facts = life.facts();
        let Some(Fact::Order(order)) = facts.first_mut() else { panic!("an order") };
        for agreement in &mut order.agreements {
            for (line, rate) in agreement.lines.iter_mut().zip(&rates) {
                line.taxes.iter_mut().for_each(|tax| tax.rate = Some((*rate).into()));
            }
        }
        let detail = entries(&facts, &by_fulfilment("order"));
        let at_payment = bases(&entries(&facts, &policy(POLICY)));
        prop_assert_eq!(bases(&detail), at_payment.clone());
        prop_assert_eq!(bases(&entries(&facts, &by_fulfilment("day"))), at_payment.clone());
        // All that is reported is what was earned, or is still to be.
        let sold = detail.iter().flat_map(|entry| &entry.lines).filter(|line| line.is_sold());
        let reported = sold.filter(|line| !matches!(line.kind, LineKind::Unearned { .. }));
        let earned: i64 = reported.map(|line| line.amount.minor()).sum();
        prop_assert_eq!(at_payment.values().sum::<i64>(), earned, "all was handed over");
    }

    #[test]
    fn deposits_never_turn_to_the_other_side(life in any_life()) {
        let all = entries(&life.facts(), &by_fulfilment("order"));
        for day in 10..=30 {
            let sums = sums(&all, &format!("03-{day}"));
            prop_assert!(minor(&sums, DEPOSITS) <= 0);
        }
    }

    #[test]
    fn a_summary_is_the_sum_of_what_is_earned(life in any_life()) {
        let facts = life.facts();
        let detail = entries(&facts, &by_fulfilment("order"));
        let summary = entries(&facts, &by_fulfilment("day"));
        for day in 10..=30 {
            let day = format!("03-{day}");
            prop_assert_eq!(sums(&summary, &day), sums(&detail, &day));
        }
        let earned = |entry: &&SubledgerEntry| entry.header.memo.starts_with("Deposits earned of");
        let mut slots = BTreeMap::new();
        for entry in summary.iter().filter(earned) {
            *slots.entry(entry.header.slot.clone()).or_insert(0) += 1;
        }
        let days = summary.iter().filter(earned).map(|entry| entry.header.date);
        prop_assert_eq!(slots.len(), days.collect::<std::collections::BTreeSet<_>>().len());
    }
}
