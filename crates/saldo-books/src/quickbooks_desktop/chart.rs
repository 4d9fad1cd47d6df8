//! The chart: which lists are read, part by part, and what their rows mean.
//!
//! Items and people are read by the vendor's own iterators. Other lists have none: a page of ours
//! is a range of the times at which rows were last changed, and a list that has more rows than an
//! answer may hold is parted at the middle of those that came. A row that changes meanwhile moves
//! to the last range, which is read last. A page of text names ranges, and behind the first part
//! of their rows the iterators that have the rest: `Class@2026-01-01T00:00:00Z@`,
//! `Item@@@{eb05f701}*500`.

use super::currencies::{self, Currencies};
use super::find;
use super::iterators::{self, Rest};
use super::listed;
use super::message::{Request, Responses};
use super::names;
use super::settings::{self, PREFERENCES};
use super::shape::CLASS;
use super::stock;
use super::wire::{ListQuery, PlainQuery};
use super::xml::Element;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use saldo_core::book::{BookContext, ChartEntry, ChartKind, ChartPage, KeptAccounts};
use saldo_core::exchange::{Fault, Permit};
use saldo_core::ledger::AccountKind;
use saldo_core::text::RemoteId;

/// How many rows of a list an answer may hold.
pub(super) const ROWS: usize = 2000;
/// How many ranges one message asks for.
const RANGES: usize = 8;

/// The lists that make up the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum List {
    Account,
    Item,
    /// Customers, vendors, employees and other names.
    Entity,
    Class,
    PaymentMethod,
    StandardTerms,
}

impl List {
    const ALL: [Self; 6] = [
        Self::Account,
        Self::Item,
        Self::Entity,
        Self::Class,
        Self::PaymentMethod,
        Self::StandardTerms,
    ];

    /// The name that its query is made of.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::Item => "Item",
            Self::Entity => "Entity",
            Self::Class => "Class",
            Self::PaymentMethod => "PaymentMethod",
            Self::StandardTerms => "StandardTerms",
        }
    }

    /// Whether the vendor has an iterator for it.
    const fn is_iterated(self) -> bool {
        matches!(self, Self::Item | Self::Entity)
    }

    /// What is asked of its rows.
    fn elements(self) -> Vec<&'static str> {
        let mut elements = vec!["ListID", "TimeModified", "Name", "FullName", "IsActive"];
        elements.extend_from_slice(match self {
            Self::Account => &["AccountType", "SpecialAccountType", "AccountNumber", "CurrencyRef"],
            Self::Item => &[
                "ManufacturerPartNumber",
                "SalesOrPurchase",
                "SalesAndPurchase",
                "TaxRate",
                "IncomeAccountRef",
                "COGSAccountRef",
                "AssetAccountRef",
            ],
            Self::Entity => &["CurrencyRef"],
            Self::StandardTerms => &["StdDueDays", "DiscountPct"],
            Self::Class | Self::PaymentMethod => &[],
        });
        elements
    }
}

/// The rows of a list that were last changed between two instants, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    list: List,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    /// Those that were not read yet; none before the first part.
    rest: Option<Rest>,
}

impl Range {
    const fn all(list: List) -> Self {
        Self { list, from: None, to: None, rest: None }
    }

    /// What its request is called, and how a page names it.
    fn id(&self) -> String {
        let text = |time: Option<Timestamp>| time.map_or_else(String::new, |time| time.to_string());
        let rest = self.rest.as_ref().map(|rest| format!("@{rest}")).unwrap_or_default();
        format!("{}@{}@{}{rest}", self.list.name(), text(self.from), text(self.to))
    }

    fn parse(id: &str) -> Option<Self> {
        let mut parts = id.split('@');
        let name = parts.next()?;
        let list = List::ALL.into_iter().find(|list| list.name() == name)?;
        let mut time = || match parts.next()? {
            "" => Some(None),
            text => text.parse().ok().map(Some),
        };
        let (from, to) = (time()?, time()?);
        let rest = parts.next().map(|rest| Rest::parse(rest).ok_or(())).transpose().ok()?;
        parts.next().is_none().then_some(Self { list, from, to, rest })
    }

