//! The twelve identities: what facts amount to beside what entries and books amount to, with the
//! facts behind each difference.
//!
//! What a group of facts amounts to is worked out once after each time that it was accounted, from
//! its records, and kept: a proof costs what was accounted since the last one, and one sum for each
//! day and account.

use super::super::account::{Readers, Told as OfGroup};
use super::super::{Engine, EngineError, alike};
use super::by_day::{ByDay, DayLine};
use super::by_state::by_state;
use super::in_books::InBooks;
use super::sales::Reported;
use super::stated::Compared;
use super::told::Told;
use super::{BookProof, DaySales, DayTotal, UnitsProof, credit, days, on_hand, sales, stated};
use saldo_core::accounting::{Group, Stock};
use saldo_core::commerce::Topic;
use saldo_core::money::{Currency, Money, MoneyError};
use saldo_core::policy::{CostOwner, Policy, Role};
use saldo_core::proof::{self, Check, Figure, Ground, Holding, Identity};
use saldo_core::text::{FactId, GroupId};
use saldo_store::{GroupFigures, OpenFact, UnfiguredGroup};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many groups are worked out in one transaction.
const GROUPS_AT_ONCE: usize = 500;
/// How many groups are looked at for what is behind differences.
const GROUPS_SHOWN: usize = 1_000;
/// What a line about the tax in the settlements of marketplaces is about.
const SETTLEMENTS: &str = "tax in settlements";

/// One of the twelve identities.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct IdentityProof {
    /// Its number.
    pub(crate) number: u8,
    /// Its name.
    pub(crate) identity: Identity,
    /// What must be equal to what.
    pub(crate) says: &'static str,
    /// What came of it.
    pub(crate) verdict: Verdict,
    /// What nobody told, so that it cannot be compared.
    pub(crate) unknown: Option<String>,
    /// Each comparison.
    pub(crate) lines: Vec<IdentityLine>,
    /// The same day by day: payouts as they left, what moved clearing accounts, and facts as they
    /// happened, those of the ninth by the state that each stands in. The sum of days decides.
    pub(crate) days: Vec<DayLine>,
    /// How many orders the channels count on each day, beside how many were told.
    pub(crate) totals: Vec<DayTotal>,
    /// What was sold on each day by the channels' reports, beside what was told.
    pub(crate) sales: Vec<DaySales>,
    /// How many units the shops have on hand, beside how many were told; of the eighth identity.
    pub(crate) units: Option<UnitsProof>,
    /// The facts behind differences, up to a thousand.
    pub(crate) behind: Vec<DifferingFact>,
}

/// What came of an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// Something was compared, and nothing differs.
    Proved,
    /// Something differs.
    Differs,
    /// Nothing could be compared.
    Unknown,
}

/// A comparison of an identity. Debit is positive.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct IdentityLine {
    /// The book that it is about; none where facts and entries are compared.
    pub(crate) book: Option<String>,
    /// Which account, tax, gateway or kind of facts.
    pub(crate) about: String,
    /// What it should be.
    pub(crate) expected: Money,
    /// What it is; of an account of a book what the book says that it moved by.
    pub(crate) found: Money,
    /// What of the difference waits, or is held.
    pub(crate) awaited: Money,
    /// What of that others entered in the book, which is no difference.
    pub(crate) others: Money,
    /// What was found and is awaited, less what others entered and what was expected.
    pub(crate) difference: Money,
    /// How many facts it was expected by.
    pub(crate) facts: u64,
}

/// A fact behind a difference.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DifferingFact {
    /// The book in which it differs, where it does in one alone.
    #[serde(skip)]
    pub(crate) book: Option<String>,
    /// What `saldo explain` opens.
    pub(crate) fact: String,
    /// Which line of the identity it belongs to.
    pub(crate) about: String,
    /// How much of the difference is its own.
    pub(crate) difference: Money,
}

impl IdentityProof {
    /// Whether nothing differs that must not. What a stock was worth on the first day is the
    /// owner's to enter, so that its value is shown and decides nothing.
    pub(crate) fn holds(&self) -> bool {
        self.verdict != Verdict::Differs || self.identity == Identity::Inventory
    }

    /// The same, compared with some books alone.
    pub(super) fn of_books(mut self, is_one: impl Fn(&str) -> bool) -> Self {
        self.lines.retain(|line| line.book.as_deref().is_none_or(&is_one));
        self.days.retain(|day| day.line.book.as_deref().is_none_or(&is_one));
        self.behind.retain(|fact| fact.book.as_deref().is_none_or(&is_one));
        self.verdict = self.comes_to();
        self
    }

