//! Facts that contradict themselves: each is an issue that names its source.

use super::shop::{
    Shop, arrived, at, dispute, eur, euros, in_payout, money, order, payout, row, usd,
};
use super::statements::{deferred, released};
use super::warehouse::{adjusted, billed, ordered, paid_supplier, received, told_cost};
use super::{POLICY, account, policy, stocked};
use saldo_core::commerce::{
    AdjustmentReason, AgreementKind, BalanceKind, BalanceTransaction, DisputeOutcome, Fact,
    MoneyMovement, Order, PartKind, Payout, PayoutState, Period, RowPart, SaleKind,
};
use saldo_core::issue::{FactState, Issue};
use saldo_core::money::{Currency, Money, MoneyError};

const CARD: &str = "shopify_payments";

/// The issue that a fact has, by its id, with the account for review's balance in cents.
fn issue_of(facts: &[Fact], about: &str) -> (Option<Issue>, i64) {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = account(facts, &policy(&format!("{POLICY}{}", stocked::COSTS)), far);
    let standings = accounted.iter().flat_map(|accounted| &accounted.standings);
    let own = standings.into_iter().find(|standing| standing.id.as_str() == about);
    let standing = own.unwrap_or_else(|| panic!("{about} stands nowhere"));
    let fact = facts.iter().find(|fact| fact.id().as_str() == about).unwrap();
    assert_eq!(standing.source, *fact.source(), "its source is named");
    let issue = match &standing.state {
        FactState::Held(issue) | FactState::Accounted { review: Some(issue) } => Some(issue),
        _ => None,
    };
    let lines = accounted.iter().flat_map(|it| &it.entries).flat_map(|entry| &entry.lines);
    let review = lines.filter(|line| line.account.name.starts_with("Platform adjustments"));
    (issue.cloned(), review.map(|line| line.amount.minor()).sum())
}

fn message(facts: &[Fact], about: &str) -> String {
    let (issue, _) = issue_of(facts, about);
    let issue = issue.unwrap_or_else(|| panic!("{about} has no issue"));
    assert_eq!(issue.about.as_str(), about);
    assert!(!issue.hint.is_empty());
    issue.message
}

/// A paid order of one mug, with something changed.
fn sale(change: impl FnOnce(&mut Order)) -> Fact {
    let line = [(SaleKind::Product, "100.00", "0.00", "8.25")];
    let Fact::Order(mut order) =
        order("03-10").sale("03-10", &line).paid("03-10", CARD, "108.25").fact()
    else {
        panic!("an order")
    };
    change(&mut order);
    Fact::Order(order)
}

fn movement(change: impl FnOnce(&mut MoneyMovement)) -> Fact {
    sale(|order| change(&mut order.movements[0]))
}

fn reserve(change: impl FnOnce(&mut BalanceTransaction)) -> Fact {
    let Fact::BalanceTransaction(mut row) = row(1, "03-10", BalanceKind::Reserve, "-20.00", "0.00")
    else {
        panic!("a row")
    };
    change(&mut row);
    Fact::BalanceTransaction(row)
}

fn in_euros(amount: &str) -> Money {
    Money::parse(amount, eur()).unwrap()
}

#[test]
fn lines_and_payments_of_an_order_agree_with_it() {
    let order = "shop/Order/1";
    let cases = [
        (
            sale(|order| order.agreements[0].lines[0].quantity = Some(-1)),
            "line Sale/10 has -1 units for 100.00 USD",
        ),
        (
            sale(|order| order.agreements[0].lines[0].discount = money("-5.00")),
            "line Sale/10 has a discount of -5.00 USD on 100.00 USD",
        ),
        (
            sale(|order| order.agreements[0].lines[0].discount = money("100.01")),
            "line Sale/10 has a discount of 100.01 USD on 100.00 USD",
        ),
        (
            sale(|order| order.agreements[0].lines[0].gross = in_euros("100.00")),
            "line Sale/10 has 100.00 EUR, but its order is in USD",
        ),
        (
            sale(|order| order.agreements[0].lines[0].taxes[0].amount = in_euros("8.25")),
            "line Sale/10 has 8.25 EUR, but its order is in USD",
        ),
        (
            movement(|movement| movement.amount = in_euros("108.25")),
            "payment Transaction/1 is 108.25 EUR, but its order is in USD",
        ),
        (
            movement(|movement| movement.amount = money("-108.25")),
            "payment Transaction/1 is negative: -108.25 USD",
        ),
    ];
    for (fact, expected) in cases {
        assert_eq!(message(&[fact], order), expected);
    }
    assert_eq!(issue_of(&[sale(|_| {})], order).0, None);
}

