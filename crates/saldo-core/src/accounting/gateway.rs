//! The rows of a gateway's own ledger.
//!
//! A row never waits for its sale to be decided: where the sale is held or unknown, the row's money
//! is entered for review, so that the clearing account always proves. Once the sale is decided that
//! entry no longer holds, and the plan takes it out.

mod deferral;
mod fees;
mod itemised;
mod items;
mod loan;
mod unvalued;

pub(super) use deferral::account_deferral;

use super::contradictions::in_row;
use super::conversion::{Rate, rate_of, settles_for};
use super::known_order::{KnownOrder, Open, OrderView, PaymentState, movement_on_gateway};
use super::lines::{line_on, tender_account};
use super::summary::Part;
use super::{Accounted, Basis, Payouts, Stock, Trouble};
use crate::commerce::{
    BalanceKind, BalanceTransaction, ChargedTo, Fact, MoneyMovement, Order, Tender,
};
use crate::document::{DocumentKind, Header, Line, LineKind, Party, SubledgerEntry};
use crate::issue::{FactState, Issue, IssueKind};
use crate::ledger::{Account, AccountKind, Spot};
use crate::money::Money;
use crate::policy::{Policy, Role, Subject};
use crate::text::FactId;
use jiff::Timestamp;
use jiff::civil::Date;

/// Accounts a row that names no order.
pub(super) fn account_lone_row(id: &FactId, facts: &[Fact], basis: Basis<'_>) -> Accounted {
    let mut accounted = Accounted::default();
    for fact in facts {
        if let Fact::BalanceTransaction(row) = fact
            && &row.id == id
        {
            account_row(row, &mut OrderView::NotHeard, None, basis, &mut accounted);
        }
        if let Fact::Deferral(deferral) = fact
            && &deferral.id == id
        {
            account_deferral(deferral, &OrderView::NotHeard, basis, &mut accounted);
        }
    }
    accounted
}

/// Accounts a row. `told` is the order that it belongs to, whether or not that is entered.
pub(super) fn account_row(
    row: &BalanceTransaction,
    order: &mut OrderView<'_>,
    told: Option<&Order>,
    basis: Basis<'_>,
    accounted: &mut Accounted,
) {
    let exclude = |rule: &str| FactState::Excluded { rule: rule.to_owned() };
    let state = match (&row.kind, row.test) {
        (_, true) => exclude("test-payment"),
        (BalanceKind::Transfer, _) => exclude("payout-says-the-same"),
        _ => match enter(row, order, told, basis, accounted) {
            Ok(state) => state,
            Err(trouble) => FactState::Held(trouble.issue(&row.id)),
        },
    };
    if let FactState::Waiting { until: Some(until), .. } = &state {
        accounted.wake(*until);
    }
    accounted.stand(&row.id, &row.source, state);
}

/// What of a row stands in the books by now: its net amount, less what waits.
///
/// `waits` says whether the row is in the state [`FactState::Waiting`]: then its amount waits for
/// what pays for it. Its fee waits by itself until the part that it is entered with is closed, but
/// for that of a dispute, which is entered with the row.
#[must_use]
pub fn entered_by(
    row: &BalanceTransaction,
    waits: bool,
    payouts: &Payouts,
    policy: &Policy,
    heard_until: Timestamp,
) -> Money {
    if in_row(row).is_some() {
        return row.net;
    }
    let nothing = Money::zero(row.net.currency());
    let amount = if waits { nothing } else { moved_by(row) };
    let policy = policy.in_force(policy.day(row.occurred_at));
    // No row goes by what goods cost.
    let stock = &Stock::default();
    let basis = Basis { policy, payouts, stock, heard_until };
    let fee = match fee_part(row, basis) {
        Some(Part { open: Some(_), .. }) => nothing,
        _ => row.fee,
    };
    amount.minus(fee).unwrap_or(row.net)
}

/// What a row moves besides its fee.
fn moved_by(row: &BalanceTransaction) -> Money {
    match &row.kind {
        BalanceKind::Itemised(_) => row.moved().unwrap_or(row.amount),
        _ => row.amount,
    }
}

