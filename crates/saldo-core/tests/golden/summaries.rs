//! Summaries: what is gathered, when it is entered, and that it stays where it was entered.

use crate::planned::lacking;
use crate::shop::{about, goods, in_payout, order, payout, row, told, usd};
use crate::{POLICY, account, policy};
use jiff::Timestamp;
use saldo_core::accounting::Accounted;
use saldo_core::book::Subject;
use saldo_core::commerce::{BalanceKind, Fact, PayoutState, SaleKind};
use saldo_core::document::SubledgerEntry;
use saldo_core::issue::FactState;
use saldo_core::plan::{Change, Reason, compose};
use saldo_core::policy::Policy;
use std::collections::{BTreeMap, BTreeSet};

const CARD: &str = "shopify_payments";

/// Everything that the facts amount to with this detail, heard until noon in New York of a day.
fn at(detail: &str, facts: &[Fact], day: &str) -> Vec<Accounted> {
    let heard: Timestamp = format!("2026-{day}T17:00:00Z").parse().unwrap();
    account(facts, &policy(&format!("{detail}\n{POLICY}")), heard)
}

fn by_payout(facts: &[Fact], day: &str) -> Vec<Accounted> {
    at("detail = \"payout\"", facts, day)
}

fn entries(accounted: Vec<Accounted>) -> Vec<SubledgerEntry> {
    accounted.into_iter().flat_map(|accounted| accounted.entries).collect()
}

/// What a book was told.
#[derive(Default)]
struct Told(Vec<Change>);

impl Told {
    /// Tells the book what it lacks; gives what that is: date, kind, total in minor units.
    fn tell(&mut self, entries: &[SubledgerEntry]) -> Vec<(String, &'static str, i64)> {
        let mut slots: BTreeMap<String, Vec<SubledgerEntry>> = BTreeMap::new();
        for change in &self.0 {
            slots.entry(change.slot.clone().unwrap()).or_default();
        }
        for entry in entries {
            slots.entry(entry.header.slot.clone()).or_default().push(entry.clone());
        }
        let before = self.0.len();
        for (slot, entries) in slots {
            let of_slot = |change: &&Change| change.slot.as_ref() == Some(&slot);
            let told: Vec<Change> = self.0.iter().filter(of_slot).cloned().collect();
            let planned = lacking(&slot, &entries, told);
            self.0.extend(planned);
        }
        self.0[before..].iter().map(outline).collect()
    }

    /// What stands on an account, in minor units.
    fn on(&self, account: &str) -> i64 {
        let sums = saldo_core::plan::movement(&self.0).unwrap();
        sums.get(account).map_or(0, |balance| balance.of(usd()).minor())
    }
}

fn outline(change: &Change) -> (String, &'static str, i64) {
    let Subject::Document { document, .. } = &change.subject else { panic!("{change:?}") };
    let header = document.header();
    (header.date.to_string(), header.kind.name(), document.total().unwrap().minor())
}

fn outlines(entries: &[SubledgerEntry]) -> Vec<(String, &'static str, i64)> {
    Told::default().tell(entries)
}

/// A mug without tax, paid by card.
fn mug(number: u32, day: &str, amount: &str) -> Fact {
    let line = [(SaleKind::Product, amount, "0.00", "0.00")];
    order(day).numbered(number).sale(day, &line).paid(day, CARD, amount).fact()
}

fn charge(number: u32, day: &str, amount: &str, fee: &str) -> Fact {
    about(row(number, day, BalanceKind::Charge, amount, fee), number, 1)
}

fn waiting(accounted: &[Accounted]) -> BTreeSet<String> {
    let standings = accounted.iter().flat_map(|accounted| &accounted.standings);
    standings
        .filter_map(|standing| match &standing.state {
            FactState::Waiting { for_what, .. } => Some(format!("{}: {for_what}", standing.id)),
            _ => None,
        })
        .collect()
}

fn document(date: &str, kind: &'static str, minor: i64) -> (String, &'static str, i64) {
    (format!("2026-{date}"), kind, minor)
}

