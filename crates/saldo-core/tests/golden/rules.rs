//! Rules of the policy: which account what gets, and which orders are left out.

use super::shop::{Shop, dispute, goods, order, row, told, usd};
use super::{POLICY, account, policy};
use saldo_core::accounting::{Group, Stock, Trial};
use saldo_core::commerce::{AgreementKind, BalanceKind, BuyerKind, DisputeOutcome, Fact, SaleKind};
use saldo_core::issue::FactState;
use saldo_core::policy::{Policy, PolicyError};
use std::collections::BTreeMap;

const CARD: &str = "shopify_payments";

/// Two mugs and carriage, paid at once by card.
fn sale() -> Shop {
    let mug = (SaleKind::Product, "100.00", "10.00", "0.00");
    let carriage = (SaleKind::Shipping, "8.00", "0.00", "0.00");
    order("03-10").sale("03-10", &[mug, carriage]).paid("03-10", CARD, "98.00")
}

fn with_rules(rules: &str) -> Policy {
    policy(&format!("{POLICY}\n{rules}"))
}

/// What the accounts of income and expense hold in the end, in minor units.
fn sums(facts: &[Fact], policy: &Policy) -> BTreeMap<String, i64> {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for accounted in account(facts, policy, far) {
        for line in accounted.entries.iter().flat_map(|entry| &entry.lines) {
            *sums.entry(line.account.name.to_string()).or_default() += line.amount.minor();
        }
    }
    sums.retain(|name, minor| *minor != 0 && !name.starts_with("Clearing"));
    sums
}

/// Which account the mugs of a sale are entered on, with one rule for sales of products.
fn entered_on(sale: Shop, conditions: &str) -> String {
    let rule = format!(
        "[[rules]]\nname = \"R\"\naccount = \"By rule\"\n\
         [rules.when]\nrole = \"product-sales\"\n{conditions}"
    );
    let sums = sums(&[sale.fact()], &with_rules(&rule));
    let on = ["By rule", "Product sales"].into_iter().filter(|name| sums.contains_key(*name));
    on.collect::<Vec<_>>().join(" and ")
}

#[test]
fn every_condition_is_looked_at() {
    let sold = || {
        sale()
            .located("Location/7")
            .tagged(&["VIP", "wholesale"])
            .of_assortment("Mugs", "Northern Mill")
            .presented_in("EUR")
            .bought_by(BuyerKind::Company, "DE", &["Trade", "net 30"])
    };
    let cases = [
        ("channel = \"shop\"", true),
        ("channel = \"sh*\"", true),
        ("channel = \"market\"", false),
        ("gateway = \"shopify_payments\"", true),
        ("gateway = [\"paypal\", \"cash\"]", false),
        ("currency = \"EUR\"", true),
        ("currency = \"USD\"", false),
        ("location = \"7\"", true),
        ("location = \"Location/7\"", true),
        ("location = \"8\"", false),
        ("product-type = \"mugs\"", true),
        ("product-type = \"Lamps\"", false),
        ("product = \"Mug\"", true),
        ("sku = \"MUG\"", true),
        ("sku = \"MUG-*\"", false),
        ("vendor = \"northern*\"", true),
        ("vendor = \"Studio\"", false),
        ("tag = \"vip\"", true),
        ("tag = \"staff\"", false),
        ("source = \"web\"", true),
        ("source = \"pos\"", false),
        ("tag = \"vip\"\nsource = \"pos\"", false),
        ("buyer-tag = \"trade\"", true),
        ("buyer-tag = \"vip\"", false),
        ("buyer-kind = \"company\"", true),
        ("buyer-kind = \"person\"", false),
        ("buyer-country = [\"at\", \"de\"]", true),
        ("buyer-country = \"US\"", false),
        ("buyer-tag = \"trade\"\nbuyer-country = \"US\"", false),
    ];
    for (conditions, holds) in cases {
        let expected = if holds { "By rule" } else { "Product sales" };
        assert_eq!(entered_on(sold(), conditions), expected, "{conditions}");
    }
}

