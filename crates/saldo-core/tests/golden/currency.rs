//! Money in other currencies than the books'.

use super::shop::{
    LineWords, Shop, about, decided, eur, euros, in_payout, money, order, payout, row, undone,
};
use super::{Case, POLICY, account, case, policy};
use saldo_core::accounting::{Payouts, entered_by, valued_by};
use saldo_core::commerce::{
    BalanceKind, ChargedTo, Decided, Fact, FeeKind, MovementKind, PartKind, PayoutState, RowPart,
    SaleKind,
};
use saldo_core::document::{DocumentKind, Line, LineKind, SubledgerEntry};
use saldo_core::issue::FactState;
use saldo_core::money::{Currency, Money};
use saldo_core::policy::Policy;
use std::collections::{BTreeMap, BTreeSet};

const CARD: &str = "shopify_payments";

fn goods(gross: &str) -> [LineWords<'_>; 1] {
    [(SaleKind::Product, gross, "0.00", "0.00")]
}

/// 100.00 euros, settled in dollars at another rate than that of the order.
fn changed() -> Shop {
    let fees = [(FeeKind::Processing, "3.43"), (FeeKind::Conversion, "1.62")];
    order("03-10")
        .sale("03-10", &goods("109.00"))
        .paid("03-10", CARD, "109.00")
        .in_euros("100.00", "109.00", ("USD", "1.08"))
        .fees(&fees)
}

/// 100.00 euros, settled in euros.
pub(crate) fn kept() -> Shop {
    order("03-10").sale("03-10", &goods("110.00")).paid("03-10", CARD, "110.00").in_euros(
        "100.00",
        "110.00",
        ("EUR", "1.0"),
    )
}

fn arrived(day: &str, amount: &str) -> Fact {
    decided(day, Decided::Arrived { payout: "shop/Payout/1".into(), amount: money(amount) })
}

/// The sale of a hundred euros, its row, and the payout of it on a day, which arrived on another.
pub(crate) fn paid_out_on(issued: &str, arrived_on: &str) -> Vec<Fact> {
    vec![
        kept().fact(),
        in_payout(euros(row(1, "03-10", BalanceKind::Charge, "100.00", "5.00")), 1),
        euros(payout(CARD, 1, issued, "95.00", PayoutState::Paid)),
        arrived(arrived_on, "103.55"),
    ]
}

/// The sale of a hundred euros, its row, and the payout of it.
fn paid_out() -> Vec<Fact> {
    vec![
        kept().fact(),
        in_payout(euros(row(1, "03-10", BalanceKind::Charge, "100.00", "5.00")), 1),
        euros(payout(CARD, 1, "03-12", "95.00", PayoutState::Paid)),
    ]
}

/// The events of the reference that have two currencies.
pub(crate) fn cases() -> Vec<Case> {
    let back = [(SaleKind::Product, "-55.00", "0.00", "0.00")];
    let refunded = kept().refund("03-20", &back).repaid("03-20", CARD, "55.00").in_euros(
        "50.00",
        "56.00",
        ("EUR", "1.0"),
    );
    let settled = row(1, "03-10", BalanceKind::Charge, "108.00", "5.05");
    let payouts = [paid_out(), vec![arrived("03-13", "103.55")]].concat();
    vec![
        case("F1", &[], vec![changed().fact(), settled]),
        case("F2", &[], payouts),
        case("R10", &["03-20"], vec![refunded.fact()]),
    ]
}

fn far(facts: &[Fact], text: &str) -> (Vec<SubledgerEntry>, Vec<FactState>) {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = account(facts, &policy(text), far);
    let states = accounted.iter().flat_map(|it| &it.standings).map(|it| it.state.clone());
    let states = states.collect();
    (accounted.into_iter().flat_map(|it| it.entries).collect(), states)
}

/// What stands on each account in the end, in the books' currency and in the account's own.
fn balances(entries: &[SubledgerEntry]) -> BTreeMap<String, (i64, i64)> {
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for line in entries.iter().flat_map(|entry| &entry.lines) {
        let sum = sums.entry(line.account.name.to_string()).or_default();
        sum.0 += line.amount.minor();
        sum.1 += line.held().minor();
    }
    sums.retain(|_, sum| *sum != (0, 0));
    sums
}

