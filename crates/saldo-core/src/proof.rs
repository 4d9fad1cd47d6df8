//! Proofs: that everything adds up, with the difference wherever it does not.

mod facilitator;
mod figures;
mod stated;

pub use facilitator::facilitator_checks;
pub use figures::{
    ENTERED, Figure, Ground, OPEN_ORDERS, Watched, Weight, figures, is_about_strays, sales_of,
    weight,
};
pub use stated::{taken_from_gift_cards, told_until};

use crate::accounting::counted_row;
use crate::commerce::{BalanceKind, Fact, Payout, PayoutState};
use crate::document::{DocumentKey, DocumentKind};
use crate::money::{Balance, Currency, Money, MoneyError};
use crate::policy::Policy;
use crate::text::{FactId, RemoteId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What must be equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    /// The rows of a payout sum to the payout.
    PayoutRows,
    /// What the book holds of a payout is the payout.
    PayoutInBook,
    /// A clearing account holds what it held at the start, and what the gateway owes since.
    Clearing,
    /// Gift cards and store credit are owed as far as they were issued and not used.
    StoredValue,
    /// The tax owed is that of what was sold, less that of what came back and what was remitted.
    TaxPayable,
    /// What a marketplace charges of the tax that it owes itself, it keeps: nothing of it stays.
    FacilitatorTax,
    /// What buyers owe, and are owed, is what was agreed less what was paid, order by order.
    OpenOrders,
    /// An account holds what platforms keep back by their own words, and what is disputed.
    KeptBack,
    /// The value of the stock is that of its layers, and its units are those on hand.
    Inventory,
    /// Every fact stands in exactly one state.
    Standings,
    /// What was sold and taken back on a day is what the channel says of it. Its figures tell one
    /// side only: entries have another form.
    Sales,
    /// Amounts are rounded where coins or a book's arithmetic force it, and nowhere else.
    Rounding,
    /// A drawer holds what it began with and what came in, less what was taken out.
    Drawer,
    /// What a gateway took in within a year is what the shop says was paid through it.
    GrossReceipts,
}

impl Identity {
    /// The twelve identities that are proved of the books of a company, in their order, each by
    /// its number. The first has two sides of its own: rows, and the book.
    pub const NUMBERED: [(u8, Self); 12] = [
        (1, Self::PayoutRows),
        (2, Self::Clearing),
        (3, Self::StoredValue),
        (4, Self::TaxPayable),
        (5, Self::FacilitatorTax),
        (6, Self::OpenOrders),
        (7, Self::KeptBack),
        (8, Self::Inventory),
        (9, Self::Standings),
        (10, Self::Rounding),
        (11, Self::Drawer),
        (12, Self::GrossReceipts),
    ];

    /// What must be equal to what, as a sentence without its stop.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::PayoutRows => "rows of a payout = the payout",
            Self::PayoutInBook => "a payout in the book = the payout",
            Self::Clearing => "a clearing account = what its gateway owes",
            Self::StoredValue => "gift cards and store credit = issued, less used",
            Self::TaxPayable => "tax payable = tax lines, less refunds and remittances",
            Self::FacilitatorTax => "tax of marketplaces = nothing, once it is settled",
            Self::OpenOrders => "owed by and to buyers = agreed, less paid, order by order",
            Self::KeptBack => "reserves and disputes = what the gateways' rows say",
            Self::Inventory => "stock = the sum of its layers, units = what shops have on hand",
            Self::Standings => "facts that were told = facts in exactly one state",
            Self::Sales => "sales of a day = what the channel sums up",
            Self::Rounding => "rounding = what coins that do not exist force",
            Self::Drawer => "a drawer = its float, and what came in, less what went out",
            Self::GrossReceipts => "a gateway's charges in a year = the shop's payments by it",
        }
    }
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What must be equal.
    pub identity: Identity,
    /// Which payout or account it is about.
    pub about: String,
    /// What it should be.
    pub expected: Money,
    /// What it is.
    pub found: Money,
    /// What of the difference is no mistake: it waits to be entered.
    pub awaited: Money,
}

impl Check {
    /// Compares what should be with what is, where nothing waits.
    #[must_use]
    pub fn new(identity: Identity, about: String, expected: Money, found: Money) -> Self {
        Self { identity, about, expected, found, awaited: Money::zero(expected.currency()) }
    }

    /// What was found, and what is awaited, less what was expected.
    ///
    /// # Errors
    /// Where these are of different currencies, or too large.
    pub fn difference(&self) -> Result<Money, MoneyError> {
        self.found.plus(self.awaited)?.minus(self.expected)
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.difference().is_ok_and(Money::is_zero)
    }
}

/// What stood in a clearing account on the day before the first one, beside what its gateway owed
/// then. It is the owner's to enter: nothing is entered on earlier days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The account.
    pub account: String,
    /// What the gateway owed, by the rows that were heard.
    pub owed: Money,
    /// What the book held.
    pub held: Money,
}

impl Opening {
    /// What is still to be entered as an opening balance, so that the account is nil once all is
    /// paid out.
    ///
    /// # Errors
    /// Where the amounts are too large.
    pub fn to_enter(&self) -> Result<Money, MoneyError> {
        self.owed.minus(self.held)
    }
}

