//! Open amounts of other currencies, valued at the ends of months.

use super::currency::{kept, paid_out_on};
use super::shop::{decided, eur, euros, in_payout, no, payout, row, undone, usd};
use super::{POLICY, account, policy};
use jiff::Timestamp;
use proptest::prelude::*;
use rust_decimal::Decimal;
use saldo_core::accounting::{
    Accounted, ForeignSum, Group, OpenBalance, RevaluedMonth, foreign_moves, heard_to,
    is_revaluation, open_balances, revalue, stand_meanwhile,
};
use saldo_core::commerce::{BalanceKind, Decided, Fact, PayoutState};
use saldo_core::document::{Document, SubledgerEntry};
use saldo_core::issue::FactState;
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::money::Money;
use std::collections::BTreeMap;

const CLEARING: &str = "Clearing: Shopify Payments EUR";
const UNREALISED: &str = "FX gain/loss (unrealised)";

/// What one euro was worth on the last day of a month: `03-31`.
fn rate(day: &str, rate: &str) -> Fact {
    let rate = rate.parse().unwrap();
    decided(day, Decided::ClosingRate { currency: eur(), rate })
}

/// What facts come to, the revaluations of all months that were heard to their end among it.
fn books(facts: &[Fact], text: &str, heard: &str) -> Vec<Accounted> {
    let (policy, heard) = (policy(text), heard.parse::<Timestamp>().unwrap());
    let is_rate = |fact: &&Fact| match fact {
        Fact::Decision(it) => matches!(it.said.decided, Decided::ClosingRate { .. }),
        _ => false,
    };
    let rates: Vec<Fact> = facts.iter().filter(is_rate).cloned().collect();
    let others: Vec<Fact> = facts.iter().filter(|it| !is_rate(it)).cloned().collect();
    let mut accounted = account(&others, &policy, heard);
    let moved = |it: &Accounted| [foreign_moves(&it.entries), it.opened.clone()].concat();
    let moves = accounted.iter().flat_map(moved);
    let sums = moves.map(|it| ForeignSum {
        currency: it.amount.currency(),
        minor: it.amount.minor().into(),
        worth: it.worth.minor().into(),
        account: it.account,
        channel: it.channel,
        month: it.month,
    });
    let sums: Vec<ForeignSum> = sums.collect();
    let mut months = open_balances(&sums, &policy, &heard_to(&sums, &policy, |_| heard));
    for rate in &rates {
        let groups = saldo_core::accounting::groups(rate);
        let [Group::Revaluation(month)] = groups[..] else { panic!("{groups:?}") };
        months.entry(month).or_default();
    }
    accounted.extend(months.iter().map(|(month, open)| {
        let own = |fact: &&Fact| match fact {
            Fact::Decision(it) => RevaluedMonth::of(month.currency, it.said.on) == *month,
            _ => false,
        };
        let own: Vec<Fact> = rates.iter().filter(own).cloned().collect();
        revalue(month, open, &own, &policy)
    }));
    accounted
}

fn entries(accounted: &[Accounted]) -> Vec<SubledgerEntry> {
    accounted.iter().flat_map(|it| it.entries.clone()).collect()
}

/// What stands on an account at the end of a day, in the books' currency and in its own.
fn stands(entries: &[SubledgerEntry], account: &str, day: &str) -> (i64, i64) {
    let day = format!("2026-{day}").parse().unwrap();
    let lines = entries.iter().filter(|it| it.header.date <= day).flat_map(|it| &it.lines);
    let own = lines.filter(|line| &*line.account.name == account);
    own.fold((0, 0), |(worth, held), line| {
        (worth + line.amount.minor(), held + line.foreign.map_or(0, Money::minor))
    })
}

fn held(accounted: &[Accounted]) -> Vec<&saldo_core::issue::Issue> {
    let states = accounted.iter().flat_map(|it| &it.standings);
    let issues = states.filter_map(|it| match &it.state {
        FactState::Held(issue) => Some(issue),
        _ => None,
    });
    issues.collect()
}

/// The sale of the reference's F2 in March, its payout on the second of April.
fn over_the_month_end() -> Vec<Fact> {
    paid_out_on("04-02", "04-03")
}

