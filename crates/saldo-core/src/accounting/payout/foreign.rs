//! Payouts in another currency than the books'.

use super::{rows_of, transfer_header, transfer_line};
use crate::accounting::lines::tender_account;
use crate::accounting::{Accounted, Basis, ForeignMove, Trouble};
use crate::commerce::{BalanceTransaction, Decided, Decision, Fact, Payout, Tender};
use crate::document::{DocumentKind, Header, Line, LineKind, SubledgerEntry};
use crate::issue::{FactState, IssueKind};
use crate::ledger::{Account, Spot};
use crate::money::{Currency, Money, MoneyError};
use crate::policy::{Policy, Role, Subject};
use crate::text::FactId;

/// What the rows of a payout stand in the books at.
struct Worth {
    /// The amounts that came in and are valued, and what they are worth.
    came: [Money; 2],
    /// The same of what went out.
    went: [Money; 2],
    /// The amounts of which nothing says what they are worth: they stand at nothing.
    unvalued: Money,
}

/// Enters what a payout takes out of its clearing account, at what its rows stand in the books at:
/// to a bank account of the same currency, or to the bank of the books' currency, which changes it.
pub(super) fn enter(
    payout: &Payout,
    facts: &[Fact],
    basis: Basis<'_>,
    accounted: &mut Accounted,
) -> Result<FactState, Trouble> {
    let policy = basis.policy;
    let books = policy.currency;
    let not_heard = |row: &&BalanceTransaction| {
        row.worth.is_none() && row.order.is_some() && basis.heard_until < row.occurred_at
    };
    if let Some(row) = rows_of(payout, facts).find(not_heard) {
        accounted.wake(row.occurred_at);
        let for_what = format!("the order of {} to be heard", row.id);
        return Ok(FactState::Waiting { for_what, until: Some(row.occurred_at) });
    }
    let worth = worth(payout, facts, books)?;
    let tender = Tender::Gateway(payout.gateway.clone());
    let clearing = tender_account(&tender, payout.net.currency(), policy)?;
    let mut header = Header { currency: books, ..transfer_header(payout, payout.id.to_string()) };
    let taken = worth.lines(payout, &clearing, Money::negated)?;
    let bank = policy.bank_in(&payout.gateway.id, payout.net.currency());
    let lines = match (bank, arrival(payout, facts)) {
        (Some(bank), _) => {
            // A transfer is of one amount.
            if worth.is_opposed()? {
                header.kind = DocumentKind::JournalEntry;
            }
            [worth.lines(payout, &bank, |amount| amount)?, taken].concat()
        }
        (None, Some((decision, amount))) if amount.currency() == books => {
            header.kind = DocumentKind::JournalEntry;
            header.date = decision.said.on;
            let bank = policy.bank(&payout.gateway.id);
            let difference = worth.difference(payout, amount, policy)?;
            let arrived = vec![transfer_line(payout, &bank, amount)];
            let changed = changed(payout, facts, policy)?;
            [arrived, taken, [difference, changed].into_iter().flatten().collect()].concat()
        }
        (None, _) => return Err(not_said(payout, books)),
    };
    accounted.opened = opened(payout, facts, &clearing, policy);
    let id = FactId::from(header.slot.clone());
    accounted.entries.push(SubledgerEntry::new(id, header, lines)?);
    Ok(FactState::Accounted { review: None })
}

fn worth(payout: &Payout, facts: &[Fact], books: Currency) -> Result<Worth, MoneyError> {
    let nothing = Money::zero(payout.net.currency());
    let none = [nothing, Money::zero(books)];
    let mut sum = Worth { came: none, went: none, unvalued: nothing };
    for row in rows_of(payout, facts) {
        let Some(part) = row.worth else {
            sum.unvalued = sum.unvalued.plus(row.net)?;
            continue;
        };
        let side = if row.net.is_negative() { &mut sum.went } else { &mut sum.came };
        *side = both(*side, [row.net, part])?;
    }
    Ok(sum)
}

/// The sums of amounts and of what they are worth.
fn both(
    [amount, worth]: [Money; 2],
    [more, worth_more]: [Money; 2],
) -> Result<[Money; 2], MoneyError> {
    Ok([amount.plus(more)?, worth.plus(worth_more)?])
}

impl Worth {
    /// What is valued, and what it is worth.
    fn valued(&self) -> Result<[Money; 2], MoneyError> {
        both(self.came, self.went)
    }

    /// Whether what is left in the payout's currency and what that is worth have not the same sign:
    /// more of it came in than went out, at so much worse a rate that it is worth less.
    fn is_opposed(&self) -> Result<bool, MoneyError> {
        let [amount, worth] = self.valued()?;
        Ok(!worth.is_zero() && amount.minor().signum() != worth.minor().signum())
    }