#[test]
fn what_no_sum_can_hold_is_worth_nothing_and_stops_nothing_else() {
    let facts = paid_out().into_iter().map(|fact| match fact {
        Fact::Order(mut order) => {
            let movement = order.movements.last_mut().unwrap();
            movement.amount = Money::from_minor(i64::MAX - 1, movement.amount.currency());
            let conversion = movement.conversion.as_mut().unwrap();
            conversion.worth = movement.amount;
            conversion.presented = Money::from_minor(1, eur());
            Fact::Order(order)
        }
        other => other,
    });
    let facts: Vec<Fact> = facts.collect();
    let another = settled_at_home();
    let (entries, states) = far(&[facts, vec![another]].concat(), POLICY);
    assert!(entries.iter().any(|entry| entry.id.as_str().contains("Order/2")), "{states:?}");
    assert!(states.iter().any(|it| matches!(it, FactState::Held(_))), "{states:?}");
    assert!(entries.iter().all(|entry| !entry.id.as_str().contains("Payout")), "{entries:#?}");
}

/// A second order, in the currency of the books.
fn settled_at_home() -> Fact {
    let Fact::Order(mut order) =
        order("03-11").sale("03-11", &goods("10.00")).paid("03-11", "paypal", "10.00").fact()
    else {
        panic!("an order")
    };
    order.id = "shop/Order/2".into();
    Fact::Order(order)
}

#[test]
fn a_foreign_clearing_account_is_nil_in_both_currencies() {
    let (entries, states) = far(&[paid_out(), vec![arrived("03-13", "103.55")]].concat(), POLICY);
    assert!(states.iter().all(|it| *it == FactState::Accounted { review: None }), "{states:?}");
    let found = balances(&entries);
    assert_eq!(found.get("Clearing: Shopify Payments EUR"), None);
    assert_eq!((found["Bank"].0, found["FX gain/loss (realised)"].0), (10_355, 95));
}

/// The policy with an account of conversion.
fn over_conversion(policy: &str) -> String {
    format!("{policy}\n[currencies]\nconversion = \"Currency conversion\"")
}

#[test]
fn no_entry_touches_two_currencies_where_money_goes_over_an_account_of_conversion() {
    let banks = "[gateways]\nshopify_payments.banks.EUR = \"Bank EUR\"";
    for (policy, facts) in [
        (POLICY.to_owned(), [paid_out(), vec![arrived("03-13", "103.55")]].concat()),
        (POLICY.replace("[gateways]", banks), paid_out()),
    ] {
        let (at_once, _) = far(&facts, &policy);
        let (entries, states) = far(&facts, &over_conversion(&policy));
        assert!(states.iter().all(|it| matches!(it, FactState::Accounted { .. })), "{states:?}");
        for entry in &entries {
            let conversion = |line: &&Line| &*line.account.name == "Currency conversion";
            let over = entry.lines.iter().filter(conversion).count();
            let foreign = entry.lines.iter().filter(|line| line.foreign.is_some()).count();
            let of_one = foreign == 0 || foreign + over == entry.lines.len();
            assert!(of_one, "{entry:#?}");
        }
        // What goes over it is nil, and everything else stands as it did.
        assert_eq!(balances(&entries), balances(&at_once));
        let slots: BTreeSet<&String> = entries.iter().map(|it| &it.header.slot).collect();
        assert_eq!(slots.len(), entries.len(), "each has a document of its own: {slots:?}");
    }
}

#[test]
fn parts_of_a_movement_sum_to_it_in_both_currencies() {
    // Three sales of a third each, paid by one movement of 100.00 euros.
    let third = [(SaleKind::Product, "36.67", "0.00", "0.00")];
    let rest = [(SaleKind::Product, "36.66", "0.00", "0.00")];
    let sale = order("03-10")
        .sale("03-10", &third)
        .sale("03-10", &third)
        .sale("03-10", &rest)
        .paid("03-10", CARD, "110.00")
        .in_euros("100.00", "110.00", ("EUR", "1.0"));
    let (entries, _) = far(&[sale.fact()], POLICY);
    assert_eq!(entries.len(), 3);
    let clearing = balances(&entries)["Clearing: Shopify Payments EUR"];
    assert_eq!(clearing, (11_000, 10_000));
}

