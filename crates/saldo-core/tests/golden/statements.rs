//! A small language for what marketplaces tell: rows with their parts, settlements, deferrals.

use super::shop::{
    LineWords, Shop, about, at, eur, gateway, in_payout, money, order, payout, row_of,
};
use super::shop::{source, usd};
use saldo_core::commerce::{
    BalanceKind, Deferral, Fact, PartKind, PayoutState, Period, RowPart, SaleKind,
};
use saldo_core::money::Money;

/// A part: what it is for, and how much.
pub(crate) type PartWords<'a> = (PartKind, &'a str);

pub(crate) fn parts(of: &[PartWords<'_>]) -> Vec<RowPart> {
    let part = |(kind, amount): &PartWords<'_>| RowPart {
        kind: kind.clone(),
        word: format!("{kind:?}"),
        amount: money(amount),
    };
    of.iter().map(part).collect()
}

pub(crate) fn sum(parts: &[RowPart]) -> String {
    let minor = parts.iter().map(|part| part.amount.minor()).sum();
    Money::from_minor(minor, usd()).amount_text()
}

pub(crate) fn amount_row(
    by: &str,
    number: u32,
    day: &str,
    kind: BalanceKind,
    amount: &str,
) -> Fact {
    row_of(by, number, day, kind, amount, "0.00")
}

/// A row of the first settlement that names no order.
pub(crate) fn settled(number: u32, day: &str, of: &[PartWords<'_>]) -> Fact {
    let parts = parts(of);
    let amount = sum(&parts);
    in_payout(amount_row("amazon", number, day, BalanceKind::Itemised(parts), &amount), 1)
}

/// The same of the first order.
pub(crate) fn settled_of_order(number: u32, day: &str, of: &[PartWords<'_>]) -> Fact {
    let Fact::BalanceTransaction(mut row) = about(settled(number, day, of), 1, 0) else { panic!() };
    row.movement = None;
    Fact::BalanceTransaction(row)
}

pub(crate) fn ebay_row(number: u32, day: &str, kind: BalanceKind) -> Fact {
    let BalanceKind::Itemised(parts) = &kind else { panic!("{kind:?}") };
    let amount = sum(parts);
    about(amount_row("ebay", number, day, kind, &amount), 1, 1)
}

pub(crate) fn ebay_parts() -> Vec<RowPart> {
    parts(&[
        (PartKind::Sale, "108.00"),
        (PartKind::Commission, "-15.79"),
        (PartKind::Advertising, "-2.16"),
    ])
}

pub(crate) fn on_ebay(day: &str) -> Shop {
    let lines: [LineWords<'_>; 2] = [
        (SaleKind::Product, "100.00", "0.00", "8.91"),
        (SaleKind::Shipping, "8.00", "0.00", "0.00"),
    ];
    order(day).sale(day, &lines).tax_kept().paid(day, "ebay", "116.91")
}

/// A settlement of some days, deposited on a day.
pub(crate) fn settlement(
    number: u32,
    (from, until): (&str, &str),
    deposited: &str,
    net: &str,
) -> Fact {
    let sent = payout("amazon", number, deposited, net, PayoutState::Paid);
    let Fact::Payout(mut payout) = sent else { panic!("a payout") };
    payout.period = Some(Period { from: at(from), until: at(until) });
    Fact::Payout(payout)
}

pub(crate) fn over_a_month_end() -> Vec<Fact> {
    use PartKind::*;
    let january = [
        (Goods, "800.00"),
        (Shipping, "20.00"),
        (Discount, "-30.00"),
        (Goods, "-60.00"),
        (Commission, "-110.00"),
        (FulfilmentFee, "-95.00"),
        (StorageFee, "-15.00"),
        (Advertising, "-40.00"),
    ];
    let february = [
        (Goods, "900.00"),
        (Shipping, "15.00"),
        (Discount, "-20.00"),
        (Goods, "-50.00"),
        (Commission, "-125.00"),
        (FulfilmentFee, "-110.00"),
        (Advertising, "-50.00"),
        (Reimbursement, "30.00"),
        (Reserve, "-160.00"),
        (Reserve, "100.00"),
    ];
    vec![
        settled(1, "01-27", &january),
        settled(2, "02-03", &february),
        settlement(1, ("01-24", "02-07"), "02-08", "1000.00"),
    ]
}

pub(crate) fn deferred() -> Deferral {
    let parts = parts(&[
        (PartKind::Goods, "250.00"),
        (PartKind::Commission, "-35.00"),
        (PartKind::FulfilmentFee, "-25.00"),
    ]);
    Deferral {
        id: "shop/Deferral/1".into(),
        source: source("Deferral/1"),
        gateway: gateway("amazon"),
        reason: "DD7".to_owned(),
        order: Some("shop/Order/1".into()),
        order_name: Some("#1001".to_owned()),
        occurred_at: at("01-28"),
        released_at: None,
        amount: money("190.00"),
        parts,
    }
}

pub(crate) fn released(deferral: Deferral, day: &str) -> Fact {
    Fact::Deferral(Box::new(Deferral { released_at: Some(at(day)), ..deferral }))
}

/// The deferral of no order that anybody told; in euros, numbers as they are.
pub(crate) fn deferral_alone(in_euros: bool) -> Fact {
    let mut alone = Deferral { order: None, order_name: None, ..deferred() };
    if in_euros {
        let amounts = alone.parts.iter_mut().map(|part| &mut part.amount);
        for amount in amounts.chain([&mut alone.amount]) {
            *amount = Money::from_minor(amount.minor(), eur());
        }
    }
    Fact::Deferral(Box::new(alone))
}
