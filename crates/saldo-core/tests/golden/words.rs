//! Words of vendors that the owner gave a meaning, and tax that is the channel's own.

use crate::shop::{LineWords, gateway, in_payout, order, payout, row, usd, write_off};
use crate::{POLICY, account, policy};
use saldo_core::commerce::{AgreementKind, BalanceKind, Fact, PayoutState, SaleKind};
use saldo_core::document::{DocumentKind, SubledgerEntry};
use saldo_core::issue::FactState;
use saldo_core::policy::Policy;
use std::collections::BTreeMap;

const CARD: &str = "shopify_payments";

/// What the facts move on each account, the kinds of documents, and whether a person must look.
fn books(facts: &[Fact], text: &str) -> (BTreeMap<String, i64>, Vec<DocumentKind>, bool) {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = account(facts, &policy(text), far);
    let mut sums = BTreeMap::new();
    let entries: Vec<_> = accounted.iter().flat_map(|accounted| &accounted.entries).collect();
    for line in entries.iter().flat_map(|entry| &entry.lines) {
        *sums.entry(line.account.name.to_string()).or_default() += line.amount.minor();
    }
    sums.retain(|_, minor: &mut i64| *minor != 0);
    let kinds = entries.iter().map(|entry| entry.header.kind).collect();
    let settled = |state: &FactState| matches!(state, FactState::Accounted { review: None });
    let standings = accounted.iter().flat_map(|accounted| &accounted.standings);
    (sums, kinds, standings.into_iter().any(|standing| !settled(&standing.state)))
}

fn with(rules: &str) -> String {
    format!("{rules}\n{POLICY}")
}

fn sums(of: &[(&str, i64)]) -> BTreeMap<String, i64> {
    of.iter().map(|(name, minor)| ((*name).to_owned(), *minor)).collect()
}

#[test]
fn a_row_goes_where_the_owner_says_that_its_word_belongs() {
    let credit = [row(1, "03-10", BalanceKind::Unknown, "12.00", "0.50")];
    let fees = ("Payment processing fees", 50);
    let clearing = ("Clearing: Shopify Payments", 1_150);
    let (found, _, open) = books(&credit, POLICY);
    assert_eq!(found, sums(&[("Platform adjustments - to review", -1_200), clearing, fees]));
    assert!(open, "a person must look at it");
    for word in ["WORD", "word"] {
        let (found, kinds, open) = books(&credit, &with(&format!("rows.{word} = 'other-income'")));
        assert_eq!(found, sums(&[("Other income", -1_200), clearing, fees]));
        assert_eq!(kinds, [DocumentKind::JournalEntry, DocumentKind::Expense], "credit, fee");
        assert!(!open);
    }
    let charge = [row(1, "03-10", BalanceKind::Unknown, "-12.00", "0.00")];
    let (_, kinds, _) = books(&charge, &with("rows.WORD = 'advertising'"));
    assert_eq!(kinds, [DocumentKind::Expense]);
    let (found, kinds, _) = books(&charge, &with("rows.WORD = 'bank'"));
    assert_eq!(kinds, [DocumentKind::Transfer]);
    assert_eq!(found.get("Bank"), Some(&1_200));
    let own = POLICY.replace("[gateways]", "[gateways]\nshopify_payments.bank = 'Shopify Balance'");
    let (found, _, _) = books(&charge, &format!("rows.WORD = 'bank'\n{own}"));
    assert_eq!(found.get("Shopify Balance"), Some(&1_200), "where its payouts arrive");
}

#[test]
fn a_line_goes_where_the_owner_says_that_its_word_belongs() {
    let fee = [(SaleKind::Unknown("ADDITIONAL_FEE".to_owned()), "3.00", "0.00", "0.25")];
    let sale = [order("03-10").sale("03-10", &fee).paid("03-10", CARD, "3.25").fact()];
    let (found, _, open) = books(&sale, POLICY);
    assert!(found.is_empty() && open, "held: {found:?}");
    let (found, _, open) = books(&sale, &with("lines.ADDITIONAL_FEE = 'other-income'"));
    let tax = ("Sales tax payable (per jurisdiction)", -25);
    let expected = [("Clearing: Shopify Payments", 325), ("Other income", -300), tax];
    assert_eq!(found, sums(&expected));
    assert!(!open);
}

