//! What marketplaces settle: rows that say themselves what they are made of, and what follows.

use super::shop::{LineWords, dispute, in_payout, money, order, payout, row_of};
use super::statements::{
    amount_row, deferred, ebay_parts, ebay_row, on_ebay, over_a_month_end, parts, released,
    settled, settled_of_order, settlement,
};
use super::{Case, POLICY, account, accounted_with_figures, case, policy};
use jiff::civil::Date;
use saldo_core::accounting::{Payouts, entered_by};
use saldo_core::commerce::{
    BalanceKind, ChargedTo, Deferral, DisputeOutcome, Fact, PartKind, PayoutState, SaleKind,
};
use saldo_core::document::SubledgerEntry;
use saldo_core::issue::{FactState, Issue};
use saldo_core::plan::compose;
use saldo_core::proof::{Identity, facilitator_checks};
use saldo_core::text::FactId;
use std::collections::{BTreeMap, BTreeSet};

const TAX: &str = "Marketplace facilitator tax clearing";
const CLEARING: &str = "Clearing: Amazon";
const REVIEW: &str = "Platform adjustments - to review";

/// The events of the reference that marketplaces settle.
pub(crate) fn cases() -> Vec<Case> {
    let negative = vec![
        settled(1, "03-05", &[(PartKind::Commission, "-45.00")]),
        settlement(1, ("03-01", "03-14"), "03-16", "-45.00"),
    ];
    let sale = || on_ebay("03-10").fact();
    let fees = || in_payout(ebay_row(1, "03-10", BalanceKind::Itemised(ebay_parts())), 1);
    let held = vec![
        sale(),
        fees(),
        amount_row("ebay", 2, "03-11", BalanceKind::Hold, "-90.05"),
        amount_row("ebay", 3, "03-14", BalanceKind::Hold, "90.05"),
        payout("ebay", 1, "03-16", "90.05", PayoutState::Paid),
    ];
    vec![
        case("A1", &["01-31"], over_a_month_end()),
        case("A2", &["02-07"], over_a_month_end()),
        case("A3", &["02-08"], over_a_month_end()),
        case("A4", &["01-31"], vec![released(deferred(), "02-03")]),
        case("A5", &["02-03"], vec![released(deferred(), "02-03")]),
        case("A7", &["03-16"], negative),
        case("B1", &[], vec![sale(), fees()]),
        case("B2", &["03-11", "03-14", "03-16"], held),
        case(
            "B3",
            &[],
            vec![amount_row("ebay", 1, "03-20", BalanceKind::Charged(ChargedTo::Bank), "181.83")],
        ),
    ]
}

/// What comes of facts.
pub(crate) struct Books {
    pub(crate) entries: Vec<SubledgerEntry>,
    pub(crate) states: Vec<FactState>,
}

impl Books {
    pub(crate) fn of(facts: &[Fact], text: &str) -> Self {
        Self::heard_until(facts, text, "2027-01-01T00:00:00Z")
    }

    pub(crate) fn heard_until(facts: &[Fact], text: &str, until: &str) -> Self {
        let mut books = Self { entries: Vec::new(), states: Vec::new() };
        for accounted in account(facts, &policy(text), until.parse().unwrap()) {
            books.entries.extend(accounted.entries);
            books.states.extend(accounted.standings.into_iter().map(|standing| standing.state));
        }
        books
    }

    pub(crate) fn sums(&self) -> BTreeMap<String, i64> {
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for line in self.entries.iter().flat_map(|entry| &entry.lines) {
            *sums.entry(line.account.name.to_string()).or_default() += line.amount.minor();
        }
        sums.retain(|_, minor| *minor != 0);
        sums
    }

    pub(crate) fn sum(&self, account: &str) -> i64 {
        self.sums().get(account).copied().unwrap_or_default()
    }

    pub(crate) fn issues(&self) -> Vec<&Issue> {
        self.states
            .iter()
            .filter_map(|state| match state {
                FactState::Held(issue) | FactState::Accounted { review: Some(issue) } => {
                    Some(issue)
                }
                _ => None,
            })
            .collect()
    }
}

