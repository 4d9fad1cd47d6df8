//! Which accounts identities are about.

use crate::policy::{Policy, Role};
use crate::proof::Identity;
use std::collections::BTreeMap;

/// The accounts that identities are about, by name, through time.
#[derive(Clone, Debug)]
pub struct Watched(BTreeMap<String, Identity>);

/// The roles whose accounts are compared one by one.
const BY_ACCOUNT: [(Role, Identity); 8] = [
    (Role::GiftCards, Identity::StoredValue),
    (Role::StoreCredit, Identity::StoredValue),
    (Role::FacilitatorTax, Identity::FacilitatorTax),
    (Role::Reserves, Identity::KeptBack),
    (Role::Disputes, Identity::KeptBack),
    (Role::FundsOnHold, Identity::KeptBack),
    (Role::DeferredBalances, Identity::KeptBack),
    (Role::Rounding, Identity::Rounding),
];

/// What buyers owe, and are owed, as one.
pub const OPEN_ORDERS: &str = "receivable, deposits and refunds payable";
const OF_ORDERS: [Role; 3] = [Role::Receivable, Role::Deposits, Role::RefundsPayable];
/// What coins that do not exist force, on whatever accounts.
pub(super) const ALL_ROUNDINGS: &str = "all roundings";
/// All taxes as one: books keep them on accounts that facts know nothing of.
pub(super) const ALL_TAXES: &str = "all taxes";

impl Watched {
    /// The accounts by a policy, and by those that were in force before it.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        let mut names = BTreeMap::new();
        for policy in policy.through_time() {
            for (role, identity) in BY_ACCOUNT {
                names.insert(policy.chart.account(role).name.to_string(), identity);
            }
            for role in OF_ORDERS {
                let name = policy.chart.account(role).name.to_string();
                names.insert(name, Identity::OpenOrders);
            }
            let ruled = policy
                .text
                .rules
                .iter()
                .filter(|it| it.when.role.iter().any(|role| *role == Role::Rounding));
            names.extend(ruled.filter_map(|it| Some((it.account.clone()?, Identity::Rounding))));
            let own = policy.text.tax.accounts.values().cloned();
            let tax = policy.chart.account(Role::SalesTax).name.to_string();
            names.extend(own.chain([tax]).map(|name| (name, Identity::TaxPayable)));
        }
        Self(names)
    }

    /// What is to be proved of an account; one below the tax account is that of a single tax.
    #[must_use]
    pub fn identity(&self, name: &str) -> Option<Identity> {
        let below = |parent: &str| self.0.get(parent).copied();
        let parent = name.split_once(':').and_then(|(parent, _)| below(parent));
        self.0.get(name).copied().or(parent.filter(|it| *it == Identity::TaxPayable))
    }

    /// The identity of an account, and what it is compared as in a book, as
    /// [`Figure::in_books`](super::Figure::in_books) says it.
    #[must_use]
    pub fn in_books<'a>(&self, name: &'a str) -> Option<(Identity, &'a str)> {
        let identity = self.identity(name)?;
        let about = match identity {
            Identity::TaxPayable => ALL_TAXES,
            _ => super::about(identity, name),
        };
        Some((identity, about))
    }
}