#[test]
fn a_payout_is_one_document_once_it_is_sent_and_its_rows_explain_it() {
    let sold = |state| {
        vec![
            mug(1, "03-09", "10.00"),
            mug(2, "03-10", "20.00"),
            in_payout(charge(1, "03-09", "10.00", "0.50"), 7),
            in_payout(charge(2, "03-10", "20.00", "0.70"), 7),
            payout(CARD, 7, "03-12", "28.80", state),
        ]
    };
    let before = by_payout(&sold(PayoutState::Scheduled), "03-20");
    let expected = [
        "shop/Order/1: payout 7 to be sent",
        "shop/Order/2: payout 7 to be sent",
        "shop/Payout/7: the gateway to send it, dated 2026-03-12",
        "shop/Row/1: payout 7 to be sent",
        "shop/Row/2: payout 7 to be sent",
    ];
    assert_eq!(waiting(&before), expected.map(str::to_owned).into());
    assert_eq!(entries(before), []);
    let mut short = sold(PayoutState::Paid);
    short.remove(3);
    assert_eq!(entries(by_payout(&short, "03-20")), [], "a row is still to come");
    let after = by_payout(&sold(PayoutState::Paid), "03-13");
    assert_eq!(waiting(&after), BTreeSet::new());
    let expected = [
        document("03-12", "expense", 120),
        document("03-12", "transfer", 2_880),
        document("03-12", "sales-receipt", 3_000),
    ];
    assert_eq!(outlines(&entries(after)), expected);
}

#[test]
fn what_no_payout_of_the_month_took_is_entered_with_the_month_and_stays() {
    let sold = |number: u32, paid_out: &[Fact]| {
        let charge = charge(1, "03-30", "10.00", "0.50");
        let charge = if number == 0 { charge } else { in_payout(charge, number) };
        let mut facts = vec![mug(1, "03-30", "10.00"), charge];
        facts.extend_from_slice(paid_out);
        facts
    };
    let [last_hour, month_over] =
        ["2026-04-01T03:59:59Z", "2026-04-01T04:00:00Z"].map(|text| text.parse().unwrap());
    let summed = policy(&format!("detail = \"payout\"\n{POLICY}"));
    let before = account(&sold(0, &[]), &summed, last_hour);
    assert_eq!(before[0].wake_at, Some(month_over));
    assert_eq!(entries(before), []);
    let at_month_end = entries(account(&sold(0, &[]), &summed, month_over));
    let expected = [document("03-31", "expense", 50), document("03-31", "sales-receipt", 1_000)];
    assert_eq!(outlines(&at_month_end), expected);
    let later = payout(CARD, 7, "04-02", "9.50", PayoutState::Paid);
    let after = entries(by_payout(&sold(7, &[later]), "04-05"));
    let stands = |entry: &&SubledgerEntry| after.contains(entry);
    assert_eq!(at_month_end.iter().filter(stands).count(), at_month_end.len());
}

#[test]
fn a_payout_that_is_still_under_way_at_the_end_of_the_month_is_entered_as_it_was() {
    let sold = |state| {
        let charge = in_payout(charge(1, "03-28", "10.00", "0.50"), 7);
        vec![mug(1, "03-28", "10.00"), charge, payout(CARD, 7, "03-30", "9.50", state)]
    };
    let mut book = Told::default();
    assert_eq!(book.tell(&entries(by_payout(&sold(PayoutState::Scheduled), "03-31"))), []);
    let at_month_end = book.tell(&entries(by_payout(&sold(PayoutState::Scheduled), "04-01")));
    let expected = [document("03-30", "expense", 50), document("03-30", "sales-receipt", 1_000)];
    assert_eq!(at_month_end, expected);
    let sent = book.tell(&entries(by_payout(&sold(PayoutState::Paid), "04-03")));
    assert_eq!(sent, [document("03-30", "transfer", 950)], "the sales stand as they stood");
}