#[test]
fn rows_of_a_settlement_are_gathered_by_their_month() {
    use PartKind::*;
    let one =
        |number, day| settled_of_order(number, day, &[(Goods, "25.00"), (Commission, "-4.05")]);
    let facts = [
        one(1, "01-24"),
        one(2, "01-31"),
        one(3, "02-01"),
        settled(4, "02-07", &[(StorageFee, "-2.85")]),
        settlement(1, ("01-24", "02-07"), "02-08", "60.00"),
    ];
    let books = Books::of(&facts, POLICY);
    let mut slots: BTreeMap<&str, Vec<SubledgerEntry>> = BTreeMap::new();
    for entry in &books.entries {
        slots.entry(&*entry.header.slot).or_default().push(entry.clone());
    }
    let documents: Vec<String> = slots
        .values()
        .map(|entries| {
            let document = compose(entries).unwrap().unwrap();
            let header = document.header();
            let lines = document.lines().iter();
            let lines: Vec<String> =
                lines.map(|line| format!("{} {}", line.account.name, line.amount)).collect();
            format!("{} {}\n  {}", header.date, header.memo, lines.join("\n  "))
        })
        .collect();
    insta::assert_snapshot!(
        documents.join("\n"),
        @r"
    2026-01-31 Amazon: settlement 1, 2026-01
      Marketplace commission 8.10 USD
      Product sales -50.00 USD
      Clearing: Amazon 41.90 USD
    2026-02-07 Amazon: settlement 1, 2026-02
      Marketplace commission 4.05 USD
      Marketplace storage fees 2.85 USD
      Product sales -25.00 USD
      Clearing: Amazon 18.10 USD
    2026-02-08 Amazon: payout 1
      Bank 60.00 USD
      Clearing: Amazon -60.00 USD
    "
    );
}

