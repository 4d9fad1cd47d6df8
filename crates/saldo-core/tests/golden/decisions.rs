//! What no channel tells, and the owner decides.

use super::shop::{
    LineWords, decided, entry, event, gateway, in_payout, money, no, order, payout, reversed, row,
    undone, write_off,
};
use super::{Case, POLICY, account, accounted_with_figures, case, policy};
use saldo_core::accounting::{Undecidable, postings_of, taken_back_slot};
use saldo_core::commerce::{BalanceKind, Decided, Event, Fact, Move, PayoutState, SaleKind};
use saldo_core::document::{DocumentKind, Header, Party};
use saldo_core::issue::FactState;
use saldo_core::policy::{Place, Role};
use saldo_core::proof::Identity;
use std::collections::{BTreeMap, BTreeSet};

const CARD: &str = "shopify_payments";

/// The events of the reference that no channel tells.
pub(crate) fn cases() -> Vec<Case> {
    let of_bank = |row: &str, amount: &str, text: &str, role| Event::BankRow {
        account: Place::BankOf(CARD.into()),
        row: row.to_owned(),
        amount: money(amount),
        text: text.to_owned(),
        role,
    };
    let to_balance = vec![
        in_payout(row(9, "03-01", BalanceKind::Unknown, "950.00", "0.00"), 1),
        payout(CARD, 1, "03-02", "950.00", PayoutState::Paid),
        event("03-05", of_bank("B-1", "-60.00", "Paper & Ink", Role::StoreSupplies)),
        no(2, event("03-06", of_bank("B-2", "0.90", "Cashback", Role::OtherIncome))),
    ];
    let given = Event::PromotionalCard { card: Some("1a2b".to_owned()), amount: money("25.00") };
    let funded = Event::LoanFunded {
        gateway: CARD.into(),
        amount: money("10000.00"),
        owed: money("11300.00"),
    };
    vec![
        case("G4", &[], vec![event("03-10", given)]),
        case("G5", &[], vec![event("03-31", Event::Breakage { amount: money("60.00") })]),
        case("G9", &[], vec![event("03-31", Event::TipsPaid { amount: money("10.00") })]),
        case("T4", &[], vec![duties_residue("03-20", "0.60")]),
        case("T5", &[], vec![event("04-20", remitted("Sales tax", "740.00", "3.00"))]),
        case("P10", &[], vec![event("03-01", funded)]),
        case("P16", &["03-02", "03-05", "03-06"], to_balance),
        case("X2", &["03-31"], vec![expected_returns("03-31")]),
    ]
}

/// What is left of the duties of the first order.
pub(crate) fn duties_residue(day: &str, amount: &str) -> Fact {
    let order = Some("#1001".to_owned());
    event(day, Event::DutiesResidue { order, amount: money(amount) })
}

/// The tax of March, paid.
fn remitted(tax: &str, paid: &str, discount: &str) -> Event {
    Event::TaxRemitted {
        jurisdiction: tax.to_owned(),
        tax: tax.to_owned(),
        from: "2026-03-01".parse().unwrap(),
        until: "2026-03-31".parse().unwrap(),
        paid: money(paid),
        discount: money(discount),
    }
}

fn expected_returns(day: &str) -> Fact {
    event(day, Event::ExpectedReturns { returns: money("500.00"), cost: money("200.00") })
}

