//! What gateways pay out, keep back, charge and take back.

use super::shop::{arrived, dispute, gateway, in_payout, order, payout, row, row_of};
use super::{Case, case};
use saldo_core::commerce::{BalanceKind, DisputeOutcome, PayoutState, SaleKind};

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