#[test]
fn what_is_not_known_holds_no_condition() {
    let conditions = ["location", "vendor", "tag", "product-type", "buyer-tag", "buyer-country"];
    for condition in conditions.map(|name| format!("{name} = \"*\"")) {
        assert_eq!(entered_on(sale(), &condition), "Product sales", "{condition}");
    }
    for condition in ["buyer-kind = \"person\"", "buyer-kind = \"company\""] {
        assert_eq!(entered_on(sale(), condition), "Product sales", "{condition}");
    }
    let unpaid = order("03-10").sale_of_s1("03-10");
    assert_eq!(entered_on(unpaid, "gateway = \"*\""), "Product sales");
    let by_two = order("03-10").sale_of_s1("03-10");
    let by_two = by_two.paid("03-10", CARD, "50.00").paid("03-10", "paypal", "55.43");
    assert_eq!(entered_on(by_two, "gateway = \"*\""), "Product sales");
    for (paid, expected) in
        [("50.00", "Product sales"), ("105.43", "By rule"), ("120.00", "By rule")]
    {
        let sold = order("03-10").sale_of_s1("03-10").paid("03-10", CARD, paid);
        assert_eq!(entered_on(sold, "gateway = \"*\""), expected, "{paid} of 105.43");
    }
}

#[test]
fn the_first_rule_that_answers_wins() {
    let rules = r#"
        [[rules]]
        name = "Fees"
        when.role = "processing-fees"
        account = "Card fees"
        [[rules]]
        name = "Mugs"
        when = { role = ["product-sales", "shipping-income"], sku = "MUG" }
        account = "Mugs"
        [[rules]]
        name = "All else"
        when.role = ["product-sales", "shipping-income"]
        account = "Other sales"
        [[rules]]
        name = "Discounts"
        when.role = "discounts"
        account = "Discounts of mugs"
    "#;
    let facts = [sale().fact(), row(1, "03-10", BalanceKind::Charge, "98.00", "3.00")];
    insta::assert_compact_debug_snapshot!(
        sums(&facts, &with_rules(rules)),
        @r#"{"Card fees": 300, "Discounts of mugs": 1000, "Mugs": -10000, "Other sales": -800}"#
    );
}

#[test]
fn what_is_earned_when_it_is_handed_over_goes_by_the_same_rules() {
    let rules = "[[rules]]\nname = \"Mugs\"\nwhen = { role = \"product-sales\", sku = \"MUG\" }\n\
                 account = \"Mugs\"";
    let handed = [sale().fact(), told(goods(&[("03-11", &[("Item/1", 1)])]))];
    let policy = |recognition: &str| policy(&format!("{recognition}\n{POLICY}\n{rules}"));
    let at_payment = sums(&handed, &policy(""));
    assert_eq!(at_payment["Mugs"], -10_000);
    assert_eq!(sums(&handed, &policy("recognition = \"fulfilment\"")), at_payment);
}

#[test]
fn a_dispute_goes_by_its_channel() {
    let rules = "[[rules]]\nname = \"Lost\"\nwhen = { role = \"chargeback-losses\", \
                 channel = \"shop\" }\naccount = \"Lost in the shop\"";
    let lost = dispute("03-20", DisputeOutcome::Lost, "105.43");
    assert_eq!(sums(&[lost], &with_rules(rules))["Lost in the shop"], 10_543);
}

fn states(facts: &[Fact], policy: &Policy) -> Vec<FactState> {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = account(facts, policy, far);
    accounted.into_iter().flat_map(|it| it.standings).map(|it| it.state).collect()
}