    /// What comes of what was compared.
    fn comes_to(&self) -> Verdict {
        // Payouts that are too much and too little do not make up for one another.
        let differs = self.lines.iter().any(IdentityLine::differs)
            || !self.behind.is_empty()
            || self.totals.iter().any(DayTotal::differs)
            || self.sales.iter().any(DaySales::differs)
            || self.units.as_ref().is_some_and(UnitsProof::differs);
        let compares = self.units.is_some() || self.lines.iter().any(IdentityLine::compares);
        match (compares, differs) {
            (_, true) => Verdict::Differs,
            (false, false) => Verdict::Unknown,
            (true, false) => Verdict::Proved,
        }
    }
}

impl IdentityLine {
    /// A comparison of so many facts, with which others have nothing to do: what is expected, found
    /// and awaited.
    ///
    /// # Errors
    /// Where amounts are of different currencies, or too large.
    pub(super) fn new(
        book: Option<&str>,
        about: &str,
        [expected, found, awaited]: [Money; 3],
        facts: u64,
    ) -> Result<Self, MoneyError> {
        Ok(Self {
            book: book.map(str::to_owned),
            about: about.to_owned(),
            expected,
            found,
            awaited,
            others: Money::zero(expected.currency()),
            difference: found.plus(awaited)?.minus(expected)?,
            facts,
        })
    }

    /// Whether the two sides are not the same, or facts stand in no state.
    pub(crate) fn differs(&self) -> bool {
        !self.difference.is_zero() || (self.facts > 0 && proof::is_about_strays(&self.about))
    }

    /// Whether two sides were told. What no fact speaks of, and is awaited for that, is compared
    /// with nothing.
    fn compares(&self) -> bool {
        self.facts > 0
    }
}

/// Works out what was accounted since the last proof, and compares all twelve.
pub(super) async fn prove(
    engine: &Engine,
    told: &Told,
    books: &[BookProof],
    open: Option<&BTreeMap<FactId, OpenFact>>,
) -> Result<Vec<IdentityProof>, EngineError> {
    let policy = &told.policy;
    work_out(engine, policy).await?;
    let sums = engine.store.figure_sums(engine.company_id()).await?;
    let differing = engine.store.differing_groups(engine.company_id(), GROUPS_SHOWN).await?;
    let cards = stated::gift_cards(engine, policy, books, &sums).await?;
    let mut cards = cards.with(credit::store_credit(engine, policy, books, &sums).await?);
    let counted = days::counted(engine, policy, &sums).await?;
    let mut reported = sales::reported(engine, policy, &sums).await?;
    let mut on_hand = on_hand::compared(engine, policy).await?;
    let untold = stated::refused(engine, Topic::Drawers).await?;
    let silent = silent_clearing(books, policy);
    let untold_days = [counted.unknown.clone(), reported.unknown.clone()].concat();
    let mut days = ByDay::read(engine, told, books).await?;
    let mut in_books = InBooks::read(engine, policy, books, &sums).await?;
    let states = by_state(engine, policy, &sums, open).await?;
    let mut proofs = Vec::new();
    for (number, identity) in Identity::NUMBERED {
        let own = if identity == Identity::Standings { &states } else { &sums };
        let own = || own.iter().filter(move |it| it.identity == identity);
        let mut lines = lines_of(engine, identity, (told, books), own()).await?;
        if identity == Identity::StoredValue {
            lines.append(&mut cards.lines);
        }
        let mut behind = named(identity, &differing, (told, books), (&mut cards, &mut reported))?;
        let mut days = match identity {
            Identity::Clearing => {
                behind.append(&mut days.behind_clearing);
                days.of(identity, own())?
            }
            Identity::Standings => {
                lines.extend(days.unread_line());
                days.of(identity, own())?
            }
            _ => days.of(identity, own())?,
        };
        in_books.take(identity).add_to(&mut lines, &mut days, &mut behind);
        let (totals, sales) = match identity {
            Identity::Standings => (counted.days.clone(), std::mem::take(&mut reported.days)),
            _ => (Vec::new(), Vec::new()),
        };
        let unsaid = [&cards.unknown, &untold_days, &on_hand.unknown, &untold, &silent];
        let unsaid = unsaid.map(Vec::as_slice);
        let unknown = unknown(identity, &lines, unsaid, policy);
        let units = on_hand.units.take_if(|_| identity == Identity::Inventory);
        let (says, verdict) = (identity.says(), Verdict::Unknown);
        let proof = IdentityProof {
            number,
            identity,
            says,
            verdict,
            unknown,
            lines,
            days,
            totals,
            sales,
            units,
            behind,
        };
        proofs.push(IdentityProof { verdict: proof.comes_to(), ..proof });
    }
    Ok(proofs)
}

