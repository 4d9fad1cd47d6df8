//! The chains of the reference: what one history enters, from its first event to its last, leaves
//! an account at nil.

use super::shop::{dispute, goods, in_payout, order, row, told};
use super::statements::{amount_row, deferred, ebay_parts, ebay_row, on_ebay, released};
use super::{Chain, Event, Postings, account, golden, policy_of, treatments};
use super::{all_cases, as_the_reference_shows, decisions, drawers, statements};
use saldo_core::commerce::{BalanceKind, DisputeOutcome, Fact, PayoutState, SaleKind};
use saldo_core::issue::FactState;

const CARD: &str = "shopify_payments";

/// Events that begin in the middle of what they are about: the money of a payout that fails came in
/// before, and left once.
const BEGIN_BEFORE: [&str; 1] = ["P4"];

/// The facts of a chain, as one merchant has them.
fn history(events: &[&str]) -> Vec<Fact> {
    let of_s1 = || order("03-10").sale_of_s1("03-10");
    let taken = || row(1, "03-10", BalanceKind::DisputeWithdrawal, "-105.43", "15.00");
    match events {
        // What one event is enough for, or what the facts of the last one tell from the first on.
        ["F2"] | ["P15"] | ["T6"] | ["P4"] | ["P14"] | ["B2"] => of_case(events[0]),
        ["S9a", "S9b"] | ["S10a", "S10b"] | ["I3" | "I2", "I4"] => of_case(events[1]),
        ["A1", "A2", "A3"] => statements::over_a_month_end(),
        ["A4", "A5"] => vec![released(deferred(), "02-03")],
        ["B1", "B2"] => vec![
            on_ebay("03-10").fact(),
            in_payout(ebay_row(1, "03-10", BalanceKind::Itemised(ebay_parts())), 1),
            amount_row("ebay", 2, "03-11", BalanceKind::Hold, "-90.05"),
            amount_row("ebay", 3, "03-14", BalanceKind::Hold, "90.05"),
            super::shop::payout("ebay", 1, "03-16", "90.05", PayoutState::Paid),
        ],
        ["T2", "T3", "T4"] => {
            let lines = [
                (SaleKind::Product, "100.00", "0.00", "0.00"),
                (SaleKind::Duty, "21.00", "0.00", "0.00"),
            ];
            let sale = order("03-10").sale("03-10", &lines).paid("03-10", CARD, "121.00");
            let customs = row(1, "03-12", BalanceKind::Duties, "-20.40", "0.00");
            vec![sale.fact(), customs, decisions::duties_residue("03-20", "0.60")]
        }
        ["P7", "P8"] => {
            vec![taken(), row(2, "03-30", BalanceKind::DisputeReversal, "105.43", "-15.00")]
        }
        ["P7", "P9"] => vec![taken(), dispute("03-30", DisputeOutcome::Lost, "105.43")],
        ["S8a", "S8b"] => {
            let handed_over = goods(&[("04-02", &[("Item/1", 1)])]);
            vec![of_s1().paid("03-10", CARD, "105.43").fact(), told(handed_over)]
        }
        ["P5", "P6"] => vec![
            row(1, "03-10", BalanceKind::Reserve, "-200.00", "0.00"),
            row(2, "04-10", BalanceKind::Reserve, "200.00", "0.00"),
        ],
        ["G6", "G7"] => {
            let mug = [(SaleKind::Product, "50.00", "0.00", "4.13")];
            let back = [(SaleKind::Product, "-50.00", "0.00", "-4.13")];
            let first = order("03-10").sale("03-10", &mug).paid("03-10", CARD, "54.13");
            let first = first.refund("03-20", &back).repaid("03-20", "store_credit", "54.13");
            let next = order("04-01").sale("04-01", &mug).paid("04-01", "store_credit", "54.13");
            vec![first.fact(), next.numbered(2).fact()]
        }
        ["C1", "C2", "C3", "C4"] => drawers::a_day(),
        other => panic!("nobody wrote the history of {other:?}"),
    }
}

/// The facts of an event by itself.
fn of_case(event: &str) -> Vec<Fact> {
    let found = all_cases().into_iter().find(|case| case.event == event);
    found.expect("it has a case").facts
}

/// What one run of the accounting enters of a history, by account.
fn entered(chain: &Chain, facts: &[Fact]) -> Postings {
    let policy = policy_of(&chain.events[0]);
    for event in &chain.events {
        assert_eq!(policy_of(event).text, policy.text, "{event} is of the same merchant");
    }
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = account(facts, &policy, far);
    for standing in accounted.iter().flat_map(|accounted| &accounted.standings) {
        assert!(!matches!(standing.state, FactState::Held(_)), "{standing:?}");
    }
    let entries = accounted.iter().flat_map(|accounted| &accounted.entries);
    let mut postings: Postings = entries.flat_map(as_the_reference_shows).collect();
    postings.sort();
    postings
}

/// Those of postings that stand on an account.
fn on(account: &str, postings: &Postings) -> Vec<i64> {
    postings.iter().filter(|(name, _)| name == account).map(|(_, minor)| *minor).collect()
}

/// What the reference says of the events of a chain.
fn expected(chain: &Chain, events: &[Event]) -> Postings {
    let of_chain = chain.events.iter().map(|id| events.iter().find(|event| event.id == *id));
    let mut postings: Postings =
        of_chain.flat_map(|event| golden(event.expect("it is an event"))).collect();
    postings.sort();
    postings
}

#[test]
fn one_history_of_each_chain_closes_its_account() {
    let Some(treatments) = treatments() else { return };
    assert_eq!(treatments.chains.len(), 21);
    for chain in &treatments.chains {
        let events: Vec<&str> = chain.events.iter().map(String::as_str).collect();
        let facts = history(&events);
        let found = entered(chain, &facts);
        let of_account = on(&chain.account, &found);
        assert!(of_account.len() > 1, "{events:?} touches {}", chain.account);
        let sum: i64 = of_account.iter().sum();
        assert_eq!(sum, chain.closes_to_minor, "{events:?}: {of_account:?}");
        let expected = expected(chain, &treatments.events);
        if !BEGIN_BEFORE.contains(&events[0]) {
            assert_eq!(of_account, on(&chain.account, &expected), "{events:?}");
        }
        let mut rest = found.clone();
        for line in expected {
            let place = rest.iter().position(|it| *it == line);
            rest.remove(place.unwrap_or_else(|| panic!("{events:?} lacks {line:?}: {found:?}")));
        }
        let backwards: Vec<Fact> = facts.into_iter().rev().collect();
        assert_eq!(entered(chain, &backwards), found, "{events:?}, heard the other way round");
    }
}
