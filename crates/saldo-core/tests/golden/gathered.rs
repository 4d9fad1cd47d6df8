//! Which payout takes a document along: that of the rows which settle what the document is over.

use crate::shop::{about, in_payout, order, payout, row};
use crate::statements::{amount_row, parts, settled_of_order, settlement};
use crate::told::edited;
use crate::{POLICY, account, policy};
use saldo_core::accounting::is_summary;
use saldo_core::commerce::{BalanceKind, Fact, PartKind, PayoutState, SaleKind};

const CARD: &str = "shopify_payments";
const SALE: &str = "shop/Order/1/sale";

/// The number of the payout that an entry goes with.
fn goes_with(facts: &[Fact], entry: &str) -> String {
    let policy = policy(&format!("detail = \"payout\"\n{POLICY}"));
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let mut entries = account(facts, &policy, far).into_iter().flat_map(|it| it.entries);
    let entry = entries.find(|it| it.id.as_str() == entry).expect("it is entered");
    assert!(is_summary(&entry.header.slot), "{}", entry.header.slot);
    entry.header.reference
}

/// A sale of a hundred at a marketplace, with two settlements of the month, of which these are the
/// rows.
fn settled(rows: [Fact; 2], nets: [&str; 2]) -> Vec<Fact> {
    let lines = [(SaleKind::Product, "100.00", "0.00", "0.00")];
    let sold = order("03-10").sale("03-10", &lines).paid("03-10", "amazon", "100.00");
    let mut facts = vec![sold.fact()];
    facts.extend((1..).zip(rows).map(|(number, row)| in_payout(row, number)));
    facts.push(settlement(1, ("03-01", "03-14"), "03-16", nets[0]));
    facts.push(settlement(2, ("03-15", "03-28"), "03-30", nets[1]));
    facts
}

#[test]
fn the_last_settlement_that_holds_a_part_of_a_sale_takes_it_along() {
    use PartKind::{Commission, Goods};
    let [first, second] = [("60.00", "03-12"), ("40.00", "03-20")];
    let rows = [
        settled_of_order(1, first.1, &[(Goods, first.0)]),
        settled_of_order(2, second.1, &[(Goods, second.0)]),
    ];
    assert_eq!(goes_with(&settled(rows, [first.0, second.0]), SALE), "2");
    // A fee is no part of it.
    let rows = [
        settled_of_order(1, "03-12", &[(Goods, "100.00")]),
        settled_of_order(2, "03-20", &[(Commission, "-4.00")]),
    ];
    assert_eq!(goes_with(&settled(rows, ["100.00", "-4.00"]), SALE), "1");
}

#[test]
fn rows_go_with_the_payment_that_they_name_or_that_goes_their_way() {
    let goods = |number, day, amount| settled_of_order(number, day, &[(PartKind::Goods, amount)]);
    let back = [(SaleKind::Product, "-40.00", "0.00", "0.00")];
    let lines = [(SaleKind::Product, "100.00", "0.00", "0.00")];
    for is_named in [false, true] {
        let named = |row, movement| if is_named { about(row, 1, movement) } else { row };
        let rows = [named(goods(1, "03-12", "100.00"), 1), named(goods(2, "03-20", "-40.00"), 2)];
        let mut facts = settled(rows, ["100.00", "-40.00"]);
        let sold = order("03-10").sale("03-10", &lines).paid("03-10", "amazon", "100.00");
        facts[0] = sold.refund("03-20", &back).repaid("03-20", "amazon", "40.00").fact();
        assert_eq!(goes_with(&facts, SALE), "1");
        assert_eq!(goes_with(&facts, "shop/Order/1/Agreement/2"), "2");
    }
}

#[test]
fn a_row_of_another_gateway_takes_no_sale_along() {
    let of_goods = BalanceKind::Itemised(parts(&[(PartKind::Goods, "100.00")]));
    let other = about(amount_row("ebay", 1, "03-12", of_goods, "100.00"), 1, 1);
    let other = edited(other, |row| row.movement = None);
    let own = settled_of_order(2, "03-12", &[(PartKind::Goods, "100.00")]);
    let mut facts = settled([other, own], ["0.00", "100.00"]);
    facts.retain(|fact| fact.id().as_str() != "shop/Payout/1");
    facts.push(payout("ebay", 1, "03-31", "100.00", PayoutState::Paid));
    assert_eq!(goes_with(&facts, SALE), "2");
}

#[test]
fn a_rehearsal_takes_no_sale_along() {
    let lines = [(SaleKind::Product, "100.00", "0.00", "0.00")];
    let sold = order("03-10").sale("03-10", &lines).paid("03-10", CARD, "100.00");
    let charge = |number| row(number, "03-10", BalanceKind::Charge, "100.00", "0.00");
    let facts = [
        sold.fact(),
        in_payout(edited(charge(1), |row| row.test = true), 1),
        in_payout(charge(2), 2),
        payout(CARD, 1, "03-30", "0.00", PayoutState::Paid),
        payout(CARD, 2, "03-12", "100.00", PayoutState::Paid),
    ];
    assert_eq!(goes_with(&facts, SALE), "2");
}

#[test]
fn what_stands_in_detail_sums_up_nothing() {
    assert!(!is_summary("fees/shop/shopify_payments/2026-03-10/USD"));
    assert!(!is_summary("shop/Order/1/sale"));
}
