//! A month of a book: what its accounts held and what moved them, from what the book acknowledged.

use super::super::{Engine, EngineError};
use super::ageing::{Ages, ages};
use super::net_sales::{NetSales, NetSums};
use jiff::civil::Date;
use rust_decimal::Decimal;
use saldo_core::book::Subject;
use saldo_core::document::{Document, DocumentKey, Line, LineKind, Party};
use saldo_core::ledger::AccountKind;
use saldo_core::money::{Balance, Currency, Money, MoneyError};
use saldo_core::policy::{Policy, Role};
use saldo_core::text::ConnectionId;
use saldo_store::EntryFilter;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A month of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Month {
    /// Its first day.
    pub(crate) first: Date,
}

impl Month {
    /// Its last day.
    pub(crate) fn last(self) -> Date {
        self.first.last_of_month()
    }
}

impl std::str::FromStr for Month {
    type Err = String;

    /// Reads `2026-08`.
    fn from_str(text: &str) -> Result<Self, String> {
        let first = format!("{text}-01").parse();
        let is_month = text.len() == "2026-08".len();
        let first = first.ok().filter(|_| is_month);
        first.map(|first| Self { first }).ok_or_else(|| format!("`{text}` is no month: 2026-08"))
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.first.strftime("%Y-%m"))
    }
}

/// What a month came to in a book. Debit is positive everywhere.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MonthReport {
    /// Which book.
    pub(crate) book: String,
    /// Every account that was ever moved, and what it held.
    pub(crate) accounts: Vec<AccountMonth>,
    /// How old the money in clearing accounts and drawers is on the last day.
    pub(crate) ageing: Vec<ClearingAge>,
    /// Gift cards and store credit.
    pub(crate) stored_value: Vec<RollForward>,
    /// Tax by account, tax and rate.
    pub(crate) taxes: Vec<TaxMonth>,
    /// What was sold, without tax, by the tax that it bears, or why it bears none.
    pub(crate) net_sales: Vec<NetSales>,
    /// Fees by account and by who charged them.
    pub(crate) fees: Vec<FeeMonth>,
    /// What moved the accounts of disputes and reserves.
    pub(crate) held: Vec<DocumentLine>,
    /// What belongs to a closed period, and was entered in this month.
    pub(crate) prior_period: Vec<DocumentLine>,
    /// What was rounded.
    pub(crate) rounding: Vec<DocumentLine>,
}

/// An account in a month, in the currency that it is kept in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct AccountMonth {
    /// Its name.
    pub(crate) account: String,
    /// What it is for, where the policy or a document of the month says.
    pub(crate) kind: Option<AccountKind>,
    /// What was entered on it before the month.
    pub(crate) opening: Money,
    /// What was debited in it.
    pub(crate) debit: Money,
    /// What was credited in it: positive.
    pub(crate) credit: Money,
    /// What stands on it after the month: opening, and debit less credit.
    pub(crate) closing: Money,
}

/// What stands in an account where money waits, by age.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ClearingAge {
    /// Its name.
    pub(crate) account: String,
    /// What is left, by age.
    #[serde(flatten)]
    pub(crate) ages: Ages,
}

/// What became of gift cards, or of store credit. What is owed to buyers is negative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RollForward {
    /// The account.
    pub(crate) account: String,
    /// What was owed before the month.
    pub(crate) opening: Money,
    /// What was issued in it, or given back on a card.
    pub(crate) issued: Money,
    /// What was used, or taken back.
    pub(crate) used: Money,
    /// What is owed after it.
    pub(crate) closing: Money,
}

