//! The rows of a gateway's own ledger.
//!
//! A row never waits for its sale to be decided: where the sale is held or unknown, the row's money
//! is entered for review, so that the clearing account always proves. Once the sale is decided that
//! entry no longer holds, and the plan takes it out.

use super::lines::{role_line, tender_account};
use super::order::movement_on_gateway;
use super::{Accounted, Trouble};
use crate::commerce::{BalanceKind, BalanceTransaction, Fact, Order, Tender};
use crate::document::{DocumentKind, Header, Line, LineKind, Party, SubledgerEntry};
use crate::issue::{FactState, Issue, IssueKind};
use crate::ledger::Account;
use crate::money::Money;
use crate::policy::{Policy, Role};
use crate::text::FactId;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// An order whose money is entered with it.
pub(super) struct KnownOrder<'a> {
    /// The order.
    pub(super) order: &'a Order,
    /// From this day on its money is not entered with it: it is held.
    pub(super) held_from: Option<Date>,
    /// The day that is not over, and the payments of it that are entered all the same.
    pub(super) open_day: Option<(Date, BTreeSet<String>)>,
    /// The payments that rows have explained: each explains one row.
    pub(super) explained: BTreeSet<String>,
}

/// What a row can know of its order.
pub(super) enum OrderView<'a> {
    /// Its money is entered, or will be, with the order.
    Accounted(KnownOrder<'a>),
    /// It is held, or left out: its money is not entered with it.
    Undecided,
    /// No record of it has been heard.
    NotHeard,
}

/// Accounts a row that names no order.
pub(super) fn account_lone_row(
    id: &FactId,
    facts: &[Fact],
    policy: &Policy,
    heard_until: Timestamp,
) -> Accounted {
    let mut accounted = Accounted::default();
    for fact in facts {
        if let Fact::BalanceTransaction(row) = fact
            && &row.id == id
        {
            account_row(row, &mut OrderView::NotHeard, policy, heard_until, &mut accounted);
        }
    }
    accounted
}

/// Accounts a row.
pub(super) fn account_row(
    row: &BalanceTransaction,
    order: &mut OrderView<'_>,
    policy: &Policy,
    heard_until: Timestamp,
    accounted: &mut Accounted,
) {
    let exclude = |rule: &str| FactState::Excluded { rule: rule.to_owned() };
    let state = match (&row.kind, row.test) {
        (_, true) => exclude("test-payment"),
        (BalanceKind::Transfer, _) => exclude("payout-says-the-same"),
        _ => match enter(row, order, policy, heard_until, accounted) {
            Ok(state) => state,
            Err(trouble) => FactState::Held(trouble.issue(&row.id)),
        },
    };
    if let FactState::Waiting { until: Some(until), .. } = &state {
        accounted.wake(*until);
    }
    accounted.stand(&row.id, &row.source, state);
}

fn enter(
    row: &BalanceTransaction,
    order: &mut OrderView<'_>,
    policy: &Policy,
    heard_until: Timestamp,
    accounted: &mut Accounted,
) -> Result<FactState, Trouble> {
    let desk = Desk::new(row, policy)?;
    match &row.kind {
        BalanceKind::Charge | BalanceKind::Refund => {
            desk.order_money(order, heard_until, accounted)
        }
        BalanceKind::DisputeWithdrawal | BalanceKind::DisputeReversal => {
            let pairs = [
                (policy.chart.account(Role::Disputes), row.amount),
                (policy.chart.account(Role::ChargebackFees), row.fee.negated()),
            ];
            desk.journal(&pairs, DocumentKind::JournalEntry, accounted)
        }
        BalanceKind::DisputeFee => {
            let pairs = [(policy.chart.account(Role::ChargebackFees), row.net)];
            desk.journal(&pairs, DocumentKind::JournalEntry, accounted)
        }
        BalanceKind::Reserve => desk.with_fee(Role::Reserves, heard_until, accounted),
        BalanceKind::PlatformBill => desk.with_fee(Role::PlatformBills, heard_until, accounted),
        BalanceKind::PayoutReturned => {
            let pairs = [(policy.chart.account(Role::Bank), row.amount)];
            desk.fee(heard_until, accounted)?;
            desk.journal(&pairs, DocumentKind::Transfer, accounted)
        }
        BalanceKind::TenderCredit(gateway) => {
            let tender = Tender::Gateway(gateway.clone());
            let pairs = [(tender_account(&tender, row.amount.currency(), policy)?, row.amount)];
            desk.fee(heard_until, accounted)?;
            desk.journal(&pairs, DocumentKind::Transfer, accounted)
        }
        BalanceKind::Transfer => Ok(FactState::Accounted { review: None }),
        BalanceKind::Unknown => {
            desk.fee(heard_until, accounted)?;
            let why = format!("the gateway calls it `{}`", row.vendor_type);
            desk.for_review(row.amount, &why, accounted)
        }
    }
}

