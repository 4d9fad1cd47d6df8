//! What the accounts that we write to hold in a book, by our names of them.

use super::super::EngineError;
use super::super::push::Pusher;
use super::Balances;
use super::accounts::{self, Joint, KnownAccounts};
use jiff::ToSpan;
use jiff::civil::Date;
use saldo_core::book::{ForeignBalances, Outcome, Subject, Task};
use saldo_core::exchange::Fault;
use saldo_core::ledger::Side;
use saldo_core::money::{Balance, Currency, MoneyError};
use saldo_core::plan::Change;
use saldo_core::policy::Policy;
use saldo_core::proof::{self, Check, Holding, Identity, Opening};
use saldo_core::text::RemoteId;
use saldo_store::EntryFilter;
use std::collections::{BTreeMap, BTreeSet};

/// What accounts hold, by what we call them. Where several of our accounts are one in the book,
/// their names are joined, and they are one here as well; where one of ours is several there, it is
/// their sum.
pub(super) struct Holdings {
    /// What the book held on the day before the first one; income and expenses are not in it.
    opening: Balances,
    /// What was pushed.
    pushed: Balances,
    /// What the book moved by in the same days.
    moved: Balances,
    /// The joined name of each of our accounts.
    labels: BTreeMap<String, String>,
    /// What was pushed to accounts of other currencies, in these, where the book shows them at
    /// what they are worth.
    foreign: Balances,
    /// The accounts of other currencies that the book values at rates of its own.
    revalued: RevaluedAccounts,
}

/// The joined name and the currency of accounts of other currencies, by what the book calls them.
pub(super) type RevaluedAccounts = BTreeMap<RemoteId, (String, Currency)>;

impl Holdings {
    /// Reads a book from a day to another. Accounts count that were pushed to, and those in `owed`.
    pub(super) async fn read(
        pusher: &Pusher<'_>,
        policy: &Policy,
        (from, as_of): (Date, Date),
        owed: &Balances,
    ) -> Result<Self, EngineError> {
        let (engine, book) = (pusher.engine, &pusher.connection.id);
        let mut pushed = engine.store.account_sums(engine.company_id(), book, Some(as_of)).await?;
        if !pusher.book.description().drafts_count {
            let drafts = engine.store.standing_drafts(engine.company_id(), book).await?;
            without_drafts(&mut pushed, &drafts, as_of)?;
        }
        let shown = pusher.book.description().foreign_balances;
        let (foreign, currencies) = match shown {
            ForeignBalances::InTheirs => (Balances::new(), BTreeMap::new()),
            ForeignBalances::InWorth | ForeignBalances::Revalued => {
                in_worth(pusher, policy, as_of, &mut pushed).await?
            }
        };
        let names: BTreeSet<&String> = pushed.keys().chain(owed.keys()).collect();
        let known = KnownAccounts::of(policy);
        let accounts = accounts::joint(pusher, &known, &names).await?;
        let mut holdings = Self {
            opening: Balances::new(),
            pushed: Balances::new(),
            moved: Balances::new(),
            labels: accounts.iter().flat_map(Joint::labels).collect(),
            foreign: Balances::new(),
            revalued: RevaluedAccounts::new(),
        };
        holdings.foreign = holdings.labelled(&foreign)?;
        holdings.pushed = holdings.labelled(&pushed)?;
        let day_before = from.saturating_sub(1.day());
        let before = read_balances(pusher, &Task::ReadBalances { as_of: day_before }).await?;
        let after = read_balances(pusher, &Task::ReadBalances { as_of }).await?;
        let result = read_result(pusher, from, as_of).await?;
        for joint in &accounts {
            let mut sides =
                joint.names.iter().filter_map(|name| known.named(name)).map(|it| it.kind.side());
            let is_result = match sides.next() {
                Some(side) => matches!(side, Side::Income | Side::Expenses),
                None => joint.remotes.iter().any(|remote| result.contains_key(remote)),
            };
            let (label, opening) = (joint.label(), joint.sum(&before)?);
            let moved = match is_result {
                true => joint.sum(&result)?,
                false => minus(&joint.sum(&after)?, &opening)?,
            };
            if !is_result {
                holdings.opening.insert(label.clone(), opening);
            }
            holdings.moved.insert(label, moved);
        }
        if shown == ForeignBalances::Revalued {
            holdings.without_revalued(&accounts, &currencies);
        }
        Ok(holdings)
    }