#[test]
fn an_order_that_is_known_is_not_sold_again_by_its_rows() {
    use PartKind::*;
    let taxed: [LineWords<'_>; 1] = [(SaleKind::Product, "100.00", "0.00", "8.00")];
    let sale = || order("03-10").sale("03-10", &taxed).tax_kept().paid("03-10", "amazon", "108.00");
    // Goods leave in two parcels, and each is a row.
    let row = |number, goods: &str, tax: &str, kept: &str| {
        let fee = (Commission, "-7.50");
        let sold = [(Goods, goods), (ChannelTax, tax), (ChannelTaxKept, kept), fee];
        settled_of_order(number, "03-12", &sold)
    };
    let rows = [row(1, "60.00", "4.80", "-4.80"), row(2, "40.00", "3.20", "-3.20")];
    let settled = settlement(1, ("03-01", "03-14"), "03-16", "85.00");
    let all = [&rows[..], &[settled]].concat();
    let expected = [("Bank", 8_500), ("Marketplace commission", 1_500), ("Product sales", -10_000)];
    let expected: BTreeMap<String, i64> =
        expected.into_iter().map(|(name, minor)| (name.to_owned(), minor)).collect();
    let known = [&all[..], &[sale().fact()]].concat();
    for text in [POLICY.to_owned(), POLICY.replace("keeps-tax = true", "keeps-tax = false")] {
        for facts in [&all, &known] {
            let books = Books::of(facts, &text);
            assert_eq!(books.sums(), expected, "{text}");
            assert!(books.issues().is_empty(), "{:?}", books.issues());
        }
    }
    // What the order does not know stands for review.
    let third = settled_of_order(3, "03-13", &[(Goods, "5.00")]);
    let books = Books::of(&[&known[..3], &[sale().fact(), third]].concat(), POLICY);
    let waiting = |state: &&FactState| matches!(state, FactState::Waiting { .. });
    assert_eq!(books.states.iter().filter(waiting).count(), 3, "the settlement does not add up");
}

#[test]
fn where_documents_follow_payouts_an_order_goes_with_the_settlement_of_its_rows() {
    let facts = [
        order("03-10")
            .sale("03-10", &[(SaleKind::Product, "100.00", "0.00", "0.00")])
            .paid("03-10", "amazon", "100.00")
            .fact(),
        settled_of_order(1, "03-12", &[(PartKind::Goods, "60.00")]),
        settled_of_order(2, "03-13", &[(PartKind::Goods, "40.00")]),
        settlement(1, ("03-01", "03-14"), "03-16", "100.00"),
    ];
    let summed = format!("detail = \"payout\"\n{POLICY}");
    let books = Books::heard_until(&facts, &summed, "2026-03-17T12:00:00Z");
    assert_eq!((books.sum("Product sales"), books.sum(CLEARING)), (-10_000, 0));
    assert!(books.entries.iter().any(|entry| entry.header.memo.contains("payout 1, 2026-03")));
    assert!(!books.states.iter().any(|state| matches!(state, FactState::Waiting { .. })));
}

#[test]
fn what_a_known_order_does_not_explain_is_for_review() {
    let rows = [
        settled_of_order(1, "03-12", &[(PartKind::Goods, "100.00")]),
        settled_of_order(2, "03-12", &[(PartKind::Goods, "5.00")]),
        settlement(1, ("03-01", "03-14"), "03-16", "105.00"),
        order("03-10")
            .sale("03-10", &[(SaleKind::Product, "100.00", "0.00", "0.00")])
            .paid("03-10", "amazon", "100.00")
            .fact(),
    ];
    let books = Books::of(&rows, POLICY);
    assert_eq!((books.sum(CLEARING), books.sum(REVIEW)), (0, -500));
    let [issue] = books.issues()[..] else { panic!("{:?}", books.issues()) };
    insta::assert_snapshot!(
        issue.message,
        @"5.00 USD of Amazon has no known reason: #1001 has no such payment"
    );
    assert_eq!(issue.about.as_str(), "shop/Row/2");
}

#[test]
fn a_held_order_leaves_the_money_of_its_rows_to_review_and_enters_their_fees() {
    let strange = [(SaleKind::Unknown("HAT".to_owned()), "100.00", "0.00", "0.00")];
    let facts = [
        order("03-10").sale("03-10", &strange).paid("03-10", "amazon", "100.00").fact(),
        settled_of_order(
            1,
            "03-12",
            &[(PartKind::Goods, "100.00"), (PartKind::Commission, "-15.00")],
        ),
        settlement(1, ("03-01", "03-14"), "03-16", "85.00"),
    ];
    let books = Books::of(&facts, POLICY);
    let sums = (books.sum(CLEARING), books.sum(REVIEW), books.sum("Marketplace commission"));
    assert_eq!(sums, (0, -10_000, 1_500));
    assert_eq!(books.sum("Product sales"), 0);
}

#[test]
fn a_settlement_that_does_not_add_up_is_not_entered() {
    let facts = [
        settled(1, "03-12", &[(PartKind::Goods, "100.00")]),
        settlement(1, ("03-01", "03-14"), "03-16", "100.01"),
    ];
    let books = Books::of(&facts, POLICY);
    assert!(books.entries.is_empty(), "{:?}", books.entries);
    let [issue] = books.issues()[..] else { panic!("{:?}", books.issues()) };
    insta::assert_snapshot!(
        issue.message,
        @"the payout is 100.01 USD, its 1 rows sum to 100.00 USD: 0.01 USD are not explained"
    );
    let waits = FactState::Waiting {
        for_what: "settlement 1 to be sent and to add up".to_owned(),
        until: None,
    };
    assert!(books.states.contains(&waits), "{:?}", books.states);
}

#[test]
fn a_report_that_is_made_again_is_entered_once() {
    let sold = [(PartKind::Goods, "100.00")];
    let again = |fact: Fact| match fact {
        Fact::BalanceTransaction(mut row) => {
            row.source.stream = "made-again".into();
            Fact::BalanceTransaction(row)
        }
        Fact::Payout(mut payout) => {
            payout.source.stream = "made-again".into();
            Fact::Payout(payout)
        }
        other => other,
    };
    let report = |amount: &str| {
        [settled(1, "03-12", &sold), settlement(1, ("03-01", "03-14"), "03-16", amount)]
    };
    let twice = [report("100.00"), report("100.00").map(again)].concat();
    let books = Books::of(&twice, POLICY);
    assert_eq!((books.sum("Product sales"), books.sum("Bank")), (-10_000, 10_000));
    assert!(books.issues().is_empty(), "{:?}", books.issues());
    let differing = [report("100.00"), report("99.00").map(again)].concat();
    let books = Books::of(&differing, POLICY);
    assert_eq!(books.sum("Bank"), 10_000);
    let [issue] = books.issues()[..] else { panic!("{:?}", books.issues()) };
    insta::assert_snapshot!(
        issue.message,
        @"the payout is 99.00 USD by its record in `made-again`, but 100.00 USD by the one in `all`"
    );
}

#[test]
fn a_part_of_an_unknown_kind_is_for_review_by_its_name() {
    let mut strange = parts(&[(PartKind::Goods, "100.00"), (PartKind::Unknown, "-3.00")]);
    strange[1].word = "Vine Enrollment Fee".to_owned();
    let row = amount_row("amazon", 1, "03-12", BalanceKind::Itemised(strange), "97.00");
    let facts = [in_payout(row, 1), settlement(1, ("03-01", "03-14"), "03-16", "97.00")];
    let books = Books::of(&facts, POLICY);
    assert_eq!((books.sum(CLEARING), books.sum(REVIEW)), (0, 300));
    let [issue] = books.issues()[..] else { panic!("{:?}", books.issues()) };
    insta::assert_snapshot!(
        issue.message,
        @"-3.00 USD of Amazon has no known reason: the marketplace calls it `Vine Enrollment Fee`"
    );
    assert!(issue.hint.contains("\"rows.Vine Enrollment Fee\" other-income"), "{}", issue.hint);
    let said = format!("rows.\"vine enrollment fee\" = \"advertising\"\n{POLICY}");
    let books = Books::of(&facts, &said);
    assert_eq!((books.sum("Advertising"), books.sum(REVIEW)), (300, 0));
    assert!(books.issues().is_empty());
    let ruled = "[[rules]]\nname = 'ads'\nwhen = { role = 'advertising', gateway = 'amazon' }\n\
                 account = 'Ads: Amazon'\n";
    assert_eq!(Books::of(&facts, &format!("{said}{ruled}")).sum("Ads: Amazon"), 300);
    // The owner's word counts before what we would make of a part.
    let said = format!("rows.Goods = \"other-income\"\n{said}");
    assert_eq!(Books::of(&facts, &said).sum("Other income"), -10_000);
}

#[test]
fn a_sale_whose_parts_only_the_order_knows_waits_for_review_without_it() {
    let row = ebay_row(1, "03-10", BalanceKind::Itemised(ebay_parts()));
    let books = Books::of(std::slice::from_ref(&row), POLICY);
    assert_eq!((books.sum("Clearing: eBay"), books.sum(REVIEW)), (9_005, -10_800));
    assert_eq!(books.issues().len(), 1);
    let early = Books::heard_until(&[row], POLICY, "2026-03-10T12:00:00Z");
    assert!(early.entries.is_empty(), "its order may still be heard");
}

#[test]
fn tax_of_the_marketplace_comes_in_and_goes_out() {
    use PartKind::*;
    let sold = [(Goods, "100.00"), (ChannelTax, "8.25"), (ChannelTaxKept, "-8.25")];
    let back = [(Goods, "-100.00"), (ChannelTax, "-8.25"), (ChannelTaxKept, "8.25")];
    let facts = [
        settled(1, "03-12", &sold),
        settled(2, "03-13", &back),
        settlement(1, ("03-01", "03-14"), "03-16", "0.00"),
    ];
    let books = Books::of(&facts, POLICY);
    let expected = BTreeMap::from([
        ("Product sales".to_owned(), -10_000),
        ("Returns & refunds".to_owned(), 10_000),
    ]);
    assert_eq!(books.sums(), expected);
    let of_tax: Vec<i64> = books
        .entries
        .iter()
        .flat_map(|entry| &entry.lines)
        .filter(|line| &*line.account.name == TAX)
        .map(|line| line.amount.minor())
        .collect();
    assert_eq!(of_tax, [-825, 825, 825, -825], "both sides are shown");
}

#[test]
fn a_settlement_that_keeps_more_tax_than_it_charged_does_not_prove() {
    use PartKind::*;
    let settlement = settlement(1, ("03-01", "03-14"), "03-16", "0.00");
    let kept = |amount| {
        let row = settled(1, "03-12", &[(ChannelTax, "8.25"), (ChannelTaxKept, amount)]);
        let checks = facilitator_checks(&[row, settlement.clone()]).unwrap();
        let [check] = &checks[..] else { panic!("{checks:?}") };
        (check.holds(), check.found.minor())
    };
    assert_eq!(kept("-8.25"), (true, 0));
    assert_eq!(kept("-8.26"), (false, -1));
}

/// What the facts say that is kept back on a day, beside what the books hold of it then.
fn kept_back_on(facts: &[Fact], day: &str) -> [BTreeMap<String, i64>; 2] {
    let day: Date = format!("2026-{day}").parse().unwrap();
    let (mut said, mut held): (BTreeMap<String, i64>, BTreeMap<String, i64>) = Default::default();
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let all = accounted_with_figures(facts, &policy(POLICY), far);
    for figure in all.into_iter().flat_map(|(_, figures)| figures) {
        if figure.identity == Identity::KeptBack && figure.day <= day {
            *said.entry(figure.about.clone()).or_default() += figure.expected.minor();
            *held.entry(figure.about).or_default() += figure.found.minor();
        }
    }
    said.retain(|_, minor| *minor != 0);
    held.retain(|_, minor| *minor != 0);
    [said, held]
}

#[test]
fn the_books_hold_what_platforms_keep_back() {
    let mut facts = over_a_month_end();
    facts.extend([
        released(deferred(), "02-03"),
        amount_row("ebay", 12, "02-05", BalanceKind::Hold, "-90.05"),
        amount_row("ebay", 13, "02-10", BalanceKind::Hold, "90.05"),
        row_of("ebay", 14, "02-06", BalanceKind::DisputeWithdrawal, "-30.00", "15.00"),
        dispute("02-20", DisputeOutcome::Lost, "30.00"),
    ]);
    for (day, count) in [("01-30", 0), ("01-31", 1), ("02-02", 1), ("02-07", 3), ("02-28", 1)] {
        let [said, held] = kept_back_on(&facts, day);
        assert_eq!(said, held, "{day}");
        assert_eq!(said.len(), count, "{day}: {said:?}");
    }
}

#[test]
fn what_rows_are_expected_to_have_moved_is_what_was_entered() {
    use PartKind::*;
    let facts = [
        settled_of_order(1, "03-05", &[(Goods, "100.00"), (Commission, "-15.00")]),
        settled(2, "03-14", &[(Carried, "45.00"), (StorageFee, "-20.00")]),
        settlement(1, ("03-01", "03-14"), "03-16", "110.00"),
        in_payout(settled(3, "03-20", &[(Goods, "70.00")]), 2),
        settlement(2, ("03-15", "03-28"), "03-30", "70.01"),
    ];
    let policy = policy(POLICY);
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let payouts = Payouts::of(&facts);
    let waiting: BTreeSet<FactId> = account(&facts, &policy, far)
        .into_iter()
        .flat_map(|accounted| accounted.standings)
        .filter(|standing| matches!(standing.state, FactState::Waiting { .. }))
        .map(|standing| standing.id)
        .collect();
    let rows = facts.iter().filter_map(|fact| match fact {
        Fact::BalanceTransaction(row) => Some(row),
        _ => None,
    });
    let expected =
        rows.map(|row| entered_by(row, waiting.contains(&row.id), &payouts, &policy, far).minor());
    let expected: i64 = expected.sum();
    assert_eq!(expected, 8_500 - 2_000, "what is carried moves nothing, the other waits");
    let deposits = 11_000;
    assert_eq!(Books::of(&facts, POLICY).sum(CLEARING), expected - deposits);
}

#[test]
fn a_balance_that_is_carried_on_stays_in_the_clearing_account() {
    use PartKind::*;
    let second = |fact| in_payout(fact, 2);
    let facts = [
        settled(1, "03-05", &[(StorageFee, "-45.00")]),
        settled(2, "03-14", &[(Carried, "45.00")]),
        settlement(1, ("03-01", "03-14"), "03-16", "0.00"),
        second(settled(3, "03-15", &[(Carried, "-45.00")])),
        second(settled(4, "03-20", &[(Goods, "100.00")])),
        settlement(2, ("03-15", "03-28"), "03-30", "55.00"),
    ];
    let books = Books::of(&facts, POLICY);
    let until_the_first = Books::of(&facts[..3], POLICY);
    assert_eq!(until_the_first.sum(CLEARING), -4_500);
    assert_eq!((books.sum(CLEARING), books.sum("Bank")), (0, 5_500));
    assert!(books.issues().is_empty());
}

#[test]
fn what_is_deferred_is_entered_over_a_month_end_alone() {
    let still = Fact::Deferral(Box::new(deferred()));
    let january = "2026-01-31T23:00:00Z";
    assert!(Books::heard_until(std::slice::from_ref(&still), POLICY, january).entries.is_empty());
    let books = Books::of(std::slice::from_ref(&still), POLICY);
    assert_eq!(books.sum("Amazon deferred balances"), 19_000);
    assert!(Books::of(&[released(deferred(), "01-31")], POLICY).entries.is_empty());
    assert!(Books::of(&[released(deferred(), "02-01")], POLICY).sums().is_empty());
    let left = POLICY.replace("amazon.card", "amazon.deferred = \"leave\"\namazon.card");
    assert!(Books::of(&[still], &left).entries.is_empty());
}

#[test]
fn what_is_deferred_of_a_known_order_moves_from_its_clearing_account() {
    let sale = order("01-28")
        .sale("01-28", &[(SaleKind::Product, "250.00", "0.00", "0.00")])
        .paid("01-28", "amazon", "250.00");
    let books = Books::of(&[sale.fact(), Fact::Deferral(Box::new(deferred()))], POLICY);
    assert_eq!((books.sum("Product sales"), books.sum(CLEARING)), (-25_000, 0));
    assert_eq!(books.sum("Amazon deferred balances"), 19_000);
}

#[test]
fn parts_that_do_not_sum_to_what_is_deferred_hold_it() {
    let other = Deferral { amount: money("190.01"), ..deferred() };
    let books = Books::of(&[released(other, "02-03")], POLICY);
    assert!(books.entries.is_empty());
    let [issue] = books.issues()[..] else { panic!("{:?}", books.issues()) };
    insta::assert_snapshot!(
        issue.message,
        @"190.01 USD are deferred, but its parts sum to 190.00 USD"
    );
}

#[test]
fn a_card_is_charged_where_the_owner_named_one() {
    let charged = |to| amount_row("amazon", 1, "03-20", BalanceKind::Charged(to), "45.00");
    let books = Books::of(&[charged(ChargedTo::Card)], POLICY);
    assert_eq!((books.sum(CLEARING), books.sum("Credit card")), (4_500, -4_500));
    let own = POLICY.replace("card = \"Credit card\"", "card = \"Visa 4242\"");
    assert_eq!(Books::of(&[charged(ChargedTo::Card)], &own).sum("Visa 4242"), -4_500);
    let negative = [
        settled(1, "03-05", &[(PartKind::Commission, "-45.00")]),
        settlement(1, ("03-01", "03-14"), "03-16", "-45.00"),
    ];
    let from_bank = POLICY.replace("amazon.card = \"Credit card\"\n", "");
    assert_eq!(Books::of(&negative, &from_bank).sum("Bank"), -4_500);
    assert_eq!(Books::of(&negative, &own).sum("Visa 4242"), -4_500);
}