#[test]
fn an_order_is_left_out_by_a_rule_that_is_named() {
    let rules = "[[rules]]\nname = \"Staff\"\nwhen = { tag = \"staff\" }\nexclude = true\n\
                 [[rules]]\nname = \"Called off\"\nwhen = { status = \"cancelled\" }\n\
                 exclude = true";
    let policy = with_rules(rules);
    let left_out = |rule: &str| vec![FactState::Excluded { rule: format!("rules/{rule}") }];
    let entered = vec![FactState::Accounted { review: None }];
    assert_eq!(states(&[sale().fact()], &policy), entered);
    let staff = sale().tagged(&["Staff"]);
    assert_eq!(states(&[staff.clone().fact()], &policy), left_out("Staff"));
    assert_eq!(states(&[staff.cancelled("03-11").fact()], &policy), left_out("Staff"));
    assert_eq!(states(&[sale().cancelled("03-11").fact()], &policy), left_out("Called off"));
}

#[test]
fn money_of_an_order_that_is_left_out_is_entered_for_review() {
    let rules = "[[rules]]\nname = \"All\"\nexclude = true";
    let facts = [sale().fact(), row(1, "03-10", BalanceKind::Charge, "98.00", "3.00")];
    let sums = sums(&facts, &with_rules(rules));
    assert_eq!(sums["Platform adjustments - to review"], -9_800);
    assert!(!sums.contains_key("Product sales"), "{sums:?}");
}

#[test]
fn an_order_has_the_detail_of_the_first_rule_that_says_one() {
    let rules = r#"
        [[rules]]
        name = "Large buyers"
        when.tag = "wholesale"
        detail = "order"
        [[rules]]
        name = "The web"
        when.source = "web"
        detail = "day"
    "#;
    let slots = |policy: &Policy| -> Vec<String> {
        let far = "2027-01-01T00:00:00Z".parse().unwrap();
        let facts = [sale().fact(), sale().numbered(2).tagged(&["wholesale"]).fact()];
        let accounted = account(&facts, policy, far).into_iter();
        accounted.flat_map(|it| it.entries).map(|entry| entry.header.slot).collect()
    };
    let [one, other] = &slots(&with_rules(rules))[..] else { panic!() };
    assert!(one.starts_with("summary/shop/2026-03-10/sales-receipt/"), "{one}");
    assert!(other.starts_with("shop/OrderName/#1002/"), "{other}");
    let by_payout = with_rules("[[rules]]\nname = \"P\"\ndetail = \"payout\"");
    assert!(by_payout.follows_payouts());
    assert!(slots(&by_payout).iter().all(|slot| slot.contains("not-paid-out/2026-03")));
}

#[test]
fn a_rule_without_sense_is_refused_by_its_name() {
    let cases = [
        ("account = \"A\"", "say for which `role`"),
        ("when.role = \"deposits\"\naccount = \"A\"", "what comes in there must go out"),
        ("when.role = \"discounts\"\naccount = \"Product sales\"", "another kind"),
        ("when.role = [\"discounts\", \"tips\"]\naccount = \"A\"", "the account of tips"),
        ("when.role = [\"discounts\", \"product-sales\"]\naccount = \"A\"", "another kind"),
        ("when.tag = \"a\"", "it says nothing"),
        ("when.sku = \"a\"\nexclude = true", "`sku` is of single lines"),
        ("when.gateway = \"a\"\nexclude = true", "`gateway` is of single lines"),
        ("when.status = \"paid\"\ndetail = \"day\"", "`status` changes"),
        ("when.status = \"paid\"\nrefunds = \"credit-memo\"", "`status` changes"),
        ("when.sku = \"a\"\nrefunds = \"credit-memo\"", "`sku` is of single lines"),
        ("sales = \"invoice\"\nrefunds = \"credit-memo\"", "more than one thing"),
        ("refunds = \"credit\"", "unknown variant `credit`"),
        ("account = \"A\"\nexclude = true", "more than one thing"),
        ("detail = \"day\"\nexclude = true", "more than one thing"),
        ("when.tagg = \"a\"", "unknown field `tagg`"),
        ("when.role = \"sales\"", "unknown variant `sales`"),
        ("acount = \"a\"", "unknown field `acount`"),
        ("when.status = \"gone\"", "unknown variant `gone`"),
    ];
    let new =
        |text: &str| Policy::new(1, text, usd(), "UTC", "2026-01-01".parse().unwrap()).map(|_| ());
    for (rule, expected) in cases {
        let text = format!("[[rules]]\nname = \"R\"\n{rule}\n");
        match new(&text) {
            Err(PolicyError::Rule { rule, why }) => {
                assert_eq!(rule, "R");
                assert!(why.contains(expected), "{text}{why}");
            }
            other => panic!("{text}{other:?}"),
        }
    }
    let twice = "[[rules]]\nname = \"R\"\nexclude = true\n".repeat(2);
    assert!(new(&twice).unwrap_err().to_string().contains("same name"));
    let nameless = new("[[rules]]\nexclude = true\n").unwrap_err().to_string();
    assert_eq!(nameless, "the rule `number 1` has no sense: missing field `name`");
}