    /// Leaves out what the book shows of accounts that it revalues by itself: what stands there is
    /// known by its documents, and by no report.
    fn without_revalued(&mut self, accounts: &[Joint], currencies: &BTreeMap<String, Currency>) {
        for (label, own) in &self.foreign {
            self.opening.remove(label);
            self.pushed.insert(label.clone(), own.clone());
            self.moved.remove(label);
        }
        for joint in accounts {
            let Some(currency) = joint.names.iter().find_map(|name| currencies.get(name)) else {
                continue;
            };
            let named = |remote: &RemoteId| (remote.clone(), (joint.label(), *currency));
            self.revalued.extend(joint.remotes.iter().map(named));
        }
    }

    /// The accounts of other currencies of which documents alone say what moved there.
    pub(super) const fn revalued(&self) -> &RevaluedAccounts {
        &self.revalued
    }

    /// Takes what documents moved on these accounts, by joined name.
    pub(super) fn take_moved(&mut self, moved: Balances) {
        self.moved.extend(moved);
    }

    /// Balances by joined names.
    fn labelled(&self, balances: &Balances) -> Result<Balances, MoneyError> {
        let mut labelled = Balances::new();
        for (name, balance) in balances {
            let label = self.labels.get(name).unwrap_or(name);
            let sum = labelled.entry(label.clone()).or_default();
            balance.iter().try_for_each(|amount| sum.add(amount))?;
        }
        Ok(labelled)
    }

    /// What clearing accounts held at first and what gateways owe since, against what they hold.
    pub(super) fn clearing(
        &self,
        owed: &Balances,
        awaited: &Balances,
    ) -> Result<Vec<Check>, MoneyError> {
        let mut expected = self.labelled(owed)?;
        let mut found = Balances::new();
        for (label, owed) in &mut expected {
            if let Some(held) = self.foreign.get(label) {
                found.insert(label.clone(), self.with_others(label, held)?);
                continue;
            }
            let opening = self.opening.get(label).cloned().unwrap_or_default();
            let mut held = self.moved.get(label).cloned().unwrap_or_default();
            opening
                .iter()
                .try_for_each(|amount| owed.add(amount).and_then(|()| held.add(amount)))?;
            found.insert(label.clone(), held);
        }
        let awaited = self.labelled(awaited)?;
        for (label, awaited) in &awaited {
            let expected = expected.entry(label.clone()).or_default();
            awaited.iter().try_for_each(|amount| expected.add(amount))?;
        }
        let mut checks = proof::compare(Identity::Clearing, &expected, &found);
        for check in &mut checks {
            let waits = awaited.get(&check.about).map(|it| it.of(check.expected.currency()));
            check.awaited = waits.unwrap_or(check.awaited);
        }
        Ok(checks)
    }

    /// What clearing accounts held before the first day beside what gateways owed then, where there
    /// is either.
    pub(super) fn openings(
        &self,
        owed_at_start: &Balances,
        owed: &Balances,
    ) -> Result<Vec<Opening>, MoneyError> {
        let mut owed_at_start = owed_at_start.clone();
        for name in owed.keys() {
            owed_at_start.entry(name.clone()).or_default();
        }
        let mut owed = self.labelled(&owed_at_start)?;
        // What stood there in its own currency, no report of the book says.
        owed.retain(|label, _| !self.foreign.contains_key(label));
        let held = |label: &String| self.opening.get(label).cloned().unwrap_or_default();
        let held: Balances = owed.keys().map(|label| (label.clone(), held(label))).collect();
        // A comparison of two balances is one of each of their currencies.
        let checks = proof::compare(Identity::Clearing, &owed, &held).into_iter();
        let opening = |it: Check| Opening { account: it.about, owed: it.expected, held: it.found };
        let any = |it: &Opening| !it.owed.is_zero() || !it.held.is_zero();
        Ok(checks.map(opening).filter(any).collect())
    }

