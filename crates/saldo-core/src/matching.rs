//! Matching: what documents need, found in the book's own chart.
//!
//! Nothing is guessed: accounts match by name and side of the books, items by stock-keeping unit or
//! name and only where their lines land on the right account, parties by name. What does not match is
//! created.

use crate::book::{ChartEntry, ChartKind, Item, Need};
use crate::document::Party;
use crate::ledger::{Account, AccountKind};
use crate::text::RemoteId;

/// How a need is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It is there.
    Bound(RemoteId),
    /// It must be made, as this.
    Create(Need),
}

/// Finds a need in a chart.
///
/// `name` gives the name under which the book would hold a need; `account` what the book calls an
/// account, where that is known.
#[must_use]
pub fn resolve(
    need: &Need,
    chart: &[ChartEntry],
    name: &str,
    account: impl Fn(&Account) -> Option<RemoteId>,
) -> Resolution {
    let found = match need {
        Need::Account(wanted) => find_account(wanted, chart, name),
        Need::Item(item) => find_item(item, chart, name, account(&item.account).as_ref()),
        Need::Party(party) => return resolve_party(need, party, chart, name),
    };
    found.map_or_else(
        || Resolution::Create(need.clone()),
        |entry| Resolution::Bound(entry.remote.clone()),
    )
}

fn same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

fn find_account<'a>(
    wanted: &Account,
    chart: &'a [ChartEntry],
    name: &str,
) -> Option<&'a ChartEntry> {
    let usable = || {
        chart.iter().filter_map(|entry| match &entry.kind {
            ChartKind::Account { kind, collects_tax, .. } if entry.active => {
                Some((entry, *kind, *collects_tax))
            }
            _ => None,
        })
    };
    let by_name = usable().find(|(entry, kind, _)| {
        same(&entry.name, name) && kind.is_none_or(|kind| kind.side() == wanted.kind.side())
    });
    let only = |found: Vec<&'a ChartEntry>| match found[..] {
        [entry] => Some(entry),
        _ => None,
    };
    match (by_name, wanted.kind) {
        (_, AccountKind::TaxLiability) => {
            let agencies = usable().filter(|(_, _, collects)| *collects).map(|(entry, ..)| entry);
            only(agencies.collect()).or(by_name.map(|(entry, ..)| entry))
        }
        (Some((entry, ..)), _) => Some(entry),
        (None, AccountKind::Receivable) => {
            let receivable = usable()
                .filter(|(_, kind, _)| *kind == Some(AccountKind::Receivable))
                .map(|(entry, ..)| entry);
            only(receivable.collect())
        }
        (None, _) => None,
    }
}

fn find_item<'a>(
    wanted: &Item,
    chart: &'a [ChartEntry],
    name: &str,
    account: Option<&RemoteId>,
) -> Option<&'a ChartEntry> {
    let lands_right = |entry: &&ChartEntry| match &entry.kind {
        ChartKind::Item { income_account, .. } => {
            entry.active && account.is_some() && income_account.as_ref() == account
        }
        _ => false,
    };
    let sku = wanted.product.as_ref().and_then(|product| product.sku.as_deref());
    let by_sku = chart.iter().filter(lands_right).find(|entry| match &entry.kind {
        ChartKind::Item { sku: Some(known), .. } => sku.is_some_and(|sku| same(known, sku)),
        _ => false,
    });
    by_sku.or_else(|| chart.iter().filter(lands_right).find(|entry| same(&entry.name, name)))
}