/// What an account of the book holds, and whose it is. Debit is positive.
///
/// Others may write to the accounts that we write to: that is no mistake, but it is never hidden.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// The account; all of their names where several of ours are one in the book.
    pub account: String,
    /// What it held before the first day. Nil for income and expenses, which begin anew.
    pub opening: Money,
    /// What was pushed to it, and acknowledged.
    pub ours: Money,
    /// What it moved by since beyond that: entries of others, and what they altered in ours.
    pub others: Money,
    /// What it holds: the sum of the three.
    pub held: Money,
}

/// A document that the book no longer holds as it was pushed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentDifference {
    /// Its number.
    pub key: DocumentKey,
    /// What kind of document.
    pub kind: DocumentKind,
    /// Its date.
    pub date: Date,
    /// What it says of itself: "Order #1001".
    pub memo: String,
    /// What the book called it when it acknowledged it.
    pub remote: RemoteId,
    /// Its total as it was pushed.
    pub expected: Money,
    /// Its total as the book holds it: nil where it is gone, none where the book does not tell.
    pub found: Option<Money>,
    /// What differs, in words.
    pub difference: String,
}

impl DocumentDifference {
    /// Whether nothing of it is there any more.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.found.is_some_and(Money::is_zero) && !self.expected.is_zero()
    }
}

/// A document that stands in the book although it was withdrawn: it was sent, nobody heard what
/// came of it, a look-up did not find it, and then it landed after all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateDocument {
    /// Its number.
    pub key: DocumentKey,
    /// What kind of document.
    pub kind: DocumentKind,
    /// Its date.
    pub date: Date,
    /// What it says of itself: "Order #1001".
    pub memo: String,
    /// What the book calls it.
    pub remote: RemoteId,
    /// Its total as the book holds it, where the book tells.
    pub amount: Option<Money>,
    /// What differs from what was sent, in words; none where it stands as it was sent.
    pub difference: Option<String>,
    /// What to do.
    pub hint: String,
}

/// A payout that nobody states a total of: nothing says whether the rows that are known are all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnstatedPayout {
    /// Which payout.
    pub about: String,
    /// How many rows of it are known.
    pub rows: usize,
    /// What they sum to, and what is entered.
    pub sum: Money,
}

/// The payouts that left their gateways and that are known by their rows alone. They are no checks:
/// a sum of rows proves nothing against itself.
#[must_use]
pub fn unstated_payouts(facts: &[Fact]) -> Vec<UnstatedPayout> {
    let mut rows: BTreeMap<&FactId, usize> = BTreeMap::new();
    for payout in facts.iter().filter_map(counted_row).filter_map(|row| row.payout.as_ref()) {
        *rows.entry(payout).or_default() += 1;
    }
    let unstated = |payout: &Payout| UnstatedPayout {
        about: payout.id.to_string(),
        rows: rows.get(&payout.id).copied().unwrap_or_default(),
        sum: payout.net,
    };
    payouts_that_left(facts).filter(|payout| payout.by_rows).map(unstated).collect()
}

fn payouts_that_left(facts: &[Fact]) -> impl Iterator<Item = &Payout> {
    facts.iter().filter_map(|fact| match fact {
        Fact::Payout(payout) if matches!(payout.state, PayoutState::Paid | PayoutState::Failed) => {
            Some(payout)
        }
        _ => None,
    })
}

/// Each payout that left its gateway since a day, by the gateway's own calendar, and whose total
/// somebody states, against its rows. The rows of earlier ones need not have been asked for.
///
/// # Errors
/// Where amounts are too large.
pub fn payout_rows_checks(facts: &[Fact], since: Date) -> Result<Vec<Check>, MoneyError> {
    let mut rows_of: BTreeMap<&FactId, Vec<Money>> = BTreeMap::new();
    for row in facts.iter().filter_map(counted_row) {
        if let Some(payout) = &row.payout {
            rows_of.entry(payout).or_default().push(row.net);
        }
    }
    let mut checks = Vec::new();
    let stated = payouts_that_left(facts).filter(|payout| !payout.by_rows);
    for payout in stated.filter(|payout| payout.issued_on >= since) {
        let rows = rows_of.get(&payout.id).into_iter().flatten().copied();
        let found = Money::sum(payout.net.currency(), rows)?;
        let about = payout.id.to_string();
        checks.push(Check::new(Identity::PayoutRows, about, payout.net, found));
    }
    Ok(checks)
}

