//! A policy that holds from a day on: what happened before is entered once, as it was.

use super::shop::{in_payout, order, payout, row};
use super::{POLICY, account, policy};
use saldo_core::commerce::{BalanceKind, PayoutState};

#[test]
fn what_two_policies_would_date_otherwise_is_entered_once() {
    const CARD: &str = "shopify_payments";
    let since = "2026-03-15".parse().unwrap();
    let (early, late) = (policy(POLICY), policy(&format!("detail = \"payout\"\n{POLICY}")));
    let facts = [
        order("03-14").sale_of_s1("03-14").paid("03-14", CARD, "105.43").fact(),
        in_payout(row(1, "03-14", BalanceKind::Charge, "105.43", "3.36"), 1),
        payout(CARD, 1, "03-16", "102.07", PayoutState::Paid),
    ];
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    for policy in [early.clone(), late.clone(), late.following(early, since)] {
        let accounted = account(&facts, &policy, far);
        let entries = accounted.iter().flat_map(|accounted| &accounted.entries);
        let lines = entries.flat_map(|entry| &entry.lines);
        let of = |name: &str| -> i64 {
            let own = lines.clone().filter(|line| &*line.account.name == name);
            own.map(|line| line.amount.minor()).sum()
        };
        let sums = (of("Product sales"), of("Payment processing fees"), of("Bank"));
        assert_eq!(sums, (-10_000, 336, 10_207));
    }
}