#[test]
fn a_payout_waits_for_the_orders_of_its_rows_while_they_may_come() {
    let facts = [paid_out(), vec![arrived("03-13", "103.55")]].concat();
    let early = "2026-03-10T00:00:00Z".parse().unwrap();
    let accounted = account(&facts[1..], &policy(POLICY), early);
    assert!(accounted.iter().all(|it| it.entries.is_empty()), "{accounted:?}");
    let states = accounted.iter().flat_map(|it| &it.standings).map(|it| &it.state);
    let waits = |state: &&FactState| matches!(state, FactState::Waiting { until: Some(_), .. });
    assert_eq!(states.filter(waits).count(), 2, "the row and its payout: {accounted:?}");
}

#[test]
fn a_payout_that_nobody_saw_arrive_is_held() {
    let (entries, states) = far(&paid_out(), POLICY);
    assert_eq!(balances(&entries)["Clearing: Shopify Payments EUR"], (10_450, 9_500));
    let held = states.iter().find_map(|state| match state {
        FactState::Held(issue) => Some(issue),
        _ => None,
    });
    let issue = held.expect("the payout");
    insta::assert_snapshot!(issue.message, @"nobody said what the bank made of 95.00 EUR");
    let words = ["saldo decide arrived 1 --on DATE", "gateways.shopify_payments.banks.EUR"];
    assert!(words.iter().all(|words| issue.hint.contains(words)), "{}", issue.hint);
    let back = [paid_out(), vec![undone(arrived("03-13", "103.55"))]].concat();
    assert_eq!(balances(&far(&back, POLICY).0), balances(&entries));
}

#[test]
fn nothing_arrives_otherwise_than_it_left_in_the_same_currency() {
    let rows = in_payout(row(1, "03-10", BalanceKind::PlatformBill, "95.00", "0.00"), 1);
    let payout = payout(CARD, 1, "03-12", "95.00", PayoutState::Paid);
    let (entries, states) = far(&[rows, payout, arrived("03-13", "90.00")], POLICY);
    assert_eq!(balances(&entries)["Bank"].0, 9_500);
    let rule = FactState::Excluded { rule: "arrived-as-it-left".to_owned() };
    assert!(states.contains(&rule), "{states:?}");
}

#[test]
fn a_bank_of_the_same_currency_changes_nothing() {
    let banks = "[gateways]\nshopify_payments.banks.EUR = \"Bank EUR\"";
    let (entries, _) = far(&paid_out(), &POLICY.replace("[gateways]", banks));
    let found = balances(&entries);
    assert_eq!(found.get("Clearing: Shopify Payments EUR"), None);
    assert_eq!(found["Bank EUR"], (10_450, 9_500));
    assert!(!found.contains_key("FX gain/loss (realised)"));
}

#[test]
fn what_no_stated_rate_explains_is_for_review() {
    let settled = row(1, "03-10", BalanceKind::Charge, "107.00", "5.05");
    let (entries, states) = far(&[changed().fact(), settled], POLICY);
    let found = balances(&entries);
    assert_eq!(found["Platform adjustments - to review"].0, 200);
    assert!(!found.contains_key("FX gain/loss (realised)"));
    let reviewed = |state: &FactState| matches!(state, FactState::Accounted { review: Some(_) });
    assert!(states.iter().any(reviewed));
}

#[test]
fn the_tax_of_a_fee_is_input_tax_where_the_policy_says_so() {
    let sold = |fee: &str, tax: &str| {
        let paid = order("03-10").sale("03-10", &goods("100.00")).paid("03-10", CARD, "100.00");
        let fees = [(FeeKind::Processing, fee), (FeeKind::Unknown("other".into()), "0.20")];
        let facts = [
            paid.fees(&fees).fee_taxed(tax).fact(),
            row(1, "03-10", BalanceKind::Charge, "100.00", "3.50"),
        ];
        move |text: &str| {
            let (entries, states) = far(&facts, text);
            let found = balances(&entries);
            let on = |account: &str| found.get(account).map_or(0, |it| it.0);
            let review = reviewed(&states).first().map(|(message, _)| (*message).to_owned());
            (on("Payment processing fees"), on("Input VAT recoverable"), review)
        }
    };
    let reclaimed = format!("tax.on-fees = \"input-tax\"\n{POLICY}");
    // Parts that contain their tax, and parts that it comes on top of.
    for (fee, tax) in [("3.30", "0.30"), ("3.00", "0.30")] {
        assert_eq!(sold(fee, tax)(&reclaimed), (320, 30, None), "{fee}");
        assert_eq!(sold(fee, tax)(POLICY), (350, 0, None), "{fee}");
    }
    // The gateway charged the tax itself, so that nothing is owed in its place.
    let reversed = format!("tax.reverse-charge = \"25\"\n{reclaimed}");
    assert_eq!(sold("3.30", "0.30")(&reversed), (320, 30, None));
    // What comes to the fee neither way is not guessed.
    let (fee, tax, review) = sold("3.10", "0.30")(&reclaimed);
    assert_eq!((fee, tax), (0, 0));
    let review = review.unwrap();
    assert!(
        review.starts_with("the fee is 3.50 USD, and the shop tells parts of 3.30 USD"),
        "{review}"
    );
    assert_eq!(sold("3.10", "0.30")(POLICY), (350, 0, None));
}