#[test]
fn payouts_arrive_on_the_bank_account_of_their_gateway() {
    let adjusted = in_payout(row(9, "03-01", BalanceKind::Unknown, "950.00", "0.00"), 1);
    let facts = [adjusted, payout(CARD, 1, "03-12", "950.00", PayoutState::Paid)];
    let another = POLICY.replace("[gateways]", "[gateways]\npaypal.bank = 'Shopify Balance'");
    let (found, _, _) = books(&facts, &another);
    assert_eq!(found.get("Bank"), Some(&95_000));
    let own = POLICY.replace("[gateways]", "[gateways]\nshopify_payments.bank = 'Shopify Balance'");
    let (found, _, _) = books(&facts, &own);
    assert_eq!(found.get("Shopify Balance"), Some(&95_000));
    assert_eq!(found.get("Bank"), None);
}

#[test]
fn a_word_cannot_stand_for_what_has_documents_of_its_own() {
    let start = "2026-01-01".parse().unwrap();
    let text = "rows.WORD = 'receivable'";
    let error = Policy::new(1, text, usd(), "UTC", start).unwrap_err().to_string();
    insta::assert_snapshot!(
        error,
        @"`rows.WORD` cannot be `receivable`: what a buyer owes and tax have documents of their own"
    );
    assert!(Policy::new(1, "lines.FEE = 'sales-tax'", usd(), "UTC", start).is_err());
}

#[test]
fn tax_that_the_channel_keeps_leaves_nothing_behind() {
    let sold = |by| order("03-10").sale("03-10", &GOODS).paid("03-10", by, "108.25");
    let (found, _, _) = books(&[sold("amazon").tax_kept().fact()], POLICY);
    assert_eq!(found, sums(&[("Clearing: Amazon", 10_000), ("Product sales", -10_000)]));
    let returned = sold("amazon").refund("03-20", &GOODS_BACK).repaid("03-20", "amazon", "108.25");
    let (found, _, _) = books(&[returned.tax_kept().fact()], POLICY);
    assert_eq!(found, sums(&[("Product sales", -10_000), ("Returns & refunds", 10_000)]));
}

