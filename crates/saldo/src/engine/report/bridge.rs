//! From the day of a sale to the day at the bank: each cent of a day's payments, through the
//! gateway's own balance and the payout that took it along.

use super::super::account::Readers;
use super::super::prove::money_facts;
use super::super::{Engine, EngineError};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use saldo_core::accounting::Group;
use saldo_core::commerce::{BalanceKind, BalanceTransaction, Fact, Payout, PayoutState};
use saldo_core::money::{Currency, Money, MoneyError};
use saldo_core::policy::Policy;
use saldo_core::text::{FactId, GroupId};
use saldo_store::Role;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many orders are read at a time.
const ORDERS_AT_ONCE: usize = 500;
/// By how many days a gateway may date a payment otherwise than the shop.
const DAYS_APART: i64 = 7;

/// The payments of some days, and where they are.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Bridge {
    /// The first day of sales.
    pub(crate) from: Date,
    /// The last.
    pub(crate) until: Date,
    /// What gateways tell, by sales day, gateway, balance day and payout.
    pub(crate) rows: Vec<BridgeRow>,
    /// The same by sales day.
    pub(crate) days: Vec<BridgeDay>,
    /// What moved through gateways that tell no payouts, by day and account.
    pub(crate) untold: Vec<UntoldDay>,
}

/// What a row of a gateway's balance is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BridgeKind {
    /// What buyers paid.
    Payments,
    /// What they got back.
    Refunds,
    /// Everything else: disputes, reserves, bills, adjustments.
    Others,
}

/// Where money is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Arrival {
    /// At the bank.
    Arrived,
    /// In a payout that was not sent yet.
    Scheduled,
    /// With the gateway, in no payout.
    WithGateway,
    /// Back with the gateway, since the bank sent the payout back, and in no other yet.
    Returned,
}

/// Rows of one gateway, sales day, balance day and payout, summed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct BridgeRow {
    /// The books day on which buyers paid; of what no order explains, the row's own.
    pub(crate) sales_day: Date,
    /// The gateway.
    pub(crate) gateway: String,
    /// What the rows are about.
    pub(crate) kind: BridgeKind,
    /// The day on which the gateway's balance moved, as gateways count days: in UTC.
    pub(crate) balance_day: Date,
    /// The payout that took it along, the last one where the bank sent others back.
    pub(crate) payout: Option<String>,
    /// The first payout that took it along, where the bank sent that one back.
    pub(crate) sent_back: Option<String>,
    /// The gateway's date of the payout.
    pub(crate) issued_on: Option<Date>,
    /// The day on which it stands at the bank: when it arrived, where that is told, else when it
    /// was sent.
    pub(crate) bank_day: Option<Date>,
    /// Where the money is.
    pub(crate) arrival: Arrival,
    /// How many rows.
    pub(crate) rows: u64,
    /// What moved before fees.
    pub(crate) gross: Money,
    /// The fees, positive where the merchant pays.
    pub(crate) fee: Money,
    /// What is paid out of it.
    pub(crate) net: Money,
}

/// A sales day, over all gateways that tell their payouts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct BridgeDay {
    /// The books day.
    pub(crate) sales_day: Date,
    /// What is paid out of it, in all.
    pub(crate) net: Money,
    /// What of that is at the bank.
    pub(crate) arrived: Money,
    /// What is still on the way: the rest.
    pub(crate) on_the_way: Money,
}

/// What moved on the account of a gateway that tells no payouts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct UntoldDay {
    /// The books day.
    pub(crate) day: Date,
    /// The account, in the first book.
    pub(crate) account: String,
    /// How much: debit positive.
    pub(crate) amount: Money,
}

/// Follows what was sold from one day to another.
pub(crate) async fn bridge(
    engine: &Engine,
    from: Date,
    until: Date,
) -> Result<Bridge, EngineError> {
    let readers = Readers::of(engine).await?;
    let facts = money_facts(engine, &readers).await?;
    let policy = &engine.policy;
    let days = (from.saturating_sub(DAYS_APART.days()), until.saturating_add(DAYS_APART.days()));
    let routes = Routes::of(&facts);
    let rows: Vec<&BalanceTransaction> = facts
        .iter()
        .filter_map(counted)
        .filter(|row| within(policy, row, days) && !routes.gives_back(row))
        .collect();
    let paid_at = paid_at(engine, &readers, &rows).await?;
    let mut sums: BTreeMap<RowKey<'_>, Sums> = BTreeMap::new();
    for row in rows {
        let own = row.movement.as_deref().and_then(|movement| {
            paid_at.get(&(row.order.as_ref()?.clone(), movement.to_owned())).copied()
        });
        let sales_day = policy.day(own.unwrap_or(row.occurred_at));
        if (from..=until).contains(&sales_day) {
            let route = row.payout.as_ref().and_then(|id| routes.of_payout(id));
            let (key, sum) = (key(sales_day, row, route), Sums::none(row.net.currency()));
            sums.entry(key).or_insert(sum).add(row)?;
        }
    }
    let rows: Vec<BridgeRow> = sums.into_iter().map(|(key, sums)| key.row(&sums)).collect();
    Ok(Bridge {
        from,
        until,
        days: by_day(&rows)?,
        untold: untold(engine, &facts, (from, until)).await?,
        rows,
    })
}