/// The comparisons of an identity, of which these are the figures, but for what shops say of gift
/// cards and credit, and what accounts moved by in books.
async fn lines_of<'a>(
    engine: &Engine,
    identity: Identity,
    (told, books): (&Told, &[BookProof]),
    own: impl Iterator<Item = &'a Figure>,
) -> Result<Vec<IdentityLine>, EngineError> {
    Ok(match identity {
        Identity::PayoutRows => {
            of_payouts(&told.payouts, books.iter().map(|it| (&*it.book, &*it.payouts)))?
        }
        Identity::Clearing => of_books(books.iter().map(|it| (&*it.book, &*it.clearing)))?,
        Identity::Inventory => {
            let held: Vec<_> = books.iter().map(|it| (&*it.book, &*it.accounts)).collect();
            of_stock(engine, &told.policy, &held, None).await?
        }
        Identity::FacilitatorTax => of_settlements(lines(own)?, &told.facilitators)?,
        _ => lines(own)?,
    })
}

/// The facts behind the differences of an identity, whoever found them.
fn named(
    identity: Identity,
    differing: &[(GroupId, Vec<Figure>)],
    (told, books): (&Told, &[BookProof]),
    (cards, reported): (&mut Compared, &mut Reported),
) -> Result<Vec<DifferingFact>, MoneyError> {
    let mut facts = behind(identity, differing)?;
    match identity {
        Identity::PayoutRows => return differing_payouts(&told.payouts, books),
        Identity::StoredValue => facts.append(&mut cards.behind),
        Identity::Standings => facts.append(&mut reported.behind),
        Identity::FacilitatorTax => facts.extend(differing_settlements(&told.facilitators)?),
        _ => {}
    }
    Ok(facts)
}

/// The figures of what was accounted since they were last worked out.
async fn work_out(engine: &Engine, policy: &Policy) -> Result<(), EngineError> {
    let readers = Readers::of(engine).await?;
    let (store, company) = (&engine.store, engine.company_id());
    loop {
        let groups = store.unfigured_groups(company, GROUPS_AT_ONCE).await?;
        if groups.is_empty() {
            return Ok(());
        }
        let names: Vec<GroupId> = groups.iter().map(|it| it.group.clone()).collect();
        let records = store.group_records(company, &names).await?;
        let mut told = alike::told_in(engine, &readers, policy, &records).await?;
        let mut worked_out = Vec::with_capacity(groups.len());
        for UnfiguredGroup { group, mark, entries, states } in groups {
            let OfGroup { facts, unreadable } = told.remove(&group).unwrap_or_default();
            let (facts, unreadable) = (&facts, &unreadable);
            let (entries, states) = (&entries, &states);
            let figures = match Group::parse(&group) {
                None => Vec::new(),
                Some(group) => {
                    let group = &group;
                    proof::figures(Ground { group, facts, entries, states, unreadable, policy })?
                }
            };
            worked_out.push(GroupFigures { group, mark, figures });
        }
        store.save_figures(company, &worked_out).await?;
    }
}

/// Sums over all days.
pub(in crate::engine) fn lines<'a>(
    figures: impl Iterator<Item = &'a Figure>,
) -> Result<Vec<IdentityLine>, MoneyError> {
    let mut lines: BTreeMap<(&str, Currency), IdentityLine> = BTreeMap::new();
    for it in figures {
        let nothing = Money::zero(it.expected.currency());
        let line = lines.entry((&it.about, nothing.currency())).or_insert_with(|| IdentityLine {
            book: None,
            about: it.about.clone(),
            expected: nothing,
            found: nothing,
            awaited: nothing,
            others: nothing,
            difference: nothing,
            facts: 0,
        });
        line.expected = line.expected.plus(it.expected)?;
        line.found = line.found.plus(it.found)?;
        line.awaited = line.awaited.plus(it.awaited)?;
        line.difference = line.difference.plus(it.difference()?)?;
        line.facts += u64::from(it.facts);
    }
    Ok(lines.into_values().collect())
}

fn of_check(book: &str, check: &Check) -> Result<IdentityLine, MoneyError> {
    let amounts = [check.expected, check.found, check.awaited];
    IdentityLine::new(Some(book), &check.about, amounts, 1)
}

