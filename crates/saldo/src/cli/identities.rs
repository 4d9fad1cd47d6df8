//! The twelve identities as a table.

use super::output::table;
use crate::engine::{
    DayLine, DaySales, DayTotal, DifferingFact, IdentityLine, IdentityProof, ProofReport,
    UnitsLine, UnitsProof, Verdict,
};
use saldo_core::money::{Currency, Money, MoneyError};
use std::collections::BTreeMap;

/// Up to how many lines of an identity are shown whole.
const FEW: usize = 15;

/// The identities: each with its lines, or their sum where there are many and nothing differs.
pub(super) fn text(report: &ProofReport, all: bool) -> String {
    if report.identities.is_empty() {
        return String::new();
    }
    let rows = report.identities.iter().flat_map(|proof| rows(proof, all)).collect();
    let heads = ["", "identity", "facts", "expected", "found", "awaited", "difference"];
    let mut text = format!("\nThe twelve identities\n{}", table(&heads, 5, rows));
    for proof in report.identities.iter().filter(|proof| proof.unknown.is_some()) {
        let unknown = proof.unknown.as_deref().unwrap_or_default();
        text += &format!("{}: {unknown}\n", proof.number);
    }
    for proof in report.identities.iter().filter(|proof| !proof.totals.is_empty()) {
        text += &totals(&proof.totals, all);
    }
    for proof in report.identities.iter().filter(|proof| !proof.sales.is_empty()) {
        text += &sales(&proof.sales, all);
    }
    for units in report.identities.iter().filter_map(|proof| proof.units.as_ref()) {
        text += &on_hand(units);
    }
    text.extend(report.identities.iter().map(|proof| days(proof, all)));
    for proof in report.identities.iter().filter(|proof| !proof.behind.is_empty()) {
        text += &format!("\nBehind the differences of identity {}\n", proof.number);
        text += &table(&["", "in", "difference"], 1, proof.behind.iter().map(fact_row).collect());
    }
    text
}

/// An identity day by day: the days that differ where it does, or all of them.
fn days(proof: &IdentityProof, all: bool) -> String {
    let shown = |it: &&DayLine| all || (proof.verdict == Verdict::Differs && it.differs());
    let rows: Vec<Vec<String>> = proof.days.iter().filter(shown).map(day_row).collect();
    if rows.is_empty() {
        return String::new();
    }
    let heads = ["", "", "facts", "expected", "found", "awaited", "difference"];
    format!("\nIdentity {} day by day\n{}", proof.number, table(&heads, 5, rows))
}

fn day_row(it: &DayLine) -> Vec<String> {
    let mut row = line_row(&it.line);
    row[0] = it.day.to_string();
    row
}

/// How many orders the channels count: the days that differ, or all of them, and the sum.
fn totals(days: &[DayTotal], all: bool) -> String {
    let row = |it: &DayTotal| {
        let state = match (it.differs(), it.awaited) {
            (true, _) => "DIFFERS",
            (false, true) => "awaited",
            (false, false) => "-",
        };
        let [stated, told] = [it.stated, it.told].map(|count| count.to_string());
        vec![it.day.to_string(), state.to_owned(), stated, told]
    };
    let shown = days.iter().filter(|it| all || it.stated != it.told).map(row).collect::<Vec<_>>();
    let listed = match shown.is_empty() {
        true => String::new(),
        false => table(&["", "", "counted", "told"], 2, shown),
    };
    let (stated, told): (u64, u64) =
        days.iter().fold((0, 0), |(stated, told), it| (stated + it.stated, told + it.told));
    format!(
        "\nOrders as the channels count them\n{listed}{} days: {stated} counted, {told} told\n",
        days.len()
    )
}

/// What the channels' reports say was sold: the days that differ, or all of them, and the sums.
fn sales(days: &[DaySales], all: bool) -> String {
    let state = |it: &DaySales| match (it.differs(), it.awaited) {
        (true, _) => "DIFFERS",
        (false, true) => "awaited",
        (false, false) => "-",
    };
    let amounts = |stated: Money, told: Money| [stated, told].map(|amount| amount.to_string());
    let row = |it: &DaySales| {
        let [stated, told] = amounts(it.stated, it.told);
        vec![it.day.to_string(), state(it).to_owned(), it.about.clone(), stated, told]
    };
    let mut rows: Vec<Vec<String>> =
        days.iter().filter(|it| all || it.stated != it.told).map(row).collect();
    let mut sums: BTreeMap<(&str, Currency), [Result<Money, MoneyError>; 2]> = BTreeMap::new();
    for it in days {
        let nothing = || Ok(Money::zero(it.stated.currency()));
        let key = (it.about.as_str(), it.stated.currency());
        let [stated, told] = sums.entry(key).or_insert_with(|| [nothing(), nothing()]);
        *stated = stated.clone().and_then(|sum| sum.plus(it.stated));
        *told = told.clone().and_then(|sum| sum.plus(it.told));
    }
    let sum_row = |((about, _), sides): ((&str, Currency), [Result<Money, MoneyError>; 2])| {
        let [stated, told] = sides.map(whole);
        vec!["all days".to_owned(), String::new(), about.to_owned(), stated, told]
    };
    rows.extend(sums.into_iter().map(sum_row));
    let heads = ["", "", "", "reported", "told"];
    format!("\nSales of each day as the channels report them\n{}", table(&heads, 3, rows))
}