/// A row that moved the balance, and not the row of a payout itself.
fn counted(fact: &Fact) -> Option<&BalanceTransaction> {
    match fact {
        Fact::BalanceTransaction(row) if !row.test && row.kind != BalanceKind::Transfer => {
            Some(row)
        }
        _ => None,
    }
}

fn within(policy: &Policy, row: &BalanceTransaction, (from, until): (Date, Date)) -> bool {
    (from..=until).contains(&policy.day(row.occurred_at))
}

/// When the money of each payment and refund moved by the shop's word, by order and movement.
async fn paid_at(
    engine: &Engine,
    readers: &Readers,
    rows: &[&BalanceTransaction],
) -> Result<BTreeMap<(FactId, String), Timestamp>, EngineError> {
    let orders = rows.iter().filter_map(|row| row.order.clone());
    let orders: BTreeSet<GroupId> = orders.map(|order| Group::Order(order).id()).collect();
    let orders: Vec<GroupId> = orders.into_iter().collect();
    let mut paid_at = BTreeMap::new();
    for orders in orders.chunks(ORDERS_AT_ONCE) {
        let records = engine.store.group_records(engine.company_id(), orders).await?;
        for records in records.values() {
            for fact in readers.read(engine, records).await?.facts {
                let Fact::Order(order) = fact else { continue };
                for movement in order.movements {
                    paid_at.insert((order.id.clone(), movement.id), movement.processed_at);
                }
            }
        }
    }
    Ok(paid_at)
}

/// Where the money of payouts went. What a bank sends back stands in a row of the gateway's
/// balance, and a later payout takes that row along, with the money that the one before did not
/// bring.
struct Routes<'a> {
    payouts: BTreeMap<&'a FactId, &'a Payout>,
    /// The rows that give back what payouts took along, by payout.
    given_back: BTreeMap<&'a FactId, &'a BalanceTransaction>,
}

/// The way of a payout's money.
#[derive(Clone, Copy)]
struct Route<'a> {
    /// The payout that took it along last.
    payout: &'a Payout,
    /// The first that took it along, where the bank sent that one back.
    sent_back: Option<&'a FactId>,
}

impl<'a> Routes<'a> {
    /// Pairs each payout that the bank sent back with the first row of its gateway that gives so
    /// much back after it was sent.
    fn of(facts: &'a [Fact]) -> Self {
        let payouts = facts.iter().filter_map(|fact| match fact {
            Fact::Payout(payout) => Some((&payout.id, payout)),
            _ => None,
        });
        let payouts: BTreeMap<&FactId, &Payout> = payouts.collect();
        let mut rows: Vec<&BalanceTransaction> = facts.iter().filter_map(counted).collect();
        rows.retain(|row| row.kind == BalanceKind::PayoutReturned);
        rows.sort_by_key(|row| (row.occurred_at, &row.id));
        let mut failed: Vec<&Payout> = payouts.values().copied().collect();
        failed.retain(|payout| payout.state == PayoutState::Failed);
        failed.sort_by_key(|payout| (payout.issued_on, &payout.id));
        let mut given_back = BTreeMap::new();
        for payout in failed {
            let gives = |row: &&BalanceTransaction| {
                (row.net, &row.gateway) == (payout.net, &payout.gateway)
                    && balance_day(row) >= payout.issued_on
            };
            if let Some(place) = rows.iter().position(gives) {
                given_back.insert(&payout.id, rows.remove(place));
            }
        }
        Self { payouts, given_back }
    }

    /// Whether a row gives back what a known payout took along: that is no other money.
    fn gives_back(&self, row: &BalanceTransaction) -> bool {
        self.given_back.values().any(|known| known.id == row.id)
    }

    /// Where the money went that a payout took along, if the payout is known.
    fn of_payout(&self, id: &FactId) -> Option<Route<'a>> {
        let mut payout = *self.payouts.get(id)?;
        // A payout begins after the row that gives it money, so that the way comes to an end; rows
        // that contradict that are not followed for ever.
        for _ in 0..self.payouts.len() {
            let row = self.given_back.get(&payout.id);
            let next = row.and_then(|row| self.payouts.get(row.payout.as_ref()?));
            match next {
                Some(next) => payout = next,
                None => break,
            }
        }
        let sent_back = Some(id).filter(|id| **id != payout.id);
        let sent_back = sent_back.and_then(|id| self.payouts.get(id)).map(|first| &first.id);
        Some(Route { payout, sent_back })
    }
}

/// The day on which a gateway's balance moved, as gateways count days: in UTC.
fn balance_day(row: &BalanceTransaction) -> Date {
    row.occurred_at.to_zoned(TimeZone::UTC).date()
}

