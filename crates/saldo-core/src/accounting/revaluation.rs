//! Month ends: what is open on accounts of another currency stands at the closing rate over the
//! end of each month, and at its old worth again from the next day on.
//!
//! What is open follows from the entries of all groups, so that groups of this kind are accounted
//! after all others. Rates are those that the owner states, never looked up.

use super::decided::{TAKEN_BACK, taken_back};
use super::lines::plain_line;
use super::{Accounted, Trouble};
use crate::commerce::{Decided, Decision, Fact, OWNER, RecordRef};
use crate::document::{DocumentKind, Header, Line, SubledgerEntry};
use crate::issue::{FactState, IssueKind};
use crate::ledger::{Account, Side};
use crate::money::{Currency, Money, MoneyError};
use crate::policy::{Policy, Revaluation, Role, Subject};
use crate::text::{ConnectionId, FactId, Stream};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How the slots of revaluations begin.
const SLOT: &str = "revaluation/";

/// A month at whose end the amounts of a currency are valued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevaluedMonth {
    /// The currency.
    pub currency: Currency,
    /// The first day of the month.
    pub month: Date,
}

impl RevaluedMonth {
    /// The month of a day.
    #[must_use]
    pub fn of(currency: Currency, day: Date) -> Self {
        Self { currency, month: day.first_of_month() }
    }

    /// Reads what it displays: `EUR/2026-08`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (currency, month) = text.split_once('/')?;
        let month = format!("{month}-01").parse().ok()?;
        Some(Self { currency: Currency::parse(currency).ok()?, month })
    }

    /// The month whose rate an issue is about: `owner/ClosingRate/EUR/2026-08`.
    #[must_use]
    pub fn of_fact(id: &str) -> Option<Self> {
        Self::parse(id.strip_prefix(OWNER)?.strip_prefix("/ClosingRate/")?)
    }

    /// The day whose closing rate counts.
    #[must_use]
    pub fn last_day(&self) -> Date {
        self.month.last_of_month()
    }

    /// What issues are about.
    fn fact(&self) -> FactId {
        FactId::from(format!("{OWNER}/{}", self.said()))
    }

    /// The record that would say its rate.
    fn source(&self) -> RecordRef {
        RecordRef {
            connection: ConnectionId::new(OWNER),
            stream: Stream::new(Decision::STREAM),
            id: self.said(),
        }
    }

    fn said(&self) -> String {
        format!("ClosingRate/{self}")
    }
}

impl fmt::Display for RevaluedMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.currency, self.month.strftime("%Y-%m"))
    }
}

/// Whether a slot is that of a revaluation, or of what takes it back: a book that values open
/// balances itself wants none of it.
#[must_use]
pub fn is_revaluation(slot: &str) -> bool {
    slot.starts_with(SLOT)
}

/// What moves on an account that is kept in another currency than the books.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForeignMove {
    /// The account.
    pub account: Account,
    /// The channel that it follows from.
    pub channel: ConnectionId,
    /// The first day of the month that it is dated in.
    pub month: Date,
    /// How much, in the account's currency: debit positive.
    pub amount: Money,
    /// What it is worth in the books.
    pub worth: Money,
}

impl ForeignMove {
    /// A move of an entry.
    pub(super) fn new(
        channel: &str,
        on: Date,
        account: Account,
        [amount, worth]: [Money; 2],
    ) -> Self {
        let (channel, month) = (ConnectionId::new(channel), on.first_of_month());
        Self { account, channel, month, amount, worth }
    }
}

/// What entries move on accounts that are kept in another currency than the books, line by line.
/// Revaluations move nothing there.
#[must_use]
pub fn foreign_moves(entries: &[SubledgerEntry]) -> Vec<ForeignMove> {
    let entries = entries.iter().filter(|entry| !is_revaluation(&entry.header.slot));
    let lines = entries.flat_map(|entry| entry.lines.iter().map(move |line| (entry, line)));
    let moved = |(entry, line): (&SubledgerEntry, &Line)| {
        let channel = entry.id.as_str().split('/').next().unwrap_or_default();
        let account = line.account.clone();
        let amounts = [line.foreign?, line.amount];
        Some(ForeignMove::new(channel, entry.header.date, account, amounts))
    };
    lines.filter_map(moved).collect()
}

/// What moved on an account within a month: the sum of [`ForeignMove`]s, in minor units.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForeignSum {
    /// The account.
    pub account: Account,
    /// Its currency.
    pub currency: Currency,
    /// The channel that it follows from.
    pub channel: ConnectionId,
    /// The first day of the month.
    pub month: Date,
    /// How much, in the account's currency: debit positive.
    pub minor: i128,
    /// What it is worth in the books' currency.
    pub worth: i128,
}

