//! Which of several records of one thing counts, and what counts towards payouts.

use crate::shop::{decided, in_payout, payout, row};
use crate::told::{
    CLEARING, REVIEW, assert_proven, balance, by_file, by_name, charge, edited, paid_out, sale,
    states,
};
use saldo_core::accounting::{Group, Payouts, groups_alike, told_once};
use saldo_core::commerce::{BalanceKind, Decided, Fact, PayoutState};
use saldo_core::issue::FactState;
use saldo_core::proof::payout_rows_checks;

#[test]
fn rows_that_are_alike_are_not_one_row_where_both_are_known() {
    let other = paid_out(row(3, "03-18", BalanceKind::Charge, "20.00", "0.50"), PayoutState::Paid);
    let nameless = edited(in_payout(charge(1), 7), |row| row.order_name = None);
    // Both have numbers; or both have names, which differ.
    let numbered = [nameless, in_payout(charge(4), 7), other];
    assert_eq!(balance(&numbered, "Bank"), 941 + 941 + 1_950);
    let named = edited(charge(2), |row| row.order_name = Some("#1002".to_owned()));
    let named = [in_payout(charge(1), 7), paid_out(named, PayoutState::Paid)];
    assert_eq!(balance(&named, "Bank"), 941 + 941);
}

#[test]
fn what_a_payout_says_itself_and_rehearsals_are_no_rows_of_it() {
    let own = in_payout(row(3, "03-19", BalanceKind::Transfer, "-9.41", "0.00"), 7);
    let other = row(4, "03-18", BalanceKind::Charge, "20.00", "0.50");
    let rehearsed = edited(in_payout(other, 7), |row| row.test = true);
    let sent = payout("shopify_payments", 7, "03-19", "9.41", PayoutState::Paid);
    let facts = [sale("10.00"), in_payout(charge(1), 7), own, rehearsed, sent];
    assert_eq!(balance(&facts, "Bank"), 941);
    let checks = payout_rows_checks(&facts, jiff::civil::Date::MIN).unwrap();
    assert_eq!(
        checks.iter().map(|it| (it.holds(), it.found.minor())).collect::<Vec<_>>(),
        [(true, 941)]
    );
    assert_proven(&facts);
}

#[test]
fn a_payout_that_did_not_leave_proves_nothing() {
    let of = |state| {
        let scheduled = payout("shopify_payments", 7, "03-19", "9.42", state);
        let facts = [sale("10.00"), in_payout(charge(1), 7), scheduled];
        payout_rows_checks(&facts, "2026-03-19".parse().unwrap())
            .unwrap()
            .iter()
            .map(|it| it.holds())
            .collect::<Vec<_>>()
    };
    assert_eq!((of(PayoutState::Scheduled), of(PayoutState::Paid)), (vec![], vec![false]));
    assert!(of(PayoutState::Cancelled).is_empty());
}

#[test]
fn a_payout_of_before_the_books_proves_nothing() {
    let sent = payout("shopify_payments", 7, "03-19", "9.42", PayoutState::Paid);
    let checks = |since: &str| {
        payout_rows_checks(std::slice::from_ref(&sent), since.parse().unwrap()).unwrap()
    };
    assert_eq!(checks("2026-03-19").len(), 1);
    assert!(checks("2026-03-20").is_empty());
}

#[test]
fn what_is_known_of_payouts_can_be_parted_and_joined() {
    let paid = |number, day| payout("shopify_payments", number, day, "9.41", PayoutState::Paid);
    let both = Payouts::of(&[paid(7, "03-19"), paid(8, "03-20")]);
    let [mut seven, eight] =
        ["7", "8"].map(|number| both.clone().only(&format!("shop/Payout/{number}").into()));
    assert_eq!(seven, Payouts::of(&[paid(7, "03-19")]));
    seven.extend(eight);
    assert_eq!(seven, both);
}

