//! The rows of a gateway's own ledger.
//!
//! A row never waits for its sale to be decided: where the sale is held or unknown, the row's money
//! is entered for review, so that the clearing account always proves. Once the sale is decided that
//! entry no longer holds, and the plan takes it out.

use super::known_order::{KnownOrder, Open, OrderView, movement_on_gateway};
use super::lines::{role_line, tender_account};
use super::summary::Part;
use super::{Accounted, Basis, Payouts, Stock, Trouble};
use crate::commerce::{BalanceKind, BalanceTransaction, Fact, Tender};
use crate::document::{DocumentKind, Header, Line, LineKind, Party, SubledgerEntry};
use crate::issue::{FactState, Issue, IssueKind};
use crate::ledger::{Account, AccountKind};
use crate::money::Money;
use crate::policy::{Policy, Role};
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
            account_row(row, &mut OrderView::NotHeard, basis, &mut accounted);
        }
    }
    accounted
}

/// Accounts a row.
pub(super) fn account_row(
    row: &BalanceTransaction,
    order: &mut OrderView<'_>,
    basis: Basis<'_>,
    accounted: &mut Accounted,
) {
    let exclude = |rule: &str| FactState::Excluded { rule: rule.to_owned() };
    let state = match (&row.kind, row.test) {
        (_, true) => exclude("test-payment"),
        (BalanceKind::Transfer, _) => exclude("payout-says-the-same"),
        _ => match enter(row, order, basis, accounted) {
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
    let nothing = Money::zero(row.net.currency());
    let amount = if waits { nothing } else { row.amount };
    let policy = policy.in_force(policy.day(row.occurred_at));
    // No row goes by what goods cost.
    let stock = &Stock::default();
    let basis = Basis { policy, payouts, stock, heard_until };
    let fee = match row.kind {
        BalanceKind::DisputeWithdrawal
        | BalanceKind::DisputeReversal
        | BalanceKind::DisputeFee
        | BalanceKind::Transfer => row.fee,
        _ if Part::of_fee(row, basis).open.is_none() => row.fee,
        _ => nothing,
    };
    amount.minus(fee).unwrap_or(row.net)
}

fn enter(
    row: &BalanceTransaction,
    order: &mut OrderView<'_>,
    basis: Basis<'_>,
    accounted: &mut Accounted,
) -> Result<FactState, Trouble> {
    let desk = Desk::new(row, basis)?;
    let policy = basis.policy;
    match &row.kind {
        BalanceKind::Charge | BalanceKind::Refund => desk.order_money(order, accounted),
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
        BalanceKind::Reserve => desk.with_fee(Role::Reserves, accounted),
        BalanceKind::PlatformBill => desk.with_fee(Role::PlatformBills, accounted),
        BalanceKind::ShippingLabel => desk.with_fee(Role::ShippingCost, accounted),
        BalanceKind::Duties => desk.with_fee(Role::Duties, accounted),
        BalanceKind::PayoutReturned => {
            let pairs = [(policy.bank(&row.gateway.id), row.amount)];
            desk.fee(accounted)?;
            desk.journal(&pairs, DocumentKind::Transfer, accounted)
        }
        BalanceKind::TenderCredit(gateway) => {
            let tender = Tender::Gateway(gateway.clone());
            let pairs = [(tender_account(&tender, row.amount.currency(), policy)?, row.amount)];
            desk.fee(accounted)?;
            desk.journal(&pairs, DocumentKind::Transfer, accounted)
        }
        BalanceKind::Transfer => Ok(FactState::Accounted { review: None }),
        BalanceKind::Unknown => match policy.row_role(&row.vendor_type) {
            Some(role) => desk.with_fee(role, accounted),
            None => {
                desk.fee(accounted)?;
                let why = format!("the gateway calls it `{}`", row.vendor_type);
                desk.for_review(row.amount, &why, accounted)
            }
        },
    }
}

/// What an order says of a row's payment.
enum Said {
    /// It is not entered yet: a person must decide first.
    Held,
    /// It is entered once something else has come.
    Later(Open),
    /// It is entered, under this id and with this amount.
    Amount(String, Money),
    /// Nothing, or only what another row has explained.
    Nothing,
}

/// Where a row is entered.
struct Desk<'a> {
    row: &'a BalanceTransaction,
    basis: Basis<'a>,
    clearing: Account,
}

impl<'a> Desk<'a> {
    fn new(row: &'a BalanceTransaction, basis: Basis<'a>) -> Result<Self, Trouble> {
        let tender = Tender::Gateway(row.gateway.clone());
        let clearing = tender_account(&tender, row.amount.currency(), basis.policy)?;
        Ok(Self { row, basis, clearing })
    }

    /// A charge or refund: the sale moved the clearing account, so the row only adds its fee, and
    /// whatever the sale does not explain.
    fn order_money(
        &self,
        order: &mut OrderView<'_>,
        accounted: &mut Accounted,
    ) -> Result<FactState, Trouble> {
        let row = self.row;
        self.fee(accounted)?;
        let named = row.order_name.as_deref().unwrap_or("no order");
        match order {
            OrderView::Accounted(known) => match self.movement(known) {
                Said::Held => {
                    self.review_entry(row.amount, accounted)?;
                    Ok(FactState::Accounted { review: None })
                }
                Said::Later(Open { for_what, until }) => {
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
            OrderView::NotHeard if self.basis.heard_until < row.occurred_at => {
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
        let policy = self.basis.policy;
        let day = policy.day(movement.processed_at);
        if known.held_from.is_some_and(|held| day >= held) {
            return Said::Held;
        }
        match &known.open_day {
            Some((open, entered)) if day >= *open && !entered.contains(id) => {
                let for_what = format!("the end of the day of {}", known.order.name);
                Said::Later(Open { until: policy.end_of_day(*open), for_what })
            }
            _ => match known.kept_back.get(id) {
                Some(open) => Said::Later(open.clone()),
                None => Said::Amount(id.to_owned(), amount),
            },
        }
    }

    fn with_fee(&self, role: Role, accounted: &mut Accounted) -> Result<FactState, Trouble> {
        self.fee(accounted)?;
        let policy = self.basis.policy;
        let account = match role {
            Role::Bank => policy.bank(&self.row.gateway.id),
            role => policy.chart.account(role),
        };
        let kind = match (account.kind, self.row.amount.is_negative()) {
            (AccountKind::Bank | AccountKind::Clearing, _) => DocumentKind::Transfer,
            (AccountKind::Expense, true) => DocumentKind::Expense,
            _ => DocumentKind::JournalEntry,
        };
        self.journal(&[(account, self.row.amount)], kind, accounted)
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
        let date = self.basis.policy.day(row.occurred_at);
        let header = self.header(self.slot(), kind, date, memo);
        accounted.entries.push(SubledgerEntry::new(row.id.clone(), header, lines)?);
        Ok(FactState::Accounted { review: None })
    }

    /// The fee, in the gateway's fee document of its part.
    fn fee(&self, accounted: &mut Accounted) -> Result<(), Trouble> {
        let row = self.row;
        if row.fee.is_zero() {
            return Ok(());
        }
        let part = Part::of_fee(row, self.basis);
        if let Some(open) = part.open {
            accounted.wake(open.until);
            return Ok(());
        }
        let (kind, what) = match row.fee.is_positive() {
            true => (DocumentKind::Expense, "fees"),
            false => (DocumentKind::JournalEntry, "fees-returned"),
        };
        let slot = format!(
            "{what}/{}/{}/{}/{}",
            row.source.connection,
            row.gateway.id,
            part.path,
            row.fee.currency()
        );
        let memo = format!("{}: fees of {}", row.gateway.name, part.name);
        let mut header = self.header(slot, kind, part.date, memo);
        header.reference = format!("{} {}", row.gateway.name, part.reference);
        let fees = self.basis.policy.chart.account(Role::ProcessingFees);
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
        let account = self.basis.policy.chart.account(Role::ForReview);
        let hint = match self.row.kind {
            BalanceKind::Unknown => format!(
                "it stands in `{}`; where all such rows belong to one account, say which, for \
                 example: saldo map set \"rows.{}\" other-income",
                account.name, self.row.vendor_type
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

    fn review_entry(&self, amount: Money, accounted: &mut Accounted) -> Result<(), Trouble> {
        let row = self.row;
        if amount.is_zero() {
            return Ok(());
        }
        let date = self.basis.policy.day(row.occurred_at);
        let memo = format!("{}: {}, to review", row.gateway.name, words(&row.vendor_type));
        let slot = format!("{}/review", self.slot());
        let header = self.header(slot, DocumentKind::JournalEntry, date, memo);
        let suspense = role_line(
            LineKind::Other { taxed: false },
            Role::ForReview,
            amount.negated(),
            &words(&row.vendor_type),
            row.id.as_str(),
            self.basis.policy,
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
