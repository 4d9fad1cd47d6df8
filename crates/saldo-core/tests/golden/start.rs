//! The day on which the books begin: what is before it, and what goes on from there.

use super::shop::{order, row, usd};
use super::{POLICY, account};
use saldo_core::accounting::{BEFORE_START_DATE, is_before_start};
use saldo_core::commerce::{BalanceKind, Fact, SaleKind};
use saldo_core::issue::{FactState, IssueKind};
use saldo_core::policy::Policy;

const CARD: &str = "shopify_payments";

/// Books that begin on 15 March.
fn policy() -> Policy {
    let start = "2026-03-15".parse().unwrap();
    Policy::new(1, POLICY, usd(), "America/New_York", start).unwrap()
}

/// Where an order stands, and how many entries it has.
fn state_of(fact: &Fact) -> (FactState, usize) {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = account(std::slice::from_ref(fact), &policy(), far);
    (accounted[0].standings[0].state.clone(), accounted[0].entries.len())
}

const SOLD: [(SaleKind, &str, &str, &str); 1] = [(SaleKind::Product, "100.00", "0.00", "20.00")];
const BACK: [(SaleKind, &str, &str, &str); 1] = [(SaleKind::Product, "-100.00", "0.00", "-20.00")];

#[test]
fn what_was_over_when_the_books_began_is_left_out_and_needs_nobody() {
    let over = order("03-10").sale("03-10", &SOLD).paid("03-12", CARD, "120.00").fact();
    assert!(is_before_start(&over, &policy()));
    let rule = BEFORE_START_DATE.to_owned();
    assert_eq!(state_of(&over), (FactState::Excluded { rule }, 0));
}

#[test]
fn what_is_little_known_and_was_over_needs_nobody_either() {
    let excluded = || FactState::Excluded { rule: BEFORE_START_DATE.to_owned() };
    let lone = |day| row(1, day, BalanceKind::Charge, "120.00", "3.78");
    assert_eq!(state_of(&lone("03-10")), (excluded(), 0));
    let (state, entries) = state_of(&lone("03-20"));
    assert!(matches!(state, FactState::Accounted { review: Some(_) }), "{state:?}");
    assert!(entries > 0);
    let unknown = |day| match row(1, day, BalanceKind::Charge, "120.00", "3.78") {
        Fact::BalanceTransaction(mut row) => {
            row.gateway.id = saldo_core::text::GatewayId::new("nobody_knows");
            Fact::BalanceTransaction(row)
        }
        other => other,
    };
    assert_eq!(state_of(&unknown("03-10")), (excluded(), 0));
    assert!(matches!(state_of(&unknown("03-20")).0, FactState::Held(_)));
}

#[test]
fn of_what_arrives_after_the_start_nothing_is_called_left_out() {
    let sold = order("03-10").sale("03-10", &SOLD).fact();
    let given_up = super::shop::write_off("03-20", false);
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let [found] = &account(&[sold, given_up], &policy(), far)[..] else { panic!("one group") };
    assert_eq!(found.entries.len(), 1, "what is written off is entered");
    let reviewed = |state: &FactState| matches!(state, FactState::Accounted { review: Some(_) });
    assert!(found.standings.iter().any(|it| reviewed(&it.state)), "{:?}", found.standings);
    let left_out = |state: &FactState| matches!(state, FactState::Excluded { .. });
    assert!(!found.standings.iter().any(|it| left_out(&it.state)), "{:?}", found.standings);
}

#[test]
fn what_was_open_when_the_books_began_is_looked_at_once_it_goes_on() {
    let sold = || order("03-10").sale("03-10", &SOLD);
    let cases = [
        (sold().paid("03-20", CARD, "120.00"), "120.00 USD on `Accounts receivable` (debit)"),
        (
            sold().tax_kept().paid("03-20", "ebay", "120.00"),
            "120.00 USD on `Accounts receivable` (debit) and \
             20.00 USD on `Marketplace facilitator tax clearing` (credit)",
        ),
        (
            sold().paid("03-12", CARD, "50.00").paid("03-20", CARD, "70.00"),
            "70.00 USD on `Accounts receivable` (debit)",
        ),
        (
            sold()
                .paid("03-10", CARD, "120.00")
                .refund("03-12", &BACK)
                .repaid("03-20", CARD, "120.00"),
            "120.00 USD on `Refunds payable to customer` (credit)",
        ),
        (
            order("03-20").sale("03-20", &SOLD).paid("03-12", CARD, "120.00"),
            "120.00 USD on `Customer deposits / deferred revenue` (credit)",
        ),
    ];
    for (lived, expected) in cases {
        let fact = lived.fact();
        assert!(!is_before_start(&fact, &policy()));
        let (state, entries) = state_of(&fact);
        let FactState::Accounted { review: Some(issue) } = state else { panic!("{state:?}") };
        assert_eq!((issue.kind, issue.about.as_str()), (IssueKind::OpeningBalance, "shop/Order/1"));
        let message = format!("when the books began on 2026-03-15, it had left open {expected}");
        assert_eq!(issue.message, message);
        assert!(entries > 0, "what came since is entered");
    }
}

#[test]
fn what_was_settled_when_the_books_began_goes_on_without_a_word() {
    let settled = order("03-10").sale("03-10", &SOLD).paid("03-10", CARD, "120.00");
    let returned = settled.refund("03-20", &BACK).repaid("03-20", CARD, "120.00").fact();
    assert_eq!(state_of(&returned), (FactState::Accounted { review: None }, 1));
}