#[test]
fn what_contradicts_itself_later_leaves_what_was_before() {
    let lines = [(SaleKind::Product, "100.00", "0.00", "0.00")];
    let back = [(SaleKind::Product, "-50.00", "0.00", "0.00")];
    let sold = order("03-10").sale("03-10", &lines).paid("03-10", CARD, "100.00");
    let Fact::Order(mut order) = sold.refund("03-20", &back).fact() else { panic!("an order") };
    order.agreements[1].lines[0].quantity = Some(1);
    let facts = [Fact::Order(order)];
    assert_eq!(message(&facts, "shop/Order/1"), "line Sale/20 has 1 units for -50.00 USD");
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(account(&facts, &policy(POLICY), far)[0].entries.len(), 1, "the sale stays");
}

/// A mug for 120.00 with its tax and carriage for 6.00, paid, with what came back of it.
fn returned(back: impl FnOnce(Shop) -> Shop) -> Fact {
    let lines = [
        (SaleKind::Product, "100.00", "0.00", "20.00"),
        (SaleKind::Shipping, "5.00", "0.00", "1.00"),
    ];
    back(order("03-10").sale("03-10", &lines).paid("03-10", CARD, "126.00")).fact()
}

#[test]
fn no_more_comes_back_than_was_sold() {
    let product = |gross, tax| [(SaleKind::Product, gross, "0.00", tax)];
    let three = [("Item/1", -3)];
    let cases = [
        (
            returned(|it| it.refund("03-20", &product("-300.00", "-60.00")).of_items(&three)),
            "Agreement/2 takes back 3 units of `Mug`, of which 1 can still come back",
        ),
        (
            returned(|it| {
                let once = it.refund("03-20", &product("-100.00", "-20.00"));
                once.refund("03-21", &product("-100.00", "-20.00"))
            }),
            "Agreement/3 takes back 1 units of `Mug`, of which 0 can still come back",
        ),
        (
            returned(|it| it.refund("03-20", &product("-100.03", "-20.00"))),
            "Agreement/2 gives back 120.03 USD for `Mug`, of whose price 120.00 USD can still go \
             back",
        ),
        (
            returned(|it| it.refund("03-20", &[(SaleKind::Shipping, "-7.00", "0.00", "-1.00")])),
            "Agreement/2 gives back 8.00 USD for carriage, of whose price 6.00 USD can still go \
             back",
        ),
    ];
    for (fact, expected) in cases {
        assert_eq!(message(&[fact], "shop/Order/1"), expected);
    }
}

#[test]
fn no_more_money_goes_back_than_was_paid_or_agreed() {
    let back = [(SaleKind::Product, "-100.00", "0.00", "-20.00")];
    let fact = returned(|it| it.refund("03-20", &back).repaid("03-20", CARD, "126.01"));
    assert_eq!(
        message(&[fact], "shop/Order/1"),
        "126.01 USD went back for order #1001, for which 126.00 USD was paid and 120.00 USD agreed \
         to be given back"
    );
}

#[test]
fn what_is_given_freely_contradicts_nothing() {
    let back = || (SaleKind::Product, "-100.00", "0.00", "-20.00");
    let carriage = || (SaleKind::Shipping, "-5.00", "0.00", "-1.00");
    let goodwill = || (SaleKind::Adjustment, "-15.00", "0.00", "0.00");
    let again = (SaleKind::Product, "100.00", "0.00", "20.00");
    let cents = (SaleKind::Product, "-100.01", "0.00", "-20.01");
    let cases = [
        // More than the price, as the shop agreed.
        returned(|it| {
            it.refund("03-20", &[back(), carriage(), goodwill()]).repaid("03-20", CARD, "141.00")
        }),
        // Goodwill alone, in several parts.
        returned(|it| it.refund("03-20", &[goodwill()]).refund("03-21", &[goodwill()])),
        // Exchanged for another of its kind, which comes back as well.
        returned(|it| {
            it.agree(AgreementKind::Refund, "03-20", &[back(), again]).refund("03-22", &[back()])
        }),
        // By the vendor's own rounding.
        returned(|it| it.refund("03-20", &[cents])),
        // Money before it is agreed what for.
        returned(|it| it.repaid("03-20", CARD, "126.00").refund("03-21", &[back(), carriage()])),
    ];
    for (place, fact) in cases.into_iter().enumerate() {
        assert_eq!(issue_of(&[fact], "shop/Order/1").0, None, "case {place}");
    }
}