/// A tax in a month. What is owed to the state is negative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct TaxMonth {
    /// The account.
    pub(crate) account: String,
    /// The tax as the channel names it, which names its jurisdiction; none of what was entered on
    /// the account otherwise, as what is remitted is.
    pub(crate) tax: Option<String>,
    /// To whom it is owed, by the policy; none where that does not say.
    pub(crate) jurisdiction: Option<String>,
    /// Percent, where that is told.
    pub(crate) rate: Option<Decimal>,
    /// What was charged.
    pub(crate) charged: Money,
    /// What was given back, or remitted.
    pub(crate) taken_back: Money,
    /// What more is owed after the month than before.
    pub(crate) net: Money,
}

/// A kind of fees in a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FeeMonth {
    /// The account.
    pub(crate) account: String,
    /// Who charged them, where documents say.
    pub(crate) party: Option<String>,
    /// How much.
    pub(crate) amount: Money,
}

/// A line of a document of the month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct DocumentLine {
    /// The document's date.
    pub(crate) date: Date,
    /// The day that it belongs to, where that was closed.
    pub(crate) relates_to: Option<Date>,
    /// The document's number.
    pub(crate) key: DocumentKey,
    /// What it says of itself.
    pub(crate) memo: String,
    /// The account.
    pub(crate) account: String,
    /// How much.
    pub(crate) amount: Money,
}

impl MonthReport {
    /// The account of a name, in a currency.
    #[cfg(test)]
    pub(crate) fn account(&self, name: &str) -> Option<&AccountMonth> {
        self.accounts.iter().find(|it| it.account == name)
    }
}

/// What a month came to in a book; none where something was entered while it was read.
///
/// It costs one reading of the month's documents, and one sum for each day and account before.
pub(crate) async fn month_report(
    engine: &Engine,
    book: &ConnectionId,
    month: Month,
) -> Result<Option<MonthReport>, EngineError> {
    let (store, company) = (&engine.store, engine.company_id());
    let (first, last) = (month.first, month.last());
    let before = first.yesterday().ok();
    let opening = match before {
        Some(before) => store.account_sums(company, book, Some(before)).await?,
        None => BTreeMap::new(),
    };
    let mut moved = Moved::new(&engine.policy);
    let filter = EntryFilter { from: Some(first), until: Some(last), ..EntryFilter::default() };
    let mut pages = store.entries(company, book, filter);
    while let Some(page) = pages.next_page().await? {
        for booked in page {
            if let Subject::Document { key, document, .. } = &booked.change.subject {
                moved.take(*key, document, booked.change.relates_to)?;
            }
        }
    }
    let accounts = accounts(&opening, &moved, &engine.policy)?;
    let closing = store.account_sums(company, book, Some(last)).await?;
    let stands = |it: &AccountMonth| {
        let held = closing.get(&it.account);
        held.map_or(it.closing.is_zero(), |held| held.of(it.closing.currency()) == it.closing)
    };
    if !accounts.iter().all(stands) {
        return Ok(None);
    }
    let sums = store.day_sums(company, book, (Date::MIN, last)).await?;
    let mut ageing = Vec::new();
    for it in accounts.iter().filter(|it| holds_money(it.kind)) {
        let currency = it.closing.currency();
        let own = sums
            .iter()
            .filter(|sum| sum.account == it.account && sum.amount.currency() == currency);
        let ages = ages(own.map(|sum| (sum.day, sum.amount)), last, currency)?;
        ageing.push(ClearingAge { account: it.account.clone(), ages });
    }
    let stored_value = moved.roll_forward(&accounts)?;
    let Moved { taxes, net_sales, fees, held, prior_period, rounding, .. } = moved;
    let net_sales = net_sales.told(&engine.policy)?;
    let book = book.to_string();
    let taxes = taxes
        .into_iter()
        .map(|(key, sides)| tax_month(key, sides, &engine.policy))
        .collect::<Result<_, _>>()?;
    let fees =
        fees.into_iter().map(|((account, party, _), amount)| FeeMonth { account, party, amount });
    let fees = fees.collect();
    Ok(Some(MonthReport {
        book,
        accounts,
        ageing,
        stored_value,
        taxes,
        net_sales,
        fees,
        held,
        prior_period,
        rounding,
    }))
}

