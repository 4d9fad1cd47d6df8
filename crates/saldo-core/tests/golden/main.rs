//! The golden entries of the accounting reference, from facts.
//!
//! Each case gives the facts of an event and the days on which it is entered; what the accounting
//! function enters on those days must be the reference's lines, as a multiset of account, side and
//! amount.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod bases;
mod cash;
mod chains;
mod contradictions;
mod countries;
mod credited;
mod currency;
mod dated;
mod decisions;
mod dimensions;
mod drawers;
mod fed_by;
mod figures;
mod forms;
mod fulfilments;
mod gateways;
mod gathered;
mod gifts;
mod guide;
mod histories;
mod instants;
mod kept;
mod layers;
mod lives;
mod marketplaces;
mod mutated;
mod older_files;
mod owed;
mod parts;
mod payouts_abroad;
mod planned;
mod purchases;
mod repeated;
mod revalued;
mod rules;
mod shop;
mod stable;
mod start;
mod statements;
mod stock_lives;
mod stocked;
mod summaries;
mod summary_sums;
mod taxes;
mod told;
mod unknown;
mod vouchers;
mod waits;
mod warehouse;
mod words;
mod written;

use jiff::Timestamp;
use jiff::civil::Date;
use saldo_core::accounting::{self, Group, Payouts, Stock, StockMonth, work_out_stock};
use saldo_core::commerce::{AgreementKind, BalanceKind, Fact, MovementKind, Order, SaleKind};
use saldo_core::document::SubledgerEntry;
use saldo_core::issue::FactState;
use saldo_core::policy::{Policy, Role};
use saldo_core::proof::Figure;
use serde::Deserialize;
use shop::{goods, order, row, told, usd, write_off};
use std::collections::{BTreeMap, BTreeSet};

const POLICY: &str = r#"
[accounts]
sales-tax = "Sales tax payable (per jurisdiction)"
loans = "Shopify Capital payable"
deferred-balances = "Amazon deferred balances"
funds-on-hold = "Funds on hold: eBay"
fulfilment-fees = "FBA fulfilment fees"
reimbursements = "FBA reimbursements"
output-tax = "Output VAT"
[gateways]
shopify_payments.account = "Clearing: Shopify Payments"
paypal.account = "Clearing: PayPal"
cash = { account = "Cash drawer", kind = "cash" }
shop_cash.account = "Clearing: Shop Cash"
amazon.account = "Clearing: Amazon"
amazon.keeps-tax = true
amazon.detail = "payout"
amazon.card = "Credit card"
ebay = { account = "Clearing: eBay", keeps-tax = true }
[drawer.notes]
"petty cash*" = "store-supplies"
"Bank drop" = "cash-in-transit"
[tax.accounts]
"DE VAT" = "OSS VAT payable (per country)"
"Sales tax" = "Sales tax payable (per jurisdiction)"
"#;

fn policy(text: &str) -> Policy {
    let start = "2026-01-01".parse().unwrap();
    Policy::new(1, text, usd(), "America/New_York", start).unwrap()
}

/// What the months of all items come to, one after the other.
fn stock_of(facts: &[Fact], policy: &Policy, heard_until: Timestamp) -> Stock {
    let mut members: BTreeMap<StockMonth, Vec<Fact>> = BTreeMap::new();
    for fact in facts {
        for group in accounting::groups(fact) {
            if let Group::Stock(month) = group {
                members.entry(month).or_default().push(fact.clone());
            }
        }
    }
    let mut stock = Stock::default();
    for (month, facts) in members {
        let (sheet, _) = work_out_stock(&month, &facts, &stock, policy, heard_until);
        stock.insert(month, sheet);
    }
    stock
}

/// What comes of groups. Those in which facts are evidence alone give nothing.
fn account(facts: &[Fact], policy: &Policy, heard_until: Timestamp) -> Vec<accounting::Accounted> {
    let gives = |accounted: &accounting::Accounted| *accounted != accounting::Accounted::default();
    let all = accounted_with_figures(facts, policy, heard_until).into_iter();
    all.map(|(accounted, _)| accounted).filter(gives).collect()
}

/// What comes of each group, with its figures, which agree.
fn accounted_with_figures(
    facts: &[Fact],
    policy: &Policy,
    heard_until: Timestamp,
) -> Vec<(accounting::Accounted, Vec<Figure>)> {
    let with_figures = |(group, known, accounted): (Group, Vec<Fact>, accounting::Accounted)| {
        let figures = figures::equal(&group, &known, &accounted, policy);
        (accounted, figures)
    };
    accounted_by_group(facts, policy, heard_until).into_iter().map(with_figures).collect()
}

