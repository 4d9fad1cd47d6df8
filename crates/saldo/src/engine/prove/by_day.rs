//! The identities day by day: on which day, on which account, and by what a difference came about.
//!
//! Days show where to look. What decides is their sum: an entry that was moved out of a closed
//! period, or that a policy dates otherwise than its facts, is missing on one day and too much on
//! another.

use super::super::account::Readers;
use super::super::stock::read as read_sheets;
use super::super::undo::{left_out, moved_by};
use super::super::{Engine, EngineError};
use super::days::failed;
use super::documents::{counted_and_gone, gone, uncounted_drafts};
use super::identities::{DifferingFact, IdentityLine, stock_accounts};
use super::told::Told;
use super::{Balances, BookProof, day_of};
use jiff::civil::Date;
use saldo_core::book::Subject;
use saldo_core::commerce::{Fact, Record, RecordRef};
use saldo_core::money::{Balance, Currency, Money, MoneyError};
use saldo_core::plan::Change;
use saldo_core::policy::{CostOwner, Policy};
use saldo_core::proof::{self, Check, Figure, Holding, Identity};
use saldo_core::text::ConnectionId;
use saldo_store::{BookedDocument, EntryFilter, HeldFact, RecordVersion, Role};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// On how many days facts are looked for behind the differences of a clearing account.
const DAYS_LOOKED_AT: usize = 100;
/// How many facts are named behind the differences of clearing accounts.
const FACTS_SHOWN: usize = 100;

/// A comparison of an identity on a day.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DayLine {
    /// The books day.
    pub(crate) day: Date,
    /// What was compared: what is told of the day, and what is entered on it.
    #[serde(flatten)]
    pub(crate) line: IdentityLine,
}

impl DayLine {
    /// Whether something is missing on this day, or too much.
    pub(crate) fn differs(&self) -> bool {
        !self.line.difference.is_zero()
    }
}

/// What the identities say of each day beyond figures, and what is behind it.
pub(super) struct ByDay {
    /// Payouts as they left.
    payouts: Vec<DayLine>,
    /// What moved clearing accounts.
    clearing: Vec<DayLine>,
    /// What stock was worth more or less.
    stock: Vec<DayLine>,
    /// What is behind the differences of clearing accounts.
    pub(super) behind_clearing: Vec<DifferingFact>,
    /// Records that never could be read.
    unread: Vec<DayLine>,
    /// Documents that books refused.
    failed: Vec<DayLine>,
}

impl ByDay {
    pub(super) async fn read(
        engine: &Engine,
        told: &Told,
        books: &[BookProof],
    ) -> Result<Self, EngineError> {
        let clearing = clearing(engine, told, books).await?;
        Ok(Self {
            payouts: payouts(told, books)?,
            behind_clearing: behind_clearing(engine, told, books, &clearing).await?,
            clearing,
            stock: stock(engine, &told.policy, books).await?,
            unread: unread(engine, &told.policy).await?,
            failed: failed(engine).await?,
        })
    }

    /// The days of an identity, of which these are the figures.
    pub(super) fn of<'a>(
        &mut self,
        identity: Identity,
        own: impl Iterator<Item = &'a Figure>,
    ) -> Result<Vec<DayLine>, MoneyError> {
        Ok(match identity {
            Identity::PayoutRows => std::mem::take(&mut self.payouts),
            Identity::Clearing => std::mem::take(&mut self.clearing),
            Identity::Inventory => std::mem::take(&mut self.stock),
            Identity::Standings => {
                let mut days = figures(own)?;
                days.append(&mut self.unread);
                days.append(&mut self.failed);
                days
            }
            _ => figures(own)?,
        })
    }

    /// The records that never could be read, as one line; none where there are none.
    pub(super) fn unread_line(&self) -> Option<IdentityLine> {
        let first = self.unread.first()?.line.clone();
        let facts = self.unread.iter().map(|day| day.line.facts).sum();
        Some(IdentityLine { facts, ..first })
    }
}