/// What an order says of a row's payment.
enum Said {
    /// It is not entered yet: a person must decide first.
    Held,
    /// It is entered once its day is over, at this instant.
    Later(Timestamp),
    /// It is entered, under this id and with this amount.
    Amount(String, Money),
    /// Nothing, or only what another row has explained.
    Nothing,
}

/// Where a row is entered.
struct Desk<'a> {
    row: &'a BalanceTransaction,
    policy: &'a Policy,
    clearing: Account,
}

impl<'a> Desk<'a> {
    fn new(row: &'a BalanceTransaction, policy: &'a Policy) -> Result<Self, Trouble> {
        let tender = Tender::Gateway(row.gateway.clone());
        let clearing = tender_account(&tender, row.amount.currency(), policy)?;
        Ok(Self { row, policy, clearing })
    }

    /// A charge or refund: the sale moved the clearing account, so the row only adds its fee, and
    /// whatever the sale does not explain.
    fn order_money(
        &self,
        order: &mut OrderView<'_>,
        heard_until: Timestamp,
        accounted: &mut Accounted,
    ) -> Result<FactState, Trouble> {
        let row = self.row;
        self.fee(heard_until, accounted)?;
        let named = row.order_name.as_deref().unwrap_or("no order");
        match order {
            OrderView::Accounted(known) => match self.movement(known) {
                Said::Held => {
                    self.review_entry(row.amount, accounted)?;
                    Ok(FactState::Accounted { review: None })
                }
                Said::Later(until) => {
                    let for_what = format!("the end of the day of {named}");
                    Ok(FactState::Waiting { for_what, until: Some(until) })
                }
                Said::Amount(_, amount) if amount == row.amount => {
                    Ok(FactState::Accounted { review: None })
                }
                Said::Amount(id, amount) if amount.currency() == row.amount.currency() => {
                    let rest = row.amount.minus(amount)?;
                    let why = format!("payment {id} of {named} says {amount}");
                    self.for_review(rest, &why, accounted)
                }
                Said::Amount(..) | Said::Nothing => {
                    let why = format!("{named} has no such payment");
                    self.for_review(row.amount, &why, accounted)
                }
            },
            OrderView::Undecided => {
                self.review_entry(row.amount, accounted)?;
                Ok(FactState::Accounted { review: None })
            }
            OrderView::NotHeard if heard_until < row.occurred_at => {
                let for_what = format!("{named} to be heard");
                Ok(FactState::Waiting { for_what, until: Some(row.occurred_at) })
            }
            OrderView::NotHeard => self.for_review(row.amount, "its order is not known", accounted),
        }
    }

    /// What the order says of the row's payment.
    fn movement(&self, known: &mut KnownOrder<'_>) -> Said {
        let Some(id) = self.row.movement.as_deref() else { return Said::Nothing };
        let said = movement_on_gateway(known.order, id, &self.row.gateway.id);
        let Some((movement, amount)) = said else { return Said::Nothing };
        if !known.explained.insert(id.to_owned()) {
            return Said::Nothing;
        }
        let day = self.policy.day(movement.processed_at);
        if known.held_from.is_some_and(|held| day >= held) {
            return Said::Held;
        }
        match &known.open_day {
            Some((open, entered)) if day >= *open && !entered.contains(id) => {
                Said::Later(self.policy.end_of_day(*open))
            }
            _ => Said::Amount(id.to_owned(), amount),
        }
    }

    fn with_fee(
        &self,
        role: Role,
        heard_until: Timestamp,
        accounted: &mut Accounted,
    ) -> Result<FactState, Trouble> {
        self.fee(heard_until, accounted)?;
        let kind = match (role, self.row.amount.is_negative()) {
            (Role::PlatformBills, true) => DocumentKind::Expense,
            _ => DocumentKind::JournalEntry,
        };
        self.journal(&[(self.policy.chart.account(role), self.row.amount)], kind, accounted)
    }

    /// Moves the clearing account by each amount, against each account.
    fn journal(
        &self,
        against: &[(Account, Money)],
        kind: DocumentKind,
        accounted: &mut Accounted,
    ) -> Result<FactState, Trouble> {
        let row = self.row;
        let mut lines = Vec::new();
        for (account, amount) in against.iter().filter(|(_, amount)| !amount.is_zero()) {
            let other = match kind {
                DocumentKind::Transfer => LineKind::Settlement,
                _ => LineKind::Other { taxed: false },
            };
            lines.push(self.line(other, account.clone(), amount.negated()));
            lines.push(self.line(LineKind::Settlement, self.clearing.clone(), *amount));
        }
        if lines.is_empty() {
            return Ok(FactState::Accounted { review: None });
        }
        let memo = match &row.order_name {
            Some(name) => format!("{}: {} for {name}", row.gateway.name, words(&row.vendor_type)),
            None => format!("{}: {}", row.gateway.name, words(&row.vendor_type)),
        };
        let date = self.policy.day(row.occurred_at);
        let header = self.header(self.slot(), kind, date, memo);
        accounted.entries.push(SubledgerEntry::new(row.id.clone(), header, lines)?);
        Ok(FactState::Accounted { review: None })
    }

