//! Whether a book is set up for what will be entered there, as far as it was read.

use super::EngineError;
use super::chart::known_chart;
use jiff::Timestamp;
use saldo_core::book::{Book, ChartEntry, ChartKind, Need};
use saldo_core::ledger::Account;
use saldo_core::matching::{Resolution, resolve};
use saldo_core::policy::Policy;
use saldo_core::text::RemoteId;
use saldo_store::{Company, Connection, Store};
use std::collections::BTreeSet;

/// How the accounts of a policy stand in a book's chart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct AccountsThere {
    /// How many are there.
    pub(crate) there: usize,
    /// How many are made when they are first used.
    pub(crate) made_later: usize,
    /// Those that documents cannot use as they are there: which, and why.
    pub(crate) wrong: Vec<(String, String)>,
}

/// What a book's chart had when it was read last, beside what a policy needs of it.
#[derive(Debug)]
pub(crate) struct ChartThere {
    /// When it was read.
    pub(crate) at: Timestamp,
    /// The accounts.
    pub(crate) accounts: AccountsThere,
    /// Whether there is a rate of sales tax of nothing.
    pub(crate) has_no_tax: bool,
}

/// Looks at a book's chart as it was read last; none where it never was.
///
/// # Errors
/// Where the database fails.
pub(crate) async fn chart_there(
    store: &Store,
    company: &Company,
    connection: &Connection,
    policy: &Policy,
    book: &dyn Book,
) -> Result<Option<ChartThere>, EngineError> {
    let Some((at, chart)) = known_chart(store, &company.id, &connection.id).await? else {
        return Ok(None);
    };
    let wanted: BTreeSet<Account> = policy.accounts().collect();
    let need = |account: &Account| Need::Account(account.clone());
    let ids: Vec<String> = wanted.iter().map(|account| need(account).binding()).collect();
    let bound = store.receipts(&company.id, &connection.id, &ids).await?;
    let mut accounts = AccountsThere::default();
    for account in &wanted {
        let need = need(account);
        let entry = |remote: &RemoteId| chart.iter().find(|entry| entry.remote == *remote);
        let held = bound.get(&need.binding());
        let found = match (held, resolve(&need, &chart, &book.names(&need), |_| None)) {
            (Some(held), _) => entry(&held.remote),
            (None, Resolution::Bound(remote)) => entry(&remote),
            (None, _) => named(&chart, &book.names(&need)),
        };
        match (found.map(|entry| unusable(entry, account)), held) {
            (Some(None), _) => accounts.there += 1,
            (Some(Some(why)), _) => accounts.wrong.push((account.name.to_string(), why)),
            // It was made since the chart was read.
            (None, Some(held)) if held.at >= at => accounts.there += 1,
            (None, Some(_)) => {
                let why = "it is no longer in the chart".to_owned();
                accounts.wrong.push((account.name.to_string(), why));
            }
            (None, None) => accounts.made_later += 1,
        }
    }
    let is_no_tax = |entry: &ChartEntry| match entry.kind {
        ChartKind::TaxRate { percent } => entry.active && percent.is_some_and(|it| it.is_zero()),
        _ => false,
    };
    Ok(Some(ChartThere { at, accounts, has_no_tax: chart.iter().any(is_no_tax) }))
}

/// The account of one of these names.
fn named<'a>(chart: &'a [ChartEntry], names: &[String]) -> Option<&'a ChartEntry> {
    let names: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
    chart.iter().find(|entry| {
        matches!(entry.kind, ChartKind::Account { .. } | ChartKind::ForeignAccount { .. })
            && names.contains(&entry.name.trim().to_lowercase())
    })
}

/// Why documents cannot use an account as it stands there; none where they can.
fn unusable(entry: &ChartEntry, account: &Account) -> Option<String> {
    let (ChartKind::Account { kind, .. } | ChartKind::ForeignAccount { kind, .. }) = &entry.kind
    else {
        return Some("it is no account there".to_owned());
    };
    let side = kind.map(saldo_core::ledger::AccountKind::side);
    match (entry.active, side) {
        (false, _) => Some("it is inactive there".to_owned()),
        (true, Some(side)) if side != account.kind.side() => {
            Some(format!("an account `{}` of another kind stands there", entry.name))
        }
        (true, _) => None,
    }
}