#[test]
fn the_tax_of_a_fee_is_of_the_books_report_where_the_policy_says_so() {
    let told = |fee: &str, tax: &str, sign: &str| {
        let paid = order("03-10").sale("03-10", &goods("100.00")).paid("03-10", CARD, "100.00");
        let part = |text: &str| format!("{sign}{text}");
        let (fee, tax, other) = (part(fee), part(tax), part("0.20"));
        let fees = [(FeeKind::Processing, &*fee), (FeeKind::Unknown("other".into()), &*other)];
        let facts = [
            paid.fees(&fees).fee_taxed(&tax).fact(),
            row(1, "03-10", BalanceKind::Charge, "100.00", &part("3.50")),
        ];
        far(&facts, &format!("tax.on-fees = \"reported\"\n{POLICY}"))
    };
    for (fee, tax) in [("3.30", "0.30"), ("3.00", "0.30")] {
        let (entries, _) = told(fee, tax, "");
        let fees = entries.iter().find(|it| it.header.kind == DocumentKind::Expense).unwrap();
        let lines = fees.lines.iter().map(|line| {
            let is = match &line.kind {
                LineKind::Tax { title, rate: None } => title.clone(),
                kind => format!("{}", matches!(kind, LineKind::Other { taxed: true })),
            };
            format!("{} {} {is}", line.account.name, line.amount.amount_text())
        });
        // The fee of no tax stands beside the one that bears it.
        let lines: Vec<String> = lines.collect();
        let expected = [
            "Sales tax payable (per jurisdiction) 0.30 Tax on fees",
            "Payment processing fees 0.20 false",
            "Payment processing fees 3.00 true",
            "Clearing: Shopify Payments -3.50 false",
        ];
        assert_eq!(lines, expected, "{fee}");
    }
    // No form takes tax out of a report again.
    let (_, states) = told("3.30", "0.30", "-");
    let [(message, _)] = reviewed(&states)[..] else { panic!("{states:?}") };
    assert!(message.contains("3.50 USD of a fee come back"), "{message}");
}