#[test]
fn a_refund_belongs_to_the_payout_that_it_was_taken_from() {
    let back = [(SaleKind::Product, "-4.00", "0.00", "0.00")];
    let line = [(SaleKind::Product, "10.00", "0.00", "0.00")];
    let sale = order("03-09").sale("03-09", &line).paid("03-09", CARD, "10.00");
    let refunded = sale.refund("03-14", &back).repaid("03-14", CARD, "4.00");
    let refund = row(2, "03-14", BalanceKind::Refund, "-4.00", "0.00");
    let facts = [
        refunded.fact(),
        in_payout(charge(1, "03-09", "10.00", "0.00"), 7),
        payout(CARD, 7, "03-12", "10.00", PayoutState::Paid),
        in_payout(about(refund, 1, 2), 8),
        payout(CARD, 8, "03-17", "-4.00", PayoutState::Scheduled),
    ];
    let before = by_payout(&facts, "03-16");
    let expected =
        ["shop/Order/1: payout 8 to be sent", "shop/Row/2: payout 8 to be sent"].map(str::to_owned);
    assert!(waiting(&before).is_superset(&expected.into()), "{:?}", waiting(&before));
    let sale = [document("03-12", "transfer", 1_000), document("03-12", "sales-receipt", 1_000)];
    assert_eq!(outlines(&entries(before)), sale);
    let mut facts = facts.to_vec();
    facts[4] = payout(CARD, 8, "03-17", "-4.00", PayoutState::Paid);
    let mut found = outlines(&entries(by_payout(&facts, "03-18")));
    found.retain(|document| document.0 == "2026-03-17");
    let refund = [document("03-17", "transfer", 400), document("03-17", "refund-receipt", 400)];
    assert_eq!(found, refund, "a refund has a document of its own");
}

#[test]
fn a_sale_whose_money_lies_in_two_payouts_goes_with_the_later() {
    let line = [(SaleKind::Product, "30.00", "0.00", "0.00")];
    let sale = order("03-09")
        .sale("03-09", &line)
        .paid("03-09", CARD, "10.00")
        .paid("03-09", CARD, "20.00");
    let second = row(2, "03-09", BalanceKind::Charge, "20.00", "0.00");
    let facts = |state| {
        [
            sale_of(&sale),
            in_payout(charge(1, "03-09", "10.00", "0.00"), 7),
            in_payout(about(second.clone(), 1, 2), 8),
            payout(CARD, 7, "03-12", "10.00", PayoutState::Paid),
            payout(CARD, 8, "03-13", "20.00", state),
        ]
    };
    let first = outlines(&entries(by_payout(&facts(PayoutState::Scheduled), "03-14")));
    assert_eq!(first, [document("03-12", "transfer", 1_000)]);
    let both = outlines(&entries(by_payout(&facts(PayoutState::Paid), "03-14")));
    assert!(both.contains(&document("03-13", "sales-receipt", 3_000)), "{both:?}");
}

fn sale_of(shop: &crate::shop::Shop) -> Fact {
    shop.clone().fact()
}

