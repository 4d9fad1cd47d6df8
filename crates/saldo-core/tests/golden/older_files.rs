//! Files that were made before those that are known: what they tell is no news.

use super::shop::payout;
use super::told::{charge, edited, paid_out};
use saldo_core::accounting::says_less;
use saldo_core::commerce::PayoutState;

#[test]
fn an_older_file_says_less_than_what_is_known() {
    let scheduled = paid_out(charge(1), PayoutState::Scheduled);
    let sent = paid_out(charge(1), PayoutState::Paid);
    let none_yet = edited(sent.clone(), |row| (row.payout, row.paid_out) = (None, None));
    let in_another = edited(scheduled.clone(), |row| row.payout = Some("shop/Payout/8".into()));
    let dearer = edited(scheduled.clone(), |row| row.fee = row.amount);
    for (told, known, expected) in [
        (&none_yet, &sent, true),
        (&scheduled, &sent, true),
        (&none_yet, &scheduled, true),
        (&sent, &scheduled, false),
        (&sent, &none_yet, false),
        (&sent, &sent, false),
        (&in_another, &sent, false),
        (&dearer, &sent, false),
    ] {
        assert_eq!(says_less(told, known), expected, "{told:?} {known:?}");
    }
}

#[test]
fn an_older_file_says_less_of_a_payout_that_has_come_further() {
    let stated = |net, state| payout("shopify_payments", 7, "03-19", net, state);
    let (scheduled, sent) =
        (stated("9.41", PayoutState::Scheduled), stated("9.41", PayoutState::Paid));
    assert!(says_less(&scheduled, &sent));
    assert!(!says_less(&sent, &scheduled) && !says_less(&sent, &sent), "that is no news");
    assert!(!says_less(&stated("9.40", PayoutState::Scheduled), &sent), "another amount");
    assert!(!says_less(&scheduled, &charge(1)));
}