    /// Whether it is one second, which cannot be parted.
    fn is_instant(&self) -> bool {
        self.from.is_some() && self.from == self.to
    }

    fn request(&self) -> Result<Request, String> {
        let fields = ListQuery {
            request_id: self.id(),
            iterator: self.list.is_iterated().then(|| iterators::step(self.rest.as_ref())),
            iterator_id: self.rest.as_ref().map(|rest| rest.iterator.clone()),
            max_returned: (!self.is_instant()).then_some(ROWS),
            // Names of inactive things are taken as well.
            active_status: Some("All"),
            from_modified_date: self.from.map(as_vendor),
            to_modified_date: self.to.map(as_vendor),
            include_ret_element: self.list.elements(),
            ..ListQuery::default()
        };
        Request::query(self.list.name(), &fields)
    }

    /// Smaller ranges that hold the same, in their order, parted by the times of some of its rows.
    fn parts(&self, mut times: Vec<Timestamp>) -> Vec<Self> {
        times.sort_unstable();
        let (first, last) = (times.first().copied(), times.last().copied());
        let middle = times.get(times.len() / 2).copied();
        let until = |to| Self { to: Some(to), ..self.clone() };
        let after = |time: Timestamp| Self { from: Some(second_after(time)), ..self.clone() };
        match (first, middle, last) {
            (Some(first), Some(middle), Some(last)) if middle < last || first < last => {
                let at = if middle < last { middle } else { second_before(last) };
                vec![until(at), after(at)]
            }
            (Some(only), ..) => {
                let own = Self { from: Some(only), to: Some(only), ..self.clone() };
                let before = self.from.is_none_or(|from| from < only);
                let behind = self.to.is_none_or(|to| to > only);
                let before = before.then(|| until(second_before(only)));
                before.into_iter().chain([own]).chain(behind.then(|| after(only))).collect()
            }
            _ => vec![self.clone()],
        }
    }
}

fn second_after(time: Timestamp) -> Timestamp {
    time.saturating_add(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX)
}

fn second_before(time: Timestamp) -> Timestamp {
    time.saturating_sub(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MIN)
}