/// What gateways owe by their own ledgers: the rows' net amounts less the payouts that left, by
/// clearing account. Only gateways whose rows are heard are in it.
///
/// # Errors
/// Where amounts are too large.
pub fn gateway_balances<'a>(
    facts: impl Iterator<Item = &'a Fact>,
    policy: &Policy,
) -> Result<BTreeMap<String, Balance>, MoneyError> {
    let mut balances: BTreeMap<String, Balance> = BTreeMap::new();
    let mut add = |gateway, amount: Money, day: Date| match policy
        .in_force(day)
        .clearing(gateway, amount.currency())
    {
        Some(account) => balances.entry(account.name.to_string()).or_default().add(amount),
        None => Ok(()),
    };
    for fact in facts {
        match fact {
            Fact::BalanceTransaction(row)
                if !row.test
                    && row.kind != BalanceKind::Transfer
                    && policy.day(row.occurred_at) >= policy.start_date =>
            {
                add(&row.gateway.id, row.net, policy.day(row.occurred_at))?;
            }
            Fact::Payout(payout)
                if matches!(payout.state, PayoutState::Paid | PayoutState::Failed)
                    && payout.issued_on >= policy.start_date =>
            {
                add(&payout.gateway.id, payout.net.negated(), payout.issued_on)?;
            }
            _ => {}
        }
    }
    Ok(balances)
}

/// What gateways owed when the first day began, by clearing account: the rows from before that were
/// not yet paid out. Only gateways whose rows are heard are in it, and only rows that are: those of
/// a payout from before may be unknown, and do not count.
///
/// # Errors
/// Where amounts are too large.
pub fn owed_at_start(
    facts: &[Fact],
    policy: &Policy,
) -> Result<BTreeMap<String, Balance>, MoneyError> {
    let left_before: BTreeMap<&FactId, bool> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Payout(payout) => {
                let left = matches!(payout.state, PayoutState::Paid | PayoutState::Failed);
                Some((&payout.id, left && payout.issued_on < policy.start_date))
            }
            _ => None,
        })
        .collect();
    let mut balances: BTreeMap<String, Balance> = BTreeMap::new();
    let policy = policy.in_force(policy.start_date);
    for fact in facts {
        let Fact::BalanceTransaction(row) = fact else { continue };
        if row.test || row.kind == BalanceKind::Transfer {
            continue;
        }
        let Some(account) = policy.clearing(&row.gateway.id, row.net.currency()) else { continue };
        let before = policy.day(row.occurred_at) < policy.start_date;
        let paid_before = match &row.payout {
            Some(payout) => left_before.get(payout).copied().unwrap_or(before),
            None => false,
        };
        let owed = balances.entry(account.name.to_string()).or_default();
        match (before, paid_before) {
            (true, false) => owed.add(row.moved()?)?,
            (false, true) => owed.add(row.moved()?.negated())?,
            (true, true) | (false, false) => {}
        }
    }
    Ok(balances)
}

/// Whose the money in accounts is, in every currency that any of the three has.
///
/// `moved` is what the book says that accounts moved by since the first day, `pushed` what we
/// pushed in the same days.
///
/// # Errors
/// Where amounts are too large.
pub fn holdings(
    opening: &BTreeMap<String, Balance>,
    pushed: &BTreeMap<String, Balance>,
    moved: &BTreeMap<String, Balance>,
) -> Result<Vec<Holding>, MoneyError> {
    let nothing = Balance::new();
    let accounts: BTreeSet<&String> =
        opening.keys().chain(pushed.keys()).chain(moved.keys()).collect();
    let mut holdings = Vec::new();
    for account in accounts {
        let of = |balances: &'_ BTreeMap<String, Balance>| {
            balances.get(account).unwrap_or(&nothing).clone()
        };
        let (opening, pushed, moved) = (of(opening), of(pushed), of(moved));
        let amounts = opening.iter().chain(pushed.iter()).chain(moved.iter());
        let currencies: BTreeSet<Currency> = amounts.map(Money::currency).collect();
        for currency in currencies {
            let (opening, ours) = (opening.of(currency), pushed.of(currency));
            let moved = moved.of(currency);
            holdings.push(Holding {
                account: account.clone(),
                opening,
                ours,
                others: moved.minus(ours)?,
                held: opening.plus(moved)?,
            });
        }
    }
    Ok(holdings)
}

/// Compares two sets of balances by account, in every currency that either of them has.
#[must_use]
pub fn compare(
    identity: Identity,
    expected: &BTreeMap<String, Balance>,
    found: &BTreeMap<String, Balance>,
) -> Vec<Check> {
    let nothing = Balance::new();
    let mut checks = Vec::new();
    let accounts: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    for account in accounts {
        let expected = expected.get(account).unwrap_or(&nothing);
        let found = found.get(account).unwrap_or(&nothing);
        let currencies: BTreeSet<Currency> =
            expected.iter().chain(found.iter()).map(Money::currency).collect();
        for currency in currencies {
            let (expected, found) = (expected.of(currency), found.of(currency));
            checks.push(Check::new(identity, account.clone(), expected, found));
        }
    }
    checks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_on_one_side_only_is_a_difference() {
        let balance = |text: &str| {
            let mut balance = Balance::new();
            balance.add(text.parse().unwrap()).unwrap();
            balance
        };
        let expected = BTreeMap::from([("A".to_owned(), balance("1.00 USD"))]);
        let found = BTreeMap::from([("B".to_owned(), balance("2.00 USD"))]);
        let checks = compare(Identity::Clearing, &expected, &found);
        let differences: Vec<i64> =
            checks.iter().map(|check| check.difference().unwrap().minor()).collect();
        assert_eq!(differences, [-100, 200]);
    }
}
