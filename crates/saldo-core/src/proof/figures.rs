//! Figures: what facts amount to, beside what the entries made of them amount to.
//!
//! The one side reads the facts alone, and adds up what they say; the other adds up lines of
//! entries by their accounts. Neither knows how accounting came from the first to the second.

mod drawer;
mod gateway;
mod order;
mod standing;
mod watched;

pub use standing::{ENTERED, Weight, is_about_strays, weight};
pub use watched::{OPEN_ORDERS, Watched};

use super::Identity;
use crate::accounting::{Group, groups, told_once};
use crate::commerce::{
    Decided, Decision, Event, Fact, MoneyMovement, Move, Order, RecordRef, Said, SaleKind, SaleLine,
};
use crate::document::{Line, LineKind, SubledgerEntry};
use crate::issue::FactState;
use crate::money::{Currency, Money, MoneyError};
use crate::policy::{Place, Policy, Role, TAX_ON_FEES};
use crate::text::FactId;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use watched::{ALL_ROUNDINGS, ALL_TAXES};

/// A figure of a group of facts on a day, told twice. Debit is positive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Figure {
    /// What must be equal.
    pub identity: Identity,
    /// Which account, tax, gateway or kind of facts it is about.
    pub about: String,
    /// The books day of what happened, or of its entry.
    pub day: Date,
    /// What it is by the facts.
    pub expected: Money,
    /// What it is by the entries; of [`Identity::GrossReceipts`] by the shop's payments, where the
    /// facts are the gateway's rows.
    pub found: Money,
    /// What of the difference is no mistake: its facts wait, or are held.
    pub awaited: Money,
    /// How many facts, lines and movements it was expected by.
    pub facts: u32,
}

impl Figure {
    /// What was found, and what is awaited, less what was expected.
    ///
    /// # Errors
    /// Where the amounts are too large.
    pub fn difference(&self) -> Result<Money, MoneyError> {
        self.found.plus(self.awaited)?.minus(self.expected)
    }

    /// What it is compared as with the accounts of a book, which are the same for all taxes, and
    /// for what facts tell and what they do not.
    #[must_use]
    pub fn in_books(&self) -> &str {
        match self.identity {
            Identity::TaxPayable => ALL_TAXES,
            _ => self.about.strip_suffix(UNTOLD).unwrap_or(&self.about),
        }
    }

    /// Whether it is about facts of which nobody says where they stand: a difference whatever they
    /// amount to.
    #[must_use]
    pub fn is_of_strays(&self) -> bool {
        self.identity == Identity::Standings && is_about_strays(&self.about) && self.facts > 0
    }
}

/// What is known of a group of facts, to work out its figures.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// Which group.
    pub group: &'a Group,
    /// What it says, told by any record.
    pub facts: &'a [Fact],
    /// What accounting made of it.
    pub entries: &'a [SubledgerEntry],
    /// Where its facts stand.
    pub states: &'a [(FactId, FactState)],
    /// The records whose latest version cannot be read: they are held, each as one, and what they
    /// said before is told here.
    pub unreadable: &'a BTreeSet<RecordRef>,
    /// How facts become documents.
    pub policy: &'a Policy,
}

impl Ground<'_> {
    fn state(&self, id: &FactId) -> Option<&FactState> {
        self.states.iter().find(|(fact, _)| fact == id).map(|(_, state)| state)
    }

    /// What becomes of a fact in the entries.
    fn fate(&self, id: &FactId) -> Fate {
        match self.state(id) {
            Some(FactState::Accounted { .. }) => Fate::Entered,
            Some(FactState::Excluded { .. }) => Fate::LeftOut,
            Some(FactState::Waiting { .. } | FactState::Held(_)) | None => Fate::Awaited,
        }
    }
}

/// How a figure ends of which nothing but the entries is known: both its sides are theirs, no fact
/// expects it, and so it proves nothing but that books hold it.
const UNTOLD: &str = ", as entered";

/// What becomes of a fact in the entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// All of it stands in them.
    Entered,
    /// Nothing of it does, by a rule.
    LeftOut,
    /// Something of it does not yet.
    Awaited,
}