#[test]
fn a_row_that_does_not_sum_is_entered_for_review() {
    let parts = |amount: &str| {
        let part = RowPart { kind: PartKind::Goods, word: "x".to_owned(), amount: money(amount) };
        BalanceKind::Itemised(vec![part])
    };
    let cases = [
        (
            reserve(|row| row.net = money("-19.99")),
            "a row of Shopify Payments contradicts itself: -20.00 USD less a fee of 0.00 USD is \
             not -19.99 USD",
            1_999,
        ),
        (
            reserve(|row| row.fee = in_euros("0.00")),
            "a row of Shopify Payments contradicts itself: -20.00 USD less a fee of 0.00 EUR is \
             not -20.00 USD",
            2_000,
        ),
        (
            reserve(|row| row.kind = parts("-19.00")),
            "a row of Shopify Payments contradicts itself: its parts sum to -19.00 USD, but it is \
             -20.00 USD",
            2_000,
        ),
    ];
    for (fact, expected, review) in cases {
        let (issue, found) = issue_of(std::slice::from_ref(&fact), "shop/Row/1");
        assert_eq!((issue.unwrap().message, found), (expected.to_owned(), review));
    }
}

#[test]
fn a_payout_agrees_with_its_rows_and_with_time() {
    let rows = [in_payout(row(1, "03-10", BalanceKind::Reserve, "50.00", "0.00"), 1)];
    let sent = |net| payout(CARD, 1, "03-12", net, PayoutState::Paid);
    let backwards = |fact: Fact| match fact {
        Fact::Payout(payout) => {
            let period = Some(Period { from: at("03-12"), until: at("03-01") });
            Fact::Payout(Payout { period, ..payout })
        }
        other => other,
    };
    let cases = [
        (
            arrived(sent("50.00"), "03-11"),
            "the payout arrived on 2026-03-11, before it left on 2026-03-12",
        ),
        (
            backwards(sent("50.00")),
            "what it settles ends at 2026-03-01T17:00:00Z, before it begins at \
             2026-03-12T17:00:00Z",
        ),
        (
            sent("50.01"),
            "the payout is 50.01 USD, its 1 rows sum to 50.00 USD: 0.01 USD are not explained",
        ),
        (euros(sent("50.00")), "EUR and USD"),
    ];
    for (fact, expected) in cases {
        let found = message(&[&rows[..], &[fact]].concat(), "shop/Payout/1");
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn a_payout_waits_for_the_first_of_its_rows() {
    let state = |net: &str, heard_until: &str| {
        let sent = payout(CARD, 1, "03-12", net, PayoutState::Paid);
        let heard_until = heard_until.parse().unwrap();
        let accounted = account(&[sent], &policy(POLICY), heard_until);
        let (entries, standings) = accounted.into_iter().fold((0, Vec::new()), |(n, all), it| {
            (n + it.entries.len(), [all, it.standings].concat())
        });
        let [standing] = &standings[..] else { panic!("{standings:?}") };
        (entries, standing.state.clone())
    };
    let (entries, waiting) = state("50.00", "2026-03-14T23:59:59Z");
    let FactState::Waiting { until: Some(until), .. } = waiting else { panic!("{waiting:?}") };
    assert_eq!((entries, until), (0, "2026-03-15T00:00:00Z".parse().unwrap()));
    let (entries, held) = state("50.00", "2026-03-15T00:00:00Z");
    let FactState::Held(issue) = held else { panic!("{held:?}") };
    assert!(issue.message.contains("its 0 rows sum to 0.00 USD"), "{issue:?}");
    assert_eq!(entries, 0);
    let (_, settled) = state("0.00", "2026-03-13T00:00:00Z");
    assert!(matches!(settled, FactState::Accounted { review: None }), "nothing is nothing");
}

#[test]
fn what_happens_at_one_moment_contradicts_nothing() {
    let row = in_payout(row(1, "03-10", BalanceKind::Reserve, "50.00", "0.00"), 1);
    let Fact::Payout(sent) = payout(CARD, 1, "03-12", "50.00", PayoutState::Paid) else { panic!() };
    let period = Some(Period { from: at("03-12"), until: at("03-12") });
    let sent = arrived(Fact::Payout(Payout { period, ..sent }), "03-12");
    assert_eq!(issue_of(&[row, sent], "shop/Payout/1").0, None);
    assert_eq!(issue_of(&[released(deferred(), "01-28")], "shop/Deferral/1").0, None);
}

#[test]
fn nothing_is_released_before_it_was_sold() {
    assert_eq!(
        message(&[released(deferred(), "01-27")], "shop/Deferral/1"),
        "it was released at 2026-01-27T17:00:00Z, but sold at 2026-01-28T17:00:00Z"
    );
}

#[test]
fn a_dispute_is_about_something() {
    let negative = dispute("03-30", DisputeOutcome::Lost, "-105.43");
    assert_eq!(
        message(&[negative], "shop/Dispute/1"),
        "the disputed amount is negative: -105.43 USD"
    );
}

#[test]
fn what_is_bought_costs_something_in_the_currency_of_the_books() {
    let in_euros = |fact: Fact| match fact {
        Fact::UnitCost(mut cost) => {
            cost.cost = Money::from_minor(cost.cost.minor(), eur());
            Fact::UnitCost(cost)
        }
        other => other,
    };
    let no_units = |fact: Fact| match fact {
        Fact::GoodsReceipt(mut receipt) => {
            receipt.lines[0].units = 0;
            Fact::GoodsReceipt(receipt)
        }
        other => other,
    };
    let found = |cost| adjusted(1, "02-01", "MUG", 3, AdjustmentReason::Counted, Some(money(cost)));
    let came = || received(1, "02-10", "MUG", 10, "80.00");
    let bill = |amount, landed| vec![came(), billed(1, "03-20", "MUG", (10, amount), landed)];
    let foreign = "5.00 EUR is not in USD, which the books are kept in";
    let cases = [
        (vec![told_cost(1, "02-01", "MUG", "-5.00")], "the cost of a unit is negative: -5.00 USD"),
        (vec![in_euros(told_cost(1, "02-01", "MUG", "5.00"))], foreign),
        (vec![found("-5.00")], "the cost of a unit is negative: -5.00 USD"),
        (
            vec![received(1, "02-10", "MUG", 10, "-80.00")],
            "the cost of `MUG` is negative: -80.00 USD",
        ),
        (vec![no_units(came())], "no units of `MUG` came in"),
        (bill("-80.00", "0.00"), "what is billed for `MUG` is negative: -80.00 USD"),
        (bill("80.00", "-1.00"), "what is billed for carriage is negative: -1.00 USD"),
        (vec![paid_supplier(1, "01-10", "-300.00")], "what was paid is negative: -300.00 USD"),
    ];
    for (facts, expected) in cases {
        let about = facts.last().unwrap().id().to_string();
        let facts = [vec![ordered("01-09")], facts].concat();
        assert_eq!(message(&facts, &about), expected);
    }
}

#[test]
fn goods_of_a_receipt_that_is_held_are_not_in_stock() {
    let Fact::GoodsReceipt(mut receipt) = received(1, "02-10", "MUG", 10, "80.00") else {
        panic!()
    };
    let mut other = receipt.lines[0].clone();
    other.id = "Line/9".to_owned();
    other.cost = None;
    receipt.lines.push(other);
    let lost = adjusted(2, "02-20", "MUG", -1, AdjustmentReason::Counted, None);
    let facts = [ordered("01-09"), Fact::GoodsReceipt(receipt), lost];
    let found = message(&facts, "shop/Adjustment/2");
    assert!(found.contains("so many are not known with a cost"), "{found}");
}

#[test]
fn amounts_that_no_currency_has_cannot_be_read() {
    let yen = Currency::parse("JPY").unwrap();
    for (text, currency) in [("1.001", usd()), ("1.5", yen), ("1e2", usd()), ("12,50", usd())] {
        assert!(Money::parse(text, currency).is_err(), "{text} {currency}");
    }
    assert!(matches!(Currency::parse("QQQ"), Err(MoneyError::UnknownCurrency { .. })));
}