/// The part that the fee of a row is entered with; none where it is entered with the row.
fn fee_part(row: &BalanceTransaction, basis: Basis<'_>) -> Option<Part> {
    match row.kind {
        BalanceKind::DisputeWithdrawal
        | BalanceKind::DisputeReversal
        | BalanceKind::DisputeFee
        | BalanceKind::Transfer => None,
        _ => Some(Part::of_row(row, basis)),
    }
}

fn enter(
    row: &BalanceTransaction,
    order: &mut OrderView<'_>,
    told: Option<&Order>,
    basis: Basis<'_>,
    accounted: &mut Accounted,
) -> Result<FactState, Trouble> {
    let fees_of = row.movement.as_deref().and_then(|id| {
        told.and_then(|order| order.movements.iter().find(|movement| movement.id == id))
    });
    let desk = Desk::new(row, told, fees_of, basis)?;
    if let Some(why) = in_row(row) {
        return desk.contradicted(&why, accounted);
    }
    if !desk.is_valued {
        return desk.unvalued(order, accounted);
    }
    let about_fee = desk.fee(accounted)?;
    Ok(also_for_review(desk.enter_amount(order, accounted)?, about_fee))
}

/// The state of a row of which this is to be looked at as well.
fn also_for_review(state: FactState, also: Option<Issue>) -> FactState {
    match (state, also) {
        (FactState::Accounted { review: None }, also) => FactState::Accounted { review: also },
        (FactState::Accounted { review: Some(issue) }, Some(also)) => {
            let message = format!("{}; {}", issue.message, also.message);
            let hint = format!("{}; {}", issue.hint, also.hint);
            FactState::Accounted { review: Some(Issue { message, hint, ..issue }) }
        }
        (state, _) => state,
    }
}

/// What an order says of a row's payment.
enum Said<'a> {
    /// It is not entered yet: a person must decide first.
    Held,
    /// It is entered once something else has come.
    Later(Open),
    /// It is entered, and moved the gateway's account by this.
    Amount(&'a MoneyMovement, Money),
    /// Nothing, or only what another row has explained.
    Nothing,
}

/// Where a row is entered.
struct Desk<'a> {
    row: &'a BalanceTransaction,
    basis: Basis<'a>,
    clearing: Account,
    /// What amounts of the row are worth in the books.
    rate: Rate,
    /// Whether anything says so.
    is_valued: bool,
    /// The movement that it is about, whose fee the shop may tell in parts.
    about: Option<&'a MoneyMovement>,
    /// The order that it belongs to, whether or not that is entered.
    order: Option<&'a Order>,
}

impl<'a> Desk<'a> {
    fn new(
        row: &'a BalanceTransaction,
        order: Option<&'a Order>,
        about: Option<&'a MoneyMovement>,
        basis: Basis<'a>,
    ) -> Result<Self, Trouble> {
        let (tender, books) = (Tender::Gateway(row.gateway.clone()), basis.policy.currency);
        let clearing = tender_account(&tender, row.amount.currency(), basis.policy)?;
        let rate = rate_of(row, order, books)?;
        let is_valued = rate.is_some();
        let rate = rate.unwrap_or_else(|| Rate::unknown(row.net, books));
        Ok(Self { row, basis, clearing, rate, is_valued, about, order })
    }

    /// Where something of a role is entered of what the row is about.
    fn spot(&self, role: Role) -> Spot {
        let row = self.row;
        let subject = Subject { order: self.order, ..Subject::of_channel(&row.source.connection) };
        let subject = subject.by(Some(&row.gateway.id)).amount(row.amount);
        self.basis.policy.spot(role, &subject)
    }