/// Figures by their days.
fn figures<'a>(figures: impl Iterator<Item = &'a Figure>) -> Result<Vec<DayLine>, MoneyError> {
    let line = |it: &Figure| {
        let amounts = [it.expected, it.found, it.awaited];
        let line = IdentityLine::new(None, &it.about, amounts, it.facts.into())?;
        Ok(DayLine { day: it.day, line })
    };
    figures.map(line).collect()
}

/// The payouts of each day, by the clearing account that they left: against their rows, and
/// against what each book holds of them.
fn payouts(told: &Told, books: &[BookProof]) -> Result<Vec<DayLine>, MoneyError> {
    let mut places: BTreeMap<String, (Date, String)> = BTreeMap::new();
    for fact in &told.entered {
        if let Fact::Payout(payout) = fact {
            let policy = told.policy.in_force(payout.issued_on);
            let clearing = policy.clearing(&payout.gateway.id, payout.net.currency());
            let about = clearing.map_or(payout.gateway.id.to_string(), |it| it.name.to_string());
            places.insert(payout.id.to_string(), (payout.issued_on, about));
        }
    }
    let mut days = Days::default();
    let of_books = books.iter().map(|it| (Some(&*it.book), &*it.payouts));
    for (book, checks) in std::iter::once((None, &*told.payouts)).chain(of_books) {
        for check in checks {
            if let Some((day, about)) = places.get(&check.about) {
                days.add_check((book, about, *day), check)?;
            }
        }
    }
    days.lines()
}

/// What gateways' own ledgers moved by on each day, against what the documents that a book
/// acknowledged moved their clearing accounts by.
async fn clearing(
    engine: &Engine,
    told: &Told,
    books: &[BookProof],
) -> Result<Vec<DayLine>, EngineError> {
    let entered = moved_on(&told.entered, &told.policy)?;
    let awaited = moved_on(&told.awaited, &told.policy)?;
    let accounts: BTreeSet<&String> = entered.values().flat_map(BTreeMap::keys).collect();
    let mut days = Days::default();
    for connection in engine.connections(Role::Book).await? {
        let Some(proof) = books.iter().find(|it| it.book == connection.id.as_str()) else {
            continue;
        };
        let (name, within) = (Some(&*proof.book), proof.from..=proof.as_of);
        for (day, moved) in entered.range(within.clone()) {
            days.expect((name, *day), moved, |sides, amount| sides.expect(amount))?;
        }
        for (day, moved) in awaited.range(within.clone()) {
            days.expect((name, *day), moved, |sides, amount| sides.wait(amount))?;
        }
        for entry in left_out(engine, &connection).await? {
            let mut moved = moved_by([&entry])?;
            moved.retain(|account, _| accounts.contains(account));
            let take = |sides: &mut Sides, amount: Money| sides.leave_out(amount);
            days.expect((name, entry.header.date), &moved, take)?;
        }
        let (store, company) = (&engine.store, engine.company_id());
        let sums = store.day_sums(company, &connection.id, (proof.from, proof.as_of)).await?;
        for sum in sums.iter().filter(|it| accounts.contains(&it.account)) {
            days.find((name, &sum.account, sum.day), sum.amount)?;
        }
        for change in counted_and_gone(engine, &connection, &proof.documents).await? {
            let Subject::Document { document, .. } = &change.subject else { continue };
            let own = document.lines().iter();
            for line in own.filter(|line| accounts.contains(&line.account.name.to_string())) {
                let place = (name, &*line.account.name, document.header().date);
                days.find(place, line.held().negated())?;
            }
        }
        for draft in uncounted_drafts(engine, &connection).await? {
            let Subject::Document { document, .. } = &draft.subject else { continue };
            let own = document.lines().iter();
            for line in own.filter(|line| accounts.contains(&line.account.name.to_string())) {
                let place = (name, &*line.account.name, document.header().date);
                days.find(place, line.held().negated())?;
            }
        }
    }
    Ok(days.lines()?)
}

