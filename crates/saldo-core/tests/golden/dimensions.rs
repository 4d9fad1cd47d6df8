//! Dimensions: what lines stand for in them, and what becomes of them in documents and plans.

use super::planned::lacking;
use super::shop::{Shop, dispute, entry, goods, order, row, told, usd};
use super::{POLICY, account, policy};
use saldo_core::accounting::{Catch, Group, Stock, Trial};
use saldo_core::commerce::{BalanceKind, DisputeOutcome, Fact, SaleKind};
use saldo_core::document::{DocumentKind, SubledgerEntry};
use saldo_core::plan::{Change, Closing, SlotOf, plan_slot};
use saldo_core::policy::{Policy, PolicyError, Prefixes};
use std::collections::BTreeMap;

const CARD: &str = "shopify_payments";

const DIMENSIONS: &str = r#"
    [dimensions]
    class.default = "Web"
    location = {}
    [[rules]]
    name = "Wholesale"
    when.tag = "wholesale"
    set.class = "Wholesale"
    [[rules]]
    name = "Carriage"
    when.role = ["shipping-income", "processing-fees"]
    set.class = "Overhead"
    [[rules]]
    name = "Copenhagen"
    when.location = "7"
    set = { location = "Copenhagen", class = "Retail" }
"#;

/// Two mugs and carriage, paid at once by card.
fn sale() -> Shop {
    let mug = (SaleKind::Product, "100.00", "10.00", "0.00");
    let carriage = (SaleKind::Shipping, "8.00", "0.00", "0.00");
    order("03-10").sale("03-10", &[mug, carriage]).paid("03-10", CARD, "98.00")
}

fn with(more: &str) -> Policy {
    policy(&format!("{POLICY}\n{more}"))
}

fn entries(facts: &[Fact], policy: &Policy) -> Vec<SubledgerEntry> {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    account(facts, policy, far).into_iter().flat_map(|it| it.entries).collect()
}

/// What is entered, by account and dimensions, in minor units.
fn sums(facts: &[Fact], policy: &Policy) -> Vec<String> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for line in entries(facts, policy).iter().flat_map(|entry| &entry.lines) {
        let named = line.dimensions.iter().map(|(name, value)| format!(" {name}={value}"));
        let spot = format!("{}{}", line.account.name, named.collect::<String>());
        *sums.entry(spot).or_default() += line.amount.minor();
    }
    let moved = sums.into_iter().filter(|(_, minor)| *minor != 0);
    moved.map(|(spot, minor)| format!("{spot}: {minor}")).collect()
}