/// What the figures of [`Identity::Sales`] call lines of this kind; none where no channel sums them
/// up as we do: tips, gift cards, duties, and what nobody taught us.
#[must_use]
pub const fn sales_of(kind: &SaleKind) -> Option<&'static str> {
    match kind {
        SaleKind::Product => Some("products"),
        SaleKind::Shipping => Some("shipping"),
        SaleKind::Adjustment => Some("adjustments"),
        SaleKind::Tip | SaleKind::GiftCard | SaleKind::Duty | SaleKind::Unknown(_) => None,
    }
}

/// The figures of a group, by identity, account and day. Of those that nothing is known about
/// there is none.
///
/// # Errors
/// Where amounts are too large.
pub fn figures(ground: Ground<'_>) -> Result<Vec<Figure>, MoneyError> {
    let mut sheet = Sheet::new(ground.policy);
    let told = told_once(ground.facts);
    sheet.stand(ground)?;
    for fact in &*told {
        match fact {
            Fact::Order(order) if *ground.group == Group::Order(order.id.clone()) => {
                order::note_order(order, &told, ground, &mut sheet)?;
            }
            Fact::BalanceTransaction(row) if is_home(ground.group, fact) => {
                sheet.note_row(row, &told, ground)?;
            }
            Fact::Dispute(dispute) if is_home(ground.group, fact) => {
                sheet.note_dispute(dispute, ground)?;
            }
            Fact::Deferral(deferral) if is_home(ground.group, fact) => {
                sheet.note_deferral(deferral, ground)?;
            }
            Fact::Decision(decision) if is_home(ground.group, fact) => {
                sheet.note_decision(decision, ground)?;
            }
            Fact::Drawer(session) if is_home(ground.group, fact) => {
                drawer::note_drawer(session, ground, &mut sheet)?;
            }
            _ => {}
        }
    }
    for entry in ground.entries {
        sheet.note_entry(entry, ground)?;
    }
    sheet.figures()
}

fn is_home(group: &Group, fact: &Fact) -> bool {
    groups(fact).first() == Some(group)
}

type Key = (Identity, String, Date, Currency);

#[derive(Clone, Copy)]
struct Sides {
    expected: Money,
    found: Money,
    facts: u32,
}

/// Both sides while they are added up.
struct Sheet<'a> {
    policy: &'a Policy,
    watched: Watched,
    sides: BTreeMap<Key, Sides>,
    /// Of which figures something waits.
    waits: BTreeSet<(Identity, String)>,
    /// What nothing is known about in this group.
    unknown: BTreeSet<Identity>,
}

impl<'a> Sheet<'a> {
    fn new(policy: &'a Policy) -> Self {
        Self {
            policy,
            watched: Watched::of(policy),
            sides: BTreeMap::new(),
            waits: BTreeSet::new(),
            unknown: BTreeSet::new(),
        }
    }

    fn sides(&mut self, identity: Identity, about: &str, day: Date, amount: Money) -> &mut Sides {
        let nothing = Money::zero(amount.currency());
        let key = (identity, about.to_owned(), day, amount.currency());
        self.sides.entry(key).or_insert(Sides { expected: nothing, found: nothing, facts: 0 })
    }

    /// Adds what facts say. Days before the first one belong to the opening balances.
    fn expect(
        &mut self,
        (identity, about): (Identity, &str),
        day: Date,
        amount: Money,
        fate: Fate,
    ) -> Result<(), MoneyError> {
        if fate == Fate::LeftOut || day < self.policy.start_date {
            return Ok(());
        }
        if fate == Fate::Awaited {
            self.waits.insert((identity, about.to_owned()));
        }
        let sides = self.sides(identity, about, day, amount);
        sides.expected = sides.expected.plus(amount)?;
        sides.facts += 1;
        Ok(())
    }

    /// Adds what facts say of the account of a role.
    fn expect_on(
        &mut self,
        role: Role,
        day: Date,
        amount: Money,
        fate: Fate,
    ) -> Result<(), MoneyError> {
        let account = self.policy.in_force(day).chart.account(role).name;
        match self.watched.identity(&account) {
            Some(identity) => self.expect((identity, about(identity, &account)), day, amount, fate),
            None => Ok(()),
        }
    }