    /// The lines of an account in the payout's currency: what is valued, and what is not. Where no
    /// one amount can be worth what is left, what came in and what went out stand apart.
    fn lines(
        &self,
        payout: &Payout,
        account: &Account,
        side: impl Fn(Money) -> Money,
    ) -> Result<Vec<Line>, MoneyError> {
        let unvalued = [self.unvalued, Money::zero(self.came[1].currency())];
        let parts = match self.is_opposed()? {
            true => vec![self.came, self.went, unvalued],
            false => vec![self.valued()?, unvalued],
        };
        let is_something = |[amount, worth]: &[Money; 2]| !(amount.is_zero() && worth.is_zero());
        let line = |[amount, worth]: [Money; 2]| Line {
            foreign: Some(side(amount)),
            ..transfer_line(payout, account, side(worth))
        };
        Ok(parts.into_iter().filter(is_something).map(line).collect())
    }

    /// What arrived otherwise than the rows stand in the books at: an exchange difference. Where
    /// rows stand at nothing, it is theirs, and for review.
    fn difference(
        &self,
        payout: &Payout,
        arrived: Money,
        policy: &Policy,
    ) -> Result<Option<Line>, MoneyError> {
        let [_, worth] = self.valued()?;
        let difference = worth.minus(arrived)?;
        let about = Subject::of_channel(&payout.source.connection);
        let about = about.by(Some(&payout.gateway.id)).amount(payout.net);
        let (Spot { account, dimensions }, text) = match self.unvalued.is_zero() {
            true => (policy.spot(Role::Exchange, &about), "Changed by the bank"),
            false => (policy.chart.account(Role::ForReview).into(), "Arrived for what has no rate"),
        };
        let line = Line {
            kind: LineKind::Other { taxed: false },
            dimensions,
            text: text.to_owned(),
            ..transfer_line(payout, &account, difference)
        };
        Ok((!difference.is_zero()).then_some(line))
    }
}

/// What of a payout stands for review in its own currency no longer does once a bank has changed
/// it: the rows of which nothing says what they are worth. What came in before the first day never
/// stood there.
fn changed(payout: &Payout, facts: &[Fact], policy: &Policy) -> Result<Option<Line>, MoneyError> {
    let unvalued = rows_of(payout, facts)
        .filter(|row| row.worth.is_none() && policy.day(row.occurred_at) >= policy.start_date);
    let unvalued = Money::sum(payout.net.currency(), unvalued.map(|row| row.net))?;
    let line = Line {
        kind: LineKind::Other { taxed: false },
        foreign: Some(unvalued),
        text: "Changed by the bank".to_owned(),
        ..transfer_line(
            payout,
            &policy.for_review_in(unvalued.currency()),
            Money::zero(policy.currency),
        )
    };
    Ok((!unvalued.is_zero()).then_some(line))
}

/// What a payout takes out that came in before the first day.
fn opened(
    payout: &Payout,
    facts: &[Fact],
    clearing: &Account,
    policy: &Policy,
) -> Vec<ForeignMove> {
    let first = policy.start_date;
    let channel = payout.source.connection.as_str();
    let rows = rows_of(payout, facts).filter(|row| policy.day(row.occurred_at) < first);
    let opened = |row: &BalanceTransaction| {
        let amounts = [row.net, row.worth.unwrap_or(Money::zero(policy.currency))];
        ForeignMove::new(channel, first, clearing.clone(), amounts)
    };
    rows.map(opened).collect()
}

/// What the owner said last that the bank made of a payout.
fn arrival<'a>(payout: &Payout, facts: &'a [Fact]) -> Option<(&'a Decision, Money)> {
    let said = facts.iter().filter_map(|fact| match fact {
        Fact::Decision(decision) if decision.said.taken_back.is_none() => {
            match &decision.said.decided {
                Decided::Arrived { payout: id, amount } if *id == payout.id => {
                    Some((&**decision, *amount))
                }
                _ => None,
            }
        }
        _ => None,
    });
    said.max_by_key(|(decision, _)| (decision.said.at, &decision.id))
}

fn not_said(payout: &Payout, books: Currency) -> Trouble {
    let (gateway, currency) = (&payout.gateway.id, payout.net.currency());
    let number = payout.id.as_str().rsplit('/').next().unwrap_or_default();
    Trouble::Issue(
        IssueKind::MissingMapping,
        format!("nobody said what the bank made of {}", payout.net),
        format!(
            "say what arrived: saldo decide arrived {number} --on DATE --amount AMOUNT (in \
             {books}); or, where the bank keeps {currency}: \
             saldo map set gateways.{gateway}.banks.{currency} \"Bank {currency}\""
        ),
    )
}