#[test]
fn a_fee_whose_tax_is_told_in_another_currency_is_for_review_and_its_money_is_entered() {
    let paid = order("03-10").sale("03-10", &goods("100.00")).paid("03-10", CARD, "100.00");
    let Fact::Order(mut sold) = paid.fees(&[(FeeKind::Processing, "3.50")]).fact() else {
        panic!()
    };
    let taxed = &mut sold.movements.last_mut().unwrap().fees[0];
    taxed.tax = Some(Money::from_minor(4_55, Currency::parse("DKK").unwrap()));
    let Fact::BalanceTransaction(charge) = row(1, "03-10", BalanceKind::Charge, "100.00", "3.50")
    else {
        panic!()
    };
    let (id, far_off) = (charge.id.clone(), "2027-01-01T00:00:00Z".parse().unwrap());
    let reclaimed = format!("tax.on-fees = \"input-tax\"\n{POLICY}");
    let stands = entered_by(&charge, false, &Payouts::default(), &policy(&reclaimed), far_off);
    let facts = [Fact::Order(sold), Fact::BalanceTransaction(charge)];
    let (entries, states) = far(&facts, &reclaimed);
    let found = balances(&entries);
    let on = |account: &str| found.get(account).map(|it| it.0);
    assert_eq!(on("Clearing: Shopify Payments"), Some(96_50), "what the gateway holds");
    assert_eq!(stands.minor(), 96_50, "and what a proof expects there");
    assert_eq!(on("Platform adjustments - to review"), Some(3_50));
    assert_eq!((on("Payment processing fees"), on("Input VAT recoverable")), (None, None));
    let [(message, hint)] = reviewed(&states)[..] else { panic!("{states:?}") };
    assert_eq!(
        message,
        format!(
            "the fee of row {id} is 3.50 USD, and the shop tells a tax of 4.55 DKK on it, while no \
             rate from DKK to USD is told"
        )
    );
    assert!(
        hint.contains("`Platform adjustments - to review`; see the gateway's invoice"),
        "{hint}"
    );

    // While the fee waits for the end of its day, nothing of it is entered, and it is said already.
    let noon = "2026-03-10T18:00:00Z".parse().unwrap();
    let early = account(&facts, &policy(&reclaimed), noon);
    let entries: Vec<_> = early.iter().flat_map(|it| it.entries.clone()).collect();
    assert!(!balances(&entries).contains_key("Platform adjustments - to review"));
    let states = early.iter().flat_map(|it| &it.standings).map(|it| it.state.clone());
    let states: Vec<FactState> = states.collect();
    let [(message, hint)] = reviewed(&states)[..] else { panic!("{states:?}") };
    assert!(message.contains("a tax of 4.55 DKK"), "{message}");
    assert!(hint.starts_with("see the gateway's invoice"), "nothing stands anywhere: {hint}");

    // As a cost it is no question what of the fee is tax; nor is tax owed in the gateway's place.
    let reversed = format!("tax.reverse-charge = \"25\"\n{POLICY}");
    let (entries, states) = far(&facts, &reversed);
    let found = balances(&entries);
    assert_eq!(found["Payment processing fees"].0, 3_50);
    assert!(!found.contains_key("Input VAT recoverable"), "{found:?}");
    assert_eq!(reviewed(&states), []);
}

#[test]
fn a_fee_that_its_parts_do_not_explain_stays_whole() {
    let settled = row(1, "03-10", BalanceKind::Charge, "108.00", "5.06");
    let (entries, _) = far(&[changed().fact(), settled], POLICY);
    let found = balances(&entries);
    assert_eq!(found["Payment processing fees"].0, 506);
    assert!(!found.contains_key("Currency conversion fees"));
}

/// The issues that rows are for review by, as their messages and hints.
fn reviewed(states: &[FactState]) -> Vec<(&str, &str)> {
    let issue = |state| match state {
        &FactState::Accounted { review: Some(ref issue) } => Some((&*issue.message, &*issue.hint)),
        _ => None,
    };
    states.iter().filter_map(issue).collect()
}

#[test]
fn money_that_nobody_values_stands_for_review_in_its_own_currency() {
    let lone = euros(row(1, "03-10", BalanceKind::PlatformBill, "-68.00", "2.00"));
    let (entries, states) = far(&[lone], POLICY);
    let found = balances(&entries);
    assert_eq!(found["Clearing: Shopify Payments EUR"], (0, -7_000));
    assert_eq!(found["Platform adjustments - to review EUR"], (0, 7_000));
    let [(message, hint)] = reviewed(&states)[..] else { panic!("{states:?}") };
    insta::assert_snapshot!(
        message,
        @"-70.00 EUR is not in USD, and nothing says what it is worth"
    );
    let words = "stands in `Platform adjustments - to review EUR` at nothing in USD; enter what";
    assert!(hint.contains(words), "{hint}");
}

#[test]
fn money_of_an_order_that_nobody_told_does_not_wait_for_its_rate() {
    let facts = [paid_out(), vec![arrived("03-13", "103.55")]].concat();
    let (entries, states) = far(&facts[1..], POLICY);
    let found = balances(&entries);
    assert_eq!(found.get("Clearing: Shopify Payments EUR"), None, "nil: {found:?}");
    assert_eq!(found.get("Platform adjustments - to review EUR"), None, "the bank has changed it");
    assert_eq!(found["Bank"].0, 10_355);
    assert_eq!(found["Platform adjustments - to review"].0, -10_355);
    assert!(!found.contains_key("FX gain/loss (realised)"), "{found:?}");
    let [(_, hint)] = reviewed(&states)[..] else { panic!("{states:?}") };
    let ends = "at nothing in USD; until #1001 says the rate that it was paid at";
    assert!(hint.ends_with(ends), "{hint}");
    // Once the order comes, nothing is left for review.
    let (entries, _) = far(&facts, POLICY);
    let found = balances(&entries);
    assert!(!found.keys().any(|name| name.contains("to review")), "{found:?}");
}