/// What is open on an account at the end of a month, in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenBalance {
    /// The account.
    pub account: Account,
    /// In the account's currency: debit positive.
    pub minor: i128,
    /// At what it stands in the books.
    pub worth: i128,
}

/// Until when everything was heard that moves amounts of a currency, currency by currency. `heard`
/// says until when a channel was. What was entered of later months stays as it is for as long.
#[must_use]
pub fn heard_to(
    sums: &[ForeignSum],
    policy: &Policy,
    heard: impl Fn(&ConnectionId) -> Timestamp,
) -> BTreeMap<Currency, Timestamp> {
    let mut until: BTreeMap<Currency, Timestamp> = BTreeMap::new();
    for sum in monetary(sums, policy) {
        let heard = heard(&sum.channel);
        until.entry(sum.currency).and_modify(|it| *it = heard.min(*it)).or_insert(heard);
    }
    until
}

/// What is open at the end of each month that is over and was heard to its end.
#[must_use]
pub fn open_balances(
    sums: &[ForeignSum],
    policy: &Policy,
    heard_to: &BTreeMap<Currency, Timestamp>,
) -> BTreeMap<RevaluedMonth, Vec<OpenBalance>> {
    let mut accounts: BTreeMap<(&str, Currency), Vec<&ForeignSum>> = BTreeMap::new();
    for sum in monetary(sums, policy) {
        accounts.entry((&*sum.account.name, sum.currency)).or_default().push(sum);
    }
    let mut open: BTreeMap<RevaluedMonth, Vec<OpenBalance>> = BTreeMap::new();
    for ((_, currency), sums) in accounts {
        let Some(account) = sums.first().map(|sum| sum.account.clone()) else { continue };
        let until = heard_to.get(&currency).copied().unwrap_or(Timestamp::MIN);
        let mut next = sums.iter().map(|sum| sum.month).min();
        while let Some(month) = next.filter(|month| policy.end_of_month(*month) <= until) {
            let so_far = sums.iter().filter(|sum| sum.month <= month);
            let (minor, worth) =
                so_far.fold((0, 0), |(minor, worth), sum| (minor + sum.minor, worth + sum.worth));
            if minor != 0 {
                let balance = OpenBalance { account: account.clone(), minor, worth };
                open.entry(RevaluedMonth { currency, month }).or_default().push(balance);
            }
            next = month.checked_add(1.month()).ok();
        }
    }
    open
}

/// What moved on accounts whose amounts are money, or claims to it.
///
/// Banks of other currencies are left out: what leaves them is entered by others, so that the
/// entries here do not say what is on them.
fn monetary<'a>(sums: &'a [ForeignSum], policy: &Policy) -> impl Iterator<Item = &'a ForeignSum> {
    let banks: BTreeSet<String> = policy.through_time().flat_map(Policy::foreign_banks).collect();
    let is_monetary = move |account: &Account| {
        let held = matches!(account.kind.side(), Side::Assets | Side::Liabilities);
        held && !banks.contains(&*account.name)
    };
    sums.iter().filter(move |sum| is_monetary(&sum.account))
}

/// Values what is open at the end of a month: an entry for each account on the last day, which is
/// taken back on the next one. `facts` are the rates that the owner stated.
#[must_use]
pub fn revalue(
    month: &RevaluedMonth,
    open: &[OpenBalance],
    facts: &[Fact],
    policy: &Policy,
) -> Accounted {
    let mut accounted = Accounted::default();
    let policy = policy.in_force(month.last_day());
    let wanted = policy.text.currencies.revaluation == Revaluation::MonthEnd;
    let stated = facts.iter().filter_map(|fact| match fact {
        Fact::Decision(decision) => match decision.said.decided {
            Decided::ClosingRate { currency, rate } if currency == month.currency => {
                Some((&**decision, rate))
            }
            _ => None,
        },
        _ => None,
    });
    let stated: Vec<(&Decision, Decimal)> = stated.collect();
    let holds = stated.iter().filter(|(decision, _)| decision.said.taken_back.is_none());
    let rate = holds.max_by_key(|(decision, _)| (decision.said.at, &decision.id)).copied();
    for (decision, _) in &stated {
        let excluded = |rule: &str| FactState::Excluded { rule: rule.to_owned() };
        let state = match rate {
            _ if decision.said.taken_back.is_some() => taken_back(),
            Some((counts, _)) if counts.id != decision.id => excluded("stated-anew"),
            _ if !wanted => excluded("not-revalued"),
            _ if open.is_empty() => excluded("nothing-open"),
            _ => FactState::Accounted { review: None },
        };
        accounted.stand(&decision.id, &decision.source, state);
    }
    if !wanted || open.is_empty() {
        return accounted;
    }
    let entered = match rate {
        Some((_, rate)) => open.iter().try_for_each(|balance| {
            accounted.entries.extend(enter(month, balance, rate, policy)?);
            Ok(())
        }),
        None => Err(not_stated(month, open)),
    };
    if let Err(trouble) = entered {
        let fact = month.fact();
        accounted.entries.clear();
        accounted.stand(&fact, &month.source(), FactState::Held(trouble.issue(&fact)));
    }
    accounted
}