#[test]
fn a_trial_shows_what_each_rule_catches_and_what_comes_too_late() {
    let rules = r#"
        [[rules]]
        name = "Staff"
        when.tag = "staff"
        exclude = true
        [[rules]]
        name = "Mugs"
        when = { role = "product-sales", sku = "MUG" }
        account = "Mugs"
        [[rules]]
        name = "Too late"
        when = { role = "product-sales", product = "Mug", source = "web" }
        account = "Web mugs"
        [[rules]]
        name = "Nothing"
        when = { role = "product-sales", vendor = "Nobody" }
        account = "Nobody's"
        [[rules]]
        name = "By the day"
        when.source = "web"
        detail = "day"
        [[rules]]
        name = "Staff by the order"
        when.tag = "staff"
        detail = "order"
        [[rules]]
        name = "Staff discounts"
        when = { role = "discounts", tag = "staff" }
        account = "Staff discounts"
    "#;
    let policy = with_rules(rules);
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let refund = (SaleKind::Product, "-20.00", "0.00", "0.00");
    let sold = sale().agree(AgreementKind::Refund, "03-12", &[refund]);
    let orders = [sold.fact(), sale().numbered(2).tagged(&["staff"]).fact()];
    let groups = orders.map(|fact| (Group::Order(fact.id().clone()), vec![fact]));
    let mut trial = Trial::of(&policy);
    for (group, facts) in &groups {
        trial.add(group, facts, &Stock::default(), far).unwrap();
    }
    let mut idle = trial.idle(&policy).unwrap();
    for (group, facts) in &groups {
        idle.add(group, facts, &Stock::default(), far);
    }
    let caught = |catch: &saldo_core::accounting::Catch| {
        assert_eq!(catch.examples.len(), 1);
        (catch.count, catch.sum.of(usd()).to_string())
    };
    let by_rule: BTreeMap<_, _> = trial.rules.iter().map(|it| (*it.0, caught(it.1))).collect();
    let rest: BTreeMap<_, _> =
        trial.rest.iter().map(|it| (it.0.word(), it.1.sum.of(usd()).to_string())).collect();
    insta::assert_compact_debug_snapshot!(
        by_rule,
        @r#"{0: (1, "98.00 USD"), 1: (1, "-100.00 USD"), 4: (1, "78.00 USD")}"#
    );
    insta::assert_compact_debug_snapshot!(
        rest,
        @r#"{"discounts": "10.00 USD", "returns": "20.00 USD", "shipping-income": "-8.00 USD"}"#
    );
    insta::assert_compact_debug_snapshot!(idle.shadowed, @"{2: {0, 1}, 5: {0}, 6: {0}}");
}

#[test]
fn of_what_a_rule_catches_the_first_three_are_shown_and_all_are_counted() {
    let rules = "[[rules]]\nname = \"All\"\nexclude = true";
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let mut trial = Trial::of(&with_rules(rules));
    for number in 1..=4 {
        let fact = sale().numbered(number).fact();
        let group = Group::Order(fact.id().clone());
        trial.add(&group, &[fact], &Stock::default(), far).unwrap();
    }
    let catch = &trial.rules[&0];
    let shown: Vec<&str> = catch.examples.iter().map(|example| &*example.reference).collect();
    assert_eq!((catch.count, shown), (4, vec!["#1001", "#1002", "#1003"]));
}
