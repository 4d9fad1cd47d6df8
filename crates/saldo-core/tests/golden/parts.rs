//! Parts of what marketplaces settle and defer, line by line.

use super::marketplaces::Books;
use super::shop::{in_payout, order};
use super::statements::{
    amount_row, deferral_alone, deferred, ebay_parts, ebay_row, parts, settled, settled_of_order,
    settlement,
};
use super::{POLICY, policy};
use saldo_core::commerce::{BalanceKind, Fact, PartKind, SaleKind};
use saldo_core::document::LineKind;

#[test]
fn what_is_deferred_is_entered_once_its_month_is_heard_to_the_end() {
    let facts = [deferral_alone(false)];
    let end = policy(POLICY).end_of_day("2026-01-31".parse().unwrap());
    let before = end - jiff::SignedDuration::from_millis(1);
    assert!(Books::heard_until(&facts, POLICY, &before.to_string()).entries.is_empty());
    let books = Books::heard_until(&facts, POLICY, &end.to_string());
    assert_eq!(books.sum("Amazon deferred balances"), 19_000);
}

#[test]
fn a_part_of_nothing_has_no_line() {
    let mut nothing = deferred();
    nothing.parts.extend(parts(&[(PartKind::Shipping, "0.00")]));
    let books = Books::of(&[Fact::Deferral(Box::new(nothing))], POLICY);
    assert_eq!(books.entries[0].lines.len(), 4);
}

#[test]
fn parts_on_one_account_are_one_line() {
    use PartKind::*;
    let sold = [(Goods, "60.00"), (Goods, "40.00"), (Goods, "-30.00")];
    let facts = [settled(1, "03-12", &sold), settlement(1, ("03-01", "03-14"), "03-16", "70.00")];
    let books = Books::of(&facts, POLICY);
    let row = books.entries.iter().find(|entry| entry.id.as_str() == "shop/Row/1").unwrap();
    let amounts: Vec<i64> = row.lines.iter().map(|line| line.amount.minor()).collect();
    assert_eq!(amounts, [-10_000, 3_000, 7_000], "sold, come back, and what is owed");
}

#[test]
fn taxes_of_a_row_are_lines_of_their_own() {
    let tax = |title: &str| PartKind::Tax(title.to_owned());
    let sold = [
        (PartKind::Goods, "100.00"),
        (tax("State tax"), "6.00"),
        (tax("City tax"), "2.00"),
        (tax("City tax"), "0.25"),
    ];
    let facts = [settled(1, "03-12", &sold), settlement(1, ("03-01", "03-14"), "03-16", "108.25")];
    let payable = "\"State tax\" = \"Taxes\"\n\"City tax\" = \"Taxes\"";
    let text = POLICY.replace("[tax.accounts]", &format!("[tax.accounts]\n{payable}"));
    let books = Books::of(&facts, &text);
    let row = books.entries.iter().find(|entry| entry.id.as_str() == "shop/Row/1").unwrap();
    let of_tax = row.lines.iter().filter_map(|line| match &line.kind {
        LineKind::Tax { title, rate: None } => Some((title.as_str(), line.amount.minor())),
        _ => None,
    });
    assert_eq!(of_tax.collect::<Vec<_>>(), [("State tax", -600), ("City tax", -225)]);
}

#[test]
fn parts_for_the_same_reason_are_reviewed_together() {
    let unknown = |words: [&str; 2]| {
        let mut strange = parts(&[(PartKind::Unknown, "-3.00"), (PartKind::Unknown, "-2.00")]);
        for (part, word) in strange.iter_mut().zip(words) {
            word.clone_into(&mut part.word);
        }
        let row = amount_row("amazon", 1, "03-12", BalanceKind::Itemised(strange), "-5.00");
        let facts = [in_payout(row, 1), settlement(1, ("03-01", "03-14"), "03-16", "-5.00")];
        Books::of(&facts, POLICY).issues()[0].message.clone()
    };
    insta::assert_snapshot!(
        unknown(["Vine", "Vine"]),
        @"-5.00 USD of Amazon has no known reason: the marketplace calls it `Vine`"
    );
    let both = "the marketplace calls it `Vine`, and the marketplace calls it `Gala`";
    assert!(unknown(["Vine", "Gala"]).ends_with(both));
}

#[test]
fn a_rule_about_orders_finds_what_a_marketplace_takes_of_them() {
    let ruled = format!(
        "{POLICY}[[rules]]\nname = 'wholesale'\n\
         when = {{ role = 'commission', tag = 'wholesale' }}\naccount = 'Wholesale commission'\n"
    );
    let sale = |tags: &[&str]| {
        let sold = [(SaleKind::Product, "250.00", "0.00", "0.00")];
        order("01-28").sale("01-28", &sold).paid("01-28", "amazon", "250.00").tagged(tags).fact()
    };
    let took = [(PartKind::Goods, "250.00"), (PartKind::Commission, "-35.00")];
    let settled =
        [settled_of_order(1, "01-28", &took), settlement(1, ("01-01", "01-30"), "01-30", "215.00")];
    let deferred = [Fact::Deferral(Box::new(deferred()))];
    for told in [&settled[..], &deferred[..]] {
        let sum = |tags: &[&str]| {
            Books::of(&[told, &[sale(tags)]].concat(), &ruled).sum("Wholesale commission")
        };
        assert_eq!((sum(&["wholesale"]), sum(&["retail"])), (3_500, 0), "{told:?}");
    }
}

#[test]
fn a_row_of_a_marketplace_waits_for_its_order_until_all_of_its_moment_is_heard() {
    let row = ebay_row(1, "03-10", BalanceKind::Itemised(ebay_parts()));
    let (at, early) = ("2026-03-10T17:00:00Z", "2026-03-10T16:59:59Z");
    assert!(Books::heard_until(std::slice::from_ref(&row), POLICY, early).entries.is_empty());
    assert_eq!(Books::heard_until(&[row], POLICY, at).entries.len(), 1);
}
