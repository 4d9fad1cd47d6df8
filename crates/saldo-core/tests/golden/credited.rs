//! Returns as credit memos, with the money that is paid back for them.

use super::shop::{Shop, about, in_payout, order, payout, row, usd};
use super::{POLICY, account, all_cases, entered, entered_by, policy, words_of};
use saldo_core::accounting::{Group, Stock, Trial};
use saldo_core::commerce::{BalanceKind, BuyerKind, Fact, PayoutState, SaleKind};
use saldo_core::document::{DocumentKind, SubledgerEntry};
use saldo_core::issue::FactState;
use saldo_core::policy::Policy;
use std::collections::{BTreeMap, BTreeSet};

const CARD: &str = "shopify_payments";
const FAR: &str = "2027-01-01T00:00:00Z";
/// What buyers owe and have to get stands on one of these, whichever form returns have.
const OF_BUYERS: [&str; 2] = ["Accounts receivable", "Refunds payable to customer"];

fn credited() -> String {
    with("refunds = \"credit-memo\"")
}

fn with(text: &str) -> String {
    format!("{text}\n{POLICY}")
}

fn entries(facts: &[Fact], policy: &Policy, heard_until: &str) -> Vec<SubledgerEntry> {
    let accounted = account(facts, policy, heard_until.parse().unwrap());
    let mut entries: Vec<_> = accounted.into_iter().flat_map(|it| it.entries).collect();
    entries.sort_by_key(|it| (it.header.date, it.header.kind, it.id.clone()));
    entries
}

