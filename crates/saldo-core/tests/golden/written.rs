//! The events of the reference as they are written: every word of every document.

use super::{Case, all_cases, beyond_the_reference, entries, stocked};
use saldo_core::document::{Header, Line, LineKind, Party, SubledgerEntry};
use std::collections::BTreeMap;

/// What a line is, in a word or a few.
fn kind(line: &Line) -> String {
    match &line.kind {
        LineKind::Settlement => "settlement".to_owned(),
        LineKind::Receivable => "receivable".to_owned(),
        LineKind::Payable => "payable".to_owned(),
        LineKind::Tax { rate: Some(rate), .. } => format!("tax {rate} %"),
        LineKind::Tax { rate: None, .. } => "tax".to_owned(),
        LineKind::Product { taxed: true, .. } => "product, taxed".to_owned(),
        LineKind::Product { taxed: false, .. } => "product".to_owned(),
        LineKind::Other { taxed: true } => "other, taxed".to_owned(),
        LineKind::Other { taxed: false } => "other".to_owned(),
        LineKind::Stocked { .. } => "stocked".to_owned(),
        LineKind::Ordered { .. } => "ordered".to_owned(),
        LineKind::Unearned { taxed } => format!("unearned{}", if *taxed { ", taxed" } else { "" }),
    }
}

fn line(line: &Line) -> String {
    let units = line.quantity.map(|units| format!(" for {units}"));
    let foreign = line.foreign.map(|foreign| format!(" ({foreign})"));
    let by = line.dimensions.iter().map(|(name, value)| format!(" {name}={value}"));
    let taxes = line.taxes.iter().map(|tax| format!(" taxed {}", tax.title));
    let more: String = units.into_iter().chain(foreign).chain(by).chain(taxes).collect();
    let Line { account, amount, text, origin, .. } = line;
    format!("  {amount}{more} | {} | {} | {text} | {origin}\n", account.name, kind(line))
}

fn party(party: &Party) -> String {
    match party {
        Party::Customer { key, name } => format!("customer {name} ({key})"),
        Party::Vendor { name } => format!("vendor {name}"),
    }
}

/// An entry as a bookkeeper reads it.
fn written(entry: &SubledgerEntry) -> String {
    let Header { slot, kind, date, party: whom, applies_to, due, reference, memo, .. } =
        &entry.header;
    let whom = whom.as_ref().map(|whom| format!(", {}", party(whom)));
    let applies_to = applies_to.as_ref().map(|slot| format!(", for {slot}"));
    let due = due.map(|day| format!(", due {day}"));
    let more: String = whom.into_iter().chain(applies_to).chain(due).collect();
    let lines: String = entry.lines.iter().map(line).collect();
    format!("{date} {kind} {reference}: {memo}{more}\n  {} in {slot}\n{lines}", entry.id)
}

fn all_stories() -> impl Iterator<Item = Case> {
    all_cases().into_iter().chain(beyond_the_reference())
}

#[test]
fn every_word_of_the_events_of_the_reference_is_as_it_was_read() {
    let of_stock = stocked::cases();
    let own = |event: &str| !of_stock.iter().any(|case| case.event == event);
    let mut text = String::new();
    for case in all_stories().filter(|case| own(case.event)) {
        text.push_str(&format!("== {}\n", case.event));
        let own = |entry: &&SubledgerEntry| {
            let day = entry.header.date.strftime("%m-%d").to_string();
            case.days.is_empty() || case.days.contains(&&*day)
        };
        text.extend(entries(case.event, &case.facts).iter().filter(own).map(written));
    }
    insta::assert_snapshot!(text);
}

/// The books of each event are checked as plain-text ledger where these are written: in the tests
/// of the books, from this text.
#[test]
fn what_each_event_of_the_reference_enters() {
    let mut events: BTreeMap<&str, Vec<SubledgerEntry>> = BTreeMap::new();
    for case in all_stories() {
        let own = |entry: &SubledgerEntry| {
            let day = entry.header.date.strftime("%m-%d").to_string();
            case.days.is_empty() || case.days.contains(&&*day)
        };
        let entered = entries(case.event, &case.facts).into_iter().filter(own);
        events.entry(case.event).or_default().extend(entered);
    }
    insta::assert_json_snapshot!("events", events);
}

/// What was worded so far: the number of each wording with a hash of what the stories say in it.
const WORDED: &str = "1 84b25826f494c52a";

#[test]
fn other_words_are_another_wording() {
    let mut words = std::collections::BTreeSet::new();
    for case in all_stories() {
        for entry in entries(case.event, &case.facts) {
            words.insert(format!("{} | {}", entry.header.reference, entry.header.memo));
            words.extend(entry.lines.into_iter().map(|line| line.text));
        }
    }
    let mut hasher = blake3::Hasher::new();
    for text in &words {
        hasher.update(text.as_bytes());
        hasher.update(&[0]);
    }
    let found = format!("{} {}", saldo_core::document::WORDING, &hasher.finalize().to_hex()[..16]);
    assert_eq!(
        found, WORDED,
        "where words of ours were changed, and not only stories told, raise `WORDING` with it"
    );
}