const GOODS: [LineWords<'static>; 1] = [(SaleKind::Product, "100.00", "0.00", "8.25")];
const GOODS_BACK: [LineWords<'static>; 1] = [(SaleKind::Product, "-100.00", "0.00", "-8.25")];

/// The days on which the channel's tax was kept or given back, and how much.
fn kept(facts: &[Fact]) -> Vec<(String, i64)> {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = account(facts, &policy(POLICY), far);
    let entries = accounted.iter().flat_map(|accounted| &accounted.entries);
    let kept = entries.filter(|entry| entry.header.slot.ends_with("@facilitator"));
    let tax =
        |entry: &SubledgerEntry| (entry.header.date.to_string(), entry.lines[0].amount.minor());
    kept.map(tax).collect()
}

#[test]
fn the_channel_keeps_its_tax_when_money_comes_and_not_before() {
    let owed = order("03-30").sale("03-30", &GOODS).tax_kept();
    assert_eq!(kept(&[owed.clone().fact()]), []);
    let paid = owed.paid("04-05", "amazon", "60.00").paid("04-07", "amazon", "48.25");
    assert_eq!(kept(&[paid.clone().fact()]), [("2026-04-05".to_owned(), 825)]);
    let (found, _, _) = books(&[paid.fact()], POLICY);
    assert_eq!(found, sums(&[("Clearing: Amazon", 10_000), ("Product sales", -10_000)]));
}

#[test]
fn of_a_deposit_the_channel_keeps_its_tax_once_it_pays_a_sale() {
    let early = order("03-12").sale("03-12", &GOODS).paid("03-10", "amazon", "108.25").tax_kept();
    assert_eq!(kept(&[early.clone().fact()]), [("2026-03-12".to_owned(), 825)]);
    let (found, _, _) = books(&[early.fact()], POLICY);
    assert_eq!(found, sums(&[("Clearing: Amazon", 10_000), ("Product sales", -10_000)]));
}

#[test]
fn what_another_gateway_moves_later_leaves_the_sale_alone() {
    let sold = order("03-10").sale("03-10", &GOODS).paid("03-10", "amazon", "108.25");
    let back = sold.clone().refund("05-03", &GOODS_BACK).repaid("05-03", "paypal", "108.25");
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let of_march = |facts: &[Fact]| {
        let accounted = account(facts, &policy(POLICY), far);
        let entries = accounted.into_iter().flat_map(|accounted| accounted.entries);
        entries.filter(|entry| entry.header.date.month() == 3).collect::<Vec<_>>()
    };
    let before = of_march(&[sold.tax_kept().fact()]);
    assert_eq!(before.len(), 2);
    let back = [back.tax_kept().fact()];
    assert_eq!(of_march(&back), before);
    let (_, _, open) = books(&back, POLICY);
    assert!(open, "nobody said whether PayPal gives the tax back");
}

#[test]
fn a_wallet_that_is_credited_elsewhere_keeps_nothing() {
    let sale = order("03-10").sale("03-10", &GOODS).paid("03-10", "shop_cash", "108.25");
    let sale = sale.tax_kept().fact();
    let credit = BalanceKind::TenderCredit(gateway("shop_cash"));
    let credit = row(1, "03-11", credit, "108.25", "0.00");
    let tax = row(2, "03-11", BalanceKind::Unknown, "-8.25", "0.00");
    let (found, _, open) = books(std::slice::from_ref(&sale), POLICY);
    assert!(found.is_empty() && open, "held until somebody says: {found:?}");
    let said = POLICY.replace("[gateways]", "[gateways]\nshop_cash.keeps-tax = false");
    let said = format!("rows.WORD = 'facilitator-tax'\n{said}");
    let (found, _, open) = books(&[sale, credit, tax], &said);
    let clearing = ("Clearing: Shopify Payments", 10_000);
    assert_eq!(found, sums(&[clearing, ("Product sales", -10_000)]));
    assert!(!open);
}

#[test]
fn a_claim_given_up_takes_the_tax_from_who_owes_it() {
    let owed = order("03-10").sale("03-10", &GOODS).tax_kept().fact();
    for relieve_tax in [true, false] {
        let (found, _, _) = books(&[owed.clone(), write_off("05-01", relieve_tax)], POLICY);
        assert_eq!(found, sums(&[("Bad debt", 10_000), ("Product sales", -10_000)]));
    }
    let in_part = order("03-10").sale("03-10", &GOODS).paid("03-20", "amazon", "60.00").tax_kept();
    let (found, _, _) = books(&[in_part.fact(), write_off("05-01", true)], POLICY);
    let paid = ("Clearing: Amazon", 5_175);
    assert_eq!(found, sums(&[("Bad debt", 4_825), paid, ("Product sales", -10_000)]));
}

#[test]
fn money_that_comes_after_the_channel_got_its_tax_holds_none() {
    let edit = [(SaleKind::Product, "20.00", "0.00", "0.00")];
    let sale = order("03-10").sale("03-10", &GOODS).paid("03-10", CARD, "108.25").tax_kept();
    let sale = sale.agree(AgreementKind::Edit, "03-12", &edit).paid("03-12", "amazon", "20.00");
    assert_eq!(kept(&[sale.fact()]), [], "the card's rows tell what was kept of its money");
}

#[test]
fn a_gateway_that_tells_its_rows_tells_what_it_keeps() {
    let sale = order("03-10").sale("03-10", &GOODS).paid("03-10", CARD, "108.25").tax_kept();
    let paid = row(1, "03-10", BalanceKind::Charge, "108.25", "0.00");
    let kept = row(2, "03-11", BalanceKind::Unknown, "-8.25", "0.00");
    let sale = sale.fact();
    let (found, _, _) = books(&[sale.clone(), paid.clone()], POLICY);
    let tax = "Marketplace facilitator tax clearing";
    let clearing = "Clearing: Shopify Payments";
    assert_eq!(found, sums(&[(clearing, 10_825), ("Product sales", -10_000), (tax, -825)]));
    let (found, _, open) = books(&[sale, paid, kept], &with("rows.WORD = 'facilitator-tax'"));
    assert_eq!(found, sums(&[(clearing, 10_000), ("Product sales", -10_000)]));
    assert!(!open);
}