/// What accounts hold in the end.
fn sums(entries: &[SubledgerEntry]) -> BTreeMap<&str, i64> {
    let mut sums = BTreeMap::new();
    for line in entries.iter().flat_map(|entry| &entry.lines) {
        *sums.entry(&*line.account.name).or_default() += line.amount.minor();
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

fn sold() -> Shop {
    let goods = [(SaleKind::Product, "100.00", "0.00", "8.00")];
    order("03-10").sale("03-10", &goods)
}

fn paid() -> Shop {
    sold().paid("03-10", CARD, "108.00")
}

/// Half of it comes back.
fn half() -> [(SaleKind, &'static str, &'static str, &'static str); 1] {
    [(SaleKind::Product, "-50.00", "0.00", "-4.00")]
}

/// The documents of returns, each with what it does to the account of gateways and to what buyers
/// owe.
fn documents(shop: &Shop) -> Vec<String> {
    let found = entries(&[shop.clone().fact()], &policy(&credited()), FAR);
    let of_returns = found.iter().filter(|it| it.header.date > "2026-03-10".parse().unwrap());
    let told = |entry: &SubledgerEntry| {
        let on = |name: &str| {
            let lines = entry.lines.iter().filter(|line| line.account.name.starts_with(name));
            lines.map(|line| line.amount.minor()).sum::<i64>()
        };
        let (kind, owed) = (entry.header.kind, on("Accounts receivable"));
        format!("{kind} {owed} {}", on("Clearing"))
    };
    of_returns.map(told).collect()
}

#[test]
fn every_event_of_the_reference_moves_the_same_accounts() {
    let mut memos = 0;
    for case in all_cases() {
        let whole = |postings: &[(String, i64)]| {
            let mut sums: BTreeMap<String, i64> = BTreeMap::new();
            for (account, minor) in postings {
                let of_buyers = OF_BUYERS.contains(&&**account);
                let account = if of_buyers { "buyers" } else { account };
                *sums.entry(account.to_owned()).or_default() += minor;
            }
            sums.retain(|_, minor| *minor != 0);
            sums
        };
        let text = format!("refunds = \"credit-memo\"\n{}", words_of(case.event));
        let (found, before) = (entered_by(&text, &case), entered(&case));
        assert_eq!(whole(&found), whole(&before), "{}", case.event);
        memos += usize::from(found != before);
    }
    assert!(memos >= 5, "{memos} events have a return");
}

#[test]
fn a_return_is_a_credit_memo_and_each_gateway_pays_back_its_part() {
    let cases: [(Shop, &[&str]); 8] = [
        // Paid back at once, by one gateway or by two.
        (
            paid().refund("03-20", &half()).repaid("03-20", CARD, "54.00"),
            &["payment 5400 -5400", "credit-memo -5400 0"],
        ),
        (
            paid()
                .refund("03-20", &half())
                .repaid("03-20", CARD, "50.00")
                .repaid("03-20", "paypal", "4.00"),
            &["payment 5000 -5000", "payment 400 -400", "credit-memo -5400 0"],
        ),
        // In part, and the rest later; and not at all: a credit that stays.
        (
            paid()
                .refund("03-20", &half())
                .repaid("03-20", CARD, "20.00")
                .repaid("03-25", CARD, "34.00"),
            &["payment 2000 -2000", "credit-memo -5400 0", "payment 3400 -3400"],
        ),
        (paid().refund("03-20", &half()), &["credit-memo -5400 0"]),
        // Store credit is no money: with the memo on the same day, and against it later.
        (
            paid().refund("03-20", &half()).repaid("03-20", "store_credit", "54.00"),
            &["credit-memo 0 0"],
        ),
        (
            paid().refund("03-20", &half()).repaid("03-25", "gift_card", "54.00"),
            &["credit-memo -5400 0", "invoice 5400 0"],
        ),
        // Money before its return, or without one.
        (
            paid().repaid("03-20", CARD, "60.00").refund("03-25", &half()),
            &["expense 0 -6000", "credit-memo 0 0"],
        ),
        (paid().repaid("03-20", CARD, "60.00"), &["expense 0 -6000"]),
    ];
    for (shop, expected) in cases {
        assert_eq!(documents(&shop), expected);
    }
}

#[test]
fn what_coins_and_rates_differ_by_stands_beside_the_payment() {
    let rounded = paid().refund("03-20", &half()).repaid("03-20", "cash", "54.00").rounded("0.02");
    let at_rate = paid().refund("03-20", &half()).repaid("03-20", CARD, "54.00").in_euros(
        "50.00",
        "55.00",
        ("USD", "1.1"),
    );
    for (shop, account, moved, on) in [
        (rounded, "Cash drawer", -5_402, "Rounding differences"),
        (at_rate, "Clearing: Shopify Payments", -5_500, "FX gain/loss (realised)"),
    ] {
        for detail in ["order", "day"] {
            let text = format!("detail = \"{detail}\"\nrefunds = \"credit-memo\"");
            let facts = [shop.clone().fact()];
            let mut found = entries(&facts, &policy(&with(&text)), FAR);
            found.retain(|it| it.header.date == "2026-03-20".parse().unwrap());
            let of = |kind| found.iter().find(|it| it.header.kind == kind).unwrap();
            let (payment, memo) = (of(DocumentKind::Payment), of(DocumentKind::CreditMemo));
            assert_eq!(payment.header.applies_to.as_ref(), Some(&memo.header.slot));
            assert_eq!((payment.lines.len(), payment.lines[1].amount.minor()), (2, -5_400));
            let apart = of(DocumentKind::JournalEntry);
            assert_eq!(apart.header.applies_to, None);
            assert!(apart.lines.iter().any(|line| &*line.account.name == on), "{apart:?}");
            if detail == "day" {
                assert_eq!(payment.header.memo, "Refunds paid back of 2026-03-20");
                assert_eq!(apart.header.memo, "Rates and rounding of refunds of 2026-03-20");
            }
            assert_eq!(sums(&found).get(account), Some(&moved));
            assert_eq!(sums(&found).get("Accounts receivable"), None);
        }
    }
}

#[test]
fn a_payment_belongs_to_its_credit_memo() {
    let shop = paid().refund("03-20", &half()).repaid("03-25", CARD, "54.00");
    let found = entries(&[shop.fact()], &policy(&credited()), FAR);
    let of = |kind| found.iter().find(|it| it.header.kind == kind).unwrap();
    let memo = of(DocumentKind::CreditMemo);
    assert_eq!(of(DocumentKind::Payment).header.applies_to.as_ref(), Some(&memo.header.slot));
    assert_eq!(memo.header.applies_to, None);
    assert_eq!(sums(&found).get("Accounts receivable"), None);
}

#[test]
fn a_credit_pays_what_is_sold_to_the_order_later() {
    let more = [(SaleKind::Product, "70.00", "0.00", "5.60")];
    let exchanged = paid()
        .refund("03-12", &half())
        .agree(saldo_core::commerce::AgreementKind::Edit, "03-14", &more)
        .paid("03-16", CARD, "21.60");
    let found = entries(&[exchanged.clone().fact()], &policy(&credited()), FAR);
    for account in OF_BUYERS {
        assert_eq!(sums(&found).get(account), None, "{account}");
    }
    // What more comes back is not paid out of the credit that was used.
    let again = exchanged.refund("03-20", &half()).repaid("03-25", CARD, "54.00");
    let found = entries(&[again.fact()], &policy(&credited()), FAR);
    let payment = found.iter().rfind(|it| it.header.kind == DocumentKind::Payment).unwrap();
    let memo = payment.header.applies_to.as_ref().unwrap();
    assert!(memo.contains("2026-03-20 return"), "{memo}");
    assert_eq!(sums(&found).get("Accounts receivable"), None);
}

#[test]
fn what_is_still_to_be_paid_is_set_off_first() {
    let returned = sold().paid("03-10", CARD, "80.00").refund("03-12", &half());
    let found =
        entries(&[returned.repaid("03-15", CARD, "26.00").fact()], &policy(&credited()), FAR);
    let memo = found.iter().find(|it| it.header.kind == DocumentKind::CreditMemo).unwrap();
    let invoice = found.iter().find(|it| it.header.kind == DocumentKind::Invoice).unwrap();
    assert_eq!(memo.header.applies_to.as_ref(), Some(&invoice.header.slot));
    let back = found.iter().rfind(|it| it.header.kind == DocumentKind::Payment).unwrap();
    assert_eq!(back.header.applies_to.as_ref(), Some(&memo.header.slot));
    assert_eq!(sums(&found).get("Accounts receivable"), None);
}

#[test]
fn a_return_before_the_switch_is_paid_back_as_it_was_entered() {
    let shop = paid().refund("03-12", &half()).repaid("03-20", CARD, "54.00");
    let goodwill = [(SaleKind::Adjustment, "-15.00", "0.00", "0.00")];
    let facts = [shop.refund("03-25", &goodwill).repaid("03-28", CARD, "15.00").fact()];
    let since = "2026-03-15".parse().unwrap();
    let (old, new) = (policy(POLICY), policy(&credited()));
    let cases = [
        (new.clone().following(old.clone(), since), ["refund-receipt", "expense"], "credit-memo"),
        (old.following(new, since), ["credit-memo", "payment"], "refund-receipt"),
    ];
    for (policy, first, then) in cases {
        let found = entries(&facts, &policy, FAR);
        let kinds: Vec<&str> = found[1..].iter().map(|it| it.header.kind.name()).collect();
        assert_eq!((&kinds[..2], kinds[2]), (&first[..], then));
        for account in OF_BUYERS {
            assert_eq!(sums(&found).get(account), None, "{account}");
        }
    }
}

#[test]
fn what_was_owed_before_the_books_begin_is_paid_back_without_a_credit_memo() {
    let start = "2026-03-22".parse().unwrap();
    let policy = Policy::new(1, &credited(), usd(), "America/New_York", start).unwrap();
    let shop = paid().refund("03-20", &half()).repaid("03-25", CARD, "54.00");
    let found = entries(&[shop.fact()], &policy, FAR);
    let [paid_back] = &found[..] else { panic!("{found:?}") };
    assert_eq!(
        (paid_back.header.kind, &paid_back.header.applies_to),
        (DocumentKind::Expense, &None)
    );
}

#[test]
fn a_day_is_one_credit_memo_and_one_payment_for_each_account() {
    let back = |number, by: &str| {
        let sold = sold().numbered(number).paid("03-10", by, "108.00");
        sold.refund("03-20", &half()).repaid("03-20", by, "54.00")
    };
    let stays = paid().numbered(4).refund("03-20", &half());
    let facts =
        [back(1, CARD).fact(), back(2, CARD).fact(), back(3, "paypal").fact(), stays.fact()];
    let policy = policy(&with("detail = \"day\"\nrefunds = \"credit-memo\""));
    let mut slots: BTreeMap<String, Vec<SubledgerEntry>> = BTreeMap::new();
    let day = "2026-03-20".parse().unwrap();
    for entry in entries(&facts, &policy, FAR).into_iter().filter(|it| it.header.date == day) {
        slots.entry(entry.header.slot.clone()).or_default().push(entry);
    }
    let told: Vec<(&str, usize, i64)> = slots
        .values()
        .map(|entries| {
            let owed = sums(entries).get("Accounts receivable").copied().unwrap_or_default();
            (entries[0].header.kind.name(), entries.len(), owed)
        })
        .collect();
    let expected = [("credit-memo", 1, -5_400), ("credit-memo", 3, -16_200), ("payment", 1, 5_400)];
    assert_eq!(told, [&expected[..], &[("payment", 2, 10_800)]].concat());
    let (memo, _) = slots.iter().find(|(_, entries)| entries.len() == 3).unwrap();
    for entries in slots.values().filter(|it| it[0].header.kind == DocumentKind::Payment) {
        assert!(entries.iter().all(|it| it.header.applies_to.as_ref() == Some(memo)));
    }
}

#[test]
fn a_payout_takes_a_credit_memo_along_with_its_payment() {
    let sold = paid().refund("03-12", &half()).repaid("03-12", CARD, "54.00");
    let row = |number, day, kind, amount, movement| {
        in_payout(about(row(number, day, kind, amount, "0.00"), 1, movement), 7)
    };
    let told = |state| {
        let facts = [
            sold.clone().fact(),
            row(1, "03-10", BalanceKind::Charge, "108.00", 1),
            row(2, "03-12", BalanceKind::Refund, "-54.00", 2),
            payout(CARD, 7, "03-14", "54.00", state),
        ];
        let policy = policy(&with("detail = \"payout\"\nrefunds = \"credit-memo\""));
        account(&facts, &policy, "2026-03-20T17:00:00Z".parse().unwrap())
    };
    let before = told(PayoutState::Scheduled);
    assert!(before.iter().all(|it| it.entries.is_empty()), "{before:?}");
    let waits = |state: &FactState| matches!(state, FactState::Waiting { .. });
    let mut standings = before.iter().flat_map(|it| &it.standings);
    assert!(standings.all(|it| waits(&it.state)), "{before:?}");
    let found: Vec<_> = told(PayoutState::Paid).into_iter().flat_map(|it| it.entries).collect();
    let mut kinds: Vec<_> =
        found.iter().map(|it| (it.header.kind.name(), it.header.date.to_string())).collect();
    kinds.sort_unstable();
    let on = |kind| (kind, "2026-03-14".to_owned());
    assert_eq!(kinds, ["credit-memo", "payment", "sales-receipt", "transfer"].map(on));
    assert_eq!(sums(&found).get("Accounts receivable"), None);
}

/// The form of an order's return of half of it, which is repaid by the card.
fn form(shop: Shop, policy: &Policy) -> DocumentKind {
    let back = shop.refund("03-20", &half()).repaid("03-20", CARD, "54.00");
    let found = entries(&[back.fact()], policy, FAR);
    let of_return = found.iter().find(|it| it.header.date == "2026-03-20".parse().unwrap());
    match found.iter().any(|it| it.header.kind == DocumentKind::CreditMemo) {
        true => DocumentKind::CreditMemo,
        false => of_return.unwrap().header.kind,
    }
}

#[test]
fn a_return_has_the_form_of_the_first_rule_that_says_one() {
    let rules = r#"
        [[rules]]
        name = "Staff"
        when.tag = "staff"
        refunds = "refund-receipt"
        [[rules]]
        name = "By PayPal"
        when.gateway = "paypal"
        refunds = "credit-memo"
        [[rules]]
        name = "Trade"
        when = { buyer-tag = "trade", channel = "shop", currency = "USD", source = "web" }
        refunds = "credit-memo"
        [[rules]]
        name = "Aarhus"
        when.location = "68712345"
        refunds = "credit-memo"
    "#;
    let policy = policy(&format!("{POLICY}\n{rules}"));
    let (receipt, memo) = (DocumentKind::RefundReceipt, DocumentKind::CreditMemo);
    let by_paypal = || sold().paid("03-10", "paypal", "108.00");
    assert_eq!(form(paid(), &policy), receipt);
    assert_eq!(form(by_paypal(), &policy), memo, "the gateway that it was paid by until then");
    assert_eq!(
        form(by_paypal().paid("03-25", CARD, "1.00"), &policy),
        memo,
        "not what comes later"
    );
    assert_eq!(form(by_paypal().tagged(&["staff"]), &policy), receipt);
    let trade = paid().bought_by(BuyerKind::Company, "US", &["trade"]);
    assert_eq!(form(trade, &policy), memo);
    assert_eq!(form(paid().located("Location/68712345"), &policy), memo);
    // Rules go by the day, as the policy's own form does.
    let since = |day: &str| super::policy(POLICY).following(policy.clone(), day.parse().unwrap());
    assert_eq!(form(by_paypal(), &since("2026-03-20")), receipt);
    assert_eq!(form(by_paypal(), &since("2026-03-21")), memo);
}

#[test]
fn a_trial_shows_which_returns_a_rule_enters_otherwise() {
    let rules = r#"
        [[rules]]
        name = "By PayPal"
        when.gateway = "paypal"
        refunds = "credit-memo"
        [[rules]]
        name = "Too late"
        when.gateway = "pay*"
        refunds = "refund-receipt"
        [[rules]]
        name = "Nobody"
        when.buyer-tag = "nobody"
        refunds = "refund-receipt"
    "#;
    let policy = policy(&format!("{POLICY}\n{rules}"));
    let back = |shop: Shop| shop.refund("03-20", &half()).fact();
    let orders = [back(sold().paid("03-10", "paypal", "108.00")), back(paid().numbered(2))];
    let groups = orders.map(|fact| (Group::Order(fact.id().clone()), vec![fact]));
    let (mut trial, far) = (Trial::of(&policy), FAR.parse().unwrap());
    for (group, facts) in &groups {
        trial.add(group, facts, &Stock::default(), far).unwrap();
    }
    let caught: Vec<_> = trial.rules.iter().map(|(place, it)| (*place, it.count)).collect();
    assert_eq!(caught, [(0, 1)]);
    let [example] = &trial.rules[&0].examples[..] else { panic!() };
    let shown =
        format!("{} {} {}: {}", example.reference, example.date, example.text, example.amount);
    assert_eq!(shown, "#1001 2026-03-20 return entered as credit memo: 54.00 USD");
    let mut idle = trial.idle(&policy).unwrap();
    for (group, facts) in &groups {
        idle.add(group, facts, &Stock::default(), far);
    }
    assert_eq!(idle.shadowed, BTreeMap::from([(1, BTreeSet::from([0]))]));
}