#[test]
fn what_several_assets_pay_stays_in_detail_and_other_gateways_go_by_day() {
    let line = [(SaleKind::Product, "30.00", "0.00", "0.00")];
    let half = order("03-09").sale("03-09", &line).paid("03-09", CARD, "10.00").paid(
        "03-09",
        "shop_cash",
        "20.00",
    );
    let cash = order("03-09").numbered(2).sale("03-09", &line).paid("03-09", "paypal", "30.00");
    let policy = "detail = \"payout\"";
    let facts = [half.fact(), cash.fact(), charge(1, "03-09", "10.00", "0.50")];
    assert_eq!(entries(at(policy, &facts, "03-09")), [], "the day is not over");
    let expected = [
        document("03-09", "invoice", 3_000),
        document("03-09", "payment", 1_000),
        document("03-09", "payment", 2_000),
        document("03-09", "sales-receipt", 3_000),
    ];
    let mut found = outlines(&entries(at(policy, &facts, "03-10")));
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn rows_that_move_to_another_payout_move_what_was_entered_by_exact_deltas() {
    let sold = |number, paid_out: Vec<Fact>| {
        let charge = in_payout(charge(1, "03-09", "10.00", "0.50"), number);
        let mut facts = vec![mug(1, "03-09", "10.00"), charge];
        facts.extend(paid_out);
        facts
    };
    let sent = |number, day| payout(CARD, number, day, "9.50", PayoutState::Paid);
    let mut book = Told::default();
    book.tell(&entries(by_payout(&sold(7, vec![sent(7, "03-12")]), "03-13")));
    let before = book.on("Product sales");
    let cancelled = payout(CARD, 7, "03-12", "9.50", PayoutState::Cancelled);
    let again = sold(8, vec![cancelled, sent(8, "03-16")]);
    let moved = book.tell(&entries(by_payout(&again, "03-17")));
    assert!(moved.contains(&document("03-12", "refund-receipt", 1_000)), "{moved:?}");
    assert!(moved.contains(&document("03-16", "sales-receipt", 1_000)), "{moved:?}");
    assert_eq!((book.on("Product sales"), book.on("Bank")), (before, 950));
    assert_eq!(book.on("Clearing: Shopify Payments"), 0);
    // A payout that the bank sent back keeps its rows: what was entered stands.
    let mut book = Told::default();
    book.tell(&entries(by_payout(&sold(7, vec![sent(7, "03-12")]), "03-13")));
    let failed = payout(CARD, 7, "03-12", "9.50", PayoutState::Failed);
    let back = in_payout(row(9, "03-14", BalanceKind::PayoutReturned, "9.50", "0.00"), 8);
    let retried = sold(7, vec![failed, back, sent(8, "03-16")]);
    let expected = [document("03-14", "transfer", 950), document("03-16", "transfer", 950)];
    let mut found = book.tell(&entries(by_payout(&retried, "03-17")));
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn a_sale_that_is_decided_late_is_a_supplement() {
    let odd = [(SaleKind::Unknown("HAT".to_owned()), "20.00", "0.00", "0.00")];
    let held = order("03-10").numbered(2).sale("03-10", &odd).paid("03-10", CARD, "20.00").fact();
    let facts = |second| {
        vec![
            mug(1, "03-09", "10.00"),
            second,
            in_payout(charge(1, "03-09", "10.00", "0.00"), 7),
            in_payout(charge(2, "03-10", "20.00", "0.00"), 7),
            payout(CARD, 7, "03-12", "30.00", PayoutState::Paid),
        ]
    };
    let mut book = Told::default();
    book.tell(&entries(by_payout(&facts(held), "03-20")));
    let (sales, review) = ("Product sales", "Platform adjustments - to review");
    assert_eq!((book.on(sales), book.on(review)), (-1_000, -2_000));
    let later = book.tell(&entries(by_payout(&facts(mug(2, "03-10", "20.00")), "03-20")));
    assert!(later.contains(&document("03-12", "sales-receipt", 2_000)), "{later:?}");
    let supplement = book.0.last().unwrap();
    assert_eq!((supplement.generation, &supplement.reason), (1, &Reason::LaterFact));
    assert_eq!((book.on(sales), book.on(review)), (-3_000, 0));
}

#[test]
fn a_day_has_a_document_for_each_location_and_tax_treatment() {
    let taxed = [(SaleKind::Product, "10.00", "0.00", "0.83")];
    let plain = |number: u32| {
        let sold = order("03-09").numbered(number).sale("03-09", &taxed);
        sold.paid("03-09", CARD, "10.83").taxed("NY state tax", 8)
    };
    let other_tax = plain(3).taxed("NJ state tax", 7);
    let facts = [
        plain(1).fact(),
        plain(2).fact(),
        other_tax.fact(),
        plain(4).located("Location/5").fact(),
        mug(5, "03-09", "10.00"),
    ];
    let words = "detail = \"day\"\ntax.unknown = \"common\"";
    let mut found = outlines(&entries(at(words, &facts, "03-10")));
    found.sort();
    let expected = [
        document("03-09", "sales-receipt", 1_000),
        document("03-09", "sales-receipt", 1_083),
        document("03-09", "sales-receipt", 1_083),
        document("03-09", "sales-receipt", 2_166),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_switch_of_detail_leaves_standing_what_was_entered() {
    let facts: Vec<Fact> =
        (1..=4).map(|number| mug(number, &format!("03-0{number}"), "10.00")).collect();
    let entered = |detail: &str| entries(at(detail, &facts, "03-09"));
    let mut book = Told::default();
    assert_eq!(book.tell(&entered("")).len(), 4);
    let switched = "detail-from.2026-03-09 = \"day\"";
    assert_eq!(book.tell(&entered(switched)), [], "nothing before the switch is touched");
    let from_the_third = entered("detail-from.2026-03-03 = \"day\"");
    let by_day = |entry: &&SubledgerEntry| entry.header.slot.starts_with("summary/");
    assert_eq!(from_the_third.iter().filter(by_day).count(), 2);
    let without_a_date = book.tell(&entered("detail = \"day\""));
    assert_eq!(without_a_date.len(), 8, "all of it is taken out and entered by the day");
}

#[test]
fn a_sale_waits_with_its_rows_for_the_end_of_a_day_that_is_summed_up() {
    let facts = [mug(1, "03-09", "10.00"), charge(1, "03-09", "10.00", "0.50")];
    let during = at("detail = \"day\"", &facts, "03-09");
    let expected = ["shop/Order/1: the end of 2026-03-09", "shop/Row/1: the end of 2026-03-09"];
    assert_eq!(waiting(&during), expected.map(str::to_owned).into());
    assert_eq!(waiting(&at("", &facts, "03-09")), BTreeSet::new());
}

#[test]
fn nothing_is_dated_before_a_start_date_within_the_month() {
    let start = "2026-03-15".parse().unwrap();
    let text = format!("detail = \"payout\"\n{POLICY}");
    let policy = Policy::new(1, &text, usd(), "America/New_York", start).unwrap();
    let facts = |issued_on| {
        [
            mug(1, "03-14", "10.00"),
            mug(2, "03-16", "20.00"),
            in_payout(charge(1, "03-14", "10.00", "0.50"), 7),
            in_payout(charge(2, "03-16", "20.00", "0.70"), 7),
            payout(CARD, 7, issued_on, "28.80", PayoutState::Paid),
        ]
    };
    let entered = |issued_on| {
        let accounted =
            account(&facts(issued_on), &policy, "2026-05-01T17:00:00Z".parse().unwrap());
        let mut outlines = outlines(&entries(accounted));
        outlines.sort();
        outlines
    };
    // A payout that its gateway dates before a sale that it takes along.
    let expected = [document("03-15", "expense", 70), document("03-15", "sales-receipt", 2_000)];
    assert_eq!(entered("03-13"), expected);
    let expected = [
        document("03-18", "expense", 70),
        document("03-18", "sales-receipt", 2_000),
        document("03-18", "transfer", 2_880),
    ];
    assert_eq!(entered("03-18"), expected, "what was sold before the start stays out");
}

#[test]
fn lines_that_bear_different_taxes_stay_apart_in_a_sum() {
    let sold = |number, rates: &[i64]| {
        let lines = [
            (SaleKind::Product, "100.00", "0.00", "20.00"),
            (SaleKind::Product, "40.00", "10.00", "1.50"),
        ];
        let shop = order("03-10").numbered(number).sale("03-10", &lines);
        shop.taxed("DE VAT", 20).at_rates(rates).paid("03-10", CARD, "151.50").fact()
    };
    let facts = [sold(1, &[20, 5]), sold(2, &[20, 5])];
    let entries = entries(at("detail = \"day\"", &facts, "03-12"));
    let entries: Vec<SubledgerEntry> =
        entries.into_iter().filter(|it| it.header.slot.starts_with("summary/")).collect();
    let document = compose(&entries).unwrap().unwrap();
    let told: Vec<String> = document
        .lines()
        .iter()
        .filter(|line| !line.kind.settles())
        .map(|line| {
            let taxes: Vec<String> = line.taxes.iter().map(ToString::to_string).collect();
            format!("{} {} [{}]", line.account.name, line.amount, taxes.join(", "))
        })
        .collect();
    assert_eq!(
        told,
        [
            "Discounts given 20.00 USD [DE VAT 5%]",
            "Product sales -200.00 USD [DE VAT 20%]",
            "Product sales -80.00 USD [DE VAT 5%]",
            "OSS VAT payable (per country) -40.00 USD []",
            "OSS VAT payable (per country) -3.00 USD []",
        ]
    );
}

#[test]
fn lines_that_all_bear_the_same_taxes_do_not_say_so() {
    let lines =
        [(SaleKind::Product, "100.00", "0.00", "20.00"), (SaleKind::Tip, "5.00", "0.00", "0.00")];
    let sold = order("03-10").sale("03-10", &lines).taxed("DE VAT", 20);
    let facts = [sold.paid("03-10", CARD, "125.00").fact()];
    let entries = entries(at("detail = \"order\"", &facts, "03-12"));
    let lines = entries.iter().flat_map(|entry| &entry.lines);
    assert!(lines.clone().count() > 3 && lines.clone().all(|line| line.taxes.is_empty()));
}

/// The documents that facts are gathered into: what they say of themselves, and their slots without
/// what these begin with.
fn gathered(detail: &str, facts: &[Fact]) -> Vec<String> {
    let all = entries(at(detail, facts, "12-31"));
    let said = |it: &SubledgerEntry| {
        let slot: Vec<&str> = it.header.slot.split('/').skip(2).collect();
        format!("{}\n  {}", it.header.memo, slot.join("/"))
    };
    let said: BTreeSet<String> = all.iter().map(said).collect();
    said.into_iter().collect()
}

#[test]
fn documents_say_what_is_gathered_in_them() {
    let back = [(SaleKind::Product, "-50.00", "0.00", "-4.13")];
    let shop = order("03-10").sale_of_s1("03-10").paid("03-10", CARD, "105.43");
    let shop = shop.refund("04-10", &back).repaid("04-10", CARD, "54.13");
    let parcel = told(goods(&[("03-12", &[("Item/1", 1)])]));
    insta::assert_snapshot!(gathered("detail = \"day\"", &[shop.clone().fact()]).join("\n"), @r"
    Refunds of 2026-04-10
      2026-04-10/refund-receipt/USD/no-location/Clearing: Shopify Payments/tax-added: Sales tax
    Sales of 2026-03-10
      2026-03-10/sales-receipt/USD/no-location/Clearing: Shopify Payments/tax-added: Sales tax
    ");
    let earned = "detail = \"day\"\nrecognition = \"fulfilment\"";
    insta::assert_snapshot!(gathered(earned, &[shop.fact(), parcel]).join("\n"), @r"
    Deposits earned of 2026-03-12
      2026-03-12/journal-entry/USD/no-location/no-account/untaxed
    Refunds of 2026-04-10
      2026-04-10/refund-receipt/USD/no-location/Clearing: Shopify Payments/tax-added: Sales tax
    Sales of 2026-03-10
      2026-03-10/sales-receipt/USD/no-location/Clearing: Shopify Payments/tax-added: Sales tax
    ");
}

#[test]
fn the_first_day_of_the_books_is_gathered_too() {
    let sale = order("01-01").sale_of_s1("01-01").paid("01-01", CARD, "105.43").fact();
    let charge = in_payout(row(1, "01-01", BalanceKind::Charge, "105.43", "3.36"), 1);
    let sent = payout(CARD, 1, "01-03", "102.07", PayoutState::Paid);
    insta::assert_snapshot!(gathered("detail = \"payout\"", &[sale, charge, sent]).join("\n"), @r"
    Sales of payout 1, 2026-01
      Payout/1/2026-01/sales-receipt/USD/no-location/Clearing: Shopify Payments/tax-added: Sales tax
    Shopify Payments: fees of payout 1, 2026-01
      shopify_payments/Payout/1/2026-01/USD
    Shopify Payments: payout 1
      1
    ");
}