/// Where the rates of a month stand while it stays as it was entered, since not all is heard that
/// moves its amounts: what was said of them before holds, and what is new waits. A rate that was
/// taken back meanwhile counts as long as its entry stands.
#[must_use]
pub fn stand_meanwhile(
    month: &RevaluedMonth,
    facts: &[Fact],
    before: &[(FactId, RecordRef, FactState)],
) -> Vec<(FactId, RecordRef, FactState)> {
    let mut states = before.to_vec();
    for fact in facts {
        let Fact::Decision(decision) = fact else { continue };
        let is_rate = matches!(
            decision.said.decided,
            Decided::ClosingRate { currency, .. } if currency == month.currency
        );
        if !is_rate || before.iter().any(|(id, ..)| *id == decision.id) {
            continue;
        }
        let for_what = format!(
            "all channels with {} to be heard to the end of {}",
            month.currency,
            month.last_day()
        );
        let state = match &decision.said.taken_back {
            Some(_) => taken_back(),
            None => FactState::Waiting { for_what, until: None },
        };
        states.push((decision.id.clone(), decision.source.clone(), state));
    }
    states
}

/// The entry of an account, and what takes it back; none where it stands at the rate already.
fn enter(
    month: &RevaluedMonth,
    open: &OpenBalance,
    rate: Decimal,
    policy: &Policy,
) -> Result<Vec<SubledgerEntry>, Trouble> {
    let money = |minor: i128, currency| {
        let minor = i64::try_from(minor).map_err(|_| MoneyError::Overflow(currency));
        minor.map(|minor| Money::from_minor(minor, currency))
    };
    let amount = money(open.minor, month.currency)?;
    let worth = money(open.worth, policy.currency)?;
    let gain = amount.at_rate(rate, policy.currency)?.minus(worth)?;
    if gain.is_zero() {
        return Ok(Vec::new());
    }
    let (last, name) = (month.last_day(), &open.account.name);
    let slot = format!("{SLOT}{name}/{}", month.month.strftime("%Y-%m"));
    let owner = ConnectionId::new(OWNER);
    let about = Subject { currency: Some(month.currency), ..Subject::of_channel(&owner) };
    let rate = rate.normalize();
    let text = format!("{amount} at {rate}");
    let entry = |slot: String, date: Date, gain: Money, memo: String| {
        let header = Header {
            slot: slot.clone(),
            kind: DocumentKind::JournalEntry,
            date,
            currency: policy.currency,
            party: None,
            applies_to: None,
            due: None,
            ships_to: None,
            reference: format!("{} {last}", month.currency),
            memo,
        };
        let origin = month.to_string();
        let on_account = Line {
            foreign: Some(Money::zero(month.currency)),
            ..plain_line(open.account.clone(), gain, &text, &origin)
        };
        let spot = policy.spot(Role::UnrealisedExchange, &about);
        let lines = vec![on_account, plain_line(spot, gain.negated(), &text, &origin)];
        SubledgerEntry::new(FactId::from(format!("{OWNER}/{slot}")), header, lines)
    };
    let memo = format!("{name} valued at {rate} {} for a {}", policy.currency, month.currency);
    let mut entries = vec![entry(slot.clone(), last, gain, memo.clone())?];
    if let Ok(next) = last.tomorrow() {
        let memo = format!("Taken back: {memo}");
        entries.push(entry(format!("{slot}{TAKEN_BACK}"), next, gain.negated(), memo)?);
    }
    Ok(entries)
}

fn not_stated(month: &RevaluedMonth, open: &[OpenBalance]) -> Trouble {
    let (currency, last) = (month.currency, month.last_day());
    let names: Vec<&str> = open.iter().map(|balance| &*balance.account.name).collect();
    Trouble::Issue(
        IssueKind::MissingMapping,
        format!("nobody stated the closing rate of {currency} on {last} for {}", names.join(", ")),
        format!(
            "state what a {currency} was worth then: saldo decide closing-rate {currency} {last} \
             RATE; or value nothing at month ends: saldo map set currencies.revaluation none"
        ),
    )
}