fn as_vendor(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// The ranges of a page: all lists on the first one.
///
/// # Errors
/// Where the page is none of ours.
pub(super) fn ranges(page: Option<&str>) -> Result<Vec<Range>, Fault> {
    let Some(page) = page else { return Ok(List::ALL.map(Range::all).to_vec()) };
    let unreadable = || Fault::new(Permit::Never, format!("`{page}` is no page of the chart"));
    page.split(' ').map(|id| Range::parse(id).ok_or_else(unreadable)).collect()
}

/// What asks for the first of these ranges, and for what its owner decided.
///
/// # Errors
/// In words, where a query cannot be written.
pub(super) fn requests(ranges: &[Range]) -> Result<Vec<Request>, String> {
    let is_first = ranges.iter().any(|range| *range == Range::all(List::Account));
    let settings = match is_first {
        true => settings::requests()?,
        // The own currency, by its name there, tells which rows are of another one.
        false => {
            let request_id = PREFERENCES.to_owned();
            vec![Request::query(PREFERENCES, &PlainQuery { request_id })?]
        }
    };
    // Accounts name their currencies alone.
    let currencies = has_accounts(ranges).then(currencies::request);
    let ranges = ranges.iter().take(RANGES).map(Range::request);
    settings.into_iter().map(Ok).chain(currencies).chain(ranges).collect()
}

/// Whether accounts are among what a page of these ranges asks for.
fn has_accounts(ranges: &[Range]) -> bool {
    ranges.iter().take(RANGES).any(|range| range.list == List::Account)
}

/// What the answers mean: the rows, and where to go on.
///
/// # Errors
/// Where a query was refused or not answered, or a row cannot be read.
pub(super) fn page(
    ranges: Vec<Range>,
    is_first: bool,
    mut responses: Responses,
    context: &BookContext,
) -> Result<ChartPage, Fault> {
    let mut chart = ChartPage::default();
    let preferences = match is_first {
        true => {
            let (settings, preferences) = settings::read(&mut responses, context)?;
            chart.settings = Some(settings);
            preferences
        }
        false => settings::preferences(&mut responses)?,
    };
    let home = settings::home_currency(&preferences);
    let currencies = match has_accounts(&ranges) {
        true => currencies::read(&mut responses, settings::keeps_one_currency(&preferences))?,
        false => Currencies::default(),
    };
    if is_first {
        chart.entries.extend(currencies.entries());
    }
    let (asked, later) = ranges.split_at(ranges.len().min(RANGES));
    let mut next = Vec::new();
    for range in asked {
        let response = responses.take(&range.id());
        if range.list == List::Class && response.as_ref().is_some_and(|it| it.code == 3250) {
            // Where classes are switched off there is no list of them.
            continue;
        }
        let rest = match range.list.is_iterated() {
            true => iterators::rest(range.list.name(), range.rest.as_ref(), response.as_ref())?,
            false => None,
        };
        next.extend(rest.map(|rest| Range { rest: Some(rest), ..range.clone() }));
        let rows = find::rows(range.list.name(), response)?;
        if !range.list.is_iterated() && rows.len() >= ROWS && !range.is_instant() {
            let times = rows.iter().map(modified).collect::<Result<_, _>>()?;
            next.extend(range.parts(times));
            continue;
        }
        for row in &rows {
            chart.entries.extend(entry(range.list, row, home, &currencies)?);
        }
    }
    next.extend_from_slice(later);
    let next: Vec<String> = next.iter().map(Range::id).collect();
    chart.next = (!next.is_empty()).then(|| next.join(" "));
    Ok(chart)
}

fn unreadable(row: &Element, reason: &str) -> Fault {
    Fault::new(Permit::Never, format!("a {} cannot be read: {reason}", row.name))
}

fn modified(row: &Element) -> Result<Timestamp, Fault> {
    let text = row.text(["TimeModified"]).unwrap_or_default();
    text.parse().map_err(|_| unreadable(row, &format!("it was changed at `{text}`")))
}

/// What a row is. An account in another currency than the company's is none that other documents
/// can use than those in its currency, and a customer in one is but a name that is taken.
fn entry(
    list: List,
    row: &Element,
    home: Option<&str>,
    currencies: &Currencies,
) -> Result<Option<ChartEntry>, Fault> {
    let id = row.text(["ListID"]).ok_or_else(|| unreadable(row, "it has no ListID"))?;
    let name = row.text(["FullName"]).or_else(|| row.text(["Name"]));
    let name = name.ok_or_else(|| unreadable(row, "it has no name"))?;
    let currency = row.text(["CurrencyRef", "FullName"]);
    let is_foreign = home.is_some() && currency.is_some() && currency != home;
    let kind = match (list, row.name.as_str()) {
        (List::Account, _) if is_foreign => match currencies.of(row) {
            Some(currency) => {
                let kind = names::account_kind(row.text(["AccountType"]).unwrap_or_default());
                ChartKind::ForeignAccount { kind, currency }
            }
            None => return Ok(None),
        },
        (List::Account, _) => account(row),
        (List::Item, "ItemSalesTaxRet") => ChartKind::TaxRate { percent: percent(row) },
        (List::Item, _) if stock::is_kept(row) => kept(row),
        (List::Item, _) => ChartKind::Item {
            sku: row.text(["ManufacturerPartNumber"]).map(str::to_owned),
            income_account: income_account(row).map(RemoteId::from),
            lines_say_account: false,
            kept: None,
        },
        (List::Entity, "CustomerRet") if !is_foreign => ChartKind::Customer,
        (List::Entity, "VendorRet") if !is_foreign => ChartKind::Vendor,
        (List::Entity, _) => ChartKind::OtherName,
        (List::Class, _) => ChartKind::Value { dimension: CLASS.to_owned() },
        (List::PaymentMethod, _) => ChartKind::PaymentMethod,
        (List::StandardTerms, _) => ChartKind::Terms { days: listed::due_days(row) },
    };
    Ok(Some(ChartEntry {
        remote: RemoteId::from(id),
        kind,
        name: name.to_owned(),
        active: row.text(["IsActive"]) != Some("false"),
    }))
}

/// An item in stock. What its owner calls it is its stock-keeping unit: its own name, without those
/// of what it stands below. The number of its maker is that of somebody else.
fn kept(row: &Element) -> ChartKind {
    let account = |name: &str| stock::account(row, name).map(RemoteId::from);
    ChartKind::Item {
        sku: row.text(["Name"]).map(str::to_owned),
        income_account: account("IncomeAccountRef"),
        lines_say_account: false,
        kept: Some(KeptAccounts {
            stock: account("AssetAccountRef"),
            cost: account("COGSAccountRef"),
        }),
    }
}

fn account(row: &Element) -> ChartKind {
    let kind = match row.text(["SpecialAccountType"]) {
        Some("SalesTaxPayable") => Some(AccountKind::TaxLiability),
        _ => names::account_kind(row.text(["AccountType"]).unwrap_or_default()),
    };
    // The account for tax that QuickBooks works out by itself: documents of ours never reach it.
    ChartKind::Account { kind, currency: None, collects_tax: false }
}

/// The rate of an item of sales tax, in per cent; none of anything else.
pub(super) fn percent(row: &Element) -> Option<Decimal> {
    row.text(["TaxRate"])?.trim_end_matches('%').parse().ok()
}

/// The account where the lines of an item land; none of an item that is kept in stock, since its
/// sale enters its cost, too, and of one that adds up others.
pub(super) fn income_account(row: &Element) -> Option<&str> {
    let kept = matches!(row.name.as_str(), "ItemInventoryRet" | "ItemInventoryAssemblyRet");
    let own = row.text(["SalesOrPurchase", "AccountRef", "ListID"]);
    let both = row.text(["SalesAndPurchase", "IncomeAccountRef", "ListID"]);
    own.or(both).filter(|_| !kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn a_range_is_parted_without_a_gap_and_without_an_overlap() {
        let all = Range::all(List::Class);
        let instant = Range { from: Some(time(5)), to: Some(time(5)), ..all.clone() };
        let cases = [
            (all.clone(), vec![1, 2, 3, 4], vec![(None, Some(3)), (Some(4), None)]),
            (all.clone(), vec![9, 1, 9, 9], vec![(None, Some(8)), (Some(9), None)]),
            (all, vec![5, 5], vec![(None, Some(4)), (Some(5), Some(5)), (Some(6), None)]),
            (instant, vec![5, 5], vec![(Some(5), Some(5))]),
        ];
        for (range, times, expected) in cases {
            let parts = range.parts(times.into_iter().map(time).collect());
            let read: Vec<_> = parts.iter().map(|part| (part.from, part.to)).collect();
            let expected: Vec<_> =
                expected.into_iter().map(|(a, b)| (a.map(time), b.map(time))).collect();
            assert_eq!(read, expected);
            for part in parts {
                assert_eq!(Range::parse(&part.id()), Some(part));
            }
        }
        for page in ["", "Item", "Item@@@{1}", "Item@@@{1}*1@", "Nothing@@", "Item@now@"] {
            assert!(ranges(Some(page)).is_err(), "{page}");
        }
    }
}