/// Each group with what is known of it, and what comes of that.
fn accounted_by_group(
    facts: &[Fact],
    policy: &Policy,
    heard_until: Timestamp,
) -> Vec<(Group, Vec<Fact>, accounting::Accounted)> {
    let mut members: BTreeMap<Group, Vec<Fact>> = BTreeMap::new();
    for fact in facts {
        for group in accounting::groups(fact) {
            members.entry(group).or_default().push(fact.clone());
        }
    }
    let payouts = Payouts::of(&accounting::told_with_payouts(facts));
    let stock = stock_of(facts, policy, heard_until);
    let orders: Vec<&Order> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Order(order) => Some(&**order),
            _ => None,
        })
        .collect();
    let account = |(group, facts): (&Group, &Vec<Fact>)| {
        let alike = accounting::groups_alike(group, facts);
        let alike = alike.iter().filter_map(|group| members.get(group)).flatten();
        let rows = alike.filter(|fact| matches!(fact, Fact::BalanceTransaction(_)));
        let mut known = facts.clone();
        known.extend(rows.filter(|row| !facts.contains(row)).cloned());
        value(&mut known, &orders, policy);
        let accounted =
            accounting::account_with(group, &known, (&payouts, &stock), policy, heard_until);
        let told_by = |entry: &SubledgerEntry| {
            facts.iter().any(|fact| fact.source().connection.as_str() == entry.id.connection())
        };
        assert!(accounted.entries.iter().all(told_by), "{group:?}");
        (group.clone(), known, accounted)
    };
    members.iter().map(account).collect()
}

/// Rows in other currencies stand at what their orders say, whichever group they are in.
fn value(facts: &mut [Fact], orders: &[&Order], policy: &Policy) {
    for order in orders {
        accounting::value_rows(facts, order, policy.currency);
    }
}

fn of_a_country_with_vat() -> String {
    POLICY
        .replace("output-tax = \"Output VAT\"", "")
        .replace("Sales tax payable (per jurisdiction)", "Output VAT")
}

/// The policy of an event. The reference calls the tax account by the tax of the event's country.
fn policy_of(event: &str) -> Policy {
    policy(&words_of(event))
}

/// The same as text.
fn words_of(event: &str) -> String {
    match event {
        "S2" => of_a_country_with_vat(),
        _ if event.starts_with("G2") => {
            let vouchers = "voucher = 'single-purpose', tax = 'Sales tax', rate = '20'";
            format!("gift-cards = {{ {vouchers} }}\n{}", of_a_country_with_vat())
        }
        "G4 used" => format!("gift-cards = {{ promotional = 'at-use' }}\n{POLICY}"),
        "S5" => POLICY.replace("[tax.accounts]", "[tax]\nreverse-charge = \"25\"\n[tax.accounts]"),
        "S8a" | "S8b" | "S8 of several rates" => format!("recognition = \"fulfilment\"\n{POLICY}"),
        "S6" | "S7" | "R2" | "R3" | "R9" | "I1" | "I2" | "I3" | "I4" | "I5" | "A6" => {
            format!("{POLICY}\n{}", stocked::COSTS)
        }
        "P11" => {
            let loan = "shopify_payments.loans.2026-03-01 = { owed = \"11300\", cost = \"1300\" }";
            POLICY.replace("[gateways]", &format!("[gateways]\n{loan}"))
        }
        "P16" => {
            POLICY.replace("[gateways]", "[gateways]\nshopify_payments.bank = \"Shopify Balance\"")
        }
        _ => POLICY.to_owned(),
    }
}

fn entries(event: &str, facts: &[Fact]) -> Vec<SubledgerEntry> {
    entries_by(&words_of(event), event, facts)
}

fn entries_by(text: &str, event: &str, facts: &[Fact]) -> Vec<SubledgerEntry> {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = account(facts, &policy(text), far);
    for standing in accounted.iter().flat_map(|accounted| &accounted.standings) {
        assert!(!matches!(standing.state, FactState::Held(_)), "{standing:?}");
    }
    let entries = accounted.into_iter().flat_map(|accounted| accounted.entries);
    match event {
        "X1" => entries.map(|entry| taxes::as_a_book_taxes_it(entry, "-11.44")).collect(),
        _ => entries.collect(),
    }
}

#[derive(Deserialize)]
struct Treatments {
    accounts: BTreeMap<String, String>,
    events: Vec<Event>,
    chains: Vec<Chain>,
}

#[derive(Deserialize)]
struct Event {
    id: String,
    lines: Vec<GoldenLine>,
}