/// By how much the layers of what is in stock were worth more or less on each day, but for what was
/// there at first, against what the documents that a book holds moved the accounts of stock by.
async fn stock(
    engine: &Engine,
    policy: &Policy,
    books: &[BookProof],
) -> Result<Vec<DayLine>, EngineError> {
    let (store, company) = (&engine.store, engine.company_id());
    let mut days = Days::default();
    if policy.text.cost.owner != CostOwner::Saldo {
        return Ok(days.lines()?);
    }
    let names = stock_accounts(policy);
    let about = names.last().map_or("", String::as_str);
    let sheets = read_sheets(store.all_stock_sheets(company).await?)?;
    for connection in engine.connections(Role::Book).await? {
        let Some(proof) = books.iter().find(|it| it.book == connection.id.as_str()) else {
            continue;
        };
        let name = Some(&*proof.book);
        for (_, sheet) in sheets.iter().filter(|(_, sheet)| sheet.closing.is_counted()) {
            for (day, more) in sheet.worth.range(proof.from..=proof.as_of) {
                days.sides((name, about, *day), more.currency()).expect(*more)?;
            }
        }
        for entry in left_out(engine, &connection).await? {
            for line in entry.lines.iter().filter(|it| names.contains(&it.account.name.to_string()))
            {
                let place = (name, about, entry.header.date);
                days.sides(place, line.amount.currency()).leave_out(line.amount)?;
            }
        }
        let sums = store.day_sums(company, &connection.id, (proof.from, proof.as_of)).await?;
        for sum in sums.iter().filter(|it| names.contains(&it.account)) {
            days.find((name, about, sum.day), sum.amount)?;
        }
        for change in gone(engine, &connection.id, &proof.documents).await? {
            let Subject::Document { document, .. } = &change.subject else { continue };
            let own = document.lines().iter();
            for line in own.filter(|it| names.contains(&it.account.name.to_string())) {
                days.find((name, about, document.header().date), line.held().negated())?;
            }
        }
    }
    Ok(days.lines()?)
}

/// What gateways' ledgers moved by, by day and clearing account.
fn moved_on(facts: &[Fact], policy: &Policy) -> Result<BTreeMap<Date, Balances>, MoneyError> {
    let mut by_day: BTreeMap<Date, Vec<&Fact>> = BTreeMap::new();
    for fact in facts {
        by_day.entry(day_of(fact, policy)).or_default().push(fact);
    }
    let moved = |(day, facts): (Date, Vec<&Fact>)| {
        Ok((day, proof::gateway_balances(facts.into_iter(), policy)?))
    };
    by_day.into_iter().map(moved).collect()
}

/// What is behind the differences of clearing accounts: what others did to them in a book, and on
/// the days that differ what is not acknowledged, and the rows, payouts and documents without
/// which the day would agree.
async fn behind_clearing(
    engine: &Engine,
    told: &Told,
    books: &[BookProof],
    days: &[DayLine],
) -> Result<Vec<DifferingFact>, EngineError> {
    let mut behind = Vec::new();
    for connection in engine.connections(Role::Book).await? {
        let Some(proof) = books.iter().find(|it| it.book == connection.id.as_str()) else {
            continue;
        };
        let differing: BTreeSet<(&str, Currency)> = proof
            .clearing
            .iter()
            .filter(|check| !check.holds())
            .map(|check| (&*check.about, check.expected.currency()))
            .collect();
        if differing.is_empty() {
            continue;
        }
        let gone = counted_and_gone(engine, &connection, &proof.documents).await?;
        let of_one = |it: &&Holding| differing.contains(&(&*it.account, it.others.currency()));
        for holding in proof.accounts.iter().filter(of_one) {
            behind.extend(beyond(proof, holding, &gone)?);
        }
        let own = days.iter().filter(|it| it.line.book.as_deref() == Some(&proof.book));
        for day in own.filter(|it| it.differs()).take(DAYS_LOOKED_AT) {
            behind.extend(behind_day(engine, told, (&proof.book, day)).await?);
        }
    }
    behind.truncate(FACTS_SHOWN);
    Ok(behind)
}