fn holds_money(kind: Option<AccountKind>) -> bool {
    matches!(kind, Some(AccountKind::Clearing | AccountKind::Cash | AccountKind::Conversion))
}

/// What was debited and credited: both positive.
#[derive(Clone, Copy)]
struct Turnover {
    debit: Money,
    credit: Money,
}

impl Turnover {
    fn none(currency: Currency) -> Self {
        Self { debit: Money::zero(currency), credit: Money::zero(currency) }
    }

    fn add(&mut self, amount: Money) -> Result<(), MoneyError> {
        match amount.is_negative() {
            true => self.credit = self.credit.minus(amount)?,
            false => self.debit = self.debit.plus(amount)?,
        }
        Ok(())
    }
}

/// An account, and a currency of it.
type Place = (String, Currency);
/// An account, a tax and its rate.
type TaxKey = (String, Option<String>, Option<Decimal>, Currency);

/// What the documents of a month moved.
struct Moved {
    roles: BTreeMap<String, BTreeSet<Role>>,
    kinds: BTreeMap<String, AccountKind>,
    turnovers: BTreeMap<Place, Turnover>,
    taxes: BTreeMap<TaxKey, Turnover>,
    net_sales: NetSums,
    fees: BTreeMap<(String, Option<String>, Currency), Money>,
    held: Vec<DocumentLine>,
    prior_period: Vec<DocumentLine>,
    rounding: Vec<DocumentLine>,
}

/// What gateways and platforms charge.
const FEES: [Role; 8] = [
    Role::ProcessingFees,
    Role::ConversionFees,
    Role::ChargebackFees,
    Role::PlatformBills,
    Role::ShippingCost,
    Role::Commission,
    Role::Advertising,
    Role::FinancingCost,
];
/// What is disputed or kept back, and what became of it.
const HELD: [Role; 4] =
    [Role::Disputes, Role::Reserves, Role::ChargebackLosses, Role::ChargebackFees];
const STORED_VALUE: [Role; 2] = [Role::GiftCards, Role::StoreCredit];

impl Moved {
    fn new(policy: &Policy) -> Self {
        let mut roles: BTreeMap<String, BTreeSet<Role>> = BTreeMap::new();
        let mut kinds = BTreeMap::new();
        for policy in policy.through_time() {
            for (role, account) in policy.chart.iter() {
                roles.entry(account.name.to_string()).or_default().insert(role);
            }
            for name in policy.text.tax.accounts.values() {
                roles.entry(name.clone()).or_default().insert(Role::SalesTax);
            }
            kinds.extend(policy.accounts().map(|it| (it.name.to_string(), it.kind)));
        }
        Self {
            roles,
            kinds,
            turnovers: BTreeMap::new(),
            taxes: BTreeMap::new(),
            net_sales: NetSums::default(),
            fees: BTreeMap::new(),
            held: Vec::new(),
            prior_period: Vec::new(),
            rounding: Vec::new(),
        }
    }

    fn plays(&self, account: &str, roles: &[Role]) -> bool {
        let own = self.roles.get(account);
        own.is_some_and(|own| roles.iter().any(|role| own.contains(role)))
    }

    fn take(
        &mut self,
        key: DocumentKey,
        document: &Document,
        relates_to: Option<Date>,
    ) -> Result<(), MoneyError> {
        self.net_sales.take(document)?;
        for line in document.lines() {
            let (account, held) = (line.account.name.to_string(), line.held());
            let currency = held.currency();
            self.kinds.insert(account.clone(), line.account.kind);
            let place = (account.clone(), currency);
            self.turnovers.entry(place).or_insert(Turnover::none(currency)).add(held)?;
            self.take_tax(line)?;
            if self.plays(&account, &FEES) {
                let party = document.header().party.as_ref().and_then(vendor);
                let place = (account.clone(), party, currency);
                let sum = self.fees.entry(place).or_insert(Money::zero(currency));
                *sum = sum.plus(held)?;
            }
            let (date, memo) = (document.header().date, document.header().memo.clone());
            let told = DocumentLine { date, relates_to, key, memo, account, amount: held };
            if self.plays(&told.account, &HELD) {
                self.held.push(told.clone());
            }
            if self.plays(&told.account, &[Role::Rounding]) {
                self.rounding.push(told.clone());
            }
            if relates_to.is_some() {
                self.prior_period.push(told);
            }
        }
        Ok(())
    }