#[test]
fn what_is_open_stands_at_the_closing_rate_for_one_night() {
    // 95.00 euros that came in at 104.50 are 103.664 at 1.0912, so 103.66: 0.84 less.
    let facts = [over_the_month_end(), vec![rate("03-31", "1.0912")]].concat();
    let accounted = books(&facts, POLICY, "2026-05-10T00:00:00Z");
    assert!(held(&accounted).is_empty(), "{:?}", held(&accounted));
    let entries = entries(&accounted);
    assert_eq!(stands(&entries, CLEARING, "03-30"), (10_450, 9_500));
    assert_eq!(stands(&entries, CLEARING, "03-31"), (10_366, 9_500));
    assert_eq!(stands(&entries, UNREALISED, "03-31").0, 84);
    assert_eq!(stands(&entries, CLEARING, "04-01"), (10_450, 9_500));
    assert_eq!(stands(&entries, UNREALISED, "04-01").0, 0);
    // Once it is paid out, all of it is as though no month had ended: the figures of F2.
    assert_eq!(stands(&entries, CLEARING, "04-30"), (0, 0));
    assert_eq!(stands(&entries, "Bank", "04-30").0, 10_355);
    assert_eq!(stands(&entries, "FX gain/loss (realised)", "04-30").0, 95);
    let [valued, back] = &revaluations(&entries)[..] else { panic!("{entries:#?}") };
    let slots = [&*valued.header.slot, &*back.header.slot];
    let slot = format!("revaluation/{CLEARING}/2026-03");
    assert_eq!(slots, [slot.clone(), format!("{slot}/reversed")]);
    assert_eq!(valued.lines[0].foreign, Some(Money::zero(eur())), "nothing moves but its worth");
    insta::assert_snapshot!(
        valued.header.memo,
        @"Clearing: Shopify Payments EUR valued at 1.0912 USD for a EUR"
    );
}

fn revaluations(entries: &[SubledgerEntry]) -> Vec<&SubledgerEntry> {
    entries.iter().filter(|entry| is_revaluation(&entry.header.slot)).collect()
}

#[test]
fn a_rate_that_is_corrected_while_not_all_is_heard_waits() {
    let month = RevaluedMonth::of(eur(), "2026-03-31".parse().unwrap());
    assert_eq!(RevaluedMonth::of_fact("owner/ClosingRate/EUR/2026-03"), Some(month));
    assert_eq!(RevaluedMonth::of_fact("owner/Decision/1"), None);
    let (first, second) = (rate("03-31", "1.0912"), no(2, rate("03-31", "1.10")));
    let third = undone(no(3, rate("03-31", "1.2")));
    let entered = FactState::Accounted { review: None };
    let before = vec![(first.id().clone(), first.source().clone(), entered.clone())];
    let all = [first.clone(), second.clone(), third.clone()];
    let states = stand_meanwhile(&month, &all, &before);
    let of = |fact: &Fact| {
        let mut own = states.iter().filter(|(id, ..)| id == fact.id());
        let (Some((_, _, state)), None) = (own.next(), own.next()) else { panic!("{states:?}") };
        state.clone()
    };
    assert_eq!(of(&first), entered, "its entry stands");
    let FactState::Waiting { for_what, until: None } = of(&second) else { panic!("{states:?}") };
    insta::assert_snapshot!(
        for_what,
        @"all channels with EUR to be heard to the end of 2026-03-31"
    );
    assert_eq!(of(&third), FactState::Excluded { rule: "taken-back".to_owned() });
    assert_eq!(stand_meanwhile(&month, &all, &states), states, "asked again, nothing is added");
}

