//! What the accounts that identities are about moved by in each book, beside what facts say.
//!
//! The one side is the facts alone; the other what the book says itself that its accounts moved by,
//! and day by day what our documents come to that it still holds. A difference shows wherever it
//! arose: in accounting, in planning, on the way, or in the book.

use super::super::undo::left_out;
use super::super::{Engine, EngineError};
use super::by_day::DayLine;
use super::documents::{counted_and_gone, uncounted_drafts};
use super::identities::{DifferingFact, IdentityLine};
use super::{BookProof, DocumentsProof};
use jiff::civil::Date;
use saldo_core::book::Subject;
use saldo_core::money::{Money, MoneyError};
use saldo_core::plan::Change;
use saldo_core::policy::Policy;
use saldo_core::proof::{Figure, Identity, Watched};
use saldo_core::text::ConnectionId;
use saldo_store::{Connection, Role};
use std::collections::{BTreeMap, BTreeSet};

/// How many documents are named that a book does not have yet.
const PENDING_SHOWN: usize = 100;

/// What was compared in all books.
#[derive(Debug, Default)]
pub(super) struct InBooks(Vec<(Identity, Compared)>);

/// What was compared of an account of a book, or of several as one.
#[derive(Debug)]
struct Compared {
    line: IdentityLine,
    days: Vec<DayLine>,
    behind: Vec<DifferingFact>,
}

impl InBooks {
    /// Compares each book that was read with the sums of figures.
    pub(super) async fn read(
        engine: &Engine,
        policy: &Policy,
        books: &[BookProof],
        sums: &[Figure],
    ) -> Result<Self, EngineError> {
        let watched = Watched::of(policy);
        let mut all = Self::default();
        for connection in engine.connections(Role::Book).await? {
            let Some(proof) = books.iter().find(|it| it.book == connection.id.as_str()) else {
                continue;
            };
            let mut sheet = Sheet::new(&watched, policy, proof);
            sheet.expect(sums)?;
            sheet.find(engine, &connection).await?;
            sheet.look_at(engine, &connection, &proof.documents).await?;
            sheet.hold()?;
            if sheet.differs()? {
                sheet.name_pending(engine, &connection.id).await?;
            }
            all.0.extend(sheet.compared()?);
        }
        Ok(all)
    }

    /// What was compared of an identity.
    pub(super) fn take(&mut self, identity: Identity) -> Self {
        let all = std::mem::take(&mut self.0).into_iter();
        let (own, others) = all.partition(|it| it.0 == identity);
        self.0 = others;
        Self(own)
    }

    /// Adds it to what was compared besides: whole, day by day, and what is behind differences.
    pub(super) fn add_to(
        self,
        lines: &mut Vec<IdentityLine>,
        days: &mut Vec<DayLine>,
        behind: &mut Vec<DifferingFact>,
    ) {
        for (_, it) in self.0 {
            lines.push(it.line);
            days.extend(it.days);
            behind.extend(it.behind);
        }
    }
}

/// What an account is to its identity, or several accounts as one.
type Place = (Identity, String);

/// A book while it is compared.
struct Sheet<'a> {
    watched: &'a Watched,
    policy: &'a Policy,
    proof: &'a BookProof,
    places: BTreeMap<Place, Sides>,
}

/// Both sides of a place.
struct Sides {
    days: BTreeMap<Date, DaySides>,
    /// What others moved there.
    others: Money,
    /// What is missing of our documents, which the book no longer has.
    gone: Money,
    /// The documents of ours that the book holds otherwise, and how.
    changed: Vec<(Date, String, String)>,
    behind: Vec<DifferingFact>,
}

/// Both sides of a place on a day.
#[derive(Clone, Copy)]
struct DaySides {
    expected: Money,
    found: Money,
    awaited: Money,
    facts: u64,
}

impl Sides {
    fn new(nothing: Money) -> Self {
        let (days, changed, behind) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { days, others: nothing, gone: nothing, changed, behind }
    }

    fn day(&mut self, day: Date) -> &mut DaySides {
        let nothing = Money::zero(self.others.currency());
        let none = DaySides { expected: nothing, found: nothing, awaited: nothing, facts: 0 };
        self.days.entry(day).or_insert(none)
    }

    /// All days, and what others moved.
    fn line(&self, book: &str, about: &str) -> Result<IdentityLine, MoneyError> {
        let others = self.others;
        let sum = |part: fn(&DaySides) -> Money| {
            Money::sum(others.currency(), self.days.values().map(part))
        };
        let (expected, awaited) = (sum(|it| it.expected)?, sum(|it| it.awaited)?);
        let ours = sum(|it| it.found)?;
        Ok(IdentityLine {
            book: Some(book.to_owned()),
            about: about.to_owned(),
            expected,
            found: ours.plus(others)?,
            awaited,
            others,
            difference: ours.plus(awaited)?.minus(expected)?,
            facts: self.days.values().map(|it| it.facts).sum(),
        })
    }
}