    /// Adds what facts say and nothing is compared with here.
    fn tell(
        &mut self,
        (identity, about): (Identity, &str),
        day: Date,
        amount: Money,
    ) -> Result<(), MoneyError> {
        if day < self.policy.start_date {
            return Ok(());
        }
        let sides = self.sides(identity, about, day, amount);
        sides.expected = sides.expected.plus(amount)?;
        sides.found = sides.found.plus(amount)?;
        sides.facts += 1;
        Ok(())
    }

    fn find(
        &mut self,
        (identity, about): (Identity, &str),
        day: Date,
        amount: Money,
    ) -> Result<(), MoneyError> {
        let sides = self.sides(identity, about, day, amount);
        sides.found = sides.found.plus(amount)?;
        Ok(())
    }

    /// Adds what is entered and no fact says: the same on both sides, expected by none.
    fn find_untold(
        &mut self,
        (identity, about): (Identity, &str),
        day: Date,
        amount: Money,
    ) -> Result<(), MoneyError> {
        if !is_sane(amount) {
            return Ok(());
        }
        let about = format!("{about}{UNTOLD}");
        let sides = self.sides(identity, &about, day, amount);
        sides.expected = sides.expected.plus(amount)?;
        sides.found = sides.found.plus(amount)?;
        Ok(())
    }

    /// What the owner decided to enter.
    fn note_decision(&mut self, decision: &Decision, ground: Ground<'_>) -> Result<(), MoneyError> {
        let Decision { said, .. } = decision;
        let Some(moved) = said.decided.moved(said.on)? else { return Ok(()) };
        let fate = ground.fate(&decision.id);
        for Move { place, amount } in &moved.moves {
            let days = [(Some(said.on), false), (moved.reversed_on, true)];
            for (day, back) in days.into_iter().filter_map(|(day, back)| Some((day?, back))) {
                let policy = self.policy.in_force(day);
                let account = match place {
                    Place::Role(role) => Some(policy.chart.account(*role)),
                    Place::Tax(title) => policy.tax(title),
                    Place::Gateway(_) | Place::BankOf(_) => None,
                };
                let Some(account) = account else { continue };
                let amount = if back { amount.negated() } else { *amount };
                if let Some(identity) = self.watched.identity(&account.name)
                    && !amount.is_zero()
                {
                    let about = match remitted_to(said) {
                        Some(owed_to) if identity == Identity::TaxPayable => owed_to,
                        _ => about(identity, &account.name),
                    };
                    self.expect((identity, about), day, amount, fate)?;
                }
            }
        }
        Ok(())
    }

    /// The lines of an entry that stand on watched accounts. What is damaged has no sum.
    fn note_entry(&mut self, entry: &SubledgerEntry, ground: Ground<'_>) -> Result<(), MoneyError> {
        let day = entry.header.date;
        let mut decisions = ground.facts.iter().filter_map(|fact| match fact {
            Fact::Decision(decision) => remitted_to(&decision.said),
            _ => None,
        });
        let remitted_to = decisions.next();
        for line in &entry.lines {
            let (identity, about) = match &line.kind {
                LineKind::Tax { .. } if relieves(line, ground.facts) => {
                    self.find_untold((Identity::TaxPayable, ALL_TAXES), day, line.amount)?;
                    continue;
                }
                // Orders say nothing of what is taken back on what was bought.
                LineKind::Tax { title, .. } if title == TAX_ON_FEES => {
                    let about = owed_to(self.policy, title);
                    self.find_untold((Identity::TaxPayable, about), day, line.amount)?;
                    continue;
                }
                LineKind::Tax { title, .. } => (Identity::TaxPayable, owed_to(self.policy, title)),
                _ => match (self.watched.identity(&line.account.name), remitted_to) {
                    (Some(Identity::TaxPayable), Some(owed_to)) => (Identity::TaxPayable, owed_to),
                    (Some(identity), _) => (identity, about(identity, &line.account.name)),
                    (None, _) => continue,
                },
            };
            match is_sane(line.amount) {
                true => self.find((identity, about), day, line.amount)?,
                false => _ = self.unknown.insert(identity),
            }
        }
        Ok(())
    }