#[test]
fn a_rate_that_nobody_stated_holds_the_revaluation_alone() {
    let all = books(&over_the_month_end(), POLICY, "2026-05-10T00:00:00Z");
    let [issue] = held(&all)[..] else { panic!("{:?}", held(&all)) };
    insta::assert_snapshot!(issue.about, @"owner/ClosingRate/EUR/2026-03");
    insta::assert_snapshot!(
        issue.message,
        @"nobody stated the closing rate of EUR on 2026-03-31 for Clearing: Shopify Payments EUR"
    );
    let command = "saldo decide closing-rate EUR 2026-03-31 RATE";
    assert!(issue.hint.contains(command), "{}", issue.hint);
    assert_eq!(stands(&entries(&all), "Bank", "04-30").0, 10_355);
    // Taken back, a rate was never stated; where the policy wants none, none is missing.
    let facts = [over_the_month_end(), vec![undone(rate("03-31", "1.0912"))]].concat();
    assert_eq!(held(&books(&facts, POLICY, "2026-05-10T00:00:00Z")).len(), 1);
    let never = format!("{POLICY}\n[currencies]\nrevaluation = \"none\"");
    let facts = [over_the_month_end(), vec![rate("03-31", "1.0912")]].concat();
    let accounted = books(&facts, &never, "2026-05-10T00:00:00Z");
    assert!(held(&accounted).is_empty());
    assert!(revaluations(&entries(&accounted)).is_empty());
    let rule = FactState::Excluded { rule: "not-revalued".to_owned() };
    assert!(accounted.iter().flat_map(|it| &it.standings).any(|it| it.state == rule));
}

#[test]
fn a_month_is_valued_once_it_was_heard_to_its_end() {
    let facts = [over_the_month_end(), vec![rate("03-31", "1.0912")]].concat();
    // In New York the month ends four hours after it does in Greenwich.
    let count = |heard| revaluations(&entries(&books(&facts, POLICY, heard))).len();
    assert_eq!(count("2026-04-01T03:59:59Z"), 0);
    assert_eq!(count("2026-04-01T04:00:00Z"), 2);
}

#[test]
fn what_stays_open_is_valued_at_each_month_end() {
    let facts = [
        paid_out_on("06-02", "06-03"),
        vec![rate("03-31", "1.0912"), no(2, rate("04-30", "1.2")), no(3, rate("05-31", "1.1"))],
    ]
    .concat();
    let accounted = books(&facts, POLICY, "2026-07-10T00:00:00Z");
    let entries = entries(&accounted);
    let at_ends = ["03-31", "04-30", "05-31", "06-30"].map(|day| stands(&entries, CLEARING, day));
    assert_eq!(at_ends, [(10_366, 9_500), (11_400, 9_500), (10_450, 9_500), (0, 0)]);
    // At the rate at which it stands anyway there is nothing to enter.
    assert_eq!(revaluations(&entries).len(), 4);
}

#[test]
fn the_rate_that_was_stated_last_counts() {
    let mut again = no(2, rate("03-31", "1.2"));
    if let Fact::Decision(decision) = &mut again {
        decision.said.at =
            decision.said.at.checked_add(jiff::SignedDuration::from_mins(1)).unwrap();
    }
    for facts in
        [vec![rate("03-31", "1.0912"), again.clone()], vec![again, rate("03-31", "1.0912")]]
    {
        let facts = [over_the_month_end(), facts].concat();
        let accounted = books(&facts, POLICY, "2026-05-10T00:00:00Z");
        assert_eq!(stands(&entries(&accounted), CLEARING, "03-31"), (11_400, 9_500));
        let rule = FactState::Excluded { rule: "stated-anew".to_owned() };
        assert!(accounted.iter().flat_map(|it| &it.standings).any(|it| it.state == rule));
    }
}

#[test]
fn a_bank_that_others_write_to_is_not_valued() {
    let banks = "[gateways]\nshopify_payments.banks.EUR = \"Bank EUR\"";
    let accounted = books(
        &paid_out_on("03-12", "03-13"),
        &POLICY.replace("[gateways]", banks),
        "2026-05-10T00:00:00Z",
    );
    assert_eq!(stands(&entries(&accounted), "Bank EUR", "03-31"), (10_450, 9_500));
    assert!(held(&accounted).is_empty());
}