    /// What an account holds that the book shows at its worth: in its own currency what was pushed,
    /// and what others moved there besides, of which the worth alone is known.
    fn with_others(&self, label: &str, own: &Balance) -> Result<Balance, MoneyError> {
        let of = |balances: &Balances| balances.get(label).cloned().unwrap_or_default();
        let mut held = own.clone();
        let others = minus(&of(&self.moved), &of(&self.pushed))?;
        others.iter().try_for_each(|amount| held.add(amount))?;
        Ok(held)
    }

    /// Every account: what is ours in it, and what is not.
    pub(super) fn all(&self) -> Result<Vec<Holding>, MoneyError> {
        proof::holdings(&self.opening, &self.pushed, &self.moved)
    }
}

/// Leaves drafts out of what was pushed: the book counts them once they are confirmed.
fn without_drafts(pushed: &mut Balances, drafts: &[Change], as_of: Date) -> Result<(), MoneyError> {
    for draft in drafts {
        let Subject::Document { document, .. } = &draft.subject else { continue };
        for line in document.lines().iter().filter(|_| document.header().date <= as_of) {
            let sum = pushed.entry(line.account.name.to_string()).or_default();
            sum.add(line.amount.negated())?;
        }
    }
    Ok(())
}

/// Puts what was pushed to accounts of other currencies at what it is worth in the books; what it
/// is in these currencies, and in which each account is kept.
async fn in_worth(
    pusher: &Pusher<'_>,
    policy: &Policy,
    as_of: Date,
    pushed: &mut Balances,
) -> Result<(Balances, BTreeMap<String, Currency>), EngineError> {
    let (engine, book) = (pusher.engine, &pusher.connection.id);
    let moved = engine.store.day_sums(engine.company_id(), book, (Date::MIN, as_of)).await?;
    let foreign = moved.into_iter().filter(|it| it.amount.currency() != policy.currency);
    let kept: BTreeMap<String, Currency> =
        foreign.map(|it| (it.account, it.amount.currency())).collect();
    let mut worth = Balances::new();
    if kept.is_empty() {
        return Ok((worth, kept));
    }
    let filter = EntryFilter { until: Some(as_of), ..EntryFilter::default() };
    let mut pages = engine.store.entries(engine.company_id(), book, filter);
    while let Some(page) = pages.next_page().await? {
        for booked in page {
            let Subject::Document { document, .. } = &booked.change.subject else { continue };
            let lines = document.lines().iter();
            for line in lines.filter(|line| kept.contains_key(&*line.account.name)) {
                worth.entry(line.account.name.to_string()).or_default().add(line.amount)?;
            }
        }
    }
    let own = |(name, worth): (String, Balance)| {
        let own = pushed.insert(name.clone(), worth).unwrap_or_default();
        (name, own)
    };
    Ok((worth.into_iter().map(own).collect(), kept))
}

/// One balance less another.
fn minus(balance: &Balance, other: &Balance) -> Result<Balance, MoneyError> {
    let mut difference = balance.clone();
    other.iter().try_for_each(|amount| difference.add(amount.negated()))?;
    Ok(difference)
}

async fn read_balances(
    pusher: &Pusher<'_>,
    task: &Task,
) -> Result<BTreeMap<RemoteId, Balance>, EngineError> {
    let mut outcomes = pusher.read(std::slice::from_ref(task)).await?;
    match outcomes.pop() {
        Some(Outcome::Balances(balances)) => Ok(balances),
        _ => Err(pusher.world(Fault::unexpected("the balances"))),
    }
}

/// What income and expenses moved by, read in parts that no book finds too long.
async fn read_result(
    pusher: &Pusher<'_>,
    from: Date,
    until: Date,
) -> Result<BTreeMap<RemoteId, Balance>, EngineError> {
    let mut result: BTreeMap<RemoteId, Balance> = BTreeMap::new();
    let mut first = from;
    loop {
        let last = match pusher.book.description().result_days {
            Some(days) => first.saturating_add(days.saturating_sub(1).days()).min(until),
            None => until,
        };
        let part = read_balances(pusher, &Task::ReadResult { from: first, until: last }).await?;
        for (remote, moved) in part {
            let sum = result.entry(remote).or_default();
            moved.iter().try_for_each(|amount| sum.add(amount))?;
        }
        if last == until {
            return Ok(result);
        }
        first = last.saturating_add(1.day());
    }
}