    fn figures(self) -> Result<Vec<Figure>, MoneyError> {
        let Self { sides, waits, unknown, .. } = self;
        let mut figures = Vec::new();
        for ((identity, about, day, _), it) in sides {
            let nothing = Money::zero(it.expected.currency());
            let waiting = waits.contains(&(identity, about.clone()));
            let awaited = if waiting { it.expected.minus(it.found)? } else { nothing };
            if it.facts == 0 && it.found.is_zero() {
                continue;
            }
            if unknown.contains(&identity) && !about.ends_with(UNTOLD) {
                figures.extend(untold((identity, about, day), it.found));
                continue;
            }
            let Sides { expected, found, facts } = it;
            figures.push(Figure { identity, about, day, expected, found, awaited, facts });
        }
        Ok(figures)
    }
}

/// What is entered of something of which a group does not tell enough to compare it.
fn untold((identity, about, day): (Identity, String, Date), found: Money) -> Option<Figure> {
    let (about, awaited) = (format!("{about}{UNTOLD}"), Money::zero(found.currency()));
    let figure = Figure { identity, about, day, expected: found, found, awaited, facts: 0 };
    (!found.is_zero()).then_some(figure)
}

/// To whom a tax is owed: a jurisdiction that the policy names, or the one that its title names.
fn owed_to<'a>(policy: &'a Policy, title: &'a str) -> &'a str {
    policy.jurisdiction(title).unwrap_or(title)
}

/// To whom a decision says that tax was paid.
fn remitted_to(said: &Said) -> Option<&str> {
    match &said.decided {
        Decided::Event(Event::TaxRemitted { jurisdiction, .. }) => Some(jurisdiction),
        _ => None,
    }
}

/// What a figure of an account is about.
fn about(identity: Identity, account: &str) -> &str {
    match identity {
        Identity::OpenOrders => OPEN_ORDERS,
        Identity::Rounding => ALL_ROUNDINGS,
        _ => account,
    }
}

/// Whether a line takes back tax of what was never paid, or owes it again: what that comes to
/// follows from a decision, and no tax line says it.
fn relieves(line: &Line, facts: &[Fact]) -> bool {
    let relieved = facts.iter().any(|fact| match fact {
        Fact::Decision(it) => {
            matches!(it.said.decided, Decided::WriteOff { relieve_tax: true, .. })
        }
        _ => false,
    });
    let agreed = || {
        facts.iter().any(|fact| match fact {
            Fact::Order(order) => order.agreements.iter().any(|it| it.id == line.origin),
            _ => false,
        })
    };
    relieved && !agreed()
}

/// The largest amount that is added up, in minor units: what is larger is damaged, and a million
/// such amounts still have a sum.
const MINOR_MAX: u64 = 1_000_000_000_000;

fn or_nothing(amount: Money) -> Money {
    if is_sane(amount) { amount } else { Money::zero(amount.currency()) }
}

fn is_sane(amount: Money) -> bool {
    amount.minor().unsigned_abs() <= MINOR_MAX
}

/// Whether the amounts of an order can be added up at all: what contradicts itself is held.
fn adds_up(order: &Order) -> bool {
    let sane = |amount: Money| amount.currency() == order.currency && is_sane(amount);
    let mut lines = order.agreements.iter().flat_map(|agreement| &agreement.lines);
    let told = |line: &SaleLine| {
        sane(line.gross) && sane(line.discount) && line.taxes.iter().all(|tax| sane(tax.amount))
    };
    let moved =
        |movement: &MoneyMovement| sane(movement.amount) && movement.rounding.is_none_or(sane);
    lines.all(told) && order.movements.iter().all(moved)
}

/// Everything that was agreed in an order: what its buyer owes or has paid.
fn agreed(order: &Order) -> Result<Money, MoneyError> {
    let lines = order.agreements.iter().flat_map(|agreement| &agreement.lines);
    let mut sum = Money::zero(order.currency);
    for line in lines {
        sum = sum.plus(line.total()?)?;
    }
    Ok(sum)
}
