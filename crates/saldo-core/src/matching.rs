//! Matching: what documents need, found in the book's own chart.
//!
//! Nothing is guessed: accounts match by name and side of the books, items by stock-keeping unit or
//! name and only where their lines land on the right account, parties by name. What does not match
//! is created.

use crate::book::{ChartEntry, ChartKind, Item, Need};
use crate::document::Party;
use crate::ledger::{Account, AccountKind};
use crate::money::Currency;
use crate::text::RemoteId;

/// How a need is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It is there.
    Bound(RemoteId),
    /// It must be made.
    Create,
}

/// Finds a need in a chart.
///
/// `names` are those under which the book may hold the need, the preferred one first; `account`
/// says what the book calls an account, where that is known.
#[must_use]
pub fn resolve(
    need: &Need,
    chart: &[ChartEntry],
    names: &[String],
    account: impl Fn(&Account) -> Option<RemoteId>,
) -> Resolution {
    let found = match need {
        Need::Account(wanted) => find_account(wanted, chart, names),
        Need::ForeignAccount { account, currency } => {
            find_foreign_account(account, *currency, chart, names)
        }
        Need::Item(item) => find_item(item, chart, names, account(&item.account).as_ref()),
        Need::Party(party) => find_party(party, chart, names),
        Need::Dimension(_) => find_by_name(chart, names, |kind| *kind == ChartKind::Dimension),
        Need::Value { dimension, .. } => find_by_name(chart, names, |kind| match kind {
            ChartKind::Value { dimension: held } => same(held, dimension.name()),
            _ => false,
        }),
        // Which of the book's rates a tax is, the book's owner or the book itself must say.
        Need::TaxRate(_) => None,
    };
    found.map_or(Resolution::Create, |entry| Resolution::Bound(entry.remote.clone()))
}

/// Whether a name is one of these, whatever its case.
fn one_of(name: &str, names: &[String]) -> bool {
    names.iter().any(|known| same(name, known))
}

fn same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

fn find_account<'a>(
    wanted: &Account,
    chart: &'a [ChartEntry],
    names: &[String],
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
        one_of(&entry.name, names) && kind.is_none_or(|kind| kind.side() == wanted.kind.side())
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
        // What is owed stands in one account, whatever it is called.
        (None, AccountKind::Receivable | AccountKind::Payable) => {
            let own = usable().filter(|(_, kind, _)| *kind == Some(wanted.kind));
            only(own.map(|(entry, ..)| entry).collect())
        }
        (None, _) => None,
    }
}

/// The account of this name and side that is kept in a currency: another one of its name is none of
/// ours.
fn find_foreign_account<'a>(
    wanted: &Account,
    currency: Currency,
    chart: &'a [ChartEntry],
    names: &[String],
) -> Option<&'a ChartEntry> {
    find_by_name(chart, names, |held| match held {
        ChartKind::Account { kind, currency: held, .. } => {
            let of_side = kind.is_none_or(|kind| kind.side() == wanted.kind.side());
            of_side && *held == Some(currency)
        }
        _ => false,
    })
}

fn find_item<'a>(
    wanted: &Item,
    chart: &'a [ChartEntry],
    names: &[String],
    account: Option<&RemoteId>,
) -> Option<&'a ChartEntry> {
    let lands_right = |entry: &&ChartEntry| match &entry.kind {
        ChartKind::Item { income_account, lines_say_account, .. } => {
            let lands = account.is_some() && income_account.as_ref() == account;
            entry.active && (*lines_say_account || lands)
        }
        _ => false,
    };
    let sku = wanted.product.as_ref().and_then(|product| product.sku.as_deref());
    let by_sku = chart.iter().filter(lands_right).find(|entry| match &entry.kind {
        ChartKind::Item { sku: Some(known), .. } => sku.is_some_and(|sku| same(known, sku)),
        _ => false,
    });
    by_sku.or_else(|| chart.iter().filter(lands_right).find(|entry| one_of(&entry.name, names)))
}

fn find_party<'a>(
    party: &Party,
    chart: &'a [ChartEntry],
    names: &[String],
) -> Option<&'a ChartEntry> {
    let kind = match party {
        Party::Customer { .. } => ChartKind::Customer,
        Party::Vendor { .. } => ChartKind::Vendor,
    };
    find_by_name(chart, names, |held| *held == kind)
}