/// What a book holds on an account otherwise than it was told: our documents that somebody deleted
/// there, the documents of others that it names, and the rest of what others entered or changed.
fn beyond(
    proof: &BookProof,
    holding: &Holding,
    gone: &[Change],
) -> Result<Vec<DifferingFact>, MoneyError> {
    let (book, account, mut others) = (&proof.book, &holding.account, holding.others);
    let named = |fact: String, about: String, difference: Money| DifferingFact {
        book: Some(book.clone()),
        fact,
        about,
        difference,
    };
    let mut behind = Vec::new();
    for change in gone {
        let Some((key, amount)) = moved_in(change, (account, others.currency()))? else { continue };
        let Some(day) = change.date().filter(|_| !amount.is_zero()) else { continue };
        others = others.plus(amount)?;
        let about = format!("{account} of {day} in {book}, deleted there");
        behind.push(named(key, about, amount.negated()));
    }
    let place = (&**account, others.currency());
    let shown = proof.by_others.iter();
    for own in shown.filter(|own| (&*own.account, own.amount.currency()) == place) {
        others = others.minus(own.amount)?;
        let about = format!("{account} of {} in {book}, by others", own.day);
        behind.push(named(own.remote.to_string(), about, own.amount));
    }
    if !others.is_zero() {
        let about = format!("entered in {book} by others, or changed there");
        behind.push(named(account.clone(), about, others));
    }
    Ok(behind)
}

async fn behind_day(
    engine: &Engine,
    told: &Told,
    (book, day): (&str, &DayLine),
) -> Result<Vec<DifferingFact>, EngineError> {
    let (account, difference) = (&day.line.about, day.line.difference);
    let named = |fact: String, about: String, difference: Money| DifferingFact {
        book: Some(book.to_owned()),
        fact,
        about: format!("{account} of {} in {book}, {about}", day.day),
        difference,
    };
    let filter = EntryFilter {
        from: Some(day.day),
        until: Some(day.day),
        account: Some(account.clone()),
        with_approved: true,
        ..EntryFilter::default()
    };
    let id = ConnectionId::new(book);
    let documents = engine.store.entries(engine.company_id(), &id, filter).all().await?;
    let mut behind = Vec::new();
    for BookedDocument { change, receipt } in documents {
        let Some((key, amount)) = moved_in(&change, (account, difference.currency()))? else {
            continue;
        };
        match receipt {
            None => behind.push(named(key, "not acknowledged".to_owned(), amount.negated())),
            Some(_) if amount == difference => {
                behind.push(named(key, "which agrees without it".to_owned(), amount));
            }
            Some(_) => {}
        }
    }
    let facts = told.entered.iter().filter(|fact| day_of(fact, &told.policy) == day.day);
    for fact in facts {
        let moved = proof::gateway_balances(std::iter::once(fact), &told.policy)?;
        let amount = moved.get(account).map(|it| it.of(difference.currency()));
        if amount.is_some_and(|amount| amount.negated() == difference) {
            behind.push(named(fact.id().to_string(), "of just as much".to_owned(), difference));
        }
    }
    Ok(behind)
}

/// The number of a document, and what it moves an account by.
fn moved_in(
    change: &Change,
    (account, currency): (&str, Currency),
) -> Result<Option<(String, Money)>, MoneyError> {
    let Subject::Document { key, document, .. } = &change.subject else { return Ok(None) };
    let lines = document.lines().iter();
    let own = lines.filter(|line| &*line.account.name == account).map(|line| line.held());
    let amount = Money::sum(currency, own.filter(|held| held.currency() == currency))?;
    Ok(Some((key.to_string(), amount)))
}