    /// Enters what the row moves besides its fee.
    fn enter_amount(
        &self,
        order: &mut OrderView<'_>,
        accounted: &mut Accounted,
    ) -> Result<FactState, Trouble> {
        let (row, policy) = (self.row, self.basis.policy);
        match &row.kind {
            BalanceKind::Charge | BalanceKind::Refund => self.order_money(order, accounted),
            BalanceKind::DisputeWithdrawal | BalanceKind::DisputeReversal => {
                let pairs = [
                    (self.spot(Role::Disputes), row.amount),
                    (self.spot(Role::ChargebackFees), row.fee.negated()),
                ];
                self.journal(&pairs, DocumentKind::JournalEntry, accounted)
            }
            BalanceKind::DisputeFee => {
                let pairs = [(self.spot(Role::ChargebackFees), row.net)];
                self.journal(&pairs, DocumentKind::JournalEntry, accounted)
            }
            BalanceKind::Reserve => self.against(Role::Reserves, accounted),
            BalanceKind::Hold => self.against(Role::FundsOnHold, accounted),
            BalanceKind::Charged(to) => self.charged(*to, accounted),
            BalanceKind::Itemised(parts) => self.itemised(parts, order, accounted),
            BalanceKind::PlatformBill => self.against(Role::PlatformBills, accounted),
            BalanceKind::ShippingLabel => self.against(Role::ShippingCost, accounted),
            BalanceKind::Duties => self.against(Role::Duties, accounted),
            BalanceKind::LoanRepayment => self.repayment(accounted),
            BalanceKind::PayoutReturned => {
                let pairs = [(policy.bank(&row.gateway.id).into(), row.amount)];
                self.journal(&pairs, DocumentKind::Transfer, accounted)
            }
            BalanceKind::TenderCredit(gateway) => {
                let tender = Tender::Gateway(gateway.clone());
                let pairs =
                    [(tender_account(&tender, row.amount.currency(), policy)?.into(), row.amount)];
                self.journal(&pairs, DocumentKind::Transfer, accounted)
            }
            BalanceKind::Transfer => Ok(FactState::Accounted { review: None }),
            BalanceKind::Unknown => match policy.row_role(&row.vendor_type) {
                Some(role) => self.against(role, accounted),
                None => {
                    let why = format!("the gateway calls it `{}`", row.vendor_type);
                    self.for_review(row.amount, &why, accounted)
                }
            },
        }
    }

    /// A charge or refund: the sale moved the clearing account, so the row only adds its fee, and
    /// whatever the sale does not explain.
    fn order_money(
        &self,
        order: &mut OrderView<'_>,
        accounted: &mut Accounted,
    ) -> Result<FactState, Trouble> {
        let row = self.row;
        let named = row.order_name.as_deref().unwrap_or("no order");
        match order {
            OrderView::Accounted(known) => match self.movement(known) {
                Said::Held => {
                    self.review_entry(row.amount, accounted)?;
                    Ok(FactState::Accounted { review: None })
                }
                Said::Later(Open { for_what, until }) => Ok(FactState::Waiting { for_what, until }),
                Said::Amount(_, amount) if amount == row.amount => {
                    Ok(FactState::Accounted { review: None })
                }
                Said::Amount(movement, amount) if amount.currency() == row.amount.currency() => {
                    let rest = row.amount.minus(amount)?;
                    if settles_for(movement, row.amount)? {
                        return self.exchange(rest, accounted);
                    }
                    let why = format!("payment {} of {named} says {amount}", movement.id);
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
            OrderView::NotHeard if self.basis.heard_until < row.occurred_at => {
                Ok(self.to_be_heard(named))
            }
            OrderView::NotHeard => self.for_review(row.amount, "its order is not known", accounted),
        }
    }

    /// The state of a row whose order may still come.
    fn to_be_heard(&self, named: &str) -> FactState {
        let for_what = format!("{named} to be heard");
        FactState::Waiting { for_what, until: Some(self.row.occurred_at) }
    }

    /// What the order says of the row's payment.
    fn movement<'b>(&self, known: &mut KnownOrder<'b>) -> Said<'b> {
        let Some(id) = self.row.movement.as_deref() else { return Said::Nothing };
        let said =
            movement_on_gateway(known.order, id, &self.row.gateway.id, self.basis.policy.currency);
        let Some((movement, amount)) = said else { return Said::Nothing };
        if !known.explained.insert(id.to_owned()) {
            return Said::Nothing;
        }
        match known.payment_state(movement, self.basis.policy) {
            PaymentState::Held => Said::Held,
            PaymentState::Later(open) => Said::Later(open),
            PaymentState::Entered => Said::Amount(movement, amount),
        }
    }