/// A row of before the first day never stood for review: what the bank made of it must not be taken
/// out there.
#[test]
fn what_came_before_the_books_leaves_nothing_for_review_in_its_own_currency() {
    let start = "2026-03-11".parse().unwrap();
    let policy = Policy::new(1, POLICY, super::usd(), "America/New_York", start).unwrap();
    let later = row(2, "03-11", BalanceKind::Charge, "50.00", "0.00");
    let later = in_payout(euros(about(later, 2, 2)), 1);
    let opening = in_payout(euros(row(1, "03-10", BalanceKind::Charge, "100.00", "5.00")), 1);
    let sent = |net: &str| euros(payout(CARD, 1, "03-12", net, PayoutState::Paid));
    let told = [
        vec![opening.clone(), sent("95.00"), arrived("03-13", "103.55")],
        vec![opening, later, sent("145.00"), arrived("03-13", "158.05")],
    ];
    for (facts, opened) in told.into_iter().zip([9_500, 9_500]) {
        let accounted = account(&facts, &policy, "2027-01-01T00:00:00Z".parse().unwrap());
        let entries: Vec<_> = accounted.into_iter().flat_map(|it| it.entries).collect();
        let found = balances(&entries);
        assert_eq!(found.get("Platform adjustments - to review EUR"), None, "{found:?}");
        // What the opening balances held leaves the clearing account, as the proof expects.
        assert_eq!(found["Clearing: Shopify Payments EUR"], (0, -opened));
    }
}

#[test]
fn what_is_valued_and_what_is_not_leave_a_clearing_account_side_by_side() {
    let banks = "[gateways]\nshopify_payments.banks.EUR = \"Bank EUR\"";
    let known = in_payout(euros(row(1, "03-10", BalanceKind::Refund, "-5.00", "0.00")), 1);
    let lone = in_payout(euros(row(2, "03-10", BalanceKind::PlatformBill, "100.00", "0.00")), 1);
    let sent = euros(payout(CARD, 1, "03-12", "95.00", PayoutState::Paid));
    let facts = [kept().fact(), about(known, 1, 9), lone, sent];
    let (entries, states) = far(&facts, &POLICY.replace("[gateways]", banks));
    assert!(!states.iter().any(|it| matches!(it, FactState::Held(_))), "{states:?}");
    assert_eq!(balances(&entries)["Bank EUR"], (-550, 9_500));
}

#[test]
fn a_shop_of_another_currency_is_held() {
    let shop = order("03-10").sale("03-10", &goods("109.00")).in_currency("EUR");
    let (entries, states) = far(&[shop.fact()], POLICY);
    assert!(entries.is_empty());
    assert!(matches!(&states[..], [FactState::Held(_)]), "{states:?}");
}

#[test]
fn a_refund_by_a_gateway_that_changes_goes_back_at_its_own_rate() {
    let back = [(SaleKind::Product, "-54.50", "0.00", "0.00")];
    let sale = changed()
        .refund("03-20", &back)
        .movement(MovementKind::Refund, "03-20", CARD, "54.50")
        .in_euros("50.00", "56.00", ("USD", "1.11"));
    let mut row = row(2, "03-20", BalanceKind::Refund, "-55.50", "0.00");
    if let Fact::BalanceTransaction(row) = &mut row {
        row.movement = Some("Transaction/2".to_owned());
    }
    let charge = super::shop::row(1, "03-10", BalanceKind::Charge, "108.00", "5.05");
    let (entries, states) = far(&[sale.fact(), charge, row], POLICY);
    let found = balances(&entries);
    assert!(states.iter().all(|it| *it == FactState::Accounted { review: None }), "{states:?}");
    assert_eq!(found["Clearing: Shopify Payments"].0, 10_800 - 505 - 5_550);
    // 1.00 lost on the charge, and 1.00 on the refund: 55.50 went where 54.50 were sold.
    assert_eq!(found["FX gain/loss (realised)"].0, 200);
}