/// What accounts hold in the end, in minor units.
fn sums(facts: &[Fact]) -> BTreeMap<String, i64> {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for accounted in account(facts, &policy(POLICY), far) {
        for line in accounted.entries.iter().flat_map(|entry| &entry.lines) {
            *sums.entry(line.account.name.to_string()).or_default() += line.amount.minor();
        }
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

fn exclude() -> Decided {
    Decided::Exclude { order: "shop/Order/1".into(), name: "#1001".to_owned() }
}

fn states(facts: &[Fact]) -> Vec<FactState> {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = account(facts, &policy(POLICY), far);
    accounted.into_iter().flat_map(|it| it.standings).map(|it| it.state).collect()
}

/// Where a fact stands.
fn state_of(id: &str, facts: &[Fact]) -> FactState {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = account(facts, &policy(POLICY), far);
    let mut standings = accounted.into_iter().flat_map(|it| it.standings);
    standings.find(|standing| standing.id.as_str() == id).expect("it stands somewhere").state
}

#[test]
fn what_was_relieved_of_tax_is_owed_again_once_it_is_paid() {
    let unpaid = || order("03-10").sale_of_s1("03-10");
    let given_up = write_off("05-01", true);
    let state = state_of("owner/Decision/1", &[unpaid().fact(), given_up.clone()]);
    assert_eq!(state, FactState::Accounted { review: None });
    let half = sums(&[unpaid().paid("06-01", CARD, "50.00").fact(), given_up.clone()]);
    let tax = "Sales tax payable (per jurisdiction)";
    // 50.00 of 105.43, of which 7.43 are tax: 46.48 and 3.52.
    assert_eq!((half["Bad debt"], half[tax]), (9_800 - 4_648, -352));
    let in_parts = unpaid().paid("06-01", CARD, "50.00").paid("07-01", CARD, "55.43").fact();
    let all = sums(&[in_parts, given_up]);
    assert_eq!((all.get("Bad debt"), all[tax]), (None, -743));
}

#[test]
fn the_channel_keeps_its_tax_of_what_is_recovered() {
    let goods: [LineWords<'_>; 1] = [(SaleKind::Product, "100.00", "0.00", "8.25")];
    let owed = order("03-10").sale("03-10", &goods).tax_kept().paid("06-01", "amazon", "108.25");
    let found = sums(&[owed.fact(), write_off("05-01", false)]);
    let expected = [("Clearing: Amazon".to_owned(), 10_000), ("Product sales".to_owned(), -10_000)];
    assert_eq!(found, BTreeMap::from(expected));
}

#[test]
fn a_decision_that_was_taken_back_is_none() {
    let unpaid = order("03-10").sale_of_s1("03-10").fact();
    let all = [unpaid.clone(), undone(write_off("05-01", true))];
    assert_eq!(sums(&all), sums(&[unpaid]));
    let supplies = entry("03-10", &[("store-supplies", "20.00"), ("bank", "-20.00")]);
    assert!(!sums(std::slice::from_ref(&supplies)).is_empty());
    let gone = undone(supplies);
    assert!(sums(std::slice::from_ref(&gone)).is_empty());
    assert_eq!(states(&[gone]), [FactState::Excluded { rule: "taken-back".to_owned() }]);
}

#[test]
fn an_accrual_is_taken_back_on_its_day() {
    let words = [("returns", "500.00"), ("refund-liability", "-500.00")];
    let accrual = reversed(entry("03-31", &words), "04-01");
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let [accounted] = &account(std::slice::from_ref(&accrual), &policy(POLICY), far)[..] else {
        panic!("one group")
    };
    let dates: Vec<String> =
        accounted.entries.iter().map(|entry| entry.header.date.to_string()).collect();
    assert_eq!(dates, ["2026-03-31", "2026-04-01"]);
    let slots: Vec<&str> = accounted.entries.iter().map(|entry| &*entry.header.slot).collect();
    assert_eq!(
        slots.iter().map(|slot| taken_back_slot(slot)).collect::<Vec<_>>(),
        [None, Some(slots[0])]
    );
    assert!(sums(&[accrual]).is_empty());
}

#[test]
fn an_order_that_is_excluded_leaves_its_money_to_review() {
    let sale = order("03-10").sale_of_s1("03-10").paid("03-10", CARD, "105.43").fact();
    let money = row(1, "03-10", BalanceKind::Charge, "105.43", "3.36");
    let left_out = decided("03-11", exclude());
    let found = sums(&[sale.clone(), money.clone(), left_out.clone()]);
    let expected = [
        ("Clearing: Shopify Payments", 10_543 - 336),
        ("Payment processing fees", 336),
        ("Platform adjustments - to review", -10_543),
    ];
    assert_eq!(found, expected.map(|(name, minor)| (name.to_owned(), minor)).into());
    let decided = FactState::Accounted { review: None };
    let all = [sale.clone(), money.clone(), left_out.clone()];
    assert_eq!(state_of("owner/Decision/1", &all), decided, "what it says is done");
    assert_eq!(sums(&[sale.clone(), money.clone(), undone(left_out)]), sums(&[sale, money]));
}

#[test]
fn nothing_is_given_up_where_nothing_is_owed() {
    let paid = order("03-10").sale_of_s1("03-10").paid("03-10", CARD, "105.43").fact();
    let found = states(&[paid.clone(), write_off("05-01", true)]);
    let nothing = FactState::Excluded { rule: "nothing-owed".to_owned() };
    assert!(found.contains(&nothing), "{found:?}");
    assert_eq!(sums(&[paid.clone(), write_off("05-01", true)]), sums(&[paid]));
}

#[test]
fn a_decision_waits_for_its_order() {
    let waiting = states(&[write_off("05-01", true)]);
    assert!(matches!(&waiting[..], [FactState::Waiting { until: None, .. }]), "{waiting:?}");
}

#[test]
fn money_between_two_places_that_hold_money_is_a_transfer() {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let kind = |moves: &[(&str, &str)]| {
        let accounted = account(&[entry("03-10", moves)], &policy(POLICY), far);
        accounted[0].entries[0].header.kind
    };
    assert_eq!(kind(&[("bank", "5.00"), ("gateways.cash", "-5.00")]), DocumentKind::Transfer);
    let three = [("bank", "5.00"), ("gateways.cash", "-4.00"), ("cash-in-transit", "-1.00")];
    assert_eq!(kind(&three), DocumentKind::JournalEntry);
    assert_eq!(kind(&[("tips", "5.00"), ("bank", "-5.00")]), DocumentKind::JournalEntry);
    assert_eq!(gateway("paypal").name, "PayPal");
}

#[test]
fn what_does_not_balance_is_not_decided() {
    let try_it = |moves: &[(&str, &str)]| {
        let moves: Vec<Move> = moves
            .iter()
            .map(|(place, amount)| Move {
                place: place.parse().unwrap(),
                amount: amount.parse().unwrap(),
            })
            .collect();
        postings_of(&moves, &policy(POLICY)).unwrap_err()
    };
    let cases = [
        (&[("bank", "5.00 USD")][..], "debits and credits differ by 5.00 USD"),
        (&[("bank", "0.00 USD")], "nothing is moved"),
        (&[], "nothing is moved"),
        (&[("bank", "5.00 EUR")], "5.00 EUR is not in USD, the currency of the books"),
        (&[("gateways.klarna", "5.00 USD")], "the policy has no account for `gateways.klarna`"),
    ];
    for (moves, expected) in cases {
        assert_eq!(try_it(moves).to_string(), expected);
    }
    let owed = try_it(&[("receivable", "5.00 USD"), ("bank", "-5.00 USD")]);
    assert_eq!(owed, Undecidable::ByOrders("receivable".parse().unwrap()));
}

#[test]
fn a_tax_that_is_owed_to_nobody_known_is_no_more_remitted_than_sold_with() {
    let known = "[tax.accounts]\n\"FR VAT\" = \"OSS FR\"\n";
    let rest = POLICY.replace("[tax.accounts]", known);
    let hold =
        rest.replace("[tax.accounts]", "[tax]\nunknown-jurisdiction = \"hold\"\n[tax.accounts]");
    let remitted = || entry("04-20", &[("taxes.FR VAT", "743.00"), ("bank", "-743.00")]);
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = |text: &str| account(&[remitted()], &policy(text), far).remove(0);
    assert_eq!(accounted(&rest).entries.len(), 1);
    let held = accounted(&hold);
    assert!(held.entries.is_empty());
    let [FactState::Held(issue)] = &[held.standings[0].state.clone()] else { panic!("{held:?}") };
    insta::assert_snapshot!(issue.message, @"nobody said to whom the tax `FR VAT` is owed");
    assert!(issue.hint.contains("saldo map set 'tax.jurisdictions.\"FR VAT\"'"), "{}", issue.hint);
    let said = format!("{hold}\n[tax.jurisdictions]\n\"FR VAT\" = \"DGFiP\"\n");
    assert_eq!(accounted(&said).entries.len(), 1);
}

#[test]
fn a_loan_whose_price_nobody_said_is_for_review() {
    let repaid = row(1, "03-10", BalanceKind::LoanRepayment, "-150.00", "0.00");
    let [state] = &states(&[repaid])[..] else { panic!("one fact") };
    let FactState::Accounted { review: Some(issue) } = state else { panic!("{state:?}") };
    assert!(issue.hint.contains("gateways.shopify_payments.loans.DATE"), "{}", issue.hint);
}

#[test]
fn what_is_recovered_says_what_had_been_written_off() {
    let unpaid = order("03-10").sale_of_s1("03-10").paid("06-01", CARD, "105.43");
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let all = account(&[unpaid.fact(), write_off("05-01", true)], &policy(POLICY), far);
    let entries = all.into_iter().flat_map(|accounted| accounted.entries);
    let recovered = entries.filter(|entry| entry.header.date.to_string() == "2026-06-01");
    let lines: Vec<String> = recovered
        .flat_map(|entry| entry.lines)
        .map(|it| format!("{} {} {} of {}", it.account.name, it.amount, it.text, it.origin))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    Clearing: Shopify Payments 105.43 USD Shopify Payments of Transaction/1
    Bad debt -8.00 USD Recovered: Written off of Transaction/1
    Bad debt -90.00 USD Recovered: Written off of Transaction/1
    Sales tax payable (per jurisdiction) -7.43 USD Recovered: Sales tax of Transaction/1
    ");
}

/// The first document of a fact.
fn first(fact: &Fact, text: &str) -> Header {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = account(std::slice::from_ref(fact), &policy(text), far);
    accounted[0].entries[0].header.clone()
}

#[test]
fn what_is_paid_at_once_is_an_expense_but_where_the_book_keeps_the_tax() {
    let own = POLICY.replace("[tax.accounts]", "[tax.accounts]\n\"NY *\" = \"New York tax\"");
    let tax = |name| event("04-20", remitted(name, "740.00", "3.00"));
    let agency = Some(Party::Vendor { name: "NY Tax".to_owned() });
    let cases = [
        (tax("NY Tax"), DocumentKind::Expense, agency),
        (tax("Sales tax"), DocumentKind::JournalEntry, None),
        (event("03-31", Event::TipsPaid { amount: money("10.00") }), DocumentKind::Expense, None),
        (event("03-31", Event::Banked { amount: money("10.00") }), DocumentKind::Transfer, None),
        (
            event("03-31", Event::Breakage { amount: money("10.00") }),
            DocumentKind::JournalEntry,
            None,
        ),
    ];
    for (fact, kind, party) in cases {
        let header = first(&fact, &own);
        assert_eq!((header.kind, header.party), (kind, party), "{}", header.memo);
    }
}

#[test]
fn what_is_expected_to_come_back_is_nil_with_the_next_month() {
    assert!(sums(&[expected_returns("03-31")]).is_empty());
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = account(&[expected_returns("12-31")], &policy(POLICY), far).remove(0);
    let days: Vec<String> =
        accounted.entries.iter().map(|entry| entry.header.date.to_string()).collect();
    assert_eq!(days, ["2026-12-31", "2027-01-01"]);
}

#[test]
fn a_remittance_is_of_its_jurisdiction() {
    let text = format!("{POLICY}\n[tax.jurisdictions]\n\"Sales tax\" = \"State of New York\"\n");
    let sale = order("03-10").sale_of_s1("03-10").paid("03-10", CARD, "105.43").fact();
    let Event::TaxRemitted { tax, from, until, paid, .. } = remitted("Sales tax", "7.40", "0.03")
    else {
        panic!()
    };
    let jurisdiction = "State of New York".to_owned();
    let discount = money("0.03");
    let paid = Event::TaxRemitted { jurisdiction, tax, from, until, paid, discount };
    let facts = [sale, event("04-20", paid)];
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let all = accounted_with_figures(&facts, &policy(&text), far);
    let of_tax = all.iter().flat_map(|(_, figures)| figures);
    let of_tax = of_tax.filter(|figure| figure.identity == Identity::TaxPayable);
    let told: BTreeSet<(&str, i64, i64)> =
        of_tax.map(|it| (it.about.as_str(), it.expected.minor(), it.found.minor())).collect();
    let state = "State of New York";
    // Debit is positive: what was paid, and what the sale owes.
    assert_eq!(told, BTreeSet::from([(state, 743, 743), (state, -743, -743)]));
}

#[test]
fn an_event_without_an_account_says_which_line_names_it() {
    let paid = event("04-20", remitted("FR VAT", "740.00", "0.00"));
    let dropped = Event::BankDrop { gateway: "till".into(), amount: money("5.00") };
    for (fact, message, hint) in [
        (
            paid,
            "the policy has no account for `taxes.FR VAT`",
            "say where it is owed: saldo map set 'tax.accounts.\"FR VAT\"' ACCOUNT",
        ),
        (
            event("04-20", dropped),
            "the policy has no account for `gateways.till`",
            "saldo map set gateways.till.account \"Clearing: till\"",
        ),
    ] {
        let [FactState::Held(issue)] = &states(&[fact])[..] else { panic!("{message}") };
        assert_eq!((issue.message.as_str(), issue.hint.as_str()), (message, hint));
    }
}