#[derive(Deserialize)]
struct GoldenLine {
    side: String,
    account: String,
    minor: i64,
}

#[derive(Deserialize)]
struct Chain {
    events: Vec<String>,
    account: String,
    closes_to_minor: i64,
}

/// Reads the reference; none where it is not beside the project.
fn treatments() -> Option<Treatments> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/reference/treatments.json");
    match std::fs::read_to_string(path) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(_) if std::env::var("CI").as_deref() == Ok("true") => panic!("{path} is missing"),
        Err(_) => {
            eprintln!("skipped: golden entries (shared material not found)");
            None
        }
    }
}

type Postings = Vec<(String, i64)>;

fn golden(event: &Event) -> Postings {
    let signed = |line: &GoldenLine| match line.side.as_str() {
        "debit" => (line.account.clone(), line.minor),
        _ => (line.account.clone(), -line.minor),
    };
    let mut postings: Postings = event.lines.iter().map(signed).collect();
    postings.sort();
    postings
}

/// The facts of an event, and the days on which the event is entered (all, where none is named).
struct Case {
    event: &'static str,
    days: &'static [&'static str],
    facts: Vec<Fact>,
}

fn case(event: &'static str, days: &'static [&'static str], facts: Vec<Fact>) -> Case {
    Case { event, days, facts }
}

fn entered(case: &Case) -> Postings {
    entered_by(&words_of(case.event), case)
}

fn entered_by(text: &str, case: &Case) -> Postings {
    let days: BTreeSet<Date> =
        case.days.iter().map(|day| format!("2026-{day}").parse().unwrap()).collect();
    let entries = entries_by(text, case.event, &case.facts);
    let of_days = entries.iter().filter(|it| days.is_empty() || days.contains(&it.header.date));
    let mut postings: Postings = of_days.flat_map(as_the_reference_shows).collect();
    postings.sort();
    postings
}

/// The postings of an entry. What differs in the taxes on it alone, as what was sold with tax and
/// carriage without, has lines of its own, and one in the reference.
fn as_the_reference_shows(entry: &SubledgerEntry) -> Postings {
    let (mut postings, mut by_tax) = (Postings::new(), BTreeMap::new());
    for line in &entry.lines {
        let (account, minor) = (line.account.name.to_string(), line.amount.minor());
        match &*line.text {
            "To be handed over" | "Written off" => {
                *by_tax.entry(account).or_insert(0) += minor;
            }
            _ => postings.push((account, minor)),
        }
    }
    postings.extend(by_tax);
    postings
}

fn sales() -> Vec<Case> {
    const CARD: &str = "shopify_payments";
    let s1 = || order("03-10").sale_of_s1("03-10").paid("03-10", CARD, "105.43");
    let inclusive = [
        (SaleKind::Product, "100.00", "0.00", "20.00"),
        (SaleKind::Shipping, "5.00", "0.00", "1.00"),
    ];
    let unpaid = || order("03-10").sale_of_s1("03-10");
    let deposit = || {
        order("03-10").sale_of_s1("03-10").paid("03-05", CARD, "50.00").paid("03-12", CARD, "55.43")
    };
    let earned = vec![s1().fact(), told(goods(&[("04-02", &[("Item/1", 1)])]))];
    let written_off = vec![unpaid().fact(), write_off("05-01", true)];
    vec![
        case("S1", &[], vec![s1().fact()]),
        case(
            "S2",
            &[],
            vec![order("03-10").sale("03-10", &inclusive).paid("03-10", CARD, "126.00").fact()],
        ),
        case(
            "S3",
            &[],
            vec![unpaid().paid("03-10", "gift_card", "50.00").paid("03-10", CARD, "55.43").fact()],
        ),
        case(
            "S4",
            &["03-11"],
            vec![s1().fact(), row(1, "03-11", BalanceKind::Charge, "105.43", "3.36")],
        ),
        case(
            "S5",
            &["03-11"],
            vec![s1().fact(), row(1, "03-11", BalanceKind::Charge, "105.43", "3.36")],
        ),
        case("S8a", &["03-10"], earned.clone()),
        case("S8b", &["04-02"], earned),
        case("S9a", &[], vec![unpaid().fact()]),
        case("S9b", &["04-02"], vec![unpaid().paid("04-02", CARD, "105.43").fact()]),
        case("S9c", &["05-01"], written_off),
        case("S10a", &["03-05"], vec![deposit().fact()]),
        case("S10b", &["03-10", "03-12"], vec![deposit().fact()]),
    ]
}

fn returns() -> Vec<Case> {
    const CARD: &str = "shopify_payments";
    let paid = || order("03-10").sale_of_s1("03-10").paid("03-10", CARD, "105.43");
    let all_back = [
        (SaleKind::Product, "-100.00", "-10.00", "-7.43"),
        (SaleKind::Shipping, "-8.00", "0.00", "0.00"),
    ];
    let goodwill = [(SaleKind::Adjustment, "-15.00", "0.00", "0.00")];
    let half = [(SaleKind::Product, "-50.00", "0.00", "-4.13")];
    let added = [(SaleKind::Product, "20.00", "0.00", "1.65")];
    let removed = [(SaleKind::Product, "-20.00", "0.00", "-1.65")];
    let authorised = order("03-10")
        .sale_of_s1("03-10")
        .movement(MovementKind::Authorisation, "03-10", CARD, "105.43")
        .movement(MovementKind::Void, "03-11", CARD, "105.43")
        .refund("03-11", &all_back)
        .cancelled("03-11");
    let exchanged = [
        (SaleKind::Product, "-50.00", "0.00", "-4.13"),
        (SaleKind::Product, "70.00", "0.00", "5.78"),
    ];
    vec![
        case(
            "R8",
            &["03-15"],
            vec![
                paid()
                    .agree(AgreementKind::Edit, "03-15", &exchanged)
                    .paid("03-15", CARD, "21.65")
                    .fact(),
            ],
        ),
        case(
            "R1",
            &["04-10"],
            vec![paid().refund("04-10", &all_back).repaid("04-10", CARD, "105.43").fact()],
        ),
        case(
            "R4",
            &["04-10"],
            vec![paid().refund("04-10", &goodwill).repaid("04-10", CARD, "15.00").fact()],
        ),
        case(
            "R5",
            &["04-10"],
            vec![paid().refund("04-10", &half).repaid("04-10", CARD, "54.13").fact()],
        ),
        case("R6", &[], vec![authorised.fact()]),
        case("R7a", &["03-15"], vec![paid().agree(AgreementKind::Edit, "03-15", &added).fact()]),
        case(
            "R7b",
            &["03-15", "03-18"],
            vec![
                paid()
                    .agree(AgreementKind::Edit, "03-15", &removed)
                    .repaid("03-18", CARD, "21.65")
                    .fact(),
            ],
        ),
    ]
}

fn liabilities() -> Vec<Case> {
    const CARD: &str = "shopify_payments";
    let card = [(SaleKind::GiftCard, "100.00", "0.00", "0.00")];
    let mug = [(SaleKind::Product, "50.00", "0.00", "4.13")];
    let mug_back = [(SaleKind::Product, "-50.00", "0.00", "-4.13")];
    let voucher = [(SaleKind::GiftCard, "100.00", "0.00", "20.00")];
    let tip = [(SaleKind::Tip, "10.00", "0.00", "0.00")];
    let paid = |lines: &[shop::LineWords<'_>], by: &str, amount: &str| {
        order("03-10").sale("03-10", lines).paid("03-10", by, amount)
    };
    let to_credit = paid(&mug, CARD, "54.13").refund("03-20", &mug_back).repaid(
        "03-20",
        "store_credit",
        "54.13",
    );
    vec![
        case("G1", &[], vec![paid(&card, CARD, "100.00").fact()]),
        case("G2", &[], vec![paid(&voucher, CARD, "120.00").fact()]),
        case("G3", &[], vec![paid(&mug, "gift_card", "54.13").fact()]),
        case("G6", &["03-20"], vec![to_credit.fact()]),
        case("G7", &[], vec![paid(&mug, "store_credit", "54.13").fact()]),
        case("G8", &[], vec![paid(&tip, CARD, "10.00").fact()]),
    ]
}

/// What the reference says of its events without an entry of its own: told, entered and read by
/// other programs as these are.
fn beyond_the_reference() -> Vec<Case> {
    const CARD: &str = "shopify_payments";
    let mug = [(SaleKind::Product, "100.00", "0.00", "20.00")];
    let two = [(SaleKind::Product, "200.00", "0.00", "40.00")];
    let back = [(SaleKind::Product, "-100.00", "0.00", "-20.00")];
    let sold = |lines: &[shop::LineWords<'_>]| order("03-10").sale("03-10", lines);
    let by_voucher = || sold(&mug).paid("03-10", "gift_card", "120.00");
    let given_back = by_voucher().refund("03-20", &back).repaid("03-20", "gift_card", "120.00");
    let in_part = sold(&two).paid("03-10", "gift_card", "120.00").paid("03-10", CARD, "120.00");
    let gift = sold(&mug).paid("03-10", "gift_card", "120.00").fact();
    vec![
        case("G2 given back", &[], vec![given_back.fact()]),
        case("G2 used", &[], vec![by_voucher().fact()]),
        case("G2 used in part", &[], vec![in_part.fact()]),
        case("G4 used", &[], vec![gift, gifts::given("120.00")]),
        case("S8 of several rates", &[], bases::in_parcels()),
    ]
}

fn all_cases() -> Vec<Case> {
    let families = [
        sales(),
        returns(),
        liabilities(),
        taxes::cases(),
        gateways::cases(),
        decisions::cases(),
        drawers::cases(),
        stocked::cases(),
        currency::cases(),
        cash::cases(),
        marketplaces::cases(),
    ];
    families.into_iter().flatten().collect()
}

#[test]
fn facts_become_the_golden_entries() {
    let Some(treatments) = treatments() else { return };
    let cases = all_cases();
    assert_eq!(treatments.events.len(), 83);
    for event in &treatments.events {
        assert!(cases.iter().any(|case| case.event == event.id), "{} has no facts", event.id);
    }
    for case in cases {
        let event = treatments.events.iter().find(|event| event.id == case.event).unwrap();
        let (found, expected) = (entered(&case), golden(event));
        match AS_A_WHOLE.contains(&case.event) {
            true => assert_eq!(whole(&found), whole(&expected), "{}", case.event),
            false => assert_eq!(found, expected, "{}", case.event),
        }
    }
}

/// Events of which the reference shows several documents as one: there a sale stands at what it was
/// settled for later, here at the order's rate, with the difference on the day of the row.
const AS_A_WHOLE: [&str; 1] = ["F1"];

/// What postings amount to by account.
fn whole(postings: &Postings) -> BTreeMap<&str, i64> {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for (account, minor) in postings {
        *sums.entry(account).or_default() += minor;
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

#[test]
fn accounts_are_of_the_kinds_of_the_reference() {
    let Some(treatments) = treatments() else { return };
    // The reference says that open balances are valued, and names no account of its own for it.
    let named = |(role, _): &(Role, _)| *role != Role::UnrealisedExchange;
    for (role, account) in policy(POLICY).chart.iter().filter(named) {
        let kind = treatments.accounts.get(&*account.name);
        assert!(kind.is_some(), "{} ({}) is not in the reference", account.name, role.word());
    }
}

#[test]
fn an_unpaid_order_waits_for_the_end_of_its_day() {
    let facts = [order("03-10").sale_of_s1("03-10").fact()];
    let end: Timestamp = "2026-03-11T04:00:00Z".parse().unwrap();
    let before = end - jiff::SignedDuration::from_millis(1);
    let [waiting] = &account(&facts, &policy(POLICY), before)[..] else { panic!("one group") };
    assert_eq!((waiting.entries.len(), waiting.wake_at), (0, Some(end)));
    let [entered] = &account(&facts, &policy(POLICY), end)[..] else { panic!("one group") };
    assert_eq!((entered.entries.len(), entered.wake_at), (1, None));
}

#[test]
fn a_held_sale_does_not_hold_its_money() {
    let strange = [(SaleKind::Unknown("HAT".to_owned()), "30.00", "0.00", "0.00")];
    let order = order("03-10").sale("03-10", &strange).paid("03-10", "shopify_payments", "30.00");
    let facts = [order.fact(), row(1, "03-10", BalanceKind::Charge, "30.00", "1.17")];
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let [accounted] = &account(&facts, &policy(POLICY), far)[..] else { panic!("one group") };
    let held = |state: &FactState| matches!(state, FactState::Held(_));
    assert_eq!(accounted.standings.iter().filter(|standing| held(&standing.state)).count(), 1);
    let clearing: i64 = accounted
        .entries
        .iter()
        .flat_map(|entry| &entry.lines)
        .filter(|line| &*line.account.name == "Clearing: Shopify Payments")
        .map(|line| line.amount.minor())
        .sum();
    assert_eq!(clearing, 3_000 - 117);
}

#[test]
fn an_unknown_gateway_is_held_with_what_to_do() {
    let order = order("03-10").sale_of_s1("03-10").paid("03-10", "klarna", "105.43");
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let [accounted] = &account(&[order.fact()], &policy(POLICY), far)[..] else { panic!("one") };
    let [standing] = &accounted.standings[..] else { panic!("one fact") };
    let FactState::Held(issue) = &standing.state else { panic!("{standing:?}") };
    insta::assert_snapshot!(issue.message, @"the gateway `klarna` has no account");
    insta::assert_snapshot!(
        issue.hint,
        @r#"saldo map set gateways.klarna.account "Clearing: klarna""#
    );
}