    /// The fee, in the day's fee document of the gateway.
    fn fee(&self, heard_until: Timestamp, accounted: &mut Accounted) -> Result<(), Trouble> {
        let row = self.row;
        if row.fee.is_zero() {
            return Ok(());
        }
        let date = self.policy.day(row.occurred_at);
        let end = self.policy.end_of_day(date);
        if heard_until < end {
            accounted.wake(end);
            return Ok(());
        }
        let (kind, part) = match row.fee.is_positive() {
            true => (DocumentKind::Expense, "fees"),
            false => (DocumentKind::JournalEntry, "fees-returned"),
        };
        let slot = format!(
            "{part}/{}/{}/{date}/{}",
            row.source.connection,
            row.gateway.id,
            row.fee.currency()
        );
        let memo = format!("{}: fees of {date}", row.gateway.name);
        let mut header = self.header(slot, kind, date, memo);
        header.reference = format!("{} {date}", row.gateway.name);
        let fees = self.policy.chart.account(Role::ProcessingFees);
        let text = format!("Fee {}", row.order_name.as_deref().unwrap_or(&row.vendor_type));
        let mut fee = self.line(LineKind::Other { taxed: false }, fees, row.fee);
        fee.text = text;
        let paid = self.line(LineKind::Settlement, self.clearing.clone(), row.fee.negated());
        let id = FactId::from(format!("{}/fee", row.id));
        accounted.entries.push(SubledgerEntry::new(id, header, vec![fee, paid])?);
        Ok(())
    }

    /// Enters money whose reason is not known, and says so.
    fn for_review(
        &self,
        amount: Money,
        why: &str,
        accounted: &mut Accounted,
    ) -> Result<FactState, Trouble> {
        self.review_entry(amount, accounted)?;
        let account = self.policy.chart.account(Role::ForReview);
        let issue = Issue {
            kind: IssueKind::UnknownData,
            about: self.row.id.clone(),
            message: format!("{amount} of {} has no known reason: {why}", self.row.gateway.name),
            hint: format!("it stands in `{}` until its reason is known", account.name),
        };
        Ok(FactState::Accounted { review: Some(issue) })
    }

    fn review_entry(&self, amount: Money, accounted: &mut Accounted) -> Result<(), Trouble> {
        let row = self.row;
        if amount.is_zero() {
            return Ok(());
        }
        let date = self.policy.day(row.occurred_at);
        let memo = format!("{}: {}, to review", row.gateway.name, words(&row.vendor_type));
        let slot = format!("{}/review", self.slot());
        let header = self.header(slot, DocumentKind::JournalEntry, date, memo);
        let suspense = role_line(
            LineKind::Other { taxed: false },
            Role::ForReview,
            amount.negated(),
            &words(&row.vendor_type),
            row.id.as_str(),
            self.policy,
        );
        let clearing = self.line(LineKind::Settlement, self.clearing.clone(), amount);
        let id = FactId::from(format!("{}/review", row.id));
        accounted.entries.push(SubledgerEntry::new(id, header, vec![clearing, suspense])?);
        Ok(())
    }

    fn line(&self, kind: LineKind, account: Account, amount: Money) -> Line {
        let text = words(&self.row.vendor_type);
        Line { kind, account, amount, quantity: None, text, origin: self.row.id.to_string() }
    }

    /// The slot of the row's own document: the same whichever record tells the row, by a number or
    /// without.
    fn slot(&self) -> String {
        format!("{}/{}", self.row.source.connection, self.row.likeness())
    }

    fn header(&self, slot: String, kind: DocumentKind, date: Date, memo: String) -> Header {
        let row = self.row;
        Header {
            slot,
            kind,
            date,
            currency: row.amount.currency(),
            party: Some(Party::Vendor { name: row.gateway.name.clone() }),
            applies_to: None,
            reference: row.order_name.clone().unwrap_or_else(|| row.id.to_string()),
            memo,
        }
    }
}

/// A vendor's word as people read it: `CHARGEBACK_FEE` becomes `chargeback fee`.
fn words(vendor_type: &str) -> String {
    vendor_type.to_lowercase().replace('_', " ")
}
