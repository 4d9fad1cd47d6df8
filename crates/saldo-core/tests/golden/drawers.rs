//! Cash drawers: what is told of a session, and what is entered of it.

use super::shop::{at, event, gateway, money, no, order, source};
use super::{Case, POLICY, account, accounted_with_figures, case, policy};
use saldo_core::commerce::{DrawerMove, DrawerSession, Event, Fact, SaleKind};
use saldo_core::document::DocumentKind;
use saldo_core::issue::FactState;
use saldo_core::proof::Identity;

/// A session of two days: a float of 200 that the day before left, sales of 541.25.
fn session(moves: &[(&str, &str, &str)], counted: &str) -> DrawerSession {
    let moved = |(number, (day, amount, note)): (usize, &(&str, &str, &str))| DrawerMove {
        id: format!("Adjustment/{number}"),
        at: at(day),
        amount: money(amount),
        note: (*note).to_owned(),
    };
    DrawerSession {
        id: "shop/CashTrackingSession/1".into(),
        source: source("CashTrackingSession/1"),
        name: "Main Street, Register 1".to_owned(),
        gateway: gateway("cash"),
        opened_at: at("03-09"),
        closed_at: at("03-10"),
        left_before: Some(money("200.00")),
        float: money("200.00"),
        sales: money("541.25"),
        moves: moves.iter().enumerate().map(moved).collect(),
        counted: money(counted),
    }
}

fn fact(session: DrawerSession) -> Fact {
    Fact::Drawer(Box::new(session))
}

const PETTY: (&str, &str, &str) = ("03-09", "-20.00", "Petty cash: stamps");
const DROP: (&str, &str, &str) = ("03-10", "-519.00", "Bank drop");

/// The events of the reference that drawers tell.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        case("C2", &["03-09"], vec![fact(session(&[PETTY], "719.00"))]),
        case("C3", &["03-10"], vec![fact(session(&[PETTY], "719.00"))]),
        case("C4", &[], vec![fact(session(&[DROP], "222.25")), banked()]),
    ]
}

/// The cash that was taken to the bank, at the bank.
fn banked() -> Fact {
    event("03-12", Event::Banked { amount: money("519.00") })
}

/// A day of the drawer: a sale in cash, petty cash, what was taken to the bank, what was counted;
/// and the cash at the bank.
pub(crate) fn a_day() -> Vec<Fact> {
    let sold = [(SaleKind::Product, "500.00", "0.00", "41.25")];
    let sale = order("03-10").sale("03-10", &sold).paid("03-10", "cash", "541.25").fact();
    vec![sale, fact(session(&[PETTY, DROP], "200.00")), banked()]
}

fn far() -> jiff::Timestamp {
    "2027-01-01T00:00:00Z".parse().unwrap()
}

#[test]
fn a_drawer_is_its_float_and_what_came_in_less_what_went_out() {
    let mut found = session(&[PETTY, DROP], "199.00");
    found.float = money("201.00");
    let policy = policy(POLICY);
    let [(accounted, figures)] = &accounted_with_figures(&[fact(found)], &policy, far())[..] else {
        panic!()
    };
    let entered: Vec<(String, DocumentKind, i64)> = accounted
        .entries
        .iter()
        .map(|it| (it.header.memo.clone(), it.header.kind, it.lines[0].amount.minor()))
        .collect();
    let of = |text: &str| format!("Main Street, Register 1: {text}");
    let journal = DocumentKind::JournalEntry;
    assert_eq!(
        entered,
        [
            (of("Drawer short"), journal, -425),
            (of("Petty cash: stamps"), journal, -2_000),
            (of("Bank drop"), DocumentKind::Transfer, -51_900),
            (of("Drawer over"), journal, 100),
        ]
    );
    let drawer = figures.iter().find(|it| it.identity == Identity::Drawer).unwrap();
    // The float that was left, sales, and what was taken out; counted, and short by 3.25 in all.
    assert_eq!((drawer.expected.minor(), drawer.found.minor()), (20_225, 20_225));
}