/// The records of which no version was ever readable: each is held, on the day on which it was
/// first heard.
async fn unread(engine: &Engine, policy: &Policy) -> Result<Vec<DayLine>, EngineError> {
    let readers = Readers::of(engine).await?;
    let mut days = Days::default();
    for HeldFact { source, .. } in engine.store.unread(engine.company_id()).await? {
        let Some(reader) = readers.reader(&source.connection) else { continue };
        let versions = engine.store.record_versions(engine.company_id(), &source).await?;
        let Some(first_heard) = versions.first().map(|it| it.fetched_at) else { continue };
        let as_record = |RecordVersion { fetched_at, bytes, .. }| {
            let RecordRef { connection, stream, id } = source.clone();
            Record { connection, stream, id, fetched_at, bytes }
        };
        if !versions.into_iter().map(as_record).any(|record| reader.read(&record).is_ok()) {
            let place = (None, "records that cannot be read, held", policy.day(first_heard));
            days.sides(place, policy.currency).facts += 1;
        }
    }
    Ok(days.lines()?)
}

/// A book, what it is about, and the day.
type Place<'a> = (Option<&'a str>, &'a str, Date);

/// Both sides of days while they are added up: by book, day, what they are about, and currency.
#[derive(Default)]
struct Days(BTreeMap<DayKey, Sides>);

type DayKey = (Option<String>, Date, String, Currency);

struct Sides {
    expected: Money,
    found: Money,
    awaited: Money,
    facts: u64,
}

impl Sides {
    fn expect(&mut self, amount: Money) -> Result<(), MoneyError> {
        self.expected = self.expected.plus(amount)?;
        self.facts += 1;
        Ok(())
    }

    fn wait(&mut self, amount: Money) -> Result<(), MoneyError> {
        self.awaited = self.awaited.plus(amount)?;
        self.expect(amount)
    }

    fn leave_out(&mut self, amount: Money) -> Result<(), MoneyError> {
        self.expected = self.expected.minus(amount)?;
        Ok(())
    }
}

impl Days {
    fn sides(&mut self, (book, about, day): Place<'_>, currency: Currency) -> &mut Sides {
        let nothing = Money::zero(currency);
        let key = (book.map(str::to_owned), day, about.to_owned(), currency);
        let none = Sides { expected: nothing, found: nothing, awaited: nothing, facts: 0 };
        self.0.entry(key).or_insert(none)
    }

    fn expect(
        &mut self,
        (book, day): (Option<&str>, Date),
        moved: &BTreeMap<String, Balance>,
        note: impl Fn(&mut Sides, Money) -> Result<(), MoneyError>,
    ) -> Result<(), MoneyError> {
        for (account, moved) in moved {
            for amount in moved.iter() {
                note(self.sides((book, account, day), amount.currency()), amount)?;
            }
        }
        Ok(())
    }

    fn find(&mut self, place: Place<'_>, amount: Money) -> Result<(), MoneyError> {
        let sides = self.sides(place, amount.currency());
        sides.found = sides.found.plus(amount)?;
        Ok(())
    }

    fn add_check(&mut self, place: Place<'_>, check: &Check) -> Result<(), MoneyError> {
        let sides = self.sides(place, check.expected.currency());
        sides.expect(check.expected)?;
        sides.found = sides.found.plus(check.found)?;
        sides.awaited = sides.awaited.plus(check.awaited)?;
        Ok(())
    }

    /// The days on which anything moved, in their order.
    fn lines(self) -> Result<Vec<DayLine>, MoneyError> {
        let moved = self.0.into_iter().filter(|(_, it)| {
            it.facts > 0 || [it.expected, it.found, it.awaited].iter().any(|it| !it.is_zero())
        });
        let line = |((book, day, about, _), it): (DayKey, Sides)| {
            let Sides { expected, found, awaited, facts } = it;
            let amounts = [expected, found, awaited];
            let line = IdentityLine::new(book.as_deref(), &about, amounts, facts)?;
            Ok(DayLine { day, line })
        };
        moved.map(line).collect()
    }
}
