//! The export of payments transactions, and that of payouts.

use super::import;
use saldo_core::commerce::{BalanceKind, Fact, PayoutState};

const HEADER: &str = "Transaction Date,Type,Order,Card Brand,Payout Status,Payout Date,Payout ID,\
                      Amount,Fee,Net,Currency\n";

fn table(rows: &[&str]) -> String {
    format!("{HEADER}{}\n", rows.join("\n"))
}

const CHARGE: &str = "2026-11-02 10:00:00 -0500,charge,#1001,visa,paid,2026-11-04,77,\
                      10.00,0.59,9.41,USD";
const REFUND: &str = "2026-11-03 10:00:00 -0500,refund,#1001,visa,paid,2026-11-04,77,\
                      -4.00,0.00,-4.00,USD";

#[test]
fn rows_and_the_payout_that_they_are_in() {
    let taken = import(table(&[CHARGE, REFUND]).as_bytes());
    assert_eq!(
        taken.said.as_deref(),
        Ok("payments transactions: 2 rows in 1 payouts; each counts as the sum of the rows \
            that files tell of it")
    );
    insta::assert_json_snapshot!(taken.facts());
}

#[test]
fn equal_rows_are_told_apart_and_a_later_payout_changes_no_name() {
    let ids = |rows: &[&str]| -> Vec<String> {
        let taken = import(table(rows).as_bytes());
        let rows = taken.records.iter().filter(|it| it.stream.as_str() == "payments-table");
        rows.map(|record| record.id.clone()).collect()
    };
    let twice = ids(&[CHARGE, CHARGE, REFUND]);
    assert_eq!(twice[1], format!("{} no. 2", twice[0]));
    let pending = CHARGE.replace("paid,2026-11-04,77", "pending,2026-11-04,");
    assert_eq!(ids(&[&pending]), ids(&[CHARGE]));
}

#[test]
fn a_row_that_is_not_paid_out_has_no_payout() {
    let pending = CHARGE.replace("paid,2026-11-04,77", "pending,2026-11-04,");
    let taken = import(table(&[&pending]).as_bytes());
    let facts = taken.facts();
    assert!(matches!(&facts[..], [Fact::BalanceTransaction(row)] if row.payout.is_none()));
}

#[test]
fn words_of_payouts_and_rows() {
    let states = [
        ("paid", PayoutState::Paid),
        ("in_transit", PayoutState::Scheduled),
        ("failed", PayoutState::Unknown("failed".to_owned())),
    ];
    for (word, expected) in states {
        let taken = import(table(&[&CHARGE.replace(",paid,", &format!(",{word},"))]).as_bytes());
        let state = taken.facts().into_iter().find_map(|fact| match fact {
            Fact::BalanceTransaction(row) => row.paid_out.map(|said| said.state),
            _ => None,
        });
        assert_eq!(state, Some(expected));
    }
    let kinds = [
        (CHARGE, "chargeback", BalanceKind::DisputeReversal),
        (REFUND, "dispute", BalanceKind::DisputeWithdrawal),
        (REFUND, "shipping_label", BalanceKind::ShippingLabel),
        (REFUND, "lunch", BalanceKind::Unknown),
    ];
    for (row, word, expected) in kinds {
        let row = row.replace("charge,", "refund,").replace("refund,", &format!("{word},"));
        let taken = import(table(&[&row]).as_bytes());
        let kind = taken.facts().into_iter().find_map(|fact| match fact {
            Fact::BalanceTransaction(row) => Some(row.kind),
            _ => None,
        });
        assert_eq!(kind, Some(expected), "{word}");
    }
}

#[test]
fn a_row_of_a_payout_that_cannot_be_read_refuses_the_file() {
    let broken = REFUND.replace(" -0500", "");
    let taken = import(table(&[CHARGE, &broken]).as_bytes());
    assert_eq!(
        taken.refusal(),
        "line 3: `Transaction Date`: `2026-11-03 10:00:00` is not a time with its offset; without \
         this row the sum of payout 77 would be wrong"
    );
    for (said, wrong) in [(",2026-11-04,", ",soon,"), (",2026-11-04,", ",,"), (",77,", ",77a,")] {
        let taken = import(table(&[&CHARGE.replace(said, wrong)]).as_bytes());
        assert!(taken.refusal().contains("`Payout "), "{}", taken.refusal());
    }
    // Where no payout lacks it, it is left out.
    let taken =
        import(table(&[CHARGE, &broken.replace("paid,2026-11-04,77", "pending,,")]).as_bytes());
    assert_eq!(taken.records.len(), 1);
    assert_eq!(
        taken.left_out,
        ["line 3: `Transaction Date`: `2026-11-03 10:00:00` is not a time with its offset"]
    );
}

#[test]
fn older_exports_have_fewer_columns() {
    let old = "Transaction Date,Type,Order,Amount,Fee,Net,Currency\n\
               2026-11-02 10:00:00 -0500,charge,#1001,10.00,0.59,9.41,USD\n";
    let taken = import(old.as_bytes());
    assert_eq!(taken.facts().len(), 1);
    assert!(taken.said.unwrap().contains("no column `Payout ID`"));
    let missing = import(old.replace(",Net,", ",Netto,").as_bytes());
    assert_eq!(missing.refusal(), "line 1: the column `Net` is missing");
}

#[test]
fn a_net_that_is_not_amount_less_fee_is_held_and_so_is_its_payout() {
    let wrong = CHARGE.replace("9.41", "9.40");
    let expected = "10.00 USD less a fee of 0.59 USD is not 9.40 USD";
    let taken = import(table(&[&wrong.replace("paid,2026-11-04,77", "pending,,")]).as_bytes());
    assert!(taken.held()[0].contains(expected), "{:?}", taken.held());
    let facts = import(table(&[&wrong]).as_bytes()).facts();
    let [Fact::Payout(payout)] = &facts[..] else { panic!("{facts:?}") };
    assert_eq!(
        (payout.id.as_str(), payout.by_rows),
        ("shopify:demo/ShopifyPaymentsPayout/77", true)
    );
    let PayoutState::Contradicted(what) = &payout.state else { panic!("{payout:?}") };
    assert!(what.contains(expected), "{what}");
}

#[test]
fn payouts_need_their_ids() {
    let header = "Payout Date,Status,Charges,Refunds,Adjustments,Reserved Funds,Fees,\
                  Retried Amount,Total,Currency";
    let row = "2026-11-04,paid,10.00,-4.00,0.00,0.00,-0.59,0.00,5.41,USD";
    let taken = import(format!("{header}\n{row}\n").as_bytes());
    assert!(taken.refusal().contains("without the column `Payout ID`"), "{}", taken.refusal());
    let taken = import(format!("{header},Payout ID\n{row},77\n").as_bytes());
    assert_eq!(taken.said.as_deref(), Ok("payouts: 1"));
    let facts = taken.facts();
    let [Fact::Payout(payout)] = &facts[..] else { panic!("{facts:?}") };
    assert_eq!(payout.net.to_string(), "5.41 USD");
    assert_eq!(payout.id.as_str(), "shopify:demo/ShopifyPaymentsPayout/77");
}