    fn take_tax(&mut self, line: &Line) -> Result<(), MoneyError> {
        let (account, held) = (line.account.name.to_string(), line.held());
        let (tax, rate) = match &line.kind {
            LineKind::Tax { title, rate } => (Some(title.clone()), rate.map(|it| it.normalize())),
            _ if self.plays(&account, &[Role::SalesTax]) => (None, None),
            _ => return Ok(()),
        };
        let key = (account, tax, rate, held.currency());
        self.taxes.entry(key).or_insert(Turnover::none(held.currency())).add(held)
    }

    /// Gift cards and store credit, where there are any.
    fn roll_forward(&self, accounts: &[AccountMonth]) -> Result<Vec<RollForward>, MoneyError> {
        let own = accounts.iter().filter(|it| self.plays(&it.account, &STORED_VALUE));
        let roll = |it: &AccountMonth| {
            Ok(RollForward {
                account: it.account.clone(),
                opening: it.opening,
                issued: it.credit.negated(),
                used: it.debit,
                closing: it.closing,
            })
        };
        own.map(roll).collect()
    }
}

/// A supplier's name; buyers are nobody's supplier.
fn vendor(party: &Party) -> Option<String> {
    match party {
        Party::Vendor { name } => Some(name.clone()),
        Party::Customer { .. } => None,
    }
}

fn tax_month(key: TaxKey, sides: Turnover, policy: &Policy) -> Result<TaxMonth, MoneyError> {
    let (account, tax, rate, _) = key;
    let net = sides.debit.minus(sides.credit)?;
    let (charged, taken_back) = (sides.credit.negated(), sides.debit);
    let jurisdiction = tax.as_deref().and_then(|title| policy.jurisdiction(title));
    let jurisdiction = jurisdiction.map(str::to_owned);
    Ok(TaxMonth { account, tax, jurisdiction, rate, charged, taken_back, net })
}

/// Every account that has something before the month, or in it.
fn accounts(
    opening: &BTreeMap<String, Balance>,
    moved: &Moved,
    policy: &Policy,
) -> Result<Vec<AccountMonth>, MoneyError> {
    let before = opening.iter().flat_map(|(name, balance)| {
        balance.iter().map(move |amount| (name.clone(), amount.currency()))
    });
    let mut places: BTreeSet<Place> = before.collect();
    places.extend(moved.turnovers.keys().cloned());
    let mut accounts = Vec::new();
    for (account, currency) in places {
        let held = opening.get(&account).map_or(Money::zero(currency), |it| it.of(currency));
        let place = (account, currency);
        let turnover = moved.turnovers.get(&place).copied();
        let Turnover { debit, credit } = turnover.unwrap_or(Turnover::none(currency));
        accounts.push(AccountMonth {
            kind: moved.kinds.get(&place.0).copied().or_else(|| kind_of(&place.0, policy)),
            account: place.0,
            opening: held,
            debit,
            credit,
            closing: held.plus(debit)?.minus(credit)?,
        });
    }
    Ok(accounts)
}

/// What an account in another currency is for: it is named after the one in the books' own.
fn kind_of(name: &str, policy: &Policy) -> Option<AccountKind> {
    let (own, _) = name.rsplit_once(' ')?;
    let mut known = policy.through_time().flat_map(Policy::accounts);
    known.find(|account| *account.name == *own).map(|account| account.kind)
}
