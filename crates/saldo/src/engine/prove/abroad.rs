//! What moved on accounts of other currencies that a book values at rates of its own: its reports
//! show them at the rate of the day, so that its documents alone say what stands there, each in the
//! account's own currency. What is not ours among them is named.

use super::super::EngineError;
use super::super::push::Pusher;
use super::Balances;
use super::documents::list;
use super::holdings::{Holdings, RevaluedAccounts};
use jiff::civil::Date;
use saldo_core::book::{DocumentPage, MovedMoney, Task};
use saldo_core::exchange::{Fault, Permit};
use saldo_core::money::{Currency, Money};
use saldo_core::text::RemoteId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many documents of others are named.
const NAMED: usize = 100;

/// A document of somebody else, or one side of a transfer, on an account of another currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MovedByOthers {
    /// The account.
    pub(crate) account: String,
    /// The accounting date.
    pub(crate) day: Date,
    /// What the book calls it; of a side of a transfer, the transfer.
    pub(crate) remote: RemoteId,
    /// What it moved the account by, in the account's currency; debit positive.
    pub(crate) amount: Money,
}

/// What documents of some days moved on such accounts, while lists of them are read.
pub(super) struct Abroad {
    accounts: RevaluedAccounts,
    days: (Date, Date),
    moved: Balances,
    /// What may not be ours.
    others: Vec<MovedByOthers>,
}

impl Abroad {
    /// What moved on the accounts of these holdings that the book revalues, from a day to another.
    pub(super) fn of(holdings: &Holdings, days: (Date, Date)) -> Self {
        let accounts = holdings.revalued().clone();
        // What nobody moved stands there, too.
        let labels = accounts.values().map(|(label, _)| (label.clone(), <_>::default()));
        Self { moved: labels.collect(), accounts, days, others: Vec::new() }
    }

    /// The days of which lists must be read; none where there is no such account.
    pub(super) fn days(&self) -> Option<(Date, Date)> {
        (!self.accounts.is_empty()).then_some(self.days)
    }

    /// Takes in what a list shows. What the book calls our own documents is known for some of them.
    pub(super) fn note(
        &mut self,
        pusher: &Pusher<'_>,
        page: &DocumentPage,
        ours: &BTreeSet<&RemoteId>,
    ) -> Result<(), EngineError> {
        let (first, last) = self.days;
        for it in page.moved.iter().filter(|it| first <= it.day && it.day <= last) {
            let Some((label, currency)) = self.accounts.get(&it.account) else { continue };
            let amount = amount(it, *currency).map_err(|fault| pusher.world(fault))?;
            self.moved.entry(label.clone()).or_default().add(amount)?;
            let remote = page.sides.get(&it.remote).unwrap_or(&it.remote);
            if !ours.contains(remote) {
                let (account, remote) = (label.clone(), remote.clone());
                self.others.push(MovedByOthers { account, day: it.day, remote, amount });
            }
        }
        Ok(())
    }

    /// Gives the holdings what moved; what of it others did, by day.
    pub(super) async fn settle(
        self,
        pusher: &Pusher<'_>,
        holdings: &mut Holdings,
    ) -> Result<Vec<MovedByOthers>, EngineError> {
        holdings.take_moved(self.moved);
        let (engine, book) = (pusher.engine, &pusher.connection.id);
        let remotes: Vec<RemoteId> = self.others.iter().map(|it| it.remote.clone()).collect();
        let ours = engine.store.acknowledged_as(engine.company_id(), book, &remotes).await?;
        let ours: BTreeSet<RemoteId> = ours.into_iter().map(|it| it.remote).collect();
        let mut others = self.others;
        others.retain(|it| !ours.contains(&it.remote));
        others.sort_by(|one, other| (one.day, &one.remote).cmp(&(other.day, &other.remote)));
        others.truncate(NAMED);
        Ok(others)
    }
}

/// Reads what moved on such accounts for holdings of these days, where there are any.
pub(super) async fn read(
    pusher: &Pusher<'_>,
    holdings: &mut Holdings,
    days: (Date, Date),
) -> Result<(), EngineError> {
    let mut abroad = Abroad::of(holdings, days);
    if let Some((from, until)) = abroad.days() {
        let page = list(pusher, |page| Task::ReadDocuments { from, until, page }).await?;
        abroad.note(pusher, &page, &BTreeSet::new())?;
        abroad.settle(pusher, holdings).await?;
    }
    Ok(())
}

/// An amount in the currency of its account.
fn amount(moved: &MovedMoney, currency: Currency) -> Result<Money, Fault> {
    let MovedMoney { remote, account, .. } = moved;
    let stated = moved.amount.map(|amount| Money::parse(&amount.to_string(), currency));
    stated.and_then(Result::ok).ok_or_else(|| {
        let message = format!("what {remote} moved on the account {account} cannot be told");
        Fault::new(Permit::Never, message)
    })
}
