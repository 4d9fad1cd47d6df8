//! Matching: what documents need, found in the book's own chart.
//!
//! Nothing is guessed: accounts match by name and side of the books, items by stock-keeping unit or
//! name and only where their lines land on the right account, parties by name. What does not match
//! is created. An item that the book keeps in stock is never made a second time: where its own has
//! other accounts, a person must decide.

use crate::book::{ChartEntry, ChartKind, Item, KeptAccounts, Listed, Need, Refusal, RefusalKind};
use crate::document::{KeptItem, Party};
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
    /// It is there, but otherwise: neither can it be used, nor may it be made again.
    Contradicts(Refusal),
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
        Need::Item(Item { product, kept: Some(kept), .. }) => {
            let sku = product.as_ref().and_then(|product| product.sku.as_deref());
            return find_kept(kept, sku, chart, names, account);
        }
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
        // By its percentage, where the chart shows rates. Where it shows none, the book's owner or
        // the book itself must say which it is.
        Need::TaxRate(tax) => chart.iter().find(|entry| match entry.kind {
            ChartKind::TaxRate { percent } => {
                entry.active && percent.is_some() && percent == tax.rate
            }
            _ => false,
        }),
        Need::Listed(listed) => find_listed(listed, chart, names),
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

/// An item that the book keeps in stock: by its stock-keeping unit; one without, by a name that
/// nothing else bears. Its three accounts must be the policy's, or the book would enter sales and
/// costs elsewhere.
fn find_kept(
    wanted: &KeptItem,
    sku: Option<&str>,
    chart: &[ChartEntry],
    names: &[String],
    account: impl Fn(&Account) -> Option<RemoteId>,
) -> Resolution {
    let found = chart.iter().find_map(|entry| match &entry.kind {
        ChartKind::Item { sku: held, income_account, kept: Some(kept), .. } if entry.active => {
            let bears = |name: &str| one_of(name, names) || same(name, &entry.name);
            // Where its name stands for the unit, the one that we would give says as much.
            let is_called = || one_of(&entry.name, names) && held.as_deref().is_none_or(bears);
            let is_it = match (held, sku) {
                (Some(held), Some(sku)) if same(held, sku) => true,
                (None, Some(_)) => false,
                _ => is_called(),
            };
            is_it.then_some((entry, income_account, kept))
        }
        _ => None,
    });
    let Some((entry, income, KeptAccounts { stock, cost })) = found else {
        return Resolution::Create;
    };
    let differs = [(&wanted.income, income), (&wanted.stock, stock), (&wanted.cost, cost)]
        .into_iter()
        .find(|(wanted, held)| {
            held.as_ref()
                .is_some_and(|held| !account(wanted).is_some_and(|it| is_called(&it, held)))
        });
    match differs {
        None => Resolution::Bound(entry.remote.clone()),
        Some((lacking, _)) => Resolution::Contradicts(other_accounts(entry, lacking, wanted)),
    }
}

/// Whether a book means an account by what an item of its names: what it calls the account, or one
/// of several words that it calls it by.
fn is_called(account: &RemoteId, named: &RemoteId) -> bool {
    account == named || account.as_str().split(' ').any(|word| word == named.as_str())
}