#[test]
fn what_came_in_before_the_first_day_and_is_paid_out_since_was_open_meanwhile() {
    // A row of last year is paid out on the third of January: at the end of the month nothing of
    // it is open, and without it there would be 95.00 euros too little.
    let mut sale = kept().fact();
    if let Fact::Order(order) = &mut sale {
        let before = "2025-12-30T17:00:00Z".parse().unwrap();
        order.processed_at = before;
        order.agreements.iter_mut().for_each(|it| it.happened_at = before);
        order.movements.iter_mut().for_each(|it| it.processed_at = before);
    }
    let mut charge = in_payout(euros(row(1, "01-02", BalanceKind::Charge, "100.00", "5.00")), 1);
    if let Fact::BalanceTransaction(row) = &mut charge {
        row.occurred_at = "2025-12-30T17:00:00Z".parse().unwrap();
    }
    let arrived = decided(
        "01-04",
        Decided::Arrived {
            payout: "shop/Payout/1".into(),
            amount: Money::parse("103.55", usd()).unwrap(),
        },
    );
    let paid = euros(payout("shopify_payments", 1, "01-03", "95.00", PayoutState::Paid));
    let accounted = books(&[sale, charge, paid, arrived], POLICY, "2026-05-10T00:00:00Z");
    assert_eq!(stands(&entries(&accounted), CLEARING, "01-31"), (-10_450, -9_500));
    assert!(held(&accounted).is_empty(), "{:?}", held(&accounted));
}

#[test]
fn what_cannot_be_valued_is_held() {
    let month = RevaluedMonth::parse("EUR/2026-03").unwrap();
    let account = Account::new(CLEARING, AccountKind::Clearing);
    let open = OpenBalance { account, minor: i128::from(i64::MAX) + 1, worth: 0 };
    let accounted = revalue(&month, &[open], &[rate("03-31", "1.0912")], &policy(POLICY));
    assert!(accounted.entries.is_empty());
    assert_eq!(held(&[accounted]).len(), 1);
}

/// Where decisions about rates stand, with the rates of other currencies among them.
fn rates_stand(open: &[OpenBalance], rates: &[Fact], text: &str) -> Vec<FactState> {
    let month = RevaluedMonth::of(eur(), "2026-03-31".parse().unwrap());
    let accounted = revalue(&month, open, rates, &policy(text));
    accounted.standings.into_iter().map(|it| it.state).collect()
}

#[test]
fn of_rates_that_are_stated_one_counts() {
    let account = Account::new(CLEARING, AccountKind::Clearing);
    let open = [OpenBalance { account, minor: 9_500, worth: 10_450 }];
    let excluded = |rule: &str| FactState::Excluded { rule: rule.to_owned() };
    let entered = FactState::Accounted { review: None };
    let one = rate("03-31", "1.0912");
    let stand = |open: &[OpenBalance], rates: &[Fact]| rates_stand(open, rates, POLICY);
    assert_eq!(stand(&open, std::slice::from_ref(&one)), std::slice::from_ref(&entered));
    assert_eq!(stand(&[], std::slice::from_ref(&one)), [excluded("nothing-open")]);
    let anew = [one.clone(), no(2, one.clone())];
    assert_eq!(stand(&open, &anew), [excluded("stated-anew"), entered]);
    let taken_back = [undone(one.clone())];
    let [undone, missing] = &stand(&open, &taken_back)[..] else { panic!("two") };
    assert_eq!(*undone, excluded("taken-back"));
    assert!(matches!(missing, FactState::Held(_)));
    let never = format!("{POLICY}\n[currencies]\nrevaluation = \"none\"");
    assert_eq!(rates_stand(&open, &[one], &never), [excluded("not-revalued")]);
    let dollars = Decided::ClosingRate { currency: usd(), rate: Decimal::ONE };
    assert!(matches!(stand(&open, &[decided("03-31", dollars)])[..], [FactState::Held(_)]));
}

#[test]
fn what_is_gained_on_a_currency_goes_where_the_rules_say() {
    let rule = |code: &str| {
        format!(
            "{POLICY}\n[[rules]]\nname = 'own'\naccount = 'Own gains'\n\
             when = {{ role = 'unrealised-exchange', currency = '{code}' }}\n"
        )
    };
    let facts = [over_the_month_end(), vec![rate("03-31", "1.0912")]].concat();
    for (code, own) in [("EUR", 84), ("GBP", 0)] {
        let entries = entries(&books(&facts, &rule(code), "2026-05-10T00:00:00Z"));
        assert_eq!(stands(&entries, "Own gains", "03-31").0, own, "{code}");
    }
}