#[test]
fn what_arrived_is_said_in_the_currency_of_the_books() {
    let amount = Money::parse("95.00", eur()).unwrap();
    let in_euros = decided("03-13", Decided::Arrived { payout: "shop/Payout/1".into(), amount });
    let (entries, states) = far(&[paid_out(), vec![in_euros]].concat(), POLICY);
    assert_eq!(balances(&entries)["Clearing: Shopify Payments EUR"], (10_450, 9_500));
    let held = states.iter().find_map(|state| match state {
        FactState::Held(issue) => Some(issue),
        _ => None,
    });
    let issue = held.expect("the payout");
    assert!(issue.hint.contains("--amount AMOUNT (in USD)"), "{}", issue.hint);
}

/// What stands on an account in cents.
fn on(account: &str, facts: &[Fact]) -> i64 {
    balances(&far(facts, POLICY).0).get(account).map_or(0, |sum| sum.0)
}

#[test]
fn a_row_is_worth_what_its_own_payment_was_worth() {
    let dear = order("03-10")
        .sale("03-10", &goods("170.00"))
        .paid("03-10", CARD, "110.00")
        .in_euros("100.00", "110.00", ("EUR", "1.0"))
        .paid("03-10", CARD, "60.00")
        .in_euros("50.00", "60.00", ("EUR", "1.0"))
        .fact();
    let charge = || euros(row(1, "03-10", BalanceKind::Charge, "50.00", "5.00"));
    for (movement, fee) in [(1, 550), (2, 600), (9, 550)] {
        let facts = [dear.clone(), about(charge(), 1, movement)];
        assert_eq!(on("Payment processing fees", &facts), fee, "payment {movement}");
    }
}

#[test]
fn a_payment_in_another_currency_than_its_row_explains_nothing() {
    let sale = order("03-10")
        .sale("03-10", &goods("170.00"))
        .paid("03-10", CARD, "60.00")
        .paid("03-10", CARD, "110.00")
        .in_euros("100.00", "110.00", ("EUR", "1.0"));
    let charge = about(euros(row(1, "03-10", BalanceKind::Charge, "10.00", "0.00")), 1, 1);
    let (entries, states) = far(&[sale.fact(), charge], POLICY);
    assert_eq!(balances(&entries)["Platform adjustments - to review"].0, -1_100);
    let reviewed = states.iter().find_map(|state| match state {
        FactState::Accounted { review } => review.as_ref(),
        _ => None,
    });
    let message = &reviewed.expect("the row").message;
    assert!(message.ends_with("#1001 has no such payment"), "{message}");
}

#[test]
fn what_no_order_can_value_is_for_review_even_where_there_is_one() {
    let kinds = [
        BalanceKind::PayoutReturned,
        BalanceKind::TenderCredit(super::shop::gateway("shop_cash")),
        BalanceKind::Charged(ChargedTo::Bank),
        BalanceKind::LoanRepayment,
    ];
    for kind in kinds {
        let moved = about(euros(row(1, "03-12", kind.clone(), "50.00", "0.00")), 1, 1);
        let (entries, states) = far(&[kept().fact(), moved], POLICY);
        let found = balances(&entries);
        assert_eq!(found["Clearing: Shopify Payments EUR"], (11_000, 15_000), "{kind:?}");
        assert_eq!(found["Platform adjustments - to review EUR"], (0, -5_000), "{kind:?}");
        let [(message, _)] = reviewed(&states)[..] else { panic!("{states:?}") };
        assert!(message.starts_with("50.00 EUR is not in USD"), "{kind:?}: {message}");
    }
}

#[test]
fn an_order_values_rows_in_other_currencies_alone() {
    let of = |fact: &Fact| valued_by(fact, super::usd()).map(ToString::to_string);
    let charge = row(1, "03-10", BalanceKind::Charge, "50.00", "5.00");
    assert_eq!(of(&charge), None);
    assert_eq!(of(&euros(charge)), Some("shop/Order/1".to_owned()));
}

#[test]
fn parts_of_a_row_in_another_currency_are_worth_as_much_as_the_whole() {
    // At 1.10 each part is 0.04 to the nearest cent, but both together are 0.09.
    let foreign = |amount: &str| Money::parse(amount, eur()).unwrap();
    let part = |kind: PartKind| RowPart { word: "x".to_owned(), kind, amount: foreign("-0.04") };
    let kind = BalanceKind::Itemised(vec![part(PartKind::Commission), part(PartKind::Advertising)]);
    let charged = about(euros(row(1, "03-12", kind, "-0.08", "0.00")), 1, 9);
    let (entries, states) = far(&[kept().fact(), charged], POLICY);
    assert!(states.iter().all(|it| *it == FactState::Accounted { review: None }), "{states:?}");
    let found = balances(&entries);
    assert_eq!((found["Marketplace commission"].0, found["Advertising"].0), (4, 5));
    assert_eq!(found["Clearing: Shopify Payments EUR"], (11_000 - 9, 10_000 - 8));
}