#[test]
fn what_was_counted_differs_from_what_is_told_by_what_is_entered_as_short_alone() {
    let policy = policy(POLICY);
    let fact = fact(session(&[PETTY], "719.00"));
    let [(accounted, _)] = &accounted_with_figures(std::slice::from_ref(&fact), &policy, far())[..]
    else {
        panic!()
    };
    let entries: Vec<_> = accounted
        .entries
        .iter()
        .filter(|entry| !entry.id.as_str().ends_with("/closed"))
        .cloned()
        .collect();
    let group = &saldo_core::accounting::groups(&fact)[0];
    let states = vec![(fact.id().clone(), FactState::Accounted { review: None })];
    let ground = saldo_core::proof::Ground {
        group,
        facts: std::slice::from_ref(&fact),
        entries: &entries,
        states: &states,
        unreadable: &std::collections::BTreeSet::new(),
        policy: &policy,
    };
    let figures = saldo_core::proof::figures(ground).unwrap();
    let drawer = figures.iter().find(|it| it.identity == Identity::Drawer).unwrap();
    assert_eq!(drawer.difference().unwrap(), money("-2.25"), "the shortage is not entered");
}

#[test]
fn what_nobody_gave_a_meaning_holds_its_drawer() {
    let policy = policy(POLICY);
    let cases = [
        (
            session(&[("03-10", "-5.00", "pizza")], "736.25"),
            "saldo map set 'drawer.notes.\"pizza\"'",
        ),
        (DrawerSession { closed_at: at("03-08"), ..session(&[], "741.25") }, "look at the record"),
        (
            DrawerSession { gateway: gateway("elsewhere"), ..session(&[], "740.00") },
            "saldo map set gateways.elsewhere.account",
        ),
    ];
    for (session, hint) in cases {
        let [accounted] = &account(&[fact(session)], &policy, far())[..] else { panic!() };
        let FactState::Held(issue) = &accounted.standings[0].state else { panic!("{accounted:?}") };
        assert!(issue.hint.starts_with(hint), "{issue:?}");
        assert!(accounted.entries.is_empty(), "a drawer is entered whole or not at all");
    }
}

#[test]
fn of_a_drawer_that_was_opened_before_the_books_what_came_later_is_entered() {
    let policy = saldo_core::policy::Policy::new(
        1,
        POLICY,
        super::usd(),
        "America/New_York",
        "2026-03-10".parse().unwrap(),
    )
    .unwrap();
    let mut found = session(&[PETTY, DROP], "199.00");
    found.float = money("201.00");
    let [(accounted, figures)] = &accounted_with_figures(&[fact(found)], &policy, far())[..] else {
        panic!()
    };
    assert_eq!(accounted.entries.len(), 2, "the drop, and what was short in the evening");
    assert!(figures.iter().any(|it| it.identity == Identity::Drawer));
}

#[test]
fn a_drawer_may_be_closed_as_soon_as_it_is_opened() {
    let session = DrawerSession { opened_at: at("03-10"), ..session(&[], "741.25") };
    let [accounted] = &account(&[fact(session)], &policy(POLICY), far())[..] else { panic!() };
    assert_eq!(accounted.standings[0].state, FactState::Accounted { review: None });
}

#[test]
fn cash_that_no_session_tells_of_leaves_its_drawer_all_the_same() {
    let dropped = Event::BankDrop { gateway: "cash".into(), amount: money("519.00") };
    let policy = policy(POLICY);
    let facts = [event("03-10", dropped), no(2, banked())];
    let accounted = account(&facts, &policy, far());
    let entries = accounted.iter().flat_map(|accounted| &accounted.entries);
    let entered: Vec<(DocumentKind, String)> = entries
        .map(|entry| {
            let lines = entry.lines.iter();
            let lines = lines.map(|line| format!("{} {}", line.account.name, line.amount));
            (entry.header.kind, lines.collect::<Vec<_>>().join(", "))
        })
        .collect();
    let transfer = |text: &str| (DocumentKind::Transfer, text.to_owned());
    assert_eq!(
        entered,
        [
            transfer("Cash in transit 519.00 USD, Cash drawer -519.00 USD"),
            transfer("Bank 519.00 USD, Cash in transit -519.00 USD"),
        ]
    );
}