fn find_by_name<'a>(
    chart: &'a [ChartEntry],
    names: &[String],
    is_of: impl Fn(&ChartKind) -> bool,
) -> Option<&'a ChartEntry> {
    let own = || chart.iter().filter(|entry| entry.active && is_of(&entry.kind));
    names.iter().find_map(|name| own().find(|entry| same(&entry.name, name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Called;

    fn entry(remote: &str, kind: ChartKind, name: &str) -> ChartEntry {
        ChartEntry { remote: remote.into(), kind, name: name.to_owned(), active: true }
    }

    fn account(kind: AccountKind, collects_tax: bool) -> ChartKind {
        ChartKind::Account { kind: Some(kind), currency: None, collects_tax }
    }

    fn chart() -> Vec<ChartEntry> {
        let item = |sku: &str, income: &str| ChartKind::Item {
            lines_say_account: false,
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
            entry("9", account(AccountKind::Payable, false), "A/P"),
        ]
    }

    #[test]
    fn an_account_of_another_currency_is_found_in_it_alone() {
        let [eur, usd] = ["EUR", "USD"].map(|code| Currency::parse(code).unwrap());
        let account = Account::new("Clearing EUR", AccountKind::Clearing);
        let need = Need::ForeignAccount { account, currency: eur };
        for (held, found) in [(Some(eur), true), (Some(usd), false), (None, false)] {
            let kind = AccountKind::Bank;
            let kind = ChartKind::Account { kind: Some(kind), currency: held, collects_tax: false };
            let chart = [entry("1", kind, "clearing eur")];
            let resolved = resolve(&need, &chart, &["Clearing EUR".to_owned()], |_| None);
            assert_eq!(resolved == Resolution::Bound("1".into()), found, "{held:?}");
        }
    }

    fn found(need: &Need, name: &str) -> Option<String> {
        match resolve(need, &chart(), &[name.to_owned()], |_| Some("1".into())) {
            Resolution::Bound(remote) => Some(remote.to_string()),
            Resolution::Create => None,
        }
    }

    #[test]
    fn accounts_match_by_name_and_side() {
        let need = |name: &str, kind| Need::Account(Account::new(name, kind));
        let cases = [
            ("Product sales", AccountKind::Income, Some("1")),
            ("Shipping income", AccountKind::Income, None),
            ("Accounts receivable", AccountKind::Receivable, Some("3")),
            ("Accounts payable", AccountKind::Payable, Some("9")),
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
    fn a_value_matches_within_its_dimension_by_what_the_book_calls_both() {
        let value =
            |of: &str, name: &str| entry(name, ChartKind::Value { dimension: of.into() }, name);
        let chart = [
            entry("c", ChartKind::Dimension, "Channel"),
            value("Region", "web"),
            value("Channel", "Web"),
        ];
        let need = |dimension: Option<&str>| Need::Value {
            dimension: Called { word: "class".into(), name: dimension.map(str::to_owned) },
            value: "online".into(),
        };
        let names = ["Web".to_owned()];
        let bound = |need: &Need, names: &[String]| match resolve(need, &chart, names, |_| None) {
            Resolution::Bound(remote) => Some(remote.to_string()),
            Resolution::Create => None,
        };
        assert_eq!(bound(&need(Some("channel")), &names).as_deref(), Some("Web"));
        assert_eq!(bound(&need(Some("region")), &names).as_deref(), Some("web"));
        assert_eq!(bound(&need(None), &names), None);
        let dimension = Need::Dimension("class".into());
        assert_eq!(bound(&dimension, &["channel".to_owned()]).as_deref(), Some("c"));
        assert_eq!(bound(&dimension, &names), None);
    }

    #[test]
    fn a_party_matches_its_own_kind_by_any_of_its_names() {
        let need = |name: &str| {
            Need::Party(Party::Customer { key: "1".to_owned(), name: name.to_owned() })
        };
        assert_eq!(found(&need("John Doe"), "John Doe"), None);
        assert_eq!(found(&need("Jane Roe"), "jane roe").as_deref(), Some("8"));
        let names = ["Nobody".to_owned(), "Jane Roe".to_owned()];
        let bound = Resolution::Bound("8".into());
        assert_eq!(resolve(&need("Nobody"), &chart(), &names, |_| None), bound);
    }
}
