//! Which accounts of a book are those that we write to.

use super::super::EngineError;
use super::super::chart::Chart;
use super::super::push::Pusher;
use saldo_core::book::{Bindings, Need};
use saldo_core::ledger::Account;
use saldo_core::matching::Resolution;
use saldo_core::money::{Balance, MoneyError};
use saldo_core::policy::{Policy, Role};
use saldo_core::text::RemoteId;
use std::collections::{BTreeMap, BTreeSet};

/// Accounts that can only be compared as one: several of ours may be one in the book, and one of
/// ours several there, as sales tax is where it is owed to several agencies.
pub(super) struct Joint {
    /// What the book calls them.
    pub(super) remotes: BTreeSet<RemoteId>,
    /// What we call them.
    pub(super) names: BTreeSet<String>,
}

impl Joint {
    /// Our names, joined.
    pub(super) fn label(&self) -> String {
        self.names.iter().map(String::as_str).collect::<Vec<_>>().join(" + ")
    }

    /// Each of our names, with the joined one.
    pub(super) fn labels(&self) -> impl Iterator<Item = (String, String)> {
        let label = self.label();
        self.names.iter().map(move |name| (name.clone(), label.clone()))
    }

    /// What the accounts have together.
    ///
    /// # Errors
    /// Where it is too large.
    pub(super) fn sum(
        &self,
        balances: &BTreeMap<RemoteId, Balance>,
    ) -> Result<Balance, MoneyError> {
        let mut sum = Balance::new();
        let found = self.remotes.iter().filter_map(|remote| balances.get(remote));
        found.flat_map(Balance::iter).try_for_each(|amount| sum.add(amount))?;
        Ok(sum)
    }
}

/// The accounts of the book that are ours by one of these names. Those that the book does not have
/// are left out.
pub(super) async fn joint(
    pusher: &Pusher<'_>,
    known: &KnownAccounts,
    names: &BTreeSet<&String>,
) -> Result<Vec<Joint>, EngineError> {
    let (engine, book) = (pusher.engine, &pusher.connection.id);
    let id = |name: &str| format!("account/{name}");
    let ids: Vec<String> = names.iter().map(|name| id(name)).collect();
    let bound = engine.store.bindings_of(engine.company_id(), book, &ids).await?;
    let mut accounts = Vec::new();
    let mut chart: Option<Chart> = None;
    for name in names {
        let mut remotes: BTreeSet<RemoteId> = bound.0.get(&id(name)).cloned().into_iter().collect();
        // Tax goes where the book's own agencies point, without ever being referred to.
        let of_agencies = pusher.book.description().enters_tax && known.is_sales_tax(name);
        if let Some(account) = known.named(name).filter(|_| of_agencies || remotes.is_empty()) {
            let read = match chart.take() {
                Some(read) => read,
                None => Chart::read(pusher).await?.0,
            };
            if of_agencies {
                remotes.extend(read.collecting_tax().cloned());
            }
            let resolved = read.resolve(pusher.book, &Need::Account(account), &Bindings::default());
            if let Resolution::Bound(found) = resolved
                && remotes.is_empty()
            {
                remotes.insert(found);
            }
            chart = Some(read);
        }
        let remotes: BTreeSet<RemoteId> =
            remotes.iter().map(|remote| pusher.book.reported(remote)).collect();
        if !remotes.is_empty() {
            join(&mut accounts, remotes, (*name).clone());
        }
    }
    Ok(accounts)
}

/// Adds an account of ours, and joins it with those that share one of the book's with it.
fn join(accounts: &mut Vec<Joint>, remotes: BTreeSet<RemoteId>, name: String) {
    let mut joint = Joint { remotes, names: BTreeSet::from([name]) };
    for other in std::mem::take(accounts) {
        match other.remotes.is_disjoint(&joint.remotes) {
            true => accounts.push(other),
            false => {
                joint.remotes.extend(other.remotes);
                joint.names.extend(other.names);
            }
        }
    }
    accounts.push(joint);
}

/// The accounts that the policy knows, by name.
pub(super) struct KnownAccounts {
    by_name: BTreeMap<String, Account>,
    /// The account of all sales tax, by each policy that was ever in force.
    sales_tax: Vec<Account>,
}

impl KnownAccounts {
    pub(super) fn of(policy: &Policy) -> Self {
        let named = |account: Account| (account.name.to_string(), account);
        Self {
            by_name: policy.through_time().flat_map(Policy::accounts).map(named).collect(),
            sales_tax: policy.through_time().map(|it| it.chart.account(Role::SalesTax)).collect(),
        }
    }

    /// The account of this name; one below the tax account is that of a single tax.
    pub(super) fn named(&self, name: &str) -> Option<Account> {
        let of_one_tax = || {
            let below = |tax: &&Account| {
                name.strip_prefix(&*tax.name).is_some_and(|it| it.starts_with(':'))
            };
            self.sales_tax.iter().find(below).map(|tax| Account::new(name, tax.kind))
        };
        self.by_name.get(name).cloned().or_else(of_one_tax)
    }

    /// Whether this is the account of all sales tax.
    fn is_sales_tax(&self, name: &str) -> bool {
        self.sales_tax.iter().any(|tax| *name == *tax.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_that_share_one_are_compared_as_one() {
        let mut accounts = Vec::new();
        for (name, remotes) in
            [("Bank", &["1"][..]), ("Tax", &["4", "9"]), ("Cash", &["2"]), ("Levy", &["9", "2"])]
        {
            let remotes = remotes.iter().map(|remote| RemoteId::new(*remote)).collect();
            join(&mut accounts, remotes, name.to_owned());
        }
        let labels: Vec<String> = accounts.iter().map(Joint::label).collect();
        assert_eq!(labels, ["Bank", "Cash + Levy + Tax"]);
        let of = |text: &str| {
            let mut balance = Balance::new();
            balance.add(text.parse().unwrap()).unwrap();
            balance
        };
        let balances = [("1", "5 USD"), ("2", "1 USD"), ("4", "2 USD"), ("9", "-4 USD")];
        let balances = balances.map(|(remote, text)| (RemoteId::new(remote), of(text)));
        assert_eq!(accounts[1].sum(&BTreeMap::from(balances)).unwrap(), of("-1 USD"));
    }
}
