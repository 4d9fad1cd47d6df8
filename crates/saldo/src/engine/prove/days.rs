//! How many orders the channels count on each day, beside how many were told; and what failed.

use super::super::account::{Heard, Readers};
use super::super::{Engine, EngineError};
use super::by_day::DayLine;
use super::identities::IdentityLine;
use super::stated::{Statement, statements};
use jiff::civil::Date;
use saldo_core::book::Subject;
use saldo_core::commerce::{Saying, Topic};
use saldo_core::money::{Currency, Money};
use saldo_core::plan::Change;
use saldo_core::policy::Policy;
use saldo_core::proof::{Figure, Identity};
use saldo_store::Role;
use serde::Serialize;
use std::collections::BTreeMap;

/// How the names of figures begin that are about orders in a state.
const ORDERS: &str = "orders, ";

/// The orders of a day, whatever became of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct DayTotal {
    /// The books day.
    pub(crate) day: Date,
    /// How many the channels count.
    pub(crate) stated: u64,
    /// How many were told.
    pub(crate) told: u64,
    /// Whether they may differ: more was heard since they were counted, or less.
    pub(crate) awaited: bool,
}

impl DayTotal {
    /// Whether orders are missing, or too many.
    pub(crate) const fn differs(&self) -> bool {
        self.stated != self.told && !self.awaited
    }
}

/// What the channels count.
#[derive(Debug, Default)]
pub(super) struct Counted {
    /// Each day that all channels count.
    pub(super) days: Vec<DayTotal>,
    /// Who does not count, and why.
    pub(super) unknown: Vec<String>,
}

/// The documents that books refused, and those that cannot be sent for that, book by book on the
/// days that they are dated. Their facts stand as entered above.
pub(super) async fn failed(engine: &Engine) -> Result<Vec<DayLine>, EngineError> {
    let (store, company) = (&engine.store, engine.company_id());
    let refused = store.failed(company).await?.into_iter().map(|it| it.change);
    let mut changes: Vec<Change> = refused.collect();
    for book in engine.connections(Role::Book).await? {
        changes.extend(store.blocked(company, &book.id).await?.into_iter().map(|it| it.change));
    }
    let mut days: BTreeMap<(Date, String, Currency), (u64, Money)> = BTreeMap::new();
    for change in &changes {
        let Subject::Document { document, .. } = &change.subject else { continue };
        let total = document.total()?;
        let about = format!("documents, failed in {}", change.book);
        let nothing = (0, Money::zero(total.currency()));
        let key = (document.header().date, about, total.currency());
        let (count, sum) = days.entry(key).or_insert(nothing);
        *count += 1;
        *sum = sum.plus(total)?;
    }
    let line =
        |((day, about, currency), (facts, sum)): ((Date, String, Currency), (u64, Money))| {
            let amounts = [sum, sum, Money::zero(currency)];
            Ok(DayLine { day, line: IdentityLine::new(None, &about, amounts, facts)? })
        };
    days.into_iter().map(line).collect()
}

/// How many orders the channels count on each day, beside how many stand in any state.
pub(super) async fn counted(
    engine: &Engine,
    policy: &Policy,
    sums: &[Figure],
) -> Result<Counted, EngineError> {
    let readers = Readers::of(engine).await?;
    let heard = Heard::of(engine).await?;
    let statements = statements(engine, &readers, Topic::OrdersOfDays).await?;
    let refused = statements.iter().filter_map(|it| it.said.as_ref().err());
    let unknown: Vec<String> =
        refused.map(|why| format!("how many orders each day has: {why}")).collect();
    if !unknown.is_empty() {
        return Ok(Counted { unknown, ..Counted::default() });
    }
    let mut told: BTreeMap<Date, u64> = BTreeMap::new();
    let of_orders =
        |it: &&Figure| it.identity == Identity::Standings && it.about.starts_with(ORDERS);
    for figure in sums.iter().filter(of_orders) {
        *told.entry(figure.day).or_default() += u64::from(figure.facts);
    }
    // Whoever counted after all that was told knew no less; whoever was heard since, no more.
    let is_later =
        |it: &Statement| it.said.as_ref().is_ok_and(|at| heard.until(&it.connection) >= *at);
    let (all, none) = (statements.iter().all(is_later), !statements.iter().any(is_later));
    let day = |(day, (stated, channels)): (Date, (u64, usize))| {
        let told = told.get(&day).copied().unwrap_or_default();
        let awaited = match stated.cmp(&told) {
            std::cmp::Ordering::Equal => false,
            std::cmp::Ordering::Greater => !all,
            std::cmp::Ordering::Less => !none,
        };
        (channels == statements.len()).then_some(DayTotal { day, stated, told, awaited })
    };
    let days = counts(&statements, policy).into_iter().filter_map(day).collect();
    Ok(Counted { days, unknown })
}

/// What is counted on each day, and by how many channels.
fn counts(statements: &[Statement], policy: &Policy) -> BTreeMap<Date, (u64, usize)> {
    let mut counts: BTreeMap<Date, (u64, usize)> = BTreeMap::new();
    for (_, _, saying) in statements.iter().flat_map(|it| &it.sayings) {
        // Days that were counted in another zone than the books have now are none of theirs.
        if let Saying::Orders(it) = saying
            && let day = policy.day(it.from)
            && policy.end_of_day(day) == it.until
            && day >= policy.start_date
        {
            let (count, channels) = counts.entry(day).or_default();
            *count += it.count;
            *channels += 1;
        }
    }
    counts
}