/// What was compared in each book, one by one.
pub(in crate::engine) fn of_books<'a>(
    books: impl Iterator<Item = (&'a str, &'a [Check])>,
) -> Result<Vec<IdentityLine>, MoneyError> {
    let all = books.flat_map(|(book, checks)| checks.iter().map(move |it| (book, it)));
    all.map(|(book, check)| of_check(book, check)).collect()
}

/// All payouts against their rows, and against each book, as one sum each: payout by payout they
/// stand in the report besides.
pub(in crate::engine) fn of_payouts<'a>(
    payouts: &[Check],
    books: impl Iterator<Item = (&'a str, &'a [Check])>,
) -> Result<Vec<IdentityLine>, MoneyError> {
    let mut lines = sum_of_checks((None, "payouts"), payouts)?;
    for (book, checks) in books {
        lines.extend(sum_of_checks((Some(book), "payouts"), checks)?);
    }
    Ok(lines)
}

/// What is entered of the tax of marketplaces, and what their settlements say of it as one sum.
fn of_settlements(
    mut entered: Vec<IdentityLine>,
    settlements: &[Check],
) -> Result<Vec<IdentityLine>, MoneyError> {
    entered.extend(sum_of_checks((None, SETTLEMENTS), settlements)?);
    Ok(entered)
}

fn differing_settlements(settlements: &[Check]) -> Result<Vec<DifferingFact>, MoneyError> {
    let differing = settlements.iter().filter(|check| !check.holds());
    let fact = |check: &Check| {
        let (fact, about) = (check.about.clone(), SETTLEMENTS.to_owned());
        Ok(DifferingFact { book: None, fact, about, difference: check.difference()? })
    };
    differing.map(fact).collect()
}

fn sum_of_checks(
    (book, about): (Option<&str>, &str),
    checks: &[Check],
) -> Result<Vec<IdentityLine>, MoneyError> {
    let mut by_currency: BTreeMap<Currency, Vec<&Check>> = BTreeMap::new();
    for check in checks {
        by_currency.entry(check.expected.currency()).or_default().push(check);
    }
    let sum = |(currency, checks): (Currency, Vec<&Check>)| {
        let expected = Money::sum(currency, checks.iter().map(|it| it.expected))?;
        let found = Money::sum(currency, checks.iter().map(|it| it.found))?;
        let awaited = Money::sum(currency, checks.iter().map(|it| it.awaited))?;
        let facts = u64::try_from(checks.len()).unwrap_or(u64::MAX);
        IdentityLine::new(book, about, [expected, found, awaited], facts)
    };
    by_currency.into_iter().map(sum).collect()
}

/// What each book holds as stock, against what is there by its layers, or was at the end of a month
/// of UTC. Where somebody says what an
/// item costs, and nobody how many there are, there is nothing to compare.
pub(in crate::engine) async fn of_stock(
    engine: &Engine,
    policy: &Policy,
    books: &[(&str, &[Holding])],
    until: Option<&str>,
) -> Result<Vec<IdentityLine>, EngineError> {
    if policy.text.cost.owner != CostOwner::Saldo {
        return Ok(Vec::new());
    }
    let sheets = engine.store.last_stock_sheets(engine.company_id(), until).await?;
    let mut stock = Stock::default();
    for (month, sheet) in super::super::stock::read(sheets)? {
        if sheet.closing.is_counted() {
            stock.insert(month, sheet);
        }
    }
    let (expected, items) = (stock.value(policy.currency)?, stock.items());
    if items == 0 {
        return Ok(Vec::new());
    }
    let names = stock_accounts(policy);
    let mut lines = Vec::new();
    for (book, accounts) in books {
        let held = accounts.iter().filter(|it| names.contains(&it.account));
        let held = held.filter(|it| it.held.currency() == policy.currency).map(|it| it.held);
        let found = Money::sum(policy.currency, held)?;
        let about = names.last().map_or("", String::as_str);
        let amounts = [expected, found, Money::zero(policy.currency)];
        lines.push(IdentityLine::new(Some(book), about, amounts, items)?);
    }
    Ok(lines)
}

/// The accounts on which stock stands, the one of all that has no account of its own last.
pub(super) fn stock_accounts(policy: &Policy) -> Vec<String> {
    let mut names: Vec<String> = policy.text.cost.accounts.values().cloned().collect();
    names.push(policy.chart.account(Role::Inventory).name.to_string());
    names
}

