//! What gateways pay out, keep back, charge and take back.

use super::shop::{arrived, at, dispute, gateway, in_payout, order, payout, row, row_of};
use super::told::edited;
use super::{Case, POLICY, account, case, policy};
use jiff::{SignedDuration, Timestamp};
use saldo_core::accounting::{Accounted, Payouts, entered_by};
use saldo_core::commerce::{
    BalanceKind, DisputeOutcome, Fact, MovementState, PayoutState, SaleKind,
};
use saldo_core::issue::{FactState, Issue};

/// The events of gateways.
pub(crate) fn cases() -> Vec<Case> {
    const CARD: &str = "shopify_payments";
    let adjusted =
        |amount: &str| in_payout(row(9, "03-01", BalanceKind::Unknown, amount, "0.00"), 1);
    let paid_out = |day, net| payout(CARD, 1, day, net, PayoutState::Paid);
    let returned = |day| row(7, day, BalanceKind::PayoutReturned, "950.00", "0.00");
    let failed = vec![
        adjusted("950.00"),
        payout(CARD, 1, "03-02", "950.00", PayoutState::Failed),
        in_payout(returned("03-05"), 2),
        payout(CARD, 2, "03-09", "950.00", PayoutState::Paid),
    ];
    let shop_cash = order("03-10")
        .sale("03-10", &[(SaleKind::Product, "5.00", "0.00", "0.00")])
        .paid("03-10", "shop_cash", "5.00");
    let credit = BalanceKind::TenderCredit(gateway("shop_cash"));
    let paypal = order("03-10").sale_of_s1("03-10").paid("03-10", "paypal", "105.43");
    let paypal_row = row_of("paypal", 1, "03-10", BalanceKind::Charge, "105.43", "4.17");
    vec![
        case("P1", &["03-12"], vec![adjusted("950.00"), paid_out("03-12", "950.00")]),
        case(
            "P2",
            &["03-31", "04-02"],
            vec![adjusted("950.00"), arrived(paid_out("03-31", "950.00"), "04-02")],
        ),
        case("P3", &["03-12"], vec![adjusted("-35.00"), paid_out("03-12", "-35.00")]),
        case("P4", &["03-05", "03-09"], failed),
        case("P5", &[], vec![row(1, "03-10", BalanceKind::Reserve, "-200.00", "0.00")]),
        case("P6", &[], vec![row(1, "03-10", BalanceKind::Reserve, "200.00", "0.00")]),
        case("P7", &[], vec![row(1, "03-10", BalanceKind::DisputeWithdrawal, "-105.43", "15.00")]),
        case("P8", &[], vec![row(1, "03-10", BalanceKind::DisputeReversal, "105.43", "-15.00")]),
        case("P9", &[], vec![dispute("03-30", DisputeOutcome::Lost, "105.43")]),
        case("P11", &[], vec![row(1, "03-10", BalanceKind::LoanRepayment, "-150.00", "0.00")]),
        case("P12", &[], vec![row(1, "03-10", BalanceKind::PlatformBill, "-68.00", "0.00")]),
        case("P13", &[], vec![row(1, "03-10", BalanceKind::Unknown, "102.53", "0.00")]),
        case("P14", &[], vec![shop_cash.fact(), row(1, "03-11", credit, "5.00", "0.00")]),
        case(
            "P15",
            &[],
            vec![
                paypal.fact(),
                in_payout(paypal_row, 1),
                payout("paypal", 1, "03-14", "101.26", PayoutState::Paid),
            ],
        ),
    ]
}

/// What comes of facts of one group.
fn heard(facts: &[Fact], until: Timestamp) -> Accounted {
    let [accounted] = &account(facts, &policy(POLICY), until)[..] else { panic!("one group") };
    accounted.clone()
}

fn far() -> Timestamp {
    "2027-01-01T00:00:00Z".parse().unwrap()
}

