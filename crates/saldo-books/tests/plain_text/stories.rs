//! The events of the accounting reference as plain-text ledger: what accounting enters of each
//! stands in these books, and the real programs accept all of them.

use crate::folder::Folder;
use crate::programs::check;
use saldo_books::plain_text::PlainText;
use saldo_core::book::{Book, Outcome};
use saldo_core::document::{Document, SubledgerEntry};
use saldo_core::ledger::AccountKind;
use saldo_core::plan::compose;
use std::collections::BTreeMap;

/// What accounting enters of each event, as its own tests keep it.
const EVENTS: &str =
    include_str!("../../../saldo-core/tests/golden/snapshots/golden__written__events.snap");

fn events() -> BTreeMap<String, Vec<SubledgerEntry>> {
    let kept = EVENTS.splitn(3, "---\n").nth(2).unwrap();
    serde_json::from_str(kept).unwrap()
}

/// The documents of an event, but for those that move no money: ledgers of money do not take them.
fn documents(event: &str, entries: Vec<SubledgerEntry>) -> Vec<Document> {
    let mut by_slot: BTreeMap<_, Vec<SubledgerEntry>> = BTreeMap::new();
    for mut entry in entries {
        // Stories tell of the same order over and over.
        entry.header.slot = format!("{event} {}", entry.header.slot);
        entry.header.applies_to = entry.header.applies_to.map(|slot| format!("{event} {slot}"));
        let header = &entry.header;
        let place = (header.date, header.slot.clone(), header.kind);
        by_slot.entry(place).or_default().push(entry);
    }
    let composed = by_slot.into_values().filter_map(|entries| compose(&entries).unwrap());
    composed.filter(|it| PlainText.description().takes(it.header().kind)).collect()
}

fn enter(folder: &mut Folder, document: &Document) {
    let outcome = folder.enter(document);
    assert!(matches!(outcome, Outcome::Done(_)), "{document:?}: {outcome:?}");
}

#[test]
fn each_event_of_the_reference_is_a_story_in_plain_text() {
    let mut stories = String::new();
    for (event, entries) in events() {
        let mut folder = Folder::default();
        documents(&event, entries).iter().for_each(|document| enter(&mut folder, document));
        stories.push_str(&format!("== {event}\n"));
        let of_months = |path: &&String| path.starts_with("20") && path.ends_with(".journal");
        for path in folder.files.keys().filter(of_months) {
            stories.push_str(&folder.files[path]);
        }
    }
    insta::assert_snapshot!(stories);
}

#[test]
fn both_programs_accept_every_event_of_the_reference() {
    let mut folder = Folder::default();
    let events = events();
    assert!(events.len() > 80, "{}", events.len());
    // One company has one kind of an account; stories are those of several.
    let mut kinds: BTreeMap<String, AccountKind> = BTreeMap::new();
    for (event, mut entries) in events {
        for line in entries.iter_mut().flat_map(|entry| &mut entry.lines) {
            let name = line.account.name.to_string();
            line.account.kind = *kinds.entry(name).or_insert(line.account.kind);
        }
        documents(&event, entries).iter().for_each(|document| enter(&mut folder, document));
    }
    let place = tempfile::tempdir().unwrap();
    folder.write_to(place.path());
    check("bean-check", &["main.beancount"], place.path());
    check("hledger", &["-f", "main.journal", "check", "--strict"], place.path());
}