impl<'a> Sheet<'a> {
    fn new(watched: &'a Watched, policy: &'a Policy, proof: &'a BookProof) -> Self {
        Self { watched, policy, proof, places: BTreeMap::new() }
    }

    fn sides(&mut self, identity: Identity, about: &str) -> &mut Sides {
        let nothing = Money::zero(self.policy.currency);
        let key = (identity, about.to_owned());
        self.places.entry(key).or_insert_with(|| Sides::new(nothing))
    }

    /// The place of an amount on an account, where it is compared.
    fn place(&mut self, account: &str, amount: Money) -> Option<&mut Sides> {
        if amount.currency() != self.policy.currency {
            return None;
        }
        let watched = self.watched;
        let (identity, about) = watched.in_books(account)?;
        Some(self.sides(identity, about))
    }

    /// What facts say up to the last day that the book was asked about.
    fn expect(&mut self, sums: &[Figure]) -> Result<(), MoneyError> {
        let (currency, last) = (self.policy.currency, self.proof.as_of);
        let identities = [
            Identity::StoredValue,
            Identity::TaxPayable,
            Identity::FacilitatorTax,
            Identity::OpenOrders,
            Identity::KeptBack,
            Identity::Rounding,
        ];
        let own = sums.iter().filter(|it| {
            identities.contains(&it.identity)
                && it.expected.currency() == currency
                && it.day <= last
        });
        for figure in own {
            let day = self.sides(figure.identity, figure.in_books()).day(figure.day);
            day.expected = day.expected.plus(figure.expected)?;
            day.awaited = day.awaited.plus(figure.awaited)?;
            day.facts += u64::from(figure.facts);
        }
        Ok(())
    }

    /// What our documents come to, less what the owner took out, and drafts that do not count.
    async fn find(&mut self, engine: &Engine, connection: &Connection) -> Result<(), EngineError> {
        let (store, company, id) = (&engine.store, engine.company_id(), &connection.id);
        for entry in left_out(engine, connection).await? {
            let day = entry.header.date;
            for line in &entry.lines {
                if let Some(sides) = self.place(&line.account.name, line.amount) {
                    let sides = sides.day(day);
                    sides.expected = sides.expected.minus(line.amount)?;
                }
            }
        }
        let days = (self.proof.from, self.proof.as_of);
        for sum in store.day_sums(company, id, days).await? {
            if let Some(sides) = self.place(&sum.account, sum.amount) {
                let sides = sides.day(sum.day);
                sides.found = sides.found.plus(sum.amount)?;
            }
        }
        for draft in uncounted_drafts(engine, connection).await? {
            let Some(day) = draft.date() else { continue };
            for (place, amount) in self.moved_by(&draft)? {
                let sides = self.sides(place.0, &place.1).day(day);
                sides.found = sides.found.minus(amount)?;
            }
        }
        Ok(())
    }

    /// What the document of a change moves, place by place.
    fn moved_by(&self, change: &Change) -> Result<BTreeMap<Place, Money>, MoneyError> {
        let mut moved = BTreeMap::new();
        let Subject::Document { document, .. } = &change.subject else { return Ok(moved) };
        let currency = self.policy.currency;
        for line in document.lines().iter().filter(|it| it.held().currency() == currency) {
            if let Some((identity, about)) = self.watched.in_books(&line.account.name) {
                let sum =
                    moved.entry((identity, about.to_owned())).or_insert(Money::zero(currency));
                *sum = sum.plus(line.held())?;
            }
        }
        moved.retain(|_, sum: &mut Money| !sum.is_zero());
        Ok(moved)
    }

    /// What somebody deleted in the book is missing there, where it was counted; what somebody
    /// changed is noted.
    async fn look_at(
        &mut self,
        engine: &Engine,
        connection: &Connection,
        documents: &DocumentsProof,
    ) -> Result<(), EngineError> {
        let id = &connection.id;
        let counted = counted_and_gone(engine, connection, documents).await?;
        let counted: BTreeSet<&str> = counted.iter().map(|change| &*change.id).collect();
        let keys: Vec<String> = documents.differing.iter().map(|it| it.key.to_string()).collect();
        for change in engine.store.changes_of(engine.company_id(), id, &keys).await? {
            let Subject::Document { key, .. } = &change.subject else { continue };
            let Some(differing) = documents.differing.iter().find(|it| it.key == *key) else {
                continue;
            };
            for ((identity, about), amount) in self.moved_by(&change)? {
                let says = |difference| DifferingFact {
                    book: Some(id.to_string()),
                    fact: key.to_string(),
                    about: format!(
                        "{about} of {} in {id}: {}",
                        differing.date, differing.difference
                    ),
                    difference,
                };
                let gone = says(amount.negated());
                let sides = self.sides(identity, &about);
                if differing.is_gone() {
                    if counted.contains(&*change.id) {
                        sides.gone = sides.gone.plus(amount)?;
                        let day = sides.day(differing.date);
                        day.found = day.found.minus(amount)?;
                    }
                    sides.behind.push(gone);
                } else {
                    let (date, words) = (differing.date, differing.difference.clone());
                    sides.changed.push((date, key.to_string(), words));
                }
            }
        }
        Ok(())
    }

