//! The accounts of the book: made, bound, listed, and never two in one.

use crate::documents::{ACCOUNT_KINDS, HOSTILE, any_words, sale, subject};
use crate::folder::Folder;
use proptest::prelude::*;
use saldo_core::book::{ChartKind, Need, Outcome, Subject, Task};
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::text::RemoteId;
use std::collections::BTreeSet;

#[test]
fn the_chart_shows_what_was_made() {
    let mut folder = Folder::default();
    let accounts: Vec<Account> = ACCOUNT_KINDS
        .iter()
        .map(|kind| Account::new(format!("{HOSTILE} {kind:?}"), *kind))
        .collect();
    let needs = accounts.iter().cloned().map(Need::Account);
    let tasks: Vec<Task> = needs.map(|need| Task::Create(Subject::Need(need))).collect();
    let made = folder.run(&tasks);
    let outcomes = folder.run(&[Task::ReadChart { page: None }]);
    let [Outcome::Chart(page)] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!(page.entries.len(), accounts.len());
    for (account, outcome) in accounts.iter().zip(made) {
        let Outcome::Done(done) = outcome else { panic!("{outcome:?}") };
        let entry = page.entries.iter().find(|entry| entry.remote == done.remote).unwrap();
        let kind = Some(account.kind);
        let expected = ChartKind::Account { kind, currency: None, collects_tax: false };
        assert_eq!(entry.kind, expected);
    }
    let look_ups: Vec<Task> = accounts
        .into_iter()
        .map(|account| Task::look_up(Subject::Need(Need::Account(account))))
        .collect();
    assert!(folder.run(&look_ups).iter().all(|outcome| matches!(outcome, Outcome::Found(_))));
}

#[test]
fn an_account_that_became_something_else_is_reported() {
    let mut folder = Folder::default();
    folder.enter(&sale("Ann"));
    let cases = [
        (AccountKind::Clearing, "Assets:Clearing:Shop", true),
        (AccountKind::Bank, "Assets:Clearing:Shop", false),
        (AccountKind::Bank, "Assets:Clearing:Other", true),
    ];
    for (kind, bound, is_right) in cases {
        let name = if bound.ends_with("Other") { "Clearing: Other" } else { "Clearing: Shop" };
        let need = Need::Account(Account::new(name, kind));
        let made = folder.run(&[Task::Create(Subject::Need(need.clone()))]);
        assert_eq!(matches!(&made[..], [Outcome::Done(_)]), is_right, "{made:?}");
        let found = folder.run(&[Task::look_up(Subject::Need(need))]);
        assert_eq!(matches!(&found[..], [Outcome::Found(_)]), is_right, "{found:?}");
    }
}

#[test]
fn an_account_of_the_owner_can_be_bound() {
    let mut folder = Folder::default();
    let bank = Need::Account(Account::new("Clearing: Shop", AccountKind::Clearing));
    let sales = Need::Account(Account::new("Sales (NY)", AccountKind::Income));
    folder.bindings.0.insert(bank.binding(), RemoteId::new("Assets:Ours:Ürün"));
    folder.bindings.0.insert(sales.binding(), RemoteId::new("Income:Ours"));
    let outcomes = folder.run(&[Task::Create(subject(&sale("Ann")))]);
    assert!(matches!(&outcomes[..], [Outcome::Done(_)]), "{outcomes:?}");
    assert!(folder.files["2026-08.beancount"].contains("Assets:Ours:Ürün   12.50 USD"));
}

proptest! {
    #[test]
    fn two_accounts_never_become_one(
        names in prop::collection::btree_set(
            prop_oneof![any_words(), "[ab: AX0\\-xlne2]{0,8}"], 2..12),
        kind in 0..ACCOUNT_KINDS.len(),
    ) {
        let mut folder = Folder::default();
        let needs = names.iter().map(|name| Need::Account(Account::new(name, ACCOUNT_KINDS[kind])));
        let tasks: Vec<Task> = needs.map(|need| Task::Create(Subject::Need(need))).collect();
        let mut remotes = BTreeSet::new();
        for outcome in folder.run(&tasks) {
            let Outcome::Done(done) = outcome else { panic!("{outcome:?}") };
            let is_name = done.remote.as_str().split(':').all(|component| {
                component.starts_with(|first: char| {
                    first.is_ascii_uppercase() || first.is_ascii_digit()
                }) && component.chars().all(|other| other.is_ascii_alphanumeric() || other == '-')
            });
            prop_assert!(is_name, "{}", done.remote);
            remotes.insert(done.remote);
        }
        prop_assert_eq!(remotes.len(), names.len());
    }
}