/// What books hold on the clearing accounts of gateways of which nobody tells what they owe.
fn silent_clearing(books: &[BookProof], policy: &Policy) -> Vec<String> {
    let clearing: BTreeSet<String> = policy
        .through_time()
        .flat_map(|policy| policy.text.gateways.keys().map(move |gateway| (policy, gateway)))
        .filter_map(|(policy, gateway)| policy.clearing(gateway, policy.currency))
        .map(|account| account.name.to_string())
        .collect();
    let mut silent = Vec::new();
    for book in books {
        let told: BTreeSet<&str> = book.clearing.iter().map(|it| it.about.as_str()).collect();
        let held = book.accounts.iter().filter(|it| {
            clearing.contains(&it.account)
                && !told.contains(it.account.as_str())
                && !(it.held.is_zero() && it.ours.is_zero())
        });
        silent.extend(held.map(|Holding { account, held, .. }| {
            format!("nobody tells what is owed on `{account}`: {} holds {held}", book.book)
        }));
    }
    silent
}

/// What nobody tells.
fn unknown(
    identity: Identity,
    lines: &[IdentityLine],
    [cards, days, on_hand, drawers, clearing]: [&[String]; 5],
    policy: &Policy,
) -> Option<String> {
    let nothing = !lines.iter().any(IdentityLine::compares);
    let said = match identity {
        Identity::Clearing if !clearing.is_empty() => return Some(clearing.join("; ")),
        Identity::StoredValue if !cards.is_empty() => return Some(cards.join("; ")),
        Identity::Inventory => match policy.text.cost.owner {
            CostOwner::Nobody => "nobody enters what goods cost (`cost.owner`)",
            CostOwner::Book => "the book keeps the stock itself (`cost.owner`)",
            CostOwner::Saldo if nothing => "no item has a receipt: nobody says what is there",
            CostOwner::Saldo if !on_hand.is_empty() => return Some(on_hand.join("; ")),
            CostOwner::Saldo => return None,
        },
        Identity::Standings if !days.is_empty() => return Some(days.join("; ")),
        Identity::Drawer if !drawers.is_empty() => return Some(drawers.join("; ")),
        Identity::Drawer if nothing => "no drawer was told: nobody says what was counted in one",
        Identity::GrossReceipts if nothing => "no gateway tells what it took in",
        _ if nothing => "nothing of this kind happened",
        _ => return None,
    };
    Some(said.to_owned())
}

/// The payouts that differ from their rows, or in a book.
fn differing_payouts(
    payouts: &[Check],
    books: &[BookProof],
) -> Result<Vec<DifferingFact>, MoneyError> {
    let of_rows = payouts.iter().map(|check| (None, check));
    let of_books =
        books.iter().flat_map(|book| book.payouts.iter().map(move |it| (Some(&book.book), it)));
    let differing = of_rows.chain(of_books).filter(|(_, check)| !check.holds());
    let fact = |(book, check): (Option<&String>, &Check)| {
        let about = book.map_or("rows".to_owned(), |book| format!("payouts in {book}"));
        let (fact, difference) = (check.about.clone(), check.difference()?);
        Ok(DifferingFact { book: book.cloned(), fact, about, difference })
    };
    differing.map(fact).collect()
}

/// The facts behind the differences of an identity.
fn behind(
    identity: Identity,
    differing: &[(GroupId, Vec<Figure>)],
) -> Result<Vec<DifferingFact>, MoneyError> {
    let mut facts = Vec::new();
    for (group, figures) in differing {
        let fact = group.as_str().split_once('/').map_or(group.as_str(), |(_, fact)| fact);
        let own = figures.iter().filter(|it| it.identity == identity);
        for line in lines(own)?.into_iter().filter(IdentityLine::differs) {
            let IdentityLine { about, difference, .. } = line;
            facts.push(DifferingFact { book: None, fact: fact.to_owned(), about, difference });
        }
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_settlement_that_keeps_other_tax_than_it_charged_is_named() {
        let nothing = "0.00 USD".parse().unwrap();
        let check = |about: &str, found: &str| {
            let found = found.parse().unwrap();
            Check::new(Identity::FacilitatorTax, about.to_owned(), nothing, found)
        };
        let checks = [check("shop/Payout/1", "0.00 USD"), check("shop/Payout/2", "-0.01 USD")];
        let [line] = &of_settlements(Vec::new(), &checks).unwrap()[..] else { panic!() };
        assert_eq!((line.difference.minor(), line.facts), (-1, 2));
        let [fact] = &differing_settlements(&checks).unwrap()[..] else { panic!() };
        assert_eq!((fact.fact.as_str(), fact.difference.minor()), ("shop/Payout/2", -1));
    }
}