    /// What the book says that accounts moved by beyond our documents. Where somebody changed one
    /// of these, that is not said to be of others.
    fn hold(&mut self) -> Result<(), MoneyError> {
        let (proof, currency) = (self.proof, self.policy.currency);
        for holding in proof.accounts.iter().filter(|it| it.others.currency() == currency) {
            let watched = self.watched;
            // Several accounts of ours that are one in the book are one here where all are alike.
            let mut places = holding.account.split(" + ").map(|name| watched.in_books(name));
            let whole = watched.in_books(&holding.account);
            let Some((identity, about)) = whole.or_else(|| places.next().flatten()) else {
                continue;
            };
            if whole.is_none() && !places.all(|place| place == Some((identity, about))) {
                continue;
            }
            let sides = self.sides(identity, about);
            sides.others = sides.others.plus(holding.others)?;
        }
        for ((_, about), sides) in &mut self.places {
            sides.others = sides.others.plus(sides.gone)?;
            let beyond = sides.others;
            let changed = std::mem::take(&mut sides.changed);
            let Some((first, ..)) = changed.first() else { continue };
            if beyond.is_zero() {
                continue;
            }
            let day = sides.day(*first);
            day.found = day.found.plus(beyond)?;
            sides.others = Money::zero(currency);
            let own = if changed.len() == 1 { beyond } else { Money::zero(currency) };
            sides.behind.extend(changed.into_iter().map(|(day, fact, words)| DifferingFact {
                book: Some(proof.book.clone()),
                fact,
                about: format!("{about} of {day} in {}: {words}", proof.book),
                difference: own,
            }));
        }
        Ok(())
    }

    fn differs(&self) -> Result<bool, MoneyError> {
        for ((_, about), sides) in &self.places {
            if !sides.line(&self.proof.book, about)?.difference.is_zero() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The documents that were approved, and that the book does not have.
    async fn name_pending(
        &mut self,
        engine: &Engine,
        id: &ConnectionId,
    ) -> Result<(), EngineError> {
        let (store, company) = (&engine.store, engine.company_id());
        let pending = store.pending(company, id, PENDING_SHOWN).await?.into_iter();
        let mut missing: Vec<(Change, &str)> =
            pending.map(|it| (it.change, "not acknowledged")).collect();
        let failed = store.failed(company).await?.into_iter().map(|it| it.change);
        missing.extend(failed.filter(|it| it.book == *id).map(|it| (it, "refused")));
        let blocked = store.blocked(company, id).await?.into_iter().map(|it| it.change);
        missing.extend(blocked.map(|it| (it, "waits for what was refused")));
        for (change, why) in missing.into_iter().take(PENDING_SHOWN) {
            let (Subject::Document { key, .. }, Some(day)) = (&change.subject, change.date())
            else {
                continue;
            };
            for ((identity, about), amount) in self.moved_by(&change)? {
                let fact = DifferingFact {
                    book: Some(id.to_string()),
                    fact: key.to_string(),
                    about: format!("{about} of {day} in {id}, {why}"),
                    difference: amount.negated(),
                };
                self.sides(identity, &about).behind.push(fact);
            }
        }
        Ok(())
    }

    /// What came of it. What is behind days that make up for one another is no difference.
    fn compared(self) -> Result<Vec<(Identity, Compared)>, MoneyError> {
        let mut all = Vec::new();
        for ((identity, about), sides) in self.places {
            let line = sides.line(&self.proof.book, &about)?;
            let is_nothing = line.facts == 0 && line.expected.is_zero() && line.found.is_zero();
            if is_nothing && line.others.is_zero() {
                continue;
            }
            let nothing = Money::zero(self.policy.currency);
            let mut days = Vec::new();
            for (day, it) in &sides.days {
                let DaySides { expected, found, awaited, facts } = *it;
                let line = IdentityLine {
                    expected,
                    found,
                    awaited,
                    others: nothing,
                    difference: found.plus(awaited)?.minus(expected)?,
                    facts,
                    ..line.clone()
                };
                days.push(DayLine { day: *day, line });
            }
            let behind = if line.difference.is_zero() { Vec::new() } else { sides.behind };
            all.push((identity, Compared { line, days, behind }));
        }
        Ok(all)
    }
}
