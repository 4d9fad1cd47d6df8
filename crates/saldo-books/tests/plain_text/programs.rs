//! The real programs accept what the book writes, and read the same in it.
//!
//! `bean-check` and `hledger` are looked for in the path; where one is missing, its test says so
//! and passes, except where `CI` is `true`.

use crate::documents::{any_document, every_kind};
use crate::folder::Folder;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use saldo_core::book::{Outcome, Task};
use saldo_core::document::Document;
use saldo_core::ledger::AccountKind;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Lets a program check the books; none where it is not installed.
pub(crate) fn check(program: &str, arguments: &[&str], folder: &Path) -> Option<String> {
    let output =
        Command::new(program).args(arguments).current_dir(folder).env("LC_ALL", "C.UTF-8").output();
    let output = match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{program} is not installed");
            eprintln!("skipped: {program} (not installed)");
            return None;
        }
        output => output.unwrap(),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} says:\n{said}");
    Some(String::from_utf8(output.stdout).unwrap())
}

fn books_of_every_kind() -> Folder {
    let mut folder = Folder::default();
    for document in every_kind() {
        let outcome = folder.enter(&document);
        assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    }
    folder
}

#[test]
fn beancount_accepts_documents_of_every_kind() {
    let place = tempfile::tempdir().unwrap();
    books_of_every_kind().write_to(place.path());
    check("bean-check", &["main.beancount"], place.path());
}

#[test]
fn hledger_accepts_documents_of_every_kind() {
    let place = tempfile::tempdir().unwrap();
    books_of_every_kind().write_to(place.path());
    check("hledger", &["-f", "main.journal", "check", "--strict"], place.path());
}

#[test]
fn hledger_and_we_read_the_same_balances() {
    let place = tempfile::tempdir().unwrap();
    let mut folder = books_of_every_kind();
    folder.write_to(place.path());
    let arguments = [
        "-f",
        "main.journal",
        "balance",
        "--flat",
        "--no-total",
        "--layout=tall",
        "-N",
        "-O",
        "csv",
    ];
    let Some(listing) = check("hledger", &arguments, place.path()) else { return };
    let outcomes = folder.run(&[Task::ReadBalances { as_of: "9999-12-31".parse().unwrap() }]);
    let [Outcome::Balances(balances)] = &outcomes[..] else { panic!("{outcomes:?}") };
    let amounts = balances.iter().flat_map(|(remote, balance)| {
        balance.iter().map(move |amount| format!("\"{remote}\",\"{amount}\""))
    });
    let theirs: BTreeSet<String> = listing.lines().skip(1).map(str::to_owned).collect();
    assert_eq!(amounts.collect::<BTreeSet<_>>(), theirs);
}

#[test]
fn both_programs_accept_whatever_a_shop_may_say() {
    let mut runner = TestRunner::deterministic();
    let mut folder = Folder::default();
    let mut kinds: BTreeMap<String, AccountKind> = BTreeMap::new();
    for position in 0..200 {
        let made = any_document().new_tree(&mut runner).unwrap().current();
        let mut header = made.header().clone();
        header.slot = format!("{position} {}", header.slot);
        let mut lines = made.lines().to_vec();
        for line in &mut lines {
            let name = line.account.name.to_string();
            line.account.kind = *kinds.entry(name).or_insert(line.account.kind);
        }
        folder.enter(&Document::new(header, lines).unwrap());
    }
    let place = tempfile::tempdir().unwrap();
    folder.write_to(place.path());
    check("bean-check", &["main.beancount"], place.path());
    check("hledger", &["-f", "main.journal", "check", "--strict"], place.path());
}
