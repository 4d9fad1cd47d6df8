//! What was sold and taken back on each day by the channels' own reports, beside what was told.

use super::super::account::{Heard, Readers};
use super::super::{Engine, EngineError};
use super::identities::DifferingFact;
use super::stated::{Statement, statements};
use jiff::Timestamp;
use jiff::civil::Date;
use saldo_core::commerce::{Saying, Topic};
use saldo_core::money::{Money, MoneyError};
use saldo_core::policy::Policy;
use saldo_core::proof::{Figure, Identity, sales_of};
use saldo_core::text::GroupId;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many groups are looked at at a time for what is behind differences.
const GROUPS_AT_ONCE: usize = 2_000;
/// How many facts are named behind differences.
const FACTS_SHOWN: usize = 100;

/// What lines of a kind come to on a day, after discount and with tax: what was sold, less what was
/// taken back on that day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct DaySales {
    /// The books day.
    pub(crate) day: Date,
    /// What kind of lines.
    pub(crate) about: String,
    /// What the channels' reports say.
    pub(crate) stated: Money,
    /// What their orders say, whatever becomes of them in the books.
    pub(crate) told: Money,
    /// Whether they may differ: not all channels were heard to the end of the day.
    pub(crate) awaited: bool,
}

impl DaySales {
    /// Whether something is missing, or too much.
    pub(crate) fn differs(&self) -> bool {
        self.stated != self.told && !self.awaited
    }

    /// What was told, less what is stated.
    fn difference(&self) -> Result<Money, MoneyError> {
        self.told.minus(self.stated)
    }
}

/// What the reports say.
#[derive(Debug, Default)]
pub(super) struct Reported {
    /// Each kind of lines on each day that all channels report.
    pub(super) days: Vec<DaySales>,
    /// The facts behind differences.
    pub(super) behind: Vec<DifferingFact>,
    /// Who does not report, and why.
    pub(super) unknown: Vec<String>,
}

/// Compares what all channels report with what their orders say.
pub(super) async fn reported(
    engine: &Engine,
    policy: &Policy,
    sums: &[Figure],
) -> Result<Reported, EngineError> {
    let readers = Readers::of(engine).await?;
    let statements = statements(engine, &readers, Topic::SalesOfDays).await?;
    let mut reported = Reported::default();
    for refused in statements.iter().filter_map(|it| it.said.as_ref().err()) {
        reported.unknown.push(format!("what the orders of each day sum to: {refused}"));
    }
    if let Some(why) = of_another_currency(&statements, policy) {
        reported.unknown.push(why);
    }
    if !reported.unknown.is_empty() {
        return Ok(reported);
    }
    let heard = Heard::of(engine).await?;
    let heard = statements.iter().map(|it| heard.until(&it.connection)).min();
    let mut told: BTreeMap<(Date, &str), Money> = BTreeMap::new();
    let own = |it: &&Figure| it.identity == Identity::Sales;
    for figure in sums.iter().filter(own).filter(|it| it.expected.currency() == policy.currency) {
        told.insert((figure.day, &figure.about), figure.expected);
    }
    for ((day, about), (stated, channels)) in summed_up(&statements, policy)? {
        if channels < statements.len() {
            continue;
        }
        let nothing = Money::zero(policy.currency);
        let told = told.get(&(day, about)).copied().unwrap_or(nothing);
        let awaited = stated != told && heard.is_none_or(|it| it < policy.end_of_day(day));
        reported.days.push(DaySales { day, about: about.to_owned(), stated, told, awaited });
    }
    reported.behind = behind(engine, &reported.days).await?;
    Ok(reported)
}

/// What a channel reports in another currency than the books have.
fn of_another_currency(statements: &[Statement], policy: &Policy) -> Option<String> {
    let mut sayings = statements.iter().flat_map(|it| &it.sayings);
    sayings.find_map(|(id, _, saying)| match saying {
        Saying::Sales(it) if it.sums.iter().any(|(_, sum)| sum.currency() != policy.currency) => {
            Some(format!("{id} is of another currency than the books"))
        }
        _ => None,
    })
}

type Sums = BTreeMap<(Date, &'static str), (Money, usize)>;

/// What is reported of each kind of lines on each day, and by how many channels.
fn summed_up(statements: &[Statement], policy: &Policy) -> Result<Sums, MoneyError> {
    let mut all = Sums::new();
    for (_, _, saying) in statements.iter().flat_map(|it| &it.sayings) {
        let Saying::Sales(it) = saying else { continue };
        let day = policy.day(it.from);
        // Days that were reported in another zone than the books have now are none of theirs.
        if !is_whole(day, (it.from, it.until), policy) || day < policy.start_date {
            continue;
        }
        for (kind, sum) in &it.sums {
            let Some(about) = sales_of(kind) else { continue };
            let nothing = (Money::zero(policy.currency), 0);
            let (stated, channels) = all.entry((day, about)).or_insert(nothing);
            *stated = stated.plus(*sum)?;
            *channels += 1;
        }
    }
    Ok(all)
}

/// Whether these are the first instant of a books day, and the first one after it.
fn is_whole(day: Date, (from, until): (Timestamp, Timestamp), policy: &Policy) -> bool {
    let before = day.yesterday().map(|it| policy.end_of_day(it));
    policy.end_of_day(day) == until && before.is_ok_and(|it| it == from)
}

/// The orders without which days would agree: each is told, of just as much as the day differs by.
async fn behind(engine: &Engine, days: &[DaySales]) -> Result<Vec<DifferingFact>, EngineError> {
    let mut wanted: BTreeMap<(Date, &str), Money> = BTreeMap::new();
    for it in days.iter().filter(|it| it.differs()) {
        wanted.insert((it.day, &it.about), it.difference()?);
    }
    let (mut facts, mut after): (Vec<DifferingFact>, Option<GroupId>) = (Vec::new(), None);
    while !wanted.is_empty() && facts.len() < FACTS_SHOWN {
        let (store, company) = (&engine.store, engine.company_id());
        let groups = store.figured_groups(company, after.as_ref(), GROUPS_AT_ONCE).await?;
        let Some((last, _)) = groups.last() else { break };
        after = Some(last.clone());
        for (group, figures) in &groups {
            let own = figures.iter().filter(|it| it.identity == Identity::Sales);
            for it in own {
                if wanted.get(&(it.day, it.about.as_str())) == Some(&it.expected) {
                    let id = group.as_str();
                    let fact = id.split_once('/').map_or(id, |(_, fact)| fact).to_owned();
                    let about = format!("{} of {}, which agrees without it", it.about, it.day);
                    facts.push(DifferingFact { book: None, fact, about, difference: it.expected });
                }
            }
        }
    }
    facts.truncate(FACTS_SHOWN);
    Ok(facts)
}