/// An amount with its currency, or why there is none.
fn whole(part: Result<Money, MoneyError>) -> String {
    part.map_or_else(|error| error.to_string(), |amount| amount.to_string())
}

/// The items of which the shops have more, or fewer, units than were told.
fn on_hand(units: &UnitsProof) -> String {
    let row = |it: &UnitsLine| {
        let places = it.places.iter().map(|at| format!("{} {}", at.place, at.units));
        let [on_hand, told] = [it.on_hand, it.told].map(|count| count.to_string());
        let what = [it.item.as_str(), it.product.as_str()].join(" ").trim_end().to_owned();
        let places: Vec<String> = places.collect();
        vec![what, it.hint.to_owned(), places.join(", "), on_hand, told]
    };
    let rows: Vec<Vec<String>> = units.differing.iter().map(row).collect();
    let listed = match rows.is_empty() {
        true => String::new(),
        false => table(&["", "what to do", "at", "on hand", "told"], 3, rows),
    };
    let (items, differing) = (units.items, units.differing.len());
    format!(
        "\nUnits on hand, as the shops count them\n{listed}{items} items, differing: {differing}\n"
    )
}

/// A line with the number and what it says, and below it what it is about.
fn rows(proof: &IdentityProof, all: bool) -> Vec<Vec<String>> {
    let verdict = match proof.verdict {
        Verdict::Proved => "proved",
        Verdict::Differs => "DIFFERS",
        Verdict::Unknown => "not known",
    };
    let title = format!("{}: {verdict}", proof.says);
    let mut rows = vec![vec![proof.number.to_string(), title]];
    match all || proof.lines.len() <= FEW {
        true => rows.extend(proof.lines.iter().map(line_row)),
        false => {
            rows.extend(sums(&proof.lines).into_iter().map(sum_row));
            let differing = proof.lines.iter().filter(|line| line.differs());
            rows.extend(differing.map(line_row));
        }
    }
    rows
}

fn line_row(line: &IdentityLine) -> Vec<String> {
    let mut about = match &line.book {
        Some(book) => format!("  {} in {book}", line.about),
        None => format!("  {}", line.about),
    };
    if !line.others.is_zero() {
        about += &format!(", of which others entered {}", line.others.amount_text());
    }
    let amounts = [line.expected, line.found].map(|amount| amount.to_string());
    let rest = [line.awaited, line.difference].map(dash);
    let [expected, found] = amounts;
    let [awaited, difference] = rest;
    vec![String::new(), about, line.facts.to_string(), expected, found, awaited, difference]
}

type Sum = (usize, Currency, [Result<Money, MoneyError>; 4]);

/// The sums of lines, by currency.
fn sums(lines: &[IdentityLine]) -> Vec<Sum> {
    let mut by_currency: BTreeMap<Currency, Vec<&IdentityLine>> = BTreeMap::new();
    for line in lines {
        by_currency.entry(line.expected.currency()).or_default().push(line);
    }
    let sum = |(currency, lines): (Currency, Vec<&IdentityLine>)| {
        let of = |part: fn(&IdentityLine) -> Money| {
            Money::sum(currency, lines.iter().map(|line| part(line)))
        };
        let parts = [of(|it| it.expected), of(|it| it.found), of(|it| it.awaited)];
        let [expected, found, awaited] = parts;
        (lines.len(), currency, [expected, found, awaited, of(|it| it.difference)])
    };
    by_currency.into_iter().map(sum).collect()
}

fn sum_row((count, currency, parts): Sum) -> Vec<String> {
    let [expected, found, awaited, difference] = parts;
    let plain = |part: Result<Money, MoneyError>| part.map_or_else(|it| it.to_string(), dash);
    let about = format!("  all {count} in {currency}");
    let amounts = [whole(expected), whole(found), plain(awaited), plain(difference)];
    [String::new(), about, String::new()].into_iter().chain(amounts).collect()
}

fn dash(amount: Money) -> String {
    if amount.is_zero() { "-".to_owned() } else { amount.amount_text() }
}