#[test]
fn what_a_payout_takes_out_from_before_the_books_was_open_then() {
    let facts = [paid_out(), vec![arrived("03-13", "103.55")]].concat();
    let opened = |start: &str| {
        let start = start.parse().unwrap();
        let policy = Policy::new(1, POLICY, super::usd(), "America/New_York", start).unwrap();
        let accounted = account(&facts, &policy, "2027-01-01T00:00:00Z".parse().unwrap());
        let moves = accounted.into_iter().flat_map(|it| it.opened);
        moves.map(|it| (it.amount.to_string(), it.worth.to_string())).collect::<Vec<_>>()
    };
    assert_eq!(opened("2026-03-10"), []);
    let before = ("95.00 EUR".to_owned(), "104.50 USD".to_owned());
    assert_eq!(opened("2026-03-11"), [before]);
    assert_eq!(opened("2026-03-14"), [], "it was paid out before");
}

#[test]
fn what_was_open_before_goes_with_the_entry_that_takes_it_out() {
    let start = "2026-03-11".parse().unwrap();
    let of = |text: &str| Policy::new(1, text, super::usd(), "America/New_York", start).unwrap();
    let renamed = POLICY.replace("\"Clearing: Shopify Payments\"", "\"Clearing: New\"");
    let facts = [paid_out(), vec![arrived("03-13", "103.55")]].concat();
    for (since, account_name) in [
        ("2026-03-12", "Clearing: New EUR"),
        ("2026-03-13", "Clearing: New EUR"),
        ("2026-03-14", "Clearing: Shopify Payments EUR"),
    ] {
        let policy = of(&renamed).following(of(POLICY), since.parse().unwrap());
        let accounted = account(&facts, &policy, "2027-01-01T00:00:00Z".parse().unwrap());
        let taken: Vec<_> = accounted
            .iter()
            .flat_map(|it| &it.entries)
            .flat_map(|entry| &entry.lines)
            .filter(|line| line.foreign.is_some())
            .map(|line| line.account.name.to_string())
            .collect();
        let opened = accounted.iter().flat_map(|it| &it.opened);
        let opened: Vec<_> = opened.map(|it| it.account.name.to_string()).collect();
        assert_eq!((taken, opened), (vec![account_name.to_owned()], vec![account_name.to_owned()]));
    }
}

#[test]
fn what_the_bank_changes_is_told_apart_by_dimensions_too() {
    let text = format!("{POLICY}\n[dimensions]\nclass.default = \"Web\"\n");
    let facts = [paid_out(), vec![arrived("03-13", "103.55")]].concat();
    let (entries, _) = far(&facts, &text);
    let lines = entries.iter().flat_map(|entry| &entry.lines);
    let mut gains = lines.filter(|line| line.account.name.starts_with("FX gain/loss"));
    assert_eq!(gains.next().unwrap().dimensions.get("class"), Some("Web"));
}

#[test]
fn the_tax_of_a_fee_says_that_it_is_that() {
    let sold = order("03-10").sale("03-10", &goods("100.00")).paid("03-10", CARD, "100.00");
    let sold = sold.fees(&[(FeeKind::Processing, "3.30")]).fee_taxed("0.30");
    let facts = [sold.fact(), row(1, "03-10", BalanceKind::Charge, "100.00", "3.30")];
    let (entries, _) = far(&facts, &format!("tax.on-fees = \"input-tax\"\n{POLICY}"));
    let texts: Vec<(&str, &str)> = entries
        .iter()
        .filter(|entry| entry.id.as_str().ends_with("/fee"))
        .flat_map(|entry| &entry.lines)
        .filter(|line| line.amount.is_positive())
        .map(|line| (&*line.account.name, &*line.text))
        .collect();
    let tax = ("Input VAT recoverable", "Tax of fee #1001");
    assert_eq!(texts, [tax, ("Payment processing fees", "Fee #1001")]);
}