proptest! {
    #[test]
    fn a_revaluation_and_what_takes_it_back_come_to_nothing(
        balances in proptest::collection::vec((any::<i32>(), any::<i32>()), 1..4),
        rate_in_millis in 1_i64..5_000,
    ) {
        let month = RevaluedMonth::parse("EUR/2026-02").unwrap();
        let name = |place| Account::new(format!("Clearing {place}"), AccountKind::Clearing);
        let open = balances.iter().enumerate().map(|(place, (minor, worth))| OpenBalance {
            account: name(place),
            minor: i128::from(*minor),
            worth: i128::from(*worth),
        });
        let open: Vec<OpenBalance> = open.collect();
        let rate = Decimal::new(rate_in_millis, 3);
        let stated = rate_fact("02-28", rate);
        let accounted = revalue(&month, &open, &[stated], &policy(POLICY));
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for entry in &accounted.entries {
            Document::new(entry.header.clone(), entry.lines.clone()).unwrap();
            for line in &entry.lines {
                *sums.entry(line.account.name.to_string()).or_default() += line.amount.minor();
                prop_assert!(line.foreign.is_none_or(Money::is_zero));
            }
        }
        prop_assert!(sums.values().all(|sum| *sum == 0), "{:?}", sums);
        for balance in &open {
            let minor = i64::try_from(balance.minor).unwrap();
            let expected = Money::from_minor(minor, eur()).at_rate(rate, usd()).unwrap().minor();
            let found = stands(&accounted.entries, &balance.account.name, "02-28").0;
            prop_assert_eq!(i128::from(found) + balance.worth, i128::from(expected));
        }
    }

    #[test]
    fn the_order_of_what_moved_does_not_matter(
        moves in proptest::collection::vec((1_i8..6, 0_u8..2, any::<i8>(), any::<i8>()), 0..12),
        heard_in in 1_i8..12,
    ) {
        let sum = |(month, place, minor, worth): &(i8, u8, i8, i8)| ForeignSum {
            account: Account::new(format!("Clearing {place}"), AccountKind::Clearing),
            currency: eur(),
            channel: "shop".into(),
            month: jiff::civil::date(2026, *month, 1),
            minor: i128::from(*minor),
            worth: i128::from(*worth),
        };
        let sums: Vec<ForeignSum> = moves.iter().map(sum).collect();
        let mut sorted = sums.clone();
        sorted.sort();
        let heard: Timestamp = format!("2026-{heard_in:02}-15T00:00:00Z").parse().unwrap();
        let policy = policy(POLICY);
        let until = |sums: &[ForeignSum]| heard_to(sums, &policy, |_| heard);
        let open = |sums: &[ForeignSum]| open_balances(sums, &policy, &until(sums));
        prop_assert_eq!(open(&sums), open(&sorted));
        // A channel of which nothing was heard to its end yet keeps all months of the currency.
        let other = |it: &ForeignSum| ForeignSum { channel: "another".into(), ..it.clone() };
        let shared = [sums.clone(), sums.first().map(other).into_iter().collect()].concat();
        let new = |it: &saldo_core::text::ConnectionId| match it.as_str() {
            "another" => Timestamp::MIN,
            _ => heard,
        };
        let until = heard_to(&shared, &policy, new);
        prop_assert!(open_balances(&shared, &policy, &until).is_empty());
        for (month, balances) in open(&sums) {
            let so_far = sums.iter().filter(|sum| sum.month <= month.month);
            let open: i128 = balances.iter().map(|balance| balance.minor).sum();
            prop_assert_eq!(open, so_far.map(|sum| sum.minor).sum::<i128>());
            prop_assert!(policy.end_of_month(month.month) <= heard);
        }
    }
}

fn rate_fact(day: &str, rate: Decimal) -> Fact {
    decided(day, Decided::ClosingRate { currency: eur(), rate })
}