fn fact_row(fact: &DifferingFact) -> Vec<String> {
    vec![fact.fact.clone(), fact.about.clone(), fact.difference.to_string()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::UnitsAtPlace;
    use saldo_core::proof::Identity;

    #[test]
    fn days_that_differ_are_listed_and_all_are_summed_up() {
        let total = |day: &str, stated, told, awaited| DayTotal {
            day: day.parse().unwrap(),
            stated,
            told,
            awaited,
        };
        let days = [
            total("2026-08-03", 4, 4, false),
            total("2026-08-04", 5, 4, false),
            total("2026-08-05", 2, 3, true),
        ];
        let text = totals(&days, false);
        assert!(!text.contains("2026-08-03"), "{text}");
        let of = |day: &str| text.lines().find(|line| line.contains(day)).unwrap().to_owned();
        assert!(of("2026-08-04").contains("DIFFERS") && of("2026-08-05").contains("awaited"));
        assert!(text.ends_with("3 days: 11 counted, 11 told\n"), "{text}");
        assert!(totals(&days, true).contains("2026-08-03"));
    }

    #[test]
    fn the_days_that_differ_are_listed_by_book_and_account_and_all_to_who_asks() {
        let day = |day: &str, expected: &str, found: &str, difference: &str| DayLine {
            day: day.parse().unwrap(),
            line: IdentityLine {
                book: Some("books".to_owned()),
                about: "Clearing: Card".to_owned(),
                expected: expected.parse().unwrap(),
                found: found.parse().unwrap(),
                awaited: "0.00 USD".parse().unwrap(),
                others: "0.00 USD".parse().unwrap(),
                difference: difference.parse().unwrap(),
                facts: 3,
            },
        };
        let mut proof = IdentityProof {
            number: 2,
            identity: Identity::Clearing,
            says: Identity::Clearing.says(),
            verdict: Verdict::Differs,
            unknown: None,
            lines: Vec::new(),
            days: vec![
                day("2026-08-03", "10.00 USD", "10.00 USD", "0.00 USD"),
                day("2026-08-04", "12.50 USD", "11.50 USD", "-1.00 USD"),
            ],
            totals: Vec::new(),
            sales: Vec::new(),
            units: None,
            behind: Vec::new(),
        };
        insta::assert_snapshot!(super::days(&proof, false), @"

        Identity 2 day by day
                                                facts   expected      found  awaited  difference
         2026-08-04    Clearing: Card in books      3  12.50 USD  11.50 USD        -       -1.00
        ");
        assert_eq!(super::days(&proof, true).matches("Clearing: Card in books").count(), 2);
        proof.verdict = Verdict::Proved;
        assert_eq!(
            super::days(&proof, false),
            "",
            "what comes to the same is only dated otherwise"
        );
    }

    #[test]
    fn days_whose_reports_say_otherwise_are_listed_and_kinds_are_summed_up() {
        let sales = |day: &str, about: &str, stated: &str, told: &str, awaited| DaySales {
            day: day.parse().unwrap(),
            about: about.to_owned(),
            stated: stated.parse().unwrap(),
            told: told.parse().unwrap(),
            awaited,
        };
        let days = [
            sales("2026-08-03", "products", "10.00 USD", "10.00 USD", false),
            sales("2026-08-04", "products", "12.50 USD", "11.50 USD", false),
            sales("2026-08-05", "products", "7.00 USD", "0.00 USD", true),
            sales("2026-08-05", "shipping", "4.00 USD", "4.00 USD", false),
        ];
        insta::assert_snapshot!(super::sales(&days, false), @"

        Sales of each day as the channels report them
                                         reported       told
         2026-08-04  DIFFERS  products  12.50 USD  11.50 USD
         2026-08-05  awaited  products   7.00 USD   0.00 USD
         all days             products  29.50 USD  21.50 USD
         all days             shipping   4.00 USD   4.00 USD
        ");
    }

    #[test]
    fn items_of_which_the_shops_have_others_are_listed_by_place_with_what_to_do() {
        let at = |place: &str, units| UnitsAtPlace { place: place.to_owned(), units };
        let line = UnitsLine {
            item: "MUG-1".to_owned(),
            product: "Mug - blue".to_owned(),
            on_hand: 12,
            places: vec![at("Main Street", 2), at("Warehouse", 10)],
            told: 15,
            awaited: false,
            hint: "count them",
        };
        let units = UnitsProof { items: 48, differing: vec![line] };
        insta::assert_snapshot!(on_hand(&units), @"

        Units on hand, as the shops count them
                           what to do                           at  on hand  told
         MUG-1 Mug - blue  count them  Main Street 2, Warehouse 10       12    15
        48 items, differing: 1
        ");
    }
}