    /// Enters the row's amount against the account of a role.
    fn against(&self, role: Role, accounted: &mut Accounted) -> Result<FactState, Trouble> {
        let policy = self.basis.policy;
        let spot = match role {
            Role::Bank => policy.bank(&self.row.gateway.id).into(),
            role => self.spot(role),
        };
        let kind = match (spot.account.kind, self.row.amount.is_negative()) {
            (AccountKind::Bank | AccountKind::Clearing, _) => DocumentKind::Transfer,
            (AccountKind::Expense, true) => DocumentKind::Expense,
            _ => DocumentKind::JournalEntry,
        };
        self.journal(&[(spot, self.row.amount)], kind, accounted)
    }

    /// What a gateway takes from a bank account or a card of the merchant.
    fn charged(&self, to: ChargedTo, accounted: &mut Accounted) -> Result<FactState, Trouble> {
        let (policy, row) = (self.basis.policy, self.row);
        let (account, kind) = match to {
            ChargedTo::Bank => (policy.bank(&row.gateway.id), DocumentKind::Transfer),
            ChargedTo::Card => (policy.card(&row.gateway.id), DocumentKind::JournalEntry),
        };
        self.journal(&[(account.into(), row.amount)], kind, accounted)
    }

    /// Moves the clearing account by each amount, against each account.
    fn journal(
        &self,
        against: &[(Spot, Money)],
        kind: DocumentKind,
        accounted: &mut Accounted,
    ) -> Result<FactState, Trouble> {
        let row = self.row;
        let mut lines = Vec::new();
        for (spot, amount) in against.iter().filter(|(_, amount)| !amount.is_zero()) {
            let other = match kind {
                DocumentKind::Transfer => LineKind::Settlement,
                _ => LineKind::Other { taxed: false },
            };
            lines.push(self.line(other, spot.clone(), amount.negated())?);
            lines.push(self.cleared(*amount)?);
        }
        if lines.is_empty() {
            return Ok(FactState::Accounted { review: None });
        }
        let memo = match &row.order_name {
            Some(name) => format!("{}: {} for {name}", row.gateway.name, words(&row.vendor_type)),
            None => format!("{}: {}", row.gateway.name, words(&row.vendor_type)),
        };
        let date = self.basis.policy.day(row.occurred_at);
        let header = self.header(self.slot(), kind, date, memo);
        accounted.entries.push(SubledgerEntry::new(row.id.clone(), header, lines)?);
        Ok(FactState::Accounted { review: None })
    }

    /// What the gateway settled otherwise than the sale was entered, at a rate that it states.
    fn exchange(&self, rest: Money, accounted: &mut Accounted) -> Result<FactState, Trouble> {
        let row = self.row;
        let spot = self.spot(Role::Exchange);
        let kind = LineKind::Other { taxed: false };
        let mut gained = self.line(kind, spot, rest.negated())?;
        let mut cleared = self.cleared(rest)?;
        for line in [&mut gained, &mut cleared] {
            line.text = "Rate since the sale".to_owned();
        }
        let named = row.order_name.as_deref().unwrap_or("an order");
        let memo = format!("{}: {named} settled at another rate", row.gateway.name);
        let date = self.basis.policy.day(row.occurred_at);
        let slot = format!("{}/exchange", self.slot());
        let header = self.header(slot, DocumentKind::JournalEntry, date, memo);
        let id = FactId::from(format!("{}/exchange", row.id));
        accounted.entries.push(SubledgerEntry::new(id, header, vec![gained, cleared])?);
        Ok(FactState::Accounted { review: None })
    }