#[test]
fn what_is_earned_and_spent_stands_for_what_the_first_rule_says_of_each_dimension() {
    let fee = row(1, "03-10", BalanceKind::Charge, "98.00", "3.00");
    let sold = sale().located("Location/7");
    insta::assert_debug_snapshot!(sums(&[sold.clone().fact(), fee], &with(DIMENSIONS)), @r#"
    [
        "Clearing: Shopify Payments: 9500",
        "Discounts given class=Retail location=Copenhagen: 1000",
        "Payment processing fees class=Overhead location=Copenhagen: 300",
        "Product sales class=Retail location=Copenhagen: -10000",
        "Shipping income class=Overhead location=Copenhagen: -800",
    ]
    "#);
    let sold = sold.tagged(&["wholesale"]);
    let wholesale = sums(&[sold.fact()], &with(DIMENSIONS));
    assert!(
        wholesale.contains(&"Shipping income class=Wholesale location=Copenhagen: -800".into()),
        "{wholesale:?}"
    );
    let plain = sums(&[sale().fact()], &with(DIMENSIONS));
    assert!(plain.contains(&"Product sales class=Web: -10000".into()), "{plain:?}");
}

#[test]
fn without_dimensions_nothing_is_said_of_them() {
    let text = serde_json::to_string(&entries(&[sale().fact()], &with(""))).unwrap();
    assert!(!text.contains("dimensions"), "{text}");
}

#[test]
fn all_that_is_earned_and_spent_has_the_default() {
    let text = "recognition = \"fulfilment\"\n[cost]\nowner = \"saldo\"\n";
    let policy = policy(&format!("{text}{POLICY}\n{DIMENSIONS}"));
    let lost = dispute("03-20", DisputeOutcome::Lost, "98.00");
    let decided = entry("03-21", &[("store-supplies", "5.00"), ("gateways.cash", "-5.00")]);
    let handed = told(goods(&[("03-11", &[("Item/1", 1)])]));
    let rows = [
        row(1, "03-10", BalanceKind::Charge, "98.00", "3.00"),
        row(2, "03-12", BalanceKind::ShippingLabel, "-6.00", "0.00"),
        row(3, "03-13", BalanceKind::DisputeWithdrawal, "-98.00", "15.00"),
    ];
    let facts: Vec<Fact> = [sale().fact(), lost, decided, handed].into_iter().chain(rows).collect();
    let entries = entries(&facts, &policy);
    let lines = || entries.iter().flat_map(|entry| &entry.lines);
    assert!(lines().filter(|line| line.account.kind.has_dimensions()).count() >= 8);
    for line in lines() {
        let has_one = line.dimensions.get("class").is_some();
        assert_eq!(has_one, line.account.kind.has_dimensions(), "{line:?}");
    }
}

#[test]
fn a_dimension_without_sense_is_refused() {
    let new =
        |text: &str| Policy::new(1, text, usd(), "UTC", "2026-01-01".parse().unwrap()).map(|_| ());
    let rules = [
        ("set.class = \"A\"", "no dimension is called `class`"),
        ("set.place = \"A, B\"", "without a comma"),
        ("set.place = \"\"", "neither empty"),
        ("set.place = \"A\"\nwhen.role = \"bank\"", "lines of bank have no dimensions"),
        ("set.place = \"A\"\nwhen.status = \"paid\"", "`status` changes"),
        ("set.place = \"A\"\nexclude = true", "more than one thing"),
    ];
    for (rule, expected) in rules {
        let text = format!("[dimensions.place]\n[[rules]]\nname = \"R\"\n{rule}\n");
        match new(&text) {
            Err(PolicyError::Rule { why, .. }) => assert!(why.contains(expected), "{text}{why}"),
            other => panic!("{text}{other:?}"),
        }
    }
    for name in ["Class", "a", "two words", "über", "9th", "date"] {
        let refused = new(&format!("[dimensions.\"{name}\"]"));
        assert!(matches!(refused, Err(PolicyError::Dimension { .. })), "{name}: {refused:?}");
    }
    let refused = new("[dimensions]\nclass.default = \" A\"").unwrap_err().to_string();
    assert!(refused.contains("the dimension `class` has no sense"), "{refused}");
}

/// What stands in a book of entries by one policy, and lacks of them by another.
fn replanned(facts: &[Fact], before: &Policy, after: &Policy) -> Vec<Change> {
    let (before, after) = (entries(facts, before), entries(facts, after));
    let slot = before[0].header.slot.clone();
    let told = lacking(&slot, &before, []);
    lacking(&slot, &after, told)
}

#[test]
fn what_stands_for_something_else_is_taken_out_and_entered_anew() {
    let facts = [sale().fact()];
    let changes = replanned(&facts, &with(""), &with("[dimensions]\nclass.default = \"Web\""));
    let kinds: Vec<_> = changes.iter().map(|it| (it.enters.len(), it.takes_out.len())).collect();
    assert_eq!(kinds, [(0, 1), (1, 0)]);
    let same = with("[dimensions]\nclass.default = \"Web\"");
    assert_eq!(replanned(&facts, &same, &same), []);
}

#[test]
fn a_summary_keeps_apart_what_stands_for_something_else() {
    let one = sale().located("Location/7");
    let other = one.clone().numbered(2).tagged(&["wholesale"]);
    let policy = policy(&format!("detail = \"day\"\n{POLICY}\n{DIMENSIONS}"));
    let entries = entries(&[one.fact(), other.fact()], &policy);
    let changes = lacking(&entries[0].header.slot, &entries, []);
    let [change] = &changes[..] else { panic!("one document: {changes:?}") };
    let saldo_core::book::Subject::Document { document, .. } = &change.subject else { panic!() };
    let sales = document.lines().iter().filter(|line| &*line.account.name == "Product sales");
    let sales: Vec<_> = sales
        .map(|line| (line.dimensions.get("class").unwrap(), line.amount.amount_text()))
        .collect();
    assert_eq!(sales, [("Retail", "-100.00".to_owned()), ("Wholesale", "-100.00".to_owned())]);
}

#[test]
fn a_book_that_keeps_a_dimension_of_documents_has_one_for_each_value() {
    let facts = [
        sale().fact(),
        row(1, "03-10", BalanceKind::Charge, "98.00", "3.00"),
        sale().numbered(2).located("Location/7").fact(),
        super::shop::about(row(2, "03-10", BalanceKind::Charge, "98.00", "3.00"), 2, 1),
    ];
    let entries = entries(&facts, &with(DIMENSIONS));
    let fees: Vec<SubledgerEntry> =
        entries.into_iter().filter(|it| it.header.kind == DocumentKind::Expense).collect();
    assert_eq!(fees.len(), 2);
    let slot = &fees[0].header.slot;
    let planned = |of_documents| {
        let (company, book) = (&"demo".into(), &"book".into());
        let closing = Closing::default();
        let prefixes = Prefixes::NONE;
        let of = SlotOf { company, book, slot, closing, of_documents, prefixes, amends: &[] };
        plan_slot(of, &fees, &[], |_| None).unwrap().changes.len()
    };
    assert_eq!(planned(None), 1);
    assert_eq!(planned(Some("location")), 2);
    assert_eq!(planned(Some("class")), 1, "both are overhead");
}

#[test]
fn a_trial_shows_what_each_rule_says_of_dimensions() {
    let policy = with(&format!(
        "{DIMENSIONS}\n[[rules]]\nname = \"Late\"\nwhen.role = \"shipping-income\"\n\
         set.class = \"Never\""
    ));
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let fact = sale().located("Location/7").fact();
    let (group, facts) = (Group::Order(fact.id().clone()), [fact]);
    let mut trial = Trial::of(&policy);
    trial.add(&group, &facts, &Stock::default(), far).unwrap();
    let mut idle = trial.idle(&policy).unwrap();
    idle.add(&group, &facts, &Stock::default(), far);
    let caught = |catch: &Catch| (catch.count, catch.sum.of(usd()).to_string());
    let rules: BTreeMap<_, _> = trial.rules.iter().map(|it| (*it.0, caught(it.1))).collect();
    insta::assert_compact_debug_snapshot!(rules, @r#"{1: (1, "-8.00 USD"), 2: (3, "-98.00 USD")}"#);
    assert_eq!(trial.by_default.len(), 0);
    insta::assert_compact_debug_snapshot!(idle.shadowed, @"{3: {1}}");
    let other = [sale().fact()];
    let mut trial = Trial::of(&policy);
    trial.add(&group, &other, &Stock::default(), far).unwrap();
    let by_default: BTreeMap<_, _> =
        trial.by_default.iter().map(|it| (&**it.0, caught(it.1))).collect();
    insta::assert_compact_debug_snapshot!(
        by_default,
        @r#"{"class": (2, "-90.00 USD"), "location": (3, "-98.00 USD")}"#
    );
}

#[test]
fn a_book_may_have_names_of_its_own() {
    let text = "[dimensions.class]\ndefault = \"Web\"\n\
                [dimensions.class.books.\"xero:a\"]\nname = \"Channel\"\nvalues = { Web = \"01\" }";
    let policy = with(text);
    let in_book = policy.dimension_in(&"xero:a".into(), "class").unwrap();
    assert_eq!(in_book.name.as_deref(), Some("Channel"));
    assert_eq!(in_book.values["Web"], "01");
    assert_eq!(policy.dimension_in(&"xero:b".into(), "class"), None);
    assert_eq!(policy.dimension_in(&"xero:a".into(), "location"), None);
    for wrong in ["name = \" \"", "values = { Web = \"a, b\" }", "title = \"Channel\""] {
        let text = format!("[dimensions.class.books.\"xero:a\"]\n{wrong}");
        let policy = Policy::new(1, &text, usd(), "UTC", "2026-01-01".parse().unwrap());
        assert!(policy.is_err(), "{wrong}");
    }
}