/// What rows are summed by.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct RowKey<'a> {
    sales_day: Date,
    gateway: &'a str,
    kind: BridgeKind,
    balance_day: Date,
    issued_on: Option<Date>,
    payout: Option<&'a FactId>,
    sent_back: Option<&'a FactId>,
    bank_day: Option<Date>,
    arrival: Arrival,
    currency: Currency,
}

fn key<'a>(sales_day: Date, row: &'a BalanceTransaction, route: Option<Route<'a>>) -> RowKey<'a> {
    let payout = route.map(|route| route.payout);
    let arrival = match payout.map(|payout| &payout.state) {
        Some(PayoutState::Paid) => Arrival::Arrived,
        Some(PayoutState::Failed) => Arrival::Returned,
        Some(PayoutState::Cancelled) | None => Arrival::WithGateway,
        Some(_) => Arrival::Scheduled,
    };
    let bank_day = payout.filter(|_| matches!(arrival, Arrival::Arrived | Arrival::Returned));
    RowKey {
        sales_day,
        gateway: &row.gateway.name,
        kind: match row.kind {
            BalanceKind::Charge => BridgeKind::Payments,
            BalanceKind::Refund => BridgeKind::Refunds,
            _ => BridgeKind::Others,
        },
        balance_day: balance_day(row),
        issued_on: payout.map(|payout| payout.issued_on),
        payout: payout.map(|payout| &payout.id),
        sent_back: route.and_then(|route| route.sent_back),
        bank_day: bank_day.map(|payout| payout.arrived_on.unwrap_or(payout.issued_on)),
        arrival,
        currency: row.net.currency(),
    }
}

impl RowKey<'_> {
    fn row(&self, sums: &Sums) -> BridgeRow {
        BridgeRow {
            sales_day: self.sales_day,
            gateway: self.gateway.to_owned(),
            kind: self.kind,
            balance_day: self.balance_day,
            payout: self.payout.map(ToString::to_string),
            sent_back: self.sent_back.map(ToString::to_string),
            issued_on: self.issued_on,
            bank_day: self.bank_day,
            arrival: self.arrival,
            rows: sums.rows,
            gross: sums.gross,
            fee: sums.fee,
            net: sums.net,
        }
    }
}

struct Sums {
    rows: u64,
    gross: Money,
    fee: Money,
    net: Money,
}

impl Sums {
    fn none(currency: Currency) -> Self {
        let nothing = Money::zero(currency);
        Self { rows: 0, gross: nothing, fee: nothing, net: nothing }
    }

    fn add(&mut self, row: &BalanceTransaction) -> Result<(), MoneyError> {
        self.rows += 1;
        self.gross = self.gross.plus(row.amount)?;
        self.fee = self.fee.plus(row.fee)?;
        self.net = self.net.plus(row.net)?;
        Ok(())
    }
}

fn by_day(rows: &[BridgeRow]) -> Result<Vec<BridgeDay>, MoneyError> {
    let mut days: BTreeMap<(Date, Currency), BridgeDay> = BTreeMap::new();
    for row in rows {
        let currency = row.net.currency();
        let nothing = Money::zero(currency);
        let day = days.entry((row.sales_day, currency)).or_insert(BridgeDay {
            sales_day: row.sales_day,
            net: nothing,
            arrived: nothing,
            on_the_way: nothing,
        });
        day.net = day.net.plus(row.net)?;
        let place = match row.arrival {
            Arrival::Arrived => &mut day.arrived,
            Arrival::Scheduled | Arrival::WithGateway | Arrival::Returned => &mut day.on_the_way,
        };
        *place = place.plus(row.net)?;
    }
    Ok(days.into_values().collect())
}

/// What moved through the accounts of gateways of which no row was ever heard.
async fn untold(
    engine: &Engine,
    facts: &[Fact],
    days: (Date, Date),
) -> Result<Vec<UntoldDay>, EngineError> {
    let told: BTreeSet<&str> =
        facts.iter().filter_map(counted).map(|row| row.gateway.id.as_str()).collect();
    let gateways = engine.policy.text.gateways.keys();
    let silent = gateways.filter(|gateway| !told.contains(gateway.as_str()));
    let clearing = silent.filter_map(|it| engine.policy.clearing(it, engine.company.currency));
    let accounts: BTreeSet<String> = clearing.map(|account| account.name.to_string()).collect();
    let Some(book) = engine.connections(Role::Book).await?.into_iter().next() else {
        return Ok(Vec::new());
    };
    let sums = engine.store.day_sums(engine.company_id(), &book.id, days).await?;
    let own = sums.into_iter().filter(|sum| accounts.contains(&sum.account));
    let mut untold: Vec<UntoldDay> =
        own.map(|it| UntoldDay { day: it.day, account: it.account, amount: it.amount }).collect();
    untold.sort_by(|a, b| (a.day, &a.account).cmp(&(b.day, &b.account)));
    Ok(untold)
}