/// What a person is to look at of a row's money.
fn review(accounted: &Accounted) -> &Issue {
    let reviewed = accounted.standings.iter().find_map(|standing| match &standing.state {
        FactState::Accounted { review } => review.as_ref(),
        _ => None,
    });
    reviewed.expect("something is to be reviewed")
}

#[test]
fn a_rehearsal_and_what_a_payout_says_itself_are_left_out() {
    let charge = row(1, "03-10", BalanceKind::PlatformBill, "-68.00", "0.00");
    let cases = [
        (edited(charge, |row| row.test = true), "test-payment"),
        (row(1, "03-12", BalanceKind::Transfer, "-950.00", "0.00"), "payout-says-the-same"),
    ];
    for (fact, rule) in cases {
        let found = heard(&[fact], far());
        assert!(found.entries.is_empty(), "{found:?}");
        assert_eq!(found.standings[0].state, FactState::Excluded { rule: rule.to_owned() });
    }
}

#[test]
fn a_fee_waits_for_the_end_of_its_day_but_that_of_a_dispute() {
    let (policy, payouts) = (policy(POLICY), Payouts::default());
    let moved = |kind, amount, until| {
        let Fact::BalanceTransaction(row) = row(1, "03-10", kind, amount, "15.00") else {
            panic!()
        };
        entered_by(&row, false, &payouts, &policy, until).minor()
    };
    let (noon, evening) = (at("03-10"), policy.end_of_day("2026-03-10".parse().unwrap()));
    for (kind, amount, at_noon, at_night) in [
        (BalanceKind::Charge, "105.43", 10_543, 9_043),
        (BalanceKind::DisputeWithdrawal, "-105.43", -12_043, -12_043),
        (BalanceKind::DisputeReversal, "105.43", 9_043, 9_043),
        (BalanceKind::DisputeFee, "0.00", -1_500, -1_500),
    ] {
        let found = (moved(kind.clone(), amount, noon), moved(kind.clone(), amount, evening));
        assert_eq!(found, (at_noon, at_night), "{kind:?}");
    }
}

#[test]
fn a_charge_waits_for_its_order_until_all_of_its_moment_is_heard() {
    let charge = [row(1, "03-10", BalanceKind::Charge, "105.43", "0.00")];
    let early = heard(&charge, at("03-10") - SignedDuration::from_millis(1));
    assert!(early.entries.is_empty());
    assert_eq!(early.wake_at, Some(at("03-10")));
    let late = heard(&charge, at("03-10"));
    assert_eq!((late.entries.len(), late.wake_at), (1, None));
    assert!(review(&late).message.ends_with("its order is not known"));
}

#[test]
fn what_the_gateway_alone_has_a_word_for_can_be_given_a_place() {
    let found = heard(&[row(1, "03-10", BalanceKind::Unknown, "12.00", "0.00")], far());
    let hint = &review(&found).hint;
    assert!(hint.contains("saldo map set \"rows.WORD\" other-income"), "{hint}");
}

#[test]
fn a_row_is_not_about_a_payment_through_another_gateway() {
    let sale = order("03-10").sale_of_s1("03-10").paid("03-10", "shopify_payments", "105.43");
    let other = row_of("paypal", 1, "03-10", BalanceKind::Charge, "105.43", "0.00");
    let found = heard(&[sale.fact(), other], far());
    assert!(review(&found).message.ends_with("#1001 has no such payment"));
}

#[test]
fn a_row_is_not_about_a_payment_that_failed() {
    let sale = order("03-10").sale_of_s1("03-10").paid("03-10", "shopify_payments", "105.43");
    let failed = sale.in_state(MovementState::Failed).fact();
    let charge = row(1, "03-10", BalanceKind::Charge, "105.43", "0.00");
    assert!(review(&heard(&[failed, charge], far())).message.ends_with("has no such payment"));
}

#[test]
fn what_moves_nothing_is_entered_without_a_document() {
    let found = heard(&[row(1, "03-10", BalanceKind::Reserve, "0.00", "0.00")], far());
    assert!(found.entries.is_empty());
    assert_eq!(found.standings[0].state, FactState::Accounted { review: None });
}