    /// Enters money whose reason is not known, and says so.
    fn for_review(
        &self,
        amount: Money,
        why: &str,
        accounted: &mut Accounted,
    ) -> Result<FactState, Trouble> {
        self.review_entry(amount, accounted)?;
        let account = self.basis.policy.chart.account(Role::ForReview);
        let hint = match self.row.kind {
            BalanceKind::Unknown => format!(
                "it stands in `{}`; where all such rows belong to one account, say which, for \
                 example: saldo map set \"rows.{}\" other-income",
                account.name, self.row.vendor_type
            ),
            BalanceKind::LoanRepayment => format!(
                "it stands in `{}`; say from which day on which loan is repaid, and what it costs: \
                 saldo map set gateways.{gateway}.loans.DATE.owed 11300.00, and \
                 saldo map set gateways.{gateway}.loans.DATE.cost 1300.00",
                account.name,
                gateway = self.row.gateway.id
            ),
            _ => format!("it stands in `{}` until its reason is known", account.name),
        };
        let issue = Issue {
            kind: IssueKind::UnknownData,
            about: self.row.id.clone(),
            message: format!("{amount} of {} has no known reason: {why}", self.row.gateway.name),
            hint,
        };
        Ok(FactState::Accounted { review: Some(issue) })
    }

    /// Enters what a row that contradicts itself moved the balance by, and says what is wrong.
    fn contradicted(&self, why: &str, accounted: &mut Accounted) -> Result<FactState, Trouble> {
        self.review_entry(self.row.net, accounted)?;
        let account = self.review_account();
        let issue = Issue {
            kind: IssueKind::DoesNotAddUp,
            about: self.row.id.clone(),
            message: format!("a row of {} contradicts itself: {why}", self.row.gateway.name),
            hint: format!("it stands in `{}` until the vendor tells it rightly", account.name),
        };
        Ok(FactState::Accounted { review: Some(issue) })
    }

    fn review_entry(&self, amount: Money, accounted: &mut Accounted) -> Result<(), Trouble> {
        let date = self.basis.policy.day(self.row.occurred_at);
        self.review_entry_on(date, "review", amount, accounted)
    }

    /// Enters money for review on a day, in a part of the row's slot.
    fn review_entry_on(
        &self,
        date: Date,
        part: &str,
        amount: Money,
        accounted: &mut Accounted,
    ) -> Result<(), Trouble> {
        let row = self.row;
        if amount.is_zero() {
            return Ok(());
        }
        let memo = format!("{}: {}, to review", row.gateway.name, words(&row.vendor_type));
        let slot = format!("{}/{part}", self.slot());
        let header = self.header(slot, DocumentKind::JournalEntry, date, memo);
        let suspense = LineKind::Other { taxed: false };
        let mut suspense = self.line(suspense, self.review_account(), amount.negated())?;
        if !self.is_valued {
            suspense.foreign = Some(amount.negated());
        }
        let clearing = self.cleared(amount)?;
        let id = FactId::from(format!("{}/{part}", row.id));
        accounted.entries.push(SubledgerEntry::new(id, header, vec![clearing, suspense])?);
        Ok(())
    }

    /// Where money stands whose reason is not known: in its own currency, if nothing says what it
    /// is worth.
    fn review_account(&self) -> Account {
        match self.is_valued {
            true => self.basis.policy.chart.account(Role::ForReview),
            false => self.basis.policy.for_review_in(self.row.net.currency()),
        }
    }

    /// A line of what an amount of the row is worth.
    fn line(&self, kind: LineKind, spot: impl Into<Spot>, amount: Money) -> Result<Line, Trouble> {
        let worth = self.rate.value(amount)?;
        let text = words(&self.row.vendor_type);
        Ok(line_on(spot, kind, worth, &text, self.row.id.as_str()))
    }

    /// The line of the gateway's own account, which is kept in the row's currency.
    fn cleared(&self, amount: Money) -> Result<Line, Trouble> {
        let line = self.line(LineKind::Settlement, self.clearing.clone(), amount)?;
        let foreign = (amount.currency() != line.amount.currency()).then_some(amount);
        Ok(Line { foreign, ..line })
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
            currency: self.basis.policy.currency,
            party: Some(Party::Vendor { name: row.gateway.name.clone() }),
            applies_to: None,
            due: None,
            ships_to: None,
            reference: row.order_name.clone().unwrap_or_else(|| row.id.to_string()),
            memo,
        }
    }
}

/// A vendor's word as people read it: `CHARGEBACK_FEE` becomes `chargeback fee`.
fn words(vendor_type: &str) -> String {
    vendor_type.to_lowercase().replace('_', " ")
}