fn other_accounts(entry: &ChartEntry, lacking: &Account, wanted: &KeptItem) -> Refusal {
    let KeptItem { income, stock, cost, .. } = wanted;
    Refusal {
        kind: RefusalKind::Other,
        code: "other-accounts".to_owned(),
        message: format!(
            "the book keeps `{}` in stock, but not with the account `{}`",
            entry.name, lacking.name
        ),
        hint: format!(
            "give the item the accounts `{}`, `{}` and `{}` there, or name those that it has in \
             the policy; then: saldo retry",
            income.name, stock.name, cost.name
        ),
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
    find_by_name(chart, names, |held| {
        let (kind, held) = match held {
            ChartKind::Account { kind, currency, .. } => (kind, *currency),
            ChartKind::ForeignAccount { kind, currency } => (kind, Some(*currency)),
            _ => return false,
        };
        let of_side = kind.is_none_or(|kind| kind.side() == wanted.kind.side());
        of_side && held == Some(currency)
    })
}

fn find_item<'a>(
    wanted: &Item,
    chart: &'a [ChartEntry],
    names: &[String],
    account: Option<&RemoteId>,
) -> Option<&'a ChartEntry> {
    let lands_right = |entry: &&ChartEntry| match &entry.kind {
        // What the book keeps in stock, it would charge to the cost of goods.
        ChartKind::Item { income_account, lines_say_account, kept: None, .. } => {
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

/// A way of being paid by its name; terms by what they say, and where several say the same, by
/// their name; a currency by its code.
fn find_listed<'a>(
    wanted: &Listed,
    chart: &'a [ChartEntry],
    names: &[String],
) -> Option<&'a ChartEntry> {
    match wanted {
        Listed::PaymentMethod { .. } => {
            find_by_name(chart, names, |kind| *kind == ChartKind::PaymentMethod)
        }
        Listed::Terms { days } => {
            let kind = ChartKind::Terms { days: Some(*days) };
            let of_days = || chart.iter().find(|entry| entry.active && entry.kind == kind);
            find_by_name(chart, names, |held| *held == kind).or_else(of_days)
        }
        Listed::Currency(currency) => {
            let kind = ChartKind::Currency { currency: *currency };
            chart.iter().find(|entry| entry.active && entry.kind == kind)
        }
    }
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
    use crate::book::{Called, TaxRate};
    use crate::commerce::Product;

    fn entry(remote: &str, kind: ChartKind, name: &str) -> ChartEntry {
        ChartEntry { remote: remote.into(), kind, name: name.to_owned(), active: true }
    }

    fn account(kind: AccountKind, collects_tax: bool) -> ChartKind {
        ChartKind::Account { kind: Some(kind), currency: None, collects_tax }
    }

    #[test]
    fn a_rate_of_tax_is_found_by_its_percentage() {
        let rate = |text: &str| text.parse().ok();
        let shown = |remote: &str, percent: &str| {
            entry(remote, ChartKind::TaxRate { percent: rate(percent) }, "Tax")
        };
        let inactive = ChartEntry { active: false, ..shown("1", "0") };
        let chart = [inactive, shown("2", "8.25"), shown("3", "0.0"), shown("4", "")];
        let found = |percent: &str| {
            let need = Need::TaxRate(TaxRate { title: "any".to_owned(), rate: rate(percent) });
            resolve(&need, &chart, &[], |_| None)
        };
        assert_eq!(found("0"), Resolution::Bound("3".into()));
        assert_eq!(found("8.250"), Resolution::Bound("2".into()));
        assert_eq!(found("7"), Resolution::Create);
        assert_eq!(found(""), Resolution::Create);
    }

    fn chart() -> Vec<ChartEntry> {
        let item = |sku: &str, income: &str| ChartKind::Item {
            lines_say_account: false,
            sku: Some(sku.to_owned()),
            income_account: Some(income.into()),
            kept: None,
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

    fn product(sku: Option<&str>, title: &str) -> Product {
        Product { id: None, sku: sku.map(str::to_owned), title: title.to_owned() }
    }

    fn found(need: &Need, name: &str) -> Option<String> {
        match resolve(need, &chart(), &[name.to_owned()], |_| Some("1".into())) {
            Resolution::Bound(remote) => Some(remote.to_string()),
            Resolution::Create | Resolution::Contradicts(_) => None,
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
    fn what_the_book_keeps_in_stock_is_one_item_with_the_accounts_of_the_policy() {
        let wanted = |sku: Option<&str>, stock: &str| {
            let account = |name: &str, kind| Account::new(name, kind);
            let kept = KeptItem {
                key: sku.unwrap_or("shop/7").to_owned(),
                income: account("Product sales", AccountKind::Income),
                stock: account(stock, AccountKind::OtherCurrentAsset),
                cost: account("Cost of goods sold", AccountKind::CostOfGoods),
                since: "2026-01-01".parse().unwrap(),
            };
            Need::Item(Item::kept(product(sku, "Mug"), kept))
        };
        let item = |sku: Option<&str>, kept| ChartKind::Item {
            sku: sku.map(str::to_owned),
            income_account: Some("income".into()),
            lines_say_account: false,
            kept,
        };
        let kept = || KeptAccounts { stock: Some("stock".into()), cost: Some("cost".into()) };
        let chart = [
            entry("1", item(Some("MUG"), None), "Mug"),
            entry("2", item(Some("mug"), Some(kept())), "Mug, kept"),
            entry("3", item(None, Some(kept())), "Mug (7)"),
        ];
        let resolved = |need: &Need, names: &[&str]| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            resolve(need, &chart, &names, |account| match &*account.name {
                "Product sales" => Some("income".into()),
                "Inventory" => Some("stock".into()),
                "Cost of goods sold" => Some("cost".into()),
                _ => Some("other".into()),
            })
        };
        let bound = |remote: &str| Resolution::Bound(remote.into());
        assert_eq!(resolved(&wanted(Some("MUG"), "Inventory"), &["Mug"]), bound("2"));
        assert_eq!(resolved(&wanted(None, "Inventory"), &["Mug (7)"]), bound("3"));
        assert_eq!(resolved(&wanted(None, "Inventory"), &["Mug, kept"]), Resolution::Create);
        assert_eq!(resolved(&wanted(Some("CUP"), "Inventory"), &["Mug (7)"]), Resolution::Create);
        match resolved(&wanted(Some("MUG"), "Goods"), &["Mug"]) {
            Resolution::Contradicts(refusal) => assert!(refusal.message.contains("`Goods`")),
            other => panic!("{other:?}"),
        }
        let one = wanted(Some("MUG"), "Inventory").binding();
        assert_eq!(one, "stock/Product sales/Inventory/Cost of goods sold/MUG");
        let plain =
            Item::plain(Some(product(Some("MUG"), "Mug")), Account::new("A", AccountKind::Income));
        let resolved = resolve(&Need::Item(plain), &chart[1..2], &[], |_| Some("income".into()));
        assert_eq!(resolved, Resolution::Create, "the book would charge it to the cost of goods");
    }

    #[test]
    fn an_item_must_land_on_the_right_account() {
        let need = |sku: &str| {
            let account = Account::new("Product sales", AccountKind::Income);
            Need::Item(Item::plain(Some(product(Some(sku), sku)), account))
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
            Resolution::Create | Resolution::Contradicts(_) => None,
        };
        assert_eq!(bound(&need(Some("channel")), &names).as_deref(), Some("Web"));
        assert_eq!(bound(&need(Some("region")), &names).as_deref(), Some("web"));
        assert_eq!(bound(&need(None), &names), None);
        let dimension = Need::Dimension("class".into());
        assert_eq!(bound(&dimension, &["channel".to_owned()]).as_deref(), Some("c"));
        assert_eq!(bound(&dimension, &names), None);
    }

    #[test]
    fn what_is_listed_matches_by_name_or_by_what_it_means() {
        let [eur, jpy] = ["EUR", "JPY"].map(|code| Currency::parse(code).unwrap());
        let unused = ChartKind::Currency { currency: jpy };
        let chart = [
            entry("cash", ChartKind::PaymentMethod, "CASH"),
            entry("discount", ChartKind::Terms { days: None }, "Net 30"),
            entry("month", ChartKind::Terms { days: Some(30) }, "A month"),
            entry("other", ChartKind::Terms { days: Some(60) }, "Two months"),
            entry("sixty", ChartKind::Terms { days: Some(60) }, "net 60"),
            entry("euro", ChartKind::Currency { currency: eur }, "Euro"),
            ChartEntry { active: false, ..entry("yen", unused, "Yen") },
        ];
        let bound = |listed: Listed, name: &str| {
            let names = [name.to_owned()];
            match resolve(&Need::Listed(listed), &chart, &names, |_| None) {
                Resolution::Bound(remote) => Some(remote.to_string()),
                Resolution::Create | Resolution::Contradicts(_) => None,
            }
        };
        let method = |name: &str| Listed::PaymentMethod { name: name.to_owned(), cash: true };
        let terms = |days| Listed::Terms { days };
        assert_eq!(bound(method("Cash"), "Cash").as_deref(), Some("cash"));
        assert_eq!(bound(method("Euro"), "Euro"), None);
        assert_eq!(bound(terms(30), "Net 30").as_deref(), Some("month"));
        assert_eq!(bound(terms(60), "Net 60").as_deref(), Some("sixty"));
        assert_eq!(bound(terms(45), "Net 45"), None);
        assert_eq!(bound(Listed::Currency(eur), "EUR").as_deref(), Some("euro"));
        assert_eq!(bound(Listed::Currency(jpy), "JPY"), None, "nobody made it active");
    }

    #[test]
    fn an_account_of_another_currency_is_none_for_what_is_in_the_books_own() {
        let eur = Currency::parse("EUR").unwrap();
        let kind = ChartKind::ForeignAccount { kind: Some(AccountKind::Bank), currency: eur };
        let chart = [entry("1", kind, "Bank")];
        let account = || Account::new("Bank", AccountKind::Bank);
        let names = ["Bank".to_owned()];
        let found = |need: Need| resolve(&need, &chart, &names, |_| None);
        assert_eq!(found(Need::Account(account())), Resolution::Create);
        let own = Need::ForeignAccount { account: account(), currency: eur };
        assert_eq!(found(own), Resolution::Bound("1".into()));
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