fn resolve_party(need: &Need, party: &Party, chart: &[ChartEntry], name: &str) -> Resolution {
    let own_kind = |entry: &&ChartEntry| match party {
        Party::Customer { .. } => entry.kind == ChartKind::Customer,
        Party::Vendor { .. } => entry.kind == ChartKind::Vendor,
    };
    let is_party = |entry: &&ChartEntry| {
        matches!(entry.kind, ChartKind::Customer | ChartKind::Vendor | ChartKind::OtherName)
    };
    let named = |name: &str| -> Vec<&ChartEntry> {
        chart.iter().filter(is_party).filter(|entry| same(&entry.name, name)).collect()
    };
    let holders = named(name);
    if let Some(entry) = holders.iter().find(|entry| own_kind(entry) && entry.active) {
        return Resolution::Bound(entry.remote.clone());
    }
    if holders.is_empty() {
        return Resolution::Create(need.clone());
    }
    let suffixed = with_suffix(party);
    let (Party::Customer { name, .. } | Party::Vendor { name }) = &suffixed;
    let own = named(name).into_iter().find(|entry| own_kind(entry) && entry.active);
    match own {
        Some(entry) => Resolution::Bound(entry.remote.clone()),
        None => Resolution::Create(Need::Party(suffixed)),
    }
}

/// The name that a party takes where its own is taken by another kind of party.
#[must_use]
pub fn with_suffix(party: &Party) -> Party {
    match party {
        Party::Customer { key, name } => {
            Party::Customer { key: key.clone(), name: format!("{name} (C)") }
        }
        Party::Vendor { name } => Party::Vendor { name: format!("{name} (V)") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(remote: &str, kind: ChartKind, name: &str) -> ChartEntry {
        ChartEntry { remote: remote.into(), kind, name: name.to_owned(), active: true }
    }

    fn account(kind: AccountKind, collects_tax: bool) -> ChartKind {
        ChartKind::Account { kind: Some(kind), currency: None, collects_tax }
    }

    fn chart() -> Vec<ChartEntry> {
        let item = |sku: &str, income: &str| ChartKind::Item {
            sku: Some(sku.to_owned()),
            income_account: Some(income.into()),
        };
        vec![
            entry("1", account(AccountKind::Income, false), "product SALES"),
            entry("2", account(AccountKind::Expense, false), "Shipping income"),
            entry("3", account(AccountKind::Receivable, false), "A/R"),
            entry("4", account(AccountKind::TaxLiability, true), "State agency payable"),
            entry("5", item("MUG", "1"), "Mug, blue"),
            entry("6", item("CUP", "2"), "Cup"),
            entry("7", ChartKind::Vendor, "John Doe"),
            entry("8", ChartKind::Customer, "Jane Roe"),
        ]
    }

    fn found(need: &Need, name: &str) -> Option<String> {
        match resolve(need, &chart(), name, |_| Some("1".into())) {
            Resolution::Bound(remote) => Some(remote.to_string()),
            Resolution::Create(_) => None,
        }
    }

    #[test]
    fn accounts_match_by_name_and_side() {
        let need = |name: &str, kind| Need::Account(Account::new(name, kind));
        let cases = [
            ("Product sales", AccountKind::Income, Some("1")),
            ("Shipping income", AccountKind::Income, None),
            ("Accounts receivable", AccountKind::Receivable, Some("3")),
            ("Sales tax payable", AccountKind::TaxLiability, Some("4")),
        ];
        for (name, kind, expected) in cases {
            assert_eq!(found(&need(name, kind), name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn an_item_must_land_on_the_right_account() {
        let need = |sku: &str| {
            Need::Item(Item {
                product: Some(crate::commerce::Product {
                    id: None,
                    sku: Some(sku.to_owned()),
                    title: sku.to_owned(),
                }),
                account: Account::new("Product sales", AccountKind::Income),
            })
        };
        assert_eq!(found(&need("MUG"), "MUG").as_deref(), Some("5"));
        assert_eq!(found(&need("CUP"), "Cup"), None);
    }

    #[test]
    fn a_name_that_a_vendor_has_gets_a_suffix() {
        let customer = |name: &str| Party::Customer { key: "1".to_owned(), name: name.to_owned() };
        let need = Need::Party(customer("John Doe"));
        let expected = Resolution::Create(Need::Party(customer("John Doe (C)")));
        assert_eq!(resolve(&need, &chart(), "John Doe", |_| None), expected);
        let need = Need::Party(customer("Jane Roe"));
        assert_eq!(found(&need, "Jane Roe").as_deref(), Some("8"));
    }
}