#[test]
fn of_two_records_of_one_thing_that_which_says_more_counts() {
    let in_file = |fact: Fact, stream: &str| match fact {
        Fact::Payout(mut payout) => {
            payout.source.stream = stream.into();
            Fact::Payout(payout)
        }
        other => edited(other, |row| row.source.stream = stream.into()),
    };
    let stated = payout("shopify_payments", 7, "03-19", "9.41", PayoutState::Paid);
    let Fact::Payout(summed) = stated.clone() else { panic!("a payout") };
    let summed = Fact::Payout(saldo_core::commerce::Payout { by_rows: true, ..summed });
    let pairs = [
        (in_file(in_payout(charge(1), 7), "b"), in_file(charge(1), "a")),
        (in_file(stated, "b"), in_file(summed, "a")),
    ];
    for (more, less) in pairs {
        assert_eq!(&*told_once(&[less, more.clone()]), std::slice::from_ref(&more));
    }
}

#[test]
fn rows_that_may_be_the_same_are_where_their_orders_are() {
    let order = Group::Order("shop/Order/1".into());
    let alike = |row: Fact| groups_alike(&order, &[row]).into_iter().collect::<Vec<_>>();
    assert_eq!(alike(charge(1)), [Group::Named("shop/#1001".into())]);
    let nameless = edited(charge(1), |row| row.order_name = None);
    assert_eq!(alike(nameless), std::slice::from_ref(&order));
    for known in [in_payout(charge(1), 7), by_name(charge(1))] {
        assert_eq!(alike(known), [], "a payout is named, or none can be");
    }
}

#[test]
fn an_order_that_a_file_knows_by_name_alone_is_set_aside_for_its_number() {
    let numbered = by_file(sale("10.00"), "a-file", Vec::new());
    let nameless = |amount: &str| {
        let Fact::Order(mut order) = by_file(sale(amount), "b-file", Vec::new()) else { panic!() };
        order.id = "shop/OrderName/#1001".into();
        order.source.id = "OrderName/#1001".to_owned();
        Fact::Order(order)
    };
    let aside = FactState::Excluded { rule: "another-record-tells-it".to_owned() };
    let of_file = |facts: &[Fact]| {
        let state = states(facts).into_iter().find(|(stream, _)| stream == "b-file");
        state.expect("it stands somewhere").1
    };
    let same = [numbered.clone(), nameless("10.00")];
    assert_eq!((balance(&same, CLEARING), of_file(&same)), (1_000, aside));
    let other = [numbered, nameless("12.00")];
    assert_eq!(balance(&other, CLEARING), 1_000);
    let FactState::Accounted { review: Some(issue) } = of_file(&other) else { panic!("to review") };
    assert!(issue.message.contains("12.00 USD by the one in `b-file`"), "{}", issue.message);
    assert_eq!(of_file(&[nameless("10.00")]), FactState::Accounted { review: None });
}

#[test]
fn a_row_of_a_file_is_about_a_payment_of_its_amount_alone() {
    let order = by_file(sale("10.00"), "a-file", Vec::new());
    let other = by_name(row(1, "03-17", BalanceKind::Charge, "12.00", "0.59"));
    assert_eq!(balance(&[order.clone(), other], REVIEW), -1_200, "none of its payments is it");
    let left_out = Decided::Exclude { order: "shop/Order/1".into(), name: "#1001".to_owned() };
    let facts = [order, by_name(charge(1)), decided("03-18", left_out)];
    assert_eq!(balance(&facts, REVIEW), -1_000, "its order is left out");
    assert_eq!(balance(&facts[..2], REVIEW), 0);
}

#[test]
fn a_row_that_is_only_like_one_of_an_order_is_entered_once_where_it_belongs() {
    let other = by_name(row(3, "03-17", BalanceKind::Charge, "20.00", "0.50"));
    let facts = [sale("10.00"), charge(1), other];
    assert_eq!(balance(&facts, REVIEW), -2_000);
    assert_eq!(balance(&facts, CLEARING), 941 + 1_950);
}
