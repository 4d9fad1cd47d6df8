//! The vendor's own examples of answers, each read by the types that read the real ones.

use super::super::faults::refusal_of_content;
use super::super::place::Place;
use super::super::settings;
use super::super::wire::{Entry, Fate, Record};
use super::*;
use saldo_core::book::RefusalKind;

/// Lists that Saldo neither reads nor writes.
const OF_NO_USE: [&str; 5] =
    ["BatchPayments", "Currencies", "Overpayments", "Prepayments", "Quotes"];

/// The example whose contact the vendor wrote with the id of nothing.
const NAMELESS: &str = "post_Contacts_response";

/// Every example of an answer: its name, its list and its text.
fn examples() -> Option<Vec<(String, String, Value)>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures/xero");
    shared("fixtures/xero/README.md")?;
    let mut examples = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(stem) = name.strip_suffix(".json").filter(|stem| !stem.ends_with("_request"))
        else {
            continue;
        };
        let list = stem.split('_').nth(1).unwrap().to_owned();
        let text = shared(&format!("fixtures/xero/{name}")).unwrap();
        examples.push((stem.to_owned(), list, serde_json::from_str(&text).unwrap()));
    }
    examples.sort_by(|one, other| one.0.cmp(&other.0));
    Some(examples)
}

#[test]
fn every_answer_among_the_examples_is_read() {
    let Some(examples) = examples() else { return };
    let mut read = 0;
    for (name, list, answer) in examples.iter().filter(|(name, ..)| name.ends_with("_response")) {
        if OF_NO_USE.contains(&list.as_str()) {
            continue;
        }
        let place = Place::parse(list).unwrap_or_else(|| panic!("{name} is of an unknown list"));
        let rows = super::super::chart::rows(place, answer).unwrap();
        assert!(!rows.is_empty(), "{name}");
        for row in rows {
            let fate: Fate = serde_json::from_value(row.clone()).unwrap();
            // What was refused has no id.
            let refused = fate.is_refused();
            if Place::OF_DOCUMENTS.contains(&place) {
                let record: Record = serde_json::from_value(row.clone()).unwrap();
                assert!(refused || record.id().is_some(), "{name}: {record:?}");
                let day = record.date.as_deref().map(super::super::dates::day);
                assert!(day.is_none_or(|day| day.is_ok()), "{name}");
            } else if place != Place::Organisation {
                let entry: Entry = serde_json::from_value(row.clone()).unwrap();
                let unnamed = refused || name == NAMELESS;
                assert!(unnamed || entry.remote().is_some(), "{name}: {entry:?}");
            }
        }
        read += 1;
    }
    assert_eq!(read, 35);
}

#[test]
fn every_refusal_among_the_examples_is_read() {
    let Some(examples) = examples() else { return };
    let mut kinds = Vec::new();
    for (name, _, answer) in examples.iter().filter(|(name, ..)| name.ends_with("_error")) {
        let body = answer.to_string().into_bytes();
        let answer = HttpAnswer { status: 400, headers: Vec::new(), body };
        let refusal = refusal_of_content(&answer).unwrap_or_else(|| panic!("{name}"));
        kinds.push(refusal.kind);
    }
    assert_eq!(kinds, [RefusalKind::DuplicateName; 3]);
}

#[test]
fn the_organisation_of_the_examples_is_closed_until_its_lock_date() {
    let Some(text) = shared("fixtures/xero/get_Organisation_response.json") else { return };
    let answer: Value = serde_json::from_str(&text).unwrap();
    let rows = answer["Organisations"].as_array().unwrap();
    let of = |currency: &str| {
        let currency = Currency::parse(currency).unwrap();
        settings::settings(rows, &BookContext { currency, ..context(&[]) })
    };
    assert_eq!(of("NZD").unwrap().closed_until, Some(date(2018, 12, 31)));
    let message = of("GBP").unwrap_err().message;
    assert_eq!(
        message,
        "the organisation: it keeps its books in NZD, and the company's are in GBP"
    );
}
